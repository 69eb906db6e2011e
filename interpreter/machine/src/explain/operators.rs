//! What is said of operators that fail.

use rhodium_term::BinaryOp;

use super::values::{Type, describe};
use super::{Explanation, plain};
use crate::error::{Code, RunError};
use crate::methods::view;
use crate::operators::UnaryOp;
use crate::value::Value;

const MISSING_KEY: &str = "Nil is what `get` gives for a key that is not there: `getOrElse` takes a default";

/// `not` and `-`.
pub(super) fn unary(op: UnaryOp, operand: &Value, error: &RunError) -> Explanation {
    if error.code == Code::Overflow {
        return overflow(format!("-({})", describe(operand)));
    }
    let (symbol, needed) = match op {
        UnaryOp::Not => ("not", "a boolean"),
        UnaryOp::Neg => ("-", "a number"),
    };
    let reason = format!("`{symbol}` needs {needed}; here it is given {}", describe(operand));
    let hint = match (op, Type::of(operand)) {
        (_, Type::Nil) => Some(MISSING_KEY),
        (UnaryOp::Not, kind) if kind.is_number() => Some("compare it, as in `x == 0`"),
        _ => None,
    };
    Explanation::new(reason, hint)
}

/// What an operator needs on its two sides.
fn needed(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Plus => "two numbers of one kind, or a set and an element",
        BinaryOp::Minus => "two numbers of one kind, or a set or map and what to take out of it",
        BinaryOp::Mult | BinaryOp::Div => "two numbers of one kind",
        BinaryOp::Mod => "two numbers of one kind that are no floats",
        BinaryOp::Lt | BinaryOp::Lte | BinaryOp::Gt | BinaryOp::Gte => {
            "two numbers of one kind, two strings or two booleans"
        }
        BinaryOp::PlusPlus => "two strings, byte arrays, lists, maps or sets",
        BinaryOp::MinusMinus => "two sets",
        BinaryOp::PercentPercent => "a string and a map with strings as keys",
        BinaryOp::And | BinaryOp::Or | BinaryOp::ShortAnd | BinaryOp::ShortOr => "two booleans",
        BinaryOp::Eq | BinaryOp::Neq => "two values",
    }
}

/// An operator of which one side alone was looked at.
pub(super) fn one_sided(op: BinaryOp, side: &str, value: &Value) -> Explanation {
    let reason = format!("`{}` needs {}; here the {side} side is {}", op.symbol(), needed(op), describe(value));
    let kind = Type::of(value);
    let hint = match kind {
        Type::Nil => Some(MISSING_KEY),
        Type::Process => Some("an operand is evaluated, not run: what a process sends cannot be its value"),
        Type::Unforgeable => Some("names can only be compared, with `==` and `!=`"),
        _ if kind.is_number() => Some("compare it, as in `x != 0`"),
        _ => None,
    };
    Explanation::new(reason, hint)
}

/// An operator with both operands.
pub(super) fn binary(op: BinaryOp, left: &Value, right: &Value, error: &RunError) -> Explanation {
    match error.code {
        Code::DivisionByZero => {
            let what = if op == BinaryOp::Mod { "remainder of a division" } else { "division" };
            let reason = format!("{what} by zero: the left side is {}, the right side is zero", describe(left));
            return Explanation::new(reason, Some("test the divisor first, as in `if (n != 0)`"));
        }
        Code::Overflow => return overflow(format!("`{}` of {} and {}", op.symbol(), describe(left), describe(right))),
        _ => {}
    }
    if op == BinaryOp::PercentPercent && Type::of(left) == Type::Text && view::map(right).is_some() {
        return interpolation(right, error);
    }
    let reason = format!(
        "`{}` needs {}; here the left side is {} and the right side is {}",
        op.symbol(),
        needed(op),
        describe(left),
        describe(right)
    );
    Explanation { reason, hint: advice(op, Type::of(left), Type::of(right)) }
}

fn overflow(what: String) -> Explanation {
    Explanation::new(
        format!("the result does not fit an integer of 64 bits: {what}"),
        Some("`toBigInt()` makes an integer of any length of it; both sides must be big then"),
    )
}

fn interpolation(map: &Value, error: &RunError) -> Explanation {
    let entries = view::map(map);
    let mut entries = entries.iter().flat_map(|map| map.entries.iter());
    if let Some((key, _)) = entries.clone().find(|(key, _)| Type::of(key) != Type::Text) {
        let reason = format!("the keys of the map on the right of `%%` must be strings; one is {}", describe(key));
        return Explanation::new(reason, Some("write the names of the `${…}` as strings: {\"name\": value}"));
    }
    let insertable = |kind| matches!(kind, Type::Text | Type::Integer | Type::Boolean | Type::Uri | Type::BigInteger);
    match entries.find(|(_, value)| !insertable(Type::of(value))) {
        Some((key, value)) => Explanation::new(
            format!("`%%` cannot insert {} for {}", describe(value), describe(key)),
            Some("it inserts strings, integers, big integers, booleans and URIs"),
        ),
        None => Explanation::new(plain(&error.message), None),
    }
}

/// What may be meant.
fn advice(op: BinaryOp, left: Type, right: Type) -> Option<String> {
    let text = match (op, left, right) {
        (_, Type::Nil, _) | (_, _, Type::Nil) => MISSING_KEY,
        (BinaryOp::Plus, Type::Text, Type::Text) => "strings are joined by `++`",
        (BinaryOp::Plus, Type::List, Type::List) => "lists are joined by `++`",
        (BinaryOp::Plus, Type::Bytes, Type::Bytes) => "byte arrays are joined by `++`",
        (BinaryOp::Plus, Type::List, _) => "`list ++ [element]` puts an element at the end of a list",
        (BinaryOp::Plus, Type::Map, Type::Map) => "maps are joined by `++`",
        (BinaryOp::Plus, Type::Map, _) => "`map.set(key, value)` puts an entry into a map",
        (BinaryOp::Minus, Type::List, _) => "lists have no difference; `list.toSet()` makes a set of one",
        (BinaryOp::MinusMinus, Type::Map, _) => "for maps there is `map.diff(other)`, or `map - key` for one key",
        (BinaryOp::MinusMinus, Type::List, _) => "`list.toSet()` makes a set of a list",
        (BinaryOp::Plus | BinaryOp::PlusPlus, Type::Text, other)
        | (BinaryOp::Plus | BinaryOp::PlusPlus, other, Type::Text)
            if other.is_number() || other == Type::Boolean || other == Type::Uri =>
        {
            "a text with values in it is made by `\"… ${x} …\" %% {\"x\": value}`"
        }
        (BinaryOp::PlusPlus, Type::Bytes, Type::Text) | (BinaryOp::PlusPlus, Type::Text, Type::Bytes) => {
            "`text.toUtf8Bytes()` makes a byte array of a string, `bytes.bytesToHex()` a string of a byte array"
        }
        (BinaryOp::PlusPlus, a, b) if a.is_number() && b.is_number() => "numbers are added by `+`",
        (BinaryOp::PlusPlus, Type::List, Type::Set) => "`set.toList()` makes a list of a set",
        (BinaryOp::PlusPlus, Type::List, _) => "`list ++ [element]` puts an element at the end of a list",
        (BinaryOp::PlusPlus, Type::Set, _) => "`set + element` puts an element into a set",
        (BinaryOp::PercentPercent, a, b) if a.is_number() && b.is_number() => "the remainder of a division is `%`",
        (BinaryOp::PercentPercent, ..) => "a text with values in it is made by `\"… ${x} …\" %% {\"x\": value}`",
        (_, Type::Integer, Type::BigInteger) | (_, Type::BigInteger, Type::Integer) => {
            "`toBigInt()` makes a big integer of an integer"
        }
        (_, Type::FixedPoint, Type::FixedPoint) => "both sides need the same number of decimals",
        (_, a, b) if a.is_number() && b.is_number() && a != b => {
            "numbers of different kinds are not mixed: write both as the same kind"
        }
        (_, Type::Text, b) if b.is_number() => "`text.toInt()` makes an integer of a string",
        (_, a, Type::Text) if a.is_number() => "`text.toInt()` makes an integer of a string",
        (BinaryOp::Lt | BinaryOp::Lte | BinaryOp::Gt | BinaryOp::Gte, ..) => {
            "these have no order; `==` and `!=` compare any two values"
        }
        (_, Type::Process, _) | (_, _, Type::Process) => {
            "an operand is evaluated, not run: what a process sends cannot be its value"
        }
        (_, Type::Unforgeable, _) | (_, _, Type::Unforgeable) => "names can only be compared, with `==` and `!=`",
        _ => return None,
    };
    Some(text.to_owned())
}
