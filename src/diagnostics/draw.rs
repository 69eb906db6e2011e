//! Diagnostics as text: headline, marked lines, hint.

use std::collections::BTreeMap;
use std::fmt::Write;

use ariadne::{Color, Config, IndexType, Report, ReportKind};

use super::place::printable;
use super::{Diagnostic, Label, Severity};
use crate::exit::Exit;

/// Longer messages are cut in text (not in JSON).
const MAX_MESSAGE: usize = 4000;
/// Places further down are shown without the frame, whose texts begin with the first line.
const MAX_LINE: u32 = 100_000;

impl Severity {
    fn title(self) -> &'static str {
        match self {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
            Severity::Note => "Advice",
        }
    }

    fn kind(self) -> ReportKind<'static> {
        match self {
            Severity::Error => ReportKind::Error,
            Severity::Warning => ReportKind::Warning,
            Severity::Note => ReportKind::Advice,
        }
    }

    fn colour(self) -> Color {
        match self {
            Severity::Error => Color::Red,
            Severity::Warning => Color::Yellow,
            Severity::Note => Color::Cyan,
        }
    }
}

impl Diagnostic {
    /// The diagnostic as text with the lines it is about.
    pub fn draw(&self, colour: bool) -> String {
        let Some(mark) = &self.mark else { return self.draw_plain() };
        let marks: Vec<&Label> = std::iter::once(mark).chain(&self.labels).collect();
        let texts: Option<Vec<SparseText<'_>>> = files(&marks).map(|file| SparseText::new(file, &marks)).collect();
        match texts {
            Some(texts) => self.draw_lines(&marks, &texts, colour),
            None => self.draw_cut(&marks),
        }
    }

    /// Code, severity and message, as in the drawings of `ariadne`.
    fn headline(&self) -> String {
        format!("[{}] {}: {}", self.code, self.severity.title(), self.short_message())
    }

    fn short_message(&self) -> String {
        let message = printable(&self.message);
        match message.char_indices().nth(MAX_MESSAGE) {
            Some((end, _)) => format!("{}…", &message[..end]),
            None => message,
        }
    }

    fn draw_plain(&self) -> String {
        let mut text = self.headline();
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

    /// Lines too long to be shown, or too far down: the part around each place.
    fn draw_cut(&self, marks: &[&Label]) -> String {
        let width = marks.iter().map(|mark| mark.line.to_string().len()).max().unwrap_or(1) + 1;
        let mut text = self.headline() + "\n";
        for (k, mark) in marks.iter().enumerate() {
            let corner = if k == 0 { '╭' } else { '├' };
            let excerpt = &mark.excerpt;
            let carets = "^".repeat(excerpt.length);
            let file = printable(&mark.file);
            let _ = writeln!(text, "{:width$} {corner}─[ {file}:{}:{} ]", "", mark.line, mark.column);
            let _ = writeln!(text, "{:>width$} │ {}", mark.line, excerpt.text);
            let _ = writeln!(text, "{:width$} │ {:2$}{carets} {3}", "", "", excerpt.start, mark.note);
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(text, "{:width$} │ Help: {}", "", printable(hint));
        }
        text + "─".repeat(width + 1).as_str() + "╯"
    }

    fn draw_lines(&self, marks: &[&Label], texts: &[SparseText<'_>], colour: bool) -> String {
        let span = |mark: &Label| {
            let file = texts.iter().position(|text| text.file == mark.file).unwrap_or_default();
            let start = texts[file].offsets.get(&mark.line).copied().unwrap_or_default() + mark.excerpt.start;
            (file, start..start + mark.excerpt.length)
        };
        let config = Config::default().with_color(colour).with_index_type(IndexType::Char);
        let mut report = Report::build(self.severity.kind(), span(marks[0]))
            .with_config(config)
            .with_code(self.code)
            .with_message(self.short_message());
        // A file's places in the order of their lines: otherwise each of them would get a frame of its own.
        let mut ordered: Vec<(usize, &&Label)> = marks.iter().enumerate().collect();
        ordered.sort_by_key(|(_, mark)| (span(mark).0, mark.line, mark.column));
        for (k, mark) in ordered {
            let tint = if k == 0 { self.severity.colour() } else { Color::Blue };
            report = report.with_label(ariadne::Label::new(span(mark)).with_message(&mark.note).with_color(tint));
        }
        if let Some(hint) = &self.hint {
            report = report.with_help(printable(hint));
        }
        let sources = texts.iter().map(|text| (printable(text.file), ariadne::Source::from(text.text.clone())));
        let mut drawn = Vec::new();
        match report.finish().write(Sources(sources.collect()), &mut drawn) {
            Ok(()) => String::from_utf8_lossy(&drawn).into_owned(),
            Err(_) => self.draw_plain(),
        }
    }
}

/// The files of marks, each once.
fn files<'a>(marks: &[&'a Label]) -> impl Iterator<Item = &'a str> {
    let mut files: Vec<&str> = Vec::new();
    for mark in marks {
        if !files.contains(&mark.file.as_str()) {
            files.push(&mark.file);
        }
    }
    files.into_iter()
}

/// Names and texts by number, for `ariadne`.
struct Sources(Vec<(String, ariadne::Source)>);

impl ariadne::Cache<usize> for Sources {
    type Storage = String;

    fn fetch(&mut self, id: &usize) -> Result<&ariadne::Source, impl std::fmt::Debug> {
        self.0.get(*id).map(|(_, source)| source).ok_or("no such source")
    }

    fn display<'a>(&self, id: &'a usize) -> Option<impl std::fmt::Display + 'a> {
        self.0.get(*id).map(|(name, _)| name.clone())
    }
}

/// A text that has the marked lines of a file where they belong and all others empty.
struct SparseText<'a> {
    file: &'a str,
    text: String,
    /// Where each marked line starts, in characters.
    offsets: BTreeMap<u32, usize>,
}

impl<'a> SparseText<'a> {
    /// `None` if the lines are too long or too far down.
    fn new(file: &'a str, marks: &[&Label]) -> Option<SparseText<'a>> {
        let marks = || marks.iter().filter(|mark| mark.file == file);
        if marks().any(|mark| mark.excerpt.cut || mark.line > MAX_LINE) {
            return None;
        }
        let lines: BTreeMap<u32, &str> = marks().map(|mark| (mark.line, mark.excerpt.text.as_str())).collect();
        let (mut text, mut offsets, mut next, mut length) = (String::new(), BTreeMap::new(), 1, 0);
        for (line, content) in lines {
            let gap = (line - next) as usize;
            text.extend(std::iter::repeat_n('\n', gap));
            text.push_str(content);
            offsets.insert(line, length + gap);
            length += gap + content.chars().count();
            next = line;
        }
        Some(SparseText { file, text, offsets })
    }
}
