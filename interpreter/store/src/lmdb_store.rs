//! The durable store: one LMDB environment with one named database per table.

use crate::directory::Directory;
use crate::error::StoreError;
use crate::kv::{Batch, KeyValueStore, Pair, Table, check_key};
use lmdb::{Cursor, Database, DatabaseFlags, Environment, Transaction, WriteFlags};
use std::path::Path;
use std::sync::{PoisonError, RwLock};

/// The smallest memory map: enough for the empty tables.
const MIN_MAP_SIZE: usize = 1 << 20;

/// The largest memory map, far below what an address space has.
const MAX_MAP_SIZE: usize = 1 << (if usize::BITS == 64 { 44 } else { 30 });

/// How many threads may read at the same time.
const MAX_READERS: u32 = 1024;

/// How to open a store.
#[derive(Debug, Clone)]
pub struct LmdbOptions {
    /// Make the store if there is none. Without this a missing directory is an error.
    pub create: bool,
    /// Who opens it, as shown to whoever comes second: for example a process number and a host name.
    pub holder: String,
    /// First size of the memory map in bytes. It grows when it is full; the file is only as large as what is in it.
    pub map_size: usize,
}

impl LmdbOptions {
    /// Opens an existing store, on behalf of `holder`.
    #[must_use]
    pub fn existing(holder: impl Into<String>) -> LmdbOptions {
        LmdbOptions { create: false, holder: holder.into(), map_size: 1 << 28 }
    }

    /// Opens a store and makes it if need be, on behalf of `holder`.
    #[must_use]
    pub fn create(holder: impl Into<String>) -> LmdbOptions {
        LmdbOptions { create: true, ..LmdbOptions::existing(holder) }
    }
}

/// A store in a directory. There is at most one at a time for each directory.
#[derive(Debug)]
pub struct LmdbStore {
    databases: [Database; Table::ALL.len()],
    /// The size of the map. Transactions hold it for reading: the map may not be moved below them.
    map_size: RwLock<usize>,
    environment: Environment,
    /// Dropped last: the lock goes when the database is closed.
    _directory: Directory,
}

impl LmdbStore {
    /// Opens the store in a directory.
    pub fn open(path: &Path, options: &LmdbOptions) -> Result<LmdbStore, StoreError> {
        let mut directory = Directory::open(path, options.create, &options.holder)?;
        let map_size = options.map_size.clamp(MIN_MAP_SIZE, MAX_MAP_SIZE);
        let environment = Environment::new()
            .set_map_size(map_size)
            .set_max_dbs(Table::ALL.len() as u32)
            .set_max_readers(MAX_READERS)
            .open(path)
            .map_err(database_error("be opened"))?;
        // The map is at least as large as the data that is there.
        let map_size = environment.info().map_err(database_error("tell its size"))?.map_size();
        let mut databases = Vec::with_capacity(Table::ALL.len());
        for table in Table::ALL {
            let database = environment.create_db(Some(table.name()), DatabaseFlags::empty());
            databases.push(database.map_err(database_error("open a table"))?);
        }
        let databases =
            databases.try_into().map_err(|_| StoreError::Damaged("a table could not be opened".to_owned()))?;
        directory.finish()?;
        Ok(LmdbStore { databases, map_size: RwLock::new(map_size), environment, _directory: directory })
    }

    fn database(&self, table: Table) -> Database {
        self.databases[table as usize]
    }

    /// One attempt to write a batch in one transaction; leaving early aborts it.
    fn write(&self, batch: &Batch) -> Result<(), lmdb::Error> {
        let _map = self.map_size.read().unwrap_or_else(PoisonError::into_inner);
        let mut transaction = self.environment.begin_rw_txn()?;
        for (table, key, value) in batch.iter() {
            let database = self.database(table);
            let done = match value {
                Some(value) if table.is_content_addressed() => {
                    transaction.put(database, &key, &value, WriteFlags::NO_OVERWRITE)
                }
                Some(value) => transaction.put(database, &key, &value, WriteFlags::empty()),
                None => transaction.del(database, &key, None),
            };
            match done {
                // Already there, or already gone.
                Ok(()) | Err(lmdb::Error::KeyExist | lmdb::Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        transaction.commit()
    }

    /// Makes the map larger, waiting for running transactions to end.
    fn grow(&self) -> Result<(), StoreError> {
        let mut map_size = self.map_size.write().unwrap_or_else(PoisonError::into_inner);
        if *map_size >= MAX_MAP_SIZE {
            return Err(database_error("grow any more")(lmdb::Error::MapFull));
        }
        let larger = map_size.saturating_mul(2).min(MAX_MAP_SIZE);
        self.environment.set_map_size(larger).map_err(database_error("grow"))?;
        *map_size = larger;
        Ok(())
    }
}

impl KeyValueStore for LmdbStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        check_key(table, key)?;
        let _map = self.map_size.read().unwrap_or_else(PoisonError::into_inner);
        let transaction = self.environment.begin_ro_txn().map_err(database_error("be read"))?;
        match transaction.get(self.database(table), &key) {
            Ok(value) => Ok(Some(value.to_vec())),
            Err(lmdb::Error::NotFound) => Ok(None),
            Err(error) => Err(database_error("be read")(error)),
        }
    }

    fn scan(&self, table: Table, after: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>, StoreError> {
        let _map = self.map_size.read().unwrap_or_else(PoisonError::into_inner);
        let transaction = self.environment.begin_ro_txn().map_err(database_error("be read"))?;
        let mut cursor = transaction.open_ro_cursor(self.database(table)).map_err(database_error("be read"))?;
        let entries = match after {
            Some(after) if !after.is_empty() => cursor.iter_from(after),
            _ => cursor.iter_start(),
        };
        let mut pairs = Vec::new();
        for entry in entries {
            let (key, value) = entry.map_err(database_error("be read"))?;
            if pairs.len() >= limit {
                break;
            }
            if after.is_none_or(|after| key > after) {
                pairs.push((key.to_vec(), value.to_vec()));
            }
        }
        Ok(pairs)
    }

    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        batch.check_keys()?;
        loop {
            match self.write(batch) {
                Ok(()) => return Ok(()),
                Err(lmdb::Error::MapFull) => self.grow()?,
                Err(error) => return Err(database_error("be written")(error)),
            }
        }
    }
}

/// Wraps an error of the database with what was tried.
fn database_error(action: &'static str) -> impl FnOnce(lmdb::Error) -> StoreError {
    move |source| StoreError::Database { action, source }
}
