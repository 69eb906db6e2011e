//! Arbitrary bytes are an error or a term, and what was read once is stable.

use prost::Message;
use rhodium_term::order::sort_term;
use rhodium_term::print::{print, print_source};
use rhodium_term::proto::{DecodeError, Limits, decode, encode};
use rhodium_term::state_codec::{Caches, decode_term, state_bytes};
use rhodium_term::{Term, schema};

/// Prost refuses messages nested more deeply than 100; a term has up to four per level.
const PROST_DEPTH: u32 = 20;

pub(super) fn check(bytes: &[u8]) {
    match decode(bytes, Limits::default()) {
        Ok(term) => {
            if term.depth() < PROST_DEPTH {
                let message = schema::Par::decode(bytes);
                assert!(message.is_ok(), "prost refuses what is a term: {message:?}");
            }
            check_term(&term);
        }
        Err(error) => check_error(bytes, error),
    }
}

pub(super) fn check_error(bytes: &[u8], error: DecodeError) {
    assert!(error.offset <= bytes.len(), "{error} behind the end");
}

/// What holds for any term, also for one that no program has.
pub(super) fn check_term(term: &Term) {
    let bytes = encode(term);
    assert_eq!(bytes.len() as u64, term.size(), "the size of the encoding");
    let back = decode(&bytes, Limits::default()).expect("the encoding of a term");
    assert!(back == *term && encode(&back) == bytes, "the encoding reads back as another term");
    let sorted = sort_term(term);
    assert!(sorted.is_canonical(), "sorting does not sort");
    assert!(sort_term(&sorted) == sorted, "sorting is not idempotent");
    let state = state_bytes(term);
    let stored = decode_term(&state, Caches::Stored).expect("the stored form of a term");
    assert!(state_bytes(&stored) == state, "the stored form reads back as another term");
    print(term);
    print_source(term);
}
