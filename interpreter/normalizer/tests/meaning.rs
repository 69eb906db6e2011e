//! What the measured programs leave open: sugar, levels, errors with their places, injections, origins.

use std::sync::Arc;

use rhodium_normalizer::{CompileError, NormalizeError, NormalizeErrorKind as Kind, Options, compile};
use rhodium_term::proto::encode;
use rhodium_term::{Category, Head, Term, Var};

fn term(source: &str) -> Term {
    compile(source, &Options::default()).unwrap_or_else(|e| panic!("{source}: {e}"))
}

fn same(left: &str, right: &str) {
    assert_eq!(encode(&term(left)), encode(&term(right)), "{left}\n   {right}");
}

fn error(source: &str) -> NormalizeError {
    match compile(source, &Options::default()) {
        Err(CompileError::Normalize(errors)) => errors[0].clone(),
        other => panic!("{source}: {other:?}"),
    }
}

#[test]
fn calls_in_a_join_share_one_new() {
    same(
        "for (x <- @1!?(2) & y <- @3 & z <- @4!?()) { x!(*y, *z) }",
        "new r, s in { @1!(*r, 2) | @4!(*s) | for (x <- r & y <- @3 & z <- s) { x!(*y, *z) } }",
    );
    same(
        "for (x <- @1!m(2); y <- x!?(3)) { y!(*x) }",
        "new r in { @1!(*r, \"m\", 2) | for (x <- r) { new s in { x!(*s, 3) | for (y <- s) { y!(*x) } } } }",
    );
}

#[test]
fn replies_come_first() {
    same(
        "for (@x, y <- @1?! & z <- @2 & @w <- @3?!) { y!(x, *z, w) }",
        "for (r, @x, y <- @1 & z <- @2 & s, @w <- @3) { r!() | s!() | y!(x, *z, w) }",
    );
    same(
        "for (@x <- @1?! & y <- @2!?(5)) { y!(x) }",
        "new q in { @2!(*q, 5) | for (r, @x <- @1 & y <- q) { r!() | y!(x) } }",
    );
}

#[test]
fn fresh_names_do_not_clash() {
    same("new r in { r!?(*r); r!(1) }", "new a in { new b in { a!(*b, *a) | for (_ <- b) { a!(1) } } }");
    same("for (r <- @1?!) { r!(2) }", "for (s, r <- @1) { s!() | r!(2) }");
}

#[test]
fn lets() {
    same("let x <- 5 in { x!(*x) }", "match [5] { [*x] => { x!(*x) } }");
    same("let @h, @i ...@t <- 1, 2, 3 in { @h!(t, i) }", "match [1, 2, 3] { [h, i ...t] => { @h!(t, i) } }");
    same("let a = 1 ; b = a in { @a!(b) }", "match [1] { [a] => { match [a] { [b] => { @a!(b) } } } }");
    same(
        "let @a, c ...@r <- 1, 2 & @b <- 3 in { c!(a, b, r) }",
        "new p, q in { p!(1, 2) | q!(3) | for (@a, c ...@r <- p & @b <- q) { c!(a, b, r) } }",
    );
    term("let @{a \\/ 1} <- 1 & @{~2} <- 3 in { Nil }");
}

#[test]
fn agents() {
    same(
        "agent @1 {
           constructor(c, @d) { c!(d, *this, *private) }
         | method put(@x, k) { return!(x, *k, *c) }
         | private method get(@[y ...z]) { @y!(z) | private!(*this) }
         | method put() { return!(d) }
         | default(a, b) { this!(0) }
         | private default() { Nil }
         }",
        "for (r, c, @d <= @1) { new this, private in {
           for (...@args <= private) { match args {
             [*return, \"get\", [y ...z]] => { @y!(z) | private!(*this) }
             _ => { Nil } } }
         | for (...@args <= this) { match args {
             [*return, \"put\", x, *k] => { return!(x, *k, *c) }
             [*return, \"put\"] => { return!(d) }
             _ => { this!(0) } } }
         | c!(d, *this, *private)
         | r!(bundle+{*this})
         } }",
    );
    same(
        "agent @1 { constructor() { Nil } | default() { Nil } }",
        "for (r <= @1) { new this, private in {
           for (...@args <= this) { match args { _ => { Nil } } } | r!(bundle+{*this}) } }",
    );
    // Neither `r` nor `args` is the author's to use. The agent's own bundle meets the open variable first.
    for body in ["r!(1)", "args!()"] {
        let source = format!("agent @1 {{ constructor() {{ {body} }} | default() {{ Nil }} }}");
        assert_eq!(error(&source).kind, Kind::UnexpectedBundleContent);
    }
}

#[test]
fn guards_see_the_pattern_and_the_outside() {
    let found = term("new a in { for (@x <- a & @y <- @1 where x == y and {*a} == 1) { Nil } }");
    let receive = &found.children()[0].children()[0].children()[0];
    assert!(matches!(receive.head(), Head::Receive { guard: true, bind_count: 2, .. }));
    assert_eq!(error("for (@x <- @1 where z) { Nil }").kind, Kind::TopLevelFreeVariablesNotAllowedError);
    assert_eq!(error("match 1 { x where @x!(y) => Nil }").kind, Kind::TopLevelFreeVariablesNotAllowedError);
}

/// The pattern of the only case of a match.
fn pattern(source: &str) -> Term {
    let found = term(&format!("match 1 {{ {source} => Nil }}"));
    found.children()[0].children()[1].children()[0].children()[0].clone()
}

fn var(term: &Term) -> Option<Var> {
    match term.single_item().map(Term::head) {
        Some(Head::Var(var)) => Some(*var),
        _ => None,
    }
}

#[test]
fn levels_follow_the_traversal() {
    let list = pattern("[a, b ...c]");
    assert!(matches!(list.head(), Head::List { remainder: Some(Var::Free(0)) }));
    assert_eq!(var(&list.children()[1]), Some(Var::Free(2)));
    let call = pattern("{a.m(b, c)}");
    assert_eq!(call.children().iter().map(var).collect::<Vec<_>>(), [0, 2, 1].map(|l| Some(Var::Free(l))));
    let send = pattern("{@a!(b, c)}");
    assert_eq!(send.children().iter().map(var).collect::<Vec<_>>(), [0, 1, 2].map(|l| Some(Var::Free(l))));
    let operands = pattern("x /\\ {y \\/ x} /\\ z");
    assert_eq!(var(&operands.children()[2]), Some(Var::Free(1)));
    // Sources first, binds sorted by source: the variable of the bind on 1 is the first of the body.
    let join = term("for (@a <- @2 & @b <- @1) { @a!(b) }");
    let body = &join.children()[0].children()[2].children()[0];
    assert_eq!(body.children().iter().map(var).collect::<Vec<_>>(), [0, 1].map(|i| Some(Var::Bound(i))));
}

#[test]
fn references_count_the_patterns_crossed() {
    let reference = |source: &str| {
        let mut pending = vec![term(source)];
        while let Some(term) = pending.pop() {
            if let Head::VarRef { index, depth } = term.head() {
                return (*index, *depth, term.locally_free().len());
            }
            pending.extend(term.children().iter().cloned());
        }
        panic!("no reference in {source}");
    };
    assert_eq!(reference("match 7 { x => match 7 { =x => Nil } }"), (0, 1, 1));
    assert_eq!(reference("new x, y in match 7 { {for (@{=*x} <- @1) {Nil}} => Nil }"), (1, 2, 2));
    assert_eq!(reference("match 7 { x => @1!(=x) }"), (0, 0, 1));
}

#[test]
fn injections_are_in_every_new() {
    let injections = [(Arc::from("rho:system:deployId"), Term::single(Term::int(7)))];
    let options = Options { source: 3, injections: &injections };
    let found = compile("new x in { @1!?(2). }", &options).expect("compiles");
    let outer = &found.children()[0];
    let inner = &outer.children()[0].children()[0];
    for new in [outer, inner] {
        let Head::New { names, .. } = new.head() else { panic!("{new:?}") };
        assert_eq!(names.injections, [Arc::from("rho:system:deployId")]);
        assert_eq!(new.children()[1], injections[0].1);
        assert_eq!(new.origin().source, 3);
    }
}

#[test]
fn items_know_their_place() {
    let source = "new x in { x!(1 + 2) }";
    let new = term(source).children()[0].clone();
    let send = new.children()[0].items(Category::Send)[0].clone();
    let sum = send.children()[1].children()[0].clone();
    for (item, text) in [(&new, source), (&send, "x!(1 + 2)"), (&sum, "1 + 2")] {
        let origin = item.origin();
        let found = &source[origin.start as usize..origin.end as usize];
        assert_eq!(found.trim_matches(['{', '}', ' ']), text.trim_matches(['{', '}', ' ']));
    }
}

#[test]
fn errors_tell_where() {
    let found = error("new x in {\n  @1!(x) }");
    assert_eq!(
        (found.kind, found.code(), found.kind_name()),
        (Kind::UnexpectedProcContext, "E0201", "UnexpectedProcContext")
    );
    assert_eq!(&*found.network, "Name variable: `x` at 1:5 used in process context at 2:7");
    assert_eq!((found.span.start, found.labels.first().map(|label| label.0.start)), (17, Some(4)));

    let message = |source: &str| error(source).network.to_string();
    assert_eq!(message("for (@x <- @1) { x!() }"), "Proc variable: `x` at 1:7 used in Name context at 1:18");
    assert_eq!(
        message("match [1, 2] { [x, x] => Nil }"),
        "Free variable x is used twice as a binder (at 1:17 and 1:20) in process context."
    );
    assert_eq!(
        message("for (x <- @2 & x <- @1) { Nil }"),
        "Free variable x is used twice as a binder (at 1:6 and 1:16) in name context."
    );
    assert_eq!(message("match 1 { =zz => Nil }"), "Variable reference: =zz at 1:11 is unbound.");
    assert_eq!(
        message("for (@{~1} <- @1) { Nil }"),
        "Invalid pattern in the receive: ~ (negation) at 1:8. Only logical AND is allowed."
    );
    assert_eq!(
        message("match 1 { [x, bundle+{_}] => Nil }"),
        "Bundle's content must not have free variables or wildcards. Wildcards positions 1:23. \
         Free variables positions 1:12."
    );
    assert_eq!(
        message("@1!(x, ~{1 /\\ 2}, 3 /\\ 4 /\\ 5)"),
        "Top level logical connectives are not allowed: ~ (negation) at 1:8, /\\ (conjunction) at 1:19."
    );
    assert_eq!(
        message("@1!(x, [_ ..._])"),
        "Top level wildcards are not allowed: _ (wildcard) at 1:9, _ (wildcard) at 1:14."
    );
    assert_eq!(message("x!(y)"), "Top level free variables are not allowed: x at 1:1, y at 1:4.");
}

#[test]
fn checks_stop_at_inner_patterns() {
    term("for (@{for (@{~1} <- @2) { Nil }} <- @1) { Nil }");
    term("for (@{match 1 { ~1 => Nil }} <- @1) { Nil }");
    term("for (@{1 matches ~1} <- @1) { Nil }");
    assert_eq!(error("for (@{for (_ <- @{~1}) { Nil }} <- @1) { Nil }").kind, Kind::PatternReceiveError);
    assert_eq!(error("@1!?(~2); Nil").kind, Kind::TopLevelLogicalConnectivesNotAllowedError);
    assert_eq!(error("match 1 { {bundle-{Int}} => Nil }").kind, Kind::UnexpectedBundleContent);
    assert_eq!(error("for (@x <- @{1 | 2} & @y <- @{2 | 1}) { Nil }").kind, Kind::ReceiveOnSameChannelsError);
    term("for (@x <- @{1 + 1} & @y <- @2) { Nil }");
}

#[test]
fn values_of_maps_and_sets() {
    same("@1!({\"a\": 1, \"b\": 2, \"a\": 3})", "@1!({\"a\": 3, \"b\": 2})");
    same("@1!(Set(1 | 2, 2 | 1))", "@1!(Set(2 | 1))");
    same("*@{@1!(*@2)}", "@1!(2)");
    same("new b(`u:b`), x, a(`u:a`) in { x!(*a, *b) }", "new x, a(`u:a`), b(`u:b`) in { x!(*a, *b) }");
}
