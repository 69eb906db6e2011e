//! What users are told about programs that do not compile: every program in `tests/diagnostics/` with its rendering.
//!
//! A file has sections `=== title`, the program, `---`, and what `rho norm` writes to standard error.
//! `REFRESH=1 cargo test --test diagnostics` writes the renderings anew; read what changed before you keep it.

mod cli;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use cli::rho_with;

struct Case {
    title: String,
    source: String,
    rendering: String,
}

fn files() -> Vec<PathBuf> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/diagnostics");
    let entries = fs::read_dir(directory).expect("the directory");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn cases(text: &str) -> Vec<Case> {
    let sections = text.strip_prefix("=== ").expect("a title").split("\n=== ");
    let case = |section: &str| {
        let (title, rest) = section.split_once('\n').expect("a program");
        let (source, rendering) = rest.split_once("\n---\n").expect("a rendering");
        Case { title: title.to_owned(), source: source.to_owned(), rendering: rendering.trim_end().to_owned() }
    };
    sections.map(case).collect()
}

fn rendering(case: &Case) -> String {
    let ran = rho_with(&case.source, &["norm", "-"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{}: {}", case.title, ran.stderr);
    let lines: Vec<&str> = ran.stderr.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

#[test]
fn wrong_programs_are_explained() {
    let mut wrong = Vec::new();
    let mut total = 0;
    for file in files() {
        let text = fs::read_to_string(&file).expect("text");
        let mut fresh = Vec::new();
        for case in cases(&text) {
            total += 1;
            let found = rendering(&case);
            if found != case.rendering {
                wrong.push(format!("{}: {}\n{found}\nnot\n{}", file.display(), case.title, case.rendering));
            }
            fresh.push(format!("=== {}\n{}\n---\n{found}\n", case.title, case.source));
        }
        if std::env::var_os("REFRESH").is_some() {
            fs::write(&file, fresh.join("\n")).expect("written");
        }
    }
    assert!(total >= 120, "only {total} programs");
    if std::env::var_os("REFRESH").is_none() {
        assert!(wrong.is_empty(), "{} of {total} differ:\n{}", wrong.len(), wrong.join("\n\n"));
    }
}

#[test]
fn every_code_has_a_program() {
    let text: String = files().iter().map(|file| fs::read_to_string(file).expect("text")).collect();
    let all = rhodium_grammar::codes::ALL.iter().chain(rhodium_normalizer::ALL_CODES).map(|(code, _)| *code);
    // Two limits, whose programs are too long for a file.
    let limits = BTreeSet::from(["E0119", "E0213"]);
    let missing: Vec<&str> =
        all.filter(|code| !limits.contains(code) && !text.contains(&format!("[{code}] Error"))).collect();
    assert!(missing.is_empty(), "no program for {missing:?}");
}
