//! Between the space and the store: encoded lists out, live lists in (runtime.md 6.6, 6.8, Annex C).
//!
//! The state codec leaves `locallyFree` out, so what is read back has empty sets and is a few bytes smaller than it was
//! when it was stored. Costs after a checkpoint follow from that, here as on the network. A runtime forgets at every
//! checkpoint what it has in memory, so it does not matter whether the process went on or was started again.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rhodium_random::Random;
use rhodium_store::{HistoryKey, LeafKind, LeafValue, Snapshot};
use rhodium_term::Origin;
use rhodium_term::state_codec as codec;
use rhodium_term::state_codec::{Caches, Encoder};

use crate::code::{BindPattern, BindPatterns, Body};
use crate::error::{Code, ErrorKind, Fault};
use crate::events::{consume_of, tagged_of};
use crate::space::{Base, Continuation, Data, Datum, LoadedChannel, Space};
use crate::value::Value;

/// What changed.
#[derive(Default)]
pub(crate) struct Changes {
    /// Keys of the history and their new values, each key once.
    pub leaves: Vec<(HistoryKey, Option<LeafValue>)>,
    /// Channels with data on which nothing waits: the state has no more of them than their hash.
    pub channels: Vec<(codec::Hash, Vec<u8>)>,
}

/// The hash that names a channel in the history.
pub(crate) fn channel_hash(name: &Value) -> codec::Hash {
    codec::blake2b256(&state_bytes(name))
}

/// The state codec's bytes of a value.
pub(crate) fn state_bytes(value: &Value) -> Vec<u8> {
    Encoder::of(|out| value.encode(out))
}

fn datum_bytes(hash: codec::Hash, datum: &Datum) -> Vec<u8> {
    let source = datum.source.get_or_init(|| Box::new(datum.event(hash)));
    codec::datum_bytes(|out| datum.encode(out), datum.persistent, source)
}

/// `shared`: a join over the same channels in another order has the same key in the history (runtime.md B10). Then the
/// channel hashes of the event, which are sorted otherwise, stand in bind order, so that each join finds its own again.
fn continuation_bytes(channels: &[codec::Hash], waiting: &Continuation, shared: bool) -> Vec<u8> {
    let random = waiting.random.to_bytes();
    let (patterns, continuation) = tagged_of(waiting, &random);
    let mut source = codec::Consume::clone(consume_of(waiting, channels, &patterns, &continuation));
    if shared {
        source.channel_hashes = channels.to_vec();
    }
    let peeks = if waiting.peek { (0..patterns.len() as u32).collect() } else { Vec::new() };
    let persistent = waiting.persistent;
    let patterns = patterns.into_vec();
    codec::WaitingContinuation { patterns, continuation, persistent, peeks, source }.to_bytes()
}

fn leaf(kind: LeafKind, items: Vec<Vec<u8>>) -> Option<LeafValue> {
    (!items.is_empty()).then(|| LeafValue { kind, payload: codec::leaf_bytes(items) })
}

/// The history's view of everything that changed since the last checkpoint.
pub(crate) fn changes(space: &Space) -> Changes {
    let mut changes = Changes::default();
    let mut waiting: BTreeMap<HistoryKey, Vec<Vec<u8>>> = BTreeMap::new();
    for channel in space.changed_channels() {
        let name = state_bytes(channel.name);
        let hash = codec::blake2b256(&name);
        let data: Vec<Vec<u8>> = channel.data.iter().map(|(_, datum)| datum_bytes(hash, datum)).collect();
        if !data.is_empty() && channel.joins.is_empty() && channel.own.is_empty() {
            changes.channels.push((hash, name));
        }
        changes.leaves.push((LeafKind::Data.key(&hash), leaf(LeafKind::Data, data)));
        let mut joins: Vec<Vec<u8>> = channel
            .joins
            .iter()
            .map(|names| codec::join_bytes(&names.iter().map(|name| name.to_term()).collect::<Vec<_>>()))
            .collect();
        if !channel.own.is_empty() {
            joins.push(codec::join_bytes(&[channel.name.to_term()]));
        }
        changes.leaves.push((LeafKind::Joins.key(&hash), leaf(LeafKind::Joins, joins)));
        let key = LeafKind::Continuations.key(&codec::join_hash(&[hash]));
        let own = channel.own.iter().map(|(_, c)| continuation_bytes(&[hash], c, false));
        waiting.entry(key).or_default().extend(own);
    }
    for join in space.changed_joins() {
        let hashes: Vec<codec::Hash> = join.channels.iter().map(|name| channel_hash(name)).collect();
        let key = LeafKind::Continuations.key(&codec::join_hash(&hashes));
        let items = join.waiting.iter().map(|(_, c)| continuation_bytes(&hashes, c, join.shared));
        waiting.entry(key).or_default().extend(items);
    }
    let lists = waiting.into_iter().map(|(key, items)| (key, leaf(LeafKind::Continuations, items)));
    changes.leaves.extend(lists);
    changes
}

/// A committed state as the base of a space.
pub(crate) struct StoredBase {
    pub snapshot: Snapshot,
}

fn damaged(what: impl std::fmt::Display) -> Fault {
    Fault::new(ErrorKind::BugFound, format!("The stored state cannot be read: {what}.")).coded(Code::DamagedState)
}

impl StoredBase {
    fn items(&self, kind: LeafKind, hash: &codec::Hash) -> Result<Option<Vec<Vec<u8>>>, Fault> {
        let value = self.snapshot.get(&kind.key(hash)).map_err(damaged)?;
        value.map(|leaf| codec::decode_leaf(&leaf.payload).map_err(damaged)).transpose()
    }

    fn continuations(
        &self,
        hashes: &[codec::Hash],
        channels: &[Value],
        shared: bool,
    ) -> Result<Vec<Continuation>, Fault> {
        let items = self.items(LeafKind::Continuations, &codec::join_hash(hashes))?.unwrap_or_default();
        let mut found = Vec::with_capacity(items.len());
        for bytes in &items {
            let waiting = codec::decode_continuation(bytes, Caches::Stored).map_err(damaged)?;
            if !shared || waiting.source.channel_hashes == hashes {
                found.push(load_continuation(waiting, channels)?);
            }
        }
        Ok(found)
    }
}

fn load_datum(bytes: &[u8]) -> Result<Datum, Fault> {
    let datum = codec::decode_datum(bytes, Caches::Stored).map_err(damaged)?;
    let data = datum.data.pars.iter().map(Value::from_term).collect();
    let random = Random::from_bytes(&datum.data.random).map_err(damaged)?;
    Ok(Datum::new(data, Box::new(random), datum.persistent, Origin::default()))
}

fn load_continuation(waiting: codec::WaitingContinuation<'_>, channels: &[Value]) -> Result<Continuation, Fault> {
    let codec::ContinuationBody::Process { body, random } = waiting.continuation.body else {
        return Err(damaged("a system process waits in it"));
    };
    let patterns: BindPatterns = waiting
        .patterns
        .into_iter()
        .map(|p| Arc::new(BindPattern::new(p.patterns.into_owned(), p.remainder, p.free_count)))
        .collect();
    let bind_count = patterns.iter().map(|p| p.free_count).sum();
    let sizes = channels.iter().map(Value::size).chain(patterns.iter().map(|p| p.size));
    let storage = sizes.fold(body.size(), u64::saturating_add);
    Ok(Continuation {
        patterns,
        body: Arc::new(Body::materialized(body, waiting.continuation.guard, bind_count)),
        captured: Data::new(),
        random: Box::new(Random::from_bytes(&random).map_err(damaged)?),
        persistent: waiting.persistent,
        peek: !waiting.peeks.is_empty(),
        storage: i64::try_from(storage).unwrap_or(i64::MAX),
        origin: Origin::default(),
        source: OnceLock::new(),
        digest: OnceLock::new(),
    })
}

impl Base for StoredBase {
    fn channel(&self, name: &Value) -> Result<Option<LoadedChannel>, Fault> {
        let hash = channel_hash(name);
        let data = self.items(LeafKind::Data, &hash)?;
        let joins = self.items(LeafKind::Joins, &hash)?;
        if data.is_none() && joins.is_none() {
            return Ok(None);
        }
        let data: Result<Vec<Datum>, Fault> = data.unwrap_or_default().iter().map(|b| load_datum(b)).collect();
        let mut loaded = LoadedChannel { data: data?, ..LoadedChannel::default() };
        for bytes in joins.unwrap_or_default() {
            let channels = codec::decode_join(&bytes, Caches::Stored).map_err(damaged)?;
            let channels: Vec<Value> = channels.iter().map(Value::from_term).collect();
            if channels.len() == 1 {
                loaded.own = self.continuations(&[hash], &channels, false)?;
            } else {
                loaded.joins.push(channels);
            }
        }
        Ok(Some(loaded))
    }

    fn join(&self, channels: &[Value], shared: bool) -> Result<Vec<Continuation>, Fault> {
        let hashes: Vec<codec::Hash> = channels.iter().map(channel_hash).collect();
        self.continuations(&hashes, channels, shared)
    }
}
