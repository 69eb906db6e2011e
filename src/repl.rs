//! `rho repl`: reads, evaluates and keeps the state between inputs.

use std::io::{self, BufRead, IsTerminal};

use clap::Args;
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use crate::balance::{Balance, wants_more};
use crate::diagnostics::{Diagnostic, Source, codes};
use crate::exit::Exit;
use crate::options::StateOptions;
use crate::output::Output;
use crate::run::{cost, show};
use crate::session::{Kept, Session, random_of};

/// Read and evaluate inputs on one state
#[derive(Args, Debug)]
pub struct Command {
    #[command(flatten)]
    state: StateOptions,
}

const PROMPT: &str = "rho> ";
const PROMPT_MORE: &str = "...> ";

const HELP: &str = "\
Type a process; it is evaluated as soon as its brackets are closed. An empty line ends an unfinished input.
:help   this text
:reset  start again with a new state
:quit   leave (so does the end of the input)";

/// Runs the command.
pub fn run(command: &Command, output: &mut Output) -> Exit {
    match converse(command, output) {
        Ok(()) => Exit::Ok,
        Err(error) => {
            output.error(&error);
            error.exit
        }
    }
}

fn converse(command: &Command, output: &mut Output) -> Result<(), Diagnostic> {
    let mut session = command.state.session(Kept::default())?;
    let mut seed = command.state.seed(&session);
    let mut lines = Lines::open()?;
    let mut number = 0;
    while let Some(input) = read_input(&mut lines)? {
        match input.trim() {
            "" => {}
            ":quit" | ":q" => break,
            ":help" | ":h" => output.result(HELP),
            ":reset" if command.state.store.is_some() => {
                output.note("the state is kept in the store; leave --store out for a state that can be reset");
            }
            ":reset" => {
                session = command.state.session(Kept::default())?;
                (seed, number) = (command.state.seed(&session), 0);
                output.result("a new state");
            }
            command if command.starts_with(':') => output.note(&format!("there is no command {command}; try :help")),
            _ => {
                let source = Source::new(format!("input {}", number + 1), input);
                step(&mut session, source, number, &seed, output)?;
                number += 1;
            }
        }
        output.flush();
    }
    Ok(())
}

/// Evaluates one input and shows everything that comes of it; what is left is part of the answer.
fn step(
    session: &mut Session,
    source: Source,
    number: usize,
    seed: &[u8],
    output: &mut Output,
) -> Result<(), Diagnostic> {
    session.clear_interrupt();
    let mark = session.state.runtime.mark();
    let mut report = session.evaluate(source, random_of(seed, number))?;
    let left = session.left_since(mark)?;
    if output.is_json() {
        report.list(&left, &session.words());
    }
    show(&report, false, output);
    left.lines(&session.words()).iter().for_each(|line| output.result(line));
    output.note(&cost(&report));
    output.object(&report);
    Ok(())
}

/// The next complete input, or a command.
fn read_input(lines: &mut Lines) -> Result<Option<String>, Diagnostic> {
    let (mut text, mut balance) = (String::new(), Balance::default());
    loop {
        let line = match lines.next(text.is_empty())? {
            Line::Text(line) => line,
            Line::Discard => {
                (text, balance) = (String::new(), Balance::default());
                continue;
            }
            Line::End if text.trim().is_empty() => return Ok(None),
            Line::End => return Ok(Some(text)),
        };
        if text.is_empty() && (line.trim().is_empty() || line.trim_start().starts_with(':')) {
            return Ok(Some(line));
        }
        // Somebody at a terminal must be able to end what cannot be completed.
        if lines.is_terminal() && line.trim().is_empty() {
            return Ok(Some(text));
        }
        balance.line(&line);
        text.push_str(&line);
        text.push('\n');
        if balance.is_closed() && !wants_more(&text) {
            text.pop();
            return Ok(Some(text));
        }
    }
}

/// Lines typed at a terminal, or of any other standard input.
enum Lines {
    Terminal(Box<DefaultEditor>),
    Plain,
}

/// What comes next.
enum Line {
    Text(String),
    /// Forget what was typed so far.
    Discard,
    End,
}

impl Lines {
    fn open() -> Result<Lines, Diagnostic> {
        if !io::stdin().is_terminal() {
            return Ok(Lines::Plain);
        }
        DefaultEditor::new().map(|editor| Lines::Terminal(Box::new(editor))).map_err(unreadable)
    }

    fn is_terminal(&self) -> bool {
        matches!(self, Lines::Terminal(_))
    }

    fn next(&mut self, first: bool) -> Result<Line, Diagnostic> {
        match self {
            Lines::Plain => {
                let mut line = String::new();
                match io::stdin().lock().read_line(&mut line).map_err(unreadable)? {
                    0 => Ok(Line::End),
                    _ => {
                        let end = line.trim_end_matches(['\r', '\n']).len();
                        line.truncate(end);
                        Ok(Line::Text(line))
                    }
                }
            }
            Lines::Terminal(editor) => match editor.readline(if first { PROMPT } else { PROMPT_MORE }) {
                Ok(line) => {
                    // A history that cannot be kept is no reason to stop.
                    let _ = editor.add_history_entry(&line);
                    Ok(Line::Text(line))
                }
                Err(ReadlineError::Interrupted) => Ok(Line::Discard),
                Err(ReadlineError::Eof) => Ok(Line::End),
                Err(error) => Err(unreadable(error)),
            },
        }
    }
}

fn unreadable(error: impl std::fmt::Display) -> Diagnostic {
    let message = format!("cannot read standard input: {error}");
    Diagnostic::environment(codes::UNREADABLE, "InputError", message).about("<stdin>")
}
