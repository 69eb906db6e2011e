//! What an evaluation leaves in the space: messages that nobody received, receives that still wait.

use rhodium_machine::{Left, Value, Waiting};
use rhodium_term::print::{Names, print_name_with, print_with};
use rhodium_term::{Children, Term, forgeability, proto};
use serde::Serialize;

use crate::diagnostics::Diagnostic;
use crate::state::State;
use crate::words::Words;

/// Items of each sort that are listed as text.
const MAX_LISTED: usize = 100;
/// Longer terms are cut in text.
const MAX_TERM: usize = 2000;

/// What is left since some moment.
#[derive(Default)]
pub struct Leftovers {
    data: Vec<Left>,
    waiting: Vec<Waiting>,
    /// Items on channels of the system, which are not listed.
    hidden: usize,
}

/// A message as data.
#[derive(Debug, Serialize)]
pub struct UnreadDatum {
    channel: String,
    /// Whether anybody can make the channel.
    forgeable: bool,
    data: Vec<String>,
    persistent: bool,
    /// The send as a process: Rholang, and protobuf.
    term: String,
    proto: String,
}

/// A waiting receive as data.
#[derive(Debug, Serialize)]
pub struct WaitingReceive {
    channels: Vec<String>,
    /// Whether anybody can make the channel, for each.
    forgeable: Vec<bool>,
    persistent: bool,
    peek: bool,
    /// The receive as a process: Rholang, and protobuf.
    term: String,
    proto: String,
}

impl Leftovers {
    /// What came since the mark and is still there; channels of the system only if asked for.
    pub fn since(state: &mut State, mark: u64, with_system: bool) -> Result<Leftovers, Diagnostic> {
        let (data, waiting) = state.runtime.left_since(mark);
        let mut left = Leftovers::default();
        for datum in data {
            if !with_system && state.is_system(&datum.channel.to_term())? {
                left.hidden += 1;
            } else {
                left.data.push(datum);
            }
        }
        for receive in waiting {
            let mut system = false;
            for bind in &receive.binds {
                system = system || (!with_system && state.is_system(&bind.channel.to_term())?);
            }
            if system { left.hidden += 1 } else { left.waiting.push(receive) }
        }
        Ok(left)
    }

    /// Number of items that are not listed because they belong to the system.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// What the unforgeable names in all of it are called.
    pub fn names(&self, words: &Words) -> Names {
        let terms: Vec<Term> = self.data.iter().map(send_of).chain(self.waiting.iter().map(Waiting::to_term)).collect();
        words.names(&terms)
    }

    /// The messages as data.
    pub fn data(&self, names: &Names) -> Vec<UnreadDatum> {
        let convert = |left: &Left| {
            let (channel, term) = (left.channel.to_term(), send_of(left));
            UnreadDatum {
                channel: print_name_with(&channel, names),
                forgeable: forgeability(&channel).is_forgeable(),
                data: left.data.iter().map(|value| print_with(&value.to_term(), names)).collect(),
                persistent: left.persistent,
                term: print_with(&term, names),
                proto: hex::encode(proto::encode(&term)),
            }
        };
        self.data.iter().map(convert).collect()
    }

    /// The receives as data.
    pub fn waiting(&self, names: &Names) -> Vec<WaitingReceive> {
        let convert = |waiting: &Waiting| {
            let channels: Vec<Term> = waiting.binds.iter().map(|bind| bind.channel.to_term()).collect();
            let term = waiting.to_term();
            WaitingReceive {
                channels: channels.iter().map(|channel| print_name_with(channel, names)).collect(),
                forgeable: channels.iter().map(|channel| forgeability(channel).is_forgeable()).collect(),
                persistent: waiting.persistent,
                peek: waiting.peek,
                term: print_with(&term, names),
                proto: hex::encode(proto::encode(&term)),
            }
        };
        self.waiting.iter().map(convert).collect()
    }

    /// Everything as text, cut where it gets long.
    pub fn lines(&self, words: &Words) -> Vec<String> {
        let data: Vec<Term> = self.data.iter().take(MAX_LISTED).map(send_of).collect();
        let waiting: Vec<Term> = self.waiting.iter().take(MAX_LISTED).map(Waiting::to_term).collect();
        let names = words.names(data.iter().chain(&waiting));
        let mut lines = Vec::new();
        section(&mut lines, "data left unread:", self.data.len(), &data, &names);
        section(&mut lines, "receives still waiting:", self.waiting.len(), &waiting, &names);
        if self.hidden > 0 {
            let items = if self.hidden == 1 { "item" } else { "items" };
            lines.push(format!("{} {items} on system channels not shown (--system shows them)", self.hidden));
        }
        lines
    }
}

fn send_of(left: &Left) -> Term {
    let data: Children = left.data.iter().map(Value::to_term).collect();
    Term::single(Term::send(left.channel.to_term(), data, left.persistent))
}

fn section(lines: &mut Vec<String>, title: &str, count: usize, listed: &[Term], names: &Names) {
    if count == 0 {
        return;
    }
    lines.push(title.to_owned());
    for term in listed {
        let text = print_with(term, names);
        let text = match text.char_indices().nth(MAX_TERM) {
            Some((end, _)) => format!("{} … ({} bytes in all)", &text[..end], text.len()),
            None => text,
        };
        lines.extend(text.lines().map(|line| format!("  {line}")));
    }
    if count > listed.len() {
        lines.push(format!("  … and {} more (--json lists all)", count - listed.len()));
    }
}
