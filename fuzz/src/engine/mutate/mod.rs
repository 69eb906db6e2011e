//! Making a new input from one or two known ones.

mod bytes;
mod messages;
mod sources;

use rhodium_fuzz::Shape;

use super::random::Random;

/// Longer inputs are cut: enough to overflow the stack by recursion, and short enough to run many.
pub const MAX_LEN: usize = 4 << 10;

/// Texts and byte strings that inputs are likely to need, taken from the seeds.
pub struct Dictionary {
    words: Vec<Vec<u8>>,
}

impl Dictionary {
    /// What the seeds of a shape consist of.
    pub fn of(shape: Shape, seeds: &[Vec<u8>]) -> Dictionary {
        let mut words = match shape {
            Shape::Source => sources::words(seeds),
            Shape::Message | Shape::Selected => Vec::new(),
        };
        words.sort();
        words.dedup();
        Dictionary { words }
    }
}

/// A changed copy of `base`; `other` lends parts.
pub fn mutate(shape: Shape, dictionary: &Dictionary, base: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut mutated = match shape {
        _ if random.one_in(4) => bytes::mutate(dictionary, base, other, random),
        Shape::Source => sources::mutate(dictionary, base, other, random),
        Shape::Message => messages::mutate(dictionary, base, other, random),
        Shape::Selected if random.one_in(2) => bytes::mutate(dictionary, base, other, random),
        Shape::Selected => match (base.split_first(), other.split_first()) {
            (Some((selector, base)), Some((_, other))) => {
                let mut mutated = vec![*selector];
                mutated.extend(messages::mutate(dictionary, base, other, random));
                mutated
            }
            _ => bytes::mutate(dictionary, base, other, random),
        },
    };
    mutated.truncate(MAX_LEN);
    mutated
}

#[cfg(test)]
mod tests {
    use super::*;
    use rhodium_fuzz::inputs::seeds;

    /// Mutation never fails, is decided by the seed, and nearly always gives something new.
    #[test]
    fn mutations_are_new_and_reproducible() {
        for shape in [Shape::Source, Shape::Message, Shape::Selected] {
            let seeds = seeds(shape);
            let dictionary = Dictionary::of(shape, &seeds[..seeds.len().min(50)]);
            let round = || {
                let mut random = Random::new(7);
                let mut made = Vec::new();
                for base in seeds.iter().take(200).map(Vec::as_slice).chain([&[][..], &[0x0a], "é{(".as_bytes()]) {
                    let other = random.pick(&seeds).cloned().unwrap_or_default();
                    made.push(mutate(shape, &dictionary, base, &other, &mut random) != base);
                }
                (made, random.bits())
            };
            let (made, end) = round();
            assert!(made.iter().filter(|new| **new).count() * 10 > made.len() * 9, "{shape:?}");
            assert_eq!((made, end), round());
        }
    }
}
