//! secp256k1 key types: a secret that cleans up after itself and a validated public key (registry-genesis 1.1).

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

/// Why a key was refused. No variant carries any part of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A secret key has exactly 32 bytes.
    #[error("a secret key has 32 bytes, not {0}")]
    SecretLength(usize),
    /// The scalar is zero or not below the group order.
    #[error("the secret key is not a valid secp256k1 scalar (it must be between 1 and the group order)")]
    SecretRange,
    /// A public key has 65 bytes (uncompressed) or 33 (compressed).
    #[error("a public key has 65 bytes (uncompressed) or 33 (compressed), not {0}")]
    PublicLength(usize),
    /// The first byte announces a form that is not accepted (hybrid keys are refused).
    #[error("a public key of this length cannot start with the byte {0:02x}")]
    PublicPrefix(u8),
    /// The coordinates are not a point of the curve.
    #[error("the public key is not a point of the curve secp256k1")]
    PublicPoint,
    /// The text is not hexadecimal.
    #[error("the key is not hexadecimal")]
    NotHex,
    /// The entropy source gave no usable scalar in many attempts.
    #[error("the entropy source does not deliver random bytes")]
    BadEntropy,
}

/// A secp256k1 secret key. Zeroised on drop; `Debug` shows nothing of it.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<[u8; 32]>);

impl SecretKey {
    /// Takes 32 big-endian bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let array = <[u8; 32]>::try_from(bytes).map_err(|_| KeyError::SecretLength(bytes.len()))?;
        let array = Zeroizing::new(array);
        let mut checked = secp256k1::SecretKey::from_secret_bytes(*array).map_err(|_| KeyError::SecretRange)?;
        checked.non_secure_erase();
        Ok(Self(array))
    }

    /// Takes 64 hexadecimal digits of either case.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        let bytes = Zeroizing::new(hex::decode(text).map_err(|_| KeyError::NotHex)?);
        Self::from_bytes(&bytes)
    }

    /// Makes a key from entropy the caller supplies: `fill` must fill the slice with secure random bytes.
    pub fn generate(fill: &mut dyn FnMut(&mut [u8])) -> Result<Self, KeyError> {
        // A random scalar is out of range with probability 2^-128; more than a few attempts mean a broken source.
        const ATTEMPTS: usize = 16;
        let mut bytes = Zeroizing::new([0u8; 32]);
        for _ in 0..ATTEMPTS {
            fill(bytes.as_mut_slice());
            if let Ok(key) = Self::from_bytes(bytes.as_slice()) {
                return Ok(key);
            }
        }
        Err(KeyError::BadEntropy)
    }

    /// The 32 big-endian bytes. Handle with care.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 lower-case hexadecimal digits, in a buffer that is zeroised on drop.
    #[must_use]
    pub fn expose_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.as_slice()))
    }

    /// The public key of this secret.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        let point = self.with_raw(secp256k1::PublicKey::from_secret_key);
        PublicKey(point.serialize_uncompressed())
    }

    /// Lends the library's key type to `use_key` and erases that copy afterwards.
    pub(crate) fn with_raw<T>(&self, use_key: impl FnOnce(&secp256k1::SecretKey) -> T) -> T {
        let mut raw = secp256k1::SecretKey::from_secret_bytes(*self.0).expect("checked when this key was made");
        let result = use_key(&raw);
        raw.non_secure_erase();
        result
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(secret)")
    }
}

impl PartialEq for SecretKey {
    /// Compares in constant time.
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0.iter()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }
}

impl Eq for SecretKey {}

/// A secp256k1 public key, a checked point of the curve, kept in the 65-byte uncompressed form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 65]);

impl PublicKey {
    /// Parses the 65-byte uncompressed or the 33-byte compressed form; hybrid keys (06, 07) are refused.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        parse_point(bytes).map(|point| Self(point.serialize_uncompressed()))
    }

    /// Parses the hexadecimal digits (either case) of either form.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        Self::from_bytes(&hex::decode(text).map_err(|_| KeyError::NotHex)?)
    }

    /// The 65 bytes `04 ‖ X ‖ Y`: what is stored, hashed, compared and put in blocks.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 65] {
        &self.0
    }

    /// The 33-byte compressed form.
    #[must_use]
    pub fn to_compressed(&self) -> [u8; 33] {
        let mut compressed = [0u8; 33];
        compressed[0] = 2 + (self.0[64] & 1);
        compressed[1..].copy_from_slice(&self.0[1..33]);
        compressed
    }

    /// The 130 lower-case hexadecimal digits of the uncompressed form.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }
}

/// Parses a point in one of the two accepted forms.
pub(crate) fn parse_point(bytes: &[u8]) -> Result<secp256k1::PublicKey, KeyError> {
    match (bytes.len(), bytes.first().copied()) {
        (65, Some(4)) | (33, Some(2 | 3)) => secp256k1::PublicKey::from_slice(bytes).map_err(|_| KeyError::PublicPoint),
        (65 | 33, Some(prefix)) => Err(KeyError::PublicPrefix(prefix)),
        (length, _) => Err(KeyError::PublicLength(length)),
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::from_hex(text)
    }
}

impl AsRef<[u8]> for PublicKey {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_secret() {
        let key = SecretKey::from_bytes(&[0x5a; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(secret)");
        let error = SecretKey::from_hex("zz5a5a").unwrap_err();
        assert_eq!(error.to_string(), "the key is not hexadecimal");
    }

    #[test]
    fn generation_uses_the_entropy_and_refuses_a_dead_source() {
        let key = SecretKey::generate(&mut |bytes| bytes.fill(7)).unwrap();
        assert_eq!(key.expose_bytes(), &[7; 32]);
        assert_eq!(SecretKey::generate(&mut |bytes| bytes.fill(0)).unwrap_err(), KeyError::BadEntropy);
        let mut calls = 0u8;
        let second = SecretKey::generate(&mut |bytes| {
            bytes.fill(if calls == 0 { 0xff } else { 9 });
            calls += 1;
        });
        assert_eq!(second.unwrap().expose_bytes(), &[9; 32]);
    }

    #[test]
    fn hybrid_and_malformed_public_keys_are_refused() {
        let good = SecretKey::from_bytes(&[1; 32]).unwrap().public_key();
        let mut hybrid = *good.as_bytes();
        hybrid[0] = 6 + (hybrid[64] & 1);
        assert_eq!(PublicKey::from_bytes(&hybrid), Err(KeyError::PublicPrefix(hybrid[0])));
        assert_eq!(PublicKey::from_bytes(&[]), Err(KeyError::PublicLength(0)));
        assert_eq!(PublicKey::from_bytes(&good.as_bytes()[..64]), Err(KeyError::PublicLength(64)));
        let mut off_curve = *good.as_bytes();
        off_curve[64] ^= 1;
        assert_eq!(PublicKey::from_bytes(&off_curve), Err(KeyError::PublicPoint));
        assert_eq!(PublicKey::from_bytes(&good.to_compressed()), Ok(good));
    }
}
