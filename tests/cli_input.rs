//! Bad input to `rho run` and `rho norm`: a clear error, the right status, and in seconds.

mod cli;

use std::time::{Duration, Instant};

use cli::{Files, rho, rho_with};

/// Runs a file with `run` and `norm`, which must agree on status and code; returns the text for people.
fn refused(path: &str, status: i32, code: &str) -> String {
    for subcommand in ["run", "norm"] {
        let ran = rho(&[subcommand, "--json", path]);
        assert_eq!((ran.status, ran.code().as_str()), (status, code), "{subcommand} {path}");
        assert_eq!(ran.stderr, "");
    }
    let ran = rho(&["run", path]);
    assert_eq!((ran.status, ran.stdout.as_str()), (status, ""));
    assert!(ran.stderr.contains(code), "{}", ran.stderr);
    ran.stderr
}

#[test]
fn files_that_cannot_be_read() {
    let files = Files::new();
    let text = refused(&files.path("missing.rho"), 3, "E0901");
    assert!(text.contains("missing.rho"), "{text}");
    refused(&files.path("."), 3, "E0903");
    let file = files.write("file.rho", "Nil");
    refused(&format!("{file}/below.rho"), 3, "E0902");
}

#[cfg(unix)]
#[test]
fn files_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    let files = Files::new();
    let path = files.write("secret.rho", "Nil");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).expect("permissions");
    // Root may read everything.
    if std::fs::read(&path).is_err() {
        refused(&path, 3, "E0902");
    }
}

#[test]
fn nothing_is_evaluated_when_one_file_is_missing() {
    let files = Files::new();
    let store = files.path("store");
    let good = files.write("good.rho", "new o(`rho:io:stdout`) in { o!(1) }");
    let ran = rho(&["run", "--store", &store, &good, &files.path("missing.rho"), &files.path("other.rho")]);
    assert_eq!((ran.status, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("missing.rho") && ran.stderr.contains("other.rho"), "{}", ran.stderr);
    assert!(!std::path::Path::new(&store).exists());
}

#[test]
fn files_that_are_no_programs() {
    let files = Files::new();
    for (name, content) in [("empty.rho", ""), ("blank.rho", " \n\n"), ("comment.rho", "// nothing")] {
        let text = refused(&files.write(name, content), 1, "E0112");
        assert!(text.contains("Nil"), "{text}");
    }
    let text = refused(&files.write("latin.rho", b"Nil |\n  @\"\xC3\xA9\xE9\"!(1)"), 3, "E0904");
    assert!(text.contains("line 2, column 6"), "{text}");
    let bytes: Vec<u8> = (0u32..100_000).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    refused(&files.write("binary", bytes), 3, "E0904");
    let text = refused(&files.write("zeros", vec![0; 1 << 20]), 1, "E0101");
    assert!(text.len() < 10_000 && !text.contains('\0'), "{} bytes", text.len());
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let ran = rho_with("@0!(\"\u{1b}[31m\") | new x(`\u{1b}]0;title`) in { Nil } | \u{1b}[2J", &["run", "-"]);
    assert_eq!(ran.status, 1);
    assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.stderr.escape_debug());
}

#[test]
fn very_large_sources_end_in_seconds() {
    let files = Files::new();
    let start = Instant::now();
    let statement = b"@0!(0) |\n";
    let large = files.write("large.rho", statement.repeat((100 << 20) / statement.len()));
    // Seven tokens a line: 2^24 = 7 × 2,396,745 + 1.
    let text = refused(&large, 1, "E0119");
    assert!(text.contains("large.rho:2396746:2"), "{text}");
    let ran = rho(&["run", "--max-source", "64", &large]);
    assert!(ran.status == 3 && ran.stderr.contains("E0905"), "{}", ran.stderr);
    let string = format!("@\"x\"!(\"{}\")", "a".repeat(100 << 20));
    let ran = rho(&["run", &files.write("string.rho", string)]);
    assert_eq!(ran.status, 0);
    assert!(ran.stderr.len() < 10_000);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn errors_in_very_long_lines_are_shown_in_part() {
    let files = Files::new();
    let source = format!("{} ) | Nil", "@0!(0) | ".repeat(200_000));
    let text = refused(&files.write("line.rho", source), 1, "E0110");
    assert!(text.contains(":1:1800002") && text.contains('^') && text.len() < 2000, "{text}");
}

#[test]
fn deep_terms_are_handled() {
    const DEPTH: usize = 100_000;
    let nested = |open: &str, core: &str, close: &str| open.repeat(DEPTH) + core + &close.repeat(DEPTH);
    let shapes = [
        nested("{", "Nil", "}"),
        format!("@0!({})", nested("[", "", "]")),
        format!("@0!({})", nested("(", "1", ",)")),
        format!("@0!({})", nested("1 + ", "1", "")),
        format!("@0!({})", nested("not ", "true", "")),
        nested("@0!({", "Nil", "})"),
        nested("@{", "0", "}!(0)"),
        nested("new x in {", "Nil", "}"),
        nested("for (_ <- @0) {", "Nil", "}"),
        nested("match 0 { _ => ", "Nil", "}"),
        nested("if (true) {", "Nil", "}"),
        format!("for (@{} <- @0) {{ @1!(x) }}", nested("[", "x", "]")),
    ];
    for source in shapes {
        let start: String = source.chars().take(40).collect();
        for arguments in [&["run", "-"][..], &["run", "-", "--json"], &["norm", "-"], &["norm", "-", "--proto"]] {
            assert_eq!(rho_with(&source, arguments).status, 0, "{arguments:?} {start}");
        }
    }
    for source in ["(".repeat(DEPTH), "{ [ ".repeat(DEPTH), "new x in {".repeat(DEPTH), "}".repeat(DEPTH)] {
        let ran = rho_with(&source, &["run", "-"]);
        assert_eq!(ran.status, 1);
        assert!(ran.stderr.len() < 4000);
    }
}

#[test]
fn deep_terms_survive_a_store() {
    let files = Files::new();
    let store = files.path("store");
    let source = format!("@0!({}1{})", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(rho_with(&source, &["run", "-", "--store", &store]).status, 0);
    let ran = rho_with("for (@x <- @0) { @1!(x) }", &["run", "-", "--store", &store, "--json"]);
    assert_eq!((ran.status, &ran.json()["comms"]), (0, &serde_json::json!(1)));
}
