//! A result is a function of state root and deploy (ARCHITECTURE, invariant 2): every program of the specification's
//! data, of the benches and some with races gives the same costs, outcomes, output, event logs and roots, whatever the
//! number of threads that evaluate beside each other, the seeds of hash tables (each thread and process has its own),
//! the store, and whether the state was just made or is opened again.
//!
//! In the dev profile a fixed sample runs; with `RHODIUM_DETERMINISM=all`, and in release, all of it.

mod common;

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use common::{Dice, kinds, random_program};
use rhodium_machine::events::Event;
use rhodium_machine::system::SystemContext;
use rhodium_machine::{Deploy, Evaluation, Program, Receipt, Runtime};
use rhodium_random::Random;
use rhodium_store::{History, LmdbOptions, LmdbStore, StateRoot};
use sha2::{Digest, Sha256};

/// Enough for all programs that end; persistent sends that meet persistent receives do not.
const PHLO: i64 = 100_000;

/// Deploys between two checkpoints.
const BLOCK: usize = 2;

/// Programs that run on one state, [`BLOCK`] between two checkpoints.
struct Chain {
    id: String,
    programs: Vec<String>,
}

/// What can be seen of a deploy.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    cost: i64,
    comms: u64,
    failures: Vec<String>,
    output: Vec<String>,
    log: Vec<Event>,
    root: Option<String>,
}

/// How a chain is run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Log {
    Kept,
    /// The same, and the deploys between two checkpoints run side by side, as those of a block.
    Together,
    Followed,
    None,
}

#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    threads: usize,
    log: Log,
    disk: bool,
    /// Every checkpoint ends the runtime, and the store if it is on disk; both are opened again.
    restarted: bool,
}

const WAYS: &[Way] = &[
    Way { name: "in memory", threads: 1, log: Log::Kept, disk: false, restarted: false },
    Way { name: "as blocks on two threads", threads: 1, log: Log::Together, disk: false, restarted: false },
    Way { name: "without a log", threads: 2, log: Log::None, disk: false, restarted: false },
    Way { name: "following the log", threads: 4, log: Log::Followed, disk: false, restarted: false },
    Way { name: "restarted", threads: 4, log: Log::Kept, disk: false, restarted: true },
    Way { name: "on disk", threads: 2, log: Log::Kept, disk: true, restarted: false },
    Way { name: "on disk, restarted", threads: 4, log: Log::Kept, disk: true, restarted: true },
    Way { name: "on disk, restarted, following the log", threads: 1, log: Log::Followed, disk: true, restarted: true },
];

/// Everything that there is to run.
fn chains() -> Vec<Chain> {
    let mut programs: Vec<(String, String)> = Vec::new();
    for file in ["language-cases.toml", "rhodium-cases.toml"] {
        for case in common::cases(file) {
            let sources = case.prior.into_iter().chain([case.source]);
            programs.extend(sources.map(|source| (case.id.clone(), source)));
        }
    }
    programs.extend(common::vector_programs().into_iter().map(|row| (row.id, row.source)));
    programs.extend(common::measured_programs().into_iter().map(|row| (row.id, row.source)));
    for workload in common::workloads() {
        let size = (workload.base / 20).to_string();
        programs.push((workload.name, workload.program.replace("$n", &size)));
    }
    let mut dice = Dice(5);
    programs.extend((0..400).map(|k| (format!("random {k}"), random_program(&mut dice, 2))));
    let chain = |programs: &[(String, String)]| {
        // The first program runs twice: its second run meets what all have left.
        let again = programs.iter().chain(programs.first());
        let id = programs.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ");
        Chain { id, programs: again.map(|(_, source)| source.clone()).collect() }
    };
    let chains = programs.chunks(5).map(chain);
    let all = !cfg!(debug_assertions) || std::env::var("RHODIUM_DETERMINISM").is_ok_and(|which| which == "all");
    // Whatever the sample is, the workloads and the races are in it.
    let special = (programs.len() - 400 - common::workloads().len()) / 5;
    chains.enumerate().filter(|(k, _)| all || k % 10 == 0 || *k >= special && k % 4 == 0).map(|(_, c)| c).collect()
}

/// A place for the states of one thread.
fn open(way: Way, directory: &Path) -> History {
    if !way.disk {
        return common::history();
    }
    History::new(Arc::new(LmdbStore::open(directory, &LmdbOptions::create("a test")).expect("a store")))
}

fn evaluate(
    runtime: &mut Runtime,
    evaluation: Evaluation<'_>,
    log: Log,
    known: Option<&Seen>,
) -> (Receipt, Vec<Event>) {
    let mut context = SystemContext::default();
    match (log, known) {
        (Log::Kept | Log::Together, _) => runtime.record(evaluation, &mut context),
        (_, None) => panic!("the first way keeps logs"),
        // What is not made is taken as it was.
        (Log::None, Some(known)) => (runtime.evaluate(evaluation, &mut context), known.log.clone()),
        (Log::Followed, Some(known)) => {
            let receipt = runtime.replay(evaluation, &mut context, &known.log).unwrap_or_else(|e| panic!("{e}"));
            (receipt, known.log.clone())
        }
    }
}

/// Runs the deploys of a block on two threads.
fn together<'a>(runtime: &mut Runtime, block: impl Iterator<Item = Evaluation<'a>>) -> Vec<(Receipt, Vec<Event>)> {
    let deploy = |evaluation| Deploy { evaluation, context: SystemContext::default() };
    let deploys: Vec<Deploy<'_>> = block.map(deploy).collect();
    let mut outcomes = Vec::new();
    runtime.evaluate_all(&deploys, NonZeroUsize::new(2).expect("two"), true, &mut |receipt, log| {
        outcomes.push((receipt, log));
        ControlFlow::Continue(())
    });
    outcomes
}

/// Runs a chain. `known`: what was seen before.
fn run(way: Way, chain: &Chain, directory: &Path, known: Option<&[Seen]>) -> Vec<Seen> {
    let mut runtime = Runtime::bootstrapped(open(way, directory)).expect("the first state");
    let mut seen = Vec::new();
    let mut numbers = 0..;
    for sources in chain.programs.chunks(BLOCK) {
        let block = sources.iter().zip(numbers.by_ref()).map(|(source, k)| {
            let random = Random::from_seed(&[]).split_short(k);
            Evaluation { program: Program::Source(source), source: 1, phlo: PHLO, random }
        });
        let outcomes: Vec<(Receipt, Vec<Event>)> = if way.log == Log::Together {
            together(&mut runtime, block)
        } else {
            let known = |k: usize| known.map(|known| &known[seen.len() + k]);
            block.enumerate().map(|(k, evaluation)| evaluate(&mut runtime, evaluation, way.log, known(k))).collect()
        };
        let reached = runtime.checkpoint().expect("a checkpoint");
        if way.restarted {
            runtime = reopened(runtime, way, directory, reached);
        }
        let last = outcomes.len() - 1;
        for (k, (receipt, log)) in outcomes.into_iter().enumerate() {
            let output = receipt.output.iter().map(|line| line.text.clone()).collect();
            let root = (k == last).then(|| reached.to_string());
            seen.push(Seen { cost: receipt.cost, comms: receipt.comms, failures: kinds(&receipt), output, log, root });
        }
    }
    seen
}

fn reopened(runtime: Runtime, way: Way, directory: &Path, root: StateRoot) -> Runtime {
    let history = if way.disk {
        // Nobody else may hold the store when it is opened again.
        drop(runtime);
        open(way, directory)
    } else {
        runtime.history().clone()
    };
    Runtime::open(history, root).expect("a committed state")
}

/// Runs all chains, on as many threads as the way has.
fn run_all(way: Way, chains: &[Chain], known: Option<&[Vec<Seen>]>) -> Vec<Vec<Seen>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let directory = tempfile::tempdir().expect("a directory");
        let mut done = Vec::new();
        while let Some((k, chain)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|k| Some((k, chains.get(k)?)))
        {
            done.push((k, run(way, chain, directory.path(), known.map(|known| known[k].as_slice()))));
        }
        done
    };
    let mut done: Vec<(usize, Vec<Seen>)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..way.threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no chain panics")).collect()
    });
    done.sort_by_key(|(k, _)| *k);
    done.into_iter().map(|(_, seen)| seen).collect()
}

/// One line for every deploy.
fn digests(seen: &[Vec<Seen>]) -> Vec<String> {
    let digest = |Seen { cost, comms, failures, output, log, root }: &Seen| {
        let mut hasher = Sha256::new();
        hasher.update(format!("{cost} {comms} {failures:?} {output:?} {root:?}"));
        log.iter().for_each(|event| hasher.update(event.to_string()));
        format!("deploy {cost} {}", hex::encode(hasher.finalize()))
    };
    seen.iter().flatten().map(digest).collect()
}

/// Set in the process that another one compares itself with.
const OTHER: &str = "RHODIUM_DETERMINISM_OTHER";

fn digests_of_another_process() -> Vec<String> {
    let program = std::env::current_exe().expect("this test");
    let arguments = ["--exact", "every_way_gives_the_same", "--nocapture"];
    let output = Command::new(program).args(arguments).env(OTHER, "1").output().expect("another process");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().filter(|line| line.starts_with("deploy ")).map(str::to_owned).collect()
}

#[test]
fn every_way_gives_the_same() {
    let chains = chains();
    let reference = run_all(WAYS[0], &chains, None);
    if std::env::var_os(OTHER).is_some() {
        println!("\n{}", digests(&reference).join("\n"));
        return;
    }
    let deploys = || reference.iter().flatten();
    let (count, comms) = (deploys().count(), deploys().map(|seen| seen.comms).sum::<u64>());
    let events: usize = deploys().map(|seen| seen.log.len()).sum();
    println!("{} chains of programs, {count} deploys, {comms} COMMs, {events} events", chains.len());
    assert!(count > 500 && comms > 5_000, "too little to tell anything");

    for way in WAYS {
        let seen = run_all(*way, &chains, Some(&reference));
        for (chain, (seen, expected)) in chains.iter().zip(seen.iter().zip(&reference)) {
            for (k, (seen, expected)) in seen.iter().zip(expected).enumerate() {
                assert!(
                    seen == expected,
                    "{}: deploy {k} of {}: {}\n{expected:?}\n{seen:?}",
                    way.name,
                    chain.id,
                    chain.programs[k]
                );
            }
        }
        println!("{} ({} threads): the same", way.name, way.threads);
    }
    assert_eq!(digests_of_another_process(), digests(&reference));
    println!("in another process: the same");
}
