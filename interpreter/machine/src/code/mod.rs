//! Compiled code: what a normal form becomes before it runs.
//!
//! A [`Unit`] is the code of one *activation*: the top-level process, or the body of one receive, with all the `new`,
//! `match` and `if` bodies inside it. Bodies of receives inside are [`Body`]s, compiled when they first fire. Variables
//! are resolved to slots: locals of the activation (received, declared or matched in it) or values captured when the
//! receive was met. Nothing is substituted; [`Body::materialize`] produces the substituted term when it must be seen.

mod compile;
mod expr;
mod pattern;
mod size;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use rhodium_term::{Mode, NewNames, Origin, Term, order, substitute};

pub use compile::compile_process;
pub use expr::{Expr, Op, Postfix, compile_par};
pub use pattern::{BindPattern, BindPatterns, CasePattern, Pattern, PatternCode};
pub use size::SizeProgram;

use crate::value::Value;

/// Where a variable's value is at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A local of the running activation, counted from its start.
    Local(u32),
    /// A value captured by the receive whose body is running.
    Captured(u32),
}

/// What lies outside an activation, as its code sees it.
#[derive(Debug, Default)]
pub struct Outer {
    /// De Bruijn indices (relative to the activation's root) of the captured variables, ascending; position = slot.
    pub captures: Vec<u32>,
    /// For every enclosing activation, outermost first: how many locals it had where the next receive stands. Their
    /// number is how often the network has substituted the code without sorting it.
    pub enclosing: Vec<u32>,
}

/// The static context of a piece of code.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Locals of the activation at this point.
    pub locals: u32,
    /// The rest.
    pub outer: Arc<Outer>,
}

impl Scope {
    /// The context of a closed process.
    pub fn top() -> Scope {
        Scope { locals: 0, outer: Arc::new(Outer::default()) }
    }

    /// The same, below `count` more locals.
    pub fn below(&self, count: u32) -> Scope {
        Scope { locals: self.locals + count, outer: self.outer.clone() }
    }

    /// The slot of the variable with this index.
    pub fn resolve(&self, index: u32) -> Option<Slot> {
        if index < self.locals {
            return Some(Slot::Local(self.locals - 1 - index));
        }
        let outer = index - self.locals;
        self.outer.captures.binary_search(&outer).ok().map(|position| Slot::Captured(position as u32))
    }
}

/// Index of a [`Process`] in its unit.
pub type ProcessId = u32;

/// The code of one activation.
#[derive(Debug, Default)]
pub struct Unit {
    /// Processes; 0 is the activation's root.
    pub processes: Vec<Process>,
    /// Bodies of the receives inside, owned here so that deep nesting is dropped without recursion.
    pub bodies: Vec<Arc<Body>>,
    /// What it was compiled from; errors show it.
    pub term: Option<Term>,
}

impl Drop for Unit {
    fn drop(&mut self) {
        let mut pending = std::mem::take(&mut self.bodies);
        // The code refers to the bodies too; what is in `pending` must be the last reference.
        self.processes.clear();
        while let Some(body) = pending.pop() {
            let Ok(mut body) = Arc::try_unwrap(body) else { continue };
            if let Some(mut unit) = body.unit.take() {
                pending.append(&mut unit.bodies);
                unit.processes.clear();
            }
        }
    }
}

/// A Par: the terms that run (runtime.md 4.4), in their order.
#[derive(Debug)]
pub enum Process {
    /// All is known at compile time.
    Steps(Box<[Step]>),
    /// A captured variable stands in process position: its value's items take part in the order of the terms, so
    /// the Par is put together when it runs.
    Spliced {
        /// The Par as written.
        par: Term,
        /// Its context.
        scope: Scope,
    },
}

/// One runnable term.
#[derive(Debug)]
pub enum Step {
    /// `channel!(data…)`
    Send {
        /// The channel.
        channel: Expr,
        /// The data.
        data: Box<[Expr]>,
        /// `!!`
        persistent: bool,
        /// Its place.
        origin: Origin,
    },
    /// `for (…) {…}`
    Receive(Box<Receive>),
    /// `new … in {…}`
    New {
        /// Number of plain names.
        plain: u32,
        /// URNs and injected names.
        names: Arc<NewNames>,
        /// Injected values.
        injections: Box<[Value]>,
        /// The body.
        body: ProcessId,
        /// Its place.
        origin: Origin,
    },
    /// `match … {…}`
    Match {
        /// The target.
        target: Expr,
        /// The cases.
        cases: Box<[Case]>,
        /// Its place.
        origin: Origin,
    },
    /// `if (…) … else …`
    If {
        /// The condition.
        condition: Expr,
        /// Run if true.
        then: ProcessId,
        /// Run if false.
        otherwise: ProcessId,
        /// Its place.
        origin: Origin,
    },
    /// A bundle in process position: its body runs.
    Bundle(ProcessId, Origin),
    /// A local variable in process position: its value runs.
    Run {
        /// The variable's slot among the locals.
        local: u32,
        /// Its place.
        origin: Origin,
    },
    /// A method call in process position: its result runs.
    Method {
        /// The call.
        call: Expr,
        /// Its place.
        origin: Origin,
    },
}

impl Step {
    /// Whether it has terms inside that run at once, in the same activation.
    pub fn enters(&self) -> bool {
        matches!(self, Step::New { .. } | Step::Match { .. } | Step::If { .. } | Step::Bundle(..))
    }

    /// Where it stands in the source.
    pub fn origin(&self) -> Origin {
        match self {
            Step::Receive(receive) => receive.origin,
            Step::Send { origin, .. }
            | Step::New { origin, .. }
            | Step::Match { origin, .. }
            | Step::If { origin, .. }
            | Step::Bundle(_, origin)
            | Step::Run { origin, .. }
            | Step::Method { origin, .. } => *origin,
        }
    }
}

/// One case of a match.
#[derive(Debug)]
pub struct Case {
    /// The pattern.
    pub pattern: CasePattern,
    /// The guard, evaluated with the pattern's variables as locals.
    pub guard: Option<Expr>,
    /// The body.
    pub body: ProcessId,
}

/// A receive.
#[derive(Debug)]
pub struct Receive {
    /// Sources and patterns, in bind order.
    pub binds: Box<[Bind]>,
    /// The patterns, if none is to be filled in.
    pub patterns: Option<BindPatterns>,
    /// The body.
    pub body: Arc<Body>,
    /// Where the body's captured values come from.
    pub captures: Box<[Slot]>,
    /// Size of the substituted body.
    pub body_size: SizeProgram,
    /// Size of the substituted guard.
    pub guard_size: Option<SizeProgram>,
    /// `<=`
    pub persistent: bool,
    /// `<<-`
    pub peek: bool,
    /// Its place.
    pub origin: Origin,
}

/// One bind of a receive.
#[derive(Debug)]
pub struct Bind {
    /// The channel.
    pub source: Expr,
    /// The patterns.
    pub patterns: PatternCode,
    /// Its place.
    pub origin: Origin,
}

/// The body of a receive, and its guard.
#[derive(Debug)]
pub struct Body {
    /// The body as written (as the enclosing term had it), not substituted.
    pub term: Term,
    /// The guard as written.
    pub guard: Option<Term>,
    /// Number of variables the receive binds.
    pub bind_count: u32,
    /// What lies outside.
    pub outer: Arc<Outer>,
    unit: OnceLock<Unit>,
    guard_code: OnceLock<Expr>,
}

impl Body {
    /// A body in its context.
    pub fn new(term: Term, guard: Option<Term>, bind_count: u32, outer: Arc<Outer>) -> Body {
        Body { term, guard, bind_count, outer, unit: OnceLock::new(), guard_code: OnceLock::new() }
    }

    /// A body that was substituted before it was stored: nothing lies outside.
    pub fn materialized(term: Term, guard: Option<Term>, bind_count: u32) -> Body {
        Body::new(term, guard, bind_count, Arc::new(Outer::default()))
    }

    /// The same body with code of its own, compiled when it is used.
    pub fn copy(&self) -> Body {
        Body::new(self.term.clone(), self.guard.clone(), self.bind_count, self.outer.clone())
    }

    fn scope(&self) -> Scope {
        Scope { locals: self.bind_count, outer: self.outer.clone() }
    }

    /// The code, compiled on first use.
    pub fn unit(&self) -> &Unit {
        self.unit.get_or_init(|| compile::compile_unit(&self.term, &self.scope()))
    }

    /// The guard's code, compiled on first use.
    pub fn guard_code(&self) -> Option<&Expr> {
        let guard = self.guard.as_ref()?;
        Some(self.guard_code.get_or_init(|| expr::compile_par(guard, &self.scope())))
    }

    /// The body as the network stores it: substituted once per enclosing activation, unsorted (runtime.md 4.3).
    pub fn materialize(&self, captured: &[Value]) -> Term {
        substitute_captured(&self.term, &self.scope(), captured)
    }

    /// The guard as the network stores it.
    pub fn materialize_guard(&self, captured: &[Value]) -> Option<Term> {
        let guard = self.guard.as_ref()?;
        let values = |index: u32| {
            let position = self.outer.captures.binary_search(&index).ok()?;
            captured.get(position).map(Value::to_term)
        };
        let mode = Mode { depth: 0, shift: self.bind_count, sort: true };
        Some(substitute(guard, &values, mode).unwrap_or_else(|_| guard.clone()))
    }
}

/// An expression or pattern of a body with its ties as the network has them: swapped once by each enclosing receive.
fn as_stored<'a>(term: &'a Term, scope: &Scope) -> Cow<'a, Term> {
    if !term.is_tied() || scope.outer.enclosing.len().is_multiple_of(2) {
        return Cow::Borrowed(term);
    }
    // Nothing is bound so far outside. A pattern's depth keeps its variables.
    let mode = Mode { depth: 1, shift: u32::MAX, sort: false };
    let reversed = substitute(term, &|_: u32| None, mode).unwrap_or_else(|_| term.clone());
    Cow::Owned(order::sort_term(&reversed))
}

/// Substitutes the captured variables of code in the given context, stage by stage as the network did when it stored
/// the receives around it; locals stay variables.
pub fn substitute_captured(term: &Term, scope: &Scope, captured: &[Value]) -> Term {
    let outer = &scope.outer;
    let mut term = term.clone();
    for (stage, locals) in outer.enclosing.iter().enumerate() {
        // Locals of the activations inside the one whose receive is substituted at this stage.
        let inner: u32 = outer.enclosing[stage + 1..].iter().sum();
        let values = |index: u32| {
            let position = outer.captures.binary_search(&(index + inner)).ok()?;
            if index < *locals { captured.get(position).map(Value::to_term) } else { None }
        };
        let mode = Mode { depth: 0, shift: scope.locals + inner, sort: false };
        // It fails for terms only that no normal form contains; they stay as they are then.
        term = substitute(&term, &values, mode).unwrap_or(term);
    }
    term
}
