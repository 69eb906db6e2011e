//! Every lint against the programs in `data/<lint>.rho`: what the lines marked `// expect` begin is found, and nothing
//! else. `// case: …` begins a program.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rhodium_grammar::{LineIndex, parse};
use rhodium_lint::{LINTS, Level, Levels, Lint, Selection, check};

fn lines_of(lint: &'static Lint, source: &str) -> BTreeSet<u32> {
    let Ok(parsed) = parse(source) else { return BTreeSet::from([0]) };
    let mut levels = Levels::default();
    levels.set(Selection::All, Level::Allow);
    levels.set(Selection::One(lint), Level::Warn);
    let index = LineIndex::new(source);
    let report = check(source, &parsed, &levels);
    for finding in &report.findings {
        assert_eq!((finding.lint, finding.level), (lint, Level::Warn));
        assert!(!finding.message.is_empty() && !finding.message.ends_with('.'), "{}", finding.message);
        assert!(source.get(finding.span.range()).is_some());
    }
    report.findings.iter().map(|finding| index.position(finding.span.start).line).collect()
}

#[test]
fn every_lint_finds_what_it_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut wrong = Vec::new();
    for lint in LINTS {
        let text = fs::read_to_string(folder.join(format!("{}.rho", lint.name))).expect(lint.name);
        let (mut positive, mut negative) = (0, 0);
        for case in text.split("// case: ").skip(1) {
            let (title, source) = case.split_once('\n').expect("a program below the title");
            let marked = (1..).zip(source.lines()).filter(|(_, line)| line.contains("// expect"));
            let expected: BTreeSet<u32> = marked.map(|(line, _)| line).collect();
            *(if expected.is_empty() { &mut negative } else { &mut positive }) += 1;
            let found = lines_of(lint, source);
            if found != expected {
                wrong.push(format!("{}, {title}: expected in lines {expected:?}, found in {found:?}", lint.name));
            }
        }
        assert!(positive >= 3 && negative >= 3, "{}: {positive} positive and {negative} negative cases", lint.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(fs::read_dir(folder).expect("the folder").count(), LINTS.len(), "a file for every lint");
}
