//! The seeds that deploys and blocks start their generators from (runtime.md 3.5, registry-genesis.md 4.5).

/// The seed of a user deploy: the protobuf bytes of a `DeployDataProto` with only `deployer` (field 1) and `timestamp`
/// (field 3) set. Default values are left out, as protobuf does.
#[must_use]
pub fn deploy_seed(deployer: &[u8], timestamp: i64) -> Vec<u8> {
    let mut seed = Vec::with_capacity(deployer.len() + 13);
    if !deployer.is_empty() {
        seed.push(0x0a);
        put_varint(&mut seed, deployer.len() as u64);
        seed.extend_from_slice(deployer);
    }
    if timestamp != 0 {
        seed.push(0x18);
        put_varint(&mut seed, timestamp as u64);
    }
    seed
}

/// The block seed of the registration form `final`: shard, number, sender and pre-state. `None` when the shard id or
/// the sender has more than 255 bytes, which the length byte cannot say.
#[must_use]
pub fn block_seed(shard_id: &str, block_number: u64, sender: &[u8], pre_state: &[u8; 32]) -> Option<Vec<u8>> {
    let mut seed = Vec::with_capacity(shard_id.len() + sender.len() + 44);
    seed.push(u8::try_from(shard_id.len()).ok()?);
    seed.extend_from_slice(shard_id.as_bytes());
    put_varint(&mut seed, block_number);
    seed.push(u8::try_from(sender.len()).ok()?);
    seed.extend_from_slice(sender);
    seed.extend_from_slice(pre_state);
    Some(seed)
}

/// Groups of seven bits, the least significant first; the high bit says that more follow.
fn put_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
