//! Matching of source text: the rows of language.md 9.4 that the matcher alone decides.

mod build;

use build::bindings;
use rhodium_normalizer::{Options, compile};
use rhodium_term::{Head, Term};

/// The target and the cases of a `match`.
struct Program {
    target: Term,
    /// Pattern, number of variables, body.
    cases: Vec<(Term, u32, Term)>,
}

fn term(source: &str) -> Term {
    compile(source, &Options::default()).unwrap_or_else(|error| panic!("{source}: {error}"))
}

/// `None` unless the source is one `match`.
fn program(source: &str) -> Option<Program> {
    let compiled = compile(source, &Options::default()).ok()?;
    let item = compiled.single_item().filter(|item| matches!(item.head(), Head::Match))?;
    let (target, cases) = item.children().split_first()?;
    let cases = cases
        .iter()
        .map(|case| match case.head() {
            Head::Case { free_count, guard: false } => {
                Some((case.children()[0].clone(), *free_count, case.children()[1].clone()))
            }
            _ => None,
        })
        .collect::<Option<_>>()?;
    Some(Program { target: target.clone(), cases })
}

/// The index of the first case that matches, and the bindings.
fn first_match(program: &Program) -> Option<(usize, Vec<Term>)> {
    program
        .cases
        .iter()
        .enumerate()
        .find_map(|(k, (pattern, count, _))| bindings(&program.target, pattern, *count).map(|values| (k, values)))
}

/// The data of `@"out"!(…)`, variables of the case replaced.
fn sent(body: &Term, values: &[Term]) -> Option<Vec<Term>> {
    let item = body.single_item().filter(|item| matches!(item.head(), Head::Send { persistent: false }))?;
    let (channel, data) = item.children().split_first()?;
    if *channel != build::text("out") {
        return None;
    }
    data.iter()
        .map(|datum| match datum.single_item().map(Term::head) {
            Some(Head::Var(rhodium_term::Var::Bound(index))) => {
                values.len().checked_sub(1 + *index as usize).and_then(|level| values.get(level)).cloned()
            }
            _ => Some(datum.clone()).filter(Term::is_closed),
        })
        .collect()
}

#[test]
fn rows_of_the_conformance_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/language-cases.toml");
    let text = std::fs::read_to_string(path).expect("the language cases");
    let file: toml::Table = text.parse().expect("toml");
    let mut checked = 0;
    for case in file["case"].as_array().expect("cases") {
        let field = |name: &str| case.get(name).and_then(toml::Value::as_str).unwrap_or("");
        let level_one = case.get("core_only").is_some();
        if case["section"].as_integer() != Some(4) || field("kind") != "data" || level_one {
            continue;
        }
        let Some(program) = program(field("source")) else { continue };
        // Targets are not evaluated here.
        if !program.target.is_ground() {
            continue;
        }
        let expected: Vec<&str> = case["value"].as_array().expect("values").iter().filter_map(|v| v.as_str()).collect();
        let found = match first_match(&program) {
            None => Vec::new(),
            Some((k, values)) => match sent(&program.cases[k].2, &values) {
                None => continue,
                Some(data) => vec![data],
            },
        };
        // The printed form of these values is source text again, but for sends on quoted processes.
        let wanted: Vec<Vec<Term>> = expected
            .iter()
            .map(|printed| {
                let send = term(&format!("@0!({printed})"));
                send.children()[0].children()[1..].to_vec()
            })
            .collect();
        assert_eq!(found, wanted, "{}", field("id"));
        checked += 1;
    }
    assert!(checked >= 40, "only {checked} rows were checked");
}

/// Target, pattern, and the values by level (or nothing if there is no match).
const EXAMPLES: &[(&str, &str, Option<&[&str]>)] = &[
    ("@1!(2)", "@x!(y)", Some(&["1", "2"])),
    ("@1!(2) | @3!(4)", "@3!(y) | rest", Some(&["4", "@1!(2)"])),
    ("[1, 2, 3]", "[h ...t]", Some(&["[2, 3]", "1"])),
    ("Set(1, 2, 3)", "Set(2 ...r)", Some(&["Set(1, 3)"])),
    (r#"{"a": 1, "b": 2}"#, r#"{"a": x ...r}"#, Some(&[r#"{"b": 2}"#, "1"])),
    (r#"{"a": 1}"#, "{...r}", Some(&[r#"{"a": 1}"#])),
    ("Nil", "~Nil", None),
    ("5", "Int \\/ String", Some(&[])),
    ("5", "x /\\ Int", Some(&["5"])),
    ("{for(_ <- @0){ @1!(5 + 6) }}", "{for(_ <- @0){ @1!(a + b) }}", Some(&["5", "6"])),
    ("{for(@x <- @0){ @1!(x) }}", "{for(@x <- y){ z }}", None),
    ("{for(@x <- @0){ @1!(x) }}", "{for(@x <- y){ _ }}", Some(&["0"])),
    ("(1, 2)", "(1, 2, _)", None),
    ("{1 | 2 | 3}", "{x | 1}", Some(&["2 | 3"])),
    ("{1 | 2}", "{x | y}", Some(&["1 | 2", "Nil"])),
    ("{1 | 2}", "{~Nil | 1}", Some(&[])),
    ("{1 | 2}", "{~Nil | 2}", Some(&[])),
    ("{@1!(1) | 5 | new x in { x!(1) }}", "{Int | {@1!(_)} | {new y in { _ }} | r}", Some(&["Nil"])),
    ("{@0!(1) | @0!(1)}", "{@0!(1) | rest}", Some(&["@0!(1) | @0!(1)"])),
    ("{for (a <- @1 & b <- @2) { @3!(4) }}", "{for (b <- y & a <- x) { @3!(z) }}", Some(&["2", "1", "4"])),
];

#[test]
fn examples() {
    for (target, pattern, expected) in EXAMPLES {
        let source = format!("match {{{target}}} {{ {{{pattern}}} => Nil }}");
        let Some(program) = program(&source) else {
            assert!(target.contains('x'), "{source}");
            continue;
        };
        let found = first_match(&program).map(|(_, values)| values);
        let wanted = expected.map(|values| values.iter().map(|v| term(v)).collect::<Vec<_>>());
        assert_eq!(found, wanted, "{target} against {pattern}");
    }
}
