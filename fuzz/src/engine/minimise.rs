//! Choosing the inputs to commit, and shortening one that fails.

use std::fs;
use std::io;
use std::path::Path;

use rhodium_fuzz::inputs::{corpus_dir, files, seeds};
use rhodium_fuzz::{Shape, TARGETS, Target};

use super::coverage::Coverage;
use super::execute::execute;
use super::mutate::MAX_LEN;
use super::work::{Work, distinct, file_name};

/// Makes the committed corpus of a shape anew: of everything found, a few short inputs that together reach every edge that
/// the seeds do not.
pub fn corpus(shape: Shape, work: &Path) -> io::Result<()> {
    let targets: Vec<&'static Target> = TARGETS.iter().filter(|target| target.shape == shape).collect();
    let directory = corpus_dir(shape);
    let mut found = files(&directory);
    for target in &targets {
        found.extend(files(&Work::open(work, target.name)?.queue()));
    }
    let mut found = distinct(found.into_iter().map(|(_, bytes)| bytes));
    found.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    let mut seen = Seen { coverages: targets.iter().map(|_| Coverage::new(true)).collect(), targets };
    for seed in seeds(shape).iter().filter(|seed| seed.len() <= MAX_LEN) {
        seen.adds(seed);
    }
    let mut again = seen.clone();
    found.retain(|input| seen.adds(input));
    // The long ones among these reach most of what the short ones do.
    found.reverse();
    found.retain(|input| again.adds(input));
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    for input in &found {
        fs::write(directory.join(file_name(input)), input)?;
    }
    let bytes: usize = found.iter().map(Vec::len).sum();
    println!("{}: {} inputs, {bytes} bytes", shape.name(), found.len());
    Ok(())
}

/// What the targets of a shape have reached.
#[derive(Clone)]
struct Seen {
    targets: Vec<&'static Target>,
    coverages: Vec<Coverage>,
}

impl Seen {
    /// Whether an input reaches an edge that had not been reached.
    fn adds(&mut self, input: &[u8]) -> bool {
        let mut adds = false;
        for (target, coverage) in self.targets.iter().zip(&mut self.coverages) {
            coverage.clear();
            if execute(target, input).is_ok() {
                let fresh = coverage.fresh();
                adds |= !fresh.is_empty();
                coverage.keep(&fresh);
            }
        }
        adds
    }
}

/// The shortest input found that fails at the same place; none if the input does not fail.
pub fn shrink(target: &Target, input: Vec<u8>) -> Option<Vec<u8>> {
    let place = execute(target, &input).err()?.place;
    let mut input = input;
    let mut step = input.len();
    while step > 0 {
        let mut at = 0;
        let mut shorter = false;
        while at < input.len() {
            let mut without = input.clone();
            without.drain(at..(at + step).min(input.len()));
            if execute(target, &without).err().is_some_and(|panic| panic.place == place) {
                (input, shorter) = (without, true);
            } else {
                at += step;
            }
        }
        if !shorter || step > 1 {
            step /= 2;
        }
    }
    Some(input)
}
