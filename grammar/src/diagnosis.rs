//! Why a source is no program, in words.

use lalrpop_util::ParseError;

use crate::ast::Span;
use crate::builder::shorten;
use crate::error::{SyntaxError, codes};
use crate::lexer::{Lexeme, TokenKind, tokens};
use crate::line_index::{LineIndex, Position};
use crate::parser::{Verdict, could_stand};

/// Explains why the parser stopped.
pub(crate) struct Diagnosis<'s> {
    source: &'s str,
    /// The last three tokens the parser took; the last is the offending one if there is one.
    previous: [Option<Lexeme>; 3],
}

impl<'s> Diagnosis<'s> {
    pub(crate) fn new(source: &'s str, previous: [Option<Lexeme>; 3]) -> Self {
        Diagnosis { source, previous }
    }

    pub(crate) fn explain(&self, verdict: Verdict) -> SyntaxError {
        match verdict {
            ParseError::UnrecognizedToken { token: (start, kind, end), expected } => {
                self.unexpected(kind, Span { start, end }, &Expected::new(&expected, self.source, start))
            }
            ParseError::UnrecognizedEof { expected, .. } => {
                self.end(&Expected::new(&expected, self.source, self.source.len() as u32))
            }
            // The grammar's entry takes all tokens and its lexer is our own: what remains cannot happen, and would
            // still be an error of the source.
            ParseError::ExtraToken { .. } | ParseError::InvalidToken { .. } | ParseError::User { .. } => {
                self.end(&Expected { terminals: Vec::new() })
            }
        }
    }

    fn end(&self, expected: &Expected) -> SyntaxError {
        let end = self.source.len() as u32;
        let place = Span { start: end, end };
        let found = "the end of the source".to_owned();
        if self.previous[2].is_none() {
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
        let (code, message, hint) = if expected.only_name() && is_reserved(kind) && kind != TokenKind::In {
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
            _ if expected.has("in") => "put `in` in front of the body",
            (_, true) => "put `=>` between a pattern and its body, or `|` between two processes",
            _ => "put `|` between the two processes",
        };
        (codes::MISSING_BAR, message, Some(hint.to_owned()))
    }

    /// A guess at what was meant.
    fn advice(&self, kind: TokenKind, span: Span, expected: &Expected) -> Option<String> {
        use TokenKind::*;
        let [before_that, before, _] = self.previous.map(|lexeme| lexeme.map(|lexeme| lexeme.kind));
        let of_body = matches!(before_that, Some(ParenClose | Assign | Bundle | BundleWrite | BundleRead | BundleNone));
        let text = match kind {
            ParenClose if before == Some(ParenOpen) => {
                "there are no empty parentheses; a tuple has at least one element"
            }
            BraceClose if before == Some(BraceOpen) && of_body => "an empty body is written `{ Nil }`",
            BraceClose if before == Some(BraceOpen) => "at least one `pattern => body` must stand between the braces",
            BraceClose if expected.has("=>") => "a case is `pattern => body`; between two processes stands `|`",
            Plus | Minus | Negate if before == Some(Bundle) => "write the sign directly behind `bundle`",
            _ if is_closing(kind) => return self.bracket_advice(kind, span.start),
            _ if is_reserved(kind) && expected.has("identifier") => "this word is reserved",
            _ if expected.only_brace() => "put braces around the body",
            _ => return None,
        };
        Some(text.to_owned())
    }

    /// About a closing bracket that does not fit.
    fn bracket_advice(&self, closing: TokenKind, offset: u32) -> Option<String> {
        match self.unclosed(offset) {
            None => Some("no bracket is open here".to_owned()),
            Some(open) if open.closed_by() == closing => None,
            Some(open) => Some(open.hint(self.source)),
        }
    }

    /// The innermost bracket open at an offset.
    fn unclosed(&self, offset: u32) -> Option<OpenBracket> {
        let mut open = Vec::new();
        for lexeme in tokens(self.source).filter_map(Result::ok).take_while(|lexeme| lexeme.span.start < offset) {
            if is_opening(lexeme.kind) {
                open.push(OpenBracket(lexeme));
            } else if is_closing(lexeme.kind) {
                open.pop();
            }
        }
        open.pop()
    }
}

struct OpenBracket(Lexeme);

impl OpenBracket {
    fn closed_by(&self) -> TokenKind {
        match self.0.kind {
            TokenKind::BraceOpen => TokenKind::BraceClose,
            TokenKind::BracketOpen => TokenKind::BracketClose,
            TokenKind::PathOpen => TokenKind::PathClose,
            _ => TokenKind::ParenClose,
        }
    }

    fn hint(&self, source: &str) -> String {
        let Position { line, column } = LineIndex::new(source).position(self.0.span.start);
        let bracket = source.get(self.0.span.range()).unwrap_or_default();
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

/// Up to this offset all of [`PROBES`] are tried, behind it only the first two: each one parses the source again.
const FULL_PROBE_BYTES: u32 = 64 << 10;

const PROBES: [(TokenKind, &str); 16] = [
    (TokenKind::Bar, "|"),
    (TokenKind::Comma, ","),
    (TokenKind::Semicolon, ";"),
    (TokenKind::ParenClose, ")"),
    (TokenKind::BracketClose, "]"),
    (TokenKind::BraceClose, "}"),
    (TokenKind::PathClose, "|}"),
    (TokenKind::BraceOpen, "{"),
    (TokenKind::In, "in"),
    (TokenKind::Else, "else"),
    (TokenKind::Where, "where"),
    (TokenKind::FatArrow, "=>"),
    (TokenKind::Colon, ":"),
    (TokenKind::Ampersand, "&"),
    (TokenKind::Dot, "."),
    (TokenKind::Plus, "+"),
];

/// What the parser would have taken.
struct Expected<'e> {
    terminals: Vec<&'e str>,
}

impl<'e> Expected<'e> {
    /// The parser names terminals as the grammar does, in quotes. Before it finds a token wrong it may have closed
    /// constructs that other tokens would have continued, so it is asked about the most telling ones again.
    fn new(terminals: &'e [String], source: &str, offset: u32) -> Self {
        let mut terminals: Vec<&str> = terminals.iter().map(|terminal| terminal.trim_matches('"')).collect();
        let probes = if offset <= FULL_PROBE_BYTES { &PROBES[..] } else { &PROBES[..2] };
        for (kind, terminal) in probes {
            if !terminals.contains(terminal) && could_stand(source, offset, *kind) {
                terminals.push(terminal);
            }
        }
        Expected { terminals }
    }

    fn has(&self, terminal: &str) -> bool {
        self.terminals.contains(&terminal)
    }

    fn only_brace(&self) -> bool {
        self.terminals == ["{"]
    }

    /// An identifier can stand here, but not every process.
    fn only_name(&self) -> bool {
        self.has("identifier") && !self.has("Nil")
    }

    /// The terminals in words: processes, expressions and operators are named as such.
    fn words(&self) -> Vec<String> {
        const AGENT_WORDS: [&str; 5] = ["agent", "constructor", "method", "default", "private"];
        const OPERATORS: [&str; 21] = [
            "and", "or", "matches", "==", "!=", "<", "<=", ">", ">=", "+", "++", "-", "--", "*", "/", "%", "%%",
            "/\\\\", "\\\\/", "&&", "||",
        ];
        const EXPRESSION: [&str; 24] = [
            "identifier",
            "_",
            "number",
            "string",
            "uri",
            "Nil",
            "true",
            "false",
            "Set",
            "Bool",
            "Int",
            "BigInt",
            "String",
            "Uri",
            "ByteArray",
            "BigInt(",
            "(",
            "[",
            "{",
            "{|",
            "not",
            "neg",
            "eval",
            "~",
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
        if self.has("+") {
            words.push("an operator".to_owned());
            hidden.extend(OPERATORS.iter().chain(&["."]));
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
