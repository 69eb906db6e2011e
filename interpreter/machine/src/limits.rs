//! What an evaluation may use besides phlogiston.

use rhodium_matcher::{Budget, Interrupt, Stop};

use crate::error::{Code, ErrorKind, Fault};
use crate::value::Value;

/// Limits of one evaluation. Reaching one ends it with an error of its own code, and nothing is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps of the spatial matcher for one operation.
    pub matcher_steps: u64,
    /// Terms that run: sends, receives, `new`, and so on, and what persistent sends and receives repeat.
    pub steps: u64,
    /// Bytes by which messages and receives that wait may grow, in the measure of storage costs (runtime.md 7.4).
    pub space_bytes: u64,
    /// Bytes of what is printed.
    pub output_bytes: u64,
    /// Bytes of the encoding of one value that is sent, received on or chosen by.
    pub term_bytes: u64,
    /// Levels of such a value.
    pub term_depth: u32,
}

impl Default for Limits {
    /// Steps and phlogiston without limit, and of memory what a large machine has.
    fn default() -> Limits {
        Limits {
            matcher_steps: Budget::DEFAULT_STEPS,
            steps: u64::MAX,
            space_bytes: 4 << 30,
            output_bytes: 1 << 30,
            term_bytes: 512 << 20,
            term_depth: 16 << 20,
        }
    }
}

/// What has been used of the limits.
pub(crate) struct Gauge {
    limits: Limits,
    /// For one operation of the matcher.
    pub budget: Budget,
    /// Steps that were counted off and are left, and the one that finds that there are none.
    fuse: u64,
    /// Steps beyond that.
    left: u64,
    space: i128,
    output: u64,
}

/// Steps are counted off so many at a time.
const FUSE: u64 = 256;

impl Gauge {
    pub fn new(limits: Limits, interrupt: Interrupt) -> Gauge {
        let budget = Budget::interruptible(limits.matcher_steps, interrupt);
        Gauge { limits, budget, fuse: 1, left: limits.steps, space: 0, output: 0 }
    }

    /// Counts a step. The interrupt is looked at every time: a step may take long, as it may work on a large value.
    pub fn step(&mut self) -> Result<(), Fault> {
        self.fuse -= 1;
        if self.fuse > 0 && self.budget.interrupted().is_none() { Ok(()) } else { self.look() }
    }

    /// How many steps were counted, rounded up; all of the limit if they did not suffice.
    pub fn steps(&self) -> u64 {
        self.limits.steps - self.left
    }

    #[cold]
    fn look(&mut self) -> Result<(), Fault> {
        // Also in case of an error the fuse must hold for one more step.
        self.fuse = 1;
        self.interrupted()?;
        if self.left == 0 {
            let text = format!("The evaluation takes more than {} steps.", self.limits.steps);
            return Err(Fault::limit(Code::Steps, text));
        }
        self.fuse = self.left.min(FUSE);
        self.left -= self.fuse;
        Ok(())
    }

    /// Whether somebody wants the evaluation to end.
    pub fn interrupted(&self) -> Result<(), Fault> {
        match self.budget.interrupted() {
            None => Ok(()),
            Some(Stop::Cancelled) => Err(Fault::limit(Code::Cancelled, "The evaluation was cancelled.")),
            Some(Stop::OutOfTime) => Err(Fault::limit(Code::Time, "The evaluation takes longer than allowed.")),
        }
    }

    /// Something is stored.
    pub fn stored(&mut self, bytes: u64) -> Result<(), Fault> {
        self.space += i128::from(bytes);
        if self.space <= i128::from(self.limits.space_bytes) {
            return Ok(());
        }
        let text = format!("What waits in the tuple space would grow by more than {} bytes.", self.limits.space_bytes);
        Err(Fault::limit(Code::Space, text))
    }

    /// Something stored is taken.
    pub fn taken(&mut self, bytes: u64) {
        self.space -= i128::from(bytes);
    }

    /// Something is printed.
    pub fn printed(&mut self, bytes: usize) -> Result<(), Fault> {
        self.output = self.output.saturating_add(bytes as u64);
        if self.output <= self.limits.output_bytes {
            return Ok(());
        }
        Err(Fault::limit(Code::Output, format!("More than {} bytes would be printed.", self.limits.output_bytes)))
    }

    /// Whether a value of this size may be passed on.
    pub fn value(&self, value: &Value, size: u64) -> Result<(), Fault> {
        if size > self.limits.term_bytes {
            let text = format!("A value has {size} bytes; the limit is {}.", self.limits.term_bytes);
            return Err(Fault::limit(Code::TermSize, text));
        }
        let depth = value.depth();
        if depth <= self.limits.term_depth {
            return Ok(());
        }
        let text = format!("A value has {depth} levels; the limit is {}.", self.limits.term_depth);
        Err(Fault::limit(Code::TermDepth, text))
    }
}

impl Fault {
    fn limit(code: Code, text: impl Into<String>) -> Fault {
        Fault::new(ErrorKind::Limit, text).coded(code)
    }
}
