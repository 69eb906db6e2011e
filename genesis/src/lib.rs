//! Genesis: input files, parameters, the contract set and its linker, signed deploys, the build, and the block file.
//!
//! Everything is a pure function of its arguments: files are read by the caller, and no clock is looked at.

mod assemble;
mod block;
mod bonds;
mod contracts;
mod deploy;
mod error;
mod evaluate;
mod events;
mod imports;
mod lines;
mod link;
mod parameters;
mod template;
mod vaults;
mod verify;
mod wallets;

/// The protobuf messages of blocks and deploys (registry-genesis 4.7).
#[allow(missing_docs, clippy::all)]
pub mod schema {
    include!(concat!(env!("OUT_DIR"), "/rhodium.genesis.rs"));
}

pub use assemble::{BuildInput, Genesis, HEAD, Row, START, Step, Warning, build, ensure_new, standard};
pub use block::{BlockError, block_hash, decode_block, encode_block, seal, sort_events};
pub use bonds::{Bond, BondProblem, BondRules, parse_bonds};
pub use contracts::{ContractFile, ContractSet, EmbeddedContract, MANIFEST, MAX_CONTRACT_BYTES, ReadFile};
pub use deploy::{DeployData, DeployError, SignedDeploy};
pub use error::{ContractError, ContractProblem, GenesisError, Issue};
pub use events::{EventError, decode_log, encode_log};
pub use imports::{Import, Literal, Registration, Uses, uses};
pub use lines::{FileErrors, LineError};
pub use link::{LinkOptions, LinkedContract, link, signature};
pub use parameters::{ParameterError, ParameterWarning, Parameters};
pub use template::{MacroValue, TemplateError, TemplateProblem, link as link_template, substitute};
pub use verify::{Difference, VerifyError, VerifyReport, VerifyRow, verify};
pub use wallets::{SupplyError, Wallet, WalletProblem, parse_wallets, total_supply};
