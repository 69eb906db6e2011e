//! How time and memory grow with the size of the work, up to ten million steps of a loop and a million elements.
//!
//! Each figure comes from a process of its own. Time per unit is that of the program with n units over n; memory per unit
//! is by how much the peak of 100 n is above that of n.

mod common;

use std::time::Instant;

use common::{Workload, in_own_process, memory, run, workloads};

/// The first argument of the process that measures.
const MEASURE: &str = "--measure";

/// What the process of [`MEASURE`] does: prints nanoseconds for each unit, the peak in bytes and the cost for each unit.
fn measure(name: &str, n: u64) {
    let workload = workloads().growing().find(|workload| workload.name == name).expect("a workload");
    let source = workload.of_size(n);
    let start = Instant::now();
    let receipt = run(&source);
    let time = start.elapsed().as_secs_f64() * 1e9 / n as f64;
    println!("{time} {} {}", memory("VmHWM").unwrap_or(0.0) * 1024.0, receipt.cost as f64 / n as f64);
}

fn measured(workload: &Workload, n: u64) -> Option<[f64; 3]> {
    // The shortest of some, as noise only adds.
    let runs = (0..3).map(|_| {
        let printed = in_own_process(&[MEASURE, &workload.name, &n.to_string()])?;
        let figures: Vec<f64> = printed.split_whitespace().filter_map(|figure| figure.parse().ok()).collect();
        figures.try_into().ok()
    });
    runs.collect::<Option<Vec<[f64; 3]>>>()?.into_iter().min_by(|a, b| a[0].total_cmp(&b[0]))
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, name, n] = &arguments[..]
        && flag == MEASURE
    {
        return measure(name, n.parse().unwrap_or(0));
    }
    // `cargo test` starts benches too, without this argument.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    println!(
        "{:<30} {:>9} {:>12} {:>14} {:>14} {:>14} {:>16}",
        "workload", "100 n", "at 100 n", "time 10n/n", "time 100n/10n", "cost 100n/n", "bytes for each"
    );
    for workload in workloads().growing() {
        let sizes = [1, 10, 100].map(|factor| measured(&workload, workload.base * factor));
        let [Some(small), Some(middle), Some(large)] = sizes else {
            println!("{:<30} failed", workload.name);
            continue;
        };
        let bytes = (large[1] - small[1]).max(0.0) / (workload.base * 99) as f64;
        println!(
            "{:<30} {:>9} {:>9.0} ns {:>14.2} {:>14.2} {:>14.2} {:>16.1}",
            workload.name,
            workload.base * 100,
            large[0],
            middle[0] / small[0],
            large[0] / middle[0],
            large[2] / small[2],
            bytes
        );
    }
}
