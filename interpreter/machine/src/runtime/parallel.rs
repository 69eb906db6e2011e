//! The deploys of a block on several threads, with the results of one: optimistic concurrency control.
//!
//! A *wave* of deploys runs at once, each in a draft (`space/draft.rs`) on top of the space, which stands still meanwhile.
//! Then they are settled in order: a draft that read nothing which an earlier deploy of the wave wrote is applied, any
//! other deploy runs once more on the space itself. So every deploy that counts has seen the state that its predecessors
//! left, and receipts, logs and states are those of the deploys run one after the other.
//!
//! The size of the waves follows from what was counted in earlier ones (`Pace`). Where nearly all deploys conflict they run
//! one after the other, and the other threads compile ahead.
//!
//! A draft may see a state that never was, and run forever there. So all drafts but the first of a wave, whose state is
//! the right one, have a limit of steps that follows from what other deploys took; who reaches it runs once more.

use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::{Builder, Scope};

use rhodium_normalizer::CompileError;
use rhodium_term::Term;

use super::Runtime;
use crate::attempt::{Attempt, Evaluation, Receipt, Setting};
use crate::cost::Meter;
use crate::events::{Event, Trace};
use crate::limits::Limits;
use crate::space::{Contracts, Effects, Space, WriteSet};
use crate::system::SystemContext;

/// A deploy of a block.
#[derive(Clone, Debug)]
pub struct Deploy<'a> {
    /// What to evaluate.
    pub evaluation: Evaluation<'a>,
    /// What it sees of the world. What processes of the contract test runner change in it is lost.
    pub context: SystemContext,
}

/// Who is told of every deploy, in order.
pub type Settled<'a> = dyn FnMut(Receipt, Vec<Event>) -> ControlFlow<()> + 'a;

impl Runtime {
    /// Evaluates the deploys of a block as [`Runtime::evaluate`] would one after the other, on up to so many threads. The
    /// results do not depend on their number; each deploy may use the memory of its limits, on each thread. With `logged`,
    /// event logs are kept as by [`Runtime::record`]. After a `Break` the deploys that follow are not evaluated.
    pub fn evaluate_all(
        &mut self,
        deploys: &[Deploy<'_>],
        threads: NonZeroUsize,
        logged: bool,
        settled: &mut Settled<'_>,
    ) {
        deploys.iter().for_each(|deploy| deploy.evaluation.enter(&mut self.labels));
        let setting = Setting { labels: &self.labels, limits: self.limits, interrupt: &self.interrupt };
        let block = Block { setting, deploys, logged };
        // An index of events would have to be kept for every draft.
        let threads = if self.space.is_indexed() { 1 } else { threads.get().min(deploys.len()) };
        let space = &mut self.space;
        // Whether it went through to the end has been told already.
        let _ = std::thread::scope(|scope| {
            let crew = Crew::of(scope, &block, threads.saturating_sub(1));
            let mut pace = Pace::new(crew.orders.len() + 1);
            let mut at = 0;
            let mut longest = 0;
            let mut contracts = Contracts::default();
            while at < deploys.len() {
                let turn = pace.turn(deploys.len() - at);
                match turn {
                    Turn::Wave(count) => {
                        let job = Job::new(at..at + count, Some(std::mem::take(space)), longest);
                        let (mut job, outcomes) = crew.run(&block, job, &mut contracts);
                        *space = job.space.take().and_then(Arc::into_inner).expect("all drafts are finished");
                        longest = outcomes.iter().flatten().map(|outcome| outcome.steps).fold(longest, u64::max);
                        let reruns = block.settle(space, at, &job.compiled, outcomes, settled)?;
                        crew.forget(job.compiled);
                        pace.learn(count, reruns);
                        at += count;
                    }
                    Turn::Serial(count) => {
                        let job = crew.begin(Job::new(at..at + count, None, longest));
                        for (k, compiled) in (at..).zip(&job.compiled) {
                            let (attempt, log) = block.serial(space, k, compiled, None);
                            longest = longest.max(attempt.steps);
                            settled(attempt.receipt, log)?;
                        }
                        crew.wait();
                        at += count;
                    }
                }
            }
            ControlFlow::Continue(())
        });
    }
}

/// What all threads know.
struct Block<'a> {
    setting: Setting<'a>,
    deploys: &'a [Deploy<'a>],
    logged: bool,
}

type Compiled = OnceLock<Result<Term, CompileError>>;

/// What the threads work on together: deploys to compile, and to run if there is a space.
struct Job {
    deploys: Range<usize>,
    next: AtomicUsize,
    /// By position in `deploys`.
    compiled: Vec<Compiled>,
    space: Option<Arc<Space>>,
    /// Most steps of a draft that may have seen a wrong state.
    steps: u64,
}

/// A deploy that ran in a draft.
struct Outcome {
    receipt: Receipt,
    log: Vec<Event>,
    steps: u64,
    effects: Effects,
}

/// By position in the wave; `None` if the deploy has to run again.
type Outcomes = Vec<Option<Outcome>>;

impl Job {
    /// `longest`: the steps that a deploy of this block took at most so far.
    fn new(deploys: Range<usize>, space: Option<Space>, longest: u64) -> Job {
        /// Drafts may always take so many steps.
        const FEW: u64 = 1 << 16;
        let compiled = deploys.clone().map(|_| Compiled::new()).collect();
        let (next, space) = (AtomicUsize::new(deploys.start), space.map(Arc::new));
        Job { deploys, next, compiled, space, steps: longest.saturating_mul(8).max(FEW) }
    }

    /// The share of one thread, which has called these contracts.
    fn work(&self, block: &Block<'_>, contracts: &mut Contracts) -> Vec<(usize, Outcome)> {
        let mut outcomes = Vec::new();
        loop {
            // No data goes with the number, so no order is needed.
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if !self.deploys.contains(&number) {
                return outcomes;
            }
            let position = number - self.deploys.start;
            match &self.space {
                Some(space) => {
                    let outcome = self.draft(block, number, space, contracts);
                    outcomes.extend(outcome.map(|outcome| (position, outcome)));
                }
                None => drop(block.compile(number, &self.compiled[position])),
            }
        }
    }

    /// Runs a deploy in a draft. `None`: it took too many steps.
    fn draft(
        &self,
        block: &Block<'_>,
        number: usize,
        space: &Arc<Space>,
        contracts: &mut Contracts,
    ) -> Option<Outcome> {
        let limits = block.setting.limits;
        let right = number == self.deploys.start;
        let steps = if right { limits.steps } else { self.steps.min(limits.steps) };
        let setting = Setting { limits: Limits { steps, ..limits }, ..block.setting };
        let mut space = Space::draft(space.clone(), std::mem::take(contracts));
        let compiled = &self.compiled[number - self.deploys.start];
        let (Attempt { receipt, steps: taken }, log) = block.attempt(setting, &mut space, number, compiled);
        *contracts = space.take_contracts();
        if steps < limits.steps && taken >= steps {
            return None;
        }
        let effects = space.finish(receipt.succeeded())?;
        Some(Outcome { receipt, log, steps: taken, effects })
    }
}

impl Block<'_> {
    fn compile(&self, number: usize, compiled: &Compiled) -> Result<Term, CompileError> {
        let Deploy { evaluation, context } = &self.deploys[number];
        compiled.get_or_init(|| evaluation.compile(context)).clone()
    }

    fn attempt(
        &self,
        setting: Setting<'_>,
        space: &mut Space,
        number: usize,
        compiled: &Compiled,
    ) -> (Attempt, Vec<Event>) {
        let Deploy { evaluation, context } = &self.deploys[number];
        let mut meter = Meter::new(evaluation.phlo);
        let mut trace = if self.logged { Trace::Record(Box::default()) } else { Trace::Off };
        let compile = |_: &SystemContext| self.compile(number, compiled);
        let attempt = setting.attempt(space, evaluation, &mut context.clone(), &compile, &mut trace, &mut meter);
        (attempt, trace.into_log())
    }

    /// Runs a deploy on the space itself.
    fn serial(
        &self,
        space: &mut Space,
        number: usize,
        compiled: &Compiled,
        writes: Option<&mut WriteSet>,
    ) -> (Attempt, Vec<Event>) {
        let (attempt, log) = self.attempt(self.setting, space, number, compiled);
        if attempt.receipt.succeeded() {
            writes.into_iter().for_each(|writes| writes.extend(space.writes()));
            space.commit();
        } else {
            space.revert();
        }
        (attempt, log)
    }

    /// Settles the deploys of a wave, whose first one has this number. How many had to run again.
    fn settle(
        &self,
        space: &mut Space,
        first: usize,
        compiled: &[Compiled],
        outcomes: Outcomes,
        settled: &mut Settled<'_>,
    ) -> ControlFlow<(), usize> {
        let mut writes = WriteSet::default();
        let mut reruns = 0;
        for ((number, compiled), outcome) in (first..).zip(compiled).zip(outcomes) {
            // Whoever interrupts a block interrupts the deploys from some point on.
            let valid =
                |outcome: &Outcome| !outcome.effects.conflicts(&writes) && self.setting.interrupt.raised().is_none();
            match outcome.filter(valid) {
                Some(Outcome { receipt, log, mut effects, .. }) => {
                    writes.extend(effects.take_writes());
                    space.apply(effects);
                    settled(receipt, log)?;
                }
                None => {
                    let (attempt, log) = self.serial(space, number, compiled, Some(&mut writes));
                    reruns += 1;
                    settled(attempt.receipt, log)?;
                }
            }
        }
        ControlFlow::Continue(reruns)
    }
}

/// What a thread of the crew is to do.
enum Order {
    Work(Arc<Job>),
    /// To free memory, which takes time too.
    Forget(Vec<Compiled>),
}

/// The other threads.
struct Crew {
    orders: Vec<Sender<Order>>,
    done: Receiver<Vec<(usize, Outcome)>>,
}

impl Crew {
    /// Starts so many threads, or as many as there can be.
    fn of<'scope, 'a>(scope: &'scope Scope<'scope, 'a>, block: &'a Block<'a>, count: usize) -> Crew {
        let (sender, done) = channel();
        let start = |_| {
            let (order, orders) = channel::<Order>();
            let sender = sender.clone();
            let work = move || {
                let mut contracts = Contracts::default();
                for order in orders {
                    let job = match order {
                        Order::Work(job) => job,
                        Order::Forget(compiled) => {
                            drop(compiled);
                            continue;
                        }
                    };
                    // A panic in a draft is one only if the deploy panics again where it counts.
                    let outcomes =
                        catch_unwind(AssertUnwindSafe(|| job.work(block, &mut contracts))).unwrap_or_default();
                    drop(job);
                    if sender.send(outcomes).is_err() {
                        return;
                    }
                }
            };
            Builder::new().spawn_scoped(scope, work).ok().map(|_| order)
        };
        Crew { orders: (0..count).map_while(start).collect(), done }
    }

    /// Hands a job to the other threads.
    fn begin(&self, job: Job) -> Arc<Job> {
        let job = Arc::new(job);
        for thread in &self.orders {
            thread.send(Order::Work(job.clone())).expect("the threads live as long as the crew");
        }
        job
    }

    /// Frees what deploys were compiled to, beside what comes next.
    fn forget(&self, compiled: Vec<Compiled>) {
        if let Some(thread) = self.orders.first() {
            thread.send(Order::Forget(compiled)).expect("the threads live as long as the crew");
        }
    }

    /// Waits until they have done it.
    fn wait(&self) -> Vec<(usize, Outcome)> {
        let shares = self.orders.iter().map(|_| self.done.recv().expect("the threads live as long as the crew"));
        shares.flatten().collect()
    }

    /// Does a job on all threads, this one too.
    fn run(&self, block: &Block<'_>, job: Job, contracts: &mut Contracts) -> (Job, Outcomes) {
        let job = self.begin(job);
        let own = job.work(block, contracts);
        let mut outcomes = Outcomes::new();
        outcomes.resize_with(job.deploys.len(), || None);
        for (position, outcome) in own.into_iter().chain(self.wait()) {
            outcomes[position] = Some(outcome);
        }
        (Arc::into_inner(job).expect("all threads are done with it"), outcomes)
    }
}

/// What comes next, with so many deploys.
enum Turn {
    Wave(usize),
    Serial(usize),
}

/// How many deploys run at once. In units of a deploy a wave takes as long as its share on each thread and its reruns.
struct Pace {
    threads: usize,
    wave: usize,
    /// Deploys to run one after the other now, and when waves are no use the next time.
    serial: usize,
    pause: usize,
    /// The last waves: how many deploys they had, and how many units they took.
    deploys: usize,
    units: usize,
    /// Waves of the smallest size in sequence that gained nothing.
    useless: u32,
}

impl Pace {
    /// Waves have at most so many deploys per thread.
    const MOST: usize = 64;
    /// The first and the longest pause.
    const PAUSES: (usize, usize) = (16, 1024);
    /// So many deploys show whether waves are of use.
    const JUDGED: usize = 16;

    fn new(threads: usize) -> Pace {
        let serial = if threads == 1 { usize::MAX } else { 0 };
        Pace { threads, wave: threads, serial, pause: Pace::PAUSES.0, deploys: 0, units: 0, useless: 0 }
    }

    fn turn(&mut self, left: usize) -> Turn {
        if self.serial == 0 {
            return Turn::Wave(self.wave.min(left));
        }
        // With the deploys of a turn their compiled programs are kept.
        let count = self.serial.min(left).min(Pace::MOST);
        self.serial -= count;
        Turn::Serial(count)
    }

    fn learn(&mut self, count: usize, reruns: usize) {
        if reruns == 0 {
            self.wave = (self.wave * 4).min(self.threads * Pace::MOST);
        } else if reruns * 8 >= count {
            self.wave = (self.wave / 2).max(self.threads);
        }
        let units = count.div_ceil(self.threads) + reruns;
        self.deploys += count;
        self.units += units;
        if units < count {
            self.useless = 0;
        } else if count <= self.threads {
            self.useless += 1;
        }
        // Cores that share caches and more do not gain what they should, so it has to be a good deal.
        let judged = self.deploys >= Pace::JUDGED;
        let gained = self.units * 4 <= self.deploys * 3;
        if self.useless > 1 || judged && !gained {
            self.serial = self.pause;
            self.pause = (self.pause * 2).min(Pace::PAUSES.1);
            (self.deploys, self.units) = (0, 0);
        } else if judged {
            self.pause = Pace::PAUSES.0;
            if self.deploys >= Pace::JUDGED * 4 {
                (self.deploys, self.units) = (self.deploys / 2, self.units / 2);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rhodium_random::Random;
    use rhodium_store::{History, MemoryStore};

    use crate::attempt::Program;

    /// How many of so many deploys run in waves, if so many of each wave run again.
    fn in_waves(deploys: usize, threads: usize, reruns: impl Fn(usize) -> usize) -> usize {
        let mut pace = Pace::new(threads);
        let (mut left, mut waves) = (deploys, 0);
        while left > 0 {
            left -= match pace.turn(left) {
                Turn::Serial(count) => count,
                Turn::Wave(count) => {
                    pace.learn(count, reruns(count));
                    waves += count;
                    count
                }
            };
        }
        waves
    }

    #[test]
    fn waves_are_for_deploys_that_do_not_conflict() {
        assert_eq!(in_waves(1000, 2, |_| 0), 1000);
        assert_eq!(in_waves(1000, 4, |count| count / 8), 1000);
        let probes = in_waves(10_000, 2, |count| count - 1);
        assert!((20..100).contains(&probes), "{probes}");
        let probes = in_waves(10_000, 2, |count| count / 2);
        assert!((20..1000).contains(&probes), "{probes}");
        assert_eq!(in_waves(1000, 1, |_| 0), 0);
    }

    /// All that waits, with the numbers of the items.
    fn numbered(runtime: &Runtime) -> String {
        let channels = runtime.space.changed_channels();
        let data = channels.iter().flat_map(|c| c.data.iter().map(|(number, datum)| (number, &datum.data)));
        let own = channels.iter().flat_map(|c| c.own.iter().map(|(number, receive)| (number, &receive.patterns)));
        let joins = runtime.space.changed_joins();
        let waiting = joins.iter().flat_map(|j| j.waiting.iter().map(|(number, receive)| (number, &receive.patterns)));
        format!("{:?} {:?} {:?}", data.collect::<Vec<_>>(), own.collect::<Vec<_>>(), waiting.collect::<Vec<_>>())
    }

    #[test]
    fn items_have_the_numbers_that_they_have_on_one_thread() {
        let source = |k: usize| match k % 4 {
            0 => format!("@{k}!(1) | @{k}!(2) | for (@3 <- @{k}) {{ Nil }}"),
            1 => format!("for (@1 <- @{k} & @2 <- @\"x\") {{ Nil }} | for (@4 <- @{k}) {{ Nil }}"),
            2 => format!("@{}!(3) | @{}!(0)", k - 2, k - 2),
            _ => format!("@{k}!(1) | @{k}!(1 + \"\")"),
        };
        let sources: Vec<String> = (0..64).map(source).collect();
        let deploy = |source| {
            let random = Random::from_seed(&[1]);
            let evaluation = Evaluation { program: Program::Source(source), source: 0, phlo: i64::MAX, random };
            Deploy { evaluation, context: SystemContext::default() }
        };
        let deploys: Vec<Deploy<'_>> = sources.iter().map(|source| deploy(source)).collect();
        let states = [1, 2, 3, 64].map(|threads| {
            let history = History::new(Arc::new(MemoryStore::new()));
            let mut runtime = Runtime::empty(history).expect("a runtime");
            let threads = NonZeroUsize::new(threads).expect("threads");
            runtime.evaluate_all(&deploys, threads, false, &mut |_, _| ControlFlow::Continue(()));
            numbered(&runtime)
        });
        assert!(states[0].contains(&format!("{}", (1_u64 << 63) + 80)), "{}", states[0]);
        assert!(states.iter().all(|state| *state == states[0]), "{states:#?}");
    }
}
