//! The log of an evaluation (runtime.md 6.7, EXT): oldest event first. It begins empty with every evaluation, and so do
//! the counts that tell equal messages apart.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use rhodium_term::state_codec::Hash;

use super::source::ChannelHashes;
use super::{Comm, Event, SystemSources};
use crate::space::{Continuation, Datum, Fired, Produced};
use crate::value::Value;

/// The events so far.
#[derive(Default)]
pub(crate) struct Log {
    events: Vec<Event>,
    /// How often each message that does not persist has been offered.
    offered: HashMap<Hash, u32, RandomState>,
    channels: ChannelHashes,
    systems: SystemSources,
}

impl Log {
    /// A message is offered.
    pub fn produce(&mut self, channel: &Value, datum: &Datum) {
        let channels = &mut self.channels;
        let source = **datum.source.get_or_init(|| Box::new(datum.event(channels.of(channel))));
        if !source.persistent {
            let count = self.offered.entry(source.hash).or_default();
            *count = count.saturating_add(1);
        }
        self.events.push(Event::Produce(source));
    }

    /// A receive is offered.
    pub fn consume(&mut self, channels: &[Value], continuation: &Continuation) {
        let hashes = &mut self.channels;
        let event = || Arc::new(continuation.event(channels.iter().map(|channel| hashes.of(channel)).collect()));
        self.events.push(Event::Consume(continuation.source.get_or_init(event).clone()));
    }

    /// What became of a message.
    pub fn produced(&mut self, channel: &Value, outcome: &Produced) {
        match outcome {
            Produced::Stored => {}
            Produced::Fired(fired) => self.fired(fired),
            Produced::System(process, datum) => {
                let source = *datum.source(channel);
                let process = self.systems.of(channel, *process).clone();
                self.push(Comm::of_system(process, source, self.count(&source.hash)));
            }
        }
    }

    /// Messages and a receive met.
    pub fn fired(&mut self, fired: &Fired) {
        self.push(Comm::new(fired, |hash| self.count(hash)));
    }

    fn push(&mut self, comm: Comm) {
        self.events.push(Event::Comm(Box::new(comm)));
    }

    fn count(&self, hash: &Hash) -> u32 {
        self.offered.get(hash).copied().unwrap_or(0)
    }

    /// The log.
    pub fn into_events(self) -> Vec<Event> {
        self.events
    }
}
