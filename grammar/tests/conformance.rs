//! Every program of the specification's data parses, or is rejected, as it says.

use std::path::PathBuf;

use rhodium_grammar::{LineIndex, parse};

fn data(name: &str) -> String {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares the verdict of the parser with the expected one; describes a difference.
fn difference(id: &str, source: &str, valid: bool) -> Option<String> {
    match (parse(source), valid) {
        (Ok(_), true) => None,
        (Err(errors), false) => {
            assert!(!errors.is_empty(), "{id}: no error");
            for error in errors {
                assert!(error.span.end as usize <= source.len(), "{id}: span behind the end");
                assert!(error.expected.len() <= 8, "{id}: too many expectations");
            }
            None
        }
        (Ok(_), false) => Some(format!("{id}: accepted, but should not be\n  {source}")),
        (Err(errors), true) => {
            let at = LineIndex::new(source).position(errors[0].span.start);
            Some(format!("{id}: rejected at {}:{}: {}\n  {source}", at.line, at.column, errors[0]))
        }
    }
}

fn report(differences: &[String]) {
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

/// Rows of level 1 only (`core_only`) whose level 2 verdict is the opposite of the one in the row.
const LEVEL_TWO_ACCEPTS: [&str; 5] = [
    // Parentheses around a process make a tuple: more than a hundred of the measured programs depend on it.
    "gr-paren-process-core",
    // An `if` may be a branch without braces (language.md 2.9).
    "gr-if-nested-bare-core",
    // A trailing comma may touch the parenthesis.
    "gr-arg-comma-tight-core",
    // `-1` is a literal, so it can be quoted.
    "gr-quote-minus-core",
    // The pattern of a case is any process.
    "gr-case-paren-core",
];

/// The same for rows that level 1 accepts or rejects later.
const LEVEL_TWO_REJECTS: [&str; 3] = [
    // `where` is reserved.
    "lex-where-is-ident-core",
    // An integer out of range is an error of the parse stage.
    "lex-int-too-big",
    // A name may be declared once per `new`.
    "st-dup-new-core",
];

#[test]
fn language_cases() {
    let document: toml::Table = data("language-cases.toml").parse().expect("valid TOML");
    let cases = document["case"].as_array().expect("cases");
    let mut differences = Vec::new();
    for case in cases {
        let id = case["id"].as_str().expect("id");
        let error = case["kind"].as_str() == Some("error")
            && case["value"]
                .as_array()
                .is_some_and(|kinds| kinds.iter().any(|kind| kind.as_str() == Some("SyntaxError")));
        let valid = (!error || LEVEL_TWO_ACCEPTS.contains(&id)) && !LEVEL_TWO_REJECTS.contains(&id);
        differences.extend(difference(id, case["source"].as_str().expect("source"), valid));
        let prior = case.get("prior").and_then(|prior| prior.as_array());
        for source in prior.into_iter().flatten() {
            differences.extend(difference(id, source.as_str().expect("prior"), true));
        }
    }
    report(&differences);
    assert_eq!(cases.len(), 460);
}

#[test]
fn measured_programs() {
    let mut differences = Vec::new();
    let mut count = 0;
    for line in data("oracle-programs.jsonl").lines() {
        let program: serde_json::Value = serde_json::from_str(line).expect("valid JSON");
        let id = program["id"].as_str().expect("id");
        let source = program["source"].as_str().expect("source");
        let kinds = program["error_kinds"].as_array().expect("error kinds");
        differences.extend(difference(id, source, kinds.iter().all(|kind| kind != "SyntaxError")));
        count += 1;
    }
    report(&differences);
    assert_eq!(count, 2426);
}

#[test]
fn runtime_vectors() {
    let document: toml::Table = data("runtime-vectors.toml").parse().expect("valid TOML");
    let mut differences = Vec::new();
    let mut count = 0;
    for (kind, entries) in &document {
        for entry in entries.as_array().into_iter().flatten() {
            if let Some(source) = entry.get("source").and_then(|source| source.as_str()) {
                differences.extend(difference(kind, source, true));
                count += 1;
            }
        }
    }
    report(&differences);
    assert_eq!(count, 185);
}

/// Programs with a piece cut out or put in somewhere: any verdict is fine, a panic or a span outside is not.
#[test]
fn mutilated_programs() {
    const PIECES: [&str; 12] = ["", "(", "}", "\"", "-", "*", "agent", "...", "5i", "\u{1F600}", "/*", "`"];
    let mut state = 1u64;
    let mut next = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit
    };
    for line in data("oracle-programs.jsonl").lines().step_by(3) {
        let program: serde_json::Value = serde_json::from_str(line).expect("valid JSON");
        let mut text: Vec<char> = program["source"].as_str().expect("source").chars().collect();
        for _ in 0..2 {
            let at = next(text.len() + 1);
            let end = (at + next(4)).min(text.len());
            text.splice(at..end, PIECES[next(PIECES.len())].chars());
        }
        let source: String = text.into_iter().collect();
        for error in parse(&source).err().into_iter().flatten() {
            assert!(source.get(error.span.range()).is_some(), "{error:?} in {source}");
        }
    }
}
