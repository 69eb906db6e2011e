//! `rho fmt`: sources in the one style of docs/style.md.

mod diff;

use std::fs;
use std::path::Path;

use clap::Args;
use rhodium_grammar::{FormatError, FormatOptions, format};
use rhodium_normalizer::CompileError;
use serde::Serialize;

use crate::diagnostics::Diagnostic;
use crate::draft::{Draft, unwritable};
use crate::exit::Exit;
use crate::find;
use crate::input::{InputOptions, STDIN, read_source};
use crate::output::Output;

/// Format source files
#[derive(Args, Debug)]
pub struct Command {
    /// Source files, and directories to search for *.rho; `-` formats standard input to standard output
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// Write nothing; list the files that would change, and exit with 1 if there are any
    #[arg(long)]
    check: bool,
    /// Write nothing; print what would change as a unified diff
    #[arg(long)]
    diff: bool,
    #[command(flatten)]
    input: InputOptions,
}

/// What became of one file.
#[derive(Serialize)]
struct Outcome {
    file: String,
    /// Whether it was, or would be, changed.
    changed: bool,
    /// The formatted text of standard input.
    text: Option<String>,
    diff: Option<String>,
}

#[derive(Default, Serialize)]
struct Report {
    files: Vec<Outcome>,
    errors: Vec<Diagnostic>,
}

/// Runs the command.
pub fn run(command: &Command, output: &mut Output) -> Exit {
    let mut report = Report::default();
    let mut exit = Exit::Ok;
    for found in find::sources(&command.files) {
        match found.map_err(|error| vec![error]).and_then(|path| one(command, &path)) {
            Ok(outcome) => {
                if outcome.changed && command.check {
                    exit = exit.max(Exit::Program);
                }
                show(command, &outcome, output);
                report.files.extend(output.is_json().then_some(outcome));
            }
            Err(errors) => {
                errors.iter().for_each(|error| output.error(error));
                exit = errors.iter().map(|error| error.exit).fold(exit, Exit::max);
                report.errors.extend(errors);
            }
        }
    }
    output.object(&report);
    exit
}

fn one(command: &Command, path: &str) -> Result<Outcome, Vec<Diagnostic>> {
    let source = read_source(path, command.input).map_err(|error| vec![error])?;
    let formatted = format(&source.text, &FormatOptions::default()).map_err(|error| match error {
        FormatError::Syntax(errors) => Diagnostic::compile(&CompileError::Syntax(errors), &source),
        // Nothing has been written; the hook in `main` reports it as the bug that it is.
        FormatError::Changed(_) => panic!("{error} of {}", source.name),
    })?;
    let changed = formatted != source.text;
    let diff = (command.diff && changed).then(|| diff::unified(&source.name, &source.text, &formatted));
    let only_shown = command.check || command.diff;
    if path != STDIN && changed && !only_shown {
        write(path, &formatted).map_err(|error| vec![error])?;
    }
    let text = (path == STDIN && !only_shown).then_some(formatted);
    Ok(Outcome { file: source.name, changed, text, diff })
}

/// Replaces a file; a link stays one.
fn write(path: &str, text: &str) -> Result<(), Diagnostic> {
    let target = fs::canonicalize(path).map_err(|error| unwritable(Path::new(path), &error))?;
    Draft::write(&target, text.as_bytes())?.publish()
}

fn show(command: &Command, outcome: &Outcome, output: &mut Output) {
    if let Some(text) = outcome.text.as_ref().or(outcome.diff.as_ref()) {
        output.result(text.strip_suffix('\n').unwrap_or(text));
    } else if outcome.changed && !command.diff {
        output.result(&outcome.file);
    }
}
