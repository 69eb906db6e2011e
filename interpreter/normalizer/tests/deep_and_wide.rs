//! Depth costs heap, never stack, and time grows in proportion to the source.

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

fn nested(open: &'static str, core: &'static str, close: &'static str, levels: u32) {
    nested_to(DEPTH, open, core, close, levels);
}

fn nested_to(depth: usize, open: &'static str, core: &'static str, close: &'static str, levels: u32) {
    on_small_stack(move || {
        let source = format!("{}{core}{}", open.repeat(depth), close.repeat(depth));
        let parsed = rhodium_grammar::parse(&source).expect("parses");
        let term = normalize(&parsed.ast, parsed.root, &Options::default()).expect("normalises");
        assert!(term.depth() >= levels * depth as u32, "{} levels", term.depth());
        assert!(term.is_canonical());
    });
}

#[test]
fn a_million_levels() {
    nested_to(1_000_000, "[", "1", "]", 2);
    nested_to(1_000_000, "new x in ", "Nil", "", 2);
    nested_to(1_000_000, "", "1", "+1", 2);
}

#[test]
fn lists() {
    nested("[", "1", "]", 2);
}

#[test]
fn collections() {
    nested_to(DEPTH / 2, "{1:Set((", "1", ",))}", 6);
}

#[test]
fn news() {
    nested("new x in ", "Nil", "", 2);
}

#[test]
fn sends() {
    nested("@1!(", "2", ")", 2);
}

#[test]
fn sends_on_sends() {
    nested("@{", "2", "}!(1)", 2);
}

#[test]
fn persistent_sends_in_pars() {
    nested("@1!!(Nil|2|", "2", ")", 2);
}

#[test]
fn receives() {
    nested("for(@x<-@1){x|", "Nil", "}", 2);
}

#[test]
fn receive_patterns() {
    nested("for(@{", "Nil", "}<-@1){Nil}", 3);
}

#[test]
fn contracts() {
    nested("contract @1(x,y)={", "Nil", "}", 2);
}

#[test]
fn matches_bodies() {
    nested("match 1{x=>{x|", "Nil", "}}", 3);
}

#[test]
fn match_patterns() {
    nested("match 1{{", "Nil", "}=>{Nil}}", 3);
}

#[test]
fn conditionals() {
    nested("if(true){", "Nil", "}else{1}", 2);
}

#[test]
fn else_chains() {
    nested("if(true){Nil}else ", "Nil", "", 2);
}

#[test]
fn sequential_lets() {
    nested("let x<-1 in {", "Nil", "}", 3);
}

#[test]
fn long_lets() {
    on_small_stack(|| {
        let source = format!("let {} in {{Nil}}", vec!["x<-1"; DEPTH].join(";"));
        compile(&source, &Options::default()).expect("compiles");
    });
}

#[test]
fn long_receipts() {
    on_small_stack(|| {
        let source = format!("for ({}) {{Nil}}", vec!["x<-@1"; DEPTH].join(";"));
        compile(&source, &Options::default()).expect("compiles");
    });
}

#[test]
fn synchronous_sends() {
    nested("@1!?(2);", "Nil", "", 4);
}

#[test]
fn left_chains() {
    nested("", "1", "+1", 2);
}

#[test]
fn right_chains() {
    nested("1-(", "1", ")", 2);
}

#[test]
fn prefix_operators() {
    nested("not ", "true", "", 2);
}

#[test]
fn method_chains() {
    nested("", "[]", ".nth(0)", 2);
}

#[test]
fn matches_operators() {
    nested("1 matches {", "1", "}", 2);
}

fn in_pattern(pattern: String) -> Term {
    compile(&format!("match 1 {{ {pattern} => Nil }}"), &Options::default()).expect("compiles")
}

#[test]
fn connective_chains() {
    on_small_stack(|| {
        for op in ["/\\", "\\/"] {
            let term = in_pattern(vec!["1"; DEPTH].join(op));
            let pattern = &term.children()[0].children()[1].children()[0];
            assert_eq!(pattern.children()[0].children().len(), DEPTH);
        }
    });
}

#[test]
fn right_nested_connectives() {
    on_small_stack(|| {
        for open in ["1/\\{", "1\\/{", "~{"] {
            in_pattern(format!("{}1{}", open.repeat(DEPTH), "}".repeat(DEPTH)));
        }
    });
}

#[test]
fn grouping_and_quoting_leave_nothing() {
    on_small_stack(|| {
        for (open, close) in [("{", "}"), ("*@{", "}"), ("{1|", "}"), ("*@{1|", "}"), ("{Nil|", "|1}")] {
            let source = format!("{}Nil{}", open.repeat(DEPTH), close.repeat(DEPTH));
            let term = compile(&source, &Options::default()).expect("compiles");
            assert!(term.depth() <= 2);
        }
    });
}

#[test]
fn bundles_merge() {
    on_small_stack(|| {
        let source = format!("{}Nil{}", "bundle+{".repeat(DEPTH), "}".repeat(DEPTH));
        let term = compile(&source, &Options::default()).expect("compiles");
        assert_eq!(term.depth(), 2);
    });
}

#[test]
fn wide_pars_and_collections() {
    on_small_stack(|| {
        for (open, item, separator, close) in [
            ("", "@\"c\"!(1)", "|", ""),
            ("[", "1", ",", "]"),
            ("{", "1:2", ",", "}"),
            ("Set(", "2", ",", ")"),
            ("new ", "x(`rho:io:stdout`)", ",", " in Nil"),
            ("@1!(", "2", ",", ")"),
            ("match 1 {", "x => x ", " ", "}"),
        ] {
            let items = if open == "new " { numbered(100_000) } else { vec![item.to_string(); DEPTH] };
            let source = format!("{open}{}{close}", items.join(separator));
            compile(&source, &Options::default()).expect("compiles");
        }
    });
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|k| format!("x{k}(`rho:x:{k}`)")).collect()
}

#[test]
fn wide_joins_and_patterns() {
    on_small_stack(|| {
        let binds: Vec<String> = (0..100_000).map(|k| format!("@x{k}, y{k} <- @{k}")).collect();
        compile(&format!("for ({}) {{ Nil }}", binds.join(" & ")), &Options::default()).expect("compiles");
        let patterns: Vec<String> = (0..100_000).map(|k| format!("x{k}")).collect();
        compile(&format!("for ({} <- @1) {{ Nil }}", patterns.join(", ")), &Options::default()).expect("compiles");
    });
}

#[test]
fn deep_agents() {
    nested_to(DEPTH / 10, "agent @1 { default(){Nil} | constructor(){", "Nil", "}}", 4);
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
