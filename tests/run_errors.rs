//! What is said of programs that fail while they run. `tests/run_errors/` has programs with what is drawn for
//! people and what is given as data; `RHO_REFRESH=1 cargo test --test run_errors` writes it anew.

mod cli;

use std::collections::BTreeSet;
use std::path::PathBuf;

use cli::{Files, rho, rho_with, run_json};
use rhodium_machine::Code;
use serde_json::{Value, json};

/// A program with its expectation, a section of a file:
/// `=== name | options`, the program, `--- text`, the drawing, `--- json`, the errors, one on a line.
struct Case {
    title: String,
    program: String,
    text: String,
    json: String,
}

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/run_errors");

fn cases(content: &str) -> Vec<Case> {
    let sections = content.split("=== ").skip(1);
    let case = |section: &str| {
        let (title, rest) = section.split_once('\n').expect("a title");
        let (program, rest) = rest.split_once("\n--- text\n").unwrap_or((rest, ""));
        let (text, json) = rest.split_once("\n--- json\n").unwrap_or((rest, ""));
        let part = |text: &str| text.trim_end().to_owned();
        Case { title: title.to_owned(), program: part(program), text: part(text), json: part(json) }
    };
    sections.map(case).collect()
}

impl Case {
    /// The same with what happens now.
    fn run(&self) -> Case {
        let options: Vec<&str> = self.title.split_once(" | ").map_or(vec![], |(_, o)| o.split_whitespace().collect());
        let drawn = rho_with(&self.program, &[&["run", "-", "--bare"], &options[..]].concat());
        assert_eq!((drawn.status, drawn.stdout.as_str()), (1, ""), "{}: {}", self.title, drawn.stderr);
        // The last line is the cost, which is tested elsewhere.
        let lines: Vec<&str> = drawn.stderr.trim_end().lines().map(str::trim_end).collect();
        let report = run_json(&self.program, &[&["--bare"], &options[..]].concat());
        let json: Vec<String> = report["errors"].as_array().into_iter().flatten().map(Value::to_string).collect();
        let json = json.join("\n");
        let text = lines.split_last().map_or_else(String::new, |(_, rest)| rest.join("\n"));
        Case { title: self.title.clone(), program: self.program.clone(), text: text.trim_end().to_owned(), json }
    }

    fn section(&self) -> String {
        format!("=== {}\n{}\n--- text\n{}\n--- json\n{}\n", self.title, self.program, self.text, self.json)
    }
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(DIRECTORY).expect("the directory");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

#[test]
fn programs_that_fail() {
    let refresh = std::env::var_os("RHO_REFRESH").is_some();
    let mut different = Vec::new();
    let mut total = 0;
    for file in files() {
        let content = std::fs::read_to_string(&file).expect("text");
        let expected = cases(&content);
        let found: Vec<Case> = expected.iter().map(Case::run).collect();
        total += found.len();
        if refresh {
            let sections: Vec<String> = found.iter().map(Case::section).collect();
            std::fs::write(&file, sections.join("\n")).expect("written");
            continue;
        }
        for (expected, found) in expected.iter().zip(&found) {
            if expected.section() != found.section() {
                different.push(format!("expected:\n{}\nfound:\n{}", expected.section(), found.section()));
            }
        }
    }
    assert!(total >= 100, "{total} programs");
    assert!(different.is_empty(), "{} of {total} differ:\n{}", different.len(), different.join("\n"));
}

/// Codes that no small program has, or not always in the same place: tests of the machine, one below and one of the
/// store show them.
const ELSEWHERE: [Code; 5] = [Code::Substitute, Code::TooManyTerms, Code::DamagedState, Code::Time, Code::Cancelled];

#[test]
fn every_code_is_shown() {
    let mut shown = BTreeSet::new();
    for file in files() {
        for case in cases(&std::fs::read_to_string(&file).expect("text")) {
            let errors: Vec<Value> = case.json.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            shown.extend(errors.iter().filter_map(|error| error["code"].as_str().map(str::to_owned)));
            for error in &errors {
                assert!(error["line"].is_u64() || error["code"] == "E0308", "no place: {}", case.section());
            }
        }
    }
    for code in Code::ALL.iter().filter(|code| !ELSEWHERE.contains(code)) {
        assert!(shown.contains(code.text()), "no program has {}", code.text());
    }
}

#[test]
fn too_many_parallel_terms() {
    let report = run_json(&format!("{}@0!(0)", "@0!(0) | ".repeat(32_767)), &["--bare"]);
    let error = &report["errors"][0];
    assert_eq!((&error["code"], &error["line"]), (&json!("E0320"), &json!(1)), "{error}");
}

/// What an error says of itself, in short: code, file, line, column.
fn place(error: &Value) -> (String, String, u64, u64) {
    let text =
        |field: &str| error[field].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
    let number = |field: &str| error[field].as_u64().unwrap_or_default();
    (text("code"), text("file"), number("line"), number("column"))
}

#[test]
fn an_error_in_a_contract_of_another_file() {
    let files = Files::new();
    let contract = files.write("contract.rho", "Nil |\ncontract @\"f\"(@x) = {\n  @0!(x + 1)\n}");
    let user = files.write("user.rho", "// uses it\n@\"f\"!(\"a\")");
    let ran = rho(&["run", "--bare", "--json", &contract, &user]);
    let report = ran.json();
    let error = &report["errors"][0];
    assert_eq!(place(error), ("E0304".into(), "contract.rho".into(), 3, 7), "{error}");
    let label = &error["labels"][0];
    assert_eq!(place(label), (String::new(), "user.rho".into(), 2, 1), "{error}");
    let drawn = rho(&["run", "--bare", &contract, &user]).stderr;
    for part in ["contract.rho:3:7", "@0!(x + 1)", "user.rho:2:1", "@\"f\"!(\"a\")", "this message made it run"] {
        assert!(drawn.contains(part), "{part} in {drawn}");
    }
}

#[test]
fn an_error_in_an_earlier_input() {
    let inputs = "contract @\"f\"(@x) = { @0!(x.nth(3)) }\n@\"f\"!([1])\n";
    let ran = rho_with(inputs, &["repl", "--bare"]);
    for part in ["input 1:1:27", "input 2:1:1", "index 3 is outside of the list"] {
        assert!(ran.stderr.contains(part), "{part} in {}", ran.stderr);
    }
}

#[test]
fn many_errors_are_counted_and_not_all_listed() {
    let source: Vec<String> = (0..150).map(|k| format!("@{k}!({k} + \"a\")")).collect();
    let report = run_json(&source.join(" |\n"), &["--bare"]);
    assert_eq!(report["errors"].as_array().map(Vec::len), Some(100));
    assert_eq!(report["unlisted"], 50);
    let lines: Vec<u64> =
        report["errors"].as_array().into_iter().flatten().filter_map(|e| e["line"].as_u64()).collect();
    assert!(lines.is_sorted(), "{lines:?}");
    let drawn = rho_with(&source.join(" |\n"), &["run", "-", "--bare"]).stderr;
    assert!(drawn.contains("50 more errors"), "{drawn}");
}

/// `(code, file, line, column)` of the first error, which must be drawn too.
fn failing(arguments: &[&str]) -> (Value, String) {
    let report = rho(&[&["run", "--json"], arguments].concat()).json();
    let error = if report["runs"].is_null() { &report["errors"][0] } else { &report["runs"][0]["errors"][0] };
    (error.clone(), rho(&[&["run"], arguments].concat()).stderr)
}

#[test]
fn an_error_in_code_read_from_a_store() {
    let files = Files::new();
    let store = files.path("store");
    let contract = files.write("contract.rho", "contract @\"f\"(@x, ret) = { ret!([x - 1, 2]) }");
    let user = files.write("user.rho", "\n@\"f\"!(\"a\", 0)");
    assert_eq!(rho(&["run", "--bare", "--store", &store, &contract]).status, 0);
    // The text of the contract is not at hand: its code is shown, and the message that made it run.
    let (error, drawn) = failing(&["--bare", "--store", &store, &user]);
    assert_eq!(place(&error), ("E0304".into(), "user.rho".into(), 2, 1), "{error}");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.contains("in code read from the state") && message.contains("- 1"), "{message}");
    assert!(drawn.contains("this message made it run"), "{drawn}");
    // The text is at hand.
    let again = files.write("again.rho", "Nil |\ncontract @\"g\"(@x, ret) = { ret!([x - 1, 2]) } |\n@\"f\"!(\"a\", 0)");
    let (error, _) = failing(&["--bare", "--store", &store, &again]);
    assert_eq!(place(&error), ("E0304".into(), "again.rho".into(), 2, 34), "{error}");
    assert_eq!(place(&error["labels"][0]), (String::new(), "again.rho".into(), 3, 1), "{error}");
}

#[test]
fn an_error_in_a_system_contract() {
    let source = "new lookup(`rho:registry:lookup`), r, s in {\n  lookup!(`rho:lang:listOps`, *r) |\n  \
                  for (@(_, list) <- r) {\n    @list!(\"range\", 0, \"a\", *s)\n  }\n}";
    let report = run_json(source, &[]);
    let error = &report["errors"][0];
    let contract = include_str!("../rholang/system/ListOps.rho");
    let line =
        contract.lines().position(|line| line.contains("if (next < end)")).expect("the contract compares") as u64 + 1;
    assert_eq!((error["file"].as_str(), error["line"].as_u64()), (Some("rholang/system/ListOps.rho"), Some(line)));
    assert_eq!(place(&error["labels"][0]), (String::new(), "<stdin>".into(), 4, 5), "{error}");
}
