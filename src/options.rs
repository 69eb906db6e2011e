//! Options that several commands have.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;

use clap::Args;
use rhodium_keys::PublicKey;
use rhodium_machine::UNLIMITED_PHLO;
use rhodium_store::{History, LmdbOptions, LmdbStore, StoreError};

use crate::diagnostics::Diagnostic;
use crate::limits::{LimitOptions, keyboard};
use crate::session::{Kept, Session, Settings};
use crate::state::{Start, State};

/// How many threads to use if the user does not say.
pub fn threads(given: Option<NonZeroUsize>) -> NonZeroUsize {
    given.or_else(|| available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
}

/// The state to work on and how to evaluate.
#[derive(Args, Clone, Debug)]
pub struct StateOptions {
    /// Start with the registry bootstrap alone, without the system contracts
    #[arg(long)]
    bare: bool,
    /// Keep the state in this directory (made if need be) instead of in memory
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// Bytes of the seed of all unforgeable names [default: empty; in a store with a history: its state root]
    #[arg(long, value_name = "HEX", value_parser = hex_bytes)]
    seed: Option<HexBytes>,
    /// Limit of phlogiston for each evaluation [default: none]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    phlo: Option<i64>,
    /// Public key of the deployer
    #[arg(long, value_name = "PUBHEX", value_parser = public_key)]
    deployer: Option<PublicKey>,
    /// Show also what is left on channels of the system
    #[arg(long)]
    system: bool,
    #[command(flatten)]
    limits: LimitOptions,
}

impl StateOptions {
    /// A session on the state.
    pub fn session(&self, kept: Kept) -> Result<Session, Diagnostic> {
        let start = if self.bare { Start::Bare } else { Start::Standard };
        let mut state = State::open(self.store.as_deref(), start)?;
        let interrupt = keyboard();
        state.runtime.set_limits(self.limits.limits());
        state.runtime.set_interrupt(interrupt.clone());
        let phlo = self.phlo.unwrap_or(UNLIMITED_PHLO);
        let time = self.limits.time();
        let settings = Settings { phlo, time, interrupt, deployer: self.deployer, system: self.system, kept };
        Ok(Session::new(state, settings))
    }

    /// The seed for a session that begins.
    pub fn seed(&self, session: &Session) -> Vec<u8> {
        self.seed.as_ref().map_or_else(|| session.default_seed(), |seed| seed.0.clone())
    }
}

/// A store to read from.
#[derive(Args, Debug)]
pub struct StoreOption {
    /// Directory of the store; somebody else may be writing to it
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
}

impl StoreOption {
    /// Opens it.
    pub fn open(&self) -> Result<History, StoreError> {
        Ok(History::new(Arc::new(LmdbStore::open(&self.store, &LmdbOptions::read())?)))
    }
}

/// Bytes given as hexadecimal digits.
#[derive(Clone, Debug)]
struct HexBytes(Vec<u8>);

fn hex_bytes(text: &str) -> Result<HexBytes, String> {
    hex::decode(text).map(HexBytes).map_err(|error| format!("not hexadecimal: {error}"))
}

fn public_key(text: &str) -> Result<PublicKey, String> {
    PublicKey::from_hex(text).map_err(|error| error.to_string())
}
