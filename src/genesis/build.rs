//! `rho genesis build`: from files to a signed block and a store.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use rhodium_genesis::{
    Bond, BondRules, BuildInput, ContractSet, Genesis, Parameters, Row, Step, Wallet, build, ensure_new, parse_bonds,
    parse_wallets,
};
use rhodium_keys::SecretKey;
use rhodium_registry::Form;
use rhodium_store::{Access, History, KeyValueStore, LmdbOptions, LmdbStore, StoreError};
use serde::Serialize;

use super::files;
use super::{diagnostics, fail};
use crate::diagnostics::Diagnostic;
use crate::draft::Draft;
use crate::exit::Exit;
use crate::options::threads;
use crate::output::Output;
use crate::table;

/// Build a genesis block from contracts, bonds and wallets, and put its state into a new store
#[derive(Args, Debug)]
pub struct Arguments {
    /// Directory with further contracts and their manifest `contracts.toml` [default: the system contracts alone]
    #[arg(long, value_name = "DIR")]
    contracts: Option<PathBuf>,
    /// Validators: one line `<public key> <stake>` each
    #[arg(long, value_name = "FILE")]
    bonds: PathBuf,
    /// Vaults: one line `<address>,<balance>` each
    #[arg(long, value_name = "FILE")]
    wallets: PathBuf,
    /// Parameters in TOML [default: the network's]
    #[arg(long, value_name = "FILE")]
    parameters: Option<PathBuf>,
    /// Directory of the new store
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// The block file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Secret key of the creator, who signs the block: 64 hexadecimal digits
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Leave the block unsigned, as the network does, whose validators approve it
    #[arg(long, conflicts_with = "key")]
    unsigned: bool,
    /// Name of the shard [default: from the parameters, `root`]
    #[arg(long, value_name = "NAME")]
    shard: Option<String>,
    /// Time in the block's header, in milliseconds [default: from the parameters, 0]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(i64).range(0..))]
    timestamp: Option<i64>,
    /// Accept in bonds and wallets whatever the network's own node accepts
    #[arg(long)]
    lenient: bool,
    /// Most threads that run deploys; the block is the same for all numbers [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Answer<'a> {
    block_hash: String,
    state_root: String,
    pre_state_root: String,
    shard: &'a str,
    timestamp: i64,
    signed_by: Option<String>,
    out: String,
    store: String,
    contracts: &'a [Row],
    warnings: Vec<String>,
    errors: [(); 0],
}

/// Everything that is read.
struct Inputs {
    contracts: ContractSet,
    bonds: Vec<Bond>,
    wallets: Vec<Wallet>,
    parameters: Parameters,
    creator: Option<SecretKey>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &mut Output) -> Exit {
    match make(arguments, output) {
        Ok((genesis, parameters)) => {
            show(arguments, &genesis, &parameters, output);
            Exit::Ok
        }
        Err(errors) => fail(&errors, output),
    }
}

fn make(arguments: &Arguments, output: &Output) -> Result<(Genesis, Parameters), Vec<Diagnostic>> {
    let one = |error| vec![error];
    let inputs = read(arguments)?;
    files::check_target(&arguments.out).map_err(one)?;
    check_store(&arguments.store)?;
    let progress = output.progress(0);
    let input = BuildInput {
        contracts: &inputs.contracts,
        bonds: inputs.bonds,
        wallets: inputs.wallets,
        parameters: inputs.parameters.clone(),
        form: Form::F1r3fly,
        creator: inputs.creator,
    };
    let genesis = build(&input, threads(arguments.threads), &mut |step| match step {
        Step::Linked(deploys) => progress.set_length(deploys as u64),
        Step::Deploy { number, name } => {
            progress.set_position(number as u64);
            progress.set_message(name.to_owned());
        }
        Step::Checking => progress.set_message("checking registrations"),
    });
    progress.finish_and_clear();
    let genesis = genesis.map_err(|error| diagnostics(&error))?;
    write(arguments, &genesis)?;
    Ok((genesis, inputs.parameters))
}

/// Reads all inputs; everything that is wrong with any of them is reported.
fn read(arguments: &Arguments) -> Result<Inputs, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let mut keep = |found: Vec<Diagnostic>| errors.extend(found);
    let parameters = files::read_parameters(arguments.parameters.as_deref()).map_err(|error| keep(vec![error]));
    let parameters = parameters.map(|parameters| Parameters {
        shard_name: arguments.shard.clone().unwrap_or(parameters.shard_name),
        deploy_timestamp: arguments.timestamp.unwrap_or(parameters.deploy_timestamp),
        ..parameters
    });
    let defaults = Parameters::default();
    let bounds = parameters.as_ref().unwrap_or(&defaults);
    let rules = BondRules { lenient: arguments.lenient, minimum: bounds.bond_minimum, maximum: bounds.bond_maximum };
    let bonds = files::read_lines(
        &arguments.bonds,
        |bytes| parse_bonds(bytes, &rules),
        |problem| (problem.code(), problem.hint()),
    )
    .map_err(&mut keep);
    let wallets = files::read_lines(
        &arguments.wallets,
        |bytes| parse_wallets(bytes, arguments.lenient),
        |problem| (problem.code(), problem.hint()),
    )
    .map_err(&mut keep);
    let creator = arguments.key.as_deref().map(files::read_key).transpose().map_err(|error| keep(vec![error]));
    let contracts = files::read_contracts(arguments.contracts.as_deref()).map_err(keep);
    match (parameters, bonds, wallets, creator, contracts) {
        (Ok(parameters), Ok(bonds), Ok(wallets), Ok(creator), Ok(contracts)) => {
            Ok(Inputs { contracts, bonds, wallets, parameters, creator })
        }
        _ => Err(errors),
    }
}

/// Opens a store of which nothing may be there yet.
fn open(directory: &Path, access: Access) -> Result<Arc<dyn KeyValueStore>, StoreError> {
    let options = LmdbOptions::new(access, crate::state::holder());
    Ok(Arc::new(LmdbStore::open(directory, &options)?))
}

/// Refuses a store that is in use or not new, before any work is done and without making one.
fn check_store(directory: &Path) -> Result<(), Vec<Diagnostic>> {
    match open(directory, Access::Write) {
        Ok(store) => ensure_new(&History::new(store)).map_err(|error| {
            diagnostics(&error).into_iter().map(|diagnostic| diagnostic.about(files::name(directory))).collect()
        }),
        Err(StoreError::Missing(_)) => Ok(()),
        Err(error) => Err(vec![error.into()]),
    }
}

/// Writes block and state. Whatever fails, neither is there afterwards.
fn write(arguments: &Arguments, genesis: &Genesis) -> Result<(), Vec<Diagnostic>> {
    let one = |error| vec![error];
    let draft = Draft::write(&arguments.out, &genesis.bytes).map_err(one)?;
    let before = Before::of(&arguments.store);
    let stored = open(&arguments.store, Access::Create)
        .map_err(|error| vec![Diagnostic::from(error)])
        .and_then(|store| genesis.store_in(&store).map_err(|error| diagnostics(&error)))
        .and_then(|()| draft.publish().map_err(one));
    if stored.is_err() {
        before.restore(&arguments.store);
    }
    stored
}

/// What was at the place of the store.
enum Before {
    Nothing,
    EmptyDirectory,
    Something,
}

impl Before {
    fn of(directory: &Path) -> Before {
        match fs::read_dir(directory) {
            Err(_) if !directory.exists() => Before::Nothing,
            Ok(entries) => {
                if entries.count() == 0 {
                    Before::EmptyDirectory
                } else {
                    Before::Something
                }
            }
            Err(_) => Before::Something,
        }
    }

    /// Removes a store that was made here. The error that led here is the one to report, so others are dropped.
    fn restore(&self, directory: &Path) {
        match self {
            Before::Nothing => drop(fs::remove_dir_all(directory)),
            Before::EmptyDirectory => {
                for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                    let _ = fs::remove_file(entry.path());
                }
            }
            Before::Something => {}
        }
    }
}

fn show(arguments: &Arguments, genesis: &Genesis, parameters: &Parameters, output: &mut Output) {
    let warnings: Vec<String> = genesis
        .warnings
        .iter()
        .filter(|warning| !(arguments.unsigned && **warning == rhodium_genesis::Warning::Unsigned))
        .map(ToString::to_string)
        .collect();
    let rows: Vec<[String; 4]> = genesis.rows.iter().map(cells).collect();
    for line in table::lines(["contract", "URI", "nonce", "cost"], [false, false, true, true], &rows) {
        output.result(&line);
    }
    output.result("");
    output.result(&format!("block hash  {}", hex::encode(genesis.hash)));
    output.result(&format!("state root  {}", genesis.post_state));
    for row in &genesis.rows {
        row.output.iter().for_each(|line| output.note(&format!("{}: {line}", row.contract)));
    }
    warnings.iter().for_each(|warning| output.note(&format!("warning: {warning}")));
    output.object(&Answer {
        block_hash: hex::encode(genesis.hash),
        state_root: genesis.post_state.to_string(),
        pre_state_root: genesis.pre_state.to_string(),
        shard: &parameters.shard_name,
        timestamp: parameters.deploy_timestamp,
        signed_by: (!genesis.block.sender.is_empty()).then(|| hex::encode(&genesis.block.sender)),
        out: files::name(&arguments.out),
        store: files::name(&arguments.store),
        contracts: &genesis.rows,
        warnings,
        errors: [],
    });
}

fn cells(row: &Row) -> [String; 4] {
    let nonce = row.nonce.map_or("–".to_owned(), |nonce| nonce.to_string());
    [row.contract.clone(), row.uri.clone().unwrap_or("–".to_owned()), nonce, row.cost.to_string()]
}
