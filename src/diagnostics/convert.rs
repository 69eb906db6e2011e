//! What the libraries report, as diagnostics.

use indicatif::HumanDuration;
use rhodium_grammar::SyntaxError;
use rhodium_grammar::ast::Span;
use rhodium_machine::{Code, Explanation, Failure, RunError, RuntimeError, Subject, shown};
use rhodium_normalizer::{CompileError, NormalizeError};
use rhodium_registry::{SYSTEM_CHANNELS, nearest_urn};
use rhodium_store::StoreError;
use rhodium_term::Origin;

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
        let find = |origin: Origin| {
            let source = (origin.source as usize).checked_sub(1).and_then(|k| sources.get(k))?;
            Some((source, Span { start: origin.start, end: origin.end }))
        };
        let Explanation { mut reason, hint } = error.explain();
        let (code, kind) = (error.code.text(), error.kind.name());
        let caller = find(error.context.caller).filter(|_| error.context.caller != error.origin);
        let note = if error.count > 1 { format!("here, {} times", error.count) } else { "here".to_owned() };
        let mut diagnostic = match (find(error.origin), caller) {
            (Some((source, span)), _) => {
                let span = declaration(error, source, span);
                let diagnostic = Diagnostic::at(Severity::Error, code, kind, reason, source, span, note);
                match caller {
                    Some((source, span)) => diagnostic.with_label(source, span, "this message made it run"),
                    None => diagnostic,
                }
            }
            (None, caller) => {
                if let Some(code) = &error.context.code {
                    reason += &format!(", in code read from the state: {}", shown(code));
                }
                match caller {
                    Some((source, span)) => {
                        let note = "this message made it run";
                        Diagnostic::at(Severity::Error, code, kind, reason, source, span, note)
                    }
                    None => Diagnostic::of_input(code, kind, &reason, Some(current), None),
                }
            }
        };
        diagnostic.count = error.count;
        diagnostic.with_network_message(&error.message).with_hint(advice(error).or(hint))
    }
}

/// Where an unknown URN stands in the `new` that declares it; any other error stays where it is.
fn declaration(error: &RunError, source: &Source, span: Span) -> Span {
    let Some(Subject::Urn(urn)) = &error.context.subject else { return span };
    let declared = format!("`{urn}`");
    let found = source.text.get(span.start as usize..span.end as usize).and_then(|text| text.find(&declared));
    match found {
        Some(at) => Span { start: span.start + at as u32, end: span.start + (at + declared.len()) as u32 },
        None => span,
    }
}

/// Advice that only this program can give.
fn advice(error: &RunError) -> Option<String> {
    match (error.code, &error.context.subject) {
        (Code::OutOfPhlogiston, _) => Some("raise the limit with --phlo, or look for a loop that does not end".into()),
        (Code::Steps, _) => Some("raise the limit with --max-steps, or look for a loop that does not end".into()),
        (Code::Time, _) => Some("raise the limit with --max-time, or look for a loop that does not end".into()),
        (Code::Output, _) => Some("raise the limit with --max-output".into()),
        (Code::Space, _) => Some("raise the limit with --max-space, or look for messages that nobody receives".into()),
        (Code::TermSize, _) => Some("raise the limit with --max-value, or look for a value that keeps growing".into()),
        (Code::TermDepth, _) => Some("raise the limit with --max-depth, or look for a value that keeps growing".into()),
        (Code::UnknownUrn, Some(Subject::Urn(urn))) if nearest_urn(urn) == Some(&**urn) => {
            Some("it has a value only in a deploy: give the deployer with --deployer".into())
        }
        _ => None,
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

impl From<StoreError> for Diagnostic {
    fn from(error: StoreError) -> Diagnostic {
        let hint = match &error {
            StoreError::InUse { .. } => Some("wait until it has ended, or use another directory"),
            StoreError::BeingRead(_) => Some("wait until the commands that read it have ended"),
            StoreError::Disk(_) => Some("make room, for example with `rho store gc`, and do it again"),
            StoreError::Damaged(_) => Some("`rho store verify` lists what is damaged"),
            StoreError::UnknownRoot(_) => Some("`rho store roots` lists those of a store"),
            StoreError::Foreign(_) => Some("give an empty or a new directory"),
            StoreError::NewerFormat { .. } => Some("use a newer version of this program"),
            _ => None,
        };
        let message = match &error {
            StoreError::InUse { since: Some(since), .. } => match since.elapsed() {
                Ok(time) => format!("{error} for {}", HumanDuration(time)),
                Err(_) => error.to_string(),
            },
            error => error.to_string(),
        };
        Diagnostic::environment(codes::STORE, "StoreError", message).with_hint(hint.map(str::to_owned))
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
