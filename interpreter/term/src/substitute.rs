//! Substitution (runtime.md 4.3), with an explicit stack.
//!
//! The machine runs on closures and substitutes only when a term has to be *seen*. Then the result must be exactly the
//! network's, including the order of expressions that the non-sorting form leaves behind.

use crate::head::{Category, Head, Var};
use crate::order;
use crate::term::{Term, binders_above_child, child_is_pattern};

/// A free variable or wildcard stood where only closed terms may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Illegal Substitution: a free variable or wildcard outside a pattern")]
pub struct SubstituteError;

/// Values of the enclosing binders.
pub trait Values {
    /// The value of the variable with de Bruijn index `index` as seen from the substituted term's root, if known.
    fn value(&self, index: u32) -> Option<Term>;
}

impl<F: Fn(u32) -> Option<Term>> Values for F {
    fn value(&self, index: u32) -> Option<Term> {
        self(index)
    }
}

/// How and where to substitute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// Pattern levels already entered: 0 for processes, 1 for the patterns of a receive or match.
    pub depth: u32,
    /// Binders between the term's root and the binders that `values` knows (a receive's own variables, for its body).
    pub shift: u32,
    /// Whether the result is brought into canonical order. Only the body of a receive is left unsorted.
    pub sort: bool,
}

struct Frame {
    term: Term,
    depth: u32,
    shift: u32,
    /// Whether the term was evaluated before, which has swapped the ties of a Par once.
    evaluated: bool,
    done: Vec<Done>,
}

/// A substituted child: kept as an item, or the Par that a variable expanded to.
enum Done {
    Kept(Term),
    Expanded { par: Term, connective: bool },
}

/// Substitutes in `term`.
pub fn substitute(term: &Term, values: &dyn Values, mode: Mode) -> Result<Term, SubstituteError> {
    run(term, values, mode, false)
}

/// What evaluating a value and substituting in it, with nothing to fill in, does to its ties ([`Term::is_tied`]): both
/// swap those of the value itself and of what collections in it hold, only substituting those of the code in it.
pub fn settle(term: &Term) -> Result<Term, SubstituteError> {
    run(term, &|_: u32| None, Mode { depth: 0, shift: 0, sort: true }, true)
}

fn run(term: &Term, values: &dyn Values, mode: Mode, evaluated: bool) -> Result<Term, SubstituteError> {
    if unchanged(term, mode.shift, mode.sort) {
        return Ok(term.clone());
    }
    let (depth, shift) = (mode.depth, mode.shift);
    let mut stack = vec![Frame { term: term.clone(), depth, shift, evaluated, done: Vec::new() }];
    loop {
        let Some(frame) = stack.last_mut() else { return Ok(term.clone()) };
        let position = frame.done.len();
        if let Some(child) = frame.term.children().get(position).cloned() {
            let head = frame.term.head();
            let shift = frame.shift.saturating_add(binders_above_child(head, position));
            let depth = frame.depth + u32::from(child_is_pattern(head, position));
            // Injected values of a `new` are left alone.
            let injected = matches!(head, Head::New { .. }) && position > 0;
            if injected || unchanged(&child, shift, mode.sort) {
                frame.done.push(Done::Kept(child));
                continue;
            }
            match leaf(&child, values, depth, shift)? {
                Some(done) => frame.done.push(done),
                None => {
                    let evaluated = frame.evaluated && is_evaluated(frame.term.head());
                    stack.push(Frame { term: child, depth, shift, evaluated, done: Vec::new() });
                }
            }
            continue;
        }
        let Some(frame) = stack.pop() else { return Ok(term.clone()) };
        let result = rebuild(frame, mode.sort);
        match stack.last_mut() {
            Some(parent) => parent.done.push(Done::Kept(result)),
            None => return Ok(result),
        }
    }
}

/// Whether evaluating a node evaluates its children.
fn is_evaluated(head: &Head) -> bool {
    use Head::*;
    matches!(head, Par | List { .. } | Tuple | Set { .. } | Map { .. } | PathMap { .. })
}

/// Whether substitution leaves the term as it is.
fn unchanged(term: &Term, shift: u32, sort: bool) -> bool {
    term.reach() <= shift && if sort { term.is_canonical() && !term.is_tied() } else { !term.is_reversible() }
}

/// Variables and variable references; `None` for nodes that must be entered.
fn leaf(term: &Term, values: &dyn Values, depth: u32, shift: u32) -> Result<Option<Done>, SubstituteError> {
    let lookup = |index: u32| index.checked_sub(shift).and_then(|i| values.value(i));
    let found = match term.head() {
        Head::Var(Var::Bound(index)) if depth == 0 => lookup(*index),
        Head::Var(Var::Free(_) | Var::Wildcard) if depth == 0 => return Err(SubstituteError),
        Head::VarRef { index, depth: d } if *d == depth => lookup(*index),
        Head::Var(_) | Head::VarRef { .. } => None,
        _ => return Ok(None),
    };
    Ok(Some(match found {
        Some(par) => Done::Expanded { par, connective: matches!(term.head(), Head::VarRef { .. }) },
        None => Done::Kept(term.clone()),
    }))
}

fn rebuild(frame: Frame, sort: bool) -> Term {
    let Frame { term, shift, evaluated, done, .. } = frame;
    let locally_free = term.locally_free().restrict(shift);
    if matches!(term.head(), Head::Par) {
        let (items, expanded_connective) = assemble(done, sort, evaluated);
        let connective_used = term.connective_used() || expanded_connective;
        return Term::with_caches(Head::Par, items, locally_free, connective_used).at(term.origin());
    }
    let children: Vec<Term> = done
        .into_iter()
        .map(|d| match d {
            Done::Kept(t) | Done::Expanded { par: t, .. } => t,
        })
        .collect();
    match term.head() {
        Head::Bundle { write, read } => {
            Term::bundle(children.into_iter().next().unwrap_or_else(Term::nil), *write, *read)
        }
        Head::Set { .. } => {
            let children = order::canonical_set(children);
            Term::with_caches(term.head().clone(), children, locally_free, term.connective_used())
        }
        Head::Map { .. } => {
            let children = order::canonical_map_children(children);
            Term::with_caches(term.head().clone(), children, locally_free, term.connective_used())
        }
        head => Term::with_caches(head.clone(), children, locally_free, term.connective_used()),
    }
    .at(term.origin())
}

/// Puts the substituted items of a Par together (runtime.md 4.3, EXT column): in the fold over expressions, and in the
/// one over connectives, a kept item goes in front of what there is and an expansion behind it; own items come first,
/// then the connectives' fold, then the expressions'.
fn assemble(done: Vec<Done>, sort: bool, evaluated: bool) -> (Vec<Term>, bool) {
    let mut own = Vec::with_capacity(done.len());
    let (mut kept_exprs, mut kept_connectives) = (Vec::new(), Vec::new());
    let (mut from_exprs, mut from_connectives) = (Vec::new(), Vec::new());
    let mut connective_used = false;
    for item in done {
        match item {
            Done::Kept(t) => match t.head().category() {
                Some(Category::Expr) => kept_exprs.push(t),
                Some(Category::Connective) => kept_connectives.push(t),
                _ => own.push(t),
            },
            Done::Expanded { par, connective } => {
                connective_used |= par.connective_used();
                let fold = if connective { &mut from_connectives } else { &mut from_exprs };
                fold.extend(par.children().iter().cloned());
            }
        }
    }
    own.extend(kept_connectives.into_iter().rev());
    own.extend(from_connectives);
    if evaluated {
        own.extend(kept_exprs);
    } else {
        own.extend(kept_exprs.into_iter().rev());
    }
    own.extend(from_exprs);
    if sort {
        order::sort(&mut own);
    } else {
        own.sort_by_key(|t| t.head().category());
    }
    (own, connective_used)
}
