//! All independent errors of a source that is no program.
//!
//! After an error the parser is run again on the tokens with the wrong part put right, or replaced by `_`, which stands
//! for a process as well as for a name. The part is the smallest one between separators that helps, then the content of
//! the bracket pair around it, then the same one pair further out. What is reported next must not be a consequence:
//! an attempt counts only if the parser gets beyond the part, and a bracket without its counterpart ends the search.

use lalrpop_util::ParseError;

use crate::ast::Span;
use crate::brackets::{Brackets, closed};
use crate::diagnosis::{Finding, Repair, Spot};
use crate::error::{MAX_ERRORS, SyntaxError};
use crate::faults::{self, POISON};
use crate::lexer::{Lexeme, TokenKind};
use crate::parser::{Attempt, attempt};

/// More errors of the grammar in one source are not looked for.
const MAX_FINDINGS: usize = 20;
/// In sources with more tokens only one is looked for.
const LARGE: usize = 2_000_000;
/// So many bracket pairs further out a part may be replaced.
const MAX_LEVELS: usize = 6;
/// Tokens that the attempts may read, besides two readings of the whole source.
const BUDGET: usize = 4_000_000;

/// The errors of a source, in its order; at least one if it is no program.
pub(crate) fn all_errors(source: &str) -> Vec<SyntaxError> {
    let (tokens, mut errors) = faults::read(source);
    let budget = BUDGET + 2 * tokens.len();
    let mut recovery = Recovery { source, brackets: Brackets::new(&tokens), tokens, budget };
    let mut run = recovery.attempt(0, 0, &[]);
    let findings = if recovery.tokens.len() > LARGE { 1 } else { MAX_FINDINGS };
    for _ in 0..findings {
        errors.append(&mut run.errors);
        let Some(at) = run.failure().map(|at| recovery.shorten(at)) else { break };
        let mut repair = None;
        if recovery.tokens.get(at).is_none_or(|token| token.kind != POISON) {
            // Behind an unterminated token the end of the source says nothing.
            if at == recovery.tokens.len() && recovery.tokens.last().is_some_and(|token| token.kind == POISON) {
                break;
            }
            let finding = recovery.explain(at, &run);
            errors.push(finding.error);
            repair = finding.repair;
        }
        match recovery.recover(at, repair) {
            Some(next) => run = next,
            None => break,
        }
    }
    errors.sort_by_key(|error| error.span);
    errors.dedup_by(|a, b| a.span == b.span && a.code == b.code);
    errors.truncate(MAX_ERRORS);
    errors
}

struct Recovery<'s> {
    source: &'s str,
    tokens: Vec<Lexeme>,
    brackets: Brackets,
    budget: usize,
}

/// A part of the tokens, and the separators or brackets around it.
#[derive(Clone, Copy)]
struct Part {
    from: usize,
    to: usize,
}

impl Recovery<'_> {
    /// Runs the parser with other tokens in place of a part.
    fn attempt(&mut self, from: usize, to: usize, with: &[TokenKind]) -> Attempt {
        let place = self.tokens.get(from).map_or(self.source.len() as u32, |token| token.span.start);
        let with = with.iter().map(|kind| Lexeme { kind: *kind, span: Span { start: place, end: place } });
        let run = attempt(
            self.source,
            self.tokens[..from].iter().copied().chain(with).chain(self.tokens[to..].iter().copied()),
        );
        self.budget = self.budget.saturating_sub(run.taken);
        run
    }

    fn explain(&mut self, at: usize, run: &Attempt) -> Finding {
        let terminals = match &run.verdict {
            Some(ParseError::UnrecognizedToken { expected, .. } | ParseError::UnrecognizedEof { expected, .. }) => {
                expected.as_slice()
            }
            _ => &[],
        };
        Spot::new(self.source, &self.tokens, &self.brackets, at, terminals, &mut self.budget).explain()
    }

    /// Cuts the bodies short that are complete before a place: the parser has seen them, and need not again. Gives the
    /// number that the place has then.
    fn shorten(&mut self, end: usize) -> usize {
        let mut short = Vec::new();
        let mut index = 0;
        while index < end {
            let token = self.tokens[index];
            short.push(token);
            index += 1;
            if token.kind == TokenKind::BraceOpen
                && let Some(close) = self.brackets.partner(index - 1).filter(|close| *close < end)
                && close > index + 1
                && self.is_body(index - 1)
            {
                short.push(Lexeme { kind: TokenKind::Wildcard, span: self.tokens[index].span });
                index = close;
            }
        }
        let place = short.len();
        if place < end {
            self.tokens.splice(..end, short);
            self.brackets = Brackets::new(&self.tokens);
        }
        place
    }

    /// Whether a brace opens a body, which is one process.
    fn is_body(&self, brace: usize) -> bool {
        use TokenKind::*;
        let kind = |index: Option<usize>| index.map(|index| self.tokens[index].kind);
        let before = brace.checked_sub(1);
        match kind(before) {
            Some(In | Else | Bundle | BundleWrite | BundleRead | BundleNone) => true,
            Some(Assign) => kind(brace.checked_sub(2)) == Some(ParenClose),
            Some(ParenClose) => {
                let open = before.and_then(|close| self.brackets.partner(close));
                matches!(kind(open.and_then(|open| open.checked_sub(1))), Some(For | If))
            }
            _ => false,
        }
    }

    /// Puts something in the way right and runs the parser on; nothing if no attempt helps.
    fn recover(&mut self, at: usize, repair: Option<Repair>) -> Option<Attempt> {
        if at >= self.tokens.len() {
            return None;
        }
        if let Some(repair) = repair
            && let Some(run) = self.try_repair(at, &repair)
        {
            return Some(run);
        }
        if closed(self.tokens[at].kind).is_some() && self.brackets.partner(at).is_none() {
            return None;
        }
        let mut inside = at;
        for _ in 0..MAX_LEVELS {
            let group = self.group(inside);
            let part = self.part(inside, group);
            let whole = group.map(|open| Part { from: open + 1, to: self.brackets.partner(open).unwrap_or(inside) });
            for part in std::iter::once(part).chain(whole) {
                if let Some(run) = self.try_placeholders(part, group) {
                    return Some(run);
                }
            }
            inside = group?;
        }
        None
    }

    fn try_repair(&mut self, at: usize, repair: &Repair) -> Option<Attempt> {
        let (from, to) = (repair.from, repair.to);
        if self.budget == 0 || from > to || to > self.tokens.len() {
            return None;
        }
        let run = self.attempt(from, to, repair.with);
        let accepted = match run.failure() {
            None => true,
            Some(next) if next <= from + repair.with.len() => false,
            Some(next) => {
                let next = next + to - from - repair.with.len();
                let part = self.part(at, self.group(at));
                next > at && (next >= part.to || self.group(next) != self.group(at))
            }
        };
        accepted.then(|| self.keep(from, to, repair.with, run))
    }

    fn try_placeholders(&mut self, part: Part, group: Option<usize>) -> Option<Attempt> {
        use TokenKind::*;
        const IN_PARENS: [&[TokenKind]; 2] = [&[Wildcard], &[Wildcard, ArrowLinear, Wildcard]];
        const IN_BRACES: [&[TokenKind]; 3] =
            [&[Wildcard], &[Wildcard, FatArrow, Wildcard], &[Wildcard, Colon, Wildcard]];
        const ELSEWHERE: [&[TokenKind]; 1] = [&[Wildcard]];
        let placeholders: &[&[TokenKind]] = match group.map(|open| self.tokens[open].kind) {
            Some(ParenOpen) => &IN_PARENS,
            Some(BraceOpen) => &IN_BRACES,
            _ => &ELSEWHERE,
        };
        for with in placeholders {
            if self.budget == 0 {
                return None;
            }
            let run = self.attempt(part.from, part.to, with);
            if run.failure().is_none_or(|next| next > part.from + with.len()) {
                return Some(self.keep(part.from, part.to, with, run));
            }
        }
        None
    }

    /// Makes an attempt the state of things.
    fn keep(&mut self, from: usize, to: usize, with: &[TokenKind], run: Attempt) -> Attempt {
        let place = self.tokens.get(from).map_or(self.source.len() as u32, |token| token.span.start);
        let with = with.iter().map(|kind| Lexeme { kind: *kind, span: Span { start: place, end: place } });
        self.tokens.splice(from..to, with);
        self.brackets = Brackets::new(&self.tokens);
        run
    }

    /// The pair of brackets that a place is in; a closing bracket is in its own.
    fn group(&self, at: usize) -> Option<usize> {
        let token = self.tokens.get(at)?;
        let own = closed(token.kind).and_then(|_| self.brackets.partner(at));
        own.or_else(|| self.brackets.parent(at))
    }

    /// What stands between the separators around a place.
    fn part(&self, at: usize, group: Option<usize>) -> Part {
        let lower = group.map_or(0, |open| open + 1);
        let upper = group.and_then(|open| self.brackets.partner(open)).unwrap_or(self.tokens.len());
        let mut from = at.min(upper);
        while from > lower && !self.separates(from - 1, group) {
            from -= 1;
            if closed(self.tokens[from].kind).is_some() {
                from = self.brackets.partner(from).map_or(from, |open| open.max(lower));
            }
        }
        let mut to = at;
        while to < upper && !self.separates(to, group) {
            to = self.brackets.partner(to).filter(|close| *close > to).unwrap_or(to) + 1;
        }
        Part { from, to: to.clamp(from, upper) }
    }

    fn separates(&self, index: usize, group: Option<usize>) -> bool {
        use TokenKind::*;
        let open = group.map(|open| self.tokens[open].kind);
        match self.tokens[index].kind {
            Bar => true,
            Comma => open.is_some(),
            Semicolon | Ampersand => open == Some(ParenOpen),
            FatArrow | Colon => open == Some(BraceOpen),
            _ => false,
        }
    }
}
