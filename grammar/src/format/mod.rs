//! The formatter (docs/style.md says what its output looks like).
//!
//! It only ever changes white space. A [`plan::Plan`] says for every gap between two tokens whether a blank stands
//! there and with which group it becomes a line break; the tree and the brackets make the plan, comments adjust it,
//! and the printer breaks the groups that do not fit. Every step is a loop over tokens or nodes. In the end the output
//! is read again, token by token, so that a mistake in a plan cannot reach a file.

mod brackets;
mod comments;
mod plan;
mod print;
mod spacing;
mod syntax;
mod tokens;

use self::plan::Plan;
use self::tokens::{Tokens, comment_text};
use crate::ast::Span;
use crate::error::SyntaxError;
use crate::lexer::{self, TokenKind};
use crate::parser::parse;

/// How to format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatOptions {
    /// Lines longer than this are broken where they can be.
    pub width: usize,
}

impl Default for FormatOptions {
    fn default() -> Self {
        FormatOptions { width: 100 }
    }
}

/// Why a source was not formatted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// It is no program.
    #[error("the source does not parse")]
    Syntax(Vec<SyntaxError>),
    /// The formatter would have changed this token: a bug, and the source must be left alone.
    #[error("formatting would have changed the token at byte {}", .0.start)]
    Changed(Span),
}

/// Formats a program.
///
/// # Errors
/// The syntax errors of a source that does not parse.
pub fn format(source: &str, options: &FormatOptions) -> Result<String, FormatError> {
    let parsed = parse(source).map_err(FormatError::Syntax)?;
    let tokens = Tokens::new(source);
    let mut plan = Plan::new(&tokens);
    syntax::plan(&parsed.ast, &tokens, &mut plan);
    drop(parsed);
    brackets::plan(&tokens, &mut plan);
    spacing::plan(&tokens, &mut plan);
    comments::plan(&tokens, &mut plan);
    let formatted = print::print(&tokens, &plan, options.width);
    match changed(source, &formatted) {
        None => Ok(formatted),
        Some(span) => Err(FormatError::Changed(span)),
    }
}

/// The first token that is not the same in both texts.
fn changed(source: &str, formatted: &str) -> Option<Span> {
    let mut after = lexer::tokens(formatted);
    for before in lexer::tokens(source) {
        let Ok(before) = before else { return Some(Span::default()) };
        let old = &source[before.span.range()];
        match after.next() {
            Some(Ok(token)) if token.kind == before.kind => {
                let new = &formatted[token.span.range()];
                let same = old == new || token.kind == TokenKind::Comment && comment_text(old) == comment_text(new);
                if !same {
                    return Some(before.span);
                }
            }
            _ => return Some(before.span),
        }
    }
    after.next().map(|_| Span::new(source.len(), source.len()))
}
