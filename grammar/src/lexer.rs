//! Source text to tokens (language.md 1).
//!
//! Most tokens are told apart by their characters alone. Three are not: `-` in front of a digit belongs to the
//! literal, `.5` is a number, and `*` is an evaluation instead of a product, each of them only where an operand is
//! expected. The lexer knows this from the token before; for closing brackets it remembers what they close
//! ([`Lexer`]).

use logos::Logos;

use crate::ast::Span;
use crate::error::{SyntaxError, codes};
use crate::number;

/// The kinds of tokens. Their text is the source under their span.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[logos(skip r"[ \t\r\n\x0C]+")]
#[logos(error = Fault)]
#[logos(extras = Before)]
pub enum TokenKind {
    /// `// …` or `/* … */`
    #[token("//", line_comment)]
    #[token("/*", block_comment)]
    Comment,
    /// An identifier.
    #[regex(r"[A-Za-z'À-ÖØ-öø-ÿ][A-Za-z0-9_'À-ÖØ-öø-ÿ]*")]
    #[regex(r"_[A-Za-z0-9_'À-ÖØ-öø-ÿ]+")]
    Identifier,
    /// A number with sign and suffix.
    #[regex(r"[0-9]", number)]
    Number,
    /// `"…"`
    #[token("\"", string)]
    String,
    /// `` `…` ``
    #[token("`", uri)]
    Uri,
    /// `agent`, an identifier unless a name and `{` follow.
    #[token("agent")]
    Agent,
    /// `constructor`, an identifier outside agents.
    #[token("constructor")]
    Constructor,
    /// `method`, an identifier outside agents.
    #[token("method")]
    Method,
    /// `default`, an identifier outside agents.
    #[token("default")]
    Default,
    /// `private`, an identifier outside agents.
    #[token("private")]
    Private,
    /// `Nil`
    #[token("Nil")]
    Nil,
    /// `true`
    #[token("true")]
    True,
    /// `false`
    #[token("false")]
    False,
    /// `Set`
    #[token("Set")]
    Set,
    /// `Bool`
    #[token("Bool")]
    BoolType,
    /// `Int`
    #[token("Int")]
    IntType,
    /// `BigInt`
    #[token("BigInt")]
    BigIntType,
    /// `String`
    #[token("String")]
    StringType,
    /// `Uri`
    #[token("Uri")]
    UriType,
    /// `ByteArray`
    #[token("ByteArray")]
    ByteArrayType,
    /// `BigInt(`, one token
    #[token("BigInt(")]
    BigIntOpen,
    /// `and`
    #[token("and")]
    And,
    /// `or`
    #[token("or")]
    Or,
    /// `not`
    #[token("not")]
    Not,
    /// `matches`
    #[token("matches")]
    Matches,
    /// `new`
    #[token("new")]
    New,
    /// `in`
    #[token("in")]
    In,
    /// `for`
    #[token("for")]
    For,
    /// `contract`
    #[token("contract")]
    Contract,
    /// `match`
    #[token("match")]
    Match,
    /// `select`
    #[token("select")]
    Select,
    /// `if`
    #[token("if")]
    If,
    /// `else`
    #[token("else")]
    Else,
    /// `let`
    #[token("let")]
    Let,
    /// `where`
    #[token("where")]
    Where,
    /// `bundle`
    #[token("bundle")]
    Bundle,
    /// `bundle+`
    #[token("bundle+")]
    BundleWrite,
    /// `bundle-`
    #[token("bundle-")]
    BundleRead,
    /// `bundle0`
    #[token("bundle0")]
    BundleNone,
    /// `(`
    #[token("(")]
    ParenOpen,
    /// `)`
    #[token(")")]
    ParenClose,
    /// `[`
    #[token("[")]
    BracketOpen,
    /// `]`
    #[token("]")]
    BracketClose,
    /// `{`
    #[token("{")]
    BraceOpen,
    /// `}`
    #[token("}")]
    BraceClose,
    /// `{|`
    #[token("{|")]
    PathOpen,
    /// `|}`
    #[token("|}")]
    PathClose,
    /// `,`
    #[token(",")]
    Comma,
    /// `;`
    #[token(";")]
    Semicolon,
    /// `.`
    #[token(".", point)]
    Dot,
    /// `:`
    #[token(":")]
    Colon,
    /// `|`
    #[token("|")]
    Bar,
    /// `&`
    #[token("&")]
    Ampersand,
    /// `!`
    #[token("!")]
    Bang,
    /// `!!`
    #[token("!!")]
    BangBang,
    /// `!?`
    #[token("!?")]
    BangQuery,
    /// `?!`
    #[token("?!")]
    QueryBang,
    /// `<-`
    #[token("<-")]
    ArrowLinear,
    /// `<<-`
    #[token("<<-")]
    ArrowPeek,
    /// `<=`: less or equal, and the arrow of repeated receipts
    #[token("<=")]
    LessEqual,
    /// `=`
    #[token("=")]
    Assign,
    /// `==`
    #[token("==")]
    Equal,
    /// `!=`
    #[token("!=")]
    NotEqual,
    /// `<`
    #[token("<")]
    Less,
    /// `>`
    #[token(">")]
    Greater,
    /// `>=`
    #[token(">=")]
    GreaterEqual,
    /// `+`
    #[token("+")]
    Plus,
    /// `++`
    #[token("++")]
    PlusPlus,
    /// `-` between operands
    #[token("-", minus)]
    Minus,
    /// `-` in front of an operand
    Negate,
    /// `--`
    #[token("--")]
    MinusMinus,
    /// `*` between operands
    #[token("*", star)]
    Star,
    /// `*` in front of a name
    Evaluate,
    /// `/`
    #[token("/")]
    Slash,
    /// `%`
    #[token("%")]
    Percent,
    /// `%%`
    #[token("%%")]
    PercentPercent,
    /// `~`
    #[token("~")]
    Tilde,
    /// `/\`
    #[token("/\\")]
    Conjunction,
    /// `\/`
    #[token("\\/")]
    Disjunction,
    /// `&&`
    #[token("&&")]
    ShortAnd,
    /// `||`
    #[token("||")]
    ShortOr,
    /// `@`
    #[token("@")]
    At,
    /// `=>`
    #[token("=>")]
    FatArrow,
    /// `...`
    #[token("...")]
    Ellipsis,
    /// `_`
    #[token("_")]
    Wildcard,
}

/// What stands before the next token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Before {
    /// Nothing that can be the left side of an operator.
    #[default]
    Other,
    /// The block of a `new`, `let` or `if`. Only a minus with a blank behind it continues it: nobody subtracts from a
    /// block, but `… => new x in {…}` is often followed by the case `-1 => …`.
    Block,
    /// The end of an operand.
    Operand,
}

/// Why the characters form no token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// No token starts with this character.
    #[default]
    Character,
    /// A string without end.
    String,
    /// A wrong escape, so many bytes behind the start of the string.
    Escape(u32),
    /// A URI without end.
    Uri,
    /// A comment without end.
    Comment,
}

type Raw<'s> = logos::Lexer<'s, TokenKind>;

fn line_comment(raw: &mut Raw) {
    let rest = raw.remainder().as_bytes();
    raw.bump(rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len()));
}

fn block_comment(raw: &mut Raw) -> Result<(), Fault> {
    let rest = raw.remainder();
    match rest.find("*/") {
        Some(end) => {
            raw.bump(end + 2);
            Ok(())
        }
        None => {
            raw.bump(rest.len());
            Err(Fault::Comment)
        }
    }
}

/// The union of the escapes of both levels: `\"` `\\` `\n` `\t` `\r` `\` digits (language.md 1.4).
fn string(raw: &mut Raw) -> Result<(), Fault> {
    let rest = raw.remainder().as_bytes();
    let mut wrong = None;
    let mut at = 0;
    while let Some(step) = rest[at..].iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        at += step;
        if rest[at] == b'"' {
            raw.bump(at + 1);
            return wrong.map_or(Ok(()), |at| Err(Fault::Escape(at)));
        }
        match rest.get(at + 1) {
            Some(b'"' | b'\\' | b'n' | b't' | b'r' | b'0'..=b'9') => at += 2,
            Some(_) => {
                wrong = wrong.or(Some(at as u32 + 1));
                at += 1;
            }
            None => at += 1,
        }
    }
    raw.bump(rest.len());
    Err(Fault::String)
}

/// Level 2 knows no escapes in URIs, so a back tick always ends one (language.md 1.5).
fn uri(raw: &mut Raw) -> Result<(), Fault> {
    let rest = raw.remainder();
    match rest.find('`') {
        Some(end) => {
            raw.bump(end + 1);
            Ok(())
        }
        None => {
            raw.bump(rest.len());
            Err(Fault::Uri)
        }
    }
}

fn number(raw: &mut Raw) {
    let rest = &raw.source().as_bytes()[raw.span().start..];
    raw.bump(number::scan(rest) - 1);
}

fn point(raw: &mut Raw) -> TokenKind {
    if raw.extras == Before::Operand || !raw.remainder().starts_with(|c: char| c.is_ascii_digit()) {
        return TokenKind::Dot;
    }
    number(raw);
    TokenKind::Number
}

fn minus(raw: &mut Raw) -> TokenKind {
    let rest = raw.remainder().as_bytes();
    let touches_number = matches!(rest, [b'0'..=b'9', ..] | [b'.', b'0'..=b'9', ..]);
    match raw.extras {
        Before::Operand => TokenKind::Minus,
        _ if touches_number && !number::is_unsigned(rest) => {
            raw.bump(number::scan(rest));
            TokenKind::Number
        }
        Before::Block => TokenKind::Minus,
        Before::Other => TokenKind::Negate,
    }
}

fn star(raw: &mut Raw) -> TokenKind {
    if raw.extras == Before::Other { TokenKind::Evaluate } else { TokenKind::Star }
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lexeme {
    /// Its kind.
    pub kind: TokenKind,
    /// Its place; the token's text is the source there.
    pub span: Span,
}

/// An open bracket: what its closing counterpart will be for the token behind it.
#[derive(Clone, Copy, Debug)]
enum Frame {
    /// An operand ends: grouping, collections, arguments of methods.
    Operand,
    /// The condition of an `if`: a branch follows.
    Condition,
    /// The block of a `new`, `let` or `if`.
    Block,
    /// No operand: the arguments of a send, the body of a `for`, a case.
    Other,
}

/// A token or what is wrong there. Errors are large and rare, tokens are many: they are moved often.
pub(crate) type Next = Result<Lexeme, Box<SyntaxError>>;

/// The tokens of a source, comments included. Errors do not end the iteration.
#[derive(Clone, Debug)]
pub struct Lexer<'s> {
    raw: Raw<'s>,
    offset: usize,
    previous: Option<TokenKind>,
    before_previous: Option<TokenKind>,
    closed: Frame,
    open: Vec<Frame>,
    /// A token already read while looking for the end of a run of illegal characters.
    ready: Option<Next>,
}

/// Iterates over the tokens of a source of less than 4 GiB, comments included. A byte order mark at the start is
/// skipped.
pub fn tokens(source: &str) -> Lexer<'_> {
    let (offset, text) = match source.strip_prefix('\u{FEFF}') {
        Some(text) => (source.len() - text.len(), text),
        None => (0, source),
    };
    Lexer {
        raw: TokenKind::lexer(text),
        offset,
        previous: None,
        before_previous: None,
        closed: Frame::Other,
        open: Vec::new(),
        ready: None,
    }
}

impl Lexer<'_> {
    fn here(&self) -> Span {
        let span = self.raw.span();
        Span::new(span.start + self.offset, span.end + self.offset)
    }

    fn before(&self) -> Before {
        use TokenKind::*;
        match self.previous {
            Some(
                Identifier | Number | String | Uri | Agent | Constructor | Method | Default | Private | Nil | True
                | False | BoolType | IntType | BigIntType | StringType | UriType | ByteArrayType | Wildcard
                | BracketClose | PathClose,
            ) => Before::Operand,
            Some(ParenClose | BraceClose) => match self.closed {
                Frame::Operand => Before::Operand,
                Frame::Block => Before::Block,
                Frame::Condition | Frame::Other => Before::Other,
            },
            _ => Before::Other,
        }
    }

    fn paren_frame(&self) -> Frame {
        match self.previous {
            Some(TokenKind::If) => Frame::Condition,
            Some(TokenKind::Bang | TokenKind::BangBang | TokenKind::BangQuery) => Frame::Other,
            _ => Frame::Operand,
        }
    }

    fn brace_frame(&self) -> Frame {
        use TokenKind::*;
        match self.previous {
            Some(In | Else | Semicolon) => Frame::Block,
            Some(ParenClose) if matches!(self.closed, Frame::Condition) => Frame::Block,
            // The body of a contract; any other `=` stands before a value.
            Some(Assign) if self.before_previous == Some(ParenClose) => Frame::Other,
            Some(FatArrow | Select | Bundle | BundleWrite | BundleRead | BundleNone | ParenClose) => Frame::Other,
            // Behind an operand only the cases of a `match` or the members of an agent can open.
            _ if self.before() == Before::Operand => Frame::Other,
            _ => Frame::Operand,
        }
    }

    /// Remembers what the coming tokens need to know about this one.
    fn note(&mut self, kind: TokenKind) {
        use TokenKind::*;
        match kind {
            Comment => return,
            ParenOpen | BigIntOpen => self.open.push(self.paren_frame()),
            BraceOpen => self.open.push(self.brace_frame()),
            BracketOpen | PathOpen => self.open.push(Frame::Operand),
            ParenClose | BraceClose | BracketClose | PathClose => {
                self.closed = self.open.pop().unwrap_or(Frame::Operand);
            }
            _ => {}
        }
        self.before_previous = self.previous;
        self.previous = Some(kind);
        self.raw.extras = self.before();
    }

    fn fault(&mut self, fault: Fault) -> SyntaxError {
        let span = self.here();
        let opening = |length| Span { start: span.start, end: span.start + length };
        match fault {
            Fault::Character => self.illegal_characters(),
            Fault::String => SyntaxError::new(
                codes::UNTERMINATED_STRING,
                opening(1),
                "end of input",
                "this string has no closing quote",
            )
            .with_hint("put `\"` at its end; a quote inside a string is written `\\\"`"),
            Fault::Escape(at) => self.bad_escape(span, at),
            Fault::Uri => SyntaxError::new(
                codes::UNTERMINATED_URI,
                opening(1),
                "end of input",
                "this URI has no closing back tick",
            )
            .with_hint("put a back tick at its end"),
            Fault::Comment => {
                SyntaxError::new(codes::UNTERMINATED_COMMENT, opening(2), "end of input", "this comment is not closed")
                    .with_hint("put `*/` at its end")
            }
        }
    }

    fn bad_escape(&mut self, span: Span, at: u32) -> SyntaxError {
        // The string is whole, only its text is wrong: it stays an operand for the tokens behind it.
        self.note(TokenKind::String);
        let start = span.start + at;
        let local = start as usize - self.offset;
        let wrong: String = self.raw.source().get(local..).unwrap_or_default().chars().take(2).collect();
        let span = Span { start, end: start + wrong.len() as u32 };
        let message = format!("`{}` is not an escape sequence", wrong.escape_debug());
        SyntaxError::new(codes::BAD_ESCAPE, span, wrong, message)
            .with_hint("strings know `\\\"`, `\\\\`, `\\n`, `\\t`, `\\r` and a backslash with digits")
    }

    /// One error for a run of neighbouring illegal characters.
    fn illegal_characters(&mut self) -> SyntaxError {
        let mut span = self.here();
        loop {
            match self.raw.next() {
                Some(Err(Fault::Character)) if self.here().start == span.end => span.end = self.here().end,
                Some(Err(fault)) => {
                    // Another run of illegal characters is left for the next call, so that runs do not nest.
                    self.ready = Some(match fault {
                        Fault::Character => Err(Box::new(illegal(self.here(), self.text(self.here())))),
                        other => Err(Box::new(self.fault(other))),
                    });
                    break;
                }
                Some(Ok(kind)) => {
                    self.ready = Some(Ok(self.lexeme(kind)));
                    break;
                }
                None => break,
            }
        }
        illegal(span, self.text(span))
    }

    fn text(&self, span: Span) -> &str {
        self.raw.source().get(span.start as usize - self.offset..span.end as usize - self.offset).unwrap_or_default()
    }

    /// The next token, comments included.
    pub(crate) fn advance(&mut self) -> Option<Next> {
        if self.ready.is_some() {
            return self.ready.take();
        }
        match self.raw.next()? {
            Ok(kind) => Some(Ok(self.lexeme(kind))),
            Err(fault) => Some(Err(Box::new(self.fault(fault)))),
        }
    }

    fn lexeme(&mut self, kind: TokenKind) -> Lexeme {
        self.note(kind);
        Lexeme { kind, span: self.here() }
    }
}

fn illegal(span: Span, text: &str) -> SyntaxError {
    let shown: String = text.chars().take(8).flat_map(char::escape_debug).collect();
    let message = match text.chars().nth(1) {
        None => format!("`{shown}` is not a character of the language outside strings and comments"),
        Some(_) => format!("`{shown}` are not characters of the language outside strings and comments"),
    };
    SyntaxError::new(codes::ILLEGAL_CHARACTER, span, shown, message)
}

impl Iterator for Lexer<'_> {
    type Item = Result<Lexeme, SyntaxError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().map(|next| next.map_err(|error| *error))
    }
}
