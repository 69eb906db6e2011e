//! Genesis: contract set, import graph, linker, bonds and wallets, block assembly and verification.
