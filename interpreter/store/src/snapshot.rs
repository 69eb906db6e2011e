//! Reading one state: by key, and leaf by leaf.

use crate::error::StoreError;
use crate::hash::{NodeHash, StateRoot, ValueHash, b2b256};
use crate::kv::{KeyValueStore, Table};
use crate::leaf::{HistoryKey, KEY_LEN, LeafKind, LeafValue};
use crate::node::{Item, Target, check_depth, find};
use crate::trie::{decode_items, load_bytes};
use std::sync::Arc;

/// A committed state. It never changes.
#[derive(Clone)]
pub struct Snapshot {
    store: Arc<dyn KeyValueStore>,
    root: StateRoot,
}

impl Snapshot {
    pub(crate) fn new(store: Arc<dyn KeyValueStore>, root: StateRoot) -> Snapshot {
        Snapshot { store, root }
    }

    /// The root of the state.
    #[must_use]
    pub fn root(&self) -> StateRoot {
        self.root
    }

    /// The value of a key.
    pub fn get(&self, key: &HistoryKey) -> Result<Option<LeafValue>, StoreError> {
        self.value_hash(key)?.map(|hash| self.value(key, hash)).transpose()
    }

    /// The hash of the value of a key, without the value.
    pub fn value_hash(&self, key: &HistoryKey) -> Result<Option<ValueHash>, StoreError> {
        let mut hash = NodeHash(self.root.0);
        let mut depth = 0;
        // Each round uses up at least one byte of the key, which `check_depth` holds within bounds.
        while let Some((slot, tail)) = key[depth..].split_first() {
            let Some(item) = find(&load_bytes(&*self.store, hash)?, *slot)? else { return Ok(None) };
            check_depth(&item, depth)?;
            let rest = item.below.rest.as_slice();
            if !tail.starts_with(rest) {
                return Ok(None);
            }
            match item.below.target {
                Target::Leaf(value) => return Ok(Some(value)),
                Target::Pointer(next) => hash = next,
            }
            depth += 1 + rest.len();
        }
        Ok(None)
    }

    /// The value that a key has, if this is its hash.
    pub fn value(&self, key: &HistoryKey, hash: ValueHash) -> Result<LeafValue, StoreError> {
        let bytes = self.store.get(Table::ColdValues, hash.as_bytes())?;
        let bytes = bytes.ok_or_else(|| StoreError::Damaged(format!("leaf value {hash} is missing")))?;
        let value = LeafValue::from_cold(bytes)?;
        // Equal payloads of different kinds share a record, so the key knows better than the tag.
        Ok(LeafValue { kind: LeafKind::of_key(key).unwrap_or(value.kind), ..value })
    }

    /// All keys and the hashes of their values, in ascending order of key.
    #[must_use]
    pub fn leaves(&self) -> Leaves {
        Leaves { snapshot: self.clone(), path: [0; KEY_LEN], stack: Vec::new(), started: false, only: None }
    }

    /// The same of one kind.
    #[must_use]
    pub fn leaves_of(&self, kind: LeafKind) -> Leaves {
        Leaves { only: Some(kind), ..self.leaves() }
    }

    /// The encoded channel with this hash, if the store was told it. States themselves know only the channels on which
    /// something waits, from the lists of their joins.
    pub fn channel(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.store.get(Table::Channels, hash)? {
            Some(bytes) if b2b256(&bytes) != *hash => {
                Err(StoreError::Damaged(format!("channel {} has another hash", hex::encode(hash))))
            }
            found => Ok(found),
        }
    }
}

/// The leaves of a state. After an error it ends.
pub struct Leaves {
    snapshot: Snapshot,
    /// The key bytes on the way to the node on top of the stack.
    path: HistoryKey,
    /// Items still to visit, and the depth of their node.
    stack: Vec<(std::vec::IntoIter<Item>, usize)>,
    started: bool,
    /// Leave out other kinds.
    only: Option<LeafKind>,
}

impl Leaves {
    fn enter(&mut self, hash: NodeHash, depth: usize) -> Result<(), StoreError> {
        let bytes = load_bytes(&*self.snapshot.store, hash)?;
        let mut items = decode_items(&bytes, depth)?;
        if let Some(kind) = self.only
            && depth == 0
        {
            items.retain(|item| item.slot == kind.key(&[0; 32])[0]);
        }
        self.stack.push((items.into_iter(), depth));
        Ok(())
    }

    fn advance(&mut self) -> Result<Option<(HistoryKey, ValueHash)>, StoreError> {
        if !self.started {
            self.started = true;
            self.enter(NodeHash(self.snapshot.root.0), 0)?;
        }
        while let Some((items, depth)) = self.stack.last_mut() {
            let depth = *depth;
            let Some(item) = items.next() else {
                self.stack.pop();
                continue;
            };
            let rest = item.below.rest.as_slice();
            let end = depth + 1 + rest.len();
            self.path[depth] = item.slot;
            self.path[depth + 1..end].copy_from_slice(rest);
            match item.below.target {
                Target::Leaf(value) => return Ok(Some((self.path, value))),
                Target::Pointer(next) => self.enter(next, end)?,
            }
        }
        Ok(None)
    }
}

impl Iterator for Leaves {
    type Item = Result<(HistoryKey, ValueHash), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let leaf = self.advance().transpose();
        if matches!(leaf, Some(Err(_))) {
            self.stack.clear();
        }
        leaf
    }
}
