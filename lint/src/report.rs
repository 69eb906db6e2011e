//! Findings, and the list they are collected in: levels and comments decide what is reported, and the list is bounded.

use rhodium_grammar::ast::Span;

use crate::directives::Directives;
use crate::table::{Id, LINTS, Level, Levels, Lint};

/// Findings of one lint in one source that are kept; the rest is counted.
pub const MAX_FINDINGS: usize = 1000;
/// Further places shown with one finding.
const MAX_LABELS: usize = 8;

/// Something that is probably wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The lint that found it.
    pub lint: &'static Lint,
    /// What it counts as; never [`Level::Allow`].
    pub level: Level,
    /// Where.
    pub span: Span,
    /// One sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Further places with what is to be seen there.
    pub labels: Vec<(Span, String)>,
}

/// Findings of one lint that are not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The lint.
    pub lint: &'static Lint,
    /// What it counts as.
    pub level: Level,
    /// How many there are besides those that are listed.
    pub count: usize,
}

/// Everything found in one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// In the order of the source; at most [`MAX_FINDINGS`] of each lint.
    pub findings: Vec<Finding>,
    /// What is not listed.
    pub left_out: Vec<LeftOut>,
}

impl Report {
    /// How many findings of a level there are, listed or not.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        let listed = self.findings.iter().filter(|finding| finding.level == level).count();
        listed + self.left_out.iter().filter(|left| left.level == level).map(|left| left.count).sum::<usize>()
    }
}

/// The words of a finding.
pub(crate) struct Words {
    message: String,
    hint: Option<String>,
    labels: Vec<(Span, String)>,
}

impl Words {
    pub fn new(message: impl Into<String>) -> Words {
        Words { message: message.into(), hint: None, labels: Vec::new() }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Words {
        self.hint = Some(hint.into());
        self
    }

    pub fn label(mut self, span: Span, text: impl Into<String>) -> Words {
        if self.labels.len() < MAX_LABELS {
            self.labels.push((span, text.into()));
        }
        self
    }
}

/// Collects findings.
pub(crate) struct Findings<'d> {
    levels: &'d Levels,
    directives: &'d mut Directives,
    counts: [usize; LINTS.len()],
    report: Report,
}

impl<'d> Findings<'d> {
    pub fn new(levels: &'d Levels, directives: &'d mut Directives) -> Self {
        Findings { levels, directives, counts: [0; LINTS.len()], report: Report::default() }
    }

    /// Adds a finding; the words are made only if somebody will read them.
    pub fn add(&mut self, id: Id, span: Span, words: impl FnOnce() -> Words) {
        // Comments are asked first: they must know what they allow, whatever the level is.
        if self.directives.allow(id, span.start) || self.levels.of(id) == Level::Allow {
            return;
        }
        let count = &mut self.counts[id as usize];
        *count += 1;
        if *count <= MAX_FINDINGS {
            let Words { message, hint, labels } = words();
            let (lint, level) = (id.lint(), self.levels.of(id));
            self.report.findings.push(Finding { lint, level, span, message, hint, labels });
        }
    }

    /// What is wrong with the comments themselves; to be asked last.
    pub fn check_directives(&mut self) {
        for (id, span, words) in self.directives.findings() {
            self.add(id, span, || words);
        }
    }

    pub fn finish(mut self) -> Report {
        self.report.findings.sort_by_key(|finding| (finding.span, finding.lint.code));
        for (k, lint) in LINTS.iter().enumerate() {
            if let Some(count) = self.counts[k].checked_sub(MAX_FINDINGS).filter(|count| *count > 0) {
                self.report.left_out.push(LeftOut { lint, level: self.levels.at(k), count });
            }
        }
        self.report
    }
}
