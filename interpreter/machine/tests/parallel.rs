//! A block on several threads is the block on one: receipts, logs, output, states, numbers and order of what waits.
//!
//! `RHODIUM_BLOCKS=0..4000 cargo test --release -p rhodium-machine --test parallel` takes other random blocks.

mod common;

use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};

use common::{history, kinds};
use rhodium_machine::events::Event;
use rhodium_machine::system::SystemContext;
use rhodium_machine::{Deploy, Evaluation, Interrupt, Limits, Program, Receipt, Runtime, Stop, UNLIMITED_PHLO};
use rhodium_random::Random;

/// A small generator of numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % below as u64) as usize
    }

    fn one_of<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[self.roll(items.len())]
    }
}

/// A deploy's source, its limit and the number of its seed.
#[derive(Clone, Debug)]
struct Signed {
    source: String,
    phlo: i64,
    seed: u16,
}

impl Signed {
    fn new(source: impl Into<String>, seed: u16) -> Signed {
        Signed { source: source.into(), phlo: UNLIMITED_PHLO, seed }
    }

    fn deploy(&self, number: u32) -> Deploy<'_> {
        let random = Random::from_seed(&[3]).split_short(self.seed);
        let evaluation = Evaluation { program: Program::Source(&self.source), source: number, phlo: self.phlo, random };
        Deploy { evaluation, context: SystemContext::default() }
    }
}

fn deploys(block: &[Signed]) -> Vec<Deploy<'_>> {
    (1..).zip(block).map(|(number, signed)| signed.deploy(number)).collect()
}

/// What a deploy of a random block may use.
struct Reach {
    own: usize,
    shared: bool,
}

impl Reach {
    fn channel(&self, dice: &mut Dice) -> String {
        if self.shared && dice.roll(2) == 0 {
            return dice.one_of(&["@0", "@1", "@2", "@\"c\""]).to_owned();
        }
        format!("@(\"own\", {}, {})", self.own, dice.roll(3))
    }

    fn program(&self, dice: &mut Dice, depth: u32) -> String {
        let terms: Vec<String> = (0..1 + dice.roll(4)).map(|_| self.term(dice, depth)).collect();
        terms.join(" | ")
    }

    fn term(&self, dice: &mut Dice, depth: u32) -> String {
        let body = |dice: &mut Dice| if depth == 0 { "Nil".to_owned() } else { self.program(dice, depth - 1) };
        let (channel, number) = (self.channel(dice), dice.roll(3));
        match dice.roll(18) {
            0..=4 => format!("{channel}!({number})"),
            5 => format!("{channel}!!({number})"),
            6 | 7 => format!("for (@x <- {channel}) {{ {} }}", body(dice)),
            8 => format!("for (@{number} <<- {channel}) {{ {} }}", body(dice)),
            9 => format!("for (@y <= {channel}) {{ {} }}", body(dice)),
            10 | 11 => {
                let arrow = dice.one_of(&["<-", "<<-", "<="]);
                let other = self.channel(dice);
                format!("for (@p {arrow} {channel} & @{number} {arrow} {other}) {{ {} }}", body(dice))
            }
            12 => format!("for (@x <- {channel} where x > {number}) {{ {} }}", body(dice)),
            13 => format!("new n in {{ n!({number}) | for (@x <- n) {{ {channel}!(x) }} | {} }}", body(dice)),
            14 => format!("new o(`rho:io:stdout`) in {{ for (@x <- {channel}) {{ o!(x) }} | o!({number}) }}"),
            15 if self.shared => {
                format!("for (n <<- @\"door\") {{ for (@x <- n & @y <- {channel}) {{ n!(x + y) }} | n!!({number}) }}")
            }
            16 if dice.roll(3) == 0 => format!("{channel}!(1 + \"a\")"),
            17 if dice.roll(3) == 0 => "new a(`rho:execution:abort`) in { a!(\"stop\") }".to_owned(),
            _ => format!("match {number} {{ 0 => {channel}!(0) _ => {{ {} }} }}", body(dice)),
        }
    }
}

/// A random block of which so many deploys in a hundred use what others use.
fn random_block(dice: &mut Dice, share: usize) -> Vec<Signed> {
    let mut block: Vec<Signed> = Vec::new();
    let count = 1 + dice.roll(24);
    for number in 0..count {
        // The same deploy once more has the same private names.
        if number > 0 && dice.roll(20) == 0 && share > 0 {
            block.push(block[dice.roll(number)].clone());
            continue;
        }
        let reach = Reach { own: number, shared: dice.roll(100) < share };
        let source = reach.program(dice, 2);
        // Persistent sends can meet persistent receives: such runs end by their limit.
        let phlo = if dice.roll(8) == 0 { 500 + dice.roll(3000) as i64 } else { 20_000 };
        block.push(Signed { source, phlo, seed: number as u16 });
    }
    block
}

/// All that can be told of a block.
#[derive(Debug, PartialEq)]
struct Told {
    receipts: Vec<String>,
    logs: Vec<Vec<Event>>,
    mark: u64,
    left: String,
    root: String,
}

fn told(runtime: &mut Runtime, results: Vec<(Receipt, Vec<Event>)>, keep: bool) -> Told {
    let (receipts, logs) = results.into_iter().map(|(receipt, log)| (format!("{receipt:?}"), log)).unzip();
    let (mark, left) = (runtime.mark(), format!("{:?}", runtime.left_since(0)));
    let checkpoint = runtime.prepare_checkpoint().expect("a checkpoint");
    let root = checkpoint.root().to_string();
    if keep {
        runtime.commit(checkpoint).expect("a commit");
    }
    Told { receipts, logs, mark, left, root }
}

fn serial(runtime: &mut Runtime, block: &[Signed], logged: bool) -> Vec<(Receipt, Vec<Event>)> {
    let run = |mut deploy: Deploy<'_>| match logged {
        true => runtime.record(deploy.evaluation, &mut deploy.context),
        false => (runtime.evaluate(deploy.evaluation, &mut deploy.context), Vec::new()),
    };
    deploys(block).into_iter().map(run).collect()
}

fn parallel(runtime: &mut Runtime, block: &[Signed], threads: usize, logged: bool) -> Vec<(Receipt, Vec<Event>)> {
    let mut results = Vec::new();
    let threads = NonZeroUsize::new(threads).expect("threads");
    runtime.evaluate_all(&deploys(block), threads, logged, &mut |receipt, log| {
        results.push((receipt, log));
        ControlFlow::Continue(())
    });
    results
}

/// Blocks on top of each other; a checkpoint follows where it says so.
fn compare(blocks: &[(Vec<Signed>, bool)], logged: bool, about: &str) -> Vec<Told> {
    let runtime = || Runtime::bootstrapped(history()).expect("a runtime");
    let mut one = runtime();
    let expected: Vec<Told> = blocks
        .iter()
        .map(|(block, keep)| {
            let results = serial(&mut one, block, logged);
            told(&mut one, results, *keep)
        })
        .collect();
    for threads in [1, 2, 4] {
        let mut many = runtime();
        for ((block, keep), expected) in blocks.iter().zip(&expected) {
            let results = parallel(&mut many, block, threads, logged);
            let found = told(&mut many, results, *keep);
            assert_eq!(found, *expected, "{about}, {threads} threads: {block:#?}");
        }
    }
    expected
}

fn numbers() -> Range<u64> {
    let Ok(text) = std::env::var("RHODIUM_BLOCKS") else { return 0..80 };
    let (from, to) = text.split_once("..").expect("FROM..TO");
    from.parse().expect("a number")..to.parse().expect("a number")
}

/// Each thread has its own copies of contracts that it calls again and again.
#[test]
fn contracts_that_all_call() {
    let contracts = "new cell, door, log in { \
        @\"door\"!!(*door) | \
        contract @\"twice\"(@n, return) = { for (@(\"k\", m) <- cell) { return!(n * 2, m) } | cell!((\"k\", {n: [\"s\"]})) } | \
        for (@n, return <= @\"count\" where n > 1) { @\"count\"!(n - 1, *return) } | \
        contract @\"count\"(@1, return) = { new r in { return!(*r, \"done\", *log) } } | \
        for (@x, return <= door & @\"call\", @y <= @\"both\") { return!(x ++ y, *door) } }";
    let call = |k: usize| match k % 6 {
        5 => format!("new r in {{ @\"count\"!({k}, *r) | for (@_, @\"done\", _ <- r) {{ @{k}!(1 + \"a\") }} }}"),
        // The joins of one deploy meet no other's messages.
        4 if k % 12 == 4 => format!(
            "for (d <<- @\"door\") {{ d!(\"{k}\", (\"own\", {k})) | @\"both\"!(\"call\", \"b\") | d!(\"c\", (\"own\", {k})) \
             | @\"both\"!(\"call\", \"d\") }}"
        ),
        _ => format!(
            "new r, s in {{ @\"twice\"!({k}, *r) | for (@n, @m <- r) {{ @(\"own\", {k})!(n, m) | @\"twice\"!(n, *s) }} \
             | for (@n, @m <- s) {{ @(\"own\", {k})!(n, m) | @\"count\"!(9, ((\"own\", {k}), *s)) }} }}"
        ),
    };
    let calls: Vec<Signed> = (0..60).map(|k| Signed::new(call(k), k as u16)).collect();
    for (logged, keep) in [(false, false), (false, true), (true, true)] {
        let blocks = [(vec![Signed::new(contracts, 999)], keep), (calls.clone(), false), (calls.clone(), true)];
        let told = compare(&blocks, logged, "contracts");
        assert!(told[0].receipts[0].contains("failures: []"), "{}", told[0].receipts[0]);
        let failed = told[1].receipts.iter().filter(|receipt| !receipt.contains("failures: []")).count();
        assert_eq!(failed, 10, "{:#?}", told[1].receipts);
        assert!(told[1].left.contains("\"done\""), "{}", told[1].left);
    }
}

#[test]
fn random_blocks() {
    let mut failed = 0;
    for number in numbers() {
        let mut dice = Dice(number);
        let share = [0, 10, 50, 100][number as usize % 4];
        let before = Reach { own: 0, shared: true }.program(&mut dice, 1);
        let before = format!("new n in {{ @\"door\"!!(*n) | n!(0) }} | {before}");
        let before = Signed { phlo: 20_000, ..Signed::new(before, 999) };
        let blocks = [
            (vec![before], dice.roll(2) == 0),
            (random_block(&mut dice, share), dice.roll(2) == 0),
            (random_block(&mut dice, share), true),
            (random_block(&mut dice, share), true),
        ];
        let told = compare(&blocks, number % 3 == 0, &format!("block {number}"));
        failed += told.iter().flat_map(|told| &told.receipts).filter(|text| !text.contains("failures: []")).count();
    }
    assert!(failed > 0, "no deploy fails");
}

#[test]
fn deploys_that_share_nothing_and_deploys_that_share_all() {
    let own = |k| Signed::new(format!("@{k}!(1) | for (@x <- @{k}) {{ @{k}!(x + 1) }}"), k);
    let all = |k| Signed::new(format!("for (@x <- @\"sum\") {{ @\"sum\"!(x + {k}) }}"), k);
    let start = (vec![Signed::new("@\"sum\"!(0)", 999)], false);
    let blocks = [start, ((0..300).map(own).collect(), true), ((0..300).map(all).collect(), true)];
    let told = compare(&blocks, false, "blocks");
    assert!(told[2].left.contains(&format!("Int({})", 299 * 300 / 2)), "{}", told[2].left);
}

#[test]
fn deploys_that_see_what_earlier_ones_did() {
    let cases: &[(&str, &[&str])] = &[
        // A channel that was not there, one that is not there any more, one that is there again.
        ("Nil", &["@1!(1)", "for (@x <- @1) { @2!(x) }", "for (@x <- @2) { @1!(x) }"]),
        ("@1!(1)", &["for (@x <- @1) { Nil }", "for (@x <- @1) { @2!(x) }", "@1!(2)"]),
        // A join gets another receive, or loses one, while its channels stay as they are.
        ("for (@1 <- @3 & @1 <- @4) { @0!(1) } | @4!(2)", &["for (@2 <- @3 & @x <- @4) { @0!(x) }", "@3!(2)"]),
        (
            "for (@1 <- @3 & @1 <- @4) { @0!(1) } | for (@x <- @3 & @y <- @4) { @0!(x + y) } | @5!(0)",
            &["@3!(1) | @4!(1)", "@3!(7) | @4!(8)", "@4!(1) | @5!(1)"],
        ),
        // A message on the other channel of a join, offered or taken.
        ("for (@x <- @3 & @y <- @4) { @0!(x + y) }", &["@4!(1)", "@3!(1)"]),
        ("for (@1 <- @3 & @1 <- @4) { @0!(1) } | @4!(1)", &["for (@1 <- @4) { Nil }", "@3!(1)"]),
        // Joins over the same channels in both orders.
        (
            "for (@1 <- @3 & @x <- @4) { @0!(x) }",
            &["for (@2 <- @4 & @x <- @3) { @0!(x) }", "@4!(2)", "@3!(1)", "@3!(5)", "@4!(2)"],
        ),
        // Peeks and persistent ones only read.
        (
            "@1!!(1) | contract @2(@x) = { @3!(x) }",
            &["for (@x <- @1) { @4!(x) }", "@2!(1)", "for (@x <<- @1) { @2!(x) }"],
        ),
        // Failing deploys see, but change nothing.
        ("@1!(1)", &["for (@x <- @1) { @1!(x + 1) }", "for (@x <- @1) { @1!(x + \"\") }", "for (@x <- @1) { @2!(x) }"]),
        ("@1!(1)", &["for (@x <- @1) { @1!(x + \"\") }", "for (@x <- @1) { @2!(x) }"]),
        // Equal deploys have equal names.
        ("Nil", &["new n in { @1!(*n) | n!(1) }", "new n in { n!(2) | for (@x <- n) { @2!(x) } }"]),
        // Order and numbers of what several deploys leave on their own channels.
        ("@1!(0) | @2!(0)", &["@1!(1) | @1!(2) | @1!(3)", "@2!(1) | @2!(2)", "for (@x <- @1) { @3!(x) }", "@2!(3)"]),
    ];
    for (before, block) in cases {
        for kept in [false, true] {
            let before = vec![Signed::new(*before, 1)];
            let block: Vec<Signed> = block.iter().map(|source| Signed::new(*source, 2)).collect();
            let later = Signed::new("for (@x <- @1) { @9!(x) } | for (@x <- @3) { @9!(x) } | @4!(4)", 3);
            compare(&[(before, kept), (block, kept), (vec![later], true)], true, "a case");
        }
    }
}

/// With the state that the second deploy should not see it never ends.
#[test]
fn a_draft_that_would_run_forever() {
    let before = "@\"flag\"!(1) | contract @\"l\"(_) = { for (@x <<- @\"flag\") { if (x == 1) { @\"l\"!(0) } } }";
    let block = ["for (_ <- @\"flag\") { @\"flag\"!(0) }", "@\"l\"!(0)", "@\"l\"!(0)"];
    let block: Vec<Signed> = (0..).zip(block).map(|(k, source)| Signed::new(source, k)).collect();
    let told = compare(&[(vec![Signed::new(before, 99)], true), (block, true)], true, "a loop");
    assert!(told[1].receipts.iter().all(|receipt| receipt.contains("failures: []")), "{told:?}");
}

#[test]
fn limits_and_breaks_are_those_of_one_thread() {
    let long = "new l in { contract l(@n) = { if (n > 0) { l!(n - 1) } } | l!(50000) }";
    let mut block: Vec<Signed> = (0..6).map(|k| Signed::new(long, k)).collect();
    compare(&[(block.clone(), true)], false, "long deploys");
    block.insert(3, Signed::new("@0!(0)", 9));
    let mut runtime = Runtime::bootstrapped(history()).expect("a runtime");
    runtime.set_limits(Limits { steps: 70_000, ..Limits::default() });
    let results = parallel(&mut runtime, &block, 2, false);
    let failed: Vec<_> = results.iter().map(|(receipt, _)| kinds(receipt)).collect();
    let limited = || vec!["LimitError".to_owned()];
    let expected = [limited(), limited(), limited(), Vec::new(), limited(), limited(), limited()];
    assert_eq!(failed, expected);

    let mut runtime = Runtime::bootstrapped(history()).expect("a runtime");
    let mut count = 0;
    let threads = NonZeroUsize::new(2).expect("2");
    runtime.evaluate_all(&deploys(&block), threads, false, &mut |_, _| {
        count += 1;
        if count == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((count, runtime.left_since(0).0.len()), (4, 1));
}

#[test]
fn an_interrupt_ends_all_deploys_that_follow() {
    let endless = "new l in { contract l(_) = { l!(0) } | l!(0) }";
    let block = [Signed::new("@0!(0)", 0), Signed::new(endless, 1), Signed::new(endless, 2), Signed::new("@1!(1)", 3)];
    for threads in [1, 2, 4] {
        let mut runtime = Runtime::bootstrapped(history()).expect("a runtime");
        let interrupt = Interrupt::default();
        runtime.set_interrupt(interrupt.clone());
        let mut results = Vec::new();
        runtime.evaluate_all(
            &deploys(&block),
            NonZeroUsize::new(threads).expect("threads"),
            false,
            &mut |receipt, _| {
                results.push(receipt.succeeded());
                // From here on only the endless ones run.
                if results.len() == 1 {
                    let interrupt = interrupt.clone();
                    std::thread::spawn(move || {
                        std::thread::sleep(std::time::Duration::from_millis(20));
                        interrupt.raise(Stop::Cancelled);
                    });
                }
                ControlFlow::Continue(())
            },
        );
        assert_eq!(results, [true, false, false, false], "{threads} threads");
        interrupt.clear();
        assert!(parallel(&mut runtime, &block[3..], threads, false)[0].0.succeeded());
    }
}
