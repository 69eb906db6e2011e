//! The literal model: the specification's reducer, matcher, tuple space and costs (runtime.md 3 to 8), written down as
//! they are read, without a thought for speed, and the comparison of the engine with it.
//!
//! The model substitutes, sorts and serialises at every step, recurses, and searches lists from front to back. It shares
//! terms, canonical order, codecs, random states and the trie with the product; these are tested elsewhere. It has no
//! path maps and only some system processes.

mod anchors;
#[path = "../common/mod.rs"]
mod common;
mod compare;
mod cost;
mod evaluate;
mod generate;
mod matcher;
mod methods;
mod numeric;
mod reducer;
mod shrink;
mod space;
mod substitute;
mod system;

use rhodium_normalizer::{CompileError, Options, compile};
use rhodium_random::Random;
use rhodium_term::Term;

use crate::reducer::{Outcome, evaluate};
use crate::space::Space;

/// The kind of an error.
type Result<T> = std::result::Result<T, &'static str>;

/// Stands for the error of what the model does not have.
const NOT_MODELLED: &str = "not modelled";

/// Compiles and evaluates a program; `Err` is what the model does not have.
fn run(space: &mut Space, source: &str, phlo: i64, random: Random) -> std::result::Result<Outcome, String> {
    let parsing = source.len() as i64;
    match compile(source, &Options::default()) {
        // Parsing is charged first.
        Err(_) if parsing > phlo => evaluate(space, &Term::nil(), parsing, phlo, random),
        Ok(term) => evaluate(space, &term, parsing, phlo, random),
        Err(error) => {
            let kind = match error {
                CompileError::Syntax(_) => "SyntaxError",
                CompileError::Normalize(errors) => errors[0].kind.name(),
            };
            Ok(Outcome { cost: parsing, errors: vec![kind.to_owned()], comms: 0, output: Vec::new() })
        }
    }
}
