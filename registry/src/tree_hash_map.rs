//! Where `TreeHashMap` keeps a key (registry-genesis 2.10), for tools that inspect its state.

use rhodium_keys::keccak256;

/// The way from the root of a trie to the leaf of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriePath {
    /// Keccak-256 of the key's serialised Par.
    pub hash: [u8; 32],
    /// The child taken at each step, two per byte of depth: low half first.
    pub nybbles: Vec<u8>,
    /// The rest of the hash: the key inside a leaf in RChain's version (F1R3FLY keeps the whole key).
    pub leaf_suffix: Vec<u8>,
}

/// The path of a key, given as `key.toByteArray()`, in a map of this depth; `None` if a hash is not that deep.
#[must_use]
pub fn trie_path(key_bytes: &[u8], depth: usize) -> Option<TriePath> {
    let hash = keccak256(key_bytes);
    let (path, rest) = hash.split_at_checked(depth)?;
    let nybbles = path.iter().flat_map(|byte| [byte & 0x0f, byte >> 4]).collect();
    Some(TriePath { hash, nybbles, leaf_suffix: rest.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_limited_by_the_hash() {
        assert_eq!(trie_path(b"", 32).map(|path| path.nybbles.len()), Some(64));
        assert_eq!(trie_path(b"", 33), None);
    }
}
