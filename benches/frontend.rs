//! Source to normal form: megabytes a second beside a scan of memory measured in the same run, and growth of time and
//! of peak memory at n, 10n, 100n bytes.
//!
//! The floor is the time to add up the bytes of the source, one thread. Peak memory is measured in a process of its own
//! for each size, because an allocator keeps what it got.

mod common;

use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

use common::{best, memory, tables_only};
use criterion::{Criterion, Throughput};
use rhodium_grammar::Parsed;
use rhodium_normalizer::{Options, normalize};
use rhodium_term::Term;

/// A named source of at least a given number of bytes.
struct Workload {
    name: &'static str,
    source: fn(usize) -> String,
}

const WORKLOADS: &[Workload] = &[
    Workload { name: "ordinary contracts", source: contracts },
    Workload {
        name: "wide composition",
        source: |bytes| numbered(bytes, |k| format!("@\"channel\"!({k}, \"{}\") |\n", k % 7)) + "Nil",
    },
    Workload {
        name: "deep blocks",
        source: |bytes| {
            // Long words: a source has a limit of tokens too.
            let (open, close) = ("new channel in { channel!(1) | for (@value <- channel) { ", " } }\n");
            let levels = bytes / (open.len() + close.len()) + 1;
            format!("{}Nil{}", open.repeat(levels), close.repeat(levels))
        },
    },
];

/// The smallest size; the others are 10 and 100 times as large.
const BASE: usize = 500_000;

/// The first argument of the process that measures memory.
const PEAK: &str = "--peak-memory";

fn numbered(bytes: usize, item: impl Fn(usize) -> String) -> String {
    let mut source = String::with_capacity(bytes + (64 << 10));
    let mut k = 0;
    while source.len() < bytes {
        source += &item(k);
        k += 1;
    }
    source
}

/// The system contracts, each as the body of a contract of its own, over and over.
fn contracts(bytes: usize) -> String {
    const TEXTS: [&str; 8] = [
        include_str!("../rholang/system/Registry.rho"),
        include_str!("../rholang/system/ListOps.rho"),
        include_str!("../rholang/system/Either.rho"),
        include_str!("../rholang/system/MakeMint.rho"),
        include_str!("../rholang/system/RhoSpec.rho"),
        include_str!("../rholang/system/Stack.rho"),
        include_str!("../rholang/system/AuthKey.rho"),
        include_str!("../rholang/system/NonNegativeNumber.rho"),
    ];
    numbered(bytes, |k| format!("contract @\"module {k}\"() = {{\n{}}} |\n", TEXTS[k % TEXTS.len()])) + "Nil"
}

fn parsed(source: &str) -> Parsed {
    rhodium_grammar::parse(source).unwrap_or_else(|errors| panic!("{}", errors[0]))
}

fn normal_form(parsed: &Parsed) -> Term {
    normalize(&parsed.ast, parsed.root, &Options::default()).expect("a valid program")
}

fn scan(source: &str) -> u64 {
    source.bytes().map(u64::from).sum()
}

/// What the process of [`PEAK`] does: prints the bytes of peak memory per byte of the source.
fn print_peak(workload: &str, bytes: usize) {
    let Some(workload) = WORKLOADS.iter().find(|w| w.name == workload) else { return };
    let source = (workload.source)(bytes);
    let Some(before) = memory("VmRSS") else { return };
    let parsed = parsed(&source);
    let term = normal_form(&parsed);
    if let Some(peak) = memory("VmHWM") {
        println!("{}", (peak - before) * 1024.0 / source.len() as f64);
    }
    drop((parsed, term));
}

fn peak_per_byte(workload: &Workload, bytes: usize) -> Option<f64> {
    let program = std::env::current_exe().ok()?;
    let output = Command::new(program).args([PEAK, workload.name, &bytes.to_string()]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// Seconds of each stage on one source.
struct Stages {
    bytes: f64,
    floor: f64,
    parse: f64,
    normalize: f64,
    drop: f64,
}

impl Stages {
    fn of(source: &str, times: u32) -> Stages {
        let floor = best(times, || {
            black_box(scan(black_box(source)));
        });
        let parse = best(times, || drop(black_box(parsed(source))));
        let tree = parsed(source);
        // One term at a time: the memory of the one before is used again, as in a process that has worked before.
        let mut term = None;
        let (mut normalize, mut drop) = (Duration::MAX, Duration::MAX);
        for _ in 0..times {
            normalize = normalize.min(best(1, || term = Some(normal_form(&tree))));
            drop = drop.min(best(1, || term = None));
        }
        let [floor, parse, normalize, drop] = [floor, parse, normalize, drop].map(|time| time.as_secs_f64());
        Stages { bytes: source.len() as f64, floor, parse, normalize, drop }
    }

    fn total(&self) -> f64 {
        self.parse + self.normalize
    }
}

fn report() {
    println!(
        "\n{:<20} {:>9} {:>11} {:>11} {:>11} {:>11} {:>11} {:>9} {:>13} {:>13} {:>17}",
        "workload",
        "MB",
        "scan MB/s",
        "parse MB/s",
        "norm. MB/s",
        "both MB/s",
        "drop MB/s",
        "to floor",
        "time/B 10n/n",
        "100n/10n",
        "peak B/B 1,10,100n"
    );
    for workload in WORKLOADS {
        let stages = [(1, 20), (10, 10), (100, 2)].map(|(k, t)| Stages::of(&(workload.source)(BASE * k), t));
        let per_byte = |k: usize| stages[k].total() / stages[k].bytes;
        let middle = &stages[1];
        let speed = |seconds: f64| middle.bytes / 1e6 / seconds;
        let peaks = [1, 10, 100].map(|k| match peak_per_byte(workload, BASE * k) {
            Some(peak) => format!("{peak:.0}"),
            None => "–".to_owned(),
        });
        println!(
            "{:<20} {:>9.1} {:>11.0} {:>11.1} {:>11.1} {:>11.1} {:>11.0} {:>9.0} {:>13.2} {:>13.2} {:>17}",
            workload.name,
            middle.bytes / 1e6,
            speed(middle.floor),
            speed(middle.parse),
            speed(middle.normalize),
            speed(middle.total()),
            speed(middle.drop),
            middle.total() / middle.floor,
            per_byte(1) / per_byte(0),
            per_byte(2) / per_byte(1),
            peaks.join(", "),
        );
    }
}

fn main() {
    if let [_, flag, workload, bytes] = &std::env::args().collect::<Vec<_>>()[..]
        && flag == PEAK
    {
        return print_peak(workload, bytes.parse().unwrap_or(0));
    }
    if tables_only() {
        return report();
    }
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    for workload in WORKLOADS {
        let source = (workload.source)(BASE);
        let mut group = criterion.benchmark_group(workload.name);
        group.throughput(Throughput::Bytes(source.len() as u64));
        group.bench_function("parse", |bencher| bencher.iter(|| parsed(&source)));
        let tree = parsed(&source);
        group.bench_function("normalise", |bencher| bencher.iter(|| normal_form(&tree)));
        group.finish();
    }
    report();
    criterion.final_summary();
}
