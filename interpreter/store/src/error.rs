//! What can go wrong with a store. None of it is the fault of a Rholang program.

use crate::hash::StateRoot;
use crate::kv::Table;
use std::path::PathBuf;
use std::time::SystemTime;
use thiserror::Error;

/// Why a store refused or failed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// No state with this root was ever committed here.
    #[error("unknown state root {0}")]
    UnknownRoot(StateRoot),
    /// The directory does not exist, and creating it was not asked for.
    #[error("there is no store at {}", .0.display())]
    Missing(PathBuf),
    /// The directory exists and holds something else.
    #[error("{} is not a store of this program; it was left as it is", .0.display())]
    Foreign(PathBuf),
    /// The store was written by a newer version.
    #[error("the store at {} has format {found}, this program knows up to {supported}; it was left as it is", path.display())]
    NewerFormat {
        /// The directory.
        path: PathBuf,
        /// The format of the store.
        found: u64,
        /// The newest format this program knows.
        supported: u64,
    },
    /// Another process, or another part of this one, has the store open.
    #[error("the store at {} is in use by {holder}", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
        /// What the holder wrote about itself.
        holder: String,
        /// When the holder took it, if the system tells.
        since: Option<SystemTime>,
    },
    /// Records are to be removed while somebody reads.
    #[error("the store at {} is being read", .0.display())]
    BeingRead(PathBuf),
    /// What is stored cannot be what was written.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// A key the store cannot hold.
    #[error("a key of table {table} has 1 to {max} bytes, not {length}", max = crate::kv::MAX_KEY_LEN)]
    KeyLength {
        /// The table.
        table: Table,
        /// The length of the key.
        length: usize,
    },
    /// The file system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// The answer of the system.
        source: std::io::Error,
    },
    /// There is no room, or the device does not work. Everything that was committed before is still there.
    #[error("the disk is full or does not work: {0}; nothing was changed")]
    Disk(std::io::Error),
    /// The embedded database refused.
    #[error("the database cannot {action}: {source}")]
    Database {
        /// What was tried.
        action: &'static str,
        /// The answer of the database.
        source: lmdb::Error,
    },
}
