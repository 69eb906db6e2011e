//! The committed corpus, and the cases of mended defects, go through every target of their shape.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rhodium_fuzz::inputs::{corpus_dir, files, regressions_dir};
use rhodium_fuzz::{Shape, TARGETS};

fn replay(shape: Shape) {
    let mut inputs = files(&regressions_dir(shape));
    inputs.extend(files(&corpus_dir(shape)));
    assert!(!inputs.is_empty(), "no corpus");
    let mut failed = Vec::new();
    for target in TARGETS.iter().filter(|target| target.shape == shape) {
        for (name, bytes) in &inputs {
            if catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))).is_err() {
                failed.push(format!("{} {name}", target.name));
            }
        }
    }
    assert!(failed.is_empty(), "{} inputs fail:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn sources() {
    replay(Shape::Source);
}

#[test]
fn protobuf_messages() {
    replay(Shape::Message);
}

#[test]
fn stored_values_and_foreign_messages() {
    replay(Shape::Selected);
}
