//! `rho genesis`: makes and verifies the first block of a network.

mod build;
mod files;
mod verify;

use std::sync::Arc;

use clap::Subcommand;
use rhodium_genesis::{GenesisError, Issue};

use crate::diagnostics::{Diagnostic, Source};
use crate::exit::Exit;
use crate::output::{Output, fail};

/// Build and verify a genesis block
#[derive(Subcommand, Debug)]
pub enum Command {
    Build(build::Arguments),
    Verify(verify::Arguments),
}

/// Runs the command.
pub fn run(command: &Command, output: &mut Output) -> Exit {
    match command {
        Command::Build(arguments) => build::run(arguments, output),
        Command::Verify(arguments) => verify::run(arguments, output),
    }
}

/// Everything that a genesis was refused for.
pub fn diagnostics(error: &GenesisError) -> Vec<Diagnostic> {
    match error {
        GenesisError::NotEmpty(_) => error.issues().into_iter().map(environment).collect(),
        GenesisError::State(_) => error.issues().into_iter().map(environment).collect(),
        _ => error.issues().into_iter().map(diagnostic).collect(),
    }
}

fn environment(issue: Issue) -> Diagnostic {
    Diagnostic::environment(issue.code, "GenesisError", issue.message).with_hint(issue.hint)
}

fn diagnostic(issue: Issue) -> Diagnostic {
    let (text, span) = match issue.excerpt {
        Some((text, span)) => (text, Some(span)),
        None => (Arc::from(""), None),
    };
    let source = issue.file.map(|file| Source::new(file, text.to_string()));
    let mut diagnostic = Diagnostic::of_input(issue.code, "GenesisError", &issue.message, source.as_ref(), span);
    if let Some((line, column)) = issue.position {
        (diagnostic.line, diagnostic.column) = (Some(line), Some(column));
    }
    diagnostic.with_hint(issue.hint)
}
