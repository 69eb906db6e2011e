//! The parameters of genesis: defaults, checks, and their values for templates (registry-genesis 4.3).

use std::collections::{BTreeMap, BTreeSet};

use rhodium_keys::PublicKey;
use serde::Deserialize;

use crate::bonds::Bond;
use crate::template::{MacroValue, literal};

const MULTI_SIG_KEYS: [&str; 3] = [
    "04db91a53a2b72fcdcb201031772da86edad1e4979eb6742928d27731b1771e0bc40c9e9c9fa6554bdec041a87cee423d6f2e09e9dfb408b78e85a4aa611aad20c",
    "042a736b30fffcc7d5a58bb9416f7e46180818c82b15542d0a7819d1a437aa7f4b6940c50db73a67bfc5f5ec5b5fa555d24ef8339b03edaa09c096de4ded6eae14",
    "047f0f0f5bbe1d6d1a8dac4d88a3957851940f39a57cd89d55fe25b536ab67e6d76fd3f365c83e5bfe11fe7117e549b1ae3dd39bfc867d1c725a4177692c4e7754",
];

/// The parameters, under the names of the configuration keys.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameters {
    /// The shard that deploys and blocks name.
    pub shard_name: String,
    /// The least stake.
    pub bond_minimum: i64,
    /// The greatest stake.
    pub bond_maximum: i64,
    /// Blocks per epoch.
    pub epoch_length: i64,
    /// Blocks that a withdrawn stake is kept.
    pub quarantine_length: i64,
    /// Validators active in one epoch.
    pub number_of_active_validators: i64,
    /// The number of the genesis block; not 0 for a hard fork.
    pub genesis_block_number: i64,
    /// The time in the block's header, in milliseconds. Nothing else depends on it.
    pub deploy_timestamp: i64,
    /// The owners of the vault of slashed money, in hexadecimal.
    pub pos_multi_sig_public_keys: Vec<String>,
    /// How many of them must agree.
    pub pos_multi_sig_quorum: i64,
    /// The key that may transfer from the PoS vault, in hexadecimal; empty for nobody.
    pub pos_vault_pub_key: String,
    /// The key that may replace system contracts, in hexadecimal; empty for nobody.
    pub system_contract_pub_key: String,
    /// The name of the token.
    pub native_token_name: String,
    /// Its symbol.
    pub native_token_symbol: String,
    /// How many decimal places of it are shown.
    pub native_token_decimals: i64,
    /// The share of the stake that must agree before a block counts as final.
    pub fault_tolerance_threshold: f64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            shard_name: "root".into(),
            bond_minimum: 1,
            bond_maximum: i64::MAX,
            epoch_length: 10_000,
            quarantine_length: 50_000,
            number_of_active_validators: 100,
            genesis_block_number: 0,
            deploy_timestamp: 0,
            pos_multi_sig_public_keys: MULTI_SIG_KEYS.map(str::to_owned).to_vec(),
            pos_multi_sig_quorum: 2,
            pos_vault_pub_key: String::new(),
            system_contract_pub_key: String::new(),
            native_token_name: "F1R3CAP".into(),
            native_token_symbol: "F1R3".into(),
            native_token_decimals: 8,
            fault_tolerance_threshold: 0.67,
        }
    }
}

/// Why parameters were refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ParameterError {
    /// A number outside its bounds.
    #[error("{name} is {value}, but must be between {minimum} and {maximum}")]
    Range {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: i64,
        /// The least allowed.
        minimum: i64,
        /// The greatest allowed.
        maximum: i64,
    },
    /// The shard name is empty or not ASCII.
    #[error("shard-name {0:?} must be printable ASCII text and not empty")]
    ShardName(String),
    /// There are no validators.
    #[error("there are no validators: the bonds are empty")]
    NoBonds,
    /// A key that is not one.
    #[error("{name}: {value:?} is not a 65-byte uncompressed secp256k1 key in hexadecimal: {reason}")]
    Key {
        /// The parameter.
        name: &'static str,
        /// The text.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A key that counts twice.
    #[error("pos-multi-sig-public-keys: {0} is listed twice")]
    DuplicateKey(String),
    /// Text that is blank or cannot be a string literal.
    #[error("{name} {value:?} is blank, or contains a quote, a backslash or a control character")]
    Text {
        /// The parameter.
        name: &'static str,
        /// The text.
        value: String,
    },
    /// The threshold is no share.
    #[error("fault-tolerance-threshold is {0}, but must be between 0 and 1")]
    FaultTolerance(f64),
}

impl ParameterError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Range { .. } => "E0521",
            Self::ShardName(_) => "E0522",
            Self::NoBonds => "E0523",
            Self::Key { .. } => "E0524",
            Self::DuplicateKey(_) => "E0525",
            Self::Text { .. } => "E0526",
            Self::FaultTolerance(_) => "E0527",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Range { .. } | Self::FaultTolerance(_) => "choose a value within the bounds",
            Self::ShardName(_) => "names such as root are used",
            Self::NoBonds => "list at least one validator in the bonds file",
            Self::Key { .. } => "use the key in its long form: 130 hexadecimal digits beginning with 04",
            Self::DuplicateKey(_) => "one owner cannot agree twice: list every key once",
            Self::Text { .. } => "Rholang keeps escapes as they are written, so such text cannot be a string literal",
        }
    }
}

/// What is allowed, but perhaps not meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParameterWarning {
    /// `pos-vault-pub-key` is empty.
    #[error("pos-vault-pub-key is empty: nobody can transfer from the PoS vault by hand")]
    NoVaultKey,
    /// `system-contract-pub-key` is empty.
    #[error("system-contract-pub-key is empty: nobody can replace system contracts")]
    NoContractKey,
}

impl Parameters {
    /// Checks everything and reports all errors. The bonds come from their file.
    pub fn check(&self, bonds: &[Bond]) -> Result<(), Vec<ParameterError>> {
        let mut errors = Vec::new();
        if self.shard_name.is_empty() || !self.shard_name.bytes().all(|byte| byte.is_ascii_graphic()) {
            errors.push(ParameterError::ShardName(self.shard_name.clone()));
        }
        if bonds.is_empty() {
            errors.push(ParameterError::NoBonds);
        }
        self.check_numbers(&mut errors);
        self.check_keys(&mut errors);
        let texts =
            [("native-token-name", &self.native_token_name), ("native-token-symbol", &self.native_token_symbol)];
        for (name, value) in texts {
            if value.trim().is_empty() || literal(value).is_none() {
                errors.push(ParameterError::Text { name, value: value.clone() });
            }
        }
        if !(0.0..=1.0).contains(&self.fault_tolerance_threshold) {
            errors.push(ParameterError::FaultTolerance(self.fault_tolerance_threshold));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn check_numbers(&self, errors: &mut Vec<ParameterError>) {
        const INT: i64 = i32::MAX as i64;
        let owners = i64::try_from(self.pos_multi_sig_public_keys.len()).unwrap_or(i64::MAX);
        for (name, value, minimum, maximum) in [
            // PoS divides by the least stake and by the length of an epoch.
            ("bond-minimum", self.bond_minimum, 1, i64::MAX),
            ("bond-maximum", self.bond_maximum, self.bond_minimum, i64::MAX),
            ("epoch-length", self.epoch_length, 1, INT),
            ("quarantine-length", self.quarantine_length, 0, INT),
            ("number-of-active-validators", self.number_of_active_validators, 1, INT),
            ("genesis-block-number", self.genesis_block_number, 0, i64::MAX),
            ("pos-multi-sig-quorum", self.pos_multi_sig_quorum, 1, owners),
            ("native-token-decimals", self.native_token_decimals, 0, 18),
        ] {
            if value < minimum || value > maximum {
                errors.push(ParameterError::Range { name, value, minimum, maximum });
            }
        }
    }

    fn check_keys(&self, errors: &mut Vec<ParameterError>) {
        let mut owners = BTreeSet::new();
        for value in &self.pos_multi_sig_public_keys {
            match key("pos-multi-sig-public-keys", value) {
                Ok(key) => {
                    if !owners.insert(key) {
                        errors.push(ParameterError::DuplicateKey(value.clone()));
                    }
                }
                Err(error) => errors.push(error),
            }
        }
        for (name, value) in self.optional_keys() {
            errors.extend(optional_key(name, value).err());
        }
    }

    fn optional_keys(&self) -> [(&'static str, &str); 2] {
        [
            ("pos-vault-pub-key", self.pos_vault_pub_key.as_str()),
            ("system-contract-pub-key", self.system_contract_pub_key.as_str()),
        ]
    }

    /// What is allowed, but should be said.
    #[must_use]
    pub fn warnings(&self) -> Vec<ParameterWarning> {
        let vault = self.pos_vault_pub_key.is_empty().then_some(ParameterWarning::NoVaultKey);
        let contracts = self.system_contract_pub_key.is_empty().then_some(ParameterWarning::NoContractKey);
        vault.into_iter().chain(contracts).collect()
    }

    /// The threshold in parts per million, rounded.
    #[must_use]
    pub fn fault_tolerance_ppm(&self) -> i64 {
        // The conversion saturates; `check` keeps the value between 0 and a million.
        (self.fault_tolerance_threshold * 1_000_000.0).round() as i64
    }

    /// The values of the macros of the PoS contract.
    pub fn pos_macros(&self, bonds: &[Bond]) -> Result<BTreeMap<String, MacroValue>, Vec<ParameterError>> {
        self.check(bonds)?;
        let owners = self.pos_multi_sig_public_keys.iter().map(|value| key("pos-multi-sig-public-keys", value));
        let owners = owners.collect::<Result<Vec<_>, _>>().map_err(|error| vec![error])?;
        Ok(named([
            ("minimumBond", MacroValue::Int(self.bond_minimum)),
            ("maximumBond", MacroValue::Int(self.bond_maximum)),
            ("initialBonds", MacroValue::Bonds(bonds.to_vec())),
            ("epochLength", MacroValue::Int(self.epoch_length)),
            ("quarantineLength", MacroValue::Int(self.quarantine_length)),
            ("numberOfActiveValidators", MacroValue::Int(self.number_of_active_validators)),
            ("posMultiSigPublicKeys", MacroValue::Keys(owners)),
            ("posMultiSigQuorum", MacroValue::Int(self.pos_multi_sig_quorum)),
            ("posPubKey", MacroValue::Key(self.macro_key("pos-vault-pub-key", &self.pos_vault_pub_key)?)),
            ("faultToleranceThresholdPpm", MacroValue::Int(self.fault_tolerance_ppm())),
        ]))
    }

    /// The values of the macros of the TokenMetadata contract.
    #[must_use]
    pub fn token_macros(&self) -> BTreeMap<String, MacroValue> {
        named([
            ("nativeTokenName", MacroValue::Text(self.native_token_name.clone())),
            ("nativeTokenSymbol", MacroValue::Text(self.native_token_symbol.clone())),
            ("nativeTokenDecimals", MacroValue::Int(self.native_token_decimals)),
        ])
    }

    /// The values of the macros of the Registry contract.
    pub fn registry_macros(&self) -> Result<BTreeMap<String, MacroValue>, Vec<ParameterError>> {
        let key = self.macro_key("system-contract-pub-key", &self.system_contract_pub_key)?;
        Ok(named([("systemContractPubKey", MacroValue::Key(key))]))
    }

    fn macro_key(&self, name: &'static str, value: &str) -> Result<Vec<u8>, Vec<ParameterError>> {
        optional_key(name, value).map_err(|error| vec![error])
    }
}

fn named<const N: usize>(values: [(&str, MacroValue); N]) -> BTreeMap<String, MacroValue> {
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn optional_key(name: &'static str, value: &str) -> Result<Vec<u8>, ParameterError> {
    if value.is_empty() { Ok(Vec::new()) } else { key(name, value) }
}

fn key(name: &'static str, value: &str) -> Result<Vec<u8>, ParameterError> {
    let refused = |reason: String| ParameterError::Key { name, value: value.to_owned(), reason };
    if value.len() != 130 {
        return Err(refused(format!("it has {} digits instead of 130", value.chars().count())));
    }
    let key = PublicKey::from_hex(value).map_err(|error| refused(error.to_string()))?;
    Ok(key.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::link;

    fn bonds() -> Vec<Bond> {
        vec![Bond { validator: vec![4, 5], stake: 3 }]
    }

    fn codes(change: impl FnOnce(&mut Parameters)) -> Vec<&'static str> {
        let mut parameters = Parameters::default();
        change(&mut parameters);
        parameters.check(&bonds()).err().unwrap_or_default().iter().map(ParameterError::code).collect()
    }

    #[test]
    fn defaults_are_good_and_rendered() {
        let parameters = Parameters::default();
        assert_eq!(parameters.check(&bonds()), Ok(()));
        assert_eq!(parameters.warnings(), [ParameterWarning::NoVaultKey, ParameterWarning::NoContractKey]);
        let pos = parameters.pos_macros(&bonds()).unwrap();
        let template = "$$minimumBond$$ $$maximumBond$$ $$initialBonds$$ $$epochLength$$ $$quarantineLength$$ \
            $$numberOfActiveValidators$$ $$posMultiSigQuorum$$ \"$$posPubKey$$\" $$faultToleranceThresholdPpm$$ \
            $$posMultiSigPublicKeys$$";
        let keys = MULTI_SIG_KEYS.map(|key| format!("\"{key}\".hexToBytes()")).join(", ");
        let expected =
            format!("1 9223372036854775807 {{ \"0405\".hexToBytes() : 3}} 10000 50000 100 2 \"\" 670000 [{keys}]");
        assert_eq!(link(template, &pos), Ok(expected));
        let token =
            link("$$nativeTokenName$$ \"$$nativeTokenSymbol$$\" $$nativeTokenDecimals$$", &parameters.token_macros());
        assert_eq!(token.unwrap(), "\"F1R3CAP\" \"F1R3\" 8");
        assert_eq!(link("\"$$systemContractPubKey$$\"", &parameters.registry_macros().unwrap()).unwrap(), "\"\"");
    }

    #[test]
    fn everything_wrong_is_reported() {
        assert_eq!(codes(|p| p.shard_name = "röt".into()), ["E0522"]);
        assert_eq!(codes(|p| p.bond_minimum = 0), ["E0521"]);
        assert_eq!(codes(|p| (p.bond_minimum, p.bond_maximum) = (5, 4)), ["E0521"]);
        assert_eq!(codes(|p| (p.epoch_length, p.quarantine_length) = (0, -1)), ["E0521", "E0521"]);
        assert_eq!(codes(|p| p.epoch_length = 1 << 31), ["E0521"]);
        assert_eq!(codes(|p| p.pos_multi_sig_quorum = 4), ["E0521"]);
        assert_eq!(codes(|p| p.native_token_decimals = 19), ["E0521"]);
        assert_eq!(codes(|p| p.pos_multi_sig_public_keys[0] = "04".into()), ["E0524"]);
        assert_eq!(codes(|p| p.pos_multi_sig_public_keys[0] = MULTI_SIG_KEYS[2].to_uppercase()), ["E0525"]);
        assert_eq!(codes(|p| p.pos_vault_pub_key = "é".repeat(65)), ["E0524"]);
        assert_eq!(codes(|p| p.native_token_name = " ".into()), ["E0526"]);
        assert_eq!(codes(|p| p.native_token_symbol = "a\"b".into()), ["E0526"]);
        assert_eq!(codes(|p| p.fault_tolerance_threshold = f64::NAN), ["E0527"]);
        assert_eq!(Parameters::default().check(&[]), Err(vec![ParameterError::NoBonds]));
        assert!(Parameters::default().pos_macros(&[]).is_err());
    }

    #[test]
    fn configuration_keys() {
        let text = "shard-name = \"test\"\nbond-minimum = 2\nfault-tolerance-threshold = 0.1\n";
        let parameters: Parameters = toml::from_str(text).unwrap();
        assert_eq!((parameters.shard_name.as_str(), parameters.bond_minimum), ("test", 2));
        assert_eq!((parameters.fault_tolerance_ppm(), parameters.epoch_length), (100_000, 10_000));
        assert!(toml::from_str::<Parameters>("bond-minimun = 2").is_err());
    }
}
