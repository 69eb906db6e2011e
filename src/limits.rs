//! Options that limit an evaluation, and the clock and the key that end one.

use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use clap::Args;
use rhodium_machine::{Interrupt, Limits, Stop};

/// Limits of each evaluation.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits of each evaluation")]
pub struct LimitOptions {
    /// Terms that run [default: no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_steps: Option<u64>,
    /// Seconds [default: no limit]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    max_time: Option<Duration>,
    /// MiB that messages and receives may take which wait in the end
    #[arg(long, value_name = "MIB", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..))]
    max_space: u32,
    /// MiB that may be printed
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    max_output: u32,
    /// MiB of the encoding of a value
    #[arg(long, value_name = "MIB", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..))]
    max_value: u32,
    /// Levels of a value
    #[arg(long, value_name = "N", default_value_t = 1 << 24, value_parser = clap::value_parser!(u32).range(1..))]
    max_depth: u32,
}

impl LimitOptions {
    /// The limits that the runtime checks itself.
    pub fn limits(&self) -> Limits {
        let bytes = |mib: u32| u64::from(mib) << 20;
        Limits {
            steps: self.max_steps.unwrap_or(u64::MAX),
            space_bytes: bytes(self.max_space),
            output_bytes: bytes(self.max_output),
            term_bytes: bytes(self.max_value),
            term_depth: self.max_depth,
            ..Limits::default()
        }
    }

    /// The time an evaluation may take.
    pub fn time(&self) -> Option<Duration> {
        self.max_time
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    let time = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
    if time.is_zero() { Err("an evaluation takes some time".to_owned()) } else { Ok(time) }
}

/// Does work that an interrupt stops when the time is up.
pub fn within<T>(time: Option<Duration>, interrupt: &Interrupt, work: impl FnOnce() -> T) -> T {
    let Some(time) = time else { return work() };
    let (done, finished) = channel::<()>();
    let result = thread::scope(|scope| {
        scope.spawn(move || {
            if finished.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                interrupt.raise(Stop::OutOfTime);
            }
        });
        let result = work();
        drop(done);
        result
    });
    if interrupt.raised() == Some(Stop::OutOfTime) {
        interrupt.clear();
    }
    result
}

/// The interrupt that Ctrl-C raises; the second Ctrl-C ends the process.
pub fn keyboard() -> Interrupt {
    /// What shells report of a process that Ctrl-C ended.
    const STATUS: i32 = 130;
    static KEYBOARD: OnceLock<Interrupt> = OnceLock::new();
    let install = || {
        let interrupt = Interrupt::default();
        let raised = interrupt.clone();
        // Without a handler Ctrl-C ends the process, which is the next best thing.
        let _ = ctrlc::set_handler(move || match raised.raised() {
            Some(Stop::Cancelled) => std::process::exit(STATUS),
            _ => raised.raise(Stop::Cancelled),
        });
        interrupt
    };
    KEYBOARD.get_or_init(install).clone()
}
