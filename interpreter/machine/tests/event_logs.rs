//! Event logs and replay (runtime.md 6.7, 6.9): what is recorded can be followed, in any order and with other choices
//! than ours, and a log that was changed anywhere is refused.

mod common;

use std::sync::Arc;

use common::{Dice, Space, kinds, random_program};
use rhodium_machine::events::{Comm, Consume, Event, Mismatch, Produce};
use rhodium_machine::system::SystemContext;
use rhodium_machine::{Evaluation, Program, Receipt};
use rhodium_random::Random;
use serde::Deserialize;

/// Persistent sends can meet persistent receives: such runs end by their limit.
const PHLO: i64 = 200_000;

fn evaluation(source: &str, deploy: u16) -> Evaluation<'_> {
    let random = Random::from_seed(&[7]).split_short(deploy);
    Evaluation { program: Program::Source(source), source: 1, phlo: PHLO, random }
}

fn record(space: &mut Space, source: &str, deploy: u16) -> (Receipt, Vec<Event>) {
    space.runtime.record(evaluation(source, deploy), &mut SystemContext::default())
}

fn replay(space: &mut Space, source: &str, deploy: u16, log: &[Event]) -> Result<Receipt, Box<Mismatch>> {
    space.runtime.replay(evaluation(source, deploy), &mut SystemContext::default(), log)
}

fn root(space: &mut Space) -> String {
    space.runtime.checkpoint().expect("checkpoint").to_string()
}

/// What can be compared of a receipt; errors are not the same text for all choices.
fn outcome(receipt: &Receipt) -> (i64, bool, u64) {
    (receipt.cost, receipt.succeeded(), receipt.comms)
}

/// A message or a receive whose event has a known hash.
#[derive(Deserialize)]
struct Hashed {
    id: String,
    source: Option<String>,
    channel: Option<String>,
    data: Option<Vec<String>>,
    persistent: Option<bool>,
    random_seed: String,
    random_ops: Vec<String>,
    hash_ext: Option<String>,
}

impl Hashed {
    /// A program whose only term it is: it runs with the random state as it is.
    fn program(&self) -> String {
        match (&self.source, &self.channel, &self.data) {
            (Some(source), ..) => source.clone(),
            (None, Some(channel), Some(data)) => {
                let arrow = if self.persistent == Some(true) { "!!" } else { "!" };
                format!("@{{{channel}}}{arrow}({})", data.join(", "))
            }
            _ => panic!("{} is neither a message nor a receive", self.id),
        }
    }
}

#[derive(Deserialize)]
struct Hashes {
    produce_hash: Vec<Hashed>,
    consume_hash: Vec<Hashed>,
}

#[test]
fn events_have_the_hashes_of_the_vectors() {
    let file: Hashes = toml::from_str(&common::data("runtime-vectors.toml")).expect("the vectors");
    let mut checked = 0;
    for row in file.produce_hash.iter().chain(&file.consume_hash) {
        let Some(expected) = &row.hash_ext else { continue };
        let random = common::random(&row.random_seed, &row.random_ops);
        let source = row.program();
        let evaluation = Evaluation { random, ..evaluation(&source, 0) };
        let (_, log) = Space::empty().runtime.record(evaluation, &mut SystemContext::default());
        let hash = match &log[..] {
            [Event::Produce(produce)] => produce.hash,
            [Event::Consume(consume)] => consume.hash,
            other => panic!("{}: {other:?}", row.id),
        };
        assert_eq!(hex::encode(hash), *expected, "{}", row.id);
        checked += 1;
    }
    assert!(checked > 3);
}

/// All programs of the specification's data.
fn programs() -> Vec<String> {
    let measured = common::measured_programs().into_iter().map(|row| row.source);
    common::vector_programs().into_iter().map(|row| row.source).chain(measured).collect()
}

/// A fresh space in which some deploys have run, in the one or the other order: that of what they left.
fn prepared(programs: &[String], reversed: bool) -> Space {
    let mut space = Space::empty();
    let mut order: Vec<usize> = (0..programs.len()).collect();
    if reversed {
        order.reverse();
    }
    for k in order {
        space.runtime.evaluate(evaluation(&programs[k], k as u16 + 1), &mut SystemContext::default());
    }
    space
}

/// Deploys that do not meet each other: messages, or receives.
fn left_behind(dice: &mut Dice) -> Vec<String> {
    let channel = |dice: &mut Dice| ["@0", "@1", "@2", "@\"c\""][dice.roll(4)];
    let receives = dice.roll(2) == 0;
    (0..8)
        .map(|_| match receives {
            true => format!("for (@x <- {}) {{ {}!([x]) }}", channel(dice), channel(dice)),
            false => format!("{}!({})", channel(dice), dice.roll(3)),
        })
        .collect()
}

#[test]
fn logs_of_all_programs_are_followed() {
    let mut dice = Dice(1);
    let (mut events, mut communicating) = (0, 0);
    for source in programs().into_iter().step_by(2) {
        let mut plain = Space::empty();
        let expected = plain.runtime.evaluate(evaluation(&source, 0), &mut SystemContext::default());
        let mut recorded = Space::empty();
        let (receipt, mut log) = record(&mut recorded, &source, 0);
        assert_eq!(outcome(&receipt), outcome(&expected), "{source}");
        let after = root(&mut plain);
        assert_eq!(root(&mut recorded), after, "{source}");
        events += log.len();
        communicating += usize::from(receipt.comms > 0);
        for order in 0..2 {
            let mut space = Space::empty();
            let followed =
                replay(&mut space, &source, 0, &log).unwrap_or_else(|e| panic!("order {order}: {e}\n{source}"));
            assert_eq!((outcome(&followed), kinds(&followed)), (outcome(&expected), kinds(&expected)), "{source}");
            assert_eq!(followed.output, expected.output, "{source}");
            assert_eq!(root(&mut space), after, "{source}");
            dice.shuffle(&mut log);
        }
    }
    println!("{communicating} programs that communicate, {events} events");
    assert!(communicating > 600);
}

/// What lies in the space is found in the order in which it came, so the same state can make other choices.
#[test]
fn logs_with_other_choices_are_followed() {
    let mut dice = Dice(2);
    let (mut comms, mut different) = (0, 0);
    for _ in 0..200 {
        let before = left_behind(&mut dice);
        let source = random_program(&mut dice, 2);
        let logs = [false, true].map(|reversed| {
            let mut space = prepared(&before, reversed);
            let state = space.runtime.prepare_checkpoint().expect("a state").root();
            let (receipt, log) = record(&mut space, &source, 0);
            (state, outcome(&receipt), log, root(&mut space))
        });
        assert_eq!(logs[0].0, logs[1].0, "{before:?}");
        let same = logs[0].2 == logs[1].2;
        comms += logs[0].1.2;
        different += usize::from(!same);
        for (k, (_, expected, log, after)) in logs.iter().enumerate() {
            // A log that ends where phlogiston does follows the schedule, which other choices change.
            if !expected.1 && !same {
                continue;
            }
            let mut space = prepared(&before, k == 0);
            let followed = replay(&mut space, &source, 0, log).unwrap_or_else(|e| panic!("{e}\n{before:?}\n{source}"));
            assert_eq!(outcome(&followed), *expected, "{before:?}\n{source}");
            assert_eq!(root(&mut space), *after, "{before:?}\n{source}");
        }
    }
    println!("{comms} COMMs, {different} of 200 with other choices");
    assert!(comms > 500 && different > 20);
}

fn flip(hash: &mut [u8; 32], dice: &mut Dice) {
    hash[dice.roll(32)] ^= 1 << dice.roll(8);
}

fn with_consume(consume: &Arc<Consume>, change: impl FnOnce(&mut Consume)) -> Arc<Consume> {
    let mut changed = Consume::clone(consume);
    change(&mut changed);
    Arc::new(changed)
}

/// The ways to change one place of an event.
fn changed_events(event: &Event, dice: &mut Dice) -> Vec<(String, Event)> {
    let mut changed = Vec::new();
    let mut add = |what: &str, event: Event| changed.push((what.to_owned(), event));
    match event {
        Event::Produce(produce) => {
            for (what, produce) in changed_produces(produce, dice) {
                add(what, Event::Produce(produce));
            }
        }
        Event::Consume(consume) => {
            for (what, consume) in changed_consumes(consume, dice) {
                add(what, Event::Consume(consume));
            }
        }
        Event::Comm(comm) => {
            let mut with = |what: &str, change: &dyn Fn(&mut Comm)| {
                let mut comm = comm.clone();
                change(&mut comm);
                add(what, Event::Comm(comm));
            };
            for (what, consume) in changed_consumes(&comm.consume, dice) {
                with(what, &|comm| comm.consume = consume.clone());
            }
            for k in 0..comm.produces.len() {
                for (what, produce) in changed_produces(&comm.produces[k].0, dice) {
                    with(what, &|comm| comm.produces[k].0 = produce);
                }
                with("number of a message", &|comm| comm.produces[k].1 += 1);
                with("message dropped", &|comm| {
                    comm.produces.remove(k);
                });
                with("message twice", &|comm| comm.produces.push(comm.produces[k]));
            }
            with("peek added", &|comm| comm.peeks.push(comm.peeks.len() as u32));
            if !comm.peeks.is_empty() {
                with("peek dropped", &|comm| {
                    comm.peeks.pop();
                });
            }
        }
    }
    changed
}

fn changed_produces(produce: &Produce, dice: &mut Dice) -> Vec<(&'static str, Produce)> {
    let (mut channel, mut hash) = (*produce, *produce);
    flip(&mut channel.channel_hash, dice);
    flip(&mut hash.hash, dice);
    let persistent = Produce { persistent: !produce.persistent, ..*produce };
    vec![("channel of a message", channel), ("hash of a message", hash), ("persistence of a message", persistent)]
}

fn changed_consumes(consume: &Arc<Consume>, dice: &mut Dice) -> Vec<(&'static str, Arc<Consume>)> {
    let k = dice.roll(consume.channel_hashes.len());
    vec![
        ("channel of a receive", with_consume(consume, |c| flip(&mut c.channel_hashes[k], dice))),
        ("hash of a receive", with_consume(consume, |c| flip(&mut c.hash, dice))),
        ("persistence of a receive", with_consume(consume, |c| c.persistent = !c.persistent)),
        (
            "channel dropped",
            with_consume(consume, |c| {
                c.channel_hashes.remove(k);
            }),
        ),
        ("channel twice", with_consume(consume, |c| c.channel_hashes.push(c.channel_hashes[k]))),
    ]
}

/// All logs that differ from one in the event at a place.
fn changed_logs(log: &[Event], k: usize, dice: &mut Dice) -> Vec<(String, Vec<Event>)> {
    let mut logs = Vec::new();
    for (what, event) in changed_events(&log[k], dice) {
        let mut changed = log.to_vec();
        changed[k] = event.clone();
        logs.push((what.clone(), changed));
        let mut extra = log.to_vec();
        extra.insert(dice.roll(log.len() + 1), event);
        logs.push((format!("extra event: {what}"), extra));
    }
    let mut dropped = log.to_vec();
    dropped.remove(k);
    logs.push(("event dropped".into(), dropped));
    let mut twice = log.to_vec();
    twice.insert(k, log[k].clone());
    logs.push(("event twice".into(), twice));
    logs
}

/// Every place of small logs and some places of large ones. A change that the log alone does not show, a COMM less of a
/// receive with a guard or with the same channel twice, must show in cost, failure or state.
#[test]
fn changed_logs_are_refused() {
    let mut dice = Dice(3);
    let mut sources: Vec<String> = programs().into_iter().step_by(23).collect();
    sources.extend((0..50).map(|_| random_program(&mut dice, 2)));
    let (mut refused, mut shown) = (0, 0);
    for source in sources {
        let mut space = Space::empty();
        let (receipt, log) = record(&mut space, &source, 0);
        let before = Space::empty().runtime.root().to_string();
        let after = root(&mut space);
        let places: Vec<usize> = match log.len() {
            0 => continue,
            n @ 1..=8 => (0..n).collect(),
            n => (0..4).map(|_| dice.roll(n)).collect(),
        };
        let mut space = Space::empty();
        for (what, changed) in places.into_iter().flat_map(|k| changed_logs(&log, k, &mut dice)) {
            match replay(&mut space, &source, 0, &changed) {
                Err(mismatch) => {
                    refused += 1;
                    assert!(mismatch.found.is_some() || mismatch.expected.is_some(), "{what}");
                }
                Ok(followed) => {
                    shown += 1;
                    let same = outcome(&followed) == outcome(&receipt) && root(&mut space) == after;
                    assert!(!same, "accepted: {what}\n{source}");
                    space = Space::empty();
                }
            }
        }
        // A refused log leaves nothing behind.
        assert_eq!(root(&mut space), before, "{source}");
    }
    println!("{refused} refused, {shown} shown by the outcome");
    assert!(refused > 5_000 && shown * 100 < refused);
}

/// The first difference is the one that was made, and the place is that of the send or receive.
#[test]
fn the_first_difference_is_named() {
    let source = "new a in {\n  a!(1) |\n  for (@x <- a) {\n    @\"out\"!(x)\n  }\n}";
    let (_, log) = record(&mut Space::empty(), source, 0);
    let line = |mismatch: &Mismatch| {
        assert_eq!(mismatch.origin.source, 1, "{mismatch}");
        source[..mismatch.origin.start as usize].matches('\n').count() + 1
    };
    // Two offers, their COMM, and the message of the body.
    let [Event::Produce(sent), Event::Consume(_), Event::Comm(comm), Event::Produce(out)] = &log[..] else {
        panic!("{log:?}")
    };
    let refused = |log: &[Event]| *replay(&mut Space::empty(), source, 0, log).expect_err("a changed log");

    let mut changed = log.clone();
    changed[3] = Event::Produce(Produce { hash: [0; 32], ..*out });
    let mismatch = refused(&changed);
    assert_eq!(mismatch.found, Some(log[3].clone()));
    assert_eq!(mismatch.expected.as_ref().map(|e| (e.position, e.event.clone())), Some((3, changed[3].clone())));
    assert_eq!(line(&mismatch), 4);

    let mut other = comm.clone();
    other.produces[0].0 = Produce { hash: [1; 32], ..*sent };
    let mut changed = log.clone();
    changed[2] = Event::Comm(other);
    let mismatch = refused(&changed);
    assert_eq!(mismatch.found, Some(log[2].clone()));
    assert_eq!(mismatch.expected.map(|e| e.position), Some(2));

    let mismatch = refused(&log[..3]);
    assert_eq!((&mismatch.found, &mismatch.expected, line(&mismatch)), (&Some(log[3].clone()), &None, 4));

    let extra = [log.clone(), vec![Event::Produce(Produce { hash: [2; 32], ..*out })]].concat();
    let mismatch = refused(&extra);
    assert_eq!((mismatch.found, mismatch.expected.map(|e| e.position)), (None, Some(4)));
}

/// A message takes part in many COMMs, many messages are equal, many wait: following the log takes linear time.
#[test]
fn replay_takes_linear_time() {
    let programs: [fn(usize) -> String; 3] = [
        // One persistent message, many receives; one persistent receive, many messages.
        |n| {
            format!(
                "new c, d, loop in {{ c!!(0) | contract d(@x) = {{ Nil }} | contract loop(@n) = {{ if (n > 0) {{ for (@x <- c) {{ d!(x) }} | loop!(n - 1) }} }} | loop!({n}) }}"
            )
        },
        // One message is looked at many times.
        |n| {
            format!(
                "new c, loop in {{ c!(0) | contract loop(@n) = {{ if (n > 0) {{ for (@x <<- c) {{ loop!(n - 1) }} }} }} | loop!({n}) }}"
            )
        },
        // Many messages wait for receives that take one each.
        |n| {
            format!(
                "new c, fill, drain in {{ contract fill(@n) = {{ if (n > 0) {{ c!(n) | fill!(n - 1) }} else {{ drain!({n}) }} }} | contract drain(@n) = {{ if (n > 0) {{ for (@x <- c) {{ drain!(n - 1) }} }} }} | fill!({n}) }}"
            )
        },
    ];
    let mut dice = Dice(4);
    for program in programs {
        let mut time = |n: usize| {
            let source = program(n);
            let run = |source| Evaluation { phlo: i64::MAX, ..evaluation(source, 0) };
            let seconds = |work: &mut dyn FnMut()| {
                let start = std::time::Instant::now();
                work();
                start.elapsed().as_secs_f64() / n as f64
            };
            let (mut first, mut again) = (f64::INFINITY, f64::INFINITY);
            for _ in 0..3 {
                let mut log = Vec::new();
                let mut context = SystemContext::default();
                first = first.min(seconds(&mut || log = Space::empty().runtime.record(run(&source), &mut context).1));
                dice.shuffle(&mut log);
                let mut replay =
                    || drop(Space::empty().runtime.replay(run(&source), &mut context, &log).expect("its log"));
                again = again.min(seconds(&mut replay));
            }
            println!("{n}: replay of a shuffled log takes {:.2} of the first execution with log", again / first);
            again
        };
        let (few, many) = (time(500), time(5_000));
        assert!(many < 5.0 * few, "{few} s for each of 500, {many} s for each of 5,000: {}", program(0));
    }
}
