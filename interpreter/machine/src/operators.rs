//! The operators on evaluated operands (language.md 5, runtime.md 4.7).

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use rhodium_term::{BinaryOp, Category, Head, Term};

use crate::cost::{Charge, Meter, price};
use crate::error::{ErrorKind, Fault};
use crate::methods::{collections, view};
use crate::numeric::{self, Number};
use crate::value::Value;

/// Longest string or byte array that an operation may produce, in bytes.
pub const MAX_BYTES: u64 = 1 << 28;

/// Operators with one operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnaryOp {
    /// `not a`
    Not,
    /// `-a`
    Neg,
}

/// Whether the value consists of exactly one expression (language.md 5.1).
pub fn single(value: &Value) -> Result<(), Fault> {
    match value {
        Value::Nil => Err(Fault::reduce("Error: Multiple expressions given.")),
        Value::Name(..) => Err(not_an_expression()),
        Value::Term(par) => single_term(par, "Error: Multiple expressions given."),
        _ => Ok(()),
    }
}

fn not_an_expression() -> Fault {
    Fault::reduce("Error: parallel or non expression found where expression expected.")
}

fn single_term(par: &Term, several: &str) -> Result<(), Fault> {
    let expressions = par.items(Category::Expr).len();
    if expressions != par.children().len() {
        return Err(not_an_expression());
    }
    if expressions == 1 { Ok(()) } else { Err(Fault::reduce(several)) }
}

/// The boolean that a value must be.
pub fn bool_of(value: &Value) -> Result<bool, Fault> {
    single(value)?;
    match value {
        Value::Bool(b) => Ok(*b),
        _ => Err(Fault::reduce("Error: expression didn't evaluate to boolean.")),
    }
}

/// The integer that a value must be.
pub fn int_of(value: &Value) -> Result<i64, Fault> {
    const SEVERAL: &str = "Error: Integer expected, or unimplemented expression.";
    match value {
        Value::Int(i) => return Ok(*i),
        Value::Nil => return Err(Fault::reduce(SEVERAL)),
        Value::Term(par) => single_term(par, SEVERAL)?,
        _ => single(value)?,
    }
    Err(Fault::reduce("Error: expression didn't evaluate to integer."))
}

fn not_defined(op: &str, value: &Value) -> Fault {
    let text = format!("Error: Operator `{op}` is not defined on {}.", value.type_name());
    Fault::new(ErrorKind::OperatorNotDefined, text)
}

/// The left operand fits, the right one does not: the message names the right one's type.
fn expected(op: BinaryOp, right: &Value) -> Fault {
    let text = format!("Error: Operator `{}` is not defined on {}.", op.symbol(), right.type_name());
    Fault::new(ErrorKind::OperatorExpected, text)
}

/// Refuses results that no memory should hold.
pub(crate) fn check_length(bytes: u64) -> Result<(), Fault> {
    if bytes <= MAX_BYTES {
        return Ok(());
    }
    Err(Fault::new(ErrorKind::Limit, format!("A string or byte array would be longer than {MAX_BYTES} bytes.")))
}

/// Applies an operator with one operand.
pub fn unary(op: UnaryOp, operand: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    match op {
        UnaryOp::Not => Ok(Value::Bool(!bool_of(operand)?)),
        UnaryOp::Neg => {
            single(operand)?;
            let number = Number::of(operand).ok_or_else(|| not_defined("Negation", operand))?;
            numeric::negate(number, meter)
        }
    }
}

/// Applies an operator with two operands. For `&&` and `||` call [`short_circuit`] first; here both are strict.
pub fn binary(op: BinaryOp, left: &Value, right: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    match op {
        BinaryOp::Eq => Ok(Value::Bool(equal(left, right, meter)?)),
        BinaryOp::Neq => Ok(Value::Bool(!equal(left, right, meter)?)),
        BinaryOp::And | BinaryOp::Or => {
            let (a, b) = (bool_of(left)?, bool_of(right)?);
            meter.charge(price::BOOLEAN_OP, Charge::Operator)?;
            Ok(Value::Bool(if op == BinaryOp::And { a && b } else { a || b }))
        }
        BinaryOp::ShortAnd | BinaryOp::ShortOr => match short_circuit(op, left, meter)? {
            Some(result) => Ok(Value::Bool(result)),
            None => Ok(Value::Bool(bool_of(right)?)),
        },
        _ => {
            single(left)?;
            single(right)?;
            match op {
                BinaryOp::Lt | BinaryOp::Lte | BinaryOp::Gt | BinaryOp::Gte => comparison(op, left, right, meter),
                BinaryOp::PercentPercent => interpolate(left, right, meter),
                BinaryOp::PlusPlus => concatenate(left, right, meter),
                BinaryOp::MinusMinus => difference(left, right, meter),
                _ => arithmetic(op, left, right, meter),
            }
        }
    }
}

/// Charges `&&` or `||` and decides it if the left operand suffices; otherwise the right one, a boolean, is the result.
pub fn short_circuit(op: BinaryOp, left: &Value, meter: &mut Meter) -> Result<Option<bool>, Fault> {
    let decisive = op == BinaryOp::ShortOr;
    let left = bool_of(left)?;
    meter.charge(price::BOOLEAN_OP, Charge::Operator)?;
    Ok((left == decisive).then_some(decisive))
}

/// Structural equality of any two processes. The charges stand for the substitution of both and the comparison.
fn equal(left: &Value, right: &Value, meter: &mut Meter) -> Result<bool, Fault> {
    let (a, b) = (left.size(), right.size());
    meter.charge_size(a, Charge::Substitution)?;
    meter.charge_size(b, Charge::Substitution)?;
    meter.charge_size(a.min(b), Charge::Operator)?;
    Ok(left == right && !contains_nan(left, meter)?)
}

/// What is left to look at, in [`contains_nan`].
enum Visit<'a> {
    Value(&'a Value),
    Term(&'a Term),
}

/// A NaN anywhere makes two processes unequal. Shared parts are looked at once.
fn contains_nan(value: &Value, meter: &Meter) -> Result<bool, Fault> {
    let mut pending = vec![Visit::Value(value)];
    let mut seen: HashSet<*const ()> = HashSet::new();
    while let Some(visit) = pending.pop() {
        meter.look()?;
        match visit {
            Visit::Term(term) => {
                if let Head::Double(bits) = term.head()
                    && f64::from_bits(*bits).is_nan()
                {
                    return Ok(true);
                }
                let children = term.children();
                if !children.is_empty() && seen.insert(children.as_ptr().cast()) {
                    pending.extend(children.iter().map(Visit::Term));
                }
            }
            Visit::Value(Value::Term(par)) => pending.push(Visit::Term(par)),
            Visit::Value(Value::List(list)) if seen.insert(Arc::as_ptr(list).cast()) => {
                pending.extend(list.items.iter().map(Visit::Value));
            }
            Visit::Value(Value::Tuple(tuple)) if seen.insert(Arc::as_ptr(tuple).cast()) => {
                pending.extend(tuple.items.iter().map(Visit::Value));
            }
            Visit::Value(Value::Set(set)) if seen.insert(Arc::as_ptr(set).cast()) => {
                pending.extend(set.items.iter().map(Visit::Value));
            }
            Visit::Value(Value::Map(map)) if seen.insert(Arc::as_ptr(map).cast()) => {
                pending.extend(map.entries.iter().flat_map(|(k, v)| [Visit::Value(k), Visit::Value(v)]));
            }
            Visit::Value(_) => {}
        }
    }
    Ok(false)
}

fn comparison(op: BinaryOp, left: &Value, right: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    let unexpected = || Fault::reduce(format!("Unexpected compare: {} vs. {}", left.type_name(), right.type_name()));
    let ordering = match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => {
            meter.charge(price::COMPARISON, Charge::Operator)?;
            Some(a.cmp(b))
        }
        (Value::Str(a), Value::Str(b)) => {
            meter.charge(price::COMPARISON, Charge::Operator)?;
            Some(a.as_bytes().cmp(b.as_bytes()))
        }
        _ => {
            let (a, b) = Number::of(left).zip(Number::of(right)).ok_or_else(unexpected)?;
            numeric::compare(a, b, meter)?.ok_or_else(unexpected)?
        }
    };
    let accepted: &[Ordering] = match op {
        BinaryOp::Lt => &[Ordering::Less],
        BinaryOp::Lte => &[Ordering::Less, Ordering::Equal],
        BinaryOp::Gt => &[Ordering::Greater],
        _ => &[Ordering::Greater, Ordering::Equal],
    };
    Ok(Value::Bool(ordering.is_some_and(|o| accepted.contains(&o))))
}

fn arithmetic(op: BinaryOp, left: &Value, right: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    if let Some(a) = Number::of(left) {
        let b = Number::of(right).ok_or_else(|| expected(op, right))?;
        return numeric::arithmetic(op, a, b, meter)?.ok_or_else(|| expected(op, right));
    }
    match op {
        BinaryOp::Plus => {
            let set = view::set(left).ok_or_else(|| not_defined(op.symbol(), left))?;
            meter.charge(price::OP_CALL, Charge::Operator)?;
            meter.charge(price::ADD, Charge::Operator)?;
            Ok(collections::set_add(&set, right))
        }
        BinaryOp::Minus => {
            if view::set(left).is_none() && view::map(left).is_none() {
                return Err(not_defined(op.symbol(), left));
            }
            meter.charge(price::OP_CALL, Charge::Operator)?;
            meter.charge(price::REMOVE, Charge::Operator)?;
            collections::delete(left, right).ok_or_else(|| not_defined(op.symbol(), left))
        }
        _ => Err(not_defined(op.symbol(), left)),
    }
}

/// `++`.
fn concatenate(left: &Value, right: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    const OP: BinaryOp = BinaryOp::PlusPlus;
    meter.charge(price::OP_CALL, Charge::Operator)?;
    match (left, right) {
        (Value::Str(a), Value::Str(b)) => {
            let length = a.len() as u64 + b.len() as u64;
            meter.charge_size(length, Charge::Operator)?;
            check_length(length)?;
            Ok(Value::str([&**a, &**b].concat()))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            meter.charge(i64::from(a.len().checked_ilog10().unwrap_or(0)), Charge::Operator)?;
            check_length(a.len() as u64 + b.len() as u64)?;
            Ok(Value::bytes([&**a, &**b].concat()))
        }
        (Value::Str(_) | Value::Bytes(_), _) => Err(expected(OP, right)),
        _ => concatenate_collections(left, right, meter),
    }
}

fn concatenate_collections(left: &Value, right: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    const OP: BinaryOp = BinaryOp::PlusPlus;
    if let Some(a) = view::list(left) {
        let b = view::list(right).ok_or_else(|| expected(OP, right))?;
        meter.charge_size(a.items.len() as u64, Charge::Operator)?;
        collections::append(&a, &b, meter)
    } else if let Some(a) = view::map(left) {
        let b = view::map(right).ok_or_else(|| expected(OP, right))?;
        meter.charge_size(collections::triple(b.entries.len()), Charge::Operator)?;
        collections::map_union(&a, &b, meter)
    } else if let Some(a) = view::set(left) {
        let b = view::set(right).ok_or_else(|| expected(OP, right))?;
        meter.charge_size(collections::triple(b.items.len()), Charge::Operator)?;
        collections::set_union(&a, &b, meter)
    } else {
        Err(not_defined(OP.symbol(), left))
    }
}

/// `--`.
fn difference(left: &Value, right: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    const OP: BinaryOp = BinaryOp::MinusMinus;
    meter.charge(price::OP_CALL, Charge::Operator)?;
    let a = view::set(left).ok_or_else(|| not_defined(OP.symbol(), left))?;
    let b = view::set(right).ok_or_else(|| expected(OP, right))?;
    meter.charge_size(collections::triple(b.items.len()), Charge::Operator)?;
    collections::set_diff(&a, &b, meter)
}

/// `%%`.
fn interpolate(left: &Value, right: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    const OP: BinaryOp = BinaryOp::PercentPercent;
    meter.charge(price::OP_CALL, Charge::Operator)?;
    let Value::Str(text) = left else { return Err(not_defined(OP.symbol(), left)) };
    let map = view::map(right).ok_or_else(|| expected(OP, right))?;
    let mut replacements = Vec::with_capacity(map.entries.len());
    for (key, value) in &map.entries {
        meter.look()?;
        let Value::Str(key) = key else {
            return Err(Fault::reduce("Error: interpolation Map should only contain String keys"));
        };
        replacements.push((format!("${{{key}}}"), plain_text(value)?));
    }
    meter.charge_size((text.len() as u64).saturating_mul(replacements.len() as u64), Charge::Operator)?;
    let mut out = String::with_capacity(text.len());
    let mut rest = &**text;
    while let Some(start) = rest.find("${") {
        meter.look()?;
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let (skip, inserted) = match replacements.iter().find(|(key, _)| rest.starts_with(key)) {
            Some((key, value)) => (key.len(), value.as_str()),
            None => (1, "$"),
        };
        check_length(out.len() as u64 + inserted.len() as u64)?;
        out.push_str(inserted);
        rest = &rest[skip..];
    }
    out.push_str(rest);
    check_length(out.len() as u64)?;
    Ok(Value::str(out))
}

/// The text of a value that `%%` inserts.
fn plain_text(value: &Value) -> Result<String, Fault> {
    match value {
        Value::Str(s) => return Ok(s.to_string()),
        Value::Int(i) => return Ok(i.to_string()),
        Value::Bool(b) => return Ok(b.to_string()),
        Value::Term(par) => match par.single_item().map(Term::head) {
            Some(Head::Uri(uri)) => return Ok(uri.to_string()),
            Some(Head::BigInt(i)) => return Ok(i.to_string()),
            _ => {}
        },
        _ => {}
    }
    Err(Fault::reduce(format!("Error: interpolation doesn't support {}", value.type_name())))
}

#[cfg(test)]
#[path = "operators_tests.rs"]
mod tests;
