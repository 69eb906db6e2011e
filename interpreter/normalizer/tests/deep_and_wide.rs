//! What becomes of very deep and wide programs. (That every form survives a million levels is tested in `large.rs`.)

use rhodium_normalizer::{NormalizeErrorKind, Options, compile, normalize};
use rhodium_term::Term;

/// Runs on a stack of 256 KiB: recursion on depth would not survive.
fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(work).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Less than two bytes of stack per level.
const DEPTH: usize = 200_000;

fn compiled(source: &str) -> Term {
    compile(source, &Options::default()).expect("compiles")
}

#[test]
fn every_level_is_kept() {
    for (depth, open, core, close, levels) in [
        (DEPTH, "[", "1", "]", 2),
        (DEPTH, "{1:Set((", "1", ",))}", 6),
        (DEPTH, "new x in ", "Nil", "", 2),
        (DEPTH / 10, "agent @1 { default(){Nil} | constructor(){", "Nil", "}}", 4),
    ] {
        on_small_stack(move || {
            let term = compiled(&format!("{}{core}{}", open.repeat(depth), close.repeat(depth)));
            assert!(term.depth() as usize >= levels * depth, "{open}: {} levels", term.depth());
            assert!(term.is_canonical());
        });
    }
}

#[test]
fn chains_of_connectives_are_one_node() {
    on_small_stack(|| {
        for op in ["/\\", "\\/"] {
            let term = compiled(&format!("match 1 {{ {} => Nil }}", vec!["1"; DEPTH].join(op)));
            let pattern = &term.children()[0].children()[1].children()[0];
            assert_eq!(pattern.children()[0].children().len(), DEPTH);
        }
    });
}

#[test]
fn grouping_and_quoting_leave_nothing() {
    on_small_stack(|| {
        for (open, close) in [("{", "}"), ("*@{", "}"), ("{1|", "}"), ("*@{1|", "}"), ("{Nil|", "|1}")] {
            let source = format!("{}Nil{}", open.repeat(DEPTH), close.repeat(DEPTH));
            let term = compiled(&source);
            assert!(term.depth() <= 2);
        }
    });
}

#[test]
fn bundles_merge() {
    on_small_stack(|| {
        let source = format!("{}Nil{}", "bundle+{".repeat(DEPTH), "}".repeat(DEPTH));
        let term = compiled(&source);
        assert_eq!(term.depth(), 2);
    });
}

#[test]
fn errors_below_many_levels_are_found() {
    on_small_stack(|| {
        let source = format!("{}x{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
        let parsed = rhodium_grammar::parse(&source).expect("parses");
        let errors = normalize(&parsed.ast, parsed.root, &Options::default()).expect_err("x is free");
        let error = &errors[0];
        assert_eq!(error.kind, NormalizeErrorKind::TopLevelFreeVariablesNotAllowedError);
        assert_eq!(error.span.start as usize, DEPTH);
    });
}
