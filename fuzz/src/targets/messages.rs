//! The messages that come from other machines: deploys and block files.

use prost::Message;
use rhodium_genesis::{BlockError, SignedDeploy, decode_block, encode_block, schema, seal};

pub(super) fn check(input: &[u8]) {
    let Some((selector, bytes)) = input.split_first() else { return };
    match selector % 2 {
        0 => deploy(bytes),
        _ => block(bytes),
    }
}

fn deploy(bytes: &[u8]) {
    if let Ok(deploy) = SignedDeploy::from_bytes(bytes) {
        assert_eq!(SignedDeploy::from_bytes(&deploy.to_bytes()), Ok(deploy), "a deploy reads back as another one");
    }
}

/// The hash keeps nearly every input out, so the same message is tried once more with the right one.
fn block(bytes: &[u8]) {
    if let Ok(block) = decode_block(bytes) {
        assert_eq!(encode_block(&block), bytes, "a block file has one form");
    }
    let Ok(mut block) = schema::BlockMessage::decode(bytes) else { return };
    seal(&mut block);
    let sealed = encode_block(&block);
    match decode_block(&sealed) {
        Ok(back) => assert_eq!(back, block, "a block reads back as another one"),
        Err(BlockError::Missing(_) | BlockError::Signature | BlockError::Justified) => {}
        Err(error) => panic!("a sealed block is refused: {error}"),
    }
}
