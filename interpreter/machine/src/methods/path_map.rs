//! Methods of path maps and zippers (language.md 6.3).
//!
//! Path maps are kept as written, so every operation looks at all elements: the network's values have no index either.

use std::collections::{BTreeMap, BTreeSet};

use rhodium_term::{Children, Head, Term, ZipperCursor};

use super::{Method, charge, collections::triple, index_arg, not_defined, not_defined_on, segment};
use crate::cost::{Charge, Meter, price};
use crate::error::Fault;
use crate::operators::{int_of, single};
use crate::value::Value;

/// Price of the methods that have no other.
const STEP: i64 = price::LOOKUP;

/// Segment encodings of a path.
type Path = Vec<Vec<u8>>;

/// A path map, or a zipper over one.
pub(super) struct Receiver<'a> {
    node: &'a Term,
    cursor: Option<&'a ZipperCursor>,
}

impl<'a> Receiver<'a> {
    /// The path map or zipper that a value is.
    pub(super) fn of(value: &'a Value) -> Option<Receiver<'a>> {
        let Value::Term(par) = value else { return None };
        let item = par.single_item()?;
        match item.head() {
            Head::PathMap { .. } => Some(Receiver { node: item, cursor: None }),
            Head::Zipper(cursor) => Some(Receiver { node: item.children().first()?, cursor: Some(cursor) }),
            _ => None,
        }
    }

    fn elements(&self) -> &'a [Term] {
        self.node.children()
    }

    fn path(&self) -> &'a [Vec<u8>] {
        self.cursor.map_or(&[], |cursor| &cursor.path)
    }

    fn moved(&self, path: Path) -> Value {
        let write = self.cursor.is_some_and(|cursor| cursor.write);
        zipper(self.node, path, write)
    }

    /// The elements and their paths.
    fn located(&self) -> Result<Vec<(Path, &'a Term)>, Fault> {
        self.elements().iter().map(|element| Ok((path_of(element)?, element))).collect()
    }
}

fn zipper(node: &Term, path: Path, write: bool) -> Value {
    Value::item(Term::zipper(node.clone(), ZipperCursor { path, write }))
}

fn path_map(elements: Vec<Term>) -> Value {
    Value::item(Term::path_map(elements, None))
}

/// The segments of an element or of a path argument: those of a list, or the process itself.
fn segments(par: &Term) -> Vec<&Term> {
    match par.single_item().map(|item| (item.head(), item)) {
        Some((Head::List { .. }, item)) => item.children().iter().collect(),
        _ => vec![par],
    }
}

fn path_of(par: &Term) -> Result<Path, Fault> {
    segments(par).into_iter().map(segment::encode).collect()
}

/// The bytes that order paths. Encodings of segments tell where they end, so one path begins with another exactly if
/// its key does.
fn key(path: &[Vec<u8>]) -> Vec<u8> {
    let mut key = Vec::with_capacity(path.iter().map(|s| s.len() + 1).sum());
    for segment in path {
        key.extend_from_slice(segment);
        key.push(0xFF);
    }
    key
}

/// The elements in trie order, one for a path.
type Trie = BTreeMap<Vec<u8>, Term>;

fn trie(elements: &[Term]) -> Result<Trie, Fault> {
    elements.iter().map(|element| Ok((key(&path_of(element)?), element.clone()))).collect()
}

fn rebuilt(trie: Trie) -> Value {
    path_map(trie.into_values().collect())
}

/// Calls a method on a path map or zipper.
pub(super) fn call(
    method: Method,
    receiver: &Receiver<'_>,
    target: &Value,
    args: &[Value],
    meter: &mut Meter,
) -> Result<Value, Fault> {
    let result = if receiver.cursor.is_some() {
        on_zipper(method, receiver, target, args, meter)?
    } else {
        on_path_map(method, receiver, target, args, meter)?
    };
    match result {
        Some(result) => Ok(result),
        None => on_either(method, receiver, target, args, meter),
    }
}

fn on_path_map(
    method: Method,
    receiver: &Receiver<'_>,
    target: &Value,
    args: &[Value],
    meter: &mut Meter,
) -> Result<Option<Value>, Fault> {
    match method {
        Method::Union | Method::Diff | Method::Intersection | Method::Restriction => {
            return algebra(method, receiver, target, &args[0], meter).map(Some);
        }
        Method::DropHead => return drop_head(receiver, &args[0], meter).map(Some),
        Method::Run
        | Method::ReadZipper
        | Method::WriteZipper
        | Method::ReadZipperAt
        | Method::WriteZipperAt
        | Method::RemoveLeaf
        | Method::RemoveBranches => {}
        _ => return Ok(None),
    }
    charge(meter, STEP)?;
    let start = || args.first().map_or(Ok(Path::new()), |path| path_of(&path.to_term()));
    Ok(Some(match method {
        Method::Run => target.clone(),
        Method::ReadZipper | Method::ReadZipperAt => zipper(receiver.node, start()?, false),
        Method::WriteZipper | Method::WriteZipperAt => zipper(receiver.node, start()?, true),
        Method::RemoveLeaf => path_map(receiver.elements().split_last().map_or(&[][..], |(_, rest)| rest).to_vec()),
        _ => path_map(Vec::new()),
    }))
}

/// The argument that must be a path map (or, if allowed, a zipper).
fn other<'a>(method: Method, target: &Value, arg: &'a Value, zippers: bool) -> Result<Receiver<'a>, Fault> {
    single(arg)?;
    let other = Receiver::of(arg).filter(|other| zippers || other.cursor.is_none());
    other.ok_or_else(|| not_defined(method, target))
}

fn algebra(
    method: Method,
    receiver: &Receiver<'_>,
    target: &Value,
    arg: &Value,
    meter: &mut Meter,
) -> Result<Value, Fault> {
    let other = other(method, target, arg, false)?;
    meter.charge_size(triple(other.elements().len()), Charge::Method)?;
    let mut left = trie(receiver.elements())?;
    let right = trie(other.elements())?;
    match method {
        Method::Union => right.into_iter().for_each(|(key, element)| {
            left.entry(key).or_insert(element);
        }),
        Method::Diff => left.retain(|key, _| !right.contains_key(key)),
        Method::Intersection => left.retain(|key, _| right.contains_key(key)),
        _ => restrict(&mut left, &right),
    }
    Ok(rebuilt(left))
}

/// Keeps the paths that begin with a path of `right`.
fn restrict(left: &mut Trie, right: &Trie) {
    // Of the right paths only those matter that begin with no other one; then the nearest smaller one is the only
    // candidate for a path.
    let mut shortest: Vec<&[u8]> = Vec::new();
    for key in right.keys() {
        if !shortest.last().is_some_and(|prefix| key.starts_with(prefix)) {
            shortest.push(key);
        }
    }
    left.retain(|key, _| {
        let below = shortest.partition_point(|prefix| *prefix <= key.as_slice());
        below > 0 && key.starts_with(shortest[below - 1])
    });
}

fn drop_head(receiver: &Receiver<'_>, arg: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    let count = int_of(arg)?;
    let Ok(dropped) = usize::try_from(count) else {
        return Err(Fault::reduce(format!("dropHead argument must be non-negative, got: {count}")));
    };
    charge(meter, count.saturating_mul(3))?;
    let shorten = |element: &Term| match element.single_item().map(|item| (item.head(), item.children())) {
        Some((Head::List { .. }, items)) => {
            let rest = items.get(dropped..).filter(|rest| !rest.is_empty())?;
            Some(Term::single(Term::list(rest.to_vec(), None)))
        }
        _ => (dropped == 0).then(|| element.clone()),
    };
    Ok(path_map(receiver.elements().iter().filter_map(shorten).collect()))
}

fn on_zipper(
    method: Method,
    receiver: &Receiver<'_>,
    target: &Value,
    args: &[Value],
    meter: &mut Meter,
) -> Result<Option<Value>, Fault> {
    match method {
        Method::DescendTo
        | Method::DescendFirst
        | Method::DescendIndexedBranch
        | Method::ToNextSibling
        | Method::ToPrevSibling
        | Method::AscendOne
        | Method::Ascend
        | Method::Reset => navigate(method, receiver, target, args, meter).map(Some),
        Method::SetSubtrie | Method::RemoveLeaf | Method::RemoveBranches | Method::PrunePath | Method::CreatePath => {
            edit(method, receiver, target, args, meter).map(Some)
        }
        _ => Ok(None),
    }
}

/// The distinct segments that follow a path, in byte order.
fn children(receiver: &Receiver<'_>, path: &[Vec<u8>]) -> Result<BTreeSet<Vec<u8>>, Fault> {
    let located = receiver.located()?;
    let below = located.into_iter().filter(|(p, _)| p.starts_with(path));
    Ok(below.filter_map(|(mut p, _)| (p.len() > path.len()).then(|| p.swap_remove(path.len()))).collect())
}

fn navigate(
    method: Method,
    receiver: &Receiver<'_>,
    target: &Value,
    args: &[Value],
    meter: &mut Meter,
) -> Result<Value, Fault> {
    charge(meter, STEP)?;
    let path = receiver.path();
    let below = |segment: Option<&Vec<u8>>| match segment {
        Some(segment) => receiver.moved([path, std::slice::from_ref(segment)].concat()),
        None => Value::Nil,
    };
    Ok(match method {
        Method::DescendTo => receiver.moved([path, &path_of(&args[0].to_term())?].concat()),
        Method::DescendFirst => below(children(receiver, path)?.first()),
        Method::DescendIndexedBranch => {
            let index = usize::try_from(index_arg(&args[0])?).ok();
            below(
                index
                    .and_then(|i| children(receiver, path).map(|c| c.into_iter().nth(i)).transpose())
                    .transpose()?
                    .as_ref(),
            )
        }
        Method::ToNextSibling | Method::ToPrevSibling => sibling(receiver, method == Method::ToNextSibling)?,
        Method::AscendOne => match path.split_last() {
            Some((_, parent)) => receiver.moved(parent.to_vec()),
            None => Value::Nil,
        },
        Method::Ascend => {
            let Value::Int(levels @ 0..) = args[0] else { return Err(not_defined(method, target)) };
            let levels = usize::try_from(levels).unwrap_or(usize::MAX);
            receiver.moved(path[..path.len().saturating_sub(levels)].to_vec())
        }
        _ => receiver.moved(Path::new()),
    })
}

fn sibling(receiver: &Receiver<'_>, next: bool) -> Result<Value, Fault> {
    let Some((last, parent)) = receiver.path().split_last() else { return Ok(Value::Nil) };
    let around = children(receiver, parent)?;
    let found = if next {
        around.range::<Vec<u8>, _>((std::ops::Bound::Excluded(last), std::ops::Bound::Unbounded)).next()
    } else {
        around.range::<Vec<u8>, _>(..last).next_back()
    };
    Ok(found.map_or(Value::Nil, |segment| receiver.moved([parent, std::slice::from_ref(segment)].concat())))
}

/// Zipper methods that yield a changed path map.
fn edit(
    method: Method,
    receiver: &Receiver<'_>,
    target: &Value,
    args: &[Value],
    meter: &mut Meter,
) -> Result<Value, Fault> {
    let needs_write = matches!(method, Method::SetSubtrie | Method::PrunePath | Method::CreatePath);
    if needs_write && !receiver.cursor.is_some_and(|cursor| cursor.write) {
        let text = format!("{} (requires write zipper)", method.name());
        return Err(not_defined_on(&text, &target.type_name()));
    }
    charge(meter, STEP)?;
    if method == Method::CreatePath {
        return Ok(Value::item(receiver.node.clone()));
    }
    let current = key(receiver.path());
    let mut elements = trie(receiver.elements())?;
    match method {
        Method::RemoveLeaf => {
            elements.remove(&current);
        }
        Method::RemoveBranches => elements.retain(|key, _| *key == current || !key.starts_with(&current)),
        Method::PrunePath => elements.retain(|key, _| !key.starts_with(&current)),
        _ => {
            let other = other(method, target, &args[0], false)?;
            elements.retain(|key, _| !key.starts_with(&current));
            for element in subtrie_elements(receiver.path(), other.elements())? {
                elements.insert(key(&path_of(&element)?), element);
            }
        }
    }
    Ok(rebuilt(elements))
}

/// Elements prefixed by a path; the path itself if there are none.
fn subtrie_elements(path: &[Vec<u8>], elements: &[Term]) -> Result<Vec<Term>, Fault> {
    if path.is_empty() && !elements.is_empty() {
        return Ok(elements.to_vec());
    }
    let prefix: Vec<Term> = path.iter().map(|s| segment::decode(s)).collect::<Result<_, _>>()?;
    if elements.is_empty() {
        return Ok(vec![Term::single(Term::list(prefix, None))]);
    }
    let prefixed = |element: &Term| {
        let items: Children = prefix.iter().chain(segments(element)).cloned().collect();
        Term::single(Term::list(items, None))
    };
    Ok(elements.iter().map(prefixed).collect())
}

/// Methods that path maps (as if at the root) and zippers share.
fn on_either(
    method: Method,
    receiver: &Receiver<'_>,
    target: &Value,
    args: &[Value],
    meter: &mut Meter,
) -> Result<Value, Fault> {
    match method {
        Method::Graft | Method::JoinInto => return merge(method, receiver, target, &args[0], meter),
        Method::GetLeaf
        | Method::GetSubtrie
        | Method::AtPath
        | Method::PathExists
        | Method::ChildCount
        | Method::SetLeaf => charge(meter, STEP)?,
        Method::Nth => {
            return Err(Fault::reduce("Error: nth applied to something that wasn't a list or tuple."));
        }
        _ => return Err(not_defined(method, target)),
    }
    let path = receiver.path();
    Ok(match method {
        Method::GetLeaf => leaf(receiver, path)?,
        Method::AtPath => leaf(receiver, &[path, &path_of(&args[0].to_term())?].concat())?,
        Method::SetLeaf => {
            let mut elements = receiver.elements().to_vec();
            elements.push(args[0].to_term());
            path_map(elements)
        }
        Method::GetSubtrie if receiver.cursor.is_none() => target.clone(),
        Method::GetSubtrie => {
            let below = receiver.located()?.into_iter().filter(|(p, _)| p.starts_with(path));
            path_map(below.map(|(_, element)| element.clone()).collect())
        }
        Method::PathExists => Value::Bool(receiver.located()?.iter().any(|(p, _)| p.starts_with(path))),
        _ => Value::Int(children(receiver, path)?.len() as i64),
    })
}

/// The element stored at exactly this path; of several the last one.
fn leaf(receiver: &Receiver<'_>, path: &[Vec<u8>]) -> Result<Value, Fault> {
    let located = receiver.located()?;
    let found = located.iter().rev().find(|(p, _)| p == path);
    Ok(found.map_or(Value::Nil, |(_, element)| Value::from_term(element)))
}

fn merge(
    method: Method,
    receiver: &Receiver<'_>,
    target: &Value,
    arg: &Value,
    meter: &mut Meter,
) -> Result<Value, Fault> {
    let other = other(method, target, arg, true)?;
    if method == Method::Graft {
        charge(meter, STEP)?;
        return Ok(path_map([receiver.elements(), other.elements()].concat()));
    }
    meter.charge_size(triple(other.elements().len()), Charge::Method)?;
    let mut elements = trie(receiver.elements())?;
    for (key, element) in trie(other.elements())? {
        elements.entry(key).or_insert(element);
    }
    Ok(rebuilt(elements))
}
