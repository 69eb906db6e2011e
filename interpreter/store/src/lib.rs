//! Durable history: radix trie, checkpoints and the embedded key-value store.
//!
//! A state is a map from 33-byte keys to leaf values; its [`StateRoot`] is a function of that map only (runtime.md 6.8).
//! [`History`] makes and reads states over a [`KeyValueStore`], of which there are two: [`MemoryStore`] and
//! [`LmdbStore`]. Every byte that is kept is drawn in `docs/store-format.md`.

mod builder;
mod collect;
mod diff;
mod directory;
mod error;
mod hash;
mod history;
mod kv;
mod leaf;
mod lmdb_store;
mod memory;
mod node;
mod record;
mod snapshot;
mod transfer;
mod trie;
mod verify;
mod walk;

pub use collect::{Collected, Progress};
pub use diff::{Difference, Differences};
pub use error::StoreError;
pub use hash::{NodeHash, ParseHashError, StateRoot, ValueHash, b2b256};
pub use history::{Checkpoint, History};
pub use kv::{Batch, KeyValueStore, MAX_KEY_LEN, Pair, Table};
pub use leaf::{HistoryKey, KEY_LEN, LeafCheck, LeafKind, LeafValue};
pub use lmdb_store::{Access, LmdbOptions, LmdbStore};
pub use memory::MemoryStore;
pub use record::{DeployProgram, DeployRecord, ReceiptRecord};
pub use snapshot::{Leaves, Snapshot};
pub use transfer::{TransferError, Transferred, check_export};
pub use verify::{Damage, Verification};
pub use walk::{Flaw, Record};
