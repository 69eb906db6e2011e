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

/// A program that parses but means nothing. Normalisation stops at the first one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NormalizeError {
    /// What is wrong.
    pub kind: NormalizeErrorKind,
    /// Where.
    pub span: Span,
    /// The place it conflicts with: the declaration, the first use, the other bind.
    pub other: Option<Span>,
    /// The text, with positions as line:column when the source text was at hand, as byte offsets otherwise.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl NormalizeError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.kind.code()
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
    /// It parses but means nothing.
    Normalize(NormalizeError),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompileError::Syntax(errors) => {
                for (k, error) in errors.iter().enumerate() {
                    write!(f, "{}{error}", if k == 0 { "" } else { "\n" })?;
                }
                Ok(())
            }
            CompileError::Normalize(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for CompileError {}

impl From<NormalizeError> for CompileError {
    fn from(error: NormalizeError) -> Self {
        CompileError::Normalize(error)
    }
}
