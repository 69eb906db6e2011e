//! The key, address and signature tables of the specification's vectors, row by row.

use std::fs;

use rhodium_keys::{
    Algorithm, PublicKey, SecretKey, address_from_eth, address_from_public_key, address_from_unforgeable,
    sign_secp256k1, sign_secp256k1_eth, validate_address, verify_ed25519, verify_secp256k1, verify_secp256k1_eth,
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

fn text<'a>(row: &'a Table, field: &str) -> &'a str {
    row[field].as_str().unwrap()
}

fn bytes(row: &Table, field: &str) -> Vec<u8> {
    hex::decode(text(row, field)).unwrap()
}

#[test]
fn key() {
    for row in rows("registry-vectors.toml", "key") {
        let secret = SecretKey::from_hex(text(&row, "secret_key"));
        if row.contains_key("error") {
            assert!(secret.is_err(), "{row}");
            continue;
        }
        let public = secret.unwrap().public_key();
        assert_eq!(public.to_hex(), text(&row, "public_uncompressed"));
        assert_eq!(hex::encode(public.to_compressed()), text(&row, "public_compressed"));
        assert_eq!(PublicKey::from_hex(text(&row, "public_compressed")), Ok(public));
        assert_eq!(PublicKey::from_hex(text(&row, "public_uncompressed")), Ok(public));
    }
}

#[test]
fn address() {
    for row in rows("registry-vectors.toml", "address") {
        let address = address_from_public_key(&bytes(&row, "public_key"));
        if row.contains_key("error") {
            assert!(address.is_none(), "{row}");
            continue;
        }
        let address = address.unwrap();
        assert_eq!(address.text, text(&row, "address"));
        assert_eq!(hex::encode(address.key_hash), text(&row, "key_hash"));
        assert_eq!(hex::encode(address.checksum), text(&row, "checksum"));
        assert_eq!(address_from_eth(text(&row, "eth_address")), Some(address));
    }
    for row in rows("runtime-vectors.toml", "address") {
        let address = match row.get("public_key") {
            Some(_) => address_from_public_key(&bytes(&row, "public_key")).unwrap(),
            None => address_from_unforgeable(&bytes(&row, "unforgeable")),
        };
        assert_eq!(address.text, text(&row, "address"));
    }
}

#[test]
fn address_eth() {
    for row in rows("registry-vectors.toml", "address_eth") {
        let address = address_from_eth(text(&row, "eth_address")).map(|address| address.text);
        assert_eq!(address.as_deref(), row.get("address").and_then(Value::as_str), "{row}");
        assert_eq!(address.is_none(), row.contains_key("error"), "{row}");
    }
}

#[test]
fn address_unforgeable() {
    for row in rows("registry-vectors.toml", "address_unforgeable") {
        assert_eq!(address_from_unforgeable(&bytes(&row, "unforgeable_id")).text, text(&row, "address"));
    }
}

#[test]
fn address_validate() {
    let from_runtime = rows("runtime-vectors.toml", "address_check");
    for row in rows("registry-vectors.toml", "address_validate").into_iter().chain(from_runtime) {
        let address = row.get("address").or_else(|| row.get("text")).and_then(Value::as_str).unwrap();
        let message = validate_address(address).err().map(|error| error.to_string());
        assert_eq!(message.as_deref(), row.get("error").and_then(Value::as_str), "{row}");
    }
}

#[test]
fn signature() {
    for row in rows("registry-vectors.toml", "signature") {
        let (message, sig, public) = (bytes(&row, "message"), bytes(&row, "sig"), bytes(&row, "public_key"));
        let name = text(&row, "algorithm");
        let valid = row["valid"].as_bool().unwrap();
        let Some(algorithm) = Algorithm::from_name(name) else {
            assert_eq!(name, "ed25519");
            assert_eq!(verify_ed25519(&message, &sig, &public), valid, "{row}");
            ed25519_signs(&row, &message, &sig, &public);
            continue;
        };
        let digest: [u8; 32] = bytes(&row, "hash").try_into().unwrap();
        if !message.is_empty() {
            assert_eq!(algorithm.digest(&message), digest, "{row}");
            assert_eq!(algorithm.verify(&message, &sig, &public), valid, "{row}");
        }
        let verdict = match algorithm {
            Algorithm::Secp256k1 => verify_secp256k1(&digest, &sig, &public),
            Algorithm::Secp256k1Eth => verify_secp256k1_eth(&digest, &sig, &public),
        };
        assert_eq!(verdict, valid, "{row}");
        if row.contains_key("secret_key") {
            let secret = SecretKey::from_hex(text(&row, "secret_key")).unwrap();
            let made = match algorithm {
                Algorithm::Secp256k1 => sign_secp256k1(&digest, &secret),
                Algorithm::Secp256k1Eth => sign_secp256k1_eth(&digest, &secret).to_vec(),
            };
            assert_eq!((made, secret.public_key().as_bytes().to_vec()), (sig, public), "{row}");
        }
    }
}

/// The product only verifies ed25519; signing proves that the vector is the standard algorithm.
fn ed25519_signs(row: &Table, message: &[u8], sig: &[u8], public: &[u8]) {
    use ed25519_dalek::{Signer, SigningKey};
    let key = SigningKey::from_bytes(&bytes(row, "secret_key").try_into().unwrap());
    assert_eq!(key.verifying_key().as_bytes().as_slice(), public);
    assert_eq!(key.sign(message).to_bytes().as_slice(), sig);
}
