//! Worker processes and what becomes of them: one that dies or hangs leaves its input as a failure, and is replaced.

use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use rhodium_fuzz::Target;

use super::execute::Panic;
use super::stats::{Stats, cpu_seconds};
use super::work::{Journal, Work};

/// CPU time that an input may take. Time on the clock would depend on what else the machine does.
const HANG_SECONDS: f64 = 10.0;
/// Workers of one target that may die before the target is given up.
const MAX_ABORTS: u64 = 20;
const POLL: Duration = Duration::from_millis(200);

/// How long and how to fuzz.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Seconds for each target.
    pub seconds: u64,
    /// Decides all choices.
    pub seed: u64,
}

/// Fuzzes targets, so many at a time, and prints the totals of each as it ends. Gives the number of failures.
pub fn run(targets: &[&'static Target], work: &Path, jobs: usize, plan: Plan) -> io::Result<u64> {
    let waiting = Mutex::new(targets.iter().copied());
    let lane = || -> io::Result<u64> {
        let mut failures = 0;
        loop {
            let next = waiting.lock().ok().and_then(|mut waiting| waiting.next());
            let Some(target) = next else { return Ok(failures) };
            failures += run_target(target, work, plan)?;
        }
    };
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(lane)).collect();
        lanes.into_iter().map(|lane| lane.join().unwrap_or_else(|_| Err(io::Error::other("a lane panicked")))).sum()
    })
}

fn run_target(target: &Target, all: &Path, plan: Plan) -> io::Result<u64> {
    let work = Work::open(all, target.name)?;
    let before = Stats::load(&work.stats(), target.name).failures();
    let end = Instant::now() + Duration::from_secs(plan.seconds);
    let journal = work.journal()?;
    for _ in 0..MAX_ABORTS {
        let left = end.saturating_duration_since(Instant::now()).as_secs();
        let mut worker = Command::new(std::env::current_exe()?)
            .args(["worker", target.name, "--seconds", &left.to_string(), "--seed", &plan.seed.to_string(), "--work"])
            .arg(all)
            .spawn()?;
        let Some(end) = watch(&mut worker, &journal)? else { break };
        let mut stats = Stats::load(&work.stats(), target.name);
        // What the worker had not written yet is lost; its random choices must go on elsewhere all the same.
        stats.executions = stats.executions.max(journal.execution());
        stats.aborts += 1;
        stats.save(&work.stats())?;
        work.keep_failure(&Panic { place: end.clone(), message: end }, &journal.input())?;
        if left == 0 {
            break;
        }
    }
    let stats = Stats::load(&work.stats(), target.name);
    println!("{stats}");
    Ok(stats.failures() - before)
}

/// Waits for a worker. Says how it ended, if not well.
fn watch(worker: &mut Child, journal: &Journal) -> io::Result<Option<String>> {
    let process = worker.id().to_string();
    let mut execution = journal.execution();
    let mut since = 0.0;
    loop {
        if let Some(status) = worker.try_wait()? {
            return match status.code() {
                Some(0) => Ok(None),
                // The worker has said why: not the target's doing.
                Some(code) => Err(io::Error::other(format!("a worker ended with status {code}"))),
                None => Ok(Some(format!("abort: {status}"))),
            };
        }
        let (now, cpu) = (journal.execution(), cpu_seconds(&process));
        if now != execution {
            (execution, since) = (now, cpu);
        } else if cpu - since > HANG_SECONDS {
            worker.kill()?;
            worker.wait()?;
            return Ok(Some(format!("hang: more than {HANG_SECONDS} s")));
        }
        thread::sleep(POLL);
    }
}
