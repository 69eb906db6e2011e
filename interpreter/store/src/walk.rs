//! Walking the tries of many states, every shared part once: to check them, and to see what is still needed.

use crate::error::StoreError;
use crate::hash::{NodeHash, StateRoot, ValueHash, b2b256};
use crate::kv::{KeyValueStore, Table};
use crate::leaf::{HistoryKey, KEY_LEN};
use crate::node::{Item, Target};
use crate::trie::decode_items;
use std::collections::HashMap;
use std::fmt;

/// A record of the trie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// A node.
    Node(NodeHash),
    /// A leaf value.
    Value(ValueHash),
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Node(hash) => write!(f, "trie node {hash}"),
            Record::Value(hash) => write!(f, "leaf value {hash}"),
        }
    }
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// It is not there.
    Missing,
    /// It is not what its hash says.
    WrongHash,
    /// It has the right hash and makes no sense.
    Malformed(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::Missing => f.write_str("is missing"),
            Flaw::WrongHash => f.write_str("has another hash"),
            Flaw::Malformed(reason) => write!(f, "is malformed: {reason}"),
        }
    }
}

/// What a walk meets.
pub(crate) enum Visit<'a> {
    /// A good node.
    Node,
    /// A leaf. Its value has not been looked at.
    Leaf(&'a HistoryKey, ValueHash),
    /// A bad node, below which nothing is visited; the key bytes that lead to it.
    Bad(NodeHash, &'a [u8], Flaw),
}

/// A walk over states, which remembers the nodes it has seen.
pub(crate) struct Walk<'a> {
    store: &'a dyn KeyValueStore,
    /// The nodes, each with a bit for the kinds of keys below which it was met: equal nodes of different kinds are one
    /// record, and their leaves are not the same.
    seen: HashMap<NodeHash, u8>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(store: &'a dyn KeyValueStore) -> Walk<'a> {
        Walk { store, seen: HashMap::new() }
    }

    /// Was this node met?
    pub(crate) fn has_seen(&self, node: &NodeHash) -> bool {
        self.seen.contains_key(node)
    }

    /// Visits what belongs to a state and was not visited before, in ascending order of key.
    pub(crate) fn walk(
        &mut self,
        root: StateRoot,
        visit: &mut dyn FnMut(Visit<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if root == StateRoot::EMPTY {
            return Ok(());
        }
        let mut path: HistoryKey = [0; KEY_LEN];
        let mut stack: Vec<(std::vec::IntoIter<Item>, usize)> = Vec::new();
        let mut enter = Some((NodeHash(root.0), 0));
        loop {
            if let Some((hash, depth)) = enter.take()
                && self.is_new(hash, &path[..depth])
            {
                match self.load(hash, depth)? {
                    Ok(items) => {
                        visit(Visit::Node)?;
                        stack.push((items.into_iter(), depth));
                    }
                    Err(flaw) => visit(Visit::Bad(hash, &path[..depth], flaw))?,
                }
            }
            let Some((items, depth)) = stack.last_mut() else { return Ok(()) };
            let depth = *depth;
            let Some(item) = items.next() else {
                stack.pop();
                continue;
            };
            let rest = item.below.rest.as_slice();
            let end = depth + 1 + rest.len();
            path[depth] = item.slot;
            path[depth + 1..end].copy_from_slice(rest);
            match item.below.target {
                Target::Leaf(value) => visit(Visit::Leaf(&path, value))?,
                Target::Pointer(next) => enter = Some((next, end)),
            }
        }
    }

    fn is_new(&mut self, hash: NodeHash, path: &[u8]) -> bool {
        let kind = 1 << path.first().map_or(0, |kind| kind.saturating_add(1).min(7));
        let seen = self.seen.entry(hash).or_default();
        let new = *seen & kind == 0;
        *seen |= kind;
        new
    }

    fn load(&self, hash: NodeHash, depth: usize) -> Result<Result<Vec<Item>, Flaw>, StoreError> {
        let Some(bytes) = self.store.get(Table::Nodes, hash.as_bytes())? else { return Ok(Err(Flaw::Missing)) };
        if b2b256(&bytes) != hash.0 {
            return Ok(Err(Flaw::WrongHash));
        }
        Ok(decode_items(&bytes, depth).map_err(|error| Flaw::Malformed(error.to_string())))
    }
}
