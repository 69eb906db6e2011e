//! The store that forgets: for tests, for evaluation without a data directory, and as a reference for the other one.

use crate::error::StoreError;
use crate::kv::{Batch, KeyValueStore, Pair, Table, check_key};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

type Tables = BTreeMap<Table, BTreeMap<Vec<u8>, Vec<u8>>>;

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: RwLock<Tables>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    fn read<T>(&self, action: impl FnOnce(&Tables) -> T) -> T {
        // A poisoned lock still guards consistent data: no code that can panic runs while it is held for writing.
        action(&self.tables.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl KeyValueStore for MemoryStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        check_key(table, key)?;
        Ok(self.read(|tables| tables.get(&table)?.get(key).cloned()))
    }

    fn scan(&self, table: Table, after: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>, StoreError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self.read(|tables| {
            let Some(entries) = tables.get(&table) else { return Vec::new() };
            let range = entries.range::<[u8], _>((from, Bound::Unbounded));
            range.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect()
        }))
    }

    fn count(&self, table: Table) -> Result<u64, StoreError> {
        Ok(self.read(|tables| tables.get(&table).map_or(0, |entries| entries.len() as u64)))
    }

    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        batch.check_keys()?;
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        for (table, key, value) in batch.iter() {
            let entries = tables.entry(table).or_default();
            match value {
                Some(value) => entries.insert(key.to_vec(), value.to_vec()),
                None => entries.remove(key),
            };
        }
        Ok(())
    }
}
