//! The reducer (runtime.md 4): a queue of tasks, each run to its end with an explicit stack.
//!
//! State: the space, the meter, the queue. A task is an activation (code, captured values, locals, random state), or an
//! operation that is offered again (a persistent send or receive after it fired, a datum that a peek took).
//! Transitions:
//! - *activation*: its terms run in the order of runtime.md 4.4; `new`, `match`, `if` and bundle bodies run at once,
//!   depth first, inside the same activation, growing and shrinking its locals;
//! - *send, receive*: offered to the space; a COMM puts the receive's body at the end of the queue, behind it what is
//!   offered again;
//! - *system process*: answers by a send, which is queued.
//!
//! The queue is first in, first out. Names follow from positions, and the total of all charges from what happens, so
//! neither depends on that order in a program without races; where a deploy near its limit runs out does.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use rhodium_matcher::{Budget, BudgetExhausted, Interrupt};
use rhodium_random::Random;
use rhodium_term::{Head, NewNames, Origin, SubstituteError, Term};
use smallvec::SmallVec;

use crate::code::{
    BindPattern, Case, Expr, Process, ProcessId, Receive, Slot, Step, Unit, compile_process, substitute_captured,
};
use crate::cost::{Charge, Meter, comm, event, price};
use crate::error::{Code, ErrorKind, Fault, RunError, Subject};
use crate::errors::Errors;
use crate::evaluate::{Frame, charge_variable};
use crate::events::Trace;
use crate::labels::Labels;
use crate::limits::{Gauge, Limits};
use crate::profile::Offer;
use crate::space::{Channels, Continuation, Data, Datum, Fired, Installed, Produced, Space};
use crate::system::{self, SystemContext};
use crate::value::Value;

/// More runnable terms than this in one Par are an error (runtime.md 4.4).
const MAX_TERMS: usize = 32767;

/// Where an activation begins.
enum Root {
    /// A closed process, or one that has nothing but locals.
    Process(Box<Unit>),
    /// The body of a receive.
    Body(Arc<Continuation>),
}

enum Task {
    Activation { root: Root, locals: Vec<Value>, random: Box<Random>, caller: Origin, body: u32 },
    Produce { channel: Value, datum: Arc<Datum>, origin: Origin, body: u32 },
    Consume { channels: Channels, continuation: Arc<Continuation>, origin: Origin, body: u32 },
}

/// A Par in the middle of its terms.
struct Running {
    /// Which of the activation's units.
    unit: usize,
    process: ProcessId,
    /// The term that is next; [`DONE`] once nothing is left.
    next: usize,
    random: Box<Random>,
    /// Locals to keep when it is done.
    keep: usize,
}

/// Behind every term.
const DONE: usize = usize::MAX;

/// Everything one evaluation works on.
pub(crate) struct Machine<'a, 'l> {
    pub space: &'a mut Space,
    labels: &'a Labels,
    pub meter: Meter,
    pub context: &'a mut SystemContext,
    gauge: Gauge,
    pub errors: Errors,
    pub comms: u64,
    /// Number of the source that is evaluated.
    source: u32,
    /// The send that made the running activation run.
    caller: Origin,
    queue: VecDeque<Task>,
    /// Empty between activations; kept for its room.
    stack: Vec<Running>,
    pub trace: Trace<'l>,
}

/// The variables of a running activation.
pub(crate) struct Variables<'a> {
    pub captured: &'a [Value],
    pub locals: &'a [Value],
}

impl<'a> Variables<'a> {
    /// The value in a slot.
    pub fn value(&self, slot: Slot) -> Option<&'a Value> {
        match slot {
            Slot::Local(i) => self.locals.get(i as usize),
            Slot::Captured(i) => self.captured.get(i as usize),
        }
    }

    /// The same, to keep.
    pub fn get(&self, slot: Slot) -> Option<Value> {
        self.value(slot).cloned()
    }
}

impl From<SubstituteError> for Fault {
    fn from(error: SubstituteError) -> Fault {
        Fault::new(ErrorKind::Substitute, error.to_string())
    }
}

impl From<BudgetExhausted> for Fault {
    fn from(error: BudgetExhausted) -> Fault {
        Fault::new(ErrorKind::Limit, error.to_string())
    }
}

impl<'a, 'l> Machine<'a, 'l> {
    pub fn new(
        space: &'a mut Space,
        labels: &'a Labels,
        meter: Meter,
        context: &'a mut SystemContext,
        limits: (Limits, Interrupt),
        source: u32,
        trace: Trace<'l>,
    ) -> Machine<'a, 'l> {
        let (errors, caller, queue, stack) = (Errors::default(), Origin::default(), VecDeque::new(), Vec::new());
        let meter = meter.watching(limits.1.clone());
        let gauge = Gauge::new(limits.0, limits.1);
        Machine { space, labels, meter, context, gauge, errors, comms: 0, source, caller, queue, stack, trace }
    }

    /// Runs a closed process until nothing is left to do, or a limit is reached. Errors end up in `errors`.
    pub fn run(&mut self, process: &Term, random: Random) {
        self.spawn(process, Box::new(random));
        while let Some(task) = self.queue.pop_front() {
            if let Err(error) = self.task(task) {
                self.fail(error, None);
            }
            if self.errors.ended() || self.trace.refuted() {
                break;
            }
        }
        self.queue.clear();
    }

    /// How many steps were taken so far, rounded up.
    pub fn steps(&self) -> u64 {
        self.gauge.steps()
    }

    fn spawn(&mut self, process: &Term, random: Box<Random>) {
        if !process.is_nil() {
            let root = Root::Process(Box::new(compile_process(process, 0)));
            let (locals, caller, body) = (Vec::new(), self.caller, self.meter.body());
            self.queue.push_back(Task::Activation { root, locals, random, caller, body });
        }
    }

    /// Keeps an error, with the code that was running.
    fn fail(&mut self, mut error: RunError, unit: Option<&Unit>) {
        // An operation that was interrupted found its own reason.
        if let (Code::Limit, Err(fault)) = (error.code, self.gauge.interrupted()) {
            error = fault.at(error.origin);
        }
        error.context.caller = self.caller;
        if error.kind == ErrorKind::OutOfPhlogistons {
            error = error.about(Subject::Phlogiston(self.meter.limit()));
        }
        if !error.origin.is_known() {
            error.context.code = unit.and_then(|unit| unit.term.clone());
        }
        self.errors.push(error);
    }

    fn task(&mut self, task: Task) -> Result<(), RunError> {
        match task {
            Task::Activation { root, locals, random, caller, body } => {
                self.caller = caller;
                self.meter.enter_body(body);
                match &root {
                    Root::Process(unit) => self.activation(unit, &[], locals, random),
                    Root::Body(receive) => self.activation(receive.body.unit(), &receive.captured, locals, random),
                }
                Ok(())
            }
            Task::Produce { channel, datum, origin, body } => {
                self.gauge.step().map_err(|f| f.at(origin))?;
                self.meter.enter_body(body);
                self.meter.enter(|| origin);
                self.produce(&channel, datum, origin)
            }
            Task::Consume { channels, continuation, origin, body } => {
                self.gauge.step().map_err(|f| f.at(origin))?;
                self.meter.enter_body(body);
                self.meter.enter(|| origin);
                self.consume(channels, continuation, origin)
            }
        }
    }

    /// Runs an activation to its end. An error ends the term it happened in; the others go on.
    fn activation(&mut self, root: &Unit, captured: &[Value], mut locals: Vec<Value>, random: Box<Random>) {
        // Those of spliced processes follow the root.
        let mut spliced: Vec<Unit> = Vec::new();
        let mut stack = std::mem::take(&mut self.stack);
        stack.push(Running { unit: 0, process: 0, next: 0, random, keep: 0 });
        while let Some(mut top) = stack.last_mut() {
            let unit = top.unit.checked_sub(1).map_or(root, |k| &spliced[k]);
            let steps = match &unit.processes[top.process as usize] {
                Process::Steps(steps) => steps,
                Process::Spliced { par, scope } => {
                    let par = substitute_captured(par, scope, captured);
                    let unit = compile_process(&par, scope.locals);
                    // Behind it are those of terms that are done.
                    spliced.truncate(top.unit);
                    spliced.push(unit);
                    (top.unit, top.process) = (spliced.len(), 0);
                    continue;
                }
            };
            let (count, index) = (steps.len(), top.next);
            if index == 0 && count > MAX_TERMS {
                top.next = DONE;
                let text =
                    format!("The number of terms in the Par is {count}, which exceeds the limit of {MAX_TERMS}.");
                let place = Origin::spanning(steps.iter().map(Step::origin));
                self.fail(Fault::reduce(text).coded(Code::TooManyTerms).at(place), Some(unit));
                continue;
            }
            let Some(step) = steps.get(index) else {
                locals.truncate(top.keep);
                stack.pop();
                continue;
            };
            top.next += 1;
            let (last, keep) = (top.next == count, locals.len());
            self.meter.enter(|| step.origin());
            let outcome = if step.enters() {
                // The last term goes on in the place of the Par.
                if last {
                    descend(&mut top.random, index, count);
                } else {
                    let mut random = top.random.clone();
                    descend(&mut random, index, count);
                    let (unit, process) = (top.unit, top.process);
                    stack.push(Running { unit, process, next: DONE, random, keep });
                    let Some(pushed) = stack.last_mut() else { break };
                    top = pushed;
                }
                let entered = self.enter(step, captured, &mut locals, &mut top.random);
                match entered {
                    Ok(Some(body)) => (top.process, top.next) = (body, 0),
                    Ok(None) | Err(_) => top.next = DONE,
                }
                entered.map(|_| ())
            } else {
                let (random, keep) = if last {
                    let Some(mut done) = stack.pop() else { break };
                    descend(&mut done.random, index, count);
                    (done.random, done.keep)
                } else {
                    let mut random = top.random.clone();
                    descend(&mut random, index, count);
                    (random, keep)
                };
                let outcome = self.operate(step, captured, &locals, random);
                locals.truncate(keep);
                outcome
            };
            if let Err(error) = outcome {
                locals.truncate(keep);
                self.fail(error, Some(unit));
                if self.errors.ended() {
                    return;
                }
            }
        }
        self.stack = stack;
    }

    /// Enters a term with terms inside; the result is the process of the same unit that runs next.
    fn enter(
        &mut self,
        step: &Step,
        captured: &[Value],
        locals: &mut Vec<Value>,
        random: &mut Random,
    ) -> Result<Option<ProcessId>, RunError> {
        self.gauge.step().map_err(|f| f.at(step.origin()))?;
        match step {
            Step::New { plain, names, injections, body, origin } => {
                let cost = price::NEW_EVAL + price::NEW_BINDING * (i64::from(*plain) + names.uris.len() as i64);
                self.meter.charge(cost, Charge::New).map_err(|f| f.at(*origin))?;
                for k in 0..*plain {
                    locals.push(Value::Name(Arc::from(random.next()), self.labels.label(*origin, k)));
                }
                self.bind_urns(names, injections, locals).map_err(|e| e.or_at(*origin))?;
                Ok(Some(*body))
            }
            Step::Match { target, cases, origin } => {
                self.match_on(target, cases, captured, locals).map_err(|e| e.or_at(*origin))
            }
            Step::If { condition, then, otherwise, origin } => {
                self.meter.charge(price::MATCH_EVAL, Charge::Match).map_err(|f| f.at(*origin))?;
                let variables = Variables { captured, locals };
                let place = condition.origin();
                let value = self.seen(condition, &variables).map_err(|e| e.or_at(*origin))?.into_owned();
                let Value::Bool(condition) = value else {
                    let text = format!(
                        "Error: `if` condition must evaluate to a boolean, but got {}.",
                        capitalised(&value.type_name())
                    );
                    let fault = Fault::new(ErrorKind::IfConditionType, text);
                    return Err(fault.about(Subject::Condition(value)).or_at(place).or_at(*origin));
                };
                Ok(Some(if condition { *then } else { *otherwise }))
            }
            Step::Bundle(body, _) => Ok(Some(*body)),
            Step::Send { .. } | Step::Receive(_) | Step::Run { .. } | Step::Method { .. } => {
                unreachable!("it has no terms inside that run at once")
            }
        }
    }

    /// Does a term without others inside that run at once.
    fn operate(
        &mut self,
        step: &Step,
        captured: &[Value],
        locals: &[Value],
        random: Box<Random>,
    ) -> Result<(), RunError> {
        self.gauge.step().map_err(|f| f.at(step.origin()))?;
        match step {
            Step::Send { channel, data, persistent, origin } => {
                let variables = Variables { captured, locals };
                let (channel, data) = self.message(channel, data, &variables).map_err(|e| e.or_at(*origin))?;
                let datum = Arc::new(Datum::new(data, random, *persistent, *origin));
                self.produce(&channel, datum, *origin)
            }
            Step::Receive(receive) => self.receive(receive, captured, locals, random),
            Step::Run { local, origin } => {
                self.meter.charge(price::VAR_EVAL, Charge::Variable).map_err(|f| f.at(*origin))?;
                if let Some(value) = locals.get(*local as usize) {
                    self.spawn(&value.to_term(), random);
                }
                Ok(())
            }
            Step::Method { call, origin } => {
                let variables = Variables { captured, locals };
                let value = Frame::run_open(call, &variables, &mut self.meter, &mut self.gauge.budget)
                    .map_err(|e| e.or_at(*origin))?;
                let root = Root::Process(Box::new(compile_process(&value.to_term(), locals.len() as u32)));
                let (locals, caller, body) = (locals.to_vec(), self.caller, self.meter.body());
                self.queue.push_back(Task::Activation { root, locals, random, caller, body });
                Ok(())
            }
            Step::New { .. } | Step::Match { .. } | Step::If { .. } | Step::Bundle(..) => {
                unreachable!("it has terms inside that run at once")
            }
        }
    }

    /// Binds the URN names of a `new` (runtime.md 4.5).
    fn bind_urns(&self, names: &NewNames, injections: &[Value], locals: &mut Vec<Value>) -> Result<(), RunError> {
        for urn in &names.uris {
            let injected = || {
                let position = names.injections.iter().position(|name| name == urn)?;
                injections.get(position).cloned()
            };
            let Some(value) = system::bound_value(urn, self.context).or_else(injected) else {
                let text = format!("No value set for `{urn}`. This is a bug in the normalizer or on the path from it.");
                return Err(Fault::new(ErrorKind::BugFound, text).about(Subject::Urn(urn.clone())));
            };
            locals.push(value);
        }
        Ok(())
    }

    /// Evaluates a Par and charges for its substitution.
    fn seen<'v>(&mut self, expr: &'v Expr, variables: &Variables<'v>) -> Result<Cow<'v, Value>, RunError> {
        let place = self.meter.enter(|| expr.origin());
        let scalar = match expr {
            Expr::Variable(slot, origin) => {
                let scalar = variables.value(*slot).filter(|value| value.is_scalar());
                if scalar.is_some() {
                    charge_variable(*slot, &mut self.meter).map_err(|e| e.or_at(*origin))?;
                }
                scalar
            }
            Expr::Const(value, _) => Some(value).filter(|value| value.is_scalar()),
            Expr::Code(_) => None,
        };
        let value = match scalar {
            Some(value) => Cow::Borrowed(value),
            None => Cow::Owned(self.evaluate(expr, variables)?.settled()),
        };
        let size = value.size();
        self.meter.charge_size(size, Charge::Substitution).map_err(|f| f.at(expr.origin()))?;
        self.gauge.value(&value, size).map_err(|f| f.at(expr.origin()))?;
        self.meter.enter(|| place);
        Ok(value)
    }

    fn message<'v>(
        &mut self,
        channel: &'v Expr,
        data: &'v [Expr],
        variables: &Variables<'v>,
    ) -> Result<(Cow<'v, Value>, Data), RunError> {
        self.meter.charge(price::SEND_EVAL, Charge::Send).map_err(Fault::somewhere)?;
        let place = channel.origin();
        let channel = self.seen(channel, variables)?;
        let channel = unbundle(channel, true).map_err(|e| e.or_at(place))?;
        let mut values = Data::with_capacity(data.len());
        for datum in data {
            values.push(self.seen(datum, variables)?.into_owned());
        }
        Ok((channel, values))
    }

    fn receive(
        &mut self,
        receive: &Receive,
        captured: &[Value],
        locals: &[Value],
        random: Box<Random>,
    ) -> Result<(), RunError> {
        let origin = receive.origin;
        let prepared = self.prepare(receive, captured, locals, random).map_err(|e| e.or_at(origin))?;
        self.consume(prepared.0, Arc::new(prepared.1), origin)
    }

    /// Evaluates sources, substitutes patterns, charges for the substitution of the body and guard.
    fn prepare(
        &mut self,
        receive: &Receive,
        captured: &[Value],
        locals: &[Value],
        random: Box<Random>,
    ) -> Result<(Channels, Continuation), RunError> {
        self.meter.charge(price::RECEIVE_EVAL, Charge::Receive).map_err(Fault::somewhere)?;
        let variables = Variables { captured, locals };
        let mut channels = Channels::with_capacity(receive.binds.len());
        let mut filled_in: Vec<Arc<BindPattern>> = Vec::new();
        let mut storage: u64 = 0;
        for (k, bind) in receive.binds.iter().enumerate() {
            let source = self.seen(&bind.source, &variables)?;
            let source = unbundle(source, false).map_err(|e| e.or_at(bind.source.origin()))?;
            let pattern = match &receive.patterns {
                Some(ready) => &ready[k],
                None => {
                    let pattern = bind.patterns.instantiate(&variables).map_err(|e| Fault::from(e).at(bind.origin))?;
                    filled_in.push(pattern);
                    &filled_in[k]
                }
            };
            for term in &pattern.terms {
                self.meter.charge_size(term.size(), Charge::Substitution).map_err(|f| f.at(bind.origin))?;
            }
            storage = storage.saturating_add(source.size()).saturating_add(pattern.size);
            channels.push(source.into_owned());
        }
        let patterns = receive.patterns.clone().unwrap_or_else(|| filled_in.into());
        let by_slot = |slot: Slot| variables.value(slot);
        let values: Data = receive.captures.iter().map(|slot| variables.get(*slot).unwrap_or(Value::Nil)).collect();
        let outer = &receive.body.outer;
        let by_index = |index: u32| {
            let position = outer.captures.binary_search(&index).ok()?;
            values.get(position)
        };
        let body_size = receive.body_size.size(&by_slot, &by_index);
        self.meter.charge_size(body_size, Charge::Substitution).map_err(Fault::somewhere)?;
        if let Some(guard) = &receive.guard_size {
            self.meter.charge_size(guard.size(&by_slot, &by_index), Charge::Substitution).map_err(Fault::somewhere)?;
        }
        let storage = i64::try_from(storage.saturating_add(body_size)).unwrap_or(i64::MAX);
        let continuation = Continuation {
            patterns,
            body: receive.body.clone(),
            captured: values,
            random,
            persistent: receive.persistent,
            peek: receive.peek,
            storage,
            origin: receive.origin,
            source: OnceLock::new(),
            digest: OnceLock::new(),
        };
        Ok((channels, continuation))
    }

    fn match_on(
        &mut self,
        target: &Expr,
        cases: &[Case],
        captured: &[Value],
        locals: &mut Vec<Value>,
    ) -> Result<Option<ProcessId>, RunError> {
        self.meter.charge(price::MATCH_EVAL, Charge::Match).map_err(Fault::somewhere)?;
        let value = self.seen(target, &Variables { captured, locals })?.into_owned();
        let keep = locals.len();
        for case in cases {
            let budget = self.gauge.budget.refill();
            let variables = Variables { captured, locals };
            let meter = &mut self.meter;
            let bound = case
                .pattern
                .matches::<Fault>(&value, &variables, budget, |size| meter.charge_size(size, Charge::Substitution))
                .map_err(Fault::somewhere)?;
            let Some(bound) = bound else { continue };
            locals.extend(bound);
            match &case.guard {
                Some(guard) => {
                    let held = holds(guard, &Variables { captured, locals }, budget);
                    if held.map_err(|f| f.at(guard.origin()))? {
                        return Ok(Some(case.body));
                    }
                    locals.truncate(keep);
                }
                None => return Ok(Some(case.body)),
            }
        }
        Ok(None)
    }

    /// Evaluates code; no size is charged.
    pub fn evaluate(&mut self, expr: &Expr, variables: &Variables<'_>) -> Result<Value, RunError> {
        Frame::run(expr, variables, &mut self.meter, &mut self.gauge.budget)
    }

    fn produce(&mut self, channel: &Value, datum: Arc<Datum>, origin: Origin) -> Result<(), RunError> {
        match self.meter.sample() {
            None => self.offer_produce(channel, datum, origin),
            Some(sample) => {
                let comms = self.comms;
                let outcome = self.offer_produce(channel, datum, origin);
                self.meter.offered(std::slice::from_ref(channel), Offer::Send, self.comms - comms, sample);
                outcome
            }
        }
    }

    /// Offers a message, with all its charges (runtime.md 4.6, 7.4).
    fn offer_produce(&mut self, channel: &Value, datum: Arc<Datum>, origin: Origin) -> Result<(), RunError> {
        let place = |fault: Fault| fault.at(origin);
        let size = channel.size().saturating_add(datum.size);
        self.meter.charge_size(size, Charge::Storage).map_err(place)?;
        let persistent = datum.persistent;
        match self.offer_message(channel, datum, origin).map_err(place)? {
            Produced::Stored => {
                self.gauge.stored(size).map_err(place)?;
                self.meter.charge(event(1), Charge::Event).map_err(place)
            }
            Produced::Fired(fired) => {
                self.settle(&fired, persistent, 1).map_err(place)?;
                let again = fired.offered.filter(|_| persistent).map(|bind| fired.data[bind].clone());
                self.dispatch(fired);
                if let Some(datum) = again {
                    let (channel, body) = (channel.clone(), self.meter.body());
                    self.queue.push_back(Task::Produce { channel, datum, origin, body });
                }
                Ok(())
            }
            Produced::System(process, datum) => {
                self.comms += 1;
                self.refund_datum(channel, &datum, &datum.random).map_err(place)?;
                if !persistent {
                    self.meter.charge(event(1), Charge::Event).map_err(place)?;
                }
                self.meter.charge(comm(1), Charge::Comm).map_err(place)?;
                if persistent {
                    let (channel, datum, body) = (channel.clone(), datum.clone(), self.meter.body());
                    self.queue.push_back(Task::Produce { channel, datum, origin, body });
                }
                self.call(process, &datum, origin)
            }
        }
    }

    fn consume(&mut self, channels: Channels, continuation: Arc<Continuation>, origin: Origin) -> Result<(), RunError> {
        match self.meter.sample() {
            None => self.offer_consume(channels, continuation, origin),
            Some(sample) => {
                let (comms, names) = (self.comms, channels.clone());
                let outcome = self.offer_consume(channels, continuation, origin);
                self.meter.offered(&names, Offer::Receive, self.comms - comms, sample);
                outcome
            }
        }
    }

    /// Offers a receive, with all its charges.
    fn offer_consume(
        &mut self,
        channels: Channels,
        continuation: Arc<Continuation>,
        origin: Origin,
    ) -> Result<(), RunError> {
        let place = |fault: Fault| fault.at(origin);
        self.meter.charge(continuation.storage, Charge::Storage).map_err(place)?;
        let count = channels.len();
        let (persistent, storage) = (continuation.persistent, continuation.storage);
        let again = persistent.then(|| (channels.clone(), continuation.clone()));
        let Some(fired) = self.offer_receive(channels, continuation, origin).map_err(place)? else {
            self.gauge.stored(storage.unsigned_abs()).map_err(place)?;
            return self.meter.charge(event(count), Charge::Event).map_err(place);
        };
        self.settle(&fired, persistent, count).map_err(place)?;
        self.dispatch(fired);
        if let Some((channels, continuation)) = again {
            let body = self.meter.body();
            self.queue.push_back(Task::Consume { channels, continuation, origin, body });
        }
        Ok(())
    }

    /// Offers a message to the space, and logs or follows what happens.
    fn offer_message(&mut self, channel: &Value, datum: Arc<Datum>, origin: Origin) -> Result<Produced, Fault> {
        let budget = self.gauge.budget.refill();
        if let Trace::Replay(rig) = &mut self.trace {
            return rig.produce(self.space, channel, &datum, origin, budget, &mut guard_holds);
        }
        self.trace.produce(channel, &datum);
        let outcome = self.space.produce(channel, datum, budget, &mut guard_holds)?;
        self.trace.produced(channel, &outcome);
        Ok(outcome)
    }

    /// The same for a receive.
    fn offer_receive(
        &mut self,
        channels: Channels,
        continuation: Arc<Continuation>,
        origin: Origin,
    ) -> Result<Option<Fired>, Fault> {
        let budget = self.gauge.budget.refill();
        if let Trace::Replay(rig) = &mut self.trace {
            return rig.consume(self.space, &channels, &continuation, origin, budget, &mut guard_holds);
        }
        self.trace.consume(&channels, &continuation);
        let fired = self.space.consume(channels, continuation, budget, &mut guard_holds)?;
        fired.iter().for_each(|fired| self.trace.fired(fired));
        Ok(fired)
    }

    /// Refunds and event charges of a COMM (runtime.md 7.4).
    fn settle(&mut self, fired: &Fired, persistent: bool, channels: usize) -> Result<(), Fault> {
        self.comms += 1;
        let (continuation, trigger) = (&fired.continuation, fired.trigger());
        let offered = *continuation.random == *trigger;
        if !continuation.persistent || offered {
            self.meter.charge(-continuation.storage, Charge::Storage)?;
        }
        if !continuation.persistent && !offered {
            self.gauge.taken(continuation.storage.unsigned_abs());
        }
        for (channel, datum) in fired.channels.iter().zip(&fired.data) {
            self.refund_datum(channel, datum, trigger)?;
        }
        if !persistent {
            self.meter.charge(event(channels), Charge::Event)?;
        }
        self.meter.charge(comm(fired.channels.len()), Charge::Comm)
    }

    fn refund_datum(&mut self, channel: &Value, datum: &Datum, trigger: &Random) -> Result<(), Fault> {
        let offered = *datum.random == *trigger;
        if datum.persistent && !offered {
            return Ok(());
        }
        let size = channel.size().saturating_add(datum.size);
        if !offered {
            self.gauge.taken(size);
        }
        self.meter.charge(-i64::try_from(size).unwrap_or(i64::MAX), Charge::Storage)
    }

    /// Queues the body of a receive that fired, and what a peek puts back. A persistent message that fired the peek is
    /// offered again by the sender.
    fn dispatch(&mut self, fired: Fired) {
        let Fired { continuation, data, bindings, channels, .. } = fired;
        let random = merged(&continuation, &data);
        let caller = self.caller_of(&data);
        let body = self.meter.called(continuation.origin, &channels);
        let (peek, root) = (continuation.peek, Root::Body(continuation));
        self.queue.push_back(Task::Activation { root, locals: bindings, random, caller, body });
        if peek {
            for (channel, datum) in channels.into_iter().zip(data) {
                if !datum.persistent {
                    let (origin, body) = (datum.origin, self.meter.body());
                    self.queue.push_back(Task::Produce { channel, datum, origin, body });
                }
            }
        }
    }

    /// The send that makes a body run: of the messages the one that comes from the program being evaluated; if none
    /// does, what made the running activation run; and at last any send that is known.
    fn caller_of(&self, data: &[Arc<Datum>]) -> Origin {
        let known = |origin: &Origin| origin.is_known();
        let mut origins = data.iter().map(|datum| datum.origin).filter(known);
        let mut candidates = origins.clone();
        let own = candidates.find(|origin| origin.source == self.source);
        own.or(Some(self.caller).filter(known)).or_else(|| origins.next()).unwrap_or_default()
    }

    /// Runs a system process; its answer carries the random state of the message (runtime.md 8.2).
    fn call(&mut self, process: Installed, datum: &Datum, origin: Origin) -> Result<(), RunError> {
        let printed = self.context.output.len();
        let answer = system::call(process.body, &datum.data, self.context).map_err(|fault| {
            let urn = system::urn_of(process.body);
            fault.about(Subject::System { urn, arguments: datum.data.to_vec() }).or_at(origin)
        })?;
        let bytes = self.context.output[printed..].iter().map(|line| line.text.len()).sum();
        if let Err(fault) = self.gauge.printed(bytes) {
            self.context.output.truncate(printed);
            return Err(fault.at(origin));
        }
        if let Some(answer) = answer {
            let reply = Datum::new(answer.data.into(), datum.random.clone(), false, origin);
            let body = self.meter.body();
            self.queue.push_back(Task::Produce { channel: answer.channel, datum: Arc::new(reply), origin, body });
        }
        Ok(())
    }
}

/// The random state of a body: that of the receive and those of the messages merged.
fn merged(continuation: &Continuation, data: &[Arc<Datum>]) -> Box<Random> {
    let mut digests: SmallVec<[[u8; 32]; 4]> = SmallVec::new();
    let mut randoms: SmallVec<[&Random; 4]> = SmallVec::new();
    match continuation.known_digest() {
        Some(digest) => digests.push(digest),
        None => randoms.push(&continuation.random),
    }
    for datum in data {
        randoms.push(&datum.random);
    }
    Random::each_merge_digest(&randoms, |digest| digests.push(digest));
    Random::merge_digests(&digests)
}

/// Turns the random state of a Par into that of one of its terms (runtime.md 4.4); a single one has that of the Par.
fn descend(random: &mut Random, index: usize, count: usize) {
    match count {
        1 => {}
        2..=256 => random.descend_byte(index as u8),
        _ => random.descend_short(index as u16),
    }
}

fn guard_holds(continuation: &Continuation, bindings: &[Value], budget: &mut Budget) -> Result<bool, Fault> {
    let variables = Variables { captured: &continuation.captured, locals: bindings };
    continuation.body.guard_code().map_or(Ok(true), |guard| holds(guard, &variables, budget))
}

/// Whether a guard evaluates to `true`. Guards cost nothing, and an error in one counts as false; but their evaluation
/// takes as many steps from the budget as it would cost phlogiston (runtime.md B9), and our limits stay errors.
fn holds(guard: &Expr, variables: &Variables<'_>, budget: &mut Budget) -> Result<bool, Fault> {
    let steps = i64::try_from(budget.steps).unwrap_or(i64::MAX);
    let mut meter = Meter::new(steps).watching(budget.interrupt().clone());
    let result = Frame::run(guard, variables, &mut meter, &mut budget.rest());
    budget.steps = budget.steps.saturating_sub(u64::try_from(meter.used()).unwrap_or(0));
    match result {
        Ok(value) => Ok(matches!(value, Value::Bool(true))),
        Err(error) => match error.kind {
            ErrorKind::OutOfPhlogistons => Err(BudgetExhausted.into()),
            ErrorKind::Limit => Err(Fault::new(error.kind, error.message)),
            _ => Ok(false),
        },
    }
}

/// The content of a bundle that grants what is asked for; anything else is itself.
#[inline]
fn unbundle(value: Cow<'_, Value>, sending: bool) -> Result<Cow<'_, Value>, RunError> {
    if let Value::Term(par) = &*value
        && let Some(item) = par.single_item()
        && let Head::Bundle { write, read } = item.head()
    {
        if (sending && *write) || (!sending && *read) {
            return Ok(Cow::Owned(Value::from_term(&item.children()[0])));
        }
        let text = match sending {
            true => "Trying to send on non-writeable channel.",
            false => "Trying to read from non-readable channel.",
        };
        let fault = Fault::reduce(text).coded(Code::Bundle);
        return Err(fault.about(Subject::Channel { bundle: value.into_owned(), sending }));
    }
    Ok(value)
}

fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
