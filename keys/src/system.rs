//! The checked-in key pairs of the system contracts (registry-genesis 3.1).
//!
//! The secrets are public on purpose: each serves one registration that is frozen for ever. They must
//! therefore never hold funds, sign user deploys or act as validators (6.3, 8.3d).

use std::sync::OnceLock;

use serde::Deserialize;

use crate::key::{PublicKey, SecretKey};

/// The files, in the order in which genesis deploys their contracts (3.2); test tools come last.
const FILES: [&str; 15] = [
    include_str!("../system/Registry.toml"),
    include_str!("../system/VersionedRegistry.toml"),
    include_str!("../system/ListOps.toml"),
    include_str!("../system/Either.toml"),
    include_str!("../system/NonNegativeNumber.toml"),
    include_str!("../system/MakeMint.toml"),
    include_str!("../system/AuthKey.toml"),
    include_str!("../system/SystemVault.toml"),
    include_str!("../system/MultiSigSystemVault.toml"),
    include_str!("../system/Stack.toml"),
    include_str!("../system/TokenMetadata.toml"),
    include_str!("../system/VaultBatches.toml"),
    include_str!("../system/PoS.toml"),
    include_str!("../system/RhoSpec.toml"),
    include_str!("../system/BitmaskOr.toml"),
];

/// Which networks know a system key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SystemProfile {
    /// RChain and F1R3FLY.
    Core,
    /// F1R3FLY only.
    Ext,
}

/// The key pair and deploy data of one system contract.
#[derive(Debug, Clone)]
pub struct SystemKey {
    /// The contract's name in this project.
    pub name: String,
    /// The name in the older network, when it differs.
    pub old_name: Option<String>,
    /// The (public) secret.
    pub secret: SecretKey,
    /// Its public key.
    pub public: PublicKey,
    /// The timestamp of the genesis deploy, in milliseconds. Vault batches add their index.
    pub timestamp: i64,
    /// The URI under which the contract registers itself, if it does.
    pub uri: Option<String>,
    /// Which networks know it.
    pub profile: SystemProfile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    old_name: Option<String>,
    secret: String,
    public: String,
    timestamp: i64,
    uri: Option<String>,
    profile: SystemProfile,
}

fn parse(text: &str) -> SystemKey {
    // The files are part of this crate and every one is checked by a test: a failure here is a broken build.
    let row: Row = toml::from_str(text).expect("a system key file is valid TOML");
    SystemKey {
        secret: SecretKey::from_hex(&row.secret).expect("a system secret is valid"),
        public: PublicKey::from_hex(&row.public).expect("a system public key is valid"),
        name: row.name,
        old_name: row.old_name,
        timestamp: row.timestamp,
        uri: row.uri,
        profile: row.profile,
    }
}

/// All system keys, in deployment order.
pub fn system_keys() -> &'static [SystemKey] {
    static KEYS: OnceLock<Vec<SystemKey>> = OnceLock::new();
    KEYS.get_or_init(|| FILES.iter().map(|text| parse(text)).collect())
}

/// The system key of a contract, by its name in either network.
pub fn system_key(name: &str) -> Option<&'static SystemKey> {
    system_keys().iter().find(|key| key.name == name || key.old_name.as_deref() == Some(name))
}

/// Whether this key's secret is published with the system contracts.
pub fn is_system_key(key: &PublicKey) -> bool {
    system_keys().iter().any(|system| system.public == *key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_public_key_belongs_to_its_secret() {
        for key in system_keys() {
            assert_eq!(key.secret.public_key(), key.public, "{}", key.name);
            assert!(is_system_key(&key.public));
        }
    }

    #[test]
    fn rows_are_distinct_and_complete() {
        let publics: BTreeSet<_> = system_keys().iter().map(|key| key.public).collect();
        let seeds: BTreeSet<_> = system_keys().iter().map(|key| (key.public, key.timestamp)).collect();
        assert_eq!((publics.len(), seeds.len()), (15, 15));
        let registered: Vec<_> = system_keys().iter().filter(|key| key.uri.is_some()).map(|k| &k.name).collect();
        assert_eq!(registered.len(), 11, "{registered:?}");
        assert_eq!(system_keys().iter().filter(|key| key.profile == SystemProfile::Ext).count(), 4);
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/system");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), FILES.len(), "a key file is not embedded");
    }

    #[test]
    fn lookup_by_either_name() {
        assert_eq!(system_key("RevVault").unwrap().name, "SystemVault");
        assert_eq!(system_key("MultiSigSystemVault").unwrap().old_name.as_deref(), Some("MultiSigRevVault"));
        assert!(system_key("Nothing").is_none());
        let stranger = SecretKey::from_bytes(&[1; 32]).unwrap().public_key();
        assert!(!is_system_key(&stranger));
    }
}
