//! Limits and interrupts: each ends the evaluation with its own error, and nothing is changed.

mod common;

use std::thread;
use std::time::{Duration, Instant};

use common::Space;
use rhodium_machine::{Code, Failure, Interrupt, Limits, Receipt, Stop};

const LOOP: &str = "new loop in { contract loop(@n) = { loop!(n + 1) } | loop!(0) }";

fn code(receipt: &Receipt) -> Code {
    match &receipt.failures[..] {
        [Failure::Run(error)] => {
            assert!(error.origin.is_known(), "{error:?}");
            error.code
        }
        other => panic!("{other:?}"),
    }
}

/// What happens under limits; a failure leaves nothing behind.
fn run(limits: Limits, source: &str) -> Receipt {
    let mut space = Space::empty();
    space.runtime.set_limits(limits);
    let mark = space.runtime.mark();
    let receipt = space.run(source);
    if !receipt.succeeded() {
        let (data, waiting) = space.runtime.left_since(mark);
        assert!(data.is_empty() && waiting.is_empty());
    }
    receipt
}

#[test]
fn steps_are_counted_exactly() {
    // Two sends, a `new` and a receive; what the receive lets run is one more send.
    let source = "new x in { x!(1) | x!(2) | for (@y <- x) { @0!(y) } }";
    for steps in [0, 1, 4] {
        assert_eq!(code(&run(Limits { steps, ..Limits::default() }, source)), Code::Steps);
    }
    assert!(run(Limits { steps: 5, ..Limits::default() }, source).succeeded());
    for steps in [255, 256, 257, 100_000] {
        assert_eq!(code(&run(Limits { steps, ..Limits::default() }, LOOP)), Code::Steps);
    }
    assert_eq!(code(&run(Limits { steps: 1000, ..Limits::default() }, "@0!!(1) | for (_ <= @0) { Nil }")), Code::Steps);
}

#[test]
fn what_waits_is_limited() {
    let limits = Limits { space_bytes: 1000, steps: 100_000, ..Limits::default() };
    let grows = "new loop, heap in { contract loop(@n) = { heap!(n) | loop!(n + 1) } | loop!(0) }";
    assert_eq!(code(&run(limits, grows)), Code::Space);
    let receives = "new loop, heap in { contract loop(@n) = { for (@{n} <- heap) { Nil } | loop!(n + 1) } | loop!(0) }";
    assert_eq!(code(&run(limits, receives)), Code::Space);
    // What is taken, peeked at and put back, or repeated does not count.
    for constant in [
        LOOP,
        "new loop, cell in { contract loop(@n) = { for (@m <- cell) { cell!(m + 1) | loop!(n + 1) } } | loop!(0) | cell!(0) }",
        "new loop, cell in { contract loop(@n) = { for (@m <<- cell) { loop!(n + m) } } | loop!(0) | cell!(1) }",
        "@0!!(1) | for (_ <= @0) { Nil }",
    ] {
        assert_eq!(code(&run(limits, constant)), Code::Steps, "{constant}");
    }
}

#[test]
fn values_and_output_are_limited() {
    let doubles = r#"new loop in { contract loop(@s) = { loop!(s ++ s) } | loop!("0123456789") }"#;
    assert_eq!(code(&run(Limits { term_bytes: 10_000, ..Limits::default() }, doubles)), Code::TermSize);
    let nests = "new loop in { contract loop(@x) = { loop!([x]) } | loop!(Nil) }";
    assert_eq!(code(&run(Limits { term_depth: 1000, ..Limits::default() }, nests)), Code::TermDepth);
    let prints = r#"new loop, out(`rho:io:stdout`) in { contract loop(@n) = { out!(n) | loop!(n + 1) } | loop!(0) }"#;
    assert_eq!(code(&run(Limits { output_bytes: 100, ..Limits::default() }, prints)), Code::Output);
}

/// Endless work ends soon after the interrupt, which counts for the next evaluation too until it is cleared.
#[test]
fn an_interrupt_ends_what_runs() {
    let big_expression = format!("new loop in {{ loop!({}0) }}", "1 + ".repeat(2000));
    // Steps that take long: there must not be many between two looks.
    let long_steps = "new double, use in { contract double(@n, @l) = { if (n > 0) { double!(n - 1, l ++ l) } else { use!(l) } } \
                      | double!(15, [1]) | for (@l <= use) { match l.toByteArray() { _ => use!(l) } } }";
    for source in [LOOP, "@0!!(1) | for (_ <= @0) { Nil }", long_steps] {
        for (stop, expected) in [(Stop::Cancelled, Code::Cancelled), (Stop::OutOfTime, Code::Time)] {
            let interrupt = Interrupt::default();
            let mut space = Space::empty();
            space.runtime.set_interrupt(interrupt.clone());
            let raiser = interrupt.clone();
            let raised = thread::spawn(move || {
                thread::sleep(Duration::from_millis(20));
                raiser.raise(stop);
                Instant::now()
            });
            let receipt = space.run(source);
            let ended = Instant::now();
            assert_eq!(code(&receipt), expected, "{source}");
            // 10 ms on a machine that has time; tests run beside others.
            let late = ended.saturating_duration_since(raised.join().expect("a thread"));
            assert!(late < Duration::from_secs(2), "{source}: {late:?}");
            assert_eq!(code(&space.run(&big_expression)), expected);
            interrupt.clear();
            assert!(space.run(&big_expression).succeeded());
        }
    }
}
