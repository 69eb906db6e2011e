//! Collections that are equal have equal bytes, whether they were written, computed, received or read from a state.

mod common;

use common::Space;
use rhodium_machine::Value;
use rhodium_term::proto::encode;
use rhodium_term::{Term, order};

/// The only data on `@"o"`, in the order they are sent in.
fn sent(space: &mut Space, source: &str) -> Vec<Term> {
    let receipt = space.run(source);
    assert!(receipt.succeeded(), "{source}\n{:?}", receipt.failures);
    let data = space.runtime.data(&common::value_of("\"o\"")).expect("data");
    data.into_iter().flatten().map(|value| value.to_term()).collect()
}

/// Several programs for one value: all of them equal in bytes, hash, equality and order.
fn same(programs: &[&str]) {
    let mut found: Vec<(String, Term)> = Vec::new();
    for program in programs {
        let mut space = Space::empty();
        for term in sent(&mut space, program) {
            found.push(((*program).to_owned(), term));
        }
        space.runtime.checkpoint().expect("a checkpoint");
        let stored = space.runtime.data(&common::value_of("\"o\"")).expect("data");
        found.extend(stored.into_iter().flatten().map(|value| (format!("stored: {program}"), value.to_term())));
    }
    assert_eq!(found.len(), 2 * programs.len());
    let (_, first) = &found[0];
    for (program, term) in &found {
        assert_eq!(hex::encode(encode(term)), hex::encode(encode(first)), "{program}");
        assert!(term == first && order::compare(term, first).is_eq(), "{program}");
        assert_eq!(term.structural_hash(), first.structural_hash(), "{program}");
        assert!(Value::from_term(term) == Value::from_term(first), "{program}");
    }
}

#[test]
fn maps() {
    same(&[
        "@\"o\"!({1: \"a\", [2]: Nil, \"k\": {3: 4}})",
        "@\"o\"!({\"k\": {3: 4}, 1: \"a\", [2]: Nil})",
        "@\"o\"!({}.set(1, \"a\").set(\"k\", {}.set(3, 4)).set([2], Nil))",
        "@\"o\"!({[2]: Nil, 1: \"b\"}.union({\"k\": {3: 4}, 1: \"a\"}))",
        "@\"o\"!({[2]: Nil, 1: \"a\", 7: 7, \"k\": {3: 4}}.delete(7))",
        "@\"p\"!([(1, \"a\"), (\"k\", {3: 4}), ([1 + 1], Nil)].toMap()) | for (@m <- @\"p\") { @\"o\"!(m) }",
        "@\"p\"!({3: 4}, 2) | for (@m, @n <- @\"p\") { @\"o\"!({\"k\": m, 1: \"a\", [n]: Nil}) }",
    ]);
}

#[test]
fn sets() {
    same(&[
        "@\"o\"!(Set(1, \"x\", (1, 2), @1!(2) | 3))",
        "@\"o\"!(Set(3 | @1!(2), (1, 2), \"x\", 1, \"x\"))",
        "@\"o\"!(Set().add(\"x\").add(1).add(3 | @1!(2)).add((1, 2)).add(1))",
        "@\"o\"!(Set(1, 5, \"x\") -- Set(5) ++ Set((1, 2), @1!(2) | 3))",
        "@\"o\"!(Set(1, \"x\").union(Set((1, 2), @1!(2) | 3, 1)))",
        "@\"p\"!([1, \"x\", (1, 2), @1!(2) | 3].toSet()) | for (@s <- @\"p\") { @\"o\"!(s) }",
    ]);
}

#[test]
fn lists_and_processes() {
    same(&[
        "@\"o\"!([1, (2, \"ab\"), @1!(2) | @0!(1)])",
        "@\"o\"!([1, (1 + 1, \"a\" ++ \"b\")] ++ [@0!(1) | @1!(2)])",
        "@\"p\"!(2, @1!(2)) | for (@n, @q <- @\"p\") { @\"o\"!([1, (n, \"ab\"), q | @0!(1)]) }",
        "@\"o\"!([0, 1, (2, \"ab\"), @1!(2) | @0!(1), 9].slice(1, 4))",
    ]);
}
