//! A program has one normal form: canonical, with bytes, and a source text, that read back as the same
//! term.

use rhodium_normalizer::{CompileError, Options, compile};
use rhodium_term::print::{print, print_source};
use rhodium_term::proto::{Limits, decode, encode};
use rhodium_term::{Head, Term};

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
    let printed = printed_and_compiled(term);
    // A variable that was dropped with a repeated key of a map leaves a gap in the numbers, which printing closes.
    let stable = if drops_variables(term) { &printed } else { term };
    assert!(encode(&printed_and_compiled(stable)) == encode(stable), "printed, it is another program");
}

fn printed_and_compiled(term: &Term) -> Term {
    let text = print_source(term);
    compile(&text, &Options::default()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Whether there is a map in a pattern.
fn drops_variables(term: &Term) -> bool {
    let mut pending = vec![term];
    while let Some(term) = pending.pop() {
        if matches!(term.head(), Head::Map { .. }) && term.connective_used() {
            return true;
        }
        pending.extend(term.children());
    }
    false
}
