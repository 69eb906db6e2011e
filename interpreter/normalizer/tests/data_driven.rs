//! The measured programs, the conformance cases and the runtime vectors that say something about the normal form.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use rhodium_normalizer::{CompileError, Options, compile};
use rhodium_term::proto::encode;
use rhodium_term::{Term, order};
use serde::Deserialize;
use sha2::{Digest, Sha256};

fn data(name: &str) -> String {
    let path = format!("{}/../../tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn term(source: &str) -> Result<Term, CompileError> {
    compile(source, &Options::default())
}

fn kind(error: &CompileError) -> &'static str {
    match error {
        CompileError::Syntax(_) => "SyntaxError",
        CompileError::Normalize(errors) => errors[0].kind_name(),
    }
}

/// All failures at once, so that one run shows the whole picture.
#[derive(Default)]
struct Failures(BTreeMap<String, String>);

impl Failures {
    fn check(&mut self, id: &str, holds: bool, why: impl FnOnce() -> String) {
        if !holds {
            self.0.insert(id.to_string(), why());
        }
    }

    fn finish(self, total: usize) {
        for (id, why) in self.0.iter().take(60) {
            println!("{id}: {why}");
        }
        assert!(self.0.is_empty(), "{} of {total} failed", self.0.len());
        assert!(total > 0);
    }
}

#[derive(Deserialize)]
struct Program {
    id: String,
    source: String,
    error_kinds: Vec<String>,
    normal_form_sha256: Option<String>,
    normal_form_hex: Option<String>,
}

#[test]
fn measured_programs_have_the_measured_bytes() {
    let mut failures = Failures::default();
    let mut total = 0;
    for line in data("oracle-programs.jsonl").lines() {
        let program: Program = serde_json::from_str(line).expect("a program per line");
        total += 1;
        let id = &program.id;
        let found = term(&program.source);
        match (&found, &program.normal_form_sha256) {
            (Ok(found), Some(expected)) => {
                let bytes = encode(found);
                let hash = hex::encode(Sha256::digest(&bytes));
                failures.check(id, hash == *expected, || {
                    let hex = program.normal_form_hex.clone().unwrap_or_default();
                    format!("bytes differ\n   {}\n   {}\n   {hex}", program.source, hex::encode(&bytes))
                });
                failures.check(id, found.size() == bytes.len() as u64, || "size differs".to_string());
                failures.check(id, found.is_canonical(), || "not canonical".to_string());
            }
            (Err(error), None) => {
                let kinds = vec![kind(error).to_string()];
                failures.check(id, kinds == program.error_kinds, || {
                    format!("{:?}, not {:?}: {error}\n   {}", kinds, program.error_kinds, program.source)
                });
            }
            (Ok(_), None) => {
                failures.check(id, false, || format!("compiles, not {:?}: {}", program.error_kinds, program.source));
            }
            (Err(error), Some(_)) => {
                failures.check(id, false, || format!("{}: {error}\n   {}", kind(error), program.source));
            }
        }
    }
    failures.finish(total);
}

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    #[serde(default)]
    core_only: bool,
    source: String,
    kind: String,
    value: Vec<String>,
    message_contains: Option<String>,
}

const COMPILE_TIME: [&str; 13] = [
    "SyntaxError",
    "UnexpectedProcContext",
    "UnexpectedNameContext",
    "UnexpectedReuseOfNameContextFree",
    "UnexpectedReuseOfProcContextFree",
    "UnboundVariableRef",
    "ReceiveOnSameChannelsError",
    "PatternReceiveError",
    "UnexpectedBundleContent",
    "UnrecognizedNormalizerError",
    "TopLevelLogicalConnectivesNotAllowedError",
    "TopLevelWildcardsNotAllowedError",
    "TopLevelFreeVariablesNotAllowedError",
];

#[test]
fn conformance_cases_compile_as_told() {
    let cases: Cases = toml::from_str(&data("language-cases.toml")).expect("cases");
    let compile_time: BTreeSet<&str> = COMPILE_TIME.into();
    let mut failures = Failures::default();
    let mut total = 0;
    for case in cases.case.iter().filter(|c| !c.core_only) {
        total += 1;
        let found = term(&case.source);
        let other = || term(&case.value[0]);
        let why = || format!("{:?} {}", found.as_ref().map_err(|e| format!("{}: {e}", kind(e))), case.source);
        let holds = match (case.kind.as_str(), &found) {
            ("compiles-equal", Ok(found)) => other().is_ok_and(|o| o == *found && encode(&o) == encode(found)),
            ("compiles-different", Ok(found)) => other().is_ok_and(|o| o != *found && encode(&o) != encode(found)),
            ("error", Err(error)) => {
                let message = case.message_contains.as_ref().is_none_or(|text| error.network_message().contains(text));
                case.value == [kind(error)] && message
            }
            ("error", Ok(_)) => !case.value.iter().any(|k| compile_time.contains(k.as_str())),
            (_, result) => result.is_ok(),
        };
        failures.check(&case.id, holds, why);
    }
    failures.finish(total);
}

#[derive(Deserialize)]
struct Vectors {
    term_hash: Vec<TermHash>,
    order: Vec<Order>,
    program: Vec<VectorProgram>,
    ext_program: Vec<VectorProgram>,
    error: Vec<ErrorProgram>,
}

#[derive(Deserialize)]
struct TermHash {
    id: String,
    source: String,
    proto_ext: Option<String>,
}

#[derive(Deserialize)]
struct Order {
    id: String,
    terms: Vec<String>,
    sorted: Vec<String>,
}

#[derive(Deserialize)]
struct VectorProgram {
    id: String,
    source: String,
    normalized_ext: Option<String>,
}

#[derive(Deserialize)]
struct ErrorProgram {
    id: String,
    source: String,
    kind: String,
}

fn vectors() -> Vectors {
    toml::from_str(&data("runtime-vectors.toml")).expect("vectors")
}

#[test]
fn vectors_have_the_given_bytes() {
    let vectors = vectors();
    let hashes = vectors.term_hash.iter().map(|v| (&v.id, &v.source, &v.proto_ext));
    let programs = vectors.program.iter().chain(&vectors.ext_program).map(|v| (&v.id, &v.source, &v.normalized_ext));
    let mut failures = Failures::default();
    let mut total = 0;
    for (id, source, expected) in hashes.chain(programs) {
        let Some(expected) = expected else { continue };
        total += 1;
        let found = term(source).map(|t| hex::encode(encode(&t)));
        failures.check(id, found.as_ref() == Ok(expected), || format!("{source}\n   {found:?}\n   {expected}"));
    }
    failures.finish(total);
}

#[test]
fn vectors_compile_or_not_as_told() {
    let mut failures = Failures::default();
    let vectors = vectors();
    for vector in &vectors.error {
        let found = term(&vector.source);
        failures.check(&vector.id, found.is_err() == (vector.kind == "Compile"), || vector.source.clone());
    }
    failures.finish(vectors.error.len());
}

#[test]
fn vectors_sort_as_told() {
    let mut failures = Failures::default();
    let vectors = vectors();
    for vector in &vectors.order {
        let read = |sources: &[String]| sources.iter().map(|s| term(s).expect("a term")).collect::<Vec<_>>();
        let mut found = read(&vector.terms);
        found.sort_by(order::compare);
        failures.check(&vector.id, found == read(&vector.sorted), || format!("{:?}", vector.terms));
    }
    failures.finish(vectors.order.len());
}
