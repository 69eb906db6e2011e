//! How soon an evaluation ends after another thread cancels it: the longest of many times, at moments spread over the run.
//!
//! Comparing, copying and freeing a value are not interrupted, nor is putting together the term of a set, map or tuple for
//! the matcher, where a pattern is not decided on the value itself. So the strings here have up to ten million characters,
//! the lists a hundred thousand elements, half of them for the matcher; with larger ones it takes longer in proportion.

mod common;

use std::thread;
use std::time::{Duration, Instant};

use common::{evaluation, runtime};
use rhodium_machine::system::SystemContext;
use rhodium_machine::{Code, Failure, Interrupt, Stop};

/// A named program that runs for long.
struct Workload {
    name: &'static str,
    program: &'static str,
}

/// Makes a list of 131,072 numbers and hands it to `use`.
macro_rules! with_list {
    ($use:literal) => {
        concat!(
            "new double, use in { contract double(@n, @l) = { if (n > 0) { double!(n - 1, l ++ l) } else { use!(l) } } | ",
            "double!(13, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]) | ",
            $use,
            " }"
        )
    };
}

const WORKLOADS: &[Workload] = &[
    Workload { name: "loop", program: "new loop in { contract loop(@n) = { loop!(n + 1) } | loop!(0) }" },
    Workload { name: "persistent send and receive", program: "@0!!(1) | for (_ <= @0) { Nil }" },
    Workload {
        name: "map that grows",
        program: "new loop in { contract loop(@n, @m) = { loop!(n + 1, m.set(n, n)) } | loop!(0, {}) }",
    },
    Workload {
        name: "hard match",
        program: "new loop in { contract loop(@n) = { match [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].toSet() { \
                  Set(a /\\ ~1, b /\\ ~1, c /\\ ~1, d /\\ ~1, e /\\ ~1, f /\\ ~1, g /\\ ~1, h /\\ ~1, i /\\ ~1, \
                  j /\\ ~1, k /\\ ~1, l /\\ ~1) => Nil _ => loop!(n + 1) } } | loop!(0) }",
    },
    Workload {
        name: "string that doubles",
        program: "new loop in { contract loop(@s) = { if (s.length() < 10000000) { loop!(s ++ s) } \
                  else { loop!(\"0123456789\") } } | loop!(\"0123456789\") }",
    },
    Workload {
        name: "long strings compared",
        program: "new loop, cell in { contract loop(@s) = { if (s.length() < 10000000) { loop!(s ++ s) } \
                  else { cell!(s, s ++ \"\") } } | loop!(\"0123456789\") \
                  | for (@a, @b <= cell) { match a == b { _ => cell!(a, b) } } }",
    },
    Workload {
        name: "long list to a set",
        program: with_list!("for (@l <= use) { match l.toSet() { _ => use!(l) } }"),
    },
    Workload {
        name: "long lists compared",
        program: with_list!("for (@l <= use) { match l == l ++ [1] { _ => use!(l) } }"),
    },
    Workload {
        name: "long list to bytes",
        program: with_list!("for (@l <= use) { match l.toByteArray() { _ => use!(l) } }"),
    },
    Workload {
        name: "long list sliced",
        program: with_list!("for (@l <= use) { match l.slice(5, 100000) { _ => use!(l) } }"),
    },
    Workload { name: "long list matched", program: with_list!("for (@[a ...b] <= use) { use!([a] ++ b) }") },
    Workload {
        name: "long set matched",
        program: with_list!("for (@l <= use) { match l.toSet() { Set(5 ...rest) => use!(rest.toList() ++ l) } }"),
    },
    Workload {
        name: "long list in a map matched",
        program: with_list!("for (@l <= use) { match {\"k\": l} { {\"k\": [0 ...r] ...rest} => use!([0] ++ r) } }"),
    },
    Workload {
        name: "long list and any pattern",
        program: with_list!(
            "for (@l <= use) { match {\"k\": l.slice(0, 65536)} { {x: [0 ...r]} => use!([0] ++ r ++ l.slice(65536, 131072)) } }"
        ),
    },
    Workload {
        name: "long numbers multiplied",
        program: "new loop, grow in { contract loop(@n) = { match n * n { _ => loop!(n) } } | contract grow(@k, @n) = { \
                  if (k > 0) { grow!(k - 1, n * n) } else { loop!(n) } } | grow!(15, 12345678901234567890n) }",
    },
    Workload {
        name: "long numbers divided",
        program: "new loop, grow in { contract loop(@n, @m) = { match n / m { _ => loop!(n, m) } } \
                  | contract grow(@k, @n) = { if (k > 0) { grow!(k - 1, n * n) } else { loop!(n * n, n + 1n) } } \
                  | grow!(15, 12345678901234567890n) }",
    },
    Workload {
        name: "long fractions added",
        program: "new loop, grow in { contract loop(@n, @m) = { match n + m { _ => loop!(n, m) } } \
                  | contract grow(@k, @n, @m) = { if (k > 0) { grow!(k - 1, n * n, m * m) } else { loop!(n, m) } } \
                  | grow!(10, 1234567890123r / 7r, 987654321r / 11r) }",
    },
    Workload {
        name: "long text to a number",
        program: "new loop in { contract loop(@s) = { if (s.length() < 1000000) { loop!(s ++ s) } \
                  else { match s.toBigInt() { _ => loop!(s) } } } | loop!(\"1234567890\") }",
    },
    Workload { name: "long list sent on", program: with_list!("for (l <= use) { use!(*l) }") },
];

fn main() {
    // `cargo test` starts benches too, without this argument.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    const TIMES: u64 = 25;
    println!("{:<36} {:>14} {:>14}", "cancelled while it runs", "longest", "median");
    for workload in WORKLOADS {
        let mut delays: Vec<Duration> = (0..TIMES)
            .map(|k| {
                let interrupt = Interrupt::default();
                let mut runtime = runtime();
                runtime.set_interrupt(interrupt.clone());
                let raised = thread::spawn(move || {
                    thread::sleep(Duration::from_micros(100_000 + 17_777 * k));
                    let now = Instant::now();
                    interrupt.raise(Stop::Cancelled);
                    now
                });
                let receipt = runtime.evaluate(evaluation(workload.program), &mut SystemContext::default());
                let ended = Instant::now();
                let raised = raised.join().expect("a thread");
                let cancelled = matches!(&receipt.failures[..], [Failure::Run(error)] if error.code == Code::Cancelled);
                assert!(cancelled, "{}: {:?}", workload.name, receipt.failures);
                ended.saturating_duration_since(raised)
            })
            .collect();
        delays.sort_unstable();
        let milliseconds = |delay: Option<&Duration>| delay.map_or(0.0, |delay| delay.as_secs_f64() * 1e3);
        let (longest, median) = (milliseconds(delays.last()), milliseconds(delays.get(delays.len() / 2)));
        println!("{:<36} {longest:>11.2} ms {median:>11.2} ms", workload.name);
    }
}
