//! What is said of a run-time error: one sentence about the values that were met, and what to do about it.
//!
//! The messages of the errors themselves keep the network's wording. Here they are said again from what the error is
//! about, after everything else is done: nothing of this is worked out unless somebody asks.

mod methods;
mod operators;
mod system;
mod values;

use rhodium_registry::nearest_urn;

pub(crate) use values::Type;
use values::describe;
pub use values::shown;

use crate::error::{Code, ErrorKind, RunError, Subject};
use crate::value::Value;

/// An explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What is wrong, in one sentence.
    pub reason: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Explanation {
    fn new(reason: impl Into<String>, hint: Option<&str>) -> Explanation {
        Explanation { reason: reason.into(), hint: hint.map(str::to_owned) }
    }
}

impl RunError {
    /// What is said of the error.
    pub fn explain(&self) -> Explanation {
        let said = match &self.context.subject {
            Some(subject) => self.explain_subject(subject),
            None => None,
        };
        said.unwrap_or_else(|| self.explain_alone())
    }

    fn explain_subject(&self, subject: &Subject) -> Option<Explanation> {
        match (subject, self.kind) {
            (Subject::Phlogiston(limit), ErrorKind::OutOfPhlogistons) => Some(out_of_phlogiston(*limit)),
            (_, ErrorKind::OutOfPhlogistons | ErrorKind::Limit | ErrorKind::Substitute) => None,
            (Subject::Unary { op, operand }, _) => Some(operators::unary(*op, operand, self)),
            (Subject::Left { op, left }, _) => Some(operators::one_sided(*op, "left", left)),
            (Subject::Right { op, right }, _) => Some(operators::one_sided(*op, "right", right)),
            (Subject::Binary { op, left, right }, _) => Some(operators::binary(*op, left, right, self)),
            (Subject::Method { name, target, arguments }, _) => methods::explain(name, target, arguments, self),
            (Subject::Condition(value), _) => Some(condition(value)),
            (Subject::Urn(urn), _) => Some(unknown_urn(urn)),
            (Subject::Channel { bundle, sending }, _) => Some(refused(bundle, *sending)),
            (Subject::System { urn, arguments }, _) => Some(system::explain(urn, arguments, self)),
            (Subject::Phlogiston(_), _) => None,
        }
    }

    /// Errors whose own message says it all.
    fn explain_alone(&self) -> Explanation {
        let message = plain(&self.message);
        match self.code {
            Code::OutOfPhlogiston => Explanation::new("the phlogiston of this deploy is used up", None),
            Code::TooManyTerms => {
                Explanation::new(message, Some("split the parallel composition into several deploys"))
            }
            Code::Substitute => {
                let reason = "a free variable or a wildcard stands where a process is needed";
                Explanation::new(reason, Some("only patterns may have variables that nothing binds"))
            }
            _ => Explanation::new(message, None),
        }
    }
}

/// A message of the network without its prefix and full stop.
fn plain(message: &str) -> String {
    let text = message.strip_prefix("Error: ").unwrap_or(message);
    text.strip_suffix('.').unwrap_or(text).to_owned()
}

fn out_of_phlogiston(limit: i64) -> Explanation {
    Explanation::new(
        format!("the {limit} phlogiston of this deploy are used up"),
        Some("raise the limit, or look for a loop that does not end"),
    )
}

fn condition(value: &Value) -> Explanation {
    let hint = match Type::of(value) {
        Type::Nil => Some("Nil is what `get` gives for a key that is not there: `getOrElse` takes a default"),
        kind if kind.is_number() => Some("compare it, as in `if (x != 0)`"),
        Type::Text => Some("compare it, as in `if (x != \"\")`"),
        Type::Process => Some("a condition is evaluated, not run: what a process sends cannot be its value"),
        _ => Some("compare it with `==` or test it with `matches`"),
    };
    Explanation::new(format!("the condition of `if` must be a boolean; here it is {}", describe(value)), hint)
}

fn unknown_urn(urn: &str) -> Explanation {
    let hint = match nearest_urn(urn) {
        Some(near) if near != urn => format!("did you mean `{near}`?"),
        Some(_) => "it has a value only in a deploy with a deployer".to_owned(),
        None => "addresses of the registry are looked up through `rho:registry:lookup`, not bound by `new`".to_owned(),
    };
    Explanation { reason: format!("nothing is bound to the URN `{urn}`"), hint: Some(hint) }
}

fn refused(bundle: &Value, sending: bool) -> Explanation {
    let done = if sending { "sent to" } else { "received from" };
    let reason = format!("nothing can be {done} {}, which does not allow it", shown(&bundle.to_term()));
    let hint = match sending {
        true => "a name can be sent to if it comes in a `bundle+{…}`, in a `bundle{…}`, or in no bundle",
        false => "a name can be received from if it comes in a `bundle-{…}`, in a `bundle{…}`, or in no bundle",
    };
    Explanation::new(reason, Some(hint))
}
