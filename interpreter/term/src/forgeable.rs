//! Whether a name can be forged (made by anybody who knows its text), and why: the one place where that is decided.
//!
//! A name is forgeable when it is a quoted process with no free variable and no unforgeable part. Whoever writes the
//! same process has the same name, so what is received on it may come from anybody.

use crate::head::{Category, Head, Var};
use crate::term::{Term, binders_above_child};

/// Why a name can or cannot be forged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forgeability {
    /// Quotes a closed process without unforgeable parts: everybody can write it.
    Closed,
    /// Contains an unforgeable name (private name, deploy id, deployer id, authority token): the first one met.
    Unforgeable(Term),
    /// Depends on a variable bound further out, so it is as forgeable as what that variable stands for. The de Bruijn
    /// index as seen from the name; of several the innermost.
    Variable(u32),
    /// A pattern: it stands for many names.
    Pattern,
}

impl Forgeability {
    /// Whether the name is known to be forgeable.
    pub fn is_forgeable(&self) -> bool {
        *self == Forgeability::Closed
    }
}

/// Decides whether a name, given as the process that it quotes, is forgeable. Costs nothing for a name that is, and
/// otherwise a walk to the part that protects it.
pub fn forgeability(name: &Term) -> Forgeability {
    if let Some(part) = unforgeable_part(name) {
        return Forgeability::Unforgeable(part.clone());
    }
    if let Some(index) = innermost_variable(name) {
        return Forgeability::Variable(index);
    }
    if name.connective_used() { Forgeability::Pattern } else { Forgeability::Closed }
}

/// The first unforgeable name in a term.
fn unforgeable_part(term: &Term) -> Option<&Term> {
    let mut at = term;
    while at.head().category() != Some(Category::Unforgeable) {
        at = at.children().iter().find(|child| child.has_unforgeable())?;
    }
    Some(at)
}

/// The lowest index of a binder outside the term that is mentioned in it.
fn innermost_variable(term: &Term) -> Option<u32> {
    let mut lowest: Option<u32> = None;
    // Terms with the number of binders passed on the way to them; closed ones need no visit.
    let mut open = vec![(term, 0)];
    while let Some((term, passed)) = open.pop() {
        if term.reach() <= passed {
            continue;
        }
        if let Head::Var(Var::Bound(index)) | Head::VarRef { index, .. } = term.head()
            && let Some(index) = index.checked_sub(passed)
        {
            lowest = Some(lowest.map_or(index, |known| known.min(index)));
        }
        for (k, child) in term.children().iter().enumerate() {
            open.push((child, passed.saturating_add(binders_above_child(term.head(), k))));
        }
    }
    lowest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn par(item: Term) -> Term {
        Term::single(item)
    }

    fn bound(index: u32) -> Term {
        par(Term::var(Var::Bound(index), 0))
    }

    #[test]
    fn text_alone_is_forgeable() {
        let receive = Term::bind(par(Term::int(1)), vec![par(Term::var(Var::Free(0), 1))], None, 1);
        let closed = [
            Term::nil(),
            par(Term::string("a")),
            par(Term::new_names(1, vec!["rho:io:stdout".into()], Vec::new(), bound(0))),
            par(Term::receive(vec![receive], bound(0), false, false, None)),
        ];
        for term in closed {
            assert!(forgeability(&term).is_forgeable(), "{term:?}");
        }
    }

    #[test]
    fn any_unforgeable_part_protects() {
        let parts = [
            Term::private(vec![7; 32]),
            Term::private([0u8]),
            Term::ground(Head::DeployId(vec![1].into())),
            Term::ground(Head::DeployerId(vec![4; 65].into())),
            Term::ground(Head::SysAuthToken),
        ];
        for part in parts {
            let bundle = par(Term::bundle(par(part.clone()), true, false));
            let name = par(Term::list(vec![par(Term::int(1)), bundle], None));
            for name in [par(part.clone()), name] {
                assert_eq!(forgeability(&name), Forgeability::Unforgeable(part.clone()));
            }
        }
    }

    #[test]
    fn variables_decide_where_they_are_bound() {
        assert_eq!(forgeability(&bound(3)), Forgeability::Variable(3));
        let inside =
            par(Term::new_names(2, Vec::new(), Vec::new(), par(Term::tuple(vec![bound(1), bound(6), bound(3)]))));
        assert_eq!(forgeability(&inside), Forgeability::Variable(1));
        assert_eq!(forgeability(&par(Term::var(Var::Wildcard, 1))), Forgeability::Pattern);
        assert_eq!(forgeability(&par(Term::var(Var::Free(0), 1))), Forgeability::Pattern);
    }

    #[test]
    fn deep_names() {
        let mut term = bound(2);
        for _ in 0..1_000_000 {
            term = par(Term::list(vec![term], None));
        }
        assert_eq!(forgeability(&term), Forgeability::Variable(2));
    }
}
