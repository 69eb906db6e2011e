//! Vault addresses (registry-genesis 1.5): made from keys, Ethereum addresses and private names, and checked.

use crate::hash::{blake2b256, keccak256};

/// Coin id (three bytes) and version (one byte).
const PREFIX: [u8; 4] = [0; 4];
const KEY_HASH_END: usize = PREFIX.len() + 32;
const ADDRESS_LENGTH: usize = KEY_HASH_END + 4;
/// No 40 bytes encode to more characters than this; longer text need not be decoded (decoding is quadratic).
const MAX_TEXT: usize = 64;

/// Why an address is not valid. The texts are those of the network; contracts compare them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// A character outside the Base58 alphabet.
    #[error("Invalid Base58 encoding")]
    Encoding,
    /// The decoded form does not have 40 bytes.
    #[error("Invalid address length")]
    Length,
    /// The last four bytes are not the checksum of the rest.
    #[error("Invalid checksum")]
    Checksum,
    /// Another coin or version.
    #[error("Invalid prefix")]
    Prefix,
}

/// An address together with the values it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The Base58 text.
    pub text: String,
    /// The 32-byte hash that identifies the owner.
    pub key_hash: [u8; 32],
    /// The checksum at the end.
    pub checksum: [u8; 4],
}

impl Address {
    /// The address of a 32-byte key hash.
    #[must_use]
    pub fn from_key_hash(key_hash: [u8; 32]) -> Self {
        let mut bytes = Vec::with_capacity(ADDRESS_LENGTH);
        bytes.extend_from_slice(&PREFIX);
        bytes.extend_from_slice(&key_hash);
        let checksum = checksum(&bytes);
        bytes.extend_from_slice(&checksum);
        Self { text: bs58::encode(bytes).into_string(), key_hash, checksum }
    }

    /// Parses and checks the text of an address.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let bytes = decode(text)?;
        let (payload, tail) = bytes.split_at(KEY_HASH_END);
        let expected = checksum(payload);
        if tail != expected {
            return Err(AddressError::Checksum);
        }
        let (prefix, hash) = payload.split_at(PREFIX.len());
        if prefix != PREFIX {
            return Err(AddressError::Prefix);
        }
        let mut key_hash = [0; 32];
        key_hash.copy_from_slice(hash);
        Ok(Self { text: text.to_owned(), key_hash, checksum: expected })
    }
}

fn checksum(payload: &[u8]) -> [u8; 4] {
    let hash = blake2b256(payload);
    [hash[0], hash[1], hash[2], hash[3]]
}

/// Decodes to exactly 40 bytes. The alphabet is checked before the length, as the network does.
fn decode(text: &str) -> Result<[u8; ADDRESS_LENGTH], AddressError> {
    if text.len() > MAX_TEXT {
        let known = |c: u8| c.is_ascii_alphanumeric() && !matches!(c, b'0' | b'O' | b'I' | b'l');
        return Err(if text.bytes().all(known) { AddressError::Length } else { AddressError::Encoding });
    }
    let bytes = bs58::decode(text).into_vec().map_err(|_| AddressError::Encoding)?;
    bytes.try_into().map_err(|_| AddressError::Length)
}

/// Checks an address.
pub fn validate_address(text: &str) -> Result<(), AddressError> {
    Address::parse(text).map(drop)
}

/// The address of a public key, or `None` unless it has exactly 65 bytes. The key need not be a point of the curve.
#[must_use]
pub fn address_from_public_key(public_key: &[u8]) -> Option<Address> {
    if public_key.len() != 65 {
        return None;
    }
    let hash = keccak256(&public_key[1..]);
    Some(Address::from_key_hash(keccak256(&hash[12..])))
}

/// The address of an Ethereum address: 40 hexadecimal digits, optionally behind `0x`.
#[must_use]
pub fn address_from_eth(text: &str) -> Option<Address> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let bytes = hex::decode(digits).ok().filter(|bytes| bytes.len() == 20)?;
    Some(Address::from_key_hash(keccak256(&bytes)))
}

/// The address owned by an unforgeable private name, from the bytes of its id.
#[must_use]
pub fn address_from_unforgeable(id: &[u8]) -> Address {
    // The wire form of GPrivate: field 1, a byte string; an empty id is the default and written as nothing.
    let mut message = Vec::with_capacity(id.len() + 11);
    if !id.is_empty() {
        message.push(0x0a);
        let mut length = id.len();
        while length >= 0x80 {
            message.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        message.push(length as u8);
        message.extend_from_slice(id);
    }
    Address::from_key_hash(keccak256(&message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_judged_like_short_text() {
        assert_eq!(validate_address(&"1".repeat(1_000_000)), Err(AddressError::Length));
        assert_eq!(validate_address(&"0".repeat(1_000_000)), Err(AddressError::Encoding));
        assert_eq!(validate_address(&"é".repeat(100)), Err(AddressError::Encoding));
        assert_eq!(validate_address(""), Err(AddressError::Length));
    }

    #[test]
    fn parse_returns_the_parts() {
        let address = address_from_public_key(&[0x11; 65]).unwrap();
        assert_eq!(Address::parse(&address.text), Ok(address));
        assert_eq!(address_from_public_key(&[0x11; 33]), None);
    }
}
