//! `rho store gc`: removes what no state that is kept needs.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use rhodium_store::{Access, Collected, History, LmdbOptions, LmdbStore, Progress, StateRoot, StoreError};

use super::blocks;
use crate::diagnostics::Diagnostic;
use crate::exit::Exit;
use crate::output::{Output, fail};
use crate::state::holder;

/// Remove all states but the current one, the first one, and those of blocks, and what only they need
#[derive(Args, Debug)]
pub struct Arguments {
    /// Directory of the store, which nobody else may have open
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Roots of states to keep instead of those of blocks
    #[arg(long, value_name = "HEX")]
    keep: Vec<StateRoot>,
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &mut Output) -> Exit {
    match collect(arguments, output) {
        Ok(collected) => {
            show(&collected, arguments.dry_run, output);
            Exit::Ok
        }
        Err(error) => fail(&[error], output),
    }
}

fn collect(arguments: &Arguments, output: &Output) -> Result<Collected, Diagnostic> {
    let access = if arguments.dry_run { Access::Read } else { Access::Alone };
    let store = LmdbStore::open(&arguments.store, &LmdbOptions::new(access, holder()))?;
    let history = History::new(Arc::new(store));
    let keep = kept(&history, &arguments.keep)?;
    let bar = output.progress(0);
    let collected = history.collect(&keep, arguments.dry_run, &mut |progress| match progress {
        Progress::Marked(nodes) if nodes.is_multiple_of(256) => bar.set_message(format!("{nodes} nodes needed")),
        Progress::Marked(_) => {}
        Progress::Swept(records) => bar.set_message(format!("{records} records looked at")),
    });
    bar.finish_and_clear();
    Ok(collected?)
}

/// The states asked for, else those of the blocks as far as the store has them; heads are always kept.
fn kept(history: &History, asked: &[StateRoot]) -> Result<BTreeSet<StateRoot>, Diagnostic> {
    if !asked.is_empty() {
        return Ok(asked.iter().copied().collect());
    }
    let mut keep = BTreeSet::new();
    for block in blocks(history)? {
        let hash = hex::encode(block.hash);
        let states = block.states.map_err(|reason| StoreError::Damaged(format!("block {hash}: {reason}")))?;
        for state in states {
            if history.has_root(state)? {
                keep.insert(state);
            }
        }
    }
    Ok(keep)
}

fn show(collected: &Collected, dry_run: bool, output: &mut Output) {
    let Collected { kept, roots, nodes, values, channels, bytes } = *collected;
    let freed = if dry_run { "would be freed" } else { "freed" };
    output.result(&format!("states kept   {kept}\n{freed}:\n  states      {roots}\n  nodes       {nodes}"));
    output.result(&format!("  values      {values}\n  channels    {channels}\n  bytes       {bytes}"));
    if !dry_run && bytes > 0 {
        output.note("the file stays as long as it is; what comes next uses the room that was freed");
    }
    output.object(&serde_json::json!({
        "dry_run": dry_run,
        "kept": kept,
        "freed": { "roots": roots, "nodes": nodes, "values": values, "channels": channels, "bytes": bytes },
        "errors": [],
    }));
}
