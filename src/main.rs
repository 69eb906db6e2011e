//! The `rho` command.

mod balance;
mod check;
mod costs;
mod diagnostics;
mod draft;
mod embedded;
mod exit;
mod explain;
mod find;
mod flame;
mod fmt;
mod genesis;
mod input;
mod leaves;
mod leftovers;
mod limits;
mod norm;
mod options;
mod output;
mod places;
mod profile;
mod repl;
mod run;
mod session;
mod space;
mod state;
mod store;
mod table;
mod words;

use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;

use crate::exit::Exit;
use crate::output::Output;

/// Terms are millions of small nodes: this allocator makes and frees them faster than that of most systems.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Rholang: run programs, look at their normal form, build and verify a genesis block.
#[derive(Parser)]
#[command(name = "rho", version, max_term_width = 100)]
struct Arguments {
    /// Print the result as one JSON object
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Command),
    Check(check::Command),
    Norm(norm::Command),
    Repl(repl::Command),
    Explain(explain::Command),
    Fmt(fmt::Command),
    Genesis {
        #[command(subcommand)]
        command: genesis::Command,
    },
    Space {
        #[command(subcommand)]
        command: space::Command,
    },
    Store {
        #[command(subcommand)]
        command: store::Command,
    },
}

fn main() -> ExitCode {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
        let payload = panic.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let reason = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given");
        let version = env!("CARGO_PKG_VERSION");
        // Not `eprintln!`, which panics when standard error is closed.
        let _ = writeln!(
            std::io::stderr(),
            "internal error: {reason}{place}\nThis is a bug in rho {version}, not in your program.\n\
             Please report it with the command and the files it was given."
        );
    }));
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and version are no mistake.
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            let _ = error.print();
            return exit.into();
        }
    };
    panic::catch_unwind(AssertUnwindSafe(|| execute(&arguments))).unwrap_or(Exit::Bug).into()
}

fn execute(arguments: &Arguments) -> Exit {
    let mut output = Output::new(arguments.json);
    let exit = match &arguments.command {
        Command::Run(command) => run::run(command, &mut output),
        Command::Check(command) => check::run(command, &mut output),
        Command::Norm(command) => norm::run(command, &mut output),
        Command::Repl(command) => repl::run(command, &mut output),
        Command::Explain(command) => explain::run(command, &mut output),
        Command::Fmt(command) => fmt::run(command, &mut output),
        Command::Genesis { command } => genesis::run(command, &mut output),
        Command::Space { command } => space::run(command, &mut output),
        Command::Store { command } => store::run(command, &mut output),
    };
    output.finish(exit)
}
