//! The 32-byte hashes of a store, one type for each meaning.

use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// BLAKE2b with 256 bits of output.
#[must_use]
pub fn b2b256(bytes: &[u8]) -> [u8; 32] {
    b2b256_of(&[bytes])
}

/// [`b2b256`] of the concatenation of the parts.
pub(crate) fn b2b256_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Blake2b::<U32>::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// A text is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a hash is written as 64 hexadecimal digits")]
pub struct ParseHashError;

macro_rules! hash_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = ParseHashError;

            fn from_str(text: &str) -> Result<Self, ParseHashError> {
                let mut bytes = [0; 32];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| ParseHashError)?;
                Ok($name(bytes))
            }
        }
    };
}

hash_type! {
    /// The name of a whole state: the hash of the root node of its trie.
    StateRoot
}

hash_type! {
    /// The hash of the encoding of a trie node.
    NodeHash
}

hash_type! {
    /// The hash of a leaf value, under which the value is kept.
    ValueHash
}

impl StateRoot {
    /// The root of the empty state: the hash of the empty string. It is known to every store.
    pub const EMPTY: StateRoot = StateRoot([
        0x0e, 0x57, 0x51, 0xc0, 0x26, 0xe5, 0x43, 0xb2, 0xe8, 0xab, 0x2e, 0xb0, 0x60, 0x99, 0xda, 0xa1, 0xd1, 0xe5,
        0xdf, 0x47, 0x77, 0x8f, 0x77, 0x87, 0xfa, 0xab, 0x45, 0xcd, 0xf1, 0x2f, 0xe3, 0xa8,
    ]);
}
