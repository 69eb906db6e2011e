//! Verification: runs a genesis block again from nothing, as its event logs say, and lists what differs (registry-genesis
//! 4.9, runtime.md 6.9).

use std::sync::Arc;

use rhodium_keys::{PublicKey, is_system_key, system_keys};
use rhodium_machine::events::{Expected, Mismatch};
use rhodium_machine::system::BlockData;
use rhodium_machine::{Failure, Receipt, Runtime, RuntimeError};
use rhodium_store::{History, MemoryStore};
use serde::Serialize;

use crate::assemble::{BLOCK_VERSION, Genesis, PHLO_LIMIT};
use crate::block::{BlockError, decode_block};
use crate::deploy::SignedDeploy;
use crate::evaluate;
use crate::events::decode_log;
use crate::schema;

/// Longer values are cut.
const MAX_SHOWN: usize = 200;

/// The code of a block that is not what running it again gives.
pub const DIFFERS: &str = "E0557";

/// The code of an event log that is not that of its deploy.
pub const LOG_DIFFERS: &str = "E0558";

/// Why there is nothing to compare.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The file is no intact block.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// The state cannot be made.
    #[error(transparent)]
    State(#[from] RuntimeError),
}

/// Something that is not as the block says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// [`DIFFERS`] or [`LOG_DIFFERS`].
    pub code: &'static str,
    /// The deploy, by its number and, if the key is known, the contract's name.
    pub deploy: Option<String>,
    /// What differs.
    pub field: String,
    /// What the block says.
    pub stated: String,
    /// What it should be.
    pub expected: String,
    /// Where in the terms of the deploys the event comes from that is not in a log.
    pub place: Option<String>,
}

/// A deploy that was run again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyRow {
    /// The contract, if the key is a known one.
    pub contract: Option<String>,
    /// Its public key, in hexadecimal.
    pub deployer: String,
    /// Its timestamp.
    pub timestamp: i64,
    /// The cost of running it again.
    pub cost: i64,
    /// The number of events in its log.
    pub events: usize,
}

/// The outcome of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// The hash of the block, which is that of its content.
    pub hash: String,
    /// The public key that signed it, if it is signed.
    pub creator: Option<String>,
    /// The state before the deploys, as it was found.
    pub pre_state: String,
    /// The state after the deploys, as it was found.
    pub post_state: String,
    /// The deploys.
    pub deploys: Vec<VerifyRow>,
    /// What differs; nothing if all is well.
    pub differences: Vec<Difference>,
}

impl VerifyReport {
    /// Whether the block is what it says.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Verifies the bytes of a block file by running it again; with `local`, also that it is the genesis built from local
/// inputs.
pub fn verify(bytes: &[u8], local: Option<&Genesis>) -> Result<VerifyReport, VerifyError> {
    let block = decode_block(bytes)?;
    let mut check = Check::default();
    check.frame(&block);
    let history = History::new(Arc::new(MemoryStore::new()));
    let mut runtime = Runtime::bootstrapped(history)?;
    let body = block.body.clone().unwrap_or_default();
    let state = body.state.clone().unwrap_or_default();
    let pre_state = runtime.root().to_string();
    check.equal("preStateHash", hex::encode(&state.pre_state_hash), pre_state.clone());
    let context = BlockData {
        number: state.block_number,
        timestamp: block.header.as_ref().map_or(0, |header| header.timestamp),
        sender: block.sender.clone(),
    };
    let mut deploys = Vec::new();
    for (number, processed) in body.deploys.iter().enumerate() {
        check.deploy = Some(label(number, processed));
        deploys.extend(check.run(&mut runtime, &body.deploys, number, &context, &block.shard_id));
    }
    check.deploy = None;
    let post_state = runtime.checkpoint()?.to_string();
    check.equal("postStateHash", hex::encode(&state.post_state_hash), post_state.clone());
    if let Some(local) = local {
        check.compare(&block, &local.block);
    }
    let creator = (!block.sender.is_empty()).then(|| hex::encode(&block.sender));
    let hash = hex::encode(&block.block_hash);
    Ok(VerifyReport { hash, creator, pre_state, post_state, deploys, differences: check.differences })
}

/// The name of the contract that a deploy belongs to, if the key is a known one.
fn contract_of(deploy: &schema::DeployData) -> Option<&'static str> {
    let known = system_keys().iter().find(|key| key.public.as_bytes().as_slice() == deploy.deployer);
    known.map(|key| key.name.as_str())
}

fn label(number: usize, processed: &schema::ProcessedDeploy) -> String {
    match processed.deploy.as_ref().and_then(contract_of) {
        Some(contract) => format!("{number} ({contract})"),
        None => number.to_string(),
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", text.split_at(end).0),
        None => text,
    }
}

/// The comparisons so far.
#[derive(Default)]
struct Check {
    deploy: Option<String>,
    differences: Vec<Difference>,
}

impl Check {
    fn differs(&mut self, field: &str, stated: String, expected: String) {
        let (stated, expected) = (cut(stated), cut(expected));
        self.add(DIFFERS, field.to_owned(), stated, expected, None);
    }

    fn add(&mut self, code: &'static str, field: String, stated: String, expected: String, place: Option<String>) {
        let difference = Difference { code, deploy: self.deploy.clone(), field, stated, expected, place };
        // A comparison with local inputs may find again what the rules have found.
        if !self.differences.contains(&difference) {
            self.differences.push(difference);
        }
    }

    fn equal<T: PartialEq + ToString>(&mut self, field: &str, stated: T, expected: T) {
        if stated != expected {
            self.differs(field, stated.to_string(), expected.to_string());
        }
    }

    /// What every genesis has, apart from its deploys.
    fn frame(&mut self, block: &schema::BlockMessage) {
        let header = block.header.clone().unwrap_or_default();
        let body = block.body.clone().unwrap_or_default();
        self.equal("version", header.version, BLOCK_VERSION);
        self.equal("seqNum", block.seq_num, 0);
        self.equal("number of parents", header.parents_hash_list.len(), 0);
        self.equal("number of system deploys", body.system_deploys.len(), 0);
        self.equal("number of rejected deploys", body.rejected_deploys.len(), 0);
        let merged = body.applied_from_scope.len() + body.merge_base.len();
        self.equal("merge data", merged, 0);
        let extra = block.extra_bytes.len() + header.extra_bytes.len() + body.extra_bytes.len();
        self.equal("extra bytes", extra, 0);
        if block.shard_id.is_empty() {
            self.differs("shardId", String::new(), "a name".to_owned());
        }
        self.bonds(&body.state.unwrap_or_default().bonds);
    }

    fn bonds(&mut self, bonds: &[schema::Bond]) {
        if bonds.is_empty() {
            self.differs("bonds", "none".to_owned(), "at least one".to_owned());
        }
        if !bonds.is_sorted_by(|a, b| a.validator < b.validator) {
            self.differs(
                "bonds",
                "not sorted by key, or a key twice".to_owned(),
                "sorted, without duplicates".to_owned(),
            );
        }
        for bond in bonds {
            let key = hex::encode(&bond.validator);
            match PublicKey::from_bytes(&bond.validator) {
                Ok(public) if bond.validator.len() == 65 && !is_system_key(&public) => {}
                Ok(_) => self.differs("validator", key.clone(), "a long key whose secret is not published".to_owned()),
                Err(error) => self.differs("validator", key.clone(), format!("a public key ({error})")),
            }
            if bond.stake < 1 {
                self.differs("stake", format!("{} of {key}", bond.stake), "at least 1".to_owned());
            }
        }
    }

    /// Runs one deploy again.
    fn run(
        &mut self,
        runtime: &mut Runtime,
        deploys: &[schema::ProcessedDeploy],
        number: usize,
        block: &BlockData,
        shard: &str,
    ) -> Option<VerifyRow> {
        let processed = &deploys[number];
        let message = processed.deploy.clone().unwrap_or_default();
        let deploy = match SignedDeploy::from_message(&message) {
            Ok(deploy) => deploy,
            Err(error) => {
                self.differs("signature", error.to_string(), "a valid signature of the deploy".to_owned());
                return None;
            }
        };
        if deploy.to_message() != message {
            self.differs("unsigned fields", "present".to_owned(), "none".to_owned());
        }
        let data = deploy.data();
        self.equal("phloPrice", data.phlo_price, 0);
        self.equal("phloLimit", data.phlo_limit, PHLO_LIMIT);
        self.equal("validAfterBlockNumber", data.valid_after_block_number, 0);
        self.equal("expirationTimestamp", data.expiration_timestamp, 0);
        self.equal("shardId", data.shard_id.as_str(), shard);
        self.equal("systemDeployError", processed.system_deploy_error.as_str(), "");
        let receipt = self.replay(runtime, &deploy, deploys, number, block);
        let stated = processed.cost.unwrap_or_default().cost;
        self.equal("cost", stated, receipt.cost.unsigned_abs());
        self.equal("errored", processed.errored, !receipt.succeeded());
        if let Some(failure) = receipt.failures.first() {
            let reason = match failure {
                Failure::Compile(error) => error.to_string(),
                Failure::Run(error) => format!("{}: {}", error.kind.name(), error.message),
            };
            self.differs("outcome", reason, "success: no deploy of a genesis may fail".to_owned());
        }
        Some(VerifyRow {
            contract: contract_of(&message).map(str::to_owned),
            deployer: hex::encode(&message.deployer),
            timestamp: data.timestamp,
            cost: receipt.cost,
            events: processed.deploy_log.len(),
        })
    }

    /// Runs a deploy as its log says. If that is not its log the deploy runs once more without it, so that the rest of
    /// the block can be compared.
    fn replay(
        &mut self,
        runtime: &mut Runtime,
        deploy: &SignedDeploy,
        deploys: &[schema::ProcessedDeploy],
        number: usize,
        block: &BlockData,
    ) -> Receipt {
        let source = u32::try_from(number + 1).unwrap_or(0);
        match decode_log(&deploys[number].deploy_log) {
            Err(error) => {
                let expected = "the log of this deploy".to_owned();
                self.add(LOG_DIFFERS, "event log".to_owned(), error.to_string(), expected, None);
            }
            Ok(log) => match evaluate::replay(runtime, deploy, block, source, &log) {
                Ok(receipt) => return receipt,
                Err(mismatch) => self.log_differs(*mismatch, deploys),
            },
        }
        evaluate::run(runtime, deploy, block, source)
    }

    fn log_differs(&mut self, mismatch: Mismatch, deploys: &[schema::ProcessedDeploy]) {
        let Mismatch { expected, found, origin } = mismatch;
        let field = match &expected {
            Some(Expected { position, .. }) => format!("event {} of the log", position + 1),
            None => "event log".to_owned(),
        };
        let stated = expected.map_or_else(|| "no such event".to_owned(), |expected| expected.event.to_string());
        let found = found.map_or_else(|| "no such event".to_owned(), |event| event.to_string());
        let place = || {
            let at = usize::try_from(origin.source).ok().filter(|_| origin.is_known())?.checked_sub(1)?;
            let before = deploys.get(at)?.deploy.as_ref()?.term.get(..origin.start as usize)?;
            Some(format!("line {} of deploy {}", before.matches('\n').count() + 1, label(at, &deploys[at])))
        };
        self.add(LOG_DIFFERS, field, stated, found, place());
    }

    /// Compares with a block that was built here.
    fn compare(&mut self, block: &schema::BlockMessage, local: &schema::BlockMessage) {
        let (body, own) = (block.body.clone().unwrap_or_default(), local.body.clone().unwrap_or_default());
        let (state, own_state) = (body.state.unwrap_or_default(), own.state.unwrap_or_default());
        let time = |block: &schema::BlockMessage| block.header.as_ref().map_or(0, |header| header.timestamp);
        self.equal("local: shardId", block.shard_id.as_str(), local.shard_id.as_str());
        self.equal("local: timestamp", time(block), time(local));
        self.equal("local: blockNumber", state.block_number, own_state.block_number);
        self.equal("local: sender", hex::encode(&block.sender), hex::encode(&local.sender));
        self.compare_bonds(&state.bonds, &own_state.bonds);
        self.equal("local: number of deploys", body.deploys.len(), own.deploys.len());
        for (number, (stated, own)) in body.deploys.iter().zip(&own.deploys).enumerate() {
            self.deploy = Some(label(number, own));
            let (stated, own) = (stated.deploy.clone().unwrap_or_default(), own.deploy.clone().unwrap_or_default());
            self.equal("local: deployer", hex::encode(&stated.deployer), hex::encode(&own.deployer));
            self.equal("local: timestamp", stated.timestamp, own.timestamp);
            self.compare_text(&stated.term, &own.term);
            self.equal("local: signature", hex::encode(&stated.sig), hex::encode(&own.sig));
        }
        self.deploy = None;
        self.equal(
            "local: postStateHash",
            hex::encode(&state.post_state_hash),
            hex::encode(&own_state.post_state_hash),
        );
    }

    fn compare_bonds(&mut self, stated: &[schema::Bond], own: &[schema::Bond]) {
        let stake = |bonds: &[schema::Bond], key: &[u8]| bonds.iter().find(|b| b.validator == key).map(|b| b.stake);
        let show = |stake: Option<i64>| stake.map_or("none".to_owned(), |stake| stake.to_string());
        let mut keys: Vec<&[u8]> = stated.iter().chain(own).map(|bond| bond.validator.as_slice()).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let field = format!("local: bond of {}", hex::encode(key));
            self.equal(&field, show(stake(stated, key)), show(stake(own, key)));
        }
    }

    /// The first line that differs.
    fn compare_text(&mut self, stated: &str, own: &str) {
        if stated == own {
            return;
        }
        let same = stated.split('\n').zip(own.split('\n')).take_while(|(a, b)| a == b).count();
        let line = |text: &str| text.split('\n').nth(same).unwrap_or("end of the text").to_owned();
        self.differs(&format!("local: text, line {}", same + 1), line(stated), line(own));
    }
}
