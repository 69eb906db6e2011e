//! Environments and substitution, as runtime.md 4.2 and 4.3 write them.

use rhodium_term::{Category, Head, Term, Var, order};

use crate::Result;

/// The values of the variables in scope, outermost first, and the number of binders below them.
#[derive(Clone, Default)]
pub struct Env {
    values: Vec<Term>,
    shift: u32,
    /// How many indices a substituted `locallyFree` keeps: the shift, but for guards.
    kept: u32,
}

impl Env {
    pub fn put(&mut self, value: Term) {
        self.values.push(value);
    }

    pub fn get(&self, index: u32) -> Option<&Term> {
        let level = (self.values.len() + self.shift as usize).checked_sub(index as usize + 1)?;
        self.values.get(level)
    }

    pub fn shift(&self, binders: u32) -> Env {
        Env { values: self.values.clone(), shift: self.shift + binders, kept: self.kept + binders }
    }

    /// For the guard of a receive. The network does not shift for it (runtime.md 4.5), which shows in the sizes; but
    /// outer variables get their values (B12).
    pub fn shift_for_guard(&self, binders: u32) -> Env {
        Env { kept: self.kept, ..self.shift(binders) }
    }
}

/// Sorting substitution.
pub fn sorting(par: &Term, depth: u32, env: &Env) -> Result<Term> {
    Ok(order::sort_term(&non_sorting(par, depth, env)?))
}

/// What an expression or connective becomes.
enum New {
    Kept(Term),
    Expanded(Term),
}

/// Non-sorting substitution, in a Par.
pub fn non_sorting(par: &Term, depth: u32, env: &Env) -> Result<Term> {
    let mut own = Vec::new();
    // In a fold a kept item goes in front and an expansion behind.
    let (mut connectives, mut exprs) = (Vec::new(), Vec::new());
    let mut connective_used = par.connective_used();
    for item in par.children() {
        let fold = match item.head().category() {
            Some(Category::Connective) => &mut connectives,
            Some(Category::Expr) => &mut exprs,
            _ => {
                own.push(substitute_item(item, depth, env)?);
                continue;
            }
        };
        match substitute_variable(item, depth, env)? {
            New::Kept(item) => fold.insert(0, item),
            New::Expanded(value) => {
                connective_used |= value.connective_used();
                fold.extend_from_slice(value.children());
            }
        }
    }
    own.extend(connectives);
    own.extend(exprs);
    own.sort_by_key(|item| item.head().category());
    Ok(Term::with_caches(Head::Par, own, par.locally_free().restrict(env.kept), connective_used))
}

fn substitute_variable(item: &Term, depth: u32, env: &Env) -> Result<New> {
    let value = match item.head() {
        Head::Var(Var::Bound(index)) if depth == 0 => env.get(*index),
        Head::Var(_) if depth == 0 => return Err("SubstituteError"),
        Head::VarRef { index, depth: d } if *d == depth => env.get(*index),
        Head::Var(_) | Head::VarRef { .. } => None,
        _ => return Ok(New::Kept(substitute_item(item, depth, env)?)),
    };
    Ok(value.map_or_else(|| New::Kept(item.clone()), |value| New::Expanded(value.clone())))
}

fn substitute_item(item: &Term, depth: u32, env: &Env) -> Result<Term> {
    let parts = item.children();
    let all = |parts: &[Term]| parts.iter().map(|part| non_sorting(part, depth, env)).collect::<Result<Vec<Term>>>();
    let children = match item.head() {
        Head::Receive { bind_count, binds, .. } => {
            let (binds, rest) = parts.split_at(*binds as usize);
            let inner = env.shift(*bind_count);
            let mut children =
                binds.iter().map(|bind| substitute_bind(bind, depth, env)).collect::<Result<Vec<_>>>()?;
            for part in rest {
                children.push(non_sorting(part, depth, &inner)?);
            }
            children
        }
        Head::New { bind_count, .. } => {
            let mut children = vec![non_sorting(&parts[0], depth, &env.shift(*bind_count))?];
            children.extend_from_slice(&parts[1..]);
            children
        }
        Head::Match => {
            let mut children = vec![non_sorting(&parts[0], depth, env)?];
            for case in &parts[1..] {
                children.push(substitute_case(case, depth, env)?);
            }
            children
        }
        // In the references the pattern is at the depth of the target (defect B1).
        Head::Matches => vec![non_sorting(&parts[0], depth, env)?, non_sorting(&parts[1], depth + 1, env)?],
        Head::Bundle { write, read } => return Ok(Term::bundle(non_sorting(&parts[0], depth, env)?, *write, *read)),
        Head::Set { remainder } => Term::set(all(parts)?, *remainder).children().to_vec(),
        Head::Map { remainder } => Term::map(pairs(&all(parts)?), *remainder).children().to_vec(),
        _ => all(parts)?,
    };
    Ok(rebuilt(item, children, env))
}

fn substitute_bind(bind: &Term, depth: u32, env: &Env) -> Result<Term> {
    let mut children = vec![non_sorting(&bind.children()[0], depth, env)?];
    for pattern in &bind.children()[1..] {
        children.push(non_sorting(pattern, depth + 1, env)?);
    }
    Ok(rebuilt(bind, children, env))
}

fn substitute_case(case: &Term, depth: u32, env: &Env) -> Result<Term> {
    let Head::Case { free_count, .. } = case.head() else { unreachable!("a match holds cases") };
    let mut children = vec![non_sorting(&case.children()[0], depth + 1, env)?];
    for part in &case.children()[1..] {
        children.push(non_sorting(part, depth, &env.shift(*free_count))?);
    }
    Ok(rebuilt(case, children, env))
}

/// The old node with new children: its caches are not worked out anew.
fn rebuilt(old: &Term, children: Vec<Term>, env: &Env) -> Term {
    Term::with_caches(old.head().clone(), children, old.locally_free().restrict(env.kept), old.connective_used())
}

/// The entries of a map from the flat list of keys and values.
pub fn pairs(flat: &[Term]) -> Vec<(Term, Term)> {
    flat.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
}
