//! Evaluation of expressions: a stack machine over [`Op`]s (runtime.md 4.7).
//!
//! A value that still has expressions to evaluate (a piece of code that a pattern took out) is compiled and evaluated in
//! a frame of its own, so evaluation never recurses.

use rhodium_matcher::Budget;
use rhodium_term::{BinaryOp, Children, Mode, Origin, Term, order, substitute};
use smallvec::SmallVec;

use crate::code::{CasePattern, Expr, Op, Postfix, Scope, Slot, compile_par, substitute_captured};
use crate::cost::{Charge, Meter, price};
use crate::error::{Fault, RunError, Subject};
use crate::methods;
use crate::operators;
use crate::run::Variables;
use crate::value::{Map, Set, Value};

/// Code being evaluated: the activation's own, or that of a value.
pub(crate) struct Frame<'a> {
    code: Code<'a>,
    next: usize,
}

enum Code<'a> {
    Borrowed(&'a Postfix),
    Own(Postfix),
}

impl Code<'_> {
    fn postfix(&self) -> &Postfix {
        match self {
            Code::Borrowed(code) => code,
            Code::Own(code) => code,
        }
    }
}

impl Frame<'_> {
    fn origin(&self) -> Origin {
        self.code.postfix().origins.get(self.next).copied().unwrap_or_default()
    }
}

struct Evaluation<'a> {
    stack: SmallVec<[Value; 4]>,
    meter: &'a mut Meter,
    budget: &'a mut Budget,
    open: bool,
}

impl Frame<'_> {
    /// Evaluates an expression to a value. Sizes are not charged.
    pub fn run(
        expr: &Expr,
        variables: &Variables<'_>,
        meter: &mut Meter,
        budget: &mut Budget,
    ) -> Result<Value, RunError> {
        Frame::run_as(expr, variables, meter, budget, false)
    }

    /// The same without the substitution that follows everywhere but in process position: code in the result still
    /// refers to the activation's locals, and pays for them when it runs.
    pub fn run_open(
        expr: &Expr,
        variables: &Variables<'_>,
        meter: &mut Meter,
        budget: &mut Budget,
    ) -> Result<Value, RunError> {
        Frame::run_as(expr, variables, meter, budget, true)
    }

    fn run_as(
        expr: &Expr,
        variables: &Variables<'_>,
        meter: &mut Meter,
        budget: &mut Budget,
        open: bool,
    ) -> Result<Value, RunError> {
        let (mut code, entered) = match expr {
            Expr::Const(value, _) => return Ok(value.clone()),
            Expr::Variable(slot, origin) => {
                charge_variable(*slot, meter).map_err(|e| e.or_at(*origin))?;
                let value = variables.get(*slot).unwrap_or(Value::Nil);
                if value.is_ground() {
                    return Ok(value);
                }
                (None, Some(value))
            }
            Expr::Code(code) => (Some(Frame { code: Code::Borrowed(code), next: 0 }), None),
        };
        let mut evaluation = Evaluation { stack: SmallVec::new(), meter, budget, open };
        if let Some(value) = entered {
            code = evaluation.push(value);
        }
        let Some(mut frame) = code else { return Ok(evaluation.pop()) };
        // Those that wait for the running one.
        let mut waiting: Vec<Frame<'_>> = Vec::new();
        let nothing = Variables { captured: &[], locals: &[] };
        loop {
            // Each time: an operation may take long, as it may work on a large value.
            evaluation.meter.look().map_err(|f| f.at(frame.origin()))?;
            let outermost = matches!(frame.code, Code::Borrowed(_));
            let Some(op) = frame.code.postfix().ops.get(frame.next) else {
                match waiting.pop() {
                    Some(below) => frame = below,
                    None => break,
                }
                continue;
            };
            let variables = if outermost { variables } else { &nothing };
            let mut skip = 0;
            match evaluation.op(op, variables, &mut skip) {
                Ok(entered) => {
                    frame.next += 1 + skip as usize;
                    if let Some(entered) = entered {
                        waiting.push(std::mem::replace(&mut frame, entered));
                    }
                }
                // The innermost code that knows where it comes from.
                Err(error) => {
                    let error = error.or_at(frame.origin());
                    return Err(waiting.iter().rev().fold(error, |e, frame| e.or_at(frame.origin())));
                }
            }
        }
        Ok(evaluation.pop())
    }
}

/// What a variable costs.
#[inline]
pub(crate) fn charge_variable(slot: Slot, meter: &mut Meter) -> Result<(), RunError> {
    match slot {
        Slot::Local(_) => meter.charge(price::VAR_EVAL, Charge::Variable).map_err(Fault::somewhere),
        Slot::Captured(_) => Ok(()),
    }
}

impl Evaluation<'_> {
    fn pop(&mut self) -> Value {
        self.stack.pop().unwrap_or(Value::Nil)
    }

    fn pop_many(&mut self, count: u32) -> Vec<Value> {
        let from = self.stack.len().saturating_sub(count as usize);
        self.stack.drain(from..).collect()
    }

    /// Pushes a variable's value, or enters the code of one that is not evaluated yet.
    fn variable(&mut self, slot: Slot, variables: &Variables<'_>) -> Result<Option<Frame<'static>>, RunError> {
        charge_variable(slot, self.meter)?;
        Ok(self.push(variables.get(slot).unwrap_or(Value::Nil)))
    }

    /// Pushes a value, evaluating it first if needed.
    fn push(&mut self, value: Value) -> Option<Frame<'static>> {
        if !value.is_ground() {
            let expr = compile_par(&value.to_term(), &Scope::top());
            match expr {
                Expr::Const(value, _) => self.stack.push(value),
                // A closed term is no variable.
                Expr::Variable(..) => self.stack.push(value),
                Expr::Code(code) => return Some(Frame { code: Code::Own(code), next: 0 }),
            }
            return None;
        }
        self.stack.push(value);
        None
    }

    #[inline]
    fn op(&mut self, op: &Op, variables: &Variables<'_>, skip: &mut u32) -> Result<Option<Frame<'static>>, RunError> {
        match op {
            Op::Const(value) => self.stack.push(value.clone()),
            Op::Variable(slot) => return self.variable(*slot, variables),
            Op::Unary(op) => {
                let operand = self.pop();
                let value = operators::unary(*op, &operand, self.meter)
                    .map_err(|f| f.about(Subject::Unary { op: *op, operand }))?;
                self.stack.push(value);
            }
            Op::CheckLeft(op) => {
                if let Some(left) = self.stack.last() {
                    let checked = match op {
                        BinaryOp::And | BinaryOp::Or => operators::bool_of(left).map(|_| ()),
                        _ => operators::single(left),
                    };
                    checked.map_err(|f| f.about(Subject::Left { op: *op, left: left.clone() }))?;
                }
            }
            Op::Binary(op) => {
                let mut right = self.pop();
                let left = self.pop();
                if matches!(op, BinaryOp::Plus | BinaryOp::Minus) {
                    right = self.member(right);
                }
                let value = operators::binary(*op, &left, &right, self.meter)
                    .map_err(|f| f.about(Subject::Binary { op: *op, left, right }))?;
                self.stack.push(value);
            }
            Op::ShortCircuit { op, skip: distance } => {
                let left = self.pop();
                let decided = operators::short_circuit(*op, &left, self.meter);
                if let Some(result) = decided.map_err(|f| f.about(Subject::Left { op: *op, left }))? {
                    self.stack.push(Value::Bool(result));
                    *skip = *distance;
                }
            }
            Op::ExpectBool(op) => {
                let right = self.pop();
                let checked = operators::bool_of(&right);
                let right = checked.map_err(|f| f.about(Subject::Right { op: *op, right }))?;
                self.stack.push(Value::Bool(right));
            }
            Op::Matches(pattern) => {
                let target = self.pop();
                let matched = self.matches(&target, pattern, variables).map_err(Fault::somewhere)?;
                self.stack.push(Value::Bool(matched));
            }
            Op::BeginMethod => {
                self.meter.charge(price::METHOD_CALL, Charge::Method).map_err(Fault::somewhere)?;
            }
            Op::Method { name, arguments } => {
                let mut arguments = self.pop_many(*arguments);
                let mut target = self.pop();
                if self.open {
                    if name.as_ref() == "toByteArray" {
                        target = close(&target, variables)?;
                    }
                    self.canonical_members(name, &mut target, &mut arguments);
                }
                let value = methods::call(name, &target, &arguments, self.meter)
                    .map_err(|f| f.about(Subject::Method { name: name.clone(), target, arguments }))?;
                self.stack.push(value);
            }
            Op::List(count) => {
                let items = self.pop_many(*count);
                self.stack.push(Value::list(items));
            }
            Op::Tuple(count) => {
                let items = self.pop_many(*count);
                self.stack.push(Value::tuple(items));
            }
            Op::Set(count) => {
                let mut set = Set::default();
                self.pop_many(*count).into_iter().for_each(|item| set.insert(self.member(item)));
                self.stack.push(Value::from_set(set));
            }
            Op::Map(count) => {
                let mut map = Map::default();
                let mut items = self.pop_many(2 * count).into_iter();
                while let (Some(key), Some(value)) = (items.next(), items.next()) {
                    map.insert(self.member(key), self.member(value));
                }
                self.stack.push(Value::from_map(map));
            }
            Op::PathMap(count) => {
                let items: Children = self.pop_many(*count).iter().map(Value::to_term).collect();
                self.stack.push(Value::item(Term::path_map(items, None)));
            }
            Op::Compose { template, scope, values } => {
                let evaluated = self.pop_many(*values);
                let composed = if self.open {
                    compose_open(template, scope, variables, &evaluated)
                } else {
                    compose(template, scope, variables, &evaluated)?
                };
                self.stack.push(composed);
            }
        }
        Ok(None)
    }

    /// What becomes a member of a set or map, which hold nothing that is not in canonical order. Only code that is not
    /// substituted yet may be in another.
    fn member(&self, value: Value) -> Value {
        match &value {
            Value::List(_) | Value::Tuple(_) | Value::Term(_) if self.open => {
                Value::from_term(&order::sort_term(&value.to_term()))
            }
            _ => value,
        }
    }

    /// The same for what a method puts into a set or map, or looks up there.
    fn canonical_members(&self, method: &str, target: &mut Value, arguments: &mut [Value]) {
        let members = match method {
            "toSet" | "toMap" => std::slice::from_mut(target),
            // The default is no member.
            "getOrElse" => arguments.split_at_mut(arguments.len().min(1)).0,
            _ => arguments,
        };
        for member in members {
            *member = self.member(std::mem::replace(member, Value::Nil));
        }
    }

    fn matches(&mut self, target: &Value, pattern: &CasePattern, variables: &Variables<'_>) -> Result<bool, Fault> {
        self.meter.charge_size(target.size(), Charge::Substitution)?;
        let meter = &mut *self.meter;
        let charge = |size| meter.charge_size(size, Charge::Substitution);
        let target = &target.clone().settled();
        Ok(pattern.matches::<Fault>(target, variables, self.budget.refill(), charge)?.is_some())
    }
}

/// Substitutes the locals that are left as variables.
fn close(value: &Value, variables: &Variables<'_>) -> Result<Value, RunError> {
    let local = |index: u32| variables.locals.iter().rev().nth(index as usize).map(Value::to_term);
    let mode = Mode { depth: 0, shift: 0, sort: true };
    let substituted = substitute(&value.to_term(), &local, mode).map_err(|e| Fault::from(e).somewhere())?;
    Ok(Value::from_term(&substituted))
}

/// Puts together a Par of substituted items and evaluated expressions.
fn compose(template: &Term, scope: &Scope, variables: &Variables<'_>, evaluated: &[Value]) -> Result<Value, RunError> {
    let values = |index: u32| scope.resolve(index).and_then(|slot| variables.get(slot)).map(|v| v.to_term());
    let mode = Mode { depth: 0, shift: 0, sort: true };
    let substituted = substitute(template, &values, mode).map_err(|e| Fault::from(e).somewhere())?;
    // The whole will be settled, so that what was swapped here is swapped back first.
    let mut parts = vec![Value::Term(substituted).settled().to_term()];
    parts.extend(evaluated.iter().map(Value::to_term));
    Ok(Value::from_term(&Term::compose(&parts)))
}

/// The same with the locals left as variables.
fn compose_open(template: &Term, scope: &Scope, variables: &Variables<'_>, evaluated: &[Value]) -> Value {
    let mut items: Vec<Term> = evaluated.iter().flat_map(|v| v.to_term().children().to_vec()).collect();
    items.extend(substitute_captured(template, scope, variables.captured).children().iter().cloned());
    Value::from_term(&Term::par_in_order(items))
}
