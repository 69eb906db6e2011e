//! The measured programs of `tests/data/oracle-programs.jsonl`: normal form, cost, errors, COMMs, output and root.

use std::sync::Arc;

use rhodium_machine::system::SystemContext;
use rhodium_machine::{Evaluation, Failure, Program, Runtime, UNLIMITED_PHLO};
use rhodium_normalizer::{CompileError, Options, compile};
use rhodium_random::Random;
use rhodium_store::{History, MemoryStore};
use rhodium_term::proto::encode;
use serde::Deserialize;
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
struct Row {
    id: String,
    source: String,
    error_kinds: Vec<String>,
    cost: i64,
    root_before: String,
    root_after: String,
    normal_form_sha256: Option<String>,
    comm_count: u64,
    stdout: Vec<String>,
}

fn kind(failure: &Failure) -> String {
    match failure {
        Failure::Compile(CompileError::Syntax(_)) => "SyntaxError".into(),
        Failure::Compile(CompileError::Normalize(error)) => error.kind.name().into(),
        Failure::Run(error) => error.kind.name().into(),
    }
}

/// What differs between a measured program and its run here.
fn differences(row: &Row) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |what: &str, expected: String, got: String| {
        if expected != got {
            found.push(format!("{what}: expected {expected}, got {got}"));
        }
    };
    let form = compile(&row.source, &Options::default()).ok().map(|term| hex::encode(Sha256::digest(encode(&term))));
    check("normal form", format!("{:?}", row.normal_form_sha256), format!("{form:?}"));
    let history = History::new(Arc::new(MemoryStore::new()));
    let mut runtime = Runtime::bootstrapped(history).expect("bootstrap");
    check("root before", row.root_before.clone(), runtime.root().to_string());
    let random = Random::from_seed(&[]);
    let evaluation = Evaluation { program: Program::Source(&row.source), source: 1, phlo: UNLIMITED_PHLO, random };
    let receipt = runtime.evaluate(evaluation, &mut SystemContext::default());
    let mut kinds: Vec<String> = receipt.failures.iter().map(kind).collect();
    kinds.sort();
    check("errors", format!("{:?}", row.error_kinds), format!("{kinds:?}"));
    check("cost", row.cost.to_string(), receipt.cost.to_string());
    check("COMMs", row.comm_count.to_string(), receipt.comms.to_string());
    let lines: Vec<&str> = receipt.output.iter().flat_map(|line| line.text.split('\n')).collect();
    check("output", format!("{:?}", row.stdout), format!("{lines:?}"));
    let root = runtime.checkpoint().expect("checkpoint");
    check("root after", row.root_after.clone(), root.to_string());
    found
}

#[test]
fn measured_programs() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/oracle-programs.jsonl");
    let text = std::fs::read_to_string(path).expect("the measured programs");
    let mut failed = Vec::new();
    let mut total = 0;
    for line in text.lines() {
        let row: Row = serde_json::from_str(line).expect("a row");
        total += 1;
        let found = differences(&row);
        if !found.is_empty() {
            failed.push(format!("{}: {}", row.id, found.join("; ")));
        }
    }
    assert!(failed.is_empty(), "{} of {total} differ:\n{}", failed.len(), failed.join("\n"));
}
