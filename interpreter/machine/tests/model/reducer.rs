//! The reducer, as runtime.md 4 and 7.4 write it.
//!
//! The schedule, which runtime.md 9 leaves open, is as `interpreter/machine/src/run.rs` documents it: tasks wait in one
//! queue, first in, first out. The terms of a Par run in the order of runtime.md 4.4, and the bodies of `new`, `match`,
//! `if` and bundles at once. What a variable or a method call gives, the body of a receive that fires, and behind it
//! what is offered again, go to the end of the queue; so does what a system process answers.

use std::collections::VecDeque;

use rhodium_random::Random;
use rhodium_term::print::print;
use rhodium_term::{Category, Head, Term, Var};

use crate::Result;
use crate::cost::{Meter, bind_pattern_size, comm, event, size};
use crate::evaluate::Evaluator;
use crate::matcher;
use crate::space::{BindPattern, Continuation, Datum, Fired, Space};
use crate::substitute::{Env, non_sorting, sorting};
use crate::system;

enum Task {
    Evaluate(Term, Env, Random),
    Produce(Term, Datum),
    Consume(Vec<Term>, Continuation),
}

/// What an evaluation comes to.
#[derive(PartialEq, Debug)]
pub struct Outcome {
    pub cost: i64,
    /// Sorted.
    pub errors: Vec<String>,
    pub comms: u64,
    pub output: Vec<String>,
}

struct Reducer<'a> {
    space: &'a mut Space,
    meter: Meter,
    queue: VecDeque<Task>,
    errors: Vec<&'static str>,
    comms: u64,
    output: Vec<String>,
}

/// Evaluates a closed process (runtime.md 4.9). `parsing` is charged first. `Err` is what the model does not have.
pub fn evaluate(
    space: &mut Space,
    process: &Term,
    parsing: i64,
    phlo: i64,
    random: Random,
) -> std::result::Result<Outcome, String> {
    let before = space.clone();
    let meter = Meter { left: phlo };
    let mut reducer =
        Reducer { space, meter, queue: VecDeque::new(), errors: Vec::new(), comms: 0, output: Vec::new() };
    match reducer.meter.charge(parsing) {
        Ok(()) => reducer.run(Task::Evaluate(process.clone(), Env::default(), random)),
        Err(error) => reducer.errors.push(error),
    }
    let Reducer { meter, errors, comms, output, .. } = reducer;
    if errors.contains(&crate::NOT_MODELLED) {
        return Err("a path map, or a system process that is not modelled".to_owned());
    }
    let used = phlo - meter.left;
    let (cost, errors) = verdict(used, parsing, phlo, errors);
    if !errors.is_empty() {
        *space = before;
    }
    Ok(Outcome { cost, errors, comms, output })
}

/// The cost and the errors that are reported.
fn verdict(used: i64, parsing: i64, phlo: i64, mut errors: Vec<&'static str>) -> (i64, Vec<String>) {
    errors.sort_unstable();
    let alone = |kind: &str| vec![kind.to_owned()];
    for (kind, cost) in [("UserAbortError", used.min(phlo)), ("OutOfPhlogistonsError", phlo)] {
        if errors.contains(&kind) {
            return (cost, alone(kind));
        }
    }
    let cost = match errors[..] {
        [] | ["IfConditionTypeError"] => used,
        ["OperatorNotDefined" | "OperatorExpectedError"] => parsing,
        _ => phlo,
    };
    (cost, errors.into_iter().map(str::to_owned).collect())
}

/// Whether a guard evaluates to `true`; an error counts as false, and nothing is charged.
pub fn guard_holds(guard: &Term, env: &Env) -> bool {
    let mut meter = Meter { left: i64::MAX };
    let value = Evaluator { meter: &mut meter, env }.single(guard);
    value.is_ok_and(|value| matches!(value.head(), Head::Bool(true)))
}

impl Reducer<'_> {
    fn run(&mut self, first: Task) {
        self.queue.push_back(first);
        while let Some(task) = self.queue.pop_front() {
            let result = match task {
                Task::Evaluate(par, env, random) => {
                    self.par(&par, &env, random);
                    Ok(())
                }
                Task::Produce(channel, datum) => self.produce(channel, datum),
                Task::Consume(channels, continuation) => self.consume(channels, continuation),
            };
            self.errors.extend(result.err());
            if self.stopped() {
                return;
            }
        }
    }

    fn stopped(&self) -> bool {
        self.errors.contains(&"OutOfPhlogistonsError") || self.errors.contains(&crate::NOT_MODELLED)
    }

    /// Runs the terms of a Par (4.4).
    fn par(&mut self, par: &Term, env: &Env, random: Random) {
        use Category::{Bundle, Expr, If, Match, New, Receive, Send};
        let terms = [Send, Receive, New, Match, If, Bundle, Expr].map(|kind| par.items(kind)).concat();
        let runs = |term: &&Term| {
            let value = term.head().category() == Some(Expr);
            !value || matches!(term.head(), Head::Var(_) | Head::Method(_))
        };
        let terms: Vec<&Term> = terms.iter().filter(runs).collect();
        if terms.len() > 32767 {
            self.errors.push("ReduceError");
            return;
        }
        for (i, term) in terms.iter().enumerate() {
            let random = match terms.len() {
                1 => random.clone(),
                2..=256 => random.split_byte(i as u8),
                _ => random.split_short(i as u16),
            };
            let result = self.term(term, env, random);
            self.errors.extend(result.err());
            if self.stopped() {
                return;
            }
        }
    }

    fn evaluator<'a>(&'a mut self, env: &'a Env) -> Evaluator<'a> {
        Evaluator { meter: &mut self.meter, env }
    }

    /// Runs one term (4.5).
    fn term(&mut self, term: &Term, env: &Env, mut random: Random) -> Result<()> {
        let parts = term.children();
        match term.head() {
            Head::Send { persistent } => self.send(parts, *persistent, env, random)?,
            Head::Receive { .. } => self.receive(term, env, random)?,
            Head::New { bind_count, names } => {
                self.meter.charge(10 + 2 * i64::from(*bind_count))?;
                let mut inner = env.clone();
                for _ in 0..*bind_count as usize - names.uris.len() {
                    inner.put(Term::single(Term::private(random.next())));
                }
                for uri in &names.uris {
                    let injected = names.injections.iter().position(|name| name == uri).map(|k| parts[1 + k].clone());
                    inner.put(system::channel_of(uri).or(injected).ok_or("BugFoundError")?);
                }
                self.par(&parts[0], &inner, random);
            }
            Head::Match => self.match_on(parts, env, random)?,
            Head::If => {
                self.meter.charge(12)?;
                let condition = self.evaluator(env).substituted(&parts[0])?;
                match condition.single_item().map(Term::head) {
                    Some(Head::Bool(true)) => self.par(&parts[1], env, random),
                    Some(Head::Bool(false)) => self.par(&parts[2], env, random),
                    _ => return Err("IfConditionTypeError"),
                }
            }
            Head::Bundle { .. } => self.par(&parts[0], env, random),
            Head::Var(_) => {
                let value = self.evaluator(env).variable(term)?;
                self.queue.push_back(Task::Evaluate(value, Env::default(), random));
            }
            Head::Method(_) => {
                let value = self.evaluator(env).method(term)?;
                self.queue.push_back(Task::Evaluate(value, env.clone(), random));
            }
            _ => unreachable!("not a term that runs"),
        }
        Ok(())
    }

    fn send(&mut self, parts: &[Term], persistent: bool, env: &Env, random: Random) -> Result<()> {
        self.meter.charge(11)?;
        let channel = self.evaluator(env).substituted(&parts[0])?;
        let channel = unbundled(channel, |write, _| write)?;
        let mut data = Vec::new();
        for part in &parts[1..] {
            data.push(self.evaluator(env).substituted(part)?);
        }
        self.produce(channel, Datum { data, random, persistent })
    }

    fn receive(&mut self, receive: &Term, env: &Env, random: Random) -> Result<()> {
        let Head::Receive { persistent, peek, bind_count, binds, .. } = *receive.head() else {
            unreachable!("a receive")
        };
        self.meter.charge(11)?;
        let (binds, rest) = receive.children().split_at(binds as usize);
        let (mut channels, mut patterns) = (Vec::new(), Vec::new());
        for bind in binds {
            let Head::Bind { free_count, remainder } = *bind.head() else { unreachable!("a bind") };
            let source = self.evaluator(env).substituted(&bind.children()[0])?;
            channels.push(unbundled(source, |_, read| read)?);
            let mut terms = Vec::new();
            for pattern in &bind.children()[1..] {
                terms.push(self.evaluator(env).substitute(pattern, 1)?);
            }
            patterns.push(BindPattern { patterns: terms, remainder, free_count });
        }
        let inner = env.shift(bind_count);
        let body = non_sorting(&rest[0], 0, &inner);
        self.meter.charge(size(body.as_ref().unwrap_or(&rest[0])))?;
        let body = body?;
        let guard = match rest.get(1) {
            Some(guard) => {
                let result = sorting(guard, 0, &env.shift_for_guard(bind_count));
                self.meter.charge(size(result.as_ref().unwrap_or(guard)))?;
                Some(result?)
            }
            None => None,
        };
        self.consume(channels, Continuation { patterns, body, guard, random, persistent, peek })
    }

    fn match_on(&mut self, parts: &[Term], env: &Env, random: Random) -> Result<()> {
        self.meter.charge(12)?;
        let target = self.evaluator(env).substituted(&parts[0])?;
        for case in &parts[1..] {
            let Head::Case { free_count, .. } = *case.head() else { unreachable!("a case") };
            let pattern = self.evaluator(env).substitute(&case.children()[0], 1)?;
            let Some(values) = matcher::process(&target, &pattern, free_count) else { continue };
            let mut inner = env.clone();
            values.into_iter().for_each(|value| inner.put(value));
            if case.children().get(2).is_none_or(|guard| guard_holds(guard, &inner)) {
                self.par(&case.children()[1], &inner, random);
                return Ok(());
            }
        }
        Ok(())
    }

    fn produce(&mut self, channel: Term, datum: Datum) -> Result<()> {
        self.meter.charge(datum_storage(&channel, &datum))?;
        if let Some(process) = system::installed(&channel, datum.data.len()) {
            return self.call_system(process, channel, datum);
        }
        let Some(fired) = self.space.produce(&channel, &datum) else {
            return self.meter.charge(event(1));
        };
        self.settle(&fired, &datum.random, datum.persistent, 1)?;
        self.dispatch(&fired);
        if datum.persistent {
            self.queue.push_back(Task::Produce(channel, datum));
        }
        Ok(())
    }

    fn consume(&mut self, channels: Vec<Term>, continuation: Continuation) -> Result<()> {
        self.meter.charge(continuation_storage(&channels, &continuation))?;
        let Some(fired) = self.space.consume(&channels, &continuation) else {
            return self.meter.charge(event(channels.len()));
        };
        self.settle(&fired, &continuation.random, continuation.persistent, channels.len())?;
        self.dispatch(&fired);
        if continuation.persistent {
            self.queue.push_back(Task::Consume(channels, continuation));
        }
        Ok(())
    }

    /// The charges of a COMM (7.4).
    fn settle(&mut self, fired: &Fired, trigger: &Random, persistent: bool, channels: usize) -> Result<()> {
        self.comms += 1;
        let this = |random: &Random| random.to_bytes() == trigger.to_bytes();
        if !fired.continuation.persistent || this(&fired.continuation.random) {
            self.meter.charge(-continuation_storage(&fired.channels, &fired.continuation))?;
        }
        for (channel, datum) in fired.channels.iter().zip(&fired.data) {
            if !datum.persistent || this(&datum.random) {
                self.meter.charge(-datum_storage(channel, datum))?;
            }
        }
        if !persistent {
            self.meter.charge(event(channels))?;
        }
        self.meter.charge(comm(fired.channels.len()))
    }

    /// Queues the body, and what a peek puts back (4.6).
    fn dispatch(&mut self, fired: &Fired) {
        let mut env = Env::default();
        fired.bindings.iter().for_each(|value| env.put(value.clone()));
        let mut parents = vec![&fired.continuation.random];
        parents.extend(fired.data.iter().map(|datum| &datum.random));
        let random = Random::merge(&parents);
        self.queue.push_back(Task::Evaluate(fired.continuation.body.clone(), env, random));
        if fired.continuation.peek {
            for (channel, datum) in fired.channels.iter().zip(&fired.data).filter(|(_, datum)| !datum.persistent) {
                self.queue.push_back(Task::Produce(channel.clone(), datum.clone()));
            }
        }
    }

    /// A COMM with a system process: it persists and its body counts nothing (8).
    fn call_system(&mut self, process: system::Process, channel: Term, datum: Datum) -> Result<()> {
        self.comms += 1;
        self.meter.charge(-datum_storage(&channel, &datum))?;
        if !datum.persistent {
            self.meter.charge(event(1))?;
        }
        self.meter.charge(comm(1))?;
        if datum.persistent {
            self.queue.push_back(Task::Produce(channel, datum.clone()));
        }
        let answer = system::call(process, &datum.data, &mut |value| self.output.push(print(value)))?;
        if let Some((to, data)) = answer {
            self.queue.push_back(Task::Produce(to, Datum { data, random: datum.random, persistent: false }));
        }
        Ok(())
    }
}

fn datum_storage(channel: &Term, datum: &Datum) -> i64 {
    size(channel) + datum.data.iter().map(size).sum::<i64>()
}

fn continuation_storage(channels: &[Term], continuation: &Continuation) -> i64 {
    let pattern = |bind: &BindPattern| bind_pattern_size(&bind.patterns, bind.remainder, bind.free_count);
    channels.iter().map(size).sum::<i64>()
        + continuation.patterns.iter().map(pattern).sum::<i64>()
        + size(&continuation.body)
}

/// The content of a bundle that permits it; anything else is itself.
fn unbundled(channel: Term, permits: impl Fn(bool, bool) -> bool) -> Result<Term> {
    match channel.single_item().map(|item| (item.head(), item.children())) {
        Some((Head::Bundle { write, read }, body)) if permits(*write, *read) => Ok(body[0].clone()),
        Some((Head::Bundle { .. }, _)) => Err("ReduceError"),
        _ => Ok(channel),
    }
}

/// The registry bootstrap: one forwarder per registry channel (runtime.md 8.5).
pub fn bootstrap(space: &mut Space) {
    let forwarder = |byte: u8| {
        let channel = || Term::single(Term::private([byte]));
        let reply = Term::single(Term::var(Var::Bound(0), 0));
        let body = Term::single(Term::send(reply, [channel()], false));
        let bind = Term::bind(channel(), vec![Term::single(Term::var(Var::Free(0), 1))], None, 1);
        let receive = Term::receive(vec![bind], body, false, false, None);
        Term::new_names(1, Vec::new(), Vec::new(), Term::single(receive))
    };
    let term = Term::par_in_order([14, 15, 16, 19, 24].map(forwarder).to_vec());
    let seed = "Decentralization is based on the simple notion that it is easier to macrobull***t than microbull***t. \
        Decentralization reduces large structural asymmetries.";
    let outcome = evaluate(space, &term, 0, i64::MAX, Random::from_seed(seed.as_bytes()));
    assert_eq!(outcome.map(|outcome| outcome.errors), Ok(Vec::new()));
    *space = space.reloaded();
}
