//! Term to code, one activation at a time, with a work list instead of recursion.

use std::sync::Arc;

use rhodium_term::{Category, Head, Origin, Term, Var};

use super::expr::{compile_item, compile_par};
use super::pattern::{CasePattern, PatternCode};
use super::size::{SizeProgram, outer_indices};
use super::{Bind, Body, Case, Outer, Process, ProcessId, Receive, Scope, Slot, Step, Unit, as_stored};
use crate::value::Value;

/// Compiles a process that refers to nothing outside itself but the given number of locals.
pub fn compile_process(par: &Term, locals: u32) -> Unit {
    compile_unit(par, &Scope { locals, outer: Arc::new(Outer::default()) })
}

/// Compiles an activation.
pub(super) fn compile_unit(par: &Term, scope: &Scope) -> Unit {
    let mut compiler = Compiler { pending: Vec::new(), count: 0, bodies: Vec::new() };
    compiler.process(par.clone(), scope.clone());
    let mut processes: Vec<Option<Process>> = Vec::new();
    while let Some((id, par, scope)) = compiler.pending.pop() {
        let process = compiler.compile(&par, &scope);
        if processes.len() < compiler.count as usize {
            processes.resize_with(compiler.count as usize, || None);
        }
        processes[id as usize] = Some(process);
    }
    let nothing = || Process::Steps(Box::new([]));
    let processes = processes.into_iter().map(|p| p.unwrap_or_else(nothing)).collect();
    Unit { processes, bodies: compiler.bodies, term: Some(par.clone()) }
}

struct Compiler {
    pending: Vec<(ProcessId, Term, Scope)>,
    count: u32,
    bodies: Vec<Arc<Body>>,
}

impl Compiler {
    fn process(&mut self, par: Term, scope: Scope) -> ProcessId {
        let id = self.count;
        self.count += 1;
        self.pending.push((id, par, scope));
        id
    }

    fn compile(&mut self, par: &Term, scope: &Scope) -> Process {
        if expands(par, scope) {
            return Process::Spliced { par: par.clone(), scope: scope.clone() };
        }
        let mut steps = Vec::with_capacity(par.children().len());
        let groups =
            [Category::Send, Category::Receive, Category::New, Category::Match, Category::If, Category::Bundle];
        for category in groups {
            for item in par.items(category) {
                steps.extend(self.step(item, scope));
            }
        }
        // Each non-sorting substitution of the enclosing code has reversed the expressions once.
        let exprs = par.items(Category::Expr);
        let reversed = scope.outer.enclosing.len() % 2 == 1;
        let mut add = |item: &Term| steps.extend(self.step(item, scope));
        if reversed {
            exprs.iter().rev().for_each(&mut add)
        } else {
            exprs.iter().for_each(&mut add)
        }
        Process::Steps(steps.into_boxed_slice())
    }

    fn step(&mut self, item: &Term, scope: &Scope) -> Option<Step> {
        let children = item.children();
        let origin = item.origin();
        Some(match item.head() {
            Head::Send { persistent } => Step::Send {
                channel: compile_par(&children[0], scope),
                data: children[1..].iter().map(|d| compile_par(d, scope)).collect(),
                persistent: *persistent,
                origin,
            },
            Head::Receive { .. } => Step::Receive(Box::new(self.receive(item, scope)?)),
            Head::New { bind_count, names } => Step::New {
                plain: bind_count.saturating_sub(names.uris.len() as u32),
                names: names.clone(),
                injections: children[1..].iter().map(Value::from_term).collect(),
                body: self.process(children[0].clone(), scope.below(*bind_count)),
                origin,
            },
            Head::Match => Step::Match {
                target: compile_par(&children[0], scope),
                cases: children[1..].iter().map(|case| self.case(case, scope)).collect(),
                origin,
            },
            Head::If => Step::If {
                condition: compile_par(&children[0], scope),
                then: self.process(children[1].clone(), scope.clone()),
                otherwise: self.process(children[2].clone(), scope.clone()),
                origin,
            },
            Head::Bundle { .. } => Step::Bundle(self.process(children[0].clone(), scope.clone()), origin),
            Head::Var(Var::Bound(index)) => match scope.resolve(*index)? {
                Slot::Local(local) => Step::Run { local, origin },
                Slot::Captured(_) => return None,
            },
            Head::Method(_) => Step::Method { call: compile_item(item, scope), origin },
            _ => return None,
        })
    }

    fn case(&mut self, case: &Term, scope: &Scope) -> Case {
        let children = case.children();
        let free_count = match case.head() {
            Head::Case { free_count, .. } => *free_count,
            _ => 0,
        };
        let inner = scope.below(free_count);
        Case {
            pattern: CasePattern::compile(&as_stored(&children[0], scope), free_count, scope),
            guard: children.get(2).map(|guard| compile_par(guard, &inner)),
            body: self.process(children[1].clone(), inner),
        }
    }

    fn receive(&mut self, item: &Term, scope: &Scope) -> Option<Receive> {
        let Head::Receive { persistent, peek, bind_count, binds, guard } = item.head() else { return None };
        let (bind_terms, rest) = item.children().split_at(*binds as usize);
        let body = rest[0].clone();
        let guard = guard.then(|| rest[1].clone());
        let mut seen: Vec<&Term> = vec![&body];
        seen.extend(guard.as_ref());
        let captured = outer_indices(&seen, *bind_count);
        let (captures, slots): (Vec<u32>, Vec<Slot>) =
            captured.into_iter().filter_map(|index| scope.resolve(index).map(|slot| (index, slot))).unzip();
        let mut enclosing = scope.outer.enclosing.clone();
        enclosing.push(scope.locals);
        let body_size = SizeProgram::compile(&body, *bind_count, scope);
        let guard_size = guard.as_ref().map(|g| SizeProgram::compile_guard(g, *bind_count, scope));
        let body = Arc::new(Body::new(body, guard, *bind_count, Arc::new(Outer { captures, enclosing })));
        self.bodies.push(body.clone());
        let binds: Box<[Bind]> = bind_terms.iter().map(|bind| compile_bind(bind, scope)).collect();
        Some(Receive {
            patterns: binds.iter().map(|bind| bind.patterns.ready().cloned()).collect(),
            binds,
            body,
            captures: slots.into_boxed_slice(),
            body_size,
            guard_size,
            persistent: *persistent,
            peek: *peek,
            origin: item.origin(),
        })
    }
}

fn compile_bind(bind: &Term, scope: &Scope) -> Bind {
    let (remainder, free_count) = match bind.head() {
        Head::Bind { remainder, free_count } => (*remainder, *free_count),
        _ => (None, 0),
    };
    Bind {
        source: compile_par(&bind.children()[0], scope),
        patterns: PatternCode::compile(&bind.children()[1..], remainder, free_count, scope),
        origin: Origin::spanning(bind.children().iter().map(Term::place)),
    }
}

/// Whether a captured variable stands directly among the Par's items.
fn expands(par: &Term, scope: &Scope) -> bool {
    par.items(Category::Expr).iter().chain(par.items(Category::Connective)).any(|item| match item.head() {
        Head::Var(Var::Bound(index)) | Head::VarRef { index, depth: 0 } => {
            matches!(scope.resolve(*index), Some(Slot::Captured(_)))
        }
        _ => false,
    })
}
