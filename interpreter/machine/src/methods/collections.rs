//! Methods of lists, tuples, sets and maps (language.md 6.1, runtime.md 4.8).

use super::{Method, charge, index_arg, not_defined, not_defined_on, view};
use crate::cost::{Charge, Meter, price};
use crate::error::Fault;
use crate::operators::single;
use crate::value::{List, Map, Set, Value};

/// Three times a number of elements.
pub(crate) fn triple(count: usize) -> u64 {
    3_u64.saturating_mul(count as u64)
}

/// Elements of `a` and then those of `b`.
pub(crate) fn append(a: &List, b: &List) -> Value {
    let result = if b.items.len() <= a.items.len() {
        let mut result = a.clone();
        b.items.iter().for_each(|item| result.push(item.clone()));
        result
    } else {
        let mut result = b.clone();
        a.items.iter().rev().for_each(|item| result.push_front(item.clone()));
        result
    };
    Value::from_list(result)
}

/// Elements `from..to`, which lie inside the list.
fn section(list: &List, from: usize, to: usize) -> Value {
    let length = list.items.len();
    if to - from <= length / 2 {
        return Value::list(list.items.iter().skip(from).take(to - from).cloned());
    }
    let mut result = list.clone();
    (to..length).for_each(|_| result.pop_back());
    (0..from).for_each(|_| result.pop_front());
    Value::from_list(result)
}

/// An index moved into `0..=length`.
pub(super) fn clamp(index: i64, length: usize) -> usize {
    usize::try_from(index).unwrap_or(0).min(length)
}

/// `slice` of a list.
pub(super) fn slice(list: &List, from: i64, to: i64) -> Value {
    let to = clamp(to, list.items.len());
    section(list, clamp(from, to), to)
}

/// Union of two sets, in time of the smaller one.
pub(crate) fn set_union(a: &Set, b: &Set) -> Value {
    let (small, large) = if a.items.len() < b.items.len() { (a, b) } else { (b, a) };
    let mut result = large.clone();
    small.items.iter().for_each(|item| result.insert(item.clone()));
    Value::from_set(result)
}

/// Union of two maps, in time of the smaller one; the entries of `b` win.
pub(crate) fn map_union(a: &Map, b: &Map) -> Value {
    let mut result;
    if b.entries.len() <= a.entries.len() {
        result = a.clone();
        b.entries.iter().for_each(|(key, value)| result.insert(key.clone(), value.clone()));
    } else {
        result = b.clone();
        for (key, value) in a.entries.iter().filter(|(key, _)| !b.entries.contains_key(*key)) {
            result.insert(key.clone(), value.clone());
        }
    }
    Value::from_map(result)
}

/// Elements of `a` that are not in `b`, in time of the smaller one.
pub(crate) fn set_diff(a: &Set, b: &Set) -> Value {
    let mut result = a.clone();
    if b.items.len() <= a.items.len() {
        b.items.iter().for_each(|item| result.remove(item));
    } else {
        a.items.iter().filter(|item| b.items.contains(*item)).for_each(|item| result.remove(item));
    }
    Value::from_set(result)
}

fn map_diff(a: &Map, b: &Map) -> Value {
    let mut result = a.clone();
    if b.entries.len() <= a.entries.len() {
        b.entries.keys().for_each(|key| result.remove(key));
    } else {
        a.entries.keys().filter(|key| b.entries.contains_key(*key)).for_each(|key| result.remove(key));
    }
    Value::from_map(result)
}

/// The set with an element more.
pub(crate) fn set_add(set: &Set, element: &Value) -> Value {
    let mut result = set.clone();
    result.insert(element.clone());
    Value::from_set(result)
}

/// The set or map without an element or key; `None` for other values.
pub(crate) fn delete(target: &Value, key: &Value) -> Option<Value> {
    if let Some(set) = view::set(target) {
        let mut result = (*set).clone();
        result.remove(key);
        return Some(Value::from_set(result));
    }
    let mut result = (*view::map(target)?).clone();
    result.remove(key);
    Some(Value::from_map(result))
}

/// `nth`.
pub(super) fn nth(target: &Value, args: &[Value], meter: &mut Meter) -> Result<Value, Fault> {
    let index = index_arg(&args[0])?;
    charge(meter, price::NTH)?;
    let at = usize::try_from(index).ok();
    let found = if let Value::Bytes(bytes) = target {
        at.and_then(|i| bytes.get(i)).map(|byte| Value::Int(i64::from(*byte)))
    } else if let Some(list) = view::list(target) {
        at.and_then(|i| list.items.get(i)).cloned()
    } else if let Some(tuple) = view::tuple(target) {
        at.and_then(|i| tuple.items.get(i)).cloned()
    } else {
        return Err(Fault::reduce("Error: nth applied to something that wasn't a list or tuple."));
    };
    found.ok_or_else(|| super::out_of_bound(index))
}

/// `take`.
pub(super) fn take(target: &Value, args: &[Value], meter: &mut Meter) -> Result<Value, Fault> {
    let count = index_arg(&args[0])?;
    let list = view::list(target).ok_or_else(|| not_defined(Method::Take, target))?;
    charge(meter, count)?;
    Ok(slice(&list, 0, count))
}

/// `size`.
pub(super) fn size(target: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    let count = if let Some(set) = view::set(target) {
        set.items.len()
    } else if let Some(map) = view::map(target) {
        map.entries.len()
    } else {
        return Err(not_defined(Method::Size, target));
    };
    charge(meter, count as i64)?;
    Ok(Value::Int(count as i64))
}

/// `union` and `diff` of sets and maps.
pub(super) fn combine(method: Method, target: &Value, args: &[Value], meter: &mut Meter) -> Result<Value, Fault> {
    let other = &args[0];
    single(other)?;
    if let (Some(a), Some(b)) = (view::set(target), view::set(other)) {
        meter.charge_size(triple(b.items.len()), Charge::Method)?;
        return Ok(if method == Method::Union { set_union(&a, &b) } else { set_diff(&a, &b) });
    }
    if let (Some(a), Some(b)) = (view::map(target), view::map(other)) {
        meter.charge_size(triple(b.entries.len()), Charge::Method)?;
        return Ok(if method == Method::Union { map_union(&a, &b) } else { map_diff(&a, &b) });
    }
    Err(not_defined(method, target))
}

/// `add`, `delete`, `contains`, `get`, `getOrElse`, `set`.
pub(super) fn keyed(method: Method, target: &Value, args: &[Value], meter: &mut Meter) -> Result<Value, Fault> {
    let undefined = || not_defined(method, target);
    let key = &args[0];
    let set = view::set(target);
    let map = view::map(target);
    match (method, &set, &map) {
        (Method::Add, Some(set), _) => {
            charge(meter, price::ADD)?;
            Ok(set_add(set, key))
        }
        (Method::Delete, Some(_), _) | (Method::Delete, _, Some(_)) => {
            charge(meter, price::REMOVE)?;
            delete(target, key).ok_or_else(undefined)
        }
        (Method::Contains, Some(set), _) => {
            charge(meter, price::LOOKUP)?;
            Ok(Value::Bool(set.items.contains(key)))
        }
        (Method::Contains, _, Some(map)) => {
            charge(meter, price::LOOKUP)?;
            Ok(Value::Bool(map.entries.contains_key(key)))
        }
        (Method::Get, _, Some(map)) => {
            charge(meter, price::LOOKUP)?;
            Ok(map.entries.get(key).cloned().unwrap_or(Value::Nil))
        }
        (Method::GetOrElse, _, Some(map)) => {
            charge(meter, price::LOOKUP)?;
            Ok(map.entries.get(key).unwrap_or(&args[1]).clone())
        }
        (Method::Set, _, Some(map)) => {
            charge(meter, price::ADD)?;
            let mut result = (**map).clone();
            result.insert(key.clone(), args[1].clone());
            Ok(Value::from_map(result))
        }
        _ => Err(undefined()),
    }
}

/// `keys`.
pub(super) fn keys(target: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    let map = view::map(target).ok_or_else(|| not_defined(Method::Keys, target))?;
    charge(meter, price::KEYS)?;
    Ok(set_of(map.entries.keys().cloned()))
}

fn set_of(items: impl Iterator<Item = Value>) -> Value {
    let mut set = Set::default();
    items.for_each(|item| set.insert(item));
    Value::from_set(set)
}

fn pairs(map: &Map) -> impl Iterator<Item = Value> + '_ {
    map.entries.iter().map(|(key, value)| Value::tuple(vec![key.clone(), value.clone()]))
}

/// `toList`.
pub(super) fn to_list(target: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    if view::list(target).is_some() {
        return Ok(target.clone());
    }
    if let Some(set) = view::set(target) {
        charge(meter, set.items.len() as i64)?;
        return Ok(Value::list(set.items.iter().cloned()));
    }
    if let Some(map) = view::map(target) {
        charge(meter, map.entries.len() as i64)?;
        return Ok(Value::list(pairs(&map)));
    }
    let tuple = view::tuple(target).ok_or_else(|| not_defined(Method::ToList, target))?;
    charge(meter, tuple.items.len() as i64)?;
    Ok(Value::list(tuple.items.iter().cloned()))
}

/// `toSet`.
pub(super) fn to_set(target: &Value) -> Result<Value, Fault> {
    if view::set(target).is_some() {
        return Ok(target.clone());
    }
    if let Some(list) = view::list(target) {
        return Ok(set_of(list.items.iter().cloned()));
    }
    let map = view::map(target).ok_or_else(|| not_defined(Method::ToSet, target))?;
    Ok(set_of(pairs(&map)))
}

/// `toMap`.
pub(super) fn to_map(target: &Value) -> Result<Value, Fault> {
    if view::map(target).is_some() {
        return Ok(target.clone());
    }
    if let Some(list) = view::list(target) {
        return map_of(list.items.iter());
    }
    let set = view::set(target).ok_or_else(|| not_defined(Method::ToMap, target))?;
    map_of(set.items.iter())
}

fn map_of<'a>(items: impl Iterator<Item = &'a Value>) -> Result<Value, Fault> {
    let mut map = Map::default();
    for item in items {
        match view::tuple(item).as_deref().map(|tuple| tuple.items.as_slice()) {
            Some([key, value]) => map.insert(key.clone(), value.clone()),
            _ => return Err(not_defined_on(Method::ToMap.name(), "types except List[(K,V)]")),
        }
    }
    Ok(Value::from_map(map))
}
