//! The registration protocols: what `insertSigned` signs, and the nonce rule (registry-genesis 2.6).

use rhodium_keys::{SecretKey, blake2b256, sign_secp256k1, verify_ed25519, verify_secp256k1};

use crate::wire;

/// The nonce that freezes an entry: nothing is greater.
pub const LONG_MAX: i64 = i64::MAX;

/// The four forms of a registration by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// 2018: ed25519 directly over (nonce, data). Checked only.
    P2018,
    /// RChain mainnet: secp256k1 over the hash of (nonce, data).
    Mainnet,
    /// RChain's last: no signature, the deployer id names the key.
    Final,
    /// F1R3FLY: secp256k1 over the hash of (deploy timestamp, deployer key, version).
    F1r3fly,
}

impl Form {
    /// All forms, oldest first.
    pub const ALL: [Self; 4] = [Self::P2018, Self::Mainnet, Self::Final, Self::F1r3fly];

    /// The name used on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::P2018 => "p2018",
            Self::Mainnet => "mainnet",
            Self::Final => "final",
            Self::F1r3fly => "f1r3fly",
        }
    }

    /// The form of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }
}

/// What a registration signature states. (`Form::Final` signs nothing: its URI is that of the deployer's key.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim<'a> {
    /// The key registers this data with this nonce, in the encoding of 2018.
    P2018 {
        /// The nonce.
        nonce: i64,
        /// The serialised Par of the data.
        data: &'a [u8],
    },
    /// The key registers this data with this nonce.
    Mainnet {
        /// The nonce.
        nonce: i64,
        /// The serialised Par of the data, as it arrives at the registry.
        data: &'a [u8],
    },
    /// The key lets this deploy register something with this version. The data is *not* covered.
    F1r3fly {
        /// The timestamp of the running deploy, in milliseconds.
        timestamp: i64,
        /// The public key of the running deploy's deployer.
        deployer: &'a [u8],
        /// The version, which plays the part of the nonce.
        version: i64,
    },
}

impl Claim<'_> {
    /// The form this claim belongs to.
    #[must_use]
    pub fn form(&self) -> Form {
        match self {
            Self::P2018 { .. } => Form::P2018,
            Self::Mainnet { .. } => Form::Mainnet,
            Self::F1r3fly { .. } => Form::F1r3fly,
        }
    }

    /// The bytes under the signature: the serialised Par of a tuple.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        match *self {
            Self::P2018 { nonce, data } | Self::Mainnet { nonce, data } => wire::tuple(&[&wire::integer(nonce), data]),
            Self::F1r3fly { timestamp, deployer, version } => {
                wire::tuple(&[&wire::integer(timestamp), &wire::byte_array(deployer), &wire::integer(version)])
            }
        }
    }

    /// The digest that is signed; `None` for 2018, which signs the bytes themselves.
    #[must_use]
    pub fn digest(&self) -> Option<[u8; 32]> {
        (self.form() != Form::P2018).then(|| blake2b256(&self.signed_bytes()))
    }

    /// The DER signature of this claim; `None` for 2018, which is only checked.
    #[must_use]
    pub fn sign(&self, key: &SecretKey) -> Option<Vec<u8>> {
        self.digest().map(|digest| sign_secp256k1(&digest, key))
    }

    /// Whether `signature` by `public_key` states this claim. Malformed input is `false`.
    #[must_use]
    pub fn check(&self, public_key: &[u8], signature: &[u8]) -> bool {
        match self.digest() {
            Some(digest) => verify_secp256k1(&digest, signature, public_key),
            None => verify_ed25519(&self.signed_bytes(), signature, public_key),
        }
    }
}

/// The usual data of a registration: the serialised Par of `bundle+{*name}` for the name with this id.
#[must_use]
pub fn exported_name(id: &[u8]) -> Vec<u8> {
    wire::write_bundle(&wire::private_name(id))
}

/// The same in the encoding of 2018.
#[must_use]
pub fn exported_name_2018(id: &[u8]) -> Vec<u8> {
    wire::write_bundle(&wire::private_name_2018(id))
}

/// The nonce rule: any first nonce is good, a later one must be strictly greater.
#[must_use]
pub fn accepts(stored: Option<i64>, offered: i64) -> bool {
    stored.is_none_or(|stored| offered > stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces() {
        assert!(accepts(None, i64::MIN) && accepts(None, 0) && accepts(Some(-1), 0));
        assert!(!accepts(Some(5), 5) && !accepts(Some(5), 4));
        assert!(accepts(Some(LONG_MAX - 1), LONG_MAX));
        assert!(!accepts(Some(LONG_MAX), LONG_MAX));
        assert!(!accepts(Some(LONG_MAX), LONG_MAX.wrapping_add(1)));
    }

    #[test]
    fn a_mainnet_registration_of_a_name_has_66_bytes() {
        let data = exported_name(&[7; 32]);
        assert_eq!(Claim::Mainnet { nonce: LONG_MAX, data: &data }.signed_bytes().len(), 66);
        let data = exported_name_2018(&[7; 32]);
        assert_eq!(Claim::P2018 { nonce: LONG_MAX, data: &data }.signed_bytes().len(), 64);
    }

    #[test]
    fn a_signature_states_one_claim_only() {
        let key = SecretKey::from_bytes(&[3; 32]).unwrap();
        let public = key.public_key();
        let claim = Claim::F1r3fly { timestamp: 5, deployer: public.as_bytes(), version: 1 };
        let signature = claim.sign(&key).unwrap();
        assert!(claim.check(public.as_bytes(), &signature));
        assert!(claim.check(&public.to_compressed(), &signature));
        let later = Claim::F1r3fly { timestamp: 6, deployer: public.as_bytes(), version: 1 };
        assert!(!later.check(public.as_bytes(), &signature));
        assert!(!claim.check(public.as_bytes(), &[]) && !claim.check(&[], &signature));
        assert_eq!(Claim::P2018 { nonce: 0, data: &[] }.sign(&key), None);
    }

    #[test]
    fn form_names() {
        assert!(Form::ALL.into_iter().all(|form| Form::from_name(form.name()) == Some(form)));
        assert_eq!(Form::from_name("other"), None);
    }
}
