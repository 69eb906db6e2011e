//! Which edges of the program an execution went through, and how often.
//!
//! The compiler gives every edge an 8-bit counter when `fuzz/run.sh` builds, and announces the counters before `main`.
#![allow(unsafe_code, reason = "the counters belong to the compiler's instrumentation, which hands out raw pointers")]

use std::slice;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// The region of counters, by its address.
static REGION: Mutex<&[AtomicU8]> = Mutex::new(&[]);

/// Called by the instrumentation before `main`, for every object file with the same region: the section of counters of
/// the whole program.
// SAFETY: nothing else in the program has this name.
#[unsafe(no_mangle)]
extern "C" fn __sanitizer_cov_8bit_counters_init(start: *mut u8, end: *mut u8) {
    // SAFETY: start and end are those of a section of static data, which lives as long as the program, and nothing but
    // the instrumentation and this module touches it. Only the thread that runs the target is looked at.
    let region = unsafe { slice::from_raw_parts(start.cast::<AtomicU8>(), end as usize - start as usize) };
    if let Ok(mut known) = REGION.lock()
        && known.len() < region.len()
    {
        *known = region;
    }
}

/// An edge, and a class of counts of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Feature {
    edge: u32,
    class: u8,
}

/// The counters, and all features seen up to now.
#[derive(Clone)]
pub struct Coverage {
    /// Eight counters each; at most seven at either end of the section are left out.
    words: &'static [AtomicU64],
    seen: Vec<u8>,
    /// Whether an edge is one feature, however often it is passed.
    edges_only: bool,
}

impl Coverage {
    /// Nothing seen. Without instrumentation there are no counters.
    pub fn new(edges_only: bool) -> Coverage {
        let region = REGION.lock().map_or(&[][..], |region| *region);
        // SAFETY: eight atomic bytes at an aligned address are a valid atomic word.
        let (_, words, _) = unsafe { region.align_to::<AtomicU64>() };
        Coverage { words, seen: vec![0; words.len() * 8], edges_only }
    }

    /// Number of edges in the program.
    pub fn total(&self) -> usize {
        self.seen.len()
    }

    /// Number of edges seen.
    pub fn edges(&self) -> usize {
        self.seen.iter().filter(|classes| **classes != 0).count()
    }

    /// Sets all counters to zero.
    pub fn clear(&self) {
        self.words.iter().for_each(|word| word.store(0, Ordering::Relaxed));
    }

    /// The features since [`Coverage::clear`] that had not been seen.
    pub fn fresh(&self) -> Vec<Feature> {
        let mut fresh = Vec::new();
        for (at, word) in self.words.iter().enumerate() {
            let word = word.load(Ordering::Relaxed);
            if word == 0 {
                continue;
            }
            for (k, count) in word.to_ne_bytes().into_iter().enumerate().filter(|(_, count)| *count != 0) {
                let class = if self.edges_only { 1 } else { class(count) };
                let edge = at * 8 + k;
                if self.seen[edge] & class == 0 {
                    fresh.push(Feature { edge: edge as u32, class });
                }
            }
        }
        fresh
    }

    /// Remembers features as seen.
    pub fn keep(&mut self, features: &[Feature]) {
        for feature in features {
            self.seen[feature.edge as usize] |= feature.class;
        }
    }
}

/// The class of a count, as a bit.
fn class(count: u8) -> u8 {
    match count {
        0..=1 => 1,
        2 => 2,
        3 => 4,
        4..=7 => 8,
        8..=15 => 16,
        16..=31 => 32,
        32..=127 => 64,
        128..=255 => 128,
    }
}
