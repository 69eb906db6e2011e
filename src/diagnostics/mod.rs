//! Diagnostics as users see them: severity, code, place, reason and hint; as text or as data.

mod convert;
mod draw;
mod place;

use std::ops::{Deref, DerefMut};

use rhodium_grammar::ast::Span;
use serde::Serialize;

pub use place::{Label, Source};

use crate::exit::Exit;

/// Codes of errors of the environment; those of programs are defined where they arise.
pub mod codes {
    /// A pattern on the command line that is none.
    pub const PATTERN: &str = "E0802";
    /// A file that does not exist.
    pub const MISSING: &str = "E0901";
    /// A file that cannot be read.
    pub const UNREADABLE: &str = "E0902";
    /// A directory where a file is needed.
    pub const DIRECTORY: &str = "E0903";
    /// A file that is not text.
    pub const NOT_TEXT: &str = "E0904";
    /// A file that is longer than the limit.
    pub const TOO_LARGE: &str = "E0905";
    /// A store that cannot be used.
    pub const STORE: &str = "E0906";
    /// A state that cannot be used.
    pub const STATE: &str = "E0907";
    /// A file that cannot be written.
    pub const UNWRITABLE: &str = "E0908";
    /// A file with a state that is not what was exported.
    pub const EXPORT: &str = "E0909";
    /// Records of a store that are missing or wrong.
    pub const DAMAGE: &str = "E0910";
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code, reason = "lints warn and note")]
pub enum Severity {
    /// It does not work.
    Error,
    /// It works, but hardly as meant.
    Warning,
    /// It is worth knowing.
    Note,
}

/// Something to tell a user.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Diagnostic(Box<Details>);

impl Deref for Diagnostic {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Diagnostic {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

/// What is known of it. `docs/cli.md` documents the fields as they stand in JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Details {
    /// How bad it is.
    pub severity: Severity,
    /// The stable code.
    pub code: &'static str,
    /// The name of the lint, if it is one.
    pub name: Option<&'static str>,
    /// The kind: the specification's name for errors of programs.
    pub kind: &'static str,
    /// One sentence.
    pub message: String,
    /// The network's own wording, where it has one that differs.
    pub network_message: Option<String>,
    /// The file it is about.
    pub file: Option<String>,
    /// Line, from 1.
    pub line: Option<u32>,
    /// Column in characters, from 1.
    pub column: Option<u32>,
    /// Line of the end.
    pub end_line: Option<u32>,
    /// The column behind the last character.
    pub end_column: Option<u32>,
    /// What to do about it.
    pub hint: Option<String>,
    /// How often it happened at this place.
    pub count: u64,
    /// Other places that matter.
    pub labels: Vec<Label>,
    /// The exit status it leads to.
    #[serde(skip)]
    pub exit: Exit,
    /// The place itself.
    #[serde(skip)]
    mark: Option<Label>,
}

impl Diagnostic {
    fn new(severity: Severity, code: &'static str, kind: &'static str, message: String) -> Diagnostic {
        Diagnostic(Box::new(Details {
            severity,
            code,
            name: None,
            kind,
            message,
            network_message: None,
            file: None,
            line: None,
            column: None,
            end_line: None,
            end_column: None,
            hint: None,
            count: 1,
            labels: Vec::new(),
            exit: Exit::Program,
            mark: None,
        }))
    }

    /// Something about a place of a source; `note` stands at the caret.
    pub fn at(
        severity: Severity,
        code: &'static str,
        kind: &'static str,
        message: impl Into<String>,
        source: &Source,
        span: Span,
        note: impl Into<String>,
    ) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(severity, code, kind, message.into()).about(&source.name);
        let mark = Label::new(source, span, note.into());
        (diagnostic.line, diagnostic.column) = (Some(mark.line), Some(mark.column));
        (diagnostic.end_line, diagnostic.end_column) = (Some(mark.end_line), Some(mark.end_column));
        diagnostic.mark = Some(mark);
        diagnostic
    }

    /// An error of the environment: nothing in any program is wrong.
    pub fn environment(code: &'static str, kind: &'static str, message: impl Into<String>) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(Severity::Error, code, kind, message.into());
        diagnostic.exit = Exit::Environment;
        diagnostic
    }

    /// Something that is not what it claims to be.
    pub fn refused(code: &'static str, kind: &'static str, message: impl Into<String>) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(Severity::Error, code, kind, message.into());
        diagnostic.exit = Exit::Verification;
        diagnostic
    }

    /// An error of the user in an input file, with its place if there is one.
    pub fn of_input(
        code: &'static str,
        kind: &'static str,
        message: &str,
        source: Option<&Source>,
        span: Option<Span>,
    ) -> Diagnostic {
        match source.zip(span) {
            Some((source, span)) => Diagnostic::at(Severity::Error, code, kind, message, source, span, "here"),
            None => {
                let mut diagnostic = Diagnostic::new(Severity::Error, code, kind, message.to_owned());
                diagnostic.file = source.map(|source| source.name.clone());
                diagnostic
            }
        }
    }

    /// The same with a hint.
    pub fn with_hint(mut self, hint: Option<String>) -> Diagnostic {
        self.hint = hint;
        self
    }

    /// The same with the network's own wording.
    fn with_network_message(mut self, message: &str) -> Diagnostic {
        self.network_message = Some(message.to_owned()).filter(|message| *message != self.message);
        self
    }

    /// The same about a file.
    pub fn about(mut self, file: impl Into<String>) -> Diagnostic {
        self.file = Some(file.into());
        self
    }

    /// The same with another place that matters.
    pub fn with_label(mut self, source: &Source, span: Span, note: impl Into<String>) -> Diagnostic {
        self.labels.push(Label::new(source, span, note.into()));
        self
    }

    /// The same as a lint of this name.
    pub fn named(mut self, name: &'static str) -> Diagnostic {
        self.name = Some(name);
        self
    }
}
