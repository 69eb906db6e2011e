//! The system contracts inside the program, and the state in which they are registered.

use rhodium_genesis::{ContractSet, EmbeddedContract, GenesisError};
use rhodium_machine::Runtime;
use rhodium_store::History;

use crate::options::threads;

/// A system contract, compiled when the program was built.
pub struct Contract {
    /// The name, a row of the system key table.
    pub name: &'static str,
    /// Its file in the project.
    pub path: &'static str,
    /// The exact source text.
    pub source: &'static str,
    /// The normal form in protobuf.
    #[allow(dead_code, reason = "what is deployed is the text; the compiled form is there to be compared with")]
    pub term: &'static [u8],
}

/// All system contracts, by name.
pub static CONTRACTS: &[Contract] = include!(concat!(env!("OUT_DIR"), "/contracts.rs"));

/// The system contracts as a genesis takes them.
pub fn contracts() -> Vec<EmbeddedContract> {
    let embedded =
        |contract: &Contract| EmbeddedContract { name: contract.name, path: contract.path, source: contract.source };
    CONTRACTS.iter().map(embedded).collect()
}

/// The state in which the system contracts are registered.
pub fn standard(history: History) -> Result<Runtime, GenesisError> {
    rhodium_genesis::standard(&ContractSet::embedded(&contracts())?, history, threads(None))
}

#[cfg(test)]
mod tests {
    use rhodium_normalizer::{Options, compile};
    use rhodium_term::proto;

    use super::*;

    #[test]
    fn compiling_again_gives_the_same_bytes() {
        assert!(!CONTRACTS.is_empty());
        for contract in CONTRACTS {
            let term = compile(contract.source, &Options::default()).unwrap();
            assert_eq!(proto::encode(&term), contract.term, "{}", contract.name);
            let decoded = proto::decode(contract.term, proto::Limits::default()).unwrap();
            assert!(decoded == term, "{}", contract.name);
        }
    }
}
