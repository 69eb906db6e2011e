//! The spatial matcher, as runtime.md 5 and language.md 4 write it: everything is tried, nothing is remembered.
//!
//! Where the two texts differ language.md, which is more exact, is followed. Sub-pars are tried with full backtracking
//! (runtime.md B7); equal items are captured twice (B8) and a variable does not capture conditionals, which the product
//! keeps because states depend on it.

use std::collections::BTreeMap;

use rhodium_term::{BinaryOp, Category, Head, SimpleType, Term, Var};

/// Values by level.
pub type Bindings = BTreeMap<u32, Term>;

/// The kinds that are matched, innermost loop of the search for sub-pars first.
const KINDS: [Category; 7] = [
    Category::Bundle,
    Category::Unforgeable,
    Category::Match,
    Category::Expr,
    Category::New,
    Category::Receive,
    Category::Send,
];

/// A process against a pattern: the values of all levels.
pub fn process(target: &Term, pattern: &Term, free_count: u32) -> Option<Vec<Term>> {
    Some(by_level(par(target, pattern)?, free_count))
}

/// The data of a message against the patterns of a bind.
pub fn message(data: &[Term], patterns: &[Term], remainder: Option<Var>, free_count: u32) -> Option<Vec<Term>> {
    Some(by_level(sequence(data, patterns, remainder)?, free_count))
}

fn by_level(bindings: Bindings, free_count: u32) -> Vec<Term> {
    (0..free_count).map(|level| bindings.get(&level).cloned().unwrap_or_else(Term::nil)).collect()
}

fn par(target: &Term, pattern: &Term) -> Option<Bindings> {
    if !pattern.connective_used() {
        return (target == pattern).then(Bindings::new);
    }
    let exprs = pattern.items(Category::Expr).iter();
    let variable = exprs.clone().find_map(|item| match item.head() {
        Head::Var(Var::Free(level)) => Some(*level),
        _ => None,
    });
    let wildcard = exprs.clone().any(|item| matches!(item.head(), Head::Var(Var::Wildcard)));
    let leftover = match variable {
        Some(level) => Some(Var::Free(level)),
        None => wildcard.then_some(Var::Wildcard),
    };
    let connectives = pattern.items(Category::Connective);
    let components: Vec<Term> = pattern.children().iter().filter(|item| is_component(item)).cloned().collect();
    if let ([lone], [], None) = (connectives, &components[..], leftover) {
        return connective(target, lone);
    }
    let items: Vec<Term> = KINDS.iter().flat_map(|kind| target.items(*kind).to_vec()).collect();
    with_connectives(&items, connectives, &|left| bags_by_kind(left, &components, leftover))
}

fn is_component(item: &Term) -> bool {
    let kind = item.head().category();
    kind != Some(Category::Connective)
        && kind != Some(Category::If)
        && !matches!(item.head(), Head::Var(Var::Free(_) | Var::Wildcard))
}

/// Each connective takes a sub-par of what is left; the rest must do with what remains in the end. Items are in the
/// order of [`KINDS`], so that counting in binary numbers tries them in the order of language.md 4.3.
fn with_connectives(
    items: &[Term],
    connectives: &[Term],
    rest: &dyn Fn(&[Term]) -> Option<Bindings>,
) -> Option<Bindings> {
    let Some((first, later)) = connectives.split_first() else { return rest(items) };
    (0u64..1 << items.len()).find_map(|subset| {
        let part = |inside: bool| -> Vec<Term> {
            let numbered = items.iter().enumerate();
            numbered.filter(|(k, _)| (subset >> k & 1 == 1) == inside).map(|(_, item)| item.clone()).collect()
        };
        let mut bindings = connective(&Term::par(part(true)), first)?;
        bindings.extend(with_connectives(&part(false), later, rest)?);
        Some(bindings)
    })
}

fn connective(target: &Term, connective: &Term) -> Option<Bindings> {
    let operands = connective.children();
    match connective.head() {
        Head::ConnAnd => operands.iter().try_fold(Bindings::new(), |mut bindings, operand| {
            bindings.extend(par(target, operand)?);
            Some(bindings)
        }),
        Head::ConnOr => operands.iter().any(|operand| par(target, operand).is_some()).then(Bindings::new),
        Head::ConnNot => par(target, &operands[0]).is_none().then(Bindings::new),
        Head::Type(kind) => {
            let fits = matches!(
                (kind, target.single_item()?.head()),
                (SimpleType::Bool, Head::Bool(_))
                    | (SimpleType::Int, Head::Int(_))
                    | (SimpleType::String, Head::Str(_))
                    | (SimpleType::Uri, Head::Uri(_))
                    | (SimpleType::ByteArray, Head::Bytes(_))
                    | (SimpleType::BigInt, Head::BigInt(_))
            );
            fits.then(Bindings::new)
        }
        _ => None,
    }
}

/// The components kind by kind; what a variable captures of all kinds is one Par.
fn bags_by_kind(items: &[Term], components: &[Term], leftover: Option<Var>) -> Option<Bindings> {
    let mut bindings = Bindings::new();
    let mut captured = Vec::new();
    for kind in KINDS {
        let of_kind = |list: &[Term]| -> Vec<Vec<Term>> {
            list.iter().filter(|item| item.head().category() == Some(kind)).map(|item| vec![item.clone()]).collect()
        };
        let accepts = |target: &[Term], pattern: &[Term]| item(&target[0], &pattern[0]);
        let (bound, rest) = bag(&of_kind(items), &of_kind(components), leftover, &accepts)?;
        bindings.extend(bound);
        captured.extend(rest.into_iter().flatten());
    }
    if let (Some(Var::Free(level)), false) = (leftover, captured.is_empty()) {
        bindings.insert(level, Term::par(captured));
    }
    Some(bindings)
}

type Accepts<'a> = dyn Fn(&[Term], &[Term]) -> Option<Bindings> + 'a;

/// List matching (language.md 4.4): the bindings, and the targets that a variable captures.
fn bag(
    targets: &[Vec<Term>],
    patterns: &[Vec<Term>],
    remainder: Option<Var>,
    accepts: &Accepts<'_>,
) -> Option<(Bindings, Vec<Vec<Term>>)> {
    let surplus = targets.len().checked_sub(patterns.len())?;
    let slots = match remainder {
        Some(Var::Free(_)) => surplus,
        Some(Var::Wildcard) => 0,
        _ if surplus > 0 => return None,
        _ => 0,
    };
    let accepted = |pattern: usize, target: usize| match pattern.checked_sub(slots) {
        None => targets[target].iter().all(Term::is_closed).then(Bindings::new),
        Some(pattern) => accepts(&targets[target], &patterns[pattern]),
    };
    let mut owners = vec![None; targets.len()];
    for pattern in 0..slots + patterns.len() {
        if !seek(pattern, 0, &accepted, &mut owners, &mut vec![false; targets.len()]) {
            return None;
        }
    }
    let mut bindings = Bindings::new();
    let mut captured: Vec<&Vec<Term>> = Vec::new();
    for (target, owner) in owners.iter().enumerate() {
        match owner {
            Some(slot) if *slot < slots => captured.push(&targets[target]),
            Some(pattern) => bindings.extend(accepted(*pattern, target)?),
            None => {}
        }
    }
    let all = targets.iter().filter(|target| captured.contains(target)).cloned().collect();
    Some((bindings, all))
}

/// Finds a target for a pattern, moving the owners of others if need be.
fn seek(
    pattern: usize,
    from: usize,
    accepted: &dyn Fn(usize, usize) -> Option<Bindings>,
    owners: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for target in from..owners.len() {
        if seen[target] || accepted(pattern, target).is_none() {
            continue;
        }
        seen[target] = true;
        if owners[target].is_none_or(|owner| seek(owner, target + 1, accepted, owners, seen)) {
            owners[target] = Some(pattern);
            return true;
        }
    }
    false
}

/// Positional matching with a remainder.
fn sequence(targets: &[Term], patterns: &[Term], remainder: Option<Var>) -> Option<Bindings> {
    let (matched, surplus) = targets.split_at_checked(patterns.len())?;
    let mut bindings = pairwise(matched, patterns)?;
    match remainder {
        Some(Var::Free(level)) => {
            if !surplus.iter().all(Term::is_closed) {
                return None;
            }
            bindings.insert(level, Term::single(Term::list(surplus.to_vec(), None)));
        }
        Some(Var::Wildcard) => {}
        _ if !surplus.is_empty() => return None,
        _ => {}
    }
    Some(bindings)
}

fn pairwise(targets: &[Term], patterns: &[Term]) -> Option<Bindings> {
    if targets.len() != patterns.len() {
        return None;
    }
    let mut bindings = Bindings::new();
    for (target, pattern) in targets.iter().zip(patterns) {
        bindings.extend(par(target, pattern)?);
    }
    Some(bindings)
}

fn item(target: &Term, pattern: &Term) -> Option<Bindings> {
    if !pattern.connective_used() {
        return (target == pattern).then(Bindings::new);
    }
    let (t, p) = (target.children(), pattern.children());
    match (target.head(), pattern.head()) {
        (Head::Send { persistent: a }, Head::Send { persistent: b }) if a == b => pairwise(t, p),
        (Head::Receive { .. }, Head::Receive { .. }) => receive(target, pattern),
        (Head::New { bind_count: a, .. }, Head::New { bind_count: b, .. }) if a == b => par(&t[0], &p[0]),
        (Head::Match, Head::Match) if t.len() == p.len() => {
            let mut bindings = par(&t[0], &p[0])?;
            for (t, p) in t[1..].iter().zip(&p[1..]) {
                if t.children()[0] != p.children()[0] {
                    return None;
                }
                bindings.extend(pairwise(&t.children()[1..], &p.children()[1..])?);
            }
            Some(bindings)
        }
        (Head::List { remainder: None }, Head::List { remainder }) => sequence(t, p, *remainder),
        (Head::Tuple, Head::Tuple) => pairwise(t, p),
        (Head::Set { remainder: None }, Head::Set { remainder }) => {
            collection(t, p, 1, *remainder, &|members| Term::set(members, None))
        }
        (Head::Map { remainder: None }, Head::Map { remainder }) => {
            collection(t, p, 2, *remainder, &|members| Term::map(crate::substitute::pairs(&members), None))
        }
        (Head::Not, Head::Not) | (Head::Neg, Head::Neg) => pairwise(t, p),
        (Head::Binary(a), Head::Binary(b)) if a == b && has_rule(*a) => pairwise(t, p),
        _ => None,
    }
}

fn has_rule(op: BinaryOp) -> bool {
    use BinaryOp::*;
    matches!(op, Mult | Div | Mod | Plus | PercentPercent | PlusPlus | MinusMinus)
}

/// Elements, or entries (two terms each), regardless of order; the remainder is a collection again.
fn collection(
    targets: &[Term],
    patterns: &[Term],
    width: usize,
    remainder: Option<Var>,
    again: &dyn Fn(Vec<Term>) -> Term,
) -> Option<Bindings> {
    let members = |flat: &[Term]| flat.chunks_exact(width).map(<[Term]>::to_vec).collect::<Vec<_>>();
    let (mut bindings, rest) = bag(&members(targets), &members(patterns), remainder, &pairwise)?;
    if let Some(Var::Free(level)) = remainder {
        bindings.insert(level, Term::single(again(rest.into_iter().flatten().collect())));
    }
    Some(bindings)
}

fn receive(target: &Term, pattern: &Term) -> Option<Bindings> {
    let parts = |receive: &Term| match receive.head() {
        Head::Receive { persistent, binds, .. } => {
            let (binds, rest) = receive.children().split_at(*binds as usize);
            (*persistent, binds.iter().map(|bind| vec![bind.clone()]).collect::<Vec<_>>(), rest.to_vec())
        }
        _ => unreachable!("a receive"),
    };
    let ((t_persistent, t_binds, t_rest), (p_persistent, p_binds, p_rest)) = (parts(target), parts(pattern));
    if t_persistent != p_persistent {
        return None;
    }
    let accepts = |target: &[Term], pattern: &[Term]| {
        let (t, p) = (target[0].children(), pattern[0].children());
        if t[1..] == p[1..] { par(&t[0], &p[0]) } else { None }
    };
    let (mut bindings, _) = bag(&t_binds, &p_binds, None, &accepts)?;
    bindings.extend(pairwise(&t_rest, &p_rest)?);
    Some(bindings)
}
