//! Spatial matching of processes against patterns (runtime.md 5, language.md 4).
//!
//! Patterns are linear: no variable occurs twice. So whether one part of a pattern matches never depends on what
//! another part bound, the first solution of every part is part of the first solution of the whole, and the only
//! places that search are the bags (language.md 4.4) and the sub-pars that connectives take (4.3).

mod bag;
mod bits;
mod bounds;
mod interrupt;
mod items;
mod machine;
mod search;
mod subsets;

use rhodium_term::{Term, Var};

pub use interrupt::{Interrupt, Stop};
use machine::Machine;

/// How much work matches may still do. Matching is free of phlogiston but can be exponential, so it is capped
/// (runtime.md B9); steps are a function of the terms only, never of sharing, time or threads.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Steps left.
    pub steps: u64,
    full: u64,
    interrupt: Interrupt,
}

impl Budget {
    /// The steps of [`Budget::default`].
    pub const DEFAULT_STEPS: u64 = 10_000_000;

    /// A budget of so many steps.
    pub fn new(steps: u64) -> Budget {
        Budget::interruptible(steps, Interrupt::default())
    }

    /// A budget that is used up as soon as the interrupt is raised.
    pub fn interruptible(steps: u64, interrupt: Interrupt) -> Budget {
        Budget { steps, full: steps, interrupt }
    }

    /// All steps again, for the next operation.
    pub fn refill(&mut self) -> &mut Budget {
        self.steps = self.full;
        self
    }

    /// A budget of the steps that are left in this one.
    pub fn rest(&self) -> Budget {
        Budget::interruptible(self.steps, self.interrupt.clone())
    }

    /// What stops the work.
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Whether the work is to stop, however much is left.
    pub fn interrupted(&self) -> Option<Stop> {
        self.interrupt.raised()
    }

    pub(crate) fn spend(&mut self, steps: u64) -> Result<(), BudgetExhausted> {
        /// The interrupt is looked at once in so many steps, about a tenth of a millisecond.
        const POLL: u64 = 1 << 13;
        let left = self.steps.checked_sub(steps);
        let before = std::mem::replace(&mut self.steps, left.unwrap_or(0));
        if (before ^ self.steps) >= POLL {
            self.look()?;
        }
        left.map(|_| ()).ok_or(BudgetExhausted)
    }

    /// Uses up the budget if the work is to stop.
    pub fn look(&mut self) -> Result<(), BudgetExhausted> {
        match self.interrupted() {
            Some(_) => {
                self.steps = 0;
                Err(BudgetExhausted)
            }
            None => Ok(()),
        }
    }
}

impl Default for Budget {
    fn default() -> Budget {
        Budget::new(Budget::DEFAULT_STEPS)
    }
}

/// The pattern needs more search than the budget allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("matching this pattern takes more steps than allowed")]
pub struct BudgetExhausted;

/// Steps for building a sorted collection: neighbours are compared, which may take as long as the smaller is large.
fn building_work(members: &[Term]) -> u64 {
    let comparisons: u64 =
        members.windows(2).map(|pair| pair[0].size().min(pair[1].size()) / 64).fold(0, u64::saturating_add);
    comparisons.saturating_add(members.len() as u64)
}

/// Matches a process against the pattern of a `match` case or of `matches`. The result holds one process per level
/// below `free_count`, `Nil` for the unbound ones.
pub fn match_process(
    target: &Term,
    pattern: &Term,
    free_count: u32,
    budget: &mut Budget,
) -> Result<Option<Vec<Term>>, BudgetExhausted> {
    let mut machine = Machine::new(budget, free_count)?;
    if !machine.pair(target, pattern)? {
        return Ok(None);
    }
    machine.solve(free_count)
}

/// Matches the data of a message against the patterns of a bind (language.md 4.7): positionally, surplus data going
/// to the remainder.
pub fn match_message(
    data: &[Term],
    patterns: &[Term],
    remainder: Option<Var>,
    free_count: u32,
    budget: &mut Budget,
) -> Result<Option<Vec<Term>>, BudgetExhausted> {
    let mut machine = Machine::new(budget, free_count)?;
    if !machine.sequence(data, patterns, remainder)? {
        return Ok(None);
    }
    machine.solve(free_count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupt_uses_up_the_budget() {
        let interrupt = Interrupt::default();
        let mut budget = Budget::interruptible(1_000_000, interrupt.clone());
        let spend = |budget: &mut Budget| (0..20_000).take_while(|_| budget.spend(1).is_ok()).count();
        assert_eq!(spend(&mut budget), 20_000);
        interrupt.raise(Stop::Cancelled);
        assert!(spend(budget.refill()) < 10_000);
        interrupt.clear();
        assert_eq!(spend(budget.refill()), 20_000);
        assert_eq!(budget.rest().steps, 980_000);
    }
}
