//! From tokens to tree: runs the generated parser over the tokens.

use std::collections::VecDeque;

use lalrpop_util::{ParseError, lalrpop_mod};

use crate::ast::{Ast, ProcId, Span};
use crate::builder::{Builder, LexicalError};
use crate::diagnosis::Diagnosis;
use crate::error::{MAX_ERRORS, SyntaxError, codes};
use crate::lexer::{Lexeme, Lexer, TokenKind, tokens};

lalrpop_mod!(
    #[allow(clippy::all, clippy::pedantic, missing_docs, unused, unreachable_pub)]
    generated,
    "/grammar.rs"
);

/// A syntax tree and the process at its root.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// All nodes.
    pub ast: Ast,
    /// The program.
    pub root: ProcId,
}

/// What a source may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest source in bytes. Whatever is set here, 4 GiB are never reached.
    pub max_source_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_source_bytes: 256 << 20 }
    }
}

/// Parses a program with the default limits.
///
/// # Errors
/// All lexical errors (up to 64), or the violated rules of the grammar up to the first token that cannot stand where
/// it does; never empty, in the order of the source.
pub fn parse(source: &str) -> Result<Parsed, Vec<SyntaxError>> {
    parse_with_limits(source, &Limits::default())
}

/// Parses a program.
///
/// # Errors
/// As [`parse`], or [`codes::TOO_LARGE`].
pub fn parse_with_limits(source: &str, limits: &Limits) -> Result<Parsed, Vec<SyntaxError>> {
    let limit = limits.max_source_bytes.min(u32::MAX as usize - 1);
    if source.len() > limit {
        let message = format!("the source has {} bytes; the limit is {limit}", source.len());
        return Err(vec![SyntaxError::new(codes::TOO_LARGE, Span::default(), "too many bytes", message)]);
    }
    let mut builder = Builder::new(source);
    let mut stream = TokenStream::new(source);
    let result = generated::ProgramParser::new().parse(&mut builder, &mut stream);
    let mut errors = builder.errors;
    match result {
        Ok(root) if errors.is_empty() => return Ok(Parsed { ast: builder.ast, root }),
        Ok(_) => {}
        Err(ParseError::User { .. }) => errors.extend(stream.all_errors()),
        Err(error) => errors.push(Diagnosis::new(source, stream.previous).explain(error)),
    }
    errors.sort_by_key(|error| error.span);
    Err(errors)
}

/// Why the generated parser stopped.
pub(crate) type Verdict = ParseError<u32, TokenKind, LexicalError>;

/// Whether a token of this kind could stand at an offset, where a token begins or the source ends.
pub(crate) fn could_stand(source: &str, offset: u32, kind: TokenKind) -> bool {
    let mut builder = Builder::new(source);
    let mut stream = TokenStream::new(source);
    let before = (&mut stream).take_while(|item| matches!(item, Ok((start, ..)) if *start < offset));
    let tokens = before.chain(std::iter::once(Ok((offset, kind, offset))));
    match generated::ProgramParser::new().parse(&mut builder, tokens) {
        Ok(_) | Err(ParseError::UnrecognizedEof { .. }) => true,
        Err(_) => false,
    }
}

/// The tokens as the parser wants them: without comments, `agent` only where it is one, and ending at the first error.
struct TokenStream<'s> {
    lexer: Lexer<'s>,
    ahead: VecDeque<Result<Lexeme, SyntaxError>>,
    /// The three tokens given last, the latest at the end.
    previous: [Option<Lexeme>; 3],
    error: Option<SyntaxError>,
}

impl<'s> TokenStream<'s> {
    fn new(source: &'s str) -> Self {
        TokenStream { lexer: tokens(source), ahead: VecDeque::new(), previous: [None; 3], error: None }
    }

    fn read(&mut self) -> Option<Result<Lexeme, SyntaxError>> {
        self.lexer.find(|item| !matches!(item, Ok(lexeme) if lexeme.kind == TokenKind::Comment))
    }

    fn peek(&mut self, distance: usize) -> Option<TokenKind> {
        while self.ahead.len() <= distance {
            let item = self.read()?;
            self.ahead.push_back(item);
        }
        self.ahead[distance].as_ref().ok().map(|lexeme| lexeme.kind)
    }

    /// Whether the `agent` just read begins an agent: `agent N {` or `agent @…`.
    fn begins_agent(&mut self) -> bool {
        use TokenKind::*;
        match self.peek(0) {
            Some(At) => true,
            Some(Identifier | Agent | Constructor | Method | Default | Private | Wildcard) => {
                self.peek(1) == Some(BraceOpen)
            }
            _ => false,
        }
    }

    fn all_errors(mut self) -> Vec<SyntaxError> {
        let ahead = std::mem::take(&mut self.ahead).into_iter().filter_map(Result::err);
        self.error.take().into_iter().chain(ahead).chain(self.lexer.filter_map(Result::err)).take(MAX_ERRORS).collect()
    }
}

impl Iterator for &mut TokenStream<'_> {
    type Item = Result<(u32, TokenKind, u32), LexicalError>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = match self.ahead.pop_front() {
            Some(item) => item,
            None => self.read()?,
        };
        match item {
            Ok(mut lexeme) => {
                if lexeme.kind == TokenKind::Agent && !self.begins_agent() {
                    lexeme.kind = TokenKind::Identifier;
                }
                self.previous = [self.previous[1], self.previous[2], Some(lexeme)];
                Some(Ok((lexeme.span.start, lexeme.kind, lexeme.span.end)))
            }
            Err(error) => {
                self.error = Some(error);
                Some(Err(LexicalError))
            }
        }
    }
}
