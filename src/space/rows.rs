//! The messages and waiting receives of a state, one after another, with their channels as far as they are known.
//!
//! The state names a channel by its hash. On which channels something waits, it tells in the lists of their joins; of
//! the others the store keeps the names beside the state, where it was this program that wrote them. What remains is a
//! hash, which is shown as `unknown'` and its first digits.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use rhodium_registry::SYSTEM_CHANNELS;
use rhodium_store::{HistoryKey, LeafKind, Snapshot, ValueHash};
use rhodium_term::print::{Names, print_name_with, print_with};
use rhodium_term::state_codec::{
    BindPattern, Caches, ContinuationBody, Hash, channel_hash, decode_continuation, decode_datum, decode_join,
    decode_leaf, decode_term, join_hash,
};
use rhodium_term::{Children, Origin, Term, forgeability};
use serde::Serialize;

use super::filter::Filter;
use crate::diagnostics::{Diagnostic, codes};
use crate::words::system_word;

/// A channel.
#[derive(Clone, Debug)]
pub struct Channel {
    hash: Hash,
    /// What it is, if that is known.
    term: Option<Term>,
}

impl Channel {
    /// The channel, or a private name that stands for an unknown one.
    fn shown(&self) -> Term {
        self.term.clone().unwrap_or_else(|| Term::single(Term::private(self.hash)))
    }
}

/// A message or a waiting receive.
#[derive(Debug)]
pub enum Row {
    /// A message.
    Message { channel: Channel, data: Vec<Term>, persistent: bool },
    /// A receive.
    Receive { channels: Vec<Channel>, process: Box<Term>, persistent: bool, peek: bool },
}

/// A row as data. `docs/cli.md` documents the fields.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum RowObject {
    Message {
        channel: Option<String>,
        channel_hash: String,
        forgeable: Option<bool>,
        data: Vec<String>,
        persistent: bool,
        term: String,
        names: BTreeMap<String, String>,
    },
    Receive {
        channels: Vec<Option<String>>,
        channel_hashes: Vec<String>,
        forgeable: Vec<Option<bool>>,
        persistent: bool,
        peek: bool,
        term: String,
        names: BTreeMap<String, String>,
    },
}

impl Row {
    fn channels(&self) -> &[Channel] {
        match self {
            Row::Message { channel, .. } => std::slice::from_ref(channel),
            Row::Receive { channels, .. } => channels,
        }
    }

    /// The hashes of its channels.
    pub fn channel_hashes(&self) -> Vec<Hash> {
        self.channels().iter().map(|channel| channel.hash).collect()
    }

    fn term(&self) -> Term {
        match self {
            Row::Message { channel, data, persistent } => {
                Term::single(Term::send(channel.shown(), data.iter().cloned(), *persistent))
            }
            Row::Receive { process, .. } => (**process).clone(),
        }
    }

    fn names(&self, term: &Term) -> Names {
        let unknown = |id: &[u8]| self.channels().iter().any(|channel| channel.term.is_none() && channel.hash == *id);
        Names::of([term], &|id: &[u8], _: Origin| match id {
            [byte] => system_word(*byte),
            id => unknown(id).then_some("unknown"),
        })
    }

    /// The row as Rholang.
    pub fn text(&self) -> String {
        let term = self.term();
        print_with(&term, &self.names(&term))
    }

    /// The row as data.
    pub fn object(&self) -> RowObject {
        let term = self.term();
        let names = self.names(&term);
        let name = |channel: &Channel| channel.term.as_ref().map(|term| print_name_with(term, &names));
        let forgeable = |channel: &Channel| channel.term.as_ref().map(|term| forgeability(term).is_forgeable());
        let shown = print_with(&term, &names);
        match self {
            Row::Message { channel, data, persistent } => RowObject::Message {
                channel: name(channel),
                channel_hash: hex::encode(channel.hash),
                forgeable: forgeable(channel),
                data: data.iter().map(|term| print_with(term, &names)).collect(),
                persistent: *persistent,
                term: shown,
                names: names.list(),
            },
            Row::Receive { channels, persistent, peek, .. } => RowObject::Receive {
                channels: channels.iter().map(name).collect(),
                channel_hashes: channels.iter().map(|channel| hex::encode(channel.hash)).collect(),
                forgeable: channels.iter().map(forgeable).collect(),
                persistent: *persistent,
                peek: *peek,
                term: shown,
                names: names.list(),
            },
        }
    }
}

/// The joins of one channel by their hash, each with its channels in the order of the binds.
type Joins = HashMap<Hash, Vec<Vec<Term>>>;

/// Reads the rows of a state.
pub struct Rows {
    snapshot: Snapshot,
    fixed: HashMap<Hash, Term>,
    /// The joins that were read last, and whose they are: neighbours ask for the same ones.
    joins: RefCell<Option<(ValueHash, Joins)>>,
}

impl Rows {
    /// The rows of a state.
    pub fn new(snapshot: Snapshot) -> Rows {
        let channels = SYSTEM_CHANNELS.iter().map(|channel| Term::single(Term::private([channel.byte])));
        let fixed = channels.map(|term| (channel_hash(&term), term)).collect();
        Rows { snapshot, fixed, joins: RefCell::new(None) }
    }

    /// All rows of a kind that are chosen: messages or receives.
    pub fn all<'a>(
        &'a self,
        kind: LeafKind,
        filter: &'a Filter,
    ) -> Box<dyn Iterator<Item = Result<Row, Diagnostic>> + 'a> {
        let leaves: Box<dyn Iterator<Item = Result<_, Diagnostic>>> = match filter.only_channel() {
            Some(channel) => Box::new(self.leaves_of(kind, channel)),
            None => Box::new(self.snapshot.leaves_of(kind).map(|leaf| Ok(leaf?))),
        };
        let rows = move |leaf: Result<(HistoryKey, ValueHash), Diagnostic>| {
            let rows = leaf.and_then(|(key, hash)| self.rows(&key, hash, filter));
            let (rows, error) = match rows {
                Ok(rows) => (rows, None),
                Err(error) => (Vec::new(), Some(Err(error))),
            };
            rows.into_iter().map(Ok).chain(error)
        };
        Box::new(leaves.flat_map(rows))
    }

    /// The leaves of a kind that belong to one channel.
    fn leaves_of(
        &self,
        kind: LeafKind,
        channel: &Term,
    ) -> impl Iterator<Item = Result<(HistoryKey, ValueHash), Diagnostic>> {
        let hash = channel_hash(channel);
        let found = || -> Result<Vec<(HistoryKey, ValueHash)>, Diagnostic> {
            let mut keys = vec![kind.key(&hash)];
            if kind == LeafKind::Continuations {
                keys = self.with_joins(&hash, |joins| joins.keys().map(|join| kind.key(join)).collect())?;
                keys.sort_unstable();
            }
            let mut leaves = Vec::new();
            for key in keys {
                leaves.extend(self.snapshot.value_hash(&key)?.map(|value| (key, value)));
            }
            Ok(leaves)
        };
        let (leaves, error) = match found() {
            Ok(leaves) => (leaves, None),
            Err(error) => (Vec::new(), Some(Err(error))),
        };
        leaves.into_iter().map(Ok).chain(error)
    }

    /// The encoded items of a leaf.
    pub fn items(&self, key: &HistoryKey, hash: ValueHash) -> Result<Vec<Vec<u8>>, Diagnostic> {
        decode_leaf(&self.snapshot.value(key, hash)?.payload).map_err(damaged)
    }

    /// The chosen rows of a leaf.
    fn rows(&self, key: &HistoryKey, hash: ValueHash, filter: &Filter) -> Result<Vec<Row>, Diagnostic> {
        let mut channel = None;
        let mut rows = Vec::new();
        for item in self.items(key, hash)? {
            let row = self.row(key, &item, &mut channel)?;
            let mut taken = false;
            for channel in row.channels() {
                taken = taken || filter.takes_channel(channel.term.as_ref())?;
            }
            let taken = taken
                && match &row {
                    Row::Message { data, .. } => filter.takes_data(data)?,
                    Row::Receive { .. } => true,
                };
            rows.extend(taken.then_some(row));
        }
        Ok(rows)
    }

    /// An item of a leaf. `channel` keeps the channel for the next item of a list of data.
    pub fn row(&self, key: &HistoryKey, item: &[u8], channel: &mut Option<Channel>) -> Result<Row, Diagnostic> {
        let hash = hash_of(key);
        if LeafKind::of_key(key) == Some(LeafKind::Continuations) {
            return self.receive(&hash, item);
        }
        let datum = decode_datum(item, Caches::Stored).map_err(damaged)?;
        let channel = match channel {
            Some(channel) => channel.clone(),
            empty => empty.insert(self.channel(hash)?).clone(),
        };
        Ok(Row::Message { channel, data: datum.data.pars.into_owned(), persistent: datum.persistent })
    }

    fn receive(&self, join: &Hash, item: &[u8]) -> Result<Row, Diagnostic> {
        let waiting = decode_continuation(item, Caches::Stored).map_err(damaged)?;
        let channels = self.join_channels(join, &waiting.source.channel_hashes)?;
        let ContinuationBody::Process { body, .. } = waiting.continuation.body else {
            return Err(damaged("a system process waits in it"));
        };
        let bind = |(channel, bind): (&Channel, BindPattern<'_>)| {
            Term::bind(channel.shown(), bind.patterns.into_owned(), bind.remainder, bind.free_count)
        };
        let binds: Children = channels.iter().zip(waiting.patterns).map(bind).collect();
        let (persistent, peek) = (waiting.persistent, !waiting.peeks.is_empty());
        let process = Term::single(Term::receive(binds, body, persistent, peek, waiting.continuation.guard));
        Ok(Row::Receive { channels, process: Box::new(process), persistent, peek })
    }

    /// The channels of a join in the order of its binds, from the hashes that a receive lists.
    fn join_channels(&self, join: &Hash, hashes: &[Hash]) -> Result<Vec<Channel>, Diagnostic> {
        let unknown = || hashes.iter().map(|hash| Channel { hash: *hash, term: None }).collect();
        let Some(first) = hashes.first() else { return Ok(Vec::new()) };
        self.with_joins(first, |joins| {
            let orders = joins.get(join).map_or(&[][..], Vec::as_slice);
            let channels = |order: &Vec<Term>| -> Vec<Channel> {
                order.iter().map(|term| Channel { hash: channel_hash(term), term: Some(term.clone()) }).collect()
            };
            // Joins over the same channels share a leaf; then each receive lists the hashes in its own order.
            let own = |order: &&Vec<Term>| order.iter().map(channel_hash).eq(hashes.iter().copied());
            let order = orders.iter().find(own).filter(|_| orders.len() > 1).or(orders.first());
            order.map_or_else(unknown, channels)
        })
    }

    fn channel(&self, hash: Hash) -> Result<Channel, Diagnostic> {
        let term = match self.fixed.get(&hash) {
            Some(term) => Some(term.clone()),
            None => match self.snapshot.channel(&hash)? {
                Some(bytes) => Some(decode_term(&bytes, Caches::Stored).map_err(damaged)?),
                None => self.with_joins(&hash, |joins| {
                    let mut channels = joins.values().flatten().flatten();
                    channels.find(|term| channel_hash(term) == hash).cloned()
                })?,
            },
        };
        Ok(Channel { hash, term })
    }

    /// Looks at the joins of a channel.
    fn with_joins<T>(&self, channel: &Hash, look: impl FnOnce(&Joins) -> T) -> Result<T, Diagnostic> {
        let key = LeafKind::Joins.key(channel);
        let Some(value) = self.snapshot.value_hash(&key)? else { return Ok(look(&Joins::new())) };
        let mut cached = self.joins.borrow_mut();
        if let Some((of, joins)) = &*cached
            && *of == value
        {
            return Ok(look(joins));
        }
        let mut joins = Joins::new();
        for item in self.items(&key, value)? {
            let channels = decode_join(&item, Caches::Stored).map_err(damaged)?;
            let hashes: Vec<Hash> = channels.iter().map(channel_hash).collect();
            joins.entry(join_hash(&hashes)).or_default().push(channels);
        }
        let (_, joins) = cached.insert((value, joins));
        Ok(look(joins))
    }
}

/// The number of items in a leaf, without reading them.
pub fn item_count(payload: &[u8]) -> u64 {
    payload.first_chunk::<8>().map_or(0, |count| u64::from_le_bytes(*count))
}

fn hash_of(key: &HistoryKey) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(&key[1..]);
    hash
}

fn damaged(what: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::environment(codes::STATE, "StateError", format!("a leaf of the state cannot be read: {what}"))
        .with_hint(Some("`rho store verify` lists what is damaged".to_owned()))
}
