//! The table `to_byte_array` of `tests/data/registry-vectors.toml`, through a program that calls the method.

mod common;

use common::Space;
use rhodium_machine::Value;
use rhodium_machine::system::SystemContext;
use rhodium_machine::{Evaluation, Program, UNLIMITED_PHLO};
use rhodium_random::Random;
use rhodium_term::Term;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    to_byte_array: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    term: String,
    bytes: String,
}

/// The process of a row: Rholang, or words for what no program can write; `secret` is bound to the private name then.
fn process(term: &str) -> String {
    match term {
        "unforgeable 32x01" => "*secret".to_string(),
        "bundle+{unforgeable 32x01}" => "bundle+{*secret}".to_string(),
        uri if uri.starts_with("uri ") => format!("`{}`", &uri[4..]),
        other => other.to_string(),
    }
}

#[test]
fn to_byte_array() {
    let file: File = toml::from_str(&common::data("registry-vectors.toml")).expect("the vectors");
    assert!(!file.to_byte_array.is_empty());
    for row in &file.to_byte_array {
        let source = format!("new secret(`test:secret`) in {{ @\"r\"!({{ {} }}.toByteArray()) }}", process(&row.term));
        let mut space = Space::empty();
        let mut context = SystemContext::default();
        let secret = Value::item(Term::private([1u8; 32]));
        context.injections.insert("test:secret".to_string(), secret);
        let random = Random::from_seed(&[]);
        let program = Program::Source(&source);
        let evaluation = Evaluation { program, source: 1, phlo: UNLIMITED_PHLO, random };
        let receipt = space.runtime.evaluate(evaluation, &mut context);
        assert!(receipt.succeeded(), "{}: {:?}", row.term, receipt.failures);
        let expected = Value::bytes(hex::decode(&row.bytes).expect("hex"));
        let data = space.runtime.data(&common::value_of("\"r\"")).expect("data");
        assert_eq!(data, vec![vec![expected]], "{}", row.term);
    }
}
