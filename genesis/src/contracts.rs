//! The contract set: which contracts a genesis deploys, with their keys, in the order given.

use std::collections::BTreeMap;
use std::io;

use rhodium_keys::{SecretKey, read_secret_hex, system_key};
use serde::Deserialize;

use crate::error::{ContractError, ContractProblem, GenesisError};

/// The name of the manifest in a directory of contracts.
pub const MANIFEST: &str = "contracts.toml";

/// The longest contract that is read, in bytes.
pub const MAX_CONTRACT_BYTES: u64 = 32 << 20;

/// System contracts that serve tests only and are part of no genesis (registry-genesis 7).
const TEST_CONTRACTS: [&str; 1] = ["RhoSpec"];

/// No key file is so long.
const MAX_KEY_BYTES: u64 = 4096;

/// A system contract as it comes with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbeddedContract {
    /// The name, a row of the system key table.
    pub name: &'static str,
    /// The file it was compiled from.
    pub path: &'static str,
    /// The exact source text.
    pub source: &'static str,
}

/// A contract to deploy.
#[derive(Debug, Clone)]
pub struct ContractFile {
    /// The name, unique in the set.
    pub name: String,
    /// How messages call the file.
    pub path: String,
    /// The text, perhaps with macros.
    pub source: String,
    /// The key that signs deploy and registration.
    pub secret: SecretKey,
    /// The timestamp of the deploy.
    pub timestamp: i64,
    /// Whether it must (or must not) register itself; `None` leaves it to the text.
    pub registers: Option<bool>,
}

impl ContractFile {
    pub(crate) fn error(&self, problem: ContractProblem) -> ContractError {
        ContractError { contract: self.name.clone(), file: self.path.clone(), text: None, span: None, problem }
    }
}

/// The contracts of a genesis.
#[derive(Debug, Clone)]
pub struct ContractSet {
    files: Vec<ContractFile>,
}

/// Reads a file of the directory of a manifest, but not more than so many bytes.
pub type ReadFile<'a> = dyn FnMut(&str, u64) -> io::Result<Vec<u8>> + 'a;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Manifest {
    /// Start with the contracts that come with the program.
    #[serde(default = "yes")]
    system: bool,
    #[serde(default)]
    contract: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    name: String,
    file: String,
    secret: Option<String>,
    key_file: Option<String>,
    timestamp: Option<i64>,
    registers: Option<bool>,
}

fn yes() -> bool {
    true
}

impl ContractSet {
    /// A set of contracts that are at hand.
    pub fn new(files: Vec<ContractFile>) -> Result<ContractSet, GenesisError> {
        if files.is_empty() {
            return Err(GenesisError::NoContracts);
        }
        let errors = duplicates(&files);
        if errors.is_empty() { Ok(ContractSet { files }) } else { Err(GenesisError::Contracts(errors)) }
    }

    /// A set whose names, keys and timestamps need no check.
    pub(crate) fn trusted(files: Vec<ContractFile>) -> ContractSet {
        ContractSet { files }
    }

    /// The contracts that come with the program, in the order of the system key table; those for tests are left out.
    pub fn embedded(contracts: &[EmbeddedContract]) -> Result<ContractSet, GenesisError> {
        ContractSet::new(system_files(contracts)?)
    }

    /// The contracts of a manifest, behind those that come with the program unless it says `system = false`. `label`
    /// is what messages call the directory.
    pub fn from_manifest(
        label: &str,
        embedded: &[EmbeddedContract],
        read: &mut ReadFile<'_>,
    ) -> Result<ContractSet, GenesisError> {
        let file = format!("{label}/{MANIFEST}");
        let refused = |line, message: String| GenesisError::Manifest { file: file.clone(), line, message };
        let bytes = read(MANIFEST, MAX_CONTRACT_BYTES).map_err(|error| refused(None, error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| refused(None, "it is not UTF-8 text".into()))?;
        let manifest: Manifest = toml::from_str(&text).map_err(|error| {
            let line = error.span().map(|span| 1 + text.bytes().take(span.start).filter(|b| *b == b'\n').count());
            // The excerpt that the error would show may contain a secret.
            refused(line, error.message().to_owned())
        })?;
        let mut files = if manifest.system { system_files(embedded)? } else { Vec::new() };
        let mut errors = Vec::new();
        for entry in manifest.contract {
            let path = format!("{label}/{}", entry.file);
            let name = entry.name.clone();
            match entry.load(&path, read) {
                Ok(contract) => files.push(contract),
                Err(problem) => {
                    errors.push(ContractError { contract: name, file: path, text: None, span: None, problem });
                }
            }
        }
        errors.extend(duplicates(&files));
        if !errors.is_empty() {
            return Err(GenesisError::Contracts(errors));
        }
        ContractSet::new(files)
    }

    /// The contracts, in the order given.
    #[must_use]
    pub fn files(&self) -> &[ContractFile] {
        &self.files
    }
}

impl Entry {
    fn load(self, path: &str, read: &mut ReadFile<'_>) -> Result<ContractFile, ContractProblem> {
        let known = system_key(&self.name);
        let secret = match (&self.secret, &self.key_file) {
            (Some(_), Some(_)) => return Err(ContractProblem::TwoKeys),
            (Some(digits), None) => SecretKey::from_hex(digits.trim()).map_err(ContractProblem::BadKey)?,
            (None, Some(file)) => read_key(file, read)?,
            (None, None) => known.ok_or(ContractProblem::NoKey("secret key"))?.secret.clone(),
        };
        let known_timestamp = known.map(|key| key.timestamp);
        let timestamp = self.timestamp.or(known_timestamp).ok_or(ContractProblem::NoKey("timestamp"))?;
        let bytes =
            read(&self.file, MAX_CONTRACT_BYTES + 1).map_err(|error| ContractProblem::Unreadable(error.to_string()))?;
        let source = text_of(bytes)?;
        Ok(ContractFile {
            name: self.name,
            path: path.to_owned(),
            source,
            secret,
            timestamp,
            registers: self.registers,
        })
    }
}

fn read_key(file: &str, read: &mut ReadFile<'_>) -> Result<SecretKey, ContractProblem> {
    let bytes = read(file, MAX_KEY_BYTES).map_err(|error| ContractProblem::Unreadable(format!("{file}: {error}")))?;
    let bytes = zeroize::Zeroizing::new(bytes);
    let text = std::str::from_utf8(&bytes).map_err(|_| ContractProblem::BadKey(rhodium_keys::KeyError::NotHex))?;
    read_secret_hex(text).map_err(ContractProblem::BadKey)
}

/// The text of a contract file.
fn text_of(bytes: Vec<u8>) -> Result<String, ContractProblem> {
    if bytes.len() as u64 > MAX_CONTRACT_BYTES {
        return Err(ContractProblem::TooLarge(MAX_CONTRACT_BYTES));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().iter().take(valid);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        ContractProblem::NotText { line, byte: error.as_bytes().get(valid).copied().unwrap_or_default() }
    })?;
    if let Some(at) = text.find('\0') {
        let line = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        return Err(ContractProblem::NotText { line, byte: 0 });
    }
    if text.trim_start_matches('\u{feff}').trim().is_empty() { Err(ContractProblem::Empty) } else { Ok(text) }
}

fn system_files(contracts: &[EmbeddedContract]) -> Result<Vec<ContractFile>, GenesisError> {
    let contracts: Vec<&EmbeddedContract> =
        contracts.iter().filter(|contract| !TEST_CONTRACTS.contains(&contract.name)).collect();
    let mut files = Vec::new();
    for key in rhodium_keys::system_keys() {
        let Some(contract) = contracts.iter().find(|contract| contract.name == key.name) else { continue };
        files.push(ContractFile {
            name: key.name.clone(),
            path: contract.path.to_owned(),
            source: contract.source.to_owned(),
            secret: key.secret.clone(),
            timestamp: key.timestamp,
            registers: Some(key.uri.is_some()),
        });
    }
    let stray = contracts.iter().find(|contract| !files.iter().any(|file| file.name == contract.name));
    match stray {
        None => Ok(files),
        Some(contract) => Err(GenesisError::Contracts(vec![ContractError {
            contract: contract.name.to_owned(),
            file: contract.path.to_owned(),
            text: None,
            span: None,
            problem: ContractProblem::NoKey("secret key"),
        }])),
    }
}

/// Names, keys and timestamps that are used twice.
fn duplicates(files: &[ContractFile]) -> Vec<ContractError> {
    let (mut names, mut keys, mut timestamps) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut errors = Vec::new();
    for file in files {
        let other = |other: &&ContractFile| format!("`{}` ({})", other.name, other.path);
        if let Some(first) = names.get(&file.name) {
            errors.push(file.error(ContractProblem::DuplicateName(other(first))));
            continue;
        }
        let public = file.secret.public_key();
        if let Some(first) = keys.get(&public) {
            errors.push(file.error(ContractProblem::DuplicateKey(other(first))));
        }
        if let Some(first) = timestamps.get(&file.timestamp) {
            let (timestamp, other) = (file.timestamp, other(first));
            errors.push(file.error(ContractProblem::DuplicateTimestamp { timestamp, other }));
        }
        names.entry(&file.name).or_insert(file);
        keys.entry(public).or_insert(file);
        timestamps.entry(file.timestamp).or_insert(file);
    }
    errors
}
