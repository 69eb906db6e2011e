//! What unforgeable names are called when they are shown: as in the source that made them, or as in their URN.

use std::cell::RefCell;
use std::collections::HashMap;

use rhodium_grammar::{TokenKind, tokens};
use rhodium_machine::Runtime;
use rhodium_registry::{SYSTEM_CHANNELS, TEST_CHANNELS};
use rhodium_term::print::Names;
use rhodium_term::{Head, Origin, Term};

use crate::diagnostics::Source;

/// Looks the words up in the sources of a session.
pub struct Words<'a> {
    runtime: &'a Runtime,
    sources: &'a [Source],
    /// The `new`s of the sources that were needed so far.
    read: RefCell<HashMap<u32, Vec<Declarations<'a>>>>,
}

/// One `new` of a source.
#[derive(Debug, PartialEq)]
struct Declarations<'a> {
    start: u32,
    /// The names without URN, in order.
    plain: Vec<&'a str>,
}

impl<'a> Words<'a> {
    /// The words of a session.
    pub fn new(runtime: &'a Runtime, sources: &'a [Source]) -> Words<'a> {
        Words { runtime, sources, read: RefCell::default() }
    }

    /// Identifiers for the names in some terms.
    pub fn names<'t>(&self, terms: impl IntoIterator<Item = &'t Term>) -> Names {
        Names::of(terms, &|id: &[u8], origin: Origin| self.word(id, origin))
    }

    /// The word alone of a private name.
    pub fn of(&self, item: &Term) -> Option<&'a str> {
        match item.head() {
            Head::Private(id) => self.word(id, item.origin()),
            _ => None,
        }
    }

    fn word(&self, id: &[u8], origin: Origin) -> Option<&'a str> {
        if let [byte] = id {
            return system_word(*byte);
        }
        let (number, place) = self.runtime.birthplace(origin)?;
        let text = self.sources.get(usize::try_from(number).ok()?.checked_sub(1)?)?.text.as_str();
        let mut read = self.read.borrow_mut();
        let news = read.entry(number).or_insert_with(|| declarations(text));
        Some(word_at(text, news, place))
    }
}

/// The last part of the channel's URN that is a word.
pub fn system_word(byte: u8) -> Option<&'static str> {
    let channel = SYSTEM_CHANNELS.iter().chain(TEST_CHANNELS).find(|channel| channel.byte == byte)?;
    channel.urn.rsplit(':').find(|part| part.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// All `new`s of a source.
fn declarations(text: &str) -> Vec<Declarations<'_>> {
    let mut all: Vec<Declarations> = Vec::new();
    let mut open: Option<Declarations> = None;
    for lexeme in tokens(text).flatten() {
        use TokenKind::*;
        match (lexeme.kind, &mut open) {
            (New, _) => {
                all.extend(open.replace(Declarations { start: lexeme.span.start, plain: Vec::new() }));
            }
            (In, _) => all.extend(open.take()),
            (Identifier | Agent | Constructor | Method | Default | Private, Some(new)) => {
                new.plain.extend(text.get(lexeme.span.start as usize..lexeme.span.end as usize));
            }
            // The name before has a URN.
            (ParenOpen, Some(new)) => new.plain.truncate(new.plain.len().saturating_sub(1)),
            _ => {}
        }
    }
    all
}

/// The word at the birthplace of a name: the start of a `new` plus the number of the declaration. What begins elsewhere
/// is sugar.
fn word_at<'a>(text: &'a str, news: &[Declarations<'a>], place: u32) -> &'a str {
    let before = news.partition_point(|new| new.start <= place);
    let declared = before.checked_sub(1).and_then(|k| news[k].plain.get((place - news[k].start) as usize));
    if let Some(name) = declared {
        return name;
    }
    let starts = |back: u32, word| {
        let start = place.checked_sub(back).and_then(|start| text.as_bytes().get(start as usize..));
        start.is_some_and(|rest| rest.starts_with(word))
    };
    match () {
        () if starts(0, b"agent") => "this",
        () if starts(1, b"agent") => "private",
        () if starts(0, b"let") || starts(1, b"let") => "value",
        () => "reply",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_declarations_and_sugar() {
        let text =
            "new a, // b\n out(`rho:io:stdout`), method in { c!?(1). | new d in Nil } | agent A { default() { Nil } }";
        let news = declarations(text);
        let at = |part: &str| text.find(part).unwrap() as u32;
        assert_eq!(news[0].plain, ["a", "method"]);
        assert_eq!(news[1], Declarations { start: at("new d"), plain: vec!["d"] });
        assert_eq!(word_at(text, &news, 0), "a");
        assert_eq!(word_at(text, &news, 1), "method");
        assert_eq!(word_at(text, &news, at("c!?")), "reply");
        assert_eq!(word_at(text, &news, at("new d")), "d");
        assert_eq!(word_at(text, &news, at("agent A")), "this");
        assert_eq!(word_at(text, &news, at("agent A") + 1), "private");
        assert_eq!(word_at(text, &news, text.len() as u32 + 9), "reply");
    }

    #[test]
    fn words_of_the_system() {
        assert_eq!((system_word(0), system_word(24), system_word(254)), (Some("stdout"), Some("registry"), None));
    }
}
