//! One node of the radix trie and its encoding (runtime.md 6.8).

use crate::error::StoreError;
use crate::hash::{NodeHash, ValueHash};
use crate::leaf::KEY_LEN;

/// The longest rest of a key below a slot.
const MAX_REST: usize = KEY_LEN - 1;

/// The bit of the length byte that marks a pointer.
const POINTER_BIT: u8 = 0x80;

/// Key bytes between a slot and what it holds. At most [`MAX_REST`], so they are kept in place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rest {
    len: u8,
    bytes: [u8; MAX_REST],
}

impl Rest {
    /// The concatenation of the parts; an error if a key cannot be that long.
    pub(crate) fn new(parts: &[&[u8]]) -> Result<Rest, StoreError> {
        let mut rest = Rest { len: 0, bytes: [0; MAX_REST] };
        for byte in parts.iter().copied().flatten() {
            let slot = rest.bytes.get_mut(usize::from(rest.len));
            *slot.ok_or_else(|| damaged("a key in a node is too long"))? = *byte;
            rest.len += 1;
        }
        Ok(rest)
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// Where a slot leads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Leaf(ValueHash),
    Pointer(NodeHash),
}

/// What hangs below a slot: the rest of a key and a value, or a prefix and a node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Below {
    pub(crate) rest: Rest,
    pub(crate) target: Target,
}

/// A slot in use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) slot: u8,
    pub(crate) below: Below,
}

/// The encoding of a node: its items in ascending order of slot.
pub(crate) fn encode(items: &[Item]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(items.len() * (2 + MAX_REST + 32));
    for Item { slot, below } in items {
        let (mark, hash) = match &below.target {
            Target::Leaf(hash) => (0, &hash.0),
            Target::Pointer(hash) => (POINTER_BIT, &hash.0),
        };
        bytes.extend_from_slice(&[*slot, below.rest.len | mark]);
        bytes.extend_from_slice(below.rest.as_slice());
        bytes.extend_from_slice(hash);
    }
    bytes
}

/// The items of an encoded node, read one by one.
pub(crate) struct Items<'a> {
    bytes: &'a [u8],
    /// The smallest slot that may come next; beyond a byte after the last slot.
    next_slot: u16,
}

/// Reads an encoded node.
pub(crate) fn items(bytes: &[u8]) -> Items<'_> {
    Items { bytes, next_slot: 0 }
}

impl Items<'_> {
    fn read(&mut self) -> Result<Item, StoreError> {
        let cut = || damaged("a node ends within an item");
        let (head, tail) = self.bytes.split_at_checked(2).ok_or_else(cut)?;
        let (rest, tail) = tail.split_at_checked(usize::from(head[1] & !POINTER_BIT)).ok_or_else(cut)?;
        let (hash, tail) = tail.split_first_chunk::<32>().ok_or_else(cut)?;
        self.bytes = tail;
        let slot = head[0];
        if u16::from(slot) < self.next_slot {
            return Err(damaged("the slots of a node are not in order"));
        }
        self.next_slot = u16::from(slot) + 1;
        let target = match head[1] & POINTER_BIT {
            0 => Target::Leaf(ValueHash(*hash)),
            _ => Target::Pointer(NodeHash(*hash)),
        };
        Ok(Item { slot, below: Below { rest: Rest::new(&[rest])?, target } })
    }
}

impl Iterator for Items<'_> {
    type Item = Result<Item, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        let item = self.read();
        if item.is_err() {
            self.bytes = &[];
        }
        Some(item)
    }
}

/// The item of one slot, if it is in use. The items before it are stepped over unread.
pub(crate) fn find(mut bytes: &[u8], slot: u8) -> Result<Option<Item>, StoreError> {
    while let [first, length, tail @ ..] = bytes {
        if *first == slot {
            return items(bytes).next().transpose();
        }
        if *first > slot {
            break;
        }
        let skipped = usize::from(length & !POINTER_BIT) + 32;
        bytes = tail.get(skipped..).ok_or_else(|| damaged("a node ends within an item"))?;
    }
    Ok(None)
}

/// Checks that what hangs below a slot of a node at `depth` fits the length of keys.
pub(crate) fn check_depth(item: &Item, depth: usize) -> Result<(), StoreError> {
    let end = depth + 1 + item.below.rest.as_slice().len();
    let fits = match item.below.target {
        Target::Leaf(_) => end == KEY_LEN,
        Target::Pointer(_) => end < KEY_LEN,
    };
    if fits { Ok(()) } else { Err(damaged("a node has a key of the wrong length")) }
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::b2b256;

    fn item(slot: u8, rest: &[u8], target: Target) -> Item {
        Item { slot, below: Below { rest: Rest::new(&[rest]).unwrap(), target } }
    }

    #[test]
    fn codec_vector() {
        let vectors: toml::Table = include_str!("../../../tests/data/runtime-vectors.toml").parse().unwrap();
        for row in vectors["radix_node"].as_array().unwrap() {
            let bytes = hex::decode(row["bytes"].as_str().unwrap()).unwrap();
            let decoded = items(&bytes).collect::<Result<Vec<_>, _>>().unwrap();
            assert_eq!(encode(&decoded), bytes);
            assert_eq!(hex::encode(b2b256(&bytes)), row["hash"].as_str().unwrap());
            let mut one = [0; 32];
            one[31] = 1;
            let expected = [
                item(1, &[0xff, 0xff], Target::Leaf(ValueHash(one))),
                item(2, &[], Target::Pointer(NodeHash([0xff; 32]))),
            ];
            assert!(decoded == expected);
        }
    }

    #[test]
    fn damaged_nodes_are_errors() {
        let good = encode(&[
            item(1, &[7; 32], Target::Leaf(ValueHash([1; 32]))),
            item(255, &[], Target::Pointer(NodeHash([2; 32]))),
        ]);
        let whole = |bytes: &[u8]| items(bytes).collect::<Result<Vec<_>, _>>();
        assert!(whole(&good).is_ok());
        for cut in (1..good.len()).filter(|cut| *cut != 66) {
            assert!(whole(&good[..cut]).is_err(), "cut at {cut}");
        }
        let swapped = [&good[66..], &good[..66]].concat();
        assert!(whole(&swapped).is_err());
        let mut long = good.clone();
        long[1] = 33;
        long.insert(2, 0);
        assert!(whole(&long).is_err());
    }
}
