//! Matching of bags: the items of one kind in a par, the elements of a set, the entries of a map, the binds of a
//! receive (language.md 4.4). Which of several solutions is found is observable, so the order of the search is fixed.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use rhodium_term::{Head, Term, Var};

use crate::bits::{Bits, first};
use crate::machine::{Bindings, Goal, Machine, Status, can_capture};
use crate::{Budget, BudgetExhausted, building_work};

/// What the members of a bag are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    Items,
    Elements,
    Entries,
    Binds,
}

impl Shape {
    /// Terms per member.
    pub(crate) fn step(self) -> usize {
        if self == Shape::Entries { 2 } else { 1 }
    }
}

/// Targets and patterns to be matched regardless of order.
pub(crate) struct Bag {
    pub shape: Shape,
    /// The node that has the targets as children.
    pub targets: Term,
    /// Which members of that node are targets.
    pub range: Range<usize>,
    pub patterns: Vec<Term>,
    pub remainder: Option<Var>,
}

impl Bag {
    pub(crate) fn target_count(&self) -> usize {
        self.range.len()
    }

    pub(crate) fn pattern_count(&self) -> usize {
        self.patterns.len() / self.shape.step()
    }

    fn target(&self, at: usize) -> &[Term] {
        let step = self.shape.step();
        let from = (self.range.start + at) * step;
        self.targets.children().get(from..from + step).unwrap_or(&[])
    }

    fn pattern(&self, at: usize) -> &[Term] {
        let step = self.shape.step();
        self.patterns.get(at * step..(at + 1) * step).unwrap_or(&[])
    }

    fn is_closed(&self, at: usize) -> bool {
        self.target(at).iter().all(|term| term.is_closed())
    }

    /// Requires that a target matches a pattern; false if that is known not to be.
    pub(crate) fn ask(
        &self,
        machine: &mut Machine<'_>,
        pattern: usize,
        target: usize,
    ) -> Result<bool, BudgetExhausted> {
        for (target, pattern) in self.target(target).iter().zip(self.pattern(pattern)) {
            let possible = match self.shape {
                Shape::Items => machine.item_pair(target, pattern)?,
                Shape::Elements | Shape::Entries => machine.pair(target, pattern)?,
                Shape::Binds => {
                    machine.push(Goal::Bind(target.clone(), pattern.clone()));
                    true
                }
            };
            if !possible {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Gives all targets to the remainder.
    pub(crate) fn capture_all(&self, machine: &mut Machine<'_>) -> Result<bool, BudgetExhausted> {
        if !matches!(self.remainder, Some(Var::Free(_))) {
            return Ok(true);
        }
        machine.budget.spend(self.target_count() as u64 / 16)?;
        let all = 0..self.target_count();
        Ok(all.clone().all(|at| self.is_closed(at)) && self.capture_positions(machine, all)?)
    }

    /// Binds the remainder variable, if there is one, to the targets at the given positions.
    pub(crate) fn capture_positions(
        &self,
        machine: &mut Machine<'_>,
        positions: impl Iterator<Item = usize>,
    ) -> Result<bool, BudgetExhausted> {
        let Some(Var::Free(level)) = self.remainder else { return Ok(true) };
        let members: Vec<Term> = positions.flat_map(|at| self.target(at)).cloned().collect();
        machine.budget.spend(1 + building_work(&members))?;
        let value = match self.shape {
            Shape::Items | Shape::Binds if members.is_empty() => return Ok(true),
            Shape::Items | Shape::Binds => Term::par(members),
            Shape::Elements => Term::single(Term::set(members, None)),
            Shape::Entries => {
                let entries = members.chunks_exact(2).map(|entry| (entry[0].clone(), entry[1].clone())).collect();
                Term::single(Term::map(entries, None))
            }
        };
        machine.trail.push((level, value));
        Ok(true)
    }
}

/// Which targets a pattern accepts.
enum Accepts {
    All,
    /// A lone variable accepts what it can capture.
    Closed(u32),
    /// The pattern, or the key of the entry, is a value: only targets with an equal hash come into question.
    /// If `certain` they are equal, otherwise each must be asked.
    Some {
        candidates: Vec<usize>,
        certain: bool,
    },
    /// Any target may do; those that were asked in vain are remembered.
    Unknown {
        rejected: Bits,
    },
}

/// Takes part in the search for targets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seeker {
    /// One of the remainder slots; they are all alike.
    Slot,
    Pattern(usize),
}

/// One level of the search: who seeks, from where on, and which target it would take.
struct Seek {
    who: Seeker,
    from: usize,
    target: usize,
}

enum Candidate {
    Accepted(usize),
    Ask(usize),
    None,
}

/// A maximum matching under construction by augmenting paths.
pub(crate) struct BagSearch {
    bag: Bag,
    accepts: Vec<Accepts>,
    /// Targets that a remainder slot accepts, and those that slots have now.
    closed: Bits,
    slots: Bits,
    /// Targets that patterns have.
    owners: Vec<Option<usize>>,
    /// Targets looked at in this round.
    seen: Bits,
    /// Bindings of the pairs (pattern, target) that were asked with success.
    answers: HashMap<(usize, usize), Bindings>,
    path: Vec<Seek>,
    /// Pattern that is placed in this round.
    round: usize,
}

impl BagSearch {
    /// `None` if there can be no match.
    pub(crate) fn new(bag: Bag, budget: &mut Budget) -> Result<Option<BagSearch>, BudgetExhausted> {
        let count = bag.target_count();
        budget.spend(1 + (count + bag.patterns.len()) as u64 / 4)?;
        let mut closed = Bits::new(count);
        let mut slots = Bits::new(count);
        if let Some(Var::Free(_)) = bag.remainder {
            // The slots come first and each displaces the one before: together they take the first closed targets.
            let mut wanted = count - bag.pattern_count();
            for at in (0..count).filter(|at| bag.is_closed(*at)) {
                closed.set(at, true);
                if wanted > 0 {
                    slots.set(at, true);
                    wanted -= 1;
                }
            }
            if wanted > 0 {
                return Ok(None);
            }
        }
        let accepts = classify(&bag, budget)?;
        Ok(Some(BagSearch {
            accepts,
            closed,
            slots,
            owners: vec![None; count],
            seen: Bits::new(count),
            answers: HashMap::new(),
            path: Vec::new(),
            round: 0,
            bag,
        }))
    }

    /// Goes on until the bag is matched or a pair must be asked; `reply` is the answer to the pair asked last.
    pub(crate) fn advance(
        &mut self,
        machine: &mut Machine<'_>,
        reply: Option<Option<Bindings>>,
    ) -> Result<Status, BudgetExhausted> {
        if let Some(found) = reply {
            self.note(found);
        }
        loop {
            let Some(seek) = self.path.last() else {
                if self.round == self.bag.pattern_count() {
                    return self.finish(machine);
                }
                machine.budget.spend(1 + self.owners.len() as u64 / 4096)?;
                self.seen.clear();
                self.path.push(Seek { who: Seeker::Pattern(self.round), from: 0, target: 0 });
                continue;
            };
            match self.candidate(seek.who, seek.from, machine.budget)? {
                Candidate::Accepted(target) => self.take(target),
                Candidate::Ask(target) => {
                    if self.ask(machine, target)? {
                        return Ok(Status::Waiting);
                    }
                }
                Candidate::None => {
                    self.path.pop();
                    match self.path.last_mut() {
                        Some(seek) => seek.from = seek.target + 1,
                        None => return Ok(Status::Done(false)),
                    }
                }
            }
        }
    }

    /// Asks whether the innermost seeker accepts a target. False if the answer is known already.
    fn ask(&mut self, machine: &mut Machine<'_>, target: usize) -> Result<bool, BudgetExhausted> {
        let Some(Seek { who: Seeker::Pattern(pattern), target: asked, .. }) = self.path.last_mut() else {
            return Ok(false);
        };
        *asked = target;
        let (pattern, mark) = (*pattern, machine.mark());
        let possible = self.bag.ask(machine, pattern, target)?;
        if possible && machine.mark().0 > mark.0 {
            return Ok(true);
        }
        let found = machine.rewind(mark);
        self.note(possible.then_some(found));
        Ok(false)
    }

    /// Remembers the answer to the pair asked last.
    fn note(&mut self, found: Option<Bindings>) {
        let Some(Seek { who: Seeker::Pattern(pattern), target, .. }) = self.path.last() else { return };
        match (found, self.accepts.get_mut(*pattern)) {
            (Some(bindings), _) => {
                self.answers.insert((*pattern, *target), bindings);
            }
            (None, Some(Accepts::Unknown { rejected })) => rejected.set(*target, true),
            (None, Some(Accepts::Some { candidates, .. })) => {
                if let Ok(at) = candidates.binary_search(target) {
                    candidates.remove(at);
                }
            }
            (None, _) => {}
        }
    }

    /// The next target for a seeker that was not seen in this round.
    fn candidate(&mut self, who: Seeker, from: usize, budget: &mut Budget) -> Result<Candidate, BudgetExhausted> {
        let count = self.owners.len();
        let Seeker::Pattern(pattern) = who else {
            return self.slot_candidate(from, budget);
        };
        let seen = &self.seen;
        let at = match self.accepts.get(pattern) {
            Some(Accepts::All) => {
                let at = first(count, from, |k| !seen.word(k));
                budget.spend(scan_work(from, at, count))?;
                at
            }
            Some(Accepts::Unknown { rejected }) => {
                let at = first(count, from, |k| !seen.word(k) & !rejected.word(k));
                budget.spend(scan_work(from, at, count))?;
                at
            }
            Some(Accepts::Closed(_)) => {
                let mut at = first(count, from, |k| !seen.word(k));
                while let Some(next) = at {
                    let target = self.bag.target(next);
                    budget.spend(1 + target.iter().map(|term| term.children().len() as u64 / 16).sum::<u64>())?;
                    if target.iter().all(can_capture) {
                        break;
                    }
                    at = first(count, next + 1, |k| !seen.word(k));
                }
                at
            }
            Some(Accepts::Some { candidates, .. }) => {
                let later = candidates.partition_point(|at| *at < from);
                let unseen = candidates.iter().skip(later).position(|at| !seen.get(*at));
                budget.spend(unseen.unwrap_or(candidates.len() - later) as u64 / 16)?;
                unseen.and_then(|skipped| candidates.get(later + skipped)).copied()
            }
            None => None,
        };
        budget.spend(1)?;
        let Some(target) = at else { return Ok(Candidate::None) };
        let certain = match self.accepts.get(pattern) {
            Some(Accepts::All | Accepts::Closed(_)) => true,
            Some(Accepts::Some { certain: true, .. }) => true,
            _ => self.answers.contains_key(&(pattern, target)),
        };
        Ok(if certain { Candidate::Accepted(target) } else { Candidate::Ask(target) })
    }

    /// A slot that must give way displaces the next slot, and that one the next: in effect it jumps to the first
    /// closed target that no slot has, and all slots on the way have been seen.
    fn slot_candidate(&mut self, from: usize, budget: &mut Budget) -> Result<Candidate, BudgetExhausted> {
        let count = self.owners.len();
        let at = first(count, from, |k| self.closed.word(k) & !self.slots.word(k) & !self.seen.word(k));
        self.seen.add_range(&self.slots, from, at.unwrap_or(count));
        budget.spend(1 + scan_work(from, at, count))?;
        Ok(at.map_or(Candidate::None, Candidate::Accepted))
    }

    /// The innermost seeker accepts a target: the path ends here if nobody has it, else its owner must seek another.
    fn take(&mut self, target: usize) {
        self.seen.set(target, true);
        if let Some(seek) = self.path.last_mut() {
            seek.target = target;
        }
        let owner = match self.owners.get(target) {
            Some(Some(pattern)) => Seeker::Pattern(*pattern),
            _ if self.slots.get(target) => Seeker::Slot,
            _ => return self.settle(),
        };
        self.path.push(Seek { who: owner, from: target + 1, target });
    }

    /// Every seeker on the path takes its target.
    fn settle(&mut self) {
        for seek in std::mem::take(&mut self.path) {
            let (pattern, is_slot) = match seek.who {
                Seeker::Slot => (None, true),
                Seeker::Pattern(pattern) => (Some(pattern), false),
            };
            self.slots.set(seek.target, is_slot);
            if let Some(owner) = self.owners.get_mut(seek.target) {
                *owner = pattern;
            }
        }
        self.round += 1;
    }

    /// Joins the bindings of all pairs and captures the remainder, in target order.
    fn finish(&mut self, machine: &mut Machine<'_>) -> Result<Status, BudgetExhausted> {
        for (target, owner) in self.owners.iter().enumerate() {
            let Some(pattern) = *owner else { continue };
            if let Some(bindings) = self.answers.remove(&(pattern, target)) {
                machine.trail.extend(bindings);
            } else if let Some(Accepts::Closed(level)) = self.accepts.get(pattern)
                && let [par] = self.bag.target(target)
                && !machine.capture(*level, par)?
            {
                return Ok(Status::Done(false));
            }
        }
        // The network captures every item that equals one a slot has, also where a pattern took it (runtime.md 5.3, B8):
        // costs and states of working programs depend on it. Only items of a par can be equal to each other.
        let slots = &self.slots;
        let kept = (0..self.owners.len()).filter(|at| slots.get(*at) && self.bag.shape == Shape::Items);
        let equals: HashSet<&[Term]> = kept.map(|at| self.bag.target(at)).collect();
        let left = (0..self.owners.len()).filter(|at| slots.get(*at) || equals.contains(self.bag.target(*at)));
        Ok(Status::Done(self.bag.capture_positions(machine, left)?))
    }
}

/// Steps for scanning a set of positions: cheap, many at a time.
fn scan_work(from: usize, found: Option<usize>, count: usize) -> u64 {
    found.unwrap_or(count).saturating_sub(from) as u64 / 1024
}

/// What each pattern of the bag accepts.
fn classify(bag: &Bag, budget: &mut Budget) -> Result<Vec<Accepts>, BudgetExhausted> {
    let mut accepts = Vec::with_capacity(bag.pattern_count());
    let mut keyed = Vec::new();
    for at in 0..bag.pattern_count() {
        let pattern = bag.pattern(at);
        let key = key_of(bag.shape, pattern);
        let lone = if bag.shape == Shape::Elements { key.and_then(Term::single_item).map(Term::head) } else { None };
        accepts.push(match (lone, key) {
            (Some(Head::Var(Var::Wildcard)), _) => Accepts::All,
            (Some(Head::Var(Var::Free(level))), _) => Accepts::Closed(*level),
            (_, Some(key)) if !key.connective_used() => {
                keyed.push((key.structural_hash(), at));
                let certain = bag.shape != Shape::Binds && pattern.iter().all(|term| !term.connective_used());
                Accepts::Some { candidates: Vec::new(), certain }
            }
            _ => {
                budget.spend(bag.target_count() as u64 / 256)?;
                Accepts::Unknown { rejected: Bits::new(bag.target_count()) }
            }
        });
    }
    keyed.sort_unstable();
    if !keyed.is_empty() {
        find_candidates(bag, &keyed, &mut accepts, budget)?;
    }
    Ok(accepts)
}

/// The term by whose hash candidates can be found.
fn key_of(shape: Shape, member: &[Term]) -> Option<&Term> {
    match shape {
        Shape::Binds => member.first().and_then(|bind| bind.children().first()),
        _ => member.first(),
    }
}

/// Lists for every pattern with a value as its key the targets that have the key. `keyed` is sorted.
fn find_candidates(
    bag: &Bag,
    keyed: &[(u64, usize)],
    accepts: &mut [Accepts],
    budget: &mut Budget,
) -> Result<(), BudgetExhausted> {
    for at in 0..bag.target_count() {
        let target = bag.target(at);
        let Some(key) = key_of(bag.shape, target) else { continue };
        let hash = key.structural_hash();
        let from = keyed.partition_point(|(known, _)| *known < hash);
        for (_, pattern) in keyed.iter().skip(from).take_while(|(known, _)| *known == hash) {
            budget.spend(1)?;
            if let Some(Accepts::Some { candidates, certain }) = accepts.get_mut(*pattern) {
                if *certain {
                    budget.spend(target.iter().map(|term| term.size() / 64).sum())?;
                }
                if !*certain || target == bag.pattern(*pattern) {
                    candidates.push(at);
                }
            }
        }
    }
    Ok(())
}
