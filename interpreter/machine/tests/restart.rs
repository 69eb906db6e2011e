//! A state gives the same results from memory and from the store (DESIGN invariant 3).

mod common;

use common::{Measured, Space, kinds};
use rhodium_machine::{Receipt, Runtime};
use rhodium_random::Random;

/// Runs programs one after another, each followed by a checkpoint; on one runtime, or on a new one each time.
fn run(programs: &[&str], restart: bool) -> (Vec<Receipt>, Vec<String>) {
    let mut space = Space::bootstrapped();
    let mut receipts = Vec::new();
    let mut roots = Vec::new();
    for program in programs {
        if restart {
            let history = space.runtime.history().clone();
            let root = space.runtime.root();
            space.runtime = Runtime::open(history, root).expect("a committed state");
        }
        // Persistent sends of one program can meet persistent receives of another: such runs end by their limit.
        let random = Random::from_seed(&[]).split_short(receipts.len() as u16);
        receipts.push(space.run_with(program, 300_000, random));
        roots.push(space.runtime.checkpoint().expect("checkpoint").to_string());
    }
    (receipts, roots)
}

#[test]
fn memory_and_store_agree() {
    let rows = common::measured_programs();
    let rows: Vec<&Measured> = rows.iter().filter(|row| row.error_kinds.is_empty()).collect();
    let mut failed = Vec::new();
    let mut total = 0;
    for pair in rows.windows(3).step_by(3) {
        total += 1;
        // The last program runs twice: its second run meets what the first one left.
        let programs: Vec<&str> = pair.iter().chain(pair.last()).map(|row| row.source.as_str()).collect();
        let ids: Vec<&str> = pair.iter().map(|row| row.id.as_str()).collect();
        let (same, roots) = run(&programs, false);
        let (new, roots_new) = run(&programs, true);
        let seen = |receipts: &[Receipt]| -> Vec<_> {
            receipts.iter().map(|r| (r.cost, kinds(r), r.comms, r.output.clone())).collect()
        };
        if seen(&same) != seen(&new) || roots != roots_new {
            failed.push(format!("{ids:?}: {:?} {roots:?} but {:?} {roots_new:?}", seen(&same), seen(&new)));
        }
    }
    println!("{total} sequences");
    assert!(total > 500 && failed.is_empty(), "{} differ:\n{}", failed.len(), failed.join("\n"));
}
