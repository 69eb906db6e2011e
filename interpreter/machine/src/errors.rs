//! The errors of one evaluation: counted all, listed once for each place, and not more than a reader can use.

use std::collections::HashMap;

use rhodium_term::{Origin, Term};

use crate::error::{Code, ErrorKind, RunError};

/// Most errors that are listed.
const MOST: usize = 100;

/// What went wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    listed: Vec<RunError>,
    places: HashMap<(Origin, Code, Option<Term>), usize>,
    unlisted: u64,
    ended: bool,
}

impl Errors {
    /// Adds an error. One that ends the evaluation is always listed.
    pub fn push(&mut self, error: RunError) {
        let ends = error.code.ends_evaluation() || error.kind == ErrorKind::UserAbort;
        self.ended |= error.code.ends_evaluation();
        let place = (error.origin, error.code, error.context.code.clone());
        if let Some(same) = self.places.get(&place).and_then(|at| self.listed.get_mut(*at)) {
            same.count += 1;
        } else if ends || self.listed.len() < MOST {
            self.places.insert(place, self.listed.len());
            self.listed.push(error);
        } else {
            self.unlisted += 1;
        }
    }

    /// Whether the evaluation cannot go on.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// The errors in the order of their places, and how many more there were.
    pub fn into_list(mut self) -> (Vec<RunError>, u64) {
        self.listed.sort_by_key(|error| (error.origin.source, error.origin.start, error.origin.end));
        (self.listed, self.unlisted)
    }
}
