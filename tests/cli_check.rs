//! `rho check`: levels, comments, JSON, several files, exit statuses.

mod cli;

use cli::{Files, rho, rho_with};
use serde_json::{Value, json};

const UNUSED: &str = "new x in { Nil }";
const URN: &str = "new x(`rho:io:stdot`) in { x!(1) }";

fn names(report: &Value) -> Vec<&str> {
    let diagnostics = report["diagnostics"].as_array().expect("diagnostics");
    diagnostics.iter().map(|d| d["name"].as_str().or(d["code"].as_str()).expect("a name or a code")).collect()
}

#[test]
fn a_clean_program() {
    let ran = rho_with("new x in { x!(1) | for (_ <- x) { Nil } }", &["check", "-"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.stdout, "1 file checked: 0 errors, 0 warnings\n");
}

#[test]
fn warnings_are_drawn_and_are_no_failure() {
    let ran = rho_with(UNUSED, &["check", "-"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "1 file checked: 0 errors, 1 warning\n"));
    for part in ["[W0101] Warning", "nothing uses the name `x`", "<stdin>:1:5", "unused-name", "Help: take it out"] {
        assert!(ran.stderr.contains(part), "{part} is not in\n{}", ran.stderr);
    }
    let denied = rho_with(URN, &["check", "-"]);
    assert_eq!(denied.status, 1);
    assert!(denied.stderr.contains("[W0301] Error") && denied.stderr.contains("`rho:io:stdout`"), "{}", denied.stderr);
}

#[test]
fn levels() {
    let cases: &[(&[&str], i32, &[&str])] = &[
        (&[], 0, &["unused-name"]),
        (&["--deny", "unused-name"], 1, &["unused-name"]),
        (&["--allow", "unused-name"], 0, &[]),
        (&["--allow", "all"], 0, &[]),
        (&["--deny", "warnings"], 1, &["unused-name"]),
        (&["--deny", "all", "--warn", "unused-name"], 0, &["unused-name"]),
        (&["--warn", "unused-name", "--deny", "all"], 0, &["unused-name"]),
        (&["--allow", "unused-name", "--deny", "unused-name"], 1, &["unused-name"]),
        (&["--allow", "unused-variable"], 0, &["unused-name"]),
    ];
    for (options, status, expected) in cases {
        let ran = rho_with(UNUSED, &[&["check", "-", "--json"], *options].concat());
        assert_eq!((ran.status, names(&ran.json())), (*status, expected.to_vec()), "{options:?}");
    }
    assert_eq!(rho_with(URN, &["check", "-", "--warn", "unknown-urn"]).status, 0);
    let wrong = rho_with(UNUSED, &["check", "-", "--allow", "unused-nam"]);
    assert_eq!((wrong.status, wrong.stdout.as_str()), (2, ""));
    assert!(wrong.stderr.contains("did you mean unused-name?"), "{}", wrong.stderr);
}

#[test]
fn comments() {
    let allowed = format!("// rho: allow(unused-name)\n{UNUSED}");
    assert_eq!(names(&rho_with(&allowed, &["check", "-", "--json"]).json()), [""; 0]);
    // The command line cannot make a comment void.
    assert_eq!(rho_with(&allowed, &["check", "-", "--deny", "all"]).status, 0);
    let unknown = "// rho: allow(unused-nam)\n@1!(2)";
    let report = rho_with(unknown, &["check", "-", "--json"]).json();
    assert_eq!(names(&report), ["unknown-lint"]);
    assert_eq!(report["diagnostics"][0]["hint"], "did you mean `unused-name`?");
    let unused = "// rho: allow-file(unused-name)\n@1!(2)";
    assert_eq!(names(&rho_with(unused, &["check", "-", "--json"]).json()), ["unused-allow"]);
}

#[test]
fn the_object() {
    let files = Files::new();
    let file = files.write("a.rho", "for (@x <-\n  @\"out\") { let é = 1; y = é in { @1!(y) } }");
    let ran = rho(&["check", "--json", &file]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let report = ran.json();
    assert_eq!(report["files"], json!([file]));
    assert_eq!(report["summary"], json!({ "files": 1, "errors": 0, "warnings": 2, "left_out": 0 }));
    let first = &report["diagnostics"][0];
    assert_eq!(
        (&first["severity"], &first["code"], &first["name"]),
        (&json!("warning"), &json!("W0102"), &json!("unused-variable"))
    );
    assert_eq!(
        (&first["line"], &first["column"], &first["end_line"], &first["end_column"]),
        (&json!(1), &json!(7), &json!(1), &json!(8))
    );
    let second = &report["diagnostics"][1];
    assert_eq!(
        (&second["name"], &second["file"], &second["line"]),
        (&json!("forgeable-receive"), &json!(file), &json!(2))
    );
    assert!(second["message"].as_str().is_some_and(|text| text.contains("`@\"out\"` quotes a String")), "{second}");
    assert!(second["hint"].as_str().is_some_and(|text| text.contains("`new`")), "{second}");
    let bound = rho_with("let x = 1 in { for (_ <- @x) { Nil } }", &["check", "-", "--json"]).json();
    let labels = bound["diagnostics"][0]["labels"].as_array().map(|labels| labels.len());
    assert_eq!(labels, Some(2), "{bound}");
}

#[test]
fn errors_of_the_compiler_and_lints_together() {
    let report = rho_with("new x in { @1!(y) }", &["check", "-", "--json"]).json();
    assert_eq!(names(&report), ["E0212", "unused-name"]);
    let ran = rho_with("new x in {", &["check", "-", "--json"]);
    assert_eq!((ran.status, names(&ran.json())), (1, vec!["E0111"]));
}

#[test]
fn several_files_and_directories() {
    let files = Files::new();
    std::fs::create_dir_all(files.path("deep/er")).expect("made");
    let broken = files.write("a.rho", "new in");
    let unused = files.write("deep/er/b.rho", UNUSED);
    files.write("deep/c.rho", "@1!(2)");
    files.write("deep/d.txt", "no program");
    let ran = rho(&["check", "--json", &broken, &files.path("deep")]);
    assert_eq!(ran.status, 1);
    let report = ran.json();
    assert_eq!(report["files"], json!([broken, files.path("deep/c.rho"), unused]));
    assert_eq!(report["summary"]["warnings"], 1);
    let missing = rho(&["check", "--json", &files.path("nowhere.rho"), &unused]);
    assert_eq!((missing.status, names(&missing.json())), (3, vec!["E0901", "unused-name"]));
    let empty = Files::new();
    assert_eq!(rho(&["check", &empty.path("")]).stdout, "0 files checked: 0 errors, 0 warnings\n");
}

#[test]
fn findings_beyond_the_limit_are_counted() {
    let source = vec![UNUSED; 1500].join("|");
    let report = rho_with(&source, &["check", "-", "--json"]).json();
    assert_eq!(report["diagnostics"].as_array().map(Vec::len), Some(1000));
    assert_eq!(report["summary"], json!({ "files": 1, "errors": 0, "warnings": 1500, "left_out": 500 }));
    let drawn = rho_with(&source, &["check", "-", "--deny", "all"]);
    assert!(drawn.stderr.contains("500 more of `unused-name` not listed") && drawn.status == 1);
}

#[test]
fn the_contracts_are_clean() {
    let ran = rho(&["check", "--deny", "warnings", concat!(env!("CARGO_MANIFEST_DIR"), "/rholang")]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
}

#[test]
fn the_reference_lists_every_lint() {
    let reference = include_str!("../docs/cli.md");
    for lint in rhodium_lint::LINTS {
        let level = format!("{:?}", lint.level).to_lowercase();
        let row = format!("| {} | `{}` | {level} | {} |", lint.code, lint.name, lint.summary);
        assert!(reference.contains(&row), "docs/cli.md lacks: {row}");
    }
}
