//! `rho norm`: the normal form of a program, as Rholang or as protobuf.

use clap::Args;
use rhodium_normalizer::{Options, compile};
use rhodium_term::print::print_source;
use rhodium_term::{Term, proto};
use serde::Serialize;

use crate::diagnostics::Diagnostic;
use crate::exit::Exit;
use crate::input::{InputOptions, read_source};
use crate::output::Output;

/// Print the normal form of a program
#[derive(Args, Debug)]
pub struct Command {
    /// The source file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Print the protobuf encoding in hexadecimal instead of Rholang
    #[arg(long)]
    proto: bool,
    #[command(flatten)]
    input: InputOptions,
}

#[derive(Serialize)]
struct Report {
    errors: Vec<Diagnostic>,
    /// The normal form as Rholang, and as protobuf in hexadecimal.
    term: Option<String>,
    proto: Option<String>,
}

/// Runs the command.
pub fn run(command: &Command, output: &mut Output) -> Exit {
    match normal_form(command) {
        Ok(term) => {
            let proto = || hex::encode(proto::encode(&term));
            if output.is_json() {
                output.object(&Report { errors: Vec::new(), term: Some(print_source(&term)), proto: Some(proto()) });
            } else {
                output.result(&if command.proto { proto() } else { print_source(&term) });
            }
            Exit::Ok
        }
        Err(errors) => {
            errors.iter().for_each(|error| output.error(error));
            let exit = errors.iter().map(|error| error.exit).max().unwrap_or(Exit::Program);
            output.object(&Report { errors, term: None, proto: None });
            exit
        }
    }
}

fn normal_form(command: &Command) -> Result<Term, Vec<Diagnostic>> {
    let source = read_source(&command.file, command.input).map_err(|error| vec![error])?;
    compile(&source.text, &Options::default()).map_err(|error| Diagnostic::compile(&error, &source))
}
