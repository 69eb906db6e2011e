//! The events that messages, receives and system processes come from (runtime.md 6.6, Annex C). Checkpoints store them
//! and logs name them; each is hashed at most once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use rhodium_term::state_codec as codec;
use rhodium_term::{Term, Var};

use super::{Consume, Produce};
use crate::code::BindPattern;
use crate::persist::channel_hash;
use crate::space::{Continuation, Datum, Installed};
use crate::value::Value;

/// The data of a message as they are hashed and stored. `random`: its serialised random state.
pub(crate) fn list_of<'a>(datum: &Datum, random: &'a [u8]) -> codec::ListParWithRandom<'a> {
    let pars: Vec<Term> = datum.data.iter().map(Value::to_term).collect();
    codec::ListParWithRandom { pars: Cow::Owned(pars), random: Cow::Borrowed(random) }
}

/// The event of a message on the channel with this hash.
pub(crate) fn produce_of<'a>(
    datum: &'a Datum,
    channel: codec::Hash,
    data: &codec::ListParWithRandom<'_>,
) -> &'a Produce {
    datum.source.get_or_init(|| Box::new(Produce::new(channel, data, datum.persistent)))
}

/// Patterns and continuation of a receive as they are hashed and stored. `random`: its serialised random state.
pub(crate) fn tagged_of<'a>(
    waiting: &Continuation,
    random: &'a [u8],
) -> (Vec<codec::BindPattern<'static>>, codec::TaggedContinuation<'a>) {
    let pattern = |p: &Arc<BindPattern>| codec::BindPattern {
        patterns: Cow::Owned(p.terms.clone()),
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
        match self.source.get() {
            Some(source) => source,
            None => produce_of(self, channel_hash(channel), &list_of(self, &self.random.to_bytes())),
        }
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
        if let Some(source) = self.source.get() {
            return source;
        }
        let random = self.random.to_bytes();
        let (patterns, tagged) = tagged_of(self, &random);
        let hashes: Vec<codec::Hash> = channels.iter().map(channel_hash).collect();
        consume_of(self, &hashes, &patterns, &tagged)
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
