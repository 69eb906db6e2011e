//! What the libraries report, as diagnostics.

use rhodium_grammar::SyntaxError;
use rhodium_grammar::ast::Span;
use rhodium_machine::{ErrorKind, Failure, RunError, RuntimeError};
use rhodium_normalizer::{CompileError, NormalizeError};
use rhodium_registry::{SYSTEM_CHANNELS, nearest_urn};
use rhodium_store::StoreError;

use super::{Diagnostic, Severity, Source, codes};

impl Diagnostic {
    /// The errors of a program that does not compile.
    pub fn compile(error: &CompileError, source: &Source) -> Vec<Diagnostic> {
        match error {
            CompileError::Syntax(errors) => errors.iter().map(|error| Diagnostic::syntax(error, source)).collect(),
            CompileError::Normalize(errors) => {
                errors.iter().map(|error| Diagnostic::normalize(error, source)).collect()
            }
        }
    }

    fn syntax(error: &SyntaxError, source: &Source) -> Diagnostic {
        let note = if error.expected.is_empty() { "here".to_owned() } else { alternatives(&error.expected) };
        Diagnostic::at(Severity::Error, error.code, "SyntaxError", &error.message, source, error.span, note)
            .with_hint(error.hint.clone())
            .with_labels(source, &error.labels)
    }

    fn normalize(error: &NormalizeError, source: &Source) -> Diagnostic {
        let (code, kind) = (error.code(), error.kind_name());
        let mut diagnostic = Diagnostic::at(Severity::Error, code, kind, &error.message, source, error.span, "here")
            .with_hint(error.hint.clone())
            .with_labels(source, &error.labels);
        diagnostic.network_message = Some(error.network.to_string());
        if code == UNBOUND
            && let Some(hint) = system_channel(source.text.get(error.span.range()).unwrap_or_default())
        {
            diagnostic.hint = Some(hint);
        }
        diagnostic
    }

    fn with_labels(self, source: &Source, labels: &[(Span, String)]) -> Diagnostic {
        labels.iter().fold(self, |diagnostic, (span, note)| diagnostic.with_label(source, *span, note))
    }

    /// Everything that made an evaluation fail. Sources have the numbers 1, 2, …
    pub fn failures(failures: &[Failure], current: &Source, sources: &[Source]) -> Vec<Diagnostic> {
        let convert = |failure: &Failure| match failure {
            Failure::Compile(error) => Diagnostic::compile(error, current),
            Failure::Run(error) => vec![Diagnostic::run(error, current, sources)],
        };
        failures.iter().flat_map(convert).collect()
    }

    fn run(error: &RunError, current: &Source, sources: &[Source]) -> Diagnostic {
        let number = error.origin.source as usize;
        let place = number.checked_sub(1).and_then(|k| sources.get(k));
        // The network's wording goes on to blame the normalizer; here it is known to be an unknown URN.
        let message = match error.kind {
            ErrorKind::BugFound => error.message.split(" This is a bug").next().unwrap_or(&error.message),
            _ => error.message.as_str(),
        };
        let (code, kind) = (error.kind.code(), error.kind.name());
        let diagnostic = match place {
            Some(source) => {
                let span = Span { start: error.origin.start, end: error.origin.end };
                Diagnostic::at(Severity::Error, code, kind, message, source, span, "while running this")
            }
            None => Diagnostic::of_input(code, kind, message, Some(current), None),
        };
        diagnostic.with_hint(run_hint(error))
    }
}

/// The code of a variable that nothing binds.
const UNBOUND: &str = "E0212";

/// For a name that is usually bound to a system channel: how.
fn system_channel(name: &str) -> Option<String> {
    let urns = SYSTEM_CHANNELS.iter().flat_map(|channel| channel.urns());
    let urn = urns.into_iter().find(|urn| urn.rsplit(':').next() == Some(name))?;
    Some(format!("bind it to the system channel: `new {name}(`{urn}`) in {{ … }}`"))
}

fn alternatives(expected: &[String]) -> String {
    match expected {
        [only] => format!("expected {only}"),
        [first @ .., last] => format!("expected {} or {last}", first.join(", ")),
        [] => String::new(),
    }
}

fn run_hint(error: &RunError) -> Option<String> {
    match error.kind {
        ErrorKind::OutOfPhlogistons => Some("give it more with --phlo".to_owned()),
        ErrorKind::BugFound => {
            let urn = error.message.split('`').nth(1)?;
            Some(match nearest_urn(urn) {
                Some(near) if near != urn => format!("nothing is bound to this URN; did you mean `{near}`?"),
                Some(_) => "this URN has a value only in a deploy: give one with --deployer".to_owned(),
                None => "nothing is bound to this URN; addresses of the registry are looked up, not bound by `new`"
                    .to_owned(),
            })
        }
        _ => None,
    }
}

impl From<StoreError> for Diagnostic {
    fn from(error: StoreError) -> Diagnostic {
        let hint = match &error {
            StoreError::InUse { .. } => Some("wait until it has ended, or use another directory"),
            StoreError::Foreign(_) => Some("give an empty or a new directory"),
            StoreError::NewerFormat { .. } => Some("use a newer version of this program"),
            _ => None,
        };
        Diagnostic::environment(codes::STORE, "StoreError", error.to_string()).with_hint(hint.map(str::to_owned))
    }
}

impl From<RuntimeError> for Diagnostic {
    fn from(error: RuntimeError) -> Diagnostic {
        match error {
            RuntimeError::Store(error) => error.into(),
            RuntimeError::State(message) => Diagnostic::environment(codes::STATE, "StateError", message),
        }
    }
}
