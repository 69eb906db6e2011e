//! Deploys: the signed bytes, signing and verifying, and the message that is transmitted (registry-genesis 6.1, 6.2).

use prost::Message;
use rhodium_keys::{Algorithm, KeyError, PublicKey, SecretKey};

use crate::schema;

/// What a deployer signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployData {
    /// Rholang source.
    pub term: String,
    /// Normally milliseconds; together with the key it fixes the names that the term makes.
    pub timestamp: i64,
    /// Price of a unit of phlogiston.
    pub phlo_price: i64,
    /// How many units may be used.
    pub phlo_limit: i64,
    /// The deploy may only enter blocks above this number (−1 for any).
    pub valid_after_block_number: i64,
    /// The shard; empty in old deploys.
    pub shard_id: String,
    /// Milliseconds after which the deploy is void; 0 for never.
    pub expiration_timestamp: i64,
}

/// A deploy with its signature, which is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedDeploy {
    data: DeployData,
    deployer: PublicKey,
    algorithm: Algorithm,
    signature: Vec<u8>,
}

/// Why a deploy was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeployError {
    /// The bytes are not a deploy message.
    #[error("not a deploy: {0}")]
    Decode(#[from] prost::DecodeError),
    /// The network does not know the algorithm.
    #[error("Invalid signing algorithm `{0}`")]
    Algorithm(String),
    /// The deployer's key is malformed.
    #[error("invalid deployer: {0}")]
    Deployer(#[from] KeyError),
    /// The signature is not the deployer's, or the deploy was changed.
    #[error("Invalid signature")]
    Signature,
    /// Price times limit does not fit in 64 bits, or one of them is negative.
    #[error("phloPrice {price} times phloLimit {limit} is not between 0 and 9223372036854775807")]
    Charge {
        /// The price.
        price: i64,
        /// The limit.
        limit: i64,
    },
}

impl DeployError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Decode(_) => "E0541",
            Self::Algorithm(_) => "E0542",
            Self::Deployer(_) => "E0543",
            Self::Signature => "E0544",
            Self::Charge { .. } => "E0545",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Decode(_) => "the bytes must be one protobuf message DeployData, complete and without a frame",
            Self::Algorithm(_) => "use secp256k1 or secp256k1:eth",
            Self::Deployer(_) => "the deployer is a public key of 65 bytes beginning with 04",
            Self::Signature => {
                "sign again: any change of the term, time, price, limit, block number, shard or expiration voids it"
            }
            Self::Charge { .. } => "lower the price or the limit: the product is charged in advance",
        }
    }
}

impl DeployData {
    /// The bytes under the signature: the fields 2, 3, 7, 8, 10, 11 and 13 of the message, defaults omitted.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        self.message().encode_to_vec()
    }

    /// The message without identity.
    fn message(&self) -> schema::DeployData {
        schema::DeployData {
            term: self.term.clone(),
            timestamp: self.timestamp,
            phlo_price: self.phlo_price,
            phlo_limit: self.phlo_limit,
            valid_after_block_number: self.valid_after_block_number,
            shard_id: self.shard_id.clone(),
            expiration_timestamp: self.expiration_timestamp,
            ..schema::DeployData::default()
        }
    }

    /// What is charged in advance.
    pub fn charge(&self) -> Result<i64, DeployError> {
        let (price, limit) = (self.phlo_price, self.phlo_limit);
        let product = if price < 0 || limit < 0 { None } else { price.checked_mul(limit) };
        product.ok_or(DeployError::Charge { price, limit })
    }

    /// Signs the deploy.
    #[must_use]
    pub fn sign(self, algorithm: Algorithm, key: &SecretKey) -> SignedDeploy {
        let signature = algorithm.sign(&self.signed_bytes(), key);
        SignedDeploy { data: self, deployer: key.public_key(), algorithm, signature }
    }
}

impl SignedDeploy {
    /// What is signed.
    #[must_use]
    pub fn data(&self) -> &DeployData {
        &self.data
    }

    /// Who signed it.
    #[must_use]
    pub fn deployer(&self) -> &PublicKey {
        &self.deployer
    }

    /// How it is signed.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The signature, which also is the deploy's id.
    #[must_use]
    pub fn id(&self) -> &[u8] {
        &self.signature
    }

    /// The hash that is signed.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.algorithm.digest(&self.data.signed_bytes())
    }

    /// The message, as it is transmitted and stored in blocks.
    #[must_use]
    pub fn to_message(&self) -> schema::DeployData {
        schema::DeployData {
            deployer: self.deployer.as_bytes().to_vec(),
            sig: self.signature.clone(),
            sig_algorithm: self.algorithm.name().to_owned(),
            ..self.data.message()
        }
    }

    /// The bytes of the message.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_message().encode_to_vec()
    }

    /// Reads a message and verifies it. Fields that are not signed, such as the language, are dropped.
    pub fn from_message(message: &schema::DeployData) -> Result<Self, DeployError> {
        let data = DeployData {
            term: message.term.clone(),
            timestamp: message.timestamp,
            phlo_price: message.phlo_price,
            phlo_limit: message.phlo_limit,
            valid_after_block_number: message.valid_after_block_number,
            shard_id: message.shard_id.clone(),
            expiration_timestamp: message.expiration_timestamp,
        };
        let algorithm = Algorithm::from_name(&message.sig_algorithm)
            .ok_or_else(|| DeployError::Algorithm(message.sig_algorithm.clone()))?;
        // A compressed key would name somebody else: names, addresses and URIs are made of these bytes.
        if message.deployer.len() != 65 {
            return Err(KeyError::PublicLength(message.deployer.len()).into());
        }
        let deployer = PublicKey::from_bytes(&message.deployer)?;
        if !algorithm.verify(&data.signed_bytes(), &message.sig, &message.deployer) {
            return Err(DeployError::Signature);
        }
        Ok(Self { data, deployer, algorithm, signature: message.sig.clone() })
    }

    /// Reads the bytes of a message and verifies it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DeployError> {
        Self::from_message(&schema::DeployData::decode(bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> DeployData {
        DeployData {
            term: "Nil".into(),
            timestamp: 1,
            phlo_price: 2,
            phlo_limit: 3,
            valid_after_block_number: -1,
            shard_id: "root".into(),
            expiration_timestamp: 9,
        }
    }

    fn key() -> SecretKey {
        SecretKey::from_bytes(&[7; 32]).unwrap()
    }

    #[test]
    fn both_algorithms_round_trip() {
        for algorithm in [Algorithm::Secp256k1, Algorithm::Secp256k1Eth] {
            let signed = data().sign(algorithm, &key());
            assert_eq!(SignedDeploy::from_bytes(&signed.to_bytes()), Ok(signed.clone()));
            assert_eq!((signed.data(), signed.deployer()), (&data(), &key().public_key()));
        }
    }

    #[test]
    fn any_change_breaks_the_signature() {
        let message = data().sign(Algorithm::Secp256k1, &key()).to_message();
        let change = |edit: fn(&mut schema::DeployData)| {
            let mut changed = message.clone();
            edit(&mut changed);
            SignedDeploy::from_message(&changed).map(drop).map_err(|error| error.code())
        };
        assert_eq!(change(|_| ()), Ok(()));
        assert_eq!(change(|m| m.language = "metta".into()), Ok(()), "the language is not signed");
        let edits: [fn(&mut schema::DeployData); 8] = [
            |m| m.term.push(' '),
            |m| m.timestamp += 1,
            |m| m.phlo_price += 1,
            |m| m.phlo_limit += 1,
            |m| m.valid_after_block_number += 1,
            |m| m.shard_id.clear(),
            |m| m.expiration_timestamp = 0,
            |m| m.sig_algorithm = "secp256k1:eth".into(),
        ];
        assert!(edits.into_iter().all(|edit| change(edit) == Err("E0544")));
        assert_eq!(change(|m| m.sig.clear()), Err("E0544"));
        assert_eq!(change(|m| m.sig_algorithm = "ed25519".into()), Err("E0542"));
        assert_eq!(change(|m| m.sig_algorithm = "SECP256K1".into()), Err("E0542"));
        assert_eq!(change(|m| m.deployer.clear()), Err("E0543"));
        assert_eq!(change(|m| m.deployer[0] = 6), Err("E0543"));
        assert_eq!(change(|m| m.deployer = key().public_key().to_compressed().to_vec()), Err("E0543"));
        assert_eq!(SignedDeploy::from_bytes(&[0x0a, 0xff]).unwrap_err().code(), "E0541");
    }

    #[test]
    fn the_charge_is_checked() {
        let charge = |phlo_price, phlo_limit| DeployData { phlo_price, phlo_limit, ..data() }.charge().ok();
        assert_eq!(charge(0, i64::MAX), Some(0));
        assert_eq!(charge(1, i64::MAX), Some(i64::MAX));
        assert_eq!(charge(2, i64::MAX), None);
        assert_eq!(charge(-1, 1), None);
        assert_eq!(charge(1, -1), None);
    }
}
