//! The tuple space, as runtime.md 6 writes it: lists that are searched from the oldest item on.
//!
//! What runtime.md leaves open is as ARCHITECTURE.md says: a channel's own continuations come before its joins, joins
//! come in the order in which they came into being, and at a checkpoint every list takes the order of its encoded items.
//! A guard is part of the match (runtime.md B12), so the search over the binds of a join goes on when it fails.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use rhodium_random::Random;
use rhodium_store::{History, HistoryKey, LeafKind, LeafValue, MemoryStore, StateRoot};
use rhodium_term::state_codec::{self as codec, Caches, ContinuationBody, channel_hash};
use rhodium_term::{Term, Var};

use crate::matcher;
use crate::reducer::guard_holds;
use crate::substitute::Env;

#[derive(Clone)]
pub struct Datum {
    pub data: Vec<Term>,
    pub random: Random,
    pub persistent: bool,
}

#[derive(Clone, PartialEq)]
pub struct BindPattern {
    pub patterns: Vec<Term>,
    pub remainder: Option<Var>,
    pub free_count: u32,
}

#[derive(Clone)]
pub struct Continuation {
    pub patterns: Vec<BindPattern>,
    pub body: Term,
    pub guard: Option<Term>,
    pub random: Random,
    pub persistent: bool,
    pub peek: bool,
}

/// A COMM that has happened.
pub struct Fired {
    pub channels: Vec<Term>,
    pub continuation: Continuation,
    /// One per bind.
    pub data: Vec<Datum>,
    pub bindings: Vec<Term>,
}

/// For every bind the position of a stored datum, or `None` for the one that is being sent, and its bindings.
type Choice = Vec<(Option<usize>, Vec<Term>)>;

#[derive(Clone, Default)]
pub struct Space {
    data: Vec<(Term, Vec<Datum>)>,
    joins: Vec<(Vec<Term>, Vec<Continuation>)>,
}

impl Space {
    fn data(&self, channel: &Term) -> &[Datum] {
        self.data.iter().find(|(known, _)| known == channel).map_or(&[], |(_, data)| data)
    }

    pub fn consume(&mut self, channels: &[Term], continuation: &Continuation) -> Option<Fired> {
        let mut chosen = Choice::new();
        if self.choose(channels, continuation, None, &mut chosen) {
            return Some(self.fire(channels, continuation.clone(), None, chosen));
        }
        let position = self.joins.iter().position(|(known, _)| known == channels).unwrap_or_else(|| {
            self.joins.push((channels.to_vec(), Vec::new()));
            self.joins.len() - 1
        });
        let waiting = &mut self.joins[position].1;
        if !waiting.iter().any(|other| identical(other, continuation)) {
            waiting.push(continuation.clone());
        }
        None
    }

    pub fn produce(&mut self, channel: &Term, datum: &Datum) -> Option<Fired> {
        let own = (0..self.joins.len()).filter(|k| self.joins[*k].0 == [channel.clone()]);
        let shared = (0..self.joins.len()).filter(|k| self.joins[*k].0.len() > 1 && self.joins[*k].0.contains(channel));
        let joins: Vec<usize> = own.chain(shared).collect();
        for join in joins {
            for waiting in 0..self.joins[join].1.len() {
                let (channels, continuations) = &self.joins[join];
                let mut chosen = Choice::new();
                if self.choose(channels, &continuations[waiting], Some((channel, datum)), &mut chosen) {
                    let (channels, continuation) = (channels.clone(), continuations[waiting].clone());
                    if !continuation.persistent {
                        self.joins[join].1.remove(waiting);
                    }
                    self.joins.retain(|(_, continuations)| !continuations.is_empty());
                    return Some(self.fire(&channels, continuation, Some(datum), chosen));
                }
            }
        }
        match self.data.iter_mut().find(|(known, _)| known == channel) {
            Some((_, data)) => data.push(datum.clone()),
            None => self.data.push((channel.clone(), vec![datum.clone()])),
        }
        None
    }

    /// Chooses data for the binds that have none yet.
    fn choose(
        &self,
        channels: &[Term],
        continuation: &Continuation,
        sent: Option<(&Term, &Datum)>,
        chosen: &mut Choice,
    ) -> bool {
        let bind = chosen.len();
        let Some(channel) = channels.get(bind) else {
            let mut env = Env::default();
            chosen.iter().flat_map(|(_, bindings)| bindings).for_each(|value| env.put(value.clone()));
            return continuation.guard.as_ref().is_none_or(|guard| guard_holds(guard, &env));
        };
        let pattern = &continuation.patterns[bind];
        let new = sent.filter(|(to, _)| *to == channel).map(|(_, datum)| (None, datum));
        let stored = self.data(channel).iter().enumerate().map(|(k, datum)| (Some(k), datum));
        for (position, datum) in new.into_iter().chain(stored) {
            let taken = chosen.iter().zip(channels).any(|((k, _), other)| other == channel && *k == position);
            if taken && !datum.persistent {
                continue;
            }
            let bound = matcher::message(&datum.data, &pattern.patterns, pattern.remainder, pattern.free_count);
            if let Some(bound) = bound {
                chosen.push((position, bound));
                if self.choose(channels, continuation, sent, chosen) {
                    return true;
                }
                chosen.pop();
            }
        }
        false
    }

    /// Removes the chosen data that do not persist.
    fn fire(&mut self, channels: &[Term], continuation: Continuation, sent: Option<&Datum>, chosen: Choice) -> Fired {
        let datum = |channel: &Term, position: Option<usize>| match position {
            None => sent.expect("only a produce offers a datum").clone(),
            Some(position) => self.data(channel)[position].clone(),
        };
        let data: Vec<Datum> = channels.iter().zip(&chosen).map(|(channel, (k, _))| datum(channel, *k)).collect();
        let mut removed: Vec<(usize, &Term)> = Vec::new();
        for ((channel, (position, _)), datum) in channels.iter().zip(&chosen).zip(&data) {
            removed.extend(position.filter(|_| !datum.persistent).map(|position| (position, channel)));
        }
        // Highest position first.
        removed.sort_by_key(|(position, _)| std::cmp::Reverse(*position));
        for (position, channel) in removed {
            let list = self.data.iter_mut().find(|(known, _)| known == channel);
            list.expect("the channel of a chosen datum").1.remove(position);
        }
        self.data.retain(|(_, data)| !data.is_empty());
        let bindings = chosen.into_iter().flat_map(|(_, bindings)| bindings).collect();
        Fired { channels: channels.to_vec(), continuation, data, bindings }
    }

    /// The items of every key of the history, encoded and sorted (runtime.md 6.6, Annex C).
    fn leaves(&self) -> BTreeMap<HistoryKey, (LeafKind, Vec<Vec<u8>>)> {
        let mut leaves: BTreeMap<HistoryKey, (LeafKind, Vec<Vec<u8>>)> = BTreeMap::new();
        let mut add = |kind: LeafKind, hash: &codec::Hash, item: Vec<u8>| {
            leaves.entry(kind.key(hash)).or_insert_with(|| (kind, Vec::new())).1.push(item);
        };
        for (channel, data) in &self.data {
            let hash = channel_hash(channel);
            data.iter().for_each(|datum| add(LeafKind::Data, &hash, datum.to_bytes(hash)));
        }
        for (channels, continuations) in &self.joins {
            let hashes: Vec<codec::Hash> = channels.iter().map(channel_hash).collect();
            let key = codec::join_hash(&hashes);
            // Two orders of the same channels share a key (docs/state-format.md 2).
            let same_key =
                |other: &[Term]| codec::join_hash(&other.iter().map(channel_hash).collect::<Vec<_>>()) == key;
            let two_orders = self.joins.iter().any(|(other, _)| other != channels && same_key(other));
            for continuation in continuations {
                add(LeafKind::Continuations, &key, continuation.to_bytes(&hashes, two_orders));
            }
            let mut distinct = hashes;
            distinct.sort_unstable();
            distinct.dedup();
            distinct.iter().for_each(|hash| add(LeafKind::Joins, hash, codec::join_bytes(channels)));
        }
        leaves.values_mut().for_each(|(_, items)| items.sort());
        leaves
    }

    /// The root of the state.
    pub fn root(&self) -> StateRoot {
        let leaf = |(kind, items)| Some(LeafValue { kind, payload: codec::leaf_bytes(items) });
        let changes: Vec<_> = self.leaves().into_iter().map(|(key, items)| (key, leaf(items))).collect();
        let history = History::new(Arc::new(MemoryStore::new()));
        history.apply(StateRoot::EMPTY, &changes).expect("a state in memory")
    }

    /// What is found after a checkpoint: everything as the state codec tells it.
    pub fn reloaded(&self) -> Space {
        let mut space = Space::default();
        for (channel, data) in &self.data {
            let channel = codec::decode_term(&codec::state_bytes(channel), Caches::Stored).expect("a channel");
            let hash = channel_hash(&channel);
            let mut items: Vec<Vec<u8>> = data.iter().map(|datum| datum.to_bytes(hash)).collect();
            items.sort();
            space.data.push((channel, items.iter().map(|item| Datum::from_bytes(item)).collect()));
        }
        let mut joins: Vec<(Vec<u8>, &[Continuation])> =
            self.joins.iter().map(|(channels, waiting)| (codec::join_bytes(channels), &waiting[..])).collect();
        joins.sort_by(|a, b| a.0.cmp(&b.0));
        for (bytes, waiting) in joins {
            let channels = codec::decode_join(&bytes, Caches::Stored).expect("a join");
            let hashes: Vec<codec::Hash> = channels.iter().map(channel_hash).collect();
            let mut items: Vec<Vec<u8>> = waiting.iter().map(|waiting| waiting.to_bytes(&hashes, false)).collect();
            items.sort();
            space.joins.push((channels, items.iter().map(|item| Continuation::from_bytes(item)).collect()));
        }
        space
    }
}

/// A waiting continuation that is there already is not stored again.
fn identical(a: &Continuation, b: &Continuation) -> bool {
    a.patterns == b.patterns
        && a.body == b.body
        && a.guard == b.guard
        && a.random.to_bytes() == b.random.to_bytes()
        && (a.persistent, a.peek) == (b.persistent, b.peek)
}

impl Datum {
    fn to_bytes(&self, channel: codec::Hash) -> Vec<u8> {
        let random = self.random.to_bytes();
        let data = codec::ListParWithRandom { pars: Cow::Borrowed(&self.data), random: Cow::Borrowed(&random) };
        let source = codec::Produce::new(channel, &data, self.persistent);
        codec::Datum { data, persistent: self.persistent, source }.to_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Datum {
        let datum = codec::decode_datum(bytes, Caches::Stored).expect("a datum");
        Datum {
            data: datum.data.pars.into_owned(),
            random: Random::from_bytes(&datum.data.random).expect("a random state"),
            persistent: datum.persistent,
        }
    }
}

impl Continuation {
    fn to_bytes(&self, channels: &[codec::Hash], two_orders: bool) -> Vec<u8> {
        let random = self.random.to_bytes();
        let pattern = |bind: &BindPattern| codec::BindPattern {
            patterns: Cow::Owned(bind.patterns.clone()),
            remainder: bind.remainder,
            free_count: bind.free_count,
        };
        let patterns: Vec<codec::BindPattern<'_>> = self.patterns.iter().map(pattern).collect();
        let body = ContinuationBody::Process { body: self.body.clone(), random: Cow::Borrowed(&random) };
        let continuation = codec::TaggedContinuation { guard: self.guard.clone(), body };
        let mut source = codec::Consume::new(channels.to_vec(), &patterns, &continuation, self.persistent);
        if two_orders {
            source.channel_hashes = channels.to_vec();
        }
        let peeks = if self.peek { (0..self.patterns.len() as u32).collect() } else { Vec::new() };
        codec::WaitingContinuation { patterns, continuation, persistent: self.persistent, peeks, source }.to_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Continuation {
        let waiting = codec::decode_continuation(bytes, Caches::Stored).expect("a continuation");
        let ContinuationBody::Process { body, random } = waiting.continuation.body else { panic!("a process waits") };
        let pattern = |bind: codec::BindPattern<'_>| BindPattern {
            patterns: bind.patterns.into_owned(),
            remainder: bind.remainder,
            free_count: bind.free_count,
        };
        Continuation {
            patterns: waiting.patterns.into_iter().map(pattern).collect(),
            body,
            guard: waiting.continuation.guard,
            random: Random::from_bytes(&random).expect("a random state"),
            persistent: waiting.persistent,
            peek: !waiting.peeks.is_empty(),
        }
    }
}
