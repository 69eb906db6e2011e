//! The small trait behind which the embedded database stands.

use crate::error::StoreError;
use smallvec::SmallVec;
use std::fmt;

/// The longest key a store takes.
pub const MAX_KEY_LEN: usize = 511;

/// A namespace of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Trie nodes: node hash to encoding.
    Nodes,
    /// Leaf values: value hash to tag byte and payload.
    ColdValues,
    /// Every root ever committed; the value is empty.
    Roots,
    /// Named roots: UTF-8 name to root.
    Heads,
    /// Blocks: 32-byte hash to bytes.
    Blocks,
    /// Deploys: 32-byte hash to bytes.
    Deploys,
    /// Receipts: 32-byte hash to bytes.
    Receipts,
    /// Small facts: UTF-8 name to bytes.
    Meta,
    /// Channels that a state knows by hash alone: channel hash to the encoded channel, of which it is the BLAKE2b hash.
    Channels,
}

impl Table {
    /// All tables, in order.
    pub const ALL: [Table; 9] = [
        Table::Nodes,
        Table::ColdValues,
        Table::Roots,
        Table::Heads,
        Table::Blocks,
        Table::Deploys,
        Table::Receipts,
        Table::Meta,
        Table::Channels,
    ];

    /// The name of the table in the database. It is part of the format.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Table::Nodes => "nodes",
            Table::ColdValues => "cold",
            Table::Roots => "roots",
            Table::Heads => "heads",
            Table::Blocks => "blocks",
            Table::Deploys => "deploys",
            Table::Receipts => "receipts",
            Table::Meta => "meta",
            Table::Channels => "channels",
        }
    }

    /// The key is a hash of the value, so that what is there need not be written again.
    #[must_use]
    pub fn is_content_addressed(self) -> bool {
        matches!(self, Table::Nodes | Table::ColdValues | Table::Roots | Table::Channels)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A key in a batch; most are hashes.
type BatchKey = SmallVec<[u8; 32]>;

/// Changes that become visible together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// In the order in which they were made.
    changes: Vec<(Table, BatchKey, Option<Vec<u8>>)>,
}

impl Batch {
    /// A batch without changes.
    #[must_use]
    pub fn new() -> Batch {
        Batch::default()
    }

    /// Sets a value. Of several changes to the same key the last one counts.
    pub fn put(&mut self, table: Table, key: impl AsRef<[u8]>, value: impl Into<Vec<u8>>) {
        self.changes.push((table, BatchKey::from_slice(key.as_ref()), Some(value.into())));
    }

    /// Removes a key; it need not be there.
    pub fn delete(&mut self, table: Table, key: impl AsRef<[u8]>) {
        self.changes.push((table, BatchKey::from_slice(key.as_ref()), None));
    }

    /// The number of changes, of which several may be to one key.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The changes that count by table and key, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = (Table, &[u8], Option<&[u8]>)> {
        let mut sorted: Vec<_> = self.changes.iter().collect();
        // Stable: of several changes to one key the last one stays last.
        sorted.sort_by(|left, right| (left.0, &left.1).cmp(&(right.0, &right.1)));
        let mut sorted = sorted.into_iter().peekable();
        std::iter::from_fn(move || {
            loop {
                let change = sorted.next()?;
                if sorted.peek().is_none_or(|next| (next.0, &next.1) != (change.0, &change.1)) {
                    return Some((change.0, change.1.as_slice(), change.2.as_deref()));
                }
            }
        })
    }

    /// Refuses keys that a store cannot hold, before anything is written.
    pub(crate) fn check_keys(&self) -> Result<(), StoreError> {
        self.changes.iter().try_for_each(|(table, key, _)| check_key(*table, key))
    }
}

/// Refuses a key that a store cannot hold.
pub(crate) fn check_key(table: Table, key: &[u8]) -> Result<(), StoreError> {
    match key.len() {
        1..=MAX_KEY_LEN => Ok(()),
        length => Err(StoreError::KeyLength { table, length }),
    }
}

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// A durable map from table and key to bytes. Closing is dropping.
pub trait KeyValueStore: Send + Sync {
    /// The value of a key.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Does the key have a value?
    fn contains(&self, table: Table, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.get(table, key)?.is_some())
    }

    /// Up to `limit` pairs in ascending order of key, from the first key greater than `after`.
    fn scan(&self, table: Table, after: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>, StoreError>;

    /// The number of keys of a table.
    fn count(&self, table: Table) -> Result<u64, StoreError>;

    /// Applies all changes at once. When this returns they are durable; when it fails there is no trace of them.
    fn commit(&self, batch: &Batch) -> Result<(), StoreError>;
}
