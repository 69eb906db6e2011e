//! The formatter: golden files, what it refuses, and sources of any depth and width.

use std::fs;
use std::path::{Path, PathBuf};

use rhodium_grammar::{FormatError, FormatOptions, format, parse};

/// With this variable set, the expected files are written instead of compared.
const REFRESH: &str = "REFRESH_GOLDEN";

fn formatted(source: &str) -> String {
    format(source, &FormatOptions::default()).unwrap_or_else(|error| panic!("{error}: {error:?}\n{source}"))
}

fn inputs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/format");
    let entries = fs::read_dir(folder).expect("the folder of golden files");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.to_string_lossy().ends_with(".input.rho")).collect()
}

#[test]
fn golden_files() {
    let inputs = inputs();
    assert!(inputs.len() >= 4);
    for input in inputs {
        let expected = PathBuf::from(input.to_string_lossy().replace(".input.", ".expected."));
        let found = formatted(&fs::read_to_string(&input).expect("an input"));
        assert_eq!(formatted(&found), found, "{} is not stable", input.display());
        if std::env::var_os(REFRESH).is_some() {
            fs::write(&expected, &found).expect("written");
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        assert!(found == expected, "{}: {REFRESH}=1 accepts this:\n{found}", input.display());
    }
}

#[test]
fn the_style_guide_follows_itself() {
    let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/style.md")).expect("the guide");
    let examples: Vec<&str> = guide.split("```rholang\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 2);
    for example in examples {
        assert_eq!(formatted(example), example);
    }
}

#[test]
fn what_does_not_parse_is_refused() {
    for source in ["", "// nothing", "x!(", "x!(1) y!(2)", "\"", "/*", "new x, x in { Nil }", "x!(1) | \u{0} Nil", "5x"]
    {
        let errors = parse(source).expect_err(source);
        assert_eq!(format(source, &FormatOptions::default()), Err(FormatError::Syntax(errors)), "{source}");
    }
}

#[test]
fn any_width_will_do() {
    for input in inputs() {
        let source = fs::read_to_string(&input).expect("an input");
        for width in [0, 1, 7, 40, 100_000] {
            let options = FormatOptions { width };
            let once = format(&source, &options).expect("formatted");
            assert_eq!(format(&once, &options).as_ref(), Ok(&once), "{} at width {width}", input.display());
        }
    }
}

/// Formats on a thread whose stack would not survive recursion; the output must not be out of proportion.
fn on_small_stack(source: String) {
    let run = move || {
        let found = formatted(&source);
        assert!(found.len() < 64 * source.len(), "{} bytes from {}", found.len(), source.len());
    };
    let thread = std::thread::Builder::new().stack_size(64 << 10).spawn(run).expect("a thread");
    thread.join().expect("no panic");
}

#[test]
fn a_million_of_everything() {
    const MANY: usize = 1_000_000;
    for (open, core, close) in [
        ("{", "Nil", "}"),
        ("[", "1", "]"),
        ("(", "1", ")"),
        ("x!(0) | ", "Nil", ""),
        ("", "a", " + 1"),
        ("", "a", ".m()"),
        ("/* a */ ", "Nil", " // b\n"),
    ] {
        on_small_stack(format!("{}{core}{}", open.repeat(MANY), close.repeat(MANY)));
    }
    on_small_stack(format!("x!([{}])", "1, ".repeat(MANY)));
    on_small_stack(format!("x!(\"{}\")", "text\n".repeat(20 * MANY)));
}

#[test]
fn any_form_may_be_deep() {
    const SOME: usize = 100_000;
    for (open, core, close) in [
        ("new x in ", "Nil", ""),
        ("new x in {\n", "Nil", "}"),
        ("for (_ <- x) {", "Nil", "}"),
        ("if (a) ", "Nil", ""),
        ("if (a) { b } else ", "Nil", ""),
        ("match x { _ => ", "Nil", "}"),
        ("match x { _ => {", "Nil", "} y => Nil}"),
        ("select { x <- y => ", "Nil", "}"),
        ("let x = 1; y = 2 in ", "Nil", ""),
        ("x!?(0); ", "Nil", ""),
        ("x!({", "Nil", "})"),
        ("(0, ", "1", ")"),
        ("{1: ", "1", "}"),
        ("{| 0, ", "1", " |}"),
        ("1 matches ", "1", ""),
        ("not ", "1", ""),
        ("1 + 2 == 3 and ", "4", ""),
        ("contract x() = {", "Nil", "}"),
        ("bundle+{", "Nil", "}"),
    ] {
        on_small_stack(format!("{}{core}{}", open.repeat(SOME), close.repeat(SOME)));
    }
}
