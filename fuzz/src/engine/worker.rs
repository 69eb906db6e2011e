//! The loop of one target: choose an input, change it, run it, keep it if it reached something new.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rhodium_fuzz::Target;
use rhodium_fuzz::inputs::{corpus_dir, files, regressions_dir, seeds};

use super::coverage::{Coverage, Feature};
use super::execute::execute;
use super::mutate::{Dictionary, MAX_LEN, mutate};
use super::random::Random;
use super::stats::{Stats, cpu_seconds};
use super::work::{Journal, Work, distinct};

/// Executions for one chosen input.
const ENERGY: usize = 48;
/// Attempts to shorten an input that reached something new.
const TRIMS: usize = 32;
/// How often totals are written.
const SAVE_EVERY: Duration = Duration::from_secs(5);

/// An input that reached something new.
struct Entry {
    bytes: Vec<u8>,
    time: Duration,
}

/// A target being fuzzed.
pub struct Worker {
    target: &'static Target,
    work: Work,
    journal: Journal,
    coverage: Coverage,
    dictionary: Dictionary,
    entries: Vec<Entry>,
    random: Random,
    stats: Stats,
    /// Totals and time at the start.
    before: Stats,
    started: Instant,
    saved: Instant,
}

/// Fuzzes a target for some seconds.
pub fn run(target: &'static Target, work: &Path, seed: u64, seconds: u64) -> io::Result<()> {
    let coverage = Coverage::new(false);
    if coverage.total() == 0 {
        return Err(io::Error::other("built without counters: use fuzz/run.sh"));
    }
    let work = Work::open(work, target.name)?;
    let before = Stats::load(&work.stats(), target.name);
    let seeds = seeds(target.shape);
    let mut inputs: Vec<Vec<u8>> = files(&corpus_dir(target.shape)).into_iter().map(|(_, bytes)| bytes).collect();
    inputs.extend(files(&regressions_dir(target.shape)).into_iter().map(|(_, bytes)| bytes));
    inputs.extend(files(&work.queue()).into_iter().map(|(_, bytes)| bytes));
    let mut worker = Worker {
        target,
        journal: work.journal()?,
        work,
        coverage,
        dictionary: Dictionary::of(target.shape, &seeds),
        entries: Vec::new(),
        // Each run of a target goes on elsewhere.
        random: Random::new(seed.wrapping_add(before.executions).wrapping_add(1)),
        stats: Stats { edges_total: 0, ..before.clone() },
        before,
        started: Instant::now(),
        saved: Instant::now(),
    };
    worker.stats.edges_total = worker.coverage.total();
    inputs.extend(seeds);
    inputs = distinct(inputs);
    // Short inputs first: the corpus then has the shortest for everything that seeds reach.
    inputs.sort_by_key(Vec::len);
    for input in inputs.into_iter().filter(|input| input.len() <= MAX_LEN) {
        worker.start_with(input)?;
    }
    let end = worker.started + Duration::from_secs(seconds);
    while Instant::now() < end {
        worker.round()?;
    }
    worker.save()
}

impl Worker {
    fn start_with(&mut self, input: Vec<u8>) -> io::Result<()> {
        let (fresh, time) = self.execute(&input)?;
        if !fresh.is_empty() {
            self.coverage.keep(&fresh);
            self.entries.push(Entry { bytes: input, time });
        }
        Ok(())
    }

    /// Runs changed copies of one input.
    fn round(&mut self) -> io::Result<()> {
        let (chosen, lender) = (self.choose(), self.random.below(self.entries.len()));
        for _ in 0..ENERGY {
            let base = self.entries.get(chosen).map_or(&[][..], |entry| &entry.bytes);
            let other = self.entries.get(lender).map_or(&[][..], |entry| &entry.bytes);
            let input = mutate(self.target.shape, &self.dictionary, base, other, &mut self.random);
            let (fresh, _) = self.execute(&input)?;
            if !fresh.is_empty() {
                self.found(input, fresh)?;
            }
        }
        Ok(())
    }

    /// Late and fast inputs are chosen more often.
    fn choose(&mut self) -> usize {
        let count = self.entries.len();
        let mut chosen = 0;
        for _ in 0..3 {
            let late = self.random.one_in(2);
            let among = if late { count.div_ceil(5) } else { count };
            chosen = (count - among) + self.random.below(among);
            let slow = self.entries.get(chosen).is_some_and(|entry| entry.time > self.average() * 4);
            if !slow || self.random.one_in(4) {
                break;
            }
        }
        chosen
    }

    fn average(&self) -> Duration {
        let executions = self.stats.executions - self.before.executions;
        self.started.elapsed() / u32::try_from(executions.max(1)).unwrap_or(u32::MAX)
    }

    /// Keeps an input if it reaches the same again, shortened as far as a few attempts go.
    fn found(&mut self, mut input: Vec<u8>, mut fresh: Vec<Feature>) -> io::Result<()> {
        let (again, mut time) = self.execute(&input)?;
        fresh.retain(|feature| again.binary_search(feature).is_ok());
        if fresh.is_empty() {
            return Ok(());
        }
        for _ in 0..TRIMS {
            let mut shorter = input.clone();
            shorter.drain(self.random.range(input.len(), 1 + input.len() / 3));
            let (reached, shorter_time) = self.execute(&shorter)?;
            if fresh.iter().all(|feature| reached.binary_search(feature).is_ok()) {
                (input, time) = (shorter, shorter_time);
            }
        }
        self.work.keep(&input)?;
        self.coverage.keep(&fresh);
        self.entries.push(Entry { bytes: input, time });
        self.stats.finds += 1;
        Ok(())
    }

    /// Runs the target; a failure counts as nothing new.
    fn execute(&mut self, input: &[u8]) -> io::Result<(Vec<Feature>, Duration)> {
        self.stats.executions += 1;
        self.journal.note(self.stats.executions, input)?;
        let start = Instant::now();
        self.coverage.clear();
        let result = execute(self.target, input);
        let fresh = if result.is_ok() { self.coverage.fresh() } else { Vec::new() };
        let time = start.elapsed();
        if time.as_millis() as u64 > self.stats.slowest_ms {
            self.stats.slowest_ms = time.as_millis() as u64;
            self.work.keep_slowest(input)?;
        }
        if let Err(panic) = result {
            self.stats.panics += 1;
            self.work.keep_failure(&panic, input)?;
        }
        if self.saved.elapsed() > SAVE_EVERY {
            self.save()?;
        }
        Ok((fresh, time))
    }

    fn save(&mut self) -> io::Result<()> {
        self.saved = Instant::now();
        self.stats.seconds = self.before.seconds + self.started.elapsed().as_secs_f64();
        self.stats.cpu_seconds = self.before.cpu_seconds + cpu_seconds("self");
        self.stats.edges = self.coverage.edges();
        self.stats.corpus = self.entries.len();
        self.stats.save(&self.work.stats())
    }
}
