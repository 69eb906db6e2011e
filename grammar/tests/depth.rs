//! Deep, wide and long sources: no stack, and time that grows with the source.

use rhodium_grammar::ast::Proc;
use rhodium_grammar::{Parsed, parse};

/// For the forms that programs nest and chain.
const MANY: usize = 1_000_000;

/// For the others; still too many for recursion on the stack below.
const SOME: usize = 100_000;

const STACK: usize = 64 << 10;

/// Parses on a thread whose stack would not survive recursion.
fn parse_on_small_stack(source: String) -> Parsed {
    let run = move || parse(&source).map_err(|errors| errors[0].to_string());
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(run).expect("a thread");
    thread.join().expect("no panic").expect("a valid program")
}

fn nested(times: usize, open: &str, core: &str, close: &str) {
    parse_on_small_stack(format!("{}{core}{}", open.repeat(times), close.repeat(times)));
}

#[test]
fn a_million_levels() {
    nested(MANY, "{", "1", "}");
    nested(MANY, "[", "1", "]");
    nested(MANY, "new x in ", "Nil", "");
    nested(MANY, "for (x <- c) {", "Nil", "}");
    nested(MANY, "", "a", " + 1");
}

#[test]
fn brackets() {
    for (open, close) in [("(", ",)"), ("(", ")"), ("Set(", ")"), ("{1:", "}"), ("{|", "|}")] {
        nested(SOME, open, "1", close);
    }
}

#[test]
fn processes() {
    nested(SOME, "if (a) ", "Nil", "");
    nested(SOME, "if (a) b else ", "Nil", "");
    nested(SOME, "match x { y => ", "Nil", " }");
    nested(SOME, "let x = 1 in ", "Nil", "");
    nested(SOME, "c!?();", "Nil", "");
    nested(SOME, "contract c() = {", "Nil", "}");
    nested(SOME, "bundle+{", "Nil", "}");
}

#[test]
fn expressions_and_names() {
    nested(SOME, "not ", "a", "");
    nested(SOME, "- ", "a", "");
    nested(SOME, "~", "a", "");
    nested(SOME, "*@", "a", "");
    nested(SOME, "c!(", "a", ")");
    nested(SOME, "a.m(", "a", ")");
    nested(SOME, "", "a", ".m()");
    nested(SOME, "", "a", " /\\ b");
    nested(SOME, "a matches ", "b", "");
}

#[test]
fn wide_forms_are_flat() {
    let parsed = parse_on_small_stack(format!("Nil{}", "|Nil".repeat(MANY)));
    assert!(matches!(parsed.ast.proc(parsed.root), Proc::Par(parts) if parts.len() == MANY + 1));
    assert_eq!(parsed.ast.len(), MANY + 2);
    let parsed = parse_on_small_stack(format!("[{}]", "1,".repeat(MANY)));
    assert!(matches!(parsed.ast.proc(parsed.root), Proc::List(items, None) if items.len() == MANY));
    parse_on_small_stack(format!("for (x{} <- c) {{ Nil }}", ", x".repeat(SOME)));
    parse_on_small_stack(format!("for (x <- c{}) {{ Nil }}", "; x <- c".repeat(SOME)));
    parse_on_small_stack(format!("match x {{ {} }}", "1 => 2 ".repeat(SOME)));
    let names: Vec<String> = (0..SOME).map(|i| format!("x{i}")).collect();
    parse_on_small_stack(format!("new {} in Nil", names.join(",")));
}

#[test]
fn long_tokens() {
    for token in ["x".repeat(MANY), format!("\"{}\"", "\\n".repeat(MANY)), format!("/*{}*/1", "*".repeat(MANY))] {
        parse_on_small_stack(token);
    }
    parse_on_small_stack(format!("1{}", " ".repeat(MANY)));
    parse_on_small_stack(format!("1{}n", "0".repeat(MANY)));
}

#[test]
fn deep_sources_that_are_wrong() {
    for open in ["{", "[", "(", "c!(", "new x in ", "for (x <- c) {", "match x { y =>", "~", "{1:"] {
        let source = open.repeat(SOME);
        let run = move || parse(&source).is_err();
        let thread = std::thread::Builder::new().stack_size(STACK).spawn(run).expect("a thread");
        assert!(thread.join().expect("no panic"));
    }
}

/// Looking for all errors reads the tokens many times over, but works their numbers out no more than once.
#[test]
fn long_numbers_in_sources_that_are_wrong() {
    let time = |source: &str| {
        let start = std::time::Instant::now();
        let fine = parse(source).is_ok();
        (fine, start.elapsed())
    };
    let right = format!("x!({}n)", "7".repeat(SOME));
    let wrong = format!("{right} | {}", "y!( )) z | ".repeat(30));
    // Other tests run at the same time, so one good measurement in three will do.
    let measured = std::iter::repeat_with(|| (time(&right), time(&wrong))).take(3);
    assert!(measured.into_iter().any(|((right, a), (wrong, b))| right && !wrong && b < 4 * a));
}
