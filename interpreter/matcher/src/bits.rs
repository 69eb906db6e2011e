//! A fixed set of positions, scanned a word at a time.

#[derive(Clone, Debug)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    pub(crate) fn new(len: usize) -> Bits {
        Bits { words: vec![0; len.div_ceil(64)] }
    }

    pub(crate) fn get(&self, at: usize) -> bool {
        self.word(at / 64) >> (at % 64) & 1 == 1
    }

    pub(crate) fn set(&mut self, at: usize, value: bool) {
        if let Some(word) = self.words.get_mut(at / 64) {
            let bit = 1 << (at % 64);
            *word = if value { *word | bit } else { *word & !bit };
        }
    }

    pub(crate) fn clear(&mut self) {
        self.words.fill(0);
    }

    pub(crate) fn word(&self, at: usize) -> u64 {
        self.words.get(at).copied().unwrap_or(0)
    }

    /// Adds the members of `other` at `from` and later, below `to`.
    pub(crate) fn add_range(&mut self, other: &Bits, from: usize, to: usize) {
        if from >= to {
            return;
        }
        let (first, last) = (from / 64, (to - 1) / 64);
        for (k, word) in self.words.iter_mut().enumerate().take(last + 1).skip(first) {
            let mut more = other.word(k);
            if k == first {
                more &= u64::MAX << (from % 64);
            }
            if k == last {
                more &= u64::MAX >> (63 - (to - 1) % 64);
            }
            *word |= more;
        }
    }
}

/// The first position at `from` or later, below `len`, of the set whose words `word` gives.
pub(crate) fn first(len: usize, from: usize, word: impl Fn(usize) -> u64) -> Option<usize> {
    let mut mask = u64::MAX << (from % 64);
    for k in from / 64..len.div_ceil(64) {
        let found = word(k) & mask;
        if found != 0 {
            let at = k * 64 + found.trailing_zeros() as usize;
            return (at < len).then_some(at);
        }
        mask = u64::MAX;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_and_ranges() {
        let mut a = Bits::new(200);
        for at in [0, 3, 63, 64, 130, 199] {
            a.set(at, true);
        }
        let mut at = 0;
        let mut found = Vec::new();
        while let Some(next) = first(200, at, |k| a.word(k)) {
            found.push(next);
            at = next + 1;
        }
        assert_eq!(found, [0, 3, 63, 64, 130, 199]);
        assert_eq!(first(199, 131, |k| a.word(k)), None);
        assert_eq!(first(70, 69, |_| u64::MAX), Some(69));
        assert_eq!(first(70, 70, |_| u64::MAX), None);
        let mut b = Bits::new(200);
        b.add_range(&a, 3, 64);
        assert!(!b.get(0) && b.get(3) && b.get(63) && !b.get(64));
        b.add_range(&a, 64, 200);
        assert!(b.get(64) && b.get(130) && b.get(199) && !b.get(0));
        b.set(64, false);
        assert!(!b.get(64));
    }
}
