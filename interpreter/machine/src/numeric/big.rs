//! Operations on big numbers that may take long: each looks at the interrupt every few milliseconds.

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;

use super::{MAX_NUMBER_BYTES, too_large};
use crate::cost::Meter;
use crate::error::Fault;

/// Two numbers are multiplied at once if the product of their bits is at most the square of this; likewise a quotient and
/// its divisor.
const PIECE: u64 = 1 << 17;

/// Digits that are read at once.
const CHUNK: usize = 18;

/// `a * b`
pub(crate) fn product(a: &BigInt, b: &BigInt, meter: &Meter) -> Result<BigInt, Fault> {
    let magnitude = multiply(a.magnitude(), b.magnitude(), meter)?;
    Ok(BigInt::from_biguint(if a.sign() == b.sign() { Sign::Plus } else { Sign::Minus }, magnitude))
}

/// The longer number is halved, and the shorter one too if it is longer than that (Karatsuba).
fn multiply(a: &BigUint, b: &BigUint, meter: &Meter) -> Result<BigUint, Fault> {
    meter.look()?;
    let (short, long) = if a.bits() < b.bits() { (a, b) } else { (b, a) };
    if short.bits().saturating_mul(long.bits()) <= PIECE * PIECE {
        return Ok(short * long);
    }
    let half = long.bits().div_ceil(128) * 64;
    let [(long_low, long_high), (short_low, short_high)] = [long, short].map(|number| split(number, half));
    let low = multiply(&long_low, &short_low, meter)?;
    if short_high == BigUint::ZERO {
        return Ok((multiply(&long_high, short, meter)? << half) + low);
    }
    let high = multiply(&long_high, &short_high, meter)?;
    let middle = multiply(&(long_low + long_high), &(short_low + short_high), meter)? - &high - &low;
    Ok((((high << half) + middle) << half) + low)
}

/// The low bits, and the rest.
fn split(number: &BigUint, bits: u64) -> (BigUint, BigUint) {
    let high = number >> bits;
    (number - (&high << bits), high)
}

/// `a / b` rounded toward zero, and `a % b`; the divisor is not zero.
pub(crate) fn divide(a: &BigInt, b: &BigInt, meter: &Meter) -> Result<(BigInt, BigInt), Fault> {
    let (quotient, rest) = divide_magnitudes(a.magnitude(), b.magnitude(), meter)?;
    let sign = if a.sign() == b.sign() { Sign::Plus } else { Sign::Minus };
    Ok((BigInt::from_biguint(sign, quotient), BigInt::from_biguint(a.sign(), rest)))
}

/// The quotient in blocks if it is long, else in halves; what is then much shorter than the divisor follows from the heads
/// of both numbers (Burnikel and Ziegler).
fn divide_magnitudes(a: &BigUint, b: &BigUint, meter: &Meter) -> Result<(BigUint, BigUint), Fault> {
    meter.look()?;
    let (divisor, found) = (b.bits(), a.bits().saturating_sub(b.bits()));
    if found.saturating_mul(divisor) <= PIECE * PIECE {
        return Ok(a.div_rem(b));
    }
    if found > divisor {
        let words = (divisor.max(PIECE * PIECE / divisor) / 32) as usize;
        let dividend = a.to_u32_digits();
        let mut quotient = vec![0; dividend.len()];
        let mut rest = BigUint::ZERO;
        for (digit, out) in dividend.chunks(words).zip(quotient.chunks_mut(words)).rev() {
            let part = (rest << (32 * digit.len())) + BigUint::from_slice(digit);
            let (found, left) = divide_magnitudes(&part, b, meter)?;
            out.iter_mut().zip(found.iter_u32_digits()).for_each(|(word, value)| *word = value);
            rest = left;
        }
        return Ok((BigUint::new(quotient), rest));
    }
    // The quotient has one bit more, or none.
    let cut = divisor - found;
    if cut > 64 {
        let [(a_low, a_high), (b_low, b_high)] = [a, b].map(|number| split(number, cut - 1));
        let (mut quotient, rest) = divide_magnitudes(&a_high, &b_high, meter)?;
        let (mut rest, excess) = ((rest << (cut - 1)) + a_low, multiply(&quotient, &b_low, meter)?);
        // Twice at most.
        while rest < excess {
            quotient -= 1_u8;
            rest += b;
        }
        return Ok((quotient, rest - excess));
    }
    let half = found / 2;
    let (low, high) = split(a, half);
    let (first, rest) = divide_magnitudes(&high, b, meter)?;
    let (second, rest) = divide_magnitudes(&((rest << half) + low), b, meter)?;
    Ok(((first << half) + second, rest))
}

/// The greatest common divisor, by Lehmer's method: the first 63 bits of both numbers tell what several steps of
/// Euclid's algorithm do.
pub(crate) fn greatest_common_divisor(a: &BigInt, b: &BigInt, meter: &Meter) -> Result<BigInt, Fault> {
    let (mut a, mut b) = (BigInt::from(a.magnitude().clone()), BigInt::from(b.magnitude().clone()));
    if a < b {
        std::mem::swap(&mut a, &mut b);
    }
    while b.sign() != Sign::NoSign {
        meter.look()?;
        let shift = a.bits().saturating_sub(63);
        // They fit.
        let first = |number: &BigInt| i128::try_from(number >> shift).unwrap_or(0);
        match steps(first(&a), first(&b)) {
            Some([[p, q], [r, s]]) => (a, b) = (&a * p + &b * q, &a * r + &b * s),
            None => {
                let (_, rest) = divide(&a, &b, meter)?;
                a = std::mem::replace(&mut b, rest);
            }
        }
    }
    Ok(a)
}

/// What several of Euclid's steps make of two numbers that begin with these bits, as a matrix; `None` if not even the
/// first step is certain.
fn steps(mut x: i128, mut y: i128) -> Option<[[i128; 2]; 2]> {
    let [mut upper, mut lower] = [[1, 0], [0, 1]];
    // The quotient is certain if it is the same for the least and the greatest numbers that begin so.
    while y + lower[0] != 0 && y + lower[1] != 0 {
        let quotient = (x + upper[0]) / (y + lower[0]);
        if quotient != (x + upper[1]) / (y + lower[1]) {
            break;
        }
        let next = [upper[0] - quotient * lower[0], upper[1] - quotient * lower[1]];
        (upper, lower) = (lower, next);
        (x, y) = (y, x - quotient * y);
    }
    (upper[1] != 0).then_some([upper, lower])
}

/// Reads a decimal integer with an optional sign, in less than quadratic time. `Ok(None)`: it is none.
pub(crate) fn parse_decimal(text: &str, meter: &Meter) -> Result<Option<BigInt>, Fault> {
    let (sign, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (Sign::Minus, rest),
        [b'+', rest @ ..] => (Sign::Plus, rest),
        rest => (Sign::Plus, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Ok(None);
    }
    let first = digits.iter().position(|digit| *digit != b'0').unwrap_or(digits.len());
    let digits = &digits[first..];
    // A byte has less than two and a half digits.
    if 2 * digits.len() as u64 > 5 * MAX_NUMBER_BYTES {
        return Err(too_large());
    }
    let value = |chunk: &[u8]| BigUint::from(chunk.iter().fold(0_u64, |n, d| 10 * n + u64::from(d - b'0')));
    // Least significant chunk first; neighbours are joined until one number is left.
    let mut parts: Vec<BigUint> = digits.rchunks(CHUNK).map(value).collect();
    let mut base = BigUint::from(10_u64.pow(CHUNK as u32));
    while parts.len() > 1 {
        let join = |pair: &[BigUint]| match pair {
            [low, high] => Ok(multiply(high, &base, meter)? + low),
            _ => Ok(pair.iter().sum()),
        };
        parts = parts.chunks(2).map(join).collect::<Result<_, Fault>>()?;
        if parts.len() > 1 {
            base = multiply(&base, &base, meter)?;
        }
    }
    Ok(Some(BigInt::from_biguint(sign, parts.pop().unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use rhodium_matcher::{Interrupt, Stop};

    use super::*;

    /// Numbers of about so many bytes, the same at every call.
    fn numbers(bytes: usize) -> [BigInt; 4] {
        let mut state = 0x9E37_79B9_u32;
        let mut word = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state
        };
        let mut random = |words: usize| BigInt::from(BigUint::new((0..words).map(|_| word()).collect()));
        [
            random(bytes / 4),
            -random(bytes / 4),
            random(bytes / 9),
            BigInt::from(BigUint::new(vec![u32::MAX; bytes / 8])),
        ]
    }

    #[test]
    fn long_numbers_have_the_results_of_short_methods() {
        let meter = Meter::new(0);
        for (a, b) in numbers(120_000).iter().flat_map(|a| numbers(70_000).map(|b| (a.clone(), b))) {
            assert_eq!(product(&a, &b, &meter).unwrap(), &a * &b);
            assert_eq!(divide(&a, &b, &meter).unwrap(), (&a / &b, &a % &b));
            let whole = &a * &b;
            assert_eq!(divide(&whole, &b, &meter).unwrap(), (a, BigInt::ZERO));
        }
    }

    #[test]
    fn common_divisors() {
        let meter = Meter::new(0);
        let gcd = |a: &BigInt, b: &BigInt| greatest_common_divisor(a, b, &meter).unwrap();
        let small = [0, 1, -1, 2, 6, -9, 12, 35, 97, i64::MAX, i64::MIN, 1 << 62, 6_700_417];
        for (a, b) in small.iter().flat_map(|a| small.iter().map(move |b| (*a, *b))) {
            assert_eq!(gcd(&a.into(), &b.into()), a.gcd_of(b), "{a} {b}");
        }
        // Neighbours in Fibonacci's sequence take the most steps.
        let (mut a, mut b) = (BigInt::from(1), BigInt::from(1));
        for _ in 0..20_000 {
            (a, b) = (b.clone(), a + b);
        }
        for common in numbers(3_000) {
            assert_eq!(gcd(&(&a * &common), &(&b * &common)), BigInt::from(common.magnitude().clone()));
        }
        let [c, d, e, _] = numbers(2_000);
        assert_eq!(gcd(&(&c * &e), &(&d * &e)), &e * c.gcd(&d));
    }

    trait GcdOf {
        fn gcd_of(self, other: i64) -> BigInt;
    }

    impl GcdOf for i64 {
        fn gcd_of(self, other: i64) -> BigInt {
            BigInt::from(self).gcd(&BigInt::from(other))
        }
    }

    #[test]
    fn decimals() {
        let meter = Meter::new(0);
        let parse = |text: &str| parse_decimal(text, &meter).unwrap();
        let long = "123456789012345678901234567890123456789012345678901234567890".repeat(700);
        assert_eq!(parse(&long).unwrap().to_string(), long);
        assert_eq!(parse("-1000000000000000000").unwrap().to_string(), "-1000000000000000000");
        assert_eq!(parse("+7"), Some(BigInt::from(7)));
        assert_eq!(parse("-000"), Some(BigInt::ZERO));
        assert_eq!(parse(&format!("{}7", "0".repeat(3_000_000))), Some(BigInt::from(7)));
        for bad in ["", "-", "4x", " 1", "+-1", "١"] {
            assert_eq!(parse(bad), None);
        }
        assert!(parse_decimal(&"9".repeat(2_700_000), &meter).is_err());
    }

    #[test]
    fn all_can_be_interrupted() {
        let interrupt = Interrupt::default();
        let meter = Meter::new(0).watching(interrupt.clone());
        interrupt.raise(Stop::Cancelled);
        let [a, b, c, _] = numbers(100_000);
        assert!(product(&a, &b, &meter).is_err());
        assert!(divide(&(&a * &b), &c, &meter).is_err());
        assert!(greatest_common_divisor(&a, &b, &meter).is_err());
        assert!(parse_decimal(&"9".repeat(200), &meter).is_err());
    }
}
