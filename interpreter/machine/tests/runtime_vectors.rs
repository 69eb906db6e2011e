//! The vectors of `tests/data/runtime-vectors.toml` that need the whole interpreter (runtime.md 11), level 2 values.

mod common;

use std::borrow::Cow;

use common::{Space, kinds, random, value_of};
use rhodium_machine::UNLIMITED_PHLO;
use rhodium_normalizer::{Options, compile};
use rhodium_random::Random;
use rhodium_term::order::compare;
use rhodium_term::proto::encode;
use rhodium_term::state_codec::{
    BindPattern, Consume, ContinuationBody, ListParWithRandom, Produce, TaggedContinuation, channel_hash,
};
use rhodium_term::{Head, Term};
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    term_hash: Vec<TermHash>,
    produce_hash: Vec<ProduceHash>,
    consume_hash: Vec<ConsumeHash>,
    program: Vec<Program>,
    ext_program: Vec<Program>,
    reference_cost: Vec<ReferenceCost>,
    state_root: Vec<StateRoot>,
    error: Vec<ErrorCase>,
    out_of_phlo: Vec<OutOfPhlo>,
    order: Vec<Order>,
    order_bytes: Vec<OrderBytes>,
    order_strings: Vec<OrderStrings>,
}

#[derive(Deserialize)]
struct TermHash {
    id: String,
    source: String,
    proto_ext: Option<String>,
    channel_hash_ext: Option<String>,
}

#[derive(Deserialize)]
struct ProduceHash {
    id: String,
    channel: String,
    data: Vec<String>,
    persistent: bool,
    random_seed: String,
    random_ops: Vec<String>,
    hash_ext: Option<String>,
}

#[derive(Deserialize)]
struct ConsumeHash {
    id: String,
    source: String,
    random_seed: String,
    random_ops: Vec<String>,
    hash_ext: Option<String>,
}

#[derive(Deserialize)]
struct Program {
    id: String,
    source: String,
    #[serde(default)]
    seed: String,
    cost_ext: Option<i64>,
    root_ext: Option<String>,
    comms: Option<u64>,
    normalized_ext: Option<String>,
    data_on_r_ext: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct ReferenceCost {
    id: String,
    source: String,
    cost_ext: i64,
}

#[derive(Deserialize)]
struct StateRoot {
    id: String,
    root_ext: Option<String>,
}

#[derive(Deserialize)]
struct ErrorCase {
    id: String,
    source: String,
    phlo: i64,
    kind: String,
    error_count: Option<usize>,
    cost_ext: Option<i64>,
}

#[derive(Deserialize)]
struct OutOfPhlo {
    id: String,
    source: String,
    phlo: i64,
    cost: i64,
}

#[derive(Deserialize)]
struct Order {
    id: String,
    terms: Vec<String>,
    sorted: Option<Vec<String>>,
    sorted_ext: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct OrderBytes {
    id: String,
    hex: Vec<String>,
    sorted_ext: Vec<String>,
}

#[derive(Deserialize)]
struct OrderStrings {
    id: String,
    strings: Vec<String>,
    sorted_ext: Vec<String>,
}

/// Collects what differs.
#[derive(Default)]
struct Report {
    checked: usize,
    failed: Vec<String>,
}

impl Report {
    fn check(&mut self, id: &str, what: &str, expected: impl PartialEq<String> + std::fmt::Debug, got: String) {
        self.checked += 1;
        if expected != got {
            self.failed.push(format!("{id}: {what}: expected {expected:?}, got {got:?}"));
        }
    }

    fn end(self) {
        println!("{} values equal of {}", self.checked - self.failed.len(), self.checked);
        assert!(self.checked > 0 && self.failed.is_empty(), "{}", self.failed.join("\n"));
    }
}

fn file() -> File {
    toml::from_str(&common::data("runtime-vectors.toml")).expect("the vectors")
}

fn term(source: &str) -> Term {
    compile(source, &Options::default()).expect("a process")
}

#[test]
fn terms_and_events() {
    let file = file();
    let mut report = Report::default();
    for row in &file.term_hash {
        let term = term(&row.source);
        if let Some(proto) = &row.proto_ext {
            report.check(&row.id, "protobuf", proto.clone(), hex::encode(encode(&term)));
        }
        if let Some(hash) = &row.channel_hash_ext {
            report.check(&row.id, "channel hash", hash.clone(), hex::encode(channel_hash(&term)));
        }
    }
    for row in &file.produce_hash {
        let pars: Vec<Term> = row.data.iter().map(|d| term(d)).collect();
        let random = random(&row.random_seed, &row.random_ops).to_bytes();
        let data = ListParWithRandom { pars: Cow::Owned(pars), random: Cow::Borrowed(&random) };
        let event = Produce::new(channel_hash(&term(&row.channel)), &data, row.persistent);
        if let Some(hash) = &row.hash_ext {
            report.check(&row.id, "produce hash", hash.clone(), hex::encode(event.hash));
        }
    }
    for row in &file.consume_hash {
        let receive = term(&row.source);
        let receive = receive.single_item().expect("a receive");
        let Head::Receive { persistent, binds, .. } = receive.head() else { panic!("a receive") };
        let (binds, rest) = receive.children().split_at(*binds as usize);
        let mut channels = Vec::new();
        let mut patterns = Vec::new();
        for bind in binds {
            let Head::Bind { free_count, remainder } = bind.head() else { panic!("a bind") };
            channels.push(channel_hash(&bind.children()[0]));
            let terms = Cow::Owned(bind.children()[1..].to_vec());
            patterns.push(BindPattern { patterns: terms, remainder: *remainder, free_count: *free_count });
        }
        let random = random(&row.random_seed, &row.random_ops).to_bytes();
        let body = ContinuationBody::Process { body: rest[0].clone(), random: Cow::Borrowed(&random) };
        let event = Consume::new(channels, &patterns, &TaggedContinuation { guard: None, body }, *persistent);
        if let Some(hash) = &row.hash_ext {
            report.check(&row.id, "consume hash", hash.clone(), hex::encode(event.hash));
        }
    }
    report.end();
}

#[test]
fn programs() {
    let file = file();
    let mut report = Report::default();
    for row in file.program.iter().chain(&file.ext_program) {
        if let Some(proto) = &row.normalized_ext {
            report.check(&row.id, "normal form", proto.clone(), hex::encode(encode(&term(&row.source))));
        }
        let mut space = Space::empty();
        let receipt = space.run_with(&row.source, UNLIMITED_PHLO, random(&row.seed, &[]));
        if let Some(cost) = row.cost_ext {
            report.check(&row.id, "cost", cost.to_string(), receipt.cost.to_string());
        }
        if let Some(comms) = row.comms {
            report.check(&row.id, "COMMs", comms.to_string(), receipt.comms.to_string());
        }
        if let Some(expected) = &row.data_on_r_ext {
            let data = space.runtime.data(&value_of("\"r\"")).expect("data");
            let mut found: Vec<String> =
                data.iter().flatten().map(|value| hex::encode(encode(&value.to_term()))).collect();
            let mut expected = expected.clone();
            found.sort();
            expected.sort();
            report.check(&row.id, "data", format!("{expected:?}"), format!("{found:?}"));
        }
        if let Some(root) = &row.root_ext {
            report.check(&row.id, "root", root.clone(), space.runtime.checkpoint().expect("checkpoint").to_string());
        }
    }
    report.end();
}

#[test]
fn costs_errors_and_roots() {
    let file = file();
    let mut report = Report::default();
    for row in &file.reference_cost {
        report.check(&row.id, "cost", row.cost_ext.to_string(), Space::empty().run(&row.source).cost.to_string());
    }
    for row in &file.error {
        let receipt = Space::empty().run_with(&row.source, row.phlo, Random::from_seed(&[]));
        let kinds = kinds(&receipt);
        let fits = match row.kind.as_str() {
            "Compile" => receipt.comms == 0 && !kinds.is_empty(),
            "MethodArity" => kinds.iter().any(|k| k == "MethodArgumentNumberMismatch"),
            "Aggregate" => kinds.len() > 1,
            kind => kinds.iter().any(|k| k.starts_with(kind)),
        };
        report.check(&row.id, &format!("kind {} in {kinds:?}", row.kind), "true".to_string(), fits.to_string());
        if let Some(cost) = row.cost_ext {
            report.check(&row.id, "cost", cost.to_string(), receipt.cost.to_string());
        }
        if let Some(count) = row.error_count {
            report.check(&row.id, "errors", count.to_string(), kinds.len().to_string());
        }
    }
    for row in &file.out_of_phlo {
        let mut space = Space::empty();
        let receipt = space.run_with(&row.source, row.phlo, Random::from_seed(&[]));
        report.check(&row.id, "kinds", "[\"OutOfPhlogistonsError\"]".to_string(), format!("{:?}", kinds(&receipt)));
        report.check(&row.id, "cost", row.cost.to_string(), receipt.cost.to_string());
        let before = space.runtime.root().to_string();
        report.check(&row.id, "root", before, space.runtime.checkpoint().expect("checkpoint").to_string());
    }
    for row in file.state_root.iter().filter(|row| row.id.contains("bootstrap")) {
        if let Some(root) = &row.root_ext {
            report.check(&row.id, "root", root.clone(), Space::bootstrapped().runtime.root().to_string());
        }
    }
    report.end();
}

#[test]
fn canonical_order() {
    let file = file();
    let mut report = Report::default();
    for row in &file.order {
        let Some(expected) = row.sorted_ext.as_ref().or(row.sorted.as_ref()) else { continue };
        let mut terms: Vec<(Term, &String)> = row.terms.iter().map(|t| (term(t), t)).collect();
        terms.sort_by(|a, b| compare(&a.0, &b.0));
        let found: Vec<&String> = terms.into_iter().map(|(_, t)| t).collect();
        report.check(&row.id, "order", format!("{expected:?}"), format!("{found:?}"));
    }
    for row in &file.order_bytes {
        let bytes = |text: &String| Term::single(Term::bytes(hex::decode(text).expect("hex")));
        let mut found = row.hex.clone();
        found.sort_by(|a, b| compare(&bytes(a), &bytes(b)));
        report.check(&row.id, "order", format!("{:?}", row.sorted_ext), format!("{found:?}"));
    }
    for row in &file.order_strings {
        let string = |text: &String| Term::single(Term::string(text.as_str()));
        let mut found = row.strings.clone();
        found.sort_by(|a, b| compare(&string(a), &string(b)));
        report.check(&row.id, "order", format!("{:?}", row.sorted_ext), format!("{found:?}"));
    }
    report.end();
}
