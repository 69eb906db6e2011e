//! Spatial matching of processes against patterns (runtime.md 5, language.md 4).
//!
//! Patterns are linear: no variable occurs twice. So whether one part of a pattern matches never depends on what
//! another part bound, the first solution of every part is part of the first solution of the whole, and the only
//! places that search are the bags (language.md 4.4) and the sub-pars that connectives take (4.3).

mod bag;
mod bits;
mod bounds;
mod items;
mod machine;
mod search;
mod subsets;

use rhodium_term::{Term, Var};

use machine::Machine;

/// How much work matches may still do. Matching is free of phlogiston but can be exponential, so it is capped
/// (runtime.md B9); steps are a function of the terms only, never of sharing, time or threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// Steps left.
    pub steps: u64,
}

impl Budget {
    /// The steps of [`Budget::default`].
    pub const DEFAULT_STEPS: u64 = 10_000_000;

    /// A budget of so many steps.
    pub fn new(steps: u64) -> Budget {
        Budget { steps }
    }

    pub(crate) fn spend(&mut self, steps: u64) -> Result<(), BudgetExhausted> {
        let left = self.steps.checked_sub(steps);
        self.steps = left.unwrap_or(0);
        left.map(|_| ()).ok_or(BudgetExhausted)
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
