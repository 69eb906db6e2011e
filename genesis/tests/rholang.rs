//! The tests of the system contracts, written in Rholang: each program prints a line `ok …` or `FAIL …` per check and
//! `done` at its end.

mod common;

use std::path::PathBuf;
use std::sync::Arc;

use common::{key, system_set};
use rhodium_genesis::standard;
use rhodium_machine::system::SystemContext;
use rhodium_machine::{Evaluation, Failure, Program, Runtime, UNLIMITED_PHLO, Value};
use rhodium_random::Random;
use rhodium_store::{History, MemoryStore};
use rhodium_term::{Head, Term};

fn programs() -> Vec<PathBuf> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../rholang/tests");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut programs: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|e| e == "rho")).collect();
    programs.sort();
    programs
}

/// What is wrong with a program's run.
fn complaints(runtime: &mut Runtime, source: &str) -> Vec<String> {
    let mut context = SystemContext::default();
    let deployer = key(4).public_key().as_bytes().to_vec();
    let id = Value::item(Term::ground(Head::DeployerId(deployer.as_slice().into())));
    context.injections.insert("rho:system:deployerId".to_owned(), id);
    context.deploy.deployer_id = deployer;
    let random = Random::from_seed(source.as_bytes());
    let evaluation = Evaluation { program: Program::Source(source), source: 1, phlo: UNLIMITED_PHLO, random };
    let receipt = runtime.evaluate(evaluation, &mut context);
    let mut complaints: Vec<String> = receipt.failures.iter().map(text).collect();
    let lines: Vec<&str> = receipt.output.iter().flat_map(|line| line.text.lines()).collect();
    complaints.extend(lines.iter().filter(|line| line.contains("FAIL")).map(|line| (*line).to_owned()));
    let starts = |word: &str| lines.iter().any(|line| line.trim_start_matches('"').starts_with(word));
    if !starts("ok") {
        complaints.push("no check was made".to_owned());
    }
    if !starts("done") {
        complaints.push(format!("it did not come to its end; it printed {lines:?}"));
    }
    complaints
}

fn text(failure: &Failure) -> String {
    match failure {
        Failure::Compile(error) => error.to_string(),
        Failure::Run(error) => error.to_string(),
    }
}

#[test]
fn the_contracts_pass_their_tests() {
    let programs = programs();
    assert!(!programs.is_empty(), "there are no programs in rholang/tests");
    let state = standard(&system_set(), History::new(Arc::new(MemoryStore::new()))).unwrap();
    let mut failed = Vec::new();
    for path in programs {
        let mut runtime = Runtime::open(state.history().clone(), state.root()).unwrap();
        let source = std::fs::read_to_string(&path).unwrap();
        for complaint in complaints(&mut runtime, &source) {
            failed.push(format!("{}: {complaint}", path.display()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
