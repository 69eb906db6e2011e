//! A source text and places in it: lines, columns, and the text that is shown around a place.

use std::cell::OnceCell;

use rhodium_grammar::LineIndex;
use rhodium_grammar::ast::Span;
use serde::Serialize;

/// Longer lines are cut around the place.
const MAX_LINE: usize = 200;
/// Characters shown before and after the start of the place in a line that is cut.
const WINDOW: (usize, usize) = (60, 100);

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

    /// The line, from 1, of a byte.
    pub fn line(&self, byte: u32) -> u32 {
        self.index().position(byte).line
    }

    fn index(&self) -> &LineIndex {
        self.index.get_or_init(|| LineIndex::new(&self.text))
    }
}

/// A marked place of a source.
#[derive(Clone, Debug, Serialize)]
pub struct Label {
    /// The file.
    pub file: String,
    /// First line, from 1.
    pub line: u32,
    /// First column in characters, from 1.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// The column behind the last character.
    pub end_column: u32,
    /// What is said about the place.
    pub note: String,
    #[serde(skip)]
    pub(super) excerpt: Excerpt,
}

/// The line on which a place starts.
#[derive(Clone, Debug)]
pub(super) struct Excerpt {
    /// The line, or the part around the place if it is long; without control characters.
    pub text: String,
    /// Whether the line is long and only a part is shown.
    pub cut: bool,
    /// Where the place starts in `text`, in characters.
    pub start: usize,
    /// How many characters of the line it covers.
    pub length: usize,
}

impl Label {
    pub(super) fn new(source: &Source, span: Span, note: String) -> Label {
        let (start, end) = (source.index().position(span.start), source.index().position(span.end.max(span.start)));
        Label {
            file: source.name.clone(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            note,
            excerpt: Excerpt::new(&source.text, span),
        }
    }
}

impl Excerpt {
    fn new(text: &str, span: Span) -> Excerpt {
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
        Excerpt { text: line, cut, start: mark_start, length }
    }
}

/// Every control character of a source line as one blank: it must neither break the line nor reach the terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if is_control(c) { ' ' } else { c }).collect()
}

/// Text from outside without anything that a terminal would obey.
pub(super) fn printable(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if is_control(c) && c != '\n' { clean.extend(c.escape_unicode()) } else { clean.push(c) }
    }
    clean
}

fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
