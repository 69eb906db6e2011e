//! COMM workloads: time per COMM, the ratio to the COMM floor measured in the same run, and growth at n, 10n, 100n; what
//! keeping an event log costs, and following it; and how much faster the deploys of a block are on all cores.
//!
//! The floor of a COMM is three BLAKE2b-256 of 128 bytes (what deriving a random state costs at least) plus four
//! hash-map operations.

mod common;

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::thread::available_parallelism;
use std::time::Duration;

use common::{Workload, best, comm_floor, evaluation, run, runtime, tables_only};
use criterion::Criterion;
use rhodium_machine::events::Event;
use rhodium_machine::system::SystemContext;
use rhodium_machine::{Deploy, Evaluation, Receipt};
use rhodium_random::Random;

fn record(source: &str) -> (Receipt, Vec<Event>) {
    runtime().record(evaluation(source), &mut SystemContext::default())
}

fn replay(source: &str, log: &[Event]) -> Receipt {
    runtime().replay(evaluation(source), &mut SystemContext::default(), log).expect("its own log")
}

/// First execution without and with a log, and replay, each the best of several, taken in turns.
fn logs(workloads: &[Workload]) {
    println!(
        "\n{:<26} {:>12} {:>14} {:>24} {:>24}",
        "workload", "with log", "to without", "replay to first with log", "shuffled log"
    );
    for workload in workloads {
        let source = workload.of_size(workload.base * 10);
        let (receipt, log) = record(&source);
        let mut sorted = log.clone();
        sorted.sort_by_cached_key(|event| format!("{event}"));
        let mut times = [Duration::MAX; 4];
        for _ in 0..7 {
            let turn = [
                best(1, || drop(black_box(run(&source)))),
                best(1, || drop(black_box(record(&source)))),
                best(1, || drop(black_box(replay(&source, &log)))),
                best(1, || drop(black_box(replay(&source, &sorted)))),
            ];
            times = std::array::from_fn(|k| times[k].min(turn[k]));
        }
        let [plain, first, again, shuffled] = times.map(|time| time.as_secs_f64());
        println!(
            "{:<26} {:>9.0} ns {:>14.2} {:>24.2} {:>24.2}",
            workload.name,
            first * 1e9 / receipt.comms as f64,
            first / plain,
            again / first,
            shuffled / first
        );
    }
}

/// The middle one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A deploy with names of its own.
fn deploy(number: usize, source: &str) -> Deploy<'_> {
    let random = Random::from_seed(&number.to_le_bytes());
    Deploy { evaluation: Evaluation { random, ..evaluation(source) }, context: SystemContext::default() }
}

/// The deploys of a block on all cores and one after the other, by how many in a hundred change the same channel. They
/// follow each other at once and are compared pair by pair: a machine that lets one busy core run faster than two, but
/// not always, has no shortest times that could be compared.
fn parallel() {
    const DEPLOYS: usize = 400;
    const ROUNDS: usize = 40;
    let threads = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    println!(
        "\nparallel deploys, {threads} threads\n{:<26} {:>14} {:>12} {:>26}",
        "conflicts", "one by one", "speed-up", "of as many blocks apart"
    );
    let own = "new l in { contract l(@n) = { if (n > 0) { l!(n - 1) } } | l!(150) }";
    let contract = "contract @\"loop\"(@n) = { if (n > 0) { @\"loop\"!(n - 1) } }";
    let rows = [(0, own), (0, "@\"loop\"!(150)"), (10, own), (50, own), (100, own)];
    for (share, work) in rows {
        let source = |k: usize| {
            // Spread over the block without a pattern.
            let conflicts = (k * 37 + k / 100 * 11) % 100 < share;
            let channel = if conflicts { "@\"sum\"".to_owned() } else { format!("@({k}, \"own\")") };
            format!("{work} | {channel}!({k}) | for (@x <- {channel}) {{ {channel}!(x + 1) }}")
        };
        let sources: Vec<String> = (0..DEPLOYS).map(source).collect();
        let deploys: Vec<Deploy<'_>> = sources.iter().enumerate().map(|(k, source)| deploy(k, source)).collect();
        let prepared = || {
            let mut runtime = runtime();
            assert!(runtime.evaluate(evaluation(contract), &mut SystemContext::default()).succeeded());
            runtime
        };
        let serial = || {
            let mut runtime = prepared();
            for Deploy { evaluation, context } in &deploys {
                assert!(runtime.evaluate(evaluation.clone(), &mut context.clone()).succeeded());
            }
        };
        let on_all = || {
            prepared().evaluate_all(&deploys, threads, false, &mut |receipt, _| {
                assert!(receipt.succeeded());
                ControlFlow::Continue(())
            })
        };
        // What the cores can do at all: a block on each, with nothing to do with one another.
        let apart = || {
            std::thread::scope(|scope| {
                (0..threads.get()).for_each(|_| drop(scope.spawn(serial)));
            });
        };
        let turn = |_| [best(1, serial), best(1, on_all), best(1, apart)].map(|time| time.as_secs_f64());
        let rounds: Vec<[f64; 3]> = (0..ROUNDS).map(turn).collect();
        let median = |of: fn(&[f64; 3]) -> f64| median(rounds.iter().map(of).collect());
        let each = median(|[serial, ..]| *serial) * 1e6 / DEPLOYS as f64;
        let gain = median(|[serial, on_all, _]| serial / on_all);
        let possible = median(|[serial, _, apart]| serial / apart) * threads.get() as f64;
        let kind = if work == own { "" } else { ", one contract for all" };
        println!("{:<26} {each:>11.0} us {gain:>12.2} {possible:>26.2}", format!("{share} %{kind}"));
    }
}

/// The floor is measured in turns with every workload: machines are not equally fast from one second to the next.
fn ratios(workloads: &[Workload]) {
    println!(
        "\n{:<26} {:>12} {:>12} {:>14} {:>18} {:>18}",
        "workload", "COMM", "COMM floor", "ratio to floor", "per COMM at 10n/n", "at 100n/10n"
    );
    for workload in workloads {
        let per_comm = |factor: u64, turns: u32| {
            let source = workload.of_size(workload.base * factor);
            let comms = run(&source).comms as f64;
            let (mut time, mut floor) = (f64::MAX, f64::MAX);
            for _ in 0..turns {
                floor = floor.min(comm_floor());
                time = time.min(best(1, || drop(black_box(run(&source)))).as_secs_f64() / comms);
            }
            (time, floor)
        };
        let [first, middle, last] = [(1, 15), (10, 9), (100, 3)].map(|(factor, turns)| per_comm(factor, turns));
        let (time, floor, ratio) = (middle.0 * 1e9, middle.1 * 1e9, middle.0 / middle.1);
        let growth = [(first, middle), (middle, last)].map(|(small, large)| large.0 / large.1 / (small.0 / small.1));
        println!(
            "{:<26} {time:>9.0} ns {floor:>9.0} ns {ratio:>14.2} {:>18.2} {:>18.2}",
            workload.name, growth[0], growth[1]
        );
    }
}

fn main() {
    let workloads = common::workloads().workload;
    if !tables_only() {
        let mut criterion = Criterion::default().sample_size(10).configure_from_args();
        for workload in &workloads {
            let source = workload.of_size(workload.base);
            criterion.bench_function(&workload.name, |bencher| bencher.iter(|| run(&source)));
        }
        criterion.final_summary();
    }
    parallel();
    ratios(&workloads);
    logs(&workloads);
}
