//! The block file: hash, encoding, and reading with every damage noticed (registry-genesis 4.7).

use prost::Message;
use rhodium_keys::{blake2b256, verify_secp256k1};

use crate::schema::{BlockMessage, Event};

/// Why a block file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// The bytes are not a block message; the text names the fields that lead to the fault.
    #[error("the file is not a complete block: {0}")]
    Decode(#[from] prost::DecodeError),
    /// A part that every block has.
    #[error("the block has no {0}")]
    Missing(&'static str),
    /// The bytes say the same as the block, but differently.
    #[error("the file differs from the canonical encoding of its block at byte {offset}")]
    NotCanonical {
        /// The first byte that differs.
        offset: usize,
    },
    /// The content does not have the hash that the file states.
    #[error("the block states the hash {stated}, but its content has {computed}")]
    Hash {
        /// The hash in the file, in hexadecimal.
        stated: String,
        /// The hash of the content, in hexadecimal.
        computed: String,
    },
    /// The signature is not the sender's.
    #[error("the block's signature is not its sender's")]
    Signature,
    /// Justifications are not covered by the hash, and a genesis block has none.
    #[error("the block has justifications: it is not a genesis block")]
    Justified,
}

impl BlockError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Decode(_) => "E0551",
            Self::Missing(_) => "E0552",
            Self::NotCanonical { .. } => "E0553",
            Self::Hash { .. } => "E0554",
            Self::Signature => "E0555",
            Self::Justified => "E0556",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Decode(_) | Self::Missing(_) => {
                "the file is truncated, damaged, or not a block: fetch or build it again"
            }
            Self::NotCanonical { .. } | Self::Hash { .. } => "the file was changed or damaged: fetch or build it again",
            Self::Signature => "the block was changed, or signed with another key",
            Self::Justified => "give the first block of the network",
        }
    }
}

/// The hash of everything in the block but its hash, its signature and its justifications.
#[must_use]
pub fn block_hash(block: &BlockMessage) -> [u8; 32] {
    let mut bytes = Vec::new();
    // Writing to a vector cannot fail.
    if let Some(header) = &block.header {
        let _ = header.encode(&mut bytes);
    }
    if let Some(body) = &block.body {
        let _ = body.encode(&mut bytes);
    }
    bytes.extend_from_slice(&block.sender);
    bytes.extend_from_slice(block.sig_algorithm.as_bytes());
    bytes.extend_from_slice(&block.seq_num.to_le_bytes());
    bytes.extend_from_slice(block.shard_id.as_bytes());
    bytes.extend_from_slice(&block.extra_bytes);
    blake2b256(&bytes)
}

/// Puts an event log into the order of its serialised bytes, whatever order the events happened in.
pub fn sort_events(log: &mut [Event]) {
    log.sort_by_cached_key(Message::encode_to_vec);
}

/// Brings a new block into its final form: bonds and event logs sorted, hash entered.
pub fn seal(block: &mut BlockMessage) {
    if let Some(body) = &mut block.body {
        if let Some(state) = &mut body.state {
            state.bonds.sort_by(|a, b| a.validator.cmp(&b.validator).then(a.stake.cmp(&b.stake)));
        }
        body.deploys.iter_mut().for_each(|deploy| sort_events(&mut deploy.deploy_log));
        body.system_deploys.iter_mut().for_each(|deploy| sort_events(&mut deploy.deploy_log));
    }
    block.block_hash = block_hash(block).to_vec();
}

/// The bytes of a block file.
#[must_use]
pub fn encode_block(block: &BlockMessage) -> Vec<u8> {
    block.encode_to_vec()
}

/// Reads the file of a genesis block. Whatever was cut off or changed is noticed: unknown or repeated fields by encoding
/// the block again, the rest by its hash.
pub fn decode_block(bytes: &[u8]) -> Result<BlockMessage, BlockError> {
    let block = BlockMessage::decode(bytes)?;
    if block.header.is_none() {
        return Err(BlockError::Missing("header"));
    }
    let body = block.body.as_ref().ok_or(BlockError::Missing("body"))?;
    if body.state.is_none() {
        return Err(BlockError::Missing("state"));
    }
    let again = encode_block(&block);
    if again != bytes {
        let same = again.iter().zip(bytes).take_while(|(a, b)| a == b).count();
        return Err(BlockError::NotCanonical { offset: same });
    }
    let computed = block_hash(&block);
    if block.block_hash != computed {
        let (stated, computed) = (hex::encode(&block.block_hash), hex::encode(computed));
        return Err(BlockError::Hash { stated, computed });
    }
    check_signature(&block, &computed)?;
    if block.justifications.is_empty() { Ok(block) } else { Err(BlockError::Justified) }
}

/// The genesis block of this network is not signed: its authority comes from the approvals of the validators.
fn check_signature(block: &BlockMessage, hash: &[u8; 32]) -> Result<(), BlockError> {
    let unsigned = block.sender.is_empty() && block.sig.is_empty() && block.sig_algorithm.is_empty();
    let signed = || block.sig_algorithm == "secp256k1" && verify_secp256k1(hash, &block.sig, &block.sender);
    if unsigned || signed() { Ok(()) } else { Err(BlockError::Signature) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{
        Body, Bond, ConsumeEvent, Header, Justification, ProcessedDeploy, ProduceEvent, RChainState, event,
    };
    use rhodium_keys::{SecretKey, sign_secp256k1};

    fn produce(hash: u8) -> Event {
        let produce = ProduceEvent { hash: vec![hash], is_deterministic: true, ..ProduceEvent::default() };
        Event { kind: Some(event::Kind::Produce(produce)) }
    }

    fn block() -> BlockMessage {
        let consume = ConsumeEvent { channels_hashes: vec![vec![1], vec![]], ..ConsumeEvent::default() };
        let log = vec![Event { kind: Some(event::Kind::Consume(consume)) }, produce(9), produce(3)];
        let bonds = vec![Bond { validator: vec![4, 0xff], stake: 1 }, Bond { validator: vec![4, 1], stake: 2 }];
        let state = RChainState { pre_state_hash: vec![1; 32], post_state_hash: vec![2; 32], bonds, block_number: 0 };
        let deploy = ProcessedDeploy { deploy_log: log, cost: Some(Default::default()), ..ProcessedDeploy::default() };
        let body = Body { state: Some(state), deploys: vec![deploy], ..Body::default() };
        let header = Header { timestamp: 5, version: 1, ..Header::default() };
        let mut block = BlockMessage {
            header: Some(header),
            body: Some(body),
            shard_id: "root".into(),
            seq_num: 0,
            ..BlockMessage::default()
        };
        seal(&mut block);
        block
    }

    #[test]
    fn sealing_sorts() {
        let block = block();
        let body = block.body.as_ref().unwrap();
        assert_eq!(body.state.as_ref().unwrap().bonds[0].validator, [4, 1]);
        assert_eq!(body.deploys[0].deploy_log[..2], [produce(3), produce(9)]);
        let mut again = block.clone();
        seal(&mut again);
        assert_eq!(again, block);
        assert_eq!(decode_block(&encode_block(&block)), Ok(block));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let bytes = encode_block(&block());
        for length in 0..bytes.len() {
            assert!(decode_block(&bytes[..length]).is_err(), "cut to {length}");
        }
        for bit in 0..8 * bytes.len() {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(decode_block(&damaged).is_err(), "bit {bit}");
        }
        let twice = [bytes.as_slice(), bytes.as_slice()].concat();
        assert!(decode_block(&twice).is_err());
    }

    #[test]
    fn errors_say_where() {
        let bytes = encode_block(&block());
        let code = |bytes: &[u8]| decode_block(bytes).unwrap_err().code();
        assert_eq!((code(&[]), code(&bytes[..bytes.len() - 1])), ("E0552", "E0551"));
        let unknown = [bytes.as_slice(), &[0x78, 1]].concat();
        assert_eq!(decode_block(&unknown), Err(BlockError::NotCanonical { offset: bytes.len() }));
        let mut inside = bytes.clone();
        // The first byte inside the body is the tag of the state; wire type 7 does not exist.
        let body = inside.windows(2).position(|pair| pair == [0x28, 5]).unwrap() + 4;
        assert_eq!(inside[body], 0x1a);
        let state = body + 2 + usize::from(inside[body + 1] >= 0x80);
        inside[state] = 0x0f;
        let message = decode_block(&inside).unwrap_err().to_string();
        assert!(message.contains("BlockMessage.body"), "{message}");
    }

    #[test]
    fn signatures_and_justifications() {
        let key = SecretKey::from_bytes(&[3; 32]).unwrap();
        let mut signed = block();
        signed.sender = key.public_key().as_bytes().to_vec();
        signed.sig_algorithm = "secp256k1".into();
        seal(&mut signed);
        let code = |block: &BlockMessage| decode_block(&encode_block(block)).err().map(|error| error.code());
        assert_eq!(code(&signed), Some("E0555"));
        signed.sig = sign_secp256k1(&block_hash(&signed), &key);
        assert_eq!(code(&signed), None);
        signed.justifications.push(Justification::default());
        assert_eq!(code(&signed), Some("E0556"));
        let mut stated = block();
        stated.block_hash = vec![0; 32];
        assert_eq!(code(&stated), Some("E0554"));
    }
}
