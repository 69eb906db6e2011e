//! Events: what evaluations do to the tuple space, by hash (runtime.md 6.6, 6.7), and how a log of them is made and
//! followed.
//!
//! - `source.rs`: the event that a message, a receive or a system process comes from, worked out once;
//! - `record.rs`: the log of an evaluation, oldest event first;
//! - `compare.rs`: an evaluation that finds its own log, event by event;
//! - `replay.rs`: an evaluation that follows any log instead of searching for matches;
//! - `mismatch.rs`: how a log and an evaluation that follows it differ.
//!
//! An evaluation without a log hashes and keeps nothing of this.

mod compare;
mod mismatch;
mod record;
mod replay;
mod source;

use std::fmt;
use std::sync::Arc;

use rhodium_term::state_codec::Hash;
pub use rhodium_term::state_codec::{Consume, Produce};

use crate::space::{Continuation, Datum, Fired, Produced, Space};
use crate::value::Value;
use compare::Compare;
pub(crate) use compare::compare;
pub use mismatch::{Expected, Mismatch};
pub(crate) use record::Log;
pub(crate) use replay::Rig;
pub(crate) use source::{SystemSources, consume_of, tagged_of};

/// What happened in the tuple space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message was offered.
    Produce(Produce),
    /// A receive was offered.
    Consume(Arc<Consume>),
    /// Messages and a receive met.
    Comm(Box<Comm>),
}

/// A receive and the messages that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comm {
    /// The receive.
    pub consume: Arc<Consume>,
    /// The messages, sorted by channel hash, hash and persistence. With each, how often a message like it had been
    /// offered so far, 0 if it persists: that tells equal messages apart.
    pub produces: Vec<(Produce, u32)>,
    /// The binds that only look, ascending.
    pub peeks: Vec<u32>,
}

impl Comm {
    /// The event of a COMM that has happened. `times`: how often a message of this hash has been offered.
    fn new(fired: &Fired, times: impl Fn(&Hash) -> u32) -> Comm {
        let continuation = &fired.continuation;
        let mut produces: Vec<(Produce, u32)> = fired
            .data
            .iter()
            .zip(&fired.channels)
            .map(|(datum, channel)| *datum.source(channel))
            .map(|source| (source, if source.persistent { 0 } else { times(&source.hash) }))
            .collect();
        produces.sort_unstable_by(|(a, _), (b, _)| key(a).cmp(&key(b)));
        let peeks = if continuation.peek { (0..fired.channels.len() as u32).collect() } else { Vec::new() };
        Comm { consume: continuation.source(&fired.channels).clone(), produces, peeks }
    }

    /// The event of a message that a system process takes.
    fn of_system(process: Arc<Consume>, message: Produce, times: u32) -> Comm {
        let times = if message.persistent { 0 } else { times };
        Comm { consume: process, produces: vec![(message, times)], peeks: Vec::new() }
    }

    fn has_produce(&self, hash: &Hash) -> bool {
        self.produces.iter().any(|(produce, _)| produce.hash == *hash)
    }
}

fn key(produce: &Produce) -> (&Hash, &Hash, bool) {
    (&produce.channel_hash, &produce.hash, produce.persistent)
}

/// Whether an evaluation keeps or follows a log.
#[derive(Default)]
pub(crate) enum Trace<'a> {
    /// Neither.
    #[default]
    Off,
    /// It keeps one.
    Record(Box<Log>),
    /// It compares with one.
    Compare(Box<Compare<'a>>),
    /// It follows one.
    Replay(Box<Rig<'a>>),
}

impl Trace<'_> {
    /// The log that was kept.
    pub fn into_log(self) -> Vec<Event> {
        match self {
            Trace::Record(log) => log.into_events(),
            Trace::Off | Trace::Compare(_) | Trace::Replay(_) => Vec::new(),
        }
    }

    /// A message is about to be offered.
    pub fn produce(&mut self, channel: &Value, datum: &Arc<Datum>) {
        match self {
            Trace::Record(log) => log.produce(channel, datum),
            Trace::Compare(compare) => compare.produce(channel, datum),
            Trace::Off | Trace::Replay(_) => {}
        }
    }

    /// What became of it.
    pub fn produced(&mut self, channel: &Value, outcome: &Produced) {
        match self {
            Trace::Record(log) => log.produced(channel, outcome),
            Trace::Compare(compare) => compare.produced(channel, outcome),
            Trace::Off | Trace::Replay(_) => {}
        }
    }

    /// A receive is about to be offered.
    pub fn consume(&mut self, channels: &[Value], continuation: &Arc<Continuation>) {
        match self {
            Trace::Record(log) => log.consume(channels, continuation),
            Trace::Compare(compare) => compare.consume(channels, continuation),
            Trace::Off | Trace::Replay(_) => {}
        }
    }

    /// It met messages.
    pub fn fired(&mut self, fired: &Fired) {
        match self {
            Trace::Record(log) => log.fired(fired),
            Trace::Compare(compare) => compare.fired(fired),
            Trace::Off | Trace::Replay(_) => {}
        }
    }

    /// Whether the log is known to be that of another evaluation, so that there is no use in going on.
    pub fn refuted(&self) -> bool {
        matches!(self, Trace::Compare(compare) if compare.refuted())
    }

    /// How the log that was followed differs from what has happened in the space since the mark.
    pub fn mismatch(&mut self, space: &Space, mark: u64, steps: u64) -> Option<Box<Mismatch>> {
        match self {
            Trace::Replay(rig) => rig.finish(space, mark, steps).map(Box::new),
            Trace::Off | Trace::Record(_) | Trace::Compare(_) => None,
        }
    }
}

struct Hex<'a>(&'a Hash);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn persistence(persistent: bool) -> &'static str {
    if persistent { "persistent " } else { "" }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Produce(Produce { channel_hash, hash, persistent }) => {
                write!(f, "{}produce {} on channel {}", persistence(*persistent), Hex(hash), Hex(channel_hash))
            }
            Event::Consume(consume) => write_consume(f, consume),
            Event::Comm(comm) => {
                write!(f, "COMM of ")?;
                write_consume(f, &comm.consume)?;
                for (produce, times) in &comm.produces {
                    write!(f, " with {} (number {times})", Event::Produce(*produce))?;
                }
                if comm.peeks.is_empty() { Ok(()) } else { write!(f, ", peeking at binds {:?}", comm.peeks) }
            }
        }
    }
}

fn write_consume(f: &mut fmt::Formatter<'_>, consume: &Consume) -> fmt::Result {
    write!(f, "{}consume {} on channels", persistence(consume.persistent), Hex(&consume.hash))?;
    consume.channel_hashes.iter().try_for_each(|hash| write!(f, " {}", Hex(hash)))
}
