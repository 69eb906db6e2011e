//! What the tests of whole sets share: the system contracts as files, and a genesis of small size.
#![allow(dead_code)] // each test file uses a part

use std::num::NonZeroUsize;

use rhodium_genesis::{
    Bond, BuildInput, ContractFile, ContractSet, EmbeddedContract, Genesis, GenesisError, Parameters, Wallet, build,
};
use rhodium_keys::{SecretKey, address_from_public_key, system_keys};
use rhodium_registry::Form;

const SYSTEM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../rholang/system");

/// The system contracts that are written, in the order of the keys.
pub fn embedded() -> Vec<EmbeddedContract> {
    let read = |name: &'static str| {
        let path: &'static str = format!("{SYSTEM}/{name}.rho").leak();
        let source: &'static str = std::fs::read_to_string(path).ok()?.leak();
        Some(EmbeddedContract { name, path, source })
    };
    system_keys().iter().filter_map(|key| read(key.name.as_str())).collect()
}

/// Threads.
pub const TWO: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

pub fn system_set() -> ContractSet {
    ContractSet::embedded(&embedded()).unwrap()
}

pub fn key(byte: u8) -> SecretKey {
    SecretKey::from_bytes(&[byte; 32]).unwrap()
}

pub fn contract(name: &str, byte: u8, source: &str) -> ContractFile {
    ContractFile {
        name: name.into(),
        path: format!("dir/{name}.rho"),
        source: source.into(),
        secret: key(byte),
        timestamp: i64::from(byte),
        registers: None,
    }
}

/// The system contracts and more.
pub fn with(more: Vec<ContractFile>) -> ContractSet {
    ContractSet::new(system_set().files().iter().cloned().chain(more).collect()).unwrap()
}

pub fn input(contracts: &ContractSet) -> BuildInput<'_> {
    let bond = |byte, stake| Bond { validator: key(byte).public_key().as_bytes().to_vec(), stake };
    let address = address_from_public_key(key(9).public_key().as_bytes()).unwrap().text;
    BuildInput {
        contracts,
        bonds: vec![bond(2, 20), bond(1, 10)],
        wallets: vec![Wallet { address, balance: 1000 }],
        parameters: Parameters::default(),
        form: Form::F1r3fly,
        creator: Some(key(1)),
    }
}

pub fn build_set(contracts: &ContractSet) -> Result<Genesis, GenesisError> {
    build(&input(contracts), TWO, &mut |_| ())
}

/// Codes and places of the errors.
pub fn codes(error: &GenesisError) -> Vec<(&'static str, Option<(u32, u32)>)> {
    error.issues().iter().map(|issue| (issue.code, issue.position)).collect()
}
