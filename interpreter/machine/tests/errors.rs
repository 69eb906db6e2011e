//! The codes of errors, and places that only a small limit shows.

mod common;

use common::Space;
use rhodium_machine::{Code, Failure, Limits, RunError};

fn first(failures: Vec<Failure>) -> RunError {
    match failures.into_iter().next() {
        Some(Failure::Run(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// The limit of the matcher is met where the guard stands, or the send.
#[test]
fn limits_of_guards_and_patterns() {
    let steps = "x + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 == 0";
    let source = format!("match 1 {{ x where {steps} => Nil }}");
    let mut space = Space::empty();
    space.runtime.set_limits(Limits { matcher_steps: 20, ..Limits::default() });
    let error = first(space.run(&source).failures);
    let place = &source[error.origin.start as usize..error.origin.end as usize];
    assert_eq!((error.code, place), (Code::Limit, steps));
}

/// Everything has its own code, and nothing is without one.
#[test]
fn codes_are_distinct() {
    let mut texts: Vec<&str> = Code::ALL.iter().map(|code| code.text()).collect();
    let count = texts.len();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), count);
    assert!(texts.iter().all(|text| text.starts_with("E03") && text.len() == 5));
}
