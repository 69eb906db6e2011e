//! The order in which a pattern must be written so that its variables get their numbers back.
//!
//! Free variables of a pattern are numbered as they are met in the text; then sorting moves the parts of Pars, sets, maps
//! and joins that hold them. Each such part holds a run of consecutive numbers, so parts in the order of their lowest
//! number have the variables in the order of the text that the pattern came from.

use std::collections::HashMap;

use crate::head::{Head, Var};
use crate::term::{Node, Term, child_is_pattern};

/// The lowest free variable in parts of a pattern that can be written in any order.
#[derive(Default)]
pub(super) struct Levels(HashMap<*const Node, u32>);

/// A node whose children are being read.
struct Open<'a> {
    term: &'a Term,
    child: usize,
    lowest: Option<u32>,
}

impl Levels {
    /// Reads a pattern, but not the patterns inside it, which number their own variables.
    pub fn of<'a>(patterns: impl IntoIterator<Item = &'a Term>) -> Levels {
        let mut levels = Levels::default();
        for pattern in patterns {
            levels.read(pattern);
        }
        levels
    }

    fn read(&mut self, pattern: &Term) {
        let mut open = vec![Open { term: pattern, child: 0, lowest: own(pattern) }];
        while let Some(top) = open.last_mut() {
            let (term, child) = (top.term, top.child);
            if let Some(next) = term.children().get(child) {
                top.child += 1;
                if !child_is_pattern(term.head(), child) {
                    open.push(Open { term: next, child: 0, lowest: own(next) });
                }
                continue;
            }
            let lowest = top.lowest;
            open.pop();
            // The operands of `\\/` and `~` number their own variables, which do not count outside.
            let inside = |parent: &&mut Open| !matches!(parent.term.head(), Head::ConnOr | Head::ConnNot);
            if let (Some(lowest), Some(parent)) = (lowest, open.last_mut().filter(inside)) {
                parent.lowest = Some(parent.lowest.map_or(lowest, |known| known.min(lowest)));
                if is_unordered(parent.term) {
                    self.0.insert(term.node(), lowest);
                }
            }
        }
    }

    /// The lowest free variable of a part, if it has one.
    pub fn lowest(&self, part: &Term) -> Option<u32> {
        self.0.get(&part.node()).copied()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn is_unordered(term: &Term) -> bool {
    let several = term.children().len() > 1;
    several && matches!(term.head(), Head::Par | Head::Set { .. } | Head::Map { .. } | Head::Receive { .. })
}

fn own(term: &Term) -> Option<u32> {
    match term.head() {
        Head::Var(Var::Free(level)) => Some(*level),
        Head::List { remainder: Some(Var::Free(level)) }
        | Head::Set { remainder: Some(Var::Free(level)) }
        | Head::Map { remainder: Some(Var::Free(level)) }
        | Head::PathMap { remainder: Some(Var::Free(level)) } => Some(*level),
        _ => None,
    }
}
