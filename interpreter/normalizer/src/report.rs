//! Wording of the static errors (language.md 3.10).

use std::cell::OnceCell;

use rhodium_grammar::ast::Span;
use rhodium_grammar::{LineIndex, Position};

use crate::error::{NormalizeError, NormalizeErrorKind as Kind};
use crate::scope::{Connective, FreeMap, Sort};
use crate::spelling;

/// What the messages need to know.
pub(crate) struct Report<'a> {
    /// The source text, for line and column.
    text: Option<&'a str>,
    index: OnceCell<LineIndex>,
}

/// At most this many places are listed in one message.
const MAX_LISTED: usize = 20;

fn error(kind: Kind, span: Span, network: impl Into<Box<str>>, message: String, hint: &str) -> NormalizeError {
    let network = network.into();
    let hint = (!hint.is_empty()).then(|| hint.to_string());
    NormalizeError { kind, code: kind.code(), span, labels: Vec::new(), message, network, hint }
}

impl NormalizeError {
    fn with_label(mut self, span: Span, note: impl Into<String>) -> Self {
        if span != self.span {
            self.labels.push((span, note.into()));
        }
        self
    }

    fn with_code(self, kind: Kind) -> Self {
        NormalizeError { code: kind.code(), ..self }
    }
}

impl<'a> Report<'a> {
    pub(crate) fn new(text: Option<&'a str>) -> Self {
        Report { text, index: OnceCell::new() }
    }

    /// Line and column of a place.
    fn position(&self, span: Span) -> Option<Position> {
        let text = self.text?;
        Some(self.index.get_or_init(|| LineIndex::new(text)).position(span.start))
    }

    fn place(&self, span: Span) -> String {
        match self.position(span) {
            None => format!("byte {}", span.start),
            Some(position) => format!("{}:{}", position.line, position.column),
        }
    }

    /// The first things of a list, from left to right, with the places they stand at.
    fn list(&self, mut things: Vec<(Span, &str)>) -> Option<String> {
        things.sort();
        things.dedup_by_key(|(span, what)| (span.start, *what));
        let at = |(span, what): &(Span, &str)| match *what {
            "" => self.place(*span),
            what => format!("{what} at {}", self.place(*span)),
        };
        let listed: Vec<String> = things.iter().take(MAX_LISTED).map(at).collect();
        let more = if things.len() > MAX_LISTED { ", …" } else { "" };
        (!listed.is_empty()).then(|| listed.join(", ") + more)
    }

    /// A normal form beyond the limit.
    pub(crate) fn too_large(&self, span: Span, limit: u64) -> NormalizeError {
        let message = format!("the normal form of this process takes more than {} MiB", limit >> 20);
        let hint = "nest less deeply, or refer to fewer outer names from inside";
        error(Kind::TooLarge, span, message.clone(), message, hint)
    }

    /// The character in front of a place.
    fn before(&self, span: Span) -> Option<char> {
        self.text?.get(..span.start as usize)?.chars().next_back()
    }

    /// A variable used as the sort it is not.
    pub(crate) fn sort(&self, used_as: Sort, name: &str, span: Span, declared: Span) -> NormalizeError {
        let (at, used) = (self.place(declared), self.place(span));
        let shown = shorten(name);
        match used_as {
            Sort::Proc => error(
                Kind::UnexpectedProcContext,
                span,
                format!("Name variable: `{name}` at {at} used in process context at {used}"),
                format!("`{shown}` is a name, and a process belongs here"),
                &match self.before(span) {
                    Some('@') => format!("leave out the `@`: write `{shown}`"),
                    _ => format!("write `*{shown}` to use the name as a process"),
                },
            )
            .with_label(declared, format!("here `{shown}` is bound as a name")),
            Sort::Name => error(
                Kind::UnexpectedNameContext,
                span,
                format!("Proc variable: `{name}` at {at} used in Name context at {used}"),
                format!("`{shown}` is a process, and a name belongs here"),
                &match self.before(span) {
                    Some('*') => format!("leave out the `*`: write `{shown}`"),
                    _ => format!("write `@{shown}` to use the process as a name"),
                },
            )
            .with_label(declared, format!("here `{shown}` is bound as a process")),
        }
    }

    /// `=x` for a name or `=*x` for a process.
    pub(crate) fn reference_sort(&self, wanted: Sort, name: &str, span: Span, declared: Span) -> NormalizeError {
        let (at, used) = (self.place(declared), self.place(span));
        let shown = shorten(name);
        match wanted {
            Sort::Name => error(
                Kind::UnexpectedProcContext,
                span,
                format!("Proc variable: `{name}` at {at} used in a reference to a name at {used}"),
                format!("`=*{shown}` refers to a name, and `{shown}` is a process"),
                &format!("write `={shown}`"),
            )
            .with_label(declared, format!("here `{shown}` is bound as a process")),
            Sort::Proc => error(
                Kind::UnexpectedNameContext,
                span,
                format!("Name variable: `{name}` at {at} used in a reference to a process at {used}"),
                format!("`={shown}` refers to a process, and `{shown}` is a name"),
                &format!("write `=*{shown}`"),
            )
            .with_label(declared, format!("here `{shown}` is bound as a name")),
        }
    }

    /// A second binder of one identifier in a pattern.
    pub(crate) fn reuse(&self, sort: Sort, name: &str, span: Span, first: Span) -> NormalizeError {
        let (kind, context) = match sort {
            Sort::Name => (Kind::UnexpectedReuseOfNameContextFree, "name"),
            Sort::Proc => (Kind::UnexpectedReuseOfProcContextFree, "process"),
        };
        let (at, again) = (self.place(first), self.place(span));
        let network =
            format!("Free variable {name} is used twice as a binder (at {at} and {again}) in {context} context.");
        let message = format!("`{}` is bound twice by the same pattern", shorten(name));
        let hint = "bind another variable here and compare the two in the body";
        error(kind, span, network, message, hint).with_label(first, "first bound here")
    }

    /// An identifier bound by two binds of a join.
    pub(crate) fn joint_reuse(&self, name: &str, span: Span, first: Span) -> NormalizeError {
        let message = format!("`{}` is bound twice by receipts that are joined", shorten(name));
        NormalizeError { message, ..self.reuse(Sort::Name, name, span, first) }
    }

    /// A reference to nothing.
    pub(crate) fn unbound(&self, sort: Sort, name: &str, span: Span, near: Option<&str>) -> NormalizeError {
        let star = if sort == Sort::Name { "*" } else { "" };
        let network = format!("Variable reference: ={star}{name} at {} is unbound.", self.place(span));
        let message = format!("nothing outside this pattern binds `{}`", shorten(name));
        let hint = match near {
            Some(near) => format!("did you mean `={star}{near}`?"),
            None => "`=x` compares with a variable that is bound outside the pattern; a new variable has no `=`".into(),
        };
        error(Kind::UnboundVariableRef, span, network, message, &hint)
    }

    /// Two binds of a join on one channel. The spans are theirs.
    pub(crate) fn same_channels(&self, binds: &[Span], receive: Span) -> NormalizeError {
        let network = format!(
            "Receiving on the same channels is currently not allowed (at {}). Ref. RCHAIN-4032.",
            self.place(receive)
        );
        let second = binds.get(1).copied().unwrap_or(receive);
        let message = "two receipts that are joined read from the same channel".to_owned();
        let hint = "receive one after the other: separate the receipts by `;`";
        let error = error(Kind::ReceiveOnSameChannelsError, second, network, message, hint);
        match binds.first() {
            Some(first) => error.with_label(*first, "this one reads from it already"),
            None => error,
        }
    }

    /// Refuses `\/` and `~` in the patterns of a bind.
    pub(crate) fn receive_pattern(&self, binders: &FreeMap) -> Result<(), NormalizeError> {
        let refused = binders.connectives.iter().filter(|(kind, _)| *kind != Connective::And);
        let Some((kind, span)) = refused.min_by_key(|(_, span)| *span) else { return Ok(()) };
        let network = format!(
            "Invalid pattern in the receive: {} at {}. Only logical AND is allowed.",
            kind.describe(),
            self.place(*span)
        );
        let message = format!("`{}` cannot stand in the pattern of a receive or contract", kind.symbol());
        let hint = "receive with a variable and test it with `match`, which takes every connective";
        Err(error(Kind::PatternReceiveError, *span, network, message, hint))
    }

    /// Checks what stands in a bundle, given the free map so far.
    pub(crate) fn bundle(&self, binders: &FreeMap, connective: bool, span: Span) -> Result<(), NormalizeError> {
        let kind = Kind::UnexpectedBundleContent;
        if connective {
            let position = match self.position(span) {
                None => format!("byte {}", span.start),
                Some(position) => format!("line: {}, column: {}", position.line, position.column),
            };
            let network = format!("Illegal top level connective in bundle at position: {position}.");
            let message = "the content of a bundle is a process, not a pattern with connectives".to_owned();
            return Err(error(kind, span, network, message, "match the content without `bundle`"));
        }
        let plain = |spans: Vec<Span>| self.list(spans.into_iter().map(|s| (s, "")).collect());
        let variables: Vec<Span> = binders.vars.iter().map(|v| v.span).collect();
        let first = binders.wildcards.iter().chain(&variables).min().copied();
        let mut network = "Bundle's content must not have free variables or wildcards.".to_string();
        for (what, found) in [("Wildcards", plain(binders.wildcards.clone())), ("Free variables", plain(variables))] {
            if let Some(found) = found {
                network += &format!(" {what} positions {found}.");
            }
        }
        let Some(first) = first else { return Ok(()) };
        let message = "a bundle in a pattern cannot stand inside or behind what binds a variable or ignores a value";
        let hint = "put bundles in front of all variables and wildcards of the pattern";
        Err(error(kind, span, network, message.to_owned(), hint).with_label(first, "this one"))
    }

    /// `select` has no meaning.
    pub(crate) fn select(&self, span: Span) -> NormalizeError {
        let network = "Compilation of construct not yet supported.".to_string();
        let message = "`select` has a syntax but no meaning: the network refuses it".to_owned();
        let hint = "receive with several `for`s side by side, or join channels with `&`";
        error(Kind::UnrecognizedNormalizerError, span, network, message, hint)
    }

    /// What the network says of things left open outside patterns, if there are any.
    pub(crate) fn left(&self, what: &str, things: Vec<(Span, &str)>) -> Option<Box<str>> {
        Some(format!("Top level {what} are not allowed: {}.", self.list(things)?).into())
    }

    /// A connective outside patterns.
    pub(crate) fn connective(&self, connective: Connective, span: Span, network: Box<str>) -> NormalizeError {
        let message = format!("`{}` stands outside of any pattern", connective.symbol());
        let word = match connective {
            Connective::And => "and",
            Connective::Or => "or",
            Connective::Not => "not",
        };
        let hint = format!("connectives combine patterns; to compute with truth values write `{word}`");
        error(Kind::TopLevelLogicalConnectivesNotAllowedError, span, network, message, &hint)
    }

    /// A wildcard outside patterns.
    pub(crate) fn wildcard(&self, kind: Kind, network: Box<str>, span: Span) -> NormalizeError {
        let message = "`_` stands outside of any pattern".to_owned();
        let hint = "`_` matches anything in a pattern; here a name or a process must stand";
        error(kind, span, network, message, hint).with_code(Kind::TopLevelWildcardsNotAllowedError)
    }

    /// A variable outside patterns that nothing binds.
    pub(crate) fn unbound_variable(
        &self,
        kind: Kind,
        network: Box<str>,
        name: &str,
        span: Span,
        hint: String,
    ) -> NormalizeError {
        let message = format!("nothing binds `{}`", shorten(name));
        error(kind, span, network, message, &hint).with_code(Kind::TopLevelFreeVariablesNotAllowedError)
    }

    /// What to do about a variable that nothing binds.
    pub(crate) fn unbound_hint(&self, name: &str, near: Option<&str>) -> String {
        match (spelling::known(name), near) {
            (Some(known), _) => known,
            (None, Some(near)) => format!("did you mean `{near}`?"),
            (None, None) => "declare it with `new`, or bind it by receiving or matching".to_owned(),
        }
    }
}

/// At most 32 characters of a name.
fn shorten(name: &str) -> String {
    match name.char_indices().nth(32) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
