//! A state as a file: written from a store, and read into another one with every byte checked (docs/store-format.md
//! section 5). Neither way is more in memory than one leaf and one transaction.

use crate::builder::Builder;
use crate::error::StoreError;
use crate::hash::{NodeHash, StateRoot, ValueHash, b2b256};
use crate::history::History;
use crate::kv::{Batch, Table};
use crate::leaf::{HistoryKey, KEY_LEN, LeafCheck, LeafKind, LeafValue, payload_hash};
use crate::snapshot::Snapshot;
use std::io::{self, Read, Write};
use thiserror::Error;

/// The first bytes of a file.
const TITLE: &[u8; 16] = b"rhodium-state 1\n";

/// First byte of a record that names the channel of the leaf before it; leaves begin with smaller ones.
const CHANNEL: u8 = 0x03;

/// First byte of the last record.
const END: u8 = 0xff;

/// So many bytes go into one transaction.
const BATCH_BYTES: usize = 16 << 20;

/// Why a state could not be written to a file or read from one.
#[derive(Debug, Error)]
pub enum TransferError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file.
    #[error("{0}")]
    File(#[from] io::Error),
    /// The file is not of this format.
    #[error("it is not a state exported by this version of the program or an earlier one")]
    Foreign,
    /// The file is not what was exported.
    #[error("it was altered or cut: {0}")]
    Altered(String),
}

/// What was written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transferred {
    /// The root of the state.
    pub root: StateRoot,
    /// The number of its leaves.
    pub leaves: u64,
    /// The bytes of the file so far.
    pub bytes: u64,
}

impl Snapshot {
    /// Writes the state to a file; `progress` is told how far it is after every leaf.
    pub fn export(
        &self,
        out: &mut dyn Write,
        progress: &mut dyn FnMut(&Transferred),
    ) -> Result<Transferred, TransferError> {
        let mut done = Transferred { root: self.root(), leaves: 0, bytes: 0 };
        let mut put = |done: &mut Transferred, parts: &[&[u8]]| -> Result<(), TransferError> {
            for part in parts {
                out.write_all(part)?;
                done.bytes += part.len() as u64;
            }
            Ok(())
        };
        put(&mut done, &[TITLE, &self.root().0])?;
        for leaf in self.leaves() {
            let (key, hash) = leaf?;
            let payload = self.value(&key, hash)?.payload;
            if payload_hash(&payload) != hash {
                return Err(StoreError::Damaged(format!("leaf value {hash} has another hash")).into());
            }
            put(&mut done, &[&key, &hash.0, &length(&payload), &payload])?;
            if LeafKind::of_key(&key) == Some(LeafKind::Data)
                && let Some(channel) = self.channel(&hash_of(&key))?
            {
                put(&mut done, &[&[CHANNEL], &length(&channel), &channel])?;
            }
            done.leaves += 1;
            progress(&done);
        }
        let leaves = done.leaves;
        put(&mut done, &[&[END], &leaves.to_le_bytes()])?;
        out.flush()?;
        Ok(done)
    }
}

/// Reads a file to its end without writing anything anywhere, and checks every byte of it. `check` knows what a leaf's
/// payload must look like.
pub fn check_export(
    file: &mut dyn Read,
    check: LeafCheck<'_>,
    progress: &mut dyn FnMut(&Transferred),
) -> Result<Transferred, TransferError> {
    read_state(file, check, &mut |_| Ok(()), progress)
}

impl History {
    /// Reads a state from a file. Only when all of it is there and right, its root is written, and the heads named
    /// point to it. When this fails or is interrupted, records may be left that nothing refers to: check the file
    /// first, and collect afterwards.
    pub fn import(
        &self,
        file: &mut dyn Read,
        heads: &[&str],
        progress: &mut dyn FnMut(&Transferred),
    ) -> Result<Transferred, TransferError> {
        let (mut batch, mut size) = (Batch::new(), 0);
        let done = read_state(
            file,
            &|_, _| Ok(()),
            &mut |(table, key, value)| {
                size += key.len() + value.len();
                batch.put(table, key, value);
                if size >= BATCH_BYTES {
                    self.store().commit(&std::mem::take(&mut batch))?;
                    size = 0;
                }
                Ok(())
            },
            progress,
        )?;
        batch.put(Table::Roots, done.root.0, []);
        heads.iter().for_each(|head| batch.put(Table::Heads, head, done.root.0));
        self.store().commit(&batch)?;
        Ok(done)
    }
}

/// A record of the store that belongs to the state.
type Row = (Table, [u8; 32], Vec<u8>);

/// Reads a file and gives what belongs into a store to `keep`.
fn read_state(
    file: &mut dyn Read,
    check: LeafCheck<'_>,
    keep: &mut dyn FnMut(Row) -> Result<(), StoreError>,
    progress: &mut dyn FnMut(&Transferred),
) -> Result<Transferred, TransferError> {
    let mut input = Input { file, bytes: 0 };
    let title = input.array::<16>().map_err(|error| match error {
        TransferError::Altered(_) => TransferError::Foreign,
        error => error,
    })?;
    if title != *TITLE {
        return Err(TransferError::Foreign);
    }
    let root = StateRoot(input.array()?);
    let mut builder = Builder::new();
    let mut nodes: Vec<(NodeHash, Vec<u8>)> = Vec::new();
    let (mut leaves, mut last): (u64, Option<HistoryKey>) = (0, None);
    loop {
        let [first] = input.array()?;
        match first {
            END => break,
            CHANNEL => {
                let channel = input.vector()?;
                let hash = last.take().filter(|key| LeafKind::of_key(key) == Some(LeafKind::Data));
                let hash = hash.map(|key| hash_of(&key)).filter(|hash| *hash == b2b256(&channel));
                let hash =
                    hash.ok_or_else(|| altered(format!("the channel named after leaf {leaves} is not its channel")))?;
                keep((Table::Channels, hash, channel))?;
            }
            _ => {
                let (key, hash, payload) = read_leaf(&mut input, first, leaves, check)?;
                if !builder.add(key, hash, &mut |hash, bytes| nodes.push((hash, bytes)))? {
                    return Err(altered(format!("leaf {leaves}, {}, is not in order", shown(&key))));
                }
                let value = LeafValue { kind: LeafKind::of_key(&key).unwrap_or(LeafKind::Data), payload };
                keep((Table::ColdValues, hash.0, value.to_cold()))?;
                last = Some(key);
                leaves += 1;
                progress(&Transferred { root, leaves, bytes: input.bytes });
            }
        }
        nodes.drain(..).try_for_each(|(hash, bytes)| keep((Table::Nodes, hash.0, bytes)))?;
    }
    let stated = u64::from_le_bytes(input.array()?);
    if stated != leaves {
        return Err(altered(format!("there are {leaves} leaves, and {stated} were written")));
    }
    input.end()?;
    let built = builder.finish(&mut |hash, bytes| nodes.push((hash, bytes)))?;
    if built != root {
        return Err(altered(format!("its leaves have the root {built}, and it says {root}")));
    }
    nodes.drain(..).try_for_each(|(hash, bytes)| keep((Table::Nodes, hash.0, bytes)))?;
    Ok(Transferred { root, leaves, bytes: input.bytes })
}

fn read_leaf(
    input: &mut Input<'_>,
    first: u8,
    number: u64,
    check: LeafCheck<'_>,
) -> Result<(HistoryKey, ValueHash, Vec<u8>), TransferError> {
    let mut key: HistoryKey = [first; KEY_LEN];
    key[1..].copy_from_slice(&input.array::<32>()?);
    let kind = LeafKind::of_key(&key);
    let kind = kind.ok_or_else(|| altered(format!("the record after {number} leaves begins with {first:02x}")))?;
    let hash = ValueHash(input.array()?);
    let payload = input.vector()?;
    if payload_hash(&payload) != hash {
        return Err(altered(format!("leaf {number}, {}, has other content than its hash says", shown(&key))));
    }
    check(kind, &payload)
        .map_err(|reason| altered(format!("leaf {number}, {}, cannot be read: {reason}", shown(&key))))?;
    Ok((key, hash, payload))
}

/// A file with the number of bytes that were read.
struct Input<'a> {
    file: &'a mut dyn Read,
    bytes: u64,
}

impl Input<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], TransferError> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes).map_err(|error| self.failed(error))?;
        self.bytes += N as u64;
        Ok(bytes)
    }

    /// A length and so many bytes. Memory grows with what is there, not with what the length says.
    fn vector(&mut self) -> Result<Vec<u8>, TransferError> {
        let length = u64::from_le_bytes(self.array()?);
        let mut bytes = Vec::new();
        let read = (&mut *self.file).take(length).read_to_end(&mut bytes)?;
        self.bytes += read as u64;
        if (read as u64) < length {
            return Err(self.failed(io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(bytes)
    }

    fn end(&mut self) -> Result<(), TransferError> {
        match self.file.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(altered(format!("there is more after its end at byte {}", self.bytes))),
            Err(error) => Err(error.into()),
        }
    }

    fn failed(&self, error: io::Error) -> TransferError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                altered(format!("it ends within the record that goes on at {}", self.bytes))
            }
            _ => error.into(),
        }
    }
}

fn altered(what: String) -> TransferError {
    TransferError::Altered(what)
}

fn length(bytes: &[u8]) -> [u8; 8] {
    (bytes.len() as u64).to_le_bytes()
}

fn hash_of(key: &HistoryKey) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(&key[1..]);
    hash
}

/// A key in words.
fn shown(key: &HistoryKey) -> String {
    let what = match LeafKind::of_key(key) {
        Some(LeafKind::Data) => "the data of channel",
        Some(LeafKind::Continuations) => "the continuations of join",
        Some(LeafKind::Joins) => "the joins of channel",
        None => "key",
    };
    format!("{what} {}", hex::encode(&key[1..]))
}
