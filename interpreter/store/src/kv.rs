//! The small trait behind which the embedded database stands.

use crate::error::StoreError;
use std::collections::BTreeMap;
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
}

impl Table {
    /// All tables, in order.
    pub const ALL: [Table; 8] = [
        Table::Nodes,
        Table::ColdValues,
        Table::Roots,
        Table::Heads,
        Table::Blocks,
        Table::Deploys,
        Table::Receipts,
        Table::Meta,
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
        }
    }

    /// The key is a hash of the value, so that what is there need not be written again.
    #[must_use]
    pub fn is_content_addressed(self) -> bool {
        matches!(self, Table::Nodes | Table::ColdValues | Table::Roots)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Changes that become visible together or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    changes: BTreeMap<(Table, Vec<u8>), Option<Vec<u8>>>,
}

impl Batch {
    /// A batch without changes.
    #[must_use]
    pub fn new() -> Batch {
        Batch::default()
    }

    /// Sets a value. Of several changes to the same key the last one counts.
    pub fn put(&mut self, table: Table, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.changes.insert((table, key.into()), Some(value.into()));
    }

    /// Removes a key; it need not be there.
    pub fn delete(&mut self, table: Table, key: impl Into<Vec<u8>>) {
        self.changes.insert((table, key.into()), None);
    }

    /// The number of keys changed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The changes by table and key, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = (Table, &[u8], Option<&[u8]>)> {
        self.changes.iter().map(|((table, key), value)| (*table, key.as_slice(), value.as_deref()))
    }

    /// Refuses keys that a store cannot hold, before anything is written.
    pub(crate) fn check_keys(&self) -> Result<(), StoreError> {
        for (table, key, _) in self.iter() {
            check_key(table, key)?;
        }
        Ok(())
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

    /// Applies all changes at once. When this returns they are durable; when it fails there is no trace of them.
    fn commit(&self, batch: &Batch) -> Result<(), StoreError>;
}
