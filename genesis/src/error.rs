//! Why a genesis was refused: every error with its code, place and hint.

use std::fmt;
use std::sync::Arc;

use rhodium_grammar::LineIndex;
use rhodium_grammar::ast::Span;
use rhodium_keys::KeyError;
use rhodium_machine::{Failure, RuntimeError};
use rhodium_normalizer::CompileError;
use rhodium_registry::{Form, LONG_MAX};
use rhodium_store::{StateRoot, StoreError};
use rhodium_term::Origin;

use crate::parameters::ParameterError;
use crate::template::TemplateError;
use crate::wallets::SupplyError;

/// What is wrong with one contract of a set.
#[derive(Clone)]
pub struct ContractError {
    /// The contract's name.
    pub contract: String,
    /// The label of its file.
    pub file: String,
    /// The text that places refer to, if there is any.
    pub text: Option<Arc<str>>,
    /// Where.
    pub span: Option<Span>,
    /// What.
    pub problem: ContractProblem,
}

/// What can be wrong with a contract.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ContractProblem {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// The file is empty or blank.
    #[error("the file is empty")]
    Empty,
    /// The file is not text.
    #[error("the file is not UTF-8 text: line {line} has the byte 0x{byte:02x}")]
    NotText {
        /// The line.
        line: usize,
        /// The first byte that is wrong.
        byte: u8,
    },
    /// The file is too long.
    #[error("the file is longer than {0} bytes, the longest source there may be")]
    TooLarge(u64),
    /// The name is used twice.
    #[error("the set has two contracts of this name; the other one is {0}")]
    DuplicateName(String),
    /// The key is used twice.
    #[error("the key is also that of {0}: both would have the same URI")]
    DuplicateKey(String),
    /// The timestamp is used twice.
    #[error("the timestamp {timestamp} is also that of {other}")]
    DuplicateTimestamp {
        /// The timestamp.
        timestamp: i64,
        /// The other contract.
        other: String,
    },
    /// The secret key is malformed.
    #[error("the secret key is not usable: {0}")]
    BadKey(KeyError),
    /// The manifest gives no secret, key file or timestamp.
    #[error("the manifest gives no {0}")]
    NoKey(&'static str),
    /// Both a secret and a key file.
    #[error("the manifest gives both a secret and a key file")]
    TwoKeys,
    /// A macro that cannot be filled in.
    #[error("{}", .0.problem)]
    Template(TemplateError),
    /// `$$import:Name$$` of a contract that is not there, or that registers nothing.
    #[error("there is no registered contract `{0}` to import")]
    UnknownImport(String),
    /// It does not compile.
    #[error("{0}")]
    Compile(CompileError),
    /// A contract that registers itself must be one `new`.
    #[error("a contract that registers itself must be exactly one `new` at top level, or its names cannot be forecast")]
    NotOneNew,
    /// The `new` declares no name of its own.
    #[error("the `new` at top level declares no name of its own, so there is nothing to register")]
    NoExport,
    /// The manifest says that it registers itself, but it does not.
    #[error("the contract is to register itself, but nothing is sent to `rho:registry:insertSigned:secp256k1`")]
    NoRegistration,
    /// The manifest says that it does not register itself, but it does.
    #[error("the contract is not to register itself, but it does")]
    UnwantedRegistration,
    /// Several registrations with one key.
    #[error("the contract registers itself more than once")]
    SecondRegistration,
    /// An argument of the registration is not written out.
    #[error("the {0} of the registration is not a literal, so it cannot be checked")]
    NotLiteral(&'static str),
    /// Another key.
    #[error("the registration has the public key {found}, but the contract's is {right}")]
    WrongKey {
        /// What is written.
        found: String,
        /// What should be.
        right: String,
    },
    /// Another nonce.
    #[error("the registration has the nonce {0}, which does not freeze the entry; it must be {LONG_MAX}")]
    WrongNonce(i64),
    /// Not a signature of the claim.
    #[error("the registration has a signature that is not valid{}; the right one is {right}", other_form(.form))]
    WrongSignature {
        /// The form it would be valid for, if any.
        form: Option<Form>,
        /// What should be.
        right: String,
    },
    /// Something else than the first name, or not as a write-only bundle.
    #[error("the registration must export the first name of the `new` at top level as `bundle+{{…}}`")]
    WrongExport,
    /// An import that nobody registers.
    #[error("it imports `{uri}`, which no contract of the set registers: it would wait for ever")]
    Unregistered {
        /// The URI or shorthand.
        uri: String,
        /// What may be meant.
        hint: String,
    },
    /// It uses the registry, and there is none.
    #[error("it uses the registry, but the set has no contract `Registry`")]
    NoRegistry,
    /// Contracts that import each other.
    #[error("the imports run in a circle: {0}")]
    Cycle(String),
    /// It failed when it was evaluated.
    #[error("{}", failures(.0))]
    Failed(Vec<Failure>),
    /// After the last deploy the registry has no entry.
    #[error("after the last deploy the registry has nothing under {uri}{}", waits(.waiting))]
    NotRegistered {
        /// The contract's URI.
        uri: String,
        /// What it still waits for.
        waiting: Vec<String>,
    },
    /// The entry is not the one of the contract.
    #[error("the registry entry under {uri} is {found}, but must be ({LONG_MAX}, the exported name)")]
    WrongEntry {
        /// The contract's URI.
        uri: String,
        /// What is there.
        found: String,
    },
    /// It registered, but a receive still waits for an import.
    #[error("it still waits for the answer to its lookup of `{0}`")]
    StillWaits(String),
}

fn other_form(form: &Option<Form>) -> String {
    form.map(|form| format!(" here (it is valid in the form {})", form.name())).unwrap_or_default()
}

fn failures(failures: &[Failure]) -> String {
    let texts = failures.iter().map(|failure| match failure {
        Failure::Compile(error) => error.to_string(),
        Failure::Run(error) => format!("{}: {}", error.kind.name(), error.message),
    });
    texts.collect::<Vec<_>>().join("; ")
}

fn waits(waiting: &[String]) -> String {
    if waiting.is_empty() { String::new() } else { format!("; it still waits for {}", waiting.join(", and for ")) }
}

impl ContractProblem {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "E0603",
            Self::Empty => "E0604",
            Self::NotText { .. } => "E0605",
            Self::TooLarge(_) => "E0606",
            Self::DuplicateName(_) => "E0607",
            Self::DuplicateKey(_) => "E0608",
            Self::DuplicateTimestamp { .. } => "E0609",
            Self::BadKey(_) => "E0610",
            Self::NoKey(_) => "E0611",
            Self::TwoKeys => "E0612",
            Self::Template(error) => error.problem.code(),
            Self::Compile(CompileError::Syntax(errors)) => errors.first().map_or("E0110", |error| error.code),
            Self::Compile(CompileError::Normalize(errors)) => errors.first().map_or("E0212", |error| error.code()),
            Self::NotOneNew => "E0621",
            Self::NoExport => "E0622",
            Self::NoRegistration => "E0623",
            Self::UnwantedRegistration => "E0624",
            Self::SecondRegistration => "E0625",
            Self::NotLiteral(_) => "E0626",
            Self::WrongKey { .. } => "E0627",
            Self::WrongNonce(_) => "E0628",
            Self::WrongSignature { .. } => "E0629",
            Self::WrongExport => "E0630",
            Self::Unregistered { .. } => "E0641",
            Self::NoRegistry => "E0642",
            Self::Cycle(_) => "E0643",
            Self::UnknownImport(_) => "E0644",
            Self::Failed(_) => "E0651",
            Self::NotRegistered { .. } => "E0653",
            Self::WrongEntry { .. } => "E0654",
            Self::StillWaits(_) => "E0655",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable(_) => "the manifest names the file relative to its own directory".into(),
            Self::Empty => "a contract is at least a process, such as Nil".into(),
            Self::NotText { .. } => {
                "contracts are UTF-8 text; this looks like a binary file or another encoding".into()
            }
            Self::TooLarge(_) => "split the contract".into(),
            Self::DuplicateName(_) => "names serve imports: every contract needs its own".into(),
            Self::DuplicateKey(_) | Self::DuplicateTimestamp { .. } => {
                "every contract needs its own key and its own timestamp: they decide its names and its URI".into()
            }
            Self::BadKey(_) => "a secret key is written as 64 hexadecimal digits".into(),
            Self::NoKey(_) => {
                "give `secret` or `key-file`, and `timestamp`; only system contracts have them built in".into()
            }
            Self::TwoKeys => "keep one of them".into(),
            Self::Template(error) => error.problem.hint().into(),
            Self::UnknownImport(_) => "write the name of a contract of the set that registers itself".into(),
            Self::Compile(CompileError::Syntax(errors)) => return errors.first().and_then(|error| error.hint.clone()),
            Self::Compile(CompileError::Normalize(errors)) => {
                return errors.first().and_then(|error| error.hint.clone());
            }
            Self::NotOneNew => "put the whole contract into one `new … in { … }`".into(),
            Self::NoExport => "declare the name to export first: `new Contract, … in { … }`".into(),
            Self::NoRegistration => "end the contract with `insertSigned!($$registry:pk$$, ($$registry:nonce$$, \
                bundle+{*Contract}), $$registry:sig$$, *ack)`, or write `registers = false`"
                .into(),
            Self::UnwantedRegistration => "remove the registration, or write `registers = true`".into(),
            Self::SecondRegistration => "one key has one entry, and the first registration freezes it".into(),
            Self::NotLiteral(_) => "write it out, or as the macro `$$registry:pk$$`, `$$registry:nonce$$` or \
                `$$registry:sig$$`"
                .into(),
            Self::WrongKey { .. } => "write the contract's key, or the macro `$$registry:pk$$`".into(),
            Self::WrongNonce(_) => "write that number, or the macro `$$registry:nonce$$`".into(),
            Self::WrongSignature { .. } => {
                "write the right one, or the macro `$$registry:sig$$`; it depends on key, timestamp and form".into()
            }
            Self::WrongExport => {
                "the form `mainnet` signs that name, and readers expect a bundle they cannot read from".into()
            }
            Self::Unregistered { hint, .. } => hint.clone(),
            Self::NoRegistry => "add the contract `Registry`, or let the manifest say `system = true`".into(),
            Self::Cycle(_) => "a contract can import only what is deployed before it".into(),
            Self::Failed(_) => "no deploy of a genesis may fail: nothing was written".into(),
            Self::NotRegistered { .. } => {
                "its registration was refused or never reached; most often an import has not the expected shape".into()
            }
            Self::WrongEntry { .. } => "somebody else registered under this key".into(),
            Self::StillWaits(_) => {
                "the answer has not the shape that the receive expects: `(_, X)` for a contract".into()
            }
        })
    }
}

impl ContractError {
    /// The place as line and column, if it is known.
    #[must_use]
    pub fn position(&self) -> Option<(u32, u32)> {
        let position = LineIndex::new(self.text.as_deref()?).position(self.span?.start);
        Some((position.line, position.column))
    }
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "contract `{}` ({}", self.contract, self.file)?;
        if let Some((line, column)) = self.position() {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, "): {}", self.problem)
    }
}

impl fmt::Debug for ContractError {
    /// Without the text of the contract.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContractError({}: {self})", self.problem.code())
    }
}

impl std::error::Error for ContractError {}

/// Why there is no genesis.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
    /// The manifest cannot be read.
    #[error("the manifest {file} is not usable: {message}")]
    Manifest {
        /// The file.
        file: String,
        /// Line, from 1, if it is known.
        line: Option<usize>,
        /// What is wrong.
        message: String,
    },
    /// A set without contracts.
    #[error("the contract set is empty")]
    NoContracts,
    /// Contracts that are wrong; never empty.
    #[error("{}", join(.0))]
    Contracts(Vec<ContractError>),
    /// Parameters that are wrong; never empty.
    #[error("{}", join(.0))]
    Parameters(Vec<ParameterError>),
    /// Too much money.
    #[error(transparent)]
    Supply(#[from] SupplyError),
    /// A key whose secret is published.
    #[error("{place} uses the key of the system contract {contract}, whose secret everybody knows")]
    SystemKey {
        /// Where.
        place: String,
        /// Whose key it is.
        contract: String,
    },
    /// The store is not new.
    #[error("the store already holds a state ({0}); a genesis can only be put into a new store")]
    NotEmpty(StateRoot),
    /// The state cannot be made.
    #[error(transparent)]
    State(#[from] RuntimeError),
}

impl From<StoreError> for GenesisError {
    fn from(error: StoreError) -> GenesisError {
        GenesisError::State(error.into())
    }
}

fn join<E: fmt::Display>(errors: &[E]) -> String {
    errors.iter().map(E::to_string).collect::<Vec<_>>().join("\n")
}

/// One error in the form that all of them can be shown in.
#[derive(Debug, Clone)]
pub struct Issue {
    /// The stable code.
    pub code: &'static str,
    /// The sentence, without the place.
    pub message: String,
    /// The file.
    pub file: Option<String>,
    /// Line and column, from 1, if they are known.
    pub position: Option<(u32, u32)>,
    /// The text of the file and the place in it, if they are known.
    pub excerpt: Option<(Arc<str>, Span)>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Issue {
    fn new(code: &'static str, message: String, hint: impl Into<Option<String>>) -> Issue {
        Issue { code, message, file: None, position: None, excerpt: None, hint: hint.into() }
    }
}

impl GenesisError {
    /// All errors, in order.
    #[must_use]
    pub fn issues(&self) -> Vec<Issue> {
        let one = |code, hint: Option<&str>| vec![Issue::new(code, self.to_string(), hint.map(str::to_owned))];
        match self {
            Self::Manifest { file, line, message } => {
                let position = line.and_then(|line| Some((u32::try_from(line).ok()?, 1)));
                let hint =
                    "it lists [[contract]] tables with name, file, secret (or key-file) and timestamp".to_owned();
                let at = line.map(|line| format!("line {line}: ")).unwrap_or_default();
                let issue = Issue::new("E0601", format!("{at}{message}"), hint);
                vec![Issue { file: Some(file.clone()), position, ..issue }]
            }
            Self::NoContracts => one("E0602", Some("list at least one contract, or write `system = true`")),
            Self::Contracts(errors) => errors.iter().flat_map(ContractError::issues).collect(),
            Self::Parameters(errors) => {
                errors.iter().map(|e| Issue::new(e.code(), e.to_string(), e.hint().to_owned())).collect()
            }
            Self::Supply(error) => one(error.code(), Some(error.hint())),
            Self::SystemKey { .. } => one("E0656", Some("use a key that nobody else has")),
            Self::NotEmpty(_) => one("E0652", Some("give a new directory")),
            Self::State(_) => one("E0657", None),
        }
    }
}

impl ContractError {
    fn issues(&self) -> Vec<Issue> {
        let at = |message: String, span: Option<Span>, hint: Option<String>, code: &'static str| {
            let excerpt = self.text.clone().zip(span);
            let position = excerpt.as_ref().map(|(text, span)| {
                let position = LineIndex::new(text).position(span.start);
                (position.line, position.column)
            });
            let message = format!("contract `{}`: {message}", self.contract);
            Issue { file: Some(self.file.clone()), position, excerpt, ..Issue::new(code, message, hint) }
        };
        let hint = self.problem.hint();
        match &self.problem {
            ContractProblem::Compile(CompileError::Syntax(errors)) => {
                errors.iter().map(|e| at(e.message.clone(), Some(e.span), e.hint.clone(), e.code)).collect()
            }
            ContractProblem::Compile(CompileError::Normalize(errors)) => {
                errors.iter().map(|e| at(e.message.clone(), Some(e.span), e.hint.clone(), e.code())).collect()
            }
            problem => vec![at(problem.to_string(), self.span, hint, problem.code())],
        }
    }
}

/// The place of an item in its source, if it is known.
pub(crate) fn span_of(origin: Origin) -> Option<Span> {
    (origin.source > 0).then_some(Span { start: origin.start, end: origin.end })
}
