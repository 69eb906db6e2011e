//! The places of errors in code that was read from a state: looked for in the sources of the session and in the
//! system contracts, and only once something has failed.

use rhodium_machine::{Failure, RunError, locate};
use rhodium_normalizer::{Options, compile};
use rhodium_term::{Origin, Term};

use crate::diagnostics::Source;
use crate::embedded::CONTRACTS;

/// Longer sources are not compiled again to find a place in them.
const MAX_SOURCE: usize = 1 << 20;

/// What was compiled so far, by number of the source.
#[derive(Default)]
pub struct Places {
    compiled: Vec<Option<Term>>,
    /// Number of the first system contract among the sources, once they are there.
    system: Option<usize>,
}

impl Places {
    /// Gives an error in stored code its place, if there is exactly one that fits. The system contracts join the
    /// sources when they are first needed.
    pub fn find(&mut self, failure: &mut Failure, sources: &mut Vec<Source>) {
        let Failure::Run(error) = failure else { return };
        if error.context.code.is_none() || error.origin.source != Origin::STORED {
            return;
        }
        if self.system.is_none() {
            self.system = Some(sources.len());
            sources.extend(CONTRACTS.iter().map(|contract| Source::new(contract.path, contract.source.to_owned())));
        }
        let new = sources.iter().enumerate().skip(self.compiled.len());
        self.compiled.extend(new.map(|(k, source)| compiled(k + 1, &source.text)));
        if let [place] = self.candidates(error)[..] {
            error.origin = place;
            error.context.code = None;
        }
    }

    fn candidates(&self, error: &RunError) -> Vec<Origin> {
        self.compiled.iter().flatten().flat_map(|program| locate(error, program)).collect()
    }
}

fn compiled(number: usize, text: &str) -> Option<Term> {
    if text.len() > MAX_SOURCE {
        return None;
    }
    compile(text, &Options { source: u32::try_from(number).ok()?, ..Options::default() }).ok()
}
