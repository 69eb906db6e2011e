//! Stopping work from another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Why work is to stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// Somebody does not want the result any more.
    Cancelled,
    /// It takes too long.
    OutOfTime,
}

/// Tells work on another thread to stop. Clones are handles of the same interrupt; it stays raised until it is cleared.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicU8>);

impl Interrupt {
    /// Work stops as soon as it looks here. Of several reasons the first one counts.
    pub fn raise(&self, stop: Stop) {
        let number = if stop == Stop::Cancelled { 1 } else { 2 };
        // The flag carries no other data, so no order is needed; whoever came first stays.
        let _ = self.0.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Work may begin again.
    pub fn clear(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Whether to stop, and why.
    pub fn raised(&self) -> Option<Stop> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(Stop::Cancelled),
            _ => Some(Stop::OutOfTime),
        }
    }
}
