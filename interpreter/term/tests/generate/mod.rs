//! Random terms: a stack machine whose instructions build Pars with the smart constructors.

use std::sync::Arc;

use proptest::prelude::*;
use rhodium_term::{BinaryOp, Head, SimpleType, Term, Var, ZipperCursor};

const OPERATORS: [BinaryOp; 18] = [
    BinaryOp::Mult,
    BinaryOp::Div,
    BinaryOp::Plus,
    BinaryOp::Minus,
    BinaryOp::Lt,
    BinaryOp::Lte,
    BinaryOp::Gt,
    BinaryOp::Gte,
    BinaryOp::Eq,
    BinaryOp::Neq,
    BinaryOp::And,
    BinaryOp::Or,
    BinaryOp::PercentPercent,
    BinaryOp::PlusPlus,
    BinaryOp::MinusMinus,
    BinaryOp::Mod,
    BinaryOp::ShortAnd,
    BinaryOp::ShortOr,
];

const TYPES: [SimpleType; 6] =
    [SimpleType::Bool, SimpleType::Int, SimpleType::String, SimpleType::Uri, SimpleType::ByteArray, SimpleType::BigInt];

/// Pars built from random instructions.
pub fn terms() -> impl Strategy<Value = Term> {
    prop::collection::vec((0u8..48, any::<u8>()), 1..60).prop_map(|program| build(&program))
}

struct Machine {
    stack: Vec<Term>,
}

impl Machine {
    fn pop(&mut self) -> Term {
        self.stack.pop().unwrap_or_else(Term::nil)
    }

    fn pops(&mut self, count: u8) -> Vec<Term> {
        (0..count).map(|_| self.pop()).collect()
    }

    fn push(&mut self, item: Term) {
        self.stack.push(Term::single(item));
    }
}

fn remainder(n: u8) -> Option<Var> {
    match n % 6 {
        0 => Some(Var::Free(u32::from(n / 6))),
        1 => Some(Var::Wildcard),
        2 => Some(Var::Bound(u32::from(n / 6))),
        _ => None,
    }
}

/// A pattern: nothing in it counts as bound at depth 0, so it is made without bound variables.
fn pattern(n: u8) -> Term {
    Term::single(match n % 5 {
        0 => Term::var(Var::Free(u32::from(n / 5)), 1),
        1 => Term::var(Var::Wildcard, 1),
        2 => Term::var_ref(u32::from(n / 5), 1, 1),
        3 => Term::list(vec![Term::single(Term::var(Var::Bound(u32::from(n / 5)), 1))], remainder(n / 5)),
        _ => Term::connective(
            Head::ConnAnd,
            vec![Term::single(Term::simple_type(TYPES[n as usize % 6])), Term::single(Term::var(Var::Free(0), 1))],
        ),
    })
}

fn build(program: &[(u8, u8)]) -> Term {
    let mut m = Machine { stack: Vec::new() };
    for &(op, n) in program {
        step(&mut m, op, n);
    }
    let parts = std::mem::take(&mut m.stack);
    Term::compose(&parts)
}

fn step(m: &mut Machine, op: u8, n: u8) {
    match op {
        0..=4 => m.push(Term::int(i64::from(n) - 20)),
        5 => m.push(Term::int(i64::MIN >> (n % 64))),
        6 => m.push(Term::bool(n.is_multiple_of(2))),
        7 => m.push(Term::string("é\"".repeat(usize::from(n % 4)))),
        8 => m.push(Term::uri("rho:x")),
        9 => m.push(Term::bytes(vec![n; usize::from(n)])),
        10 => m.push(Term::ground(Head::Double((f64::from(n) / 8.0).to_bits()))),
        11 => m.push(Term::ground(Head::BigInt(Arc::new((i64::from(n) - 128).pow(5).into())))),
        12 => m.push(Term::ground(Head::BigRat(Arc::new((i64::from(n).into(), 3.into()))))),
        13 => m.push(Term::ground(Head::FixedPoint(Arc::new((i64::from(n).into(), u32::from(n % 5)))))),
        14 => m.push(Term::private(vec![n; 32])),
        15 => m.push(Term::ground(Head::DeployId(vec![n; 3].into()))),
        16 => m.push(Term::ground(Head::DeployerId(vec![n; 65].into()))),
        17 => m.push(Term::ground(Head::SysAuthToken)),
        18..=21 => m.push(Term::var(Var::Bound(u32::from(n % 20)), 0)),
        22 => m.push(Term::var_ref(u32::from(n % 7), u32::from(n % 2), 0)),
        23 => m.push(Term::simple_type(TYPES[usize::from(n) % 6])),
        24 => {
            let data = m.pops(n % 4);
            let channel = m.pop();
            m.push(Term::send(channel, data, n % 8 > 4));
        }
        25 | 26 => receive(m, n),
        27 => {
            let body = m.pop();
            let value = m.pop();
            let uris = (0..n % 3).map(|k| format!("rho:{k}").into()).collect();
            let injections = if n.is_multiple_of(5) { vec![("rho:y".into(), value)] } else { Vec::new() };
            m.push(Term::new_names(u32::from(n % 4), uris, injections, body));
        }
        28 | 29 => {
            let target = m.pop();
            let guard = (n.is_multiple_of(3)).then(|| m.pop());
            let body = m.pop();
            let cases = vec![
                Term::case(pattern(n), body, u32::from(n % 3), guard),
                Term::case(pattern(n / 2), m.pop(), u32::from(n % 2), None),
            ];
            m.push(Term::match_on(target, cases));
        }
        30 => {
            let (a, b, c) = (m.pop(), m.pop(), m.pop());
            m.push(Term::conditional(a, b, c));
        }
        31 => {
            let body = m.pop();
            m.push(Term::bundle(body, n.is_multiple_of(2), n.is_multiple_of(3)));
        }
        32 => {
            let operand = m.pop();
            m.push(Term::operator(if n.is_multiple_of(2) { Head::Not } else { Head::Neg }, vec![operand]));
        }
        33 | 34 => {
            let operands = m.pops(2);
            m.push(Term::operator(Head::Binary(OPERATORS[usize::from(n) % 18]), operands));
        }
        35 => {
            let target = m.pop();
            m.push(Term::matches(target, pattern(n)));
        }
        36 => {
            let arguments = m.pops(n % 3);
            let target = m.pop();
            m.push(Term::method("nth", target, arguments));
        }
        37 => {
            let elements = m.pops(n % 4);
            m.push(Term::list(elements, remainder(n)));
        }
        38 => {
            let elements = m.pops(n % 4);
            m.push(Term::tuple(elements));
        }
        39 => {
            let elements = m.pops(n % 4);
            m.push(Term::set(elements, remainder(n)));
        }
        40 => {
            let entries = (0..n % 4).map(|_| (m.pop(), m.pop())).collect();
            m.push(Term::map(entries, remainder(n)));
        }
        41 => {
            let elements = m.pops(n % 4);
            m.push(Term::path_map(elements, remainder(n)));
        }
        42 => {
            let path_map = Term::path_map(m.pops(n % 3), None);
            let cursor = ZipperCursor { path: vec![vec![n], Vec::new()], write: n.is_multiple_of(2) };
            m.push(Term::zipper(path_map, cursor));
        }
        43 => {
            let operands = m.pops(n % 3);
            m.push(Term::connective(if n.is_multiple_of(2) { Head::ConnAnd } else { Head::ConnOr }, operands));
        }
        44 => {
            let operand = m.pop();
            m.push(Term::connective(Head::ConnNot, vec![operand]));
        }
        _ => {
            let (a, b) = (m.pop(), m.pop());
            m.stack.push(Term::compose(&[a, b]));
        }
    }
}

fn receive(m: &mut Machine, n: u8) {
    let guard = (n.is_multiple_of(3)).then(|| m.pop());
    let body = m.pop();
    let binds: Vec<Term> = (0..1 + n % 2)
        .map(|k| {
            let patterns: Vec<Term> =
                (0..n % 3).map(|p| pattern(n.wrapping_add(k).wrapping_mul(7).wrapping_add(p))).collect();
            Term::bind(m.pop(), patterns, remainder(n), u32::from(n % 5))
        })
        .collect();
    m.push(Term::receive(binds, body, n.is_multiple_of(2), n.is_multiple_of(7), guard));
}
