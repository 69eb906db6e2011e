//! Comments that allow lints: `// rho: allow(unused-name, shadowing)` and `// rho: allow-file(…)`.
//!
//! Behind code a comment is about its line. On a line of its own it is about the next line that has code, and about
//! the process that begins there, up to its end.

use std::collections::HashMap;

use rhodium_grammar::ast::{Ast, Proc, ProcId, Span};
use rhodium_grammar::{Lexeme, TokenKind, tokens};

use crate::report::Words;
use crate::table::{Id, LINTS, nearest, position};

/// One lint named by one comment.
struct Entry {
    /// The name in the comment.
    span: Span,
    start: u32,
    end: u32,
}

/// The entries of one lint.
#[derive(Default)]
struct Entries {
    /// By start.
    list: Vec<Entry>,
    /// For every entry, the greatest end up to it.
    reach: Vec<u32>,
    /// Where something was allowed.
    hits: Vec<u32>,
}

/// The comments of a source.
pub(crate) struct Directives {
    entries: Vec<Entries>,
    unknown: Vec<(Span, String)>,
}

impl Directives {
    /// Reads the comments; `ast` tells where processes end.
    pub fn read(source: &str, ast: &Ast) -> Directives {
        let mut directives =
            Directives { entries: LINTS.iter().map(|_| Entries::default()).collect(), unknown: Vec::new() };
        // Most sources have none and need no second look at all their tokens.
        if source.contains("rho:") && source.contains("allow") {
            let reader = Reader { source, lines: line_starts(source), ends: process_ends(ast) };
            reader.read(&mut directives);
        }
        for entries in &mut directives.entries {
            entries.list.sort_by_key(|entry| entry.start);
            let reach = entries.list.iter().scan(0, |reach, entry| {
                *reach = entry.end.max(*reach);
                Some(*reach)
            });
            entries.reach = reach.collect();
        }
        directives
    }

    /// Whether a lint is allowed at a place.
    pub fn allow(&mut self, id: Id, at: u32) -> bool {
        let entries = &mut self.entries[id as usize];
        let before = entries.list.partition_point(|entry| entry.start <= at);
        let allowed = before > 0 && entries.reach[before - 1] > at;
        if allowed {
            entries.hits.push(at);
        }
        allowed
    }

    /// Names that are no lints, and entries that allowed nothing.
    pub fn findings(&mut self) -> Vec<(Id, Span, Words)> {
        let mut findings = Vec::new();
        for (span, name) in std::mem::take(&mut self.unknown) {
            let words = Words::new(format!("there is no lint `{}`", shorten(&name)));
            let words = match nearest(&name) {
                Some(near) => words.hint(format!("did you mean `{near}`?")),
                None => words,
            };
            findings.push((Id::UnknownLint, span, words));
        }
        for (lint, entries) in LINTS.iter().zip(&mut self.entries) {
            entries.hits.sort_unstable();
            // A comment that allows `unused-allow` speaks of what is found here.
            for entry in entries.list.iter().filter(|_| lint.name != "unused-allow") {
                let next = entries.hits.partition_point(|hit| *hit < entry.start);
                if entries.hits.get(next).is_none_or(|hit| *hit >= entry.end) {
                    let words = Words::new(format!("`{}` finds nothing here", lint.name))
                        .hint("take the name out of the comment");
                    findings.push((Id::UnusedAllow, entry.span, words));
                }
            }
        }
        findings
    }
}

fn shorten(name: &str) -> String {
    if name.chars().count() > 40 { name.chars().take(40).chain(['…']).collect() } else { name.to_owned() }
}

/// Where the longest process that begins at an offset ends. Pars are left out: they begin with their first part.
fn process_ends(ast: &Ast) -> HashMap<u32, u32> {
    let mut ends = HashMap::new();
    for id in (0..ast.len() as u32).map(ProcId).filter(|id| !matches!(ast.proc(*id), Proc::Par(_))) {
        let span = ast.proc_span(id);
        let end = ends.entry(span.start).or_insert(span.end);
        *end = span.end.max(*end);
    }
    ends
}

struct Reader<'s> {
    source: &'s str,
    /// Where lines start.
    lines: Vec<u32>,
    ends: HashMap<u32, u32>,
}

impl Reader<'_> {
    fn read(&self, directives: &mut Directives) {
        let lexemes: Vec<Lexeme> = tokens(self.source).filter_map(Result::ok).collect();
        // For every comment the tokens before and behind it.
        let mut before = None;
        let mut waiting: Vec<(Span, Option<Span>)> = Vec::new();
        for lexeme in &lexemes {
            if lexeme.kind == TokenKind::Comment {
                waiting.push((lexeme.span, before));
                continue;
            }
            for (comment, before) in waiting.drain(..) {
                self.comment(comment, before, Some(lexeme.span), directives);
            }
            before = Some(lexeme.span);
        }
        for (comment, before) in waiting {
            self.comment(comment, before, None, directives);
        }
    }

    fn comment(&self, at: Span, before: Option<Span>, next: Option<Span>, directives: &mut Directives) {
        let Some((file, names)) = self.names(at) else { return };
        let (start, end) = if file { (0, u32::MAX) } else { self.scope(at, before, next) };
        for span in names {
            let name = &self.source[span.range()];
            match position(name) {
                Some(lint) => directives.entries[lint].list.push(Entry { span, start, end }),
                None => directives.unknown.push((span, name.to_owned())),
            }
        }
    }

    /// Whether a comment is about the whole file, and the names in it.
    fn names(&self, comment: Span) -> Option<(bool, Vec<Span>)> {
        let text = &self.source[comment.range()];
        let rest = text.get(2..)?.trim_start().strip_prefix("rho:")?.trim_start().strip_prefix("allow")?;
        let (file, rest) = match rest.strip_prefix("-file") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let (list, _) = rest.trim_start().strip_prefix('(')?.split_once(')')?;
        let mut names = Vec::new();
        for part in list.split(',') {
            let name = part.trim();
            let start = name.as_ptr() as usize - self.source.as_ptr() as usize;
            names.push(Span::new(start, start + name.len()));
        }
        Some((file, names))
    }

    fn scope(&self, at: Span, before: Option<Span>, next: Option<Span>) -> (u32, u32) {
        let line = |offset: u32| self.lines.partition_point(|start| *start <= offset) - 1;
        let line_start = self.lines[line(at.start)];
        if before.is_some_and(|token| token.end > line_start) {
            return (line_start, at.end);
        }
        let Some(next) = next else { return (at.end, at.end) };
        let line_end = self.lines.get(line(next.start) + 1).copied().unwrap_or(u32::MAX);
        (at.end, line_end.max(self.ends.get(&next.start).copied().unwrap_or(0)))
    }
}

fn line_starts(source: &str) -> Vec<u32> {
    let ends = source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    std::iter::once(0).chain(ends.map(|(at, _)| at as u32 + 1)).collect()
}
