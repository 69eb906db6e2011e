//! Methods, as language.md 6.1 and runtime.md 4.8 write them.

use num_bigint::BigInt;
use rhodium_term::proto::encode;
use rhodium_term::{Category, Head, Term};

use crate::Result;
use crate::cost::{Meter, size};
use crate::evaluate::{Evaluator, key, one_expression};
use crate::numeric::big;
use crate::substitute::pairs;

/// Names and numbers of arguments.
const METHODS: [(&str, usize); 23] = [
    ("nth", 1),
    ("length", 0),
    ("size", 0),
    ("slice", 2),
    ("take", 1),
    ("toByteArray", 0),
    ("hexToBytes", 0),
    ("bytesToHex", 0),
    ("toUtf8Bytes", 0),
    ("toInt", 0),
    ("toBigInt", 0),
    ("union", 1),
    ("diff", 1),
    ("add", 1),
    ("delete", 1),
    ("contains", 1),
    ("get", 1),
    ("getOrElse", 2),
    ("set", 2),
    ("keys", 0),
    ("toList", 0),
    ("toSet", 0),
    ("toMap", 0),
];

/// Methods of path maps and deploy ids, which the model does not have.
const OTHERS: [&str; 34] = [
    "toString",
    "intersection",
    "restriction",
    "joinInto",
    "dropHead",
    "getLeaf",
    "getSubtrie",
    "setLeaf",
    "removeLeaf",
    "removeBranches",
    "prunePath",
    "run",
    "readZipper",
    "readZipperAt",
    "writeZipper",
    "writeZipperAt",
    "descendTo",
    "setSubtrie",
    "graft",
    "atPath",
    "pathExists",
    "createPath",
    "reset",
    "ascendOne",
    "ascend",
    "toNextSibling",
    "toPrevSibling",
    "descendFirst",
    "descendIndexedBranch",
    "childCount",
    "isEmpty",
    "leafCount",
    "getPath",
    "valCount",
];

/// Calls a method on evaluated values.
pub fn call(evaluator: &mut Evaluator<'_>, name: &str, target: &Term, arguments: &[Term]) -> Result<Term> {
    let Some((_, count)) = METHODS.iter().find(|(known, _)| *known == name) else {
        return Err(if OTHERS.contains(&name) { crate::NOT_MODELLED } else { "ReduceError" });
    };
    if *count != arguments.len() {
        return Err("MethodArgumentNumberMismatch");
    }
    if name == "toByteArray" {
        let value = evaluator.substitute(target, 0)?;
        evaluator.meter.charge(size(&value))?;
        return Ok(Term::single(Term::bytes(encode(&value))));
    }
    let target = evaluator.single(target)?;
    if matches!(target.head(), Head::PathMap { .. } | Head::Zipper(_)) {
        return Err(crate::NOT_MODELLED);
    }
    match (name, arguments) {
        // These give a process, not a single value.
        ("nth", [index]) => return nth(evaluator.meter, &target, index),
        ("get", [k]) => return get(evaluator.meter, &target, k, Term::nil()),
        ("getOrElse", [k, default]) => return get(evaluator.meter, &target, k, default.clone()),
        _ => {}
    }
    value_of(evaluator, name, &target, arguments).map(Term::single)
}

fn value_of(evaluator: &mut Evaluator<'_>, name: &str, target: &Term, arguments: &[Term]) -> Result<Term> {
    let meter = &mut *evaluator.meter;
    match (name, arguments) {
        ("length", []) => length(meter, target),
        ("size", []) => count(meter, target),
        ("slice", [from, to]) => slice(meter, target, int(from)?, int(to)?),
        ("take", [n]) => take(meter, target, int(n)?),
        ("hexToBytes" | "toUtf8Bytes" | "bytesToHex", []) => text(meter, name, target),
        ("toInt", []) => to_int(meter, target),
        ("toBigInt", []) => to_big_int(meter, target),
        ("union", [other]) => union(meter, target, &argument(evaluator_single(other)?, target)?),
        ("diff", [other]) => diff(meter, target, &argument(evaluator_single(other)?, target)?),
        ("add", [x]) => add(meter, target, x),
        ("delete", [x]) => delete(meter, target, x),
        ("contains", [x]) => contains(meter, target, x),
        ("set", [k, v]) => set(meter, target, k, v),
        ("keys", []) => keys(meter, target),
        ("toList", []) => to_list(meter, target),
        ("toSet", []) => to_set(target),
        ("toMap", []) => to_map(target),
        _ => unreachable!("the table has no other methods"),
    }
}

fn evaluator_single(par: &Term) -> Result<Term> {
    one_expression(par).cloned()
}

/// The other operand of `union` and `diff` must be of the same type.
fn argument(other: Term, target: &Term) -> Result<Term> {
    match (target.head(), other.head()) {
        (Head::Set { .. }, Head::Set { .. }) | (Head::Map { .. }, Head::Map { .. }) => Ok(other),
        _ => Err("MethodNotDefined"),
    }
}

fn int(par: &Term) -> Result<i64> {
    let value = match one_expression(par)?.head() {
        Head::Int(value) => *value,
        _ => return Err("ReduceError"),
    };
    i32::try_from(value).map(i64::from).map_err(|_| "ReduceError")
}

/// Elements, or for a map its keys and values.
pub fn common_entries(map: &Term) -> Vec<(Term, Term)> {
    pairs(map.children())
}

fn nth(meter: &mut Meter, target: &Term, index: &Term) -> Result<Term> {
    meter.charge(10)?;
    let index = int(index)?;
    let position = usize::try_from(index).map_err(|_| "ReduceError")?;
    let found = match target.head() {
        Head::List { .. } | Head::Tuple => target.children().get(position).cloned(),
        Head::Bytes(bytes) => bytes.get(position).map(|byte| Term::single(Term::int(i64::from(*byte)))),
        _ => None,
    };
    found.ok_or("ReduceError")
}

fn length(meter: &mut Meter, target: &Term) -> Result<Term> {
    let length = match target.head() {
        Head::Str(text) => text.encode_utf16().count(),
        Head::Bytes(bytes) => bytes.len(),
        Head::List { .. } => target.children().len(),
        _ => return Err("MethodNotDefined"),
    };
    meter.charge(10)?;
    Ok(Term::int(length as i64))
}

fn count(meter: &mut Meter, target: &Term) -> Result<Term> {
    let count = members(target)?;
    meter.charge(count)?;
    Ok(Term::int(count))
}

/// The number of elements of a set or map.
fn members(target: &Term) -> Result<i64> {
    match target.head() {
        Head::Set { .. } => Ok(target.children().len() as i64),
        Head::Map { .. } => Ok(target.children().len() as i64 / 2),
        _ => Err("MethodNotDefined"),
    }
}

/// The charge is the upper bound as it is given, even if it is negative (runtime.md B5, kept because costs depend on
/// it).
fn slice(meter: &mut Meter, target: &Term, from: i64, to: i64) -> Result<Term> {
    let clamped = |length: usize| {
        let end = to.clamp(0, length as i64) as usize;
        ((from.max(0) as usize).min(end), end)
    };
    match target.head() {
        Head::Str(text) => {
            meter.charge(to)?;
            let units: Vec<u16> = text.encode_utf16().collect();
            let (from, to) = clamped(units.len());
            String::from_utf16(&units[from..to]).map(Term::string).map_err(|_| "ReduceError")
        }
        Head::Bytes(bytes) => {
            meter.charge(to)?;
            let inside = |bound: i64| usize::try_from(bound).ok().filter(|bound| *bound <= bytes.len());
            let (from, to) = (inside(from).ok_or("ReduceError")?, inside(to).ok_or("ReduceError")?);
            Ok(Term::bytes(bytes.get(from..to).unwrap_or_default().to_vec()))
        }
        Head::List { .. } => {
            meter.charge(to)?;
            let (from, to) = clamped(target.children().len());
            Ok(Term::list(target.children()[from..to].to_vec(), None))
        }
        _ => Err("MethodNotDefined"),
    }
}

fn take(meter: &mut Meter, target: &Term, n: i64) -> Result<Term> {
    let Head::List { .. } = target.head() else { return Err("MethodNotDefined") };
    meter.charge(n)?;
    let n = (n.max(0) as usize).min(target.children().len());
    Ok(Term::list(target.children()[..n].to_vec(), None))
}

fn text(meter: &mut Meter, name: &str, target: &Term) -> Result<Term> {
    match (name, target.head()) {
        ("hexToBytes", Head::Str(text)) => {
            meter.charge(text.len() as i64)?;
            let mut digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
            if digits.len() % 2 == 1 {
                digits.insert(0, '0');
            }
            Ok(Term::bytes(hex::decode(digits).expect("hexadecimal digits")))
        }
        ("toUtf8Bytes", Head::Str(text)) => {
            meter.charge(text.len() as i64)?;
            Ok(Term::bytes(text.as_bytes()))
        }
        ("bytesToHex", Head::Bytes(bytes)) => {
            meter.charge(bytes.len() as i64)?;
            Ok(Term::string(hex::encode(bytes)))
        }
        _ => Err("MethodNotDefined"),
    }
}

fn to_int(meter: &mut Meter, target: &Term) -> Result<Term> {
    match target.head() {
        Head::Int(i) => Ok(Term::int(*i)),
        Head::BigInt(i) => {
            meter.charge(i.to_signed_bytes_be().len() as i64)?;
            i64::try_from(&**i).map(Term::int).map_err(|_| "ReduceError")
        }
        Head::Str(text) => {
            meter.charge(text.len() as i64)?;
            text.parse().map(Term::int).map_err(|_| "ReduceError")
        }
        _ => Err("MethodNotDefined"),
    }
}

fn to_big_int(meter: &mut Meter, target: &Term) -> Result<Term> {
    match target.head() {
        Head::BigInt(_) => Ok(target.clone()),
        Head::Int(i) => {
            meter.charge(8)?;
            Ok(big(BigInt::from(*i)))
        }
        Head::Str(text) => {
            meter.charge(text.len() as i64)?;
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err("ReduceError");
            }
            text.parse().map(big).map_err(|_| "ReduceError")
        }
        _ => Err("MethodNotDefined"),
    }
}

/// The union of two sets or maps, also for `++`.
pub fn union(meter: &mut Meter, a: &Term, b: &Term) -> Result<Term> {
    meter.charge(3 * members(b)?)?;
    let both = [a.children(), b.children()].concat();
    // Of equal keys the last one stays.
    Ok(if matches!(a.head(), Head::Set { .. }) { Term::set(both, None) } else { Term::map(pairs(&both), None) })
}

/// The difference of two sets or maps, also for `--`.
pub fn diff(meter: &mut Meter, a: &Term, b: &Term) -> Result<Term> {
    meter.charge(3 * members(b)?)?;
    Ok(match a.head() {
        Head::Set { .. } => {
            Term::set(a.children().iter().filter(|x| !b.children().contains(x)).cloned().collect(), None)
        }
        _ => {
            let removed: Vec<Term> = common_entries(b).into_iter().map(|(key, _)| key).collect();
            Term::map(common_entries(a).into_iter().filter(|(key, _)| !removed.contains(key)).collect(), None)
        }
    })
}

/// `add`, also for `+`.
pub fn add(meter: &mut Meter, target: &Term, element: &Term) -> Result<Term> {
    let Head::Set { .. } = target.head() else { return Err("MethodNotDefined") };
    meter.charge(3)?;
    Ok(Term::set([target.children(), std::slice::from_ref(element)].concat(), None))
}

/// `delete`, also for `-`.
pub fn delete(meter: &mut Meter, target: &Term, element: &Term) -> Result<Term> {
    let element = key(element);
    members(target)?;
    meter.charge(3)?;
    Ok(match target.head() {
        Head::Set { .. } => Term::set(target.children().iter().filter(|x| **x != element).cloned().collect(), None),
        _ => Term::map(common_entries(target).into_iter().filter(|(key, _)| *key != element).collect(), None),
    })
}

fn contains(meter: &mut Meter, target: &Term, element: &Term) -> Result<Term> {
    let element = key(element);
    members(target)?;
    meter.charge(3)?;
    Ok(Term::bool(match target.head() {
        Head::Set { .. } => target.children().contains(&element),
        _ => common_entries(target).iter().any(|(key, _)| *key == element),
    }))
}

fn get(meter: &mut Meter, target: &Term, k: &Term, default: Term) -> Result<Term> {
    let Head::Map { .. } = target.head() else { return Err("MethodNotDefined") };
    let k = key(k);
    meter.charge(3)?;
    let found = common_entries(target).into_iter().find(|(key, _)| *key == k);
    Ok(found.map_or(default, |(_, value)| value))
}

fn set(meter: &mut Meter, target: &Term, k: &Term, value: &Term) -> Result<Term> {
    let Head::Map { .. } = target.head() else { return Err("MethodNotDefined") };
    meter.charge(3)?;
    let mut entries = common_entries(target);
    entries.push((k.clone(), value.clone()));
    Ok(Term::map(entries, None))
}

fn keys(meter: &mut Meter, target: &Term) -> Result<Term> {
    let Head::Map { .. } = target.head() else { return Err("MethodNotDefined") };
    meter.charge(10)?;
    Ok(Term::set(common_entries(target).into_iter().map(|(key, _)| key).collect(), None))
}

/// A map's entries as tuples.
fn tuples(map: &Term) -> Vec<Term> {
    common_entries(map).into_iter().map(|(key, value)| Term::single(Term::tuple(vec![key, value]))).collect()
}

fn to_list(meter: &mut Meter, target: &Term) -> Result<Term> {
    let elements = match target.head() {
        Head::List { .. } => return Ok(target.clone()),
        Head::Set { .. } | Head::Tuple => target.children().to_vec(),
        Head::Map { .. } => tuples(target),
        _ => return Err("MethodNotDefined"),
    };
    meter.charge(elements.len() as i64)?;
    Ok(Term::list(elements, None))
}

fn to_set(target: &Term) -> Result<Term> {
    match target.head() {
        Head::Set { .. } => Ok(target.clone()),
        Head::List { .. } => Ok(Term::set(target.children().to_vec(), None)),
        Head::Map { .. } => Ok(Term::set(tuples(target), None)),
        _ => Err("MethodNotDefined"),
    }
}

fn to_map(target: &Term) -> Result<Term> {
    let pair = |element: &Term| match element.items(Category::Expr) {
        [tuple] if matches!(tuple.head(), Head::Tuple) && element.children().len() == 1 => match tuple.children() {
            [key, value] => Ok((key.clone(), value.clone())),
            _ => Err("MethodNotDefined"),
        },
        _ => Err("MethodNotDefined"),
    };
    match target.head() {
        Head::Map { .. } => Ok(target.clone()),
        Head::List { .. } | Head::Set { .. } => {
            Ok(Term::map(target.children().iter().map(pair).collect::<Result<Vec<_>>>()?, None))
        }
        _ => Err("MethodNotDefined"),
    }
}
