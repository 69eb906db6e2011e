//! The directory of a store: whose it is, which format it has, and who may write (docs/store-format.md section 1).

use crate::error::StoreError;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The newest format this program knows, and the one it writes.
const FORMAT: u64 = 1;

/// First words of the format file.
const FORMAT_TITLE: &str = "rhodium-store ";

/// First line of the lock file.
const LOCK_TITLE: &str = "rhodium-store lock\n";

const FORMAT_FILE: &str = "FORMAT";
const FORMAT_DRAFT: &str = "FORMAT.new";
const LOCK_FILE: &str = "LOCK";

/// The files of the database itself.
const DATA_FILE: &str = "data.mdb";
const READERS_FILE: &str = "lock.mdb";

/// No more of a lock or format file is read than this.
const MAX_TEXT: u64 = 4096;

/// The stores that this process has open. The database must not be opened twice in one process: its own locks would go
/// when the first one is closed. What is open is shared instead.
static OPEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A directory that is ours alone, or ours to read, as long as this lives.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    /// Its entry in [`OPEN`].
    entry: PathBuf,
    /// The lock of the operating system, which ends with the process however that ends.
    _lock: File,
    /// The same against readers.
    no_readers: Option<File>,
    /// The format file is still to be written.
    unfinished: bool,
}

impl Directory {
    /// Checks and locks a directory. It is made only if `create` is set, and only where nothing else is.
    pub(crate) fn open(path: &Path, create: bool, holder: &str) -> Result<Directory, StoreError> {
        let finished = match is_finished(path)? {
            Some(finished) => finished,
            None if create => {
                fs::create_dir_all(path).map_err(file_error("create", path))?;
                false
            }
            None => return Err(StoreError::Missing(path.to_owned())),
        };
        if !finished && !create {
            return Err(StoreError::Missing(path.to_owned()));
        }
        let lock = take_lock(path, holder)?;
        // Who held the lock before may have finished, or changed, what was seen above.
        let finished = is_finished(path)?.unwrap_or(false);
        if finished {
            require_data(path)?;
        }
        Directory::new(path, lock, !finished)
    }

    /// Checks a directory that is only read, also while somebody else writes, but not while records are removed.
    pub(crate) fn read(path: &Path) -> Result<Directory, StoreError> {
        if is_finished(path)? != Some(true) {
            return Err(StoreError::Missing(path.to_owned()));
        }
        let format = path.join(FORMAT_FILE);
        let file = File::open(&format).map_err(file_error("open", &format))?;
        match file.try_lock_shared() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(path)),
            Err(TryLockError::Error(error)) => return Err(file_error("lock", &format)(error)),
        }
        require_data(path)?;
        Directory::new(path, file, false)
    }

    fn new(path: &Path, lock: File, unfinished: bool) -> Result<Directory, StoreError> {
        let entry = path.canonicalize().map_err(file_error("find", path))?;
        if !OPEN.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.clone()) {
            let holder = "another part of this process".to_owned();
            return Err(StoreError::InUse { path: path.to_owned(), holder, since: None });
        }
        Ok(Directory { path: path.to_owned(), entry, _lock: lock, no_readers: None, unfinished })
    }

    /// Keeps readers out as well, as long as this lives; refused while there are any.
    pub(crate) fn exclude_readers(&mut self) -> Result<(), StoreError> {
        let format = self.path.join(FORMAT_FILE);
        let file = File::open(&format).map_err(file_error("open", &format))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::BeingRead(self.path.clone())),
            Err(TryLockError::Error(error)) => return Err(file_error("lock", &format)(error)),
        }
        self.no_readers = Some(file);
        Ok(())
    }

    /// Makes the database file as long as the database says. What was never written at its end is not in use; but where
    /// a file was cut, reading behind its end would end the process, while zeros are noticed as damage.
    pub(crate) fn extend_data(&self, length: u64) -> Result<(), StoreError> {
        let data = self.path.join(DATA_FILE);
        let file = OpenOptions::new().write(true).open(&data).map_err(file_error("open", &data))?;
        if file.metadata().map_err(file_error("read", &data))?.len() < length {
            file.set_len(length).map_err(file_error("extend", &data))?;
        }
        Ok(())
    }

    /// Declares the store complete, once the database is there. Until then the directory counts as not made yet.
    pub(crate) fn finish(&mut self) -> Result<(), StoreError> {
        if !self.unfinished {
            return Ok(());
        }
        let (draft, target) = (self.path.join(FORMAT_DRAFT), self.path.join(FORMAT_FILE));
        let mut file = File::create(&draft).map_err(file_error("create", &draft))?;
        let write = file.write_all(format!("{FORMAT_TITLE}{FORMAT}\n").as_bytes()).and_then(|()| file.sync_all());
        write.map_err(file_error("write", &draft))?;
        fs::rename(&draft, &target).map_err(file_error("rename", &draft))?;
        sync_directory(&self.path)?;
        self.unfinished = false;
        Ok(())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        OPEN.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.entry);
    }
}

/// Is there a store, of a format this program knows? `None`: there is nothing at all. `Some(false)`: an empty
/// directory, or one whose creation was interrupted. Everything else is an error, and nothing is touched.
fn is_finished(path: &Path) -> Result<Option<bool>, StoreError> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotADirectory => return Err(StoreError::Foreign(path.to_owned())),
        Err(error) => return Err(file_error("read", path)(error)),
    };
    if let Some(text) = read_text(&path.join(FORMAT_FILE))? {
        return check_format(path, &text).map(|()| Some(true));
    }
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(file_error("read", path))?.file_name());
    }
    let ours = |name: &std::ffi::OsString| [LOCK_FILE, FORMAT_DRAFT, DATA_FILE, READERS_FILE].iter().any(|n| name == n);
    let locked_by_us = || -> Result<bool, StoreError> {
        // The file may be empty still: it is made before it is locked, and written after.
        let text = read_text(&path.join(LOCK_FILE))?;
        Ok(text.is_some_and(|text| text.is_empty() && names.len() == 1 || text.starts_with(LOCK_TITLE)))
    };
    if names.is_empty() || (names.iter().all(ours) && locked_by_us()?) {
        return Ok(Some(false));
    }
    Err(StoreError::Foreign(path.to_owned()))
}

fn check_format(path: &Path, text: &str) -> Result<(), StoreError> {
    let number = text.strip_prefix(FORMAT_TITLE).and_then(|rest| rest.strip_suffix('\n'));
    match number.and_then(|number| number.parse::<u64>().ok()) {
        Some(FORMAT) => Ok(()),
        Some(found) if found > FORMAT => {
            Err(StoreError::NewerFormat { path: path.to_owned(), found, supported: FORMAT })
        }
        _ => Err(StoreError::Foreign(path.to_owned())),
    }
}

/// Locks the directory for this process and says in the lock file who holds it.
fn take_lock(path: &Path, holder: &str) -> Result<File, StoreError> {
    let lock_path = path.join(LOCK_FILE);
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&lock_path);
    let mut file = options.map_err(file_error("open", &lock_path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(in_use(path));
        }
        Err(TryLockError::Error(error)) => return Err(file_error("lock", &lock_path)(error)),
    }
    let write = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(format!("{LOCK_TITLE}{}\n", holder.replace('\n', " ")).as_bytes()));
    write.map_err(file_error("write", &lock_path))?;
    Ok(file)
}

/// The error of a store that somebody else holds, who wrote about himself into the lock file when it was taken.
fn in_use(path: &Path) -> StoreError {
    let lock_path = path.join(LOCK_FILE);
    let since = fs::metadata(&lock_path).and_then(|metadata| metadata.modified()).ok();
    StoreError::InUse { path: path.to_owned(), holder: read_holder(&lock_path), since }
}

fn read_holder(lock_path: &Path) -> String {
    // Some systems do not let a locked file be read, and the holder may be about to write: then nobody can be named.
    let text = read_text(lock_path).ok().flatten().unwrap_or_default();
    match text.strip_prefix(LOCK_TITLE).map(str::trim) {
        Some(holder) if !holder.is_empty() => holder.to_owned(),
        _ => "another process".to_owned(),
    }
}

/// Refuses a finished store without data. An empty file would be taken for a new database.
fn require_data(path: &Path) -> Result<(), StoreError> {
    match fs::metadata(path.join(DATA_FILE)) {
        Ok(metadata) if metadata.len() > 0 => Ok(()),
        _ => Err(StoreError::Damaged(format!("{DATA_FILE} is missing or empty in {}", path.display()))),
    }
}

/// The beginning of a text file; `None` if there is no such file.
fn read_text(path: &Path) -> Result<Option<String>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(file_error("open", path)(error)),
    };
    let mut bytes = Vec::new();
    file.take(MAX_TEXT).read_to_end(&mut bytes).map_err(file_error("read", path))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Makes a rename in the directory durable, where the system knows of such a thing.
fn sync_directory(path: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        File::open(path).and_then(|directory| directory.sync_all()).map_err(file_error("synchronise", path))?;
    }
    Ok(())
}

/// Wraps an error of the system with what was tried, and where.
fn file_error(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::File { action, path, source }
}
