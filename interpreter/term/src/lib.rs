//! The normal form of Rholang processes: terms, canonical order, codecs, substitution, printing.

mod assemble;
mod decode;
mod event_hash;
mod forgeable;
mod head;
mod locally_free;
mod message;
pub mod order;
pub mod print;
pub mod proto;
mod size;
pub mod state_codec;
mod state_decode;
mod substitute;
mod term;

/// The messages of `proto/rholang.proto` as plain types. They nest by ownership, and coding or dropping them recurses
/// to the depth of the value; terms therefore go through [`proto`], which does not, and these serve to embed terms in
/// larger messages and to check that module.
#[allow(missing_docs, clippy::all)]
pub mod schema {
    include!(concat!(env!("OUT_DIR"), "/rholang.rs"));
}

pub use forgeable::{Forgeability, forgeability};
pub use head::{BinaryOp, Category, Head, NewNames, SimpleType, Var, ZipperCursor};
pub use locally_free::LocallyFree;
pub use size::{CHILD_KEY_LEN, SizeParts, size_parts, varint_len};
pub use substitute::{Mode, SubstituteError, Values, settle, substitute};
pub use term::{Children, Origin, Term, binders_above_child, child_is_pattern};
