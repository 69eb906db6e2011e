//! The build: links a contract set, runs its deploys one after another, checks the result and assembles the block
//! (registry-genesis 4.4 to 4.8).
//!
//! Everything happens in memory; a store sees the result in one transaction, or nothing.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;

use prost::Message;
use rhodium_keys::{Algorithm, SecretKey, address_from_public_key, sign_secp256k1, system_keys};
use rhodium_machine::events::Event;
use rhodium_machine::system::BlockData;
use rhodium_machine::{Failure, Receipt, Runtime, RuntimeError, Value, Waiting};
use rhodium_registry::{Form, LONG_MAX};
use rhodium_store::{
    Batch, DeployProgram, DeployRecord, History, KeyValueStore, MemoryStore, ReceiptRecord, StateRoot, StoreError,
    Table,
};
use rhodium_term::Term;
use rhodium_term::print::print_source;
use serde::Serialize;

use crate::block::{encode_block, seal};
use crate::bonds::Bond;
use crate::contracts::ContractSet;
use crate::deploy::{DeployData, SignedDeploy};
use crate::error::{ContractError, ContractProblem, GenesisError, span_of};
use crate::evaluate;
use crate::events::encode_log;
use crate::imports::Import;
use crate::link::{LinkOptions, LinkedContract, link};
use crate::parameters::{ParameterWarning, Parameters};
use crate::schema;
use crate::vaults::{VAULT_CONTRACT, batches};
use crate::wallets::{Wallet, total_supply};

/// The head that names the current state of a store.
pub const HEAD: &str = "head";

/// The head that names the state a store started with.
pub const START: &str = "start";

/// The version in the header of a block.
pub(crate) const BLOCK_VERSION: i64 = 1;

/// The limit of genesis deploys, which pay nothing.
pub(crate) const PHLO_LIMIT: i64 = i64::MAX;

/// Longer descriptions are cut.
const MAX_SHOWN: usize = 160;

/// What a genesis is made of.
#[derive(Debug, Clone)]
pub struct BuildInput<'a> {
    /// The contracts.
    pub contracts: &'a ContractSet,
    /// The validators.
    pub bonds: Vec<Bond>,
    /// The first vaults.
    pub wallets: Vec<Wallet>,
    /// The parameters.
    pub parameters: Parameters,
    /// The form of registrations.
    pub form: Form,
    /// The key that signs the block; the network's own genesis is not signed.
    pub creator: Option<SecretKey>,
}

/// How far a build is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// The contracts are linked; so many deploys follow.
    Linked(usize),
    /// This deploy begins.
    Deploy {
        /// Its number, from 0.
        number: usize,
        /// The contract.
        name: &'a str,
    },
    /// All deploys are done; their registrations are looked up.
    Checking,
}

/// One line of the table of a genesis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The contract.
    pub contract: String,
    /// Its file.
    pub file: String,
    /// Where it is registered.
    pub uri: Option<String>,
    /// With which nonce.
    pub nonce: Option<i64>,
    /// The exported unforgeable name, in hexadecimal.
    pub name: Option<String>,
    /// Phlogiston.
    pub cost: i64,
    /// The public key of the deploy, in hexadecimal.
    pub deployer: String,
    /// The timestamp of the deploy.
    pub timestamp: i64,
    /// The signature of the deploy, in hexadecimal.
    pub deploy_id: String,
    /// What it printed.
    pub output: Vec<String>,
}

/// What the caller should be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// There are wallets, but nobody to make them.
    #[error(
        "{wallets} wallets with {total} units were checked but not minted: the set has no contract `{VAULT_CONTRACT}`"
    )]
    NotMinted {
        /// The number of wallets.
        wallets: usize,
        /// The sum of their balances.
        total: i64,
    },
    /// The bonds are in the block, but no contract knows them.
    #[error("the bonds are part of the block but of no contract: the set has no contract `PoS`")]
    NoPoS,
    /// The block has no signature.
    #[error("the block is not signed: there is no key of a creator")]
    Unsigned,
    /// About a parameter.
    #[error(transparent)]
    Parameter(ParameterWarning),
}

/// A finished genesis.
#[derive(Debug, Clone)]
pub struct Genesis {
    /// The block.
    pub block: schema::BlockMessage,
    /// Its bytes: the block file.
    pub bytes: Vec<u8>,
    /// Its hash.
    pub hash: [u8; 32],
    /// The state before the first deploy.
    pub pre_state: StateRoot,
    /// The state after the last deploy.
    pub post_state: StateRoot,
    /// The deploys, in order.
    pub rows: Vec<Row>,
    /// What the caller should be told.
    pub warnings: Vec<Warning>,
    batch: Batch,
}

impl Genesis {
    /// Puts block and state into a new store, in one transaction.
    pub fn store_in(&self, store: &Arc<dyn KeyValueStore>) -> Result<(), GenesisError> {
        ensure_new(&History::new(store.clone()))?;
        Ok(store.commit(&self.batch)?)
    }
}

/// Refuses a store that already has a state.
pub fn ensure_new(history: &History) -> Result<(), GenesisError> {
    for name in [HEAD, START] {
        if let Some(root) = history.head(name)? {
            return Err(GenesisError::NotEmpty(root));
        }
    }
    Ok(())
}

/// The state in which a contract set is registered, with default parameters and without validators and wallets. Writes
/// it to the history, but sets no head.
pub fn standard(contracts: &ContractSet, history: History, threads: NonZeroUsize) -> Result<Runtime, GenesisError> {
    let parameters = Parameters::default();
    let options = LinkOptions { form: Form::F1r3fly, parameters: &parameters, bonds: &[] };
    let linked = link(&with_batches(contracts, &[]), &options)?;
    let mut run = Run::new(history, BlockData::default(), false)?;
    run.deploys(linked, &parameters, threads, &mut |_| ())?;
    run.runtime.checkpoint()?;
    Ok(run.runtime)
}

/// Builds a genesis on up to so many threads, on which it does not depend. Nothing outside of memory is read or written.
pub fn build(
    input: &BuildInput<'_>,
    threads: NonZeroUsize,
    progress: &mut dyn FnMut(Step<'_>),
) -> Result<Genesis, GenesisError> {
    let parameters = &input.parameters;
    parameters.check(&input.bonds).map_err(GenesisError::Parameters)?;
    total_supply(&input.bonds, &input.wallets)?;
    refuse_system_keys(input)?;
    let options = LinkOptions { form: input.form, parameters, bonds: &input.bonds };
    let linked = link(&with_batches(input.contracts, &input.wallets), &options)?;
    progress(Step::Linked(linked.len()));
    let warnings = warnings(input, &linked);
    let mut run = Run::new(History::new(Arc::new(MemoryStore::new())), block_data(input), true)?;
    let pre_state = run.runtime.root();
    run.deploys(linked, parameters, threads, progress)?;
    progress(Step::Checking);
    let waiting = run.runtime.left_since(0).1;
    let post_state = run.runtime.checkpoint()?;
    run.check(post_state, &waiting)?;
    let block = assemble(input, &run, pre_state, post_state);
    let bytes = encode_block(&block);
    let mut hash = [0; 32];
    hash.copy_from_slice(&block.block_hash);
    let mut batch = batch(run.runtime.history(), post_state, &hash, &bytes)?;
    let rows: Vec<Row> = run.done.into_iter().map(Done::into_row).collect();
    put_deploys(&mut batch, &block, &hash, &rows);
    Ok(Genesis { block, bytes, hash, pre_state, post_state, rows, warnings, batch })
}

/// The set with the deploys that make the vaults, if there is a contract that can: before PoS, or at the end.
fn with_batches(contracts: &ContractSet, wallets: &[Wallet]) -> ContractSet {
    let mut files = contracts.files().to_vec();
    if files.iter().any(|file| file.name == VAULT_CONTRACT) {
        let at = files.iter().position(|file| file.name == "PoS").unwrap_or(files.len());
        files.splice(at..at, batches(wallets));
    }
    ContractSet::trusted(files)
}

/// Published keys must not own anything (registry-genesis 8.3d).
fn refuse_system_keys(input: &BuildInput<'_>) -> Result<(), GenesisError> {
    for system in system_keys() {
        let refused = |place: String| GenesisError::SystemKey { place, contract: system.name.clone() };
        let public = system.public.as_bytes();
        if let Some(k) = input.bonds.iter().position(|bond| bond.validator == public) {
            return Err(refused(format!("validator number {} of the bonds", k + 1)));
        }
        let address = address_from_public_key(public).map(|address| address.text);
        if let Some(k) = input.wallets.iter().position(|wallet| Some(&wallet.address) == address.as_ref()) {
            return Err(refused(format!("wallet number {} of the wallets", k + 1)));
        }
        if input.creator.as_ref().is_some_and(|key| key.public_key() == system.public) {
            return Err(refused("the creator of the block".to_owned()));
        }
    }
    Ok(())
}

fn warnings(input: &BuildInput<'_>, linked: &[LinkedContract]) -> Vec<Warning> {
    let has = |name: &str| linked.iter().any(|contract| contract.file.name == name);
    let mut warnings = Vec::new();
    if !input.wallets.is_empty() && !has(VAULT_CONTRACT) {
        let total = total_supply(&[], &input.wallets).unwrap_or(i64::MAX);
        warnings.push(Warning::NotMinted { wallets: input.wallets.len(), total });
    }
    if has("PoS") {
        warnings.extend(input.parameters.warnings().into_iter().map(Warning::Parameter));
    } else {
        warnings.push(Warning::NoPoS);
    }
    if input.creator.is_none() {
        warnings.push(Warning::Unsigned);
    }
    warnings
}

fn block_data(input: &BuildInput<'_>) -> BlockData {
    BlockData {
        number: input.parameters.genesis_block_number,
        timestamp: input.parameters.deploy_timestamp,
        sender: input.creator.as_ref().map(|key| key.public_key().as_bytes().to_vec()).unwrap_or_default(),
    }
}

/// The deploy of a contract.
fn deploy_of(contract: &LinkedContract, parameters: &Parameters) -> SignedDeploy {
    let data = DeployData {
        term: contract.text.to_string(),
        timestamp: contract.file.timestamp,
        phlo_price: 0,
        phlo_limit: PHLO_LIMIT,
        valid_after_block_number: 0,
        shard_id: parameters.shard_name.clone(),
        expiration_timestamp: 0,
    };
    data.sign(Algorithm::Secp256k1, &contract.file.secret)
}

/// A deploy that was evaluated.
struct Done {
    contract: LinkedContract,
    deploy: SignedDeploy,
    cost: i64,
    log: Vec<Event>,
    output: Vec<String>,
}

impl Done {
    fn new(
        contract: LinkedContract,
        deploy: SignedDeploy,
        receipt: Receipt,
        log: Vec<Event>,
    ) -> Result<Done, GenesisError> {
        if !receipt.succeeded() {
            let place = receipt.failures.iter().find_map(|failure| match failure {
                Failure::Run(error) => span_of(error.origin),
                Failure::Compile(_) => None,
            });
            let error = contract.error(ContractProblem::Failed(receipt.failures), place);
            return Err(GenesisError::Contracts(vec![error]));
        }
        let output = receipt.output.into_iter().map(|line| line.text).collect();
        Ok(Done { contract, deploy, cost: receipt.cost, log, output })
    }

    fn into_row(self) -> Row {
        Row {
            name: self.contract.exported().map(hex::encode),
            nonce: self.contract.uri.as_ref().map(|_| LONG_MAX),
            contract: self.contract.file.name,
            file: self.contract.file.path,
            uri: self.contract.uri,
            cost: self.cost,
            deployer: self.deploy.deployer().to_hex(),
            timestamp: self.deploy.data().timestamp,
            deploy_id: hex::encode(self.deploy.id()),
            output: self.output,
        }
    }
}

/// Deploys that follow each other on one state.
struct Run {
    runtime: Runtime,
    block: BlockData,
    /// Whether event logs are kept.
    logged: bool,
    done: Vec<Done>,
}

impl Run {
    fn new(history: History, block: BlockData, logged: bool) -> Result<Run, RuntimeError> {
        Ok(Run { runtime: Runtime::bootstrapped(history)?, block, logged, done: Vec::new() })
    }

    /// Evaluates the deploys of contracts; none may fail.
    fn deploys(
        &mut self,
        contracts: Vec<LinkedContract>,
        parameters: &Parameters,
        threads: NonZeroUsize,
        progress: &mut dyn FnMut(Step<'_>),
    ) -> Result<(), GenesisError> {
        let deploys: Vec<SignedDeploy> = contracts.iter().map(|contract| deploy_of(contract, parameters)).collect();
        let mut begins = |number: usize| {
            let contract = contracts.get(number);
            contract.into_iter().for_each(|contract| progress(Step::Deploy { number, name: &contract.file.name }));
        };
        let mut results = Vec::with_capacity(deploys.len());
        begins(0);
        evaluate::run_all(&mut self.runtime, deploys.iter(), &self.block, threads, self.logged, &mut |receipt, log| {
            let failed = !receipt.succeeded();
            results.push((receipt, log));
            if failed {
                return ControlFlow::Break(());
            }
            begins(results.len());
            ControlFlow::Continue(())
        });
        for ((contract, deploy), (receipt, log)) in contracts.into_iter().zip(deploys).zip(results) {
            self.done.push(Done::new(contract, deploy, receipt, log)?);
        }
        Ok(())
    }

    /// Whether everybody who is to be registered is, and nobody waits for an import (registry-genesis 4.6).
    fn check(&self, root: StateRoot, waiting: &[Waiting]) -> Result<(), GenesisError> {
        let registered: Vec<&LinkedContract> =
            self.done.iter().map(|done| &done.contract).filter(|contract| contract.uri.is_some()).collect();
        let uris: Vec<&str> = registered.iter().filter_map(|contract| contract.uri.as_deref()).collect();
        let entries = evaluate::look_up(self.runtime.history(), root, &uris)?;
        let mut errors: Vec<ContractError> = registered
            .iter()
            .zip(&entries)
            .filter_map(|(contract, entry)| check_entry(contract, entry, waiting))
            .collect();
        for Done { contract, .. } in &self.done {
            if errors.iter().any(|error| error.contract == contract.file.name) {
                continue;
            }
            if let Some(import) = contract.imports.iter().find(|import| waits(contract, import, waiting)) {
                errors.push(contract.error(ContractProblem::StillWaits(import.uri.to_string()), import.span));
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(GenesisError::Contracts(errors)) }
    }
}

fn check_entry(contract: &LinkedContract, entry: &Value, waiting: &[Waiting]) -> Option<ContractError> {
    let (uri, name) = (contract.uri.clone()?, contract.exported()?);
    let data = Term::single(Term::bundle(Term::single(Term::private(name)), true, false));
    if *entry == Value::tuple(vec![Value::Int(LONG_MAX), Value::from_term(&data)]) {
        return None;
    }
    if *entry != Value::Nil {
        return Some(contract.error(ContractProblem::WrongEntry { uri, found: shown(&entry.to_term()) }, None));
    }
    let import = contract.imports.iter().find(|import| waits(contract, import, waiting));
    let waiting = match import {
        Some(import) => vec![format!("the answer to its lookup of `{}`", import.uri)],
        None => waiting.iter().filter(|receive| listens_on(contract, receive)).map(|r| shown(&r.to_term())).collect(),
    };
    let problem = ContractProblem::NotRegistered { uri, waiting };
    Some(contract.error(problem, import.and_then(|import| import.span)))
}

/// Whether a single receive still waits for the answer to a lookup.
fn waits(contract: &LinkedContract, import: &Import, waiting: &[Waiting]) -> bool {
    let Some(name) = import.reply.and_then(|k| contract.names.get(k)) else { return false };
    waiting.iter().any(|receive| !receive.persistent && listens(receive, name))
}

fn listens_on(contract: &LinkedContract, receive: &Waiting) -> bool {
    !receive.persistent && contract.names.iter().any(|name| listens(receive, name))
}

fn listens(receive: &Waiting, name: &[u8; 32]) -> bool {
    receive.binds.iter().any(|bind| matches!(&bind.channel, Value::Name(id, _) if **id == *name))
}

fn shown(term: &Term) -> String {
    let text = print_source(term).split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", text.split_at(end).0),
        None => text,
    }
}

fn assemble(input: &BuildInput<'_>, run: &Run, pre: StateRoot, post: StateRoot) -> schema::BlockMessage {
    let parameters = &input.parameters;
    let deploy = |done: &Done| schema::ProcessedDeploy {
        deploy: Some(done.deploy.to_message()),
        // Never negative.
        cost: Some(schema::PCost { cost: done.cost.unsigned_abs() }),
        deploy_log: encode_log(&done.log),
        ..schema::ProcessedDeploy::default()
    };
    let bond = |bond: &Bond| schema::Bond { validator: bond.validator.clone(), stake: bond.stake };
    let state = schema::RChainState {
        pre_state_hash: pre.0.to_vec(),
        post_state_hash: post.0.to_vec(),
        bonds: input.bonds.iter().map(bond).collect(),
        block_number: parameters.genesis_block_number,
    };
    let deploys = run.done.iter().map(deploy).collect();
    let timestamp = parameters.deploy_timestamp;
    let mut block = schema::BlockMessage {
        header: Some(schema::Header { timestamp, version: BLOCK_VERSION, ..schema::Header::default() }),
        body: Some(schema::Body { state: Some(state), deploys, ..schema::Body::default() }),
        shard_id: parameters.shard_name.clone(),
        ..schema::BlockMessage::default()
    };
    if let Some(key) = &input.creator {
        block.sender = key.public_key().as_bytes().to_vec();
        block.sig_algorithm = Algorithm::Secp256k1.name().to_owned();
    }
    seal(&mut block);
    if let Some(key) = &input.creator {
        block.sig = sign_secp256k1(&crate::block::block_hash(&block), key);
    }
    block
}

/// Adds the deploys of a block and their receipts.
fn put_deploys(batch: &mut Batch, block: &schema::BlockMessage, hash: &[u8; 32], rows: &[Row]) {
    let Some(body) = &block.body else { return };
    let before = body.state.as_ref().and_then(|state| state.pre_state_hash.as_slice().try_into().ok());
    let before = before.map_or(StateRoot::EMPTY, StateRoot);
    for ((number, deploy), row) in (0..).zip(&body.deploys).zip(rows) {
        let signed = deploy.deploy.as_ref().map(Message::encode_to_vec).unwrap_or_default();
        let program = DeployProgram::Signed { block: *hash, number, deploy: signed };
        let receipt = ReceiptRecord {
            number,
            after: None,
            cost: row.cost,
            comms: None,
            errors: Vec::new(),
            output: row.output.clone(),
        };
        batch.put_deploy(&DeployRecord { before, program }, &receipt);
    }
}

/// Everything of the history in memory, with the block and the heads.
fn batch(history: &History, post: StateRoot, hash: &[u8; 32], block: &[u8]) -> Result<Batch, StoreError> {
    const PAGE: usize = 4096;
    let mut batch = Batch::new();
    for table in [Table::Nodes, Table::ColdValues, Table::Roots, Table::Channels] {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = history.store().scan(table, after.as_deref(), PAGE)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            for (key, value) in page {
                batch.put(table, key, value);
            }
        }
    }
    for head in [HEAD, START] {
        batch.put(Table::Heads, head, post.0);
    }
    batch.put(Table::Blocks, *hash, block);
    Ok(batch)
}
