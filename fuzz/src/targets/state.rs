//! The decoders of what a store holds: bytes are an error or a value, and what was read once is stable.

use rhodium_random::Random;
use rhodium_term::proto::DecodeError;
use rhodium_term::state_codec::{
    Caches, decode_continuation, decode_datum, decode_join, decode_leaf, decode_term, join_bytes, leaf_bytes,
    state_bytes,
};

use super::protobuf::{check_error, check_term};

pub(super) fn check(input: &[u8]) {
    let Some((selector, bytes)) = input.split_first() else { return };
    match selector % 6 {
        0 => {
            for caches in [Caches::Stored, Caches::Derived] {
                stable(bytes, |b| decode_term(b, caches), state_bytes);
            }
            if let Ok(term) = decode_term(bytes, Caches::Derived) {
                check_term(&term);
            }
        }
        1 => stable(bytes, |b| decode_datum(b, Caches::Derived), |datum| datum.to_bytes()),
        2 => stable(bytes, |b| decode_continuation(b, Caches::Derived), |waiting| waiting.to_bytes()),
        3 => stable(bytes, |b| decode_join(b, Caches::Stored), |join| join_bytes(join)),
        4 => stable(bytes, decode_leaf, |items| leaf_bytes(items.clone())),
        _ => {
            if let Ok(mut random) = Random::from_bytes(bytes) {
                assert_eq!(random.to_bytes(), bytes, "a random state is written as it was read");
                random.next();
            }
        }
    }
}

fn stable<T>(bytes: &[u8], decode: impl Fn(&[u8]) -> Result<T, DecodeError>, encode: impl Fn(&T) -> Vec<u8>) {
    match decode(bytes) {
        Ok(value) => {
            let written = encode(&value);
            let back = decode(&written).expect("what was written can be read");
            assert!(encode(&back) == written, "read and written again it differs");
        }
        Err(error) => check_error(bytes, error),
    }
}
