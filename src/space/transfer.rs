//! `rho space export` and `rho space import`: a state as a file.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use rhodium_genesis::HEAD;
use rhodium_store::{History, LmdbOptions, LmdbStore, StateRoot, TransferError, Transferred, check_export};
use serde_json::json;

use super::StateOption;
use crate::diagnostics::{Diagnostic, codes};
use crate::draft::{Draft, unwritable};
use crate::exit::Exit;
use crate::input;
use crate::leaves::check_leaf;
use crate::output::{Output, fail};
use crate::state::holder;

/// Write a state to a file
#[derive(Args, Debug)]
pub struct Export {
    /// The file to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    state: StateOption,
}

/// Read a state from a file into a store, after all of it has been checked
#[derive(Args, Debug)]
pub struct Import {
    /// The file to read
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Directory of the store; it is made if need be
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// The root that the state must have
    #[arg(long, value_name = "HEX")]
    root: Option<StateRoot>,
    /// Make it the current state, also of a store that has one
    #[arg(long)]
    current: bool,
}

/// Leaves between two steps of a progress bar.
const STEP: u64 = 1024;

/// Runs `rho space export`.
pub fn export(arguments: &Export, output: &mut Output) -> Exit {
    let exported = arguments.state.open().and_then(|(history, root)| {
        let snapshot = history.open_at(root)?;
        let bar = output.progress(0);
        let filled = Draft::fill(&arguments.file, |file| {
            let progress = &mut |at: &Transferred| {
                if at.leaves.is_multiple_of(STEP) {
                    bar.set_position(at.leaves);
                }
            };
            snapshot.export(file, progress).map_err(|error| failed(&arguments.file, error, unwritable))
        });
        bar.finish_and_clear();
        let (draft, done) = filled?;
        draft.publish()?;
        Ok(done)
    });
    match exported {
        Ok(done) => show(&arguments.file, done, None, output),
        Err(error) => fail(&[error], output),
    }
}

/// Runs `rho space import`.
pub fn import(arguments: &Import, output: &mut Output) -> Exit {
    match read(arguments, output) {
        Ok((done, current)) => show(&arguments.file, done, Some(current), output),
        Err(error) => fail(&[error], output),
    }
}

fn read(arguments: &Import, output: &Output) -> Result<(Transferred, bool), Diagnostic> {
    let path = &arguments.file;
    let (name, unreadable) = (path.display().to_string(), |path: &Path, error: &io::Error| {
        input::unreadable(&path.display().to_string(), error)
    });
    let open = || -> Result<BufReader<File>, Diagnostic> {
        let file = input::open(&name)?.map_err(|error| unreadable(path, &error))?;
        Ok(BufReader::with_capacity(1 << 16, file))
    };
    let mut file = open()?;
    let length = file.get_ref().metadata().map_err(|error| unreadable(path, &error))?.len();
    let bar = output.progress(2 * length);
    let progress = |start: u64| {
        let bar = bar.clone();
        move |at: &Transferred| {
            if at.leaves.is_multiple_of(STEP) {
                bar.set_position(start + at.bytes);
            }
        }
    };
    // Nothing is written, and no store made, before all of the file is known to be good.
    let checked = check_export(&mut file, &check_leaf, &mut progress(0));
    let checked = checked.map_err(|error| failed(path, error, unreadable))?;
    if let Some(root) = arguments.root
        && root != checked.root
    {
        let message = format!("{} holds the state {}, not {root}", path.display(), checked.root);
        return Err(Diagnostic::refused(codes::EXPORT, "StateError", message).about(path.display().to_string()));
    }
    let store = LmdbStore::open(&arguments.store, &LmdbOptions::create(holder()))?;
    let history = History::new(Arc::new(store));
    let current = arguments.current || history.head(HEAD)?.is_none();
    let heads: &[&str] = if current { &[HEAD] } else { &[] };
    let done = history.import(&mut open()?, heads, &mut progress(length));
    let done = done.map_err(|error| failed(path, error, unreadable))?;
    bar.finish_and_clear();
    Ok((done, current))
}

fn failed(path: &Path, error: TransferError, file: impl Fn(&Path, &io::Error) -> Diagnostic) -> Diagnostic {
    match error {
        TransferError::Store(error) => error.into(),
        TransferError::File(error) => file(path, &error),
        error => {
            let message = format!("{} cannot be used: {error}", path.display());
            Diagnostic::refused(codes::EXPORT, "StateError", message)
                .about(path.display().to_string())
                .with_hint(Some("export the state again, or fetch the file again".to_owned()))
        }
    }
}

fn show(path: &Path, done: Transferred, current: Option<bool>, output: &mut Output) -> Exit {
    output.result(&format!("state root  {}", done.root));
    output.result(&format!("leaves      {}", done.leaves));
    output.result(&format!("bytes       {}", done.bytes));
    if current == Some(false) {
        output.note("the store keeps its current state; --current makes this one current");
    }
    let mut object = json!({ "file": path.display().to_string(), "root": done.root.to_string() });
    (object["leaves"], object["bytes"]) = (done.leaves.into(), done.bytes.into());
    if let Some(current) = current {
        object["current"] = current.into();
    }
    object["errors"] = json!([]);
    output.object(&object);
    Exit::Ok
}
