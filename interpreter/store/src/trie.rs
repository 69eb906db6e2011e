//! Updates of the radix trie: a new root from an old one and a sorted list of changes (runtime.md 6.8).
//!
//! The shape is canonical: every node but the root has at least two items, and what leads to a node is the longest
//! common prefix of all below it. Recursion here is bounded by the length of a key.

use crate::error::StoreError;
use crate::hash::{NodeHash, StateRoot, ValueHash, b2b256};
use crate::kv::{KeyValueStore, Table};
use crate::leaf::HistoryKey;
use crate::node::{Below, Item, Rest, Target, check_depth, encode, items};

/// A key and its new value; `None` removes it.
pub(crate) type Change = (HistoryKey, Option<ValueHash>);

/// The nodes a root needs in addition to those of the old root.
pub(crate) struct Update {
    pub(crate) root: StateRoot,
    pub(crate) nodes: Vec<(NodeHash, Vec<u8>)>,
}

/// Applies changes, sorted by key and at most one for each, to the state of a root.
pub(crate) fn update(store: &dyn KeyValueStore, root: StateRoot, changes: &[Change]) -> Result<Update, StoreError> {
    let mut updater = Updater { store, nodes: Vec::new() };
    let old = updater.load(NodeHash(root.0), 0)?;
    let items = updater.merge_items(old, 0, changes)?;
    let hash = updater.keep(&items);
    Ok(Update { root: StateRoot(hash.0), nodes: updater.nodes })
}

/// The encoding of a node.
pub(crate) fn load_bytes(store: &dyn KeyValueStore, hash: NodeHash) -> Result<Vec<u8>, StoreError> {
    if hash.0 == StateRoot::EMPTY.0 {
        return Ok(Vec::new());
    }
    let bytes = store.get(Table::Nodes, hash.as_bytes())?;
    bytes.ok_or_else(|| StoreError::Damaged(format!("trie node {hash} is missing")))
}

/// The items of a node at a depth, checked to fit there.
pub(crate) fn load_items(store: &dyn KeyValueStore, hash: NodeHash, depth: usize) -> Result<Vec<Item>, StoreError> {
    decode_items(&load_bytes(store, hash)?, depth)
}

/// Decodes a node at a depth, and checks that its items fit there.
pub(crate) fn decode_items(bytes: &[u8], depth: usize) -> Result<Vec<Item>, StoreError> {
    items(bytes).map(|item| item.and_then(|item| check_depth(&item, depth).map(|()| item))).collect()
}

struct Updater<'a> {
    store: &'a dyn KeyValueStore,
    /// In no order, and perhaps some twice.
    nodes: Vec<(NodeHash, Vec<u8>)>,
}

impl Updater<'_> {
    fn load(&self, hash: NodeHash, depth: usize) -> Result<Vec<Item>, StoreError> {
        load_items(self.store, hash, depth)
    }

    fn keep(&mut self, items: &[Item]) -> NodeHash {
        let bytes = encode(items);
        let hash = NodeHash(b2b256(&bytes));
        // The empty root is known without a node.
        if !items.is_empty() {
            self.nodes.push((hash, bytes));
        }
        hash
    }

    /// The items of a node at `depth` after changes to keys that all pass through it.
    fn merge_items(&mut self, old: Vec<Item>, depth: usize, changes: &[Change]) -> Result<Vec<Item>, StoreError> {
        let mut merged = Vec::with_capacity(old.len().max(2));
        let mut old = old.into_iter().peekable();
        for group in changes.chunk_by(|left, right| left.0[depth] == right.0[depth]) {
            let slot = group[0].0[depth];
            while let Some(item) = old.next_if(|item| item.slot < slot) {
                merged.push(item);
            }
            let existing = old.next_if(|item| item.slot == slot).map(|item| item.below);
            if let Some(below) = self.change(existing, depth + 1, group)? {
                merged.push(Item { slot, below });
            }
        }
        merged.extend(old);
        Ok(merged)
    }

    /// What hangs at `depth` after changes to keys that all pass through there; at least one change.
    fn change(
        &mut self,
        existing: Option<Below>,
        depth: usize,
        changes: &[Change],
    ) -> Result<Option<Below>, StoreError> {
        match existing {
            None if changes.iter().all(|change| change.1.is_some()) => self.build(depth, changes),
            None => {
                let inserts: Vec<Change> = changes.iter().copied().filter(|change| change.1.is_some()).collect();
                self.build(depth, &inserts)
            }
            Some(Below { rest, target: Target::Leaf(value) }) => self.change_leaf(&rest, value, depth, changes),
            Some(Below { rest, target: Target::Pointer(hash) }) => self.change_node(&rest, hash, depth, changes),
        }
    }

    /// A new subtree of insertions only.
    fn build(&mut self, depth: usize, inserts: &[Change]) -> Result<Option<Below>, StoreError> {
        match inserts {
            [] => Ok(None),
            [(key, value)] => {
                let rest = Rest::new(&[&key[depth..]])?;
                Ok(value.map(|value| Below { rest, target: Target::Leaf(value) }))
            }
            [(first, _), .., (last, _)] => {
                // They are sorted: what the outer two share, all share.
                let shared = common_prefix(&first[depth..], &last[depth..]);
                let items = self.merge_items(Vec::new(), depth + shared, inserts)?;
                self.finish(&first[depth..depth + shared], &items)
            }
        }
    }

    /// Changes where one leaf was: as if it were inserted together with the others.
    fn change_leaf(
        &mut self,
        rest: &Rest,
        value: ValueHash,
        depth: usize,
        changes: &[Change],
    ) -> Result<Option<Below>, StoreError> {
        let mut key = changes[0].0;
        key[depth..].copy_from_slice(rest.as_slice());
        let mut all = changes.to_vec();
        if let Err(position) = all.binary_search_by(|change| change.0.cmp(&key)) {
            all.insert(position, (key, Some(value)));
        }
        self.change(None, depth, &all)
    }

    /// Changes where a node was, behind a prefix.
    fn change_node(
        &mut self,
        prefix: &Rest,
        hash: NodeHash,
        depth: usize,
        changes: &[Change],
    ) -> Result<Option<Below>, StoreError> {
        let prefix = prefix.as_slice();
        // The first byte at which an inserted key leaves the prefix.
        let inserted = changes.iter().filter(|change| change.1.is_some());
        let shared = inserted.map(|(key, _)| common_prefix(prefix, &key[depth..])).min().unwrap_or(prefix.len());
        let end = depth + shared;
        // Changes beside the shared prefix can only be removals of keys that are not there.
        let start = changes.partition_point(|(key, _)| key[depth..end] < prefix[..shared]);
        let stop = changes.partition_point(|(key, _)| key[depth..end] <= prefix[..shared]);
        let changes = &changes[start..stop];
        if changes.is_empty() {
            return Ok(Some(Below { rest: Rest::new(&[prefix])?, target: Target::Pointer(hash) }));
        }
        let old = match prefix[shared..].split_first() {
            None => self.load(hash, end)?,
            Some((slot, tail)) => {
                let below = Below { rest: Rest::new(&[tail])?, target: Target::Pointer(hash) };
                vec![Item { slot: *slot, below }]
            }
        };
        let items = self.merge_items(old, end, changes)?;
        self.finish(&prefix[..shared], &items)
    }

    /// What leads to a node with these items: nothing, the only item itself, or a pointer.
    fn finish(&mut self, prefix: &[u8], items: &[Item]) -> Result<Option<Below>, StoreError> {
        match items {
            [] => Ok(None),
            [Item { slot, below }] => {
                let rest = Rest::new(&[prefix, &[*slot], below.rest.as_slice()])?;
                Ok(Some(Below { rest, target: below.target }))
            }
            _ => Ok(Some(Below { rest: Rest::new(&[prefix])?, target: Target::Pointer(self.keep(items)) })),
        }
    }
}

pub(crate) fn common_prefix(left: &[u8], right: &[u8]) -> usize {
    left.iter().zip(right).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kv::Batch;
    use crate::memory::MemoryStore;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn apply(store: &MemoryStore, root: StateRoot, changes: &BTreeMap<HistoryKey, Option<ValueHash>>) -> StateRoot {
        let changes: Vec<Change> = changes.iter().map(|(key, value)| (*key, *value)).collect();
        let update = update(store, root, &changes).unwrap();
        let mut batch = Batch::new();
        for (hash, bytes) in update.nodes {
            batch.put(Table::Nodes, hash.0, bytes);
        }
        store.commit(&batch).unwrap();
        update.root
    }

    fn hex_array<const N: usize>(row: &toml::Value, field: &str) -> [u8; N] {
        hex::decode(row[field].as_str().unwrap()).unwrap().try_into().unwrap()
    }

    #[test]
    fn radix_vectors() {
        let vectors: toml::Table = include_str!("../../../tests/data/runtime-vectors.toml").parse().unwrap();
        for row in vectors["radix"].as_array().unwrap() {
            let entries = row["entries"].as_array().unwrap().iter();
            let changes =
                entries.map(|entry| (hex_array(entry, "key"), Some(ValueHash(hex_array(entry, "value"))))).collect();
            let store = MemoryStore::new();
            let root = apply(&store, StateRoot::EMPTY, &changes);
            assert_eq!(root.to_string(), row["root"].as_str().unwrap());
            let bytes = load_bytes(&store, NodeHash(root.0)).unwrap();
            assert_eq!(hex::encode(bytes), row["root_node_bytes"].as_str().unwrap());
            let removals = changes.keys().map(|key| (*key, None)).collect();
            assert_eq!(apply(&store, root, &removals), StateRoot::EMPTY);
        }
        assert_eq!(StateRoot::EMPTY.0, b2b256(b""));
    }

    /// Keys that share prefixes often: three bytes out of a small alphabet, at both ends and in the middle.
    fn key() -> impl Strategy<Value = HistoryKey> {
        (0..3u8, 0..3u8, 0..3u8, 0..3u8).prop_map(|(a, b, c, d)| {
            let mut key = [7; 33];
            (key[0], key[1], key[16], key[32]) = (a, b, c, d);
            key
        })
    }

    fn changes() -> impl Strategy<Value = BTreeMap<HistoryKey, Option<ValueHash>>> {
        proptest::collection::btree_map(key(), proptest::option::of((0..4u8).prop_map(|v| ValueHash([v; 32]))), 0..24)
    }

    proptest! {
        #[test]
        fn root_depends_on_the_map_only(steps in proptest::collection::vec(changes(), 1..12)) {
            let store = MemoryStore::new();
            let mut root = StateRoot::EMPTY;
            let mut model: BTreeMap<HistoryKey, Option<ValueHash>> = BTreeMap::new();
            for step in &steps {
                root = apply(&store, root, step);
                model.extend(step.iter().map(|(key, value)| (*key, *value)));
                model.retain(|_, value| value.is_some());
                prop_assert_eq!(apply(&MemoryStore::new(), StateRoot::EMPTY, &model), root);
            }
            // One by one, in descending order.
            let other = MemoryStore::new();
            let mut single = StateRoot::EMPTY;
            for (key, value) in model.iter().rev() {
                single = apply(&other, single, &BTreeMap::from([(*key, *value)]));
            }
            prop_assert_eq!(single, root);
        }
    }
}
