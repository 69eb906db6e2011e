//! What is said of method calls that fail.

use super::Explanation;
use super::values::{Type, describe, listed};
use crate::error::{Code, RunError};
use crate::methods::{Method, view};
use crate::value::Value;

/// Names of up to so many letters are short.
const SHORT_NAME: usize = 5;
/// Longer names are cut; no method has one.
const MAX_NAME: usize = 64;

/// What is wrong with a call; `None` if the error's own message says it best.
pub(super) fn explain(name: &str, target: &Value, args: &[Value], error: &RunError) -> Option<Explanation> {
    let Some(method) = Method::from_name(name) else { return Some(unknown(name, target)) };
    match error.code {
        Code::ArgumentCount => Some(count(method, args.len(), target)),
        Code::Index => Some(outside(method, target, args)),
        Code::Overflow if method == Method::ToInt => Some(Explanation::new(
            format!("{} does not fit an integer of 64 bits", describe(target)),
            Some("keep it a big integer"),
        )),
        Code::Overflow => Some(Explanation::new(
            format!("an argument of `{name}` is too large: it must fit 32 bits"),
            Some("no collection is so long"),
        )),
        Code::Conversion => Some(no_number(method, target)),
        _ if !method.is_defined_on(Type::of(target)) => Some(wrong_receiver(method, target)),
        _ => wrong_argument(method, target, args),
    }
}

fn unknown(name: &str, target: &Value) -> Explanation {
    let kind = Type::of(target);
    let here = || Method::ALL.iter().copied().filter(|method| method.is_defined_on(kind));
    let hint = match nearest(name, here()).or_else(|| nearest(name, Method::ALL.iter().copied())) {
        Some(near) => format!("did you mean `{}`?", near.name()),
        None => format!("{} has {}", kind.one(), names(here())),
    };
    let reason = format!("there is no method `{}`; here it is called on {}", short(name), describe(target));
    Explanation { reason, hint: Some(hint) }
}

fn short(name: &str) -> String {
    name.chars().take(MAX_NAME).collect()
}

fn names(methods: impl Iterator<Item = Method>) -> String {
    let names: Vec<String> = methods.map(|method| format!("`{}`", method.name())).collect();
    listed(&names, "and")
}

/// The method that is probably meant. In a short name anything is near anything, so it must begin alike.
fn nearest(name: &str, methods: impl Iterator<Item = Method>) -> Option<Method> {
    let initial = |name: &str| name.chars().next().map(|c| c.to_ascii_lowercase());
    let alike = |method: &&str| name.len() > SHORT_NAME || initial(method) == initial(name);
    rhodium_registry::nearest(name, methods.map(Method::name).filter(alike)).and_then(Method::from_name)
}

/// How a method is called: `list.nth(index)`.
fn signature(method: Method, target: Type) -> String {
    let receiver = match target {
        Type::Text => "string",
        Type::Bytes => "bytes",
        Type::Integer => "integer",
        Type::PathMap => "pathMap",
        Type::ReadZipper | Type::WriteZipper => "zipper",
        Type::List | Type::Tuple | Type::Set | Type::Map => target.name(),
        _ => "value",
    };
    format!("{receiver}.{}({})", method.name(), method.parameters().join(", "))
}

fn count(method: Method, given: usize, target: &Value) -> Explanation {
    let takes = match method.arity() {
        0 => "no argument".to_owned(),
        1 => "one argument".to_owned(),
        n => format!("{n} arguments"),
    };
    let given = match given {
        0 => "none is given".to_owned(),
        1 => "one is given".to_owned(),
        n => format!("{n} are given"),
    };
    let hint = format!("it is called as `{}`", signature(method, Type::of(target)));
    Explanation { reason: format!("`{}` takes {takes}, and {given}", method.name()), hint: Some(hint) }
}

fn outside(method: Method, target: &Value, args: &[Value]) -> Explanation {
    let length = match target {
        Value::Bytes(bytes) => bytes.len(),
        _ => view::list(target)
            .map(|list| list.items.len())
            .or_else(|| view::tuple(target).map(|tuple| tuple.items.len()))
            .unwrap_or_default(),
    };
    let name = Type::of(target).name();
    let unit = if Type::of(target) == Type::Bytes { "byte" } else { "element" };
    let plural = if length == 1 { "" } else { "s" };
    // `slice` may end where the bytes end.
    let last = if method == Method::Slice { Some(length) } else { length.checked_sub(1) };
    let fits = |value: &&Value| match value {
        Value::Int(index) => usize::try_from(*index).is_ok_and(|i| last.is_some_and(|last| i <= last)),
        _ => true,
    };
    let index = args.iter().find(|value| !fits(value)).map(describe).unwrap_or_default();
    let index = index.strip_prefix("the integer ").unwrap_or(&index).to_owned();
    let (reason, hint) = match last {
        None => (format!("index {index} is outside of the {name}, which is empty"), "test its length first".to_owned()),
        Some(last) => (
            format!("index {index} is outside of the {name}, which has {length} {unit}{plural}"),
            if last == 0 { "its only index is 0".to_owned() } else { format!("indexes go from 0 to {last}") },
        ),
    };
    Explanation { reason, hint: Some(hint) }
}

fn no_number(method: Method, target: &Value) -> Explanation {
    let what = if method == Method::ToInt { "an integer of 64 bits" } else { "an integer" };
    Explanation::new(
        format!("`{}` cannot read {} as {what}", method.name(), describe(target)),
        Some("digits alone are read, with a sign in front if need be"),
    )
}

fn wrong_receiver(method: Method, target: &Value) -> Explanation {
    let kind = Type::of(target);
    let reason =
        format!("`{}` is not defined on {}; here it is called on {}", method.name(), kind.plural(), describe(target));
    let reason = if kind == Type::Nil { format!("`{}` is not defined on Nil", method.name()) } else { reason };
    let hint = match instead(method, kind) {
        Some(hint) => hint.to_owned(),
        None => {
            let kinds: Vec<String> = method.receivers().iter().map(|kind| kind.plural()).collect();
            format!("it works on {}", listed(&kinds, "and"))
        }
    };
    Explanation { reason, hint: Some(hint) }
}

/// What does on this type what the method does on others.
fn instead(method: Method, kind: Type) -> Option<&'static str> {
    Some(match (method, kind) {
        (_, Type::Nil) => "Nil is what `get` gives for a key that is not there: `getOrElse` takes a default",
        (_, Type::Process) => "a value is needed; what a process sends cannot be its value",
        (Method::Size, Type::Text | Type::Bytes | Type::List) => "use `length`",
        (Method::Length, Type::Set | Type::Map) => "use `size`",
        (Method::Length | Method::Size, Type::Tuple) => "use `toList().length()`",
        (Method::Nth, Type::Text) => "use `slice(i, i + 1)`",
        (Method::Nth, Type::Set) => "sets have no positions; `toList()` makes a list of one",
        (Method::Nth, Type::Map) => "use `get(key)`",
        (Method::Get | Method::GetOrElse, Type::List | Type::Tuple) => "use `nth(index)`",
        (Method::Get | Method::GetOrElse, Type::Set) => "use `contains(element)`",
        (Method::Set, Type::Set) => "use `add(element)`",
        (Method::Add, Type::Map) => "use `set(key, value)`",
        (Method::Add, Type::List) => "use `list ++ [element]`",
        (Method::Contains, Type::List) => "use `toSet().contains(element)`",
        (Method::Take, Type::Text | Type::Bytes) => "use `slice(0, n)`",
        (Method::Union, Type::List) => "use `++`",
        (Method::ToString, _) => "use `\"${x}\" %% {\"x\": value}`",
        (Method::HexToBytes, Type::Bytes) => "it is a byte array already",
        (Method::ToUtf8Bytes, Type::Bytes) => "it is a byte array already",
        (Method::BytesToHex, Type::Text) => "use `toUtf8Bytes().bytesToHex()`",
        (Method::SetSubtrie | Method::PrunePath | Method::CreatePath, Type::ReadZipper) => {
            "it needs a write zipper: `writeZipper()` or `writeZipperAt(path)`"
        }
        (_, Type::PathMap) if method.is_defined_on(Type::WriteZipper) => {
            "it works on zippers: `readZipper()` and `writeZipper()` make one"
        }
        _ => return None,
    })
}

/// The receiver fits, so an argument does not.
fn wrong_argument(method: Method, target: &Value, args: &[Value]) -> Option<Explanation> {
    let kind = Type::of(target);
    let needs_integers = matches!(
        method,
        Method::Nth | Method::Slice | Method::Take | Method::DescendIndexedBranch | Method::DropHead | Method::Ascend
    );
    if needs_integers && let Some((at, wrong)) = args.iter().enumerate().find(|(_, v)| Type::of(v) != Type::Integer) {
        let parameter = method.parameters().get(at).copied().unwrap_or_default();
        return Some(argument(method, parameter, "an integer", wrong, kind));
    }
    if matches!(method, Method::Ascend | Method::DropHead) {
        let parameter = method.parameters().first().copied().unwrap_or_default();
        return Some(argument(method, parameter, "0 or greater", args.first()?, kind));
    }
    if method == Method::ToMap {
        let items: Vec<Value> = match (view::list(target), view::set(target)) {
            (Some(list), _) => list.items.iter().cloned().collect(),
            (_, Some(set)) => set.items.iter().cloned().collect(),
            _ => return None,
        };
        let is_pair = |item: &Value| view::tuple(item).is_some_and(|tuple| tuple.items.len() == 2);
        let wrong = items.iter().find(|item| !is_pair(item))?;
        return Some(Explanation::new(
            format!("`toMap` needs pairs as elements; one element is {}", describe(wrong)),
            Some("a pair is a tuple `(key, value)`"),
        ));
    }
    let other = match (method, kind) {
        (Method::Union | Method::Diff, Type::Set) => "a set",
        (Method::Union | Method::Diff, Type::Map) => "a map",
        (Method::Union | Method::Diff | Method::Intersection | Method::Restriction | Method::SetSubtrie, _) => {
            "a path map"
        }
        (Method::Graft | Method::JoinInto, _) => "a path map or zipper",
        _ => return None,
    };
    let parameter = method.parameters().first().copied().unwrap_or_default();
    Some(argument(method, parameter, other, args.first()?, kind))
}

fn argument(method: Method, parameter: &str, needed: &str, given: &Value, target: Type) -> Explanation {
    Explanation {
        reason: format!(
            "the argument `{parameter}` of `{}` must be {needed}; here it is {}",
            method.name(),
            describe(given)
        ),
        hint: Some(format!("it is called as `{}`", signature(method, target))),
    }
}
