//! The known URN nearest to an unknown one, for hints.

use crate::urn::{INJECTED, SHORTHANDS, SYSTEM_CHANNELS};

/// More changes than this are no typing error.
const MAX_DISTANCE: usize = 3;
/// No known name is so long; longer text is not compared (comparing is quadratic).
const MAX_LENGTH: usize = 64;

/// The URN a user probably meant: the nearest by edit distance, without regard to case. Test channels are not
/// suggested, since ordinary programs cannot bind them.
#[must_use]
pub fn nearest_urn(text: &str) -> Option<&'static str> {
    nearest(text, known_urns())
}

/// The nearest of some names by edit distance, without regard to case, unless it is too far to be meant.
#[must_use]
pub fn nearest<'n>(text: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let text = text.to_ascii_lowercase();
    let distances = names.into_iter().map(|name| (distance(&text, &name.to_ascii_lowercase()), name));
    let (distance, name) = distances.min()?;
    (distance <= MAX_DISTANCE).then_some(name)
}

fn known_urns() -> impl Iterator<Item = &'static str> {
    let channels = SYSTEM_CHANNELS.iter().flat_map(|channel| channel.urns());
    channels.chain(SHORTHANDS.iter().map(|row| row.urn)).chain(INJECTED.iter().map(|(urn, _)| *urn))
}

/// Levenshtein's distance, by rows.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, in_a) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, in_b) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(in_a != *in_b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn suggestions() {
        assert_eq!(nearest_urn("rho:io:stdot"), Some("rho:io:stdout"));
        assert_eq!(nearest_urn("RHO:IO:STDOUTACK"), Some("rho:io:stdoutAck"));
        assert_eq!(nearest_urn("rho:lang:listops"), Some("rho:lang:listOps"));
        assert_eq!(nearest_urn("rho:rchain:deployerID"), Some("rho:rchain:deployerId"));
        assert_eq!(nearest_urn("rho:nope:nothing"), None);
        assert_eq!(nearest_urn(&"é".repeat(1_000_000)), None);
    }
}
