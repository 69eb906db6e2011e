//! Where everything a user sees goes: results to standard output, the rest to standard error, or one JSON object.
//! Nothing else knows terminals.

use std::io::{self, BufWriter, ErrorKind, IsTerminal, Stdout, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::diagnostics::Diagnostic;
use crate::exit::Exit;

/// The output of one command.
pub struct Output {
    json: bool,
    stdout: BufWriter<Stdout>,
    /// Why standard output takes no more; a closed pipe is nobody's mistake, anything else is reported at the end.
    refused: Option<io::Error>,
}

impl Output {
    /// Output as text, or as one JSON object.
    pub fn new(json: bool) -> Output {
        Output { json, stdout: BufWriter::new(io::stdout()), refused: None }
    }

    /// Whether the result is to be one JSON object, given to [`Output::object`].
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// A line of the result (standard output; left out with `--json`).
    pub fn result(&mut self, line: &str) {
        if !self.json {
            self.write(|out| writeln!(out, "{line}"));
        }
    }

    /// A line about the result (standard error; left out with `--json`).
    pub fn note(&mut self, line: &str) {
        if !self.json {
            self.flush();
            // Nobody is left to be told that standard error is closed.
            let _ = writeln!(io::stderr(), "{line}");
        }
    }

    /// An error, drawn (standard error; with `--json` it belongs into the object).
    pub fn error(&mut self, error: &Diagnostic) {
        if !self.json {
            let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
            self.note(error.draw(colour).trim_end());
        }
    }

    /// The result as one JSON object on one line (standard output, only with `--json`).
    pub fn object<T: Serialize>(&mut self, object: &T) {
        if self.json {
            self.write(|out| {
                serde_json::to_writer(&mut *out, object).map_err(io::Error::from)?;
                writeln!(out)
            });
        }
    }

    /// A progress bar on standard error; invisible without a terminal and with `--json`.
    pub fn progress(&self, steps: u64) -> ProgressBar {
        if self.json || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }

    /// Sends everything on its way.
    pub fn flush(&mut self) {
        self.write(|out| out.flush());
    }

    /// Ends the output; tells about a result that could not be written.
    pub fn finish(mut self, exit: Exit) -> Exit {
        self.flush();
        match &self.refused {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                let _ = writeln!(io::stderr(), "error: cannot write to standard output: {error}");
                exit.max(Exit::Environment)
            }
            _ => exit,
        }
    }

    fn write(&mut self, action: impl FnOnce(&mut BufWriter<Stdout>) -> io::Result<()>) {
        if self.refused.is_none() {
            self.refused = action(&mut self.stdout).err();
        }
    }
}

/// Reports errors that end the command, as text or as data.
pub fn fail(errors: &[Diagnostic], output: &mut Output) -> Exit {
    errors.iter().for_each(|error| output.error(error));
    output.object(&serde_json::json!({ "errors": errors }));
    errors.iter().map(|error| error.exit).max().unwrap_or(Exit::Bug)
}
