//! One evaluation on a space: what is asked for, the attempt, the receipt.

use std::sync::Arc;

use rhodium_matcher::Interrupt;
use rhodium_normalizer::{CompileError, Options, compile};
use rhodium_random::Random;
use rhodium_term::Term;

use crate::cost::{Charge, Meter};
use crate::error::{ErrorKind, RunError, Subject};
use crate::events::Trace;
use crate::labels::Labels;
use crate::limits::Limits;
use crate::run::Machine;
use crate::space::Space;
use crate::system::{OutputLine, SystemContext};

/// What to evaluate.
#[derive(Clone, Debug)]
pub enum Program<'a> {
    /// Source text; its bytes are charged, and it is compiled.
    Source(&'a str),
    /// A closed normal form; nothing is charged for it.
    Term(&'a Term),
}

/// One evaluation.
#[derive(Clone, Debug)]
pub struct Evaluation<'a> {
    /// The program.
    pub program: Program<'a>,
    /// Number of the source in [`Origin`]s.
    pub source: u32,
    /// The limit.
    pub phlo: i64,
    /// The random state it starts with.
    pub random: Random,
}

/// Why an evaluation failed.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The program does not compile.
    Compile(CompileError),
    /// It failed while it ran.
    Run(RunError),
}

/// The outcome of an evaluation. A failed one has changed nothing else.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Phlogiston charged.
    pub cost: i64,
    /// The errors, in the order of their places; none means success.
    pub failures: Vec<Failure>,
    /// How many errors there were beyond those that are listed.
    pub unlisted: u64,
    /// What was printed.
    pub output: Vec<OutputLine>,
    /// COMM events, also of a failed run.
    pub comms: u64,
}

impl Receipt {
    /// Whether the evaluation succeeded.
    pub fn succeeded(&self) -> bool {
        self.failures.is_empty()
    }
}

impl Evaluation<'_> {
    /// A source is known by its number from now on.
    pub(crate) fn enter(&self, labels: &mut Labels) {
        if let Program::Source(text) = self.program {
            labels.enter(self.source, text.len());
        }
    }

    /// The normal form of the program.
    pub(crate) fn compile(&self, context: &SystemContext) -> Result<Term, CompileError> {
        match self.program {
            Program::Term(term) => Ok(term.clone()),
            Program::Source(text) => {
                let injections: Vec<(Arc<str>, Term)> =
                    context.injections.iter().map(|(urn, value)| (Arc::from(urn.as_str()), value.to_term())).collect();
                compile(text, &Options { source: self.source, injections: &injections })
            }
        }
    }
}

/// What evaluations find around them.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub labels: &'a Labels,
    pub limits: Limits,
    pub interrupt: &'a Interrupt,
}

/// How an evaluation went; what it did in the space is neither kept nor undone yet.
pub(crate) struct Attempt {
    pub receipt: Receipt,
    /// Its steps, rounded up.
    pub steps: u64,
}

impl Setting<'_> {
    /// Evaluates a program. `compile` is called if its source can be paid.
    pub fn attempt(
        &self,
        space: &mut Space,
        evaluation: &Evaluation<'_>,
        context: &mut SystemContext,
        compile: &dyn Fn(&SystemContext) -> Result<Term, CompileError>,
        trace: &mut Trace<'_>,
        meter: &mut Meter,
    ) -> Attempt {
        let failed = |cost, failure| {
            let receipt = Receipt { cost, failures: vec![failure], unlisted: 0, output: Vec::new(), comms: 0 };
            Attempt { receipt, steps: 0 }
        };
        let mut parsing = 0;
        if let Program::Source(text) = evaluation.program {
            parsing = text.len() as i64;
            if let Err(fault) = meter.charge(parsing, Charge::Parsing) {
                let error = fault.about(Subject::Phlogiston(evaluation.phlo));
                return failed(evaluation.phlo, Failure::Run(error));
            }
        }
        let term = match compile(context) {
            Ok(term) => term,
            Err(error) => return failed(parsing, Failure::Compile(error)),
        };
        let printed = context.output.len();
        let limits = (self.limits, self.interrupt.clone());
        let taken = std::mem::replace(meter, Meter::new(0));
        let (source, followed) = (evaluation.source, std::mem::take(trace));
        let mut machine = Machine::new(space, self.labels, taken, context, limits, source, followed);
        machine.run(&term, evaluation.random.clone());
        let (used, comms, steps) = (machine.meter.used(), machine.comms, machine.steps());
        (*trace, *meter) = (machine.trace, machine.meter);
        let (errors, unlisted) = machine.errors.into_list();
        let (cost, errors) = verdict(used, evaluation.phlo, parsing, errors);
        let failures = errors.into_iter().map(Failure::Run).collect();
        Attempt {
            receipt: Receipt { cost, failures, unlisted, output: context.output.split_off(printed), comms },
            steps,
        }
    }
}

/// What is charged and reported in the end (runtime.md 4.4, 4.9).
fn verdict(used: i64, limit: i64, parsing: i64, errors: Vec<RunError>) -> (i64, Vec<RunError>) {
    let alone = |kind: ErrorKind| errors.iter().find(|e| e.kind == kind).cloned();
    if errors.is_empty() {
        return (used, errors);
    }
    if let Some(abort) = alone(ErrorKind::UserAbort) {
        return (used.min(limit), vec![abort]);
    }
    if let Some(out) = alone(ErrorKind::OutOfPhlogistons) {
        return (limit, vec![out]);
    }
    if let Some(ended) = errors.iter().find(|e| e.code.ends_evaluation()) {
        return (used.min(limit), vec![ended.clone()]);
    }
    let cost = match &errors[..] {
        [one] if one.count > 1 => limit,
        [one] if one.kind == ErrorKind::IfConditionType => used,
        [one] if matches!(one.kind, ErrorKind::OperatorNotDefined | ErrorKind::OperatorExpected) => parsing,
        _ => limit,
    };
    (cost, errors)
}
