//! Methods of strings, byte arrays and scalars (language.md 6.1).

use rhodium_term::{Category, Head};

use super::{Method, charge, collections, index_arg, not_defined, view};
use crate::cost::{Charge, Meter, price};
use crate::error::{Code, Fault};
use crate::numeric::{Number, big_value, byte_len, parse_decimal};
use crate::operators::check_length;
use crate::value::Value;

/// `length`: UTF-16 code units of a string (language.md 6.1), bytes, elements.
pub(super) fn length(target: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    let count = match target {
        Value::Str(s) if s.is_ascii() => s.len(),
        Value::Str(s) => s.chars().map(char::len_utf16).sum(),
        Value::Bytes(b) => b.len(),
        _ => view::list(target).ok_or_else(|| not_defined(Method::Length, target))?.items.len(),
    };
    charge(meter, price::LENGTH)?;
    Ok(Value::Int(count as i64))
}

/// `slice`. The charge is the upper bound as given, also when it is negative (runtime.md 7.3; B5 is kept).
pub(super) fn slice(target: &Value, args: &[Value], meter: &mut Meter) -> Result<Value, Fault> {
    let (from, to) = (index_arg(&args[0])?, index_arg(&args[1])?);
    match target {
        Value::Str(s) => {
            charge(meter, to)?;
            slice_str(s, from, to)
        }
        Value::Bytes(b) => {
            charge(meter, to)?;
            slice_bytes(b, from, to)
        }
        _ => {
            let list = view::list(target).ok_or_else(|| not_defined(Method::Slice, target))?;
            charge(meter, to)?;
            collections::slice(&list, from, to, meter)
        }
    }
}

fn slice_str(text: &str, from: i64, to: i64) -> Result<Value, Fault> {
    let from = from.max(0);
    if to <= from {
        return Ok(Value::str(""));
    }
    let start = byte_at(text, from)?;
    let end = start + byte_at(&text[start..], to - from)?;
    Ok(Value::str(&text[start..end]))
}

/// The byte where a UTF-16 code unit begins; the end of the text if there are fewer.
fn byte_at(text: &str, unit: i64) -> Result<usize, Fault> {
    let mut left = unit;
    for (at, c) in text.char_indices() {
        if left <= 0 {
            return if left == 0 { Ok(at) } else { Err(split_character()) };
        }
        left -= c.len_utf16() as i64;
    }
    if left < 0 { Err(split_character()) } else { Ok(text.len()) }
}

fn split_character() -> Fault {
    Fault::reduce("Error: slice would split a character that takes two UTF-16 code units.")
}

fn slice_bytes(bytes: &[u8], from: i64, to: i64) -> Result<Value, Fault> {
    let bound = |index: i64| {
        let inside = usize::try_from(index).ok().filter(|i| *i <= bytes.len());
        inside.ok_or_else(|| super::out_of_bound(index))
    };
    let (from, to) = (bound(from)?, bound(to)?);
    Ok(Value::bytes(bytes.get(from..to).unwrap_or_default()))
}

/// `hexToBytes`: other characters are skipped, an odd number of digits gets a leading 0.
pub(super) fn hex_to_bytes(target: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    let Value::Str(text) = target else { return Err(not_defined(Method::HexToBytes, target)) };
    meter.charge_size(text.len() as u64, Charge::Method)?;
    let digits: Vec<u8> = text.bytes().filter_map(|c| char::from(c).to_digit(16)).map(|d| d as u8).collect();
    let (odd, pairs) = digits.split_at(digits.len() % 2);
    Ok(Value::bytes(odd.iter().copied().chain(pairs.chunks(2).map(|p| p[0] << 4 | p[1])).collect::<Vec<u8>>()))
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |d: u8| char::from(if d < 10 { b'0' + d } else { b'a' + d - 10 });
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

/// `bytesToHex`.
pub(super) fn bytes_to_hex(target: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    let Value::Bytes(bytes) = target else { return Err(not_defined(Method::BytesToHex, target)) };
    meter.charge_size(bytes.len() as u64, Charge::Method)?;
    check_length(2 * bytes.len() as u64)?;
    Ok(Value::str(hex(bytes)))
}

/// `toUtf8Bytes`.
pub(super) fn to_utf8_bytes(target: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    let Value::Str(text) = target else { return Err(not_defined(Method::ToUtf8Bytes, target)) };
    meter.charge_size(text.len() as u64, Charge::Method)?;
    Ok(Value::bytes(text.as_bytes()))
}

/// `toByteArray`: the wire form of any process.
pub(super) fn to_byte_array(target: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    let size = target.size();
    meter.charge_size(size, Charge::Substitution)?;
    meter.charge_size(size, Charge::Method)?;
    check_length(size)?;
    let mut bytes = Vec::with_capacity(size as usize);
    target.encode_wire(&mut bytes, meter)?;
    Ok(Value::bytes(bytes))
}

/// `toInt`.
pub(super) fn to_int(target: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    if let Value::Str(text) = target {
        meter.charge_size(text.len() as u64, Charge::Method)?;
        let bad = || format!("Method toInt(): input string \"{text}\" cannot be converted to Int");
        return text.parse().map(Value::Int).map_err(|_| Fault::reduce(bad()).coded(Code::Conversion));
    }
    match Number::of(target) {
        Some(Number::Int(i)) => Ok(Value::Int(i)),
        Some(Number::Big(i)) => {
            meter.charge_size(byte_len(i), Charge::Method)?;
            let bad = |_| {
                let text = format!("Method toInt(): input BigInt value {i} out of range");
                Fault::reduce(text).coded(Code::Overflow)
            };
            i64::try_from(i).map(Value::Int).map_err(bad)
        }
        _ => Err(not_defined(Method::ToInt, target)),
    }
}

/// Charge for making a BigInt of an Int.
const INT_BYTES: i64 = 8;

/// `toBigInt`.
pub(super) fn to_big_int(target: &Value, meter: &mut Meter) -> Result<Value, Fault> {
    if let Value::Str(text) = target {
        meter.charge_size(text.len() as u64, Charge::Method)?;
        let bad = || format!("Method toBigInt(): input string \"{text}\" cannot be converted to BigInt");
        let number = parse_decimal(text, meter)?;
        return number.map(big_value).ok_or_else(|| Fault::reduce(bad()).coded(Code::Conversion));
    }
    match Number::of(target) {
        Some(Number::Big(_)) => Ok(target.clone()),
        Some(Number::Int(i)) => {
            charge(meter, INT_BYTES)?;
            Ok(big_value(i.into()))
        }
        _ => Err(not_defined(Method::ToBigInt, target)),
    }
}

/// `toString`: of a deploy id only.
pub(super) fn to_string(target: &Value) -> Result<Value, Fault> {
    if let Value::Term(par) = target
        && let [item] = par.items(Category::Unforgeable)
        && par.single_item().is_some()
        && let Head::DeployId(id) = item.head()
    {
        return Ok(Value::str(hex(id)));
    }
    Err(not_defined(Method::ToString, target))
}
