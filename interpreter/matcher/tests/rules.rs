//! The rules of language.md 4 and the examples of runtime.md 5.7, on terms built by hand.

mod build;

use build::*;
use rhodium_matcher::{Budget, match_message, match_process};
use rhodium_term::{BinaryOp, Head, SimpleType, Term, Var};

fn ints(values: &[i64]) -> Vec<Term> {
    values.iter().map(|v| int(*v)).collect()
}

fn par_of(values: &[i64]) -> Term {
    par(&ints(values))
}

#[test]
fn examples_of_the_runtime_specification() {
    check(&send(int(1), &[int(2)]), &send(free(0), &[free(1)]), &[int(1), int(2)]);
    check(
        &par(&[send(int(1), &[int(2)]), send(int(3), &[int(4)])]),
        &par(&[send(int(3), &[free(0)]), free(1)]),
        &[int(4), send(int(1), &[int(2)])],
    );
    check(&list(&ints(&[1, 2, 3])), &list_with(&[free(0)], Var::Free(1)), &[int(1), list(&ints(&[2, 3]))]);
    check(&set(&ints(&[1, 2, 3])), &set_with(&[int(2)], Var::Free(0)), &[set(&ints(&[1, 3]))]);
    check(
        &map(&[(text("a"), int(1)), (text("b"), int(2))]),
        &map_with(&[(text("a"), free(0))], Var::Free(1)),
        &[int(1), map(&[(text("b"), int(2))])],
    );
    check_fails(&Term::nil(), &not(Term::nil()));
    check(&int(5), &or(&[is_int(), kind(SimpleType::String)]), &[]);
    check(&int(5), &and(&[free(0), is_int()]), &[int(5)]);
    check_fails(&tuple(&ints(&[1, 2])), &tuple(&[int(1), int(2), wild()]));
}

#[test]
fn code_is_matched_structurally_and_open_pieces_are_not_captured() {
    let plus = |a, b| Term::single(Term::operator(Head::Binary(BinaryOp::Plus), vec![a, b]));
    let minus = |a, b| Term::single(Term::operator(Head::Binary(BinaryOp::Minus), vec![a, b]));
    let body = |sum| send(int(1), &[sum]);
    check(
        &receive(int(0), wild(), 0, body(plus(int(5), int(6)))),
        &receive(int(0), wild(), 0, body(plus(free(0), free(1)))),
        &[int(5), int(6)],
    );
    check_fails(&body(minus(int(5), int(6))), &body(minus(free(0), free(1))));
    let open = receive(int(0), free(0), 1, body(bound(0)));
    check_fails(&open, &receive(free(0), free(0), 1, free(1)));
    check(&open, &receive(free(0), free(0), 1, wild()), &[int(0)]);
    check(&open, &receive(free(0), free(0), 1, body(bound(0))), &[int(0)]);
    check_fails(&open, &receive(free(0), wild(), 1, wild()));
    // One open component keeps a remainder from taking the rest.
    let mixed = receive(int(0), free(0), 1, par(&[body(bound(0)), body(int(7))]));
    check(&mixed, &receive(int(0), free(0), 1, par(&[body(bound(0)), free(0)])), &[body(int(7))]);
    check_fails(&mixed, &receive(int(0), free(0), 1, par(&[body(int(7)), free(0)])));
    check(&mixed, &receive(int(0), free(0), 1, par(&[body(int(7)), wild()])), &[]);
}

#[test]
fn par_against_par() {
    check(&par_of(&[1, 2, 3]), &par(&[free(0), int(1)]), &[par_of(&[2, 3])]);
    check(&par_of(&[1, 2]), &par(&[free(0), free(1)]), &[par_of(&[1, 2]), Term::nil()]);
    check(&Term::nil(), &free(0), &[Term::nil()]);
    check(&int(1), &par(&[int(1), free(0)]), &[Term::nil()]);
    check(&par_of(&[1, 2, 3]), &par(&[int(2), wild()]), &[]);
    check(&par_of(&[1, 2, 3]), &par(&[int(2), wild(), free(0)]), &[par_of(&[1, 3])]);
    check_fails(&par_of(&[1, 2, 3]), &par(&[int(1), tuple(&[wild()])]));
    check_fails(&par_of(&[1, 2, 3]), &par(&[int(4), free(0)]));
    // Leftovers of several kinds make one process.
    let target = par(&[send(int(1), &[int(2)]), int(7), send(int(3), &[]), text("a")]);
    check(&target, &par(&[send(int(1), &[free(0)]), int(7), free(1)]), &[int(2), par(&[send(int(3), &[]), text("a")])]);
    // A remainder takes every component equal to one that is left over, as the network does (runtime.md 5.3).
    let twice = par(&[send(int(0), &[int(1)]), send(int(0), &[int(1)])]);
    check(&twice, &par(&[send(int(0), &[int(1)]), free(0)]), std::slice::from_ref(&twice));
    let more = par(&[twice.clone(), send(int(0), &[int(2)])]);
    check(&more, &par(&[send(int(0), &[free(0)]), free(1)]), &[int(1), more.clone()]);
    check(&more, &par(&[twice.clone(), free(0)]), &[send(int(0), &[int(2)])]);
}

#[test]
fn bag_order_is_the_specified_one() {
    check(&set(&ints(&[1, 2])), &set(&[free(0), free(1)]), &[int(2), int(1)]);
    check(
        &set(&ints(&[1, 2, 3, 4, 5])),
        &set_with(&[int(1), int(4), free(1)], Var::Free(0)),
        &[set(&ints(&[3, 5])), int(2)],
    );
    check(&set(&ints(&[1, 2, 3])), &set(&[free(0), free(1), int(2)]), &[int(3), int(1)]);
    check(&set(&ints(&[1, 2, 3])), &set_with(&[free(0)], Var::Wildcard), &[int(1)]);
}

#[test]
fn collections() {
    check(&set(&[]), &set_with(&[], Var::Free(0)), &[set(&[])]);
    check(&map(&[]), &map_with(&[], Var::Free(0)), &[map(&[])]);
    let one = map(&[(text("a"), int(1))]);
    check(&one, &map_with(&[], Var::Free(0)), std::slice::from_ref(&one));
    check(&one, &map(&[(free(0), free(1))]), &[text("a"), int(1)]);
    check(&one, &map_with(&[(text("a"), free(0))], Var::Free(1)), &[int(1), map(&[])]);
    let two = map(&[(text("a"), int(1)), (text("b"), int(2))]);
    check_fails(&two, &map(&[(text("a"), free(0))]));
    check(&two, &map(&[(text("a"), free(0)), (text("b"), free(1))]), &[int(1), int(2)]);
    check(&two, &map_with(&[(text("b"), wild())], Var::Wildcard), &[]);
    check_fails(&two, &map_with(&[(text("a"), text("x"))], Var::Wildcard));
    check(&list(&[]), &list_with(&[], Var::Free(0)), &[list(&[])]);
    check(&list(&ints(&[1, 2, 3])), &list_with(&[int(1)], Var::Wildcard), &[]);
    check_fails(&list(&ints(&[1])), &list_with(&[wild(), wild()], Var::Wildcard));
    check_fails(&tuple(&ints(&[1, 2])), &list(&[wild(), wild()]));
    check_fails(&set(&ints(&[1, 2, 3])), &set(&[int(1), wild()]));
    let path = |elements: Vec<Term>, remainder| Term::single(Term::path_map(elements, remainder));
    check(&path(vec![int(1)], None), &path(vec![int(1)], None), &[]);
    check_fails(&path(vec![int(1), int(2)], None), &path(vec![int(2), int(1)], None));
    check_fails(&path(vec![int(1)], None), &path(vec![free(0)], None));
    check_fails(&path(vec![int(1)], None), &path(vec![int(1)], Some(Var::Wildcard)));
}

#[test]
fn items() {
    let persistent = Term::single(Term::send(int(1), vec![int(2)], true));
    check_fails(&persistent, &send(int(1), &[free(0)]));
    check_fails(&send(int(1), &ints(&[1, 2])), &send(int(1), &[free(0)]));
    let new = |count, body| Term::single(Term::new_names(count, Vec::new(), Vec::new(), body));
    check(&new(1, send(int(1), &[])), &new(1, free(0)), &[send(int(1), &[])]);
    check_fails(&new(2, send(int(1), &[])), &new(1, free(0)));
    check_fails(&new(1, send(bound(0), &[])), &new(1, free(0)));
    let match_on =
        |target, pattern, body| Term::single(Term::match_on(target, vec![Term::case(pattern, body, 0, None)]));
    let code = match_on(int(1), int(2), send(int(3), &[int(4)]));
    check(&code, &match_on(free(0), int(2), free(1)), &[int(1), send(int(3), &[int(4)])]);
    check_fails(&code, &match_on(free(0), int(5), free(1)));
    let bundle = |body| Term::single(Term::bundle(body, true, false));
    check(&bundle(int(1)), &bundle(int(1)), &[]);
    check_fails(&bundle(int(1)), &and(&[free(0), int(1)]));
    let peek = |peek, body| {
        Term::single(Term::receive(vec![Term::bind(int(1), vec![wild()], None, 0)], body, false, peek, None))
    };
    check(&peek(true, int(8)), &peek(false, free(0)), &[int(8)]);
    check_fails(&peek(true, Term::nil()), &peek(false, Term::nil()));
    let guarded = |guard: Option<Term>, body| {
        Term::single(Term::receive(vec![Term::bind(int(1), vec![wild()], None, 0)], body, false, false, guard))
    };
    check_fails(&guarded(Some(int(1)), int(8)), &guarded(None, free(0)));
    check(&guarded(Some(int(1)), int(8)), &guarded(Some(free(0)), free(1)), &[int(1), int(8)]);
    let method = |target| Term::single(Term::method("length", target, Vec::new()));
    check(&send(int(0), &[method(int(1))]), &send(free(0), &[method(int(1))]), &[int(0)]);
    check_fails(&send(int(0), &[method(int(1))]), &send(int(0), &[method(free(0))]));
}

#[test]
fn joins_match_their_binds_as_bags() {
    let bind = |source, pattern| Term::bind(source, vec![pattern], None, 0);
    let join = |binds, body| Term::single(Term::receive(binds, body, false, false, None));
    let target = join(vec![bind(int(1), int(10)), bind(int(2), int(20))], Term::nil());
    let pattern = join(vec![bind(free(0), int(20)), bind(free(1), int(10))], Term::nil());
    check(&target, &pattern, &[int(2), int(1)]);
    check_fails(&target, &join(vec![bind(free(0), int(20)), bind(free(1), int(30))], Term::nil()));
    check_fails(&target, &join(vec![bind(free(0), int(20))], Term::nil()));
    check(&target, &join(vec![bind(int(2), int(20)), bind(free(0), int(10))], Term::nil()), &[int(1)]);
}

#[test]
fn connectives() {
    check(&text("a"), &and(&[not(is_int()), free(0)]), &[text("a")]);
    check(&int(5), &or(&[free(0), text("a")]), &[Term::nil()]);
    check_fails(&int(5), &not(int(5)));
    check_fails(&int(5), &and(&[is_int(), text("a")]));
    let prime = not(par(&[not(Term::nil()), not(Term::nil())]));
    check(&int(7), &prime, &[]);
    check_fails(&par_of(&[7, 8]), &prime);
    check_fails(&par_of(&[1, 2]), &is_int());
    check(&par_of(&[1, 2]), &par(&[is_int(), is_int()]), &[]);
    check(&par(&[int(1), text("a"), int(2)]), &par(&[is_int(), kind(SimpleType::String), free(0)]), &[int(2)]);
    check(&par_of(&[1, 2]), &par(&[and(&[free(0), int(1)]), free(1)]), &[int(1), int(2)]);
    let sends = par(&[send(int(1), &[int(6)]), send(int(2), &[int(7)]), send(int(3), &[int(8)])]);
    let factor = par(&[and(&[free(0), send(free(1), &[int(7)])]), wild()]);
    check(&sends, &factor, &[send(int(2), &[int(7)]), int(2)]);
    check_fails(&Term::single(Term::ground(Head::Double(0))), &is_int());
    for (value, simple_type) in [
        (Term::bool(true), SimpleType::Bool),
        (Term::int(1), SimpleType::Int),
        (Term::string("s"), SimpleType::String),
        (Term::uri("u"), SimpleType::Uri),
        (Term::bytes(vec![0]), SimpleType::ByteArray),
    ] {
        check(&Term::single(value.clone()), &kind(simple_type), &[]);
        check_fails(&Term::single(value), &kind(SimpleType::BigInt));
    }
}

#[test]
fn connectives_backtrack() {
    // runtime.md B7: false on the reference for the first, true for the second.
    check(&par_of(&[1, 2]), &par(&[not(Term::nil()), int(1)]), &[]);
    check(&par_of(&[1, 2]), &par(&[not(Term::nil()), int(2)]), &[]);
    // Bindings of a try that failed later do not stay.
    check(&par_of(&[1, 2]), &par(&[and(&[free(0), is_int()]), int(1)]), &[int(2)]);
    check(&par_of(&[1, 2, 3]), &par(&[and(&[free(0), is_int()]), and(&[int(1), free(1)]), int(2)]), &[int(3), int(1)]);
    // The smallest sub-par is tried first.
    check(&par_of(&[1, 2]), &par(&[not(is_int()), free(0)]), &[par_of(&[1, 2])]);
    check(&par_of(&[1, 2]), &par(&[and(&[free(0), not(Term::nil())]), free(1)]), &[int(1), int(2)]);
    check(&par_of(&[1, 2, 3]), &par(&[and(&[free(0), par(&[wild(), int(3)])]), int(2)]), &[par_of(&[1, 3])]);
}

#[test]
fn conditionals_are_skipped() {
    let conditional = |then| Term::single(Term::conditional(int(1), then, Term::nil()));
    check(&conditional(int(2)), &conditional(int(2)), &[]);
    check_fails(&conditional(int(2)), &conditional(int(3)));
    check(&par(&[int(1), conditional(int(2))]), &par(&[free(0), conditional(int(3))]), &[int(1)]);
    check(&conditional(int(2)), &free(0), &[Term::nil()]);
}

#[test]
fn messages() {
    let data = ints(&[1, 2, 3]);
    let run = |patterns: &[Term], remainder| {
        match_message(&data, patterns, remainder, 2, &mut Budget::default()).expect("budget")
    };
    assert_eq!(run(&[free(0), int(2), free(1)], None), Some(ints(&[1, 3])));
    assert_eq!(run(&[free(0), int(2)], None), None);
    assert_eq!(run(&[free(0)], Some(Var::Free(1))), Some(vec![int(1), list(&ints(&[2, 3]))]));
    assert_eq!(run(&[free(0), wild(), wild()], Some(Var::Free(1))), Some(vec![int(1), list(&[])]));
    assert_eq!(run(&[free(0)], Some(Var::Wildcard)), Some(vec![int(1), Term::nil()]));
    assert_eq!(run(&[wild(), wild(), wild(), wild()], Some(Var::Wildcard)), None);
    assert_eq!(run(&[int(2), wild(), wild()], None), None);
}

#[test]
fn the_budget_is_a_limit() {
    let mut budget = Budget::new(3);
    assert!(match_process(&par_of(&[1, 2, 3]), &par(&[is_int(), free(0)]), 1, &mut budget).is_err());
    assert_eq!(budget.steps, 0);
    let mut budget = Budget::default();
    assert!(match_process(&int(1), &wild(), u32::MAX, &mut budget).is_err());
}
