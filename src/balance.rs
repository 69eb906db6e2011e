//! Whether an input that arrives line by line is complete.

use rhodium_grammar::{codes, parse};

/// Where a scan of the text so far stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Code,
    String,
    Uri,
    Comment,
}

/// Scans an input once, line by line: strings, URIs, comments and brackets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Balance {
    inside: Inside,
    depth: i64,
}

impl Balance {
    /// Takes the next line (without its line break).
    pub fn line(&mut self, line: &str) {
        let mut characters = line.chars().peekable();
        while let Some(c) = characters.next() {
            let next = characters.peek().copied();
            match (self.inside, c) {
                (Inside::Code, '/') if next == Some('/') => return,
                (Inside::Code, '/') if next == Some('*') => {
                    characters.next();
                    self.inside = Inside::Comment;
                }
                (Inside::Code, '"') => self.inside = Inside::String,
                (Inside::Code, '`') => self.inside = Inside::Uri,
                (Inside::Code, '(' | '[' | '{') => self.depth += 1,
                (Inside::Code, ')' | ']' | '}') => self.depth -= 1,
                (Inside::String, '\\') => {
                    characters.next();
                }
                (Inside::String, '"') | (Inside::Uri, '`') => self.inside = Inside::Code,
                (Inside::Comment, '*') if next == Some('/') => {
                    characters.next();
                    self.inside = Inside::Code;
                }
                _ => {}
            }
        }
    }

    /// Whether all that was opened is closed.
    pub fn is_closed(&self) -> bool {
        self.inside == Inside::Code && self.depth <= 0
    }
}

/// Whether a text with closed brackets still waits for its end, as after `|` or `in`.
pub fn wants_more(text: &str) -> bool {
    match parse(text) {
        Ok(_) => false,
        Err(errors) => errors.iter().all(|error| [codes::UNEXPECTED_END, codes::EMPTY_PROGRAM].contains(&error.code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(text: &str) -> bool {
        let mut balance = Balance::default();
        text.lines().for_each(|line| balance.line(line));
        balance.is_closed()
    }

    #[test]
    fn brackets_are_counted_where_they_are_code() {
        for text in ["", "Nil", "{}", "for (x <- y) { [1, 2] }", "\"(\"", "`{`", "// {", "/* { */", "\"\\\"(\"", ")"] {
            assert!(closed(text), "{text}");
        }
        for text in ["{", "(", "[1,", "\"", "\"a\nb", "/*", "/* // */ {", "`rho", "\"a\" ++ \"\\\"", "{\n(\n)"] {
            assert!(!closed(text), "{text}");
        }
        assert!(closed("\"a\nb\""));
        assert!(closed("/* a\n * b */ Nil"));
    }

    #[test]
    fn an_operator_at_the_end_wants_more() {
        assert!(wants_more("@0!(1) |"));
        assert!(wants_more("new x in"));
        assert!(wants_more("// nothing yet"));
        assert!(!wants_more("@0!(1)"));
        assert!(!wants_more("@0!(1) }"));
    }
}
