//! Durable history: radix trie, checkpoints and the embedded key-value store.
//!
//! A state is a map from 33-byte keys to leaf values; its [`StateRoot`] is a function of that map only (runtime.md 6.8).
//! [`History`] makes and reads states over a [`KeyValueStore`], of which there are two: [`MemoryStore`] and
//! [`LmdbStore`]. Every byte that is kept is drawn in `docs/store-format.md`.

mod directory;
mod error;
mod hash;
mod history;
mod kv;
mod leaf;
mod lmdb_store;
mod memory;
mod node;
mod snapshot;
mod trie;

pub use error::StoreError;
pub use hash::{NodeHash, ParseHashError, StateRoot, ValueHash, b2b256};
pub use history::{Checkpoint, History};
pub use kv::{Batch, KeyValueStore, MAX_KEY_LEN, Pair, Table};
pub use leaf::{HistoryKey, KEY_LEN, LeafKind, LeafValue};
pub use lmdb_store::{LmdbOptions, LmdbStore};
pub use memory::MemoryStore;
pub use snapshot::{Leaves, Snapshot};
