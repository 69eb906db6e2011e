//! Random programs that communicate a lot: every channel has an agreed form of message, which most sends and receives
//! keep to, so most programs run without an error and receives find their messages.

/// A generator of pseudo-random numbers (SplitMix64): the same programs on every machine.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }
}

/// What a datum is.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Type {
    Int,
    Text,
    Bool,
    Bytes,
    /// Of integers.
    List,
    /// `(Int, Text)`
    Pair,
    /// Of integers.
    Set,
    /// From texts to integers.
    Map,
    /// A process that is sent or run.
    Process,
    /// A name, by the form of the messages on it.
    Name(usize),
}

use Type::{Bool, Bytes, Int, List, Map, Name, Pair, Process, Set, Text};

/// The forms of messages. `Name(0)` is a channel for integers, and so on.
const FORMS: [&[Type]; 12] = [
    &[Int],
    &[Process],
    &[Text, Int],
    &[Name(0)],
    &[Int, Name(0)],
    &[],
    &[List],
    &[Map, Set],
    &[Pair, Bool],
    &[Name(4), Process],
    &[Bytes],
    &[Text],
];

/// Public names and their forms.
const PUBLIC: [(&str, usize); 7] =
    [("@0", 0), ("@\"p\"", 1), ("@\"t\"", 2), ("@[0]", 3), ("@\"call\"", 4), ("@{1 + 1}", 0), ("@2", 0)];

#[derive(Clone)]
struct Variable {
    text: String,
    kind: Type,
}

struct Generator<'a> {
    random: &'a mut Random,
    scope: Vec<Variable>,
    fresh: u32,
    /// Which of the public names are used.
    public: Vec<usize>,
    /// Processes that may still be written.
    budget: u32,
}

/// A program with about so many processes.
pub fn program(random: &mut Random, processes: u32) -> String {
    let public = (0..1 + random.below(3)).map(|_| random.below(PUBLIC.len())).collect();
    let mut generator = Generator { random, scope: Vec::new(), fresh: 0, public, budget: processes };
    let mut parts = Vec::new();
    while generator.budget > 0 {
        parts.push(generator.process(5));
    }
    format!("new out(`rho:io:stdout`) in {{ {} }}", parts.join(" | "))
}

impl Generator<'_> {
    fn choose(&mut self, choices: usize) -> usize {
        self.random.below(choices)
    }

    /// Once in so many times.
    fn rarely(&mut self, times: usize) -> bool {
        self.choose(times) == 0
    }

    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.choose(texts.len())]
    }

    fn name(&mut self, prefix: &str) -> String {
        self.fresh += 1;
        format!("{prefix}{}", self.fresh)
    }

    fn within<T>(&mut self, variables: Vec<Variable>, run: impl FnOnce(&mut Self) -> T) -> T {
        let keep = self.scope.len();
        self.scope.extend(variables);
        let result = run(self);
        self.scope.truncate(keep);
        result
    }

    /// A variable in scope, recent ones more often.
    fn variable(&mut self, kind: Type) -> Option<String> {
        let fitting: Vec<String> = self.scope.iter().filter(|v| v.kind == kind).map(|v| v.text.clone()).collect();
        let recent = self.choose(4).min(fitting.len().checked_sub(1)?);
        Some(fitting[fitting.len() - 1 - recent].clone())
    }

    fn par(&mut self, depth: u32) -> String {
        let count = [1, 1, 1, 2, 2, 2, 3, 4][self.choose(8)];
        let parts: Vec<String> = (0..count).map(|_| self.process(depth)).collect();
        parts.join(" | ")
    }

    fn block(&mut self, depth: u32) -> String {
        format!("{{ {} }}", self.par(depth.saturating_sub(1)))
    }

    fn process(&mut self, depth: u32) -> String {
        if depth == 0 || self.budget == 0 {
            return self.send(0);
        }
        self.budget -= 1;
        match self.choose(40) {
            0..=4 => self.send(depth),
            5..=15 => self.receive(depth),
            16..=18 => self.contract(depth),
            19..=21 => self.call(depth),
            22..=25 => self.new_names(depth),
            26..=28 => self.match_on(depth),
            29 | 30 => {
                let (condition, then) = (self.value(Bool, 2), self.block(depth));
                let otherwise = if self.rarely(3) { String::new() } else { format!(" else {}", self.block(depth)) };
                format!("if ({condition}) {then}{otherwise}")
            }
            31 => format!("out!({})", self.any(2)),
            32 => self.variable(Process).unwrap_or_else(|| "Nil".to_owned()),
            33 => self.method_that_runs(depth),
            34 => format!("{} {}", self.pick(&["bundle", "bundle+", "bundle-", "bundle0"]), self.block(depth)),
            35 => {
                let (channel, _) = self.channel();
                format!("*{}", channel)
            }
            36 => {
                let (value, variable) = (self.value(Int, 2), self.name("v"));
                let bound = vec![Variable { text: variable.clone(), kind: Int }];
                let body = self.within(bound, |g| g.block(depth));
                format!("let @{variable} <- {value} in {body}")
            }
            37 if self.rarely(2) => self.error(),
            38 => self.repeated(depth),
            39 => self.joined(depth),
            _ => self.send(depth),
        }
    }

    /// A method call that gives a process, which runs.
    fn method_that_runs(&mut self, depth: u32) -> String {
        let body = self.block(depth);
        match self.choose(6) {
            0 => format!("[7, {body}].nth(1)"),
            1 => format!("{{\"k\": {body}}}.get({})", self.pick(&["\"k\"", "\"none\""])),
            2 => format!("{{}}.getOrElse(0, {body})"),
            3 => format!("Set({body}).toList().nth(0)"),
            4 => format!("{{}}.set({}, {body}).get(1)", self.value(Int, 1)),
            _ => format!("[[{body}]].toSet().toList().nth(0).nth(0)"),
        }
    }

    /// A contract that calls itself a few times.
    fn repeated(&mut self, depth: u32) -> String {
        let (contract, count, times) = (self.name("l"), self.name("n"), 1 + self.choose(4));
        let variable = Variable { text: count.clone(), kind: Int };
        let body = self.within(vec![variable], |g| g.block(depth));
        let again = format!("if ({count} > 0) {{ {contract}!({count} - 1) | {body} }}");
        format!("new {contract} in {{ contract {contract}(@{count}) = {{ {again} }} | {contract}!({times}) }}")
    }

    /// Joins of channels that are known only when they run: the same ones in another order, or one twice.
    fn joined(&mut self, depth: u32) -> String {
        let (contract, x, y) = (self.name("j"), self.name("x"), self.name("x"));
        let form = [0, 1, 3][self.choose(3)];
        let mut bound = Vec::new();
        let (first, second) = (self.names(form, &mut bound), self.names(form, &mut bound));
        let arrow = self.pick(&["<-", "<-", "<=", "<<-"]);
        let body = self.within(bound, |g| g.block(depth));
        let join = format!("for ({first} {arrow} {x} & {second} {arrow} {y}) {body}");
        let (p, q) = (self.channel_of(form), self.channel_of(form));
        let mut calls = vec![format!("{contract}!(*{p}, *{q})")];
        for _ in 0..self.choose(3) {
            calls.push(match self.choose(3) {
                0 => format!("{contract}!(*{q}, *{p})"),
                1 => self.send_on(&p, form, 1),
                _ => self.send_on(&q, form, 1),
            });
        }
        format!("new {contract} in {{ contract {contract}({x}, {y}) = {{ {join} }} | {} }}", calls.join(" | "))
    }

    /// A channel and the form of its messages.
    fn channel(&mut self) -> (String, usize) {
        let names: Vec<(String, usize)> = self
            .scope
            .iter()
            .filter_map(|v| match v.kind {
                Name(form) => Some((v.text.clone(), form)),
                _ => None,
            })
            .collect();
        if names.is_empty() || self.rarely(3) {
            let chosen = self.choose(self.public.len());
            let (name, form) = PUBLIC[self.public[chosen]];
            return (name.to_owned(), form);
        }
        let recent = self.choose(5).min(names.len() - 1);
        names[names.len() - 1 - recent].clone()
    }

    fn channel_of(&mut self, form: usize) -> String {
        if let Some(name) = self.variable(Name(form))
            && !self.rarely(5)
        {
            return name;
        }
        let public: Vec<&str> = PUBLIC.iter().filter(|(_, f)| *f == form).map(|(name, _)| *name).collect();
        if public.is_empty() { format!("@({form}, \"form\")") } else { self.pick(&public).to_owned() }
    }

    fn send(&mut self, depth: u32) -> String {
        let (channel, form) = self.channel();
        self.send_on(&channel, form, depth)
    }

    fn send_on(&mut self, channel: &str, form: usize, depth: u32) -> String {
        let mut data: Vec<String> = FORMS[form].iter().map(|kind| self.value(*kind, depth.min(3))).collect();
        if self.rarely(30) {
            data.push(self.any(1));
        }
        let arrow = if self.rarely(16) { "!!" } else { "!" };
        format!("{channel}{arrow}({})", data.join(", "))
    }

    /// The names of one bind for messages of this form, and what they bind.
    fn names(&mut self, form: usize, bound: &mut Vec<Variable>) -> String {
        let mut kinds = FORMS[form].to_vec();
        let mut remainder = String::new();
        if self.rarely(12) {
            kinds.truncate(self.choose(kinds.len() + 1));
            let variable = self.name("r");
            remainder = format!(" ...@{variable}");
            bound.push(Variable { text: variable, kind: Process });
        }
        let names: Vec<String> = kinds.into_iter().map(|kind| self.name_pattern(kind, bound)).collect();
        format!("{}{remainder}", names.join(", "))
    }

    fn name_pattern(&mut self, kind: Type, bound: &mut Vec<Variable>) -> String {
        match kind {
            _ if self.rarely(10) => "_".to_owned(),
            Name(_) => self.binder("x", kind, bound),
            _ => match self.pattern(kind, 2, false, bound) {
                text if text.starts_with(|c: char| c.is_ascii_lowercase()) && !text.contains(' ') => format!("@{text}"),
                text => format!("@{{{text}}}"),
            },
        }
    }

    fn binder(&mut self, prefix: &str, kind: Type, bound: &mut Vec<Variable>) -> String {
        let text = self.name(prefix);
        bound.push(Variable { text: text.clone(), kind });
        text
    }

    fn receive(&mut self, depth: u32) -> String {
        let arrow = self.pick(&["<-", "<-", "<-", "<-", "<-", "<=", "<<-"]);
        let count = [1, 1, 1, 1, 2, 2, 3][self.choose(7)];
        let (mut binds, mut bound, mut sources) = (Vec::new(), Vec::new(), Vec::new());
        let mut sends = Vec::new();
        for _ in 0..count {
            let (source, form) = self.channel();
            // The channels of one receive must differ.
            if sources.contains(&source) {
                continue;
            }
            let names = self.names(form, &mut bound);
            binds.push(format!("{names} {arrow} {source}"));
            if !self.rarely(3) {
                sends.push(format!(" | {}", self.send_on(&source, form, depth)));
            }
            sources.push(source);
        }
        let receive = self.within(bound, |g| {
            let guard = if g.rarely(9) { format!(" where {}", g.value(Bool, 2)) } else { String::new() };
            format!("for ({}{guard}) {}", binds.join(" & "), g.block(depth))
        });
        format!("{receive}{}", sends.concat())
    }

    fn contract(&mut self, depth: u32) -> String {
        let (channel, form) = self.channel();
        let mut bound = Vec::new();
        let names = self.names(form, &mut bound);
        let body = self.within(bound, |g| g.block(depth));
        let sends: Vec<String> =
            (0..self.choose(3)).map(|_| format!(" | {}", self.send_on(&channel, form, 2))).collect();
        format!("contract {channel}({names}) = {body}{}", sends.concat())
    }

    fn call(&mut self, depth: u32) -> String {
        let (channel, argument, reply) = (self.channel_of(4), self.value(Int, 2), self.name("c"));
        let ask = format!("{channel}!({argument}, *{reply})");
        let mut bound = vec![Variable { text: reply.clone(), kind: Name(0) }];
        self.within(bound.clone(), |g| {
            let names = g.names(0, &mut bound);
            let body = g.within(bound, |g| g.block(depth));
            format!("new {reply} in {{ {ask} | for ({names} <- {reply}) {body} }}")
        })
    }

    fn new_names(&mut self, depth: u32) -> String {
        let count = 1 + self.choose(3);
        let mut bound = Vec::new();
        let names: Vec<String> = (0..count)
            .map(|_| {
                let form = self.choose(FORMS.len());
                self.binder("c", Name(form), &mut bound)
            })
            .collect();
        let body = self.within(bound, |g| g.block(depth));
        format!("new {} in {body}", names.join(", "))
    }

    fn match_on(&mut self, depth: u32) -> String {
        if self.rarely(3) {
            return self.match_bag();
        }
        let kind = [Int, Text, Bool, List, Pair, Set, Map, Process, Process][self.choose(9)];
        let target = self.value(kind, 2);
        let cases: Vec<String> = (0..1 + self.choose(3))
            .map(|_| {
                let mut bound = Vec::new();
                let pattern = self.pattern(kind, 2, true, &mut bound);
                self.within(bound, |g| {
                    let guard = if g.rarely(6) { format!(" where {}", g.value(Bool, 1)) } else { String::new() };
                    format!("{pattern}{guard} => {}", g.block(depth))
                })
            })
            .collect();
        format!("match {{ {target} }} {{ {} }}", cases.join(" "))
    }

    /// A match where order and repetition of what has no order count; it prints what was bound.
    fn match_bag(&mut self) -> String {
        let is_set = self.rarely(3);
        let (parts, patterns): (&[&str], &[&str]) = if is_set {
            (&["1", "2", "3", "\"a\"", "[1]"], &["#", "# /\\ Int", "# /\\ ~1", "1", "1 \\/ 2", "~2", "_", "[#]"])
        } else {
            (
                &["1", "1", "2", "\"a\"", "@0!(1)", "@0!(1)", "@0!(2)", "for (q <- @0) { q!(1) }", "new q in { 1 }"],
                &["1", "@0!(1)", "@0!(#)", "{# /\\ Int}", "{# /\\ ~1}", "{1 \\/ 2}", "{~Nil}", "for (q <- @0) { # }"],
            )
        };
        let (separator, open, close) = if is_set { (", ", "Set(", ")") } else { (" | ", "{ ", " }") };
        let target: Vec<&str> = (0..1 + self.choose(4)).map(|_| self.pick(parts)).collect();
        let cases: Vec<String> = (0..3)
            .map(|_| {
                let mut bound = Vec::new();
                let mut chosen: Vec<String> = Vec::new();
                for _ in 0..1 + self.choose(3) {
                    let part = self.pick(patterns);
                    chosen.push(if part.contains('#') {
                        part.replace('#', &self.binder("v", Process, &mut bound))
                    } else {
                        part.to_owned()
                    });
                }
                let mut pattern = chosen.join(separator);
                if !self.rarely(3) {
                    let rest = self.binder("v", Process, &mut bound);
                    pattern += &if is_set { format!(" ...{rest}") } else { format!(" | {rest}") };
                }
                let shown: Vec<String> = bound.into_iter().map(|variable| variable.text).collect();
                format!("{open}{pattern}{close} => {{ @\"p\"!([{}]) }}", shown.join(", "))
            })
            .collect();
        format!("match {{ {open}{}{close} }} {{ {} }}", target.join(separator), cases.join(" "))
    }

    /// A pattern for a value; `full`: with the connectives that receives do not allow.
    fn pattern(&mut self, kind: Type, depth: u32, full: bool, bound: &mut Vec<Variable>) -> String {
        if depth == 0 {
            return self.binder("v", kind, bound);
        }
        match self.choose(12) {
            0..=3 => return self.binder("v", kind, bound),
            4 => return "_".to_owned(),
            5 => {
                if let Some(variable) = self.variable(kind) {
                    return if matches!(kind, Name(_)) { format!("=*{variable}") } else { format!("={variable}") };
                }
            }
            6 => {
                let types = self.pick(&["Int", "String", "Bool", "ByteArray", "_"]);
                return format!("{} /\\ {types}", self.binder("v", kind, bound));
            }
            7 if full => {
                let (a, b) = (self.closed_pattern(kind), self.closed_pattern(kind));
                return match self.choose(3) {
                    0 => format!("~{{{a}}}"),
                    1 => format!("{{{a} \\/ {b}}}"),
                    _ => format!("{} /\\ ~{{{a}}}", self.binder("v", kind, bound)),
                };
            }
            _ => {}
        }
        self.structure(kind, depth - 1, full, bound)
    }

    /// A pattern whose variables cannot be used.
    fn closed_pattern(&mut self, kind: Type) -> String {
        let text = self.pick(&["Int", "String", "Nil", "1", "\"a\"", "[_ ..._]", "Bool", "_"]).to_owned();
        if self.rarely(3) { self.structure(kind, 1, true, &mut Vec::new()) } else { text }
    }

    fn structure(&mut self, kind: Type, depth: u32, full: bool, bound: &mut Vec<Variable>) -> String {
        let rest = |g: &mut Self, kind: Type, bound: &mut Vec<Variable>| match g.choose(3) {
            0 => String::new(),
            1 => " ..._".to_owned(),
            _ => format!(" ...{}", g.binder("v", kind, bound)),
        };
        match kind {
            List | Set => {
                let count = self.choose(3);
                let elements: Vec<String> = (0..count).map(|_| self.pattern(Int, depth, full, bound)).collect();
                let rest = rest(self, kind, bound);
                let elements = elements.join(", ");
                if kind == List { format!("[{elements}{rest}]") } else { format!("Set({elements}{rest})") }
            }
            Map => {
                let count = self.choose(3);
                let keys = ["\"a\"", "\"b\"", "\"c\""];
                let entries: Vec<String> =
                    (0..count).map(|k| format!("{}: {}", keys[k], self.pattern(Int, depth, full, bound))).collect();
                let rest = rest(self, kind, bound);
                format!("{{{}{rest}}}", entries.join(", "))
            }
            Pair => {
                let (a, b) = (self.pattern(Int, depth, full, bound), self.pattern(Text, depth, full, bound));
                format!("({a}, {b})")
            }
            Process => self.process_pattern(depth, full, bound),
            _ => {
                // A variable would be a new one here.
                let scope = std::mem::take(&mut self.scope);
                let literal = self.value(kind, 0);
                self.scope = scope;
                literal
            }
        }
    }

    fn process_pattern(&mut self, depth: u32, full: bool, bound: &mut Vec<Variable>) -> String {
        let kinds = if full { 9 } else { 7 };
        match self.choose(kinds) {
            0 => {
                let inner = self.pattern(Int, depth, full, bound);
                format!("@0!({{{inner}}})")
            }
            1 => {
                let inner = self.pattern(Int, depth, full, bound);
                let rest = self.binder("v", Process, bound);
                format!("{{ @0!({{{inner}}}) | {rest} }}")
            }
            2 => format!("{{ {} | {} }}", self.binder("v", Process, bound), self.pick(&["1", "_", "Nil", "@2!(_)"])),
            3 => {
                let (name, body) = (self.binder("x", Name(0), bound), self.binder("v", Process, bound));
                format!("for (@{} <- {name}) {{ {body} }}", self.pick(&["_", "0", "{_ /\\ Int}", "q"]))
            }
            4 => format!("new q in {{ {} }}", self.binder("v", Process, bound)),
            5 => {
                let (a, b) = (self.binder("v", Process, bound), self.binder("v", Process, bound));
                format!("{{ {a} + {b} }}")
            }
            6 => format!("{{ {{{} /\\ Int}} | {} }}", self.binder("v", Int, bound), self.binder("v", Process, bound)),
            7 => format!("{{ ~Nil | {} | {} }}", self.pick(&["1", "Int", "@0!(_)"]), self.binder("v", Process, bound)),
            _ => format!("{{ {{Int \\/ String}} | {{{} /\\ ~1}} }}", self.binder("v", Process, bound)),
        }
    }

    fn any(&mut self, depth: u32) -> String {
        let kind = [Int, Text, Bool, Bytes, List, Pair, Set, Map, Process, Name(0)][self.choose(10)];
        self.value(kind, depth)
    }

    fn value(&mut self, kind: Type, depth: u32) -> String {
        if let Name(form) = kind {
            let channel = self.channel_of(form);
            return match self.choose(12) {
                0 => format!("bundle+{{*{channel}}}"),
                1 if depth > 1 => format!("bundle-{{*{channel}}}"),
                _ => format!("*{channel}"),
            };
        }
        if self.rarely(2)
            && let Some(variable) = self.variable(kind)
        {
            return variable;
        }
        let depth = depth.saturating_sub(1);
        if depth > 0 && self.rarely(12) {
            let kind_again = self.value(kind, depth);
            return format!("[{kind_again}].nth(0)");
        }
        match kind {
            Int => self.int(depth),
            Text => self.text(depth),
            Bool => self.bool(depth),
            Bytes => match self.choose(3) {
                0 if depth > 0 => format!("{}.toByteArray()", self.operand(depth)),
                1 if depth > 0 => format!("{} ++ {}", self.part(Bytes, depth), self.part(Bytes, depth)),
                2 if depth > 0 => format!("{}.toUtf8Bytes()", self.part(Text, 0)),
                _ => format!("\"{}\".hexToBytes()", self.pick(&["", "00ff", "c0", "abc"])),
            },
            List | Set => self.collection(kind, depth),
            Pair => format!("({}, {})", self.value(Int, depth), self.value(Text, depth)),
            Map => self.map(depth),
            Process | Name(_) => self.quoted(depth),
        }
    }

    /// A value as part of an expression.
    fn part(&mut self, kind: Type, depth: u32) -> String {
        let value = self.value(kind, depth);
        if value.contains(' ') { format!("{{{value}}}") } else { value }
    }

    /// A value that a method can be called on.
    fn operand(&mut self, depth: u32) -> String {
        let value = self.any(depth);
        format!("{{{value}}}")
    }

    fn int(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.pick(&["0", "1", "2", "3", "-1", "7", "40"]).to_owned();
        }
        match self.choose(14) {
            0..=2 => {
                let operator = self.pick(&["+", "-", "*"]);
                format!("({} {operator} {})", self.part(Int, depth), self.part(Int, depth))
            }
            3 => format!("{} {} {}", self.part(Int, 0), self.pick(&["/", "%"]), self.pick(&["2", "3", "-2"])),
            4 => format!("{}.length()", self.part(List, depth)),
            5 => format!("{}.size()", self.part(Set, depth)),
            6 => format!("{}.getOrElse(\"a\", {})", self.part(Map, depth), self.part(Int, 0)),
            7 => format!("{}.length()", self.part(Text, depth)),
            8 => format!("{}.nth(0)", self.part(Pair, 0)),
            9 => format!("(-{{{}}})", self.part(Int, 0)),
            10 if self.rarely(12) => "9223372036854775807".to_owned(),
            _ => self.int(0),
        }
    }

    fn text(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self
                .pick(&["\"\"", "\"a\"", "\"b\"", "\"ab${a}\"", "\"long text, longer than others\""])
                .to_owned();
        }
        match self.choose(8) {
            0 | 1 => format!("{} ++ {}", self.part(Text, depth), self.part(Text, depth)),
            2 => format!("{}.bytesToHex()", self.part(Bytes, depth)),
            3 => format!("{} %% {}", self.text(0), self.part(Map, depth)),
            4 => format!("{}.slice({}, {})", self.part(Text, 0), self.choose(3), self.choose(5)),
            5 => format!("{}.nth(1)", self.part(Pair, 0)),
            _ => self.text(0),
        }
    }

    fn bool(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.pick(&["true", "false"]).to_owned();
        }
        match self.choose(11) {
            0 => format!("not {}", self.part(Bool, 0)),
            1 | 2 => {
                let operator = self.pick(&["and", "or", "&&", "||"]);
                format!("({} {operator} {})", self.part(Bool, depth), self.part(Bool, depth))
            }
            3 | 4 => {
                let kind = [Int, Text, Bool][self.choose(3)];
                let operator = self.pick(&["<", "<=", ">", ">="]);
                format!("({{{}}} {operator} {{{}}})", self.part(kind, depth), self.part(kind, depth))
            }
            5 | 6 => {
                let operator = self.pick(&["==", "!="]);
                format!("({} {operator} {})", self.operand(depth), self.operand(depth))
            }
            7 => {
                let kind = [Int, List, Map, Process][self.choose(4)];
                let target = self.part(kind, depth);
                let pattern = self.pattern(kind, 1, true, &mut Vec::new());
                format!("({{{target}}} matches {{{pattern}}})")
            }
            8 => format!("{}.contains({})", self.part(Set, depth), self.part(Int, 0)),
            9 => format!("{}.contains({})", self.part(Map, depth), self.part(Text, 0)),
            _ => self.bool(0),
        }
    }

    fn collection(&mut self, kind: Type, depth: u32) -> String {
        let open = if kind == List { ("[", "]") } else { ("Set(", ")") };
        if depth > 0 {
            match (kind, self.choose(10)) {
                (_, 0) => return format!("{} ++ {}", self.part(kind, depth), self.part(kind, depth)),
                (List, 1) => return format!("{}.slice({}, {})", self.part(List, 0), self.choose(3), self.choose(5)),
                (List, 2) => return format!("{}.take({})", self.part(List, 0), self.choose(4)),
                (List, 3) => return format!("{}.toList()", self.part(Set, depth)),
                (Set, 1) => return format!("{} -- {}", self.part(Set, depth), self.part(Set, depth)),
                (Set, 2) => return format!("{}.add({})", self.part(Set, 0), self.part(Int, depth)),
                (Set, 3) => return format!("{}.toSet()", self.part(List, depth)),
                (Set, 4) => return format!("{}.union({})", self.part(Set, 0), self.part(Set, depth)),
                (Set, 5) => return format!("({} + {})", self.part(Set, 0), self.part(Int, depth)),
                (Set, 6) => return format!("{}.delete({})", self.part(Set, 0), self.part(Int, 0)),
                _ => {}
            }
        }
        let count = self.choose(4);
        let elements: Vec<String> = (0..count).map(|_| self.part(Int, depth)).collect();
        format!("{}{}{}", open.0, elements.join(", "), open.1)
    }

    fn map(&mut self, depth: u32) -> String {
        if depth > 0 {
            match self.choose(8) {
                0 => return format!("{} ++ {}", self.part(Map, depth), self.part(Map, depth)),
                1 => return format!("{}.set({}, {})", self.part(Map, 0), self.part(Text, 0), self.part(Int, depth)),
                2 => return format!("{}.delete({})", self.part(Map, 0), self.part(Text, 0)),
                3 => return format!("{}.diff({})", self.part(Map, 0), self.part(Map, 0)),
                _ => {}
            }
        }
        let count = self.choose(4);
        let keys = ["\"a\"", "\"b\"", "\"c\""];
        let entries: Vec<String> = (0..count).map(|k| format!("{}: {}", keys[k], self.part(Int, depth))).collect();
        format!("{{{}}}", entries.join(", "))
    }

    /// A process as a value.
    fn quoted(&mut self, depth: u32) -> String {
        match self.choose(12) {
            0 => "Nil".to_owned(),
            1 => format!("*{}", self.channel().0),
            2 => format!("{{ 1 | {} }}", self.send(0)),
            3 => format!("@0!({} + {})", self.value(Int, 0), self.value(Int, 0)),
            4 => self.any(1),
            5 => self.other_number(),
            6 => format!("[{}, {}]", self.any(depth), self.any(depth)),
            _ if depth == 0 || self.budget == 0 => self.send(0),
            _ => format!("{{ {} }}", self.par(depth)),
        }
    }

    /// Numbers that are no integers, or other values.
    fn other_number(&mut self) -> String {
        let kinds: [&[&str]; 4] = [
            &["1n", "-70000n", "18446744073709551616n"],
            &["2r", "-3r", "(1r / 3r)"],
            &["1.5p1", "-0.7p1", "100.0p1"],
            &["0.5f64", "-2.0f64", "(0.0f64 / 0.0f64)"],
        ];
        let kind = kinds[self.choose(4)];
        let (a, b) = (self.pick(kind), self.pick(kind));
        match self.choose(4) {
            0 => a.to_owned(),
            1 => format!("{{{a}}} {} {{{b}}}", self.pick(&["+", "-", "*", "/"])),
            2 => format!("{{{a}}} {} {{{b}}}", self.pick(&["<", "<=", "==", "!="])),
            _ => self
                .pick(&["`rho:id:x`", "(1, Nil)", "-{1n}", "{5n} % {3n}", "7.toBigInt()", "\"12\".toInt()"])
                .to_owned(),
        }
    }

    /// Something that fails.
    fn error(&mut self) -> String {
        let (channel, _) = self.channel();
        let bad = [
            "1 / 0",
            "1 + \"a\"",
            "\"a\" + 1",
            "[1].nth(4)",
            "1.nosuch()",
            "1.length()",
            "[1].nth()",
            "Nil.get(1)",
            "1 < \"a\"",
            "not 1",
            "{1 | 2} + 1",
            "9223372036854775807 * 2",
            "\"a\" %% {1: 2}",
            "-\"a\"",
            "[1] ++ 1",
            "{}.union(1)",
        ];
        match self.choose(3) {
            0 => format!("if ({}) {{ Nil }}", self.pick(&["1", "Nil", "\"a\"", "[true]"])),
            _ => format!("{channel}!({})", self.pick(&bad)),
        }
    }
}
