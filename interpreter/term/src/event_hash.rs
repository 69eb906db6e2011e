//! The hashes of events (runtime.md 6.6 and Annex C, EXT), one by one or many together.

use std::mem;

use blake2b_simd::many::{HashManyJob, hash_many};
use smallvec::SmallVec;

use crate::state_codec::{
    BindPattern, Consume, Encoder, Hash, ListParWithRandom, Produce, TaggedContinuation, digest, parameters,
};

impl Produce {
    /// The event of a send of data on a channel.
    pub fn new(channel_hash: Hash, data: &ListParWithRandom<'_>, persistent: bool) -> Produce {
        Produce::of(channel_hash, |s| s.list_par(data), persistent)
    }

    /// The same, of data that are written by [`Encoder::list`].
    pub fn of(channel_hash: Hash, data: impl FnOnce(&mut Encoder), persistent: bool) -> Produce {
        let hash = Encoder::hash(|s| s.produce(&channel_hash, data, persistent));
        Produce { channel_hash, hash, persistent }
    }
}

impl Consume {
    /// The event of a receive. Channels and patterns in any order.
    pub fn new(
        mut channel_hashes: Vec<Hash>,
        patterns: &[BindPattern<'_>],
        continuation: &TaggedContinuation<'_>,
        persistent: bool,
    ) -> Consume {
        channel_hashes.sort_unstable();
        let hash = Encoder::hash(|s| s.consume(&channel_hashes, patterns, continuation, persistent));
        Consume { channel_hashes, hash, persistent }
    }
}

impl Encoder {
    fn produce(&mut self, channel_hash: &Hash, data: impl FnOnce(&mut Encoder), persistent: bool) {
        self.len(3);
        self.byte_vector(channel_hash);
        self.nested(data);
        self.byte_vector(&[u8::from(persistent)]);
    }

    /// `channel_hashes`: sorted.
    fn consume(
        &mut self,
        channel_hashes: &[Hash],
        patterns: &[BindPattern<'_>],
        continuation: &TaggedContinuation<'_>,
        persistent: bool,
    ) {
        let mut patterns: SmallVec<[Vec<u8>; 1]> = patterns.iter().map(BindPattern::to_bytes).collect();
        patterns.sort_unstable();
        self.len(channel_hashes.len() + patterns.len() + 2);
        channel_hashes.iter().for_each(|hash| self.byte_vector(hash));
        patterns.iter().for_each(|pattern| self.byte_vector(pattern));
        self.nested(|s| s.continuation(continuation));
        self.byte_vector(&[u8::from(persistent)]);
    }
}

/// What events are hashed from. Many are hashed together in less than half of the time.
#[derive(Default)]
pub struct Preimages {
    bytes: Encoder,
    /// Where each one ends.
    ends: Vec<usize>,
}

impl Preimages {
    /// Adds the event of a send, of data that are written by [`Encoder::list`].
    pub fn produce(&mut self, channel_hash: &Hash, data: impl FnOnce(&mut Encoder), persistent: bool) {
        self.bytes.produce(channel_hash, data, persistent);
        self.ends.push(self.bytes.out.len());
    }

    /// Adds the event of a receive. `channel_hashes`: sorted.
    pub fn consume(
        &mut self,
        channel_hashes: &[Hash],
        patterns: &[BindPattern<'_>],
        continuation: &TaggedContinuation<'_>,
        persistent: bool,
    ) {
        self.bytes.consume(channel_hashes, patterns, continuation, persistent);
        self.ends.push(self.bytes.out.len());
    }

    /// Number of bytes so far.
    pub fn size(&self) -> usize {
        self.bytes.out.len()
    }

    /// The hashes of all that were added, in their order; then there are none.
    pub fn hashes(&mut self) -> Vec<Hash> {
        let parameters = parameters();
        let ends = mem::take(&mut self.ends);
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let ranges = starts.zip(&ends).map(|(start, end)| &self.bytes.out[start..*end]);
        let mut jobs: Vec<HashManyJob<'_>> = ranges.map(|bytes| HashManyJob::new(&parameters, bytes)).collect();
        hash_many(jobs.iter_mut());
        let hashes = jobs.iter().map(|job| digest(&job.to_hash())).collect();
        self.bytes.out.clear();
        hashes
    }
}
