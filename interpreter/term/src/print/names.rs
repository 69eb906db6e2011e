//! What unforgeable names are called in source: a word and a short id, `reply'1a2b3c4d`.
//!
//! Such a text is an identifier, so a process that is shown with it is Rholang; inside a `new` that declares the
//! identifiers it means the process that was shown, up to the names.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::head::{Category, Head};
use crate::term::{Origin, Term};

/// Digits of an id that are shown if they tell the names apart.
const DIGITS: usize = 8;
/// The word for a name of which nothing is known.
const UNKNOWN: &str = "name";

/// The identifiers of all unforgeable names of some terms, each different from all others.
#[derive(Clone, Debug, Default)]
pub struct Names {
    shown: HashMap<Key, String>,
}

/// Kind and id of a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key(Kind, Vec<u8>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Kind {
    Private,
    DeployId,
    DeployerId,
    SysAuthToken,
}

impl Key {
    fn of(head: &Head) -> Option<Key> {
        Some(match head {
            Head::Private(id) => Key(Kind::Private, id.to_vec()),
            Head::DeployId(id) => Key(Kind::DeployId, id.to_vec()),
            Head::DeployerId(id) => Key(Kind::DeployerId, id.to_vec()),
            Head::SysAuthToken => Key(Kind::SysAuthToken, vec![0]),
            _ => return None,
        })
    }
}

impl Names {
    /// Finds identifiers for the names in the terms. `word` may know what a private name is called, by its id and by
    /// where it comes from; a word that is no identifier is not used.
    pub fn of<'a, W>(terms: impl IntoIterator<Item = &'a Term>, word: &dyn Fn(&[u8], Origin) -> Option<W>) -> Names
    where
        W: Into<String>,
    {
        let mut words: BTreeMap<Key, String> = BTreeMap::new();
        let mut open: Vec<&Term> = terms.into_iter().filter(|term| term.has_unforgeable()).collect();
        while let Some(term) = open.pop() {
            open.extend(term.children().iter().filter(|child| child.has_unforgeable()));
            if term.head().category() != Some(Category::Unforgeable) {
                continue;
            }
            let Some(key) = Key::of(term.head()) else { continue };
            let found = match term.head() {
                Head::Private(id) => word(id, term.origin()).map(Into::into).filter(|word| is_word(word)),
                Head::DeployId(_) => Some("deployId".to_owned()),
                Head::DeployerId(_) => Some("deployerId".to_owned()),
                _ => Some("sysAuthToken".to_owned()),
            };
            // The same name may be known at one place and unknown at another.
            let known = words.entry(key).or_insert_with(|| UNKNOWN.to_owned());
            if let Some(found) = found
                && known == UNKNOWN
            {
                *known = found;
            }
        }
        Names { shown: distinct(words) }
    }

    /// The identifier of an unforgeable name.
    pub fn get(&self, head: &Head) -> Option<&str> {
        self.shown.get(&Key::of(head)?).map(String::as_str)
    }

    /// All identifiers with the full ids in hexadecimal, ordered by identifier.
    pub fn list(&self) -> BTreeMap<String, String> {
        self.shown.iter().map(|(key, identifier)| (identifier.clone(), hex(&key.1))).collect()
    }
}

/// Gives each name its word and as many digits of its id as it takes.
fn distinct(words: BTreeMap<Key, String>) -> HashMap<Key, String> {
    let mut shown = HashMap::with_capacity(words.len());
    let mut taken = HashSet::with_capacity(words.len());
    let mut open: Vec<(Key, String)> = words.into_iter().collect();
    let mut digits = DIGITS;
    while !open.is_empty() {
        let candidate = |key: &Key, word: &str| {
            let id = hex(&key.1);
            format!("{word}'{}", id.get(..digits).unwrap_or(&id))
        };
        let mut uses: HashMap<String, usize> = HashMap::new();
        for (key, word) in &open {
            *uses.entry(candidate(key, word)).or_default() += 1;
        }
        let whole = open.iter().all(|(key, _)| 2 * key.1.len() <= digits);
        let mut left = Vec::new();
        for (key, word) in open {
            let mut identifier = candidate(&key, &word);
            let unique = uses.get(&identifier) == Some(&1) && !taken.contains(&identifier);
            if !unique && !whole {
                left.push((key, word));
                continue;
            }
            // Only names of different kinds have the same id.
            while !taken.insert(identifier.clone()) {
                identifier.push('\'');
            }
            shown.insert(key, identifier);
        }
        open = left;
        digits = digits.saturating_mul(2);
    }
    shown
}

fn is_word(text: &str) -> bool {
    let letter = |c: char| matches!(c, 'A'..='Z' | 'a'..='z' | '\'' | 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ÿ');
    let mut chars = text.chars();
    match chars.next() {
        // A lone `_` is followed by an apostrophe, so it is an identifier too.
        Some(first) if letter(first) || first == '_' => chars.all(|c| letter(c) || c.is_ascii_digit() || c == '_'),
        _ => false,
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn private(id: Vec<u8>) -> Term {
        Term::single(Term::private(id))
    }

    fn shown(term: &Term, names: &Names) -> String {
        names.get(term.single_item().unwrap().head()).unwrap().to_owned()
    }

    #[test]
    fn digits_tell_apart() {
        let a = private(vec![0x1a; 32]);
        let b = private([vec![0x1a; 31], vec![0]].concat());
        let c = private([vec![0x2b; 31], vec![0]].concat());
        let short = private(vec![0]);
        let key = Term::single(Term::ground(Head::DeployerId(vec![4; 65].into())));
        let word = |id: &[u8], _: Origin| Some(if id.len() == 1 { "stdout" } else { "x" });
        let names = Names::of([&a, &b, &c, &short, &key, &a], &word);
        assert_eq!(shown(&a, &names), format!("x'{}", "1a".repeat(32)));
        assert_eq!(shown(&b, &names), format!("x'{}00", "1a".repeat(31)));
        assert_eq!(shown(&c, &names), "x'2b2b2b2b");
        assert_eq!(shown(&short, &names), "stdout'00");
        assert_eq!(shown(&key, &names), "deployerId'04040404");
        assert_eq!(names.list()["x'2b2b2b2b"], format!("{}00", "2b".repeat(31)));
    }

    #[test]
    fn words_that_cannot_be_identifiers() {
        let name = private(vec![0xab; 32]);
        for bad in ["", "1x", "a b", "a!", "é̂", "x\n"] {
            let names = Names::of([&name], &|_: &[u8], _| Some(bad));
            assert_eq!(shown(&name, &names), "name'abababab", "{bad:?}");
        }
        let names = Names::of([&name], &|_: &[u8], _| Some("été'2_b"));
        assert_eq!(shown(&name, &names), "été'2_b'abababab");
    }

    #[test]
    fn kinds_with_the_same_id() {
        let id = vec![7; 32];
        let deploy = Term::single(Term::ground(Head::DeployId(id.clone().into())));
        let name = private(id);
        let names = Names::of([&deploy, &name], &|_: &[u8], _| Some("deployId"));
        assert_ne!(shown(&deploy, &names), shown(&name, &names));
    }
}
