//! What costs are made of (runtime.md 7): itemised charges add up, and itemising changes nothing.

mod common;

use std::cell::Cell;
use std::time::Duration;

use common::{Space, kinds};
use rhodium_machine::cost::Charge;
use rhodium_machine::profile::Item;
use rhodium_machine::system::SystemContext;
use rhodium_machine::{Evaluation, Program, Receipt, UNLIMITED_PHLO};
use rhodium_random::Random;

fn evaluation(source: &str, phlo: i64) -> Evaluation<'_> {
    Evaluation { program: Program::Source(source), source: 1, phlo, random: Random::from_seed(&[]) }
}

/// A clock that goes on by a nanosecond whenever somebody looks at it.
fn ticks() -> Duration {
    thread_local!(static NOW: Cell<u64> = const { Cell::new(0) });
    Duration::from_nanos(NOW.replace(NOW.get() + 1))
}

fn profile(source: &str, phlo: i64) -> (Receipt, Vec<Item>) {
    let (receipt, profile) =
        Space::bootstrapped().runtime.profile(evaluation(source, phlo), &mut SystemContext::default(), None);
    (receipt, profile.items)
}

fn sum(items: &[Item], kind: Charge) -> i128 {
    items.iter().filter(|item| item.kind == kind).map(|item| item.cost).sum()
}

#[test]
fn charges_add_up_to_the_cost() {
    let vectors = common::vector_programs().into_iter().map(|row| (row.source, row.phlo));
    let measured = common::measured_programs().into_iter().step_by(4).map(|row| (row.source, None));
    let mut total = 0;
    for (source, phlo) in vectors.chain(measured) {
        let mut space = Space::bootstrapped();
        let limit = phlo.unwrap_or(UNLIMITED_PHLO);
        let plain = space.runtime.evaluate(evaluation(&source, limit), &mut SystemContext::default());
        let root = space.runtime.checkpoint().expect("checkpoint");
        // With one less than it costs it must fail, and cost the limit.
        for phlo in [limit, plain.cost - 1] {
            if phlo < 0 {
                continue;
            }
            let mut space = Space::bootstrapped();
            let before = space.runtime.root();
            let (receipt, profile) =
                space.runtime.profile(evaluation(&source, phlo), &mut SystemContext::default(), Some(ticks));
            assert_eq!(profile.items.iter().map(|item| item.cost).sum::<i128>(), i128::from(receipt.cost), "{source}");
            let after = space.runtime.checkpoint().expect("checkpoint");
            if phlo == limit {
                assert_eq!((receipt.cost, kinds(&receipt), after), (plain.cost, kinds(&plain), root), "{source}");
            } else if plain.succeeded() {
                assert_eq!((receipt.cost, after), (phlo, before), "{source}");
                assert_eq!(kinds(&receipt), ["OutOfPhlogistonsError"], "{source}");
            }
        }
        total += 1;
    }
    assert!(total > 600);
}

/// The worked example of runtime.md 7.4.
#[test]
fn the_worked_example() {
    let (receipt, items) = profile("for(x <- @0){ Nil } | @0!(2)", UNLIMITED_PHLO);
    let expected = [
        (Charge::Parsing, 28),
        (Charge::Send, 11),
        (Charge::Receive, 11),
        (Charge::Substitution, 4 + 4 + 4 + 11),
        (Charge::Storage, 8 + 19 - 19 - 8),
        (Charge::Event, 64 + 64),
        (Charge::Comm, 128),
    ];
    for (kind, cost) in expected {
        assert_eq!(sum(&items, kind), cost, "{kind:?}");
    }
    assert_eq!((receipt.cost, items.iter().map(|item| item.cost).sum::<i128>()), (329, 329));
}

/// Charges stand where the code is; what a failure costs beyond what was used is a charge of its own.
#[test]
fn charges_have_places() {
    let source = "new c in {\n  c!(1 + 2) |\n  for (@x <- c) {\n    @\"r\"!(x,\n      x * 2)\n  }\n}";
    let (receipt, items) = profile(source, UNLIMITED_PHLO);
    let line = |item: &Item| source[..item.origin.start as usize].matches('\n').count() + 1;
    let on = |number: usize, kind: Charge| -> i128 {
        items.iter().filter(|i| i.origin.is_known() && line(i) == number && i.kind == kind).map(|i| i.cost).sum()
    };
    assert_eq!((on(1, Charge::New), on(2, Charge::Operator), on(2, Charge::Send)), (12, 3, 11));
    assert_eq!((on(3, Charge::Receive), on(4, Charge::Send)), (11, 11));
    assert_eq!((on(5, Charge::Operator), on(5, Charge::Variable), on(4, Charge::Variable)), (9, 10, 10));
    assert_eq!(sum(&items, Charge::Failure), 0);
    let (failed, items) = profile(&source.replace("1 + 2", "1 + [2]"), 10_000);
    assert!(!failed.succeeded() && receipt.succeeded());
    assert_ne!(sum(&items, Charge::Failure), 0);
}

/// Bodies are told apart by who ran them, but for loops; what all of them took is the cost, and the time that passed.
#[test]
fn bodies_and_channels() {
    let source = "new loop, add, done in {\n  contract add(@a, @b, ret) = { ret!(a + b) } |\n  \
        contract loop(@n, @sum) = {\n    if (n > 0) { new r in { add!(sum, n, *r) | for (@s <- r) { loop!(n - 1, s) } } }\n    \
        else { done!(sum) }\n  } |\n  loop!(10, 0) | for (@x <- done) { add!(x, 1, *loop) } | @0!!(1) | for (_ <<- @0) { Nil }\n}";
    let mut space = Space::bootstrapped();
    let (receipt, profile) =
        space.runtime.profile(evaluation(source, UNLIMITED_PHLO), &mut SystemContext::default(), Some(ticks));
    assert!(receipt.succeeded());
    let text = |k: u32| {
        let origin = profile.bodies[k as usize].origin;
        source[origin.start as usize..origin.end as usize].split(['{', '\n']).next().unwrap_or_default().trim()
    };
    let path = |k: u32| {
        let mut path = vec![text(k)];
        let mut at = profile.bodies[k as usize].caller;
        while let Some(body) = at.filter(|body| *body > 0) {
            path.insert(0, text(body));
            at = profile.bodies[body as usize].caller;
        }
        path
    };
    let (add, top) = ("contract add(@a, @b, ret) =", "contract loop(@n, @sum) =");
    let bodies: Vec<(Vec<&str>, u64)> = (1..).zip(&profile.bodies[1..]).map(|(k, body)| (path(k), body.runs)).collect();
    let expected = [
        (vec!["_ <<- @0"], 1),
        (vec![top], 11),
        (vec![top, add], 10),
        (vec![top, add, "@s <- r"], 10),
        (vec![top, "@x <- done"], 1),
        (vec![top, "@x <- done", add], 1),
    ];
    assert_eq!(bodies, expected);
    let cost: i128 = profile.spent.iter().map(|spent| spent.cost).sum();
    assert_eq!(cost, i128::from(receipt.cost));
    let time: Duration = profile.spent.iter().map(|spent| spent.time).sum();
    assert_eq!(time + Duration::from_nanos(1), ticks(), "every look at the clock is somebody's");
    let traffic: Vec<_> = profile.traffic.iter().map(|t| (t.sends, t.receives, t.comms)).collect();
    // add, loop, @0, done, r: `loop!(…)`, that of the reply as well, finds the contract; ten private names are one channel.
    assert_eq!(profile.traffic.len(), 5);
    assert_eq!(traffic.iter().map(|t| t.2).sum::<u64>(), receipt.comms);
    assert!(traffic.contains(&(10, 10, 10)), "{traffic:?}");
    assert!(profile.traffic.iter().all(|traffic| !traffic.time.is_zero()));
}

/// A chain of calls deeper than a profile shows: what is below counts as the last one's that is shown.
#[test]
fn deep_chains_are_cut() {
    let link = |k: usize| format!("for (_ <- @{k}) {{ @{}!(0) }} | ", k + 1);
    let source = format!("{}@0!(0)", (0..500).map(link).collect::<String>());
    let mut space = Space::bootstrapped();
    let (receipt, profile) =
        space.runtime.profile(evaluation(&source, UNLIMITED_PHLO), &mut SystemContext::default(), Some(ticks));
    assert_eq!((receipt.comms, profile.bodies.len()), (500, 100));
    assert_eq!(profile.bodies.iter().map(|body| body.runs).sum::<u64>(), 501);
    assert_eq!(profile.spent.iter().map(|spent| spent.cost).sum::<i128>(), i128::from(receipt.cost));
}
