//! Wording of the static errors (language.md 3.10).

use rhodium_grammar::LineIndex;
use rhodium_grammar::ast::Span;

use crate::error::{NormalizeError, NormalizeErrorKind as Kind};
use crate::scope::{Connective, FreeMap, Scopes, Sort};

/// What the messages need to know.
pub(crate) struct Report<'a> {
    /// The source text, for line and column.
    pub text: Option<&'a str>,
}

/// At most this many places are listed in one message.
const MAX_LISTED: usize = 20;

fn error(kind: Kind, span: Span, other: Option<Span>, message: String, hint: &str) -> NormalizeError {
    let hint = (!hint.is_empty()).then(|| hint.to_string());
    NormalizeError { kind, span, other, message, hint }
}

/// The first things of a list, from left to right, with the places they stand at.
struct Listed {
    text: String,
    first: Span,
    second: Option<Span>,
}

impl Report<'_> {
    fn list<'s>(&self, mut things: Vec<(Span, &'s str)>) -> Option<Listed> {
        things.sort();
        things.dedup_by_key(|(span, what)| (span.start, *what));
        let (first, second) = (things.first()?.0, things.get(1).map(|t| t.0));
        let index = self.text.map(LineIndex::new);
        let place = |span: Span| match &index {
            None => format!("byte {}", span.start),
            Some(index) => {
                let position = index.position(span.start);
                format!("{}:{}", position.line, position.column)
            }
        };
        let at = |(span, what): &(Span, &'s str)| match *what {
            "" => place(*span),
            what => format!("{what} at {}", place(*span)),
        };
        let listed: Vec<String> = things.iter().take(MAX_LISTED).map(at).collect();
        let more = if things.len() > MAX_LISTED { ", …" } else { "" };
        let text = listed.join(", ") + more;
        Some(Listed { text, first, second })
    }

    /// A normal form beyond the limit.
    pub(crate) fn too_large(&self, span: Span, limit: u64) -> NormalizeError {
        let at = self.place(span);
        let message = format!("The normal form of the process at {at} takes more than {} MiB.", limit >> 20);
        error(Kind::TooLarge, span, None, message, "nest less deeply, or refer to fewer outer names from inside")
    }

    fn place(&self, span: Span) -> String {
        self.list(vec![(span, "")]).map(|l| l.text).unwrap_or_default()
    }

    /// A variable used as the sort it is not.
    pub(crate) fn sort(&self, used_as: Sort, name: &str, span: Span, declared: Span) -> NormalizeError {
        let (at, used) = (self.place(declared), self.place(span));
        let (kind, message, hint) = match used_as {
            Sort::Proc => (
                Kind::UnexpectedProcContext,
                format!("Name variable: `{name}` at {at} used in process context at {used}"),
                format!("write `*{name}` to use the name as a process"),
            ),
            Sort::Name => (
                Kind::UnexpectedNameContext,
                format!("Proc variable: `{name}` at {at} used in Name context at {used}"),
                format!("write `@{name}` to use the process as a name"),
            ),
        };
        error(kind, span, Some(declared), message, &hint)
    }

    /// `=x` for a name or `=*x` for a process.
    pub(crate) fn reference_sort(&self, wanted: Sort, name: &str, span: Span, declared: Span) -> NormalizeError {
        let (at, used) = (self.place(declared), self.place(span));
        let (kind, message, hint) = match wanted {
            Sort::Name => (
                Kind::UnexpectedProcContext,
                format!("Proc variable: `{name}` at {at} used in a reference to a name at {used}"),
                format!("write `={name}`"),
            ),
            Sort::Proc => (
                Kind::UnexpectedNameContext,
                format!("Name variable: `{name}` at {at} used in a reference to a process at {used}"),
                format!("write `=*{name}`"),
            ),
        };
        error(kind, span, Some(declared), message, &hint)
    }

    /// A second binder of one identifier.
    pub(crate) fn reuse(&self, sort: Sort, name: &str, span: Span, first: Span) -> NormalizeError {
        let (kind, context) = match sort {
            Sort::Name => (Kind::UnexpectedReuseOfNameContextFree, "name"),
            Sort::Proc => (Kind::UnexpectedReuseOfProcContextFree, "process"),
        };
        let (at, again) = (self.place(first), self.place(span));
        let message =
            format!("Free variable {name} is used twice as a binder (at {at} and {again}) in {context} context.");
        let hint = "patterns bind a variable once: use two variables and compare them in the body";
        error(kind, span, Some(first), message, hint)
    }

    /// A reference to nothing.
    pub(crate) fn unbound(&self, sort: Sort, name: &str, span: Span) -> NormalizeError {
        let star = if sort == Sort::Name { "*" } else { "" };
        let message = format!("Variable reference: ={star}{name} at {} is unbound.", self.place(span));
        let hint = "a reference means a variable bound outside the pattern";
        error(Kind::UnboundVariableRef, span, None, message, hint)
    }

    /// Two binds of a join on one channel. The spans are theirs.
    pub(crate) fn same_channels(&self, binds: &[Span], receive: Span) -> NormalizeError {
        let message = format!(
            "Receiving on the same channels is currently not allowed (at {}). Ref. RCHAIN-4032.",
            self.place(receive)
        );
        let second = binds.get(1).copied().unwrap_or(receive);
        let hint = "receive from one channel after the other: separate the binds by `;`";
        error(Kind::ReceiveOnSameChannelsError, second, binds.first().copied(), message, hint)
    }

    /// Refuses `\/` and `~` in the patterns of a bind.
    pub(crate) fn receive_pattern(&self, binders: &FreeMap) -> Result<(), NormalizeError> {
        let refused = binders.connectives.iter().filter(|(kind, _)| *kind != Connective::And);
        let Some((kind, span)) = refused.min_by_key(|(_, span)| *span) else { return Ok(()) };
        let message = format!(
            "Invalid pattern in the receive: {} at {}. Only logical AND is allowed.",
            kind.describe(),
            self.place(*span)
        );
        let hint = "receive with a variable and test it with `match`, which takes every connective";
        Err(error(Kind::PatternReceiveError, *span, None, message, hint))
    }

    /// Checks what stands in a bundle, given the free map so far.
    pub(crate) fn bundle(&self, binders: &FreeMap, connective: bool, span: Span) -> Result<(), NormalizeError> {
        if connective {
            let position = match self.text {
                None => format!("byte {}", span.start),
                Some(text) => {
                    let position = LineIndex::new(text).position(span.start);
                    format!("line: {}, column: {}", position.line, position.column)
                }
            };
            let message = format!("Illegal top level connective in bundle at position: {position}.");
            return Err(error(Kind::UnexpectedBundleContent, span, None, message, ""));
        }
        let plain = |spans: Vec<Span>| self.list(spans.into_iter().map(|s| (s, "")).collect());
        let wildcards = plain(binders.wildcards.clone());
        let variables = plain(binders.vars.iter().map(|v| v.span).collect());
        if wildcards.is_none() && variables.is_none() {
            return Ok(());
        }
        let mut message = "Bundle's content must not have free variables or wildcards.".to_string();
        let mut other = None;
        for (what, found) in [("Wildcards", wildcards), ("Free variables", variables)] {
            if let Some(found) = found {
                message += &format!(" {what} positions {}.", found.text);
                other = other.or(Some(found.first));
            }
        }
        Err(error(Kind::UnexpectedBundleContent, span, other, message, "in a pattern, put bundles before all binders"))
    }

    /// `select` has no meaning.
    pub(crate) fn select(&self, span: Span) -> NormalizeError {
        let message = "Compilation of construct not yet supported.".to_string();
        error(Kind::UnrecognizedNormalizerError, span, None, message, "`select` parses but has no meaning")
    }

    /// The checks of the whole program: outside patterns nothing may be left open.
    pub(crate) fn top_level(&self, scopes: &Scopes) -> Result<(), NormalizeError> {
        let Some(open) = scopes.outermost_frame() else { return Ok(()) };
        let connectives = open.connectives.iter().map(|(kind, span)| (*span, kind.describe())).collect();
        let wildcards = open.wildcards.iter().map(|span| (*span, "_ (wildcard)")).collect();
        let variables = open.vars.iter().map(|v| (v.span, v.slot.map_or("_", |slot| scopes.text(slot)))).collect();
        self.none_left(
            Kind::TopLevelLogicalConnectivesNotAllowedError,
            "logical connectives",
            connectives,
            "connectives belong in patterns",
        )?;
        self.none_left(Kind::TopLevelWildcardsNotAllowedError, "wildcards", wildcards, "`_` belongs in patterns")?;
        let hint = "declare names with `new`; check the spelling";
        self.none_left(Kind::TopLevelFreeVariablesNotAllowedError, "free variables", variables, hint)
    }

    fn none_left(&self, kind: Kind, what: &str, things: Vec<(Span, &str)>, hint: &str) -> Result<(), NormalizeError> {
        match self.list(things) {
            None => Ok(()),
            Some(found) => {
                let message = format!("Top level {what} are not allowed: {}.", found.text);
                Err(error(kind, found.first, found.second, message, hint))
            }
        }
    }
}
