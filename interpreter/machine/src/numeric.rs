//! Arithmetic and comparison of the numeric kinds, with their charges (language.md 5.3, 5.4; runtime.md 4.7, 7.3, EXT).

mod big;

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};
use rhodium_term::{BinaryOp, Head, Term};

use crate::cost::{Charge, Meter, price};
use crate::error::{Code, ErrorKind, Fault};
use crate::value::Value;
pub(crate) use big::parse_decimal;
use big::{divide, greatest_common_divisor, product};

/// Longest big number that multiplication may produce, in bytes.
pub const MAX_NUMBER_BYTES: u64 = 1 << 20;

/// Most decimal places with which fixed-point numbers can be multiplied and divided.
pub const MAX_SCALE: u32 = 1 << 16;

/// The NaN that an operation on numbers yields where there was none (the one of the network's hardware).
const FRESH_NAN: u64 = 0xFFF8_0000_0000_0000;
const QUIET_BIT: u64 = 0x0008_0000_0000_0000;

/// A numeric value, borrowed.
#[derive(Clone, Copy)]
pub(crate) enum Number<'a> {
    Int(i64),
    Double(u64),
    Big(&'a BigInt),
    Rational(&'a BigInt, &'a BigInt),
    Fixed(&'a BigInt, u32),
}

impl Number<'_> {
    /// The number that a value is.
    pub(crate) fn of(value: &Value) -> Option<Number<'_>> {
        let par = match value {
            Value::Int(i) => return Some(Number::Int(*i)),
            Value::Term(par) => par,
            _ => return None,
        };
        match par.single_item()?.head() {
            Head::Double(bits) => Some(Number::Double(*bits)),
            Head::BigInt(i) => Some(Number::Big(i)),
            Head::BigRat(r) => Some(Number::Rational(&r.0, &r.1)),
            Head::FixedPoint(f) => Some(Number::Fixed(&f.0, f.1)),
            _ => None,
        }
    }
}

/// Bytes of the minimal two's complement form.
pub(crate) fn byte_len(i: &BigInt) -> u64 {
    let magnitude = i.magnitude();
    let mut bits = magnitude.bits();
    if i.sign() == Sign::Minus && magnitude.trailing_zeros() == Some(bits - 1) {
        bits -= 1;
    }
    bits / 8 + 1
}

/// A big integer as a value.
pub(crate) fn big_value(i: BigInt) -> Value {
    Value::item(Term::ground(Head::BigInt(i.into())))
}

fn fixed_value(unscaled: BigInt, scale: u32) -> Value {
    Value::item(Term::ground(Head::FixedPoint((unscaled, scale).into())))
}

fn double_value(bits: u64) -> Value {
    Value::item(Term::ground(Head::Double(bits)))
}

fn rational_value(num: &BigInt, den: &BigInt, meter: &Meter) -> Result<Value, Fault> {
    let divisor = greatest_common_divisor(num, den, meter)?;
    // The sign of the divisor is chosen so that the denominator becomes positive.
    let divisor = if den.sign() == Sign::Minus { -divisor } else { divisor };
    let lowest = (divide(num, &divisor, meter)?.0, divide(den, &divisor, meter)?.0);
    Ok(Value::item(Term::ground(Head::BigRat(lowest.into()))))
}

/// `-a`.
pub(crate) fn negate(a: Number<'_>, meter: &mut Meter) -> Result<Value, Fault> {
    let charge = |meter: &mut Meter, i: &BigInt| meter.charge_size(byte_len(i), Charge::Operator);
    Ok(match a {
        Number::Int(i) => {
            let overflow = || Fault::reduce(format!("Arithmetic overflow in negation: {i}")).coded(Code::Overflow);
            Value::Int(i.checked_neg().ok_or_else(overflow)?)
        }
        Number::Double(bits) => double_value(bits ^ (1 << 63)),
        Number::Big(i) => {
            charge(meter, i)?;
            big_value(-i)
        }
        Number::Rational(num, den) => {
            charge(meter, num)?;
            Value::item(Term::ground(Head::BigRat((-num, den.clone()).into())))
        }
        Number::Fixed(unscaled, scale) => {
            charge(meter, unscaled)?;
            fixed_value(-unscaled, scale)
        }
    })
}

/// `a op b` for `+ - * / %`; `None` when the kinds differ.
pub(crate) fn arithmetic(
    op: BinaryOp,
    a: Number<'_>,
    b: Number<'_>,
    meter: &mut Meter,
) -> Result<Option<Value>, Fault> {
    Ok(Some(match (a, b) {
        (Number::Int(a), Number::Int(b)) => ints(op, a, b, meter)?,
        (Number::Double(a), Number::Double(b)) => doubles(op, a, b, meter)?,
        (Number::Big(a), Number::Big(b)) => {
            charge_integers(op, a, b, meter)?;
            big_value(integers(op, a, b, meter)?)
        }
        (Number::Rational(an, ad), Number::Rational(bn, bd)) => rationals(op, (an, ad), (bn, bd), meter)?,
        (Number::Fixed(a, scale), Number::Fixed(b, other)) if scale == other => {
            charge_integers(op, a, b, meter)?;
            fixed_value(fixed(op, a, b, scale, meter)?, scale)
        }
        _ => return Ok(None),
    }))
}

fn no_operator(op: BinaryOp) -> Fault {
    Fault::reduce(format!("`{}` is no arithmetic operator.", op.symbol()))
}

fn zero_divisor(op: BinaryOp) -> Fault {
    let text = if op == BinaryOp::Mod { "Modulo by zero" } else { "Division by zero" };
    Fault::reduce(text).coded(Code::DivisionByZero)
}

fn too_large() -> Fault {
    Fault::new(ErrorKind::Limit, format!("A number would be longer than {MAX_NUMBER_BYTES} bytes."))
}

fn fixed_price(op: BinaryOp) -> i64 {
    match op {
        BinaryOp::Plus => price::SUM,
        BinaryOp::Minus => price::SUBTRACTION,
        BinaryOp::Mult => price::MULTIPLICATION,
        BinaryOp::Div => price::DIVISION,
        _ => price::MODULO,
    }
}

fn ints(op: BinaryOp, a: i64, b: i64, meter: &mut Meter) -> Result<Value, Fault> {
    meter.charge(fixed_price(op), Charge::Operator)?;
    if matches!(op, BinaryOp::Div | BinaryOp::Mod) && b == 0 {
        return Err(zero_divisor(op));
    }
    let overflow = |what: String| Fault::reduce(format!("Arithmetic overflow in {what}")).coded(Code::Overflow);
    let result = match op {
        BinaryOp::Plus => a.wrapping_add(b),
        BinaryOp::Minus => a.wrapping_sub(b),
        BinaryOp::Mult => a.checked_mul(b).ok_or_else(|| overflow(format!("multiplication: {a} * {b}")))?,
        BinaryOp::Div => a.checked_div(b).ok_or_else(|| overflow("division".into()))?,
        BinaryOp::Mod => a.checked_rem(b).ok_or_else(|| overflow("modulo".into()))?,
        _ => return Err(no_operator(op)),
    };
    Ok(Value::Int(result))
}

fn doubles(op: BinaryOp, a: u64, b: u64, meter: &mut Meter) -> Result<Value, Fault> {
    if op == BinaryOp::Mod {
        return Err(Fault::reduce("Modulus not defined on floating point"));
    }
    meter.charge(fixed_price(op), Charge::Operator)?;
    let (x, y) = (f64::from_bits(a), f64::from_bits(b));
    let result = match op {
        BinaryOp::Plus => x + y,
        BinaryOp::Minus => x - y,
        BinaryOp::Mult => x * y,
        BinaryOp::Div => x / y,
        _ => return Err(no_operator(op)),
    };
    // Which NaN comes out depends on the processor unless we say it: the first NaN operand, quiet.
    Ok(double_value(match (x.is_nan(), y.is_nan(), result.is_nan()) {
        (true, _, _) => a | QUIET_BIT,
        (_, true, _) => b | QUIET_BIT,
        (_, _, true) => FRESH_NAN,
        _ => result.to_bits(),
    }))
}

/// Charges of big integers and fixed-point numbers.
fn charge_integers(op: BinaryOp, a: &BigInt, b: &BigInt, meter: &mut Meter) -> Result<(), Fault> {
    let (a, b) = (byte_len(a), byte_len(b));
    let amount = match op {
        BinaryOp::Plus | BinaryOp::Minus => (a.max(b) + 1).max(price::SUM as u64),
        _ => a.saturating_mul(b).max(price::MULTIPLICATION as u64),
    };
    meter.charge_size(amount, Charge::Operator)
}

fn integers(op: BinaryOp, a: &BigInt, b: &BigInt, meter: &Meter) -> Result<BigInt, Fault> {
    if matches!(op, BinaryOp::Div | BinaryOp::Mod) && b.sign() == Sign::NoSign {
        return Err(zero_divisor(op));
    }
    match op {
        BinaryOp::Plus => Ok(a + b),
        BinaryOp::Minus => Ok(a - b),
        BinaryOp::Mult if byte_len(a) + byte_len(b) > MAX_NUMBER_BYTES => Err(too_large()),
        BinaryOp::Mult => product(a, b, meter),
        BinaryOp::Div => Ok(divide(a, b, meter)?.0),
        BinaryOp::Mod => Ok(divide(a, b, meter)?.1),
        _ => Err(no_operator(op)),
    }
}

fn fixed(op: BinaryOp, a: &BigInt, b: &BigInt, scale: u32, meter: &Meter) -> Result<BigInt, Fault> {
    let one = || match scale {
        0..=MAX_SCALE => Ok(BigInt::from(10).pow(scale)),
        _ => Err(Fault::new(ErrorKind::Limit, format!("Fixed-point numbers with more than {MAX_SCALE} decimals."))),
    };
    match op {
        BinaryOp::Mult => floor_div(&integers(op, a, b, meter)?, &one()?, meter),
        BinaryOp::Div if b.sign() == Sign::NoSign => Err(zero_divisor(op)),
        BinaryOp::Div => Ok(divide(&integers(BinaryOp::Mult, a, &one()?, meter)?, b, meter)?.0),
        _ => integers(op, a, b, meter),
    }
}

/// Quotient rounded toward −∞; the divisor is positive.
fn floor_div(a: &BigInt, b: &BigInt, meter: &Meter) -> Result<BigInt, Fault> {
    let (quotient, rest) = divide(a, b, meter)?;
    Ok(if rest.sign() == Sign::Minus { quotient - 1 } else { quotient })
}

type Fraction<'a> = (&'a BigInt, &'a BigInt);

fn rationals(op: BinaryOp, a: Fraction<'_>, b: Fraction<'_>, meter: &mut Meter) -> Result<Value, Fault> {
    let (an, ad, bn, bd) = (byte_len(a.0), byte_len(a.1), byte_len(b.0), byte_len(b.1));
    let longest = an.max(ad).max(bn).max(bd);
    let amount = match op {
        BinaryOp::Plus | BinaryOp::Minus => {
            longest.saturating_mul(longest).saturating_mul(4).saturating_add(longest).max(price::SUM as u64)
        }
        BinaryOp::Mult => an.saturating_mul(bn).saturating_add(ad.saturating_mul(bd)).saturating_add(longest).max(9),
        BinaryOp::Div => an.saturating_mul(bd).saturating_add(bn.saturating_mul(ad)).saturating_add(longest).max(9),
        _ => 0,
    };
    meter.charge_size(amount, Charge::Operator)?;
    if matches!(op, BinaryOp::Div | BinaryOp::Mod) && b.0.sign() == Sign::NoSign {
        return Err(zero_divisor(op));
    }
    if 2 * longest + 1 > MAX_NUMBER_BYTES {
        return Err(too_large());
    }
    let product = |a: &BigInt, b: &BigInt| product(a, b, meter);
    let (num, den) = match op {
        BinaryOp::Plus => (product(a.0, b.1)? + product(b.0, a.1)?, product(a.1, b.1)?),
        BinaryOp::Minus => (product(a.0, b.1)? - product(b.0, a.1)?, product(a.1, b.1)?),
        BinaryOp::Mult => (product(a.0, b.0)?, product(a.1, b.1)?),
        BinaryOp::Div => (product(a.0, b.1)?, product(a.1, b.0)?),
        BinaryOp::Mod => (BigInt::ZERO, BigInt::from(1)),
        _ => return Err(no_operator(op)),
    };
    rational_value(&num, &den, meter)
}

/// Charges and compares; outer `None` when the kinds differ, inner `None` when a NaN is involved.
#[allow(clippy::option_option)]
pub(crate) fn compare(a: Number<'_>, b: Number<'_>, meter: &mut Meter) -> Result<Option<Option<Ordering>>, Fault> {
    let least = price::COMPARISON as u64;
    let (amount, ordering) = match (a, b) {
        (Number::Int(a), Number::Int(b)) => (least, Some(a.cmp(&b))),
        (Number::Double(a), Number::Double(b)) => (least, f64::from_bits(a).partial_cmp(&f64::from_bits(b))),
        (Number::Big(a), Number::Big(b)) => (byte_len(a).max(byte_len(b)).max(least), Some(a.cmp(b))),
        (Number::Fixed(a, scale), Number::Fixed(b, other)) if scale == other => {
            (byte_len(a).max(byte_len(b)).max(least), Some(a.cmp(b)))
        }
        (Number::Rational(an, ad), Number::Rational(bn, bd)) => {
            let amount = byte_len(an).saturating_mul(byte_len(bd)).max(byte_len(ad).saturating_mul(byte_len(bn)));
            meter.charge_size(amount.max(least), Charge::Operator)?;
            return Ok(Some(Some(product(an, bd, meter)?.cmp(&product(bn, ad, meter)?))));
        }
        _ => return Ok(None),
    };
    meter.charge_size(amount, Charge::Operator)?;
    Ok(Some(ordering))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_lengths_are_minimal() {
        for i in [0_i64, 1, 127, 128, 255, 256, -1, -127, -128, -129, -32768, -32769, i64::MAX, i64::MIN] {
            let big = BigInt::from(i);
            assert_eq!(byte_len(&big), big.to_signed_bytes_be().len() as u64, "{i}");
        }
    }

    #[test]
    fn floor_division() {
        let div = |a: i64| floor_div(&a.into(), &10.into(), &Meter::new(0)).unwrap();
        assert_eq!([div(-1), div(-10), div(-11), div(19)].map(|i| i64::try_from(i).unwrap()), [-1, -1, -2, 1]);
    }
}
