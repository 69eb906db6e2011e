//! Checkpoints on disk: the ratio to one synced commit of the same bytes, and what depends on the size of the state.
//!
//! `RHO_BENCH_CHANNELS` sets the size of the largest state (default: 1,000,000 channels).

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::best;
use rhodium_machine::system::SystemContext;
use rhodium_machine::{Evaluation, Program, Runtime, UNLIMITED_PHLO, Value};
use rhodium_random::Random;
use rhodium_store::{Checkpoint, History, KeyValueStore, LmdbOptions, LmdbStore};

/// Channels that one checkpoint changes.
const CHANGED: u64 = 100_000;
const HEAD: &str = "head";

fn open(path: &Path) -> History {
    History::new(Arc::new(LmdbStore::open(path, &LmdbOptions::create("bench")).expect("a store")))
}

/// Evaluates a program that leaves one message on each of the channels from `first` to before `end`.
fn fill(runtime: &mut Runtime, first: u64, end: u64) {
    let program = format!(
        "new loop in {{ contract loop(@n) = {{ if (n < {end}) {{ @n!(\"message\", n) | loop!(n + 1) }} }} | loop!({first}) }}"
    );
    let evaluation = Evaluation {
        program: Program::Source(&program),
        source: 0,
        phlo: UNLIMITED_PHLO,
        random: Random::from_seed(program.as_bytes()),
    };
    let receipt = runtime.evaluate(evaluation, &mut SystemContext::default());
    assert!(receipt.succeeded(), "{:?}", receipt.failures);
}

fn commit(runtime: &mut Runtime, mut checkpoint: Checkpoint) {
    checkpoint.set_head(HEAD);
    runtime.commit(checkpoint).expect("committed");
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// One checkpoint of many channels, and its records in one commit into a store of the same age.
fn wide_checkpoint() {
    let (mut whole, mut encoding, mut floor, mut bytes) = (Duration::MAX, Duration::MAX, Duration::MAX, 0);
    for _ in 0..3 {
        let directory = tempfile::tempdir().expect("a directory");
        let mut runtime = Runtime::bootstrapped(open(&directory.path().join("a"))).expect("a state");
        fill(&mut runtime, 0, CHANGED);
        let other = LmdbStore::open(&directory.path().join("b"), &LmdbOptions::create("bench")).expect("a store");
        let start = Instant::now();
        let mut checkpoint = runtime.prepare_checkpoint().expect("a checkpoint");
        let prepared = start.elapsed();
        let batch = checkpoint.batch_mut().clone();
        let start = Instant::now();
        commit(&mut runtime, checkpoint);
        whole = whole.min(prepared + start.elapsed());
        encoding = encoding.min(prepared);
        bytes = batch.iter().map(|(_, key, value)| key.len() + value.map_or(0, <[u8]>::len)).sum();
        floor = floor.min(best(1, || other.commit(&batch).expect("committed")));
    }
    println!("checkpoint of {CHANGED} changed channels, {:.1} MB of records", bytes as f64 / 1e6);
    println!("  in all                          {:>9.1} ms", milliseconds(whole));
    println!("  bytes, hashes and trie          {:>9.1} ms", milliseconds(encoding));
    println!("  one synced commit of the bytes  {:>9.1} ms", milliseconds(floor));
    println!("  ratio (target 3)                {:>9.2}", whole.as_secs_f64() / floor.as_secs_f64());
}

/// A change of one channel on states of growing size, the largest state opened again, and what it takes on disk.
fn growing_state(channels: u64) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("store");
    let mut runtime = Runtime::bootstrapped(open(&path)).expect("a state");
    let (mut size, mut build) = (0, Duration::ZERO);
    println!("\na change of one channel, checkpoint and synced commit");
    for target in [channels / 100, channels / 10, channels] {
        let start = Instant::now();
        while size < target {
            let end = target.min(size + CHANGED);
            fill(&mut runtime, size, end);
            let checkpoint = runtime.prepare_checkpoint().expect("a checkpoint");
            commit(&mut runtime, checkpoint);
            size = end;
        }
        build += start.elapsed();
        let (mut whole, mut prepared, mut records, mut bytes) = (Duration::MAX, Duration::MAX, 0, 0);
        for change in 0..20 {
            fill(&mut runtime, change * 77, change * 77 + 1);
            let start = Instant::now();
            let mut checkpoint = runtime.prepare_checkpoint().expect("a checkpoint");
            prepared = prepared.min(start.elapsed());
            records = checkpoint.batch_mut().len();
            bytes = checkpoint.batch_mut().iter().map(|(_, _, value)| value.map_or(0, <[u8]>::len)).sum();
            commit(&mut runtime, checkpoint);
            whole = whole.min(start.elapsed());
        }
        println!(
            "  on {size:>9} channels  {:>7.2} ms in all, {:>7.3} ms before the commit, {records} records, {bytes} bytes",
            milliseconds(whole),
            milliseconds(prepared)
        );
    }
    println!("building that state       {:>9.1} s", build.as_secs_f64());
    drop(runtime);

    let reopened = best(5, || {
        let history = open(&path);
        let root = history.head(HEAD).expect("readable").expect("a state");
        let mut runtime = Runtime::open(history, root).expect("a state");
        assert_eq!(runtime.data(&Value::Int(5)).expect("readable").len(), 1);
    });
    println!("opening it and one lookup {:>9.2} ms (target 50)", milliseconds(reopened));
    let disk = fs::metadata(path.join("data.mdb")).expect("a file").len();
    println!("on disk                   {:>9} bytes per channel", disk / channels);
}

fn main() {
    // `cargo test` starts benches too, without this argument.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let channels = std::env::var("RHO_BENCH_CHANNELS").ok().and_then(|text| text.parse().ok());
    wide_checkpoint();
    growing_state(channels.unwrap_or(1_000_000));
}
