//! The engine against the model on random programs: cost, errors, COMMs, output and root of each.
//!
//! A case is one program or two, one after another on one state, with a checkpoint after each, so that the second meets
//! what the first one stored. It follows from its number; `RHODIUM_PROGRAMS=0..100000` says which ones to run.

use std::collections::BTreeMap;
use std::ops::Range;

use rhodium_random::Random as Names;

use crate::common::{self, kinds};
use crate::generate::{self, Random};
use crate::reducer::Outcome;
use crate::shrink::shrink;
use crate::space::Space;
use crate::{NOT_MODELLED, run};

/// Cases of a normal test run: as many as take some ten seconds in the development profile.
const USUAL: Range<u64> = 0..1500;

#[derive(Clone)]
struct Case {
    programs: Vec<String>,
    phlo: i64,
}

impl Case {
    fn new(number: u64) -> Case {
        let mut random = Random::new(number);
        let size = [4, 8, 12, 20, 30][random.below(5)];
        let first = generate::program(&mut random, size);
        let programs = match random.below(4) {
            // Meets its own leftovers.
            0 => vec![first.clone(), first],
            1 => vec![first, generate::program(&mut random, size)],
            _ => vec![first],
        };
        let longest = programs.iter().map(String::len).max().unwrap_or(0);
        let phlo = if random.below(5) == 0 { longest + random.below(5000) } else { 25_000 };
        Case { programs, phlo: phlo as i64 }
    }
}

/// What was seen of one program.
type Seen = (Outcome, String);

fn by_model(case: &Case) -> Result<Vec<Seen>, String> {
    let mut space = Space::default();
    let mut seen = Vec::new();
    for (number, program) in case.programs.iter().enumerate() {
        let outcome = run(&mut space, program, case.phlo, names(number))?;
        seen.push((outcome, space.root().to_string()));
        space = space.reloaded();
    }
    Ok(seen)
}

fn by_engine(case: &Case) -> Vec<Seen> {
    let mut space = common::Space::empty();
    let mut seen = Vec::new();
    for (number, program) in case.programs.iter().enumerate() {
        let receipt = space.run_with(program, case.phlo, names(number));
        let output = receipt.output.iter().map(|line| line.text.clone()).collect();
        let outcome = Outcome { cost: receipt.cost, errors: kinds(&receipt), comms: receipt.comms, output };
        seen.push((outcome, space.runtime.checkpoint().expect("a checkpoint").to_string()));
    }
    seen
}

fn names(number: usize) -> Names {
    Names::from_seed(&[]).split_short(number as u16)
}

/// What differs, if anything.
fn difference(case: &Case) -> Option<String> {
    let model = by_model(case).ok()?;
    let engine = by_engine(case);
    let place = model.iter().zip(&engine).position(|(model, engine)| model != engine)?;
    Some(format!("program {place} of the case\n  model  {:?}\n  engine {:?}", model[place], engine[place]))
}

/// The case with the shortest programs that still differ.
fn shrunk(case: &Case) -> Case {
    let mut case = case.clone();
    for place in 0..case.programs.len() {
        let fewer = Case { programs: vec![case.programs[place].clone()], phlo: case.phlo };
        if difference(&fewer).is_some() {
            case = fewer;
            break;
        }
    }
    for place in 0..case.programs.len() {
        let mut candidate = case.clone();
        case.programs[place] = shrink(&case.programs[place], &mut |text| {
            candidate.programs[place] = text.to_owned();
            difference(&candidate).is_some()
        });
    }
    case
}

/// What the programs did, to see that they are worth running.
#[derive(Default)]
struct Statistics {
    programs: u64,
    comms: u64,
    ended: BTreeMap<String, u64>,
}

impl Statistics {
    fn count(&mut self, case: &Case) {
        let seen = by_model(case).unwrap_or_default();
        if seen.is_empty() {
            *self.ended.entry(NOT_MODELLED.to_owned()).or_default() += 1;
        }
        for (outcome, _) in seen {
            self.programs += 1;
            self.comms += outcome.comms;
            *self.ended.entry(outcome.errors.first().cloned().unwrap_or_default()).or_default() += 1;
        }
    }
}

fn range() -> Range<u64> {
    let Ok(text) = std::env::var("RHODIUM_PROGRAMS") else { return USUAL };
    let (from, to) = text.split_once("..").expect("RHODIUM_PROGRAMS is a range like 0..100000");
    from.parse().expect("a number")..to.parse().expect("a number")
}

/// Programs that differ, each for a reason that ARCHITECTURE.md gives: one that does not differ any more is an error too.
const DIFFER: &[u64] = &[57365];

fn compare() {
    let mut statistics = Statistics::default();
    let mut differing = Vec::new();
    for number in range() {
        let case = Case::new(number);
        if number % 16 == 0 {
            statistics.count(&case);
        }
        let (differs, known) = (difference(&case).is_some(), DIFFER.contains(&number));
        assert!(differs || !known, "case {number} does not differ any more");
        if !differs || known {
            continue;
        }
        let short = shrunk(&case);
        let report = difference(&short).expect("a difference that stays");
        let programs = short.programs.join("\n-- then --\n");
        println!("case {number}, {} phlogiston:\n{programs}\n{report}\n", short.phlo);
        differing.push(number);
        if differing.len() == 20 {
            break;
        }
    }
    println!("{} programs of the sample, {} COMMs; {:?}", statistics.programs, statistics.comms, statistics.ended);
    assert!(differing.is_empty(), "the engine and the model differ in the cases {differing:?} (see above)");
    if statistics.programs < 50 {
        return;
    }
    let ended = |kind: &str| statistics.ended.get(kind).copied().unwrap_or(0);
    assert!(statistics.comms > statistics.programs, "programs that communicate");
    assert!(2 * ended("") > statistics.programs, "programs without an error");
}

/// Programs in which the engine differed once.
const DIFFERED: &[&str] = &[
    // The size of the guard.
    r#"for (@x <- @2 where {"a": x}) { Nil }"#,
    r#"for (@x <- @2 where {"a": Set(x, bundle+{@x!(1)})} == {}) { Nil } | for (@y <- @3) { for (@x <- @y where {1: y} == {1: x}) { Nil } } | @3!(4)"#,
    // The order of what a map holds, which runs: the names it makes.
    r#"for (x <- @[0]) { let @y <- 7 in { for (@7 <<- x) { {"k": @0!(y) | x!()}.get("k") } | x!(y) } } | @[0]!(0)"#,
    // Ties: maps that differ in values only, which every substitution swaps.
    "@\"p\"!(@\"p\"!({\"k\": Nil}.get(\"none\") | {\"k\": {}}.get(\"none\")))",
    "@0!({1: 2} | {1: 3})",
    "for (@x <- @0) { @1!(x) | @2!([x, {1: 2} | {1: 3}]) } | @0!({1: 4} | {1: 5})",
    "for (_ <- @0) { for (_ <- @1) { @2!(@3!({1: 2} | {1: 3})) | for (@{@{{1: 2} | {1: 3}}!(0)} <- @4) { Nil } } } | @0!(0) | @1!(0)",
    "for (@x <- @0) { for (@y <- @1) { @2!(@3!({1: y} | {1: 3})) | @4!({{1: y} | {1: x}}) } } | @0!({1: 7}) | @1!({1: 8})",
    // The bytes of a list in process position, with a variable inside.
    r#"for (@x <- @0) { [@1!(1), @2!(2), @3!(3), @4!(4), @5!(5), @6!(6), @7!(7)].nth([@"a"!(x)].toByteArray().length() % 7) } | @0!([8])"#,
    r#"for (@x <- @0) { [@1!(1), @2!(2), @3!(3), @4!(4), @5!(5), @6!(6), @7!(7)].nth((@"a"!(x) | 1).toByteArray().length() % 7) } | @0!([8])"#,
    "for (_ <= @5) { @6!({@\"a\"!({1: 2} | {1: 3})}) | for (@z <- @6) { @7!(z, *@{z}) } } | @5!(0)",
];

#[test]
fn programs_that_once_differed() {
    for program in DIFFERED {
        let case = Case { programs: vec![(*program).to_owned()], phlo: 100_000 };
        assert!(by_model(&case).expect("modelled")[0].0.errors.is_empty(), "{program}");
        assert_eq!(difference(&case), None, "{program}");
    }
    // A stored name costs less than the same name as it is written; the channel is emptied in between.
    let stored = r#"@"box"!(new x in {x!(0)})"#;
    let used = r#"for (@p <- @"box") { @p!(1) | for (_ <- @p) { for (_ <- @{new x in {x!(0)}}) { Nil }
        | new y in { @{new x in {x!(0)}}!(2) } } }"#;
    let case = Case { programs: vec![stored.to_owned(), used.to_owned()], phlo: 100_000 };
    assert!(by_model(&case).expect("modelled").iter().all(|(outcome, _)| outcome.errors.is_empty()));
    assert_eq!(difference(&case), None);
}

#[test]
fn engine_and_model_agree() {
    // The model recurses.
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(compare).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn what_differs_is_made_short() {
    let source = "new a in { a!(1) | @\"x\"!([1, 2, {3 | 4}]) | for (@y <- a) { y | @7!(y + 2) } }";
    assert_eq!(shrink(source, &mut |text| text.contains('7')), "7");
    let compiles = |text: &str| rhodium_normalizer::compile(text, &rhodium_normalizer::Options::default()).is_ok();
    let short = shrink(source, &mut |text| compiles(text) && text.contains("y + 2"));
    assert_eq!(short, "new a in for ( @ y <- a ) { y + 2 }");
}
