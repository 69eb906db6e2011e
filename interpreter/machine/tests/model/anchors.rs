//! The model against what the network was measured to do: it is right before it judges the engine.

use rhodium_machine::UNLIMITED_PHLO;
use rhodium_random::Random;

use crate::common;
use crate::reducer::bootstrap;
use crate::run;
use crate::space::Space;

#[derive(Default)]
struct Report {
    equal: usize,
    failed: Vec<String>,
    left_out: Vec<String>,
}

impl Report {
    fn check(&mut self, id: &str, expected: String, found: std::result::Result<String, String>) {
        match found {
            Err(reason) => self.left_out.push(format!("{id}: {reason}")),
            Ok(found) if found == expected => self.equal += 1,
            Ok(found) => self.failed.push(format!("{id}: expected {expected}\n    found {found}")),
        }
    }

    fn end(self, at_least: usize) {
        println!("{} equal; left out:\n{}", self.equal, self.left_out.join("\n"));
        assert!(self.failed.is_empty(), "{} differ:\n{}", self.failed.len(), self.failed.join("\n"));
        assert!(self.equal >= at_least, "only {} rows could be run", self.equal);
    }
}

#[test]
fn measured_programs() {
    let mut bootstrapped = Space::default();
    bootstrap(&mut bootstrapped);
    let mut report = Report::default();
    for row in common::measured_programs() {
        assert_eq!(bootstrapped.root().to_string(), row.root_before);
        let mut space = bootstrapped.clone();
        let found = run(&mut space, &row.source, UNLIMITED_PHLO, Random::from_seed(&[])).map(|outcome| {
            let lines: Vec<&str> = outcome.output.iter().flat_map(|text| text.split('\n')).collect();
            format!("{:?}", (outcome.errors, outcome.cost, outcome.comms, lines, space.root().to_string()))
        });
        let expected = (row.error_kinds, row.cost, row.comm_count, row.stdout, row.root_after);
        report.check(&row.id, format!("{expected:?}"), found);
    }
    report.end(2217);
}

#[test]
fn vectors() {
    let mut report = Report::default();
    for row in common::vector_programs() {
        let mut space = Space::default();
        let random = Random::from_seed(&hex::decode(&row.seed).expect("hexadecimal digits"));
        let outcome = run(&mut space, &row.source, row.phlo.unwrap_or(UNLIMITED_PHLO), random);
        // `cost` is the network's only where a limit is given; otherwise it is another profile's.
        let cost = row.cost_ext.or(row.phlo.and(row.cost));
        let expected = (cost, row.comms, row.error_count, &row.root_ext);
        let found = outcome.map(|outcome| {
            let root = row.root_ext.as_ref().map(|_| space.root().to_string());
            let comms = row.comms.map(|_| outcome.comms);
            let errors = row.error_count.map(|_| outcome.errors.len());
            format!("{:?}", (cost.map(|_| outcome.cost), comms, errors, root))
        });
        report.check(&row.id, format!("{expected:?}"), found);
    }
    report.end(158);
}
