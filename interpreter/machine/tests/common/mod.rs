//! What the data-driven tests share.
#![allow(dead_code)] // each test file uses a part

use std::sync::Arc;

use rhodium_machine::system::SystemContext;
use rhodium_machine::{Evaluation, Failure, Program, Receipt, Runtime, UNLIMITED_PHLO, Value};
use rhodium_normalizer::{CompileError, Options, compile};
use rhodium_random::Random;
use rhodium_store::{History, MemoryStore};
use rhodium_term::print::print;
use serde::Deserialize;

/// A file of `tests/data`.
pub fn data(name: &str) -> String {
    let path = format!("{}/../../tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("test data")
}

/// A program with what the network did with it, a row of `oracle-programs.jsonl`.
#[derive(Deserialize)]
pub struct Measured {
    pub id: String,
    pub source: String,
    pub error_kinds: Vec<String>,
    pub cost: i64,
    pub root_before: String,
    pub root_after: String,
    pub normal_form_sha256: Option<String>,
    pub comm_count: u64,
    pub stdout: Vec<String>,
}

/// All measured programs.
pub fn measured_programs() -> Vec<Measured> {
    data("oracle-programs.jsonl").lines().map(|line| serde_json::from_str(line).expect("a row")).collect()
}

/// A program of `runtime-vectors.toml`; what a row does not have is left out.
#[derive(Deserialize)]
pub struct VectorProgram {
    pub id: String,
    pub source: String,
    #[serde(default)]
    pub seed: String,
    pub phlo: Option<i64>,
    pub cost: Option<i64>,
    pub cost_ext: Option<i64>,
    pub root_ext: Option<String>,
    pub comms: Option<u64>,
    pub error_count: Option<usize>,
}

/// The programs of all kinds of vectors that have some.
pub fn vector_programs() -> Vec<VectorProgram> {
    #[derive(Deserialize)]
    struct Vectors {
        program: Vec<VectorProgram>,
        ext_program: Vec<VectorProgram>,
        reference_cost: Vec<VectorProgram>,
        error: Vec<VectorProgram>,
        out_of_phlo: Vec<VectorProgram>,
    }
    let file: Vectors = toml::from_str(&data("runtime-vectors.toml")).expect("the vectors");
    let kinds = [file.program, file.ext_program, file.reference_cost, file.error, file.out_of_phlo];
    kinds.into_iter().flatten().collect()
}

/// A row of `language-cases.toml` or `rhodium-cases.toml`.
#[derive(Deserialize)]
pub struct Case {
    pub id: String,
    pub source: String,
    /// Programs that have run before.
    #[serde(default)]
    pub prior: Vec<String>,
    pub kind: String,
    #[serde(default)]
    pub value: Vec<String>,
    pub channel: Option<String>,
    pub message_contains: Option<String>,
    #[serde(default)]
    pub core_only: bool,
}

/// The rows of a file.
pub fn cases(name: &str) -> Vec<Case> {
    #[derive(Deserialize)]
    struct File {
        case: Vec<Case>,
    }
    let file: File = toml::from_str(&data(name)).expect("the cases");
    file.case
}

/// What the benches of the engine run; `$n` in a program stands for the size.
#[derive(Deserialize)]
pub struct Workload {
    pub name: String,
    pub base: u64,
    pub program: String,
}

/// All workloads.
pub fn workloads() -> Vec<Workload> {
    #[derive(Deserialize)]
    struct File {
        workload: Vec<Workload>,
    }
    let file: File = toml::from_str(&data("workloads.toml")).expect("the workloads");
    file.workload
}

/// A small generator of numbers, the same in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for k in (1..items.len()).rev() {
            items.swap(k, self.roll(k + 1));
        }
    }
}

/// A program with races, joins, peeks and everything persistent.
pub fn random_program(dice: &mut Dice, depth: u32) -> String {
    let channel = |dice: &mut Dice| ["@0", "@1", "@2", "@\"c\""][dice.roll(4)].to_owned();
    let terms = 1 + dice.roll(4);
    let term = |dice: &mut Dice| {
        let body = |dice: &mut Dice| match depth {
            0 => "Nil".to_owned(),
            _ => random_program(dice, depth - 1),
        };
        match dice.roll(12) {
            0..=4 => format!("{}!({})", channel(dice), dice.roll(3)),
            5 => format!("{}!!({})", channel(dice), dice.roll(3)),
            6 | 7 => format!("for (@x <- {}) {{ {} }}", channel(dice), body(dice)),
            8 => format!("for (@{} <<- {}) {{ {} }}", dice.roll(3), channel(dice), body(dice)),
            9 => format!("for (@y <= {}) {{ {} }}", channel(dice), body(dice)),
            10 => {
                let arrow = ["<-", "<<-", "<="][dice.roll(3)];
                format!(
                    "for (@p {arrow} @0 & @{} {arrow} {}) {{ {} }}",
                    dice.roll(3),
                    ["@1", "@2"][dice.roll(2)],
                    body(dice)
                )
            }
            _ => format!(
                "new n in {{ n!({}) | for (@x <- n) {{ {}!(x) }} | {} }}",
                dice.roll(9),
                channel(dice),
                body(dice)
            ),
        }
    };
    (0..terms).map(|_| term(dice)).collect::<Vec<_>>().join(" | ")
}

/// The kind of a failure, with all failures of the lexing or parsing stage as one.
pub fn kind(failure: &Failure) -> String {
    match failure {
        Failure::Compile(CompileError::Syntax(_)) => "SyntaxError".into(),
        Failure::Compile(CompileError::Normalize(errors)) => errors[0].kind.name().into(),
        Failure::Run(error) => error.kind.name().into(),
    }
}

/// The text of a failure.
pub fn message(failure: &Failure) -> String {
    match failure {
        Failure::Compile(error) => error.network_message(),
        Failure::Run(error) => error.message.clone(),
    }
}

/// All kinds, sorted.
pub fn kinds(receipt: &Receipt) -> Vec<String> {
    let count = |failure: &Failure| match failure {
        Failure::Compile(_) => 1,
        Failure::Run(error) => error.count as usize,
    };
    let repeated = |failure: &Failure| vec![kind(failure); count(failure)];
    let mut kinds: Vec<String> = receipt.failures.iter().flat_map(repeated).collect();
    kinds.sort();
    kinds
}

/// A runtime that tests run programs on.
pub struct Space {
    pub runtime: Runtime,
    pub deploys: u16,
}

pub fn history() -> History {
    History::new(Arc::new(MemoryStore::new()))
}

impl Space {
    /// The empty tuple space.
    pub fn empty() -> Space {
        Space { runtime: Runtime::empty(history()).expect("empty space"), deploys: 0 }
    }

    /// With the registry bootstrap.
    pub fn bootstrapped() -> Space {
        Space { runtime: Runtime::bootstrapped(history()).expect("bootstrap"), deploys: 0 }
    }

    /// Runs a program; the first one with the empty seed.
    pub fn run(&mut self, source: &str) -> Receipt {
        let empty = Random::from_seed(&[]);
        let random = if self.deploys == 0 { empty } else { empty.split_short(self.deploys) };
        self.deploys += 1;
        self.run_with(source, UNLIMITED_PHLO, random)
    }

    pub fn run_with(&mut self, source: &str, phlo: i64, random: Random) -> Receipt {
        let evaluation = Evaluation { program: Program::Source(source), source: 1, phlo, random };
        self.runtime.evaluate(evaluation, &mut SystemContext::default())
    }
}

/// The random state of a seed (hexadecimal) after some operations.
pub fn random(seed: &str, ops: &[String]) -> Random {
    let mut random = Random::from_seed(&hex::decode(seed).expect("hex"));
    for op in ops {
        let (name, argument) = op.split_once(' ').unwrap_or((op, "0"));
        let number: u16 = argument.parse().expect("a number");
        match name {
            "next" => {
                random.next();
            }
            "split_byte" => random = random.split_byte(number as u8),
            "split_short" => random = random.split_short(number),
            other => panic!("unknown operation {other}"),
        }
    }
    random
}

/// Runs of white space as one blank.
pub fn normalised(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The value of a closed process.
pub fn value_of(source: &str) -> Value {
    Value::from_term(&compile(source, &Options::default()).expect("a process"))
}

/// The printed data on the channel quoted from a source fragment, sorted.
pub fn printed_data(space: &mut Space, channel: &str) -> Vec<String> {
    let data = space.runtime.data(&value_of(channel)).expect("data");
    let show =
        |datum: &Vec<Value>| normalised(&datum.iter().map(|v| print(&v.to_term())).collect::<Vec<_>>().join(", "));
    let mut printed: Vec<String> = data.iter().map(show).collect();
    printed.sort();
    printed
}
