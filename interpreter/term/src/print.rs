//! Terms as text: the printed form of language.md Appendix B, and Rholang source. Both with an explicit stack.

use std::fmt::Write;

use num_bigint::{BigInt, BigUint, Sign};

use crate::head::{Category, Head, Var, ZipperCursor};
use crate::term::Term;

/// The printed form: what `rho:io:stdout` shows.
pub fn print(term: &Term) -> String {
    Printer::new(Style::Printed).run(term)
}

/// Rholang that normalises back to the term, as far as it can be written: private names, ids and zippers have no
/// source form and are printed as in [`print`], byte arrays and fractions become expressions with that value, and an
/// injection of the deploy environment is not shown. The variables of a pattern are met in the order of the text, so
/// where sorting had moved them the result differs in their numbers, and in nothing else.
pub fn print_source(term: &Term) -> String {
    Printer::new(Style::Source).run(term)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Printed,
    Source,
}

/// How a Par stands in the text around it: whether source needs braces around it.
#[derive(Clone, Copy)]
enum Place {
    /// Between braces or at the top.
    Whole,
    /// Between commas or parentheses.
    Element,
    /// Beside an operator.
    Operand,
    /// A case's pattern or an operand of a connective.
    Tight,
}

/// What is still to be printed, last first.
enum Task<'a> {
    Text(&'static str),
    Raw(&'a str),
    /// The name of the binder with this level in the current scope.
    Declare(u32),
    Par(&'a Term, Place),
    Item(&'a Term),
    Name(&'a Term),
    EndName(usize),
    /// Pars separated by commas.
    Elements(&'a [Term], &'static str),
    Names(&'a [Term]),
    Pairs(&'a [Term]),
    Remainder(&'a Option<Var>, &'static str),
    /// Line break and a deeper or shallower indentation.
    Open,
    Close,
    Line,
    /// A pattern: a scope of its own, whose free variables are numbered from the given level of the scope around it.
    EnterPattern(u32),
    LeavePattern,
    Bind(u32, BindKind),
    Unbind(u32),
    Source(&'a Term, u32, &'static str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BindKind {
    /// Bound by `new`: a name.
    Name,
    /// Bound by a pattern: always written so that it is a process.
    Process,
}

/// The variables of one pattern level.
struct Scope {
    /// First level of each group of binders, and their kind.
    binders: Vec<(u32, BindKind)>,
    count: u32,
    /// Letter of the variables bound here.
    letter: u8,
    /// Letter and first number of the variables free here; none outside patterns.
    free: Option<(u8, u32)>,
}

/// Deeper nesting is not indented further, so that the text stays linear in the term.
const MAX_INDENTATION: usize = 40;
/// Names of one `new` that the printed form lists.
const MAX_NAMES: u32 = 128;
/// Names shorter than this are printed on one line.
const ONE_LINE: usize = 60;
/// Fixed-point numbers with more decimal places are printed with an exponent.
const MAX_PLACES: u32 = 10_000;

/// The groups of a Par as they are printed.
const PRINT_ORDER: [Category; 9] = [
    Category::Bundle,
    Category::Send,
    Category::Receive,
    Category::New,
    Category::Expr,
    Category::Match,
    Category::Unforgeable,
    Category::Connective,
    Category::If,
];

struct Printer<'a> {
    out: String,
    style: Style,
    tasks: Vec<Task<'a>>,
    scopes: Vec<Scope>,
    indentation: usize,
}

impl<'a> Printer<'a> {
    fn new(style: Style) -> Self {
        let scope = Scope { binders: Vec::new(), count: 0, letter: b'x', free: None };
        Printer { out: String::new(), style, tasks: Vec::new(), scopes: vec![scope], indentation: 0 }
    }

    fn run(mut self, term: &'a Term) -> String {
        match term.head() {
            Head::Par => self.par(term, Place::Whole),
            _ => self.item(term),
        }
        while let Some(task) = self.tasks.pop() {
            self.task(task);
        }
        self.out
    }

    fn is_source(&self) -> bool {
        self.style == Style::Source
    }

    /// The second text in source, else the first.
    fn text(&self, printed: &'static str, source: &'static str) -> Task<'a> {
        Task::Text(if self.is_source() { source } else { printed })
    }

    /// Plans tasks to be done in the given order.
    fn plan(&mut self, tasks: impl IntoIterator<Item = Task<'a>>) {
        let mark = self.tasks.len();
        self.tasks.extend(tasks);
        self.tasks[mark..].reverse();
    }

    fn task(&mut self, task: Task<'a>) {
        match task {
            Task::Text(text) => self.out.push_str(text),
            Task::Raw(text) => self.out.push_str(text),
            Task::Declare(level) => self.declare(level),
            Task::Par(term, place) => self.par(term, place),
            Task::Item(term) => self.item(term),
            Task::Name(term) => self.name(term),
            Task::EndName(start) => self.end_name(start),
            Task::Elements(terms, separator) => {
                if let Some((first, rest)) = terms.split_first() {
                    if !rest.is_empty() {
                        self.plan([Task::Text(separator), Task::Elements(rest, separator)]);
                    }
                    self.tasks.push(Task::Par(first, Place::Element));
                }
            }
            Task::Names(terms) => {
                if let Some((first, rest)) = terms.split_first() {
                    if !rest.is_empty() {
                        self.plan([Task::Text(", "), Task::Names(rest)]);
                    }
                    self.tasks.push(Task::Name(first));
                }
            }
            Task::Pairs(children) => {
                if let [key, value, rest @ ..] = children {
                    if !rest.is_empty() {
                        self.plan([Task::Text(", "), Task::Pairs(rest)]);
                    }
                    self.plan([Task::Par(key, Place::Element), Task::Text(" : "), Task::Par(value, Place::Element)]);
                }
            }
            Task::Remainder(remainder, dots) => {
                if let Some(var) = remainder {
                    // A number that touches the dots would be read as a decimal fraction.
                    if self.is_source() {
                        self.out.push(' ');
                    }
                    self.out.push_str(dots);
                    self.variable(*var);
                }
            }
            Task::Open => {
                self.indentation += 1;
                self.line();
            }
            Task::Close => {
                self.indentation = self.indentation.saturating_sub(1);
                self.line();
            }
            Task::Line => self.line(),
            Task::EnterPattern(offset) => {
                let (letter, count) = self.scopes.last().map_or((b'x', 0), |s| (s.letter, s.count));
                let next = if letter == b'z' { b'a' } else { letter + 1 };
                let free = Some((letter, count.saturating_add(offset)));
                self.scopes.push(Scope { binders: Vec::new(), count: 0, letter: next, free });
            }
            Task::LeavePattern => {
                self.scopes.pop();
            }
            Task::Bind(count, kind) => {
                if let Some(scope) = self.scopes.last_mut() {
                    scope.binders.push((scope.count, kind));
                    scope.count = scope.count.saturating_add(count);
                }
            }
            Task::Unbind(count) => {
                if let Some(scope) = self.scopes.last_mut() {
                    scope.binders.pop();
                    scope.count = scope.count.saturating_sub(count);
                }
            }
            Task::Source(bind, offset, arrow) => self.bind(bind, offset, arrow),
        }
    }

    fn line(&mut self) {
        self.out.push('\n');
        for _ in 0..self.indentation.min(MAX_INDENTATION) {
            self.out.push_str("  ");
        }
    }

    fn par(&mut self, term: &'a Term, place: Place) {
        let items = term.children();
        if items.is_empty() {
            return self.out.push_str("Nil");
        }
        let braces = self.is_source()
            && match place {
                Place::Whole => false,
                Place::Element => items.len() > 1,
                Place::Operand => items.len() > 1 || !is_operand(&items[0]),
                Place::Tight => items.len() > 1 || !self.is_tight(&items[0]),
            };
        if braces {
            self.out.push('{');
            self.tasks.push(Task::Text("}"));
        }
        if let [item] = items {
            return self.tasks.push(Task::Item(item));
        }
        let mark = self.tasks.len();
        for item in PRINT_ORDER.iter().flat_map(|category| term.items(*category)) {
            if self.tasks.len() > mark {
                self.tasks.extend([Task::Text(" |"), Task::Line]);
            }
            self.tasks.push(Task::Item(item));
        }
        self.tasks[mark..].reverse();
    }

    /// Whether source needs no braces around the item where the grammar wants its tightest level.
    fn is_tight(&self, item: &Term) -> bool {
        match item.head() {
            Head::Bool(_) | Head::Str(_) | Head::Uri(_) | Head::Type(_) => true,
            Head::Int(value) => *value >= 0,
            Head::List { .. } | Head::Tuple | Head::Set { .. } | Head::Map { .. } | Head::PathMap { .. } => true,
            Head::ConnAnd | Head::ConnOr | Head::ConnNot => true,
            Head::Var(var) => self.kind(*var) == BindKind::Process,
            _ => false,
        }
    }

    /// A Par as a name.
    fn name(&mut self, term: &'a Term) {
        if let Some(item) = term.single_item()
            && let Head::Var(var) = item.head()
        {
            let is_name = self.kind(*var) == BindKind::Name;
            if is_name || self.is_source() {
                if !is_name && *var != Var::Wildcard {
                    self.out.push('@');
                }
                return self.variable(*var);
            }
        }
        self.out.push_str("@{");
        self.plan([Task::Par(term, Place::Whole), Task::EndName(self.out.len())]);
    }

    /// Ends a name that began at `start`: short ones are put on one line.
    fn end_name(&mut self, start: usize) {
        let text = self.out.get(start..).unwrap_or("");
        let short = text.len() < 4 * ONE_LINE && text.chars().count() < ONE_LINE;
        if short && self.style == Style::Printed && text.contains('\n') {
            let flat = text.replace('\n', " ");
            self.out.truncate(start);
            self.out.push_str(&flat);
        }
        self.out.push('}');
    }

    fn item(&mut self, term: &'a Term) {
        match (term.head(), term.children()) {
            (Head::Par, _) => self.par(term, Place::Element),
            (Head::Send { persistent }, [channel, data @ ..]) => self.plan([
                Task::Name(channel),
                Task::Text(if *persistent { "!!(" } else { "!(" }),
                Task::Elements(data, ", "),
                Task::Text(")"),
            ]),
            (Head::Receive { .. }, _) => self.receive(term),
            (Head::Bind { .. }, _) => self.bind(term, 0, " <- "),
            (Head::New { .. }, _) => self.new_names(term),
            (Head::Match, [target, cases @ ..]) => {
                let mut tasks = vec![Task::Text("match "), Task::Par(target, Place::Operand), Task::Text(" {")];
                tasks.push(Task::Open);
                for (k, case) in cases.iter().enumerate() {
                    tasks.extend((k > 0).then_some(Task::Line));
                    tasks.push(Task::Item(case));
                }
                tasks.extend([Task::Close, Task::Text("}")]);
                self.plan(tasks);
            }
            (Head::Case { free_count, .. }, [pattern, body, guard @ ..]) => {
                let mut tasks = vec![Task::EnterPattern(0), Task::Par(pattern, Place::Tight), Task::LeavePattern];
                tasks.push(Task::Bind(*free_count, BindKind::Process));
                if let [guard, ..] = guard {
                    tasks.extend([Task::Text(" where "), Task::Par(guard, Place::Operand)]);
                }
                tasks.push(Task::Text(" => "));
                block(&mut tasks, body);
                tasks.push(Task::Unbind(*free_count));
                self.plan(tasks);
            }
            (Head::If, [condition, then, otherwise]) => {
                let mut tasks = vec![Task::Text("if ("), Task::Par(condition, Place::Element), Task::Text(") ")];
                block(&mut tasks, then);
                tasks.push(Task::Text(" else "));
                block(&mut tasks, otherwise);
                self.plan(tasks);
            }
            (Head::Bundle { write, read }, [body]) => {
                let keyword = match (*write, *read) {
                    (true, true) => "bundle ",
                    (true, false) => "bundle+ ",
                    (false, true) => "bundle- ",
                    (false, false) => "bundle0 ",
                };
                let mut tasks = vec![Task::Text(keyword)];
                block(&mut tasks, body);
                self.plan(tasks);
            }
            (Head::ConnAnd, operands) => self.connective(operands, " /\\ "),
            (Head::ConnOr, operands) => self.connective(operands, " \\/ "),
            (Head::ConnNot, [operand]) => {
                self.plan([Task::Text("~{"), Task::Par(operand, Place::Whole), Task::Text("}")]);
            }
            (Head::VarRef { index, depth }, _) => self.reference(*index, *depth),
            (Head::Type(simple_type), _) => self.out.push_str(simple_type.name()),
            (Head::Private(id), _) => self.unforgeable("Unforgeable", id),
            (Head::DeployId(id), _) => self.unforgeable("DeployId", id),
            (Head::DeployerId(id), _) => self.unforgeable("DeployerId", id),
            (Head::SysAuthToken, _) => self.unforgeable("SysAuthToken", &[]),
            _ => self.expression(term),
        }
    }

    fn expression(&mut self, term: &'a Term) {
        match (term.head(), term.children()) {
            (Head::Var(var), _) => {
                if self.kind(*var) == BindKind::Name {
                    self.out.push('*');
                }
                self.variable(*var);
            }
            (Head::Not, [operand]) => {
                self.plan([self.text("~(", "not ("), Task::Par(operand, Place::Operand), Task::Text(")")]);
            }
            (Head::Neg, [operand]) => {
                self.plan([Task::Text("-("), Task::Par(operand, Place::Operand), Task::Text(")")]);
            }
            (Head::Binary(op), [left, right]) => self.plan([
                Task::Text("("),
                Task::Par(left, Place::Operand),
                Task::Text(" "),
                Task::Text(op.symbol()),
                Task::Text(" "),
                Task::Par(right, Place::Operand),
                Task::Text(")"),
            ]),
            (Head::Matches, [target, pattern]) => self.plan([
                Task::Text("("),
                Task::Par(target, Place::Operand),
                Task::Text(" matches "),
                Task::EnterPattern(0),
                Task::Par(pattern, Place::Tight),
                Task::LeavePattern,
                Task::Text(")"),
            ]),
            (Head::Method(name), [target, arguments @ ..]) => self.plan([
                Task::Text("("),
                Task::Par(target, Place::Operand),
                Task::Text(")."),
                Task::Raw(name),
                Task::Text("("),
                Task::Elements(arguments, if self.is_source() { ", " } else { "," }),
                Task::Text(")"),
            ]),
            (Head::List { remainder }, elements) => self.collection("[", elements, remainder, "]"),
            (Head::Set { remainder }, elements) => self.collection("Set(", elements, remainder, ")"),
            (Head::PathMap { remainder }, elements) => self.path_map(elements, remainder),
            (Head::Tuple, elements) => {
                let end = if elements.len() == 1 && self.is_source() { ",)" } else { ")" };
                self.collection("(", elements, &None, end);
            }
            (Head::Map { remainder }, children) => {
                self.plan([Task::Text("{"), Task::Pairs(children), Task::Remainder(remainder, "..."), Task::Text("}")])
            }
            (Head::Zipper(cursor), [path_map]) => self.zipper(cursor, path_map),
            (head, _) => self.ground(head),
        }
    }

    fn collection(&mut self, open: &'static str, elements: &'a [Term], rest: &'a Option<Var>, close: &'static str) {
        self.plan([Task::Text(open), Task::Elements(elements, ", "), Task::Remainder(rest, "..."), Task::Text(close)]);
    }

    fn path_map(&mut self, elements: &'a [Term], remainder: &'a Option<Var>) {
        let (open, close) = if self.is_source() { ("{| ", " |}") } else { ("{|", "|}") };
        self.collection(open, elements, remainder, close);
    }

    fn zipper(&mut self, cursor: &ZipperCursor, path_map: &'a Term) {
        self.out.push_str(if cursor.write { "WriteZipper(at: [" } else { "ReadZipper(at: [" });
        for (k, segment) in cursor.path.iter().enumerate() {
            if k > 0 {
                self.out.push_str(", ");
            }
            self.segment(segment);
        }
        self.out.push_str("], ");
        self.plan([Task::Item(path_map), Task::Text(")")]);
    }

    /// The s-expression that a path segment encodes (language.md 6.3): `c0` + length and a text, or a number of
    /// children and these.
    fn segment(&mut self, mut bytes: &[u8]) {
        // Children still to come at each open parenthesis.
        let mut open: Vec<u8> = Vec::new();
        while let Some((first, rest)) = bytes.split_first() {
            if *first >= 0xc0 {
                let (text, after) = rest.split_at(usize::from(first - 0xc0).min(rest.len()));
                self.out.push_str(&String::from_utf8_lossy(text));
                bytes = after;
            } else {
                self.out.push('(');
                open.push(*first);
                bytes = rest;
                if *first > 0 {
                    continue;
                }
            }
            while let Some(left) = open.last_mut() {
                *left = left.saturating_sub(1);
                if *left > 0 {
                    self.out.push(' ');
                    break;
                }
                self.out.push(')');
                open.pop();
            }
        }
    }

    fn connective(&mut self, operands: &'a [Term], symbol: &'static str) {
        self.out.push('{');
        let mut tasks = Vec::new();
        for operand in operands {
            if !tasks.is_empty() {
                tasks.push(Task::Text(symbol));
            }
            tasks.push(Task::Par(operand, Place::Tight));
        }
        tasks.push(Task::Text("}"));
        self.plan(tasks);
    }

    fn receive(&mut self, term: &'a Term) {
        let Head::Receive { persistent, peek, bind_count, binds, .. } = term.head() else { return };
        let arrow = match (*persistent, *peek) {
            (true, _) => " <= ",
            (_, true) => " <<- ",
            _ => " <- ",
        };
        let (binds, rest) = term.children().split_at((*binds as usize).min(term.children().len()));
        let mut tasks = vec![self.text("for( ", "for (")];
        let mut offset: u32 = 0;
        for (k, bind) in binds.iter().enumerate() {
            if k > 0 {
                tasks.push(self.text("  & ", " & "));
            }
            tasks.push(Task::Source(bind, offset, arrow));
            if let Head::Bind { free_count, .. } = bind.head() {
                offset = offset.saturating_add(*free_count);
            }
        }
        tasks.push(Task::Bind(*bind_count, BindKind::Process));
        if let Some(guard) = rest.get(1) {
            tasks.extend([Task::Text(" where "), Task::Par(guard, Place::Operand)]);
        }
        tasks.push(self.text(" ) ", ") "));
        if let Some(body) = rest.first() {
            block(&mut tasks, body);
        }
        tasks.push(Task::Unbind(*bind_count));
        self.plan(tasks);
    }

    /// `patterns <- source`; the variables are numbered from `offset` on.
    fn bind(&mut self, term: &'a Term, offset: u32, arrow: &'static str) {
        if let (Head::Bind { remainder, .. }, [source, patterns @ ..]) = (term.head(), term.children()) {
            self.plan([
                Task::EnterPattern(offset),
                Task::Names(patterns),
                Task::Remainder(remainder, "...@"),
                Task::LeavePattern,
                Task::Text(arrow),
                Task::Name(source),
            ]);
        }
    }

    fn new_names(&mut self, term: &'a Term) {
        let (Head::New { bind_count, names }, [body, ..]) = (term.head(), term.children()) else { return };
        let plain = bind_count.saturating_sub(u32::try_from(names.uris.len()).unwrap_or(u32::MAX));
        let listed = if self.is_source() { *bind_count } else { (*bind_count).min(MAX_NAMES) };
        let first = self.scopes.last().map_or(0, |s| s.count);
        let mut tasks = vec![Task::Text("new ")];
        for k in 0..listed {
            if k > 0 {
                tasks.push(Task::Text(", "));
            }
            tasks.push(Task::Declare(first.saturating_add(k)));
            if self.is_source()
                && let Some(uri) = k.checked_sub(plain).and_then(|k| names.uris.get(k as usize))
            {
                tasks.extend([Task::Text("(`"), Task::Raw(uri), Task::Text("`)")]);
            }
        }
        tasks.extend([Task::Text(" in "), Task::Bind(*bind_count, BindKind::Name)]);
        block(&mut tasks, body);
        tasks.push(Task::Unbind(*bind_count));
        self.plan(tasks);
    }

    fn declare(&mut self, level: u32) {
        let letter = self.scopes.last().map_or(b'x', |s| s.letter);
        self.numbered(letter, level);
    }

    fn numbered(&mut self, letter: u8, number: u32) {
        self.out.push(char::from(letter));
        self.show(number);
    }

    /// Appends what `Display` gives; writing to a string cannot fail.
    fn show(&mut self, value: impl std::fmt::Display) {
        let _ = write!(self.out, "{value}");
    }

    fn variable(&mut self, var: Var) {
        let Some(scope) = self.scopes.last() else { return };
        let (letter, count, free) = (scope.letter, scope.count, scope.free);
        match (var, free) {
            (Var::Wildcard, _) => self.out.push('_'),
            (Var::Free(level), Some((letter, base))) => self.numbered(letter, base.saturating_add(level)),
            (Var::Free(level), None) => self.unbound(level),
            (Var::Bound(index), _) => match count.checked_sub(index).and_then(|c| c.checked_sub(1)) {
                Some(level) => self.numbered(letter, level),
                None => self.unbound(index - count),
            },
        }
    }

    fn unbound(&mut self, number: u32) {
        self.out.push_str("free");
        self.show(number);
    }

    fn kind(&self, var: Var) -> BindKind {
        match (var, self.scopes.last()) {
            (Var::Bound(index), Some(scope)) => scope.kind(index),
            _ => BindKind::Process,
        }
    }

    /// `=x`, where x is bound `depth` scopes further out.
    fn reference(&mut self, index: u32, depth: u32) {
        self.out.push('=');
        let scope = (self.scopes.len() - 1).checked_sub(depth as usize).and_then(|k| self.scopes.get(k));
        let Some((scope, level)) = scope.and_then(|s| Some((s, s.count.checked_sub(index)?.checked_sub(1)?))) else {
            return self.unbound(index);
        };
        let (letter, kind) = (scope.letter, scope.kind(index));
        if kind == BindKind::Name {
            self.out.push('*');
        }
        self.numbered(letter, level);
    }

    fn unforgeable(&mut self, kind: &str, id: &[u8]) {
        self.out.push_str(kind);
        self.out.push_str("(0x");
        self.hex(id);
        self.out.push(')');
    }

    fn hex(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.show(format_args!("{byte:02x}"));
        }
    }

    fn ground(&mut self, head: &Head) {
        match head {
            Head::Bool(value) => self.show(value),
            Head::Int(value) => self.show(value),
            Head::Str(text) => self.show(format_args!("\"{text}\"")),
            Head::Uri(text) => self.show(format_args!("`{text}`")),
            Head::Bytes(bytes) if self.is_source() => {
                self.out.push('"');
                self.hex(bytes);
                self.out.push_str("\".hexToBytes()");
            }
            Head::Bytes(bytes) => self.hex(bytes),
            Head::Double(bits) => self.double(f64::from_bits(*bits)),
            Head::BigInt(value) => self.show(format_args!("{value}n")),
            Head::BigRat(ratio) if self.is_source() && *ratio.1.magnitude() == BigUint::from(1u8) => {
                self.show(format_args!("{}r", ratio.0));
            }
            Head::BigRat(ratio) if self.is_source() => {
                self.show(format_args!("({}r / {}r)", ratio.0, ratio.1));
            }
            Head::BigRat(ratio) => self.show(format_args!("{}/{}r", ratio.0, ratio.1)),
            Head::FixedPoint(number) => self.fixed_point(&number.0, number.1),
            _ => {}
        }
    }

    fn double(&mut self, value: f64) {
        if self.is_source() && !value.is_finite() {
            let numerator = if value.is_nan() { 0.0 } else { value.signum() };
            return self.show(format_args!("({numerator:.1}f64 / 0.0f64)"));
        }
        let start = self.out.len();
        self.show(value);
        if value.is_finite() && !self.out[start..].contains('.') {
            self.out.push_str(".0");
        }
        self.out.push_str("f64");
    }

    fn fixed_point(&mut self, unscaled: &BigInt, scale: u32) {
        if unscaled.sign() == Sign::Minus {
            self.out.push('-');
        }
        let digits = unscaled.magnitude().to_string();
        if scale > MAX_PLACES {
            return self.show(format_args!("{digits}e-{scale}p{scale}"));
        }
        let places = scale as usize;
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = padded.split_at(padded.len() - places);
        self.out.push_str(whole);
        if places > 0 {
            self.out.push('.');
            self.out.push_str(fraction);
        }
        self.show(format_args!("p{scale}"));
    }
}

impl Scope {
    fn kind(&self, index: u32) -> BindKind {
        let Some(level) = self.count.checked_sub(index).and_then(|c| c.checked_sub(1)) else {
            return BindKind::Process;
        };
        let group = self.binders.partition_point(|(first, _)| *first <= level);
        group.checked_sub(1).map_or(BindKind::Process, |k| self.binders[k].1)
    }
}

/// `{`, the indented body, `}`.
fn block<'a>(tasks: &mut Vec<Task<'a>>, body: &'a Term) {
    tasks.extend([Task::Text("{"), Task::Open, Task::Par(body, Place::Whole), Task::Close, Task::Text("}")]);
}

/// Whether source needs no braces around the item beside an operator.
fn is_operand(item: &Term) -> bool {
    matches!(item.head().category(), Some(Category::Expr))
        || matches!(item.head(), Head::ConnAnd | Head::ConnOr | Head::Type(_))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::head::{BinaryOp, SimpleType};

    fn par(item: Term) -> Term {
        Term::single(item)
    }

    fn int(value: i64) -> Term {
        par(Term::int(value))
    }

    fn bound(index: u32) -> Term {
        par(Term::var(Var::Bound(index), 0))
    }

    fn free(level: u32) -> Term {
        par(Term::var(Var::Free(level), 1))
    }

    fn text(value: &str) -> Term {
        par(Term::string(value))
    }

    fn check(term: &Term, printed: &str, source: &str) {
        assert_eq!(print(term), printed);
        assert_eq!(print_source(term), source);
    }

    fn same(term: &Term, printed: &str) {
        check(term, printed, printed);
    }

    #[test]
    fn values() {
        same(&Term::nil(), "Nil");
        same(&par(Term::bool(true)), "true");
        same(&int(-5), "-5");
        same(&text("a\\\"b\n"), "\"a\\\"b\n\"");
        same(&par(Term::uri("rho:x")), "`rho:x`");
        check(&par(Term::bytes(vec![0, 255])), "00ff", "\"00ff\".hexToBytes()");
        let big = |i: i64| Head::BigInt(Arc::new(i.into()));
        same(&par(Term::ground(big(-33))), "-33n");
        let ratio = |n: i64, d: i64| par(Term::ground(Head::BigRat(Arc::new((n.into(), d.into())))));
        check(&ratio(-3, 1), "-3/1r", "-3r");
        check(&ratio(1, 2), "1/2r", "(1r / 2r)");
        let fixed = |unscaled: i64, scale| par(Term::ground(Head::FixedPoint(Arc::new((unscaled.into(), scale)))));
        same(&fixed(150, 2), "1.50p2");
        same(&fixed(-25, 2), "-0.25p2");
        same(&fixed(10, 0), "10p0");
        same(&fixed(5, u32::MAX), "5e-4294967295p4294967295");
        let double = |value: f64| par(Term::ground(Head::Double(value.to_bits())));
        same(&double(2.5), "2.5f64");
        same(&double(1000.0), "1000.0f64");
        same(&double(0.1 + 0.2), "0.30000000000000004f64");
        same(&double(-0.0), "-0.0f64");
        check(&double(f64::NEG_INFINITY), "-inff64", "(-1.0f64 / 0.0f64)");
        check(&double(f64::NAN), "NaNf64", "(0.0f64 / 0.0f64)");
    }

    #[test]
    fn collections() {
        let list = Term::list(vec![int(1), par(Term::tuple(vec![text("a"), par(Term::bool(true))]))], None);
        same(&par(list), "[1, (\"a\", true)]");
        check(&par(Term::tuple(vec![int(1)])), "(1)", "(1,)");
        let map = vec![(text("k"), Term::nil()), (text("j"), int(1))];
        same(&par(Term::map(map, None)), "{\"j\" : 1, \"k\" : Nil}");
        same(&par(Term::set(vec![int(2), int(1)], None)), "Set(1, 2)");
        same(&par(Term::map(Vec::new(), None)), "{}");
        let rest = Some(Var::Free(0));
        check(&par(Term::list(vec![int(1)], rest)), "[1...free0]", "[1 ...free0]");
        let paths = vec![par(Term::list(vec![text("a")], None)), text("b")];
        check(&par(Term::path_map(paths, None)), "{|[\"a\"], \"b\"|}", "{| [\"a\"], \"b\" |}");
        let many = Term::par(vec![Term::int(1), Term::int(2)]);
        check(&par(Term::list(vec![many], None)), "[1 |\n2]", "[{1 |\n2}]");
    }

    #[test]
    fn zippers() {
        let path = vec![vec![0xc3, b'"', b'a', b'"'], vec![2, 0xc1, b'+', 1, 0xc1, b'7'], vec![0xff, 1]];
        let zipper = Term::zipper(Term::path_map(vec![int(1)], None), ZipperCursor { path, write: false });
        assert_eq!(print(&par(zipper)), "ReadZipper(at: [\"a\", (+ (7)), \u{1}], {|1|})");
    }

    #[test]
    fn operators() {
        let sum = par(Term::operator(Head::Binary(BinaryOp::Plus), vec![int(1), int(2)]));
        same(&sum, "(1 + 2)");
        check(&par(Term::operator(Head::Not, vec![sum.clone()])), "~((1 + 2))", "not ((1 + 2))");
        same(&par(Term::operator(Head::Neg, vec![int(0)])), "-(0)");
        same(&par(Term::matches(sum.clone(), par(Term::var(Var::Wildcard, 1)))), "((1 + 2) matches _)");
        let call = Term::method("slice", text("abc"), vec![int(0), int(1)]);
        check(&par(call), "(\"abc\").slice(0,1)", "(\"abc\").slice(0, 1)");
        let send = par(Term::send(int(1), Vec::new(), true));
        check(
            &par(Term::operator(Head::Binary(BinaryOp::Eq), vec![send, Term::nil()])),
            "(@{1}!!() == Nil)",
            "({@{1}!!()} == Nil)",
        );
    }

    #[test]
    fn processes() {
        same(&par(Term::send(text("in"), vec![int(1), int(2)], false)), "@{\"in\"}!(1, 2)");
        let system = par(Term::bundle(par(Term::private(vec![0u8])), true, false));
        same(&system, "bundle+ {\n  Unforgeable(0x00)\n}");
        // new x in { for (@a, @b ...@r <- x & @c <- @1) { x!(a, c, *x) } }
        let bind = |source, patterns, remainder, count| Term::bind(source, patterns, remainder, count);
        let first = bind(bound(0), vec![free(0), free(1)], Some(Var::Free(2)), 3);
        let second = bind(int(1), vec![free(0)], None, 1);
        let body = par(Term::send(bound(4), vec![bound(3), bound(0), bound(4)], false));
        let receive = Term::receive(vec![first, second], body, false, false, None);
        check(
            &par(Term::new_names(1, Vec::new(), Vec::new(), par(receive))),
            "new x0 in {\n  for( @{x1}, @{x2}...@x3 <- x0  & @{x4} <- @{1} ) {\n    x0!(x1, x4, *x0)\n  }\n}",
            "new x0 in {\n  for (@x1, @x2 ...@x3 <- x0 & @x4 <- @{1}) {\n    x0!(x1, x4, *x0)\n  }\n}",
        );
        let both =
            Term::par(vec![Term::int(2), Term::int(1), Term::private(vec![1u8]), Term::send(int(1), vec![], false)]);
        same(&both, "@{1}!() |\n1 |\n2 |\nUnforgeable(0x01)");
        let guard = par(Term::operator(Head::Binary(BinaryOp::Gt), vec![bound(0), int(3)]));
        let peek = Term::bind(int(1), vec![free(0)], None, 1);
        let receive = Term::receive(vec![peek], Term::nil(), false, true, Some(guard));
        check(
            &par(receive),
            "for( @{x0} <<- @{1} where (x0 > 3) ) {\n  Nil\n}",
            "for (@x0 <<- @{1} where (x0 > 3)) {\n  Nil\n}",
        );
        let branches = Term::conditional(par(Term::bool(true)), int(1), Term::nil());
        same(&par(branches), "if (true) {\n  1\n} else {\n  Nil\n}");
    }

    #[test]
    fn system_names_in_source() {
        let uris = vec!["rho:a".into(), "rho:b".into()];
        let term = par(Term::new_names(3, uris, Vec::new(), par(Term::send(bound(0), vec![bound(2)], false))));
        check(&term, "new x0, x1, x2 in {\n  x2!(*x0)\n}", "new x0, x1(`rho:a`), x2(`rho:b`) in {\n  x2!(*x0)\n}");
        let many = print(&par(Term::new_names(200, Vec::new(), Vec::new(), bound(0))));
        assert!(many.contains("x127 in") && many.contains("*x199"));
    }

    #[test]
    fn matches_and_patterns() {
        // new n in { match n { [x, ...y] => x   {=*n /\ Int} where true => Nil   {@1!(for (@z <- @2) { z })} => Nil } }
        let list = par(Term::list(vec![free(0)], Some(Var::Free(1))));
        let reference = par(Term::var_ref(0, 1, 1));
        let both = par(Term::connective(Head::ConnAnd, vec![reference, par(Term::simple_type(SimpleType::Int))]));
        let inner = par(Term::receive(vec![Term::bind(int(2), vec![free(0)], None, 1)], bound(0), false, false, None));
        let send = par(Term::send(int(1), vec![inner], false));
        let cases = vec![
            Term::case(list, bound(1), 2, None),
            Term::case(both, Term::nil(), 0, Some(par(Term::bool(true)))),
            Term::case(send, Term::nil(), 0, None),
        ];
        let term = par(Term::new_names(1, Vec::new(), Vec::new(), par(Term::match_on(bound(0), cases))));
        check(
            &term,
            "new x0 in {\n  match *x0 {\n    [x1...x2] => {\n      x1\n    }\n    {=*x0 /\\ Int} where true => {\n      Nil\n    }\n    @{1}!(for( @{y0} <- @{2} ) {\n      y0\n    }) => {\n      Nil\n    }\n  }\n}",
            "new x0 in {\n  match *x0 {\n    [x1 ...x2] => {\n      x1\n    }\n    {{=*x0} /\\ Int} where true => {\n      Nil\n    }\n    {@{1}!(for (@y0 <- @{2}) {\n      y0\n    })} => {\n      Nil\n    }\n  }\n}",
        );
    }

    #[test]
    fn names_on_one_line() {
        let short = Term::par(vec![Term::int(1), Term::int(2)]);
        check(&par(Term::send(short, vec![], false)), "@{1 | 2}!()", "@{1 |\n2}!()");
        let long = Term::par(vec![Term::string("s".repeat(60)), Term::int(2)]);
        assert!(print(&par(Term::send(long, vec![], false))).starts_with("@{2 |\n\"sss"));
    }

    #[test]
    fn fragments_and_depth() {
        same(&bound(3), "free3");
        same(&free(1), "free1");
        let mut term = Term::nil();
        for _ in 0..1_000_000 {
            term = par(Term::new_names(1, Vec::new(), Vec::new(), term));
        }
        assert!(print(&term).len() < 200_000_000);
        assert!(print_source(&term).ends_with('}'));
    }
}
