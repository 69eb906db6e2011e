//! Subsets of n positions whose size lies within bounds, in the order of the binary numbers whose lowest bit is the
//! first position (language.md 4.3).

#[derive(Clone, Debug)]
pub(crate) struct Subsets {
    count: u32,
    low: u32,
    high: u32,
    /// Descending, so that the low end of the number is the cheap end of the vector.
    chosen: Vec<u32>,
}

impl Subsets {
    /// Starts at the first subset; `None` if there is none.
    pub(crate) fn new(count: u32, low: u32, high: u32) -> Option<Subsets> {
        let mut subsets = Subsets { count, low, high, chosen: Vec::new() };
        subsets.restart();
        (low <= high && low <= count).then_some(subsets)
    }

    pub(crate) fn restart(&mut self) {
        self.chosen = (0..self.low.min(self.count)).rev().collect();
    }

    /// The positions in ascending order.
    pub(crate) fn positions(&self) -> impl Iterator<Item = u32> {
        self.chosen.iter().rev().copied()
    }

    /// Adds 2^`at`, where no chosen position is below `at`. False if the number outgrows the positions.
    fn add(&mut self, mut at: u32) -> bool {
        while self.chosen.last() == Some(&at) {
            self.chosen.pop();
            at += 1;
        }
        self.chosen.push(at);
        at < self.count
    }

    /// Goes to the next subset.
    pub(crate) fn advance(&mut self) -> bool {
        if !self.add(0) {
            return false;
        }
        // Too many: numbers that keep the second lowest position have as many, so carry into it.
        while self.chosen.len() > self.high as usize {
            self.chosen.pop();
            let Some(&lowest) = self.chosen.last() else { return false };
            if !self.add(lowest) {
                return false;
            }
        }
        self.fill();
        true
    }

    /// Too few: the next larger number with enough sets the lowest positions that are not set.
    fn fill(&mut self) {
        if self.chosen.len() >= self.low as usize {
            return;
        }
        let mut ascending: Vec<u32> = self.chosen.iter().rev().copied().collect();
        let mut missing = self.low as usize - ascending.len();
        let mut filled = Vec::with_capacity(self.low as usize);
        let mut rest = ascending.drain(..).peekable();
        for at in 0.. {
            if rest.peek() == Some(&at) {
                rest.next();
            } else if missing > 0 {
                missing -= 1;
            } else {
                break;
            }
            filled.push(at);
        }
        filled.extend(rest);
        filled.reverse();
        self.chosen = filled;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_subsets_in_binary_order() {
        for count in 0u32..7 {
            for low in 0..8 {
                for high in 0..8 {
                    let expected: Vec<u32> =
                        (0u32..1 << count).filter(|n| (low..=high).contains(&n.count_ones())).collect();
                    let mut found = Vec::new();
                    if let Some(mut subsets) = Subsets::new(count, low, high) {
                        loop {
                            found.push(subsets.positions().map(|p| 1u32 << p).sum::<u32>());
                            if !subsets.advance() {
                                break;
                            }
                        }
                    }
                    assert_eq!(found, expected, "{count} {low} {high}");
                }
            }
        }
    }
}
