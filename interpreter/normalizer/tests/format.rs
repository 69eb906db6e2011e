//! What the formatter must never do, shown on every program there is: change the normal form or a token, or want to
//! change its own output. Also for sources whose white space and comments somebody has thrown about.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use rhodium_grammar::{FormatOptions, TokenKind, format, parse, tokens};
use rhodium_normalizer::{CompileError, Options, compile};
use rhodium_term::proto::encode;

/// Every program of the specification's data and of the project that parses.
static PROGRAMS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |name: &str| fs::read_to_string(root.join("tests/data").join(name)).expect(name);
    let mut found: Vec<String> = Vec::new();
    for line in read("oracle-programs.jsonl").lines() {
        strings(&serde_json::from_str(line).expect("a program per line"), &mut found);
    }
    for name in ["language-cases.toml", "runtime-vectors.toml", "registry-vectors.toml"] {
        strings(&toml::from_str(&read(name)).expect("tables"), &mut found);
    }
    let (contracts, golden) = (sources(&root.join("rholang")), sources(&root.join("grammar/tests/format")));
    assert!(contracts.len() >= 10 && golden.len() >= 8);
    found.extend(contracts.into_iter().chain(golden).map(|path| fs::read_to_string(path).expect("a source")));
    found.retain(|source| parse(source).is_ok());
    assert!(found.len() > 2500, "{} programs", found.len());
    found
});

/// Every text in a table; what is no program is sorted out later.
fn strings(value: &serde_json::Value, found: &mut Vec<String>) {
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        match value {
            serde_json::Value::String(text) => found.push(text.clone()),
            serde_json::Value::Array(items) => waiting.extend(items),
            serde_json::Value::Object(fields) => waiting.extend(fields.values()),
            _ => {}
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "rho" => found.push(path),
                _ => {}
            }
        }
    }
    found
}

fn formatted(source: &str, width: usize) -> String {
    format(source, &FormatOptions { width }).unwrap_or_else(|error| panic!("{error}:\n{source}"))
}

/// Kinds and texts; of comments what is not white space at the ends of their lines.
fn words(source: &str) -> Vec<(TokenKind, String)> {
    let word = |token: rhodium_grammar::Lexeme| {
        let text = &source[token.span.range()];
        let is_comment = token.kind == TokenKind::Comment;
        (token.kind, if is_comment { text.trim_end().replace("\r\n", "\n") } else { text.to_owned() })
    };
    tokens(source).map(|token| word(token.expect("a token"))).collect()
}

fn normal_form(source: &str) -> Result<Vec<u8>, String> {
    match compile(source, &Options::default()) {
        Ok(term) => Ok(encode(&term)),
        Err(CompileError::Normalize(errors)) => Err(errors[0].code().to_owned()),
        Err(error) => panic!("{error}:\n{source}"),
    }
}

fn check(source: &str, width: usize) {
    let once = formatted(source, width);
    assert_eq!(words(source), words(&once), "{source}");
    assert_eq!(formatted(&once, width), once, "not stable at width {width}:\n{source}");
    assert_eq!(normal_form(source), normal_form(&once), "{source}");
    assert!(once.ends_with('\n') && !once.starts_with('\n') && !once.contains("\n\n\n\n"), "{once}");
}

#[test]
fn every_program() {
    for source in PROGRAMS.iter() {
        check(source, 100);
        check(source, 30);
    }
}

/// What may stand between any two tokens.
const FILLERS: [&str; 12] = [
    " ",
    "\n",
    "\n\n\n",
    "\t",
    " /* c */ ",
    " // c \n",
    "\r\n",
    " /* a\r\n  b */",
    "\n// own\n",
    "\n/* own */\n",
    " /*x*/ /*y*/ // z \r\n",
    " /*\n\n\n*/ ",
];

/// The source with other white space and further comments; `choices` says where (all of them repeat) and which.
fn thrown_about(source: &str, choices: &[u8]) -> String {
    let (mut out, mut end) = (String::new(), 0);
    for (token, choice) in tokens(source).zip(choices.iter().cycle()) {
        let token = token.expect("a token");
        let gap = &source[end..token.span.start as usize];
        match FILLERS.get(usize::from(*choice)) {
            // A comment to the end of the line needs that end, and what leads the source is no gap.
            Some(filler) if end > 0 && !gap.starts_with(['\n', '\r']) => out.extend([" ", *filler]),
            _ => out.push_str(gap),
        }
        out.push_str(&source[token.span.range()]);
        end = token.span.end as usize;
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn programs_thrown_about(
        program in any::<prop::sample::Index>(),
        choices in prop::collection::vec(0..40u8, 1..300),
        width in prop::sample::select(vec![10, 40, 100]),
    ) {
        check(&thrown_about(program.get(&PROGRAMS[..]).as_str(), &choices), width);
    }
}
