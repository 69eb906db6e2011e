//! The vectors of registry-genesis 9 that concern genesis: input files, templates, deploys and block hashes.

use prost::Message;
use rhodium_genesis::{
    BondRules, DeployData, FileErrors, SignedDeploy, block_hash, decode_block, encode_block, parse_bonds,
    parse_wallets, schema, seal, substitute,
};
use rhodium_keys::{Algorithm, SecretKey, blake2b256, sign_secp256k1};
use toml::{Table, Value};

fn rows(table: &str) -> Vec<Table> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/registry-vectors.toml");
    let vectors: Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    vectors[table].as_array().unwrap().iter().map(|row| row.as_table().unwrap().clone()).collect()
}

fn text<'a>(row: &'a Table, field: &str) -> &'a str {
    row[field].as_str().unwrap()
}

fn int(row: &Table, field: &str) -> i64 {
    row[field].as_integer().unwrap()
}

fn bytes(row: &Table, field: &str) -> Vec<u8> {
    hex::decode(text(row, field)).unwrap()
}

/// Pairs of a text and a number.
fn pairs(value: &Value) -> Vec<(String, i64)> {
    let pair = |pair: &Value| (pair[0].as_str().unwrap().to_owned(), pair[1].as_integer().unwrap());
    value.as_array().unwrap().iter().map(pair).collect()
}

/// The problem that makes the first line with an error bad, as text.
fn first<P: std::fmt::Display>(errors: FileErrors<P>) -> String {
    errors.0[0].problem.to_string()
}

/// Compares results of both modes with a row. `own` is the field of the network f1r3fly, where it differs.
fn check_file<E: PartialEq + std::fmt::Debug>(
    row: &Table,
    (common, own): (&str, &str),
    strict: Result<E, String>,
    lenient: Result<E, String>,
    expected: impl Fn(&Value) -> E,
) {
    let name = text(row, "name");
    let fails = |result: &Result<E, String>, start: &str| result.as_ref().is_err_and(|error| error.starts_with(start));
    let refusal = ["error", "error_prefix"].iter().find_map(|field| row.get(*field)).and_then(Value::as_str);
    match (row.get(own), refusal) {
        (Some(entries), Some(refusal)) => {
            assert_eq!(lenient, Ok(expected(entries)), "{name}");
            assert!(fails(&strict, refusal), "{name}: {strict:?}");
        }
        (None, Some(refusal)) => {
            assert!(fails(&lenient, refusal), "{name}: {lenient:?}");
            assert!(fails(&strict, refusal), "{name}: {strict:?}");
        }
        _ => {
            assert_eq!(lenient, Ok(expected(&row[common])), "{name}");
            match row.get("strict_error").and_then(Value::as_str) {
                Some(refusal) => assert!(fails(&strict, refusal), "{name}: {strict:?}"),
                None => assert_eq!(strict, Ok(expected(&row[common])), "{name}"),
            }
        }
    }
}

#[test]
fn bonds_files() {
    for row in rows("bonds_file") {
        let parse = |lenient| {
            let rules = BondRules { lenient, ..BondRules::default() };
            let bonds = parse_bonds(text(&row, "text").as_bytes(), &rules).map_err(first)?;
            Ok(bonds.into_iter().map(|bond| (hex::encode(bond.validator), bond.stake)).collect())
        };
        check_file(&row, ("bonds", "f1r3fly_bonds"), parse(false), parse(true), pairs);
    }
}

#[test]
fn wallets_files() {
    for mut row in rows("wallets_file") {
        // The network accepts a balance of 2^63 and more, which its contracts cannot read; we never do.
        row.remove("f1r3fly_vaults");
        let parse = |lenient| {
            let wallets = parse_wallets(text(&row, "text").as_bytes(), lenient).map_err(first)?;
            Ok(wallets.into_iter().map(|wallet| (wallet.address, wallet.balance)).collect())
        };
        check_file(&row, ("vaults", "f1r3fly_vaults"), parse(false), parse(true), pairs);
    }
}

#[test]
fn templates() {
    for row in rows("template") {
        let macros = row["macros"].as_array().unwrap();
        let macros: Vec<_> = macros.iter().map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap())).collect();
        assert_eq!(substitute(text(&row, "template"), &macros), text(&row, "result"), "{}", text(&row, "name"));
    }
}

#[test]
fn deploys() {
    for row in rows("deploy") {
        let name = text(&row, "name");
        let data = DeployData {
            term: text(&row, "term").to_owned(),
            timestamp: int(&row, "timestamp"),
            phlo_price: int(&row, "phlo_price"),
            phlo_limit: int(&row, "phlo_limit"),
            valid_after_block_number: int(&row, "valid_after_block_number"),
            shard_id: text(&row, "shard_id").to_owned(),
            expiration_timestamp: 0,
        };
        assert_eq!(hex::encode(data.signed_bytes()), text(&row, "signed_bytes"), "{name}");
        let algorithm = Algorithm::from_name(text(&row, "sig_algorithm")).unwrap();
        let signed = data.sign(algorithm, &SecretKey::from_hex(text(&row, "secret_key")).unwrap());
        assert_eq!(signed.deployer().to_hex(), text(&row, "deployer"), "{name}");
        assert_eq!(hex::encode(signed.digest()), text(&row, "hash"), "{name}");
        assert_eq!(hex::encode(signed.id()), text(&row, "sig"), "{name}");
        assert_eq!(hex::encode(signed.to_bytes()), text(&row, "deploy_proto"), "{name}");
        assert_eq!(SignedDeploy::from_bytes(&bytes(&row, "deploy_proto")), Ok(signed), "{name}");
    }
}

/// Serialised deploys and their costs.
fn deploys_of(row: &Table) -> impl Iterator<Item = (schema::DeployData, i64)> {
    let protos = row["deploy_protos"].as_array().unwrap();
    let costs = row["deploy_costs"].as_array().unwrap();
    protos.iter().zip(costs).map(|(proto, cost)| {
        let proto = hex::decode(proto.as_str().unwrap()).unwrap();
        (schema::DeployData::decode(proto.as_slice()).unwrap(), cost.as_integer().unwrap())
    })
}

fn bonds_of(row: &Table) -> impl Iterator<Item = (Vec<u8>, i64)> {
    pairs(&row["bonds"]).into_iter().map(|(key, stake)| (hex::decode(key).unwrap(), stake))
}

fn nested_block(row: &Table) -> schema::BlockMessage {
    let header = schema::Header {
        timestamp: int(row, "header_timestamp"),
        version: int(row, "header_version"),
        ..schema::Header::default()
    };
    let state = schema::RChainState {
        pre_state_hash: bytes(row, "pre_state_hash"),
        post_state_hash: bytes(row, "post_state_hash"),
        bonds: bonds_of(row).map(|(validator, stake)| schema::Bond { validator, stake }).collect(),
        block_number: int(row, "block_number"),
    };
    let deploy = |(deploy, cost): (schema::DeployData, i64)| schema::ProcessedDeploy {
        deploy: Some(deploy),
        cost: Some(schema::PCost { cost: cost.try_into().unwrap() }),
        ..schema::ProcessedDeploy::default()
    };
    let deploys = deploys_of(row).map(deploy).collect();
    schema::BlockMessage {
        header: Some(header),
        body: Some(schema::Body { state: Some(state), deploys, ..schema::Body::default() }),
        seq_num: int(row, "seq_num").try_into().unwrap(),
        shard_id: text(row, "shard_id").to_owned(),
        ..schema::BlockMessage::default()
    }
}

/// One-field messages, as the first version of the older network's hash wraps scalars.
fn mainnet_v1_hash(block: &schema::BlockMessage) -> [u8; 32] {
    let parts = [
        block.header.as_ref().unwrap().encode_to_vec(),
        block.body.as_ref().unwrap().encode_to_vec(),
        block.sender.clone(),
        block.sig_algorithm.encode_to_vec(),
        block.seq_num.encode_to_vec(),
        block.shard_id.encode_to_vec(),
        block.extra_bytes.clone(),
    ];
    blake2b256(&parts.concat())
}

#[test]
fn nested_block_hashes() {
    for row in rows("block_hash_nested") {
        let mut block = nested_block(&row);
        assert_eq!(hex::encode(block.header.as_ref().unwrap().encode_to_vec()), text(&row, "header"));
        assert_eq!(hex::encode(block.body.as_ref().unwrap().encode_to_vec()), text(&row, "body"));
        assert_eq!(hex::encode(block_hash(&block)), text(&row, "f1r3fly_hash"));
        assert_eq!(hex::encode(mainnet_v1_hash(&block)), text(&row, "mainnet_v1_hash"));
        seal(&mut block);
        assert_eq!(hex::encode(&block.block_hash), text(&row, "f1r3fly_hash"));
        assert_eq!(decode_block(&encode_block(&block)), Ok(block));
    }
}

/// The flat layout of the older network, as far as its vectors use it. The product neither reads nor writes it.
#[derive(Clone, PartialEq, Message)]
struct FlatBlock {
    #[prost(int32, tag = "1")]
    version: i32,
    #[prost(string, tag = "2")]
    shard_id: String,
    #[prost(int64, tag = "4")]
    block_number: i64,
    #[prost(bytes = "vec", tag = "5")]
    sender: Vec<u8>,
    #[prost(int64, tag = "6")]
    seq_num: i64,
    #[prost(bytes = "vec", tag = "7")]
    pre_state_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "8")]
    post_state_hash: Vec<u8>,
    #[prost(message, repeated, tag = "10")]
    bonds: Vec<schema::Bond>,
    #[prost(message, optional, tag = "14")]
    state: Option<FlatState>,
    #[prost(string, tag = "15")]
    sig_algorithm: String,
}

/// The deploys of a flat block.
#[derive(Clone, PartialEq, Message)]
struct FlatState {
    #[prost(message, repeated, tag = "1")]
    deploys: Vec<FlatDeploy>,
}

/// A deploy of a flat block.
#[derive(Clone, PartialEq, Message)]
struct FlatDeploy {
    #[prost(message, optional, tag = "1")]
    deploy: Option<schema::DeployData>,
    #[prost(message, optional, tag = "2")]
    cost: Option<schema::PCost>,
}

#[test]
fn flat_block_hashes() {
    for row in rows("block_hash") {
        let deploy = |(deploy, cost): (schema::DeployData, i64)| FlatDeploy {
            deploy: Some(deploy),
            cost: Some(schema::PCost { cost: cost.try_into().unwrap() }),
        };
        let block = FlatBlock {
            version: int(&row, "version").try_into().unwrap(),
            shard_id: text(&row, "shard_id").to_owned(),
            block_number: int(&row, "block_number"),
            sender: bytes(&row, "sender"),
            seq_num: int(&row, "seq_num"),
            pre_state_hash: bytes(&row, "pre_state_hash"),
            post_state_hash: bytes(&row, "post_state_hash"),
            bonds: bonds_of(&row).map(|(validator, stake)| schema::Bond { validator, stake }).collect(),
            state: Some(FlatState { deploys: deploys_of(&row).map(deploy).collect() }),
            sig_algorithm: "secp256k1".to_owned(),
        };
        let input = block.encode_to_vec();
        assert_eq!(hex::encode(&input), text(&row, "hash_input"));
        let hash = blake2b256(&input);
        assert_eq!(hex::encode(hash), text(&row, "hash"));
        let secret = SecretKey::from_hex(text(&row, "secret_key")).unwrap();
        assert_eq!(hex::encode(sign_secp256k1(&hash, &secret)), text(&row, "sig"));
    }
}
