//! What users are told about wrong sources.

use rhodium_grammar::{Limits, SyntaxError, TokenKind, codes, parse, parse_with_limits, tokens};

fn first(source: &str) -> SyntaxError {
    let errors = parse(source).err().unwrap_or_else(|| panic!("accepted: {source}"));
    errors[0].clone()
}

/// Code and text under the span of the first error.
fn at(source: &str) -> (&'static str, &str) {
    let error = first(source);
    (error.code, &source[error.span.range()])
}

#[test]
fn lexical_errors_have_their_codes() {
    assert_eq!(at("@\"out\"!(1 # 2)"), (codes::ILLEGAL_CHARACTER, "#"));
    assert_eq!(at("a \u{0}\u{1}\u{2} b"), (codes::ILLEGAL_CHARACTER, "\u{0}\u{1}\u{2}"));
    assert_eq!(at("日本 | x"), (codes::ILLEGAL_CHARACTER, "日本"));
    assert_eq!(at("c!(\"abc)"), (codes::UNTERMINATED_STRING, "\""));
    assert_eq!(at("c!(\"abc\\"), (codes::UNTERMINATED_STRING, "\""));
    assert_eq!(at("c!(`abc)"), (codes::UNTERMINATED_URI, "`"));
    assert_eq!(at("1 /* a"), (codes::UNTERMINATED_COMMENT, "/*"));
    assert_eq!(at("c!(\"a\\xb\")"), (codes::BAD_ESCAPE, "\\x"));
    assert_eq!(at("c!(\"a\\é\")"), (codes::BAD_ESCAPE, "\\é"));
    assert_eq!(at("\u{FEFF}\u{FEFF}"), (codes::ILLEGAL_CHARACTER, "\u{FEFF}"));
}

#[test]
fn all_lexical_errors_are_reported_in_order() {
    let source = "a ¤ b \"\\q\" ?? $ ¤ | 5 \"";
    let codes: Vec<_> = parse(source).unwrap_err().iter().map(|error| (error.code, error.span.start)).collect();
    let expected = [
        (codes::ILLEGAL_CHARACTER, 2),
        (codes::BAD_ESCAPE, 8),
        (codes::ILLEGAL_CHARACTER, 12),
        (codes::ILLEGAL_CHARACTER, 15),
        (codes::ILLEGAL_CHARACTER, 17),
        (codes::UNTERMINATED_STRING, 24),
    ];
    assert_eq!(codes, expected);
    assert_eq!(parse(&"¤ ".repeat(1000)).unwrap_err().len(), 64);
}

#[test]
fn binary_garbage_is_a_clean_error() {
    let garbage: String = (0u32..3000).filter_map(char::from_u32).collect();
    assert!(parse(&garbage).is_err());
    let bytes: Vec<u8> = (0u32..100_000).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert!(parse(&String::from_utf8_lossy(&bytes)).is_err());
}

#[test]
fn empty_programs() {
    for source in ["", " \n\t", "// only a comment", "/* */"] {
        let error = first(source);
        assert_eq!(error.code, codes::EMPTY_PROGRAM);
        assert_eq!(error.to_string(), "the source contains no process");
    }
}

#[test]
fn missing_bars() {
    let error = first("x!(1) y!(2)");
    assert_eq!((error.code, error.span.start), (codes::MISSING_BAR, 6));
    assert_eq!(error.to_string(), "`y` begins another process, but nothing joins it to the one before");
    assert_eq!(error.hint.as_deref(), Some("put `|` between the two processes"));
    assert_eq!(first("for (x <- c) { Nil }\nfor (y <- d) { Nil }").code, codes::MISSING_BAR);
    assert_eq!(first("c!(1 2)").hint.as_deref(), Some("put `,` between the elements"));
    assert_eq!(first("let x = 1 {2}").hint.as_deref(), Some("put `in` in front of the body: `let x = … in { … }`"));
    assert_eq!(first("new x in { a b }").code, codes::MISSING_BAR);
}

#[test]
fn reserved_words() {
    for word in ["for", "where", "Nil", "Set", "match", "bundle0", "BigInt"] {
        let source = format!("new {word} in {{ Nil }}");
        let error = first(&source);
        assert_eq!(error.code, codes::RESERVED_WORD, "{word}");
        assert_eq!(error.to_string(), format!("`{word}` is a reserved word and cannot be used as a name"));
        assert!(error.hint.is_some());
    }
    assert_eq!(first("for (new <- c) { Nil }").code, codes::RESERVED_WORD);
    assert_eq!(first("contract if(x) = { Nil }").code, codes::RESERVED_WORD);
    assert_eq!(first("[a ...for]").code, codes::RESERVED_WORD);
}

#[test]
fn unexpected_tokens_and_ends_say_what_was_expected() {
    let error = first("new x = in { Nil }");
    assert_eq!(error.code, codes::UNEXPECTED_TOKEN);
    assert_eq!(error.to_string(), "`=` cannot stand here; expected `in`, `(` or `,`");
    assert_eq!(error.found, "`=`");
    assert_eq!(error.expected, ["`in`", "`(`", "`,`"]);
    let error = first("new x in {\n x!(1");
    assert_eq!(error.code, codes::UNEXPECTED_END);
    assert_eq!(error.hint.as_deref(), Some("close the `(` with `)`"));
    assert_eq!((error.span.start, error.labels[0].0.start), (16, 14));
    let error = first("c!([1, 2)");
    assert_eq!(error.hint.as_deref(), Some("a `]` is missing, or this bracket is the wrong one"));
    assert_eq!(first("c!(1]").hint.as_deref(), Some("a `)` is missing, or this bracket is the wrong one"));
    assert_eq!(first("a)").hint.as_deref(), Some("delete it"));
    assert_eq!(first("for (x <- c) {}").hint.as_deref(), Some("an empty body is written `{ Nil }`"));
    assert_eq!(first("for (x <- c) x").hint.as_deref(), Some("put braces around the body"));
    assert_eq!(first("match x { 1 => A B }").expected, ["an operator", "`where`", "`=>`", "`|`"]);
    assert_eq!(first("1 +").expected, ["an expression"]);
    assert_eq!(first("c!(1) |").expected, ["a process"]);
}

#[test]
fn several_rule_violations_are_reported_together() {
    let errors = parse("new x, x in { for (a <- b & c <= d) { 5i7 } | 99999999999999999999 }").unwrap_err();
    let codes: Vec<_> = errors.iter().map(|error| error.code).collect();
    assert_eq!(codes, [codes::DUPLICATE_NAME, codes::MIXED_ARROWS, codes::BAD_NUMBER, codes::INTEGER_RANGE]);
}

#[test]
fn too_large_sources() {
    let limits = Limits { max_source_bytes: 5, ..Limits::default() };
    assert!(parse_with_limits("Nil  ", &limits).is_ok());
    assert_eq!(parse_with_limits("Nil   ", &limits).unwrap_err()[0].code, codes::TOO_LARGE);
}

#[test]
fn too_many_tokens() {
    let limits = Limits { max_tokens: 5, ..Limits::default() };
    assert!(parse_with_limits("1|agent|/* not counted */3", &limits).is_ok());
    let errors = parse_with_limits("1|agent|3\n|4", &limits).unwrap_err();
    assert_eq!((errors.len(), errors[0].code, errors[0].span.start), (1, codes::TOO_LARGE, 10));
}

#[test]
fn numbers_that_are_too_long() {
    for (before, after) in [("", "n"), ("-", "r"), ("", "i128"), ("0.", "p2"), ("BigInt(", ")")] {
        let error = &parse(&format!("Nil | {before}{}{after}", "7".repeat(2 << 20))).unwrap_err()[0];
        assert_eq!((error.code, error.span.start >= 6), (codes::INTEGER_RANGE, true), "{before}7{after}");
        assert!(error.message.len() < 200);
    }
}

#[test]
fn every_prefix_of_a_program_gives_an_answer() {
    let source = "new x(`u`), y in { for (@a, ...@b <- x!?(1.5, -2n) & c <- y where a > \"é\\n\") { \
                  match [a ...b] { ~1 /\\ z => x!m(); Nil _ => @{|1|}!!({1: Set(2)}, (3,)) } } \
                  | agent A { constructor() { Nil } | default() { *x } } /* é */ | let q = 1 in BigInt(5) }";
    for end in (0..source.len()).filter(|end| source.is_char_boundary(*end)) {
        if let Err(errors) = parse(&source[..end]) {
            assert!(errors.iter().all(|error| error.span.end as usize <= end && !error.message.is_empty()));
        }
    }
    assert!(parse(source).is_ok());
}

#[test]
fn tokens_keep_comments_and_places() {
    let source = "\u{FEFF}a // b\n-1 /* c */ *d";
    let all: Vec<_> = tokens(source).map(|item| item.unwrap()).map(|t| (t.kind, &source[t.span.range()])).collect();
    let expected = [
        (TokenKind::Identifier, "a"),
        (TokenKind::Comment, "// b"),
        (TokenKind::Minus, "-"),
        (TokenKind::Number, "1"),
        (TokenKind::Comment, "/* c */"),
        (TokenKind::Star, "*"),
        (TokenKind::Identifier, "d"),
    ];
    assert_eq!(all, expected);
}
