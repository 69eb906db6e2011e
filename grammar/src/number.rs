//! Numeric literals: where they end, and what they mean (language.md 1.6 and 1.8).

use num_bigint::BigInt;

use crate::ast::Proc;

/// Zero digits that the fixed point literals of one source may add beyond what is written, so that a short source
/// cannot ask for gigabytes (`1p4000000000`).
pub(crate) const MAX_PADDING: u64 = 1 << 20;

/// Most digits of a number of any size: converting them is more than linear work.
pub(crate) const MAX_DIGITS: usize = 1 << 20;

/// What is wrong with a numeric literal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NumberError {
    /// The letters after the digits are no suffix of such a number.
    Suffix,
    /// The suffix exists, the width does not; the text says which do.
    Width(&'static str),
    /// Does not fit 64 bits.
    Range,
    /// More decimal places than the padding that is left.
    Scale,
    /// More digits than [`MAX_DIGITS`].
    Long,
}

fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn word(bytes: &[u8]) -> &[u8] {
    let length = bytes.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_' || **b == b'\'').count();
    &bytes[..length]
}

fn exponent(bytes: &[u8]) -> usize {
    match bytes {
        [b'e' | b'E', b'+' | b'-', rest @ ..] if digits(rest) > 0 => 2 + digits(rest),
        [b'e' | b'E', rest @ ..] if digits(rest) > 0 => 1 + digits(rest),
        _ => 0,
    }
}

/// Whether `5.` in front of these bytes takes the point into the number. It does if the suffix of a float or fixed
/// point number follows, or nothing that makes it a method call (`5.size()`) or a remainder (`5...x`).
fn point_belongs(bytes: &[u8]) -> bool {
    let rest = &bytes[exponent(bytes)..];
    let suffix = matches!(rest, [b'f' | b'p', tail @ ..] if digits(tail) > 0 && digits(tail) == word(tail).len());
    let next = bytes.trim_ascii_start();
    suffix
        || match (next, word(next)) {
            ([b'.', ..] | [b'/', b'/' | b'*', ..], _) => false,
            (_, []) => next.first().is_none_or(u8::is_ascii),
            (_, name) => KEYWORDS.contains(&name),
        }
}

/// The length of the number (without sign) at the start of `bytes`, with its suffix. Keywords that touch the digits
/// (`1or 2`) are not part of it, other letters are, so that a wrong suffix is found as such.
pub(crate) fn scan(bytes: &[u8]) -> usize {
    let mut length = digits(bytes);
    if let Some((b'.', rest)) = bytes[length..].split_first() {
        let fraction = digits(rest);
        if fraction > 0 || (length > 0 && point_belongs(rest)) {
            length += 1 + fraction;
        }
    }
    length += exponent(&bytes[length..]);
    let suffix = word(&bytes[length..]);
    if KEYWORDS.contains(&suffix) { length } else { length + suffix.len() }
}

const KEYWORDS: [&[u8]; 7] = [b"in", b"or", b"and", b"matches", b"where", b"else", b"not"];

/// Whether the literal has the suffix `u`, which takes no sign.
pub(crate) fn is_unsigned(literal: &[u8]) -> bool {
    literal.get(digits(literal)) == Some(&b'u')
}

/// How big numbers are worked out: by [`big`], or by [`no_value`] where only errors matter.
pub(crate) type Value = fn(&str) -> BigInt;

/// The value of a literal. `padding` is what is left of [`MAX_PADDING`].
pub(crate) fn decode(literal: &str, padding: &mut u64, big: Value) -> Result<Proc, NumberError> {
    let start = usize::from(literal.starts_with('-'));
    let body = &literal.as_bytes()[start..];
    let whole = digits(body);
    let point = usize::from(body.get(whole) == Some(&b'.'));
    let fraction = digits(&body[whole + point..]) * point;
    let mantissa = whole + point + fraction;
    let power = exponent(&body[mantissa..]);
    let number = &literal[..start + mantissa + power];
    let suffix = &literal[start + mantissa + power..];
    let is_integer = point == 0 && power == 0;
    let any_size = matches!(suffix.as_bytes().first(), Some(b'n' | b'r' | b'p' | b'i' | b'u'));
    if any_size && mantissa > MAX_DIGITS {
        return Err(NumberError::Long);
    }
    let Some(kind) = suffix.bytes().next() else {
        return if is_integer { number.parse().map(Proc::Int).map_err(|_| NumberError::Range) } else { float(number) };
    };
    let width = &suffix[1..];
    match kind {
        b'f' => match width {
            "32" | "64" | "128" | "256" => float(number),
            _ => bad_width(width, "f32, f64, f128 and f256"),
        },
        b'p' if power == 0 && is_digits(width) => {
            let (unscaled, places) = fixed_point(number, start + whole, point, width, padding)?;
            Ok(Proc::FixedPoint(big(&unscaled), places))
        }
        b'n' if is_integer && width.is_empty() => Ok(Proc::BigInt(big(number))),
        b'r' if is_integer && width.is_empty() => Ok(Proc::BigRat(Box::new((big(number), BigInt::from(1))))),
        b'i' | b'u' if is_integer => integer(number, kind == b'u', width, big),
        _ => Err(NumberError::Suffix),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn bad_width<T>(width: &str, known: &'static str) -> Result<T, NumberError> {
    Err(if is_digits(width) || width.is_empty() { NumberError::Width(known) } else { NumberError::Suffix })
}

fn float(number: &str) -> Result<Proc, NumberError> {
    number.parse().map(Proc::Float).map_err(|_| NumberError::Suffix)
}

fn integer(number: &str, unsigned: bool, width: &str, big: Value) -> Result<Proc, NumberError> {
    let known = "powers of two from 8 upwards";
    let Some(bits) = width.parse::<u64>().ok().filter(|bits| is_digits(width) && *bits >= 8 && bits.is_power_of_two())
    else {
        return bad_width(width, known);
    };
    match number.parse() {
        Ok(value) if bits <= 64 => Ok(Proc::Int(value)),
        Err(_) if bits <= 64 && !unsigned => Err(NumberError::Range),
        _ => Ok(Proc::BigInt(big(number))),
    }
}

/// The digits of the unscaled value, and the number of decimal places. `whole` is where the integral digits (with sign)
/// end, `point` the length of the point.
fn fixed_point(
    number: &str,
    whole: usize,
    point: usize,
    width: &str,
    padding: &mut u64,
) -> Result<(String, u32), NumberError> {
    let fraction = &number[whole + point..];
    let places = width.parse::<u32>().map_err(|_| NumberError::Scale)?;
    let kept = fraction.len().min(places as usize);
    let added = u64::from(places) - kept as u64;
    *padding = padding.checked_sub(added).ok_or(NumberError::Scale)?;
    let mut unscaled = String::with_capacity(whole + places as usize);
    unscaled.push_str(&number[..whole]);
    unscaled.push_str(&fraction[..kept]);
    unscaled.extend(std::iter::repeat_n('0', added as usize));
    Ok((unscaled, places))
}

/// Stands for the value of a number in a tree that nobody reads.
pub(crate) fn no_value(_: &str) -> BigInt {
    BigInt::ZERO
}

/// An integer from `-?digit*`: neighbouring groups of digits are joined pairwise, so that the work is that of a few
/// large multiplications instead of quadratic.
pub(crate) fn big(text: &str) -> BigInt {
    const GROUP: usize = 18;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let mut groups: Vec<BigInt> = digits
        .as_bytes()
        .rchunks(GROUP)
        .map(|group| BigInt::from(group.iter().fold(0u64, |sum, digit| sum * 10 + u64::from(digit - b'0'))))
        .collect();
    let mut base = BigInt::from(10u64.pow(GROUP as u32));
    while groups.len() > 1 {
        groups = groups
            .chunks(2)
            .map(|pair| match pair {
                [low, high] => low + high * &base,
                _ => pair[0].clone(),
            })
            .collect();
        if groups.len() > 1 {
            base = &base * &base;
        }
    }
    let value = groups.pop().unwrap_or_default();
    if negative { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(literal: &str) -> Result<Proc, NumberError> {
        decode(literal, &mut MAX_PADDING.clone(), big)
    }

    #[test]
    fn numbers_end_where_they_should() {
        let cases = [
            ("1...x", 1),
            ("1.size()", 1),
            ("1.5...x", 3),
            ("1.f64", 5),
            ("1.p2)", 4),
            ("1.e3f32", 7),
            ("1.e3()", 1),
            ("1e3 ", 3),
            ("1e-3f64", 7),
            (".5p1", 4),
            ("5i7", 3),
            ("5in", 1),
            ("1or 2", 1),
            ("5abc", 4),
            ("1..2", 1),
            ("1.)", 2),
            ("1. + 2", 2),
            ("1. size()", 1),
            ("1. or 2.", 2),
            ("1.// size\nsize()", 1),
            ("1.é", 1),
            ("1.", 2),
        ];
        for (text, length) in cases {
            assert_eq!(scan(text.as_bytes()), length, "{text}");
        }
    }

    #[test]
    fn values() {
        assert_eq!(value("007"), Ok(Proc::Int(7)));
        assert_eq!(value("-9223372036854775808"), Ok(Proc::Int(i64::MIN)));
        assert_eq!(value("9223372036854775808"), Err(NumberError::Range));
        assert_eq!(value("300i8"), Ok(Proc::Int(300)));
        assert_eq!(value("-3i16"), Ok(Proc::Int(-3)));
        assert_eq!(value("5i128"), Ok(Proc::BigInt(5.into())));
        assert_eq!(value("9223372036854775808i64"), Err(NumberError::Range));
        assert_eq!(value("18446744073709551615u64"), Ok(Proc::BigInt(u64::MAX.into())));
        assert_eq!(value("-7n"), Ok(Proc::BigInt((-7).into())));
        assert_eq!(value("-3r"), Ok(Proc::BigRat(Box::new(((-3).into(), 1.into())))));
        assert_eq!(value("2.5"), Ok(Proc::Float(2.5)));
        assert_eq!(value("2."), Ok(Proc::Float(2.0)));
        assert_eq!(value("5.f32"), Ok(Proc::Float(5.0)));
        assert_eq!(value("7f256"), Ok(Proc::Float(7.0)));
        assert_eq!(value("-.5"), Ok(Proc::Float(-0.5)));
        assert_eq!(value("1e3"), Ok(Proc::Float(1000.0)));
        assert_eq!(value("1.50p2"), Ok(Proc::FixedPoint(150.into(), 2)));
        assert_eq!(value("10p0"), Ok(Proc::FixedPoint(10.into(), 0)));
        assert_eq!(value("-0.25p2"), Ok(Proc::FixedPoint((-25).into(), 2)));
        assert_eq!(value("1.999p1"), Ok(Proc::FixedPoint(19.into(), 1)));
        assert_eq!(value(".5p3"), Ok(Proc::FixedPoint(500.into(), 3)));
    }

    #[test]
    fn wrong_suffixes() {
        for literal in ["5i7", "5i0", "5i4", "5u12", "5i", "1.5f16", "5f", "5i99999999999999999999999"] {
            assert!(matches!(value(literal), Err(NumberError::Width(_))), "{literal}");
        }
        for literal in ["5x", "5nn", "1.5n", "1e3i8", "1.5u8", "1e3p2", "5p", "5f64x", "5i8_"] {
            assert_eq!(value(literal), Err(NumberError::Suffix), "{literal}");
        }
        assert_eq!(value("1p4000000000"), Err(NumberError::Scale));
        assert_eq!(value("1p99999999999"), Err(NumberError::Scale));
    }

    #[test]
    fn long_integers() {
        let text = "-12345678901234567890123456789012345678901234567890123456789";
        assert_eq!(big(text).to_string(), text);
        assert_eq!(big("000000000000000000000000000000000000000000"), BigInt::from(0));
        let long = "7".repeat(100_000);
        assert_eq!(big(&long) % 1_000_000_007u64, {
            let sum = long.bytes().fold(0u64, |sum, digit| (sum * 10 + u64::from(digit - b'0')) % 1_000_000_007);
            BigInt::from(sum)
        });
    }
}
