//! Line-oriented input files: splitting, and errors that say where.

use std::fmt;

/// Longer lines are cut in messages.
const SHOWN: usize = 200;

/// What is wrong with one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineError<P> {
    /// The number of the line, from 1.
    pub line: usize,
    /// The line (its beginning, if it is long).
    pub text: String,
    /// The reason.
    pub problem: P,
}

impl<P: fmt::Display> fmt::Display for LineError<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}\n  {}", self.line, self.problem, self.text)
    }
}

/// All errors of a file, in the order of the lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileErrors<P>(
    /// The errors; never empty.
    pub Vec<LineError<P>>,
);

impl<P: fmt::Display> fmt::Display for FileErrors<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl<P: fmt::Display + fmt::Debug> std::error::Error for FileErrors<P> {}

/// Hands every line that is not blank to `parse`, without its line end, and collects what goes wrong.
pub(crate) fn each_line<P>(
    file: &[u8],
    not_utf8: P,
    mut parse: impl FnMut(usize, &str) -> Result<(), P>,
) -> Result<(), FileErrors<P>>
where
    P: Clone,
{
    let file = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
    let mut errors = Vec::new();
    for (index, raw) in file.split(|byte| *byte == b'\n').enumerate() {
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        let result = match std::str::from_utf8(raw) {
            Ok(line) if line.trim().is_empty() => Ok(()),
            Ok(line) => parse(index + 1, line),
            Err(_) => Err(not_utf8.clone()),
        };
        if let Err(problem) = result {
            errors.push(LineError { line: index + 1, text: shown(raw), problem });
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(FileErrors(errors)) }
}

fn shown(raw: &[u8]) -> String {
    // Four bytes are enough for any character; the rest of a long line is never looked at.
    let head = String::from_utf8_lossy(&raw[..raw.len().min(4 * SHOWN)]);
    let mut text: String = head.chars().take(SHOWN).collect();
    if text.len() < raw.len() && head.chars().count() >= SHOWN {
        text.push('…');
    }
    text
}

/// Splits off the longest beginning of `text` whose bytes all are `wanted` (ASCII only).
pub(crate) fn take_while(text: &str, wanted: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !(byte.is_ascii() && wanted(byte))).unwrap_or(text.len());
    text.split_at(end)
}
