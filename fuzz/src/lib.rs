//! Fuzz targets: what must hold for every input, however hostile. `docs/fuzzing.md` says how they are run.
//!
//! A target is a function of bytes that panics when a property does not hold. The library has the targets and where
//! their inputs come from, which the replay in `tests/` shares with the driver in `main.rs`.

pub mod inputs;
mod targets;

pub use targets::{Shape, TARGETS, Target, target};
