//! Formatting a program gives the same tokens and the same meaning, and formatting it again changes nothing.

use rhodium_grammar::{FormatError, FormatOptions, TokenKind, format, tokens};
use rhodium_normalizer::{CompileError, Options, compile};
use rhodium_term::proto::encode;

/// Ordinary lines, and lines so short that everything is broken.
const WIDTHS: [usize; 2] = [100, 10];

pub(super) fn check(source: &str) {
    for width in WIDTHS {
        let options = FormatOptions { width };
        match format(source, &options) {
            Ok(formatted) => {
                assert_eq!(kinds(source), kinds(&formatted), "other tokens:\n{formatted}");
                assert!(meaning(source) == meaning(&formatted), "another meaning:\n{formatted}");
                let again = format(&formatted, &options);
                assert_eq!(again.as_ref(), Ok(&formatted), "not idempotent");
            }
            Err(FormatError::Syntax(errors)) => assert!(!errors.is_empty(), "refused without a reason"),
            Err(error) => panic!("{error}"),
        }
    }
}

fn kinds(source: &str) -> Vec<TokenKind> {
    tokens(source).filter_map(Result::ok).map(|token| token.kind).collect()
}

/// The bytes of the normal form, or what is wrong with the program.
fn meaning(source: &str) -> Result<Vec<u8>, &'static str> {
    match compile(source, &Options::default()) {
        Ok(term) => Ok(encode(&term)),
        Err(CompileError::Syntax(errors)) => Err(errors.first().map_or("", |error| error.code)),
        Err(CompileError::Normalize(errors)) => Err(errors.first().map_or("", |error| error.code())),
    }
}
