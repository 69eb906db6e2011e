//! Arithmetic and comparison with their charges, as language.md 5.3 and 5.4 and runtime.md 4.7 and 7.3 write them.

use std::cmp::Ordering;
use std::sync::Arc;

use num_bigint::{BigInt, Sign};
use rhodium_term::{BinaryOp, Head, Term};

use crate::Result;
use crate::cost::Meter;

/// A BigInt as an item.
pub fn big(value: BigInt) -> Term {
    Term::ground(Head::BigInt(Arc::new(value)))
}

fn rational(numerator: BigInt, denominator: BigInt) -> Term {
    let sign = if denominator.sign() == Sign::Minus { -1 } else { 1 };
    let divisor = gcd(&numerator, &denominator) * sign;
    Term::ground(Head::BigRat(Arc::new((numerator / &divisor, denominator / divisor))))
}

/// The greatest common divisor, positive; 1 for two zeros.
fn gcd(a: &BigInt, b: &BigInt) -> BigInt {
    let (mut a, mut b) = (a.clone(), b.clone());
    while b.sign() != Sign::NoSign {
        (a, b) = (b.clone(), a % b);
    }
    if a.sign() == Sign::Minus { -a } else { a }
}

fn fixed(value: BigInt, scale: u32) -> Term {
    Term::ground(Head::FixedPoint(Arc::new((value, scale))))
}

/// Bytes of a number.
fn len(value: &BigInt) -> i64 {
    value.to_signed_bytes_be().len() as i64
}

/// `-a`.
pub fn negate(operand: &Term, meter: &mut Meter) -> Result<Term> {
    match operand.head() {
        Head::Int(a) => a.checked_neg().map(Term::int).ok_or("ReduceError"),
        Head::Double(a) => Ok(Term::ground(Head::Double((-f64::from_bits(*a)).to_bits()))),
        Head::BigInt(a) => {
            meter.charge(len(a))?;
            Ok(big(-&**a))
        }
        Head::BigRat(a) => {
            meter.charge(len(&a.0).max(1))?;
            Ok(rational(-&a.0, a.1.clone()))
        }
        Head::FixedPoint(a) => {
            meter.charge(len(&a.0))?;
            Ok(fixed(-&a.0, a.1))
        }
        _ => Err("OperatorNotDefined"),
    }
}

/// `+ - * / %` on numbers.
pub fn arithmetic(op: BinaryOp, a: &Term, b: &Term, meter: &mut Meter) -> Result<Term> {
    match (a.head(), b.head()) {
        (Head::Int(a), Head::Int(b)) => int(op, *a, *b, meter).map(Term::int),
        (Head::Double(a), Head::Double(b)) => double(op, f64::from_bits(*a), f64::from_bits(*b), meter),
        (Head::BigInt(a), Head::BigInt(b)) => {
            big_charge(op, a, b, meter)?;
            Ok(big(truncating(op, a, b)?))
        }
        (Head::BigRat(a), Head::BigRat(b)) => rationals(op, a, b, meter),
        (Head::FixedPoint(a), Head::FixedPoint(b)) if a.1 == b.1 => {
            big_charge(op, &a.0, &b.0, meter)?;
            let unit = BigInt::from(10).pow(a.1);
            Ok(fixed(
                match op {
                    BinaryOp::Mult => floor_div(&(&a.0 * &b.0), &unit),
                    BinaryOp::Div => truncating(op, &(&a.0 * unit), &b.0)?,
                    _ => truncating(op, &a.0, &b.0)?,
                },
                a.1,
            ))
        }
        (Head::Int(_) | Head::Double(_) | Head::BigInt(_) | Head::BigRat(_) | Head::FixedPoint(_), _) => {
            Err("OperatorExpectedError")
        }
        _ => Err("OperatorNotDefined"),
    }
}

fn int(op: BinaryOp, a: i64, b: i64, meter: &mut Meter) -> Result<i64> {
    meter.charge(if matches!(op, BinaryOp::Plus | BinaryOp::Minus) { 3 } else { 9 })?;
    match op {
        BinaryOp::Plus => Ok(a.wrapping_add(b)),
        BinaryOp::Minus => Ok(a.wrapping_sub(b)),
        BinaryOp::Mult => a.checked_mul(b).ok_or("ReduceError"),
        // By zero, or the least number by -1.
        BinaryOp::Div => a.checked_div(b).ok_or("ReduceError"),
        _ => a.checked_rem(b).ok_or("ReduceError"),
    }
}

fn double(op: BinaryOp, a: f64, b: f64, meter: &mut Meter) -> Result<Term> {
    if op == BinaryOp::Mod {
        return Err("ReduceError");
    }
    meter.charge(if matches!(op, BinaryOp::Plus | BinaryOp::Minus) { 3 } else { 9 })?;
    let result = match op {
        BinaryOp::Plus => a + b,
        BinaryOp::Minus => a - b,
        BinaryOp::Mult => a * b,
        _ => a / b,
    };
    // Which not-a-number comes out (runtime.md 9 asks for a fixed one): an operand, or the one of the network's hardware.
    let nan = [a, b].into_iter().find(|operand| operand.is_nan()).map_or(0xFFF8_0000_0000_0000, f64::to_bits);
    Ok(Term::ground(Head::Double(if result.is_nan() { nan } else { result.to_bits() })))
}

fn big_charge(op: BinaryOp, a: &BigInt, b: &BigInt, meter: &mut Meter) -> Result<()> {
    meter.charge(match op {
        BinaryOp::Plus | BinaryOp::Minus => (len(a).max(len(b)) + 1).max(3),
        _ => (len(a) * len(b)).max(9),
    })
}

fn truncating(op: BinaryOp, a: &BigInt, b: &BigInt) -> Result<BigInt> {
    match op {
        BinaryOp::Plus => Ok(a + b),
        BinaryOp::Minus => Ok(a - b),
        BinaryOp::Mult => Ok(a * b),
        _ if b.sign() == Sign::NoSign => Err("ReduceError"),
        BinaryOp::Div => Ok(a / b),
        _ => Ok(a % b),
    }
}

fn floor_div(a: &BigInt, b: &BigInt) -> BigInt {
    let (quotient, rest) = (a / b, a % b);
    if rest.sign() == Sign::Minus { quotient - 1 } else { quotient }
}

fn rationals(op: BinaryOp, a: &(BigInt, BigInt), b: &(BigInt, BigInt), meter: &mut Meter) -> Result<Term> {
    let (na, da, nb, db) = (len(&a.0), len(&a.1), len(&b.0), len(&b.1));
    let m = na.max(da).max(nb).max(db);
    match op {
        BinaryOp::Plus | BinaryOp::Minus => meter.charge((4 * m * m + m).max(3))?,
        BinaryOp::Mult => meter.charge((na * nb + da * db + m).max(9))?,
        BinaryOp::Div => meter.charge((na * db + nb * da + m).max(9))?,
        _ => {}
    }
    match op {
        BinaryOp::Plus => Ok(rational(&a.0 * &b.1 + &b.0 * &a.1, &a.1 * &b.1)),
        BinaryOp::Minus => Ok(rational(&a.0 * &b.1 - &b.0 * &a.1, &a.1 * &b.1)),
        BinaryOp::Mult => Ok(rational(&a.0 * &b.0, &a.1 * &b.1)),
        _ if b.0.sign() == Sign::NoSign => Err("ReduceError"),
        BinaryOp::Div => Ok(rational(&a.0 * &b.1, &a.1 * &b.0)),
        _ => Ok(rational(BigInt::from(0), BigInt::from(1))),
    }
}

/// `< <= > >=`.
pub fn compare(op: BinaryOp, a: &Term, b: &Term, meter: &mut Meter) -> Result<Term> {
    let (order, charge) = match (a.head(), b.head()) {
        (Head::Bool(a), Head::Bool(b)) => (Some(a.cmp(b)), 3),
        (Head::Int(a), Head::Int(b)) => (Some(a.cmp(b)), 3),
        (Head::Str(a), Head::Str(b)) => (Some(a.as_bytes().cmp(b.as_bytes())), 3),
        (Head::Double(a), Head::Double(b)) => (f64::from_bits(*a).partial_cmp(&f64::from_bits(*b)), 3),
        (Head::BigInt(a), Head::BigInt(b)) => (Some(a.cmp(b)), len(a).max(len(b)).max(3)),
        (Head::FixedPoint(a), Head::FixedPoint(b)) if a.1 == b.1 => {
            (Some(a.0.cmp(&b.0)), len(&a.0).max(len(&b.0)).max(3))
        }
        (Head::BigRat(a), Head::BigRat(b)) => {
            let charge = (len(&a.0) * len(&b.1)).max(len(&b.0) * len(&a.1)).max(3);
            (Some((&a.0 * &b.1).cmp(&(&b.0 * &a.1))), charge)
        }
        _ => return Err("ReduceError"),
    };
    meter.charge(charge)?;
    Ok(Term::bool(order.is_some_and(|order| match op {
        BinaryOp::Lt => order == Ordering::Less,
        BinaryOp::Lte => order != Ordering::Greater,
        BinaryOp::Gt => order == Ordering::Greater,
        _ => order != Ordering::Less,
    })))
}
