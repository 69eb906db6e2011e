//! The rules for single components (language.md 4.5).

use rhodium_term::{BinaryOp, Head, Term, Var};

use crate::BudgetExhausted;
use crate::bag::{Bag, Shape};
use crate::machine::{Goal, Machine};

type Outcome = Result<bool, BudgetExhausted>;

impl Machine<'_> {
    /// Item against item.
    pub(crate) fn item(&mut self, target: &Term, pattern: &Term) -> Outcome {
        if !pattern.connective_used() {
            return self.equal(target, pattern);
        }
        let (t, p) = (target.children(), pattern.children());
        match (target.head(), pattern.head()) {
            (Head::Send { persistent: a }, Head::Send { persistent: b }) => Ok(a == b && self.pairs(t, p)?),
            (Head::Receive { .. }, Head::Receive { .. }) => self.receive(target, pattern),
            (Head::New { bind_count: a, .. }, Head::New { bind_count: b, .. }) => Ok(a == b && self.firsts(t, p, 1)?),
            (Head::Match, Head::Match) => self.match_on(t, p),
            (Head::List { remainder: a }, Head::List { remainder: b }) => {
                let Some(remainder) = effective_remainder(*a, *b) else { return Ok(false) };
                self.sequence(t, p, remainder)
            }
            (Head::Set { remainder: a }, Head::Set { remainder: b }) => {
                self.collection(target, pattern, Shape::Elements, (*a, *b))
            }
            (Head::Map { remainder: a }, Head::Map { remainder: b }) => {
                self.collection(target, pattern, Shape::Entries, (*a, *b))
            }
            (Head::Tuple, Head::Tuple) | (Head::Not, Head::Not) | (Head::Neg, Head::Neg) => self.pairs(t, p),
            (Head::Binary(a), Head::Binary(b)) => Ok(a == b && has_rule(*a) && self.pairs(t, p)?),
            // Other operators, methods, path maps and zippers with binders never match.
            _ => Ok(false),
        }
    }

    /// Equally many pars, matched positionally.
    fn pairs(&mut self, targets: &[Term], patterns: &[Term]) -> Outcome {
        Ok(targets.len() == patterns.len() && self.firsts(targets, patterns, patterns.len())?)
    }

    /// The first `count` pars of both, matched positionally.
    fn firsts(&mut self, targets: &[Term], patterns: &[Term], count: usize) -> Outcome {
        for (target, pattern) in targets.iter().zip(patterns).take(count) {
            if !self.pair(target, pattern)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Positional matching with a remainder: list elements, message data.
    pub(crate) fn sequence(&mut self, targets: &[Term], patterns: &[Term], remainder: Option<Var>) -> Outcome {
        let Some((matched, surplus)) = targets.split_at_checked(patterns.len()) else { return Ok(false) };
        match remainder {
            None | Some(Var::Bound(_)) if !surplus.is_empty() => return Ok(false),
            Some(Var::Free(level)) => {
                self.budget.spend(surplus.len() as u64 / 16)?;
                if !surplus.iter().all(|element| element.is_closed()) {
                    return Ok(false);
                }
                self.budget.look()?;
                let rest = Term::list_while(surplus.to_vec(), None, &mut || self.budget.look())?;
                self.trail.push((level, Term::single(rest)));
            }
            _ => {}
        }
        self.pairs(matched, patterns)
    }

    fn receive(&mut self, target: &Term, pattern: &Term) -> Outcome {
        let (
            Head::Receive { persistent: a, binds: m, guard: g, .. },
            Head::Receive { persistent: b, binds: n, guard: h, .. },
        ) = (target.head(), pattern.head())
        else {
            return Ok(false);
        };
        if (a, m, g) != (b, n, h) {
            return Ok(false);
        }
        let (Some((binds, t)), Some((bind_patterns, p))) =
            (target.children().split_at_checked(*m as usize), pattern.children().split_at_checked(*n as usize))
        else {
            return Ok(false);
        };
        // Body, then the guard if any.
        if !self.pairs(t, p)? {
            return Ok(false);
        }
        self.bag(Bag {
            shape: Shape::Binds,
            targets: target.clone(),
            range: 0..binds.len(),
            patterns: bind_patterns.to_vec(),
            remainder: None,
        })
    }

    /// Bind against bind: equal patterns, matching sources; remainders are not compared.
    pub(crate) fn bind(&mut self, target: &Term, pattern: &Term) -> Outcome {
        let (Some((t, t_patterns)), Some((p, p_patterns))) =
            (target.children().split_first(), pattern.children().split_first())
        else {
            return Ok(false);
        };
        Ok(self.all_equal(t_patterns, p_patterns)? && self.pair(t, p)?)
    }

    fn all_equal(&mut self, targets: &[Term], patterns: &[Term]) -> Outcome {
        if targets.len() != patterns.len() {
            return Ok(false);
        }
        for (target, pattern) in targets.iter().zip(patterns) {
            if !self.equal(target, pattern)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Targets match; cases positionally: equal patterns, matching bodies (and guards).
    fn match_on(&mut self, targets: &[Term], patterns: &[Term]) -> Outcome {
        if targets.len() != patterns.len() || !self.firsts(targets, patterns, 1)? {
            return Ok(false);
        }
        for (target, pattern) in targets.iter().zip(patterns).skip(1) {
            let (Some((t, t_rest)), Some((p, p_rest))) =
                (target.children().split_first(), pattern.children().split_first())
            else {
                return Ok(false);
            };
            if !self.equal(t, p)? || !self.pairs(t_rest, p_rest)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn collection(&mut self, target: &Term, pattern: &Term, shape: Shape, rest: (Option<Var>, Option<Var>)) -> Outcome {
        let Some(remainder) = effective_remainder(rest.0, rest.1) else { return Ok(false) };
        let count = target.children().len() / shape.step();
        let patterns = pattern.children().to_vec();
        self.bag(Bag { shape, targets: target.clone(), range: 0..count, patterns, remainder })
    }

    /// Requires that an item matches a pattern.
    pub(crate) fn item_pair(&mut self, target: &Term, pattern: &Term) -> Outcome {
        if !pattern.connective_used() {
            return self.equal(target, pattern);
        }
        self.push(Goal::Item(target.clone(), pattern.clone()));
        Ok(true)
    }
}

/// The remainder a collection pattern matches with; `None` if it cannot match. Code that is not evaluated yet may
/// have a bound variable for its remainder, which only an equal one or a wildcard matches.
fn effective_remainder(target: Option<Var>, pattern: Option<Var>) -> Option<Option<Var>> {
    match (target, pattern) {
        (target, Some(Var::Bound(_))) => (target == pattern).then_some(None),
        (_, Some(Var::Wildcard)) | (None, _) => Some(pattern),
        (Some(_), _) => None,
    }
}

/// The operators that match structurally when they contain binders.
fn has_rule(op: BinaryOp) -> bool {
    use BinaryOp::*;
    matches!(op, Mult | Div | Mod | Plus | PercentPercent | PlusPlus | MinusMinus)
}
