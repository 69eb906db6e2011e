//! The deploys that make the vaults of the wallets file (registry-genesis 3.8, 4.4).

use std::fmt::Write;

use rhodium_keys::{SystemKey, system_key};

use crate::contracts::ContractFile;
use crate::wallets::Wallet;

/// The contract that makes vaults.
pub(crate) const VAULT_CONTRACT: &str = "SystemVault";

/// Vaults in one deploy.
const BATCH: usize = 100;

/// The batches, at least one: the last one ends the vault contract's `init`, which would otherwise stay open to
/// everybody.
pub(crate) fn batches(wallets: &[Wallet]) -> Vec<ContractFile> {
    let Some(key) = system_key("VaultBatches") else { return Vec::new() };
    let chunks: Vec<&[Wallet]> = if wallets.is_empty() { vec![wallets] } else { wallets.chunks(BATCH).collect() };
    let last = chunks.len() - 1;
    chunks.iter().enumerate().map(|(k, wallets)| batch(key, k, wallets, k == last)).collect()
}

fn batch(key: &SystemKey, number: usize, wallets: &[Wallet], last: bool) -> ContractFile {
    ContractFile {
        name: format!("VaultBatch{number}"),
        path: format!("<vault batch {number}>"),
        source: text(wallets, last),
        secret: key.secret.clone(),
        timestamp: key.timestamp.saturating_add(i64::try_from(number).unwrap_or(i64::MAX)),
        registers: Some(false),
    }
}

fn text(wallets: &[Wallet], last: bool) -> String {
    let mut text = String::from(
        "new vaultCh, lookup(`rho:registry:lookup`) in {\n\
         \x20 lookup!(`rho:vault:system`, *vaultCh) |\n\
         \x20 for (@(_, SystemVault) <- vaultCh) {\n\
         \x20   new initCh in {\n\
         \x20     @SystemVault!(\"init\", *initCh) |\n\
         \x20     for (TreeHashMap, @vaultMap, initVault, initContinue <- initCh) {\n",
    );
    for Wallet { address, balance } in wallets {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "        new vault, done in {{\n\
             \x20         initVault!(*vault, \"{address}\", {balance}) |\n\
             \x20         TreeHashMap!(\"set\", vaultMap, \"{address}\", bundle+{{*vault}}, *done) |\n\
             \x20         for (_ <- done) {{ Nil }}\n\
             \x20       }} |"
        );
    }
    text.push_str(if last { "        Nil\n" } else { "        initContinue!(Nil)\n" });
    text.push_str("      }\n    }\n  }\n}\n");
    text
}
