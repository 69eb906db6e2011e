//! Both printed forms on hand-made terms; `tests/printing.rs` of the normalizer reads the source form back.

use std::sync::Arc;

use super::*;
use crate::head::{BinaryOp, SimpleType, ZipperCursor};

fn par(item: Term) -> Term {
    Term::single(item)
}

fn int(value: i64) -> Term {
    par(Term::int(value))
}

fn bound(index: u32) -> Term {
    par(Term::var(Var::Bound(index), 0))
}

fn free(level: u32) -> Term {
    par(Term::var(Var::Free(level), 1))
}

fn text(value: &str) -> Term {
    par(Term::string(value))
}

fn check(term: &Term, printed: &str, source: &str) {
    assert_eq!(print(term), printed);
    assert_eq!(print_source(term), source);
}

fn same(term: &Term, printed: &str) {
    check(term, printed, printed);
}

#[test]
fn values() {
    same(&Term::nil(), "Nil");
    same(&par(Term::bool(true)), "true");
    same(&int(-5), "-5");
    same(&text("a\\\"b\n"), "\"a\\\"b\n\"");
    let cut = |source: &str| format!("(\"a\" ++ {source} ++ \"b\")");
    check(&text("a\"b"), "\"a\"b\"", &cut(r#""\"".slice(1, 2)"#));
    check(&text("a\\b"), "\"a\\b\"", &cut(r#""\\".slice(0, 1)"#));
    check(&text("\\"), "\"\\\"", r#"("\\".slice(0, 1))"#);
    same(&par(Term::uri("rho:x")), "`rho:x`");
    check(&par(Term::bytes(vec![0, 255])), "00ff", "\"00ff\".hexToBytes()");
    let big = |i: i64| Head::BigInt(Arc::new(i.into()));
    same(&par(Term::ground(big(-33))), "-33n");
    let ratio = |n: i64, d: i64| par(Term::ground(Head::BigRat(Arc::new((n.into(), d.into())))));
    check(&ratio(-3, 1), "-3/1r", "-3r");
    check(&ratio(1, 2), "1/2r", "(1r / 2r)");
    let fixed = |unscaled: i64, scale| par(Term::ground(Head::FixedPoint(Arc::new((unscaled.into(), scale)))));
    same(&fixed(150, 2), "1.50p2");
    same(&fixed(-25, 2), "-0.25p2");
    same(&fixed(10, 0), "10p0");
    same(&fixed(7, 20_000), &format!("0.{}7p20000", "0".repeat(19_999)));
    same(&fixed(5, u32::MAX), "5e-4294967295p4294967295");
    let double = |value: f64| par(Term::ground(Head::Double(value.to_bits())));
    same(&double(2.5), "2.5f64");
    same(&double(1000.0), "1000.0f64");
    same(&double(0.1 + 0.2), "0.30000000000000004f64");
    same(&double(-0.0), "-0.0f64");
    check(&double(f64::NEG_INFINITY), "-inff64", "-1e999f64");
    check(&double(f64::INFINITY), "inff64", "1e999f64");
    check(&double(f64::NAN), "NaNf64", "(0.0f64 / 0.0f64)");
}

#[test]
fn collections() {
    let list = Term::list(vec![int(1), par(Term::tuple(vec![text("a"), par(Term::bool(true))]))], None);
    same(&par(list), "[1, (\"a\", true)]");
    check(&par(Term::tuple(vec![int(1)])), "(1)", "(1,)");
    let map = vec![(text("k"), Term::nil()), (text("j"), int(1))];
    check(&par(Term::map(map, None)), "{\"j\" : 1, \"k\" : Nil}", "{\"j\": 1, \"k\": Nil}");
    same(&par(Term::set(vec![int(2), int(1)], None)), "Set(1, 2)");
    same(&par(Term::map(Vec::new(), None)), "{}");
    let rest = Some(Var::Free(0));
    check(&par(Term::list(vec![int(1)], rest)), "[1...free0]", "[1 ...free0]");
    let paths = vec![par(Term::list(vec![text("a")], None)), text("b")];
    check(&par(Term::path_map(paths, None)), "{|[\"a\"], \"b\"|}", "{| [\"a\"], \"b\" |}");
    let many = Term::par(vec![Term::int(1), Term::int(2)]);
    check(&par(Term::list(vec![many], None)), "[1 |\n2]", "[{1 | 2}]");
}

#[test]
fn zippers() {
    let path = vec![vec![0xc3, b'"', b'a', b'"'], vec![2, 0xc1, b'+', 1, 0xc1, b'7'], vec![0xff, 1]];
    let zipper = Term::zipper(Term::path_map(vec![int(1)], None), ZipperCursor { path, write: false });
    check(
        &par(zipper),
        "ReadZipper(at: [\"a\", (+ (7)), \u{1}], {|1|})",
        "{| 1 |}.readZipperAt([\"a\", \"(+ (7))\", \"\u{1}\"])",
    );
}

#[test]
fn operators() {
    let sum = par(Term::operator(Head::Binary(BinaryOp::Plus), vec![int(1), int(2)]));
    same(&sum, "(1 + 2)");
    check(&par(Term::operator(Head::Not, vec![sum.clone()])), "~((1 + 2))", "not ((1 + 2))");
    same(&par(Term::operator(Head::Neg, vec![int(0)])), "-(0)");
    same(&par(Term::matches(sum.clone(), par(Term::var(Var::Wildcard, 1)))), "((1 + 2) matches _)");
    let call = Term::method("slice", text("abc"), vec![int(0), int(1)]);
    check(&par(call), "(\"abc\").slice(0,1)", "\"abc\".slice(0, 1)");
    let send = par(Term::send(int(1), Vec::new(), true));
    check(
        &par(Term::operator(Head::Binary(BinaryOp::Eq), vec![send, Term::nil()])),
        "(@{1}!!() == Nil)",
        "({@1!!()} == Nil)",
    );
}

#[test]
fn processes() {
    check(&par(Term::send(text("in"), vec![int(1), int(2)], false)), "@{\"in\"}!(1, 2)", "@\"in\"!(1, 2)");
    let system = par(Term::bundle(par(Term::private(vec![0u8])), true, false));
    check(&system, "bundle+ {\n  Unforgeable(0x00)\n}", "bundle+ { *name'00 }");
    // new x in { for (@a, @b ...@r <- x & @c <- @1) { x!(a, c, *x) } }
    let bind = |source, patterns, remainder, count| Term::bind(source, patterns, remainder, count);
    let first = bind(bound(0), vec![free(0), free(1)], Some(Var::Free(2)), 3);
    let second = bind(int(1), vec![free(0)], None, 1);
    let body = par(Term::send(bound(4), vec![bound(3), bound(0), bound(4)], false));
    let receive = Term::receive(vec![first, second], body, false, false, None);
    check(
        &par(Term::new_names(1, Vec::new(), Vec::new(), par(receive))),
        "new x0 in {\n  for( @{x1}, @{x2}...@x3 <- x0  & @{x4} <- @{1} ) {\n    x0!(x1, x4, *x0)\n  }\n}",
        "new x0 in {\n  for (@x1, @x2 ...@x3 <- x0 & @x4 <- @1) {\n    x0!(x1, x4, *x0)\n  }\n}",
    );
    let both = Term::par(vec![Term::int(2), Term::int(1), Term::private(vec![1u8]), Term::send(int(1), vec![], false)]);
    check(&both, "@{1}!() |\n1 |\n2 |\nUnforgeable(0x01)", "@1!() |\n1 |\n2 |\n*name'01");
    let guard = par(Term::operator(Head::Binary(BinaryOp::Gt), vec![bound(0), int(3)]));
    let peek = Term::bind(int(1), vec![free(0)], None, 1);
    let receive = Term::receive(vec![peek], Term::nil(), false, true, Some(guard));
    check(&par(receive), "for( @{x0} <<- @{1} where (x0 > 3) ) {\n  Nil\n}", "for (@x0 <<- @1 where (x0 > 3)) { Nil }");
    let branches = Term::conditional(par(Term::bool(true)), int(1), Term::nil());
    check(&par(branches), "if (true) {\n  1\n} else {\n  Nil\n}", "if (true) { 1 }");
}

#[test]
fn system_names_in_source() {
    let uris = vec!["rho:a".into(), "rho:b".into()];
    let term = par(Term::new_names(3, uris, Vec::new(), par(Term::send(bound(0), vec![bound(2)], false))));
    check(&term, "new x0, x1, x2 in {\n  x2!(*x0)\n}", "new x0, x1(`rho:a`), x2(`rho:b`) in {\n  x2!(*x0)\n}");
    let many = print(&par(Term::new_names(200, Vec::new(), Vec::new(), bound(0))));
    assert!(many.contains("x127 in") && many.contains("*x199"));
}

#[test]
fn matches_and_patterns() {
    // new n in { match n { [x, ...y] => x   {=*n /\ Int} where true => Nil   {@1!(for (@z <- @2) { z })} => Nil } }
    let list = par(Term::list(vec![free(0)], Some(Var::Free(1))));
    let reference = par(Term::var_ref(0, 1, 1));
    let both = par(Term::connective(Head::ConnAnd, vec![reference, par(Term::simple_type(SimpleType::Int))]));
    let inner = par(Term::receive(vec![Term::bind(int(2), vec![free(0)], None, 1)], bound(0), false, false, None));
    let send = par(Term::send(int(1), vec![inner], false));
    let cases = vec![
        Term::case(list, bound(1), 2, None),
        Term::case(both, Term::nil(), 0, Some(par(Term::bool(true)))),
        Term::case(send, Term::nil(), 0, None),
    ];
    let term = par(Term::new_names(1, Vec::new(), Vec::new(), par(Term::match_on(bound(0), cases))));
    check(
        &term,
        "new x0 in {\n  match *x0 {\n    [x1...x2] => {\n      x1\n    }\n    {=*x0 /\\ Int} where true => {\n      Nil\n    }\n    @{1}!(for( @{y0} <- @{2} ) {\n      y0\n    }) => {\n      Nil\n    }\n  }\n}",
        "new x0 in {\n  match *x0 {\n    [x1 ...x2] => { x1 }\n    {{=*x0} /\\ Int} where true => { Nil }\n    {@1!(for (@y0 <- @2) { y0 })} => { Nil }\n  }\n}",
    );
}

#[test]
fn names_on_one_line() {
    let short = Term::par(vec![Term::int(1), Term::int(2)]);
    check(&par(Term::send(short, vec![], false)), "@{1 | 2}!()", "@{1 | 2}!()");
    let long = Term::par(vec![Term::string("s".repeat(60)), Term::int(2)]);
    assert!(print(&par(Term::send(long, vec![], false))).starts_with("@{2 |\n\"sss"));
}

#[test]
fn fragments_and_depth() {
    same(&bound(3), "free3");
    same(&free(1), "free1");
    let mut term = Term::nil();
    for _ in 0..1_000_000 {
        term = par(Term::new_names(1, Vec::new(), Vec::new(), term));
    }
    assert!(print(&term).len() < 200_000_000);
    let source = print_source(&term);
    assert!(source.ends_with('}') && source.len() < 250_000_000);
    let wide = Term::par((0..1_000_000).map(|k| Term::send(int(k), Vec::new(), false)).collect());
    assert!(print_source(&wide).len() < 20_000_000);
    let deep = (0..1_000_000).fold(free(0), |term, _| par(Term::set(vec![term, int(1)], None)));
    let pattern = par(Term::matches(Term::nil(), deep));
    assert!(print_source(&pattern).len() < 20_000_000);
}
