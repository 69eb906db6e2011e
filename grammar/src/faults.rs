//! The tokens of a source with lexical errors, and hints for these errors.

use crate::ast::Span;
use crate::error::{MAX_ERRORS, SyntaxError, codes};
use crate::lexer::{Lexeme, TokenKind, tokens};

/// The kind given to what is no token; the parser takes no comments.
pub(crate) const POISON: TokenKind = TokenKind::Comment;

/// Quotation marks that word processors make.
const QUOTES: [char; 8] = ['“', '”', '„', '‟', '«', '»', '‘', '’'];

/// A text in typographic quotes that is longer is not taken for one.
const MAX_QUOTED: usize = 200;

/// All tokens without comments, with [`POISON`] for what is none, and the lexical errors.
pub(crate) fn read(source: &str) -> (Vec<Lexeme>, Vec<SyntaxError>) {
    let (mut list, mut errors) = (Vec::new(), Vec::new());
    // What comes before this offset belongs to an error that was reported.
    let mut resume = 0;
    for item in tokens(source) {
        match item {
            Ok(lexeme) if lexeme.kind == TokenKind::Comment || lexeme.span.start < resume => {}
            Ok(lexeme) => list.push(lexeme),
            Err(error) if error.span.start < resume => {}
            Err(error) if error.code == codes::UNTERMINATED_STRING => {
                let error = unterminated(error, source, &mut list);
                list.push(Lexeme { kind: POISON, span: error.span });
                errors.retain(|other: &SyntaxError| other.span.start < error.span.start);
                errors.push(error);
            }
            Err(error) => {
                let (error, token, end) = advise(error, source);
                list.extend(token);
                resume = resume.max(end);
                if errors.len() < MAX_ERRORS {
                    errors.push(error);
                }
            }
        }
    }
    name_agents(&mut list);
    (list, errors)
}

/// `agent` is an identifier unless a name and `{` follow.
fn name_agents(list: &mut [Lexeme]) {
    use TokenKind::*;
    for index in 0..list.len() {
        let next = |distance: usize| list.get(index + distance).map(|lexeme| lexeme.kind);
        let begins = match next(1) {
            Some(At) => true,
            Some(Identifier | Agent | Constructor | Method | Default | Private | Wildcard) => {
                next(2) == Some(BraceOpen)
            }
            _ => false,
        };
        if list[index].kind == Agent && !begins {
            list[index].kind = Identifier;
        }
    }
}

/// The error with a hint, the token that takes its place, and where to read on.
fn advise(error: SyntaxError, source: &str) -> (SyntaxError, Option<Lexeme>, u32) {
    let span = error.span;
    let poison = Some(Lexeme { kind: POISON, span });
    match error.code {
        codes::BAD_ESCAPE => {
            let token = Lexeme { kind: TokenKind::String, span };
            (bad_escape(error), Some(token), span.end)
        }
        codes::ILLEGAL_CHARACTER => illegal(error, source),
        _ => (error, poison, span.end),
    }
}

fn bad_escape(error: SyntaxError) -> SyntaxError {
    let hint = match error.found.chars().nth(1) {
        Some('\'' | '`') => "this character needs no backslash inside a string",
        Some('x' | 'u' | 'U') => "every character can be written as it is; strings have no character codes",
        _ => return error,
    };
    error.with_hint(hint)
}

/// If the quotes do not pair up, an earlier string over several lines may be the one whose end is missing: then nothing
/// behind its beginning can be trusted.
fn unterminated(error: SyntaxError, source: &str, list: &mut Vec<Lexeme>) -> SyntaxError {
    let is_long = |lexeme: &Lexeme| {
        lexeme.kind == TokenKind::String && source.get(lexeme.span.range()).is_some_and(|text| text.contains('\n'))
    };
    let Some(at) = list.iter().position(is_long) else { return error };
    let start = list[at].span.start;
    list.truncate(at);
    let last = error.span;
    let span = Span { start, end: start + 1 };
    SyntaxError {
        span,
        message: "this string seems to have no closing quote: it goes over several lines".into(),
        ..error
    }
    .with_label(last, "and the last quote of the source has no counterpart")
}

fn illegal(error: SyntaxError, source: &str) -> (SyntaxError, Option<Lexeme>, u32) {
    let span = error.span;
    let rest = source.get(span.start as usize..).unwrap_or_default();
    let first = rest.chars().next().unwrap_or_default();
    let poison = Some(Lexeme { kind: POISON, span });
    if QUOTES.contains(&first) {
        let after = first.len_utf8();
        let length = rest.get(after..).and_then(|rest| {
            let mut line = rest.char_indices().take(MAX_QUOTED).take_while(|(_, c)| !matches!(c, '\n' | '\r'));
            let (at, close) = line.find(|(_, c)| QUOTES.contains(c) || *c == '"')?;
            Some(after + at + close.len_utf8())
        });
        let end = length.map_or(span.end, |length| span.start + length as u32);
        let mut error = error.with_hint("write straight quotes: \"…\"");
        error.message = format!("`{first}` is a typographic quote; it does not begin a string");
        error.span.end = end;
        let token = length.map(|_| Lexeme { kind: TokenKind::String, span: error.span });
        return (error, token.or(poison), end);
    }
    match first {
        '#' if begins_line(source, span.start as usize) => {
            let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
            (error.with_hint(COMMENT), None, span.start + length as u32)
        }
        '\u{A0}' | '\u{2000}'..='\u{200F}' | '\u{202F}' | '\u{2060}' | '\u{3000}' | '\u{FEFF}' => {
            let name = format!("U+{:04X}", u32::from(first));
            let mut error = error.with_hint("delete it, or write an ordinary blank");
            error.message = format!("there is an invisible character here ({name}) that is no ordinary blank");
            (error, None, span.end)
        }
        '\0' => (error.with_hint("sources are text; is this a binary file, or text in UTF-16?"), poison, span.end),
        _ => match hint_for(first) {
            Some(hint) => (error.with_hint(hint), poison, span.end),
            None => (error, poison, span.end),
        },
    }
}

const COMMENT: &str = "a comment begins with `//`";

/// Whether only blanks stand in front of a place in its line, or nothing nearby.
fn begins_line(source: &str, offset: usize) -> bool {
    let before = source.as_bytes()[..offset].iter().rev().take(MAX_QUOTED);
    before.copied().find(|byte| !matches!(byte, b' ' | b'\t')).is_none_or(|byte| matches!(byte, b'\n' | b'\r'))
}

fn hint_for(first: char) -> Option<&'static str> {
    Some(match first {
        '#' => COMMENT,
        '$' => "there are no `$` names; `$$…$$` is filled in by `rho genesis build` only",
        '?' => "`?` stands only in `!?(…)` and `?!`",
        '\\' => "the connectives are `/\\` and `\\/`; functions are contracts",
        '^' => "there is no `^` operator",
        '…' => "a remainder is written with three points: `...x`",
        '←' => "the arrow is written `<-`",
        '→' => "write `<-` in receipts and `=>` in cases",
        '⇒' => "write `=>`",
        '≠' => "write `!=`",
        '≤' => "write `<=`",
        '≥' => "write `>=`",
        '–' | '—' | '−' => "the minus sign is `-`",
        '×' | '·' => "write `*` to multiply",
        _ => return None,
    })
}
