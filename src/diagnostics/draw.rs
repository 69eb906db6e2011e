//! Diagnostics as text: headline, marked lines, hint.

use std::collections::BTreeMap;
use std::fmt::Write;

use ariadne::{Color, Config, IndexType, Report, ReportKind};

use super::place::printable;
use super::{Diagnostic, Label, Severity};
use crate::exit::Exit;

/// Longer messages are cut in text (not in JSON).
const MAX_MESSAGE: usize = 4000;
/// Lines further down are drawn by simpler means: `ariadne` wants to be given all lines before them.
const MAX_DRAWN: u32 = 100_000;

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
        if marks.iter().any(|mark| mark.excerpt.cut || mark.line > MAX_DRAWN) {
            self.draw_cut(&marks)
        } else {
            self.draw_lines(&marks, colour)
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
        let file = printable(self.file.as_deref().unwrap_or_default());
        let width = marks.iter().map(|mark| mark.line.to_string().len()).max().unwrap_or(1) + 1;
        let mut text = self.headline() + "\n";
        for (k, mark) in marks.iter().enumerate() {
            let corner = if k == 0 { '╭' } else { '├' };
            let excerpt = &mark.excerpt;
            let carets = "^".repeat(excerpt.length);
            let _ = writeln!(text, "{:width$} {corner}─[ {file}:{}:{} ]", "", mark.line, mark.column);
            let _ = writeln!(text, "{:>width$} │ {}", mark.line, excerpt.text);
            let _ = writeln!(text, "{:width$} │ {:2$}{carets} {3}", "", "", excerpt.start, mark.note);
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(text, "{:width$} │ Help: {}", "", printable(hint));
        }
        text + "─".repeat(width + 1).as_str() + "╯"
    }

    fn draw_lines(&self, marks: &[&Label], colour: bool) -> String {
        let name = printable(self.file.as_deref().unwrap_or_default());
        let (text, offsets) = sparse_text(marks);
        let span = |mark: &Label| {
            let start = offsets.get(&mark.line).copied().unwrap_or_default() + mark.excerpt.start;
            (name.as_str(), start..start + mark.excerpt.length)
        };
        let config = Config::default().with_color(colour).with_index_type(IndexType::Char);
        let mut report = Report::build(self.severity.kind(), span(marks[0]))
            .with_config(config)
            .with_code(self.code)
            .with_message(self.short_message());
        // Places that go up begin another drawing.
        let mut ordered: Vec<(usize, &Label)> = marks.iter().copied().enumerate().collect();
        ordered.sort_by_key(|(_, mark)| (mark.line, mark.column));
        for (k, mark) in ordered {
            let tint = if k == 0 { self.severity.colour() } else { Color::Blue };
            report = report.with_label(ariadne::Label::new(span(mark)).with_message(&mark.note).with_color(tint));
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
fn sparse_text(marks: &[&Label]) -> (String, BTreeMap<u32, usize>) {
    let lines: BTreeMap<u32, &str> = marks.iter().map(|mark| (mark.line, mark.excerpt.text.as_str())).collect();
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
