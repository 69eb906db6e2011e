//! A program has one normal form: canonical, with bytes that read back as the same term.

use rhodium_normalizer::{CompileError, Options, compile};
use rhodium_term::Term;
use rhodium_term::print::{print, print_source};
use rhodium_term::proto::{Limits, decode, encode};

use super::lexer::check_span;

pub(super) fn check(source: &str) {
    match compile(source, &Options::default()) {
        Ok(term) => check_term(&term),
        Err(CompileError::Syntax(errors)) => assert!(!errors.is_empty(), "refused without a reason"),
        Err(CompileError::Normalize(errors)) => {
            assert!(!errors.is_empty(), "refused without a reason");
            for error in errors {
                check_span(source, error.span);
                error.labels.iter().for_each(|(span, _)| check_span(source, *span));
                assert!(!error.message.is_empty(), "{error:?}");
            }
        }
    }
}

fn check_term(term: &Term) {
    assert!(term.is_canonical(), "not in canonical order");
    assert!(term.is_closed(), "a program refers to nothing outside");
    let bytes = encode(term);
    assert_eq!(bytes.len() as u64, term.size(), "the size of the encoding");
    let back = decode(&bytes, Limits::default()).expect("the encoding of a term");
    assert!(back == *term, "the encoding reads back as another term");
    assert!(encode(&back) == bytes, "equal terms have equal bytes");
    print(term);
    print_source(term);
}
