//! z-base-32 with an explicit number of bits (registry-genesis 2.3).

const ALPHABET: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";

/// Encodes the first `bits` bits (all of them, if there are fewer), most significant first; a short last group
/// is padded with zero bits on the right.
#[must_use]
pub fn zbase32_encode(bytes: &[u8], bits: usize) -> String {
    let bits = bits.min(bytes.len().saturating_mul(8));
    let bit = |index: usize| {
        if index < bits { bytes[index / 8] >> (7 - index % 8) & 1 } else { 0 }
    };
    (0..bits.div_ceil(5))
        .map(|group| {
            let value = (0..5).fold(0, |value, offset| value << 1 | bit(group * 5 + offset));
            char::from(ALPHABET[usize::from(value)])
        })
        .collect()
}

/// Decodes to bytes, a short last byte being padded with zero bits; an unknown character is returned with its
/// position (counted in characters).
pub fn zbase32_decode(text: &str) -> Result<Vec<u8>, (usize, char)> {
    let mut bytes = Vec::with_capacity(text.len().saturating_mul(5).div_ceil(8));
    let (mut pending, mut width) = (0u32, 0u32);
    for (position, character) in text.chars().enumerate() {
        let value = digit(character).ok_or((position, character))?;
        pending = pending << 5 | value;
        width += 5;
        if width >= 8 {
            width -= 8;
            bytes.push((pending >> width) as u8);
            pending &= (1 << width) - 1;
        }
    }
    if width > 0 {
        bytes.push((pending << (8 - width)) as u8);
    }
    Ok(bytes)
}

fn digit(character: char) -> Option<u32> {
    ALPHABET.iter().zip(0..).find_map(|(known, value)| (char::from(*known) == character).then_some(value))
}

/// All characters of the alphabet, in the order of their values.
pub(crate) fn characters() -> impl Iterator<Item = char> {
    ALPHABET.iter().copied().map(char::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn decoding_inverts_encoding(bytes: Vec<u8>) {
            let mut decoded = zbase32_decode(&zbase32_encode(&bytes, bytes.len() * 8)).unwrap();
            decoded.truncate(bytes.len());
            prop_assert_eq!(decoded, bytes);
        }
    }

    #[test]
    fn unknown_characters_are_located() {
        assert_eq!(zbase32_decode("yé0"), Err((1, 'é')));
        assert_eq!(zbase32_encode(&[0xff], 100), "9h");
    }
}
