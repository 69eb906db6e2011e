//! The durable store: one LMDB environment with one named database per table.

use crate::directory::Directory;
use crate::error::StoreError;
use crate::kv::{Batch, KeyValueStore, Pair, Table, check_key};
use lmdb::{Cursor, Database, DatabaseFlags, Environment, EnvironmentFlags, RoTransaction, Transaction, WriteFlags};
use std::path::Path;
use std::sync::{PoisonError, RwLock};

/// The smallest memory map: enough for the empty tables.
const MIN_MAP_SIZE: usize = 1 << 20;

/// The largest memory map, far below what an address space has.
const MAX_MAP_SIZE: usize = 1 << (if usize::BITS == 64 { 44 } else { 30 });

/// How many threads may read at the same time.
const MAX_READERS: u32 = 1024;

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To read, also while somebody else writes. A missing store is an error.
    Read,
    /// To read and write: one at a time. A missing store is an error.
    Write,
    /// To read and write; the store is made if there is none.
    Create,
    /// To read, write and remove records that others might be reading: nobody else may have the store open.
    Alone,
}

/// How to open a store.
#[derive(Debug, Clone)]
pub struct LmdbOptions {
    /// What for.
    pub access: Access,
    /// Who opens it, as shown to whoever comes second: for example a process number and a host name.
    pub holder: String,
    /// First size of the memory map in bytes. It grows when it is full; the file is only as large as what is in it.
    pub map_size: usize,
}

impl LmdbOptions {
    /// Opens a store for `access`, on behalf of `holder`.
    #[must_use]
    pub fn new(access: Access, holder: impl Into<String>) -> LmdbOptions {
        LmdbOptions { access, holder: holder.into(), map_size: 1 << 28 }
    }

    /// Opens an existing store to write, on behalf of `holder`.
    #[must_use]
    pub fn existing(holder: impl Into<String>) -> LmdbOptions {
        LmdbOptions::new(Access::Write, holder)
    }

    /// Opens a store and makes it if need be, on behalf of `holder`.
    #[must_use]
    pub fn create(holder: impl Into<String>) -> LmdbOptions {
        LmdbOptions::new(Access::Create, holder)
    }

    /// Opens an existing store to read.
    #[must_use]
    pub fn read() -> LmdbOptions {
        LmdbOptions::new(Access::Read, "")
    }
}

/// A store in a directory. At most one at a time for each directory can write.
#[derive(Debug)]
pub struct LmdbStore {
    /// A store that is only read may lack tables that came later than it.
    databases: [Option<Database>; Table::ALL.len()],
    /// The size of the map. Transactions hold it for reading: the map may not be moved below them.
    map_size: RwLock<usize>,
    environment: Environment,
    /// Dropped last: the lock goes when the database is closed.
    _directory: Directory,
}

impl LmdbStore {
    /// Opens the store in a directory.
    pub fn open(path: &Path, options: &LmdbOptions) -> Result<LmdbStore, StoreError> {
        let mut directory = match options.access {
            Access::Read => Directory::read(path)?,
            access => Directory::open(path, access == Access::Create, &options.holder)?,
        };
        if options.access == Access::Alone {
            directory.exclude_readers()?;
        }
        let writes = options.access != Access::Read;
        let flags = if writes { EnvironmentFlags::empty() } else { EnvironmentFlags::READ_ONLY };
        let environment = Environment::new()
            .set_flags(flags)
            .set_map_size(options.map_size.clamp(MIN_MAP_SIZE, MAX_MAP_SIZE))
            .set_max_dbs(Table::ALL.len() as u32)
            .set_max_readers(MAX_READERS)
            .open(path)
            .map_err(database_error("be opened"))?;
        // The map is at least as large as the data that is there.
        let info = environment.info().map_err(database_error("tell its size"))?;
        if writes {
            let page_size = environment.stat().map_err(database_error("tell its size"))?.page_size();
            directory.extend_data((info.last_pgno() as u64 + 1).saturating_mul(u64::from(page_size)))?;
        }
        let mut databases = [None; Table::ALL.len()];
        for table in Table::ALL {
            databases[table as usize] = open_table(&environment, table, writes)?;
        }
        directory.finish()?;
        Ok(LmdbStore { databases, map_size: RwLock::new(info.map_size()), environment, _directory: directory })
    }

    /// One attempt to write a batch in one transaction; leaving early aborts it.
    fn write(&self, batch: &Batch) -> Result<(), lmdb::Error> {
        let _map = self.map_size.read().unwrap_or_else(PoisonError::into_inner);
        let mut transaction = self.environment.begin_rw_txn()?;
        for (table, key, value) in batch.iter() {
            let database = self.databases[table as usize].ok_or(lmdb::Error::BadDbi)?;
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

    /// One read transaction. The action gets nothing where the store has no such table.
    fn read<T: Default>(
        &self,
        table: Table,
        action: impl Fn(&RoTransaction<'_>, Database) -> Result<T, lmdb::Error>,
    ) -> Result<T, StoreError> {
        let Some(database) = self.databases[table as usize] else { return Ok(T::default()) };
        loop {
            let map = self.map_size.read().unwrap_or_else(PoisonError::into_inner);
            match self.environment.begin_ro_txn().and_then(|transaction| action(&transaction, database)) {
                Ok(found) => return Ok(found),
                Err(lmdb::Error::MapResized) => {
                    drop(map);
                    self.follow()?;
                }
                Err(error) => return Err(database_error("be read")(error)),
            }
        }
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

    /// Makes the map as large as another process has made it.
    fn follow(&self) -> Result<(), StoreError> {
        let mut map_size = self.map_size.write().unwrap_or_else(PoisonError::into_inner);
        self.environment.set_map_size(0).map_err(database_error("grow"))?;
        *map_size = self.environment.info().map_err(database_error("tell its size"))?.map_size();
        Ok(())
    }
}

/// Opens a table, and makes it if it is missing and the store is written.
fn open_table(environment: &Environment, table: Table, writes: bool) -> Result<Option<Database>, StoreError> {
    let opened = match writes {
        true => environment.create_db(Some(table.name()), DatabaseFlags::empty()),
        false => environment.open_db(Some(table.name())),
    };
    match opened {
        Ok(database) => Ok(Some(database)),
        Err(lmdb::Error::NotFound) if !writes => Ok(None),
        Err(error) => Err(database_error("open a table")(error)),
    }
}

impl KeyValueStore for LmdbStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        check_key(table, key)?;
        self.read(table, |transaction, database| match transaction.get(database, &key) {
            Ok(value) => Ok(Some(value.to_vec())),
            Err(lmdb::Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        })
    }

    fn scan(&self, table: Table, after: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.read(table, |transaction, database| {
            let mut cursor = transaction.open_ro_cursor(database)?;
            let entries = match after {
                Some(after) if !after.is_empty() => cursor.iter_from(after),
                _ => cursor.iter_start(),
            };
            let mut pairs = Vec::new();
            for entry in entries {
                let (key, value) = entry?;
                if pairs.len() >= limit {
                    break;
                }
                if after.is_none_or(|after| key > after) {
                    pairs.push((key.to_vec(), value.to_vec()));
                }
            }
            Ok(pairs)
        })
    }

    fn count(&self, table: Table) -> Result<u64, StoreError> {
        self.read(table, |transaction, database| Ok(transaction.stat(database)?.entries() as u64))
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

/// Sorts an error of the database, and adds what was tried.
fn database_error(action: &'static str) -> impl FnOnce(lmdb::Error) -> StoreError {
    move |source| match source {
        lmdb::Error::Corrupted | lmdb::Error::PageNotFound | lmdb::Error::CursorFull => {
            StoreError::Damaged(format!("the database cannot {action}: {source}"))
        }
        lmdb::Error::Other(number) if action == "be written" => {
            StoreError::Disk(std::io::Error::from_raw_os_error(number))
        }
        source => StoreError::Database { action, source },
    }
}
