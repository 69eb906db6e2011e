//! Sizes of substituted terms, computed without substituting (runtime.md 1.8, 4.3).

use std::collections::HashMap;

use rhodium_term::{
    CHILD_KEY_LEN, Head, Mode, Term, Var, binders_above_child, child_is_pattern, size_parts, substitute, varint_len,
};
use smallvec::SmallVec;

use super::{Scope, Slot};
use crate::value::Value;

/// Computes the size of a term (the body of a receive, say) after substitution of its outer variables.
#[derive(Debug)]
pub struct SizeProgram {
    /// Children before parents; the last one is the root. Empty if the size is fixed.
    nodes: Box<[Node]>,
    fixed: u64,
}

#[derive(Debug)]
enum Node {
    /// The sum of a fixed part and the fields of children, wrapped in an expression field if `wrapper`.
    Sum { fixed: u64, wrapper: Option<u64>, children: Box<[u32]> },
    /// A Par in which variables expand.
    Par { fixed: u64, connective_used: bool, children: Box<[u32]>, spliced: Box<[Slot]> },
    /// Substituted to know, with as many binders below as count for `locallyFree`, and so many above these that do not.
    Build { term: Term, depth: u32, shift: u32, cut: u32 },
}

struct Entry<'a> {
    term: &'a Term,
    depth: u32,
    shift: u32,
    next: usize,
    children: Vec<u32>,
    spliced: Vec<Slot>,
    /// Bytes of static children that are counted by `size_parts` but replaced by computed ones.
    replaced: u64,
}

fn field(len: u64) -> u64 {
    CHILD_KEY_LEN + varint_len(len) + len
}

impl SizeProgram {
    /// The program of a term that stands below `shift` binders of its own, in the context of the enclosing code.
    pub fn compile(term: &Term, shift: u32, scope: &Scope) -> SizeProgram {
        SizeProgram::compile_cut(term, shift, 0, scope)
    }

    /// The same for the guard of a receive, whose `locallyFree` the network cuts as if the receive's own variables were
    /// not bound.
    pub fn compile_guard(term: &Term, bind_count: u32, scope: &Scope) -> SizeProgram {
        SizeProgram::compile_cut(term, bind_count, bind_count, scope)
    }

    /// `cut`: how many binders fewer than `shift` count for `locallyFree`.
    fn compile_cut(term: &Term, shift: u32, cut: u32, scope: &Scope) -> SizeProgram {
        if term.reach() <= shift - cut {
            return SizeProgram { nodes: Box::new([]), fixed: term.size() };
        }
        let entry = |term, depth, shift| Entry {
            term,
            depth,
            shift,
            next: 0,
            children: Vec::new(),
            spliced: Vec::new(),
            replaced: 0,
        };
        let mut nodes = Vec::new();
        let mut stack = vec![entry(term, 0, shift)];
        while let Some(top) = stack.last_mut() {
            let node = top.term;
            let rebuilt = size_parts(node, 0).is_none();
            if let Some(child) = node.children().get(top.next).filter(|_| !rebuilt) {
                let k = top.next;
                top.next += 1;
                let shift = top.shift + binders_above_child(node.head(), k);
                let depth = top.depth + u32::from(child_is_pattern(node.head(), k));
                if child.reach() <= shift - cut {
                    continue;
                }
                match variable(child, depth, shift, scope) {
                    Some(Some(slot)) => {
                        top.spliced.push(slot);
                        top.replaced += field(child.size());
                    }
                    Some(None) => {}
                    None => {
                        top.replaced += field(child.size());
                        stack.push(entry(child, depth, shift));
                    }
                }
                continue;
            }
            let Some(done) = stack.pop() else { break };
            nodes.push(finish(done, cut));
            let index = nodes.len() as u32 - 1;
            if let Some(parent) = stack.last_mut() {
                parent.children.push(index);
            }
        }
        SizeProgram { nodes: nodes.into_boxed_slice(), fixed: 0 }
    }

    /// The size, given the values of the outer variables: `value` by slot, `lookup` by index from the term's context.
    pub fn size<'v>(
        &self,
        value: &dyn Fn(Slot) -> Option<&'v Value>,
        lookup: &dyn Fn(u32) -> Option<&'v Value>,
    ) -> u64 {
        if self.nodes.is_empty() {
            return self.fixed;
        }
        let mut sizes: SmallVec<[u64; 16]> = SmallVec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let sum = |fixed: u64, children: &[u32], sizes: &[u64]| {
                children.iter().map(|c| field(sizes[*c as usize])).fold(fixed, u64::saturating_add)
            };
            let size = match node {
                Node::Sum { fixed, wrapper, children } => {
                    let content = sum(*fixed, children, &sizes);
                    wrapper.map_or(content, |key| key + varint_len(content) + content)
                }
                Node::Par { fixed, connective_used, children, spliced } => {
                    let mut size = sum(*fixed, children, &sizes);
                    let mut expanded = false;
                    for slot in spliced {
                        let Some(value) = value(*slot) else { continue };
                        let used = value.connective_used();
                        size = size.saturating_add(value.size() - if used { 2 } else { 0 });
                        expanded |= used;
                    }
                    size + if expanded && !connective_used { 2 } else { 0 }
                }
                Node::Build { term, depth, shift, cut } => {
                    let values = |index: u32| index.checked_sub(*cut).and_then(lookup).map(|v| v.to_term());
                    let mode = Mode { depth: *depth, shift: *shift, sort: false };
                    substitute(term, &values, mode).map_or(term.size(), |t| t.size())
                }
            };
            sizes.push(size);
        }
        sizes.last().copied().unwrap_or(self.fixed)
    }
}

/// For variables and references: `Some(Some(slot))` if substitution replaces it, `Some(None)` if it stays.
fn variable(term: &Term, depth: u32, shift: u32, scope: &Scope) -> Option<Option<Slot>> {
    let slot = |index: u32| index.checked_sub(shift).and_then(|outer| scope.resolve(outer));
    match term.head() {
        Head::Var(Var::Bound(index)) => Some(if depth == 0 { slot(*index) } else { None }),
        Head::VarRef { index, depth: d } => Some(if *d == depth { slot(*index) } else { None }),
        Head::Var(_) => Some(None),
        _ => None,
    }
}

fn finish(entry: Entry<'_>, cut: u32) -> Node {
    let term = entry.term;
    let Some(parts) = size_parts(term, u64::from(entry.shift - cut)) else {
        return Node::Build { term: term.clone(), depth: entry.depth, shift: entry.shift - cut, cut };
    };
    let fixed = parts.content - entry.replaced;
    let children = entry.children.into_boxed_slice();
    if matches!(term.head(), Head::Par) {
        let spliced = entry.spliced.into_boxed_slice();
        return Node::Par { fixed, connective_used: term.connective_used(), children, spliced };
    }
    Node::Sum { fixed, wrapper: parts.wrapper, children }
}

/// Indices (relative to the context outside) of the outer variables that substitution of the terms would replace.
/// Each term stands below `shift` binders of its own.
pub fn outer_indices(terms: &[&Term], shift: u32) -> Vec<u32> {
    let mut found = HashMap::new();
    let mut stack: Vec<(&Term, u32, u32)> = terms.iter().map(|t| (*t, 0, shift)).collect();
    while let Some((term, depth, shift)) = stack.pop() {
        if term.reach() <= shift {
            continue;
        }
        let mut add = |index: u32| {
            if let Some(outer) = index.checked_sub(shift) {
                found.insert(outer, ());
            }
        };
        match term.head() {
            Head::Var(Var::Bound(index)) if depth == 0 => add(*index),
            Head::VarRef { index, depth: d } if *d == depth => add(*index),
            head => stack.extend(term.children().iter().enumerate().map(|(k, child)| {
                (child, depth + u32::from(child_is_pattern(head, k)), shift + binders_above_child(head, k))
            })),
        }
    }
    let mut indices: Vec<u32> = found.into_keys().collect();
    indices.sort_unstable();
    indices
}
