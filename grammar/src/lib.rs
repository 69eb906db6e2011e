//! Rholang source text to syntax tree: lexer, parser, spans and syntax errors.
//!
//! [`parse`] reads one program of the surface grammar (language.md 1 and 2, the union of both levels; level 2 where
//! they conflict). Nesting depth costs heap, never stack: the LR parser keeps its own stack and the tree is an arena.

mod advice;
pub mod ast;
mod brackets;
mod builder;
mod diagnosis;
mod error;
mod expected;
mod faults;
mod format;
mod infix;
mod lexer;
mod line_index;
mod number;
mod parser;
mod recovery;

pub use error::{SyntaxError, codes};
pub use format::{FormatError, FormatOptions, format};
pub use lexer::{Lexeme, Lexer, TokenKind, tokens};
pub use line_index::{LineIndex, Position};
pub use parser::{Limits, Parsed, parse, parse_with_limits};
