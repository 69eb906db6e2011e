//! The registry tables of the specification's vectors, row by row.

use std::fs;

use rhodium_keys::{SecretKey, blake2b256, keccak256, system_key};
use rhodium_random::Random;
use rhodium_registry::{
    Claim, UriVerdict, bitmask_tag, block_seed, check_uri, crc14, deploy_seed, exported_name, exported_name_2018,
    forecast_names, forecast_names_final, number_tag, number_tag_final, parse_versioned_urn, registry_uri,
    select_best_version, trie_path, zbase32_decode, zbase32_encode,
};
use toml::{Table, Value};

/// The rows of a table of a vector file; at least one, so that a renamed table cannot pass unseen.
fn rows(file: &str, table: &str) -> Vec<Table> {
    let path = format!("{}/../tests/data/{file}", env!("CARGO_MANIFEST_DIR"));
    let document: Table = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let rows = document[table].as_array().unwrap();
    assert!(!rows.is_empty());
    rows.iter().map(|row| row.as_table().unwrap().clone()).collect()
}

fn registry_rows(table: &str) -> Vec<Table> {
    rows("registry-vectors.toml", table)
}

fn text<'a>(row: &'a Table, field: &str) -> &'a str {
    row[field].as_str().unwrap()
}

fn texts(row: &Table, field: &str) -> Vec<String> {
    row[field].as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

fn integer(row: &Table, field: &str) -> i64 {
    row[field].as_integer().unwrap()
}

fn bytes(row: &Table, field: &str) -> Vec<u8> {
    hex::decode(text(row, field)).unwrap()
}

fn to_hex(names: &[[u8; 32]]) -> Vec<String> {
    names.iter().map(hex::encode).collect()
}

#[test]
fn zbase32() {
    for row in registry_rows("zbase32") {
        let (input, bits) = (bytes(&row, "bytes"), usize::try_from(integer(&row, "bits")).unwrap());
        assert_eq!(zbase32_encode(&input, bits), text(&row, "text"));
        let again = zbase32_encode(&zbase32_decode(text(&row, "text")).unwrap(), bits);
        assert_eq!(again, text(&row, "text"));
    }
}

#[test]
fn crc_14() {
    for row in registry_rows("crc14") {
        assert_eq!(i64::from(crc14(&bytes(&row, "bytes"))), integer(&row, "crc"), "{row}");
    }
}

#[test]
fn registry_uris() {
    for row in registry_rows("registry_uri") {
        let input = bytes(&row, "input");
        let hash = blake2b256(&input);
        assert_eq!(hex::encode(hash), text(&row, "hash"));
        assert_eq!(i64::from(crc14(&hash)), integer(&row, "crc"));
        assert_eq!(registry_uri(&input), text(&row, "uri"));
        assert_eq!(check_uri(text(&row, "uri")), UriVerdict::Valid(hash));
    }
    for row in rows("runtime-vectors.toml", "build_uri") {
        assert_eq!(registry_uri(&bytes(&row, "input")), text(&row, "uri"));
    }
}

#[test]
fn registry_uri_check() {
    for row in registry_rows("registry_uri_check") {
        let fault = match check_uri(text(&row, "uri")) {
            UriVerdict::NotRegistryUri => Some("not a rho:id URI"),
            UriVerdict::WrongLength(_) => Some("length"),
            UriVerdict::BadCharacter { .. } => Some("alphabet"),
            UriVerdict::ChecksumMismatch => Some("checksum"),
            UriVerdict::Valid(_) => None,
        };
        assert_eq!(fault, row.get("error").and_then(Value::as_str), "{row}");
    }
}

#[test]
fn tree_hash_map_path() {
    for row in registry_rows("tree_hash_map_path") {
        let key = bytes(&row, "key_bytes");
        let path = trie_path(&key, usize::try_from(integer(&row, "depth")).unwrap()).unwrap();
        assert_eq!((path.hash, hex::encode(path.hash).as_str()), (keccak256(&key), text(&row, "keccak256")));
        let nybbles: Vec<Value> = path.nybbles.iter().map(|nybble| i64::from(*nybble).into()).collect();
        assert_eq!(&nybbles, row["nybbles"].as_array().unwrap());
        assert_eq!(hex::encode(path.leaf_suffix), text(&row, "leaf_suffix_core"));
    }
}

/// `b7`, `s256`, or a range of byte splits such as `b0..b112`.
fn split(random: Random, step: &str) -> Random {
    match (step.split_once(".."), step.split_at(1)) {
        (Some((first, last)), _) => {
            let bound = |text: &str| text[1..].parse::<u8>().unwrap();
            (bound(first)..=bound(last)).fold(random, |random, index| random.split_byte(index))
        }
        (None, ("b", index)) => random.split_byte(index.parse().unwrap()),
        (None, ("s", index)) => random.split_short(index.parse().unwrap()),
        _ => panic!("unknown split {step}"),
    }
}

#[test]
fn name_rng() {
    for row in registry_rows("name_rng") {
        let splits = texts(&row, "splits");
        let start = Random::from_seed(&bytes(&row, "seed"));
        let mut random = splits.iter().fold(start, |random, step| split(random, step));
        let names: Vec<_> = (0..3).map(|_| hex::encode(random.next())).collect();
        assert_eq!(names, texts(&row, "first"), "{row}");
    }
}

#[test]
fn deploy_names() {
    for row in rows("runtime-vectors.toml", "deploy_names") {
        let (deployer, timestamp) = (bytes(&row, "deployer"), integer(&row, "timestamp"));
        assert_eq!(hex::encode(deploy_seed(&deployer, timestamp)), text(&row, "seed"));
        let names = texts(&row, "names");
        assert_eq!(to_hex(&forecast_names(&deployer, timestamp, names.len())), names);
    }
}

#[test]
fn block_seeds() {
    let mut all = registry_rows("block_seed");
    all.extend(rows("runtime-vectors.toml", "block_seed"));
    for row in all {
        let pre_state = if row.contains_key("pre_state") { "pre_state" } else { "pre_state_hash" };
        let first = if row.contains_key("first") { "first" } else { "first_next" };
        let seed = block_seed(
            text(&row, "shard_id"),
            u64::try_from(integer(&row, "block_number")).unwrap(),
            &bytes(&row, "sender"),
            &bytes(&row, pre_state).try_into().unwrap(),
        )
        .unwrap();
        assert_eq!(hex::encode(&seed), text(&row, "seed"));
        assert_eq!(hex::encode(Random::from_seed(&seed).next()), text(&row, first));
    }
}

#[test]
fn genesis_names_final() {
    for row in registry_rows("genesis_names_final") {
        let index = u8::try_from(integer(&row, "deploy_index")).unwrap();
        let names = forecast_names_final(text(&row, "shard_id"), index, 12).unwrap();
        assert_eq!(to_hex(&names), texts(&row, "first_twelve"), "{row}");
    }
}

#[test]
fn mergeable_tag() {
    for row in registry_rows("mergeable_tag") {
        let tag = match (text(&row, "name"), text(&row, "profile")) {
            ("NonNegativeNumber", "final") => number_tag_final(text(&row, "shard_id")).unwrap(),
            ("NonNegativeNumber", _) => number_tag(),
            ("BitmaskOr", "f1r3fly") => bitmask_tag(),
            _ => panic!("unknown tag {row}"),
        };
        assert_eq!(hex::encode(tag), text(&row, "id"), "{row}");
    }
}

#[test]
fn registration() {
    for row in registry_rows("registration") {
        let secret = SecretKey::from_hex(text(&row, "secret_key")).unwrap();
        let (timestamp, nonce) = (integer(&row, "timestamp"), integer(&row, "nonce"));
        let public = bytes(&row, "public_key");
        assert_eq!(secret.public_key().as_bytes().as_slice(), public);
        let name = forecast_names(&public, timestamp, 1)[0];
        let data = exported_name(&name);
        let claim = match text(&row, "profile") {
            "mainnet" => {
                assert_eq!(hex::encode(name), text(&row, "unforgeable"));
                Claim::Mainnet { nonce, data: &data }
            }
            "f1r3fly" => Claim::F1r3fly { timestamp, deployer: &public, version: nonce },
            other => panic!("unknown profile {other}"),
        };
        assert_eq!(hex::encode(claim.signed_bytes()), text(&row, "to_sign"));
        assert_eq!(hex::encode(claim.digest().unwrap()), text(&row, "hash"));
        assert_eq!(hex::encode(claim.sign(&secret).unwrap()), text(&row, "sig"));
        assert!(claim.check(&public, &bytes(&row, "sig")));
        assert_eq!(registry_uri(&public), text(&row, "uri"));
        if let Some(key) = system_key(text(&row, "name")) {
            assert_eq!(
                (key.timestamp, key.public, key.uri.as_deref()),
                (timestamp, secret.public_key(), Some(text(&row, "uri")))
            );
        }
    }
}

#[test]
fn registration_2018() {
    use ed25519_dalek::{Signer, SigningKey};
    for row in registry_rows("registration_2018") {
        let public = bytes(&row, "public_key");
        let name = bytes(&row, "unforgeable");
        assert_eq!(hex::encode(forecast_names(&public, integer(&row, "timestamp"), 1)[0]), hex::encode(&name));
        let data = exported_name_2018(&name);
        let claim = Claim::P2018 { nonce: integer(&row, "nonce"), data: &data };
        assert_eq!(hex::encode(claim.signed_bytes()), text(&row, "to_sign"));
        let signature = bytes(&row, "sig");
        assert!(claim.check(&public, &signature));
        let later = Claim::P2018 { nonce: 1, data: &data };
        assert!(!later.check(&public, &signature));
        assert_eq!(registry_uri(&public), text(&row, "uri"));
        // The product only checks this form; signing here proves that the recorded signatures are standard.
        let key = SigningKey::from_bytes(&bytes(&row, "secret_key").try_into().unwrap());
        assert_eq!(key.verifying_key().as_bytes().as_slice(), public);
        assert_eq!(key.sign(&claim.signed_bytes()).to_bytes().as_slice(), signature);
    }
}

#[test]
fn semver_select() {
    for row in registry_rows("semver_select") {
        let versions = texts(&row, "versions");
        let best = select_best_version(text(&row, "pattern"), versions.iter().map(String::as_str));
        assert_eq!(best, row.get("best").and_then(Value::as_str), "{row}");
        assert_eq!(best.is_none(), row.contains_key("none"), "{row}");
    }
}

#[test]
fn versioned_urn() {
    for row in registry_rows("versioned_urn") {
        let parsed = parse_versioned_urn(text(&row, "urn")).map(|urn| urn.segments().join(":"));
        let expected = row.contains_key("parsed").then(|| texts(&row, "parsed").join(":"));
        assert_eq!(parsed, expected, "{row}");
    }
}
