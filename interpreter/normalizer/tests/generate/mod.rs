//! Random programs that compile, with every construct of the language, from a tape of random bytes. The same tape gives
//! the same program in several spellings, which must have the same normal form.

use proptest::prelude::*;

/// How a program is spelled.
#[derive(Clone, Copy, Debug)]
pub struct Spelling {
    /// What variables start with.
    pub prefix: &'static str,
    /// Whether the parts of Pars outside patterns come in the opposite order.
    pub reversed: bool,
    /// Whether braces and parentheses stand where they mean nothing.
    pub brackets: bool,
}

/// The plain spelling.
pub const PLAIN: Spelling = Spelling { prefix: "v", reversed: false, brackets: false };

/// Tapes.
pub fn tapes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..120)
}

/// The program of a tape. Tokens are separated by single blanks, and blanks stand nowhere else.
pub fn program(tape: &[u8], spelling: Spelling) -> String {
    let mut writer = Writer { tape: tape.iter(), spelling, variables: 0, numbers: 0, scopes: vec![Scope::default()] };
    writer.par(4)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Name,
    Process,
}

/// What can be written in a process.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Freedom {
    /// Only bound variables.
    #[default]
    Closed,
    /// New variables and wildcards, and of the connectives only `/\`.
    Binders,
    /// Everything that patterns can have.
    Pattern,
}

/// One pattern level.
#[derive(Default)]
struct Scope {
    bound: Vec<(Sort, String)>,
    binders: Vec<(Sort, String)>,
    freedom: Freedom,
}

struct Writer<'a> {
    tape: std::slice::Iter<'a, u8>,
    spelling: Spelling,
    variables: u32,
    numbers: u32,
    scopes: Vec<Scope>,
}

impl Writer<'_> {
    /// A choice; the tape's end chooses the simplest.
    fn choose(&mut self, choices: u8) -> u8 {
        self.tape.next().map_or(0, |byte| byte % choices)
    }

    fn scope(&mut self) -> &mut Scope {
        self.scopes.last_mut().expect("a scope")
    }

    fn free(&mut self) -> bool {
        self.scope().freedom != Freedom::Closed
    }

    fn fresh(&mut self) -> String {
        self.variables += 1;
        format!("{}{}", self.spelling.prefix, self.variables)
    }

    /// A number that is written nowhere else.
    fn number(&mut self) -> u32 {
        self.numbers += 1;
        1000 + self.numbers
    }

    fn binder(&mut self, sort: Sort) -> String {
        let text = self.fresh();
        self.scope().binders.push((sort, text.clone()));
        text
    }

    /// A bound variable.
    fn bound(&mut self, sort: Sort) -> Option<String> {
        let choice = usize::from(self.choose(7));
        let known: Vec<String> =
            self.scope().bound.iter().rev().filter(|(s, _)| *s == sort).map(|(_, text)| text.clone()).collect();
        (!known.is_empty()).then(|| known[choice % known.len()].clone())
    }

    /// A variable of a scope further out, for `=x`.
    fn outer(&mut self) -> Option<(Sort, String)> {
        let choice = usize::from(self.choose(7));
        let known: Vec<(Sort, String)> =
            self.scopes.iter().rev().skip(1).flat_map(|s| s.bound.iter().rev().cloned()).collect();
        (!known.is_empty()).then(|| known[choice % known.len()].clone())
    }

    /// Runs with variables bound in the innermost scope.
    fn within<T>(&mut self, variables: Vec<(Sort, String)>, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.scope().bound.len();
        self.scope().bound.extend(variables);
        let result = run(self);
        self.scope().bound.truncate(before);
        result
    }

    /// Runs in a pattern; gives its binders too.
    fn pattern<T>(&mut self, freedom: Freedom, run: impl FnOnce(&mut Self) -> T) -> (T, Vec<(Sort, String)>) {
        self.scopes.push(Scope { freedom, ..Scope::default() });
        let result = run(self);
        let binders = self.scopes.pop().map(|scope| scope.binders).unwrap_or_default();
        (result, binders)
    }

    fn par(&mut self, depth: u32) -> String {
        let count = 1 + self.choose(4);
        let mut parts: Vec<String> = (0..count).map(|_| self.process(depth)).collect();
        if self.spelling.reversed && self.scopes.len() == 1 {
            parts.reverse();
        }
        if self.spelling.brackets {
            parts = parts.into_iter().map(|part| format!("{{ {part} | Nil }}")).collect();
        }
        parts.join(" | ")
    }

    fn block(&mut self, depth: u32) -> String {
        format!("{{ {} }}", self.par(depth.saturating_sub(1)))
    }

    /// Something beside an operator.
    fn operand(&mut self, depth: u32) -> String {
        if self.choose(3) == 0 {
            return self.block(depth);
        }
        let leaf = self.leaf();
        if self.spelling.brackets { format!("( {leaf} )") } else { format!("{{ {leaf} }}") }
    }

    fn list(&mut self, depth: u32) -> String {
        let count = self.choose(4);
        (0..count).map(|_| self.par(depth.saturating_sub(1))).collect::<Vec<_>>().join(" , ")
    }

    fn remainder(&mut self, dots: &str) -> String {
        if !self.free() || self.choose(3) > 0 {
            return String::new();
        }
        match self.choose(4) {
            0 => format!(" {dots} _"),
            _ => format!(" {dots} {}", self.binder(Sort::Process)),
        }
    }

    fn name(&mut self, depth: u32) -> String {
        match self.choose(5) {
            0 | 1 => match self.bound(Sort::Name) {
                Some(name) => name,
                None if self.free() => self.binder(Sort::Name),
                None => format!("@{{ {} }}", self.leaf()),
            },
            2 if self.free() => self.binder(Sort::Name),
            3 if self.free() => "_".to_owned(),
            _ => format!("@{}", self.block(depth)),
        }
    }

    fn leaf(&mut self) -> String {
        const LEAVES: [&str; 22] = [
            "Nil",
            "true",
            "false",
            "0",
            "-7",
            "9223372036854775807",
            "-9223372036854775808",
            "\"\"",
            "\"é\\\"\\\\\\n\"",
            "`rho:x`",
            "12n",
            "-3r",
            "BigInt(5)",
            "1.50p2",
            "-0.25p2",
            "7p0",
            "2.5f64",
            "-0.0f64",
            "1e300f64",
            "()",
            "[]",
            "{}",
        ];
        let choice = self.choose(40);
        if self.free() {
            match choice {
                30..=33 => return self.binder(Sort::Process),
                34 => return "_".to_owned(),
                35 => {
                    return ["Int", "Bool", "String", "Uri", "ByteArray", "BigInt"][usize::from(choice) % 6].to_owned();
                }
                _ => {}
            }
        }
        if choice >= 36 && self.scopes.len() > 1 {
            match self.outer() {
                Some((Sort::Name, text)) => return format!("{{ =*{text} }}"),
                Some((Sort::Process, text)) => return format!("{{ ={text} }}"),
                None => {}
            }
        }
        if choice >= 26 {
            if let Some(text) = self.bound(Sort::Process) {
                return text;
            }
            if let Some(text) = self.bound(Sort::Name) {
                return format!("*{text}");
            }
        }
        match LEAVES.get(usize::from(choice)) {
            Some(&"()") => "( Nil , )".to_owned(),
            Some(text) => (*text).to_owned(),
            None => self.number().to_string(),
        }
    }

    fn process(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.leaf();
        }
        let depth = depth - 1;
        match self.choose(36) {
            0..=3 => self.leaf(),
            4..=6 => {
                let channel = self.name(depth);
                let kind = if self.choose(2) == 0 { "!" } else { "!!" };
                format!("{channel} {kind} ( {} )", self.list(depth))
            }
            7..=10 => self.receive(depth),
            11..=13 => self.new_names(depth),
            14 | 15 => self.match_on(depth),
            16 => {
                let (condition, then) = (self.operand(depth), self.block(depth));
                let otherwise =
                    if self.choose(2) == 0 { String::new() } else { format!(" else {}", self.block(depth)) };
                format!("if ( {condition} ) {then}{otherwise}")
            }
            // In a pattern a bundle must stand before all variables.
            17 if !self.free() => {
                let keyword = ["bundle", "bundle+", "bundle-", "bundle0"][usize::from(self.choose(4))];
                format!("{keyword} {}", self.block(depth))
            }
            18 => {
                let operator = if self.choose(2) == 0 { "not" } else { "-" };
                format!("{operator} {{ {} }}", self.block(depth))
            }
            19 | 20 => {
                const OPERATORS: [&str; 18] = [
                    "*", "/", "+", "-", "<", "<=", ">", ">=", "==", "!=", "and", "or", "%%", "++", "--", "%", "&&",
                    "||",
                ];
                let operator = OPERATORS[usize::from(self.choose(18))];
                format!("{} {operator} {}", self.operand(depth), self.operand(depth))
            }
            21 => {
                let target = self.operand(depth);
                let (pattern, _) = self.pattern(Freedom::Pattern, |w| w.block(depth));
                format!("{target} matches {pattern}")
            }
            22 => {
                let method = ["nth", "length", "no_such"][usize::from(self.choose(3))];
                format!("{} . {method} ( {} )", self.operand(depth), self.list(depth))
            }
            23 => format!("[ {}{} ]", self.list(depth), self.remainder("...")),
            24 => format!("( {} , {} )", self.par(depth), self.list(depth)).replace(",  )", ", )"),
            25 => format!("Set ( {}{} )", self.list(depth), self.remainder("...")),
            26 => {
                let count = 1 + self.choose(3);
                let entry = |w: &mut Self| format!("[ {} , {} ] : {}", w.number(), w.leaf(), w.par(depth));
                let entries: Vec<String> = (0..count).map(|_| entry(self)).collect();
                format!("{{ {}{} }}", entries.join(" , "), self.remainder("..."))
            }
            27 => format!("{{| {}{} |}}", self.list(depth), self.remainder("...")),
            28 | 29 => self.sugar(depth),
            30 | 31 if self.scope().freedom == Freedom::Pattern => self.connective(depth),
            _ if self.free() => format!("{{ {} /\\ {} }}", self.operand(depth), self.operand(depth)),
            _ => self.leaf(),
        }
    }

    fn connective(&mut self, depth: u32) -> String {
        // What is bound inside stays inside.
        let before = self.scope().binders.len();
        let text = match self.choose(2) {
            0 => format!("~ {}", self.block(depth)),
            _ => format!("{{ {} \\/ {} \\/ {} }}", self.operand(depth), self.operand(depth), self.operand(depth)),
        };
        self.scope().binders.truncate(before);
        text
    }

    fn new_names(&mut self, depth: u32) -> String {
        let count = 1 + self.choose(3);
        let names: Vec<String> = (0..count).map(|_| self.fresh()).collect();
        let uris = ["rho:io:stdout", "rho:io:stderr", "rho:b"];
        let declare = |w: &mut Self, name: &String| match w.choose(5) {
            k @ 0..=2 => format!("{name} ( `{}` )", uris[usize::from(k)]),
            _ => name.clone(),
        };
        let declared: Vec<String> = names.iter().map(|name| declare(self, name)).collect();
        let bound = names.into_iter().map(|name| (Sort::Name, name)).collect();
        let body = self.within(bound, |w| w.block(depth));
        format!("new {} in {body}", declared.join(" , "))
    }

    fn match_on(&mut self, depth: u32) -> String {
        let target = self.operand(depth);
        let count = 1 + self.choose(2);
        let case = |w: &mut Self| {
            let (pattern, binders) = w.pattern(Freedom::Pattern, |w| w.block(depth));
            w.within(binders, |w| {
                let guard = if w.choose(4) == 0 { format!(" where {}", w.operand(depth)) } else { String::new() };
                format!("{pattern}{guard} => {}", w.block(depth))
            })
        };
        let cases: Vec<String> = (0..count).map(|_| case(self)).collect();
        format!("match {target} {{ {} }}", cases.join(" "))
    }

    /// Patterns of a receive outside patterns may not hold `\/` and `~`; inside they may.
    fn names(&mut self, depth: u32) -> (String, Vec<(Sort, String)>) {
        let freedom = if self.scopes.len() == 1 { Freedom::Binders } else { Freedom::Pattern };
        self.pattern(freedom, |w| {
            let count = w.choose(3);
            let names: Vec<String> = (0..count).map(|_| w.name(depth)).collect();
            format!("{}{}", names.join(" , "), w.remainder("... @"))
        })
    }

    fn receive(&mut self, depth: u32) -> String {
        let arrow = ["<-", "<=", "<<-"][usize::from(self.choose(3))];
        let count = 1 + self.choose(3);
        let mut sources: Vec<String> = Vec::new();
        for k in 0..count {
            let number = self.number();
            sources.push(match k {
                0 => self.name(depth),
                // Channels of one receive must differ.
                _ if self.choose(2) == 0 => format!("@{{ {number} | {} }}", self.leaf()),
                _ => format!("@{number}"),
            });
        }
        let mut binds = Vec::new();
        let mut bound = Vec::new();
        for source in sources {
            let (names, binders) = self.names(depth);
            bound.extend(binders);
            binds.push(format!("{names} {arrow} {source}"));
        }
        self.within(bound, |w| {
            let guard = if w.choose(5) == 0 { format!(" where {}", w.operand(depth)) } else { String::new() };
            format!("for ( {}{guard} ) {}", binds.join(" & "), w.block(depth))
        })
    }

    fn sugar(&mut self, depth: u32) -> String {
        match self.choose(7) {
            0 => format!("{} !? ( {} ) .", self.name(depth), self.list(depth)),
            1 => format!("{} !? ( {} ) ; {}", self.name(depth), self.list(depth), self.block(depth)),
            2 => {
                let channel = self.name(depth);
                let (names, binders) = self.names(depth);
                let body = self.within(binders, |w| w.block(depth));
                format!("contract {channel} ( {names} ) = {body}")
            }
            3 => {
                let values = self.list(depth);
                let (names, binders) = self.names(depth);
                let body = self.within(binders, |w| w.block(depth));
                format!("let {names} <- {values} in {body}")
            }
            4 => {
                let values = (self.list(depth), self.list(depth));
                let (first, mut binders) = self.names(depth);
                let (second, more) = self.names(depth);
                binders.extend(more);
                let body = self.within(binders, |w| w.block(depth));
                format!("let {first} <- {} & {second} <- {} in {body}", values.0, values.1)
            }
            5 => {
                let (channel, values) = (self.name(depth), self.list(depth));
                let (names, binders) = self.names(depth);
                let body = self.within(binders, |w| w.block(depth));
                format!("for ( {names} <- {channel} !? ( {values} ) ) {body}")
            }
            _ => {
                let channel = self.name(depth);
                let (names, binders) = self.names(depth);
                let body = self.within(binders, |w| w.block(depth));
                format!("for ( {names} <- {channel} ?! ) {body}")
            }
        }
    }
}
