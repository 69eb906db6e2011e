//! Random small terms and patterns against a literal, exponential model of the rules.

mod build;

use build::*;
use proptest::prelude::*;
use rhodium_term::{Category, Head, SimpleType, Term, Var};

/// Whether a target matches, by trying everything.
fn model(target: &Term, pattern: &Term) -> bool {
    if !pattern.connective_used() {
        return target == pattern;
    }
    let connectives = pattern.items(Category::Connective);
    let leftovers = |item: &&Term| matches!(item.head(), Head::Var(Var::Free(_) | Var::Wildcard));
    let rest: Vec<Term> = pattern.children()[..].iter().filter(|i| !leftovers(i)).cloned().collect();
    let components: Vec<Term> =
        rest.into_iter().filter(|i| i.head().category() != Some(Category::Connective)).collect();
    let open_ended = pattern.children().iter().any(|i| leftovers(&i));
    model_par(target.children().to_vec(), connectives, &components, open_ended)
}

fn model_par(items: Vec<Term>, connectives: &[Term], components: &[Term], open_ended: bool) -> bool {
    if let Some((connective, later)) = connectives.split_first() {
        return (0u32..1 << items.len()).any(|subset| {
            let part = |inside| {
                let keep = move |k: &usize| (subset >> k & 1 == 1) == inside;
                (0..items.len()).filter(keep).map(|k| items[k].clone()).collect::<Vec<_>>()
            };
            model_connective(&Term::par(part(true)), connective)
                && model_par(part(false), later, components, open_ended)
        });
    }
    model_bag(&items, components, open_ended, &model_item)
}

fn model_bag(targets: &[Term], patterns: &[Term], open_ended: bool, accepts: &dyn Fn(&Term, &Term) -> bool) -> bool {
    let Some((pattern, later)) = patterns.split_first() else { return open_ended || targets.is_empty() };
    (0..targets.len()).any(|k| {
        let mut others = targets.to_vec();
        accepts(&others.remove(k), pattern) && model_bag(&others, later, open_ended, accepts)
    })
}

fn model_connective(target: &Term, connective: &Term) -> bool {
    let operands = connective.children();
    match connective.head() {
        Head::ConnAnd => operands.iter().all(|p| model(target, p)),
        Head::ConnOr => operands.iter().any(|p| model(target, p)),
        Head::ConnNot => !model(target, &operands[0]),
        Head::Type(SimpleType::Int) => matches!(target.single_item().map(Term::head), Some(Head::Int(_))),
        _ => false,
    }
}

fn model_item(target: &Term, pattern: &Term) -> bool {
    if !pattern.connective_used() {
        return target == pattern;
    }
    let (t, p) = (target.children(), pattern.children());
    match (target.head(), pattern.head()) {
        (Head::Send { .. }, Head::Send { .. }) | (Head::Tuple, Head::Tuple) => {
            t.len() == p.len() && t.iter().zip(p).all(|(t, p)| model(t, p))
        }
        (Head::List { .. }, Head::List { remainder }) => {
            (t.len() == p.len() || t.len() > p.len() && remainder.is_some())
                && t.iter().zip(p).all(|(t, p)| model(t, p))
        }
        (Head::Set { .. }, Head::Set { remainder }) => model_bag(t, p, remainder.is_some(), &model),
        (Head::Map { .. }, Head::Map { remainder }) => {
            let entries = |of: &[Term]| of.chunks(2).map(tuple).collect::<Vec<_>>();
            model_bag(&entries(t), &entries(p), remainder.is_some(), &model)
        }
        _ => false,
    }
}

/// A closed process.
fn target() -> impl Strategy<Value = Term> {
    let leaf = prop_oneof![Just(Term::nil()), (0i64..3).prop_map(int), "[ab]".prop_map(|s| text(&s))];
    leaf.prop_recursive(3, 20, 4, |inner| {
        let some = prop::collection::vec(inner, 0..4);
        prop_oneof![
            3 => some.clone().prop_map(|parts| par(&parts)),
            1 => some.clone().prop_map(|parts| list(&parts)),
            1 => some.clone().prop_map(|parts| tuple(&parts)),
            2 => some.clone().prop_map(|parts| set(&parts)),
            1 => some.clone().prop_map(|parts| map(&entries(parts))),
            2 => some.prop_map(|parts| send(int(0), &parts)),
        ]
    })
}

fn entries(parts: Vec<Term>) -> Vec<(Term, Term)> {
    parts.chunks_exact(2).map(|e| (e[0].clone(), e[1].clone())).collect()
}

/// A pattern that resembles a target: numbers are decisions. Levels are given in order of construction.
fn blur(term: &Term, decisions: &mut impl Iterator<Item = u8>, level: &mut u32) -> Term {
    let mut fresh = || {
        *level += 1;
        Var::Free(*level - 1)
    };
    match decisions.next().unwrap_or(0) {
        1 => return Term::single(Term::var(fresh(), 1)),
        2 => return wild(),
        3 => return is_int(),
        4 => return not(term.clone()),
        5 => {
            let variable = Term::single(Term::var(fresh(), 1));
            return and(&[variable, blur(term, decisions, level)]);
        }
        6 => return or(&[is_int(), blur(term, decisions, &mut 1000)]),
        _ => {}
    }
    let mut parts = Vec::new();
    for item in term.children() {
        match decisions.next().unwrap_or(0) {
            1 => parts.push(not(Term::nil())),
            2 => parts.push(is_int()),
            3 => parts.push(blur(&Term::single(item.clone()), decisions, level)),
            _ => parts.push(blur_item(item, decisions, level)),
        }
    }
    match decisions.next().unwrap_or(0) {
        1 => parts.push(wild()),
        2 => {
            *level += 1;
            parts.push(free(*level - 1));
            parts.remove(0);
        }
        3 => parts.reverse(),
        _ => {}
    }
    par(&parts)
}

fn blur_item(item: &Term, decisions: &mut impl Iterator<Item = u8>, level: &mut u32) -> Term {
    let mut children: Vec<Term> = item.children().iter().map(|c| blur(c, decisions, level)).collect();
    let remainder = match decisions.next().unwrap_or(0) {
        1 => Some(Var::Wildcard),
        2 => {
            *level += 1;
            Some(Var::Free(*level - 1))
        }
        _ => None,
    };
    if remainder.is_some() && !matches!(item.head(), Head::Map { .. }) {
        children.pop();
    }
    match item.head() {
        Head::Send { .. } if !children.is_empty() => send(children[0].clone(), &children[1..]),
        Head::Tuple => tuple(&children),
        Head::List { .. } => list_with(&children, remainder),
        Head::Set { .. } => set_with(&children, remainder),
        Head::Map { .. } => map_with(&entries(children), remainder),
        _ => Term::single(item.clone()),
    }
}

fn blurred() -> impl Strategy<Value = (Term, Term, u32)> {
    (target(), prop::collection::vec(0u8..20, 40)).prop_map(|(target, decisions)| {
        let mut level = 0;
        let pattern = blur(&target, &mut decisions.into_iter(), &mut level);
        (target, pattern, level)
    })
}

/// The pattern with its variables replaced; `None` if it has parts that are no terms.
fn instantiate(pattern: &Term, values: &[Term]) -> Option<Term> {
    let value = |var: &Option<Var>| match var {
        None => Some(Term::nil()),
        Some(Var::Free(level)) => values.get(*level as usize).cloned(),
        _ => None,
    };
    let mut parts = Vec::new();
    for item in pattern.children() {
        let children: Option<Vec<Term>> = match item.head() {
            Head::ConnAnd | Head::ConnOr | Head::ConnNot | Head::Type(_) => return None,
            _ => item.children().iter().map(|c| instantiate(c, values)).collect(),
        };
        let mut children = children?;
        let mut with = |remainder: &Option<Var>| {
            let rest = value(remainder)?;
            children.extend(rest.single_item().map(|c| c.children().to_vec()).unwrap_or_default());
            Some(())
        };
        parts.push(match item.head() {
            Head::Var(var) => value(&Some(*var))?,
            Head::Send { .. } => send(children[0].clone(), &children[1..]),
            Head::Tuple => tuple(&children),
            Head::List { remainder } => {
                with(remainder)?;
                list(&children)
            }
            Head::Set { remainder } => {
                with(remainder)?;
                set(&children)
            }
            Head::Map { remainder } => {
                with(remainder)?;
                map(&entries(children))
            }
            _ => Term::single(item.clone()),
        });
    }
    Some(par(&parts))
}

/// Whether some par below lists an item twice: remainders then take more than is left over (runtime.md 5.3).
fn has_twins(term: &Term) -> bool {
    let is_par = matches!(term.head(), Head::Par);
    is_par && term.children().windows(2).any(|w| w[0] == w[1]) || term.children().iter().any(has_twins)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn closed_terms_match_themselves(t in target()) {
        check(&t, &t, &[]);
        check(&t, &free(0), std::slice::from_ref(&t));
        check_fails(&t, &not(t.clone()));
    }

    #[test]
    fn agrees_with_the_model((target, pattern, levels) in blurred()) {
        let found = bindings(&target, &pattern, levels);
        prop_assert_eq!(found.is_some(), model(&target, &pattern));
        if let Some(values) = found
            && !has_twins(&target)
            && let Some(back) = instantiate(&pattern, &values)
        {
            prop_assert_eq!(back, target);
        }
    }

    #[test]
    fn agrees_with_the_model_on_others((_, pattern, levels) in blurred(), target in target()) {
        prop_assert_eq!(bindings(&target, &pattern, levels).is_some(), model(&target, &pattern));
    }
}
