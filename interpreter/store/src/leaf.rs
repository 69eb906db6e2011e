//! What hangs at the leaves of the trie: keys, values and their hashes (runtime.md 6.6 and Annex C).

use crate::error::StoreError;
use crate::hash::{ValueHash, b2b256_of};

/// Bytes of a history key.
pub const KEY_LEN: usize = 33;

/// A key of the state: one byte for the kind, then a hash.
pub type HistoryKey = [u8; KEY_LEN];

/// Knows what the payload of a leaf must look like; else says why it does not.
pub type LeafCheck<'a> = &'a dyn Fn(LeafKind, &[u8]) -> Result<(), String>;

/// What a leaf is a list of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeafKind {
    /// The joins that a channel takes part in.
    Joins,
    /// The data on a channel.
    Data,
    /// The continuations waiting on a join.
    Continuations,
}

impl LeafKind {
    /// The key of the list with this channel or join hash.
    #[must_use]
    pub fn key(self, hash: &[u8; 32]) -> HistoryKey {
        let mut key = [0; KEY_LEN];
        key[0] = match self {
            LeafKind::Data => 0,
            LeafKind::Continuations => 1,
            LeafKind::Joins => 2,
        };
        key[1..].copy_from_slice(hash);
        key
    }

    /// The kind that a key belongs to.
    #[must_use]
    pub fn of_key(key: &HistoryKey) -> Option<LeafKind> {
        match key[0] {
            0 => Some(LeafKind::Data),
            1 => Some(LeafKind::Continuations),
            2 => Some(LeafKind::Joins),
            _ => None,
        }
    }

    /// The byte before the payload in the table of cold values. Not the same numbers as in keys.
    fn tag(self) -> u8 {
        match self {
            LeafKind::Joins => 0,
            LeafKind::Data => 1,
            LeafKind::Continuations => 2,
        }
    }
}

/// The hash of a leaf value with this payload.
pub(crate) fn payload_hash(payload: &[u8]) -> ValueHash {
    ValueHash(b2b256_of(&[&(payload.len() as u64).to_le_bytes(), payload]))
}

/// A value of the state. The payload is opaque here; it is never an empty list, because that is a removed key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafValue {
    /// What the payload is a list of.
    pub kind: LeafKind,
    /// The encoded list.
    pub payload: Vec<u8>,
}

impl LeafValue {
    /// The hash of the payload with its length before it. The kind is not part of it.
    #[must_use]
    pub fn hash(&self) -> ValueHash {
        payload_hash(&self.payload)
    }

    /// The bytes kept in the table of cold values.
    pub(crate) fn to_cold(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1 + self.payload.len());
        bytes.push(self.kind.tag());
        bytes.extend_from_slice(&self.payload);
        bytes
    }

    /// The kind and payload in bytes of the table of cold values.
    pub(crate) fn parse(bytes: &[u8]) -> Option<(LeafKind, &[u8])> {
        let (tag, payload) = bytes.split_first()?;
        let kinds = [LeafKind::Joins, LeafKind::Data, LeafKind::Continuations];
        Some((kinds.into_iter().find(|kind| kind.tag() == *tag)?, payload))
    }

    pub(crate) fn from_cold(mut bytes: Vec<u8>) -> Result<LeafValue, StoreError> {
        let kind = LeafValue::parse(&bytes).map(|(kind, _)| kind);
        let kind = kind.ok_or_else(|| StoreError::Damaged("a leaf value has an unknown tag".to_owned()))?;
        bytes.remove(0);
        Ok(LeafValue { kind, payload: bytes })
    }
}
