//! What can go wrong while a deploy runs. What is said about it to people is worked out in `explain`, from the values.

use std::sync::Arc;

use rhodium_term::{BinaryOp, Origin, Term};

use crate::operators::UnaryOp;
use crate::value::Value;

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
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $text:literal;)*) => {
        /// The stable codes of run-time errors. One kind of the specification may have several.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            /// What users look up.
            pub fn text(self) -> &'static str {
                match self {
                    $(Code::$name => $text,)*
                }
            }
        }
    };
}

codes! {
    /// An operator or method cannot work on such a value.
    WrongValue "E0301";
    /// The receiver's type does not have the method.
    MethodNotDefined "E0302";
    /// A method called with a wrong number of arguments.
    ArgumentCount "E0303";
    /// The operator is not defined on the left operand.
    LeftOperand "E0304";
    /// The right operand does not fit the left one.
    RightOperand "E0305";
    /// A free variable where only closed terms may stand.
    Substitute "E0306";
    /// An unknown URN.
    UnknownUrn "E0307";
    /// The deploy's phlogiston is used up.
    OutOfPhlogiston "E0308";
    /// The condition of an `if` is not a boolean.
    Condition "E0309";
    /// `rho:execution:abort` was called.
    Abort "E0310";
    /// A system process was sent arguments it cannot use.
    SystemArgument "E0311";
    /// An external service that is not available.
    ExternalService "E0312";
    /// A limit of this implementation.
    Limit "E0313";
    /// Division or remainder by zero.
    DivisionByZero "E0314";
    /// A result or an index that does not fit its integer type.
    Overflow "E0315";
    /// An index outside of a collection.
    Index "E0316";
    /// A method that no type has.
    UnknownMethod "E0317";
    /// A bundle that does not allow what is done with it.
    Bundle "E0318";
    /// A text that is no number.
    Conversion "E0319";
    /// Too many parallel terms.
    TooManyTerms "E0320";
    /// The stored state is damaged.
    DamagedState "E0321";
    /// The limit of steps of the evaluation.
    Steps "E0322";
    /// The limit of its time.
    Time "E0323";
    /// Somebody cancelled it.
    Cancelled "E0324";
    /// The limit of what it prints.
    Output "E0325";
    /// The limit of what waits in the tuple space.
    Space "E0326";
    /// The limit of the size of a value.
    TermSize "E0327";
    /// The limit of its levels.
    TermDepth "E0328";
}

impl Code {
    /// Whether the evaluation ends with it, and nothing else is worth saying.
    pub fn ends_evaluation(self) -> bool {
        use Code::*;
        matches!(self, OutOfPhlogiston | Steps | Time | Cancelled | Output | Space | TermSize | TermDepth)
    }
}

impl From<ErrorKind> for Code {
    fn from(kind: ErrorKind) -> Code {
        match kind {
            ErrorKind::Reduce => Code::WrongValue,
            ErrorKind::MethodNotDefined => Code::MethodNotDefined,
            ErrorKind::MethodArgumentNumberMismatch => Code::ArgumentCount,
            ErrorKind::OperatorNotDefined => Code::LeftOperand,
            ErrorKind::OperatorExpected => Code::RightOperand,
            ErrorKind::Substitute => Code::Substitute,
            ErrorKind::BugFound => Code::UnknownUrn,
            ErrorKind::OutOfPhlogistons => Code::OutOfPhlogiston,
            ErrorKind::IfConditionType => Code::Condition,
            ErrorKind::UserAbort => Code::Abort,
            ErrorKind::IllegalArgument => Code::SystemArgument,
            ErrorKind::NonDeterministicProcessFailure => Code::ExternalService,
            ErrorKind::Limit => Code::Limit,
        }
    }
}

/// An error without a place: what operators, methods and system processes raise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kind.
    pub kind: ErrorKind,
    /// The code.
    pub code: Code,
    /// One sentence, with the network's wording where it has one.
    pub message: String,
}

impl Fault {
    /// A fault of any kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Fault {
        Fault { kind, code: kind.into(), message: message.into() }
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

/// What an error is about: what its explanation is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the parts of the expression that failed")]
pub enum Subject {
    /// An operator with one operand.
    Unary { op: UnaryOp, operand: Value },
    /// An operator whose left operand alone is known yet.
    Left { op: BinaryOp, left: Value },
    /// An operator with both operands.
    Binary { op: BinaryOp, left: Value, right: Value },
    /// The right operand of `&&` or `||`.
    Right { op: BinaryOp, right: Value },
    /// A method call.
    Method { name: Arc<str>, target: Value, arguments: Vec<Value> },
    /// The condition of an `if`.
    Condition(Value),
    /// A name of a `new`.
    Urn(Arc<str>),
    /// A bundle used as a channel.
    Channel { bundle: Value, sending: bool },
    /// A message to a system process.
    System { urn: &'static str, arguments: Vec<Value> },
    /// The limit of phlogiston.
    Phlogiston(i64),
}

/// An error of a run, with the place in the source where that is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RunError {
    /// The kind.
    pub kind: ErrorKind,
    /// The code.
    pub code: Code,
    /// One sentence, with the network's wording where it has one.
    pub message: String,
    /// The place, if it is known.
    pub origin: Origin,
    /// How often it happened there.
    pub count: u64,
    /// What else is known.
    pub context: Box<Context>,
}

/// The circumstances of an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// What it is about.
    pub subject: Option<Subject>,
    /// The send that made the code run; preferably one of the program that is evaluated.
    pub caller: Origin,
    /// The running code, if it was read from a stored state.
    pub code: Option<Term>,
}

impl Fault {
    /// The same with another code than that of the kind.
    pub(crate) fn coded(self, code: Code) -> Fault {
        Fault { code, ..self }
    }

    /// The fault at a place.
    pub fn at(self, origin: Origin) -> RunError {
        let context = Box::default();
        RunError { kind: self.kind, code: self.code, message: self.message, origin, count: 1, context }
    }

    /// The fault at a place that is filled in later.
    pub(crate) fn somewhere(self) -> RunError {
        self.at(Origin::default())
    }

    /// The fault with what it is about, at a place that is filled in later.
    pub(crate) fn about(self, subject: Subject) -> RunError {
        self.somewhere().about(subject)
    }
}

impl RunError {
    /// The error with this place, unless it has a better one.
    pub(crate) fn or_at(mut self, origin: Origin) -> RunError {
        if origin.is_known() && !self.origin.is_known() || self.origin.source == 0 {
            self.origin = origin;
        }
        self
    }

    /// The error with what it is about, unless it is known.
    pub(crate) fn about(mut self, subject: Subject) -> RunError {
        self.context.subject.get_or_insert(subject);
        self
    }
}
