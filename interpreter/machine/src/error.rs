//! What can go wrong while a deploy runs.

use rhodium_term::Origin;

/// The kinds of run-time errors (language.md 7.9) and of our own limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorKind {
    /// Everything that evaluation finds wrong with values.
    Reduce,
    /// A method that the receiver's type does not have.
    MethodNotDefined,
    /// A method called with a wrong number of arguments.
    MethodArgumentNumberMismatch,
    /// An operator whose left operand has a type it is not defined on.
    OperatorNotDefined,
    /// An operator whose right operand does not fit the left one.
    OperatorExpected,
    /// A free variable where only closed terms may stand.
    Substitute,
    /// An unknown URN.
    BugFound,
    /// The deploy's phlogiston is used up.
    OutOfPhlogistons,
    /// The condition of an `if` is not a boolean.
    IfConditionType,
    /// `rho:execution:abort` was called.
    UserAbort,
    /// A system channel was sent arguments it cannot use.
    IllegalArgument,
    /// An external service failed or is not available.
    NonDeterministicProcessFailure,
    /// A limit of this implementation (matcher steps, term size, …).
    Limit,
}

impl ErrorKind {
    /// The kind's name in the specification.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::Reduce => "ReduceError",
            ErrorKind::MethodNotDefined => "MethodNotDefined",
            ErrorKind::MethodArgumentNumberMismatch => "MethodArgumentNumberMismatch",
            ErrorKind::OperatorNotDefined => "OperatorNotDefined",
            ErrorKind::OperatorExpected => "OperatorExpectedError",
            ErrorKind::Substitute => "SubstituteError",
            ErrorKind::BugFound => "BugFoundError",
            ErrorKind::OutOfPhlogistons => "OutOfPhlogistonsError",
            ErrorKind::IfConditionType => "IfConditionTypeError",
            ErrorKind::UserAbort => "UserAbortError",
            ErrorKind::IllegalArgument => "IllegalArgument",
            ErrorKind::NonDeterministicProcessFailure => "NonDeterministicProcessFailure",
            ErrorKind::Limit => "LimitError",
        }
    }

    /// The stable code that users look up.
    pub fn code(self) -> &'static str {
        match self {
            ErrorKind::Reduce => "E0301",
            ErrorKind::MethodNotDefined => "E0302",
            ErrorKind::MethodArgumentNumberMismatch => "E0303",
            ErrorKind::OperatorNotDefined => "E0304",
            ErrorKind::OperatorExpected => "E0305",
            ErrorKind::Substitute => "E0306",
            ErrorKind::BugFound => "E0307",
            ErrorKind::OutOfPhlogistons => "E0308",
            ErrorKind::IfConditionType => "E0309",
            ErrorKind::UserAbort => "E0310",
            ErrorKind::IllegalArgument => "E0311",
            ErrorKind::NonDeterministicProcessFailure => "E0312",
            ErrorKind::Limit => "E0313",
        }
    }
}

/// An error without a place: what operators, methods and system processes raise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kind.
    pub kind: ErrorKind,
    /// One sentence, with the network's wording where it has one.
    pub message: String,
}

impl Fault {
    /// A fault of any kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Fault {
        Fault { kind, message: message.into() }
    }

    /// A `ReduceError`.
    pub fn reduce(message: impl Into<String>) -> Fault {
        Fault::new(ErrorKind::Reduce, message)
    }

    /// The end of the deploy's phlogiston.
    pub fn out_of_phlogistons() -> Fault {
        Fault::new(ErrorKind::OutOfPhlogistons, "Computation ran out of phlogistons.")
    }
}

/// An error of a run, with the place in the source where that is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RunError {
    /// The kind.
    pub kind: ErrorKind,
    /// One sentence.
    pub message: String,
    /// The place; `source` 0 when unknown.
    pub origin: Origin,
}

impl Fault {
    /// The fault at a place.
    pub fn at(self, origin: Origin) -> RunError {
        RunError { kind: self.kind, message: self.message, origin }
    }
}
