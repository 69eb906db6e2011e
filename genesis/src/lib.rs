//! Genesis: input files, parameters, the linker of templates, signed deploys, and the block file.
//!
//! Everything is a pure function of its arguments: files are read by the caller, and no clock is looked at.

mod block;
mod bonds;
mod deploy;
mod lines;
mod parameters;
mod template;
mod wallets;

/// The protobuf messages of blocks and deploys (registry-genesis 4.7).
#[allow(missing_docs, clippy::all)]
pub mod schema {
    include!(concat!(env!("OUT_DIR"), "/rhodium.genesis.rs"));
}

pub use block::{BlockError, block_hash, decode_block, encode_block, seal, sort_events};
pub use bonds::{Bond, BondProblem, BondRules, parse_bonds};
pub use deploy::{DeployData, DeployError, SignedDeploy};
pub use lines::{FileErrors, LineError};
pub use parameters::{ParameterError, ParameterWarning, Parameters};
pub use template::{MacroValue, TemplateError, TemplateProblem, link, substitute};
pub use wallets::{SupplyError, Wallet, WalletProblem, parse_wallets, total_supply};
