//! Every source is a tree or at least one error, and everything has a place in the source.

use rhodium_grammar::ast::ProcId;
use rhodium_grammar::{LineIndex, parse};

use super::lexer::check_span;

pub(super) fn check(source: &str) {
    match parse(source) {
        Ok(parsed) => {
            for id in 0..parsed.ast.len() {
                check_span(source, parsed.ast.proc_span(ProcId(id as u32)));
            }
            check_span(source, parsed.ast.proc_span(parsed.root));
        }
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a reason");
            assert!(errors.is_sorted_by_key(|error| error.span.start), "errors out of order: {errors:?}");
            let lines = LineIndex::new(source);
            for error in &errors {
                check_span(source, error.span);
                error.labels.iter().for_each(|(span, _)| check_span(source, *span));
                lines.position(error.span.start);
                lines.position(error.span.end);
                assert!(!error.message.is_empty() && error.code.starts_with("E01"), "{error:?}");
            }
        }
    }
}
