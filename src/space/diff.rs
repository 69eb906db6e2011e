//! `rho space diff`: what was added and removed between two states.

use std::cell::RefCell;

use clap::Args;
use rhodium_store::{Difference, Differences, LeafKind, StateRoot};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::list::{Streamed, number};
use super::rows::{Row, RowObject, Rows};
use crate::diagnostics::Diagnostic;
use crate::exit::Exit;
use crate::options::StoreOption;
use crate::output::{Output, fail};

/// Show what was added and removed between two states
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    store: StoreOption,
    /// Root of the first state
    #[arg(value_name = "ROOT")]
    before: StateRoot,
    /// Root of the second state
    #[arg(value_name = "ROOT")]
    after: StateRoot,
}

/// A row that only one of the states has.
struct Change {
    added: bool,
    row: Row,
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &mut Output) -> Exit {
    let comparison = match Comparison::open(arguments) {
        Ok(comparison) => comparison,
        Err(error) => return fail(&[error], output),
    };
    if output.is_json() {
        output.object(&comparison);
        return comparison.failed.into_inner().map_or(Exit::Ok, |error| error.exit);
    }
    let mut counts = [0; 2];
    for change in comparison.changes() {
        match change {
            Ok(Change { added, row }) => {
                let sign = if added { '+' } else { '-' };
                row.text().lines().for_each(|line| output.result(&format!("{sign} {line}")));
                counts[usize::from(added)] += 1;
            }
            Err(error) => return fail(&[error], output),
        }
    }
    output.note(&format!("{} removed, {} added", number(counts[0], "item"), counts[1]));
    Exit::Ok
}

/// Two states, and what differs.
struct Comparison {
    roots: [StateRoot; 2],
    rows: [Rows; 2],
    differences: RefCell<Option<Differences>>,
    failed: RefCell<Option<Diagnostic>>,
}

impl Comparison {
    fn open(arguments: &Arguments) -> Result<Comparison, Diagnostic> {
        let history = arguments.store.open()?;
        let roots = [arguments.before, arguments.after];
        let rows = [Rows::new(history.open_at(roots[0])?), Rows::new(history.open_at(roots[1])?)];
        let differences = RefCell::new(Some(history.diff(roots[0], roots[1])?));
        Ok(Comparison { roots, rows, differences, failed: RefCell::new(None) })
    }

    /// The differences as rows. They are read once.
    fn changes(&self) -> impl Iterator<Item = Result<Change, Diagnostic>> {
        let differences = self.differences.borrow_mut().take().into_iter().flatten();
        differences.flat_map(|difference| {
            let changes = difference.map_err(Diagnostic::from).and_then(|difference| self.changes_of(&difference));
            let (changes, error) = match changes {
                Ok(changes) => (changes, None),
                Err(error) => (Vec::new(), Some(Err(error))),
            };
            changes.into_iter().map(Ok).chain(error)
        })
    }

    /// The items of a leaf that only one state has. Items are sorted, and may be there several times.
    fn changes_of(&self, difference: &Difference) -> Result<Vec<Change>, Diagnostic> {
        let key = &difference.key;
        // On which joins a channel is follows from the receives.
        if LeafKind::of_key(key) == Some(LeafKind::Joins) {
            return Ok(Vec::new());
        }
        let items = |side: usize, value| match value {
            Some(value) => self.rows[side].items(key, value),
            None => Ok(Vec::new()),
        };
        let (before, after) = (items(0, difference.before)?, items(1, difference.after)?);
        let (mut before, mut after) = (before.into_iter().peekable(), after.into_iter().peekable());
        let mut channels = [None, None];
        let mut changes = Vec::new();
        loop {
            let side = match (before.peek(), after.peek()) {
                (Some(left), Some(right)) if left == right => {
                    before.next();
                    after.next();
                    continue;
                }
                (Some(left), Some(right)) => usize::from(left > right),
                (Some(_), None) => 0,
                (None, Some(_)) => 1,
                (None, None) => return Ok(changes),
            };
            let item = if side == 0 { before.next() } else { after.next() };
            if let Some(item) = item {
                let row = self.rows[side].row(key, &item, &mut channels[side])?;
                changes.push(Change { added: side == 1, row });
            }
        }
    }
}

/// A change as data.
#[derive(serde::Serialize)]
struct ChangeObject {
    change: &'static str,
    #[serde(flatten)]
    row: RowObject,
}

impl Serialize for Comparison {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("before", &self.roots[0].to_string())?;
        map.serialize_entry("after", &self.roots[1].to_string())?;
        let object = |change: Change| ChangeObject {
            change: if change.added { "added" } else { "removed" },
            row: change.row.object(),
        };
        let changes = self.changes().map(|change| change.map(object));
        map.serialize_entry("changes", &Streamed::new(changes, &self.failed))?;
        map.serialize_entry("errors", &self.failed.borrow().iter().collect::<Vec<_>>())?;
        map.end()
    }
}
