//! From tokens to tree: runs the generated parser and turns its verdicts into syntax errors.

use std::collections::VecDeque;

use lalrpop_util::{ParseError, lalrpop_mod};

use crate::ast::{Ast, ProcId, Span};
use crate::builder::{Builder, LexicalError, shorten};
use crate::error::{SyntaxError, codes};
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

/// Lexical errors reported at once.
const MAX_ERRORS: usize = 64;

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
        Err(error) => errors.push(Diagnosis { source, previous: stream.previous }.explain(error)),
    }
    errors.sort_by_key(|error| error.span);
    Err(errors)
}

/// The tokens as the parser wants them: without comments, `agent` only where it is one, and ending at the first error.
struct TokenStream<'s> {
    lexer: Lexer<'s>,
    ahead: VecDeque<Result<Lexeme, SyntaxError>>,
    /// The two tokens given last, the latest second.
    previous: [Option<Lexeme>; 2],
    error: Option<SyntaxError>,
}

impl<'s> TokenStream<'s> {
    fn new(source: &'s str) -> Self {
        TokenStream { lexer: tokens(source), ahead: VecDeque::new(), previous: [None; 2], error: None }
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
                self.previous = [self.previous[1], Some(lexeme)];
                Some(Ok((lexeme.span.start, lexeme.kind, lexeme.span.end)))
            }
            Err(error) => {
                self.error = Some(error);
                Some(Err(LexicalError))
            }
        }
    }
}

type Verdict = ParseError<u32, TokenKind, LexicalError>;

/// Explains why the parser stopped.
struct Diagnosis<'s> {
    source: &'s str,
    /// The last two tokens the parser took; the second is the offending one if there is one.
    previous: [Option<Lexeme>; 2],
}

impl Diagnosis<'_> {
    fn explain(&self, verdict: Verdict) -> SyntaxError {
        match verdict {
            ParseError::UnrecognizedToken { token: (start, kind, end), expected } => {
                self.unexpected(kind, Span { start, end }, &Expected::new(&expected))
            }
            ParseError::ExtraToken { token: (start, kind, end) } => {
                self.unexpected(kind, Span { start, end }, &Expected::new(&[]))
            }
            ParseError::UnrecognizedEof { expected, .. } => self.end(&Expected::new(&expected)),
            ParseError::InvalidToken { location } => {
                self.unexpected(TokenKind::Wildcard, Span { start: location, end: location }, &Expected::new(&[]))
            }
            ParseError::User { .. } => self.end(&Expected::new(&[])),
        }
    }

    fn end(&self, expected: &Expected) -> SyntaxError {
        let end = self.source.len() as u32;
        let place = Span { start: end, end };
        let found = "the end of the source".to_owned();
        if self.previous[1].is_none() {
            let message = "the source contains no process".to_owned();
            let hint = Some("the process that does nothing is written `Nil`".to_owned());
            return SyntaxError {
                code: codes::EMPTY_PROGRAM,
                span: place,
                found,
                expected: expected.words(),
                message,
                hint,
            };
        }
        let message = format!("the source ends too early{}", expected.sentence());
        let hint = self.unclosed(end).map(|open| open.hint(self.source));
        SyntaxError { code: codes::UNEXPECTED_END, span: place, found, expected: expected.words(), message, hint }
    }

    fn unexpected(&self, kind: TokenKind, span: Span, expected: &Expected) -> SyntaxError {
        let text = self.source.get(span.range()).unwrap_or_default();
        let found = format!("`{}`", shorten(text));
        let (code, message, hint) = if expected.only_name() && is_reserved(kind) {
            let message = format!("{found} is a reserved word and cannot be used as a name");
            (codes::RESERVED_WORD, message, Some(format!("choose another name, for example `{text}_`")))
        } else if expected.has("|") && starts_process(kind) {
            self.side_by_side(&found, expected)
        } else {
            let message = format!("{found} cannot stand here{}", expected.sentence());
            (codes::UNEXPECTED_TOKEN, message, self.advice(kind, span, expected))
        };
        SyntaxError { code, span, found, expected: expected.words(), message, hint }
    }

    fn side_by_side(&self, found: &str, expected: &Expected) -> (&'static str, String, Option<String>) {
        let message = format!("{found} begins another process, but nothing joins it to the one before");
        let hint = match (expected.has(","), expected.has("=>")) {
            (true, _) => "put `,` between the elements",
            (_, true) => "put `=>` between a pattern and its body, or `|` between two processes",
            _ => "put `|` between the two processes",
        };
        (codes::MISSING_BAR, message, Some(hint.to_owned()))
    }

    /// A guess at what was meant.
    fn advice(&self, kind: TokenKind, span: Span, expected: &Expected) -> Option<String> {
        use TokenKind::*;
        let before = self.previous[0].map(|lexeme| lexeme.kind);
        let adjacent = |first| before == Some(first);
        let text = match kind {
            ParenClose if adjacent(ParenOpen) => "there are no empty parentheses; a tuple has at least one element",
            ParenClose if expected.has("|") && expected.has(",") => {
                "parentheses group expressions only; put braces around a process"
            }
            BraceClose if adjacent(BraceOpen) => "an empty body is written `{ Nil }`",
            Plus | Minus | Negate if adjacent(Bundle) => "write the sign directly behind `bundle`",
            At if adjacent(At) => "a quote takes a process; a quoted name is written `@{*x}`",
            _ if is_closing(kind) => {
                return self.unclosed(span.start).map(|open| open.hint(self.source));
            }
            _ if is_reserved(kind) && expected.has("identifier") => "this word is reserved",
            _ => return None,
        };
        Some(text.to_owned())
    }

    /// The innermost bracket open at an offset.
    fn unclosed(&self, offset: u32) -> Option<OpenBracket> {
        let mut open = Vec::new();
        for lexeme in tokens(self.source).filter_map(Result::ok).take_while(|lexeme| lexeme.span.start < offset) {
            if is_opening(lexeme.kind) {
                open.push(OpenBracket(lexeme.span));
            } else if is_closing(lexeme.kind) {
                open.pop();
            }
        }
        open.pop()
    }
}

struct OpenBracket(Span);

impl OpenBracket {
    fn hint(&self, source: &str) -> String {
        let before = source.get(..self.0.start as usize).unwrap_or_default();
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let bracket = source.get(self.0.range()).unwrap_or_default();
        format!("the `{bracket}` at {line}:{column} is still open")
    }
}

fn is_opening(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(kind, ParenOpen | BigIntOpen | BraceOpen | BracketOpen | PathOpen)
}

fn is_closing(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(kind, ParenClose | BraceClose | BracketClose | PathClose)
}

fn is_reserved(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(
        kind,
        Nil | True
            | False
            | Set
            | BoolType
            | IntType
            | BigIntType
            | StringType
            | UriType
            | ByteArrayType
            | And
            | Or
            | Not
            | Matches
            | New
            | In
            | For
            | Contract
            | Match
            | Select
            | If
            | Else
            | Let
            | Where
            | Bundle
            | BundleNone
    )
}

fn starts_process(kind: TokenKind) -> bool {
    use TokenKind::*;
    let reserved = is_reserved(kind) && !matches!(kind, And | Or | Matches | In | Else | Where);
    let word = matches!(kind, Identifier | Agent | Constructor | Method | Default | Private | Wildcard);
    let literal = matches!(kind, Number | String | Uri | BigIntOpen);
    let opening = matches!(kind, BraceOpen | BracketOpen | PathOpen | ParenOpen);
    let prefix = matches!(kind, At | Evaluate | Negate | Tilde | BundleWrite | BundleRead);
    reserved || word || literal || opening || prefix
}

/// What the parser would have taken.
struct Expected<'e> {
    terminals: Vec<&'e str>,
}

impl<'e> Expected<'e> {
    /// The parser names terminals as the grammar does, in quotes and with backslashes doubled.
    fn new(terminals: &'e [String]) -> Self {
        Expected { terminals: terminals.iter().map(|terminal| terminal.trim_matches('"')).collect() }
    }

    fn has(&self, terminal: &str) -> bool {
        self.terminals.contains(&terminal)
    }

    /// An identifier can stand here, but not every process.
    fn only_name(&self) -> bool {
        self.has("identifier") && !self.has("Nil")
    }

    /// The terminals in words: processes, expressions and operators are named as such.
    fn words(&self) -> Vec<String> {
        const AGENT_WORDS: [&str; 5] = ["agent", "constructor", "method", "default", "private"];
        const OPERATORS: [&str; 21] = [
            "and", "or", "matches", "==", "!=", "<", "<=", ">", ">=", "+", "++", "-", "--", "*", "/", "%", "%%", "/\\\\",
            "\\\\/", "&&", "||",
        ];
        const EXPRESSION: [&str; 24] = [
            "identifier", "_", "number", "string", "uri", "Nil", "true", "false", "Set", "Bool", "Int", "BigInt", "String",
            "Uri", "ByteArray", "BigInt(", "(", "[", "{", "{|", "not", "neg", "eval", "~",
        ];
        const PROCESS: [&str; 13] = [
            "@", "new", "for", "contract", "match", "select", "if", "let", "bundle", "bundle+", "bundle-", "bundle0",
            "agent",
        ];
        let mut words: Vec<String> = Vec::new();
        let mut hidden: Vec<&str> = Vec::new();
        if self.has("Nil") && self.has("new") {
            words.push("a process".to_owned());
            hidden.extend(EXPRESSION.iter().chain(&PROCESS).chain(&AGENT_WORDS).chain(&["="]));
        } else if self.has("Nil") {
            words.push("an expression".to_owned());
            hidden.extend(EXPRESSION.iter().chain(&AGENT_WORDS).chain(&["="]));
        } else if self.has("identifier") {
            words.push("a name".to_owned());
            hidden.extend(["identifier", "_", "@"].iter().chain(&AGENT_WORDS));
        }
        if OPERATORS.iter().filter(|operator| self.has(operator)).count() > 2 {
            words.push("an operator".to_owned());
            hidden.extend(OPERATORS);
        }
        let rest = self.terminals.iter().filter(|terminal| !hidden.contains(terminal));
        words.extend(rest.map(|terminal| match *terminal {
            "uri" => "a URI".to_owned(),
            "number" => "a number".to_owned(),
            "string" => "a string".to_owned(),
            other => format!("`{}`", other.replace("\\\\", "\\")),
        }));
        words.dedup();
        words.truncate(8);
        words
    }

    /// `; expected …`, or nothing when nothing is known.
    fn sentence(&self) -> String {
        let words = self.words();
        match words.split_last() {
            None => String::new(),
            Some((only, [])) => format!("; expected {only}"),
            Some((last, others)) => format!("; expected {} or {last}", others.join(", ")),
        }
    }
}
