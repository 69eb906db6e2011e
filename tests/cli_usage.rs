//! Options, help, exit statuses and the smaller commands.

mod cli;

use cli::{Files, rho, rho_with};
use serde_json::{Value, json};

#[test]
fn help_and_version_are_no_errors() {
    let version = rho(&["--version"]);
    assert_eq!((version.status, version.stdout), (0, format!("rho {}\n", env!("CARGO_PKG_VERSION"))));
    for arguments in [&["help"][..], &["--help"], &["help", "run"], &["norm", "--help"], &["repl", "-h"]] {
        let help = rho(arguments);
        assert_eq!((help.status, help.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(help.stdout.contains("Usage: rho"), "{arguments:?}");
    }
}

#[test]
fn wrong_usage_has_its_own_status() {
    let files = Files::new();
    let source = files.write("a.rho", "Nil");
    let wrong: [&[&str]; 11] = [
        &[],
        &["nonsense"],
        &["run"],
        &["norm"],
        &["run", "--nonsense", &source],
        &["run", "--seed", "xyz", &source],
        &["run", "--seed", "123", &source],
        &["run", "--phlo", "-1", &source],
        &["run", "--phlo", "9223372036854775808", &source],
        &["run", "--deployer", "04abcd", &source],
        &["run", "--deployer", "zz", &source],
    ];
    for arguments in wrong {
        let ran = rho(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(!ran.stderr.is_empty());
    }
}

#[test]
fn norm_prints_the_normal_form() {
    let source = "@1!(2) | /* first */ @0!(1) | Nil";
    let ran = rho_with(source, &["norm", "-"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    // It is a program with the same normal form.
    let proto = rho_with(source, &["norm", "-", "--proto"]).stdout;
    assert_eq!(rho_with(&ran.stdout, &["norm", "-", "--proto"]).stdout, proto);
    let report = rho_with(source, &["norm", "-", "--json"]).json();
    assert_eq!((&report["errors"], report["proto"].as_str()), (&json!([]), Some(proto.trim())));
    assert_eq!(report["term"].as_str(), Some(ran.stdout.trim_end()));
}

#[test]
fn norm_gives_the_measured_bytes() {
    let rows = include_str!("data/oracle-programs.jsonl")
        .lines()
        .map(|line| -> Value { serde_json::from_str(line).expect("a row") });
    let small = rows.filter(|row| row["normal_form_hex"].is_string());
    for row in small.step_by(40) {
        let ran = rho_with(row["source"].as_str().expect("a source"), &["norm", "-", "--proto"]);
        assert_eq!(Some(ran.stdout.trim()), row["normal_form_hex"].as_str(), "{}", row["id"]);
    }
}

#[test]
fn norm_tells_errors() {
    let ran = rho_with("new x in { x!(x) }", &["norm", "-"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("E0201") && ran.stderr.contains("*x"), "{}", ran.stderr);
    let report = rho_with("new x in { x!(x) }", &["norm", "-", "--json"]).json();
    assert_eq!((&report["term"], &report["errors"][0]["line"]), (&Value::Null, &json!(1)));
}

#[test]
fn repl_keeps_the_state_between_inputs() {
    let input = "@\"k\"!(1)\n\nfor (@v <- @\"k\") { // }\n\n  @\"z\"!(v)\n}\nnew o(`rho:io:stdout`) in {\n  o!(\"hi\") }\n:quit\nfoo";
    let ran = rho_with(input, &["repl"]);
    assert_eq!(ran.status, 0);
    let expected = "data left unread:\n  @\"k\"!(1)\ndata left unread:\n  @\"z\"!(1)\n\"hi\"\n";
    assert_eq!(ran.stdout, expected);
    assert!(!ran.stderr.contains("Error"), "{}", ran.stderr);
}

#[test]
fn repl_survives_errors_and_joins_lines() {
    let ran = rho_with("@0!(1) }\n@0!(1) |\n@1!(\"|\n\")\n:nonsense\n@2!(1 - \"\")\nnew x in {", &["repl", "--bare"]);
    assert_eq!(ran.status, 0);
    assert_eq!(ran.stdout, "data left unread:\n  @0!(1)\n  @1!(\"|\n  \")\n");
    for part in ["E0110", "input 1:1:8", ":help", "E0305", "E0111"] {
        assert!(ran.stderr.contains(part), "{part} in {}", ran.stderr);
    }
}

#[test]
fn repl_names_are_never_drawn_twice() {
    let ran = rho_with("new x in { @0!(*x) }\nnew x in { @0!(*x) }\n", &["repl", "--json"]);
    let names: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("an object")["data"][0]["data"][0].clone())
        .collect();
    assert_eq!(names.len(), 2);
    assert_ne!(names[0], names[1]);
}

#[test]
fn repl_resets_and_stores() {
    let ran = rho_with("@0!(1)\n:reset\nfor (_ <- @0) { Nil }\n", &["repl"]);
    assert!(ran.stdout.contains("a new state\nreceives still waiting:"), "{}", ran.stdout);
    let files = Files::new();
    let store = files.path("store");
    assert_eq!(rho_with("@0!(7)", &["repl", "--store", &store]).status, 0);
    let ran = rho_with(":reset\nfor (@x <- @0) { @1!(x) }", &["repl", "--store", &store]);
    assert!(ran.stdout.contains("@1!(7)"), "{}", ran.stdout);
}

#[test]
fn repl_reads_text_only() {
    let ran = rho(&["repl"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""));
}
