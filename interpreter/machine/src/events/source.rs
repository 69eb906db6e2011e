//! The events that messages, receives and system processes come from (runtime.md 6.6, Annex C). Checkpoints store them
//! and logs name them; each is hashed at most once.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;
use rhodium_term::state_codec::{self as codec, Encoder};
use rhodium_term::{Term, Var};
use smallvec::SmallVec;

use super::{Consume, Produce};
use crate::code::BindPattern;
use crate::persist::channel_hash;
use crate::space::{Continuation, Datum, Installed};
use crate::value::Value;

/// Patterns and continuation of a receive as they are hashed and stored. `random`: its serialised random state.
pub(crate) fn tagged_of<'a>(
    waiting: &'a Continuation,
    random: &'a [u8],
) -> (SmallVec<[codec::BindPattern<'a>; 1]>, codec::TaggedContinuation<'a>) {
    let pattern = |p: &'a Arc<BindPattern>| codec::BindPattern {
        patterns: Cow::Borrowed(&p.terms),
        remainder: p.remainder,
        free_count: p.free_count,
    };
    let patterns = waiting.patterns.iter().map(pattern).collect();
    let body = codec::ContinuationBody::Process {
        body: waiting.body.materialize(&waiting.captured),
        random: Cow::Borrowed(random),
    };
    let guard = waiting.body.materialize_guard(&waiting.captured);
    (patterns, codec::TaggedContinuation { guard, body })
}

impl Datum {
    /// The event it comes from. `channel`: where it was sent to.
    pub(crate) fn source(&self, channel: &Value) -> &Produce {
        self.source.get_or_init(|| Box::new(self.event(channel_hash(channel))))
    }

    /// The same, worked out anew from the hash of the channel.
    pub(crate) fn event(&self, channel: codec::Hash) -> Produce {
        Produce::of(channel, |out| self.encode(out), self.persistent)
    }

    /// Writes the data as they are hashed and stored.
    pub(crate) fn encode(&self, out: &mut Encoder) {
        let data = |out: &mut Encoder| self.data.iter().for_each(|value| value.encode(out));
        out.list(self.data.len(), data, &self.random.to_bytes());
    }
}

/// The event of a receive on the channels with these hashes, in any order.
pub(crate) fn consume_of<'a>(
    waiting: &'a Continuation,
    channels: &[codec::Hash],
    patterns: &[codec::BindPattern<'_>],
    tagged: &codec::TaggedContinuation<'_>,
) -> &'a Arc<Consume> {
    let new = || Arc::new(Consume::new(channels.to_vec(), patterns, tagged, waiting.persistent));
    waiting.source.get_or_init(new)
}

impl Continuation {
    /// The event it comes from. `channels`: where it waits, in any order.
    pub(crate) fn source(&self, channels: &[Value]) -> &Arc<Consume> {
        self.source.get_or_init(|| Arc::new(self.event(channels.iter().map(channel_hash).collect())))
    }

    /// The same, worked out anew from the hashes of the channels.
    pub(crate) fn event(&self, channels: Vec<codec::Hash>) -> Consume {
        let random = self.random.to_bytes();
        let (patterns, tagged) = tagged_of(self, &random);
        Consume::new(channels, &patterns, &tagged, self.persistent)
    }
}

/// The hashes of channels that were met before: programs use few channels often.
#[derive(Default)]
pub(crate) struct ChannelHashes(HashMap<Value, codec::Hash, RandomState>);

impl ChannelHashes {
    /// More are not remembered.
    const MOST: usize = 1 << 12;

    /// The hash of a channel.
    pub fn of(&mut self, channel: &Value) -> codec::Hash {
        if let Some(hash) = self.0.get(channel) {
            return *hash;
        }
        if self.0.len() == Self::MOST {
            self.0.clear();
        }
        let hash = channel_hash(channel);
        self.0.insert(channel.clone(), hash);
        hash
    }
}

/// The events of system processes, by body number. They are not logged, but COMMs name them.
#[derive(Default)]
pub(crate) struct SystemSources(BTreeMap<i64, Arc<Consume>>);

impl SystemSources {
    /// The event of the process on a channel (runtime.md 8.1).
    pub fn of(&mut self, channel: &Value, process: Installed) -> &Arc<Consume> {
        self.0.entry(process.body).or_insert_with(|| {
            let pattern = |level| Term::single(Term::var(Var::Free(level), 1));
            let arity = u32::try_from(process.arity).unwrap_or(u32::MAX);
            let patterns =
                codec::BindPattern { patterns: (0..arity).map(pattern).collect(), remainder: None, free_count: arity };
            let body = codec::ContinuationBody::System(process.body);
            let tagged = codec::TaggedContinuation { guard: None, body };
            Arc::new(Consume::new(vec![channel_hash(channel)], &[patterns], &tagged, true))
        })
    }
}
