//! From tokens to tree: runs the generated parser over the tokens.

use std::collections::VecDeque;

use lalrpop_util::{ParseError, lalrpop_mod};

use crate::ast::{Ast, ProcId, Span};
use crate::builder::{Builder, LexicalError};
use crate::error::{SyntaxError, codes};
use crate::lexer::{Lexeme, Lexer, Next, TokenKind, tokens};
use crate::recovery::all_errors;

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
    /// Most tokens, comments not counted. The tree and the normal form take memory for each.
    pub max_tokens: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_source_bytes: 256 << 20, max_tokens: 16 << 20 }
    }
}

/// Parses a program with the default limits.
///
/// # Errors
/// All independent errors, up to 64; never empty, in the order of the source.
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
    let mut stream = TokenStream::new(source, limits.max_tokens);
    if let Ok(root) = generated::ProgramParser::new().parse(&mut builder, &mut stream)
        && builder.errors.is_empty()
    {
        return Ok(Parsed { ast: builder.ast, root });
    }
    if let Some(span) = stream.beyond {
        return Err(vec![too_many_tokens(span)]);
    }
    drop(builder);
    Err(all_errors(source))
}

/// Why the generated parser stopped.
pub(crate) type Verdict = ParseError<u32, TokenKind, LexicalError>;

/// What came of parsing a list of tokens.
pub(crate) struct Attempt {
    /// Why the parser stopped, if it did not like the tokens.
    pub verdict: Option<Verdict>,
    /// How many tokens it took, the offending one included.
    pub taken: usize,
    /// Violated rules that do not stop the parser.
    pub errors: Vec<SyntaxError>,
}

impl Attempt {
    /// The number of the offending token, or of all tokens if the end came too early.
    pub(crate) fn failure(&self) -> Option<usize> {
        match self.verdict.as_ref()? {
            ParseError::UnrecognizedEof { .. } => Some(self.taken),
            _ => Some(self.taken.saturating_sub(1)),
        }
    }
}

/// Runs the parser over a list of tokens.
pub(crate) fn attempt(source: &str, tokens: impl Iterator<Item = Lexeme>) -> Attempt {
    let mut builder = Builder::for_errors(source);
    let mut taken = 0;
    let counted = tokens.map(|lexeme| {
        taken += 1;
        Ok::<_, LexicalError>((lexeme.span.start, lexeme.kind, lexeme.span.end))
    });
    let verdict = generated::ProgramParser::new().parse(&mut builder, counted).err();
    Attempt { verdict, taken, errors: builder.errors }
}

/// The tokens as the parser wants them: without comments, `agent` only where it is one, and ending at the first error.
struct TokenStream<'s> {
    lexer: Lexer<'s>,
    ahead: VecDeque<Next>,
    /// How many tokens may still be given.
    left: usize,
    /// The first token beyond that.
    beyond: Option<Span>,
}

impl<'s> TokenStream<'s> {
    fn new(source: &'s str, left: usize) -> Self {
        TokenStream { lexer: tokens(source), ahead: VecDeque::new(), left, beyond: None }
    }

    fn read(&mut self) -> Option<Next> {
        loop {
            match self.lexer.advance() {
                Some(Ok(Lexeme { kind: TokenKind::Comment, .. })) => {}
                next => return next,
            }
        }
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
}

fn too_many_tokens(span: Span) -> SyntaxError {
    let message = "the source has more tokens than the parser takes; this is the first beyond the limit";
    SyntaxError::new(codes::TOO_LARGE, span, "too many tokens", message).with_hint("split the program into several")
}

impl Iterator for &mut TokenStream<'_> {
    type Item = Result<(u32, TokenKind, u32), LexicalError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = match self.ahead.pop_front() {
            Some(next) => next,
            None => self.read()?,
        };
        match next {
            Ok(lexeme) if self.left == 0 => {
                self.beyond = Some(lexeme.span);
                Some(Err(LexicalError))
            }
            Ok(mut lexeme) => {
                self.left -= 1;
                if lexeme.kind == TokenKind::Agent && !self.begins_agent() {
                    lexeme.kind = TokenKind::Identifier;
                }
                Some(Ok((lexeme.span.start, lexeme.kind, lexeme.span.end)))
            }
            Err(_) => Some(Err(LexicalError)),
        }
    }
}
