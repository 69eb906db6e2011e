//! The 536-byte serialised form of a generator (runtime.md 3.6, EXT).

use crate::random::{PATH_LEN, Random, Views, derived_views};
use thiserror::Error;

/// Length of a serialised generator.
pub const ENCODED_LEN: usize = 536;

/// Offsets of the parts: chain, two counters, then three blocks that each start with a constant length, then output.
const ABSORBED: usize = 64;
const BLOCK_TAG: usize = 80;
const BLOCK: usize = 84;
const APPENDED_TAG: usize = 212;
const APPENDED: usize = 216;
const COPIED_TAG: usize = 328;
const COPIED: usize = 332;
const OUT: usize = 460;
const POSITION: usize = 524;
const PATH_POSITION: usize = 532;

/// The constant length words and where they stand.
const TAGS: [(usize, u32); 3] = [(BLOCK_TAG, 128), (APPENDED_TAG, 112), (COPIED_TAG, 16)];

/// Why bytes are no serialised generator.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RandomError {
    /// Not [`ENCODED_LEN`] bytes.
    #[error("a random state has {ENCODED_LEN} bytes, not {0}")]
    Length(usize),
    /// One of the constant length words is wrong.
    #[error("a random state has {expected} at offset {offset}, not {found}")]
    Tag {
        /// Where the word stands.
        offset: usize,
        /// The constant it must hold.
        expected: u32,
        /// What it holds.
        found: u32,
    },
    /// The output position is neither 0 nor 32.
    #[error("the output position of a random state is 0 or 32, not {0}")]
    OutputPosition(i64),
    /// The path position is beyond the path.
    #[error("the path of a random state has at most {PATH_LEN} bytes, not {0}")]
    PathPosition(u32),
}

impl Random {
    /// The serialised form.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; ENCODED_LEN] {
        let views = self.current_views();
        let mut bytes = [0; ENCODED_LEN];
        put_words(&mut bytes, 0, &self.chain);
        put(&mut bytes, ABSORBED, &self.absorbed.to_le_bytes());
        for (offset, length) in TAGS {
            put(&mut bytes, offset, &length.to_le_bytes());
        }
        put_words(&mut bytes, BLOCK, &self.pending());
        put(&mut bytes, APPENDED, &views.appended);
        put(&mut bytes, COPIED, &views.copied);
        put(&mut bytes, COPIED + PATH_LEN, &views.counter.to_le_bytes());
        put_words(&mut bytes, OUT, &self.out);
        put(&mut bytes, POSITION, &(if self.half_unread { 32i64 } else { 0 }).to_le_bytes());
        put(&mut bytes, PATH_POSITION, &u32::from(self.path_len).to_le_bytes());
        bytes
    }

    /// Reads the serialised form. The views are kept, so that encoding again gives the same bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Random, RandomError> {
        let bytes: &[u8; ENCODED_LEN] = bytes.try_into().map_err(|_| RandomError::Length(bytes.len()))?;
        for (offset, expected) in TAGS {
            let found = u32::from_le_bytes(take(bytes, offset));
            if found != expected {
                return Err(RandomError::Tag { offset, expected, found });
            }
        }
        let half_unread = match i64::from_le_bytes(take(bytes, POSITION)) {
            0 => false,
            32 => true,
            other => return Err(RandomError::OutputPosition(other)),
        };
        let path_position = u32::from_le_bytes(take(bytes, PATH_POSITION));
        let path_len = u8::try_from(path_position).ok().filter(|len| usize::from(*len) <= PATH_LEN);
        let path_len = path_len.ok_or(RandomError::PathPosition(path_position))?;

        let path = take(bytes, BLOCK);
        let counter = u128::from_le_bytes(take(bytes, BLOCK + PATH_LEN));
        let views = Views {
            appended: take(bytes, APPENDED),
            copied: take(bytes, COPIED),
            counter: u128::from_le_bytes(take(bytes, COPIED + PATH_LEN)),
        };
        let inherited = views.appended.iter().position(|byte| *byte != 0).map_or(path_len, |at| at as u8);
        let derived = derived_views(&path, inherited, counter) == views;
        Ok(Random {
            chain: take_words(bytes, 0),
            absorbed: u128::from_le_bytes(take(bytes, ABSORBED)),
            path,
            counter,
            out: take_words(bytes, OUT),
            half_unread,
            path_len,
            inherited,
            views: (!derived).then(|| Box::new(views)),
        })
    }
}

fn put(bytes: &mut [u8; ENCODED_LEN], offset: usize, part: &[u8]) {
    bytes[offset..offset + part.len()].copy_from_slice(part);
}

fn put_words(bytes: &mut [u8; ENCODED_LEN], offset: usize, words: &[u64]) {
    for (index, word) in words.iter().enumerate() {
        put(bytes, offset + 8 * index, &word.to_le_bytes());
    }
}

fn take<const N: usize>(bytes: &[u8; ENCODED_LEN], offset: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[offset..offset + N]);
    part
}

fn take_words(bytes: &[u8; ENCODED_LEN], offset: usize) -> [u64; 8] {
    std::array::from_fn(|index| u64::from_le_bytes(take(bytes, offset + 8 * index)))
}
