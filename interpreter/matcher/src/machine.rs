//! The matching machine: an agenda of goals, all of which must hold, cut into sections by the searches under way.

use rhodium_term::{Category, Head, SimpleType, Term, Var};

use crate::bag::{Bag, BagSearch, Shape};
use crate::bounds::{BoundsTable, is_leftover_variable, leftover_variable, range_of};
use crate::search::ParSearch;
use crate::{Budget, BudgetExhausted};

/// What a level was bound to. A variable that takes the leftovers of a par has one entry per kind.
pub(crate) type Bindings = Vec<(u32, Term)>;

/// Something that must hold. First the target, then the pattern.
pub(crate) enum Goal {
    /// Par against par.
    Par(Term, Term),
    /// The same, the connectives of the pattern having been served.
    Components(Term, Term),
    /// Item against item.
    Item(Term, Term),
    /// Bind against bind.
    Bind(Term, Term),
    /// A whole par against a connective.
    Connective(Term, Term),
    /// Bag against bag.
    Bag(Box<Bag>),
}

/// A search that has put goals on the agenda and waits for the outcome.
struct Frame {
    /// Where its goals start.
    goals: usize,
    /// Where their bindings start.
    trail: usize,
    search: Search,
}

enum Search {
    Or { target: Term, connective: Term, next: usize },
    Not,
    Bag(Box<BagSearch>),
    Par(Box<ParSearch>),
}

/// What a search says when told the outcome of its goals.
pub(crate) enum Status {
    /// It has put new goals on the agenda.
    Waiting,
    /// It is over; bindings are on the trail.
    Done(bool),
}

pub(crate) struct Machine<'b> {
    pub(crate) budget: &'b mut Budget,
    goals: Vec<Goal>,
    frames: Vec<Frame>,
    pub(crate) trail: Bindings,
    bounds: BoundsTable,
}

impl<'b> Machine<'b> {
    pub(crate) fn new(budget: &'b mut Budget, free_count: u32) -> Result<Machine<'b>, BudgetExhausted> {
        // The answer has one entry per variable, which a term from outside may claim to have in any number.
        budget.spend(1 + u64::from(free_count) / 8)?;
        Ok(Machine { budget, goals: Vec::new(), frames: Vec::new(), trail: Vec::new(), bounds: BoundsTable::default() })
    }

    /// Works off the agenda and gives the binding of every level.
    pub(crate) fn solve(mut self, free_count: u32) -> Result<Option<Vec<Term>>, BudgetExhausted> {
        if !self.run()? {
            return Ok(None);
        }
        let mut bound = vec![None; free_count as usize];
        for (level, part) in self.trail {
            if let Some(slot) = bound.get_mut(level as usize) {
                *slot = Some(match slot.take() {
                    None => part,
                    Some(before) => Term::compose(&[before, part]),
                });
            }
        }
        Ok(Some(bound.into_iter().map(|term| term.unwrap_or_else(Term::nil)).collect()))
    }

    fn run(&mut self) -> Result<bool, BudgetExhausted> {
        loop {
            let base = self.frames.last().map_or(0, |frame| frame.goals);
            if self.goals.len() > base {
                if let Some(goal) = self.goals.pop()
                    && !self.goal(goal)?
                {
                    self.goals.truncate(base);
                    if let Some(outcome) = self.resume(false)? {
                        return Ok(outcome);
                    }
                }
            } else if let Some(outcome) = self.resume(true)? {
                return Ok(outcome);
            }
        }
    }

    /// Tells the innermost search the outcome of its goals, and the next one if that fails too. The outcome of the
    /// whole match if no search is left to be told.
    fn resume(&mut self, mut outcome: bool) -> Result<Option<bool>, BudgetExhausted> {
        loop {
            let Some(frame) = self.frames.pop() else { return Ok(Some(outcome)) };
            let found = self.rewind((frame.goals, frame.trail));
            let status = self.inform(frame.search, outcome.then_some(found))?;
            if let Status::Done(false) = status {
                let base = self.frames.last().map_or(0, |frame| frame.goals);
                self.goals.truncate(base);
                outcome = false;
                continue;
            }
            return Ok(None);
        }
    }

    fn inform(&mut self, search: Search, found: Option<Bindings>) -> Result<Status, BudgetExhausted> {
        match search {
            // Bindings made inside are dropped (language.md 4.3).
            Search::Not => Ok(Status::Done(found.is_none())),
            Search::Or { .. } if found.is_some() => Ok(Status::Done(true)),
            Search::Or { target, connective, next } => self.try_alternative(target, connective, next),
            Search::Bag(search) => self.advance_bag(search, Some(found)),
            Search::Par(search) => self.advance_par(search, Some(found)),
        }
    }

    /// How many goals and bindings there are.
    pub(crate) fn mark(&self) -> (usize, usize) {
        (self.goals.len(), self.trail.len())
    }

    /// Puts a search below the goals and bindings it has made since the mark.
    fn suspend(&mut self, (goals, trail): (usize, usize), search: Search) {
        self.frames.push(Frame { goals, trail, search });
    }

    /// Takes back the goals since a mark, and gives the bindings since then.
    pub(crate) fn rewind(&mut self, (goals, trail): (usize, usize)) -> Bindings {
        self.goals.truncate(goals);
        self.trail.split_off(trail.min(self.trail.len()))
    }

    fn try_alternative(&mut self, target: Term, connective: Term, next: usize) -> Result<Status, BudgetExhausted> {
        let Some(pattern) = connective.children().get(next) else { return Ok(Status::Done(false)) };
        let mark = self.mark();
        self.push(Goal::Par(target.clone(), pattern.clone()));
        self.suspend(mark, Search::Or { target, connective, next: next + 1 });
        Ok(Status::Waiting)
    }

    fn advance_bag(
        &mut self,
        mut search: Box<BagSearch>,
        reply: Option<Option<Bindings>>,
    ) -> Result<Status, BudgetExhausted> {
        let mark = self.mark();
        let status = search.advance(self, reply)?;
        if let Status::Waiting = status {
            self.suspend(mark, Search::Bag(search));
        }
        Ok(status)
    }

    fn advance_par(
        &mut self,
        mut search: Box<ParSearch>,
        reply: Option<Option<Bindings>>,
    ) -> Result<Status, BudgetExhausted> {
        let mark = self.mark();
        let status = search.advance(self, reply)?;
        if let Status::Waiting = status {
            self.suspend(mark, Search::Par(search));
        }
        Ok(status)
    }

    pub(crate) fn push(&mut self, goal: Goal) {
        self.goals.push(goal);
    }

    /// Serves one goal. False if it cannot hold.
    fn goal(&mut self, goal: Goal) -> Result<bool, BudgetExhausted> {
        self.budget.spend(1)?;
        match goal {
            Goal::Par(target, pattern) => self.par(&target, &pattern),
            Goal::Components(target, pattern) => self.components(&target, &pattern),
            Goal::Item(target, pattern) => self.item(&target, &pattern),
            Goal::Bind(target, pattern) => self.bind(&target, &pattern),
            Goal::Connective(target, pattern) => self.connective(target, pattern),
            Goal::Bag(bag) => {
                let status = match BagSearch::new(*bag, self.budget)? {
                    None => Status::Done(false),
                    Some(search) => self.advance_bag(Box::new(search), None)?,
                };
                Ok(!matches!(status, Status::Done(false)))
            }
        }
    }

    /// Structural equality.
    pub(crate) fn equal(&mut self, target: &Term, pattern: &Term) -> Result<bool, BudgetExhausted> {
        if target.structural_hash() != pattern.structural_hash() {
            self.budget.spend(1)?;
            return Ok(false);
        }
        self.budget.spend(1 + target.size() / 64)?;
        Ok(target == pattern)
    }

    /// Requires that a par matches a pattern; what can be decided at once is.
    pub(crate) fn pair(&mut self, target: &Term, pattern: &Term) -> Result<bool, BudgetExhausted> {
        if !pattern.connective_used() {
            return self.equal(target, pattern);
        }
        match pattern.single_item().map(Term::head) {
            Some(Head::Var(Var::Wildcard)) => self.budget.spend(1).map(|()| true),
            Some(Head::Var(Var::Free(level))) => self.capture(*level, target),
            _ => {
                self.push(Goal::Par(target.clone(), pattern.clone()));
                Ok(true)
            }
        }
    }

    /// Binds a variable to a whole par, if that is closed (language.md 4.8).
    pub(crate) fn capture(&mut self, level: u32, par: &Term) -> Result<bool, BudgetExhausted> {
        self.budget.spend(1 + par.children().len() as u64 / 16)?;
        if !can_capture(par) {
            return Ok(false);
        }
        if par.is_closed() && par.children().iter().all(is_component) {
            self.trail.push((level, par.clone()));
        } else {
            let items = par.children().iter().filter(|item| is_component(item)).cloned().collect();
            self.trail.push((level, Term::par(items)));
        }
        Ok(true)
    }

    /// Par against par (language.md 4.2).
    fn par(&mut self, target: &Term, pattern: &Term) -> Result<bool, BudgetExhausted> {
        if !pattern.connective_used() {
            return self.equal(target, pattern);
        }
        match pattern.single_item() {
            Some(item) if is_leftover_variable(item) => self.pair(target, pattern),
            Some(item) if item.head().category() == Some(Category::Connective) => {
                self.push(Goal::Connective(target.clone(), item.clone()));
                Ok(true)
            }
            _ if pattern.items(Category::Connective).is_empty() => self.components(target, pattern),
            _ => {
                let Some(search) = ParSearch::new(target, pattern, &mut self.bounds, self.budget)? else {
                    return Ok(false);
                };
                let status = self.advance_par(Box::new(search), None)?;
                Ok(!matches!(status, Status::Done(false)))
            }
        }
    }

    /// The components of a par beside the connectives, kind by kind. Conditionals are skipped on both sides.
    fn components(&mut self, target: &Term, pattern: &Term) -> Result<bool, BudgetExhausted> {
        const ORDER: [Category; 7] = [
            Category::Send,
            Category::Receive,
            Category::New,
            Category::Expr,
            Category::Match,
            Category::Bundle,
            Category::Unforgeable,
        ];
        let remainder = leftover_variable(pattern);
        for kind in ORDER {
            let items = pattern.items(kind).iter().filter(|item| !is_leftover_variable(item));
            let bag = Bag {
                shape: Shape::Items,
                targets: target.clone(),
                range: range_of(target, kind),
                patterns: items.cloned().collect(),
                remainder,
            };
            if !self.bag(bag)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A bag; the common small cases need no search.
    pub(crate) fn bag(&mut self, bag: Bag) -> Result<bool, BudgetExhausted> {
        let (targets, patterns) = (bag.target_count(), bag.pattern_count());
        let fits = if bag.remainder.is_some() { patterns <= targets } else { patterns == targets };
        if !fits {
            return Ok(false);
        }
        if patterns == 0 {
            return bag.capture_all(self);
        }
        if patterns == 1 && targets == 1 {
            return Ok(bag.capture_positions(self, std::iter::empty())? && bag.ask(self, 0, 0)?);
        }
        self.push(Goal::Bag(Box::new(bag)));
        Ok(true)
    }

    /// A connective that takes the whole of a par (language.md 4.3).
    fn connective(&mut self, target: Term, connective: Term) -> Result<bool, BudgetExhausted> {
        match connective.head() {
            Head::ConnAnd => {
                for operand in connective.children() {
                    if !self.pair(&target, operand)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Head::ConnOr => {
                let status = self.try_alternative(target, connective, 0)?;
                Ok(!matches!(status, Status::Done(false)))
            }
            Head::ConnNot => {
                let mark = self.mark();
                if let Some(operand) = connective.children().first() {
                    self.push(Goal::Par(target, operand.clone()));
                }
                self.suspend(mark, Search::Not);
                Ok(true)
            }
            Head::Type(expected) => Ok(target.single_item().is_some_and(|item| has_type(item, *expected))),
            // A variable reference has been replaced by its value before matching.
            _ => Ok(false),
        }
    }
}

/// Whether matching looks at an item of a target at all (runtime.md 5.2: not at conditionals).
fn is_component(item: &Term) -> bool {
    !matches!(item.head().category(), None | Some(Category::Connective | Category::If))
}

/// Whether nothing that a variable would capture of a par is open.
pub(crate) fn can_capture(par: &Term) -> bool {
    par.children().iter().all(|item| item.is_closed() || !is_component(item))
}

fn has_type(item: &Term, expected: SimpleType) -> bool {
    let found = match item.head() {
        Head::Bool(_) => SimpleType::Bool,
        Head::Int(_) => SimpleType::Int,
        Head::Str(_) => SimpleType::String,
        Head::Uri(_) => SimpleType::Uri,
        Head::Bytes(_) => SimpleType::ByteArray,
        Head::BigInt(_) => SimpleType::BigInt,
        _ => return false,
    };
    found == expected
}
