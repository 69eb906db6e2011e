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
pub(crate) fn append(a: &List, b: &List, meter: &Meter) -> Result<Value, Fault> {
    let mut result;
    if b.items.len() <= a.items.len() {
        result = a.clone();
        meter.each(&b.items, |item| result.push(item.clone()))?;
    } else {
        result = b.clone();
        meter.each(a.items.iter().rev(), |item| result.push_front(item.clone()))?;
    }
    Ok(Value::from_list(result))
}

/// Elements `from..to`, which lie inside the list.
fn section(list: &List, from: usize, to: usize, meter: &Meter) -> Result<Value, Fault> {
    let length = list.items.len();
    if to - from <= length / 2 {
        return list_of(list.items.iter().skip(from).take(to - from).cloned(), meter);
    }
    let mut result = list.clone();
    meter.each(to..length, |_| result.pop_back())?;
    meter.each(0..from, |_| result.pop_front())?;
    Ok(Value::from_list(result))
}

/// An index moved into `0..=length`.
pub(super) fn clamp(index: i64, length: usize) -> usize {
    usize::try_from(index).unwrap_or(0).min(length)
}

/// `slice` of a list.
pub(super) fn slice(list: &List, from: i64, to: i64, meter: &Meter) -> Result<Value, Fault> {
    let to = clamp(to, list.items.len());
    section(list, clamp(from, to), to, meter)
}

/// Union of two sets, in time of the smaller one.
pub(crate) fn set_union(a: &Set, b: &Set, meter: &Meter) -> Result<Value, Fault> {
    let (small, large) = if a.items.len() < b.items.len() { (a, b) } else { (b, a) };
    let mut result = large.clone();
    meter.each(&small.items, |item| result.insert(item.clone()))?;
    Ok(Value::from_set(result))
}

/// Union of two maps, in time of the smaller one; the entries of `b` win.
pub(crate) fn map_union(a: &Map, b: &Map, meter: &Meter) -> Result<Value, Fault> {
    let mut result;
    if b.entries.len() <= a.entries.len() {
        result = a.clone();
        meter.each(&b.entries, |(key, value)| result.insert(key.clone(), value.clone()))?;
    } else {
        result = b.clone();
        meter.each(&a.entries, |(key, value)| {
            if !b.entries.contains_key(key) {
                result.insert(key.clone(), value.clone());
            }
        })?;
    }
    Ok(Value::from_map(result))
}

/// Elements of `a` that are not in `b`, in time of the smaller one.
pub(crate) fn set_diff(a: &Set, b: &Set, meter: &Meter) -> Result<Value, Fault> {
    let mut result = a.clone();
    if b.items.len() <= a.items.len() {
        meter.each(&b.items, |item| result.remove(item))?;
    } else {
        meter.each(&a.items, |item| {
            if b.items.contains(item) {
                result.remove(item);
            }
        })?;
    }
    Ok(Value::from_set(result))
}

fn map_diff(a: &Map, b: &Map, meter: &Meter) -> Result<Value, Fault> {
    let mut result = a.clone();
    if b.entries.len() <= a.entries.len() {
        meter.each(b.entries.keys(), |key| result.remove(key))?;
    } else {
        meter.each(a.entries.keys(), |key| {
            if b.entries.contains_key(key) {
                result.remove(key);
            }
        })?;
    }
    Ok(Value::from_map(result))
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
    slice(&list, 0, count, meter)
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
        return if method == Method::Union { set_union(&a, &b, meter) } else { set_diff(&a, &b, meter) };
    }
    if let (Some(a), Some(b)) = (view::map(target), view::map(other)) {
        meter.charge_size(triple(b.entries.len()), Charge::Method)?;
        return if method == Method::Union { map_union(&a, &b, meter) } else { map_diff(&a, &b, meter) };
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
    set_of(map.entries.keys().cloned(), meter)
}

fn list_of(items: impl Iterator<Item = Value>, meter: &Meter) -> Result<Value, Fault> {
    let mut list = List::default();
    meter.each(items, |item| list.push(item))?;
    Ok(Value::from_list(list))
}

fn set_of(items: impl Iterator<Item = Value>, meter: &Meter) -> Result<Value, Fault> {
    let mut set = Set::default();
    meter.each(items, |item| set.insert(item))?;
    Ok(Value::from_set(set))
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
        return list_of(set.items.iter().cloned(), meter);
    }
    if let Some(map) = view::map(target) {
        charge(meter, map.entries.len() as i64)?;
        return list_of(pairs(&map), meter);
    }
    let tuple = view::tuple(target).ok_or_else(|| not_defined(Method::ToList, target))?;
    charge(meter, tuple.items.len() as i64)?;
    list_of(tuple.items.iter().cloned(), meter)
}

/// `toSet`.
pub(super) fn to_set(target: &Value, meter: &Meter) -> Result<Value, Fault> {
    if view::set(target).is_some() {
        return Ok(target.clone());
    }
    if let Some(list) = view::list(target) {
        return set_of(list.items.iter().cloned(), meter);
    }
    let map = view::map(target).ok_or_else(|| not_defined(Method::ToSet, target))?;
    set_of(pairs(&map), meter)
}

/// `toMap`.
pub(super) fn to_map(target: &Value, meter: &Meter) -> Result<Value, Fault> {
    if view::map(target).is_some() {
        return Ok(target.clone());
    }
    if let Some(list) = view::list(target) {
        return map_of(list.items.iter(), meter);
    }
    let set = view::set(target).ok_or_else(|| not_defined(Method::ToMap, target))?;
    map_of(set.items.iter(), meter)
}

fn map_of<'a>(items: impl Iterator<Item = &'a Value>, meter: &Meter) -> Result<Value, Fault> {
    let mut map = Map::default();
    for item in items {
        meter.look()?;
        match view::tuple(item).as_deref().map(|tuple| tuple.items.as_slice()) {
            Some([key, value]) => map.insert(key.clone(), value.clone()),
            _ => return Err(not_defined_on(Method::ToMap.name(), "types except List[(K,V)]")),
        }
    }
    Ok(Value::from_map(map))
}
