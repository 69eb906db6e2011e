//! Short names for building terms by hand.
#![allow(dead_code)]

use rhodium_matcher::{Budget, match_process};
use rhodium_term::{Head, SimpleType, Term, Var};

pub fn par(items: &[Term]) -> Term {
    Term::par(items.iter().flat_map(|p| p.children().iter().cloned()).collect())
}

pub fn int(value: i64) -> Term {
    Term::single(Term::int(value))
}

pub fn text(value: &str) -> Term {
    Term::single(Term::string(value))
}

pub fn free(level: u32) -> Term {
    Term::single(Term::var(Var::Free(level), 1))
}

pub fn wild() -> Term {
    Term::single(Term::var(Var::Wildcard, 1))
}

pub fn bound(index: u32) -> Term {
    Term::single(Term::var(Var::Bound(index), 0))
}

pub fn list(elements: &[Term]) -> Term {
    list_with(elements, None)
}

pub fn list_with(elements: &[Term], remainder: impl Into<Option<Var>>) -> Term {
    Term::single(Term::list(elements.to_vec(), remainder.into()))
}

pub fn tuple(elements: &[Term]) -> Term {
    Term::single(Term::tuple(elements.to_vec()))
}

pub fn set(elements: &[Term]) -> Term {
    set_with(elements, None)
}

pub fn set_with(elements: &[Term], remainder: impl Into<Option<Var>>) -> Term {
    Term::single(Term::set(elements.to_vec(), remainder.into()))
}

pub fn map(entries: &[(Term, Term)]) -> Term {
    map_with(entries, None)
}

pub fn map_with(entries: &[(Term, Term)], remainder: impl Into<Option<Var>>) -> Term {
    Term::single(Term::map(entries.to_vec(), remainder.into()))
}

pub fn send(channel: Term, data: &[Term]) -> Term {
    Term::single(Term::send(channel, data.to_vec(), false))
}

/// `for (pattern <- source) { body }`
pub fn receive(source: Term, pattern: Term, free_count: u32, body: Term) -> Term {
    let bind = Term::bind(source, vec![pattern], None, free_count);
    Term::single(Term::receive(vec![bind], body, false, false, None))
}

pub fn and(operands: &[Term]) -> Term {
    Term::single(Term::connective(Head::ConnAnd, operands.to_vec()))
}

pub fn or(operands: &[Term]) -> Term {
    Term::single(Term::connective(Head::ConnOr, operands.to_vec()))
}

pub fn not(operand: Term) -> Term {
    Term::single(Term::connective(Head::ConnNot, vec![operand]))
}

pub fn kind(simple_type: SimpleType) -> Term {
    Term::single(Term::simple_type(simple_type))
}

pub fn is_int() -> Term {
    kind(SimpleType::Int)
}

/// Matches with as many variables as are asked for.
pub fn bindings(target: &Term, pattern: &Term, free_count: u32) -> Option<Vec<Term>> {
    match_process(target, pattern, free_count, &mut Budget::default()).expect("budget")
}

#[track_caller]
pub fn check(target: &Term, pattern: &Term, expected: &[Term]) {
    assert_eq!(bindings(target, pattern, expected.len() as u32).as_deref(), Some(expected));
}

#[track_caller]
pub fn check_fails(target: &Term, pattern: &Term) {
    assert_eq!(bindings(target, pattern, 4), None);
}
