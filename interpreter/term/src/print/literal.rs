//! Ground values and zippers as text.

use num_bigint::{BigInt, BigUint, Sign};

use super::{Printer, Style, Task};
use crate::head::{Head, ZipperCursor};
use crate::term::Term;

/// Zeros that fixed-point numbers may add to their digits, together; the others are printed with an exponent, so that
/// the text does not grow out of proportion.
pub(super) const MAX_ZEROS: u64 = 1 << 20;
/// First byte of a path segment that is one symbol; its length is added.
const SYMBOL: u8 = 0xc0;

impl<'a> Printer<'a> {
    pub(super) fn ground(&mut self, head: &Head) {
        match head {
            Head::Bool(value) => self.show(value),
            Head::Int(value) => self.show(value),
            Head::Str(text) if self.is_source() => string(&mut self.out, text),
            Head::Str(text) => self.show(format_args!("\"{text}\"")),
            Head::Uri(text) => self.show(format_args!("`{text}`")),
            Head::Bytes(bytes) if self.is_source() => {
                self.out.push('"');
                self.hex(bytes);
                self.out.push_str("\".hexToBytes()");
            }
            Head::Bytes(bytes) => self.hex(bytes),
            Head::Double(bits) => self.double(f64::from_bits(*bits)),
            Head::BigInt(value) => self.show(format_args!("{value}n")),
            Head::BigRat(ratio) if self.is_source() && *ratio.1.magnitude() == BigUint::from(1u8) => {
                self.show(format_args!("{}r", ratio.0));
            }
            Head::BigRat(ratio) if self.is_source() => {
                self.show(format_args!("({}r / {}r)", ratio.0, ratio.1));
            }
            Head::BigRat(ratio) => self.show(format_args!("{}/{}r", ratio.0, ratio.1)),
            Head::FixedPoint(number) => self.fixed_point(&number.0, number.1),
            _ => {}
        }
    }

    pub(super) fn hex(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.show(format_args!("{byte:02x}"));
        }
    }

    fn double(&mut self, value: f64) {
        if self.is_source() && !value.is_finite() {
            // What is too large for a float is infinite; no literal is not a number.
            let literal = match (value.is_nan(), value > 0.0) {
                (true, _) => "(0.0f64 / 0.0f64)",
                (false, true) => "1e999f64",
                (false, false) => "-1e999f64",
            };
            return self.out.push_str(literal);
        }
        let start = self.out.len();
        self.show(value);
        if value.is_finite() && !self.out[start..].contains('.') {
            self.out.push_str(".0");
        }
        self.out.push_str("f64");
    }

    fn fixed_point(&mut self, unscaled: &BigInt, scale: u32) {
        if unscaled.sign() == Sign::Minus {
            self.out.push('-');
        }
        let digits = unscaled.magnitude().to_string();
        let zeros = u64::from(scale).saturating_sub(digits.len() as u64);
        let Some(left) = self.zeros.checked_sub(zeros) else {
            return self.show(format_args!("{digits}e-{scale}p{scale}"));
        };
        self.zeros = left;
        let places = scale as usize;
        // Not by a format width, which has 16 bits.
        let padded = "0".repeat((places + 1).saturating_sub(digits.len())) + &digits;
        let (whole, fraction) = padded.split_at(padded.len() - places);
        self.out.push_str(whole);
        if places > 0 {
            self.out.push('.');
            self.out.push_str(fraction);
        }
        self.show(format_args!("p{scale}"));
    }

    pub(super) fn zipper(&mut self, cursor: &ZipperCursor, path_map: &'a Term) {
        let kind = if cursor.write { "Write" } else { "Read" };
        if self.is_source() {
            let path = match cursor.path.is_empty() {
                true => format!(".{}Zipper()", kind.to_lowercase()),
                false => format!(".{}ZipperAt([{}])", kind.to_lowercase(), segments(cursor, self.style)),
            };
            return self.plan([Task::Item(path_map), Task::Owned(path)]);
        }
        self.show(format_args!("{kind}Zipper(at: [{}], ", segments(cursor, self.style)));
        self.plan([Task::Item(path_map), Task::Text(")")]);
    }
}

/// Where the first character is that cannot stand in a literal as it is: a quote, or a backslash that begins no escape.
fn first_stray(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        match (bytes[at], bytes.get(at + 1)) {
            (b'\\', Some(b'"' | b'\\' | b'n' | b't' | b'r' | b'0'..=b'9')) => at += 2,
            _ => return Some(at),
        }
    }
}

/// A string is the text between the quotes of its literal, escapes included. A text that no literal has (made by
/// cutting an escape in two) becomes a sum of literals and of such cuts.
fn string(out: &mut String, text: &str) {
    if first_stray(text).is_none() {
        return out.extend(["\"", text, "\""]);
    }
    out.push('(');
    let mut rest = text;
    while let Some(at) = first_stray(rest) {
        if at > 0 {
            out.extend(["\"", &rest[..at], "\" ++ "]);
        }
        out.push_str(if rest[at..].starts_with('"') { r#""\"".slice(1, 2)"# } else { r#""\\".slice(0, 1)"# });
        rest = &rest[at + 1..];
        if !rest.is_empty() {
            out.push_str(" ++ ");
        }
    }
    if !rest.is_empty() {
        out.extend(["\"", rest, "\""]);
    }
    out.push(')');
}

/// The path of a cursor. In source, segments that are not plain values only have a description.
fn segments(cursor: &ZipperCursor, style: Style) -> String {
    let mut out = String::new();
    for (k, segment) in cursor.path.iter().enumerate() {
        if k > 0 {
            out.push_str(", ");
        }
        let mut text = String::new();
        describe_segment(&mut text, segment);
        if style == Style::Source && !is_value(segment, &text) {
            string(&mut out, &text);
        } else {
            out.push_str(&text);
        }
    }
    out
}

/// Whether a segment is a symbol that is the text of a value.
fn is_value(segment: &[u8], text: &str) -> bool {
    let between = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let digits = digits.strip_suffix('n').unwrap_or(digits);
    segment.first().is_some_and(|byte| *byte >= SYMBOL)
        && (matches!(text, "Nil" | "true" | "false")
            || (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
            || between('"').is_some_and(|inner| first_stray(inner).is_none())
            || between('`').is_some_and(|inner| !inner.contains('`')))
}

/// The s-expression that a path segment encodes (language.md 6.3): `c0` + length and a text, or a number of
/// children and these.
fn describe_segment(out: &mut String, mut bytes: &[u8]) {
    // Children still to come at each open parenthesis.
    let mut open: Vec<u8> = Vec::new();
    while let Some((first, rest)) = bytes.split_first() {
        if *first >= SYMBOL {
            let (text, after) = rest.split_at(usize::from(first - SYMBOL).min(rest.len()));
            out.push_str(&String::from_utf8_lossy(text));
            bytes = after;
        } else {
            out.push('(');
            open.push(*first);
            bytes = rest;
            if *first > 0 {
                continue;
            }
        }
        while let Some(left) = open.last_mut() {
            *left = left.saturating_sub(1);
            if *left > 0 {
                out.push(' ');
                break;
            }
            out.push(')');
            open.pop();
        }
    }
}
