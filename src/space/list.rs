//! `rho space list` and `rho space count`.

use std::cell::RefCell;

use clap::Args;
use rhodium_store::{LeafKind, Snapshot, StateRoot};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::StateOption;
use super::filter::{Filter, FilterOptions};
use super::rows::{Row, Rows, item_count};
use crate::diagnostics::Diagnostic;
use crate::exit::Exit;
use crate::output::{Output, fail};

/// List the messages and the waiting receives of a state as Rholang
#[derive(Args, Debug)]
pub struct List {
    #[command(flatten)]
    state: StateOption,
    #[command(flatten)]
    filter: FilterOptions,
}

/// Count the messages and the waiting receives of a state
#[derive(Args, Debug)]
pub struct Count {
    #[command(flatten)]
    state: StateOption,
    #[command(flatten)]
    filter: FilterOptions,
}

/// Runs `rho space list`.
pub fn list(arguments: &List, output: &mut Output) -> Exit {
    let (snapshot, filter) = match open(&arguments.state, &arguments.filter) {
        Ok(opened) => opened,
        Err(errors) => return fail(&errors, output),
    };
    let (root, rows) = (snapshot.root(), Rows::new(snapshot));
    if output.is_json() {
        let listing = Listing { root, rows: &rows, filter: &filter, failed: RefCell::new(None) };
        output.object(&listing);
        return listing.failed.into_inner().map_or(Exit::Ok, |error| error.exit);
    }
    let mut counts = [0; 2];
    for (kind, count) in KINDS.into_iter().zip(&mut counts) {
        for row in chosen(&rows, kind, &filter) {
            match row {
                Ok(row) => output.result(&row.text()),
                Err(error) => return fail(&[error], output),
            }
            *count += 1;
        }
    }
    output.note(&format!("{}, {}", number(counts[0], "message"), number(counts[1], "waiting receive")));
    Exit::Ok
}

const KINDS: [LeafKind; 2] = [LeafKind::Data, LeafKind::Continuations];

fn open(state: &StateOption, filter: &FilterOptions) -> Result<(Snapshot, Filter), Vec<Diagnostic>> {
    let filter = filter.filter()?;
    let (history, root) = state.open().map_err(|error| vec![error])?;
    let snapshot = history.open_at(root).map_err(|error| vec![error.into()])?;
    Ok((snapshot, filter))
}

/// The rows of a kind; no receives when only messages are asked for.
fn chosen<'a>(
    rows: &'a Rows,
    kind: LeafKind,
    filter: &'a Filter,
) -> impl Iterator<Item = Result<Row, Diagnostic>> + 'a {
    let wanted = kind == LeafKind::Data || !filter.is_for_data();
    wanted.then(|| rows.all(kind, filter)).into_iter().flatten()
}

/// A number and what is counted.
pub fn number(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The object of `list`, written while the state is read.
struct Listing<'a> {
    root: StateRoot,
    rows: &'a Rows,
    filter: &'a Filter,
    failed: RefCell<Option<Diagnostic>>,
}

impl Serialize for Listing<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("root", &self.root.to_string())?;
        for (kind, name) in KINDS.into_iter().zip(["data", "waiting"]) {
            let rows = chosen(self.rows, kind, self.filter).map(|row| row.map(|row| row.object()));
            map.serialize_entry(name, &Streamed::new(rows, &self.failed))?;
        }
        map.serialize_entry("errors", &self.failed.borrow().iter().collect::<Vec<_>>())?;
        map.end()
    }
}

/// A list that is written while it is made; the first error ends it and is kept.
pub struct Streamed<'a, I> {
    items: RefCell<Option<I>>,
    failed: &'a RefCell<Option<Diagnostic>>,
}

impl<'a, I> Streamed<'a, I> {
    /// A list of what the iterator gives.
    pub fn new(items: I, failed: &'a RefCell<Option<Diagnostic>>) -> Streamed<'a, I> {
        Streamed { items: RefCell::new(Some(items)), failed }
    }
}

impl<T: Serialize, I: Iterator<Item = Result<T, Diagnostic>>> Serialize for Streamed<'_, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for item in self.items.borrow_mut().take().into_iter().flatten() {
            match item {
                Ok(item) if self.failed.borrow().is_none() => list.serialize_element(&item)?,
                Ok(_) => break,
                Err(error) => {
                    *self.failed.borrow_mut() = Some(error);
                    break;
                }
            }
        }
        list.end()
    }
}

/// What `count` prints.
#[derive(Debug, Default, serde::Serialize)]
struct Counts {
    /// Channels with messages.
    channels: u64,
    messages: u64,
    /// Lists of channels on which something waits.
    joins: u64,
    receives: u64,
}

/// Runs `rho space count`.
pub fn count(arguments: &Count, output: &mut Output) -> Exit {
    let counted = open(&arguments.state, &arguments.filter).and_then(|(snapshot, filter)| {
        let (root, counts) = (snapshot.root(), counts(snapshot, &filter));
        counts.map(|counts| (root, counts)).map_err(|error| vec![error])
    });
    match counted {
        Ok((root, counts)) => {
            output.result(&format!("{} on {}", number(counts.messages, "message"), number(counts.channels, "channel")));
            output.result(&format!("{} on {}", number(counts.receives, "receive"), number(counts.joins, "join")));
            let mut object = serde_json::json!(counts);
            object["root"] = root.to_string().into();
            object["errors"] = serde_json::json!([]);
            output.object(&object);
            Exit::Ok
        }
        Err(errors) => fail(&errors, output),
    }
}

fn counts(snapshot: Snapshot, filter: &Filter) -> Result<Counts, Diagnostic> {
    let mut counts = Counts::default();
    if filter.is_empty() {
        for kind in KINDS {
            for leaf in snapshot.leaves_of(kind) {
                let (key, hash) = leaf?;
                counts.add(kind, item_count(&snapshot.value(&key, hash)?.payload));
            }
        }
        return Ok(counts);
    }
    let rows = Rows::new(snapshot);
    for kind in KINDS {
        let mut last = Vec::new();
        for row in chosen(&rows, kind, filter) {
            let channels = row?.channel_hashes();
            counts.add(kind, 1);
            if channels == last {
                counts.merge(kind);
            }
            last = channels;
        }
    }
    Ok(counts)
}

impl Counts {
    /// Counts the items of one leaf.
    fn add(&mut self, kind: LeafKind, items: u64) {
        match kind {
            LeafKind::Data => (self.channels, self.messages) = (self.channels + 1, self.messages + items),
            _ => (self.joins, self.receives) = (self.joins + 1, self.receives + items),
        }
    }

    /// The last two were items of the same leaf.
    fn merge(&mut self, kind: LeafKind) {
        match kind {
            LeafKind::Data => self.channels -= 1,
            _ => self.joins -= 1,
        }
    }
}
