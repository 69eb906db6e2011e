//! The normal form of Rholang processes: terms, canonical order, codecs, substitution, printing.

mod head;
mod locally_free;
mod message;
pub mod order;
pub mod proto;
mod size;
mod substitute;
mod term;

pub use head::{BinaryOp, Category, Head, NewNames, SimpleType, Var, ZipperCursor};
pub use locally_free::LocallyFree;
pub use size::varint_len;
pub use substitute::{Mode, SubstituteError, Values, substitute};
pub use term::{Origin, Term};
