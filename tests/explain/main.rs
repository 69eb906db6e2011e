//! `rho explain`: every code has a page, and the examples of every page do what they say.

#[path = "../cli/mod.rs"]
mod cli;
mod examples;
mod prepared;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cli::rho;
use examples::{Example, Family, Sort};
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Codes that no input of a test can provoke, and why.
const NO_EXAMPLE: &[(&str, &str)] = &[
    ("E0119", "a source beyond 256 MiB; the command line refuses it before (E0905)"),
    ("E0213", "a normal form beyond 512 MiB"),
    ("E0306", "an ill-formed term, which no program normalises to"),
    ("E0313", "limits that take minutes to reach"),
    ("E0324", "somebody at the keyboard"),
    ("E0321", "a damaged state in a store that opens"),
    ("E0654", "the linker refuses every set that could"),
    ("E0657", "a store that fails while it is used"),
    ("E0902", "tests may run as a user who can read everything"),
    ("E0907", "a damaged state in a store that opens"),
];

fn families() -> Vec<Family> {
    let mut paths: Vec<_> =
        fs::read_dir(Path::new(ROOT).join("docs/codes")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.file_stem().is_some_and(|stem| stem != "README"));
    paths.sort();
    paths.iter().map(|path| Family::parse(&fs::read_to_string(path).unwrap())).collect()
}

/// The codes in the sources, outside tests: literals such as `"E0101"`.
fn codes_in_sources() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let mut pending: Vec<_> =
        ["src", "grammar/src", "interpreter", "registry/src", "keys/src", "genesis/src", "lint/src"]
            .map(|folder| Path::new(ROOT).join(folder))
            .to_vec();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let skipped = path.file_name().is_some_and(|name| name == "tests" || name == "target");
            if !skipped {
                pending.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            codes.extend(text.split('"').filter(|literal| is_code(literal)).map(str::to_owned));
        }
    }
    codes
}

fn is_code(text: &str) -> bool {
    let digits = text.strip_prefix(['E', 'W']).unwrap_or_default();
    digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[test]
fn every_code_has_its_page() {
    let pages: BTreeSet<String> = families().iter().flat_map(|family| family.codes()).collect();
    let codes = codes_in_sources();
    assert!(codes.len() > 80, "the codes are not found: {codes:?}");
    assert_eq!(codes.difference(&pages).collect::<Vec<_>>(), Vec::<&String>::new(), "codes without a page");
    assert_eq!(pages.difference(&codes).collect::<Vec<_>>(), Vec::<&String>::new(), "pages without a code");
}

#[test]
fn every_page_has_its_examples() {
    for family in families() {
        for page in &family.pages {
            let exempt = NO_EXAMPLE.iter().any(|(code, _)| *code == page.code);
            assert_eq!(page.examples.is_empty(), exempt, "{} has examples, or a reason to have none", page.code);
            assert!(exempt || page.examples.len() == 2, "{}: one wrong and one right example", page.code);
            assert!(!page.text.is_empty() || !exempt, "{} says nothing", page.code);
        }
    }
}

#[test]
fn examples_do_what_they_say() {
    let mut wrong = Vec::new();
    for family in families() {
        for page in &family.pages {
            for example in &page.examples {
                if let Err(reason) = check(&family, &page.code, example) {
                    wrong.push(format!("{} {:?}: {reason}", page.code, example.sort));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(family: &Family, code: &str, example: &Example) -> Result<(), String> {
    let found = if example.prepared {
        prepared::codes(code, example.sort)
    } else {
        let answer = examples::run(family, code, example);
        examples::codes(&answer)
    };
    match example.sort {
        Sort::Wrong if found.iter().any(|other| other == code) => Ok(()),
        Sort::Right if found.is_empty() => Ok(()),
        _ => Err(format!("the codes are {found:?}")),
    }
}

#[test]
fn pages_are_found_by_code_and_by_near_misses() {
    let page = rho(&["explain", "e0113"]);
    assert_eq!(page.status, 0);
    assert!(page.stdout.starts_with("E0113: "), "{}", page.stdout);
    assert!(page.stdout.contains("Wrong:") && page.stdout.contains("Right:"));
    let list = rho(&["explain"]);
    assert!(list.stdout.lines().any(|line| line.starts_with("E0212  ")), "{}", list.stdout);
    let json = rho(&["explain", "E0101", "E0102", "--json"]).json();
    let codes: Vec<&Value> = json["pages"].as_array().unwrap().iter().map(|page| &page["code"]).collect();
    assert_eq!(codes, ["E0101", "E0102"]);
    let missing = rho(&["explain", "E0103x"]);
    assert_eq!(missing.status, 2);
    assert!(missing.stderr.contains("did you mean `E0103`?"), "{}", missing.stderr);
    assert_eq!(rho(&["explain", "nonsense", "--json"]).code(), "E0801");
}
