//! What an author may have meant by an identifier that means nothing.

/// Longer identifiers are not compared: comparing is quadratic.
const MAX_LENGTH: usize = 64;
/// So many candidates are compared.
const MAX_CANDIDATES: usize = 10_000;

/// The candidate spelled most like the text, if it is near enough to be meant. Differences in case count least.
pub(crate) fn nearest<'c>(text: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let lower = text.to_lowercase();
    let near = |candidate: &&str| *candidate != text && candidate.len().abs_diff(text.len()) <= 3;
    let measured = candidates.take(MAX_CANDIDATES).filter(near).map(|candidate| {
        let distance = 2 * strsim::osa_distance(&lower, &candidate.to_lowercase());
        (distance + usize::from(strsim::osa_distance(text, candidate) > 0), candidate)
    });
    let (distance, candidate) = measured.min()?;
    let allowed = match text.chars().count() {
        0..3 => 0,
        3..6 => 1,
        6..10 => 2,
        _ => 3,
    };
    (distance / 2 <= allowed).then_some(candidate)
}

/// How Rholang spells what other languages, or hasty authors, write so.
pub(crate) fn known(text: &str) -> Option<String> {
    let word = match text.to_ascii_lowercase().as_str() {
        "nil" | "none" | "null" | "undefined" | "void" => "Nil",
        "true" => "true",
        "false" => "false",
        _ if text.len() > 2 && text.starts_with('\'') && text.ends_with('\'') => {
            let inner: String = text.trim_matches('\'').chars().take(32).collect();
            return Some(format!("single quotes are part of names; a string is written \"{inner}\""));
        }
        _ => return None,
    };
    Some(format!("it is written `{word}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_spelling() {
        let near = |text: &str, candidates: &[&'static str]| nearest(text, candidates.iter().copied());
        assert_eq!(near("stdotu", &["stdout", "stderr"]), Some("stdout"));
        assert_eq!(near("Ack", &["ack", "act"]), Some("ack"));
        assert_eq!(near("x", &["y", "z"]), None);
        assert_eq!(near("x", &["X"]), Some("X"));
        assert_eq!(near("return", &["channel"]), None);
        assert_eq!(near(&"a".repeat(100), &["a"]), None);
    }
}
