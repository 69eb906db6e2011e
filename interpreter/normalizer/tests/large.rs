//! Every form that nests or widens, at a million levels or parts, and literals of 100 bytes for each: through the parser, the
//! normaliser, encoder, decoder and printer, on a small stack, in bounded time.

use std::time::{Duration, Instant};

use rhodium_normalizer::{CompileError, Options, compile};
use rhodium_term::{Term, print, proto};

/// A million in an optimised build (`cargo test --release -p rhodium-normalizer --test large`); less where every shape
/// would take ten times as long.
const MANY: usize = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };

/// Generous: a slow machine without optimisation takes about a tenth. Quadratic work would take hours.
const LONGEST: Duration = Duration::from_secs(240);

/// `open` and `close` around `core`, so many times.
struct Nested(&'static str, &'static str, &'static str);

const NESTED: &[Nested] = &[
    Nested("{", "1", "}"),
    Nested("(", "1", ")"),
    Nested("(", "1", ",)"),
    Nested("[", "1", "]"),
    Nested("Set(", "1", ")"),
    Nested("{1:", "1", "}"),
    Nested("{{}:", "1", "}"),
    Nested("{|", "1", "|}"),
    Nested("{Nil|", "1", "}"),
    Nested("{1|", "1", "|2}"),
    Nested("*@{", "1", "}"),
    Nested("*@", "1", ""),
    Nested("@{", "1", "}!(1)"),
    Nested("@1!(", "1", ")"),
    Nested("@1!!(2,", "1", ")"),
    Nested("@1!?(2);", "Nil", ""),
    Nested("new x in ", "Nil", ""),
    Nested("new x in {x!(1)|", "Nil", "}"),
    Nested("for(x<-@1){", "Nil", "}"),
    Nested("for(@x<=@1){x|", "Nil", "}"),
    Nested("for(@{", "Nil", "}<<-@1){Nil}"),
    Nested("for(x<-@{", "Nil", "}){Nil}"),
    Nested("for(x<-@1?!){", "Nil", "}"),
    Nested("contract @1(x)={", "Nil", "}"),
    Nested("contract @{", "1", "}(x)={Nil}"),
    Nested("match 1{x=>", "Nil", "}"),
    Nested("match 1{{", "Nil", "}=>{Nil}}"),
    Nested("match {", "1", "}{_=>Nil}"),
    Nested("if(true)", "Nil", ""),
    Nested("if(true)Nil else ", "Nil", ""),
    Nested("if({", "true", "}){Nil}"),
    Nested("let x<-1 in {", "Nil", "}"),
    Nested("let x={", "1", "} in Nil"),
    Nested("bundle+{", "Nil", "}"),
    Nested("bundle-{1|", "Nil", "}"),
    Nested("not ", "true", ""),
    Nested("- ", "1", ""),
    Nested("1-(", "1", ")"),
    Nested("", "1", "+1"),
    Nested("", "1", " and 1"),
    Nested("1 matches {", "1", "}"),
    Nested("1 matches ", "1", ""),
    Nested("1.m(", "1", ")"),
    Nested("", "1", ".m()"),
];

/// The same as the pattern of a case.
const NESTED_PATTERNS: &[Nested] = &[
    Nested("~", "1", ""),
    Nested("~{", "1", "}"),
    Nested("1/\\{", "1", "}"),
    Nested("1\\/{", "1", "}"),
    Nested("", "1", "/\\1"),
    Nested("", "1", "\\/1"),
    Nested("[", "_", "..._]"),
];

/// Text in front, the item number k, what separates items, text behind.
struct Wide(&'static str, fn(usize) -> String, &'static str, &'static str);

const WIDE: &[Wide] = &[
    Wide("", |_| "Nil".into(), "|", ""),
    Wide("", |_| "@1!(2)".into(), "|", ""),
    Wide("", |k| format!("@{k}!(2)"), "|", ""),
    Wide("[", |_| "1".into(), ",", "]"),
    Wide("(", |_| "1".into(), ",", ")"),
    Wide("Set(", |k| k.to_string(), ",", ")"),
    Wide("Set(", |_| "1".into(), ",", ")"),
    Wide("Set(", |k| format!("{{1:{k}}}"), ",", ")"),
    Wide("{", |k| format!("{k}:1"), ",", "}"),
    Wide("{", |_| "1:1".into(), ",", "}"),
    Wide("{|", |k| k.to_string(), ",", "|}"),
    Wide("@1!(", |_| "1".into(), ",", ")"),
    Wide("1.m(", |_| "1".into(), ",", ")"),
    Wide("", |_| "1".into(), "+", ""),
    Wide("", |_| "1".into(), " or ", ""),
    Wide("1", |_| ".m()".into(), "", ""),
    Wide("new ", |k| format!("x{k}"), ",", " in Nil"),
    Wide("new ", |k| format!("x{k}(`rho:x:{k}`)"), ",", " in Nil"),
    Wide("match 1{", |_| "x=>x".into(), " ", "}"),
    Wide("match 1{[", |k| format!("x{k}"), ",", "]=>Nil}"),
    Wide("match 1{", |_| "1".into(), "/\\", "=>Nil}"),
    Wide("match 1{", |_| "1".into(), "\\/", "=>Nil}"),
    Wide("for(", |k| format!("@x{k}<-@{k}"), "&", "){Nil}"),
    Wide("for(", |_| "x<-@1".into(), ";", "){Nil}"),
    Wide("for(", |k| format!("x{k}"), ",", "<-@1){Nil}"),
    Wide("contract @1(", |k| format!("x{k}"), ",", ")={Nil}"),
    Wide("let ", |_| "x<-1".into(), ";", " in Nil"),
    Wide("let ", |k| format!("x{k}<-1"), "&", " in Nil"),
];

/// Programs that are wrong in as many places.
const WRONG: &[Wide] = &[
    Wide("", |k| format!("x{k}"), "|", ""),
    Wide("", |_| "_".into(), "|", ""),
    Wide("", |_| "1 /\\ 2".into(), "|", ""),
    Wide("for(", |_| "x<-@1".into(), "&", "){Nil}"),
    Wide("for(", |_| "x".into(), ",", "<-@1){Nil}"),
    Wide("new ", |_| "x".into(), ",", " in Nil"),
    Wide("", |_| "5i7".into(), "|", ""),
    Wide("", |_| "#".into(), " ", ""),
    Wide("", |_| "\"\\q\"".into(), "|", ""),
    Wide("", |_| "1".into(), " ", ""),
    Wide("", |_| "[".into(), "", ""),
    Wide("", |_| "{".into(), "", ")"),
    Wide("", |_| "}".into(), "", ""),
];

/// Runs on a stack that no recursion on the size would survive.
fn on_small_stack<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let start = Instant::now();
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(work).expect("a thread");
    let result = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    println!("{:7.2?} {what}", start.elapsed());
    assert!(start.elapsed() < LONGEST, "{what} took {:?}", start.elapsed());
    result
}

fn compiled(source: &str) -> Result<Term, CompileError> {
    compile(source, &Options::default())
}

/// A result that survives all that is done with terms, or an error with a place.
fn holds(what: String, source: String) {
    on_small_stack(&what.clone(), move || match compiled(&source) {
        Ok(term) => {
            let bytes = proto::encode(&term);
            assert_eq!(bytes.len() as u64, term.size(), "{what}");
            let decoded = proto::decode(&bytes, proto::Limits::default()).expect("its own encoding");
            assert!(decoded == term, "{what}");
            assert!(!print::print(&term).is_empty());
        }
        Err(CompileError::Normalize(errors)) => assert!((errors[0].span.end as usize) <= source.len(), "{what}"),
        Err(CompileError::Syntax(errors)) => panic!("{what}: {}", errors[0]),
    });
}

fn nested(Nested(open, core, close): &Nested) -> String {
    format!("{}{core}{}", open.repeat(MANY), close.repeat(MANY))
}

fn wide(Wide(open, item, separator, close): &Wide) -> String {
    let items: Vec<String> = (0..MANY).map(item).collect();
    format!("{open}{}{close}", items.join(separator))
}

fn all_nested(shapes: &[Nested]) {
    for shape in shapes {
        holds(format!("{}…{}", shape.0, shape.2), nested(shape));
    }
}

#[test]
fn a_million_levels() {
    all_nested(&NESTED[..NESTED.len() / 2]);
}

#[test]
fn a_million_more_levels() {
    all_nested(&NESTED[NESTED.len() / 2..]);
}

#[test]
fn a_million_levels_of_patterns() {
    for shape in NESTED_PATTERNS {
        holds(format!("{}…{}", shape.0, shape.2), format!("match 1 {{ {} => Nil }}", nested(shape)));
    }
}

#[test]
fn a_million_parts() {
    for shape in WIDE {
        holds(format!("{}{}…", shape.0, shape.1(0)), wide(shape));
    }
}

#[test]
fn a_million_mistakes() {
    for shape in WRONG {
        let what = format!("{}{}…", shape.0, shape.1(0));
        let source = wide(shape);
        on_small_stack(&what.clone(), move || match compiled(&source).expect_err(&what) {
            CompileError::Normalize(errors) => {
                assert!(errors.len() <= 64 && errors.iter().all(|error| error.message.len() < 4096), "{what}");
            }
            CompileError::Syntax(errors) => {
                assert!(errors.len() <= 64 && errors.iter().all(|error| error.message.len() < 4096), "{what}");
            }
        });
    }
}

#[test]
fn literals_of_100_megabytes() {
    let long = |text: &str| text.repeat(100 * MANY / text.len());
    for (before, text, after) in [
        ("\"", "é\\n", "\""),
        ("`", "rho:x", "`"),
        ("/*", "*", "*/1"),
        ("//", "x", "\n1"),
        ("", " ", "1"),
        ("new ", "x", " in Nil"),
    ] {
        holds(format!("{before}{text}…"), format!("{before}{}{after}", long(text)));
    }
    for after in ["", "n", "r", "p2", "i128", "i64", "x"] {
        let what = format!("100 million digits{after}");
        let source = format!("Nil |\n1{}{after}", long("0"));
        let errors = on_small_stack(&what, move || match compiled(&source) {
            Err(CompileError::Syntax(errors)) => errors,
            other => panic!("{other:?}"),
        });
        assert_eq!((errors.len(), errors[0].span.start), (1, 6), "{what}");
        assert!(errors[0].message.len() < 200, "{what}");
    }
}
