//! What an evaluation leaves in the space: messages that nobody received, receives that still wait.

use rhodium_machine::{Left, Value, Waiting};
use rhodium_term::print::print;
use rhodium_term::{Category, Term, proto};
use serde::Serialize;

use crate::diagnostics::Diagnostic;
use crate::state::State;

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
    data: Vec<String>,
    persistent: bool,
    /// The send as a process: printed, and as protobuf.
    term: String,
    proto: String,
}

/// A waiting receive as data.
#[derive(Debug, Serialize)]
pub struct WaitingReceive {
    channels: Vec<String>,
    persistent: bool,
    peek: bool,
    /// The receive as a process: printed, and as protobuf.
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

    /// The messages as data.
    pub fn data(&self) -> Vec<UnreadDatum> {
        let convert = |left: &Left| {
            let term = send_of(left);
            UnreadDatum {
                channel: name_text(&left.channel),
                data: left.data.iter().map(|value| print(&value.to_term())).collect(),
                persistent: left.persistent,
                term: print(&term),
                proto: hex::encode(proto::encode(&term)),
            }
        };
        self.data.iter().map(convert).collect()
    }

    /// The receives as data.
    pub fn waiting(&self) -> Vec<WaitingReceive> {
        let convert = |waiting: &Waiting| {
            let term = waiting.to_term();
            WaitingReceive {
                channels: waiting.binds.iter().map(|bind| name_text(&bind.channel)).collect(),
                persistent: waiting.persistent,
                peek: waiting.peek,
                term: print(&term),
                proto: hex::encode(proto::encode(&term)),
            }
        };
        self.waiting.iter().map(convert).collect()
    }

    /// Everything as text, cut where it gets long.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        section(&mut lines, "data left unread:", self.data.len(), self.data.iter().map(send_of));
        section(&mut lines, "receives still waiting:", self.waiting.len(), self.waiting.iter().map(Waiting::to_term));
        if self.hidden > 0 {
            let items = if self.hidden == 1 { "item" } else { "items" };
            lines.push(format!("{} {items} on system channels not shown (--system shows them)", self.hidden));
        }
        lines
    }
}

fn send_of(left: &Left) -> Term {
    let data = left.data.iter().map(Value::to_term).collect();
    Term::single(Term::send(left.channel.to_term(), data, left.persistent))
}

fn section(lines: &mut Vec<String>, title: &str, count: usize, terms: impl Iterator<Item = Term>) {
    if count == 0 {
        return;
    }
    lines.push(title.to_owned());
    for term in terms.take(MAX_LISTED) {
        let text = print(&term);
        let text = match text.char_indices().nth(MAX_TERM) {
            Some((end, _)) => format!("{} … ({} bytes in all)", &text[..end], text.len()),
            None => text,
        };
        lines.extend(text.lines().map(|line| format!("  {line}")));
    }
    if count > MAX_LISTED {
        lines.push(format!("  … and {} more (--json lists all)", count - MAX_LISTED));
    }
}

/// A channel as it is written: `@` before everything but private names.
fn name_text(channel: &Value) -> String {
    let term = channel.to_term();
    let text = print(&term);
    match term.single_item().and_then(|item| item.head().category()) {
        Some(Category::Unforgeable) => text,
        _ if term.is_ground() && !term.is_nil() => format!("@{text}"),
        _ => format!("@{{{text}}}"),
    }
}
