//! The outcome of bag matching against the algorithm of language.md 4.4 written down literally.

mod build;

use build::*;
use proptest::prelude::*;
use rhodium_term::{Head, Term, Var};

/// A bag as the specification has it: remainder slots are patterns in front of the real ones.
struct Literal {
    accepts: Vec<Vec<bool>>,
    owners: Vec<Option<usize>>,
    seen: Vec<bool>,
}

impl Literal {
    fn find(&mut self, pattern: usize, from: usize) -> bool {
        for target in from..self.owners.len() {
            if self.seen[target] || !self.accepts[pattern][target] {
                continue;
            }
            self.seen[target] = true;
            let free = match self.owners[target] {
                None => true,
                Some(owner) => self.find(owner, target + 1),
            };
            if free {
                self.owners[target] = Some(pattern);
                return true;
            }
        }
        false
    }
}

/// Who owns each target; `None` = no match. Slots have the low numbers.
fn literal(slots: usize, closed: Vec<bool>, real: Vec<Vec<bool>>) -> Option<Vec<Option<usize>>> {
    let count = closed.len();
    let accepts: Vec<Vec<bool>> = std::iter::repeat_n(closed, slots).chain(real).collect();
    let mut state = Literal { owners: vec![None; count], seen: Vec::new(), accepts };
    for pattern in 0..state.accepts.len() {
        state.seen = vec![false; count];
        if !state.find(pattern, 0) {
            return None;
        }
    }
    Some(state.owners)
}

/// Element k of the target: every third one is open if wanted.
fn element(k: usize, open: bool) -> Term {
    if open && k % 3 == 1 { tuple(&[bound(0), int(k as i64)]) } else { tuple(&[text("t"), int(k as i64)]) }
}

/// What a pattern is made of: which elements it accepts.
fn pattern(accepted: &[usize], style: u8, open: bool) -> Term {
    let elements: Vec<Term> = accepted.iter().map(|k| element(*k, open)).collect();
    match (style, elements.as_slice()) {
        (0, _) => wild(),
        (1, [one, ..]) => one.clone(),
        (_, []) => not(wild()),
        (_, all) => or(all),
    }
}

fn elements_of(collection: &Term, step: usize) -> Vec<Term> {
    let item = collection.single_item().expect("a collection");
    item.children().iter().step_by(step).cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ownership_is_the_specified_one(
        count in 0usize..9,
        parts in prop::collection::vec((prop::collection::vec(0usize..9, 0..5), 0u8..4), 0..7),
        remainder in 0u8..4,
        open in any::<bool>(),
        map_shaped in any::<bool>(),
    ) {
        let remainder = match remainder {
            0 => None,
            1 => Some(Var::Wildcard),
            _ => Some(Var::Free(0)),
        };
        let elements: Vec<Term> = (0..count).map(|k| element(k, open)).collect();
        let patterns: Vec<Term> = parts.iter().map(|(accepted, style)| pattern(accepted, *style, open)).collect();
        // The values of a map pattern tell which entry was taken.
        let (target, pattern) = if map_shaped {
            let entries: Vec<(Term, Term)> = elements.iter().enumerate().map(|(k, e)| (e.clone(), int(k as i64))).collect();
            let patterns: Vec<(Term, Term)> =
                patterns.iter().enumerate().map(|(k, p)| (p.clone(), free(k as u32 + 1))).collect();
            (map(&entries), map_with(&patterns, remainder))
        } else {
            (set(&elements), set_with(&patterns, remainder))
        };
        let step = if map_shaped { 2 } else { 1 };
        let (targets, patterns) = (elements_of(&target, step), elements_of(&pattern, step));

        let accepts: Vec<Vec<bool>> = patterns
            .iter()
            .map(|p| targets.iter().map(|t| bindings(t, p, 0).is_some()).collect())
            .collect();
        let fits = if remainder.is_none() { patterns.len() == targets.len() } else { patterns.len() <= targets.len() };
        let slots = if matches!(remainder, Some(Var::Free(_))) { targets.len().saturating_sub(patterns.len()) } else { 0 };
        let closed = targets.iter().map(|t| t.locally_free().is_empty()).collect();
        let expected = if fits { literal(slots, closed, accepts) } else { None };

        let found = bindings(&target, &pattern, 8);
        prop_assert_eq!(found.is_some(), expected.is_some());
        let (Some(found), Some(owners)) = (found, expected) else { return Ok(()) };
        if remainder == Some(Var::Free(0)) {
            let left: Vec<Term> = targets.iter().zip(&owners).filter(|(_, o)| o.is_some_and(|o| o < slots)).map(|(t, _)| t.clone()).collect();
            prop_assert_eq!(elements_of(&found[0], step), left);
        }
        if map_shaped {
            let value = |t: &Term| target.single_item().and_then(|m| m.entries().find(|(k, _)| *k == t)).map(|(_, v)| v.clone());
            let variables: Vec<u32> = pattern.single_item().into_iter().flat_map(|m| m.entries()).filter_map(|(_, v)| {
                match v.single_item().map(Term::head) {
                    Some(Head::Var(Var::Free(level))) => Some(*level),
                    _ => None,
                }
            }).collect();
            for (t, owner) in targets.iter().zip(owners) {
                if let Some(owner) = owner.filter(|o| *o >= slots) {
                    prop_assert_eq!(found.get(variables[owner - slots] as usize).cloned(), value(t));
                }
            }
        }
    }
}
