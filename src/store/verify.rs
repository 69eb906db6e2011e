//! `rho store verify`: is everything there, and is it what its hash says?

use clap::Args;
use rhodium_store::{Damage, StateRoot, StoreError, Table, Verification};
use serde::Serialize;

use super::blocks;
use crate::diagnostics::{Diagnostic, codes};
use crate::exit::Exit;
use crate::leaves::check_leaf;
use crate::options::StoreOption;
use crate::output::{Output, fail};

/// Check that every record of every state is there, has its hash and can be read
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    store: StoreOption,
    /// Roots of the states to check [default: all states, and the blocks]
    #[arg(long = "root", value_name = "HEX")]
    roots: Vec<StateRoot>,
}

#[derive(Serialize)]
struct Answer {
    whole: bool,
    roots: u64,
    nodes: u64,
    leaves: u64,
    blocks: u64,
    /// Damaged records that are not listed in `errors`.
    unlisted: u64,
    errors: Vec<Diagnostic>,
}

/// Nodes between two steps of the progress bar.
const STEP: u64 = 256;

/// Runs the command.
pub fn run(arguments: &Arguments, output: &mut Output) -> Exit {
    match verify(arguments, output) {
        Ok(answer) => {
            answer.errors.iter().for_each(|error| output.error(error));
            if answer.unlisted > 0 {
                output.note(&format!("and {} more records", answer.unlisted));
            }
            let verdict = if answer.whole { "whole" } else { "DAMAGED" };
            output.result(&format!("states  {}\nnodes   {}\nleaves  {}", answer.roots, answer.nodes, answer.leaves));
            output.result(&format!("blocks  {}\n{verdict}", answer.blocks));
            output.object(&answer);
            if answer.whole { Exit::Ok } else { Exit::Verification }
        }
        Err(error) => fail(&[error], output),
    }
}

fn verify(arguments: &Arguments, output: &Output) -> Result<Answer, Diagnostic> {
    let history = arguments.store.open().map_err(found)?;
    let mut roots = arguments.roots.clone();
    let mut blocks_seen = Vec::new();
    if roots.is_empty() {
        roots = history.roots().map_err(found)?;
        // A state that a head points to must be there too.
        roots.extend(history.heads().map_err(found)?.into_iter().map(|(_, root)| root));
        roots.sort_unstable();
        roots.dedup();
        blocks_seen = blocks(&history)?;
    }
    let bar = output.progress(history.store().count(Table::Nodes).map_err(found)?);
    let progress = &mut |seen: &Verification| {
        if seen.nodes.is_multiple_of(STEP) {
            bar.set_position(seen.nodes);
        }
    };
    let seen = history.verify(&roots, &check_leaf, progress);
    bar.finish_and_clear();
    let seen = seen.map_err(found)?;
    let mut errors: Vec<Diagnostic> = seen.damages.iter().map(damage).collect();
    for block in &blocks_seen {
        if let Err(reason) = &block.states {
            errors.push(refused(format!("block {}: {reason}", hex::encode(block.hash))));
        }
    }
    Ok(Answer {
        whole: errors.is_empty(),
        roots: seen.roots,
        nodes: seen.nodes,
        leaves: seen.leaves,
        blocks: blocks_seen.len() as u64,
        unlisted: seen.unlisted,
        errors,
    })
}

/// Here it is damage, elsewhere something that stands in the way.
fn found(error: StoreError) -> Diagnostic {
    match error {
        error @ (StoreError::Damaged(_) | StoreError::UnknownRoot(_)) => refused(error.to_string()),
        error => error.into(),
    }
}

fn damage(damage: &Damage) -> Diagnostic {
    let Damage { root, record, key, flaw } = damage;
    refused(format!("{record} {flaw}; state {root} needs it for {}", place(key)))
}

fn refused(message: String) -> Diagnostic {
    let hint = "the state cannot be repaired: make it again, import an export, or take a copy of the store";
    Diagnostic::refused(codes::DAMAGE, "StoreError", message).with_hint(Some(hint.to_owned()))
}

/// What lies behind the bytes of a key.
fn place(key: &[u8]) -> String {
    let (kind, hash) = match key.split_first() {
        Some((0, hash)) => ("data of channel", hash),
        Some((1, hash)) => ("receives of join", hash),
        Some((2, hash)) => ("joins of channel", hash),
        _ => return "all of it".to_owned(),
    };
    match hash.len() {
        32 => format!("{kind} {}", hex::encode(hash)),
        0 => format!("all {kind}s"),
        _ => format!("{kind}s {}…", hex::encode(hash)),
    }
}
