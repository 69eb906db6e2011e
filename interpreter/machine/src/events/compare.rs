//! A log that our own schedule wrote is followed by comparing: every event that happens is the next one of the log, or
//! the log is not ours. Nothing is looked up.
//!
//! What the log says of a message or receive that is offered for the first time is believed, so that the evaluation
//! hashes nothing. Such claims are checked in batches, on another thread if the log is long; neither the verdict nor
//! anything else depends on which thread checks what. A claim that does not hold refutes the log, as an event does that
//! differs. Then nothing of the evaluation may stay (only what it made has sources that were believed), and `replay.rs`
//! follows the log as one with other choices, or says where it differs.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use foldhash::fast::RandomState;
use rhodium_term::state_codec::{Hash, Preimages};
use smallvec::SmallVec;

use super::source::ChannelHashes;
use super::{Consume, Event, Produce, SystemSources, Trace, key, tagged_of};
use crate::space::{Continuation, Datum, Fired, Produced};
use crate::value::Value;

/// Claims that are checked together.
const BATCH: usize = 128;

/// Batches that wait for the other thread.
const WAITING: usize = 8;

/// Shorter logs are not worth a thread.
const LONG: usize = 4 * BATCH;

/// What the source of a message or receive was set to, unseen.
enum Claim {
    Message(Value, Arc<Datum>),
    Receive(Box<[Value]>, Arc<Continuation>),
}

/// Checks claims, hashing many together.
#[derive(Default)]
struct Checker {
    channels: ChannelHashes,
    preimages: Preimages,
    claimed: Vec<Hash>,
}

impl Checker {
    /// Bytes that are hashed together at most, but for the last event.
    const BYTES: usize = 1 << 18;

    fn hold(&mut self, claims: &[Claim]) -> bool {
        claims.iter().all(|claim| self.add(claim) && (self.preimages.size() < Self::BYTES || self.hashes_hold()))
            && self.hashes_hold()
    }

    /// Whether what has to be hashed has the claimed hash remains to be seen.
    fn add(&mut self, claim: &Claim) -> bool {
        match claim {
            Claim::Message(channel, datum) => {
                let Some(claimed) = datum.source.get() else { return false };
                self.preimages.produce(&claimed.channel_hash, |out| datum.encode(out), datum.persistent);
                self.claimed.push(claimed.hash);
                claimed.channel_hash == self.channels.of(channel)
            }
            Claim::Receive(names, continuation) => {
                let Some(claimed) = continuation.source.get() else { return false };
                let mut channels: Vec<Hash> = names.iter().map(|name| self.channels.of(name)).collect();
                channels.sort_unstable();
                let random = continuation.random.to_bytes();
                let (patterns, tagged) = tagged_of(continuation, &random);
                self.preimages.consume(&channels, &patterns, &tagged, continuation.persistent);
                self.claimed.push(claimed.hash);
                claimed.channel_hashes == channels
            }
        }
    }

    fn hashes_hold(&mut self) -> bool {
        let same = self.preimages.hashes() == self.claimed;
        self.claimed.clear();
        same
    }
}

/// Whether the numbers that tell equal messages apart are those that follow from the log.
fn numbers_hold(log: &[Event]) -> bool {
    let mut offered: HashMap<&Hash, u32, RandomState> = HashMap::default();
    log.iter().all(|event| match event {
        Event::Produce(produce) => {
            if !produce.persistent {
                let count = offered.entry(&produce.hash).or_default();
                *count = count.saturating_add(1);
            }
            true
        }
        Event::Consume(_) => true,
        Event::Comm(comm) => comm.produces.iter().all(|(produce, times)| {
            let count = || offered.get(&produce.hash).copied().unwrap_or(0);
            *times == if produce.persistent { 0 } else { count() }
        }),
    })
}

/// The other thread: checks what it is sent.
fn check(log: &[Event], batches: &Receiver<Vec<Claim>>, refuted: &AtomicBool) {
    let mut checker = Checker::default();
    let mut holds = numbers_hold(log);
    loop {
        if !holds {
            refuted.store(true, Ordering::Relaxed);
            return;
        }
        match batches.recv() {
            Ok(claims) => holds = checker.hold(&claims),
            Err(_) => return,
        }
    }
}

/// A log that is being compared.
pub(crate) struct Compare<'a> {
    log: &'a [Event],
    next: usize,
    /// Something happened that the log does not have at its place.
    differs: bool,
    /// Not sent yet.
    claims: Vec<Claim>,
    batches: Option<SyncSender<Vec<Claim>>>,
    refuted: &'a AtomicBool,
    checker: Checker,
    systems: SystemSources,
}

/// Runs an evaluation that compares with a log, and tells whether that is its log.
pub(crate) fn compare<T>(log: &[Event], run: impl FnOnce(&mut Trace<'_>) -> T) -> (T, bool) {
    let refuted = AtomicBool::new(false);
    let compare = |batches| Compare {
        log,
        next: 0,
        differs: false,
        claims: Vec::new(),
        batches,
        refuted: &refuted,
        checker: Checker::default(),
        systems: SystemSources::default(),
    };
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(WAITING);
        let spawn = || thread::Builder::new().spawn_scoped(scope, || check(log, &{ receiver }, &refuted)).ok();
        let other = if log.len() >= LONG { spawn() } else { None };
        let mut trace = Trace::Compare(Box::new(compare(other.is_some().then_some(sender))));
        let result = run(&mut trace);
        let Trace::Compare(compare) = trace else { return (result, false) };
        let ours = compare.finish();
        // A thread that panics has not agreed.
        let agreed = other.is_none_or(|other| other.join().is_ok());
        (result, ours && agreed && !refuted.load(Ordering::Relaxed))
    })
}

impl<'a> Compare<'a> {
    /// Whether the log is known not to be that of this evaluation.
    pub fn refuted(&self) -> bool {
        self.differs
    }

    /// The next event of the log, unless that is another one's already.
    fn event(&mut self) -> Option<&'a Event> {
        let event = self.log.get(self.next).filter(|_| !self.differs);
        self.next += 1;
        event
    }

    /// A message is offered.
    pub fn produce(&mut self, channel: &Value, datum: &Arc<Datum>) {
        let Some(Event::Produce(logged)) = self.event() else { return self.differs = true };
        match datum.source.get() {
            Some(source) => self.differs |= **source != *logged,
            None if datum.persistent == logged.persistent => {
                datum.source.get_or_init(|| Box::new(*logged));
                self.claim(Claim::Message(channel.clone(), datum.clone()));
            }
            None => self.differs = true,
        }
    }

    /// A receive is offered.
    pub fn consume(&mut self, channels: &[Value], continuation: &Arc<Continuation>) {
        let Some(Event::Consume(logged)) = self.event() else { return self.differs = true };
        match continuation.source.get() {
            Some(source) => self.differs |= source != logged,
            None if continuation.persistent == logged.persistent => {
                continuation.source.get_or_init(|| logged.clone());
                self.claim(Claim::Receive(channels.into(), continuation.clone()));
            }
            None => self.differs = true,
        }
    }

    /// What became of a message.
    pub fn produced(&mut self, channel: &Value, outcome: &Produced) {
        match outcome {
            _ if self.differs => {}
            Produced::Stored => {}
            Produced::Fired(fired) => self.fired(fired),
            Produced::System(process, datum) => {
                let process = self.systems.of(channel, *process).clone();
                self.comm(&process, &[*datum.source(channel)], 0);
            }
        }
    }

    /// Messages and a receive met.
    pub fn fired(&mut self, fired: &Fired) {
        if self.differs {
            return;
        }
        let mut produces: SmallVec<[Produce; 2]> =
            fired.data.iter().zip(&fired.channels).map(|(datum, channel)| *datum.source(channel)).collect();
        produces.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        let peeks = if fired.continuation.peek { fired.channels.len() } else { 0 };
        self.comm(fired.continuation.source(&fired.channels), &produces, peeks);
    }

    /// Compares with the next COMM, all but the numbers of messages.
    fn comm(&mut self, consume: &Consume, produces: &[Produce], peeks: usize) {
        let Some(Event::Comm(logged)) = self.event() else { return self.differs = true };
        let same = *logged.consume == *consume
            && logged.produces.iter().map(|(produce, _)| produce).eq(produces)
            && logged.peeks.iter().copied().eq(0..peeks as u32);
        self.differs |= !same;
    }

    fn claim(&mut self, claim: Claim) {
        self.claims.push(claim);
        if self.claims.len() == BATCH {
            self.send();
        }
    }

    /// Gives claims to the other thread; what that has no room for is checked here.
    fn send(&mut self) {
        let claims = std::mem::replace(&mut self.claims, Vec::with_capacity(BATCH));
        let left = match &self.batches {
            None => Some(claims),
            Some(batches) => match batches.try_send(claims) {
                Ok(()) => None,
                Err(TrySendError::Full(claims) | TrySendError::Disconnected(claims)) => Some(claims),
            },
        };
        let holds = left.is_none_or(|claims| self.checker.hold(&claims));
        self.differs |= !holds || self.refuted.load(Ordering::Relaxed);
    }

    /// Whether everything happened that is in the log, as far as this thread knows.
    fn finish(mut self) -> bool {
        self.send();
        let numbers = self.batches.is_some() || numbers_hold(self.log);
        !self.differs && self.next == self.log.len() && numbers
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rhodium_random::Random;
    use rhodium_store::{History, MemoryStore};

    use super::*;
    use crate::system::SystemContext;
    use crate::{Evaluation, Program, Runtime, UNLIMITED_PHLO};

    fn runtime() -> Runtime {
        Runtime::empty(History::new(Arc::new(MemoryStore::new()))).expect("an empty space")
    }

    fn evaluation(source: &str) -> Evaluation<'_> {
        let random = Random::from_seed(&[]);
        Evaluation { program: Program::Source(source), source: 1, phlo: UNLIMITED_PHLO, random }
    }

    fn ours(source: &str, log: &[Event]) -> bool {
        runtime().compare(evaluation(source), &mut SystemContext::default(), log).is_some()
    }

    /// Followed some other way a log would be accepted, too, but slowly.
    #[test]
    fn own_logs_are_found_to_be_own() {
        for n in [1, BATCH, LONG] {
            let source = format!(
                "new loop, c, p, q, out(`rho:io:stdout`) in {{ p!(0) | q!!(1) | c!!([1, {{2: \"x\"}}]) | out!(1) \
                 | contract loop(@n, ret) = {{ if (n > 0) {{ for (@y <<- p) {{ for (@x <- c & @z <- q) {{ ret!(x, y) | loop!(n - z, *ret) }} }} }} }} \
                 | for (@_, @_ <= @0) {{ Nil }} | loop!({n}, 0) }}"
            );
            let (receipt, log) = runtime().record(evaluation(&source), &mut SystemContext::default());
            assert!(receipt.succeeded() && receipt.comms > n as u64 && !log.is_empty());
            assert!(ours(&source, &log));
            assert!(!ours(&source, &log[..log.len() - 1]));
            for (k, event) in log.iter().enumerate().step_by(log.len() / 20 + 1) {
                let changed = match event {
                    Event::Produce(produce) => Event::Produce(Produce { hash: [0; 32], ..*produce }),
                    Event::Consume(consume) => {
                        Event::Consume(Arc::new(Consume { hash: [0; 32], ..Consume::clone(consume) }))
                    }
                    Event::Comm(comm) => {
                        let mut comm = comm.clone();
                        comm.produces[0].1 += 1;
                        Event::Comm(comm)
                    }
                };
                let mut other = log.clone();
                other[k] = changed;
                assert!(!ours(&source, &other), "event {k} of {}", log.len());
            }
        }
    }
}
