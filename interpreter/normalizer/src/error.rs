//! Compile-time errors of the normaliser (language.md 3.10).

use std::fmt;

use rhodium_grammar::SyntaxError;
use rhodium_grammar::ast::Span;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NormalizeErrorKind {
    /// A name variable stands where a process is expected.
    UnexpectedProcContext,
    /// A process variable stands where a name is expected.
    UnexpectedNameContext,
    /// An identifier is bound twice by a pattern, the second time in name position; or by two binds of a join.
    UnexpectedReuseOfNameContextFree,
    /// An identifier is bound twice by a pattern, the second time in process position or as a remainder.
    UnexpectedReuseOfProcContextFree,
    /// `=x` or `=*x` where nothing binds x.
    UnboundVariableRef,
    /// Two binds of a join read from one channel.
    ReceiveOnSameChannelsError,
    /// `\/` or `~` in a pattern of a receive or contract.
    PatternReceiveError,
    /// A connective, a wildcard or a free variable in the body of a bundle.
    UnexpectedBundleContent,
    /// `select`, which has a grammar but no meaning.
    UnrecognizedNormalizerError,
    /// `/\`, `\/` or `~` outside any pattern.
    TopLevelLogicalConnectivesNotAllowedError,
    /// `_` outside any pattern.
    TopLevelWildcardsNotAllowedError,
    /// A variable that nothing binds.
    TopLevelFreeVariablesNotAllowedError,
    /// The normal form exceeds a limit of this implementation.
    TooLarge,
}

impl NormalizeErrorKind {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            NormalizeErrorKind::UnexpectedProcContext => "E0201",
            NormalizeErrorKind::UnexpectedNameContext => "E0202",
            NormalizeErrorKind::UnexpectedReuseOfNameContextFree => "E0203",
            NormalizeErrorKind::UnexpectedReuseOfProcContextFree => "E0204",
            NormalizeErrorKind::UnboundVariableRef => "E0205",
            NormalizeErrorKind::ReceiveOnSameChannelsError => "E0206",
            NormalizeErrorKind::PatternReceiveError => "E0207",
            NormalizeErrorKind::UnexpectedBundleContent => "E0208",
            NormalizeErrorKind::UnrecognizedNormalizerError => "E0209",
            NormalizeErrorKind::TopLevelLogicalConnectivesNotAllowedError => "E0210",
            NormalizeErrorKind::TopLevelWildcardsNotAllowedError => "E0211",
            NormalizeErrorKind::TopLevelFreeVariablesNotAllowedError => "E0212",
            NormalizeErrorKind::TooLarge => "E0213",
        }
    }

    /// The name of the kind in the language's error table.
    pub fn name(self) -> &'static str {
        match self {
            NormalizeErrorKind::UnexpectedProcContext => "UnexpectedProcContext",
            NormalizeErrorKind::UnexpectedNameContext => "UnexpectedNameContext",
            NormalizeErrorKind::UnexpectedReuseOfNameContextFree => "UnexpectedReuseOfNameContextFree",
            NormalizeErrorKind::UnexpectedReuseOfProcContextFree => "UnexpectedReuseOfProcContextFree",
            NormalizeErrorKind::UnboundVariableRef => "UnboundVariableRef",
            NormalizeErrorKind::ReceiveOnSameChannelsError => "ReceiveOnSameChannelsError",
            NormalizeErrorKind::PatternReceiveError => "PatternReceiveError",
            NormalizeErrorKind::UnexpectedBundleContent => "UnexpectedBundleContent",
            NormalizeErrorKind::UnrecognizedNormalizerError => "UnrecognizedNormalizerError",
            NormalizeErrorKind::TopLevelLogicalConnectivesNotAllowedError => {
                "TopLevelLogicalConnectivesNotAllowedError"
            }
            NormalizeErrorKind::TopLevelWildcardsNotAllowedError => "TopLevelWildcardsNotAllowedError",
            NormalizeErrorKind::TopLevelFreeVariablesNotAllowedError => "TopLevelFreeVariablesNotAllowedError",
            NormalizeErrorKind::TooLarge => "LimitError",
        }
    }
}

/// Every code with the kind it belongs to.
pub const ALL_CODES: &[(&str, &str)] = &[
    ("E0201", "UnexpectedProcContext"),
    ("E0202", "UnexpectedNameContext"),
    ("E0203", "UnexpectedReuseOfNameContextFree"),
    ("E0204", "UnexpectedReuseOfProcContextFree"),
    ("E0205", "UnboundVariableRef"),
    ("E0206", "ReceiveOnSameChannelsError"),
    ("E0207", "PatternReceiveError"),
    ("E0208", "UnexpectedBundleContent"),
    ("E0209", "UnrecognizedNormalizerError"),
    ("E0210", "TopLevelLogicalConnectivesNotAllowedError"),
    ("E0211", "TopLevelWildcardsNotAllowedError"),
    ("E0212", "TopLevelFreeVariablesNotAllowedError"),
    ("E0213", "LimitError"),
];

/// Something in a program that parses but means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NormalizeError {
    /// How the network classifies it.
    pub kind: NormalizeErrorKind,
    /// The stable code of what is wrong. It is that of the kind, unless the network blames something that is only a
    /// consequence: a second use of a variable that nothing binds is a second binder to the network.
    pub code: &'static str,
    /// Where.
    pub span: Span,
    /// Other places that matter, with what is said about them.
    pub labels: Vec<(Span, String)>,
    /// One sentence for the user.
    pub message: String,
    /// The network's text, with positions as line:column when the source text was at hand, as byte offsets otherwise.
    pub network: Box<str>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl NormalizeError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The name of the kind in the language's error table.
    pub fn kind_name(&self) -> &'static str {
        self.kind.name()
    }
}

/// A source text that is no program.
#[derive(Clone, Debug, PartialEq)]
pub enum CompileError {
    /// It does not parse.
    Syntax(Vec<SyntaxError>),
    /// It parses but means nothing. The first error is the one at which the network stops; there is at least one.
    Normalize(Vec<NormalizeError>),
}

impl CompileError {
    /// What the network says, which stops at the first static error.
    pub fn network_message(&self) -> String {
        match self {
            CompileError::Normalize(errors) => {
                errors.first().map(|error| error.network.to_string()).unwrap_or_default()
            }
            CompileError::Syntax(_) => self.to_string(),
        }
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages: Vec<&str> = match self {
            CompileError::Syntax(errors) => errors.iter().map(|error| error.message.as_str()).collect(),
            CompileError::Normalize(errors) => errors.iter().map(|error| error.message.as_str()).collect(),
        };
        f.write_str(&messages.join("\n"))
    }
}

impl std::error::Error for CompileError {}

impl From<Vec<NormalizeError>> for CompileError {
    fn from(errors: Vec<NormalizeError>) -> Self {
        CompileError::Normalize(errors)
    }
}
