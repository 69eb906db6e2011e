//! `rho space`: looks into the states of a store.

mod diff;
mod filter;
mod list;
mod rows;
mod transfer;

use clap::{Args, Subcommand};
use rhodium_genesis::HEAD;
use rhodium_store::{History, StateRoot};

use crate::diagnostics::{Diagnostic, codes};
use crate::exit::Exit;
use crate::options::StoreOption;
use crate::output::Output;

/// Look into the states of a store: list, count, compare, export and import
#[derive(Subcommand, Debug)]
pub enum Command {
    List(list::List),
    Count(list::Count),
    Diff(diff::Arguments),
    Export(transfer::Export),
    Import(transfer::Import),
}

/// Runs the command.
pub fn run(command: &Command, output: &mut Output) -> Exit {
    match command {
        Command::List(arguments) => list::list(arguments, output),
        Command::Count(arguments) => list::count(arguments, output),
        Command::Diff(arguments) => diff::run(arguments, output),
        Command::Export(arguments) => transfer::export(arguments, output),
        Command::Import(arguments) => transfer::import(arguments, output),
    }
}

/// A state to read.
#[derive(Args, Debug)]
struct StateOption {
    #[command(flatten)]
    store: StoreOption,
    /// Root of the state [default: the current state]
    #[arg(long, value_name = "HEX")]
    root: Option<StateRoot>,
}

impl StateOption {
    fn open(&self) -> Result<(History, StateRoot), Diagnostic> {
        let history = self.store.open()?;
        let root = match self.root {
            Some(root) => root,
            None => history.head(HEAD)?.ok_or_else(|| {
                Diagnostic::environment(codes::STATE, "StateError", "the store has no current state yet")
            })?,
        };
        history.open_at(root)?;
        Ok((history, root))
    }
}
