//! `rho store roots`: the states of a store.

use clap::Args;
use rhodium_genesis::{HEAD, START};
use rhodium_store::StateRoot;
use serde::Serialize;

use super::{Block, blocks};
use crate::diagnostics::Diagnostic;
use crate::exit::Exit;
use crate::options::StoreOption;
use crate::output::{Output, fail};

/// List the states of a store
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    store: StoreOption,
}

#[derive(Serialize)]
struct Row {
    root: String,
    /// What it is.
    marks: Vec<String>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &mut Output) -> Exit {
    match rows(arguments) {
        Ok(rows) => {
            for row in &rows {
                output.result(format!("{}  {}", row.root, row.marks.join(", ")).trim_end());
            }
            output.object(&serde_json::json!({ "roots": rows, "errors": [] }));
            Exit::Ok
        }
        Err(error) => fail(&[error], output),
    }
}

fn rows(arguments: &Arguments) -> Result<Vec<Row>, Diagnostic> {
    let history = arguments.store.open()?;
    let (heads, blocks) = (history.heads()?, blocks(&history)?);
    let row = |root: StateRoot| {
        let named = heads.iter().filter(|(_, head)| *head == root).map(|(name, _)| match name.as_str() {
            HEAD => "current".to_owned(),
            START => "start".to_owned(),
            name => name.to_owned(),
        });
        Row { root: root.to_string(), marks: named.chain(marks(root, &blocks)).collect() }
    };
    Ok(history.roots()?.into_iter().map(row).collect())
}

/// The blocks that a state stands before or after.
fn marks(root: StateRoot, blocks: &[Block]) -> impl Iterator<Item = String> {
    blocks.iter().flat_map(move |block| {
        let mark = |place: &str, state: &StateRoot| {
            (*state == root).then(|| format!("{place} block {}", hex::encode(block.hash)))
        };
        let [before, after] = match &block.states {
            Ok([before, after]) => [mark("before", before), mark("after", after)],
            Err(_) => [None, None],
        };
        before.into_iter().chain(after)
    })
}
