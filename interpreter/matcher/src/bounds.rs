//! How many components of each kind a pattern can take (language.md 4.3).

use std::collections::HashMap;

use rhodium_term::{Category, Head, Term, Var};

use crate::{Budget, BudgetExhausted};

/// The kinds of components that are matched, outermost first in the enumeration of sub-pars. Conditionals are not
/// among them (runtime.md 5.2), nor are connectives that stand in a target as inert values.
pub(crate) const KINDS: [Category; 7] = [
    Category::Send,
    Category::Receive,
    Category::New,
    Category::Expr,
    Category::Match,
    Category::Unforgeable,
    Category::Bundle,
];

/// Positions of the components of one kind in a Par.
pub(crate) fn range_of(par: &Term, kind: Category) -> std::ops::Range<usize> {
    let items = par.children();
    let from = items.partition_point(|i| i.head().category() < Some(kind));
    let to = items.partition_point(|i| i.head().category() <= Some(kind));
    from..to
}

/// Whether an item is a free variable or a wildcard, which at the top of a par stand for leftovers.
pub(crate) fn is_leftover_variable(item: &Term) -> bool {
    matches!(item.head(), Head::Var(Var::Free(_) | Var::Wildcard))
}

/// What takes the leftovers of a par pattern: its first free variable, or else a wildcard.
pub(crate) fn leftover_variable(pattern: &Term) -> Option<Var> {
    let mut wildcard = None;
    for item in pattern.items(Category::Expr) {
        match item.head() {
            Head::Var(Var::Free(level)) => return Some(Var::Free(*level)),
            Head::Var(Var::Wildcard) => wildcard = Some(Var::Wildcard),
            _ => {}
        }
    }
    wildcard
}

/// Least and greatest number of components per kind, in the order of [`KINDS`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bounds {
    pub low: [u32; 7],
    pub high: [u32; 7],
}

impl Bounds {
    const ANY: Bounds = Bounds { low: [0; 7], high: [u32::MAX; 7] };

    pub(crate) fn plus(&self, other: &Bounds) -> Bounds {
        let mut sum = *self;
        for k in 0..7 {
            sum.low[k] = sum.low[k].saturating_add(other.low[k]);
            sum.high[k] = sum.high[k].saturating_add(other.high[k]);
        }
        sum
    }

    fn combine(parts: &[Bounds], low: fn(u32, u32) -> u32, high: fn(u32, u32) -> u32) -> Bounds {
        let mut parts = parts.iter();
        let Some(mut all) = parts.next().copied() else { return Bounds::ANY };
        for part in parts {
            for k in 0..7 {
                all.low[k] = low(all.low[k], part.low[k]);
                all.high[k] = high(all.high[k], part.high[k]);
            }
        }
        all
    }

    /// The components of a par pattern beside its connectives and leftover variables.
    pub(crate) fn of_components(pattern: &Term) -> Bounds {
        let mut low = [0; 7];
        for (count, kind) in low.iter_mut().zip(KINDS) {
            let items = pattern.items(kind);
            let leftovers = items.iter().filter(|i| is_leftover_variable(i)).count();
            *count = u32::try_from(items.len() - leftovers).unwrap_or(u32::MAX);
        }
        let high = if leftover_variable(pattern).is_some() { [u32::MAX; 7] } else { low };
        Bounds { low, high }
    }
}

/// Bounds of patterns, each computed once.
#[derive(Default)]
pub(crate) struct BoundsTable {
    known: HashMap<Term, Bounds>,
}

impl BoundsTable {
    /// The bounds of a connective.
    pub(crate) fn of(&mut self, connective: &Term, budget: &mut Budget) -> Result<Bounds, BudgetExhausted> {
        // Post-order with an explicit stack: patterns may be deep.
        let mut pending = vec![(connective, false)];
        while let Some((term, ready)) = pending.pop() {
            budget.spend(1)?;
            if self.known.contains_key(term) {
                continue;
            }
            let parts = parts(term);
            if ready || parts.is_empty() {
                let bounds = self.combine(term, parts);
                self.known.insert(term.clone(), bounds);
            } else {
                pending.push((term, true));
                pending.extend(parts.iter().map(|part| (part, false)));
            }
        }
        Ok(self.known(connective))
    }

    fn known(&self, term: &Term) -> Bounds {
        self.known.get(term).copied().unwrap_or(Bounds::ANY)
    }

    fn combine(&self, term: &Term, parts: &[Term]) -> Bounds {
        let parts: Vec<Bounds> = parts.iter().map(|part| self.known(part)).collect();
        match term.head() {
            Head::Par => parts.iter().fold(Bounds::of_components(term), |sum, part| sum.plus(part)),
            Head::ConnAnd => Bounds::combine(&parts, u32::max, u32::min),
            Head::ConnOr => Bounds::combine(&parts, u32::min, u32::max),
            Head::Type(_) => {
                let one = KINDS.map(|kind| u32::from(kind == Category::Expr));
                Bounds { low: one, high: one }
            }
            _ => Bounds::ANY,
        }
    }
}

/// What the bounds of a term are made of.
fn parts(term: &Term) -> &[Term] {
    match term.head() {
        Head::Par => term.items(Category::Connective),
        Head::ConnAnd | Head::ConnOr => term.children(),
        _ => &[],
    }
}
