//! Path segments of path maps: bytes that order and tell apart the parts of a path (language.md 6.3).
//!
//! A process is rendered as a symbol or as an expression of a head symbol and children. A symbol is the byte
//! `0xC0 + length` and its text; an expression is the byte *number of children* (the head symbol counts) and the
//! encodings of the children. What has no reading of its own is an expression over its protobuf form, in chunks.

use std::sync::Arc;

use num_bigint::{BigInt, Sign};
use rhodium_term::{Head, Term, proto};

use super::text::hex;
use crate::cost::Meter;
use crate::error::Fault;
use crate::numeric::parse_decimal;

const SYMBOL: u8 = 0xC0;
/// Longest symbol in bytes, and greatest number of children.
const MOST: usize = 63;
/// Bytes whose hexadecimal digits fit one symbol.
const CHUNK: usize = MOST / 2;

fn too_long() -> Fault {
    Fault::reduce(format!("Error: a path segment has a symbol over {MOST} bytes or more than {MOST} children."))
}

fn put_symbol(out: &mut Vec<u8>, text: &str) -> Result<(), Fault> {
    if text.len() > MOST {
        return Err(too_long());
    }
    out.push(SYMBOL + text.len() as u8);
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

fn put_head(out: &mut Vec<u8>, head: &str, children: usize) -> Result<(), Fault> {
    if children >= MOST {
        return Err(too_long());
    }
    out.push(1 + children as u8);
    put_symbol(out, head)
}

fn put_symbols(out: &mut Vec<u8>, head: &str, symbols: &[String]) -> Result<(), Fault> {
    put_head(out, head, symbols.len())?;
    symbols.iter().try_for_each(|symbol| put_symbol(out, symbol))
}

fn put_bytes(out: &mut Vec<u8>, head: &str, bytes: &[u8]) -> Result<(), Fault> {
    if bytes.len() > CHUNK * MOST {
        return Err(too_long());
    }
    let chunks: Vec<String> = bytes.chunks(CHUNK).map(hex).collect();
    put_symbols(out, head, &chunks)
}

/// The head symbol of a collection without remainder.
fn collection_name(head: &Head) -> Option<&'static str> {
    match head {
        Head::List { remainder: None } => Some("list"),
        Head::Tuple => Some("tuple"),
        Head::Set { remainder: None } => Some("set"),
        Head::Map { remainder: None } => Some("map"),
        Head::PathMap { remainder: None } => Some("pathmap"),
        _ => None,
    }
}

/// The encoding of a segment.
pub(super) fn encode(segment: &Term) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let mut pending = vec![segment];
    while let Some(par) = pending.pop() {
        match par.single_item() {
            None if par.is_nil() => put_symbol(&mut out, "Nil")?,
            None => put_process(&mut out, par)?,
            Some(item) => match collection_name(item.head()) {
                Some(name) => {
                    put_head(&mut out, name, item.children().len())?;
                    pending.extend(item.children().iter().rev());
                }
                None => put_scalar(&mut out, par, item)?,
            },
        }
    }
    Ok(out)
}

fn put_process(out: &mut Vec<u8>, par: &Term) -> Result<(), Fault> {
    if par.size() > (CHUNK * MOST) as u64 {
        return Err(too_long());
    }
    put_bytes(out, "process", &proto::encode(par))
}

fn put_scalar(out: &mut Vec<u8>, par: &Term, item: &Term) -> Result<(), Fault> {
    match item.head() {
        Head::Bool(b) => put_symbol(out, if *b { "true" } else { "false" }),
        Head::Int(i) => put_symbol(out, &i.to_string()),
        Head::Str(s) | Head::Uri(s) if s.len() > MOST - 2 => Err(too_long()),
        Head::Str(s) => put_symbol(out, &format!("\"{s}\"")),
        Head::Uri(s) => put_symbol(out, &format!("`{s}`")),
        Head::Bytes(b) => put_bytes(out, "bytes", b),
        Head::Private(id) => put_bytes(out, "unforgeable", id),
        Head::BigInt(i) if i.bits() < 1024 => put_symbol(out, &format!("{i}n")),
        Head::BigRat(r) if r.0.bits().max(r.1.bits()) < 1024 => {
            put_symbols(out, "bigrat", &[r.0.to_string(), r.1.to_string()])
        }
        Head::FixedPoint(f) if f.0.bits() < 1024 => put_symbols(out, "fixedpoint", &[f.0.to_string(), f.1.to_string()]),
        Head::Double(bits) => put_bytes(out, "float", &bits.to_be_bytes()),
        _ => put_process(out, par),
    }
}

/// An expression whose children are still being read.
struct Open {
    left: usize,
    head: Option<String>,
    symbols: Vec<String>,
    terms: Vec<Term>,
}

/// The process of a segment encoding.
pub(super) fn decode(bytes: &[u8]) -> Result<Term, Fault> {
    read(bytes).ok_or_else(|| Fault::reduce("Error: malformed path segment."))
}

fn read(mut bytes: &[u8]) -> Option<Term> {
    let mut stack: Vec<Open> = Vec::new();
    loop {
        let (&tag, rest) = bytes.split_first()?;
        bytes = rest;
        if tag < SYMBOL {
            stack.push(Open { left: usize::from(tag), head: None, symbols: Vec::new(), terms: Vec::new() });
            continue;
        }
        let (text, rest) = bytes.split_at_checked(usize::from(tag - SYMBOL))?;
        bytes = rest;
        let text = std::str::from_utf8(text).ok()?;
        let Some(open) = stack.last_mut() else { return finish(symbol_term(text)?, bytes) };
        open.left = open.left.checked_sub(1)?;
        match &open.head {
            None => open.head = Some(text.into()),
            Some(head) if collection_head(head) => open.terms.push(symbol_term(text)?),
            Some(_) => open.symbols.push(text.into()),
        }
        while stack.last().is_some_and(|open| open.left == 0) {
            let term = close(stack.pop()?)?;
            let Some(open) = stack.last_mut() else { return finish(term, bytes) };
            open.left = open.left.checked_sub(1)?;
            open.terms.push(term);
        }
    }
}

fn finish(term: Term, rest: &[u8]) -> Option<Term> {
    rest.is_empty().then_some(term)
}

fn collection_head(head: &str) -> bool {
    matches!(head, "list" | "tuple" | "set" | "map" | "pathmap")
}

fn symbol_term(text: &str) -> Option<Term> {
    let quoted = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    Some(Term::single(match text {
        "Nil" => return Some(Term::nil()),
        "true" | "false" => Term::bool(text == "true"),
        _ if text.starts_with('"') => Term::string(quoted('"')?),
        _ if text.starts_with('`') => Term::uri(quoted('`')?),
        _ => match text.strip_suffix('n') {
            Some(digits) => Term::ground(Head::BigInt(decimal(digits)?.into())),
            None => Term::int(text.parse().ok()?),
        },
    }))
}

fn close(open: Open) -> Option<Term> {
    let terms = open.terms;
    let item = match open.head.as_deref()? {
        "list" => Term::list(terms, None),
        "tuple" => Term::tuple(terms),
        "set" => Term::set(terms, None),
        "pathmap" => Term::path_map(terms, None),
        "map" => Term::map(terms.chunks_exact(2).map(|kv| (kv[0].clone(), kv[1].clone())).collect(), None),
        _ if !terms.is_empty() => return None,
        "bytes" => Term::bytes(unhex(&open.symbols)?),
        "unforgeable" => Term::private(unhex(&open.symbols)?),
        "float" => {
            let bits: [u8; 8] = unhex(&open.symbols)?.try_into().ok()?;
            Term::ground(Head::Double(u64::from_be_bytes(bits)))
        }
        "bigrat" => {
            let fraction = two_numbers(&open.symbols).filter(|(_, den)| den.sign() == Sign::Plus)?;
            Term::ground(Head::BigRat(Arc::new(fraction)))
        }
        "fixedpoint" => {
            let (unscaled, scale) = two_numbers(&open.symbols)?;
            Term::ground(Head::FixedPoint(Arc::new((unscaled, u32::try_from(scale).ok()?))))
        }
        "process" => return proto::decode(&unhex(&open.symbols)?, proto::Limits::default()).ok(),
        _ => return None,
    };
    Some(Term::single(item))
}

fn two_numbers(symbols: &[String]) -> Option<(BigInt, BigInt)> {
    let [first, second] = symbols else { return None };
    Some((decimal(first)?, decimal(second)?))
}

fn unhex(symbols: &[String]) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
    let pair = |p: &[u8]| Some(digit(p[0])? << 4 | digit(*p.get(1)?)?);
    symbols.iter().flat_map(|s| s.as_bytes().chunks(2).map(pair)).collect()
}

/// A number of no more digits than a symbol has.
fn decimal(text: &str) -> Option<BigInt> {
    parse_decimal(text, &Meter::new(0)).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(term: Term) -> Vec<u8> {
        let bytes = encode(&term).unwrap();
        assert_eq!(decode(&bytes).unwrap(), term);
        bytes
    }

    #[test]
    fn symbols() {
        assert_eq!(round_trip(Term::single(Term::string("a"))), b"\xC3\"a\"");
        assert_eq!(round_trip(Term::single(Term::int(-12))), b"\xC3-12");
        assert_eq!(round_trip(Term::nil()), b"\xC3Nil");
        assert_eq!(round_trip(Term::single(Term::bool(true))), b"\xC4true");
        round_trip(Term::single(Term::uri("rho:x")));
        round_trip(Term::single(Term::ground(Head::BigInt(BigInt::from(5).into()))));
    }

    #[test]
    fn expressions() {
        let one = || Term::single(Term::int(1));
        assert_eq!(round_trip(Term::single(Term::tuple(vec![one(), one()]))), b"\x03\xC5tuple\xC11\xC11");
        round_trip(Term::single(Term::list(vec![Term::single(Term::list(vec![], None)), one()], None)));
        round_trip(Term::single(Term::map(vec![(one(), Term::nil())], None)));
        round_trip(Term::single(Term::set(vec![one()], None)));
        round_trip(Term::single(Term::path_map(vec![one()], None)));
        round_trip(Term::single(Term::bytes(vec![7; 100])));
        round_trip(Term::single(Term::private(vec![7; 32])));
        round_trip(Term::single(Term::ground(Head::Double(1.5_f64.to_bits()))));
        round_trip(Term::single(Term::ground(Head::BigRat((BigInt::from(-1), BigInt::from(2)).into()))));
        round_trip(Term::single(Term::ground(Head::FixedPoint((BigInt::from(-150), 2).into()))));
        round_trip(Term::single(Term::send(one(), vec![one()], false)));
        round_trip(Term::par(vec![Term::int(1), Term::int(2)]));
    }

    #[test]
    fn limits() {
        assert!(encode(&Term::single(Term::string("x".repeat(61)))).is_ok());
        assert!(encode(&Term::single(Term::string("x".repeat(62)))).is_err());
        let list = |n| Term::single(Term::list(vec![Term::nil(); n], None));
        assert!(encode(&list(62)).is_ok());
        assert!(encode(&list(63)).is_err());
        assert!(encode(&Term::single(Term::bytes(vec![0; 5000]))).is_err());
        for bad in [&b""[..], b"\x01", b"\x00", b"\xC3ab", b"\xC1x", b"\xC11\xC11", b"\x02\xC4list\xC1\"", b"\xC1\""] {
            assert!(decode(bad).is_err(), "{bad:?}");
        }
        // A fraction has a positive denominator.
        assert!(decode(b"\x03\xC6bigrat\xC11\xC12").is_ok());
        assert!(decode(b"\x03\xC6bigrat\xC11\xC10").is_err());
    }

    #[test]
    fn deep_segments() {
        let mut term = Term::nil();
        for _ in 0..100_000 {
            term = Term::single(Term::list(vec![term], None));
        }
        round_trip(term);
    }
}
