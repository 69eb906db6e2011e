//! Guesses at what an author meant, from the tokens around a wrong one.

use crate::ast::Span;
use crate::brackets::{closed, closing_text, opened};
use crate::builder::shorten;
use crate::diagnosis::{Repair, Spot};
use crate::error::codes;
use crate::lexer::TokenKind;

/// A guess.
#[derive(Default)]
pub(crate) struct Advice {
    /// Another code than that of an unexpected token.
    pub code: Option<&'static str>,
    /// What is wrong, if the tokens that could have stood there say it less well.
    pub message: Option<String>,
    pub hint: Option<String>,
    pub labels: Vec<(Span, String)>,
    /// The token that the error begins with, if it is an earlier one.
    pub from: Option<usize>,
    pub repair: Option<Repair>,
}

impl Advice {
    fn hint(hint: impl Into<String>) -> Advice {
        Advice { hint: Some(hint.into()), ..Advice::default() }
    }

    fn new(message: impl Into<String>, hint: impl Into<String>) -> Advice {
        Advice { message: Some(message.into()), ..Advice::hint(hint) }
    }

    /// With other tokens in place of some.
    fn repaired(self, from: usize, to: usize, with: &'static [TokenKind]) -> Advice {
        Advice { repair: Some(Repair { from, to, with }), ..self }
    }

    fn starting(self, from: usize) -> Advice {
        Advice { from: Some(from), ..self }
    }

    fn coded(self, code: &'static str) -> Advice {
        Advice { code: Some(code), ..self }
    }
}

impl Spot<'_> {
    /// The first guess that fits.
    pub(crate) fn advice(&self) -> Option<Advice> {
        let kind = self.kind(0)?;
        self.words(kind)
            .or_else(|| self.reserved(kind))
            .or_else(|| self.arrows(kind))
            .or_else(|| self.assignments(kind))
            .or_else(|| self.separators(kind))
            .or_else(|| self.uris(kind))
            .or_else(|| self.braces(kind))
            .or_else(|| self.parentheses(kind))
            .or_else(|| self.names(kind))
            .or_else(|| self.operators(kind))
            .or_else(|| self.side_by_side(kind))
            .or_else(|| self.closing(kind))
    }

    fn found(&self) -> String {
        format!("`{}`", shorten(self.text(0)))
    }

    /// Words of other languages, and words in the wrong case.
    fn words(&self, kind: TokenKind) -> Option<Advice> {
        let at = self.at;
        if kind == TokenKind::Identifier
            && matches!(self.text(0), "with" | "of" | "do" | "then")
            && self.expected.has("{")
            && self.kind(1) == Some(TokenKind::BraceOpen)
        {
            let hint = format!("leave out {}", self.found());
            return Some(Advice::new(format!("{} is no keyword", self.found()), hint).repaired(at, at + 1, &[]));
        }
        if [self.text(0), self.text(-1)].iter().any(|text| text.starts_with('\'') && self.kind(0) == Some(kind)) {
            return Some(Advice::new(
                "single quotes are part of names; they do not make a string",
                "strings are written with double quotes: \"…\"",
            ));
        }
        if matches!(self.text(0), "elif" | "elsif" | "elseif") && self.expected.has("else") {
            let hint = foreign(self.text(0)).unwrap_or_default();
            return Some(Advice::new(format!("{} is no keyword of Rholang", self.found()), hint));
        }
        if self.kind(-1) != Some(TokenKind::Identifier) || !self.expected.has("|") && !self.expected.has("=>") {
            return None;
        }
        let word = self.text(-1);
        if matches!(word, "then" | "do" | "begin") && kind == TokenKind::BraceOpen {
            let advice = Advice::new(format!("`{word}` is no keyword"), format!("leave out `{word}`"));
            return Some(advice.starting(at - 1).repaired(at - 1, at, &[]));
        }
        if !starts_process(kind) {
            return None;
        }
        if let Some((keyword, with)) = keyword(word) {
            let message = format!("`{word}` is not the keyword `{keyword}`");
            let hint = format!("keywords are written in small letters: `{keyword}`");
            return Some(Advice::new(message, hint).starting(at - 1).repaired(at - 1, at, with));
        }
        let hint = foreign(word)?;
        Some(Advice::new(format!("`{word}` is no keyword of Rholang"), hint).starting(at - 1))
    }

    fn reserved(&self, kind: TokenKind) -> Option<Advice> {
        if !self.expected.only_name() || !is_reserved(kind) || kind == TokenKind::In {
            return None;
        }
        let text = self.text(0);
        let message = format!("`{text}` is a reserved word and cannot be used as a name");
        let hint = format!("choose another name, for example `{text}_`");
        let advice = Advice::new(message, hint).coded(codes::RESERVED_WORD);
        Some(advice.repaired(self.at, self.at + 1, &[TokenKind::Identifier]))
    }

    /// Whether the place is in the parentheses of a `for`.
    fn in_receipts(&self) -> bool {
        let before = self.innermost().and_then(|open| open.checked_sub(1));
        before.is_some_and(|before| self.tokens[before].kind == TokenKind::For)
    }

    /// Wrong arrows.
    fn arrows(&self, kind: TokenKind) -> Option<Advice> {
        use TokenKind::*;
        let is_minus = |kind| matches!(kind, Some(Minus | Negate));
        let start = if is_minus(Some(kind)) && self.kind(1) == Some(Greater) && self.touches(0) {
            Some(self.at)
        } else if kind == Greater && is_minus(self.kind(-1)) && self.touches(-1) {
            Some(self.at - 1)
        } else {
            None
        };
        if let Some(start) = start {
            return Some(if self.in_receipts() || self.head() == Some(Let) {
                Advice::new("`->` is no arrow of Rholang", "the arrow points from the channel to the pattern: `x <- c`")
                    .starting(start)
                    .repaired(start, start + 2, &[ArrowLinear])
            } else {
                Advice::new("`->` is no arrow of Rholang", "a case is written `pattern => body`")
                    .starting(start)
                    .repaired(start, start + 2, &[FatArrow])
            });
        }
        if self.in_receipts()
            && self.expected.has("<-")
            && matches!(kind, Assign | Equal | Colon | In | FatArrow | Less)
        {
            let message = format!("{} does not receive", self.found());
            let advice = Advice::new(message, "a receipt is written `pattern <- channel`");
            return Some(advice.repaired(self.at, self.at + 1, &[ArrowLinear]));
        }
        if self.expected.has("=>") && matches!(kind, Colon | Assign | ArrowLinear) && self.head().is_none() {
            let advice = Advice::hint("a case is written `pattern => body`");
            return Some(advice.repaired(self.at, self.at + 1, &[FatArrow]));
        }
        None
    }

    /// `=` and `==`.
    fn assignments(&self, kind: TokenKind) -> Option<Advice> {
        use TokenKind::*;
        let at = self.at;
        if kind == Equal && self.expected.has("=") {
            let advice = Advice::new("`==` compares; it does not define", "write `=`");
            return Some(advice.repaired(at, at + 1, &[Assign]));
        }
        // `=` in front of an operand begins a reference, so the error may be behind it.
        if self.kind(-1) == Some(Assign) && self.touches(-2) {
            let operator = self.text(-2);
            match self.kind(-2) {
                Some(Equal | NotEqual) => {
                    let advice = Advice::new(format!("`{operator}=` is no operator"), format!("write `{operator}`"));
                    return Some(advice.starting(at - 2).repaired(at - 1, at, &[]));
                }
                Some(Plus | Minus | Star | Slash | Percent) => {
                    let hint = "variables never change: bind the new value to another one with `let`";
                    return Some(Advice::new(format!("`{operator}=` is no operator"), hint).starting(at - 2));
                }
                _ => {}
            }
        }
        if kind != Assign {
            return None;
        }
        match self.kind(-1) {
            Some(Equal | NotEqual) if self.touches(-1) => {
                let operator = self.text(-1);
                let advice = Advice::new(format!("`{operator}=` is no operator"), format!("write `{operator}`"));
                return Some(advice.starting(at - 1).repaired(at, at + 1, &[]));
            }
            Some(Plus | Minus | Star | Slash | Percent) if self.touches(-1) => {
                let message = format!("`{}=` is no operator", self.text(-1));
                let hint = "variables never change: bind the new value to another one with `let`";
                return Some(Advice::new(message, hint).starting(at - 1));
            }
            _ => {}
        }
        if !self.expected.has("+") {
            return None;
        }
        let starts = self
            .at
            .checked_sub(2)
            .is_none_or(|index| matches!(self.tokens[index].kind, Bar | BraceOpen | In | Semicolon));
        if starts && self.kind(-1) == Some(Identifier) {
            let hint = format!("a variable is bound by `let {} = … in {{ … }}`; to compare write `==`", self.text(-1));
            return Some(Advice::new("there is no assignment", hint));
        }
        Some(Advice::new("`=` does not compare", "to compare write `==`").repaired(at, at + 1, &[Equal]))
    }

    /// `;`, `,`, `|` and `&` where they do not belong, and the names of a `new` without comma.
    fn separators(&self, kind: TokenKind) -> Option<Advice> {
        use TokenKind::*;
        let (at, expected) = (self.at, &self.expected);
        let ends = self.kind(1).is_none_or(|next| closed(next).is_some());
        match kind {
            ParenClose if self.in_receipts() && matches!(self.kind(-1), Some(Semicolon | Ampersand)) => {
                let message = format!("`{}` stands between receipts, not behind the last one", self.text(-1));
                let advice = Advice::new(message, "delete it").starting(at - 1);
                Some(advice.repaired(at - 1, at, &[]))
            }
            Semicolon if expected.has(",") && self.head().is_none() => {
                Some(Advice::new("`;` does not separate elements", "write `,`").repaired(at, at + 1, &[Comma]))
            }
            Semicolon if expected.has("|") || expected.has("}") => {
                let hint = if ends {
                    "delete it: nothing ends a process"
                } else {
                    "processes run side by side, joined by `|`; what must come later stands in the body of a `for`"
                };
                let with: &[TokenKind] = if ends { &[] } else { &[Bar] };
                Some(Advice::new("`;` does not end a statement", hint).repaired(at, at + 1, with))
            }
            Comma if self.kind(-1) == Some(Comma) => {
                Some(Advice::new("there is nothing between two commas", "delete one").repaired(at, at + 1, &[]))
            }
            Comma | Bar | ShortAnd | And if self.in_receipts() && expected.has("&") => {
                let message = format!("{} does not join receipts", self.found());
                let hint = "write `&` to receive both together, `;` to receive one after the other";
                Some(Advice::new(message, hint).repaired(at, at + 1, &[Ampersand]))
            }
            Comma if expected.has("|") && !expected.has(",") => {
                let advice = Advice::new("`,` does not join processes", "write `|`");
                Some(advice.repaired(at, at + 1, &[Bar]))
            }
            Comma | Bar if self.kind(-1).is_none_or(|before| opened(before).is_some()) => {
                let advice = Advice::new(format!("there is nothing in front of {}", self.found()), "delete it");
                Some(advice.repaired(at, at + 1, &[]))
            }
            Identifier | Wildcard if self.head() == Some(New) && expected.has(",") => {
                let message = format!("there is no comma between `{}` and {}", self.text(-1), self.found());
                Some(Advice::new(message, "names are separated by `,`").repaired(at, at, &[Comma]))
            }
            _ => None,
        }
    }

    /// URIs without their back ticks.
    fn uris(&self, kind: TokenKind) -> Option<Advice> {
        use TokenKind::*;
        let at = self.at;
        if self.expected.only("uri") {
            let close = self.innermost().and_then(|open| self.brackets.partner(open))?;
            let text = match kind {
                String => self.text(0).trim_matches('"'),
                _ => {
                    let end = self.tokens.get(close.checked_sub(1)?)?.span.end;
                    self.source.get(self.tokens[at].span.start as usize..end as usize)?
                }
            };
            let hint = format!("write it in back ticks: `{}`", shorten(text));
            let message = if kind == String { "a string is no URI" } else { "a URI stands in back ticks" };
            return Some(Advice::new(message, hint).repaired(at, close.max(at), &[Uri]));
        }
        if kind == Colon && self.kind(-1) == Some(Identifier) && self.text(-1) == "rho" {
            let end = self.source[self.tokens[at].span.start as usize..]
                .find(|c: char| !c.is_ascii_alphanumeric() && c != ':' && c != '_')
                .map_or(self.source.len(), |length| self.tokens[at].span.start as usize + length);
            let text = self.source.get(self.tokens[at - 1].span.start as usize..end)?;
            let hint = format!("write it in back ticks: `{}`", shorten(text));
            let to = self.tokens.partition_point(|token| (token.span.start as usize) < end);
            let advice = Advice::new("a URI stands in back ticks", hint).starting(at - 1);
            return Some(advice.repaired(at - 1, to, &[Uri]));
        }
        None
    }

    /// A body that comes too early, or that is none.
    fn braces(&self, kind: TokenKind) -> Option<Advice> {
        use TokenKind::*;
        let (at, expected) = (self.at, &self.expected);
        let insert = |with: &'static [TokenKind], hint: &str| {
            let message = format!("`{}` is missing in front of {}", hint.split('`').nth(1).unwrap_or(""), self.found());
            Some(Advice::new(message, hint).repaired(at, at, with))
        };
        match self.head() {
            Some(New) if expected.has("in") && (kind == BraceOpen || starts_process(kind)) => {
                insert(&[In], "write `in` between the names and the body: `new x in { … }`")
            }
            Some(Let) if expected.has("in") && starts_process(kind) => {
                insert(&[In], "put `in` in front of the body: `let x = … in { … }`")
            }
            Some(Contract) if expected.has("=") && kind == BraceOpen => {
                insert(&[Assign], "write `=` between the parameters and the body: `contract f(x) = { … }`")
            }
            Some(Let) if kind == Bang || kind == BangBang => {
                Some(Advice::hint("behind the last declaration of a `let` stands `in`, then the body"))
            }
            _ if matches!(kind, Plus | Minus | Negate) && self.kind(-1) == Some(Bundle) => {
                Some(Advice::hint("write the sign directly behind `bundle`").repaired(at, at + 1, &[]))
            }
            _ if expected.only("{") => {
                let hint = match self.kind(-1) {
                    Some(ParenClose | Assign) => "put braces around the body",
                    _ => "put braces around it",
                };
                Some(Advice::hint(hint))
            }
            _ if kind == Else => {
                let with: &[TokenKind] = if self.kind(-1) == Some(Bar) { &[] } else { &[Bar] };
                let hint = "`else` stands directly behind the body of an `if`: `if (c) { … } else { … }`";
                Some(Advice::new("this `else` belongs to no `if`", hint).repaired(at, at + 1, with))
            }
            _ => None,
        }
    }

    /// Parentheses that are missing, or too many.
    fn parentheses(&self, kind: TokenKind) -> Option<Advice> {
        use TokenKind::*;
        let (at, expected) = (self.at, &self.expected);
        let before = self.kind(-1);
        if expected.only("(") {
            let hint = match before {
                Some(For) => "receipts stand in parentheses: `for (x <- c) { … }`",
                Some(If) => "a condition stands in parentheses: `if (c) { … }`",
                Some(Set) => "a set is written `Set(1, 2)`",
                _ if self.kind(-2) == Some(Dot) => {
                    "a method is called with parentheses, even without arguments: `x.m()`"
                }
                _ if self.head() == Some(Contract) => "parameters stand in parentheses: `contract f(x) = { … }`",
                _ => return None,
            };
            let advice = Advice::hint(hint);
            return Some(match self.kind(-2) {
                Some(Dot) => advice.repaired(at, at, &[ParenOpen, ParenClose]),
                _ => advice,
            });
        }
        if matches!(before, Some(Bang | BangBang)) && kind != ParenOpen && starts_process(kind) {
            return Some(Advice::hint("what is sent stands in parentheses: `c!(x)`"));
        }
        let is_name = matches!(before, Some(Identifier | Agent | Constructor | Method | Default | Private));
        if kind == ParenOpen && is_name && !expected.has("(") {
            let name = shorten(self.text(-1));
            let advice = Advice::new(
                format!("`{name}(…)` is no call: contracts are called by sending to their name"),
                format!("write `{name}!(…)`"),
            );
            return Some(advice.repaired(at, at, &[Bang]));
        }
        None
    }

    /// Processes where names belong, and the reverse.
    fn names(&self, kind: TokenKind) -> Option<Advice> {
        use TokenKind::*;
        let (at, expected) = (self.at, &self.expected);
        let literal = |kind| matches!(kind, Number | String | Uri | Nil | True | False);
        if self.kind(-1) == Some(Evaluate) && self.kind(-2) == Some(Star) {
            return Some(Advice::new("there is no power operator", "multiply several times").starting(at - 2));
        }
        if expected.only_name() && matches!(kind, Evaluate | Star) {
            let advice = Advice::new("a name belongs here, and `*` makes a process of it", "leave out the `*`");
            return Some(advice.repaired(at, at + 1, &[]));
        }
        if kind == At && expected.has("identifier") && !expected.has("@") {
            let message = "`@` makes a name of a process; only a plain identifier can stand here";
            return Some(Advice::new(message, "leave out the `@`").repaired(at, at + 1, &[]));
        }
        if kind == Wildcard && expected.has("identifier") && !expected.has("_") {
            let advice = Advice::new("`_` is no identifier: nothing could refer to it", "choose a name");
            return Some(advice.repaired(at, at + 1, &[Identifier]));
        }
        if expected.has("@") && expected.only_name() && (literal(kind) || opened(kind).is_some()) {
            let message = format!("a name belongs here, and {} is a process", self.found());
            let advice =
                Advice::new(message, format!("a process becomes a name with `@`: `@{}`", shorten(self.text(0))));
            return Some(if literal(kind) { advice.repaired(at, at, &[At]) } else { advice });
        }
        if matches!(kind, Bang | BangBang | BangQuery) && self.kind(-1).is_some_and(literal) {
            let text = shorten(self.text(-1));
            let message = format!("`{text}` is a process; messages are sent to names");
            let advice = Advice::new(message, format!("a process becomes a name with `@`: `@{text}!(…)`"));
            return Some(advice.starting(at - 1).repaired(at - 1, at - 1, &[At]));
        }
        if self.kind(-2) == Some(At) && expected.has("!") && (closed(kind).is_some() || kind == Comma) {
            let text = shorten(self.text(-1));
            let message = format!("`@{text}` is a name, and a process belongs here");
            let advice = Advice::new(message, format!("write `{text}`, or `*` in front of a name"));
            return Some(advice.starting(at - 2).repaired(at - 2, at - 1, &[]));
        }
        None
    }

    /// Operators of other languages.
    fn operators(&self, kind: TokenKind) -> Option<Advice> {
        use TokenKind::*;
        let (at, expected) = (self.at, &self.expected);
        let before = self.kind(-1);
        let beside = |first, second| before == Some(first) && kind == second && self.touches(-1);
        if kind == Bang && expected.has("not") {
            let advice = Advice::new("`!` does not negate", "write `not`");
            return Some(advice.repaired(at, at + 1, &[Not]));
        }
        if kind == Ampersand && expected.has("+") {
            let advice = Advice::new("`&` joins receipts; it is no operator", "write `and` (or `&&`)");
            return Some(advice.repaired(at, at + 1, &[And]));
        }
        if beside(Less, Greater) {
            let advice = Advice::new("`<>` is no operator", "write `!=`").starting(at - 1);
            return Some(advice.repaired(at - 1, at + 1, &[NotEqual]));
        }
        None
    }

    /// Two things with nothing between them.
    fn side_by_side(&self, kind: TokenKind) -> Option<Advice> {
        let expected = &self.expected;
        if !expected.has("|") || !starts_process(kind) {
            return None;
        }
        let message = format!("{} begins another process, but nothing joins it to the one before", self.found());
        let (hint, with): (_, &[TokenKind]) = match (expected.has(","), expected.has("=>")) {
            (true, _) => ("put `,` between the elements", &[TokenKind::Comma]),
            _ if expected.has("in") => ("put `in` in front of the body", &[TokenKind::In]),
            (_, true) if kind == TokenKind::BraceOpen => {
                ("put `=>` between a pattern and its body", &[TokenKind::FatArrow])
            }
            (_, true) => ("put `=>` between a pattern and its body, or `|` between two processes", &[TokenKind::Bar]),
            _ => ("put `|` between the two processes", &[TokenKind::Bar]),
        };
        Some(Advice::new(message, hint).coded(codes::MISSING_BAR).repaired(self.at, self.at, with))
    }

    /// Closing brackets that come too early or close nothing.
    fn closing(&self, kind: TokenKind) -> Option<Advice> {
        use TokenKind::*;
        let (at, before) = (self.at, self.kind(-1));
        let of_body =
            matches!(self.kind(-2), Some(ParenClose | Assign | Bundle | BundleWrite | BundleRead | BundleNone));
        let own = closed(kind);
        if own.is_none() {
            let hint = match kind {
                _ if is_reserved(kind) && self.expected.has("identifier") => "this word is reserved",
                _ => return None,
            };
            return Some(Advice::hint(hint));
        }
        let Some(open) = self.innermost() else {
            return Some(Advice::new(format!("{} closes nothing: no bracket is open here", self.found()), "delete it"));
        };
        let opening = self.tokens[open];
        let text = self.source.get(opening.span.range()).unwrap_or_default();
        if opened(opening.kind) != own {
            let close = opened(opening.kind).map_or("", closing_text);
            let mut advice = Advice::new(
                format!("{} does not close `{text}`", self.found()),
                format!("a `{close}` is missing, or this bracket is the wrong one"),
            );
            advice.labels.push((opening.span, format!("this `{text}` is open")));
            return Some(advice);
        }
        let advice = match kind {
            ParenClose if before == Some(ParenOpen) => {
                Advice::hint("there are no empty parentheses; a tuple has at least one element")
            }
            BraceClose if before == Some(BraceOpen) && of_body => {
                Advice::new("a body cannot be empty", "an empty body is written `{ Nil }`").repaired(at, at, &[Nil])
            }
            BraceClose if before == Some(BraceOpen) => {
                Advice::hint("at least one `pattern => body` must stand between the braces")
            }
            BraceClose | ParenClose | BracketClose if before == Some(Bar) => {
                let advice = Advice::new("`|` stands between processes; nothing follows this one", "delete the `|`");
                advice.starting(at - 1).repaired(at - 1, at, &[])
            }
            BraceClose if self.expected.has("=>") => {
                Advice::hint("a case is `pattern => body`; between two processes stands `|`")
            }
            _ if before.is_some_and(is_operator) => {
                let message = format!("`{}` has no right side", self.text(-1));
                Advice::new(message, "write its second operand").starting(at - 1).repaired(at, at, &[Wildcard])
            }
            _ => return None,
        };
        Some(advice)
    }
}

/// The keyword that a word is but for its case.
fn keyword(word: &str) -> Option<(&'static str, &'static [TokenKind])> {
    use TokenKind::*;
    const KEYWORDS: [(&str, &[TokenKind]); 10] = [
        ("new", &[New]),
        ("for", &[For]),
        ("contract", &[Contract]),
        ("match", &[Match]),
        ("select", &[Select]),
        ("if", &[If]),
        ("else", &[Else]),
        ("let", &[Let]),
        ("bundle", &[Bundle]),
        ("not", &[Not]),
    ];
    KEYWORDS.into_iter().find(|(keyword, _)| word != *keyword && word.eq_ignore_ascii_case(keyword))
}

/// What takes the place of a keyword of other languages.
fn foreign(word: &str) -> Option<&'static str> {
    Some(match word {
        "function" | "func" | "fn" | "def" | "fun" | "proc" | "lambda" => {
            "functions are contracts that answer on a channel: `contract f(@x, return) = { return!(x) }`"
        }
        "var" | "const" | "val" | "mut" | "int" | "string" => {
            "a name is declared by `new x in { … }`, a value bound by `let x = … in { … }`"
        }
        "return" => "nothing is returned: send the result to a channel, `return!(x)`",
        "while" | "loop" | "foreach" | "repeat" => {
            "to repeat, receive with `<=` or let a contract call itself: `for (x <= c) { … }`"
        }
        "import" | "require" | "use" | "include" | "from" => {
            "contracts of others are looked up while running, with `rho:registry:lookup`"
        }
        "case" | "when" => "cases have no keyword: `match x { 1 => { … } _ => { … } }`",
        "switch" => "write `match x { 1 => { … } _ => { … } }`",
        "elif" | "elsif" | "elseif" => "write `else if (c) { … }`",
        "try" | "catch" | "throw" | "async" | "await" | "class" | "struct" | "enum" => "Rholang has no such construct",
        _ => return None,
    })
}

pub(crate) fn is_reserved(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(
        kind,
        Nil | True
            | False
            | Set
            | BoolType
            | IntType
            | BigIntType
            | StringType
            | UriType
            | ByteArrayType
            | And
            | Or
            | Not
            | Matches
            | New
            | In
            | For
            | Contract
            | Match
            | Select
            | If
            | Else
            | Let
            | Where
            | Bundle
            | BundleNone
    )
}

fn is_operator(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(
        kind,
        Plus | Minus
            | PlusPlus
            | MinusMinus
            | Star
            | Slash
            | Percent
            | PercentPercent
            | Equal
            | NotEqual
            | Less
            | LessEqual
            | Greater
            | GreaterEqual
            | And
            | Or
            | ShortAnd
            | ShortOr
            | Matches
            | Conjunction
            | Disjunction
            | Not
            | Negate
    )
}

fn starts_process(kind: TokenKind) -> bool {
    use TokenKind::*;
    let reserved = is_reserved(kind) && !matches!(kind, And | Or | Matches | In | Else | Where);
    let word = matches!(kind, Identifier | Agent | Constructor | Method | Default | Private | Wildcard);
    let literal = matches!(kind, Number | String | Uri | BigIntOpen);
    let opening = matches!(kind, BraceOpen | BracketOpen | PathOpen | ParenOpen);
    let prefix = matches!(kind, At | Evaluate | Negate | Tilde | BundleWrite | BundleRead);
    reserved || word || literal || opening || prefix
}
