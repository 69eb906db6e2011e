//! States and how they follow each other: checkpoints, roots and heads.

use crate::error::StoreError;
use crate::hash::{StateRoot, ValueHash};
use crate::kv::{Batch, KeyValueStore, Pair, Table};
use crate::leaf::{HistoryKey, LeafValue};
use crate::snapshot::Snapshot;
use crate::trie::{Change, update};
use std::sync::Arc;

/// Pairs read at a time when a table is listed.
const PAGE: usize = 1024;

/// All states that were ever committed to a store.
#[derive(Clone)]
pub struct History {
    store: Arc<dyn KeyValueStore>,
}

/// A new state, worked out and not yet written. Dropping it changes nothing.
#[derive(Debug, Clone)]
#[must_use = "a checkpoint is visible only after History::commit"]
pub struct Checkpoint {
    root: StateRoot,
    batch: Batch,
}

impl Checkpoint {
    /// The root of the new state.
    #[must_use]
    pub fn root(&self) -> StateRoot {
        self.root
    }

    /// Lets a named head point to the new state, in the same transaction.
    pub fn set_head(&mut self, name: &str) {
        self.batch.put(Table::Heads, name, self.root.0);
    }

    /// What else is to be written in the same transaction: blocks, deploys, receipts, facts.
    pub fn batch_mut(&mut self) -> &mut Batch {
        &mut self.batch
    }

    /// All that is to be written, for who commits it himself.
    #[must_use]
    pub fn into_batch(self) -> Batch {
        self.batch
    }
}

impl History {
    /// The history kept in a store.
    #[must_use]
    pub fn new(store: Arc<dyn KeyValueStore>) -> History {
        History { store }
    }

    /// The store below.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn KeyValueStore> {
        &self.store
    }

    /// Works out the state that follows from `parent` by the changes; `None` removes a key. Of several changes to one
    /// key the last one counts. Only the nodes on the way to changed keys are made anew.
    pub fn checkpoint(
        &self,
        parent: StateRoot,
        changes: &[(HistoryKey, Option<LeafValue>)],
    ) -> Result<Checkpoint, StoreError> {
        self.require(parent)?;
        let mut batch = Batch::new();
        let mut sorted: Vec<&(HistoryKey, Option<LeafValue>)> = changes.iter().collect();
        // Stable: of several changes to one key the last one stays last.
        sorted.sort_by_key(|change| change.0);
        let mut hashes: Vec<Change> = Vec::with_capacity(sorted.len());
        for (number, (key, value)) in sorted.iter().enumerate() {
            if sorted.get(number + 1).is_none_or(|next| next.0 != *key) {
                hashes.push((*key, value.as_ref().map(|value| put_value(&mut batch, value))));
            }
        }
        let update = update(&*self.store, parent, &hashes)?;
        for (hash, bytes) in update.nodes {
            batch.put(Table::Nodes, hash.0, bytes);
        }
        batch.put(Table::Roots, update.root.0, []);
        Ok(Checkpoint { root: update.root, batch })
    }

    /// Writes a checkpoint in one transaction. When this returns, the state is durable and its root known.
    pub fn commit(&self, checkpoint: Checkpoint) -> Result<StateRoot, StoreError> {
        self.store.commit(&checkpoint.batch)?;
        Ok(checkpoint.root)
    }

    /// [`History::checkpoint`] and [`History::commit`] in one.
    pub fn apply(
        &self,
        parent: StateRoot,
        changes: &[(HistoryKey, Option<LeafValue>)],
    ) -> Result<StateRoot, StoreError> {
        self.commit(self.checkpoint(parent, changes)?)
    }

    /// Is this the root of a committed state? The empty state always is.
    pub fn has_root(&self, root: StateRoot) -> Result<bool, StoreError> {
        Ok(root == StateRoot::EMPTY || self.store.contains(Table::Roots, root.as_bytes())?)
    }

    /// All roots ever committed, in ascending order.
    pub fn roots(&self) -> Result<Vec<StateRoot>, StoreError> {
        let pairs = self.list(Table::Roots)?;
        pairs.iter().map(|(key, _)| read_root(key)).collect()
    }

    /// A state to read from.
    pub fn open_at(&self, root: StateRoot) -> Result<Snapshot, StoreError> {
        self.require(root)?;
        Ok(Snapshot::new(Arc::clone(&self.store), root))
    }

    /// The root that a name points to.
    pub fn head(&self, name: &str) -> Result<Option<StateRoot>, StoreError> {
        self.store.get(Table::Heads, name.as_bytes())?.map(|bytes| read_root(&bytes)).transpose()
    }

    /// All names and the roots they point to, by name.
    pub fn heads(&self) -> Result<Vec<(String, StateRoot)>, StoreError> {
        let pairs = self.list(Table::Heads)?;
        pairs.iter().map(|(key, value)| Ok((String::from_utf8_lossy(key).into_owned(), read_root(value)?))).collect()
    }

    /// Lets a name point to a committed state.
    pub fn set_head(&self, name: &str, root: StateRoot) -> Result<(), StoreError> {
        self.require(root)?;
        let mut batch = Batch::new();
        batch.put(Table::Heads, name, root.0);
        self.store.commit(&batch)
    }

    fn require(&self, root: StateRoot) -> Result<(), StoreError> {
        if self.has_root(root)? { Ok(()) } else { Err(StoreError::UnknownRoot(root)) }
    }

    fn list(&self, table: Table) -> Result<Vec<Pair>, StoreError> {
        let mut pairs: Vec<Pair> = Vec::new();
        loop {
            let page = self.store.scan(table, pairs.last().map(|(key, _)| key.as_slice()), PAGE)?;
            if page.is_empty() {
                return Ok(pairs);
            }
            pairs.extend(page);
        }
    }
}

/// Adds a value to what is written, and tells its hash.
fn put_value(batch: &mut Batch, value: &LeafValue) -> ValueHash {
    let hash = value.hash();
    batch.put(Table::ColdValues, hash.0, value.to_cold());
    hash
}

fn read_root(bytes: &[u8]) -> Result<StateRoot, StoreError> {
    let bytes = bytes.try_into().map_err(|_| StoreError::Damaged("a root record has not 32 bytes".to_owned()))?;
    Ok(StateRoot(bytes))
}
