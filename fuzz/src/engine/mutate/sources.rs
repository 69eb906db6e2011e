//! Changes of source text that keep tokens whole and brackets matched.

use std::borrow::Cow;
use std::ops::Range;

use rhodium_grammar::{TokenKind, tokens};

use super::{Dictionary, MAX_LEN};
use crate::engine::random::Random;

/// Numbers at which arithmetic and literals change their mind.
const NUMBERS: [&str; 16] = [
    "0",
    "1",
    "-1",
    "2",
    "63",
    "64",
    "127",
    "128",
    "255",
    "256",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "1n",
    "0.1f64",
    "1r",
];

/// What can stand around a process many times over.
const NESTS: [(&str, &str); 16] = [
    ("(", ")"),
    ("{", "}"),
    ("[", "]"),
    ("Set(", ")"),
    ("(", ",)"),
    ("{1:", "}"),
    ("{|", "|}"),
    ("@{", "}!()"),
    ("*@{", "}"),
    ("not ", ""),
    ("~", ""),
    ("bundle+{", "}"),
    ("new x in {", "}"),
    ("for(@x<-@1){", "}"),
    ("match 1 {x=>{", "}}"),
    ("if(true){", "}"),
];

/// What can stand between processes.
const SEPARATORS: [&str; 8] = ["|", ",", "+", "++", "and", "/\\", "\\/", ";"];

/// The distinct tokens of the seeds, but for long ones.
pub(super) fn words(seeds: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let texts = seeds.iter().filter_map(|seed| std::str::from_utf8(seed).ok());
    let words = texts.flat_map(|text| tokens(text).filter_map(Result::ok).map(|token| &text[token.span.range()]));
    let mut words: Vec<&str> = words.filter(|word| word.len() < 40).collect();
    words.sort_unstable();
    words.dedup();
    words.into_iter().map(|word| format!(" {word}").into_bytes()).collect()
}

type Pieces<'s> = Vec<Cow<'s, str>>;

pub(super) fn mutate(dictionary: &Dictionary, base: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let (base, other) = (String::from_utf8_lossy(base), String::from_utf8_lossy(other));
    let mut pieces = pieces(&base);
    let donor = self::pieces(&other);
    for _ in 0..random.small(3) {
        step(dictionary, &mut pieces, &donor, random);
        let mut length = 0;
        let kept = pieces.iter().take_while(|piece| {
            length += piece.len();
            length <= MAX_LEN
        });
        let kept = kept.count();
        pieces.truncate(kept);
    }
    pieces.concat().into_bytes()
}

/// The tokens, each with the blanks and errors before it.
fn pieces(source: &str) -> Pieces<'_> {
    let mut start = 0;
    let mut pieces = Vec::new();
    for end in tokens(source).filter_map(Result::ok).map(|token| token.span.end as usize) {
        pieces.push(Cow::Borrowed(&source[start..end]));
        start = end;
    }
    pieces.push(Cow::Borrowed(&source[start..]));
    pieces
}

fn kind(piece: &str) -> Option<TokenKind> {
    tokens(piece).next()?.ok().map(|token| token.kind)
}

fn is_opening(piece: &str) -> bool {
    piece.ends_with(['(', '[', '{']) || piece.ends_with("{|")
}

fn is_closing(piece: &str) -> bool {
    piece.ends_with([')', ']', '}'])
}

/// A bracket at random with everything up to its counterpart, or some tokens.
fn part(pieces: &Pieces<'_>, random: &mut Random) -> Range<usize> {
    let start = random.below(pieces.len());
    let opening = (start..pieces.len()).find(|at| is_opening(&pieces[*at]));
    let (Some(opening), false) = (opening, random.one_in(3)) else { return random.range(pieces.len(), 6) };
    let mut depth = 0usize;
    for (at, piece) in pieces.iter().enumerate().skip(opening) {
        if is_opening(piece) {
            depth += 1;
        } else if is_closing(piece) {
            depth -= 1;
        }
        if depth == 0 {
            return opening..at + 1;
        }
    }
    opening..pieces.len()
}

fn step<'s>(dictionary: &Dictionary, pieces: &mut Pieces<'s>, donor: &Pieces<'s>, random: &mut Random) {
    if pieces.is_empty() {
        pieces.extend(donor.iter().cloned());
        return;
    }
    let at = random.below(pieces.len() + 1);
    match random.below(10) {
        0 => drop(pieces.drain(part(pieces, random))),
        1 => {
            let range = part(pieces, random);
            let lent = part(donor, random);
            pieces.splice(range, donor[lent].iter().cloned());
        }
        2 => {
            let lent = part(donor, random);
            pieces.splice(at..at, donor[lent].iter().cloned());
        }
        3 => pieces.insert(at, word(dictionary, random)),
        4 => {
            let place = random.below(pieces.len());
            pieces[place] = word(dictionary, random);
        }
        5 => rename(pieces, random),
        6 => {
            if let Some(place) = near(pieces, at, TokenKind::Number) {
                pieces[place] = Cow::Owned(format!(" {}", random.pick(&NUMBERS).copied().unwrap_or("0")));
            }
        }
        7 => nest(pieces, random),
        8 => repeat(pieces, random),
        _ => {
            let (a, b) = (random.below(pieces.len()), random.below(pieces.len()));
            pieces.swap(a, b);
        }
    }
}

fn word<'s>(dictionary: &Dictionary, random: &mut Random) -> Cow<'s, str> {
    let word = random.pick(&dictionary.words).cloned().unwrap_or_default();
    Cow::Owned(String::from_utf8(word).unwrap_or_default())
}

/// The first token of a kind behind a place, or else before it.
fn near(pieces: &Pieces<'_>, at: usize, wanted: TokenKind) -> Option<usize> {
    (at..pieces.len()).chain(0..at).take(50).find(|at| kind(&pieces[*at]) == Some(wanted))
}

/// Puts one identifier in the place of another, so that it means a different binder.
fn rename(pieces: &mut Pieces<'_>, random: &mut Random) {
    let (a, b) = (random.below(pieces.len()), random.below(pieces.len()));
    let places = near(pieces, a, TokenKind::Identifier).zip(near(pieces, b, TokenKind::Identifier));
    if let Some((a, b)) = places {
        pieces[a] = pieces[b].clone();
    }
}

fn nest(pieces: &mut Pieces<'_>, random: &mut Random) {
    let range = part(pieces, random);
    let Some((open, close)) = random.pick(&NESTS) else { return };
    let levels = random.small(12).min(MAX_LEN / (open.len() + close.len()));
    pieces.insert(range.end, Cow::Owned(close.repeat(levels)));
    pieces.insert(range.start, Cow::Owned(format!(" {}", open.repeat(levels))));
}

fn repeat(pieces: &mut Pieces<'_>, random: &mut Random) {
    let range = part(pieces, random);
    let separator = random.pick(&SEPARATORS).copied().unwrap_or("|");
    let again = format!(" {separator}{}", pieces[range.clone()].concat());
    let copies = random.small(10).min(MAX_LEN / again.len());
    pieces.insert(range.end, Cow::Owned(again.repeat(copies)));
}
