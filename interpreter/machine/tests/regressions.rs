//! Programs that once went wrong: lost receives, overflowing stacks and sizes, free work.

mod common;

use common::{Space, history, kind, kinds, message, printed_data};
use rhodium_machine::{Limits, Runtime, UNLIMITED_PHLO};
use rhodium_random::Random;

fn checkpoint(space: &mut Space) {
    space.runtime.checkpoint().expect("checkpoint");
}

fn succeed(space: &mut Space, source: &str) {
    let receipt = space.run(source);
    assert!(receipt.succeeded(), "{source}: {:?}", receipt.failures.iter().map(message).collect::<Vec<_>>());
}

/// A failed deploy leaves a join alone that it only loaded, also under the number of a join it had freed.
#[test]
fn loaded_join_survives_a_failed_deploy() {
    let mut space = Space::empty();
    succeed(&mut space, r#"for (@x <- @2 & @1 <- @"a") { @"r"!(x) }"#);
    checkpoint(&mut space);
    let failing = r#"for (@x <- @5 & @y <- @6) { @2!(0, 0) | @"x"!(1 + "a") } | new a in { @5!(1) | @6!(1) }"#;
    assert!(!space.run(failing).succeeded());
    succeed(&mut space, r#"@2!(7) | @"a"!(1)"#);
    assert_eq!(printed_data(&mut space, r#""r""#), ["7"]);
}

/// Joins over the same channels in different orders have one key in the history (runtime.md B10).
#[test]
fn joins_in_both_orders_survive_checkpoints() {
    for between in [false, true] {
        let mut space = Space::empty();
        let contract = r#"contract @"c"(x, y) = { for (@("a", p) <- x & @("b", q) <- y) { @"r"!(p, q) } }"#;
        succeed(&mut space, contract);
        succeed(&mut space, r#"@"c"!(1, 2)"#);
        if between {
            checkpoint(&mut space);
        }
        succeed(&mut space, r#"@"c"!(2, 1)"#);
        checkpoint(&mut space);
        succeed(&mut space, r#"@1!(("a", 1)) | @2!(("b", 2))"#);
        checkpoint(&mut space);
        succeed(&mut space, r#"@1!(("b", 1)) | @2!(("a", 2))"#);
        assert_eq!(printed_data(&mut space, r#""r""#), ["1, 2", "2, 1"]);
    }
}

/// Loading a channel loads everything it is joined with, without recursion.
#[test]
fn long_chain_of_joins_is_loaded() {
    let count = 10_000;
    let joins: Vec<String> = (0..count).map(|i| format!("for(_ <- @{i} & _ <- @{}){{Nil}}", i + 1)).collect();
    let mut space = Space::empty();
    succeed(&mut space, &joins.join("|"));
    checkpoint(&mut space);
    succeed(&mut space, "@0!(1) | @1!(1)");
}

/// The code of receives inside receives, once compiled, is dropped without recursion.
#[test]
fn nested_code_is_dropped() {
    let depth = 8_000;
    let source =
        format!("contract @1() = {{ {}Nil{} }} | @1!() | @0!!(0)", "for (_ <- @0) {".repeat(depth), "}".repeat(depth));
    let run = move || {
        let mut space = Space::empty();
        succeed(&mut space, &source);
        checkpoint(&mut space);
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(run).expect("a thread").join().expect("no overflow");
}

/// Shared structure can be larger than 64 bits can say.
#[test]
fn huge_sizes_are_bounded() {
    let eight = "[[[x,x],[x,x]],[[x,x],[x,x]]]";
    let source = format!("contract @0(@n, @x) = {{ @0!(n + 1, {}) }} | @0!(0, [1])", eight.replace('x', eight));
    let mut space = Space::empty();
    assert_eq!(kinds(&space.run(&source)), ["LimitError"]);
    space.runtime.set_limits(Limits { term_bytes: u64::MAX, space_bytes: u64::MAX, ..Limits::default() });
    assert_eq!(kinds(&space.run(&source)), ["OutOfPhlogistonsError"]);
}

/// Guards are free, but what they may do is limited: a long comparison, a string that grows too long.
#[test]
fn guards_have_a_budget() {
    let text = |levels| {
        (0..levels)
            .fold(String::from("\"xxxxxxxxxx\""), |inner, _| format!("\"{}\" %% {{\"a\": {inner}}}", "${a}".repeat(10)))
    };
    for guard in [format!("({}) == ({})", text(6), text(6)), format!("({}).length() == 1", text(8))] {
        let receive = format!("@0!(1) | for (@x <- @0 where {guard}) {{ Nil }}");
        let case = format!("match 1 {{ 1 where {guard} => Nil }}");
        for source in [receive, case] {
            let receipt = Space::empty().run(&source);
            assert_eq!(receipt.failures.iter().map(kind).collect::<Vec<_>>(), ["LimitError"], "{guard}");
        }
    }
}

/// What consuming old messages gives back is the same under every limit.
#[test]
fn refunds_are_exact_without_limit() {
    let cost = |phlo| {
        let mut space = Space { runtime: Runtime::empty(history()).expect("empty space"), deploys: 0 };
        space.run_with(&format!("@0!(\"{}\")", "a".repeat(1000)), phlo, Random::from_seed(&[1]));
        space.run_with("for (_ <- @0) { Nil }", phlo, Random::from_seed(&[2])).cost
    };
    assert_eq!(cost(UNLIMITED_PHLO), cost(100_000));
}

/// What a deploy left does not include what was only loaded.
#[test]
fn loaded_items_are_not_left() {
    let mut space = Space::empty();
    succeed(&mut space, "@0!(1) | @0!(2)");
    checkpoint(&mut space);
    let mark = space.runtime.mark();
    succeed(&mut space, "@0!(3)");
    assert_eq!(space.runtime.left_since(mark).0.len(), 1);
}

/// Map values decide only between elements that the canonical order does not tell apart otherwise.
#[test]
fn sets_are_listed_in_canonical_order() {
    let mut space = Space::empty();
    succeed(&mut space, r#"@0!(Set([{"a": 1}, 2], [{"a": 2}, 1]).toList())"#);
    assert_eq!(printed_data(&mut space, "0"), [r#"[[{"a" : 2}, 1], [{"a" : 1}, 2]]"#]);
}

/// Receives on one channel are stored in time that does not depend on how many wait there already.
#[test]
fn many_receives_on_one_channel() {
    let source = |n: u32| {
        format!(
            "new loop in {{ contract loop(@n) = {{ if (n > 0) {{ for (@\"never\" <- @\"c\") {{ Nil }} | loop!(n - 1) }} }} | loop!({n}) }}"
        )
    };
    let once = |n: u32| {
        let start = std::time::Instant::now();
        assert!(Space::empty().run(&source(n)).succeeded());
        start.elapsed().as_secs_f64() / f64::from(n)
    };
    // The shortest of several runs: noise only adds.
    let time = |n: u32| (0..5).map(|_| once(n)).fold(f64::INFINITY, f64::min);
    let (few, many) = (time(2_000), time(20_000));
    assert!(many < 5.0 * few, "{few} s for each of 2,000, {many} s for each of 20,000");
}
