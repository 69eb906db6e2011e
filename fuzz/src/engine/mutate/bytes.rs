//! Changes of bytes that know nothing of their meaning.

use super::{Dictionary, MAX_LEN};
use crate::engine::random::Random;

/// Bytes at which formats change their mind.
const EDGES: [u8; 9] = [0, 1, 2, 0x7f, 0x80, 0xff, b' ', b'\n', 0x40];

pub(super) fn mutate(dictionary: &Dictionary, base: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = base.to_vec();
    for _ in 0..random.small(3) {
        step(dictionary, &mut bytes, other, random);
        bytes.truncate(MAX_LEN);
    }
    bytes
}

fn step(dictionary: &Dictionary, bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let len = bytes.len();
    let at = random.below(len + 1);
    if len == 0 || random.one_in(8) {
        let inserted: Vec<u8> = (0..random.small(4)).map(|_| random.bits() as u8).collect();
        bytes.splice(at..at, inserted);
        return;
    }
    let place = random.below(len);
    match random.below(9) {
        0 => bytes[place] ^= 1 << random.below(8),
        1 => bytes[place] = random.pick(&EDGES).copied().unwrap_or_default(),
        2 => bytes[place] = bytes[place].wrapping_add(1 + random.below(8) as u8),
        3 => bytes[place] = bytes[place].wrapping_sub(1 + random.below(8) as u8),
        4 => drop(bytes.drain(random.range(len, 1 + len / 4))),
        5 => {
            let range = random.range(len, 64);
            let copies = random.small(6).min(MAX_LEN / range.len());
            let repeated = bytes[range].repeat(copies);
            bytes.splice(at..at, repeated);
        }
        6 => {
            let lent = random.range(other.len(), 1 + other.len() / 2);
            bytes.splice(at..at, other[lent].iter().copied());
        }
        7 => {
            let lent = random.range(other.len(), 64);
            let end = (place + lent.len()).min(len);
            bytes.splice(place..end, other[lent].iter().copied());
        }
        _ => {
            let word = random.pick(&dictionary.words).cloned().unwrap_or_else(|| vec![0xff; 8]);
            bytes.splice(at..at, word);
        }
    }
}
