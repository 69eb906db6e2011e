//! Values, messages and receives that unit tests are written in.

use std::sync::{Arc, OnceLock};

use rhodium_random::Random;
use rhodium_term::{Origin, Term};
use smallvec::smallvec;

use crate::code::{BindPattern, Body};
use crate::space::{Continuation, Data, Datum};
use crate::value::{Set, Value};

pub(crate) fn s(text: &str) -> Value {
    Value::str(text)
}

pub(crate) fn i(n: i64) -> Value {
    Value::Int(n)
}

pub(crate) fn ints(items: &[i64]) -> Value {
    Value::list(items.iter().map(|n| i(*n)))
}

pub(crate) fn set(items: &[Value]) -> Value {
    let mut set = Set::default();
    items.iter().for_each(|v| set.insert(v.clone()));
    Value::from_set(set)
}

pub(crate) fn message(value: i64, persistent: bool) -> Arc<Datum> {
    let random = Box::new(Random::from_seed(&value.to_le_bytes()));
    Arc::new(Datum::new(smallvec![Value::Int(value)], random, persistent, Origin::default()))
}

/// A receive with a pattern per bind, and nothing in its body.
pub(crate) fn receive(patterns: &[Term], captured: Data, persistent: bool) -> Arc<Continuation> {
    let pattern = |item: &Term| Arc::new(BindPattern::new(vec![Term::single(item.clone())], None, 0));
    Arc::new(Continuation {
        patterns: patterns.iter().map(pattern).collect(),
        body: Arc::new(Body::materialized(Term::nil(), None, 0)),
        captured,
        random: Box::new(Random::from_seed(&[])),
        persistent,
        peek: false,
        storage: 0,
        origin: Origin::default(),
        source: OnceLock::new(),
        digest: OnceLock::new(),
    })
}
