//! What changes between two texts, as a unified diff.

use std::time::Duration;

use similar::TextDiff;

/// A search for the shortest difference that takes longer is cut short; the difference is then longer, but right.
const PATIENCE: Duration = Duration::from_secs(2);

/// The difference in the format of `diff -u`.
pub fn unified(name: &str, before: &str, after: &str) -> String {
    let difference = TextDiff::configure().timeout(PATIENCE).diff_lines(before, after);
    difference.unified_diff().header(name, name).to_string()
}
