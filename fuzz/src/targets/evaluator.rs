//! Running any program ends, at the same cost and in the same state each time, and a failed one changes nothing.

use std::sync::Arc;

use rhodium_machine::system::SystemContext;
use rhodium_machine::{Evaluation, Failure, Limits, Program, Receipt, Runtime};
use rhodium_random::Random;
use rhodium_store::{History, MemoryStore, StateRoot};

/// The limit of phlogiston.
const PHLO: i64 = 100_000;

/// Steps of the matcher: it has a limit of its own, which fuzzing need not wait for.
const MATCHER_STEPS: u64 = 100_000;

pub(super) fn check(source: &str) {
    let (first, root) = run(source);
    let (second, root_again) = run(source);
    let seen = |receipt: &Receipt| (receipt.cost, receipt.comms, receipt.output.clone(), kinds(receipt));
    assert_eq!(seen(&first), seen(&second), "two runs differ");
    assert_eq!(root, root_again, "two runs end in different states");
    assert!((0..=PHLO).contains(&first.cost), "charged {}", first.cost);
    assert!(first.succeeded() || root == StateRoot::EMPTY, "a failed program has changed the state");
}

fn run(source: &str) -> (Receipt, StateRoot) {
    let mut runtime = Runtime::empty(History::new(Arc::new(MemoryStore::new()))).expect("an empty space");
    runtime.set_limits(Limits { matcher_steps: MATCHER_STEPS, ..Limits::default() });
    let random = Random::from_seed(&[]);
    let evaluation = Evaluation { program: Program::Source(source), source: 1, phlo: PHLO, random };
    let receipt = runtime.evaluate(evaluation, &mut SystemContext::default());
    let root = runtime.checkpoint().expect("a checkpoint in memory");
    Runtime::open(runtime.history().clone(), root).expect("a committed state");
    (receipt, root)
}

fn kinds(receipt: &Receipt) -> Vec<String> {
    let kind = |failure: &Failure| match failure {
        Failure::Compile(error) => error.to_string(),
        Failure::Run(error) => format!("{}: {}", error.kind.name(), error.message),
    };
    receipt.failures.iter().map(kind).collect()
}
