//! What is kept of a deploy: everything that its outcome is a function of, and the outcome (docs/store-format.md section
//! 7). A deploy can be run again from its record alone.

use crate::error::StoreError;
use crate::hash::{StateRoot, b2b256};
use crate::history::History;
use crate::kv::{Batch, Table};

/// First byte of every record: its version.
const VERSION: u8 = 1;

/// A deploy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployRecord {
    /// The state it ran on.
    pub before: StateRoot,
    /// What ran.
    pub program: DeployProgram,
}

/// What a deploy runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeployProgram {
    /// An evaluation that nobody signed.
    Source {
        /// The source.
        source: String,
        /// The serialised random state that it starts with.
        random: Vec<u8>,
        /// The limit of phlogiston.
        phlo: i64,
        /// The deployer's public key; empty if there is none.
        deployer: Vec<u8>,
    },
    /// A signed deploy of a block.
    Signed {
        /// The hash of the block.
        block: [u8; 32],
        /// Its place in the block, from 0.
        number: u64,
        /// The deploy as the block has it.
        deploy: Vec<u8>,
    },
}

/// The outcome of a deploy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRecord {
    /// How many deploys the store had before: their order.
    pub number: u64,
    /// The state after it, if that is known: inside a block only the state after the last deploy is worked out.
    pub after: Option<StateRoot>,
    /// Phlogiston.
    pub cost: i64,
    /// Communications, if they were counted.
    pub comms: Option<u64>,
    /// Codes and messages of the errors; none means success.
    pub errors: Vec<(String, String)>,
    /// The lines that it printed.
    pub output: Vec<String>,
}

impl DeployRecord {
    /// The hash under which deploy and receipt are kept.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        b2b256(&self.to_bytes())
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        out.extend_from_slice(&self.before.0);
        match &self.program {
            DeployProgram::Source { source, random, phlo, deployer } => {
                out.push(0);
                bytes(&mut out, source.as_bytes());
                bytes(&mut out, random);
                out.extend_from_slice(&phlo.to_le_bytes());
                bytes(&mut out, deployer);
            }
            DeployProgram::Signed { block, number, deploy } => {
                out.push(1);
                out.extend_from_slice(block);
                out.extend_from_slice(&number.to_le_bytes());
                bytes(&mut out, deploy);
            }
        }
        out
    }

    fn read(input: &mut Input<'_>) -> Option<DeployRecord> {
        let before = StateRoot(input.array()?);
        let program = match input.array()? {
            [0] => DeployProgram::Source {
                source: input.text()?,
                random: input.bytes()?.to_vec(),
                phlo: i64::from_le_bytes(input.array()?),
                deployer: input.bytes()?.to_vec(),
            },
            [1] => DeployProgram::Signed {
                block: input.array()?,
                number: input.number()?,
                deploy: input.bytes()?.to_vec(),
            },
            _ => return None,
        };
        Some(DeployRecord { before, program })
    }
}

impl ReceiptRecord {
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        out.extend_from_slice(&self.number.to_le_bytes());
        out.push(u8::from(self.after.is_some()));
        out.extend(self.after.iter().flat_map(|root| root.0));
        out.extend_from_slice(&self.cost.to_le_bytes());
        out.push(u8::from(self.comms.is_some()));
        out.extend(self.comms.iter().flat_map(|comms| comms.to_le_bytes()));
        out.extend_from_slice(&(self.errors.len() as u64).to_le_bytes());
        for (code, message) in &self.errors {
            bytes(&mut out, code.as_bytes());
            bytes(&mut out, message.as_bytes());
        }
        out.extend_from_slice(&(self.output.len() as u64).to_le_bytes());
        self.output.iter().for_each(|line| bytes(&mut out, line.as_bytes()));
        out
    }

    fn read(input: &mut Input<'_>) -> Option<ReceiptRecord> {
        let number = input.number()?;
        let after = input.option(|input| input.array().map(StateRoot))?;
        let cost = i64::from_le_bytes(input.array()?);
        let comms = input.option(Input::number)?;
        let (mut errors, mut output) = (Vec::new(), Vec::new());
        for _ in 0..input.number()? {
            errors.push((input.text()?, input.text()?));
        }
        for _ in 0..input.number()? {
            output.push(input.text()?);
        }
        Some(ReceiptRecord { number, after, cost, comms, errors, output })
    }
}

impl Batch {
    /// Adds a deploy and its receipt; the hash they are kept under.
    pub fn put_deploy(&mut self, deploy: &DeployRecord, receipt: &ReceiptRecord) -> [u8; 32] {
        let hash = deploy.hash();
        self.put(Table::Deploys, hash, deploy.to_bytes());
        self.put(Table::Receipts, hash, receipt.to_bytes());
        hash
    }
}

impl History {
    /// A deploy.
    pub fn deploy(&self, hash: &[u8; 32]) -> Result<Option<DeployRecord>, StoreError> {
        self.record(Table::Deploys, hash, DeployRecord::read)
    }

    /// The receipt of a deploy.
    pub fn receipt(&self, hash: &[u8; 32]) -> Result<Option<ReceiptRecord>, StoreError> {
        self.record(Table::Receipts, hash, ReceiptRecord::read)
    }

    /// The hashes of all deploys that have a receipt, with it, in the order in which they ran.
    pub fn receipts(&self) -> Result<Vec<([u8; 32], ReceiptRecord)>, StoreError> {
        const PAGE: usize = 256;
        let mut receipts = Vec::new();
        let mut last: Option<Vec<u8>> = None;
        loop {
            let page = self.store().scan(Table::Receipts, last.as_deref(), PAGE)?;
            let Some((end, _)) = page.last() else { break };
            last = Some(end.clone());
            for (key, bytes) in page {
                let hash = key.try_into().map_err(|_| damaged("receipt"))?;
                receipts.push((hash, decode(&bytes, ReceiptRecord::read).ok_or_else(|| damaged("receipt"))?));
            }
        }
        receipts.sort_by_key(|(hash, receipt)| (receipt.number, *hash));
        Ok(receipts)
    }

    fn record<T>(
        &self,
        table: Table,
        hash: &[u8; 32],
        read: impl FnOnce(&mut Input<'_>) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let Some(bytes) = self.store().get(table, hash)? else { return Ok(None) };
        decode(&bytes, read).map(Some).ok_or_else(|| damaged(&format!("record in {table}")))
    }
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(format!("a {what} cannot be read"))
}

fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// A whole record of this version.
fn decode<T>(bytes: &[u8], read: impl FnOnce(&mut Input<'_>) -> Option<T>) -> Option<T> {
    let mut input = Input(bytes.strip_prefix(&[VERSION])?);
    read(&mut input).filter(|_| input.0.is_empty())
}

/// The rest of a record.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.array()? {
            [0] => Some(None),
            [1] => read(self).map(Some),
            _ => None,
        }
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }
}
