//! Reading terms from protobuf bytes (runtime.md 1.2, EXT) with an explicit stack. Every input is taken as hostile.

use prost::encoding::{WireType, decode_key, decode_varint};

use crate::assemble::{Caches, Field, Fields, Kind, Problem, Type, Value};
use crate::term::Term;

/// Bounds on what a decoder accepts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of the input.
    pub max_bytes: usize,
    /// Messages inside messages. A level of nesting in a source takes about four.
    pub max_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_bytes: 1 << 30, max_depth: 16_000_000 }
    }
}

/// Bytes that are not the encoding of a term.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("invalid encoding at byte {offset}: {kind}")]
pub struct DecodeError {
    /// Where in the input; for a message that is wrong as a whole its first byte.
    pub offset: usize,
    /// What is wrong.
    pub kind: DecodeErrorKind,
}

/// What is wrong with an encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecodeErrorKind {
    /// The input, or the enclosing message, ends too early.
    #[error("the data end too early")]
    Truncated,
    /// A varint or a field key that is none.
    #[error("malformed number or field key")]
    Number,
    /// A field in another wire type than its own.
    #[error("field {0} has the wrong wire type")]
    WireType(u32),
    /// A field that can stand once only stands twice.
    #[error("field {0} is repeated")]
    Repeated(u32),
    /// A tag byte or variant number of the state codec that does not exist.
    #[error("unknown tag or variant {0}")]
    Tag(u32),
    /// Text that is not UTF-8.
    #[error("text is not valid UTF-8")]
    Utf8,
    /// A message that must have exactly one of several members, and has not.
    #[error("a message has no value, or several")]
    Missing,
    /// A variable number or a count out of range.
    #[error("a variable, a count or a scale is out of range")]
    Range,
    /// Nested too deeply.
    #[error("nested more deeply than {0} levels")]
    TooDeep(usize),
    /// The input is too long.
    #[error("longer than {0} bytes")]
    TooLong(usize),
    /// More bytes than the value takes.
    #[error("unexpected bytes after the end")]
    Trailing,
}

impl DecodeErrorKind {
    pub(crate) fn at(self, offset: usize) -> DecodeError {
        DecodeError { offset, kind: self }
    }
}

impl Problem {
    pub(crate) fn at(self, offset: usize) -> DecodeError {
        match self {
            Problem::Utf8 => DecodeErrorKind::Utf8,
            Problem::Missing => DecodeErrorKind::Missing,
            Problem::Range => DecodeErrorKind::Range,
        }
        .at(offset)
    }
}

/// Reads a `Par`. Fields may come in any order, unknown ones are skipped, absent sub-messages are `Nil`; a singular
/// field may stand once. `locallyFree` and `connective_used` are kept as given, sets and maps are made canonical.
pub fn decode(bytes: &[u8], limits: Limits) -> Result<Term, DecodeError> {
    if bytes.len() > limits.max_bytes {
        return Err(DecodeErrorKind::TooLong(limits.max_bytes).at(limits.max_bytes));
    }
    Decoder { bytes, pos: 0, limits, frames: Vec::new(), values: Vec::new() }.run()
}

/// A message being read.
struct Frame {
    kind: Kind,
    /// Field of the enclosing message.
    field: u32,
    start: usize,
    end: usize,
    /// Its fields are the values from here on.
    base: usize,
    /// Singular fields met, one bit each.
    seen: u64,
    pattern_depth: u32,
}

struct Decoder<'a> {
    bytes: &'a [u8],
    pos: usize,
    limits: Limits,
    frames: Vec<Frame>,
    values: Vec<(u32, Value<'a>)>,
}

impl<'a> Decoder<'a> {
    fn run(mut self) -> Result<Term, DecodeError> {
        self.enter(Kind::Par, 0, self.bytes.len(), 0)?;
        while let Some(frame) = self.frames.last() {
            if self.pos < frame.end {
                self.field()?;
                continue;
            }
            let Some(frame) = self.frames.pop() else { break };
            let value = Fields {
                values: &mut self.values[frame.base..],
                pattern_depth: frame.pattern_depth,
                caches: Caches::Stored,
            }
            .build(frame.kind)
            .map_err(|problem| problem.at(frame.start))?;
            self.values.truncate(frame.base);
            self.values.push((frame.field, value));
        }
        match self.values.pop() {
            Some((_, Value::Term(term))) => Ok(term),
            _ => Err(DecodeErrorKind::Missing.at(0)),
        }
    }

    fn enter(&mut self, kind: Kind, field: u32, end: usize, pattern_depth: u32) -> Result<(), DecodeError> {
        if self.frames.len() >= self.limits.max_depth {
            return Err(DecodeErrorKind::TooDeep(self.limits.max_depth).at(self.pos));
        }
        let base = self.values.len();
        self.frames.push(Frame { kind, field, start: self.pos, end, base, seen: 0, pattern_depth });
        Ok(())
    }

    /// The rest of the innermost message.
    fn rest(&self) -> &'a [u8] {
        let end = self.frames.last().map_or(0, |f| f.end);
        self.bytes.get(self.pos..end).unwrap_or(&[])
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut rest = self.rest();
        let before = rest.len();
        let value = decode_varint(&mut rest).map_err(|_| DecodeErrorKind::Number.at(self.pos))?;
        self.pos += before - rest.len();
        Ok(value)
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], DecodeError> {
        let len = usize::try_from(len).map_err(|_| DecodeErrorKind::Truncated.at(self.pos))?;
        let taken = self.rest().get(..len).ok_or(DecodeErrorKind::Truncated.at(self.pos))?;
        self.pos += len;
        Ok(taken)
    }

    /// Reads a field, or enters the message in it.
    fn field(&mut self) -> Result<(), DecodeError> {
        let at = self.pos;
        let mut rest = self.rest();
        let before = rest.len();
        let (field, wire) = decode_key(&mut rest).map_err(|_| DecodeErrorKind::Number.at(at))?;
        self.pos += before - rest.len();
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        let Some((_, field_type)) = frame.kind.fields().iter().find(|f: &&Field| f.0 == field) else {
            return self.skip(field, wire, at);
        };
        if !matches!(field_type, Type::Many(_) | Type::ManyBytes) {
            if frame.seen & (1 << field) != 0 {
                return Err(DecodeErrorKind::Repeated(field).at(at));
            }
            frame.seen |= 1 << field;
        }
        let pattern_depth = frame.pattern_depth + u32::from(frame.kind.field_is_pattern(field));
        let expected = match field_type {
            Type::Sub(_) | Type::Opt(_) | Type::Many(_) | Type::Bytes | Type::ManyBytes => WireType::LengthDelimited,
            Type::Fixed64 => WireType::SixtyFourBit,
            _ => WireType::Varint,
        };
        if wire != expected {
            return Err(DecodeErrorKind::WireType(field).at(at));
        }
        let value = match *field_type {
            Type::Sub(kind) | Type::Opt(kind) | Type::Many(kind) => {
                let len = self.varint()?;
                let start = self.pos;
                self.take(len)?;
                let end = std::mem::replace(&mut self.pos, start);
                return self.enter(kind, field, end, pattern_depth);
            }
            Type::Bytes | Type::ManyBytes => {
                let len = self.varint()?;
                Value::Bytes(self.take(len)?)
            }
            Type::Fixed64 => {
                let bytes = self.take(8)?.try_into().map_err(|_| DecodeErrorKind::Truncated.at(at))?;
                Value::Number(i64::from_le_bytes(bytes))
            }
            Type::Sint32 | Type::Sint64 => {
                let raw = self.varint()?;
                Value::Number((raw >> 1) as i64 ^ -((raw & 1) as i64))
            }
            Type::Flag => Value::Number(i64::from(self.varint()? != 0)),
            Type::Int32 | Type::Uint32 => Value::Number(self.varint()? as i64),
        };
        self.values.push((field, value));
        Ok(())
    }

    fn skip(&mut self, field: u32, wire: WireType, at: usize) -> Result<(), DecodeError> {
        let len = match wire {
            WireType::Varint => {
                self.varint()?;
                0
            }
            WireType::SixtyFourBit => 8,
            WireType::ThirtyTwoBit => 4,
            WireType::LengthDelimited => self.varint()?,
            WireType::StartGroup | WireType::EndGroup => return Err(DecodeErrorKind::WireType(field).at(at)),
        };
        self.take(len)?;
        Ok(())
    }
}
