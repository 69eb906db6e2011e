//! Why the parser stopped at a place, in words.

use crate::advice::Advice;
use crate::ast::Span;
use crate::brackets::{Brackets, closed, closing_text, opened};
use crate::builder::shorten;
use crate::error::{SyntaxError, codes};
use crate::expected::Expected;
use crate::faults;
use crate::lexer::{Lexeme, TokenKind};
use crate::line_index::LineIndex;

/// What would put the source right: other tokens in place of some.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repair {
    pub from: usize,
    pub to: usize,
    pub with: &'static [TokenKind],
}

/// An error, and how the parser can go on behind it.
pub(crate) struct Finding {
    pub error: SyntaxError,
    pub repair: Option<Repair>,
}

/// The place at which the parser stopped.
pub(crate) struct Spot<'t> {
    pub source: &'t str,
    pub tokens: &'t [Lexeme],
    pub brackets: &'t Brackets,
    /// The number of the offending token; the number of tokens if the source ends too early.
    pub at: usize,
    pub expected: Expected<'t>,
}

impl<'t> Spot<'t> {
    /// A place, with the terminals that the parser named.
    pub(crate) fn new(
        source: &'t str,
        tokens: &'t [Lexeme],
        brackets: &'t Brackets,
        at: usize,
        terminals: &'t [String],
        budget: &mut usize,
    ) -> Self {
        let expected = Expected::new(terminals, source, &tokens[..at], budget);
        Spot { source, tokens, brackets, at, expected }
    }

    pub(crate) fn explain(&self) -> Finding {
        match self.tokens.get(self.at) {
            None => Finding { error: self.end(), repair: None },
            Some(token) => self.unexpected(*token),
        }
    }

    fn end(&self) -> SyntaxError {
        let end = self.source.len() as u32;
        let place = Span { start: end, end };
        let mut error = SyntaxError::new(codes::UNEXPECTED_END, place, "the end of the source", "");
        error.expected = self.expected.words();
        let Some(last) = self.tokens.last() else {
            error.code = codes::EMPTY_PROGRAM;
            error.message = "the source contains no process".to_owned();
            return error.with_hint("the process that does nothing is written `Nil`");
        };
        // The blanks and comments behind the last token are no help.
        error.span = Span { start: last.span.end, end: last.span.end };
        error.message = format!("the source ends too early{}", self.expected.sentence());
        let tokens = faults::read(self.source).0;
        match never_closed(self.source, &tokens) {
            None if last.kind == TokenKind::Bar => error.with_hint("no `|` stands behind the last process"),
            None => error,
            Some((open, before)) => {
                let text = self.source.get(open.span.range()).unwrap_or_default();
                let close = opened(open.kind).map_or("", closing_text);
                let hint = match before {
                    Some(line) => format!("going by the indentation, a `{close}` is missing before line {line}"),
                    None => format!("close the `{text}` with `{close}`"),
                };
                error.with_label(open.span, format!("this `{text}` is never closed")).with_hint(hint)
            }
        }
    }

    fn unexpected(&self, token: Lexeme) -> Finding {
        let text = self.source.get(token.span.range()).unwrap_or_default();
        let found = format!("`{}`", shorten(text));
        let mut error = SyntaxError::new(codes::UNEXPECTED_TOKEN, token.span, &found, "");
        error.expected = self.expected.words();
        let advice = self.advice();
        error.code = match &advice {
            Some(advice) if advice.code.is_some() => advice.code.unwrap_or_default(),
            _ => codes::UNEXPECTED_TOKEN,
        };
        let Some(advice) = advice else {
            error.message = format!("{found} cannot stand here{}", self.expected.sentence());
            return Finding { error, repair: None };
        };
        let Advice { message, hint, labels, from, repair, .. } = advice;
        if let Some(first) = from.and_then(|from| self.tokens.get(from)) {
            error.span.start = first.span.start.min(error.span.start);
        }
        if message.is_some() {
            // The message says better what is wrong than a list of tokens.
            error.expected.clear();
        }
        error.message = message.unwrap_or_else(|| format!("{found} cannot stand here{}", self.expected.sentence()));
        error.hint = hint;
        error.labels = labels;
        Finding { error, repair }
    }

    /// The kind of the token so many places from the offending one.
    pub(crate) fn kind(&self, distance: isize) -> Option<TokenKind> {
        Some(self.tokens.get(self.at.checked_add_signed(distance)?)?.kind)
    }

    /// The text of the token so many places from the offending one.
    pub(crate) fn text(&self, distance: isize) -> &'t str {
        let token = self.at.checked_add_signed(distance).and_then(|index| self.tokens.get(index));
        token.and_then(|token| self.source.get(token.span.range())).unwrap_or_default()
    }

    /// Whether the token touches the one behind it.
    pub(crate) fn touches(&self, distance: isize) -> bool {
        let token = |distance: isize| self.tokens.get(self.at.checked_add_signed(distance)?);
        matches!((token(distance), token(distance + 1)), (Some(a), Some(b)) if a.span.end == b.span.start)
    }

    /// The innermost opening bracket that is open at the place.
    pub(crate) fn innermost(&self) -> Option<usize> {
        let mut closed_inside = 0_usize;
        for index in (0..self.at).rev() {
            let kind = self.tokens[index].kind;
            if closed(kind).is_some() {
                match self.brackets.partner(index) {
                    Some(_) => closed_inside += 1,
                    None => continue,
                }
            } else if opened(kind).is_some() {
                if closed_inside == 0 {
                    return Some(index);
                }
                if self.brackets.partner(index).is_some_and(|close| close < self.at) {
                    closed_inside -= 1;
                }
            }
        }
        None
    }

    /// The word that begins the construct in which the place is, if no separator or bracket stands between.
    pub(crate) fn head(&self) -> Option<TokenKind> {
        use TokenKind::*;
        let mut index = self.at;
        while index > 0 {
            index -= 1;
            let kind = self.tokens[index].kind;
            match kind {
                New | Let | Contract | For | Match | Select | If => return Some(kind),
                Bar | FatArrow | In => return None,
                _ if closed(kind).is_some() => index = self.brackets.partner(index)?,
                _ if opened(kind).is_some() => return None,
                _ => {}
            }
        }
        None
    }
}

/// Blanks further in are not looked at.
const MAX_INDENTATION: usize = 200;

/// An opening bracket without counterpart, and the line before which it should have been closed if the indentation
/// tells: the first pair of which both ends begin or end a line but stand at different depths.
fn never_closed(source: &str, tokens: &[Lexeme]) -> Option<(Lexeme, Option<u32>)> {
    let brackets = Brackets::new(tokens);
    let index = LineIndex::new(source);
    let bytes = source.as_bytes();
    let blanks =
        |from: usize| bytes[from..].iter().take(MAX_INDENTATION).take_while(|b| matches!(b, b' ' | b'\t')).count();
    let begins_line = |offset: usize| {
        let before = bytes[..offset].iter().rev().take(MAX_INDENTATION);
        before.copied().find(|byte| !matches!(byte, b' ' | b'\t')).is_none_or(|byte| byte == b'\n')
    };
    for (at, token) in tokens.iter().enumerate() {
        let Some(open) = brackets.partner(at).filter(|open| *open < at).map(|open| tokens[open]) else { continue };
        let (start, line) = (index.line_start(open.span.start), index.position(token.span.start).line);
        let depth = token.span.start - index.line_start(token.span.start);
        if index.position(open.span.start).line != line
            && begins_line(token.span.start as usize)
            && blanks(start as usize) > depth as usize
        {
            return Some((open, Some(line)));
        }
    }
    let without = |at: &usize| opened(tokens[*at].kind).is_some() && brackets.partner(*at).is_none();
    (0..tokens.len()).rev().find(without).map(|at| (tokens[at], None))
}
