//! Registry URIs `rho:id:…`: made, checked, and repaired after a typing error (registry-genesis 2.3).

use std::fmt;

use rhodium_keys::{SystemKey, blake2b256, system_keys};

use crate::crc14::crc14;
use crate::zbase32::{characters, zbase32_decode, zbase32_encode};

/// What every registry URI starts with.
pub const URI_PREFIX: &str = "rho:id:";
/// 256 bits of hash and 14 of checksum, five per character.
const BITS: usize = 270;
const LENGTH: usize = BITS / 5;

/// The URI of some bytes: of a public key for a signed registration, of a serialised name for an arbitrary one.
#[must_use]
pub fn registry_uri(input: &[u8]) -> String {
    uri_of_hash(&blake2b256(input))
}

fn uri_of_hash(hash: &[u8; 32]) -> String {
    let crc = crc14(hash);
    let mut bytes = hash.to_vec();
    // The low eight bits come first, then the six high ones, moved to the top of their byte.
    bytes.push((crc & 0xff) as u8);
    bytes.push((crc >> 8 << 2) as u8);
    format!("{URI_PREFIX}{}", zbase32_encode(&bytes, BITS))
}

/// What is to be said about a text that should be a registry URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UriVerdict {
    /// It does not start with `rho:id:`.
    NotRegistryUri,
    /// It has this many characters behind the prefix, not 54.
    WrongLength(usize),
    /// A character that z-base-32 does not use.
    BadCharacter {
        /// The index of the character behind the prefix, from 0.
        position: usize,
        /// The character.
        character: char,
    },
    /// The checksum does not fit: a typing error, or not made by a registry.
    ChecksumMismatch,
    /// A good URI, with the hash it carries.
    Valid([u8; 32]),
}

impl UriVerdict {
    /// Whether the URI is good.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        matches!(self, Self::Valid(_))
    }
}

impl fmt::Display for UriVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRegistryUri => write!(f, "not a registry URI: it does not start with {URI_PREFIX}"),
            Self::WrongLength(length) => {
                write!(f, "wrong length: {length} characters behind {URI_PREFIX} instead of {LENGTH}")
            }
            Self::BadCharacter { position, character } => {
                write!(
                    f,
                    "character {} behind {URI_PREFIX} is {character:?}, which z-base-32 does not use",
                    position + 1
                )
            }
            Self::ChecksumMismatch => f.write_str("checksum mismatch: some character is wrong"),
            Self::Valid(_) => f.write_str("valid"),
        }
    }
}

/// Checks a URI. The registry contract itself takes any URI as an opaque key and never does this.
#[must_use]
pub fn check_uri(text: &str) -> UriVerdict {
    let Some(encoded) = text.strip_prefix(URI_PREFIX) else {
        return UriVerdict::NotRegistryUri;
    };
    let length = encoded.chars().count();
    if length != LENGTH {
        return UriVerdict::WrongLength(length);
    }
    let bytes = match zbase32_decode(encoded) {
        Ok(bytes) => bytes,
        Err((position, character)) => return UriVerdict::BadCharacter { position, character },
    };
    let mut hash = [0; 32];
    hash.copy_from_slice(&bytes[..32]);
    let crc = u16::from(bytes[32]) | u16::from(bytes[33] >> 2) << 8;
    if crc14(&hash) == crc { UriVerdict::Valid(hash) } else { UriVerdict::ChecksumMismatch }
}

/// All valid URIs that differ from a faulty one in a single character, those of system contracts first.
/// Mostly there is exactly one: the checksum leaves a stranger one chance in ten.
#[must_use]
pub fn correct_uri(text: &str) -> Vec<String> {
    let at = match check_uri(text) {
        UriVerdict::BadCharacter { position, .. } => position..position + 1,
        UriVerdict::ChecksumMismatch => 0..LENGTH,
        _ => return Vec::new(),
    };
    let encoded: Vec<char> = text.chars().skip(URI_PREFIX.len()).collect();
    let mut found = Vec::new();
    for position in at {
        for replacement in characters() {
            let mut candidate = encoded.clone();
            candidate[position] = replacement;
            let candidate = format!("{URI_PREFIX}{}", candidate.iter().collect::<String>());
            if check_uri(&candidate).is_valid() {
                found.push(candidate);
            }
        }
    }
    found.sort_by_key(|uri| known_contract(uri).is_none());
    found
}

/// The system contract that registers itself under a URI.
#[must_use]
pub fn known_contract(uri: &str) -> Option<&'static SystemKey> {
    system_keys().iter().find(|key| key.uri.as_deref() == Some(uri))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST_OPS: &str = "rho:id:6fzorimqngeedepkrizgiqms6zjt76zjeciktt1eifequy4osz35ks";

    #[test]
    fn every_system_uri_follows_from_its_key() {
        for key in system_keys().iter().filter(|key| key.uri.is_some()) {
            let uri = registry_uri(key.public.as_bytes());
            assert_eq!(Some(&uri), key.uri.as_ref(), "{}", key.name);
            assert_eq!(check_uri(&uri), UriVerdict::Valid(blake2b256(key.public.as_bytes())));
            assert_eq!(known_contract(&uri).map(|found| &found.name), Some(&key.name));
        }
    }

    #[test]
    fn single_errors_are_corrected() {
        assert_eq!(correct_uri(&LIST_OPS.replacen('6', "7", 1)).first().map(String::as_str), Some(LIST_OPS));
        assert_eq!(correct_uri(&LIST_OPS.replacen("imq", "i0q", 1)), [LIST_OPS]);
        assert_eq!(correct_uri(&LIST_OPS.replacen("imq", "00q", 1)), [""; 0]);
        assert!(correct_uri(LIST_OPS).is_empty());
        assert!(correct_uri("rho:id:short").is_empty());
    }

    #[test]
    fn odd_text_is_judged_without_harm() {
        assert_eq!(check_uri(""), UriVerdict::NotRegistryUri);
        assert_eq!(
            check_uri(&format!("{URI_PREFIX}{}", "é".repeat(54))),
            UriVerdict::BadCharacter { position: 0, character: 'é' }
        );
        assert_eq!(check_uri(&format!("{URI_PREFIX}{}", "é".repeat(27))), UriVerdict::WrongLength(27));
    }
}
