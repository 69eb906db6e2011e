//! The tokens of a source that is known to parse, with what the plan asks about them: partners of brackets, line
//! breaks in front, and the way from a node's span to its tokens.

use std::borrow::Cow;

use crate::ast::Span;
use crate::lexer::{self, Lexeme, TokenKind};

/// The tokens, comments included.
pub(super) struct Tokens<'s> {
    source: &'s str,
    lexemes: Vec<Lexeme>,
    /// For each bracket its partner; `new` and `let` have the partner `in`.
    partners: Vec<u32>,
    /// Line breaks in front of each token: 0, 1, or 2 for more.
    breaks: Vec<u8>,
}

impl<'s> Tokens<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        let lexemes: Vec<Lexeme> = lexer::tokens(source).filter_map(Result::ok).collect();
        let mut partners = vec![0; lexemes.len()];
        let mut breaks = Vec::with_capacity(lexemes.len());
        let (mut open, mut end) = (Vec::new(), 0);
        for (i, lexeme) in lexemes.iter().enumerate() {
            if opens(lexeme.kind) {
                open.push(i);
            } else if closes(lexeme.kind) || lexeme.kind == TokenKind::In {
                let partner = open.pop().unwrap_or(i);
                (partners[i], partners[partner]) = (partner as u32, i as u32);
            }
            breaks.push(count_breaks(&source[end..lexeme.span.start as usize]));
            end = lexeme.span.end as usize;
        }
        Tokens { source, lexemes, partners, breaks }
    }

    pub(super) fn len(&self) -> usize {
        self.lexemes.len()
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = (usize, TokenKind)> {
        self.lexemes.iter().map(|lexeme| lexeme.kind).enumerate()
    }

    /// The kind of a token; behind the end there is nothing.
    pub(super) fn kind(&self, i: usize) -> Option<TokenKind> {
        self.lexemes.get(i).map(|lexeme| lexeme.kind)
    }

    pub(super) fn is(&self, i: usize, kind: TokenKind) -> bool {
        self.kind(i) == Some(kind)
    }

    /// The text of a token, without the white space at the end of a comment.
    pub(super) fn text(&self, i: usize) -> &'s str {
        let text = &self.source[self.lexemes[i].span.range()];
        if self.is(i, TokenKind::Comment) { text.trim_end() } else { text }
    }

    pub(super) fn partner(&self, i: usize) -> usize {
        self.partners[i] as usize
    }

    pub(super) fn breaks_before(&self, i: usize) -> u8 {
        self.breaks.get(i).copied().unwrap_or_default()
    }

    /// The next token that is no comment.
    pub(super) fn next(&self, i: usize) -> usize {
        let mut next = i + 1;
        while self.is(next, TokenKind::Comment) {
            next += 1;
        }
        next
    }

    /// The token that starts where the span starts.
    pub(super) fn first(&self, span: Span) -> usize {
        self.lexemes.partition_point(|lexeme| lexeme.span.start < span.start)
    }

    /// The token that ends where the span ends.
    pub(super) fn last(&self, span: Span) -> usize {
        self.lexemes.partition_point(|lexeme| lexeme.span.end < span.end)
    }

    /// The token behind a span and behind the brackets that group what stands there.
    pub(super) fn behind(&self, span: Span) -> usize {
        let mut i = self.next(self.last(span));
        while self.kind(i).is_some_and(closes) {
            i = self.next(i);
        }
        i
    }
}

/// Whether a token of this kind has a partner behind it.
pub(super) fn opens(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(kind, ParenOpen | BigIntOpen | BracketOpen | BraceOpen | PathOpen | New | Let)
}

/// Whether this is a closing bracket.
pub(super) fn closes(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(kind, ParenClose | BracketClose | BraceClose | PathClose)
}

/// A comment as it is written: without the white space at its end, and with plain line ends.
pub(super) fn comment_text(text: &str) -> Cow<'_, str> {
    let text = text.trim_end();
    if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) }
}

fn count_breaks(blanks: &str) -> u8 {
    let bytes = blanks.as_bytes();
    let is_break = |(i, byte): (usize, &u8)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(i + 1) != Some(&b'\n'),
        _ => false,
    };
    bytes.iter().enumerate().filter(|item| is_break(*item)).take(2).count() as u8
}
