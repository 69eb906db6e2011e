//! `rho check`: compiles and lints sources without running them.

use clap::Args;
use rhodium_grammar::parse;
use rhodium_lint::{Finding, LeftOut, Level, Levels, Selection};
use rhodium_normalizer::{CompileError, Options, compile};
use serde::Serialize;

use crate::diagnostics::{Diagnostic, Severity, Source};
use crate::exit::Exit;
use crate::find;
use crate::input::{InputOptions, read_source};
use crate::output::Output;

/// Compile and lint source files without running them
#[derive(Args, Debug)]
pub struct Command {
    /// Source files, or directories of which all `*.rho` are taken; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Do not report this lint (a name, `all` or `warnings`)
    #[arg(long, value_name = "LINT", value_parser = selection)]
    allow: Vec<Selection>,
    /// Report this lint
    #[arg(long, value_name = "LINT", value_parser = selection)]
    warn: Vec<Selection>,
    /// Report this lint and fail
    #[arg(long, value_name = "LINT", value_parser = selection)]
    deny: Vec<Selection>,
    #[command(flatten)]
    input: InputOptions,
}

fn selection(name: &str) -> Result<Selection, String> {
    Selection::named(name).ok_or_else(|| match rhodium_lint::nearest(name) {
        Some(near) => format!("there is no such lint; did you mean {near}?"),
        None => "there is no such lint".to_owned(),
    })
}

impl Command {
    /// The name of a lint beats `all` and `warnings`; of two levels for the same the stricter one counts.
    fn levels(&self) -> Levels {
        let given = [(&self.allow, Level::Allow), (&self.warn, Level::Warn), (&self.deny, Level::Deny)];
        let mut levels = Levels::default();
        for group in [true, false] {
            for (selections, level) in given {
                let selected = selections.iter().filter(|s| matches!(s, Selection::One(_)) != group);
                selected.for_each(|selection| levels.set(*selection, level));
            }
        }
        levels
    }
}

#[derive(Serialize)]
struct Report {
    files: Vec<String>,
    diagnostics: Vec<Diagnostic>,
    summary: Summary,
}

#[derive(Default, Serialize)]
struct Summary {
    files: usize,
    errors: usize,
    warnings: usize,
    /// Findings that are counted above and not listed.
    left_out: usize,
}

/// Runs the command.
pub fn run(command: &Command, output: &mut Output) -> Exit {
    let levels = command.levels();
    let mut report = Report { files: Vec::new(), diagnostics: Vec::new(), summary: Summary::default() };
    let mut exit = Exit::Ok;
    for found in find::sources(&command.files) {
        exit = exit.max(match found {
            Ok(file) => check(&file, command.input, &levels, &mut report, output),
            Err(error) => report.add(error, output),
        });
    }
    let Summary { files, errors, warnings, .. } = report.summary;
    let (files, errors) = (counted(files, "file"), counted(errors, "error"));
    output.result(&format!("{files} checked: {errors}, {}", counted(warnings, "warning")));
    output.object(&report);
    exit
}

fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

impl Report {
    /// Adds a diagnostic; it is drawn at once, and kept for the object.
    fn add(&mut self, diagnostic: Diagnostic, output: &mut Output) -> Exit {
        let exit = match diagnostic.severity {
            Severity::Error => {
                self.summary.errors += 1;
                diagnostic.exit
            }
            Severity::Warning => {
                self.summary.warnings += 1;
                Exit::Ok
            }
            Severity::Note => Exit::Ok,
        };
        output.error(&diagnostic);
        if output.is_json() {
            self.diagnostics.push(diagnostic);
        }
        exit
    }

    /// Counts what is not listed.
    fn leave_out(&mut self, left: &LeftOut, file: &str, output: &mut Output) -> Exit {
        let LeftOut { lint, level, count } = *left;
        output.note(&format!("{file}: {count} more of `{}` not listed", lint.name));
        self.summary.left_out += count;
        match level {
            Level::Deny => {
                self.summary.errors += count;
                Exit::Program
            }
            _ => {
                self.summary.warnings += count;
                Exit::Ok
            }
        }
    }
}

fn check(file: &str, input: InputOptions, levels: &Levels, report: &mut Report, output: &mut Output) -> Exit {
    let source = match read_source(file, input) {
        Ok(source) => source,
        Err(error) => return report.add(error, output),
    };
    report.files.push(source.name.clone());
    report.summary.files += 1;
    let parsed = match parse(&source.text) {
        Ok(parsed) => parsed,
        Err(errors) => {
            let errors = Diagnostic::compile(&CompileError::Syntax(errors), &source);
            return errors.into_iter().map(|error| report.add(error, output)).max().unwrap_or(Exit::Program);
        }
    };
    let mut exit = Exit::Ok;
    if let Err(error) = compile(&source.text, &Options::default()) {
        for error in Diagnostic::compile(&error, &source) {
            exit = exit.max(report.add(error, output));
        }
    }
    let found = rhodium_lint::check(&source.text, &parsed, levels);
    for finding in &found.findings {
        exit = exit.max(report.add(diagnostic(finding, &source), output));
    }
    for left in &found.left_out {
        exit = exit.max(report.leave_out(left, &source.name, output));
    }
    exit
}

fn diagnostic(finding: &Finding, source: &Source) -> Diagnostic {
    let severity = if finding.level == Level::Deny { Severity::Error } else { Severity::Warning };
    let (code, message) = (finding.lint.code, &finding.message);
    let diagnostic = Diagnostic::at(severity, code, "Lint", message, source, finding.span, finding.lint.name)
        .named(finding.lint.name)
        .with_hint(finding.hint.clone());
    finding.labels.iter().fold(diagnostic, |diagnostic, (span, note)| diagnostic.with_label(source, *span, note))
}
