//! The counter and the sizes that are charged, as runtime.md 7 writes them.

use rhodium_term::proto::encode;
use rhodium_term::{Term, Var};

use crate::Result;

/// Phlogiston left.
pub struct Meter {
    pub left: i64,
}

impl Meter {
    pub fn charge(&mut self, amount: i64) -> Result<()> {
        if self.left < 0 {
            return Err("OutOfPhlogistonsError");
        }
        self.left -= amount;
        if self.left < 0 { Err("OutOfPhlogistonsError") } else { Ok(()) }
    }
}

/// The length of the encoding.
pub fn size(term: &Term) -> i64 {
    encode(term).len() as i64
}

/// The length of the encoding of a `BindPattern`: `patterns` 1, `remainder` 2, `freeCount` 3.
pub fn bind_pattern_size(patterns: &[Term], remainder: Option<Var>, free_count: u32) -> i64 {
    let patterns: i64 = patterns.iter().map(|pattern| message(size(pattern))).sum();
    let remainder = remainder.map_or(0, |var| {
        message(match var {
            // Zigzag.
            Var::Bound(i) | Var::Free(i) => 1 + varint(2 * i64::from(i)),
            Var::Wildcard => 2,
        })
    });
    let free_count = if free_count == 0 { 0 } else { 1 + varint(i64::from(free_count)) };
    patterns + remainder + free_count
}

/// A message of this size as a field with a number below 16.
fn message(size: i64) -> i64 {
    1 + varint(size) + size
}

fn varint(value: i64) -> i64 {
    if value < 128 { 1 } else { 1 + varint(value / 128) }
}

/// `E(n)`
pub fn event(channels: usize) -> i64 {
    32 + 32 * channels as i64
}

/// `comm(n)`
pub fn comm(channels: usize) -> i64 {
    event(channels) + channels as i64 * event(1)
}
