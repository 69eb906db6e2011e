//! What the benches share: the floor of a COMM and the shortest of several runs.
#![allow(dead_code, reason = "each bench uses its part")]

use std::collections::HashMap;
use std::hint::black_box;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mimalloc::MiMalloc;
use rhodium_keys::blake2b256;
use rhodium_machine::system::SystemContext;
use rhodium_machine::{Evaluation, Program, Receipt, Runtime, UNLIMITED_PHLO};
use rhodium_random::Random;
use rhodium_store::{History, MemoryStore};
use serde::Deserialize;

/// The allocator of the command line.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// A program of a given size, which `$n` in it stands for. `$parts` stands for so many sends, side by side.
#[derive(Deserialize)]
pub struct Workload {
    pub name: String,
    pub base: u64,
    /// Where the bench of growth begins, if it runs this one.
    pub growth: Option<u64>,
    pub program: String,
}

impl Workload {
    pub fn of_size(&self, n: u64) -> String {
        let program = self.program.replace("$n", &n.to_string());
        if !program.contains("$parts") {
            return program;
        }
        let parts: Vec<String> = (0..n).map(|k| format!("@{k}!({k})")).collect();
        program.replace("$parts", &parts.join(" | "))
    }
}

/// The programs of the benches.
#[derive(Deserialize)]
pub struct Workloads {
    pub workload: Vec<Workload>,
    growth: Vec<Workload>,
}

impl Workloads {
    /// Those of the bench of growth, at the size where it begins.
    pub fn growing(self) -> impl Iterator<Item = Workload> {
        let larger = |workload: Workload| Some(Workload { base: workload.growth?, ..workload });
        self.workload.into_iter().filter_map(larger).chain(self.growth)
    }
}

pub fn workloads() -> Workloads {
    toml::from_str(include_str!("../../tests/data/workloads.toml")).expect("the workloads")
}

pub fn runtime() -> Runtime {
    Runtime::empty(History::new(Arc::new(MemoryStore::new()))).expect("an empty space")
}

pub fn evaluation(source: &str) -> Evaluation<'_> {
    let random = Random::from_seed(&[]);
    Evaluation { program: Program::Source(source), source: 1, phlo: UNLIMITED_PHLO, random }
}

pub fn run(source: &str) -> Receipt {
    let receipt = runtime().evaluate(evaluation(source), &mut SystemContext::default());
    assert!(receipt.succeeded(), "{:?}", receipt.failures);
    receipt
}

/// What this program prints with these arguments, in a process of its own: an allocator keeps what it got.
pub fn in_own_process(arguments: &[&str]) -> Option<String> {
    let output = Command::new(std::env::current_exe().ok()?).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok())?
}

fn one_floor() {
    let block = [7u8; 128];
    let mut map: HashMap<[u8; 32], u64> = HashMap::new();
    for _ in 0..3 {
        black_box(blake2b256(black_box(&block)));
    }
    for key in [[1u8; 32], [2; 32]] {
        map.insert(black_box(key), 1);
        black_box(map.remove(&key));
    }
}

/// Seconds that a COMM costs at least: three BLAKE2b-256 of 128 bytes plus four hash-map operations.
pub fn comm_floor() -> f64 {
    const FLOORS: u32 = 5_000;
    best(5, || (0..FLOORS).for_each(|_| one_floor())).as_secs_f64() / f64::from(FLOORS)
}

/// Whether only the tables are wanted, without criterion's measurements.
pub fn tables_only() -> bool {
    std::env::args().any(|argument| argument == "--tables")
}

/// The shortest of several runs: noise only adds.
pub fn best(times: u32, mut work: impl FnMut()) -> Duration {
    (0..times)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

/// Kilobytes from `/proc/self/status`, where there is one.
pub fn memory(field: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
