//! The canonical order of terms (runtime.md 2): score trees compared without being built.

use std::cmp::Ordering;
use std::collections::HashMap;

use smallvec::{SmallVec, smallvec};

use crate::head::{Category, Head, Var};
use crate::term::Term;

/// One child of a score node.
enum Score<'a> {
    Int(i64),
    Str(&'a str),
    Bytes(Vec<u8>),
    BytesRef(&'a [u8]),
    Var(Var),
    Node(&'a Term),
    NilNode,
}

fn var_key(var: Var) -> (i64, i64) {
    match var {
        Var::Bound(i) => (50, i64::from(i)),
        Var::Free(i) => (51, i64::from(i)),
        Var::Wildcard => (52, 0),
    }
}

fn flag(b: bool) -> Score<'static> {
    Score::Int(i64::from(b))
}

/// The child of the score node of `term` at `position`, or `None` past the end.
fn score_at(term: &Term, position: usize) -> Option<Score<'_>> {
    let children = term.children();
    let cu = || flag(term.connective_used());
    // [constant, fixed leaves…, child scores…, trailing leaves…]
    let sequence = |constant: i64, from: usize, trailing: Option<Score<'static>>| match position {
        0 => Some(Score::Int(constant)),
        p if p - 1 < children.len() - from => Some(Score::Node(&children[from + p - 1])),
        p if p - 1 == children.len() - from => trailing,
        _ => None,
    };
    match term.head() {
        Head::Par => sequence(999, 0, Some(cu())),
        Head::Send { persistent } => match position {
            0 => Some(Score::Int(300)),
            1 => Some(flag(*persistent)),
            p if p - 2 < children.len() => Some(Score::Node(&children[p - 2])),
            p if p - 2 == children.len() => Some(cu()),
            _ => None,
        },
        Head::Receive { persistent, peek, bind_count, binds, guard } => {
            let binds = *binds as usize;
            match position {
                0 => Some(Score::Int(301)),
                1 => Some(flag(*persistent)),
                2 => Some(flag(*peek)),
                p if p - 3 <= binds => Some(Score::Node(&children[p - 3])),
                p if p - 3 == binds + 1 => Some(Score::Int(i64::from(*bind_count))),
                p if p - 3 == binds + 2 => Some(cu()),
                p if p - 3 == binds + 3 => {
                    Some(if *guard { Score::Node(&children[binds + 1]) } else { Score::NilNode })
                }
                _ => None,
            }
        }
        Head::Bind { remainder, .. } => match position {
            p if p < children.len() => Some(Score::Node(&children[p])),
            p if p == children.len() => Some(remainder.map_or(Score::Int(0), Score::Var)),
            _ => None,
        },
        Head::New { bind_count, names } => {
            let uris = names.uris.len().max(1);
            let injections = (2 * names.injections.len()).max(1);
            match position {
                0 => Some(Score::Int(303)),
                1 => Some(Score::Int(i64::from(*bind_count))),
                p if p - 2 < uris => Some(names.uris.get(p - 2).map_or(Score::Int(0), |u| Score::Str(u))),
                p if p - 2 - uris < injections => {
                    let k = p - 2 - uris;
                    Some(match names.injections.get(k / 2) {
                        None => Score::Int(0),
                        Some(name) if k % 2 == 0 => Score::Str(name),
                        Some(_) => Score::Node(&children[1 + k / 2]),
                    })
                }
                p if p - 2 - uris == injections => Some(Score::Node(&children[0])),
                _ => None,
            }
        }
        Head::Match => sequence(304, 0, Some(cu())),
        Head::Case { free_count, guard } => match position {
            0 | 1 => Some(Score::Node(&children[position])),
            2 => Some(Score::Int(i64::from(*free_count))),
            3 => Some(if *guard { Score::Node(&children[2]) } else { Score::NilNode }),
            _ => None,
        },
        Head::If => sequence(309, 0, Some(cu())),
        Head::Bundle { write, read } => {
            let constant = match (*write, *read) {
                (false, false) => 305,
                (false, true) => 306,
                (true, false) => 307,
                (true, true) => 308,
            };
            sequence(constant, 0, None)
        }
        Head::Bool(b) => pair(position, 1, || flag(!*b)),
        Head::Int(i) => pair(position, 2, || Score::Int(*i)),
        Head::Str(s) => pair(position, 3, || Score::Str(s)),
        Head::Uri(s) => pair(position, 4, || Score::Str(s)),
        Head::Private(b) => pair(position, 5, || Score::BytesRef(b)),
        Head::DeployerId(b) => pair(position, 10, || Score::BytesRef(b)),
        Head::DeployId(b) => pair(position, 11, || Score::BytesRef(b)),
        Head::SysAuthToken => (position == 0).then_some(Score::Int(12)),
        Head::Bytes(b) => pair(position, 116, || Score::BytesRef(b)),
        Head::Double(bits) => pair(position, 14, || Score::Int(*bits as i64)),
        Head::BigInt(i) => pair(position, 15, || Score::Bytes(i.to_signed_bytes_be())),
        Head::BigRat(r) => match position {
            0 => Some(Score::Int(16)),
            1 => Some(Score::Bytes(r.0.to_signed_bytes_be())),
            2 => Some(Score::Bytes(r.1.to_signed_bytes_be())),
            _ => None,
        },
        Head::FixedPoint(f) => match position {
            0 => Some(Score::Int(17)),
            1 => Some(Score::Bytes(f.0.to_signed_bytes_be())),
            2 => Some(Score::Int(i64::from(f.1))),
            _ => None,
        },
        Head::Not => sequence(112, 0, None),
        Head::Neg => sequence(101, 0, None),
        Head::Binary(op) => sequence(op.score(), 0, None),
        Head::Matches => sequence(118, 0, None),
        Head::Var(v) => pair(position, 100, || Score::Var(*v)),
        Head::List { remainder } => collection(term, position, 6, *remainder, 1),
        Head::Set { remainder } => collection(term, position, 8, *remainder, 1),
        Head::Map { remainder } => collection(term, position, 9, *remainder, 2),
        Head::PathMap { remainder } => collection(term, position, 13, *remainder, 1),
        Head::Tuple => sequence(7, 0, Some(cu())),
        Head::Zipper(_) => sequence(14, 0, Some(cu())),
        Head::Method(name) => match position {
            0 => Some(Score::Int(115)),
            1 => Some(Score::Str(name)),
            p if p - 2 < children.len() => Some(Score::Node(&children[p - 2])),
            p if p - 2 == children.len() => Some(cu()),
            _ => None,
        },
        Head::ConnNot => sequence(400, 0, None),
        Head::ConnAnd => sequence(401, 0, None),
        Head::ConnOr => sequence(402, 0, None),
        Head::VarRef { index, depth } => match position {
            0 => Some(Score::Int(403)),
            1 => Some(Score::Int(i64::from(*index))),
            2 => Some(Score::Int(i64::from(*depth))),
            _ => None,
        },
        Head::Type(t) => pair(position, 399 + i64::from(t.field()), || Score::Int(1)),
    }
}

fn pair<'a>(position: usize, constant: i64, value: impl FnOnce() -> Score<'a>) -> Option<Score<'a>> {
    match position {
        0 => Some(Score::Int(constant)),
        1 => Some(value()),
        _ => None,
    }
}

/// `[constant, remainder, every `step`-th child…, cu]`
fn collection(term: &Term, position: usize, constant: i64, remainder: Option<Var>, step: usize) -> Option<Score<'_>> {
    let count = term.children().len() / step;
    match position {
        0 => Some(Score::Int(constant)),
        1 => Some(remainder.map_or(Score::Int(-1), Score::Var)),
        p if p - 2 < count => Some(Score::Node(&term.children()[(p - 2) * step])),
        p if p - 2 == count => Some(flag(term.connective_used())),
        _ => None,
    }
}

/// What comparing two score children says at once; `Descend` if both are nodes that must be walked.
enum Step<'a> {
    Known(Ordering),
    Descend(&'a Term, &'a Term),
}

fn step<'a>(a: Score<'a>, b: Score<'a>) -> Step<'a> {
    use Score::*;
    fn rank(score: &Score<'_>) -> u8 {
        match score {
            Int(_) => 0,
            Str(_) => 1,
            Bytes(_) | BytesRef(_) => 2,
            Var(_) | Node(_) | NilNode => 3,
        }
    }
    let ranks = rank(&a).cmp(&rank(&b));
    if ranks != Ordering::Equal {
        return Step::Known(ranks);
    }
    fn bytes<'b>(score: &'b Score<'_>) -> &'b [u8] {
        match score {
            Bytes(b) => b,
            BytesRef(b) => b,
            _ => &[],
        }
    }
    Step::Known(match (&a, &b) {
        (Int(a), Int(b)) => a.cmp(b),
        (Str(a), Str(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Bytes(_) | BytesRef(_), _) => bytes(&a).cmp(bytes(&b)),
        (Var(a), Var(b)) => var_key(*a).cmp(&var_key(*b)),
        // A variable's score starts with 50…52, any other node that can stand in its place with 999.
        (Var(_), _) => Ordering::Less,
        (_, Var(_)) => Ordering::Greater,
        (NilNode, NilNode) => Ordering::Equal,
        (Node(a), Node(b)) => return Step::Descend(a, b),
        (NilNode, Node(b)) if b.is_nil() => Ordering::Equal,
        (Node(a), NilNode) if a.is_nil() => Ordering::Equal,
        // [999, 0] against [999, item…, cu]: a leaf is smaller than the item's node.
        (NilNode, _) => Ordering::Less,
        (_, _) => Ordering::Greater,
    })
}

/// Compares two terms by their scores. Equal scores mean equal terms, but for maps that differ only in values.
pub fn compare(a: &Term, b: &Term) -> Ordering {
    // Parts with equal hashes are compared as they are, which is faster than by scores. A collision ends that, so that
    // no part is walked more than twice.
    let mut hopeful = true;
    let mut alike = |a: &Term, b: &Term| {
        if hopeful && a.structural_hash() == b.structural_hash() {
            hopeful = a == b;
            return hopeful;
        }
        a.same_node(b)
    };
    if alike(a, b) {
        return Ordering::Equal;
    }
    let mut stack: SmallVec<[(&Term, &Term, usize); 8]> = smallvec![(a, b, 0)];
    while let Some((a, b, position)) = stack.pop() {
        match (score_at(a, position), score_at(b, position)) {
            (None, None) => continue,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => {
                stack.push((a, b, position + 1));
                match step(x, y) {
                    Step::Known(Ordering::Equal) => {}
                    Step::Known(other) => return other,
                    Step::Descend(x, y) if alike(x, y) => {}
                    Step::Descend(x, y) => stack.push((x, y, 0)),
                }
            }
        }
    }
    Ordering::Equal
}

fn group(term: &Term) -> Option<Category> {
    term.head().category()
}

/// Whether the items of a Par are in canonical order (grouped, and sorted inside each group).
pub(crate) fn is_sorted(items: &[Term]) -> bool {
    items.windows(2).all(|w| match group(&w[0]).cmp(&group(&w[1])) {
        Ordering::Less => true,
        Ordering::Greater => false,
        Ordering::Equal => compare(&w[0], &w[1]) != Ordering::Greater,
    })
}

/// Whether neighbours differ although their order is the same.
pub(crate) fn has_ties(items: &[Term]) -> bool {
    items.windows(2).any(|w| group(&w[0]) == group(&w[1]) && compare(&w[0], &w[1]).is_eq() && w[0] != w[1])
}

/// Stably sorts items by group and score.
pub fn sort(items: &mut [Term]) {
    items.sort_by(|a, b| group(a).cmp(&group(b)).then_with(|| compare(a, b)));
}

/// The deep canonical form: every Par below is sorted. Terms that are canonical already are returned as they are.
pub fn sort_term(term: &Term) -> Term {
    struct Frame {
        term: Term,
        done: Vec<Term>,
    }
    if term.is_canonical() {
        return term.clone();
    }
    let mut stack = vec![Frame { term: term.clone(), done: Vec::new() }];
    loop {
        let Some(frame) = stack.last_mut() else { return term.clone() };
        if let Some(child) = frame.term.children().get(frame.done.len()) {
            if child.is_canonical() {
                frame.done.push(child.clone());
            } else {
                let child = child.clone();
                stack.push(Frame { term: child, done: Vec::new() });
            }
            continue;
        }
        let Some(Frame { term: old, mut done }) = stack.pop() else { return term.clone() };
        if matches!(old.head(), Head::Par) {
            sort(&mut done);
        }
        let children = match old.head() {
            Head::Set { .. } => canonical_set(done),
            Head::Map { .. } => canonical_map_children(done),
            _ => done,
        };
        let new = Term::with_caches(old.head().clone(), children, old.locally_free().clone(), old.connective_used())
            .at(old.origin());
        match stack.last_mut() {
            Some(parent) => parent.done.push(new),
            None => return new,
        }
    }
}

pub(crate) fn canonical_map_children(children: Vec<Term>) -> Vec<Term> {
    let entries = children.chunks_exact(2).map(|p| (p[0].clone(), p[1].clone())).collect();
    canonical_map(entries).into_iter().flat_map(|(k, v)| [k, v]).collect()
}

/// Sorted elements without duplicates. Elements must be canonical themselves.
pub(crate) fn canonical_set(mut elements: Vec<Term>) -> Vec<Term> {
    for element in &mut elements {
        *element = sort_term(element);
    }
    elements.sort_by(compare);
    let mut out: Vec<Term> = Vec::with_capacity(elements.len());
    let mut run = Run::default();
    for element in elements {
        if run.find(&out, |known| known, &element).is_none() {
            out.push(element);
        }
    }
    out
}

/// The last things of a list in order that compare as equal: maps that differ in values only do, so duplicates need not
/// be neighbours there. The places of all but single ones are kept, so that long runs are not searched.
#[derive(Default)]
struct Run {
    start: usize,
    places: HashMap<Term, usize>,
}

impl Run {
    /// Where in the list `new` is already, if that comes next in the order.
    fn find<T>(&mut self, list: &[T], key: impl Fn(&T) -> &Term, new: &Term) -> Option<usize> {
        if list.last().is_none_or(|last| compare(key(last), new) != Ordering::Equal) {
            self.start = list.len();
            self.places.clear();
            return None;
        }
        for (place, known) in list.iter().enumerate().skip(self.start + self.places.len()) {
            self.places.insert(key(known).clone(), place);
        }
        self.places.get(new).copied()
    }
}

/// Entries sorted by key; the last of several entries with equal keys stays.
pub(crate) fn canonical_map(mut entries: Vec<(Term, Term)>) -> Vec<(Term, Term)> {
    for (key, value) in &mut entries {
        *key = sort_term(key);
        *value = sort_term(value);
    }
    entries.sort_by(|a, b| compare(&a.0, &b.0));
    let mut out: Vec<(Term, Term)> = Vec::with_capacity(entries.len());
    let mut run = Run::default();
    for (key, value) in entries {
        match run.find(&out, |entry| &entry.0, &key) {
            Some(place) => out[place].1 = value,
            None => out.push((key, value)),
        }
    }
    out
}
