//! The work directory of a target: what it found, what failed, and the input that is being run.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rhodium_fuzz::inputs::files;
use rhodium_term::state_codec::blake2b256;

use super::execute::Panic;

/// Failures kept for one place in the source.
const KEPT: usize = 3;

/// Where one target works.
pub struct Work {
    directory: PathBuf,
}

impl Work {
    /// The directory of a target below that of all, made if need be.
    pub fn open(all: &Path, target: &str) -> io::Result<Work> {
        let work = Work { directory: all.join(target) };
        fs::create_dir_all(work.queue())?;
        fs::create_dir_all(work.failures())?;
        Ok(work)
    }

    /// What reached something new.
    pub fn queue(&self) -> PathBuf {
        self.directory.join("queue")
    }

    /// What failed.
    pub fn failures(&self) -> PathBuf {
        self.directory.join("failures")
    }

    /// The totals.
    pub fn stats(&self) -> PathBuf {
        self.directory.join("stats.json")
    }

    fn current(&self) -> PathBuf {
        self.directory.join("current")
    }

    /// Keeps an input that reached something new.
    pub fn keep(&self, input: &[u8]) -> io::Result<()> {
        fs::write(self.queue().join(file_name(input)), input)
    }

    /// Keeps the input that took the longest.
    pub fn keep_slowest(&self, input: &[u8]) -> io::Result<()> {
        fs::write(self.directory.join("slowest"), input)
    }

    /// Keeps a failing input with its message, unless enough shorter ones failed at the same place.
    pub fn keep_failure(&self, panic: &Panic, input: &[u8]) -> io::Result<()> {
        let place: String = panic.place.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
        let mut known: Vec<(String, Vec<u8>)> = files(&self.failures())
            .into_iter()
            .filter(|(name, _)| name.starts_with(&place) && !name.ends_with("txt"))
            .collect();
        known.sort_by_key(|(_, bytes)| bytes.len());
        if known.len() >= KEPT {
            let longest = &known[KEPT - 1];
            if longest.1.len() <= input.len() {
                return Ok(());
            }
            fs::remove_file(self.failures().join(&longest.0))?;
            fs::remove_file(self.failures().join(format!("{}.txt", longest.0)))?;
        }
        let name = format!("{place}-{}", file_name(input));
        fs::write(self.failures().join(format!("{name}.txt")), &panic.message)?;
        fs::write(self.failures().join(name), input)
    }

    /// The file that always has the input being run.
    pub fn journal(&self) -> io::Result<Journal> {
        let file = File::options().create(true).truncate(false).read(true).write(true).open(self.current())?;
        Ok(Journal { file, buffer: Vec::new() })
    }
}

/// The name of an input's file: the start of its hash.
pub fn file_name(input: &[u8]) -> String {
    hex::encode(&blake2b256(input)[..8])
}

/// Removes doubles.
pub fn distinct(inputs: impl IntoIterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let mut known = HashMap::new();
    inputs.into_iter().filter(|input| known.insert(file_name(input), ()).is_none()).collect()
}

/// The input being run, with the number of the execution: what is left of a worker that died.
pub struct Journal {
    file: File,
    buffer: Vec<u8>,
}

impl Journal {
    /// Notes an input before it runs.
    pub fn note(&mut self, execution: u64, input: &[u8]) -> io::Result<()> {
        self.buffer.clear();
        self.buffer.extend_from_slice(&execution.to_le_bytes());
        self.buffer.extend_from_slice(&(input.len() as u64).to_le_bytes());
        self.buffer.extend_from_slice(input);
        self.file.write_all_at(&self.buffer, 0)
    }

    /// The number of the execution.
    pub fn execution(&self) -> u64 {
        self.number(0)
    }

    /// The input noted last.
    pub fn input(&self) -> Vec<u8> {
        let mut input = vec![0; self.number(8) as usize];
        let read = self.file.read_exact_at(&mut input, 16);
        if read.is_ok() { input } else { Vec::new() }
    }

    fn number(&self, offset: u64) -> u64 {
        let mut bytes = [0; 8];
        let read = self.file.read_exact_at(&mut bytes, offset);
        if read.is_ok() { u64::from_le_bytes(bytes) } else { 0 }
    }
}
