//! The four hash functions of the network (registry-genesis 0.3).

use blake2::{Blake2b256, Blake2b512, Digest};
use sha2::Sha256;
use sha3::Keccak256;

/// BLAKE2b with a 32-byte digest and no key: the hash of nearly everything.
#[must_use]
pub fn blake2b256(bytes: &[u8]) -> [u8; 32] {
    Blake2b256::digest(bytes).into()
}

/// BLAKE2b with a 64-byte digest and no key.
#[must_use]
pub fn blake2b512(bytes: &[u8]) -> [u8; 64] {
    Blake2b512::digest(bytes).into()
}

/// The original Keccak-256 (padding byte 0x01), which is not SHA3-256.
#[must_use]
pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    Keccak256::digest(bytes).into()
}

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        let hex32 = |bytes: [u8; 32]| hex::encode(bytes);
        assert_eq!(hex32(blake2b256(b"")), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
        assert_eq!(hex32(keccak256(b"")), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
        assert_eq!(hex32(sha256(b"testing")), "cf80cd8aed482d5d1527d7dc72fceff84e6326592848447d2dc0b0e87dfc9a90");
        assert_eq!(hex::encode(&blake2b512(b"abc")[..8]), "ba80a53f981c4d0d");
    }
}
