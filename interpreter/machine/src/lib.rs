//! The abstract machine: compiled code, scheduler, tuple space, methods, operators and costs.

mod attempt;
pub mod code;
pub mod cost;
mod encode;
mod error;
mod errors;
mod evaluate;
pub mod events;
mod explain;
mod indexed;
mod labels;
mod limits;
mod locate;
mod methods;
mod numeric;
mod operators;
mod persist;
pub mod profile;
mod queue;
mod run;
mod runtime;
pub mod space;
pub mod system;
#[cfg(test)]
mod test_values;
mod value;
mod waiting;

pub use attempt::{Evaluation, Failure, Program, Receipt};
pub use error::{Code, Context, ErrorKind, Fault, RunError, Subject};
pub use explain::{Explanation, shown};
pub use limits::Limits;
pub use locate::locate;
pub use operators::UnaryOp;
pub use rhodium_matcher::{Interrupt, Stop};
pub use runtime::{Deploy, Left, Runtime, RuntimeError, Settled, UNLIMITED_PHLO, Waiting};
pub use value::{Label, List, Map, Set, Summary, Tuple, Value};
