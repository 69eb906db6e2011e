//! Connectives beside other components of a par: each takes a sub-par of what the ones before it left, with
//! backtracking (language.md 4.3; runtime.md B7).

use std::collections::{HashMap, HashSet};

use rhodium_term::{Category, Term};

use crate::bounds::{Bounds, BoundsTable, KINDS, range_of};
use crate::machine::{Bindings, Goal, Machine, Status};
use crate::subsets::Subsets;
use crate::{Budget, BudgetExhausted, building_work};

/// Positions of components in the target, by kind.
type ByKind = [Vec<u32>; 7];

/// The sub-par that one connective is trying.
struct Choice {
    available: ByKind,
    subsets: [Subsets; 7],
    /// Whether the first subset is still to be tried.
    fresh: bool,
    /// What the connective bound on the sub-par it has now.
    bindings: Bindings,
}

impl Choice {
    /// `None` if the bounds leave nothing to try.
    fn new(available: ByKind, own: &Bounds, after: &Bounds) -> Option<Choice> {
        let mut subsets = Vec::with_capacity(KINDS.len());
        for (kind, positions) in available.iter().enumerate() {
            let count = u32::try_from(positions.len()).ok()?;
            let low = own.low[kind].max(count.saturating_sub(after.high[kind]));
            let high = own.high[kind].min(count.checked_sub(after.low[kind])?);
            subsets.push(Subsets::new(count, low, high)?);
        }
        let subsets = subsets.try_into().ok()?;
        Some(Choice { available, subsets, fresh: true, bindings: Vec::new() })
    }

    /// Goes to the next sub-par: the last kind varies fastest.
    fn advance(&mut self) -> bool {
        if std::mem::take(&mut self.fresh) {
            return true;
        }
        for kind in (0..KINDS.len()).rev() {
            if self.subsets[kind].advance() {
                self.subsets[kind + 1..].iter_mut().for_each(Subsets::restart);
                return true;
            }
        }
        false
    }

    /// Positions of the sub-par, in the order of the target.
    fn chosen(&self) -> Vec<u32> {
        let mut chosen = Vec::new();
        for (positions, subset) in self.available.iter().zip(&self.subsets) {
            chosen.extend(subset.positions().filter_map(|at| positions.get(at as usize)));
        }
        chosen.sort_unstable();
        chosen
    }

    /// What the sub-par leaves.
    fn left(&self) -> ByKind {
        let chosen = self.chosen();
        self.available
            .clone()
            .map(|positions| positions.into_iter().filter(|at| chosen.binary_search(at).is_err()).collect())
    }
}

fn flatten(positions: &ByKind) -> Vec<u32> {
    let mut all = positions.concat();
    all.sort_unstable();
    all
}

/// The search for sub-pars for all connectives of a pattern.
pub(crate) struct ParSearch {
    target: Term,
    pattern: Term,
    connectives: Vec<Term>,
    /// Bounds of each connective, and of everything that comes after it.
    own: Vec<Bounds>,
    after: Vec<Bounds>,
    choices: Vec<Choice>,
    /// Whether the goal on the agenda is the rest of the pattern instead of a connective.
    at_rest: bool,
    /// Outcomes of connectives on sub-pars.
    known: HashMap<(usize, Vec<u32>), Option<Bindings>>,
    /// Connectives that, with those after them, cannot share these components.
    dead: HashSet<(usize, Vec<u32>)>,
}

impl ParSearch {
    /// `None` if the counts rule out every match.
    pub(crate) fn new(
        target: &Term,
        pattern: &Term,
        table: &mut BoundsTable,
        budget: &mut Budget,
    ) -> Result<Option<ParSearch>, BudgetExhausted> {
        budget.spend(1 + (target.children().len() + pattern.children().len()) as u64)?;
        let connectives = pattern.items(Category::Connective).to_vec();
        let own: Vec<Bounds> = connectives.iter().map(|c| table.of(c, budget)).collect::<Result<_, _>>()?;
        let mut after = vec![Bounds::of_components(pattern)];
        for bounds in own.iter().skip(1).rev() {
            after.extend(after.last().map(|later| later.plus(bounds)));
        }
        after.reverse();
        let available = KINDS.map(|kind| range_of(target, kind).map(|at| at as u32).collect());
        let (Some(first), Some(rest)) = (own.first(), after.first()) else { return Ok(None) };
        let Some(choice) = Choice::new(available, first, rest) else { return Ok(None) };
        Ok(Some(ParSearch {
            target: target.clone(),
            pattern: pattern.clone(),
            connectives,
            own,
            after,
            choices: vec![choice],
            at_rest: false,
            known: HashMap::new(),
            dead: HashSet::new(),
        }))
    }

    /// Goes on until all is matched or something must be asked; `reply` is the answer to what was asked last.
    pub(crate) fn advance(
        &mut self,
        machine: &mut Machine<'_>,
        reply: Option<Option<Bindings>>,
    ) -> Result<Status, BudgetExhausted> {
        match reply {
            Some(Some(rest)) if self.at_rest => {
                machine.trail.extend(rest);
                machine.trail.extend(self.choices.drain(..).flat_map(|choice| choice.bindings));
                return Ok(Status::Done(true));
            }
            Some(None) if self.at_rest => {
                if let Some(choice) = self.choices.last() {
                    self.dead.insert((self.choices.len(), flatten(&choice.left())));
                }
            }
            Some(found) => {
                if let Some(choice) = self.choices.last() {
                    self.known.insert((self.choices.len(), choice.chosen()), found.clone());
                }
                if let Some(bindings) = found
                    && self.descend(machine, bindings)?
                {
                    return Ok(Status::Waiting);
                }
            }
            None => {}
        }
        self.at_rest = false;
        self.try_next(machine)
    }

    /// Tries sub-pars until one must be asked about or none is left.
    fn try_next(&mut self, machine: &mut Machine<'_>) -> Result<Status, BudgetExhausted> {
        loop {
            let depth = self.choices.len();
            let Some(choice) = self.choices.last_mut() else { return Ok(Status::Done(false)) };
            if !choice.advance() {
                self.dead.insert((depth - 1, flatten(&choice.available)));
                self.choices.pop();
                continue;
            }
            let chosen = choice.chosen();
            machine.budget.spend(12 + 2 * chosen.len() as u64)?;
            let key = (depth, chosen);
            match self.known.get(&key) {
                Some(None) => {}
                Some(Some(bindings)) => {
                    let bindings = bindings.clone();
                    if self.descend(machine, bindings)? {
                        return Ok(Status::Waiting);
                    }
                }
                None => {
                    let part = self.part(&key.1, machine.budget)?;
                    if let Some(connective) = self.connectives.get(depth - 1) {
                        machine.push(Goal::Connective(part, connective.clone()));
                    }
                    return Ok(Status::Waiting);
                }
            }
        }
    }

    /// The last connective matches its sub-par: goes on to the next one, or asks about the rest. True if it asked.
    fn descend(&mut self, machine: &mut Machine<'_>, bindings: Bindings) -> Result<bool, BudgetExhausted> {
        let depth = self.choices.len();
        let Some(choice) = self.choices.last_mut() else { return Ok(false) };
        choice.bindings = bindings;
        let left = choice.left();
        let key = (depth, flatten(&left));
        machine.budget.spend(12 + 2 * choice.available.iter().map(Vec::len).sum::<usize>() as u64)?;
        if self.dead.contains(&key) {
            return Ok(false);
        }
        match (self.own.get(depth), self.after.get(depth)) {
            (Some(own), Some(after)) => {
                self.choices.extend(Choice::new(left, own, after));
                Ok(false)
            }
            _ => {
                let rest = self.part(&key.1, machine.budget)?;
                machine.push(Goal::Components(rest, self.pattern.clone()));
                self.at_rest = true;
                Ok(true)
            }
        }
    }

    /// The par of the components at these positions.
    fn part(&self, positions: &[u32], budget: &mut Budget) -> Result<Term, BudgetExhausted> {
        if positions.len() == self.target.children().len() {
            return Ok(self.target.clone());
        }
        let items: Vec<Term> =
            positions.iter().filter_map(|at| self.target.children().get(*at as usize)).cloned().collect();
        budget.spend(3 * items.len() as u64 + building_work(&items))?;
        Ok(if items.is_empty() { Term::nil() } else { Term::par_in_order(items) })
    }
}
