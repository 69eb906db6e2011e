//! Signing and verifying: DER and compact secp256k1, and ed25519 (registry-genesis 1.1 to 1.3).
//!
//! The verifiers take raw bytes, as they come from Rholang, and answer `false` for anything malformed.

use ed25519_dalek::{Signature as Ed25519Signature, Verifier, VerifyingKey};
use secp256k1::{Message, ecdsa};

use crate::key::{SecretKey, parse_point};

/// Signs a 32-byte digest; the result is DER, low S, with the deterministic nonce of RFC 6979.
#[must_use]
pub fn sign_secp256k1(digest: &[u8; 32], key: &SecretKey) -> Vec<u8> {
    sign(digest, key).serialize_der().to_vec()
}

/// Signs a 32-byte digest in the 64-byte compact form of `secp256k1:eth`.
#[must_use]
pub fn sign_secp256k1_eth(digest: &[u8; 32], key: &SecretKey) -> [u8; 64] {
    sign(digest, key).serialize_compact()
}

fn sign(digest: &[u8; 32], key: &SecretKey) -> ecdsa::Signature {
    key.with_raw(|raw| ecdsa::sign(Message::from_digest(*digest), raw))
}

/// Verifies a strict-DER signature of a 32-byte digest. High S and malformed input are `false`.
#[must_use]
pub fn verify_secp256k1(digest: &[u8], signature: &[u8], public_key: &[u8]) -> bool {
    ecdsa::Signature::from_der(signature).is_ok_and(|signature| verify(digest, &signature, public_key))
}

/// Verifies a compact signature, which must have exactly 64 bytes.
#[must_use]
pub fn verify_secp256k1_eth(digest: &[u8], signature: &[u8], public_key: &[u8]) -> bool {
    signature.len() == 64
        && ecdsa::Signature::from_compact(signature).is_ok_and(|signature| verify(digest, &signature, public_key))
}

fn verify(digest: &[u8], signature: &ecdsa::Signature, public_key: &[u8]) -> bool {
    let (Ok(digest), Ok(point)) = (<[u8; 32]>::try_from(digest), parse_point(public_key)) else {
        return false;
    };
    // The library itself calls high-S signatures incorrect.
    ecdsa::verify(signature, Message::from_digest(digest), &point).is_ok()
}

/// Verifies a standard Ed25519 signature (64 bytes) over the message itself, with a 32-byte key.
#[must_use]
pub fn verify_ed25519(message: &[u8], signature: &[u8], public_key: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (<[u8; 32]>::try_from(public_key), <[u8; 64]>::try_from(signature)) else {
        return false;
    };
    VerifyingKey::from_bytes(&key)
        .is_ok_and(|key| key.verify(message, &Ed25519Signature::from_bytes(&signature)).is_ok())
}

/// Converts a strict-DER signature to the compact form, each half padded on the left; `None` if malformed.
#[must_use]
pub fn der_to_compact(der: &[u8]) -> Option<[u8; 64]> {
    ecdsa::Signature::from_der(der).ok().map(|signature| signature.serialize_compact())
}

/// Converts a compact signature to DER; `None` unless it has exactly 64 bytes in range.
#[must_use]
pub fn compact_to_der(compact: &[u8]) -> Option<Vec<u8>> {
    let signature = if compact.len() == 64 { ecdsa::Signature::from_compact(compact).ok()? } else { return None };
    Some(signature.serialize_der().to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> SecretKey {
        SecretKey::from_bytes(&[0x21; 32]).unwrap()
    }

    #[test]
    fn both_key_forms_verify_and_hybrid_does_not() {
        let (digest, public) = ([3; 32], key().public_key());
        let signature = sign_secp256k1(&digest, &key());
        assert!(verify_secp256k1(&digest, &signature, public.as_bytes()));
        assert!(verify_secp256k1(&digest, &signature, &public.to_compressed()));
        let mut hybrid = *public.as_bytes();
        hybrid[0] = 6 + (hybrid[64] & 1);
        assert!(!verify_secp256k1(&digest, &signature, &hybrid));
        assert!(!verify_secp256k1(&digest[..31], &signature, public.as_bytes()));
    }

    #[test]
    fn der_must_be_strict() {
        let (digest, public) = ([3; 32], key().public_key());
        let signature = sign_secp256k1(&digest, &key());
        let ok = |bytes: &[u8]| verify_secp256k1(&digest, bytes, public.as_bytes());
        assert!(ok(&signature));
        let trailing = [signature.as_slice(), &[0]].concat();
        assert!(!ok(&trailing), "a byte behind the signature");
        let mut padded = vec![0x30, signature[1] + 1, 0x02, signature[3] + 1, 0];
        padded.extend_from_slice(&signature[4..]);
        assert!(!ok(&padded), "R with a superfluous zero");
        let mut long_length = vec![0x30, 0x81];
        long_length.extend_from_slice(&signature[1..]);
        assert!(!ok(&long_length), "a length in the long form without need");
        for cut in 0..signature.len() {
            assert!(!ok(&signature[..cut]));
        }
    }

    #[test]
    fn compact_needs_exactly_64_bytes() {
        let (digest, public) = ([4; 32], key().public_key());
        let signature = sign_secp256k1_eth(&digest, &key());
        assert!(verify_secp256k1_eth(&digest, &signature, public.as_bytes()));
        assert!(!verify_secp256k1_eth(&digest, &signature[..63], public.as_bytes()));
        assert!(!verify_secp256k1_eth(&digest, &[&signature[..], &[27]].concat(), public.as_bytes()));
        assert_eq!(compact_to_der(&signature[..63]), None);
    }

    proptest! {
        #[test]
        fn forms_convert_both_ways(digest: [u8; 32], secret in prop::array::uniform32(1u8..=0xfe)) {
            let key = SecretKey::from_bytes(&secret).unwrap();
            let der = sign_secp256k1(&digest, &key);
            let compact = sign_secp256k1_eth(&digest, &key);
            prop_assert_eq!(der_to_compact(&der), Some(compact));
            prop_assert_eq!(compact_to_der(&compact), Some(der));
        }

        #[test]
        fn arbitrary_bytes_never_panic(a: Vec<u8>, b: Vec<u8>, c: Vec<u8>) {
            prop_assert!(!verify_secp256k1(&a, &b, &c));
            prop_assert!(!verify_secp256k1_eth(&a, &b, &c));
            prop_assert!(!verify_ed25519(&a, &b, &c));
        }
    }
}
