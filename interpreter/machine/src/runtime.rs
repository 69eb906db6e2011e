//! The runtime: evaluations on a state, and the checkpoints between states (runtime.md 4.9, 6.8, 8.5).

mod parallel;

use rhodium_matcher::Interrupt;
use rhodium_random::Random;
use rhodium_store::{Checkpoint, History, StateRoot, StoreError, Table};
use rhodium_term::{Children, Origin, Term, Var};

use crate::attempt::{Evaluation, Program, Receipt, Setting};
use crate::cost::Meter;
use crate::error::Fault;
use crate::events::{Event, Mismatch, Rig, Trace, compare};
use crate::labels::Labels;
use crate::limits::Limits;
use crate::persist::{self, StoredBase};
use crate::profile::{Clock, Profile};
use crate::space::{Base, Installed, Space};
use crate::system::{self, SystemContext};
use crate::value::{Label, Value};
pub use parallel::{Deploy, Settled};

/// The limit of evaluations that are not to be limited.
pub const UNLIMITED_PHLO: i64 = i64::MAX;

/// The seed of the registry bootstrap (runtime.md 8.5).
const BOOTSTRAP_SEED: &str = "Decentralization is based on the simple notion that it is easier to macrobull***t than \
    microbull***t. Decentralization reduces large structural asymmetries.";

/// Channels that the registry contract takes over during genesis (runtime.md 8.5).
const BOOTSTRAP_CHANNELS: [u8; 5] = [14, 15, 16, 19, 24];

/// What went wrong with a state as such.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored state cannot be read, or the bootstrap failed.
    #[error("{0}")]
    State(String),
}

impl From<Fault> for RuntimeError {
    fn from(fault: Fault) -> RuntimeError {
        RuntimeError::State(fault.message)
    }
}

/// A message that nobody received.
#[derive(Clone, Debug)]
pub struct Left {
    /// The channel.
    pub channel: Value,
    /// The data.
    pub data: Vec<Value>,
    /// `!!`
    pub persistent: bool,
}

/// A receive that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Channel and patterns of every bind.
    pub binds: Vec<WaitingBind>,
    /// The substituted body.
    pub body: Term,
    /// The substituted guard.
    pub guard: Option<Term>,
    /// `<=`
    pub persistent: bool,
    /// `<<-`
    pub peek: bool,
}

/// One bind of a waiting receive.
#[derive(Clone, Debug)]
pub struct WaitingBind {
    /// The channel.
    pub channel: Value,
    /// The patterns.
    pub patterns: Vec<Term>,
    /// The remainder.
    pub remainder: Option<Var>,
    /// Number of variables.
    pub free_count: u32,
}

impl Waiting {
    /// The receive as a process.
    pub fn to_term(&self) -> Term {
        let bind = |b: &WaitingBind| Term::bind(b.channel.to_term(), b.patterns.clone(), b.remainder, b.free_count);
        let binds: Children = self.binds.iter().map(bind).collect();
        Term::single(Term::receive(binds, self.body.clone(), self.persistent, self.peek, self.guard.clone()))
    }
}

/// An evaluation with what was kept of it.
struct Run<'a> {
    receipt: Receipt,
    trace: Trace<'a>,
    meter: Meter,
    mismatch: Option<Box<Mismatch>>,
}

/// Evaluations on the state of a history.
pub struct Runtime {
    history: History,
    root: StateRoot,
    space: Space,
    limits: Limits,
    interrupt: Interrupt,
    test_processes: bool,
    labels: Labels,
}

impl Runtime {
    /// The state with this root.
    pub fn open(history: History, root: StateRoot) -> Result<Runtime, RuntimeError> {
        let base = base_of(&history, root)?;
        let mut runtime = Runtime {
            history,
            root,
            space: Space::new(base),
            limits: Limits::default(),
            interrupt: Interrupt::default(),
            test_processes: false,
            labels: Labels::default(),
        };
        runtime.install(system::definitions())?;
        Ok(runtime)
    }

    /// The empty tuple space (without the registry bootstrap).
    pub fn empty(history: History) -> Result<Runtime, RuntimeError> {
        if !history.has_root(StateRoot::EMPTY)? {
            let empty = history.checkpoint(StateRoot::EMPTY, &[])?;
            history.commit(empty)?;
        }
        Runtime::open(history, StateRoot::EMPTY)
    }

    /// The state that genesis starts from: the empty space with the registry bootstrap, committed.
    pub fn bootstrapped(history: History) -> Result<Runtime, RuntimeError> {
        let mut runtime = Runtime::empty(history)?;
        let term = bootstrap_term();
        let evaluation = Evaluation {
            program: Program::Term(&term),
            source: 0,
            phlo: UNLIMITED_PHLO,
            random: Random::from_seed(BOOTSTRAP_SEED.as_bytes()),
        };
        let receipt = runtime.evaluate(evaluation, &mut SystemContext::default());
        if !receipt.succeeded() {
            return Err(RuntimeError::State("the registry bootstrap failed".into()));
        }
        runtime.checkpoint()?;
        Ok(runtime)
    }

    /// Adds the processes of the contract test runner.
    pub fn with_test_processes(mut self) -> Result<Runtime, RuntimeError> {
        self.test_processes = true;
        self.install(system::test_definitions())?;
        Ok(self)
    }

    fn install(&mut self, definitions: &[system::Definition]) -> Result<(), RuntimeError> {
        for definition in definitions {
            let installed = Installed { arity: usize::from(definition.arity), body: definition.body };
            self.space.install(Value::name([definition.byte]), installed)?;
        }
        Ok(())
    }

    /// Sets the limits.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Sets what stops evaluations from another thread: the one that runs, or else the next. One operation on values is
    /// not interrupted, matching is.
    pub fn set_interrupt(&mut self, interrupt: Interrupt) {
        self.interrupt = interrupt;
    }

    /// The number of the source and the place in it where a private name was made, as the origin of its term tells: the
    /// start of the `new`, or of what stands for one, plus the number of names that it made before. Known since the last
    /// commit, for sources that were evaluated in the order of their numbers.
    pub fn birthplace(&self, name: Origin) -> Option<(u32, u32)> {
        self.labels.place(Label::of(name))
    }

    /// The root of the last checkpoint.
    pub fn root(&self) -> StateRoot {
        self.root
    }

    /// The history underneath.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Evaluates a program: all of it, or nothing but the receipt (runtime.md 4.9).
    pub fn evaluate(&mut self, evaluation: Evaluation<'_>, context: &mut SystemContext) -> Receipt {
        let meter = Meter::new(evaluation.phlo);
        self.run(evaluation, context, Trace::Off, meter).receipt
    }

    /// Evaluates a program and keeps what its cost is made of, and with a clock what took how long.
    pub fn profile(
        &mut self,
        evaluation: Evaluation<'_>,
        context: &mut SystemContext,
        clock: Option<Clock>,
    ) -> (Receipt, Profile) {
        let meter = Meter::itemised(evaluation.phlo, clock);
        let Run { receipt, meter, .. } = self.run(evaluation, context, Trace::Off, meter);
        let profile = meter.into_profile(receipt.cost);
        (receipt, profile)
    }

    /// Evaluates a program and keeps its event log, oldest event first. A failed evaluation has one too: it says what
    /// happened before everything was undone (runtime.md 4.9).
    pub fn record(&mut self, evaluation: Evaluation<'_>, context: &mut SystemContext) -> (Receipt, Vec<Event>) {
        let meter = Meter::new(evaluation.phlo);
        let Run { receipt, trace, .. } = self.run(evaluation, context, Trace::Record(Box::default()), meter);
        (receipt, trace.into_log())
    }

    /// Evaluates a program again as its log says, in whatever order that has the events (runtime.md 6.9). Cost, failures
    /// and state are those of the evaluation that the log comes from. If it is not the log of such an evaluation the
    /// state is left as it was, and the first difference is the error.
    pub fn replay(
        &mut self,
        evaluation: Evaluation<'_>,
        context: &mut SystemContext,
        log: &[Event],
    ) -> Result<Receipt, Box<Mismatch>> {
        if let Some(receipt) = self.compare(evaluation.clone(), context, log) {
            return Ok(receipt);
        }
        self.space.index_sources();
        let meter = Meter::new(evaluation.phlo);
        let trace = Trace::Replay(Box::new(Rig::new(log)));
        let Run { receipt, mismatch, .. } = self.run(evaluation, context, trace, meter);
        mismatch.map_or(Ok(receipt), Err)
    }

    /// [`Runtime::replay`] of a log that our own schedule wrote; of any other log nothing stays.
    pub(crate) fn compare(
        &mut self,
        evaluation: Evaluation<'_>,
        context: &mut SystemContext,
        log: &[Event],
    ) -> Option<Receipt> {
        let test = context.test.clone();
        let mut meter = Meter::new(evaluation.phlo);
        let (receipt, same) = compare(log, |trace| self.attempt(&evaluation, context, trace, &mut meter));
        if same && receipt.succeeded() {
            self.space.commit();
        } else {
            self.space.revert();
        }
        if !same {
            context.test = test;
        }
        same.then_some(receipt)
    }

    /// An evaluation with everything around it.
    fn run<'a>(
        &mut self,
        evaluation: Evaluation<'_>,
        context: &mut SystemContext,
        mut trace: Trace<'a>,
        mut meter: Meter,
    ) -> Run<'a> {
        let mark = self.space.mark();
        let receipt = self.attempt(&evaluation, context, &mut trace, &mut meter);
        let mismatch = trace.mismatch(&self.space, mark, self.limits.matcher_steps);
        if receipt.succeeded() && mismatch.is_none() {
            self.space.commit();
        } else {
            self.space.revert();
        }
        Run { receipt, trace, meter, mismatch }
    }

    /// The evaluation alone; what it did is neither kept nor undone yet.
    fn attempt(
        &mut self,
        evaluation: &Evaluation<'_>,
        context: &mut SystemContext,
        trace: &mut Trace<'_>,
        meter: &mut Meter,
    ) -> Receipt {
        evaluation.enter(&mut self.labels);
        let setting = Setting { labels: &self.labels, limits: self.limits, interrupt: &self.interrupt };
        let compile = |context: &SystemContext| evaluation.compile(context);
        setting.attempt(&mut self.space, evaluation, context, &compile, trace, meter).receipt
    }

    /// Works out the state that everything since the last checkpoint leads to, without committing it.
    pub fn prepare_checkpoint(&self) -> Result<Checkpoint, RuntimeError> {
        let changes = persist::changes(&self.space);
        let mut checkpoint = self.history.checkpoint(self.root, &changes.leaves)?;
        for (hash, channel) in changes.channels {
            checkpoint.batch_mut().put(Table::Channels, hash, channel);
        }
        Ok(checkpoint)
    }

    /// Commits a prepared checkpoint; the runtime goes on from there.
    pub fn commit(&mut self, checkpoint: Checkpoint) -> Result<StateRoot, RuntimeError> {
        self.root = self.history.commit(checkpoint)?;
        let base = base_of(&self.history, self.root)?;
        self.space.rebase(base)?;
        self.labels = Labels::default();
        Ok(self.root)
    }

    /// Makes everything since the last checkpoint durable.
    pub fn checkpoint(&mut self) -> Result<StateRoot, RuntimeError> {
        let checkpoint = self.prepare_checkpoint()?;
        self.commit(checkpoint)
    }

    /// The data on a channel.
    pub fn data(&mut self, channel: &Value) -> Result<Vec<Vec<Value>>, RuntimeError> {
        Ok(self.space.data(channel)?.iter().map(|datum| datum.data.to_vec()).collect())
    }

    /// A mark between evaluations, for [`Runtime::left_since`].
    pub fn mark(&self) -> u64 {
        self.space.mark()
    }

    /// Messages that came since the mark and are still there, by channel, and receives that wait since then.
    pub fn left_since(&self, mark: u64) -> (Vec<Left>, Vec<Waiting>) {
        let mut data = Vec::new();
        let mut waiting = Vec::new();
        for channel in self.space.changed_channels() {
            for (_, datum) in channel.data.iter().filter(|(number, _)| *number >= mark) {
                let (data_list, persistent) = (datum.data.to_vec(), datum.persistent);
                data.push(Left { channel: channel.name.clone(), data: data_list, persistent });
            }
            for (_, continuation) in channel.own.iter().filter(|(number, _)| *number >= mark) {
                waiting.push(waiting_of(&[channel.name], continuation));
            }
        }
        for join in self.space.changed_joins() {
            for (_, continuation) in join.waiting.iter().filter(|(number, _)| *number >= mark) {
                waiting.push(waiting_of(&join.channels, continuation));
            }
        }
        (data, waiting)
    }
}

fn waiting_of(channels: &[&Value], continuation: &crate::space::Continuation) -> Waiting {
    let binds = channels
        .iter()
        .zip(&*continuation.patterns)
        .map(|(channel, pattern)| WaitingBind {
            channel: (*channel).clone(),
            patterns: pattern.terms.clone(),
            remainder: pattern.remainder,
            free_count: pattern.free_count,
        })
        .collect();
    let body = continuation.body.materialize(&continuation.captured);
    let guard = continuation.body.materialize_guard(&continuation.captured);
    Waiting { binds, body, guard, persistent: continuation.persistent, peek: continuation.peek }
}

fn base_of(history: &History, root: StateRoot) -> Result<Option<Box<dyn Base>>, RuntimeError> {
    if root == StateRoot::EMPTY {
        return Ok(None);
    }
    Ok(Some(Box::new(StoredBase { snapshot: history.open_at(root)? })))
}

/// One forwarder per registry channel (runtime.md 8.5).
fn bootstrap_term() -> Term {
    let forwarder = |byte: &u8| {
        let channel = || Term::single(Term::private([*byte]));
        let pattern = Term::single(Term::var(Var::Free(0), 1));
        let reply = Term::single(Term::var(Var::Bound(0), 0));
        let body = Term::single(Term::send(reply, vec![channel()], false));
        let bind = Term::bind(channel(), vec![pattern], None, 1);
        let receive = Term::receive(vec![bind], body, false, false, None);
        Term::new_names(1, Vec::new(), Vec::new(), Term::single(receive))
    };
    Term::par_in_order(BOOTSTRAP_CHANNELS.iter().map(forwarder).collect())
}
