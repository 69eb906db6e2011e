//! Lints of whatever parses have places in the source, in its order, and are the same each time.

use rhodium_grammar::parse;
use rhodium_lint::{Level, Levels, Selection, check as lint};

use super::lexer::check_span;

pub(super) fn check(source: &str) {
    let Ok(parsed) = parse(source) else { return };
    let mut levels = Levels::default();
    levels.set(Selection::All, Level::Warn);
    let report = lint(source, &parsed, &levels);
    assert!(report.findings.is_sorted_by_key(|finding| finding.span.start), "findings out of order");
    for finding in &report.findings {
        check_span(source, finding.span);
        finding.labels.iter().for_each(|(span, _)| check_span(source, *span));
        assert!(!finding.message.is_empty() && finding.level != Level::Allow, "{finding:?}");
    }
    assert!(lint(source, &parsed, &levels) == report, "two runs differ");
}
