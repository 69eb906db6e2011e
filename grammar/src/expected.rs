//! What the parser would have taken in place of a wrong token, and words for it.

use crate::ast::Span;
use crate::lexer::{Lexeme, TokenKind};
use crate::parser::attempt;

/// Whether a token of this kind could stand behind others.
fn could_follow(source: &str, prefix: &[Lexeme], kind: TokenKind) -> bool {
    let end = prefix.last().map_or(0, |lexeme| lexeme.span.end);
    let next = Lexeme { kind, span: Span { start: end, end } };
    let run = attempt(source, prefix.iter().copied().chain(std::iter::once(next)));
    run.failure().is_none_or(|at| at > prefix.len())
}

/// Behind so many tokens all of [`PROBES`] are tried, behind more only the first two: each one is a run of the parser.
const FULL_PROBE_TOKENS: usize = 5_000;

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
pub(crate) struct Expected<'e> {
    terminals: Vec<&'e str>,
}

impl<'e> Expected<'e> {
    /// The parser names terminals as the grammar does, in quotes. Before it finds a token wrong it may have closed
    /// constructs that other tokens would have continued, so it is asked about the most telling ones again.
    /// `budget` tokens may be read for it.
    pub(crate) fn new(terminals: &'e [String], source: &str, prefix: &[Lexeme], budget: &mut usize) -> Self {
        let mut terminals: Vec<&str> = terminals.iter().map(|terminal| terminal.trim_matches('"')).collect();
        let probes = if prefix.len() <= FULL_PROBE_TOKENS { &PROBES[..] } else { &PROBES[..2] };
        for (kind, terminal) in probes {
            if terminals.contains(terminal) || *budget < prefix.len() {
                continue;
            }
            *budget -= prefix.len();
            if could_follow(source, prefix, *kind) {
                terminals.push(terminal);
            }
        }
        Expected { terminals }
    }

    pub(crate) fn has(&self, terminal: &str) -> bool {
        self.terminals.contains(&terminal)
    }

    pub(crate) fn only(&self, terminal: &str) -> bool {
        self.terminals == [terminal]
    }

    /// An identifier can stand here, but not every process.
    pub(crate) fn only_name(&self) -> bool {
        self.has("identifier") && !self.has("Nil")
    }

    /// The terminals in words: processes, expressions and operators are named as such.
    pub(crate) fn words(&self) -> Vec<String> {
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
    pub(crate) fn sentence(&self) -> String {
        let words = self.words();
        match words.split_last() {
            None => String::new(),
            Some((only, [])) => format!("; expected {only}"),
            Some((last, others)) => format!("; expected {} or {last}", others.join(", ")),
        }
    }
}
