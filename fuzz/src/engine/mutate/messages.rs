//! Changes of protobuf messages that keep lengths right, so that only the content is hostile.

use std::ops::Range;

use prost::encoding::{decode_varint, encode_varint};

use super::{Dictionary, bytes};
use crate::engine::random::Random;

/// Deeper messages are changed as a whole.
const MAX_PATH: usize = 64;

/// Numbers at which decoders change their mind.
const NUMBERS: [u64; 10] = [0, 1, 2, 0x7f, 0x80, 0x7fff_ffff, 0x8000_0000, u64::MAX >> 1, u64::MAX - 1, u64::MAX];

/// A field in the input.
#[derive(Clone)]
struct Field {
    start: usize,
    /// Where its value begins; behind the length, if it has one.
    value: usize,
    end: usize,
    wire: u8,
}

pub(super) fn mutate(dictionary: &Dictionary, base: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut message = base.to_vec();
    for _ in 0..random.small(2) {
        message = step(dictionary, &message, other, random);
    }
    message
}

/// Goes down to some message inside and changes one of its fields.
fn step(dictionary: &Dictionary, message: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut path: Vec<(Range<usize>, Field)> = Vec::new();
    let mut range = 0..message.len();
    let Some(mut fields) = fields(message, range.clone()) else {
        return bytes::mutate(dictionary, message, other, random);
    };
    while path.len() < MAX_PATH && !random.one_in(6) {
        let Some(field) = random.pick(&fields).filter(|field| field.wire == 2).cloned() else { break };
        let inside = field.value..field.end;
        let Some(inner) = self::fields(message, inside.clone()).filter(|inner| !inner.is_empty()) else { break };
        path.push((range, field));
        (range, fields) = (inside, inner);
    }
    let mut content = change(dictionary, message, range, &fields, &path, other, random);
    for (range, field) in path.iter().rev() {
        let mut outer = message[range.start..field.start].to_vec();
        let key_len = key_len(&message[field.start..]);
        outer.extend_from_slice(&message[field.start..field.start + key_len]);
        encode_varint(content.len() as u64, &mut outer);
        outer.extend(content);
        outer.extend_from_slice(&message[field.end..range.end]);
        content = outer;
    }
    content
}

fn change(
    dictionary: &Dictionary,
    message: &[u8],
    range: Range<usize>,
    fields: &[Field],
    path: &[(Range<usize>, Field)],
    other: &[u8],
    random: &mut Random,
) -> Vec<u8> {
    let content = &message[range.clone()];
    let Some(field) = random.pick(fields) else { return lent(other, random) };
    let (before, after) = (&message[range.start..field.start], &message[field.end..range.end]);
    let text = &message[field.start..field.end];
    match random.below(7) {
        0 => [before, after].concat(),
        1 => [before, &text.repeat(random.small(8)), after].concat(),
        2 => [before, &lent(other, random), after].concat(),
        3 => [content, &lent(other, random)].concat(),
        // Into a message goes one that is around it: nesting doubles.
        4 => match random.pick(path) {
            Some((range, _)) => message[range.clone()].to_vec(),
            None => [content, content].concat(),
        },
        _ => {
            [before, &changed_field(dictionary, &message[field.start..field.end], field, other, random), after].concat()
        }
    }
}

/// The field with another value.
fn changed_field(dictionary: &Dictionary, text: &[u8], field: &Field, other: &[u8], random: &mut Random) -> Vec<u8> {
    let key = &text[..key_len(text)];
    match field.wire {
        2 => {
            let value = bytes::mutate(dictionary, &text[field.value - field.start..], other, random);
            let mut changed = key.to_vec();
            encode_varint(value.len() as u64, &mut changed);
            changed.extend(value);
            changed
        }
        0 => {
            let mut changed = key.to_vec();
            let small = random.below(200) as u64;
            let value = if random.one_in(2) { small } else { random.pick(&NUMBERS).copied().unwrap_or(small) };
            encode_varint(value, &mut changed);
            changed
        }
        _ => bytes::mutate(dictionary, text, other, random),
    }
}

/// Some field of another message, or of one inside it.
fn lent(other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut range = 0..other.len();
    for _ in 0..MAX_PATH {
        let Some(field) = fields(other, range.clone()).and_then(|fields| random.pick(&fields).cloned()) else { break };
        if field.wire != 2 || random.one_in(4) {
            return other[field.start..field.end].to_vec();
        }
        range = field.value..field.end;
    }
    other[range].to_vec()
}

fn key_len(bytes: &[u8]) -> usize {
    1 + bytes.iter().position(|byte| byte & 0x80 == 0).unwrap_or(0)
}

/// The fields of the message in a range; none if it is no message.
fn fields(bytes: &[u8], range: Range<usize>) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let start = at;
        let mut rest = &bytes[at..range.end];
        let key = decode_varint(&mut rest).ok()?;
        let mut value = range.end - rest.len();
        let wire = (key & 7) as u8;
        let len = match wire {
            0 => {
                let before = rest.len();
                decode_varint(&mut rest).ok()?;
                before - rest.len()
            }
            1 => 8,
            2 => {
                let len = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
                value = range.end - rest.len();
                len
            }
            5 => 4,
            _ => return None,
        };
        at = value.checked_add(len).filter(|end| *end <= range.end)?;
        fields.push(Field { start, value, end: at, wire });
    }
    Some(fields)
}
