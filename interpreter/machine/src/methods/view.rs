//! Collections seen as persistent structures, whichever representation the value has.

use std::sync::Arc;

use rhodium_term::{Head, Term};

use crate::value::{List, Map, Set, Tuple, Value};

fn item(value: &Value) -> Option<&Term> {
    match value {
        Value::Term(par) => par.single_item(),
        _ => None,
    }
}

/// The list that a value is; a remainder is dropped.
pub(crate) fn list(value: &Value) -> Option<Arc<List>> {
    if let Value::List(list) = value {
        return Some(list.clone());
    }
    let item = item(value)?;
    matches!(item.head(), Head::List { .. }).then(|| {
        let mut list = List::default();
        item.children().iter().for_each(|child| list.push(Value::from_term(child)));
        Arc::new(list)
    })
}

/// The elements of the tuple that a value is.
pub(crate) fn tuple(value: &Value) -> Option<Arc<Tuple>> {
    if let Value::Tuple(tuple) = value {
        return Some(tuple.clone());
    }
    let item = item(value)?;
    matches!(item.head(), Head::Tuple).then(|| {
        let items = item.children().iter().map(Value::from_term).collect();
        Arc::new(Tuple { items, ..Tuple::default() })
    })
}

/// The set that a value is; a remainder is dropped.
pub(crate) fn set(value: &Value) -> Option<Arc<Set>> {
    if let Value::Set(set) = value {
        return Some(set.clone());
    }
    let item = item(value)?;
    matches!(item.head(), Head::Set { .. }).then(|| {
        let mut set = Set::default();
        item.children().iter().for_each(|child| set.insert(Value::from_term(child)));
        Arc::new(set)
    })
}

/// The map that a value is; a remainder is dropped.
pub(crate) fn map(value: &Value) -> Option<Arc<Map>> {
    if let Value::Map(map) = value {
        return Some(map.clone());
    }
    let item = item(value)?;
    matches!(item.head(), Head::Map { .. }).then(|| {
        let mut map = Map::default();
        item.entries().for_each(|(k, v)| map.insert(Value::from_term(k), Value::from_term(v)));
        Arc::new(map)
    })
}
