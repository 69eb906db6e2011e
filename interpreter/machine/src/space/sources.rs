//! Where the items of a space that follows a log lie, by the hashes of their events: a log names them, and a channel may
//! hold very many.

use std::collections::HashMap;

use rhodium_term::state_codec::Hash;

use super::{ChannelId, JoinId};
use crate::queue::Queue;

/// A list of the space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum At {
    Data(ChannelId),
    Own(ChannelId),
    Join(JoinId),
}

#[derive(Clone, Copy)]
struct Change {
    added: bool,
    hash: Hash,
    number: u64,
    at: At,
}

/// The places of all items that are in memory. The numbers of items are unique in all lists.
#[derive(Default)]
pub(super) struct Sources {
    places: HashMap<Hash, Queue<At>>,
    /// What the running deploy changed, to be undone.
    changes: Vec<Change>,
}

impl Sources {
    /// Adds an item that came from the base, where undoing a deploy leaves it.
    pub fn load(&mut self, hash: Hash, number: u64, at: At) {
        self.places.entry(hash).or_default().insert(number, at);
    }

    /// Adds an item that the running deploy stored.
    pub fn add(&mut self, hash: Hash, number: u64, at: At) {
        self.load(hash, number, at);
        self.changes.push(Change { added: true, hash, number, at });
    }

    /// Removes an item.
    pub fn remove(&mut self, hash: &Hash, number: u64) {
        if let Some(at) = self.take(hash, number) {
            self.changes.push(Change { added: false, hash: *hash, number, at });
        }
    }

    fn take(&mut self, hash: &Hash, number: u64) -> Option<At> {
        let places = self.places.get_mut(hash)?;
        let at = places.remove(number);
        if places.is_empty() {
            self.places.remove(hash);
        }
        at
    }

    /// The items with this hash, oldest first.
    pub fn of(&self, hash: &Hash) -> impl Iterator<Item = (u64, At)> + '_ {
        self.places.get(hash).into_iter().flat_map(Queue::iter).map(|(number, at)| (number, *at))
    }

    /// Keeps what the running deploy changed.
    pub fn commit(&mut self) {
        self.changes.clear();
    }

    /// Undoes what the running deploy changed.
    pub fn revert(&mut self) {
        while let Some(Change { added, hash, number, at }) = self.changes.pop() {
            if added {
                self.take(&hash, number);
            } else {
                self.load(hash, number, at);
            }
        }
    }
}
