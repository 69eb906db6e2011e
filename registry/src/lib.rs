//! The registry: rho:id URIs, registration protocols, name forecast, URN tables and versions.
//!
//! What the registry contract does in Rholang is prepared and checked here from outside: everything in this
//! crate is a pure function of its arguments and of the system key table.

mod crc14;
mod names;
mod nearest;
mod registration;
mod tree_hash_map;
mod uri;
mod urn;
mod version;
mod wire;
mod zbase32;

pub use crc14::crc14;
pub use names::{
    bitmask_tag, block_seed, deploy_seed, forecast_names, forecast_names_final, genesis_seed_final, number_tag,
    number_tag_final,
};
pub use nearest::{nearest, nearest_urn};
pub use registration::{Claim, Form, LONG_MAX, accepts, exported_name, exported_name_2018};
pub use tree_hash_map::{TriePath, trie_path};
pub use uri::{URI_PREFIX, UriVerdict, check_uri, correct_uri, known_contract, registry_uri};
pub use urn::{
    INJECTED, Injected, SHORTHANDS, SYSTEM_CHANNELS, Shorthand, SystemChannel, SystemProcess, TEST_CHANNELS, Urn,
    classify_urn, injected, shorthand, system_channel, test_channel,
};
pub use version::{Version, VersionPattern, VersionedUrn, matches_version, parse_versioned_urn, select_best_version};
pub use zbase32::{zbase32_decode, zbase32_encode};
