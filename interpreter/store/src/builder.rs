//! Building a trie from its leaves in ascending order of key, with no more in memory than the way to the last one.

use crate::error::StoreError;
use crate::hash::{NodeHash, StateRoot, ValueHash, b2b256};
use crate::leaf::HistoryKey;
use crate::node::{Below, Item, Rest, Target, encode};
use crate::trie::common_prefix;

/// A node that may get more items.
struct Open {
    depth: usize,
    items: Vec<Item>,
}

/// A trie under construction.
pub(crate) struct Builder {
    /// The nodes on the way to the last leaf; the root node first.
    open: Vec<Open>,
    last: Option<(HistoryKey, ValueHash)>,
}

impl Builder {
    pub(crate) fn new() -> Builder {
        Builder { open: vec![Open { depth: 0, items: Vec::new() }], last: None }
    }

    /// Adds a leaf, whose key must be greater than that of the last one; gives the nodes that are finished to `keep`.
    /// `false` if the key is not greater.
    pub(crate) fn add(
        &mut self,
        key: HistoryKey,
        value: ValueHash,
        keep: &mut dyn FnMut(NodeHash, Vec<u8>),
    ) -> Result<bool, StoreError> {
        if let Some((last, _)) = self.last {
            if key <= last {
                return Ok(false);
            }
            self.close(common_prefix(&last, &key), keep)?;
        }
        self.last = Some((key, value));
        Ok(true)
    }

    /// The root of all leaves that were added.
    pub(crate) fn finish(mut self, keep: &mut dyn FnMut(NodeHash, Vec<u8>)) -> Result<StateRoot, StoreError> {
        self.close(0, keep)?;
        let items = self.open.pop().map(|node| node.items).unwrap_or_default();
        let bytes = encode(&items);
        let root = NodeHash(b2b256(&bytes));
        if !items.is_empty() {
            keep(root, bytes);
        }
        Ok(StateRoot(root.0))
    }

    /// Hangs the last leaf up and finishes all nodes below `depth`, the bytes that it shares with the next one.
    fn close(&mut self, depth: usize, keep: &mut dyn FnMut(NodeHash, Vec<u8>)) -> Result<(), StoreError> {
        let Some((key, value)) = self.last.take() else { return Ok(()) };
        let (mut target, mut end) = (Target::Leaf(value), key.len());
        loop {
            let top = self.open.last().map_or(0, |node| node.depth);
            let parent = top.max(depth);
            if parent > top {
                self.open.push(Open { depth: parent, items: Vec::new() });
            }
            let below = Below { rest: Rest::new(&[&key[parent + 1..end]])?, target };
            if let Some(node) = self.open.last_mut() {
                node.items.push(Item { slot: key[parent], below });
            }
            // Deeper than what is shared: nothing will be added to it any more.
            if parent <= depth || self.open.len() < 2 {
                return Ok(());
            }
            let Some(node) = self.open.pop() else { return Ok(()) };
            let bytes = encode(&node.items);
            let hash = NodeHash(b2b256(&bytes));
            keep(hash, bytes);
            (target, end) = (Target::Pointer(hash), node.depth);
        }
    }
}
