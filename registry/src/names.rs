//! Forecast of the unforgeable names a deploy will create (registry-genesis 2.7, 3.5, 4.5).

use rhodium_keys::{blake2b256, system_key};
use rhodium_random::Random;
pub use rhodium_random::{block_seed, deploy_seed};

/// The first `count` names of a deploy, in the order of its declared names, when its term is one top-level `new`.
#[must_use]
pub fn forecast_names(public_key: &[u8], timestamp: i64, count: usize) -> Vec<[u8; 32]> {
    take(Random::from_seed(&deploy_seed(public_key, timestamp)), count)
}

/// The first `count` names of genesis deploy number `index` in the `final` form; `None` if the shard id is longer
/// than 255 bytes. The index is one byte of the generator's path: more deploys would share names.
#[must_use]
pub fn forecast_names_final(shard_id: &str, index: u8, count: usize) -> Option<Vec<[u8; 32]>> {
    let random = Random::from_seed(&genesis_seed_final(shard_id)?);
    // Genesis charges nothing, so of the three parts of a deploy only the user's (1) is split off.
    Some(take(random.split_byte(index).split_byte(1), count))
}

/// The block seed of genesis in the `final` form: block 0 without sender on the hash of nothing, whatever the real
/// values are, so that the shard id alone decides the names.
#[must_use]
pub fn genesis_seed_final(shard_id: &str) -> Option<Vec<u8>> {
    block_seed(shard_id, 0, &[], &blake2b256(b""))
}

/// The tag of mergeable numbers: the second name of the `NonNegativeNumber` deploy.
#[must_use]
pub fn number_tag() -> [u8; 32] {
    system_name("NonNegativeNumber", 1)
}

/// The tag of mergeable bitmasks (`rho:system:bitmaskMergeableTag`): again the second name, of a deploy never made.
#[must_use]
pub fn bitmask_tag() -> [u8; 32] {
    system_name("BitmaskOr", 1)
}

/// The tag of mergeable numbers in the `final` form, where `NonNegativeNumber` is genesis deploy 3.
#[must_use]
pub fn number_tag_final(shard_id: &str) -> Option<[u8; 32]> {
    forecast_names_final(shard_id, 3, 2)?.pop()
}

fn take(mut random: Random, count: usize) -> Vec<[u8; 32]> {
    (0..count).map(|_| random.next()).collect()
}

fn system_name(contract: &str, index: usize) -> [u8; 32] {
    let key = system_key(contract).expect("the contract is a row of the system key table");
    forecast_names(key.public.as_bytes(), key.timestamp, index + 1)[index]
}
