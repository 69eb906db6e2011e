//! Errors as users see them: code, place, caret, reason and hint; as text or as data.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::{Deref, DerefMut};

use ariadne::{Color, Config, IndexType, Label, Report, ReportKind};
use rhodium_grammar::ast::Span;
use rhodium_grammar::{LineIndex, SyntaxError};
use rhodium_machine::{ErrorKind, Failure, RunError, RuntimeError};
use rhodium_normalizer::{CompileError, NormalizeError, NormalizeErrorKind as Kind};
use rhodium_registry::nearest_urn;
use rhodium_store::StoreError;
use serde::Serialize;

use crate::exit::Exit;

/// Longer lines are cut around the error.
const MAX_LINE: usize = 200;
/// Characters shown before and after the start of the error in a line that is cut.
const WINDOW: (usize, usize) = (60, 100);
/// Longer error messages are cut in text (not in JSON).
const MAX_MESSAGE: usize = 4000;

/// Codes of errors of the environment; those of programs are defined where they arise.
pub mod codes {
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
}

/// A source text with its name.
pub struct Source {
    /// The file, `<stdin>` or the number of an input.
    pub name: String,
    /// The text.
    pub text: String,
    index: OnceCell<LineIndex>,
}

impl Source {
    /// A source; lines are counted when they are first asked for.
    pub fn new(name: impl Into<String>, text: String) -> Source {
        Source { name: name.into(), text, index: OnceCell::new() }
    }

    fn index(&self) -> &LineIndex {
        self.index.get_or_init(|| LineIndex::new(&self.text))
    }
}

/// An error that is ready to be shown.
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

/// What is known of an error.
#[derive(Clone, Debug, Serialize)]
pub struct Details {
    /// The stable code.
    pub code: &'static str,
    /// The kind: the specification's name for errors of programs.
    pub kind: &'static str,
    /// One sentence.
    pub message: String,
    /// The file it is about.
    pub file: Option<String>,
    /// Line, from 1.
    pub line: Option<u32>,
    /// Column in characters, from 1.
    pub column: Option<u32>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The exit status it leads to.
    #[serde(skip)]
    pub exit: Exit,
    #[serde(skip)]
    marks: Vec<Mark>,
}

/// A marked place of a source with the line it stands on.
#[derive(Clone, Debug)]
struct Mark {
    line: u32,
    column: u32,
    /// The line, or the part around the place if it is long; without control characters.
    text: String,
    cut: bool,
    /// Where the place starts in `text`, and how long it is, in characters.
    start: usize,
    length: usize,
    note: String,
}

impl Diagnostic {
    /// An error of the environment: nothing in any program is wrong.
    pub fn environment(code: &'static str, kind: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic(Box::new(Details {
            code,
            kind,
            message: message.into(),
            file: None,
            line: None,
            column: None,
            hint: None,
            exit: Exit::Environment,
            marks: Vec::new(),
        }))
    }

    fn program(code: &'static str, kind: &'static str, message: &str, source: Option<&Source>) -> Diagnostic {
        let mut diagnostic = Diagnostic::environment(code, kind, message);
        diagnostic.exit = Exit::Program;
        diagnostic.file = source.map(|source| source.name.clone());
        diagnostic
    }

    /// The same with a hint.
    pub fn with_hint(mut self, hint: Option<String>) -> Diagnostic {
        self.hint = hint;
        self
    }

    /// The same about a file.
    pub fn about(mut self, file: impl Into<String>) -> Diagnostic {
        self.file = Some(file.into());
        self
    }

    /// Adds a place; the first one is the place of the error.
    fn mark(mut self, source: &Source, span: Span, note: impl Into<String>) -> Diagnostic {
        let mark = Mark::new(source, span, note.into());
        if self.marks.is_empty() {
            (self.line, self.column) = (Some(mark.line), Some(mark.column));
        }
        self.marks.push(mark);
        self
    }

    /// An error of the user in an input file, with its place if there is one.
    pub fn of_input(
        code: &'static str,
        kind: &'static str,
        message: &str,
        source: Option<&Source>,
        span: Option<Span>,
    ) -> Diagnostic {
        let diagnostic = Diagnostic::program(code, kind, message, source);
        match source.zip(span) {
            Some((source, span)) => diagnostic.mark(source, span, "here"),
            None => diagnostic,
        }
    }

    /// The errors of a program that does not compile.
    pub fn compile(error: &CompileError, source: &Source) -> Vec<Diagnostic> {
        match error {
            CompileError::Syntax(errors) => errors.iter().map(|error| Diagnostic::syntax(error, source)).collect(),
            CompileError::Normalize(error) => vec![Diagnostic::normalize(error, source)],
        }
    }

    fn syntax(error: &SyntaxError, source: &Source) -> Diagnostic {
        let note = if error.expected.is_empty() { "here".to_owned() } else { alternatives(&error.expected) };
        Diagnostic::program(error.code, "SyntaxError", &error.message, Some(source))
            .with_hint(error.hint.clone())
            .mark(source, error.span, note)
    }

    fn normalize(error: &NormalizeError, source: &Source) -> Diagnostic {
        let diagnostic = Diagnostic::program(error.code(), error.kind_name(), &error.message, Some(source))
            .with_hint(error.hint.clone())
            .mark(source, error.span, "here");
        let note = match error.kind {
            Kind::UnexpectedProcContext | Kind::UnexpectedNameContext => "bound here",
            Kind::UnexpectedReuseOfNameContextFree | Kind::UnexpectedReuseOfProcContextFree => "first bound here",
            _ => "and here",
        };
        match error.other {
            Some(other) if other != error.span => diagnostic.mark(source, other, note),
            _ => diagnostic,
        }
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
        let diagnostic = Diagnostic::program(error.kind.code(), error.kind.name(), message, place.or(Some(current)))
            .with_hint(run_hint(error));
        match place {
            Some(source) => {
                diagnostic.mark(source, Span { start: error.origin.start, end: error.origin.end }, "while running this")
            }
            None => diagnostic,
        }
    }

    /// The error as text with the lines it is about.
    pub fn draw(&self, colour: bool) -> String {
        match &self.marks[..] {
            [] => self.draw_plain(),
            marks if marks.iter().any(|mark| mark.cut) => self.draw_cut(),
            _ => self.draw_lines(colour),
        }
    }

    fn headline(&self) -> String {
        let message = printable(&self.message);
        match message.char_indices().nth(MAX_MESSAGE) {
            Some((end, _)) => format!("{}…", &message[..end]),
            None => message,
        }
    }

    fn draw_plain(&self) -> String {
        let mut text = format!("[{}] Error: {}", self.code, self.headline());
        if self.exit == Exit::Program
            && let Some(file) = &self.file
        {
            let _ = write!(text, "\n  in {}", printable(file));
        }
        if let Some(hint) = &self.hint {
            let _ = write!(text, "\n  Help: {}", printable(hint));
        }
        text
    }

    /// Lines too long to be shown: the part around each place.
    fn draw_cut(&self) -> String {
        let file = printable(self.file.as_deref().unwrap_or_default());
        let width = self.marks.iter().map(|mark| mark.line.to_string().len()).max().unwrap_or(1) + 1;
        let mut text = format!("[{}] Error: {}\n", self.code, self.headline());
        for (k, mark) in self.marks.iter().enumerate() {
            let corner = if k == 0 { '╭' } else { '├' };
            let _ = writeln!(text, "{:width$} {corner}─[ {file}:{}:{} ]", "", mark.line, mark.column);
            let _ = writeln!(text, "{:>width$} │ {}", mark.line, mark.text);
            let _ = writeln!(text, "{:width$} │ {:2$}{3} {4}", "", "", mark.start, "^".repeat(mark.length), mark.note);
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(text, "{:width$} │ Help: {}", "", printable(hint));
        }
        text + "─".repeat(width + 1).as_str() + "╯"
    }

    fn draw_lines(&self, colour: bool) -> String {
        let name = printable(self.file.as_deref().unwrap_or_default());
        let (text, offsets) = sparse_text(&self.marks);
        let span = |mark: &Mark| {
            let start = offsets.get(&mark.line).copied().unwrap_or_default() + mark.start;
            (name.as_str(), start..start + mark.length)
        };
        let config = Config::default().with_color(colour).with_index_type(IndexType::Char);
        let mut report = Report::build(ReportKind::Error, span(&self.marks[0]))
            .with_config(config)
            .with_code(self.code)
            .with_message(self.headline());
        for (k, mark) in self.marks.iter().enumerate() {
            let tint = if k == 0 { Color::Red } else { Color::Blue };
            report = report.with_label(Label::new(span(mark)).with_message(&mark.note).with_color(tint));
        }
        if let Some(hint) = &self.hint {
            report = report.with_help(printable(hint));
        }
        let mut drawn = Vec::new();
        match report.finish().write((name.as_str(), ariadne::Source::from(text)), &mut drawn) {
            Ok(()) => String::from_utf8_lossy(&drawn).into_owned(),
            Err(_) => self.draw_plain(),
        }
    }
}

/// A text with the marked lines where they belong and all others empty, and where each of them starts.
fn sparse_text(marks: &[Mark]) -> (String, BTreeMap<u32, usize>) {
    let lines: BTreeMap<u32, &str> = marks.iter().map(|mark| (mark.line, mark.text.as_str())).collect();
    let (mut text, mut offsets, mut next, mut length) = (String::new(), BTreeMap::new(), 1, 0);
    for (line, content) in lines {
        let gap = (line - next) as usize;
        text.extend(std::iter::repeat_n('\n', gap));
        text.push_str(content);
        offsets.insert(line, length + gap);
        length += gap + content.chars().count();
        next = line;
    }
    (text, offsets)
}

impl Mark {
    fn new(source: &Source, span: Span, note: String) -> Mark {
        let text = source.text.as_str();
        let position = source.index().position(span.start);
        let mut start = (span.start as usize).min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let (before, after) = (&text[line_start..start], &text[start..line_end]);
        let cut = line_end - line_start > MAX_LINE;
        let (limit_before, limit_after) = if cut { WINDOW } else { (usize::MAX, usize::MAX) };
        let shown_before = before.char_indices().rev().take(limit_before).last().map_or("", |(at, _)| &before[at..]);
        let shown_after = after.char_indices().nth(limit_after).map_or(after, |(at, _)| &after[..at]);
        let mut line = String::new();
        line.push_str(if shown_before.len() < before.len() { "…" } else { "" });
        line.push_str(&one_line(shown_before));
        let mark_start = line.chars().count();
        line.push_str(&one_line(shown_after));
        // The end of a line, or of the source, can be marked as well.
        line.push_str(if shown_after.len() < after.len() { "…" } else { " " });
        let marked = (span.end as usize).saturating_sub(start);
        let length = shown_after.char_indices().take_while(|(at, _)| *at < marked).count().max(1);
        Mark { line: position.line, column: position.column, text: line, cut, start: mark_start, length, note }
    }
}

/// Every control character of a source line as one blank: it must neither break the line nor reach the terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if is_control(c) { ' ' } else { c }).collect()
}

/// Text from outside without anything that a terminal would obey.
fn printable(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if is_control(c) && c != '\n' { clean.extend(c.escape_unicode()) } else { clean.push(c) }
    }
    clean
}

fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
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
