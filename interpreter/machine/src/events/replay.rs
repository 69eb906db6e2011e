//! An evaluation that follows a log (runtime.md 6.9): the log says which messages and receives meet, and nothing is
//! searched for.
//!
//! The network's nodes choose among candidates at random, so their logs force other choices than ours would be, in any
//! order. What is followed is therefore the set of COMMs, not their sequence:
//! - every event that happens is counted off against the log, and a COMM must be the logged one in every field;
//! - a COMM can happen once all of its participants that are events of this log have arrived; what lay in the space
//!   before needs no arrival. Each participant counts the COMM down once, so finding the COMMs that a message or receive
//!   can complete takes linear time in all;
//! - in the end nothing may be left of the log, and nothing in the space that should have met.
//!
//! The first difference does not end the evaluation: what is left of the log in the end shows what was expected instead.
//! It can only do less than logged, as every COMM happens once.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use rhodium_matcher::Budget;
use rhodium_term::Origin;
use rhodium_term::state_codec::Hash;
use smallvec::SmallVec;

use super::{Comm, Event, Expected, Mismatch, SystemSources};
use crate::error::Fault;
use crate::space::{Continuation, Datum, Fired, GuardCheck, Produced, Space, Unfired};
use crate::value::Value;

/// A log that is being followed.
pub(crate) struct Rig<'a> {
    log: &'a [Event],
    index: HashMap<Hash, u32>,
    entries: Vec<Entry>,
    comms: Vec<Recorded<'a>>,
    /// Positions of events that contradict another one with the same hash.
    contradictory: Vec<usize>,
    first: Option<Difference>,
    systems: SystemSources,
}

/// Messages or receives with the same hash.
#[derive(Default)]
struct Entry {
    /// Position in the log of the first one.
    position: Option<usize>,
    /// How often it is in the log.
    expected: u32,
    /// How often it has happened.
    seen: u32,
    /// Whether it persists.
    persistent: bool,
    /// COMMs it takes part in, by the number of the message.
    comms: SmallVec<[(u32, u32); 1]>,
    /// How many of them it has been counted down for, and from where those of the present number begin.
    arrived: usize,
    current: usize,
    /// If it persists: COMMs whose participants have all arrived.
    ready: VecDeque<u32>,
}

struct Recorded<'a> {
    position: usize,
    comm: &'a Comm,
    /// Participants that have not arrived.
    missing: u32,
    happened: bool,
}

/// The first thing that happened otherwise.
struct Difference {
    found: Event,
    expected: Option<usize>,
    origin: Origin,
}

impl<'a> Rig<'a> {
    /// Prepares to follow a log.
    pub fn new(log: &'a [Event]) -> Rig<'a> {
        let mut rig = Rig {
            log,
            index: HashMap::with_capacity(log.len()),
            entries: Vec::with_capacity(log.len()),
            comms: Vec::with_capacity(log.len() / 2),
            contradictory: Vec::new(),
            first: None,
            systems: SystemSources::default(),
        };
        for (position, event) in log.iter().enumerate() {
            let (hash, persistent) = match event {
                Event::Produce(produce) => (&produce.hash, produce.persistent),
                Event::Consume(consume) => (&consume.hash, consume.persistent),
                Event::Comm(_) => continue,
            };
            let id = rig.entry(hash);
            let entry = &mut rig.entries[id as usize];
            match entry.position {
                Some(first) if log[first] != *event => rig.contradictory.push(position),
                _ => {
                    entry.position.get_or_insert(position);
                    entry.expected += 1;
                    entry.persistent = persistent;
                }
            }
        }
        for (position, event) in log.iter().enumerate() {
            if let Event::Comm(comm) = event {
                rig.add(position, comm);
            }
        }
        for entry in &mut rig.entries {
            entry.comms.sort_unstable();
        }
        rig
    }

    fn entry(&mut self, hash: &Hash) -> u32 {
        let next = self.entries.len() as u32;
        let id = *self.index.entry(*hash).or_insert(next);
        if id == next {
            self.entries.push(Entry::default());
        }
        id
    }

    /// Files a COMM under those of its participants that are events of this log.
    fn add(&mut self, position: usize, comm: &'a Comm) {
        let id = self.comms.len() as u32;
        let mut missing = 0;
        let consume = (&comm.consume.hash, true, 0);
        let produces = comm.produces.iter().map(|(produce, times)| (&produce.hash, produce.persistent, *times));
        for (hash, any, times) in std::iter::once(consume).chain(produces) {
            // A linear message that had not been offered yet is one that lay in the space before.
            if !any && times == 0 {
                continue;
            }
            if let Some(entry) = self.index.get(hash) {
                self.entries[*entry as usize].comms.push((times, id));
                missing += 1;
            }
        }
        self.comms.push(Recorded { position, comm, missing, happened: false });
    }

    /// A message is offered.
    pub fn produce(
        &mut self,
        space: &mut Space,
        channel: &Value,
        datum: &Arc<Datum>,
        origin: Origin,
        budget: &mut Budget,
        guard: &mut GuardCheck<'_>,
    ) -> Result<Produced, Fault> {
        let source = *datum.source(channel);
        let id = self.arrive(&source.hash, Event::Produce(source), origin);
        let system = space.installed(channel, datum.data.len())?;
        let mut candidates = self.candidates(id);
        let mut outcome = None;
        while let Some(candidate) = self.next(id, &mut candidates) {
            let comm = self.comms[candidate as usize].comm;
            let process = system.filter(|process| self.systems.of(channel, *process).hash == comm.consume.hash);
            let produced = match process {
                Some(process) => Some(Produced::System(process, datum.clone())),
                None => space.force_produce(channel, datum, comm, budget, guard)?.map(Produced::Fired),
            };
            if let Some(produced) = produced {
                let happened = match &produced {
                    Produced::System(process, _) => {
                        let process = self.systems.of(channel, *process).clone();
                        Comm::of_system(process, source, self.entries[id as usize].seen)
                    }
                    Produced::Fired(fired) => Comm::new(fired, |hash| self.count(hash)),
                    Produced::Stored => continue,
                };
                self.happens(candidate, happened, origin);
                outcome = Some(produced);
                break;
            }
            candidates.kept.push(candidate);
        }
        self.entries[id as usize].ready.extend(candidates.kept);
        match outcome {
            Some(produced) => Ok(produced),
            None => space.keep_datum(channel, datum.clone()).map(|()| Produced::Stored),
        }
    }

    /// A receive is offered.
    pub fn consume(
        &mut self,
        space: &mut Space,
        channels: &[Value],
        continuation: &Arc<Continuation>,
        origin: Origin,
        budget: &mut Budget,
        guard: &mut GuardCheck<'_>,
    ) -> Result<Option<Fired>, Fault> {
        let source = continuation.source(channels).clone();
        let hash = source.hash;
        let id = self.arrive(&hash, Event::Consume(source), origin);
        let mut candidates = self.candidates(id);
        let mut outcome = None;
        while let Some(candidate) = self.next(id, &mut candidates) {
            let comm = self.comms[candidate as usize].comm;
            if let Some(fired) = space.force_consume(channels, continuation, comm, budget, guard)? {
                let happened = Comm::new(&fired, |hash| self.count(hash));
                self.happens(candidate, happened, origin);
                outcome = Some(fired);
                break;
            }
            candidates.kept.push(candidate);
        }
        self.entries[id as usize].ready.extend(candidates.kept);
        if outcome.is_none() {
            space.keep_continuation(channels, continuation.clone())?;
        }
        Ok(outcome)
    }

    /// Counts an event off, and down for the COMMs that wait for it.
    fn arrive(&mut self, hash: &Hash, event: Event, origin: Origin) -> u32 {
        let id = self.entry(hash);
        let entry = &mut self.entries[id as usize];
        entry.seen = entry.seen.saturating_add(1);
        let logged = entry.position.map(|position| &self.log[position]);
        if logged != Some(&event) || entry.seen > entry.expected {
            let expected = entry.position.filter(|_| logged != Some(&event));
            self.first.get_or_insert(Difference { found: event, expected, origin });
        }
        let linear_message = !entry.persistent && matches!(logged, Some(Event::Produce(_)));
        let reached = if linear_message { entry.seen } else { 0 };
        let from = entry.arrived;
        while entry.comms.get(entry.arrived).is_some_and(|(times, _)| *times <= reached) {
            entry.arrived += 1;
        }
        // Every number has its own COMMs; a receive has them all, however often it is offered.
        if linear_message {
            entry.current = from;
        }
        for k in from..entry.arrived {
            let (_, comm) = self.entries[id as usize].comms[k];
            let recorded = &mut self.comms[comm as usize];
            recorded.missing = recorded.missing.saturating_sub(1);
            if recorded.missing == 0 {
                self.make_ready(comm);
            }
        }
        id
    }

    /// Tells participants that persist that a COMM can happen: they may be offered again.
    fn make_ready(&mut self, comm: u32) {
        let Comm { consume, produces, .. } = self.comms[comm as usize].comm;
        let produces = produces.iter().filter(|(produce, _)| produce.persistent).map(|(produce, _)| &produce.hash);
        for hash in produces.chain(consume.persistent.then_some(&consume.hash)) {
            if let Some(entry) = self.index.get(hash).map(|id| &mut self.entries[*id as usize])
                && entry.persistent
            {
                entry.ready.push_back(comm);
            }
        }
    }

    fn candidates(&self, id: u32) -> Candidates {
        let entry = &self.entries[id as usize];
        Candidates { next: entry.current, left: entry.ready.len(), kept: Vec::new() }
    }

    /// The next COMM that the event which just arrived can complete.
    fn next(&mut self, id: u32, candidates: &mut Candidates) -> Option<u32> {
        loop {
            let entry = &mut self.entries[id as usize];
            let comm = if entry.persistent {
                candidates.left = candidates.left.checked_sub(1)?;
                entry.ready.pop_front()?
            } else {
                let k = Some(candidates.next).filter(|k| *k < entry.arrived)?;
                candidates.next += 1;
                entry.comms[k].1
            };
            let recorded = &self.comms[comm as usize];
            // Numbers only grow: a COMM that does not fit any more never will again.
            if recorded.missing == 0 && !recorded.happened && self.numbers_fit(recorded.comm) {
                return Some(comm);
            }
        }
    }

    /// Whether the messages have the numbers that the COMM had (runtime.md 6.9).
    fn numbers_fit(&self, comm: &Comm) -> bool {
        comm.produces.iter().all(|(produce, times)| produce.persistent || self.count(&produce.hash) == *times)
    }

    fn count(&self, hash: &Hash) -> u32 {
        self.index.get(hash).map_or(0, |id| self.entries[*id as usize].seen)
    }

    /// A COMM of the log happens.
    fn happens(&mut self, comm: u32, found: Comm, origin: Origin) {
        let recorded = &mut self.comms[comm as usize];
        recorded.happened = true;
        if *recorded.comm != found {
            let (found, expected) = (Event::Comm(Box::new(found)), Some(recorded.position));
            self.first.get_or_insert(Difference { found, expected, origin });
        }
    }

    /// How the log differs from what has happened.
    pub fn finish(&mut self, space: &Space, mark: u64, steps: u64) -> Option<Mismatch> {
        let left = self.left();
        let first = self.first.take().or_else(|| {
            let (comm, origin) = match space.unfired(mark, steps)? {
                Unfired::Receive(fired, origin) => (Comm::new(&fired, |hash| self.count(hash)), origin),
                Unfired::System(process, channel, datum) => {
                    let source = *datum.source(&channel);
                    let process = self.systems.of(&channel, process).clone();
                    (Comm::of_system(process, source, self.count(&source.hash)), datum.origin)
                }
            };
            Some(Difference { found: Event::Comm(Box::new(comm)), expected: None, origin })
        });
        let at = |position: usize| Expected { position, event: self.log[position].clone() };
        match first {
            Some(Difference { found, expected, origin }) => {
                let expected = expected.or_else(|| self.most_alike(&left, &found)).map(at);
                Some(Mismatch { expected, found: Some(found), origin })
            }
            None => {
                let expected = Some(at(*left.first()?));
                Some(Mismatch { expected, found: None, origin: Origin::default() })
            }
        }
    }

    /// Positions of what has not happened: COMMs that could have, then everything else, each in the order of the log.
    fn left(&self) -> Vec<usize> {
        let comms = self.comms.iter().filter(|recorded| !recorded.happened);
        let mut left: Vec<(bool, usize)> = comms.map(|recorded| (recorded.missing > 0, recorded.position)).collect();
        let entries = self.entries.iter().filter(|entry| entry.seen < entry.expected);
        left.extend(entries.filter_map(|entry| entry.position).map(|position| (true, position)));
        left.extend(self.contradictory.iter().map(|position| (true, *position)));
        left.sort_unstable();
        left.into_iter().map(|(_, position)| position).collect()
    }

    /// The event among those that are left which most probably stands where another one was found.
    fn most_alike(&self, left: &[usize], found: &Event) -> Option<usize> {
        let alike = |position: &&usize| likeness(&self.log[**position], found);
        // The first of those that are equally alike.
        let best = left.iter().rev().max_by_key(alike)?;
        (likeness(&self.log[*best], found) > 0).then_some(*best)
    }
}

/// COMMs to try.
struct Candidates {
    next: usize,
    left: usize,
    kept: Vec<u32>,
}

/// How much two events have in common.
fn likeness(a: &Event, b: &Event) -> usize {
    let score = |parts: &[bool]| parts.iter().filter(|same| **same).count();
    match (a, b) {
        (Event::Produce(a), Event::Produce(b)) => score(&[a.hash == b.hash, a.channel_hash == b.channel_hash]),
        (Event::Consume(a), Event::Consume(b)) => score(&[a.hash == b.hash, a.channel_hashes == b.channel_hashes]),
        (Event::Comm(a), Event::Comm(b)) => {
            let shared = a.produces.iter().any(|(produce, _)| b.has_produce(&produce.hash));
            let (a, b) = (&a.consume, &b.consume);
            score(&[shared, a.hash == b.hash, a.channel_hashes == b.channel_hashes])
        }
        _ => 0,
    }
}
