//! Deep, wide and numerous: linear time, bounded results, no recursion.

use rhodium_grammar::parse;
use rhodium_lint::{Level, Levels, MAX_FINDINGS, Report, check, lint};

const MANY: usize = 1_000_000;

fn checked(source: &str) -> Report {
    let parsed = parse(source).unwrap_or_else(|errors| panic!("{}", errors[0]));
    check(source, &parsed, &Levels::default())
}

fn nested(before: &str, middle: &str, after: &str, depth: usize) -> Report {
    checked(&[&before.repeat(depth), middle, &after.repeat(depth)].concat())
}

#[test]
fn deep() {
    nested("[", "", "]", MANY);
    nested("bundle+{", "Nil", "}", MANY);
    nested("*@{", "Nil", "}", MANY / 10);
    nested("not ", "true", "", MANY / 10);
    nested("new x in { x!(", "1", ") }", MANY / 10);
    nested("for (@x <- @{", "Nil", "}) { x }", MANY / 10);
    nested("match [", "1", "] { [x] => { x } }", MANY / 10);
    nested("let x = [", "1", "] in { x }", MANY / 10);
    nested("if (true) { ", "1", " }", MANY / 10);
    nested("@\"o\"!(1 matches {", "1", "})", MANY / 10);
    nested("for (@{", "Nil", "} <- @1) { Nil }", MANY / 10);
    nested("for (@x <- @x) { let x = x in { ", "x", " } }", MANY / 10);
}

#[test]
fn wide() {
    checked(&vec!["@1!(2)"; MANY].join("|"));
    let wide = |part: &str, separator: &str| vec![part; MANY / 10].join(separator);
    checked(&format!("@1!({})", wide("1", ",")));
    checked(&format!("@1!({{{}}})", wide("1: 2", ",")));
    checked(&format!("match 1 {{ {} }}", wide("1 => { Nil }", " ")));
    checked(&format!("@1!({})", wide("1", " + ")));
    checked(&format!("for ({}) {{ Nil }}", wide("@x <- @1", ";")));
    let letters: Vec<String> = (0..MANY / 10).map(|k| format!("x{k}")).collect();
    checked(&format!("new {} in {{ Nil }}", letters.join(",")));
    let binds: Vec<String> = letters.iter().map(|x| format!("@{x} <- @\"{x}\"")).collect();
    checked(&format!("for ({}) {{ Nil }}", binds.join("&")));
    let lets: Vec<String> = letters.windows(2).map(|x| format!("{} = [{}, 0]", x[1], x[0])).collect();
    checked(&format!("let x0 = 1; {} in {{ Nil }}", lets.join(";")));
}

#[test]
fn many_findings_are_counted_and_not_kept() {
    let report = checked(&"new x in { Nil }|".repeat(MANY / 4 - 1).add("new x in { Nil }"));
    assert_eq!(report.findings.len(), MAX_FINDINGS);
    assert_eq!(report.count(Level::Warn), MANY / 4);
    assert_eq!(report.left_out[0].lint, lint("unused-name").expect("a lint"));
    // Whatever finds most does not hide the rest.
    let mixed = checked(&"new x in { Nil } |".repeat(MANY / 10).add("for (@x <- @1) { x }"));
    assert_eq!(mixed.findings.last().map(|finding| finding.lint.name), Some("forgeable-receive"));
}

#[test]
fn many_comments() {
    let line = "new x in { Nil } | // rho: allow(unused-name)\n";
    let report = checked(&line.repeat(MANY / 10).add("Nil"));
    assert_eq!(report.findings, []);
    let same_line = "/* rho: allow(unused-name) */".repeat(MANY / 10).add("Nil");
    assert_eq!(checked(&same_line).count(Level::Warn), MANY / 10);
    let nested: String = (0..MANY / 10).map(|k| format!("// rho: allow(unused-name)\nnew x{k} in {{ ")).collect();
    assert_eq!(checked(&nested.add("Nil").add(&"}".repeat(MANY / 10))).findings, []);
}

trait Add {
    fn add(self, end: &str) -> String;
}

impl Add for String {
    fn add(mut self, end: &str) -> String {
        self.push_str(end);
        self
    }
}
