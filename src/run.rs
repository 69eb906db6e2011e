//! `rho run`: evaluates files in order, each as its own deploy, on one state.

use std::path::PathBuf;

use clap::Args;

use crate::costs::Costs;
use crate::diagnostics::{Diagnostic, Source};
use crate::exit::Exit;
use crate::flame::{self, Width};
use crate::input::{InputOptions, read_source};
use crate::leftovers::Leftovers;
use crate::options::StateOptions;
use crate::output::Output;
use crate::profile::Profile;
use crate::session::{Kept, Report, Session, random_of};

/// Evaluate source files
#[derive(Args, Debug)]
pub struct Command {
    /// Source files, evaluated in order on one state; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    #[command(flatten)]
    state: StateOptions,
    #[command(flatten)]
    input: InputOptions,
    /// Show what the cost is made of, by kind of operation and by line
    #[arg(long)]
    cost: bool,
    /// Show where time and cost went, by contract, line and channel
    #[arg(long)]
    profile: bool,
    /// Write a flame graph of it: an image if FILE ends in .svg, otherwise one line of text per stack
    #[arg(long, value_name = "FILE", requires = "profile")]
    flame_graph: Option<PathBuf>,
    /// What the widths of the flame graph are
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Width::Time, requires = "flame_graph")]
    flame_by: Width,
}

/// Runs the command.
pub fn run(command: &Command, output: &mut Output) -> Exit {
    // All files are read before anything is evaluated: a missing one must not leave half of the work done.
    let (sources, errors) = read_all(&command.files, command.input);
    let report = if errors.is_empty() {
        evaluate(command, sources, output).unwrap_or_else(|error| failed(vec![error], output))
    } else {
        failed(errors, output)
    };
    output.object(&report);
    report.exit()
}

fn read_all(files: &[String], options: InputOptions) -> (Vec<Source>, Vec<Diagnostic>) {
    let (mut sources, mut errors) = (Vec::new(), Vec::new());
    for file in files {
        match read_source(file, options) {
            Ok(source) => sources.push(source),
            Err(error) => errors.push(error),
        }
    }
    (sources, errors)
}

fn failed(errors: Vec<Diagnostic>, output: &mut Output) -> Report {
    errors.iter().for_each(|error| output.error(error));
    Report::of_errors(errors)
}

fn evaluate(command: &Command, sources: Vec<Source>, output: &mut Output) -> Result<Report, Diagnostic> {
    let kept = Kept { costs: command.cost, profile: command.profile };
    let mut session = command.state.session(kept)?;
    let seed = command.state.seed(&session);
    let several = sources.len() > 1;
    let start = session.state.runtime.mark();
    let mut reports = Vec::new();
    for (k, source) in sources.into_iter().enumerate() {
        let mark = session.state.runtime.mark();
        let mut report = session.evaluate(source, random_of(&seed, k))?;
        show(&report, several, output);
        if several && output.is_json() {
            let left = session.left_since(mark)?;
            report.list(&left, &session.words());
        }
        reports.push(report);
    }
    let left = session.left_since(start)?;
    let mut report = if several { Report::total(reports) } else { reports.remove(0) };
    if output.is_json() {
        report.list(&left, &session.words());
    }
    conclude(&report, &left, &session, output);
    if let (Some(file), Some(profile)) = (&command.flame_graph, &report.profile) {
        flame::write(file, &profile.stacks, command.flame_by)?;
    }
    Ok(report)
}

/// What one evaluation printed, and what went wrong.
pub fn show(report: &Report, several: bool, output: &mut Output) {
    report.stdout.iter().for_each(|line| output.result(line));
    report.stderr.iter().for_each(|line| output.note(line));
    report.errors.iter().for_each(|error| output.error(error));
    if report.unlisted > 0 {
        output.note(&format!("and {} more errors", report.unlisted));
    }
    if several {
        let name = report.file.as_deref().unwrap_or_default();
        output.note(&format!("{name}: {}", cost(report)));
    }
    output.flush();
}

/// What is left in the end.
fn conclude(report: &Report, left: &Leftovers, session: &Session, output: &mut Output) {
    if !output.is_json() {
        left.lines(&session.words()).iter().for_each(|line| output.note(line));
        output.note(&cost(report));
        report.costs.iter().flat_map(Costs::text).for_each(|line| output.note(&line));
        report.profile.iter().flat_map(Profile::text).for_each(|line| output.note(&line));
    }
}

/// Cost and number of communications as text.
pub fn cost(report: &Report) -> String {
    let comms = if report.comms == 1 { "communication" } else { "communications" };
    format!("cost {}, {} {comms}", report.cost, report.comms)
}
