//! Templates: Rholang text in which `$$name$$` stands for a value (registry-genesis 5).
//!
//! [`substitute`] is what the network's nodes do: plain text replacement, silent about everything. [`link`] is what this
//! project uses: values have types, places are known, and nothing goes unnoticed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

use crate::bonds::Bond;

/// What encloses the name of a macro.
const MARK: &str = "$$";

/// Replaces for each pair, in the given order, every `$$name$$` by the value.
#[must_use]
pub fn substitute(template: &str, pairs: &[(&str, &str)]) -> String {
    pairs.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{MARK}{name}{MARK}"), value))
}

/// The value of a macro; the type decides how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MacroValue {
    /// A number, in decimal.
    Int(i64),
    /// Text. A string literal, or part of one.
    Text(String),
    /// A key or another byte array (it may be empty). Inside a string literal its hexadecimal digits.
    Key(Vec<u8>),
    /// A list of byte arrays.
    Keys(Vec<Vec<u8>>),
    /// A map from keys to stakes, in the order of the keys.
    Bonds(Vec<Bond>),
    /// A URI. Inside quotes of either kind its text.
    Uri(String),
}

impl MacroValue {
    /// The value as a Rholang expression; `None` if there is none.
    fn expression(&self) -> Option<String> {
        Some(match self {
            Self::Int(value) => value.to_string(),
            Self::Text(text) => format!("\"{}\"", literal(text)?),
            Self::Key(key) => bytes(key),
            Self::Keys(keys) => format!("[{}]", keys.iter().map(|key| bytes(key)).collect::<Vec<_>>().join(", ")),
            Self::Bonds(bonds) => {
                let mut bonds: Vec<&Bond> = bonds.iter().collect();
                bonds.sort();
                let mut text = String::from("{");
                for (index, bond) in bonds.into_iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    // Writing to a string cannot fail.
                    let _ = write!(text, "{comma} {} : {}", bytes(&bond.validator), bond.stake);
                }
                text + "}"
            }
            Self::Uri(uri) => format!("`{}`", uri_text(uri)?),
        })
    }

    /// The value as a part of a string literal; `None` if it cannot be one.
    fn inside_string(&self) -> Option<String> {
        match self {
            Self::Int(value) => Some(value.to_string()),
            Self::Text(text) => literal(text).map(str::to_owned),
            Self::Key(key) => Some(hex::encode(key)),
            Self::Uri(uri) => literal(uri_text(uri)?).map(str::to_owned),
            Self::Keys(_) | Self::Bonds(_) => None,
        }
    }

    /// The value as a part of a URI; `None` if it cannot be one.
    fn inside_uri(&self) -> Option<String> {
        match self {
            Self::Uri(uri) => uri_text(uri).map(str::to_owned),
            _ => None,
        }
    }
}

/// Text that means itself between back ticks.
fn uri_text(uri: &str) -> Option<&str> {
    (!uri.chars().any(|c| matches!(c, '`' | '\\') || c.is_control() || c.is_whitespace())).then_some(uri)
}

fn bytes(bytes: &[u8]) -> String {
    format!("\"{}\".hexToBytes()", hex::encode(bytes))
}

/// Text that means itself between quotes. Escapes would stay visible in the value (language 1.4), so text that needs
/// one has no literal; nor are control characters wanted in names.
pub(crate) fn literal(text: &str) -> Option<&str> {
    (!text.chars().any(|c| matches!(c, '"' | '\\') || c.is_control())).then_some(text)
}

/// One error of a template, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// Line, from 1; 0 if the template as a whole is meant.
    pub line: usize,
    /// Character of the line, from 1; 0 if the template as a whole is meant.
    pub column: usize,
    /// What is wrong.
    pub problem: TemplateProblem,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}, column {}: ", self.line, self.column)?;
        }
        self.problem.fmt(f)
    }
}

impl std::error::Error for TemplateError {}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateProblem {
    /// No value has this name.
    #[error("no value is given for the macro `{0}`")]
    Unknown(String),
    /// A value that the template does not use.
    #[error("the template does not use the value `{0}`")]
    Unused(String),
    /// Two dollars that do not enclose a name.
    #[error("`$$` does not begin a macro `$$name$$`")]
    Malformed,
    /// Text with a quote, a backslash or a control character.
    #[error("the value of `{0}` contains a quote, a backslash or a control character")]
    NotALiteral(String),
    /// A list or a map inside a string.
    #[error("the value of `{0}` cannot stand inside a string")]
    NotInsideString(String),
    /// A macro between backquotes.
    #[error("a value that is no URI cannot stand inside one")]
    InsideUri,
}

impl TemplateProblem {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "E0531",
            Self::Unused(_) => "E0532",
            Self::Malformed => "E0533",
            Self::NotALiteral(_) => "E0534",
            Self::NotInsideString(_) => "E0535",
            Self::InsideUri => "E0536",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "check the spelling; every macro outside comments needs a value",
            Self::Unused(_) => "remove the value, or check the spelling of the macro in the template",
            Self::Malformed => "a name is made of letters, digits, underscores and colons, without spaces",
            Self::NotALiteral(_) => {
                "Rholang keeps escapes as they are written, so such text cannot be a string literal"
            }
            Self::NotInsideString(_) => "remove the quotes around the macro",
            Self::InsideUri => "put the whole URI into a string value, or write it out",
        }
    }
}

/// What the text around a place is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Code,
    String,
    Uri,
    LineComment,
    BlockComment,
}

/// Fills in a template. Every macro outside comments must have a value that fits its place, and every value must be
/// used; what stands in comments is left as it is. Values contain no line breaks, so lines keep their numbers. The
/// result has LF line ends and no byte order mark. All errors are reported, in the order of their places.
pub fn link(template: &str, values: &BTreeMap<String, MacroValue>) -> Result<String, Vec<TemplateError>> {
    let text = template.strip_prefix('\u{feff}').unwrap_or(template).replace("\r\n", "\n").replace('\r', "\n");
    let mut linker =
        Linker { values, used: BTreeSet::new(), out: String::with_capacity(text.len()), errors: Vec::new() };
    linker.run(&text);
    let Linker { used, out, mut errors, .. } = linker;
    let unused = values.keys().filter(|name| !used.contains(name.as_str()));
    errors.extend(unused.map(|name| TemplateError {
        line: 0,
        column: 0,
        problem: TemplateProblem::Unused(name.clone()),
    }));
    if errors.is_empty() { Ok(out) } else { Err(errors) }
}

/// The names of all macros outside comments.
pub(crate) fn macro_names(template: &str) -> BTreeSet<String> {
    let unknown = |error: TemplateError| match error.problem {
        TemplateProblem::Unknown(name) => Some(name),
        _ => None,
    };
    link(template, &BTreeMap::new()).err().into_iter().flatten().filter_map(unknown).collect()
}

struct Linker<'a> {
    values: &'a BTreeMap<String, MacroValue>,
    used: BTreeSet<&'a str>,
    out: String,
    errors: Vec<TemplateError>,
}

impl Linker<'_> {
    fn run(&mut self, text: &str) {
        let (mut context, mut rest) = (Context::Code, text);
        let (mut line, mut column) = (1, 1);
        while let Some(first) = rest.chars().next() {
            let comment = matches!(context, Context::LineComment | Context::BlockComment);
            let length = if !comment && rest.starts_with(MARK) {
                let (length, result) = self.expand(rest, context);
                match result {
                    Ok(value) => self.out.push_str(&value),
                    Err(problem) => self.errors.push(TemplateError { line, column, problem }),
                }
                length
            } else {
                let length = step(rest, first, &mut context);
                self.out.push_str(&rest[..length]);
                length
            };
            for c in rest[..length].chars() {
                (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
            }
            rest = &rest[length..];
        }
    }

    /// The length of the macro at the start of `text`, and what takes its place.
    fn expand(&mut self, text: &str, context: Context) -> (usize, Result<String, TemplateProblem>) {
        let body = &text[MARK.len()..];
        let end =
            body.bytes().position(|b| !(b.is_ascii_alphanumeric() || b == b'_' || b == b':')).unwrap_or(body.len());
        let name = &body[..end];
        if name.is_empty() || !body[end..].starts_with(MARK) {
            return (MARK.len() + end, Err(TemplateProblem::Malformed));
        }
        let length = end + 2 * MARK.len();
        let Some((name, value)) = self.values.get_key_value(name) else {
            return (length, Err(TemplateProblem::Unknown(name.to_owned())));
        };
        self.used.insert(name);
        let written = match context {
            Context::Uri => return (length, value.inside_uri().ok_or(TemplateProblem::InsideUri)),
            Context::String => value.inside_string(),
            _ => value.expression(),
        };
        let refused = || match value {
            MacroValue::Text(_) => TemplateProblem::NotALiteral(name.clone()),
            _ => TemplateProblem::NotInsideString(name.clone()),
        };
        (length, written.ok_or_else(refused))
    }
}

/// The length of the lexical unit at the start of `text`, whose first character is given; changes the context.
fn step(text: &str, first: char, context: &mut Context) -> usize {
    let (next, length) = match (*context, first) {
        (Context::Code, '"') => (Context::String, 1),
        (Context::Code, '`') => (Context::Uri, 1),
        (Context::Code, '/') if text.starts_with("//") => (Context::LineComment, 2),
        (Context::Code, '/') if text.starts_with("/*") => (Context::BlockComment, 2),
        (Context::String, '"') | (Context::Uri, '`') | (Context::LineComment, '\n') => (Context::Code, 1),
        (Context::BlockComment, '*') if text.starts_with("*/") => (Context::Code, 2),
        (Context::String, '\\') => {
            let escaped = text[1..].chars().next();
            // A macro behind a backslash is still a macro.
            let escaped = escaped.filter(|c| *c != '$').map_or(0, char::len_utf8);
            (Context::String, 1 + escaped)
        }
        (same, other) => (same, other.len_utf8()),
    };
    *context = next;
    length
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(pairs: &[(&str, MacroValue)]) -> BTreeMap<String, MacroValue> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn problems(template: &str, pairs: &[(&str, MacroValue)]) -> Vec<(usize, usize, &'static str)> {
        let errors = link(template, &values(pairs)).unwrap_err();
        errors.iter().map(|error| (error.line, error.column, error.problem.code())).collect()
    }

    fn text(text: &str) -> MacroValue {
        MacroValue::Text(text.into())
    }

    #[test]
    fn values_are_written_by_type_and_place() {
        let bonds = vec![Bond { validator: vec![4, 0xbb], stake: 2 }, Bond { validator: vec![4, 0xaa], stake: 1 }];
        let all = values(&[
            ("i", MacroValue::Int(-5)),
            ("t", text("F1R3 cap é")),
            ("k", MacroValue::Key(vec![0xab])),
            ("l", MacroValue::Keys(vec![vec![1], vec![2]])),
            ("b", MacroValue::Bonds(bonds)),
        ]);
        let template = "// $$unknown$$\n/* $$i$$ \" */ [$$i$$, \"$$i$$\", $$t$$, \"x$$t$$y\", $$k$$, \"$$k$$\", $$l$$, $$b$$] // $$";
        let expected = "// $$unknown$$\n/* $$i$$ \" */ [-5, \"-5\", \"F1R3 cap é\", \"xF1R3 cap éy\", \
            \"ab\".hexToBytes(), \"ab\", [\"01\".hexToBytes(), \"02\".hexToBytes()], \
            { \"04aa\".hexToBytes() : 1,  \"04bb\".hexToBytes() : 2}] // $$";
        assert_eq!(link(template, &all).unwrap(), expected);
        assert_eq!(link("$$b$$", &values(&[("b", MacroValue::Bonds(vec![]))])).unwrap(), "{}");
    }

    #[test]
    fn nothing_goes_unnoticed() {
        let one = || MacroValue::Int(1);
        assert_eq!(problems("x!(\n  \"é$$missing$$\")", &[]), [(2, 5, "E0531")]);
        assert_eq!(problems("$$a$$ $$c$$", &[("a", one()), ("b", one())]), [(1, 7, "E0531"), (0, 0, "E0532")]);
        assert_eq!(problems("// $$a$$", &[("a", one())]), [(0, 0, "E0532")], "a comment is no use");
        assert_eq!(problems("$$ a$$ $$$$", &[]), [(1, 1, "E0533"), (1, 5, "E0533"), (1, 8, "E0533"), (1, 10, "E0533")]);
        assert_eq!(problems("\"$$t$$\" $$t$$", &[("t", text("a\"b"))]), [(1, 2, "E0534"), (1, 9, "E0534")]);
        for bad in ["\\", "\n", "\u{0}", "\\n"] {
            assert_eq!(problems("$$t$$", &[("t", text(bad))]), [(1, 1, "E0534")], "{bad:?}");
        }
        assert_eq!(problems("\"$$l$$\"", &[("l", MacroValue::Keys(vec![]))]), [(1, 2, "E0535")]);
        assert_eq!(problems("`rho:$$t$$`", &[("t", text("x"))]), [(1, 6, "E0536")]);
        assert_eq!(problems("$$u$$", &[("u", MacroValue::Uri("a b".into()))]), [(1, 1, "E0535")]);
    }

    #[test]
    fn strings_and_comments_end_where_the_lexer_ends_them() {
        let one = values(&[("a", MacroValue::Int(1))]);
        assert_eq!(link("\"\\\"//\" $$a$$", &one).unwrap(), "\"\\\"//\" 1");
        assert_eq!(link("\"\\\\\" $$a$$", &one).unwrap(), "\"\\\\\" 1");
        assert_eq!(link("/* /* */ $$a$$", &one).unwrap(), "/* /* */ 1");
        assert_eq!(link("/*/ \" */ $$a$$", &one).unwrap(), "/*/ \" */ 1");
        assert_eq!(link("`//` $$a$$", &one).unwrap(), "`//` 1");
        assert_eq!(link("// \"\r\n$$a$$\r", &one).unwrap(), "// \"\n1\n");
        assert_eq!(link("\u{feff}$$a$$", &one).unwrap(), "1");
        assert_eq!(link("\"\\$$a$$\"", &one).unwrap(), "\"\\1\"");
        assert_eq!(link("$ $$a$$$", &one).unwrap(), "$ 1$");
    }

    #[test]
    fn uris_and_names_with_colons() {
        let all = values(&[("import:Either", MacroValue::Uri("rho:lang:either".into()))]);
        let template = "$$import:Either$$ `$$import:Either$$` \"$$import:Either$$\"";
        assert_eq!(link(template, &all).unwrap(), "`rho:lang:either` `rho:lang:either` \"rho:lang:either\"");
        let names: Vec<String> = macro_names("$$a:b$$ // $$c$$\n \"$$d$$\"").into_iter().collect();
        assert_eq!(names, ["a:b", "d"]);
    }

    #[test]
    fn a_value_is_not_looked_at_again() {
        let nested = values(&[("a", text("$$b$$"))]);
        assert_eq!(link("$$a$$", &nested).unwrap(), "\"$$b$$\"");
    }

    proptest! {
        #[test]
        fn any_text_is_linked_or_refused(template in "[$a\"`/*\\\\\n é]{0,40}") {
            let one = values(&[("a", MacroValue::Int(1))]);
            let _ = link(&template, &one);
        }

        #[test]
        fn without_macros_nothing_changes(template in "[a\"`/*\\\\\n é]{0,40}") {
            prop_assert_eq!(link(&template, &BTreeMap::new()), Ok(template));
        }
    }
}
