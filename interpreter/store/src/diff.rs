//! What differs between two states. Parts that are equal have equal hashes and are not entered, so the work is that of
//! the difference.

use crate::error::StoreError;
use crate::hash::{NodeHash, StateRoot, ValueHash};
use crate::history::History;
use crate::kv::KeyValueStore;
use crate::leaf::{HistoryKey, KEY_LEN};
use crate::node::{Below, Item, Rest, Target};
use crate::trie::{common_prefix, load_items};
use std::sync::Arc;

/// A key that two states have different values for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// The key.
    pub key: HistoryKey,
    /// Its value in the first state.
    pub before: Option<ValueHash>,
    /// Its value in the second state.
    pub after: Option<ValueHash>,
}

impl History {
    /// All keys whose values differ between two states, in ascending order.
    pub fn diff(&self, before: StateRoot, after: StateRoot) -> Result<Differences, StoreError> {
        self.open_at(before)?;
        self.open_at(after)?;
        let whole = |root: StateRoot| {
            let rest = Rest::new(&[])?;
            Ok::<_, StoreError>(Some(Below { rest, target: Target::Pointer(NodeHash(root.0)) }))
        };
        let first = Pair { slot: None, depth: 0, sides: [whole(before)?, whole(after)?] };
        let stack = if before == after { Vec::new() } else { vec![first] };
        Ok(Differences { store: Arc::clone(self.store()), path: [0; KEY_LEN], stack })
    }
}

/// What two states have at the same place.
struct Pair {
    /// The key byte that leads there.
    slot: Option<u8>,
    /// The number of key bytes that lead there.
    depth: usize,
    sides: [Option<Below>; 2],
}

/// The differences of two states. After an error it ends.
pub struct Differences {
    store: Arc<dyn KeyValueStore>,
    path: HistoryKey,
    /// The next pair is on top.
    stack: Vec<Pair>,
}

impl Differences {
    fn advance(&mut self) -> Result<Option<Difference>, StoreError> {
        while let Some(Pair { slot, depth, sides }) = self.stack.pop() {
            if let Some(slot) = slot {
                self.path[depth - 1] = slot;
            }
            // The bytes that all keys below have in common.
            let shared = match &sides {
                [Some(left), Some(right)] => {
                    let (left, right) = (left.rest.as_slice(), right.rest.as_slice());
                    left[..common_prefix(left, right)].to_vec()
                }
                [Some(one), None] | [None, Some(one)] => one.rest.as_slice().to_vec(),
                [None, None] => continue,
            };
            let end = depth + shared.len();
            self.path[depth..end].copy_from_slice(&shared);
            if end == KEY_LEN {
                let value = |side: &Option<Below>| match side.map(|below| below.target) {
                    Some(Target::Leaf(value)) => Some(value),
                    _ => None,
                };
                let [before, after] = [value(&sides[0]), value(&sides[1])];
                return Ok(Some(Difference { key: self.path, before, after }));
            }
            let [before, after] = sides;
            let (before, after) = (self.items(before, shared.len(), end)?, self.items(after, shared.len(), end)?);
            self.push(before, after, end + 1);
        }
        Ok(None)
    }

    /// What hangs below, at `depth`, behind so many of the bytes of its rest.
    fn items(&self, below: Option<Below>, passed: usize, depth: usize) -> Result<Vec<Item>, StoreError> {
        let Some(Below { rest, target }) = below else { return Ok(Vec::new()) };
        match (rest.as_slice().get(passed..).and_then(<[u8]>::split_first), target) {
            (Some((slot, tail)), target) => {
                Ok(vec![Item { slot: *slot, below: Below { rest: Rest::new(&[tail])?, target } }])
            }
            (None, Target::Pointer(hash)) => load_items(&*self.store, hash, depth),
            (None, Target::Leaf(_)) => Err(StoreError::Damaged("a node has a key of the wrong length".to_owned())),
        }
    }

    /// Puts items of both sides on the stack, the smallest slot on top.
    fn push(&mut self, before: Vec<Item>, after: Vec<Item>, depth: usize) {
        let (mut before, mut after) = (before.into_iter().rev().peekable(), after.into_iter().rev().peekable());
        loop {
            let slots = [before.peek().map(|item| item.slot), after.peek().map(|item| item.slot)];
            let Some(slot) = slots.into_iter().flatten().max() else { return };
            let left = before.next_if(|item| item.slot == slot).map(|item| item.below);
            let right = after.next_if(|item| item.slot == slot).map(|item| item.below);
            if left != right {
                self.stack.push(Pair { slot: Some(slot), depth, sides: [left, right] });
            }
        }
    }
}

impl Iterator for Differences {
    type Item = Result<Difference, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let difference = self.advance().transpose();
        if matches!(difference, Some(Err(_))) {
            self.stack.clear();
        }
        difference
    }
}
