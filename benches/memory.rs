//! Peak memory: bytes for each message, receive and channel that waits, and of loops whose live state is constant.
//!
//! Each figure comes from a process of its own, because an allocator keeps what it got: the peak of a program with n
//! units less that of the same program with none.

mod common;

use common::{in_own_process, memory, run};

/// A named program of n units.
struct Workload {
    name: &'static str,
    /// The term that makes one unit from `n`.
    unit: &'static str,
}

const WORKLOADS: &[Workload] = &[
    Workload { name: "number on a channel of its own", unit: "@n!(n)" },
    Workload { name: "list of three on a channel of its own", unit: "@n!([n, \"a\", true])" },
    Workload { name: "number on one channel", unit: "c!(n)" },
    Workload { name: "message on a private channel", unit: "new x in { x!(n) }" },
    Workload { name: "receive on a channel of its own", unit: "for (@x <- @n) { c!(x, n) }" },
    Workload { name: "receive on one channel", unit: "for (@x <- c) { @n!(x) }" },
    Workload { name: "contract on a private channel", unit: "new x in { contract x(@y, ret) = { ret!(y + n) } }" },
    Workload { name: "join on channels of its own", unit: "for (@x <- @n & @y <- @[n]) { c!(x, y) }" },
    Workload { name: "step of a loop", unit: "Nil" },
    Workload { name: "call in a loop", unit: "new r in { c!(n, *r) | for (_ <- r) { Nil } }" },
];

/// The first argument of the process that measures.
const PEAK: &str = "--peak-memory";

fn program(unit: &str, n: u64) -> String {
    // `c` is a contract for calls alone, of two arguments.
    format!(
        "new c, loop in {{ contract c(@_, ret) = {{ ret!(0) }} \
         | contract loop(@n) = {{ if (n > 0) {{ {unit} | loop!(n - 1) }} }} | loop!({n}) }}"
    )
}

/// What the process of [`PEAK`] does: prints the peak of a run in bytes.
fn print_peak(unit: &str, n: u64) {
    run(&program(unit, n));
    if let Some(peak) = memory("VmHWM") {
        println!("{}", peak * 1024.0);
    }
}

fn peak(unit: &str, n: u64) -> Option<f64> {
    in_own_process(&[PEAK, unit, &n.to_string()])?.trim().parse().ok()
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, unit, n] = &arguments[..]
        && flag == PEAK
    {
        return print_peak(unit, n.parse().unwrap_or(0));
    }
    // `cargo test` starts benches too, without this argument.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    const N: u64 = 50_000;
    println!("{:<40} {:>18} {:>18}", "bytes of peak memory for each", N, 10 * N);
    for workload in WORKLOADS {
        let per_unit = |n: u64| Some((peak(workload.unit, n)? - peak(workload.unit, 0)?).max(0.0) / n as f64);
        let shown = [N, 10 * N].map(|n| per_unit(n).map_or_else(|| "–".to_owned(), |bytes| format!("{bytes:.1}")));
        println!("{:<40} {:>18} {:>18}", workload.name, shown[0], shown[1]);
    }
}
