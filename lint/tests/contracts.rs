//! No false positives on the system contracts and their tests.

use std::fs;
use std::path::Path;

use rhodium_grammar::{LineIndex, parse};
use rhodium_lint::{Levels, check};

#[test]
fn the_contracts_of_the_project_are_clean() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rholang");
    let mut count = 0;
    let mut found = Vec::new();
    for folder in ["system", "tests"].map(|name| folder.join(name)) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let source = fs::read_to_string(&path).expect("text");
            let parsed = parse(&source).expect("a program");
            let index = LineIndex::new(&source);
            let report = check(&source, &parsed, &Levels::default());
            found.extend(report.findings.iter().map(|finding| {
                let at = index.position(finding.span.start);
                format!("{}:{}:{} {}: {}", path.display(), at.line, at.column, finding.lint.name, finding.message)
            }));
            count += 1;
        }
    }
    assert!(count >= 17, "{count} contracts");
    assert!(found.is_empty(), "{}", found.join("\n"));
}
