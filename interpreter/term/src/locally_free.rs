//! The cached set of bound-variable indices of a term, in the network's byte form (runtime.md 1.3).

use std::sync::Arc;

/// The `locallyFree` attribute: one byte per index. Its oddities (see [`LocallyFree::shift`]) are part of the costs.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct LocallyFree(Option<Arc<[u8]>>);

impl LocallyFree {
    /// The empty set.
    pub const EMPTY: LocallyFree = LocallyFree(None);

    /// The set of one index: `index` zeros followed by `01`.
    pub fn single(index: u32) -> Self {
        let mut bytes = vec![0u8; index as usize + 1];
        bytes[index as usize] = 1;
        Self::from_bytes(&bytes)
    }

    /// The set with exactly these bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        if bytes.is_empty() { Self(None) } else { Self(Some(Arc::from(bytes))) }
    }

    /// The byte form.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_deref().unwrap_or(&[])
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether there is no byte. (Bytes that are all zero do not count as empty.)
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Bytewise OR, the shorter one padded with zeros.
    pub fn union(&self, other: &Self) -> Self {
        match (&self.0, &other.0) {
            (_, None) => self.clone(),
            (None, _) => other.clone(),
            (Some(a), Some(b)) => {
                if Arc::ptr_eq(a, b) || a == b {
                    return self.clone();
                }
                let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
                if short.iter().zip(long.iter()).all(|(s, l)| s | l == *l) {
                    return Self(Some(long.clone()));
                }
                let mut bytes = long.to_vec();
                for (byte, more) in bytes.iter_mut().zip(short.iter()) {
                    *byte |= more;
                }
                Self::from_bytes(&bytes)
            }
        }
    }

    /// "Subtract `count` binders": the length shrinks by `count` and byte k becomes the number k, whatever it was.
    pub fn shift(&self, count: u32) -> Self {
        if count == 0 && self.is_empty() {
            return Self::EMPTY;
        }
        let left = self.len().saturating_sub(count as usize);
        let bytes: Vec<u8> = (0..left).map(|k| k as u8).collect();
        Self::from_bytes(&bytes)
    }

    /// Keeps the first `count` bytes.
    pub fn restrict(&self, count: u32) -> Self {
        if self.len() <= count as usize { self.clone() } else { Self::from_bytes(&self.as_bytes()[..count as usize]) }
    }
}
