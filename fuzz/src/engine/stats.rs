//! What a target has cost and found, over all its runs.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Totals of one target, kept in `stats.json` of its work directory.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Stats {
    /// The target.
    pub target: String,
    /// Executions.
    pub executions: u64,
    /// Seconds on the clock.
    pub seconds: f64,
    /// Seconds of CPU time.
    pub cpu_seconds: f64,
    /// Edges seen by the corpus.
    pub edges: usize,
    /// Edges in the program, with everything that no target reaches.
    pub edges_total: usize,
    /// Inputs that are mutated.
    pub corpus: usize,
    /// Inputs found that reach something new.
    pub finds: u64,
    /// Executions that failed by a panic.
    pub panics: u64,
    /// Workers that were aborted: by the stack's end, by the limit of memory, or because an input took too long.
    pub aborts: u64,
    /// Milliseconds of the slowest execution.
    pub slowest_ms: u64,
}

impl Stats {
    /// The totals in a file; none yet if there is no such file.
    pub fn load(path: &Path, target: &str) -> Stats {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let fresh = || Stats { target: target.to_owned(), ..Stats::default() };
        serde_json::from_str(&text).unwrap_or_else(|_| fresh())
    }

    /// Writes the totals.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        std::fs::write(path, serde_json::to_string_pretty(self)? + "\n")
    }

    /// Failures of either kind.
    pub fn failures(&self) -> u64 {
        self.panics + self.aborts
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.executions as f64 / self.seconds.max(0.001);
        write!(
            f,
            "{:<10} {:>9} executions {rate:>6.0}/s  {:>6.0} s ({:.0} s CPU)  {:>5} of {} edges  corpus {:>4}, {:>4} found  slowest {} ms  {} failures",
            self.target,
            self.executions,
            self.seconds,
            self.cpu_seconds,
            self.edges,
            self.edges_total,
            self.corpus,
            self.finds,
            self.slowest_ms,
            self.failures(),
        )
    }
}

/// Seconds of CPU time that a process has used; 0 where the system does not say.
pub fn cpu_seconds(process: &str) -> f64 {
    /// The unit of the times in `/proc`, whatever the kernel's own clock.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The second field, the program's name, may contain blanks and parentheses.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / TICKS
}
