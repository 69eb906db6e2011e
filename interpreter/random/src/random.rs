//! The generator itself: drawing names, splitting and merging (runtime.md 3.1 and 3.3).
//!
//! Profile EXT: two oddities of that network are part of its state roots, and are therefore kept.
//! * Δ8: in a merge the unused part of a group of four digests holds the digests of the previous group. With up to four
//!   children nothing precedes, so both profiles agree there.
//! * Δ9: after a path roll-over the counter goes on, from the second pair of names, where it stood before.

use crate::blake::{Block, Chain, Purpose, compress, fresh_chain, high_half, low_half};

/// Room for the path in the pending block.
pub(crate) const PATH_LEN: usize = 112;

/// Children per node of a merge.
const GROUP: usize = 255;

/// A splittable, mergeable generator of 32-byte names.
///
/// Equality is equality of the serialised bytes, which is the identity of a random state (runtime.md 3.6).
#[derive(Clone)]
pub struct Random {
    /// BLAKE2b chain value.
    pub(crate) chain: Chain,
    /// Bytes absorbed so far; always a multiple of 128.
    pub(crate) absorbed: u128,
    /// Path part of the pending block.
    pub(crate) path: [u8; PATH_LEN],
    /// Counter part of the pending block.
    pub(crate) counter: u128,
    /// The last output, kept when it is used up because the serialised form shows it.
    pub(crate) out: Chain,
    /// The second half of `out` is still unread.
    pub(crate) half_unread: bool,
    /// Path bytes in use, at most [`PATH_LEN`].
    pub(crate) path_len: u8,
    /// Path bytes that were there when this object was copied from its parent.
    pub(crate) inherited: u8,
    /// The views the serialised form shows, where they do not follow from the fields above.
    pub(crate) views: Option<Box<Views>>,
}

/// What the serialised form of EXT shows of an object's history (runtime.md 3.6).
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Views {
    /// Path bytes appended since the copy, at their positions.
    pub(crate) appended: [u8; PATH_LEN],
    /// The path at the time of the copy.
    pub(crate) copied: [u8; PATH_LEN],
    /// The counter as the next draw will continue it.
    pub(crate) counter: u128,
}

impl Random {
    /// The generator of a seed: the seed in blocks of 128 bytes, the last one zero padded. The length is not encoded.
    pub fn from_seed(seed: &[u8]) -> Random {
        let mut random = Random::fresh(0);
        for chunk in seed.chunks(128) {
            random.absorb(&crate::blake::block_from_bytes(chunk));
        }
        random
    }

    /// Draws the next name.
    #[allow(clippy::should_implement_trait)] // endless and not an iterator: names are drawn one at a time
    pub fn next(&mut self) -> [u8; 32] {
        if self.half_unread {
            self.half_unread = false;
            return high_half(&self.out);
        }
        self.out = compress(&self.chain, &self.pending(), self.after_block(), Purpose::PeekRoot);
        self.half_unread = true;
        self.counter = match &mut self.views {
            None => self.counter.wrapping_add(1),
            Some(views) => {
                views.counter = views.counter.wrapping_add(1);
                views.counter
            }
        };
        low_half(&self.out)
    }

    /// The child with one more path byte. The parent is not changed; a pending second half is not inherited.
    #[must_use]
    pub fn split_byte(&self, index: u8) -> Random {
        let mut child = self.clone();
        child.descend_byte(index);
        child
    }

    /// The child with two more path bytes, the low one first.
    #[must_use]
    pub fn split_short(&self, index: u16) -> Random {
        let mut child = self.clone();
        child.descend_short(index);
        child
    }

    /// Becomes its child with one more path byte.
    pub fn descend_byte(&mut self, index: u8) {
        self.descend(&[index]);
    }

    /// Becomes its child with two more path bytes.
    pub fn descend_short(&mut self, index: u16) {
        self.descend(&index.to_le_bytes());
    }

    fn descend(&mut self, path: &[u8]) {
        self.out = [0; 8];
        self.half_unread = false;
        self.inherited = self.path_len;
        self.views = None;
        path.iter().for_each(|byte| self.append(*byte));
    }

    /// Merges generators, at least two. For a single one the result is a copy of it, for none the generator of the
    /// empty seed; the reducer asks for neither.
    #[must_use]
    pub fn merge(children: &[&Random]) -> Random {
        match children {
            [] => Random::from_seed(&[]),
            [only] => (*only).clone(),
            _ => *Random::merge_all(children.iter().map(|child| child.close_chain())),
        }
    }

    /// What this generator contributes to a merge. It changes only with [`Random::next`], so whoever merges the same
    /// generator again and again (a persistent continuation) may keep it.
    #[must_use]
    pub fn merge_digest(&self) -> [u8; 32] {
        low_half(&self.close())
    }

    /// What each generator contributes to a merge, in order; several are worked out together.
    pub fn each_merge_digest(randoms: &[&Random], mut done: impl FnMut([u8; 32])) {
        for group in randoms.chunks(4) {
            let [first, _, ..] = group else {
                group.iter().for_each(|only| done(only.merge_digest()));
                continue;
            };
            let jobs: [(&Chain, Block, u128); 4] = std::array::from_fn(|k| {
                let random = group.get(k).unwrap_or(first);
                (&random.chain, random.pending(), random.after_block())
            });
            crate::blake::close_four(&jobs, group.len(), |[a, b, c, d]| done(low_half(&[a, b, c, d, 0, 0, 0, 0])));
        }
    }

    /// [`Random::merge`] on digests made by [`Random::merge_digest`]; fewer than two digests are merged all the same.
    #[must_use]
    pub fn merge_digests(digests: &[[u8; 32]]) -> Box<Random> {
        let words = |digest: &[u8; 32]| {
            let block = crate::blake::block_from_bytes(digest);
            [block[0], block[1], block[2], block[3]]
        };
        Random::merge_all(digests.iter().map(words))
    }

    /// Merges the digests group by group, then the results, until one is left.
    fn merge_all(digests: impl ExactSizeIterator<Item = [u64; 4]>) -> Box<Random> {
        // One buffer for the whole merge, never cleared: Δ8.
        let mut block: Block = [0; 16];
        if digests.len() <= GROUP {
            return Random::merge_group(digests, &mut block);
        }
        let mut digests: Vec<[u64; 4]> = digests.collect();
        while digests.len() > GROUP {
            let groups = digests.chunks(GROUP);
            digests =
                groups.map(|group| Random::merge_group(group.iter().copied(), &mut block).close_chain()).collect();
        }
        Random::merge_group(digests.into_iter(), &mut block)
    }

    /// One node with at most [`GROUP`] children.
    fn merge_group(mut digests: impl ExactSizeIterator<Item = [u64; 4]>, block: &mut Block) -> Box<Random> {
        let mut node = Box::new(Random::fresh(digests.len() as u8));
        while digests.len() > 0 {
            for (slot, digest) in block.chunks_exact_mut(4).zip(digests.by_ref()) {
                slot.copy_from_slice(&digest);
            }
            node.absorb(block);
        }
        node
    }

    fn close_chain(&self) -> [u64; 4] {
        let [a, b, c, d, ..] = self.close();
        [a, b, c, d]
    }

    fn close(&self) -> Chain {
        compress(&self.chain, &self.pending(), self.after_block(), Purpose::CloseChild)
    }

    fn fresh(fan_out: u8) -> Random {
        Random {
            chain: fresh_chain(fan_out),
            absorbed: 0,
            path: [0; PATH_LEN],
            counter: 0,
            out: [0; 8],
            half_unread: false,
            path_len: 0,
            inherited: 0,
            views: None,
        }
    }

    fn append(&mut self, byte: u8) {
        if usize::from(self.path_len) >= PATH_LEN {
            self.roll_over();
        }
        let position = usize::from(self.path_len);
        self.path[position] = byte;
        self.path_len += 1;
        if let Some(views) = &mut self.views {
            views.appended[position] = byte;
        }
    }

    /// Absorbs the full pending block and starts an empty one. The views go on showing what was before.
    fn roll_over(&mut self) {
        let views = self.current_views();
        let pending = self.pending();
        self.absorb(&pending);
        self.path = [0; PATH_LEN];
        self.counter = 0;
        self.path_len = 0;
        self.views = Some(Box::new(views));
    }

    fn absorb(&mut self, block: &Block) {
        let counter = self.after_block();
        self.chain = compress(&self.chain, block, counter, Purpose::Absorb);
        self.absorbed = counter;
    }

    /// The byte counter after one more block: every use of the compression function is given this one.
    fn after_block(&self) -> u128 {
        self.absorbed.wrapping_add(128)
    }

    pub(crate) fn pending(&self) -> Block {
        let mut block: Block = [0; 16];
        for (word, chunk) in block.iter_mut().zip(self.path.chunks_exact(8)) {
            *word =
                u64::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3], chunk[4], chunk[5], chunk[6], chunk[7]]);
        }
        block[14] = self.counter as u64;
        block[15] = (self.counter >> 64) as u64;
        block
    }

    /// The views of this object, stored or derived: without a roll-over since the copy, what was copied is a prefix of
    /// the path and what was appended is the rest.
    pub(crate) fn current_views(&self) -> Views {
        match &self.views {
            Some(views) => (**views).clone(),
            None => derived_views(&self.path, self.inherited, self.counter),
        }
    }
}

/// The views of an object whose path had `inherited` bytes when it was copied.
pub(crate) fn derived_views(path: &[u8; PATH_LEN], inherited: u8, counter: u128) -> Views {
    let at = usize::from(inherited).min(PATH_LEN);
    let mut copied = *path;
    copied[at..].fill(0);
    let mut appended = *path;
    appended[..at].fill(0);
    Views { appended, copied, counter }
}

impl PartialEq for Random {
    fn eq(&self, other: &Random) -> bool {
        if std::ptr::eq(self, other) {
            return true;
        }
        // What mostly differs comes first.
        let same_state = self.path_len == other.path_len
            && self.chain[0] == other.chain[0]
            && self.path == other.path
            && self.chain == other.chain
            && self.counter == other.counter
            && self.half_unread == other.half_unread
            && self.absorbed == other.absorbed
            && self.out == other.out;
        let same_origin = || self.views.is_none() && other.views.is_none() && self.inherited == other.inherited;
        // Different records of the origin can show the same views: trailing zero bytes look like no bytes.
        same_state && (same_origin() || self.current_views() == other.current_views())
    }
}

impl Eq for Random {}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path: String = self.path.iter().take(self.path_len.into()).map(|byte| format!("{byte:02x}")).collect();
        write!(f, "Random({:016x}/{path}#{})", self.chain[0], self.counter)
    }
}
