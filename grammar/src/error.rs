//! Syntax errors: what is wrong, where, and what would be right.

use crate::ast::Span;

/// Errors of one kind reported at once.
pub(crate) const MAX_ERRORS: usize = 64;

/// The stable codes of syntax errors.
pub mod codes {
    /// A character that no token starts with.
    pub const ILLEGAL_CHARACTER: &str = "E0101";
    /// A string without its closing quote.
    pub const UNTERMINATED_STRING: &str = "E0102";
    /// A URI without its closing back tick.
    pub const UNTERMINATED_URI: &str = "E0103";
    /// A block comment without `*/`.
    pub const UNTERMINATED_COMMENT: &str = "E0104";
    /// A backslash sequence that strings do not have.
    pub const BAD_ESCAPE: &str = "E0105";
    /// A number with a suffix or width that does not exist.
    pub const BAD_NUMBER: &str = "E0106";
    /// An integer literal that does not fit 64 bits.
    pub const INTEGER_RANGE: &str = "E0107";
    /// A token that cannot stand here.
    pub const UNEXPECTED_TOKEN: &str = "E0110";
    /// The source ends in the middle of a process.
    pub const UNEXPECTED_END: &str = "E0111";
    /// A source without any process.
    pub const EMPTY_PROGRAM: &str = "E0112";
    /// Two processes side by side.
    pub const MISSING_BAR: &str = "E0113";
    /// A reserved word where a name must stand.
    pub const RESERVED_WORD: &str = "E0114";
    /// Different arrows in one receipt.
    pub const MIXED_ARROWS: &str = "E0115";
    /// A name declared twice by one `new`.
    pub const DUPLICATE_NAME: &str = "E0116";
    /// An agent whose members are missing or repeated.
    pub const AGENT_MEMBERS: &str = "E0117";
    /// `?!` or `!?` with an arrow other than `<-`.
    pub const SOURCE_ARROW: &str = "E0118";
    /// A source longer than the limit.
    pub const TOO_LARGE: &str = "E0119";

    /// Every code with what it stands for.
    pub const ALL: &[(&str, &str)] = &[
        (ILLEGAL_CHARACTER, "A character that no token starts with"),
        (UNTERMINATED_STRING, "A string without its closing quote"),
        (UNTERMINATED_URI, "A URI without its closing back tick"),
        (UNTERMINATED_COMMENT, "A block comment without `*/`"),
        (BAD_ESCAPE, "A backslash sequence that strings do not have"),
        (BAD_NUMBER, "A number with a suffix or width that does not exist"),
        (INTEGER_RANGE, "An integer literal that does not fit 64 bits"),
        (UNEXPECTED_TOKEN, "A token that cannot stand here"),
        (UNEXPECTED_END, "The source ends in the middle of a process"),
        (EMPTY_PROGRAM, "A source without any process"),
        (MISSING_BAR, "Two processes side by side"),
        (RESERVED_WORD, "A reserved word where a name must stand"),
        (MIXED_ARROWS, "Different arrows in one receipt"),
        (DUPLICATE_NAME, "A name declared twice by one `new`"),
        (AGENT_MEMBERS, "An agent whose members are missing or repeated"),
        (SOURCE_ARROW, "`?!` or `!?` with an arrow other than `<-`"),
        (TOO_LARGE, "A source longer than the limit"),
    ];
}

/// A syntax error. Displayed as one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// One of [`codes`].
    pub code: &'static str,
    /// Where.
    pub span: Span,
    /// What stands there, in words.
    pub found: String,
    /// What could stand there, in words; at most eight entries, empty when that is not the problem.
    pub expected: Vec<String>,
    /// One sentence for the user.
    pub message: String,
    /// What to try, if there is a good guess.
    pub hint: Option<String>,
    /// Other places that matter, with what is said about them.
    pub labels: Vec<(Span, String)>,
}

impl SyntaxError {
    /// An error that is not about a token standing in the wrong place.
    pub(crate) fn new(code: &'static str, span: Span, found: impl Into<String>, message: impl Into<String>) -> Self {
        SyntaxError {
            code,
            span,
            found: found.into(),
            expected: Vec::new(),
            message: message.into(),
            hint: None,
            labels: Vec::new(),
        }
    }

    /// The same error with a hint.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error with another place that matters.
    pub(crate) fn with_label(mut self, span: Span, note: impl Into<String>) -> Self {
        self.labels.push((span, note.into()));
        self
    }
}
