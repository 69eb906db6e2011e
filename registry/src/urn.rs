//! The one table of URNs: system channels, injected values and registry shorthands (runtime 8.3, registry-genesis
//! 2.1, 2.8 and 7.2). Both families of names, RChain's and F1R3FLY's, are known everywhere.

use rhodium_keys::system_key;

use crate::uri::{URI_PREFIX, UriVerdict, check_uri};
use crate::version::{VersionedUrn, parse_versioned_urn};

/// A channel with a fixed one-byte private name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemChannel {
    /// The URN that a `new` binds.
    pub urn: &'static str,
    /// Its name in the older family, if that differs.
    pub old_urn: Option<&'static str>,
    /// The single byte of the private name.
    pub byte: u8,
    /// The process that answers; `None` where the registry contract listens.
    pub process: Option<SystemProcess>,
}

/// The native process behind a system channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemProcess {
    /// How many data a message must have; others are never consumed.
    pub arity: u8,
    /// The number of the body, as it is written in continuations.
    pub body: u8,
    /// The answer comes from outside and is recorded for replay.
    pub non_deterministic: bool,
}

impl SystemChannel {
    /// Its URN and the older one, if any.
    pub fn urns(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.urn).chain(self.old_urn)
    }
}

const fn native(urn: &'static str, byte: u8, arity: u8, body: u8) -> SystemChannel {
    let process = Some(SystemProcess { arity, body, non_deterministic: false });
    SystemChannel { urn, old_urn: None, byte, process }
}

const fn external(urn: &'static str, byte: u8, arity: u8, body: u8) -> SystemChannel {
    let process = Some(SystemProcess { arity, body, non_deterministic: true });
    SystemChannel { urn, old_urn: None, byte, process }
}

const fn renamed(urn: &'static str, old_urn: &'static str, byte: u8, arity: u8, body: u8) -> SystemChannel {
    SystemChannel { old_urn: Some(old_urn), ..native(urn, byte, arity, body) }
}

const fn contract(urn: &'static str, byte: u8) -> SystemChannel {
    SystemChannel { urn, old_urn: None, byte, process: None }
}

/// All channels of the ordinary runtime, in the order of their bytes.
pub const SYSTEM_CHANNELS: &[SystemChannel] = &[
    native("rho:io:stdout", 0, 1, 0),
    native("rho:io:stdoutAck", 1, 2, 1),
    native("rho:io:stderr", 2, 1, 2),
    native("rho:io:stderrAck", 3, 2, 3),
    native("rho:crypto:ed25519Verify", 4, 4, 4),
    native("rho:crypto:sha256Hash", 5, 2, 5),
    native("rho:crypto:keccak256Hash", 6, 2, 6),
    native("rho:crypto:blake2b256Hash", 7, 2, 7),
    native("rho:crypto:secp256k1Verify", 8, 4, 9),
    native("rho:block:data", 10, 1, 11),
    native("rho:casper:invalidBlocks", 11, 1, 12),
    renamed("rho:vault:address", "rho:rev:address", 12, 3, 13),
    renamed("rho:system:deployerId:ops", "rho:rchain:deployerId:ops", 13, 3, 14),
    contract("rho:registry:lookup", 14),
    contract("rho:registry:insertArbitrary", 15),
    contract("rho:registry:insertSigned:secp256k1", 16),
    native("rho:registry:ops", 17, 3, 15),
    native("sys:authToken:ops", 18, 3, 16),
    contract("rho:registry:v1:internal", 19),
    external("rho:ai:gpt4", 20, 2, 18),
    external("rho:ai:dalle3", 21, 2, 19),
    external("rho:ai:textToAudio", 22, 2, 20),
    native("rho:registry:ops:1.0.0", 23, 3, 17),
    contract("rho:registry:1.0.0", 24),
    external("rho:io:grpcTell", 25, 3, 23),
    native("rho:io:devNull", 26, 1, 24),
    native("rho:execution:abort", 27, 1, 25),
    external("rho:ollama:chat", 28, 3, 26),
    external("rho:ollama:generate", 29, 3, 27),
    external("rho:ollama:models", 30, 1, 28),
    native("rho:deploy:data", 31, 1, 29),
    native("rho:chroma:collection:new", 32, 4, 32),
    native("rho:chroma:collection:meta", 33, 2, 33),
    native("rho:chroma:collection:entries:new", 34, 3, 34),
    external("rho:chroma:collection:entries:query", 35, 3, 35),
    native("rho:chroma:collection:entries:delete", 36, 3, 36),
    native("rho:internal:registry_lookup", 37, 2, 30),
];

/// Channels of the contract test runner only. Binding one elsewhere must fail.
pub const TEST_CHANNELS: &[SystemChannel] = &[
    native("rho:test:assertAck", 101, 5, 101),
    native("rho:test:testSuiteCompleted", 102, 1, 102),
    native("rho:io:stdlog", 103, 2, 103),
    native("rho:test:deployerId:make", 104, 3, 104),
    native("rho:test:crypto:secp256k1Sign", 105, 3, 105),
    native("sys:test:authToken:make", 106, 1, 106),
    native("rho:test:block:data:set", 107, 3, 107),
    native("rho:test:casper:invalidBlocks:set", 108, 2, 108),
];

/// Values that a host binds, without a bundle, for one deploy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Injected {
    /// The deploy's signature as an unforgeable value.
    DeployId,
    /// The deployer's key as an unforgeable value.
    DeployerId,
    /// The tag of mergeable bitmasks; always available.
    BitmaskTag,
    /// System deploys: the deployer they act for.
    SystemDeployerId,
    /// System deploys: the token that proves the system.
    SystemAuthToken,
    /// System deploys: the channel of the result.
    SystemReturn,
    /// Pre-charge: the amount.
    ChargeAmount,
    /// Refund: the amount.
    RefundAmount,
    /// Slashing by validator key.
    SlashedValidator,
    /// Slashing by block hash.
    InvalidBlockHash,
}

/// All injected values by URN.
pub const INJECTED: &[(&str, Injected)] = &[
    ("rho:rchain:deployId", Injected::DeployId),
    ("rho:rchain:deployerId", Injected::DeployerId),
    ("rho:system:bitmaskMergeableTag", Injected::BitmaskTag),
    ("rho:system:deployId", Injected::DeployId),
    ("rho:system:deployerId", Injected::DeployerId),
    ("sys:casper:authToken", Injected::SystemAuthToken),
    ("sys:casper:chargeAmount", Injected::ChargeAmount),
    ("sys:casper:deployerId", Injected::SystemDeployerId),
    ("sys:casper:invalidBlockHash", Injected::InvalidBlockHash),
    ("sys:casper:refundAmount", Injected::RefundAmount),
    ("sys:casper:return", Injected::SystemReturn),
    ("sys:casper:slashedValidator", Injected::SlashedValidator),
];

/// A short key that `lookup` of the registry contract understands. It cannot be bound by a `new`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shorthand {
    /// The key.
    pub urn: &'static str,
    /// The contract it stands for.
    pub contract: &'static str,
}

impl Shorthand {
    /// The URI it stands for; `None` if the contract is stored under the short key itself.
    #[must_use]
    pub fn uri(&self) -> Option<&'static str> {
        system_key(self.contract)?.uri.as_deref()
    }
}

const fn short(urn: &'static str, contract: &'static str) -> Shorthand {
    Shorthand { urn, contract }
}

/// All shorthands of both families.
pub const SHORTHANDS: &[Shorthand] = &[
    short("rho:lang:either", "Either"),
    short("rho:lang:listOps", "ListOps"),
    short("rho:lang:nonNegativeNumber", "NonNegativeNumber"),
    short("rho:lang:stack", "Stack"),
    short("rho:lang:treeHashMap", "TreeHashMap"),
    short("rho:rchain:authKey", "AuthKey"),
    short("rho:rchain:makeMint", "MakeMint"),
    short("rho:rchain:multiSigRevVault", "MultiSigSystemVault"),
    short("rho:rchain:pos", "PoS"),
    short("rho:rchain:revVault", "SystemVault"),
    short("rho:system:authKey", "AuthKey"),
    short("rho:system:makeMint", "MakeMint"),
    short("rho:system:pos", "PoS"),
    short("rho:system:tokenMetadata", "TokenMetadata"),
    short("rho:vault:multiSig", "MultiSigSystemVault"),
    short("rho:vault:system", "SystemVault"),
];

/// The system channel of a URN of either family.
#[must_use]
pub fn system_channel(urn: &str) -> Option<&'static SystemChannel> {
    SYSTEM_CHANNELS.iter().find(|channel| channel.urn == urn || channel.old_urn == Some(urn))
}

/// The test channel of a URN.
#[must_use]
pub fn test_channel(urn: &str) -> Option<&'static SystemChannel> {
    TEST_CHANNELS.iter().find(|channel| channel.urn == urn)
}

/// The injected value of a URN.
#[must_use]
pub fn injected(urn: &str) -> Option<Injected> {
    INJECTED.iter().find_map(|(known, value)| (*known == urn).then_some(*value))
}

/// The shorthand of this name.
#[must_use]
pub fn shorthand(urn: &str) -> Option<&'static Shorthand> {
    SHORTHANDS.iter().find(|row| row.urn == urn)
}

/// What a URN is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urn<'a> {
    /// A channel of the runtime, to be bound by a `new`.
    Channel(&'static SystemChannel),
    /// A channel of the contract test runner.
    TestChannel(&'static SystemChannel),
    /// A value bound for one deploy.
    Injected(Injected),
    /// A short key for `lookup`.
    Shorthand(&'static Shorthand),
    /// A URI for `lookup`, good or bad.
    Registry(UriVerdict),
    /// A URN of the versioned registry.
    Versioned(VersionedUrn<'a>),
}

/// Says what a URN is; `None` if nobody knows it. Plain names go before versioned ones, which they resemble.
#[must_use]
pub fn classify_urn(urn: &str) -> Option<Urn<'_>> {
    system_channel(urn)
        .map(Urn::Channel)
        .or_else(|| test_channel(urn).map(Urn::TestChannel))
        .or_else(|| injected(urn).map(Urn::Injected))
        .or_else(|| shorthand(urn).map(Urn::Shorthand))
        .or_else(|| urn.starts_with(URI_PREFIX).then(|| Urn::Registry(check_uri(urn))))
        .or_else(|| parse_versioned_urn(urn).map(Urn::Versioned))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn nothing_is_listed_twice() {
        let all: Vec<_> = SYSTEM_CHANNELS.iter().chain(TEST_CHANNELS).collect();
        assert!(all.is_sorted_by(|a, b| a.byte < b.byte));
        let bodies: Vec<_> = all.iter().filter_map(|channel| channel.process.map(|process| process.body)).collect();
        assert_eq!(bodies.iter().collect::<BTreeSet<_>>().len(), bodies.len());
        let mut urns: Vec<_> = all.iter().flat_map(|channel| channel.urns()).collect();
        urns.extend(INJECTED.iter().map(|(urn, _)| *urn));
        urns.extend(SHORTHANDS.iter().map(|row| row.urn));
        assert_eq!(urns.iter().collect::<BTreeSet<_>>().len(), urns.len());
    }

    #[test]
    fn both_families_reach_the_same_thing() {
        assert_eq!(system_channel("rho:rev:address"), system_channel("rho:vault:address"));
        assert_eq!(injected("rho:rchain:deployId"), injected("rho:system:deployId"));
        let uri = |urn| shorthand(urn).and_then(Shorthand::uri);
        assert_eq!(uri("rho:rchain:revVault"), uri("rho:vault:system"));
        assert_eq!(uri("rho:lang:listOps"), Some("rho:id:6fzorimqngeedepkrizgiqms6zjt76zjeciktt1eifequy4osz35ks"));
        assert_eq!(uri("rho:lang:treeHashMap"), None);
        let without: Vec<_> = SHORTHANDS.iter().filter(|row| row.uri().is_none()).map(|row| row.urn).collect();
        assert_eq!(without, ["rho:lang:treeHashMap"]);
    }

    #[test]
    fn classification() {
        assert!(matches!(classify_urn("rho:registry:lookup"), Some(Urn::Channel(channel)) if channel.byte == 14));
        assert!(matches!(classify_urn("rho:registry:2.0.0"), Some(Urn::Versioned(_))));
        assert!(matches!(classify_urn("rho:io:stdlog"), Some(Urn::TestChannel(_))));
        assert_eq!(classify_urn("rho:id:abc"), Some(Urn::Registry(UriVerdict::WrongLength(3))));
        assert_eq!(classify_urn("rho:some:thing"), None);
    }
}
