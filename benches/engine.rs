//! COMM workloads: time per COMM, the ratio to the COMM floor measured in the same run, and growth at n, 10n, 100n; and
//! what keeping an event log costs, and following it.
//!
//! The floor of a COMM is three BLAKE2b-256 of 128 bytes (what deriving a random state costs at least) plus four
//! hash-map operations.

mod common;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use common::{best, comm_floor};
use criterion::Criterion;
use rhodium_machine::events::Event;
use rhodium_machine::system::SystemContext;
use rhodium_machine::{Evaluation, Program, Receipt, Runtime, UNLIMITED_PHLO};
use rhodium_random::Random;
use rhodium_store::{History, MemoryStore};

/// A named program of a given size.
struct Workload {
    name: &'static str,
    base: u64,
    program: fn(u64) -> String,
}

const WORKLOADS: &[Workload] = &[
    Workload {
        name: "countdown loop",
        base: 2_000,
        program: |n| {
            format!("new loop in {{ contract loop(@n) = {{ match n {{ 0 => Nil _ => loop!(n - 1) }} }} | loop!({n}) }}")
        },
    },
    Workload {
        name: "ping-pong",
        base: 2_000,
        program: |n| {
            format!(
                "new ping, pong in {{ contract ping(@n) = {{ if (n > 0) {{ pong!(n - 1) }} }} \
                 | contract pong(@n) = {{ ping!(n) }} | ping!({n}) }}"
            )
        },
    },
    Workload {
        name: "call with return channel",
        base: 1_000,
        program: |n| {
            format!(
                "new loop, add in {{ contract add(@a, @b, ret) = {{ ret!(a + b) }} \
                 | contract loop(@n, @sum) = {{ if (n > 0) {{ new r in {{ add!(sum, n, *r) \
                 | for (@s <- r) {{ loop!(n - 1, s) }} }} }} }} | loop!({n}, 0) }}"
            )
        },
    },
    Workload {
        name: "join of three",
        base: 500,
        program: |n| {
            format!(
                "new loop, a, b, c in {{ contract loop(@n) = {{ if (n > 0) {{ a!(n) | b!(n) | c!(n) \
                 | for (@x <- a & @y <- b & @z <- c) {{ loop!(n - 1) }} }} }} | loop!({n}) }}"
            )
        },
    },
    Workload {
        name: "map built by set",
        base: 200,
        program: |n| {
            format!(
                "new c, loop in {{ c!({{}}) | contract loop(@n) = {{ if (n > 0) {{ for (@m <- c) {{ \
                 c!(m.set(n, n)) | loop!(n - 1) }} }} }} | loop!({n}) }}"
            )
        },
    },
    Workload {
        name: "wide channel drained",
        base: 200,
        program: |n| {
            format!(
                "new c, fill, drain in {{ contract fill(@n) = {{ if (n > 0) {{ c!(n) | fill!(n - 1) }} \
                 else {{ drain!({n}) }} }} | contract drain(@n) = {{ if (n > 0) {{ for (@x <- c) {{ drain!(n - 1) }} }} }} \
                 | fill!({n}) }}"
            )
        },
    },
    Workload {
        name: "object with 50 methods",
        base: 200,
        program: |n| {
            let methods: String =
                (0..50).map(|k| format!("contract o(@\"m{k}\", @x, ret) = {{ ret!(x + {k}) }} | ")).collect();
            format!(
                "new o, loop in {{ {methods} contract loop(@n) = {{ if (n > 0) {{ new r in {{ o!(\"m37\", n, *r) \
                 | for (@_ <- r) {{ loop!(n - 1) }} }} }} }} | loop!({n}) }}"
            )
        },
    },
];

fn runtime() -> Runtime {
    Runtime::empty(History::new(Arc::new(MemoryStore::new()))).expect("an empty space")
}

fn evaluation(source: &str) -> Evaluation<'_> {
    let random = Random::from_seed(&[]);
    Evaluation { program: Program::Source(source), source: 1, phlo: UNLIMITED_PHLO, random }
}

fn run(source: &str) -> Receipt {
    let receipt = runtime().evaluate(evaluation(source), &mut SystemContext::default());
    assert!(receipt.succeeded(), "{:?}", receipt.failures);
    receipt
}

fn record(source: &str) -> (Receipt, Vec<Event>) {
    runtime().record(evaluation(source), &mut SystemContext::default())
}

fn replay(source: &str, log: &[Event]) -> Receipt {
    runtime().replay(evaluation(source), &mut SystemContext::default(), log).expect("its own log")
}

/// First execution without and with a log, and replay, each the best of several, taken in turns.
fn logs() {
    println!(
        "\n{:<26} {:>12} {:>14} {:>24} {:>24}",
        "workload", "with log", "to without", "replay to first with log", "shuffled log"
    );
    for workload in WORKLOADS {
        let source = (workload.program)(workload.base * 10);
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

fn ratios() {
    let floor = comm_floor();
    println!("\nCOMM floor: {:.0} ns", floor * 1e9);
    println!(
        "{:<26} {:>12} {:>14} {:>18} {:>18}",
        "workload", "COMM", "ratio to floor", "per COMM at 10n/n", "at 100n/10n"
    );
    for workload in WORKLOADS {
        let per_comm = |n: u64, times: u32| {
            let source = (workload.program)(n);
            let comms = run(&source).comms as f64;
            best(times, || drop(black_box(run(&source)))).as_secs_f64() / comms
        };
        let times: Vec<f64> = [(1, 20), (10, 5), (100, 2)].map(|(k, t)| per_comm(workload.base * k, t)).to_vec();
        let (time, ratio) = (times[1] * 1e9, times[1] / floor);
        let growth = (times[1] / times[0], times[2] / times[1]);
        println!("{:<26} {time:>9.0} ns {ratio:>14.2} {:>18.2} {:>18.2}", workload.name, growth.0, growth.1);
    }
}

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    for workload in WORKLOADS {
        let source = (workload.program)(workload.base);
        criterion.bench_function(workload.name, |bencher| bencher.iter(|| run(&source)));
    }
    ratios();
    logs();
    criterion.final_summary();
}
