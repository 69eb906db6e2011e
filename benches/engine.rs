//! COMM workloads: time per COMM, the ratio to the COMM floor measured in the same run, and growth at n, 10n, 100n.
//!
//! The floor of a COMM is three BLAKE2b-256 of 128 bytes (what deriving a random state costs at least) plus four
//! hash-map operations.

mod common;

use std::hint::black_box;
use std::sync::Arc;

use common::{best, comm_floor};
use criterion::Criterion;
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
];

fn run(source: &str) -> Receipt {
    let history = History::new(Arc::new(MemoryStore::new()));
    let mut runtime = Runtime::empty(history).expect("an empty space");
    let random = Random::from_seed(&[]);
    let evaluation = Evaluation { program: Program::Source(source), source: 1, phlo: UNLIMITED_PHLO, random };
    let receipt = runtime.evaluate(evaluation, &mut SystemContext::default());
    assert!(receipt.succeeded(), "{:?}", receipt.failures);
    receipt
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
    criterion.final_summary();
}
