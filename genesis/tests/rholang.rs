//! The tests of the system contracts, written in Rholang: each program prints a line `ok …` or `FAIL …` per check and
//! `done` at its end.

mod common;

use std::path::PathBuf;
use std::sync::Arc;

use common::{embedded, key, system_set};
use rhodium_genesis::standard;
use rhodium_keys::{PublicKey, system_key};
use rhodium_machine::system::{DeployData, SystemContext, TestRecorder};
use rhodium_machine::{Evaluation, Failure, Program, Receipt, Runtime, UNLIMITED_PHLO, Value};
use rhodium_random::{Random, deploy_seed};
use rhodium_store::{History, MemoryStore};
use rhodium_term::{Head, Term};

fn programs() -> Vec<PathBuf> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../rholang/tests");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut programs: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|e| e == "rho")).collect();
    programs.sort();
    programs
}

/// Evaluates a source as a deploy, with the test processes.
fn deploy(runtime: &mut Runtime, source: &str, deployer: &PublicKey, timestamp: i64) -> Receipt {
    let deployer = deployer.as_bytes();
    let id = Value::item(Term::ground(Head::DeployerId(deployer.as_slice().into())));
    let mut context = SystemContext {
        deploy: DeployData { timestamp, deployer_id: deployer.to_vec(), deploy_id: vec![1] },
        test: Some(TestRecorder::default()),
        ..SystemContext::default()
    };
    context.injections.insert("rho:system:deployerId".to_owned(), id);
    let random = Random::from_seed(&deploy_seed(deployer, timestamp));
    let evaluation = Evaluation { program: Program::Source(source), source: 1, phlo: UNLIMITED_PHLO, random };
    runtime.evaluate(evaluation, &mut context)
}

/// What is wrong with a program's run.
fn complaints(runtime: &mut Runtime, source: &str) -> Vec<String> {
    let receipt = deploy(runtime, source, &key(4).public_key(), 1);
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
    let rho_spec = system_key("RhoSpec").unwrap();
    let framework = embedded().into_iter().find(|contract| contract.name == rho_spec.name);
    let state = standard(&system_set(), History::new(Arc::new(MemoryStore::new())), common::TWO).unwrap();
    let mut failed = Vec::new();
    for path in programs {
        let runtime = Runtime::open(state.history().clone(), state.root()).unwrap();
        let mut runtime = runtime.with_test_processes().unwrap();
        if let Some(framework) = &framework {
            let receipt = deploy(&mut runtime, framework.source, &rho_spec.public, rho_spec.timestamp);
            assert!(receipt.succeeded(), "{:?}", receipt.failures);
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for complaint in complaints(&mut runtime, &source) {
            failed.push(format!("{}: {complaint}", path.display()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
