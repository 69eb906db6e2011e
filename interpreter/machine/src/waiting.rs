//! The receives that wait on a channel or join, oldest first.

use std::sync::Arc;

use crate::code::BindPattern;
use crate::indexed::Indexed;
use crate::queue::Queue;
use crate::space::Continuation;
use crate::value::Value;

/// Receives by sequence number. Cloning is O(1), and so is telling that a receive does not wait here yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    queue: Indexed<Arc<Continuation>>,
    /// How many receives have a random state with this digest; kept while there are several receives.
    digests: im::HashMap<[u8; 32], usize>,
}

impl Waiting {
    /// Adds a receive; its number must not be in use.
    pub fn insert(&mut self, number: u64, continuation: Arc<Continuation>) {
        if !self.queue.is_empty() {
            if self.digests.is_empty() {
                let known: Vec<_> = self.queue.iter().map(|(_, c)| c.merge_digest()).collect();
                known.into_iter().for_each(|digest| self.count(digest));
            }
            self.count(continuation.merge_digest());
        }
        self.queue.insert(number, continuation);
    }

    fn count(&mut self, digest: [u8; 32]) {
        *self.digests.entry(digest).or_insert(0) += 1;
    }

    /// Removes a receive.
    pub fn remove(&mut self, number: u64) -> Option<Arc<Continuation>> {
        let removed = self.queue.remove(number)?;
        if self.queue.is_empty() {
            self.digests.clear();
        } else if !self.digests.is_empty() {
            let digest = removed.merge_digest();
            let left = self.digests.get(&digest).map_or(0, |count| count - 1);
            if left == 0 {
                self.digests.remove(&digest);
            } else {
                self.digests.insert(digest, left);
            }
        }
        Some(removed)
    }

    /// Adds `by` to the numbers from `from` on, which must be the greatest in use.
    pub fn renumber(&mut self, from: u64, by: u64) {
        self.queue.renumber(from, by);
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The receive with this number.
    pub fn get(&self, number: u64) -> Option<&Arc<Continuation>> {
        self.queue.get(number)
    }

    /// The receives with this number or a greater one, oldest first.
    pub fn since(&self, number: u64) -> impl Iterator<Item = (u64, &Arc<Continuation>)> {
        self.queue.since(number)
    }

    /// The receives, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &Arc<Continuation>)> {
        self.queue.iter()
    }

    /// The first receive on one channel that takes a message with this key, see [`Indexed::search`].
    pub fn search<R, E>(
        &self,
        key: Option<&Value>,
        find: impl FnMut(u64, &Arc<Continuation>) -> Result<Option<R>, E>,
    ) -> Result<Option<R>, E> {
        self.queue.search(key, find)
    }

    /// Whether the very same receive waits already, random state included: storing it again changes nothing
    /// (runtime.md 6.2, EXT).
    pub fn contains(&self, continuation: &Continuation) -> bool {
        let possible = match &*self.queue {
            Queue::Empty => false,
            Queue::One(..) => true,
            Queue::Many(_) => self.digests.contains_key(&continuation.merge_digest()),
        };
        possible && self.queue.iter().any(|(_, other)| same(other, continuation))
    }
}

fn same(a: &Continuation, b: &Continuation) -> bool {
    a.random == b.random
        && a.storage == b.storage
        && a.persistent == b.persistent
        && a.peek == b.peek
        && same_patterns(&a.patterns, &b.patterns)
        && a.body.materialize_guard(&a.captured) == b.body.materialize_guard(&b.captured)
        && a.body.materialize(&a.captured) == b.body.materialize(&b.captured)
}

fn same_patterns(a: &[Arc<BindPattern>], b: &[Arc<BindPattern>]) -> bool {
    let same = |a: &BindPattern, b: &BindPattern| {
        a.terms == b.terms && a.remainder == b.remainder && a.free_count == b.free_count
    };
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}
