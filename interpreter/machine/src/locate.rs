//! Finds the place of an error in code that was read from a state: a state keeps no places, but the code was compiled
//! from some source, and where that source is at hand the code is found in it again.
//!
//! Stored code is the code of the source with values in place of the variables that were bound outside of it; those
//! that it binds itself are still there, under the same indices.

use rhodium_term::{Head, Origin, Term, Var};

use crate::error::RunError;

/// Most nodes that are compared in one program: code can be made so that comparing it everywhere takes long.
const MOST: usize = 1 << 22;

/// The places in a program where the failing code may come from.
pub fn locate(error: &RunError, program: &Term) -> Vec<Origin> {
    let Some(code) = &error.context.code else { return Vec::new() };
    let Some(path) = path_to(error.origin, code) else { return Vec::new() };
    let mut found = Vec::new();
    let mut pending = vec![program];
    let mut left = MOST;
    while let Some(term) = pending.pop() {
        pending.extend(term.children());
        if matches!(term.head(), Head::Par)
            && is_instance(term, code, &mut left)
            && let Some(origin) = follow(term, &path)
            && !found.contains(&origin)
        {
            found.push(origin);
        }
    }
    found
}

/// Where in the code the node with this position in the store stands: positions of children, from the root.
fn path_to(origin: Origin, code: &Term) -> Option<Vec<usize>> {
    let mut steps: Vec<(&Term, usize)> = vec![(code, 0)];
    loop {
        let (term, next) = steps.last_mut()?;
        if *next == 0 && term.origin() == origin && !matches!(term.head(), Head::Par) {
            steps.pop();
            return Some(steps.iter().map(|(_, next)| next - 1).collect());
        }
        match term.children().get(*next) {
            Some(child) => {
                *next += 1;
                steps.push((child, 0));
            }
            None => {
                steps.pop();
            }
        }
    }
}

fn follow(term: &Term, path: &[usize]) -> Option<Origin> {
    let end = path.iter().try_fold(term, |term, step| term.children().get(*step))?;
    Some(end.place()).filter(|origin| origin.is_known())
}

/// Whether the stored code is the code with values in place of variables.
fn is_instance(code: &Term, stored: &Term, left: &mut usize) -> bool {
    let mut pending = vec![(code, stored)];
    while let Some((code, stored)) = pending.pop() {
        let Some(rest) = left.checked_sub(1) else { return false };
        *left = rest;
        if is_captured(code, stored) {
            continue;
        }
        if code.head() != stored.head() || code.children().len() != stored.children().len() {
            return false;
        }
        pending.extend(code.children().iter().zip(stored.children()));
    }
    true
}

/// Whether the code is a variable alone, and the stored code the value of one.
fn is_captured(code: &Term, stored: &Term) -> bool {
    let is_variable = |term: &Term| {
        let term = term.single_item().unwrap_or(term);
        matches!(term.head(), Head::Var(Var::Bound(_)) | Head::VarRef { .. })
    };
    is_variable(code) && !is_variable(stored)
}
