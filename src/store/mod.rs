//! `rho store`: looks after the store itself.

mod collect;
mod deploys;
mod roots;
mod verify;

use clap::Subcommand;
use rhodium_genesis::decode_block;
use rhodium_store::{History, StateRoot, Table};

use crate::diagnostics::{Diagnostic, codes};
use crate::exit::Exit;
use crate::output::Output;

/// Look after a store: list its states and deploys, check it, remove what is not needed
#[derive(Subcommand, Debug)]
pub enum Command {
    Roots(roots::Arguments),
    Deploys(deploys::Arguments),
    Verify(verify::Arguments),
    Gc(collect::Arguments),
}

/// Runs the command.
pub fn run(command: &Command, output: &mut Output) -> Exit {
    match command {
        Command::Roots(arguments) => roots::run(arguments, output),
        Command::Deploys(arguments) => deploys::run(arguments, output),
        Command::Verify(arguments) => verify::run(arguments, output),
        Command::Gc(arguments) => collect::run(arguments, output),
    }
}

/// A block of the store.
struct Block {
    hash: [u8; 32],
    /// The states before and after it, or why it cannot be read.
    states: Result<[StateRoot; 2], String>,
}

/// All blocks of a store.
fn blocks(history: &History) -> Result<Vec<Block>, Diagnostic> {
    let mut blocks = Vec::new();
    let mut last: Option<Vec<u8>> = None;
    // One at a time: a block may be large.
    while let Some((key, bytes)) = history.store().scan(Table::Blocks, last.as_deref(), 1)?.pop() {
        let hash = <[u8; 32]>::try_from(key.as_slice())
            .map_err(|_| Diagnostic::refused(codes::DAMAGE, "StoreError", "the key of a block has not 32 bytes"))?;
        blocks.push(Block { hash, states: states(&hash, &bytes) });
        last = Some(key);
    }
    Ok(blocks)
}

fn states(hash: &[u8; 32], bytes: &[u8]) -> Result<[StateRoot; 2], String> {
    let block = decode_block(bytes).map_err(|error| error.to_string())?;
    if block.block_hash != hash {
        return Err("it has another hash".to_owned());
    }
    let state = block.body.and_then(|body| body.state).unwrap_or_default();
    let root = |bytes: &[u8]| bytes.try_into().map(StateRoot).map_err(|_| "a state root has not 32 bytes".to_owned());
    Ok([root(&state.pre_state_hash)?, root(&state.post_state_hash)?])
}
