//! The measured programs of `tests/data/oracle-programs.jsonl`: normal form, cost, errors, COMMs, output and root.

mod common;

use common::{Measured, Space, kinds};
use rhodium_normalizer::{Options, compile};
use rhodium_term::proto::encode;
use sha2::{Digest, Sha256};

/// What differs between a measured program and its run here.
fn differences(row: &Measured) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |what: &str, expected: String, got: String| {
        if expected != got {
            found.push(format!("{what}: expected {expected}, got {got}"));
        }
    };
    let form = compile(&row.source, &Options::default()).ok().map(|term| hex::encode(Sha256::digest(encode(&term))));
    check("normal form", format!("{:?}", row.normal_form_sha256), format!("{form:?}"));
    let mut space = Space::bootstrapped();
    check("root before", row.root_before.clone(), space.runtime.root().to_string());
    let receipt = space.run(&row.source);
    check("errors", format!("{:?}", row.error_kinds), format!("{:?}", kinds(&receipt)));
    check("cost", row.cost.to_string(), receipt.cost.to_string());
    check("COMMs", row.comm_count.to_string(), receipt.comms.to_string());
    let lines: Vec<&str> = receipt.output.iter().flat_map(|line| line.text.split('\n')).collect();
    check("output", format!("{:?}", row.stdout), format!("{lines:?}"));
    let root = space.runtime.checkpoint().expect("checkpoint");
    check("root after", row.root_after.clone(), root.to_string());
    found
}

#[test]
fn measured_programs() {
    let mut failed = Vec::new();
    let mut total = 0;
    for row in common::measured_programs() {
        total += 1;
        let found = differences(&row);
        if !found.is_empty() {
            failed.push(format!("{}: {}", row.id, found.join("; ")));
        }
    }
    println!("{} of {total} equal", total - failed.len());
    assert!(failed.is_empty(), "{} of {total} differ:\n{}", failed.len(), failed.join("\n"));
}
