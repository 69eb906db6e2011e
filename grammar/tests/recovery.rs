//! Several errors of one source: each is reported once, and none that is a consequence of another.

use rhodium_grammar::{SyntaxError, codes, parse};

fn errors(source: &str) -> Vec<SyntaxError> {
    parse(source).err().unwrap_or_else(|| panic!("accepted: {source:.40}"))
}

/// Line of every error.
fn lines(source: &str) -> Vec<usize> {
    errors(source).iter().map(|error| source[..error.span.start as usize].matches('\n').count() + 1).collect()
}

#[test]
fn errors_in_different_parts_are_all_found() {
    let block = "  contract f(x) = {\n    x!(1 2)\n  } |\n";
    let source = format!("new f in {{\n{}  Nil\n}}", block.repeat(10));
    assert_eq!(lines(&source), (0..10).map(|k| 3 + 3 * k).collect::<Vec<_>>());
    assert_eq!(lines("match 1 {\n1 => { 1 + }\n2 => { [1,, 2] }\n3 => { Nil }\n4 => { c!(1 2) }\n}"), [2, 3, 5]);
    assert_eq!(lines("a!(1 # 2) |\nb!(3 4) |\nc!(\"\\q\")"), [1, 2, 3]);
}

#[test]
fn what_follows_from_an_error_is_not_reported() {
    for source in [
        "for x <- c { y!(1) | z!(2) }",
        "new x y z in { x!(1) }",
        "c!(1 2 3 4)",
        "c!([1, 2)",
        "c!(\"abc) | d!(1)",
        "function f(x) { x!(1) | x!(2) }",
        "a } | b }",
        "c!(“a b c”) | d!(1)",
        "new x in { x!(1) ) | x!(2) ] }",
        "contract f(x) = x!(1) | x!(2)",
        "if true { a!(1) } else { b!(2) }",
    ] {
        assert_eq!(errors(source).len(), 1, "{source}: {:?}", errors(source));
    }
}

#[test]
fn mended_errors_vanish() {
    // Each second source is the first with its first error mended: all others remain.
    for (wrong, better) in [
        ("a!(1 2) | b!(3 4)", "a!(1, 2) | b!(3 4)"),
        ("new x { x!(1 2) }", "new x in { x!(1 2) }"),
        ("contract f(x) { x!(1 +) }", "contract f(x) = { x!(1 +) }"),
        ("for (x -> c) { x!(1 2) }", "for (x <- c) { x!(1 2) }"),
        ("a!(1); b!(2 3)", "a!(1) | b!(2 3)"),
        ("New x in { x!(1 2) }", "new x in { x!(1 2) }"),
    ] {
        let found = |source| errors(source).into_iter().map(|error| error.message).collect::<Vec<_>>();
        assert_eq!(found(wrong)[1..], found(better)[..], "{wrong}");
    }
}

/// Hostile sources get an answer, of bounded length.
#[test]
fn hostile_sources() {
    const MANY: usize = 200_000;
    let sources = [
        "{".repeat(MANY),
        "}".repeat(MANY),
        "{}".repeat(MANY),
        "(\n".repeat(MANY),
        "{\n".repeat(MANY) + &"}".repeat(MANY) + " x",
        "[({|".repeat(MANY / 4) + &"]}|)".repeat(MANY / 4),
        "c!(1 2) | ".repeat(MANY / 10),
        "1 2 ".repeat(MANY),
        "¤ ".repeat(MANY),
        "“".repeat(MANY),
        "#".repeat(MANY),
        "# \n".repeat(MANY),
        "\u{0}".repeat(MANY),
        "' ".repeat(MANY),
        "->".repeat(MANY),
        "new ".repeat(MANY),
        "for (".repeat(MANY),
        "match x { 1 => ".repeat(MANY / 10),
        "\"\\q\" ".repeat(MANY),
        format!("{}1 2{}", "{".repeat(MANY), "}".repeat(MANY)),
        format!("{}1 2{}", "[".repeat(MANY), "]".repeat(MANY)),
        format!("{}1 2{}", "c!(".repeat(MANY), ")".repeat(MANY)),
    ];
    for source in sources {
        let start: String = source.chars().take(20).collect();
        let found = errors(&source);
        assert!((1..=64).contains(&found.len()), "{start}: {}", found.len());
        assert!(found.iter().all(|error| error.message.len() < 1000), "{start}");
    }
}

#[test]
fn every_code_is_listed_once() {
    let mut all: Vec<&str> = codes::ALL.iter().map(|(code, _)| *code).collect();
    all.dedup();
    assert_eq!(all.len(), 17);
    assert!(all.iter().is_sorted() && all.iter().all(|code| code.starts_with("E01")));
}
