//! One execution: a panic is a result, with the place it came from.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;

use rhodium_fuzz::Target;

/// A target that panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panic {
    /// File and line.
    pub place: String,
    /// The message.
    pub message: String,
}

/// The latest panic, as the hook saw it.
static LATEST: Mutex<Option<Panic>> = Mutex::new(None);

/// The stack that a target may use: small, so that recursion over the input shows with short inputs.
pub const STACK: usize = 512 << 10;

/// Keeps panics of targets from being printed.
pub fn catch_quietly() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        if let Ok(mut latest) = LATEST.lock() {
            *latest = Some(Panic { place, message: info.to_string() });
        }
    }));
}

/// Runs a target.
pub fn execute(target: &Target, input: &[u8]) -> Result<(), Panic> {
    panic::catch_unwind(AssertUnwindSafe(|| (target.run)(input))).map_err(|_| {
        let latest = LATEST.lock().ok().and_then(|mut latest| latest.take());
        latest.unwrap_or_else(|| Panic { place: "unknown".into(), message: "a panic".into() })
    })
}

/// Runs something on a thread with the stack that targets have.
pub fn on_small_stack<T: Send + 'static>(action: impl FnOnce() -> T + Send + 'static) -> std::io::Result<T> {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(action)?;
    thread.join().map_err(|_| std::io::Error::other("the thread panicked"))
}
