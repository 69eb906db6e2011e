//! Values that the unit tests of operators and methods are written in.

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
