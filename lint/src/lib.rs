//! Lints: what compiles but is probably wrong, with a place, a reason and a hint.
//!
//! [`check`] walks once over the syntax tree (`walk.rs`) and keeps what it learns in tables (`model.rs`): the binder
//! of every identifier, what runs, what is sent and received where. `facts.rs` adds what is constant. The rules read
//! the tables and never the stack, so every lint is linear and nesting costs heap only.

mod directives;
mod facts;
mod model;
mod report;
mod rules;
mod table;
mod walk;

use rhodium_grammar::Parsed;

use crate::directives::Directives;
use crate::report::Findings;

pub use report::{Finding, LeftOut, MAX_FINDINGS, Report};
pub use table::{LINTS, Level, Levels, Lint, Selection, lint, nearest};

/// Finds what is probably wrong in a program that parses; it need not compile. `source` is the text it was parsed from.
#[must_use]
pub fn check(source: &str, parsed: &Parsed, levels: &Levels) -> Report {
    let model = walk::walk(&parsed.ast, parsed.root, source);
    let facts = facts::facts(&model);
    let mut directives = Directives::read(source, &parsed.ast);
    let mut findings = Findings::new(levels, &mut directives);
    rules::apply(&model, &facts, &mut findings);
    findings.check_directives();
    findings.finish()
}
