//! Protobuf and state codec on random, hand-made, measured, deep and hostile input.

mod generate;

use std::borrow::Cow;

use proptest::prelude::*;
use prost::Message;
use rhodium_term::proto::{DecodeErrorKind, Limits, decode, encode};
use rhodium_term::state_codec::{
    BindPattern, Caches, Consume, ContinuationBody, Datum, ListParWithRandom, Produce, TaggedContinuation,
    WaitingContinuation, channel_hash, decode_continuation, decode_datum, decode_join, decode_leaf, decode_term,
    join_bytes, leaf_bytes, leaf_hash, state_bytes,
};
use rhodium_term::{Head, LocallyFree, Term, Var, order, schema};

/// Equality that also sees the caches, on every node.
fn identical(a: &Term, b: &Term) -> bool {
    let mut pending = vec![(a, b)];
    while let Some((a, b)) = pending.pop() {
        let same = a.head() == b.head()
            && a.children().len() == b.children().len()
            && a.locally_free() == b.locally_free()
            && a.connective_used() == b.connective_used()
            && a.size() == b.size();
        if !same {
            return false;
        }
        pending.extend(a.children().iter().zip(b.children()));
    }
    a == b
}

fn single_int(value: i64) -> Term {
    Term::single(Term::int(value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn protobuf_round_trip(term in generate::terms()) {
        let bytes = encode(&term);
        prop_assert_eq!(bytes.len() as u64, term.size());
        let back = decode(&bytes, Limits::default()).unwrap();
        prop_assert!(identical(&term, &back));
    }

    #[test]
    fn protobuf_agrees_with_prost(term in generate::terms()) {
        let bytes = encode(&term);
        if let Ok(message) = schema::Par::decode(bytes.as_slice()) {
            prop_assert_eq!(message.encode_to_vec(), bytes);
        } else {
            prop_assert!(term.depth() > 20, "prost cannot read our bytes");
        }
    }

    #[test]
    fn state_round_trip(term in generate::terms()) {
        let bytes = state_bytes(&term);
        let back = decode_term(&bytes, Caches::Derived).unwrap();
        prop_assert!(identical(&term, &back));
        let bare = decode_term(&bytes, Caches::Stored).unwrap();
        prop_assert_eq!(&bare, &term);
        prop_assert!(bare.locally_free().is_empty());
        prop_assert_eq!(state_bytes(&bare), bytes);
    }

    #[test]
    fn any_caches_survive(term in generate::terms(), bytes in prop::collection::vec(any::<u8>(), 0..9), cu: bool) {
        let odd = Term::with_caches(Head::Par, term.children().to_vec(), LocallyFree::from_bytes(&bytes), cu);
        prop_assert!(identical(&odd, &decode(&encode(&odd), Limits::default()).unwrap()));
    }

    #[test]
    fn unsorted_pars_survive(term in generate::terms()) {
        let reversed = Term::par_in_order(term.children().iter().rev().cloned().collect());
        prop_assert!(identical(&reversed, &decode(&encode(&reversed), Limits::default()).unwrap()));
        prop_assert_eq!(order::sort_term(&reversed).size(), reversed.size());
    }

    #[test]
    fn damaged_bytes_never_panic(
        term in generate::terms(),
        cut in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        to: u8,
    ) {
        for mut bytes in [encode(&term), state_bytes(&term)] {
            bytes.truncate(cut.index(bytes.len() + 1));
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = to;
            }
            if let Ok(read) = decode(&bytes, Limits::default()) {
                let again = decode(&encode(&read), Limits::default()).unwrap();
                prop_assert!(identical(&read, &again));
            }
            let _ = decode_term(&bytes, Caches::Derived);
            let _ = decode_datum(&bytes, Caches::Stored);
            let _ = decode_continuation(&bytes, Caches::Derived);
        }
    }

    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes, Limits::default());
        let _ = decode_term(&bytes, Caches::Derived);
        let _ = decode_datum(&bytes, Caches::Derived);
        let _ = decode_continuation(&bytes, Caches::Stored);
        let _ = decode_join(&bytes, Caches::Stored);
        let _ = decode_leaf(&bytes);
    }
}

#[test]
fn fields_in_any_order_and_unknown_ones() {
    // connective_used and locallyFree first, then two expressions around a send, then an unknown field 99.
    let send = "0a0c0a042a02100212042a021004";
    let bytes = hex::decode(format!("50014a01012a021002{send}2a0210049a06020102")).unwrap();
    let term = decode(&bytes, Limits::default()).unwrap();
    assert_eq!(term.locally_free().to_bytes(), [1]);
    assert!(term.connective_used());
    assert_eq!(hex::encode(encode(&term)), format!("{send}2a0210022a0210044a01015001"));
}

#[test]
fn absent_sub_messages_are_nil() {
    let term = decode(&hex::decode("0a00").unwrap(), Limits::default()).unwrap();
    assert_eq!(term, Term::single(Term::send(Term::nil(), Vec::new(), false)));
}

#[test]
fn errors_say_where() {
    let fails = |bytes: &str| {
        let error = decode(&hex::decode(bytes).unwrap(), Limits::default()).unwrap_err();
        (error.offset, error.kind)
    };
    assert_eq!(fails("2a05"), (2, DecodeErrorKind::Truncated));
    assert_eq!(fails("2a0210"), (2, DecodeErrorKind::Truncated));
    assert_eq!(fails("2affffffffffffffffff01"), (11, DecodeErrorKind::Truncated));
    assert_eq!(fails("2a011a"), (3, DecodeErrorKind::Number));
    assert_eq!(fails("2a00"), (2, DecodeErrorKind::Missing));
    assert_eq!(fails("2a0410021004"), (4, DecodeErrorKind::Repeated(2)));
    assert_eq!(fails("2a021a01"), (4, DecodeErrorKind::Truncated));
    assert_eq!(fails("2a031a01ff"), (2, DecodeErrorKind::Utf8));
    assert_eq!(fails("2a0412021003"), (2, DecodeErrorKind::WireType(2)));
    assert_eq!(fails("2d00000000"), (0, DecodeErrorKind::WireType(5)));
    assert_eq!(fails("2a079a01040a020801"), (7, DecodeErrorKind::Range));
    assert_eq!(fails("00"), (0, DecodeErrorKind::Number));
    assert_eq!(
        decode(&[0; 9], Limits { max_bytes: 8, ..Limits::default() }).unwrap_err().kind,
        DecodeErrorKind::TooLong(8)
    );
    let nested = encode(&nested_list(10));
    let error = decode(&nested, Limits { max_depth: 20, ..Limits::default() }).unwrap_err();
    assert_eq!(error.kind, DecodeErrorKind::TooDeep(20));
}

fn nested_list(depth: usize) -> Term {
    let mut term = Term::nil();
    for _ in 0..depth {
        term = Term::single(Term::list(vec![term], None));
    }
    term
}

#[test]
fn a_million_levels() {
    let term = nested_list(1_000_000);
    let bytes = encode(&term);
    assert_eq!(bytes.len() as u64, term.size());
    assert!(decode(&bytes, Limits::default()).unwrap() == term);
    let state = state_bytes(&term);
    assert!(decode_term(&state, Caches::Derived).unwrap() == term);
}

/// Every level has a set of variables as long as the index of the variable inside; a few hundred bytes would mean
/// gigabytes.
#[test]
fn sets_of_variables_are_bounded() {
    let nested = |index: u32| {
        let variable = Term::single(Term::var(Var::Bound(index), 0));
        (0..100).fold(variable, |term, _| Term::single(Term::tuple(vec![term])))
    };
    // The index is the only difference between the two.
    let (zero, one) = (state_bytes(&nested(0)), state_bytes(&nested(1)));
    let place = zero.iter().zip(&one).position(|(a, b)| a != b).unwrap();
    let mut high = zero;
    high[place..place + 4].copy_from_slice(&0x00ff_fff0u32.to_le_bytes());
    assert_eq!(decode_term(&high, Caches::Derived).unwrap_err().kind, DecodeErrorKind::Range);
    assert_eq!(state_bytes(&decode_term(&high, Caches::Stored).unwrap()), high);
}

#[test]
fn sets_and_maps_are_made_canonical() {
    // Set(2, 1, 2) and {2: Nil, 1: Nil} as nobody writes them.
    let set =
        decode(&hex::decode("2a1bb201180a042a0210040a042a0210020a042a0210040a042a021002").unwrap(), Limits::default());
    assert_eq!(set.unwrap(), Term::single(Term::set(vec![single_int(1), single_int(2)], None)));
    let map = decode(&hex::decode("2a17ba01140a080a042a02100412000a080a042a0210021200").unwrap(), Limits::default());
    let entries = vec![(single_int(1), Term::nil()), (single_int(2), Term::nil())];
    assert_eq!(map.unwrap(), Term::single(Term::map(entries, None)));
}

/// Every measured normal form, and every hash of a channel, in the specification's vectors.
#[test]
fn measured_normal_forms() {
    let vectors: toml::Table = toml::from_str(include_str!("../../../tests/data/runtime-vectors.toml")).unwrap();
    let mut forms = 0;
    for kind in ["term_hash", "program", "ext_program"] {
        for entry in vectors[kind].as_array().unwrap() {
            let Some(form) = entry.get("proto_ext").or(entry.get("normalized_ext")) else { continue };
            let form = form.as_str().unwrap();
            let term = read_exactly(form);
            forms += 1;
            if let Some(hash) = entry.get("channel_hash_ext") {
                assert_eq!(hex::encode(channel_hash(&term)), hash.as_str().unwrap(), "{entry}");
            }
        }
    }
    assert!(forms > 100, "{forms}");
    let mut forms = 0;
    for line in include_str!("../../../tests/data/oracle-programs.jsonl").lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Some(form) = entry["normal_form_hex"].as_str() {
            read_exactly(form);
            forms += 1;
        }
    }
    assert!(forms > 100, "{forms}");
}

/// Reads a normal form, and checks that it is written as it was, in the canonical order that it is in, and that the
/// caches in it are the ones that our rules give.
fn read_exactly(form: &str) -> Term {
    let term = decode(&hex::decode(form).unwrap(), Limits::default()).unwrap();
    assert_eq!(hex::encode(encode(&term)), form);
    assert!(term.is_canonical(), "{form}");
    let derived = decode_term(&state_bytes(&term), Caches::Derived).unwrap();
    assert_eq!(hex::encode(encode(&derived)), form);
    term
}

/// Stands for a serialised random state.
const RANDOM: [u8; 4] = [7; 4];

#[test]
fn stored_rows_round_trip() {
    let data = [single_int(1), Term::single(Term::string("x"))];
    let data = ListParWithRandom { pars: Cow::Borrowed(&data), random: Cow::Borrowed(&RANDOM) };
    let source = Produce::new(channel_hash(&single_int(0)), &data, true);
    let datum = Datum { data, persistent: true, source };
    assert_eq!(decode_datum(&datum.to_bytes(), Caches::Derived).unwrap(), datum);

    let variable = |level| Term::single(Term::var(Var::Free(level), 1));
    let patterns = [variable(0)];
    let body = Term::single(Term::send(Term::single(Term::var(Var::Bound(0), 0)), vec![Term::nil()], false));
    let bind = BindPattern { patterns: Cow::Borrowed(&patterns), remainder: Some(Var::Wildcard), free_count: 1 };
    for body in [ContinuationBody::Process { body, random: Cow::Borrowed(&RANDOM) }, ContinuationBody::System(-3)] {
        for guard in [None, Some(Term::single(Term::bool(true)))] {
            let continuation = TaggedContinuation { guard, body: body.clone() };
            let hashes = vec![channel_hash(&single_int(2)), channel_hash(&single_int(1))];
            let patterns = vec![bind.clone(), bind.clone()];
            let source = Consume::new(hashes, &patterns, &continuation, true);
            let waiting = WaitingContinuation { patterns, continuation, persistent: true, peeks: vec![0, 1], source };
            let back = decode_continuation(&waiting.to_bytes(), Caches::Derived).unwrap();
            assert_eq!(back, waiting);
            let (ContinuationBody::Process { body: a, .. }, ContinuationBody::Process { body: b, .. }) =
                (&back.continuation.body, &waiting.continuation.body)
            else {
                continue;
            };
            assert!(identical(a, b));
        }
    }

    let join = [single_int(3), Term::nil(), Term::single(Term::private(vec![1; 32]))];
    assert_eq!(decode_join(&join_bytes(&join), Caches::Derived).unwrap(), join);
    let leaf = leaf_bytes(vec![vec![2], vec![1, 5], vec![]]);
    assert_eq!(decode_leaf(&leaf).unwrap(), [vec![], vec![1, 5], vec![2]]);
    assert_ne!(leaf_hash(&leaf), leaf_hash(&[]));
    let mut longer = leaf.clone();
    longer.push(0);
    assert_eq!(decode_leaf(&longer).unwrap_err().kind, rhodium_term::proto::DecodeErrorKind::Trailing);
}
