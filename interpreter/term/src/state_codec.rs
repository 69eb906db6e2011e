//! The byte form of the tuple space's contents and the hashes over it (runtime.md 6.6 and Annex C, EXT).
//!
//! The form leaves `locallyFree` out, and the root does not depend on it, yet it counts in sizes and so in costs. Readers
//! therefore choose what terms get in its place, see [`Caches`]. `Stored` gives empty sets, as on the network: there a
//! checkpoint clears the hot store, and what is loaded later has none. `Derived` gives what follows from the term, which
//! is what a term had when it was normalised; a substituted one may have had more (trailing zero bytes, which
//! restriction keeps). Either is a function of the root alone. For costs not to depend on whether a row comes from memory
//! or disk, rows that stay in memory over a checkpoint must be replaced by what reading them gives.

use std::borrow::Cow;

use crate::assemble::EXPR_VARIANT;
use crate::head::{Category, Head, Var};
use crate::locally_free::LocallyFree;
use crate::message::{Format, write_many, write_message};
use crate::size::oneof_field;
use crate::term::Term;

pub use crate::assemble::Caches;
pub use crate::event_hash::Preimages;
pub use crate::state_decode::{decode_continuation, decode_datum, decode_join, decode_leaf, decode_term};

/// A BLAKE2b-256 digest.
pub type Hash = [u8; 32];

/// BLAKE2b with 32 bytes of digest, no key.
pub fn blake2b256(bytes: &[u8]) -> Hash {
    digest(&parameters().hash(bytes))
}

pub(crate) fn parameters() -> blake2b_simd::Params {
    let mut parameters = blake2b_simd::Params::new();
    parameters.hash_length(32);
    parameters
}

pub(crate) fn digest(hash: &blake2b_simd::Hash) -> Hash {
    let mut digest = [0; 32];
    digest.copy_from_slice(hash.as_bytes());
    digest
}

/// The state codec's bytes of a Par.
pub fn state_bytes(term: &Term) -> Vec<u8> {
    Encoder::of(|s| s.term(term))
}

/// The hash that identifies a channel.
pub fn channel_hash(channel: &Term) -> Hash {
    Encoder::hash(|s| write_message(channel, s))
}

/// The hash that identifies a join: independent of the order of its channels.
pub fn join_hash(channel_hashes: &[Hash]) -> Hash {
    let mut sorted = channel_hashes.to_vec();
    sorted.sort_unstable();
    blake2b256(&sorted.concat())
}

/// The patterns of one bind, as the space stores them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BindPattern<'a> {
    /// One pattern per datum.
    pub patterns: Cow<'a, [Term]>,
    /// Takes the remaining data.
    pub remainder: Option<Var>,
    /// Number of variables.
    pub free_count: u32,
}

/// The data of one send with the random state it was made with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListParWithRandom<'a> {
    /// The data.
    pub pars: Cow<'a, [Term]>,
    /// Serialised random state.
    pub random: Cow<'a, [u8]>,
}

/// What runs when a message arrives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaggedContinuation<'a> {
    /// Condition on the message.
    pub guard: Option<Term>,
    /// What runs.
    pub body: ContinuationBody<'a>,
}

/// A process or a system process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ContinuationBody<'a> {
    /// A process with its random state.
    Process {
        /// The process.
        body: Term,
        /// Serialised random state.
        random: Cow<'a, [u8]>,
    },
    /// The number of a system process.
    System(i64),
}

/// The event of a send.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Produce {
    /// Hash of the channel.
    pub channel_hash: Hash,
    /// Identity of the event.
    pub hash: Hash,
    /// `!!`
    pub persistent: bool,
}

/// The event of a receive.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Consume {
    /// Hashes of the channels, sorted.
    pub channel_hashes: Vec<Hash>,
    /// Identity of the event.
    pub hash: Hash,
    /// `<=`
    pub persistent: bool,
}

/// A datum on a channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Datum<'a> {
    /// Data and random state.
    pub data: ListParWithRandom<'a>,
    /// `!!`
    pub persistent: bool,
    /// The send it comes from.
    pub source: Produce,
}

/// A receive that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WaitingContinuation<'a> {
    /// One per channel of the join.
    pub patterns: Vec<BindPattern<'a>>,
    /// What runs.
    pub continuation: TaggedContinuation<'a>,
    /// `<=`
    pub persistent: bool,
    /// Sorted indices of the binds that peek.
    pub peeks: Vec<u32>,
    /// The receive it comes from.
    pub source: Consume,
}

impl BindPattern<'_> {
    /// The bytes hashed in a consume.
    pub fn to_bytes(&self) -> Vec<u8> {
        Encoder::of(|s| s.bind_pattern(self))
    }
}

impl Datum<'_> {
    /// The stored form.
    pub fn to_bytes(&self) -> Vec<u8> {
        datum_bytes(|s| s.list_par(&self.data), self.persistent, &self.source)
    }
}

/// The stored form of a datum.
pub fn datum_bytes(data: impl FnOnce(&mut Encoder), persistent: bool, source: &Produce) -> Vec<u8> {
    Encoder::of(|s| {
        data(s);
        s.bool(persistent);
        s.byte_vector(&source.channel_hash);
        s.byte_vector(&source.hash);
        s.bool(source.persistent);
        // Deterministic, no recorded output, not failed.
        s.bool(true);
        s.len(0);
        s.bool(false);
    })
}

impl WaitingContinuation<'_> {
    /// The stored form.
    pub fn to_bytes(&self) -> Vec<u8> {
        Encoder::of(|s| {
            s.len(self.patterns.len());
            self.patterns.iter().for_each(|pattern| s.bind_pattern(pattern));
            s.continuation(&self.continuation);
            s.bool(self.persistent);
            s.len(self.peeks.len());
            self.peeks.iter().for_each(|peek| s.u32(*peek));
            s.len(self.source.channel_hashes.len());
            self.source.channel_hashes.iter().for_each(|hash| s.byte_vector(hash));
            s.byte_vector(&self.source.hash);
            s.bool(self.source.persistent);
        })
    }
}

/// The stored form of a join: its channels in the order of the binds.
pub fn join_bytes(channels: &[Term]) -> Vec<u8> {
    Encoder::of(|s| write_many(1, channels, s))
}

/// The payload of a leaf of the history: its items, sorted.
pub fn leaf_bytes(mut items: Vec<Vec<u8>>) -> Vec<u8> {
    items.sort_unstable();
    Encoder::of(|s| {
        s.len(items.len());
        items.iter().for_each(|item| s.byte_vector(item));
    })
}

/// The value hash of a leaf with this payload.
pub fn leaf_hash(payload: &[u8]) -> Hash {
    blake2b256(&Encoder::of(|s| s.byte_vector(payload)))
}

/// A writer of the state codec: bincode with fixed-width little-endian integers.
#[derive(Default)]
pub struct Encoder {
    pub(crate) out: Vec<u8>,
}

impl Encoder {
    /// What is written.
    pub fn of(write: impl FnOnce(&mut Encoder)) -> Vec<u8> {
        let mut encoder = Encoder::default();
        write(&mut encoder);
        encoder.out
    }

    /// The hash of what is written.
    pub(crate) fn hash(write: impl FnOnce(&mut Encoder)) -> Hash {
        // Room for a small message with its random state.
        let mut encoder = Encoder { out: Vec::with_capacity(1024) };
        write(&mut encoder);
        blake2b256(&encoder.out)
    }

    /// A Par.
    pub fn term(&mut self, par: &Term) {
        write_message(par, self);
    }

    /// The Par of a scalar or a private name.
    pub fn ground(&mut self, head: &Head) {
        self.single(head, false, |s| match head {
            Head::Private(id) => {
                s.variant(head);
                s.byte_vector(id);
            }
            _ => s.scalar(head),
        });
    }

    /// The Par of a collection without remainder, of so many elements, or entries of two [`Encoder::part`]s.
    pub fn collection(&mut self, head: &Head, len: usize, connective_used: bool, elements: impl FnOnce(&mut Encoder)) {
        self.single(head, connective_used, |s| {
            s.variant(head);
            s.len(len);
            elements(s);
            s.len(0);
            s.bool(connective_used);
            if !matches!(head, Head::Tuple) {
                s.absent();
            }
        });
    }

    /// Before the key of an entry, and before its value.
    pub fn part(&mut self) {
        self.present(0, || 0);
    }

    /// The Par of one item.
    fn single(&mut self, head: &Head, connective_used: bool, item: impl FnOnce(&mut Encoder)) {
        let mut item = Some(item);
        for group in Self::PAR_ORDER {
            match group {
                None => {
                    self.len(0);
                    self.bool(connective_used);
                }
                Some(_) if group == head.category() => {
                    self.len(1);
                    item.take().into_iter().for_each(|item| item(self));
                }
                Some(_) => self.len(0),
            }
        }
    }

    /// The data of a send, with the random state it was made with.
    pub fn list(&mut self, len: usize, data: impl FnOnce(&mut Encoder), random: &[u8]) {
        self.len(len);
        data(self);
        self.byte_vector(random);
    }

    pub(crate) fn bool(&mut self, value: bool) {
        self.out.push(u8::from(value));
    }

    fn u32(&mut self, value: u32) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn len(&mut self, len: usize) {
        self.out.extend_from_slice(&(len as u64).to_le_bytes());
    }

    pub(crate) fn byte_vector(&mut self, bytes: &[u8]) {
        self.len(bytes.len());
        self.out.extend_from_slice(bytes);
    }

    /// The byte vector of what is written.
    pub(crate) fn nested(&mut self, write: impl FnOnce(&mut Encoder)) {
        let at = self.out.len();
        self.len(0);
        write(self);
        let len = (self.out.len() - at - 8) as u64;
        self.out[at..at + 8].copy_from_slice(&len.to_le_bytes());
    }

    fn var(&mut self, var: Var) {
        self.out.push(1);
        match var {
            Var::Bound(index) => {
                self.u32(0);
                self.u32(index);
            }
            Var::Free(level) => {
                self.u32(1);
                self.u32(level);
            }
            Var::Wildcard => self.u32(2),
        }
    }

    fn bind_pattern(&mut self, bind: &BindPattern<'_>) {
        write_many(1, &bind.patterns, self);
        self.remainder(2, &bind.remainder);
        self.u32(bind.free_count);
    }

    pub(crate) fn list_par(&mut self, data: &ListParWithRandom<'_>) {
        write_many(1, &data.pars, self);
        self.byte_vector(&data.random);
    }

    pub(crate) fn continuation(&mut self, continuation: &TaggedContinuation<'_>) {
        match &continuation.guard {
            None => self.out.push(0),
            Some(guard) => {
                self.out.push(1);
                write_message(guard, self);
            }
        }
        self.out.push(1);
        match &continuation.body {
            ContinuationBody::Process { body, random } => {
                self.u32(0);
                self.out.push(1);
                write_message(body, self);
                self.byte_vector(random);
            }
            ContinuationBody::System(number) => {
                self.u32(1);
                self.out.extend_from_slice(&number.to_le_bytes());
            }
        }
    }

    /// Option byte and variant of a oneof.
    fn variant(&mut self, head: &Head) {
        let field = oneof_field(head).unwrap_or(0);
        self.out.push(1);
        self.u32(match head.category() {
            Some(Category::Expr) => EXPR_VARIANT.get(field as usize).map_or(0, |v| u32::from(*v)),
            _ => field.saturating_sub(1),
        });
    }
}

impl Format for Encoder {
    const PAR_ORDER: [Option<Category>; 10] = [
        Some(Category::Send),
        Some(Category::Receive),
        Some(Category::New),
        Some(Category::Expr),
        Some(Category::Match),
        Some(Category::Unforgeable),
        Some(Category::Bundle),
        Some(Category::Connective),
        Some(Category::If),
        None,
    ];

    fn count(&mut self, count: usize) {
        self.len(count);
    }

    fn element(&mut self, _field: u32, _len: impl FnOnce() -> u64) {}

    fn present(&mut self, _field: u32, _len: impl FnOnce() -> u64) {
        self.out.push(1);
    }

    fn absent(&mut self) {
        self.out.push(0);
    }

    fn flag(&mut self, _field: u32, value: bool) {
        self.bool(value);
    }

    fn int32(&mut self, _field: u32, value: u32) {
        self.u32(value);
    }

    fn sint32(&mut self, _field: u32, value: u32) {
        self.u32(value);
    }

    fn uint32(&mut self, _field: u32, value: u32) {
        self.u32(value);
    }

    fn bytes(&mut self, _field: u32, value: &[u8]) {
        self.byte_vector(value);
    }

    fn bytes_element(&mut self, _field: u32, value: &[u8]) {
        self.byte_vector(value);
    }

    fn locally_free(&mut self, _field: u32, _value: &LocallyFree) {
        self.len(0);
    }

    fn remainder(&mut self, _field: u32, value: &Option<Var>) {
        match value {
            None => self.out.push(0),
            Some(var) => {
                self.out.push(1);
                self.var(*var);
            }
        }
    }

    fn entry(&mut self, _field: u32, key: &str, _value_len: u64) {
        self.byte_vector(key.as_bytes());
    }

    fn open(&mut self, term: &Term) {
        self.variant(term.head());
    }

    fn scalar(&mut self, head: &Head) {
        self.variant(head);
        match head {
            Head::Bool(value) => self.bool(*value),
            Head::Type(_) => self.bool(true),
            Head::Int(value) => self.out.extend_from_slice(&value.to_le_bytes()),
            Head::Str(text) | Head::Uri(text) => self.byte_vector(text.as_bytes()),
            Head::Bytes(bytes) => self.byte_vector(bytes),
            Head::BigInt(value) => self.byte_vector(&value.to_signed_bytes_be()),
            Head::Double(bits) => self.out.extend_from_slice(&bits.to_le_bytes()),
            _ => {}
        }
    }

    fn variable(&mut self, var: Var) {
        self.out.push(1);
        self.var(var);
    }
}
