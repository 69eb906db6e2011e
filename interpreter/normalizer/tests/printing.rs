//! The printer writes Rholang that means what it was given, and the normal form does not depend on what it should not.

mod generate;

use std::fs;
use std::path::Path;

use generate::{PLAIN, Spelling, program, tapes};
use proptest::prelude::*;
use rhodium_normalizer::{Options, compile};
use rhodium_term::print::{Names, print_source, print_with};
use rhodium_term::proto::encode;
use rhodium_term::{Mode, Origin, Term, substitute};

fn term(source: &str) -> Term {
    compile(source, &Options::default()).unwrap_or_else(|error| panic!("{error}\n{source}"))
}

/// Checks that the text of a normal form gives the same bytes again.
fn survives(term: &Term) -> Result<(), String> {
    let text = print_source(term);
    let again = compile(&text, &Options::default()).map_err(|error| format!("{error}\n{text}"))?;
    if encode(&again) == encode(term) { Ok(()) } else { Err(format!("{text}\n-- again:\n{}", print_source(&again))) }
}

/// Every source in the specification's data and among the contracts.
fn sources() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut sources = Vec::new();
    for line in read(&root.join("tests/data/oracle-programs.jsonl")).lines() {
        let entry: serde_json::Value = serde_json::from_str(line).expect("a program per line");
        sources.extend(entry["source"].as_str().map(str::to_owned));
    }
    for file in ["language-cases.toml", "runtime-vectors.toml"] {
        let table: toml::Table = toml::from_str(&read(&root.join("tests/data").join(file))).expect("a table");
        for entry in table.values().filter_map(toml::Value::as_array).flatten() {
            let source = entry.get("source").or(entry.get("program")).and_then(toml::Value::as_str);
            sources.extend(source.map(str::to_owned));
        }
    }
    let mut folders = vec![root.join("rholang"), root.join("examples")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rho") {
                sources.push(read(&path));
            }
        }
    }
    sources
}

#[test]
fn all_known_programs_survive_printing() {
    let mut failures = Vec::new();
    let mut compiled = 0;
    for source in sources() {
        let Ok(term) = compile(&source, &Options::default()) else { continue };
        compiled += 1;
        failures.extend(survives(&term).err().map(|why| format!("{source}\n-- printed:\n{why}")));
    }
    assert!(compiled > 1000, "{compiled}");
    assert!(
        failures.is_empty(),
        "{} of {compiled}:\n{}",
        failures.len(),
        failures[..failures.len().min(12)].join("\n====\n")
    );
}

/// Sorting moves these, and their variables keep their numbers.
#[test]
fn variables_of_patterns_keep_their_numbers() {
    for source in [
        "match Nil { {x | 2 | @1!(y) | new a in { z }} => { [x, y, z] } }",
        "match Nil { Set(x, [y], 1, [1, z] ...r) => { [x, y, z, r] } }",
        "match Nil { {9: x, 1: y, y2: 7 ...r} => { [x, y, y2, r] } }",
        "match Nil { {for (@1 <- a & @2 <- @{b | 3} & @3 <- @7) { c }} => { [*a, b, c] } }",
        "match Nil { {x | ~{[y] | y2 | 1} | {[u] | v} /\\ {w | 1}} => { [x, u, v, w] } }",
        "for (@{x | [y] | for (@{p | [q] | 1} <- z) { p | w }}, @[b, {c | @1!(d)}] <- @1) { [x, y, *z, w, b, c, d] }",
        "@1!({1: 2} | {1: 3} | {1: 2} | {2: 1})",
        "match Nil { {{1: x} | {1: y} | {1: 2}} => { [x, y] } }",
        "@1!(Set({1: 2}, {1: 3}), {{1: 2}: 1, {1: 3}: 2})",
    ] {
        survives(&term(source)).unwrap_or_else(|why| panic!("{source}\n{why}"));
    }
}

/// Nested patterns use up the alphabet.
#[test]
fn deep_patterns_have_names_of_their_own() {
    let mut source = "{ =*x | y }".to_owned();
    for k in 0..60 {
        source = format!("{{ for (@{source} <- v{k}) {{ w{k} }} }}");
    }
    survives(&term(&format!("new x in {{ match Nil {{ {source} => Nil }} }}"))).unwrap();
}

fn id(byte: u8) -> Vec<u8> {
    vec![byte; 32]
}

/// Inside a `new` of the identifiers, the text is the term up to the names.
#[test]
fn unforgeable_names_are_identifiers() {
    let source = "new a, b, c in { a!(*b, [*c], {*b | 1}) | for (@{=*a | x}, y <- b) { y!(x, *c) } | bundle+{*c} }";
    let open = term(source).children()[0].children()[0].clone();
    let word = |id: &[u8], _: Origin| Some(if id[0] == 7 { "agent" } else { "in" });
    let values = |index: u32| Some(Term::single(Term::private(id(7 + index as u8))));
    let closed = substitute(&open, &values, Mode { depth: 0, shift: 0, sort: true }).unwrap();
    let names = Names::of([&closed], &word);
    let text = print_with(&closed, &names);
    let mut order: Vec<(String, String)> = names.list().into_iter().collect();
    order.sort_by(|a, b| b.1.cmp(&a.1));
    let declared: Vec<&str> = order.iter().map(|(identifier, _)| identifier.as_str()).collect();
    assert_eq!(declared, ["in'09090909", "in'08080808", "agent'07070707"]);
    let back = term(&format!("new {} in {{ {text} }}", declared.join(", ")));
    let back = substitute(&back.children()[0].children()[0], &values, Mode { depth: 0, shift: 0, sort: true }).unwrap();
    assert_eq!(encode(&back), encode(&closed), "{text}");
}

/// A program with what may not change its normal form changed.
const SPELLINGS: [Spelling; 3] = [
    Spelling { prefix: "other'", ..PLAIN },
    Spelling { reversed: true, ..PLAIN },
    Spelling { brackets: true, ..PLAIN },
];

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1500,
        failure_persistence: None,
        rng_seed: prop::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_program_survives_printing(tape in tapes()) {
        let source = program(&tape, PLAIN);
        let term = compile(&source, &Options::default());
        prop_assert!(term.is_ok(), "{}\n{source}", term.unwrap_err());
        let outcome = survives(&term.unwrap());
        prop_assert!(outcome.is_ok(), "{source}\n-- printed:\n{}", outcome.unwrap_err());
    }

    #[test]
    fn spelling_is_not_meaning(tape in tapes()) {
        let source = program(&tape, PLAIN);
        let bytes = encode(&term(&source));
        for spelling in SPELLINGS {
            let other = program(&tape, spelling);
            prop_assert!(encode(&term(&other)) == bytes, "{source}\n-- and:\n{other}");
        }
        let spaced = source.replace(' ', " /* } */\n\t// \"\n");
        prop_assert!(encode(&term(&spaced)) == bytes, "{source}");
    }
}

/// Deep and wide programs survive, too; the term crate prints a million levels.
#[test]
fn deep_and_wide() {
    let size = 100_000;
    let nested = |open: &str, close: &str| format!("{}Nil{}", open.repeat(size), close.repeat(size));
    let pattern = vec!["{_ | 1}"; size].join(", ");
    for source in [
        nested("[", "]"),
        nested("@{", "}!()"),
        nested("new x in {", "}"),
        nested("match 1 { ", " => Nil }"),
        vec!["@1!(2)"; size].join(" | "),
        format!("match 1 {{ [{pattern}] => Nil }}"),
    ] {
        let term = term(&source);
        assert!(print_source(&term).len() < 200 * size, "{}", &source[..20]);
        survives(&term).unwrap_or_else(|why| panic!("{}", &why[..200]));
    }
}
