//! Errors that no source text leads to, and the places that texts cannot show.

mod common;

use common::{Space, history};
use rhodium_machine::system::SystemContext;
use rhodium_machine::{Code, Evaluation, Failure, Limits, Program, RunError, Runtime, UNLIMITED_PHLO};
use rhodium_random::Random;
use rhodium_term::{Term, Var};

fn first(failures: Vec<Failure>) -> RunError {
    match failures.into_iter().next() {
        Some(Failure::Run(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// A free variable outside of a pattern: the normalizer refuses it, a term may have it.
#[test]
fn free_variables() {
    let mut runtime = Runtime::empty(history()).expect("empty space");
    let open = Term::par(vec![Term::var(Var::Wildcard, 0), Term::send(Term::nil(), vec![], false)]);
    let term = Term::single(Term::send(Term::nil(), vec![open], false));
    let random = Random::from_seed(&[]);
    let evaluation = Evaluation { program: Program::Term(&term), source: 0, phlo: UNLIMITED_PHLO, random };
    let error = first(runtime.evaluate(evaluation, &mut SystemContext::default()).failures);
    assert_eq!(error.code, Code::Substitute);
    assert!(error.explain().reason.contains("free variable"));
}

/// The limit of the matcher is met where the guard stands, or the send.
#[test]
fn limits_of_guards_and_patterns() {
    let steps = "x + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 == 0";
    let source = format!("match 1 {{ x where {steps} => Nil }}");
    let mut space = Space::empty();
    space.runtime.set_limits(Limits { matcher_steps: 20 });
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
