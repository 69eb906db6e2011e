//! The cached set of bound-variable indices of a term, in the network's byte form (runtime.md 1.3).

use std::fmt;
use std::sync::Arc;

/// The `locallyFree` attribute: one byte per index. Its oddities (see [`LocallyFree::shift`]) are part of the costs.
///
/// All sets that the rules derive are made from ones at some indices and from the numbers that a shift leaves, so two
/// words say everything about a set of few indices; nothing is allocated for it.
#[derive(Clone)]
pub struct LocallyFree(Form);

#[derive(Clone)]
enum Form {
    /// Byte k is `k` for `k < counted`, else 0, and the lowest bit is set where `ones` has bit k. No bit of `ones` and
    /// no count reaches beyond `len`.
    Few { len: u8, counted: u8, ones: u64 },
    /// The bytes of every other set.
    Bytes(Arc<Vec<u8>>),
}

/// Highest length of [`Form::Few`].
const FEW: usize = 64;

/// The bits below `count`.
fn below(count: usize) -> u64 {
    if count >= FEW { u64::MAX } else { (1 << count) - 1 }
}

impl LocallyFree {
    /// The empty set.
    pub const EMPTY: LocallyFree = LocallyFree(Form::Few { len: 0, counted: 0, ones: 0 });

    fn few(len: usize, counted: usize, ones: u64) -> Self {
        LocallyFree(Form::Few { len: len as u8, counted: counted as u8, ones })
    }

    /// The set of one index: `index` zeros followed by `01`.
    pub fn single(index: u32) -> Self {
        let index = index as usize;
        if index < FEW {
            return Self::few(index + 1, 0, 1 << index);
        }
        let mut bytes = vec![0u8; index + 1];
        bytes[index] = 1;
        LocallyFree(Form::Bytes(Arc::new(bytes)))
    }

    /// The set with exactly these bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let counted = bytes.iter().rposition(|byte| *byte > 1).map_or(0, |last| last + 1);
        let (mut ones, mut derived) = (0, bytes.len() <= FEW);
        for (k, byte) in bytes.iter().enumerate().take(FEW) {
            let floor = if k < counted { k as u8 } else { 0 };
            derived &= byte | 1 == floor | 1 && *byte >= floor;
            ones |= u64::from(byte & 1) << k;
        }
        if derived {
            return Self::few(bytes.len(), counted, ones);
        }
        LocallyFree(Form::Bytes(Arc::new(bytes.to_vec())))
    }

    /// The byte form.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes().collect()
    }

    pub(crate) fn bytes(&self) -> impl Iterator<Item = u8> {
        (0..self.len()).map(|k| self.byte(k))
    }

    fn byte(&self, k: usize) -> u8 {
        match &self.0 {
            Form::Few { counted, ones, .. } => {
                let number = if k < usize::from(*counted) { k as u8 } else { 0 };
                number | u8::from(k < FEW && ones >> k & 1 == 1)
            }
            Form::Bytes(bytes) => bytes.get(k).copied().unwrap_or(0),
        }
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Few { len, .. } => usize::from(*len),
            Form::Bytes(bytes) => bytes.len(),
        }
    }

    /// Whether there is no byte. (Bytes that are all zero do not count as empty.)
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytewise OR, the shorter one padded with zeros.
    pub fn union(&self, other: &Self) -> Self {
        match (&self.0, &other.0) {
            (Form::Few { len: a, counted: b, ones: c }, Form::Few { len: x, counted: y, ones: z }) => {
                LocallyFree(Form::Few { len: *a.max(x), counted: *b.max(y), ones: c | z })
            }
            _ => self.union_of_bytes(other),
        }
    }

    fn union_of_bytes(&self, other: &Self) -> Self {
        let (long, short) = if self.len() >= other.len() { (self, other) } else { (other, self) };
        if let (Form::Bytes(a), Form::Bytes(b)) = (&long.0, &short.0)
            && Arc::ptr_eq(a, b)
        {
            return long.clone();
        }
        if (0..short.len()).all(|k| short.byte(k) | long.byte(k) == long.byte(k)) {
            return long.clone();
        }
        let mut bytes = long.to_bytes();
        for (k, byte) in bytes.iter_mut().enumerate().take(short.len()) {
            *byte |= short.byte(k);
        }
        LocallyFree(Form::Bytes(Arc::new(bytes)))
    }

    /// "Subtract `count` binders": the length shrinks by `count` and byte k becomes the number k, whatever it was.
    pub fn shift(&self, count: u32) -> Self {
        let left = self.len().saturating_sub(count as usize);
        if left <= FEW {
            return Self::few(left, left, 0);
        }
        LocallyFree(Form::Bytes(Arc::new((0..left).map(|k| k as u8).collect())))
    }

    /// Keeps the first `count` bytes.
    pub fn restrict(&self, count: u32) -> Self {
        let count = count as usize;
        match &self.0 {
            _ if self.len() <= count => self.clone(),
            Form::Few { counted, ones, .. } => Self::few(count, usize::from(*counted).min(count), ones & below(count)),
            Form::Bytes(bytes) => Self::from_bytes(&bytes[..count]),
        }
    }
}

impl Default for LocallyFree {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl PartialEq for LocallyFree {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && (0..self.len()).all(|k| self.byte(k) == other.byte(k))
    }
}

impl Eq for LocallyFree {}

impl fmt::Debug for LocallyFree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules on bytes, as runtime.md 1.3 states them.
    fn union(a: &[u8], b: &[u8]) -> Vec<u8> {
        let byte = |bytes: &[u8], k: usize| bytes.get(k).copied().unwrap_or(0);
        (0..a.len().max(b.len())).map(|k| byte(a, k) | byte(b, k)).collect()
    }

    fn shift(bytes: &[u8], count: usize) -> Vec<u8> {
        (0..bytes.len().saturating_sub(count)).map(|k| k as u8).collect()
    }

    /// Sets of all forms, short and long.
    fn samples() -> Vec<Vec<u8>> {
        let mut samples = vec![vec![], vec![7], vec![0, 0], vec![0, 3, 2], vec![0, 1, 2, 1]];
        for length in [1, 2, 5, 63, 64, 65, 300] {
            let mut single = vec![0; length];
            single[length - 1] = 1;
            samples.push(single);
            samples.push((0..length).map(|k| k as u8).collect());
            samples.push((0..length).map(|k| k as u8 | u8::from(k % 3 == 0)).collect());
        }
        samples
    }

    #[test]
    fn sets_are_their_bytes() {
        for a in samples() {
            let set = LocallyFree::from_bytes(&a);
            assert_eq!(set.to_bytes(), a);
            assert_eq!(set.len(), a.len());
            for count in [0, 1, 2, 64, 299] {
                assert_eq!(set.shift(count).to_bytes(), shift(&a, count as usize), "{a:?} {count}");
                assert_eq!(set.restrict(count).to_bytes(), &a[..a.len().min(count as usize)], "{a:?} {count}");
            }
            for b in samples() {
                let both = set.union(&LocallyFree::from_bytes(&b));
                assert_eq!(both.to_bytes(), union(&a, &b), "{a:?} {b:?}");
                assert_eq!(both, LocallyFree::from_bytes(&union(&a, &b)));
            }
        }
    }

    #[test]
    fn single_indices() {
        for index in [0, 1, 63, 64, 200] {
            let set = LocallyFree::single(index);
            assert_eq!(set.len(), index as usize + 1);
            assert!(set.to_bytes().iter().enumerate().all(|(k, byte)| *byte == u8::from(k == index as usize)));
        }
    }
}
