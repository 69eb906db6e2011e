//! Where inputs come from: the programs and vectors of the project as seeds, and the committed corpus.
//!
//! Inputs belong to a shape, so all targets of a shape share them. `corpus/SHAPE/` has what the fuzzer found and a
//! seed does not already reach; `regressions/SHAPE/` has one file for each defect that was found and mended.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use prost::Message;
use rhodium_genesis::{encode_block, schema, seal};
use rhodium_normalizer::{Options, compile};
use rhodium_term::proto::encode;
use rhodium_term::state_codec::{
    BindPattern, Consume, ContinuationBody, Datum, ListParWithRandom, Produce, TaggedContinuation, WaitingContinuation,
    channel_hash, join_bytes, leaf_bytes, state_bytes,
};
use rhodium_term::{Term, Var};

use crate::targets::Shape;

/// The length of a random state.
const RANDOM_LEN: usize = 536;

impl Shape {
    /// The name of its directories.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Source => "source",
            Shape::Message => "message",
            Shape::Selected => "selected",
        }
    }
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(project(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The directory of the committed corpus of a shape.
pub fn corpus_dir(shape: Shape) -> PathBuf {
    project("fuzz/corpus").join(shape.name())
}

/// The directory of mended defects of a shape.
pub fn regressions_dir(shape: Shape) -> PathBuf {
    project("fuzz/regressions").join(shape.name())
}

/// The files of a directory with their names, sorted by name; none if it does not exist.
pub fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    paths.iter().filter_map(|path| Some((name(path), fs::read(path).ok()?))).collect()
}

/// What a shape starts from.
pub fn seeds(shape: Shape) -> Vec<Vec<u8>> {
    match shape {
        Shape::Source => sources().into_iter().map(String::into_bytes).collect(),
        Shape::Message => terms().iter().map(encode).collect(),
        Shape::Selected => selected(),
    }
}

/// Every source in the project: the specification's cases, the measured programs, contracts and their tests.
pub fn sources() -> Vec<String> {
    let mut sources: Vec<String> = read("tests/data/oracle-programs.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a row"))
        .filter_map(|row| row["source"].as_str().map(str::to_owned))
        .collect();
    for (file, tables) in [
        ("language-cases.toml", &["case"][..]),
        ("runtime-vectors.toml", &["program", "ext_program", "reference_cost", "error", "out_of_phlo", "term_hash"]),
    ] {
        for row in tables.iter().flat_map(|table| rows(file, table)) {
            sources.extend(text(&row, "source").map(str::to_owned));
        }
    }
    for directory in ["rholang/system", "rholang/tests"] {
        sources.extend(files(&project(directory)).into_iter().filter_map(|(_, bytes)| String::from_utf8(bytes).ok()));
    }
    sources
}

fn rows(file: &str, table: &str) -> Vec<toml::Value> {
    let vectors: toml::Table = toml::from_str(&read(&format!("tests/data/{file}"))).expect("test data");
    vectors.get(table).and_then(toml::Value::as_array).cloned().unwrap_or_default()
}

fn text<'v>(row: &'v toml::Value, field: &str) -> Option<&'v str> {
    row.get(field).and_then(toml::Value::as_str)
}

fn bytes(row: &toml::Value, field: &str) -> Option<Vec<u8>> {
    text(row, field).and_then(|text| hex::decode(text).ok())
}

fn terms() -> Vec<Term> {
    sources().iter().filter_map(|source| compile(source, &Options::default()).ok()).collect()
}

/// For each decoder of the targets `state` and `messages` some inputs, behind the byte that selects it.
fn selected() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    let mut add = |selector: u8, bytes: Vec<u8>| seeds.push([vec![selector], bytes].concat());
    for pair in terms().windows(2).step_by(7) {
        add(0, state_bytes(&pair[0]));
        add(1, datum(pair).to_bytes());
        add(2, waiting(pair).to_bytes());
        add(3, join_bytes(pair));
        add(4, leaf_bytes(vec![datum(pair).to_bytes(), state_bytes(&pair[1])]));
    }
    rows("runtime-vectors.toml", "rng")
        .iter()
        .filter_map(|row| bytes(row, "state_ext"))
        .for_each(|state| add(5, state));
    // The selector of `messages` counts modulo 2.
    let deploys: Vec<_> = rows("registry-vectors.toml", "deploy");
    deploys.iter().filter_map(|row| bytes(row, "deploy_proto")).for_each(|deploy| add(0, deploy));
    for row in rows("registry-vectors.toml", "block_hash_nested") {
        add(1, block(&row, &deploys));
    }
    seeds
}

fn datum(terms: &[Term]) -> Datum<'_> {
    let data = ListParWithRandom { pars: Cow::Borrowed(terms), random: Cow::Owned(vec![7; RANDOM_LEN]) };
    let source = Produce::new(channel_hash(&Term::nil()), &data, false);
    Datum { data, persistent: false, source }
}

fn waiting(terms: &[Term]) -> WaitingContinuation<'_> {
    let bind = BindPattern { patterns: Cow::Borrowed(terms), remainder: Some(Var::Wildcard), free_count: 1 };
    let body = ContinuationBody::Process { body: terms[0].clone(), random: Cow::Owned(vec![7; RANDOM_LEN]) };
    let continuation = TaggedContinuation { guard: Some(terms[0].clone()), body };
    let source = Consume::new(vec![channel_hash(&terms[0])], std::slice::from_ref(&bind), &continuation, true);
    WaitingContinuation { patterns: vec![bind], continuation, persistent: true, peeks: vec![0], source }
}

/// A whole block with the measured header and body.
fn block(row: &toml::Value, deploys: &[toml::Value]) -> Vec<u8> {
    let header = bytes(row, "header").and_then(|bytes| schema::Header::decode(bytes.as_slice()).ok());
    let body = bytes(row, "body").and_then(|bytes| schema::Body::decode(bytes.as_slice()).ok());
    let mut block = schema::BlockMessage { header, body, shard_id: "root".into(), ..Default::default() };
    if let Some(body) = &mut block.body {
        let deploy =
            deploys.first().and_then(|row| schema::DeployData::decode(bytes(row, "deploy_proto")?.as_slice()).ok());
        body.deploys.push(schema::ProcessedDeploy { deploy, ..Default::default() });
    }
    seal(&mut block);
    encode_block(&block)
}
