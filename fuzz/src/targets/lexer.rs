//! Tokens cover the source, and mean the same wherever the blanks between them are.

use rhodium_grammar::ast::Span;
use rhodium_grammar::{TokenKind, tokens};

/// The blanks between tokens.
const BLANKS: [char; 5] = [' ', '\t', '\r', '\n', '\u{c}'];

pub(super) fn check(source: &str) {
    let mut kinds = Vec::new();
    let mut spaced = String::new();
    let mut end = source.len() - source.trim_start_matches('\u{feff}').len();
    end = end.min('\u{feff}'.len_utf8());
    let mut errors = 0;
    for item in tokens(source) {
        match item {
            Ok(token) => {
                let range = token.span.range();
                assert!(range.start >= end && range.start < range.end, "{:?} at {range:?} behind {end}", token.kind);
                let gap = source.get(end..range.start).expect("tokens end at characters");
                assert!(errors > 0 || gap.chars().all(|c| BLANKS.contains(&c)), "{gap:?} belongs to no token");
                end = range.end;
                spaced.push_str(source.get(range).expect("tokens are made of characters"));
                spaced.push('\n');
                kinds.push(token.kind);
            }
            Err(error) => {
                check_span(source, error.span);
                errors += 1;
            }
        }
    }
    assert!(end <= source.len());
    if errors == 0 {
        let gap = &source[end..];
        assert!(gap.chars().all(|c| BLANKS.contains(&c)), "{gap:?} at the end belongs to no token");
        let again: Vec<_> = tokens(&spaced).map(|item| item.expect("a token in a line of its own").kind).collect();
        assert_eq!(again, kinds, "tokens with other blanks");
        for (kind, text) in kinds.iter().zip(spaced_lines(&kinds, &spaced)) {
            check_alone(*kind, text);
        }
    }
}

/// The texts of the tokens. They may contain line breaks themselves.
fn spaced_lines<'s>(kinds: &[TokenKind], spaced: &'s str) -> Vec<&'s str> {
    let spans = tokens(spaced).filter_map(Result::ok).map(|token| &spaced[token.span.range()]);
    spans.take(kinds.len()).collect()
}

/// A token's text alone is that token, but for what the token before decides.
fn check_alone(kind: TokenKind, text: &str) {
    let expected = match kind {
        TokenKind::Minus => TokenKind::Negate,
        TokenKind::Star => TokenKind::Evaluate,
        other => other,
    };
    let alone: Vec<_> = tokens(text).collect();
    match &alone[..] {
        [Ok(token)] => assert_eq!((token.kind, token.span), (expected, Span::new(0, text.len())), "{text:?}"),
        _ => panic!("{text:?} alone is {alone:?}"),
    }
}

/// A span lies inside the source and between characters.
pub(super) fn check_span(source: &str, span: Span) {
    assert!(source.get(span.range()).is_some(), "{span:?} is no place in {} bytes", source.len());
}
