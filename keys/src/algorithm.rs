//! Signature algorithms by their wire names, with the digest each of them signs (registry-genesis 1.2 to 1.4).

use crate::hash::{blake2b256, keccak256};
use crate::key::SecretKey;
use crate::signature::{sign_secp256k1, sign_secp256k1_eth, verify_secp256k1, verify_secp256k1_eth};

/// An algorithm accepted for deploys. ed25519 is deliberately absent: both references refuse it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// DER signatures over BLAKE2b-256.
    Secp256k1,
    /// Compact signatures over the Ethereum message frame and Keccak-256.
    Secp256k1Eth,
}

impl Algorithm {
    /// The algorithm of a wire name; `secp256k1-eth` is read too, since one reference knows only that.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "secp256k1" => Some(Self::Secp256k1),
            "secp256k1:eth" | "secp256k1-eth" => Some(Self::Secp256k1Eth),
            _ => None,
        }
    }

    /// The name written on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Secp256k1 => "secp256k1",
            Self::Secp256k1Eth => "secp256k1:eth",
        }
    }

    /// The digest of a message under this algorithm.
    #[must_use]
    pub fn digest(self, message: &[u8]) -> [u8; 32] {
        match self {
            Self::Secp256k1 => blake2b256(message),
            Self::Secp256k1Eth => eth_digest(message),
        }
    }

    /// Hashes and signs a message.
    #[must_use]
    pub fn sign(self, message: &[u8], key: &SecretKey) -> Vec<u8> {
        let digest = self.digest(message);
        match self {
            Self::Secp256k1 => sign_secp256k1(&digest, key),
            Self::Secp256k1Eth => sign_secp256k1_eth(&digest, key).to_vec(),
        }
    }

    /// Hashes a message and verifies its signature.
    #[must_use]
    pub fn verify(self, message: &[u8], signature: &[u8], public_key: &[u8]) -> bool {
        let digest = self.digest(message);
        match self {
            Self::Secp256k1 => verify_secp256k1(&digest, signature, public_key),
            Self::Secp256k1Eth => verify_secp256k1_eth(&digest, signature, public_key),
        }
    }
}

/// Keccak-256 of a message in Ethereum's signing frame.
#[must_use]
pub fn eth_digest(message: &[u8]) -> [u8; 32] {
    let mut framed = format!("\u{19}Ethereum Signed Message:\n{}", message.len()).into_bytes();
    framed.extend_from_slice(message);
    keccak256(&framed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(Algorithm::from_name("secp256k1-eth"), Some(Algorithm::Secp256k1Eth));
        for algorithm in [Algorithm::Secp256k1, Algorithm::Secp256k1Eth] {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
        }
        assert_eq!(Algorithm::from_name("ed25519"), None);
    }
}
