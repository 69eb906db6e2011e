//! Reading the state codec (Annex C) with an explicit stack, so that a state can be opened again from the store.

use std::borrow::Cow;

use crate::assemble::{Caches, Fields, Kind, MAX_VARIABLES, Type, Value};
use crate::decode::{DecodeError, DecodeErrorKind};
use crate::head::Var;
use crate::state_codec::{
    BindPattern, Consume, ContinuationBody, Datum, Hash, ListParWithRandom, Produce, TaggedContinuation,
    WaitingContinuation,
};
use crate::term::{Origin, Term};

/// Limit for the sets of variables of a term together, that of normal forms: a short input can ask for far more.
const MAX_SETS: usize = 512 << 20;

/// Reads what [`crate::state_codec::state_bytes`] wrote.
pub fn decode_term(bytes: &[u8], caches: Caches) -> Result<Term, DecodeError> {
    Reader::new(bytes, caches).whole(|r| r.term(0))
}

/// Reads a stored datum.
pub fn decode_datum(bytes: &[u8], caches: Caches) -> Result<Datum<'static>, DecodeError> {
    Reader::new(bytes, caches).whole(|r| {
        let data = ListParWithRandom { pars: Cow::Owned(r.terms(0)?), random: Cow::Owned(r.byte_vector()?.to_vec()) };
        let persistent = r.bool()?;
        let source = Produce { channel_hash: r.hash()?, hash: r.hash()?, persistent: r.bool()? };
        // Whether the send was deterministic, what it put out, whether it failed: never set by us.
        r.bool()?;
        for _ in 0..r.count()? {
            r.byte_vector()?;
        }
        r.bool()?;
        Ok(Datum { data, persistent, source })
    })
}

/// Reads a stored continuation.
pub fn decode_continuation(bytes: &[u8], caches: Caches) -> Result<WaitingContinuation<'static>, DecodeError> {
    Reader::new(bytes, caches).whole(|r| {
        let mut patterns = Vec::new();
        for _ in 0..r.count()? {
            patterns.push(r.bind_pattern()?);
        }
        let continuation = r.continuation()?;
        let persistent = r.bool()?;
        let mut peeks = Vec::new();
        for _ in 0..r.count()? {
            peeks.push(r.u32()?);
        }
        let mut channel_hashes = Vec::new();
        for _ in 0..r.count()? {
            channel_hashes.push(r.hash()?);
        }
        let source = Consume { channel_hashes, hash: r.hash()?, persistent: r.bool()? };
        Ok(WaitingContinuation { patterns, continuation, persistent, peeks, source })
    })
}

/// Reads the channels of a stored join.
pub fn decode_join(bytes: &[u8], caches: Caches) -> Result<Vec<Term>, DecodeError> {
    Reader::new(bytes, caches).whole(|r| r.terms(0))
}

/// Splits a leaf's payload into its items.
pub fn decode_leaf(bytes: &[u8]) -> Result<Vec<Vec<u8>>, DecodeError> {
    Reader::new(bytes, Caches::Stored).whole(|r| {
        let mut items = Vec::new();
        for _ in 0..r.count()? {
            items.push(r.byte_vector()?.to_vec());
        }
        Ok(items)
    })
}

/// A message being read.
struct Frame {
    kind: Kind,
    /// Field of the enclosing message.
    field: u32,
    start: usize,
    /// Position in the list of fields.
    next: usize,
    /// Elements of the current repeated field that are still to come.
    remaining: u64,
    base: usize,
    pattern_depth: u32,
}

struct Reader<'a> {
    bytes: &'a [u8],
    pos: usize,
    caches: Caches,
    frames: Vec<Frame>,
    values: Vec<(u32, Value<'a>)>,
    /// Bytes that the derived sets of variables take.
    sets: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8], caches: Caches) -> Self {
        Reader { bytes, pos: 0, caches, frames: Vec::new(), values: Vec::new(), sets: 0 }
    }

    /// Reads a value that takes all the bytes.
    fn whole<T>(mut self, read: impl FnOnce(&mut Self) -> Result<T, DecodeError>) -> Result<T, DecodeError> {
        let value = read(&mut self)?;
        if self.pos == self.bytes.len() { Ok(value) } else { Err(DecodeErrorKind::Trailing.at(self.pos)) }
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], DecodeError> {
        let error = DecodeErrorKind::Truncated.at(self.pos);
        let len = usize::try_from(len).map_err(|_| error)?;
        let taken = self.bytes.get(self.pos..).and_then(|rest| rest.get(..len)).ok_or(error)?;
        self.pos += len;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let at = self.pos;
        self.take(N as u64)?.try_into().map_err(|_| DecodeErrorKind::Truncated.at(at))
    }

    fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_le_bytes)
    }

    fn i32(&mut self) -> Result<i64, DecodeError> {
        self.array().map(|bytes| i64::from(i32::from_le_bytes(bytes)))
    }

    /// A number of elements, each of which takes at least one byte.
    fn count(&mut self) -> Result<u64, DecodeError> {
        let at = self.pos;
        let count = self.u64()?;
        let left = (self.bytes.len() - self.pos) as u64;
        if count <= left { Ok(count) } else { Err(DecodeErrorKind::Truncated.at(at)) }
    }

    fn byte_vector(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.u64()?;
        self.take(len)
    }

    fn hash(&mut self) -> Result<Hash, DecodeError> {
        let at = self.pos;
        self.byte_vector()?.try_into().map_err(|_| DecodeErrorKind::Range.at(at))
    }

    fn bool(&mut self) -> Result<bool, DecodeError> {
        let at = self.pos;
        match self.array::<1>()? {
            [0] => Ok(false),
            [1] => Ok(true),
            [other] => Err(DecodeErrorKind::Tag(u32::from(other)).at(at)),
        }
    }

    /// A variable that is no expression: option, option of enum.
    fn remainder(&mut self) -> Result<Option<Var>, DecodeError> {
        if !self.bool()? {
            return Ok(None);
        }
        match self.message(Kind::Var, 0)? {
            Value::Var(var) => Ok(Some(var)),
            _ => Err(DecodeErrorKind::Missing.at(self.pos)),
        }
    }

    fn term(&mut self, pattern_depth: u32) -> Result<Term, DecodeError> {
        match self.message(Kind::Par, pattern_depth)? {
            Value::Term(term) => Ok(term),
            _ => Err(DecodeErrorKind::Missing.at(self.pos)),
        }
    }

    fn terms(&mut self, pattern_depth: u32) -> Result<Vec<Term>, DecodeError> {
        let mut terms = Vec::new();
        for _ in 0..self.count()? {
            terms.push(self.term(pattern_depth)?);
        }
        Ok(terms)
    }

    fn bind_pattern(&mut self) -> Result<BindPattern<'static>, DecodeError> {
        let patterns = Cow::Owned(self.terms(1)?);
        let remainder = self.remainder()?;
        let at = self.pos;
        let free_count = self.u32()?;
        if i64::from(free_count) > MAX_VARIABLES {
            return Err(DecodeErrorKind::Range.at(at));
        }
        Ok(BindPattern { patterns, remainder, free_count })
    }

    fn continuation(&mut self) -> Result<TaggedContinuation<'static>, DecodeError> {
        let guard = if self.bool()? { Some(self.term(0)?) } else { None };
        let at = self.pos;
        if !self.bool()? {
            return Err(DecodeErrorKind::Missing.at(at));
        }
        let body = match self.u32()? {
            0 => {
                let body = if self.bool()? { self.term(0)? } else { Term::nil() };
                ContinuationBody::Process { body, random: Cow::Owned(self.byte_vector()?.to_vec()) }
            }
            1 => ContinuationBody::System(self.array().map(i64::from_le_bytes)?),
            other => return Err(DecodeErrorKind::Tag(other).at(at + 1)),
        };
        Ok(TaggedContinuation { guard, body })
    }

    fn enter(&mut self, kind: Kind, field: u32, pattern_depth: u32) {
        let base = self.values.len();
        self.frames.push(Frame { kind, field, start: self.pos, next: 0, remaining: 0, base, pattern_depth });
    }

    /// Reads one message.
    fn message(&mut self, kind: Kind, pattern_depth: u32) -> Result<Value<'a>, DecodeError> {
        self.enter(kind, 0, pattern_depth);
        while let Some(frame) = self.frames.last_mut() {
            let fields = frame.kind.fields();
            if frame.remaining > 0 {
                frame.remaining -= 1;
                let (field, pattern_depth) = (fields[frame.next - 1].0, frame.inner_depth());
                if let Type::Many(kind) = fields[frame.next - 1].1 {
                    self.enter(kind, field, pattern_depth);
                }
                continue;
            }
            if frame.next < fields.len() {
                frame.next += 1;
                self.field()?;
                continue;
            }
            let Some(frame) = self.frames.pop() else { break };
            let values = &mut self.values[frame.base..];
            let value = Fields { values, pattern_depth: frame.pattern_depth, caches: self.caches }
                .build(frame.kind)
                .map_err(|problem| problem.at(frame.start))?;
            if let Value::Term(term) = &value {
                self.sets += term.locally_free().len();
            }
            if self.sets > MAX_SETS {
                return Err(DecodeErrorKind::Range.at(frame.start));
            }
            let value = match value {
                Value::Term(term) if !term.is_nil() => Value::Term(term.at(stored(frame.start, self.pos))),
                other => other,
            };
            self.values.truncate(frame.base);
            self.values.push((frame.field, value));
        }
        self.values.pop().map(|(_, value)| value).ok_or(DecodeErrorKind::Missing.at(self.pos))
    }

    /// Reads the field before `next` of the innermost message, or enters the message in it. In a oneof the field is
    /// the one that the variant says.
    fn field(&mut self) -> Result<(), DecodeError> {
        let at = self.pos;
        let Some(kind) = self.frames.last().map(|f| f.kind) else { return Ok(()) };
        if kind.is_oneof() {
            if !self.bool()? {
                return Err(DecodeErrorKind::Missing.at(at));
            }
            let variant = self.u32()?;
            let Some(frame) = self.frames.last_mut() else { return Ok(()) };
            frame.next = variant as usize + 1;
        }
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        let Some((field, field_type)) = kind.fields().get(frame.next - 1).copied() else {
            return Err(DecodeErrorKind::Tag((frame.next - 1) as u32).at(at));
        };
        let pattern_depth = frame.inner_depth();
        if kind.is_oneof() {
            frame.next = kind.fields().len();
        }
        let value = match field_type {
            Type::Sub(kind) => {
                self.enter(kind, field, pattern_depth);
                return Ok(());
            }
            Type::Opt(kind) => {
                if self.bool()? {
                    self.enter(kind, field, pattern_depth);
                }
                return Ok(());
            }
            Type::Many(_) => {
                let count = self.count()?;
                if let Some(frame) = self.frames.last_mut() {
                    frame.remaining = count;
                }
                return Ok(());
            }
            Type::ManyBytes => {
                for _ in 0..self.count()? {
                    let bytes = self.byte_vector()?;
                    self.values.push((field, Value::Bytes(bytes)));
                }
                return Ok(());
            }
            Type::Bytes => Value::Bytes(self.byte_vector()?),
            Type::Flag => Value::Number(i64::from(self.bool()?)),
            Type::Int32 | Type::Sint32 => Value::Number(self.i32()?),
            Type::Uint32 => Value::Number(i64::from(self.u32()?)),
            Type::Sint64 | Type::Fixed64 => Value::Number(self.u64()? as i64),
        };
        self.values.push((field, value));
        Ok(())
    }
}

/// The place of a node in the stored bytes, by which errors find it again.
fn stored(start: usize, end: usize) -> Origin {
    Origin { source: Origin::STORED, start: start as u32, end: end as u32 }
}

impl Frame {
    /// Pattern depth inside the field before `next`.
    fn inner_depth(&self) -> u32 {
        let field = self.next.checked_sub(1).and_then(|k| self.kind.fields().get(k)).map_or(0, |f| f.0);
        self.pattern_depth + u32::from(self.kind.field_is_pattern(field))
    }
}
