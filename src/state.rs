//! The state a command works on: where it comes from, where it is kept, and which names in it are the system's.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use rhodium_genesis::{HEAD, START};
use rhodium_machine::{Runtime, RuntimeError};
use rhodium_store::{History, LmdbOptions, LmdbStore, MemoryStore, StateRoot};
use rhodium_term::{Head, Term};

use crate::diagnostics::Diagnostic;
use crate::embedded;
use crate::leaves::leaf_terms;

/// What a new state starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The registry bootstrap alone.
    Bare,
    /// The registered system contracts.
    Standard,
}

/// A state and where it is kept.
pub struct State {
    /// The state.
    pub runtime: Runtime,
    /// Kept in a directory, not only in memory.
    pub durable: bool,
    /// The state it started with, if that is known.
    pub start: Option<StateRoot>,
    system: Option<SystemNames>,
}

impl State {
    /// A new state in memory.
    pub fn in_memory(start: Start) -> Result<State, Diagnostic> {
        let runtime = build(start, History::new(Arc::new(MemoryStore::new())))?;
        let root = runtime.root();
        Ok(State { runtime, durable: false, start: Some(root), system: None })
    }

    /// The state kept in a directory; a new store starts as told.
    pub fn in_store(directory: &Path, start: Start) -> Result<State, Diagnostic> {
        let store = LmdbStore::open(directory, &LmdbOptions::create(holder()))?;
        let history = History::new(Arc::new(store));
        if let Some(head) = history.head(HEAD)? {
            let first = history.head(START)?;
            return Ok(State { runtime: Runtime::open(history, head)?, durable: true, start: first, system: None });
        }
        // The heads come last: a start that was interrupted is done again.
        let runtime = build(start, history)?;
        let root = runtime.root();
        runtime.history().set_head(START, root)?;
        runtime.history().set_head(HEAD, root)?;
        Ok(State { runtime, durable: true, start: Some(root), system: None })
    }

    /// In memory, or in a directory if one is given.
    pub fn open(store: Option<&Path>, start: Start) -> Result<State, Diagnostic> {
        store.map_or_else(|| State::in_memory(start), |directory| State::in_store(directory, start))
    }

    /// Whether a channel belongs to the system: a fixed one, or one that is made of names of the start state.
    pub fn is_system(&mut self, channel: &Term) -> Result<bool, Diagnostic> {
        let mut names = private_names(channel).peekable();
        if names.peek().is_none() {
            return Ok(false);
        }
        let system = match &mut self.system {
            Some(system) => system,
            empty => empty.insert(SystemNames::new(self.runtime.history(), self.start)?),
        };
        Ok(names.any(|name| name.len() == 1 || system.0.contains(&name)))
    }
}

/// What this process says about itself to others that want its store.
pub fn holder() -> String {
    format!("process {}", std::process::id())
}

fn build(start: Start, history: History) -> Result<Runtime, RuntimeError> {
    match start {
        Start::Bare => Runtime::bootstrapped(history),
        Start::Standard => standard(history),
    }
}

/// The state in which the system contracts are registered.
fn standard(history: History) -> Result<Runtime, RuntimeError> {
    // The contracts come with the program and are tested with it: a failure is not the user's.
    embedded::standard(history).map_err(|error| RuntimeError::State(error.to_string()))
}

/// The private names that occur in the start state.
struct SystemNames(HashSet<Arc<[u8]>>);

impl SystemNames {
    fn new(history: &History, start: Option<StateRoot>) -> Result<SystemNames, Diagnostic> {
        let mut names = HashSet::new();
        if let Some(root) = start {
            let snapshot = history.open_at(root)?;
            for leaf in snapshot.leaves() {
                let (key, hash) = leaf?;
                let value = snapshot.value(&key, hash)?;
                let terms = leaf_terms(value.kind, &value.payload);
                let terms = terms.map_err(|error| RuntimeError::State(format!("a stored leaf is damaged: {error}")))?;
                terms.iter().for_each(|term| names.extend(private_names(term)));
            }
        }
        Ok(SystemNames(names))
    }
}

/// All private names in a term.
fn private_names(term: &Term) -> impl Iterator<Item = Arc<[u8]>> {
    let mut open = vec![term];
    std::iter::from_fn(move || {
        while let Some(term) = open.pop() {
            if let Head::Private(name) = term.head() {
                return Some(name.clone());
            }
            open.extend(term.children().iter().filter(|child| child.has_unforgeable()));
        }
        None
    })
}
