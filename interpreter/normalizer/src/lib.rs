//! Syntax tree to normal form: scopes, de Bruijn indices, desugaring and static errors.
//!
//! The traversal is a stack machine (`machine.rs`): nesting depth costs heap, never stack, and every scope is entered and
//! left in time proportional to what it declares.

use std::sync::Arc;

use rhodium_grammar::ast::{Ast, ProcId};
use rhodium_term::Term;

mod error;
mod machine;
mod patterns;
mod receive;
mod report;
mod scope;
mod spelling;
mod sugar;
mod unbound;

pub use error::{ALL_CODES, CompileError, NormalizeError, NormalizeErrorKind};

/// What the normal form depends on besides the syntax tree.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// Number of the source, put in the [`rhodium_term::Origin`] of the items; 0 = unknown.
    pub source: u32,
    /// The deploy environment's names and their values, sorted by name. Every `new` keeps all of them (language.md 3.4).
    pub injections: &'a [(Arc<str>, Term)],
}

/// The normal form of a process of the tree. Positions in the network's messages are byte offsets; [`compile`] gives
/// lines.
///
/// # Errors
/// At most 64 errors, the one at which the network stops first.
pub fn normalize(ast: &Ast, root: ProcId, options: &Options) -> Result<Term, Vec<NormalizeError>> {
    machine::normalize(ast, root, options, None)
}

/// Parses and normalises a program.
pub fn compile(source: &str, options: &Options) -> Result<Term, CompileError> {
    let parsed = rhodium_grammar::parse(source).map_err(CompileError::Syntax)?;
    Ok(machine::normalize(&parsed.ast, parsed.root, options, Some(source))?)
}
