//! The sources that arguments stand for: files as they are, and what directories hold.

use std::collections::HashSet;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostics::Diagnostic;
use crate::input::unreadable;

/// The sources in the order of the arguments, those of a directory by name, each once. Links to directories
/// are not followed, for they may lead back, and names that begin with a dot are left out.
pub fn sources(arguments: &[String]) -> Vec<Result<String, Diagnostic>> {
    let mut found = Vec::new();
    for argument in arguments {
        if Path::new(argument).is_dir() {
            search(argument, &mut found);
        } else {
            found.push(Ok(argument.clone()));
        }
    }
    let mut seen = HashSet::new();
    found.retain(|source| source.as_ref().map_or(true, |path| seen.insert(path.clone())));
    found
}

fn search(directory: &str, found: &mut Vec<Result<String, Diagnostic>>) {
    let mut waiting = vec![(PathBuf::from(directory), true)];
    while let Some((path, is_directory)) = waiting.pop() {
        // Without a name in UTF-8 it could neither be reported nor opened by it.
        let Some(name) = path.to_str() else { continue };
        if !is_directory {
            found.push(Ok(name.to_owned()));
            continue;
        }
        match entries(&path) {
            Ok(entries) => waiting.extend(entries.into_iter().rev()),
            Err(error) => found.push(Err(unreadable(name, &error))),
        }
    }
}

/// The directories and sources in a directory, by name.
fn entries(directory: &Path) -> io::Result<Vec<(PathBuf, bool)>> {
    let mut all: Vec<DirEntry> = fs::read_dir(directory)?.collect::<io::Result<_>>()?;
    all.sort_by_key(DirEntry::file_name);
    let mut wanted = Vec::new();
    for entry in all {
        let (kind, path) = (entry.file_type()?, entry.path());
        let is_source = path.extension().is_some_and(|extension| extension == "rho") && path.is_file();
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !is_hidden && (kind.is_dir() || is_source) {
            wanted.push((path, kind.is_dir()));
        }
    }
    Ok(wanted)
}
