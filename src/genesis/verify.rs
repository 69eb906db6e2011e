//! `rho genesis verify`: runs a block again from nothing and says what differs.

use std::path::PathBuf;

use clap::Args;
use rhodium_genesis::{Difference, VerifyError, VerifyReport, verify};
use serde::Serialize;

use super::{fail, files};
use crate::diagnostics::Diagnostic;
use crate::exit::Exit;
use crate::output::Output;

/// Run a genesis block again from nothing and say whether all is as it states
#[derive(Args, Debug)]
pub struct Arguments {
    /// The block file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Answer {
    equal: bool,
    #[serde(flatten)]
    report: VerifyReport,
    errors: [(); 0],
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &mut Output) -> Exit {
    let report = files::read_bytes(&arguments.file)
        .and_then(|bytes| verify(&bytes, None).map_err(|error| refused(&error).about(files::name(&arguments.file))));
    match report {
        Err(error) => fail(&[error], output),
        Ok(report) => {
            show(&report, output);
            let equal = report.is_equal();
            output.object(&Answer { equal, report, errors: [] });
            if equal { Exit::Ok } else { Exit::Verification }
        }
    }
}

fn refused(error: &VerifyError) -> Diagnostic {
    match error {
        VerifyError::Block(block) => {
            Diagnostic::refused(block.code(), "BlockError", block.to_string()).with_hint(Some(block.hint().to_owned()))
        }
        VerifyError::State(error) => Diagnostic::environment("E0657", "StateError", error.to_string()),
    }
}

fn show(report: &VerifyReport, output: &mut Output) {
    output.result(&format!("block hash  {}", report.hash));
    output.result(&format!("state root  {}", report.post_state));
    let creator = report.creator.as_deref().unwrap_or("nobody: the block is not signed");
    output.result(&format!("signed by   {creator}"));
    let deploys = report.deploys.len();
    if report.is_equal() {
        let events: usize = report.deploys.iter().map(|deploy| deploy.events).sum();
        output
            .result(&format!("equal: {deploys} deploys run again by their {events} events give what the block states"));
        return;
    }
    for Difference { code, deploy, field, stated, expected, place } in &report.differences {
        let deploy = deploy.as_ref().map(|deploy| format!("deploy {deploy}: ")).unwrap_or_default();
        let place = place.as_ref().map(|place| format!(" (from {place})")).unwrap_or_default();
        output.result(&format!(
            "differs ({code}): {deploy}{field}: the block has {stated:?}, right is {expected:?}{place}"
        ));
    }
}
