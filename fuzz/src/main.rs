//! The fuzzer: runs targets under coverage, and tends the corpus. `fuzz/run.sh` builds it.

mod engine;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};
use engine::execute::{catch_quietly, on_small_stack};
use engine::supervise::Plan;
use engine::{minimise, stats, supervise, work, worker};
use rhodium_fuzz::{TARGETS, Target, target};

/// Coverage-guided fuzzing of the front end, the evaluator and the decoders.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fuzz some targets, or all; the exit status is 1 if something failed.
    Fuzz {
        /// Targets; none means all.
        #[arg(value_parser = known_target)]
        targets: Vec<&'static Target>,
        /// Seconds for each target.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Targets at a time.
        #[arg(long, default_value_t = 2)]
        jobs: usize,
        /// Decides all random choices.
        #[arg(long, default_value_t = 0)]
        seed: u64,
        /// Where finds and failures go.
        #[arg(long, default_value = "target/fuzz")]
        work: PathBuf,
    },
    /// Fuzz one target in this process.
    #[command(hide = true)]
    Worker {
        #[arg(value_parser = known_target)]
        target: &'static Target,
        #[arg(long)]
        seconds: u64,
        #[arg(long)]
        seed: u64,
        #[arg(long)]
        work: PathBuf,
    },
    /// Print the totals of all targets.
    Stats {
        /// The directory of finds.
        #[arg(long, default_value = "target/fuzz")]
        work: PathBuf,
    },
    /// Run a target on files, and let it fail as it may.
    Replay {
        /// The target.
        #[arg(value_parser = known_target)]
        target: &'static Target,
        /// Inputs.
        files: Vec<PathBuf>,
    },
    /// Shorten an input that makes a target panic.
    Shrink {
        /// The target.
        #[arg(value_parser = known_target)]
        target: &'static Target,
        /// The input.
        input: PathBuf,
        /// Where the shortened one goes.
        output: PathBuf,
    },
    /// Make the committed corpus of the targets' shapes anew from what was found.
    Minimise {
        /// Targets; none means all.
        #[arg(value_parser = known_target)]
        targets: Vec<&'static Target>,
        /// The directory of finds.
        #[arg(long, default_value = "target/fuzz")]
        work: PathBuf,
    },
}

fn known_target(name: &str) -> Result<&'static Target, String> {
    let names = || TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
    target(name).ok_or_else(|| format!("the targets are {}", names()))
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("rho-fuzz: {error}");
            ExitCode::from(3)
        }
    }
}

fn run(command: Command) -> io::Result<bool> {
    match command {
        Command::Fuzz { targets, seconds, jobs, seed, work } => {
            let targets = if targets.is_empty() { TARGETS.iter().collect() } else { targets };
            let failures = supervise::run(&targets, &work, jobs, Plan { seconds, seed })?;
            if failures > 0 {
                eprintln!("{failures} executions failed; their inputs are in {}/*/failures", work.display());
            }
            Ok(failures == 0)
        }
        Command::Worker { target, seconds, seed, work } => {
            catch_quietly();
            on_small_stack(move || worker::run(target, &work, seed, seconds))?.map(|()| true)
        }
        Command::Stats { work } => {
            for target in TARGETS {
                let path = work::Work::open(&work, target.name)?.stats();
                println!("{}", stats::Stats::load(&path, target.name));
            }
            Ok(true)
        }
        Command::Replay { target, files } => {
            for file in files {
                let (input, start) = (fs::read(&file)?, Instant::now());
                on_small_stack(move || (target.run)(&input))?;
                println!("{}: {} holds, {} ms", file.display(), target.name, start.elapsed().as_millis());
            }
            Ok(true)
        }
        Command::Shrink { target, input, output } => {
            catch_quietly();
            let input = fs::read(input)?;
            match on_small_stack(move || minimise::shrink(target, input))? {
                Some(short) => fs::write(output, short).map(|()| true),
                None => Err(io::Error::other("the input does not fail")),
            }
        }
        Command::Minimise { targets, work } => {
            catch_quietly();
            let targets = if targets.is_empty() { TARGETS.iter().collect() } else { targets };
            for shape in targets.iter().map(|target| target.shape).collect::<BTreeSet<_>>() {
                let work = work.clone();
                on_small_stack(move || minimise::corpus(shape, &work))??;
            }
            Ok(true)
        }
    }
}
