//! Evaluations that follow each other on one state, and what is reported of each.

use std::collections::BTreeMap;
use std::time::Duration;

use rhodium_genesis::HEAD;
use rhodium_keys::{PublicKey, blake2b256};
use rhodium_machine::profile;
use rhodium_machine::system::{Stream, SystemContext};
use rhodium_machine::{Evaluation, Interrupt, Program, Receipt, Value};
use rhodium_random::Random;
use rhodium_store::{Batch, DeployProgram, DeployRecord, ReceiptRecord, StateRoot, Table};
use rhodium_term::{Head, Term};
use serde::Serialize;

use crate::costs::Costs;
use crate::diagnostics::{Diagnostic, Source};
use crate::exit::Exit;
use crate::leftovers::{Leftovers, UnreadDatum, WaitingReceive};
use crate::limits::within;
use crate::places::Places;
use crate::profile::{Profile, clock};
use crate::state::State;
use crate::words::Words;

/// The URN under which a program finds its deployer.
const DEPLOYER_URN: &str = "rho:system:deployerId";

/// What all evaluations of a session have in common.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The limit of each evaluation.
    pub phlo: i64,
    /// The time that each may take.
    pub time: Option<Duration>,
    /// What ends them before.
    pub interrupt: Interrupt,
    /// Who deploys.
    pub deployer: Option<PublicKey>,
    /// Whether channels of the system are shown.
    pub system: bool,
    /// What is kept of every evaluation.
    pub kept: Kept,
}

/// What is kept of an evaluation beyond its outcome.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept {
    /// What the cost is made of.
    pub costs: bool,
    /// Where time and cost went.
    pub profile: bool,
}

/// State roots around an evaluation.
#[derive(Clone, Debug, Serialize)]
pub struct Roots {
    before: Option<String>,
    after: Option<String>,
}

/// What is reported of one evaluation, or of all of a command.
#[derive(Debug, Serialize)]
pub struct Report {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    pub stdout: Vec<String>,
    pub stderr: Vec<String>,
    pub errors: Vec<Diagnostic>,
    pub unlisted: u64,
    pub cost: i64,
    /// What the cost is made of, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub costs: Option<Costs>,
    /// Where time and cost went, if that was asked for; of several evaluations only together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    pub comms: u64,
    pub state_root: Roots,
    pub data: Vec<UnreadDatum>,
    pub waiting: Vec<WaitingReceive>,
    /// The full ids of the names in these, by the identifiers that they are shown with.
    pub names: BTreeMap<String, String>,
    pub hidden: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Report>,
}

impl Report {
    /// The report of a command that evaluated nothing.
    pub fn of_errors(errors: Vec<Diagnostic>) -> Report {
        Report {
            file: None,
            stdout: Vec::new(),
            stderr: Vec::new(),
            errors,
            unlisted: 0,
            cost: 0,
            costs: None,
            profile: None,
            comms: 0,
            state_root: Roots { before: None, after: None },
            data: Vec::new(),
            waiting: Vec::new(),
            names: BTreeMap::new(),
            hidden: 0,
            runs: Vec::new(),
        }
    }

    /// The sum of several reports; what is left is not a sum and stays empty.
    pub fn total(mut runs: Vec<Report>) -> Report {
        let profiles: Vec<Profile> = runs.iter_mut().filter_map(|run| run.profile.take()).collect();
        let joined = |lines: fn(&Report) -> &Vec<String>| runs.iter().flat_map(lines).cloned().collect();
        Report {
            stdout: joined(|run| &run.stdout),
            stderr: joined(|run| &run.stderr),
            unlisted: runs.iter().map(|run| run.unlisted).sum(),
            cost: runs.iter().fold(0, |sum, run| sum.saturating_add(run.cost)),
            costs: runs
                .iter()
                .any(|run| run.costs.is_some())
                .then(|| Costs::total(runs.iter().flat_map(|run| &run.costs))),
            profile: (!profiles.is_empty()).then(|| Profile::total(profiles)),
            comms: runs.iter().map(|run| run.comms).sum(),
            state_root: Roots {
                before: runs.first().and_then(|run| run.state_root.before.clone()),
                after: runs.last().and_then(|run| run.state_root.after.clone()),
            },
            ..Report::of_errors(runs.iter().flat_map(|run| &run.errors).cloned().collect())
        }
        .with_runs(runs)
    }

    fn with_runs(mut self, runs: Vec<Report>) -> Report {
        self.runs = runs;
        self
    }

    /// The exit status that the errors lead to.
    pub fn exit(&self) -> Exit {
        self.errors.iter().map(|error| error.exit).max().unwrap_or(Exit::Ok)
    }

    /// Adds what is left, as data.
    pub fn list(&mut self, left: &Leftovers, words: &Words) {
        let names = left.names(words);
        (self.data, self.waiting, self.hidden) = (left.data(&names), left.waiting(&names), left.hidden());
        self.names = names.list();
    }
}

/// Evaluations that follow each other on one state.
pub struct Session {
    /// The state they work on.
    pub state: State,
    settings: Settings,
    /// All sources so far; errors may be in any of them.
    sources: Vec<Source>,
    places: Places,
    root: StateRoot,
}

impl Session {
    /// A session on a state.
    pub fn new(state: State, settings: Settings) -> Session {
        let root = state.runtime.root();
        Session { state, settings, sources: Vec::new(), places: Places::default(), root }
    }

    /// The seed to use when none is given: empty at first, and later, so that names stay unique in a store that has
    /// been used before, the root of the state.
    pub fn default_seed(&self) -> Vec<u8> {
        if self.state.start == Some(self.root) { Vec::new() } else { self.root.0.to_vec() }
    }

    /// Evaluates a source; a failed evaluation leaves the state as it was, a successful one is written to the store, and
    /// the deploy with its receipt in any case. What is left stays to be asked for.
    pub fn evaluate(&mut self, source: Source, random: Random) -> Result<Report, Diagnostic> {
        let before = self.root;
        let number = self.sources.len();
        let deploy = self.state.durable.then(|| self.deploy(&source, &random));
        let (receipt, kept) = self.run(&source, number + 1, random);
        let name = source.name.clone();
        self.sources.push(source);
        let succeeded = receipt.succeeded();
        let costs = self.settings.kept.costs.then(|| Costs::new(&kept.items, &self.sources));
        let profile = self.settings.kept.profile.then(|| Profile::new(&kept, &self.sources, &self.words()));
        let lines = |stream: Stream| {
            // A printed string may contain line breaks.
            let printed = receipt.output.iter().filter(move |line| line.stream == stream);
            printed.flat_map(|line| line.text.split('\n')).map(str::to_owned).collect()
        };
        let mut failures = receipt.failures;
        failures.iter_mut().for_each(|failure| self.places.find(failure, &mut self.sources));
        let errors = Diagnostic::failures(&failures, &self.sources[number], &self.sources);
        let outcome = ReceiptRecord {
            number: 0,
            after: None,
            cost: receipt.cost,
            comms: Some(receipt.comms),
            errors: errors.iter().map(|error| (error.code.to_owned(), error.message.clone())).collect(),
            output: receipt.output.iter().map(|line| line.text.clone()).collect(),
        };
        self.keep(succeeded, deploy, outcome)?;
        Ok(Report {
            file: Some(name),
            stdout: lines(Stream::Stdout),
            stderr: lines(Stream::Stderr),
            unlisted: receipt.unlisted,
            cost: receipt.cost,
            costs,
            profile,
            comms: receipt.comms,
            state_root: Roots { before: Some(before.to_string()), after: Some(self.root.to_string()) },
            ..Report::of_errors(errors)
        })
    }

    /// What came since the mark and is left.
    pub fn left_since(&mut self, mark: u64) -> Result<Leftovers, Diagnostic> {
        Leftovers::since(&mut self.state, mark, self.settings.system)
    }

    /// What the names made in this session are called.
    pub fn words(&self) -> Words<'_> {
        Words::new(&self.state.runtime, &self.sources)
    }

    /// Forgets an interrupt that came before there was anything to interrupt.
    pub fn clear_interrupt(&self) {
        self.settings.interrupt.clear();
    }

    fn run(&mut self, source: &Source, number: usize, random: Random) -> (Receipt, profile::Profile) {
        let mut context = SystemContext::default();
        if let Some(deployer) = &self.settings.deployer {
            context.deploy.deployer_id = deployer.as_bytes().to_vec();
            let id = Head::DeployerId(deployer.as_bytes().as_slice().into());
            context.injections.insert(DEPLOYER_URN.to_owned(), Value::item(Term::ground(id)));
        }
        let evaluation = Evaluation {
            program: Program::Source(&source.text),
            source: u32::try_from(number).unwrap_or(0),
            phlo: self.settings.phlo,
            random,
        };
        let runtime = &mut self.state.runtime;
        let Kept { costs, profile } = self.settings.kept;
        within(self.settings.time, &self.settings.interrupt, || match costs || profile {
            true => runtime.profile(evaluation, &mut context, profile.then_some(clock)),
            false => (runtime.evaluate(evaluation, &mut context), profile::Profile::default()),
        })
    }

    /// What an evaluation is a function of.
    fn deploy(&self, source: &Source, random: &Random) -> DeployRecord {
        let program = DeployProgram::Source {
            source: source.text.clone(),
            random: random.to_bytes().to_vec(),
            phlo: self.settings.phlo,
            deployer: self.settings.deployer.as_ref().map_or_else(Vec::new, |key| key.as_bytes().to_vec()),
        };
        DeployRecord { before: self.root, program }
    }

    /// The state goes on in memory, where it is still known what has come since when; the store only follows.
    fn keep(
        &mut self,
        succeeded: bool,
        deploy: Option<DeployRecord>,
        mut receipt: ReceiptRecord,
    ) -> Result<(), Diagnostic> {
        let mut root = self.root;
        let mut batch = Batch::new();
        if succeeded {
            let mut checkpoint = self.state.runtime.prepare_checkpoint()?;
            checkpoint.set_head(HEAD);
            root = checkpoint.root();
            batch = checkpoint.into_batch();
        }
        if let Some(deploy) = deploy {
            let store = self.state.runtime.history().store();
            (receipt.number, receipt.after) = (store.count(Table::Receipts)?, Some(root));
            batch.put_deploy(&deploy, &receipt);
            store.commit(&batch)?;
        }
        self.root = root;
        Ok(())
    }
}

/// The random state of the k-th of several evaluations: that of the seed for the first one, and no relative of it for
/// the others, so that names never meet.
pub fn random_of(seed: &[u8], k: usize) -> Random {
    if k == 0 {
        return Random::from_seed(seed);
    }
    let mut bytes = seed.to_vec();
    bytes.extend((k as u64).to_le_bytes());
    Random::from_seed(&blake2b256(&bytes))
}
