//! Expressions: postfix code for a stack of values.

use rhodium_term::{BinaryOp, Category, Children, Head, Origin, Term, Var, order};

use super::pattern::CasePattern;
use super::{Scope, Slot};
use crate::operators::UnaryOp;
use crate::value::Value;

/// How the value of a Par in evaluated position is found (evaluated, then substituted).
#[derive(Debug)]
pub enum Expr {
    /// Closed, and evaluation is the identity.
    Const(Value, Origin),
    /// A variable alone.
    Variable(Slot, Origin),
    /// Anything else.
    Code(Postfix),
}

impl Expr {
    /// Where it stands in the source.
    pub fn origin(&self) -> Origin {
        match self {
            Expr::Const(_, origin) | Expr::Variable(_, origin) => *origin,
            Expr::Code(code) => code.origins.last().copied().unwrap_or_default(),
        }
    }
}

/// Operations, and where each of them comes from: a table beside them, since only errors look at it.
#[derive(Debug)]
pub struct Postfix {
    /// The operations.
    pub ops: Box<[Op]>,
    /// Their places.
    pub origins: Box<[Origin]>,
}

/// One operation.
#[derive(Debug)]
pub enum Op {
    /// Pushes a value.
    Const(Value),
    /// Pushes the evaluated value of a variable. A local costs a variable evaluation, a captured one was substituted.
    Variable(Slot),
    /// `not`, `-`: replaces the top.
    Unary(UnaryOp),
    /// Checks the left operand of a binary operator before the right one is evaluated.
    CheckLeft(BinaryOp),
    /// Replaces the two topmost values.
    Binary(BinaryOp),
    /// `&&`, `||`: if the top decides, leaves the result and skips `skip` operations; else drops it.
    ShortCircuit {
        /// The operator.
        op: BinaryOp,
        /// Operations to skip.
        skip: u32,
    },
    /// Checks that the right operand of `&&` or `||` is a boolean.
    ExpectBool(BinaryOp),
    /// `matches`: replaces the top by a boolean.
    Matches(Box<CasePattern>),
    /// Charges for a method call, before its target is evaluated.
    BeginMethod,
    /// Replaces target and arguments by the result.
    Method {
        /// Name as written.
        name: std::sync::Arc<str>,
        /// Number of arguments.
        arguments: u32,
    },
    /// Replaces the topmost values by a list.
    List(u32),
    /// … by a tuple.
    Tuple(u32),
    /// … by a set.
    Set(u32),
    /// … by a map, from twice as many values.
    Map(u32),
    /// … by a path map.
    PathMap(u32),
    /// Substitutes in the template (a Par without evaluated expressions) and adds the items of the topmost values.
    Compose {
        /// What is not evaluated.
        template: Term,
        /// Its context.
        scope: Scope,
        /// Number of evaluated expressions.
        values: u32,
    },
}

enum Work<'a> {
    Par(&'a Term),
    Item(&'a Term),
    Emit(Op, Origin),
    /// Marks the start of the right operand of a short-circuit operator; patched by `Land`.
    Jump(BinaryOp, Origin),
    Land,
}

/// Compiles a Par in evaluated position.
pub fn compile_par(par: &Term, scope: &Scope) -> Expr {
    let par = &super::as_stored(par, scope);
    if par.is_closed() && par.is_ground() {
        return Expr::Const(Value::from_term(&order::sort_term(par)), par.place());
    }
    if let Some(item) = par.single_item()
        && let Head::Var(Var::Bound(index)) = item.head()
        && let Some(slot) = scope.resolve(*index)
    {
        return Expr::Variable(slot, item.origin());
    }
    Expr::Code(compile(Work::Par(par), scope))
}

/// Compiles one expression item (a method call in process position).
pub fn compile_item(item: &Term, scope: &Scope) -> Expr {
    let item = super::as_stored(item, scope);
    Expr::Code(compile(Work::Item(&item), scope))
}

fn compile(start: Work<'_>, scope: &Scope) -> Postfix {
    let mut ops = Vec::new();
    let mut origins = Vec::new();
    let mut jumps = Vec::new();
    let mut work = vec![start];
    while let Some(next) = work.pop() {
        match next {
            Work::Emit(op, origin) => {
                ops.push(op);
                origins.push(origin);
            }
            Work::Par(par) => enter_par(par, scope, &mut work),
            Work::Item(item) => enter_item(item, scope, &mut work),
            Work::Jump(op, origin) => {
                jumps.push(ops.len());
                ops.push(Op::ShortCircuit { op, skip: 0 });
                origins.push(origin);
            }
            Work::Land => {
                if let Some(at) = jumps.pop() {
                    let distance = (ops.len() - at - 1) as u32;
                    if let Op::ShortCircuit { skip, .. } = &mut ops[at] {
                        *skip = distance;
                    }
                }
            }
        }
    }
    Postfix { ops: ops.into_boxed_slice(), origins: origins.into_boxed_slice() }
}

fn enter_par<'a>(par: &'a Term, scope: &Scope, work: &mut Vec<Work<'a>>) {
    if par.is_closed() && par.is_ground() {
        return work.push(Work::Emit(Op::Const(Value::from_term(&order::sort_term(par))), par.place()));
    }
    if let Some(item) = par.single_item()
        && item.head().category() == Some(Category::Expr)
    {
        return work.push(Work::Item(item));
    }
    let (exprs, rest): (Vec<&Term>, Vec<&Term>) =
        par.children().iter().partition(|i| i.head().category() == Some(Category::Expr));
    let template = Term::with_caches(
        Head::Par,
        rest.into_iter().cloned().collect::<Children>(),
        par.locally_free().clone(),
        par.connective_used() && par.children().iter().any(|i| i.connective_used()),
    );
    let compose = Op::Compose { template, scope: scope.clone(), values: exprs.len() as u32 };
    work.push(Work::Emit(compose, par.place()));
    work.extend(exprs.into_iter().rev().map(Work::Item));
}

fn enter_item<'a>(item: &'a Term, scope: &Scope, work: &mut Vec<Work<'a>>) {
    let origin = item.origin();
    let children = item.children();
    let pars = |work: &mut Vec<Work<'a>>| work.extend(children.iter().rev().map(Work::Par));
    let emit = |op| Work::Emit(op, origin);
    let count = children.len() as u32;
    match item.head() {
        Head::Var(Var::Bound(index)) => work.push(emit(match scope.resolve(*index) {
            Some(slot) => Op::Variable(slot),
            // A variable of a binder inside this very term: it stays as it is.
            None => Op::Const(Value::Term(Term::single(item.clone()))),
        })),
        Head::Not | Head::Neg => {
            let op = if matches!(item.head(), Head::Not) { UnaryOp::Not } else { UnaryOp::Neg };
            work.push(emit(Op::Unary(op)));
            pars(work);
        }
        Head::Binary(op @ (BinaryOp::ShortAnd | BinaryOp::ShortOr)) => {
            work.push(Work::Land);
            work.push(emit(Op::ExpectBool(*op)));
            work.push(Work::Par(&children[1]));
            work.push(Work::Jump(*op, origin));
            work.push(Work::Par(&children[0]));
        }
        Head::Binary(op) => {
            work.push(emit(Op::Binary(*op)));
            work.push(Work::Par(&children[1]));
            if !matches!(op, BinaryOp::Eq | BinaryOp::Neq) {
                work.push(emit(Op::CheckLeft(*op)));
            }
            work.push(Work::Par(&children[0]));
        }
        Head::Matches => {
            let pattern = Box::new(CasePattern::compile(&children[1], 0, scope));
            work.push(emit(Op::Matches(pattern)));
            work.push(Work::Par(&children[0]));
        }
        Head::Method(name) => {
            work.push(emit(Op::Method { name: name.clone(), arguments: count - 1 }));
            pars(work);
            work.push(emit(Op::BeginMethod));
        }
        Head::List { remainder: None } => {
            work.push(emit(Op::List(count)));
            pars(work);
        }
        Head::Tuple => {
            work.push(emit(Op::Tuple(count)));
            pars(work);
        }
        Head::Set { remainder: None } => {
            work.push(emit(Op::Set(count)));
            pars(work);
        }
        Head::Map { remainder: None } => {
            work.push(emit(Op::Map(count / 2)));
            pars(work);
        }
        Head::PathMap { remainder: None } => {
            work.push(emit(Op::PathMap(count)));
            pars(work);
        }
        // Ground values, and what cannot be evaluated.
        _ => work.push(emit(Op::Const(Value::from_term(&Term::single(item.clone()))))),
    }
}
