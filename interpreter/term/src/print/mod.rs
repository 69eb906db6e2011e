//! Terms as text: the printed form of language.md Appendix B, and Rholang source. Both with an explicit stack.

mod levels;
mod literal;
mod names;
mod process;
#[cfg(test)]
mod tests;

use std::fmt::Write;

use crate::head::{Category, Head, Var};
use crate::order;
use crate::term::{Origin, Term};
use levels::Levels;
pub use names::Names;

/// The printed form: what `rho:io:stdout` shows.
pub fn print(term: &Term) -> String {
    Printer::new(Style::Printed, &Names::default()).run(term)
}

/// Rholang source of a term, with its unforgeable names called `name'` and a short id; see [`print_with`].
pub fn print_source(term: &Term) -> String {
    print_with(term, &Names::of([term], &|_: &[u8], _: Origin| None::<String>))
}

/// Rholang source of a term. For the normal form of any program, parsing and normalising the text gives the same
/// bytes; for other closed terms it gives their canonical form. What has no literal is written so that it *evaluates*
/// to the value, and only then equals it: byte arrays, fractions, infinite numbers, strings that cut an escape in two,
/// zippers (those whose paths are made of plain values). Unforgeable names are written as the identifiers of `names`:
/// the text is a process under a `new` of these, and inside patterns they stand as `=*name`.
///
/// What cannot be written: a `new` does not show the values that the deploy environment injected into it, and a
/// variable of a pattern that was dropped with a repeated key of a map leaves a gap in the numbers, which closes.
pub fn print_with(term: &Term, names: &Names) -> String {
    let canonical = order::sort_term(term);
    Printer::new(Style::Source, names).run(&canonical)
}

/// Rholang source of a name, given as the process that it quotes: `@"x"`, or the identifier of an unforgeable one.
pub fn print_name_with(name: &Term, names: &Names) -> String {
    let canonical = order::sort_term(name);
    let mut printer = Printer::new(Style::Source, names);
    printer.tasks.push(Task::Name(&canonical));
    printer.finish()
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
    Owned(String),
    /// The name of the binder with this level in the current scope.
    Declare(u32),
    Par(&'a Term, Place),
    Item(&'a Term),
    Name(&'a Term),
    EndName(usize),
    /// Pars separated by commas.
    Elements(&'a [Term], Place, &'static str),
    /// The same in an order of their own.
    Ordered(Vec<&'a Term>),
    Names(&'a [Term]),
    Pairs(Vec<(&'a Term, &'a Term)>),
    Remainder(&'a Option<Var>, &'static str),
    /// Line break and a deeper or shallower indentation.
    Open,
    Close,
    Line,
    /// A pattern: a scope of its own, whose free variables are numbered from the given level of the scope around it.
    EnterPattern(u32, &'a [Term]),
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
    letter: Letter,
    /// Letter and first number of the variables free here; none outside patterns.
    free: Option<(Letter, u32)>,
    /// The free variables in parts whose order is free.
    levels: Levels,
}

/// What the variables of a pattern level are called: a letter, and how often the alphabet was used up before.
#[derive(Clone, Copy)]
struct Letter(u8, u32);

impl Letter {
    const FIRST: Letter = Letter(b'x', 0);

    fn next(self) -> Letter {
        match self.0 {
            b'z' => Letter(b'a', self.1),
            b'w' => Letter(b'x', self.1.saturating_add(1)),
            letter => Letter(letter + 1, self.1),
        }
    }
}

/// Deeper nesting is not indented further, so that the text stays linear in the term.
const MAX_INDENTATION: usize = 40;
/// Names shorter than this are printed on one line.
const ONE_LINE: usize = 60;
/// Processes of at most so many encoded bytes are laid out on one line where they can.
const SHORT: u64 = 40;

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
    names: &'a Names,
    tasks: Vec<Task<'a>>,
    scopes: Vec<Scope>,
    indentation: usize,
    /// Zeros that decimals may still add.
    zeros: u64,
}

impl<'a> Printer<'a> {
    fn new(style: Style, names: &'a Names) -> Self {
        let levels = Levels::default();
        let scope = Scope { binders: Vec::new(), count: 0, letter: Letter::FIRST, free: None, levels };
        let (out, tasks, zeros) = (String::new(), Vec::new(), literal::MAX_ZEROS);
        Printer { out, style, names, tasks, scopes: vec![scope], indentation: 0, zeros }
    }

    fn run(mut self, term: &'a Term) -> String {
        match term.head() {
            Head::Par => self.par(term, Place::Whole),
            _ => self.item(term),
        }
        self.finish()
    }

    fn finish(mut self) -> String {
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
            Task::Owned(text) => self.out.push_str(&text),
            Task::Declare(level) => self.declare(level),
            Task::Par(term, place) => self.par(term, place),
            Task::Item(term) => self.item(term),
            Task::Name(term) => self.name(term),
            Task::EndName(start) => self.end_name(start),
            Task::Elements(terms, place, separator) => {
                if let Some((first, rest)) = terms.split_first() {
                    if !rest.is_empty() {
                        self.plan([Task::Text(separator), Task::Elements(rest, place, separator)]);
                    }
                    self.tasks.push(Task::Par(first, place));
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
            Task::Ordered(mut terms) => {
                // Kept with the next one last.
                if let Some(first) = terms.pop() {
                    if !terms.is_empty() {
                        self.plan([Task::Text(", "), Task::Ordered(terms)]);
                    }
                    self.tasks.push(Task::Par(first, Place::Element));
                }
            }
            Task::Pairs(mut pairs) => {
                if let Some((key, value)) = pairs.pop() {
                    if !pairs.is_empty() {
                        self.plan([Task::Text(", "), Task::Pairs(pairs)]);
                    }
                    self.plan([
                        Task::Par(key, Place::Element),
                        self.text(" : ", ": "),
                        Task::Par(value, Place::Element),
                    ]);
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
            Task::EnterPattern(offset, patterns) => {
                let (letter, count) = self.scopes.last().map_or((Letter::FIRST, 0), |s| (s.letter, s.count));
                let free = Some((letter, count.saturating_add(offset)));
                let levels = if self.is_source() { Levels::of(patterns) } else { Levels::default() };
                self.scopes.push(Scope { binders: Vec::new(), count: 0, letter: letter.next(), free, levels });
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
                Place::Operand => items.len() > 1 || !self.is_operand(&items[0]),
                Place::Tight => items.len() > 1 || !self.is_tight(&items[0]),
            };
        let one_line = self.is_source() && !matches!(place, Place::Whole) && self.is_short(term);
        let indented = braces && items.len() > 1 && !one_line;
        let mut tasks = Vec::with_capacity(3 * items.len() + 4);
        tasks.extend(braces.then_some(Task::Text("{")));
        tasks.extend(indented.then_some(Task::Open));
        for (k, item) in self.par_order(term).into_iter().enumerate() {
            if k > 0 && one_line {
                tasks.push(Task::Text(" | "));
            } else if k > 0 {
                tasks.extend([Task::Text(" |"), Task::Line]);
            }
            tasks.push(Task::Item(item));
        }
        tasks.extend(indented.then_some(Task::Close));
        tasks.extend(braces.then_some(Task::Text("}")));
        self.plan(tasks);
    }

    /// The items of a Par as they are written.
    fn par_order(&self, term: &'a Term) -> Vec<&'a Term> {
        let mut items: Vec<&Term> = PRINT_ORDER.iter().flat_map(|category| term.items(*category)).collect();
        if !self.is_source() {
            return items;
        }
        // Items that the canonical order does not tell apart come out of a text in the opposite order.
        let mut from = 0;
        for at in 1..=items.len() {
            let tied = items.get(at).is_some_and(|item| order::compare(items[at - 1], item).is_eq());
            if !tied {
                items[from..at].reverse();
                from = at;
            }
        }
        self.arrange(&mut items, |item| item);
        items
    }

    /// Puts parts of a pattern in the order of their variables.
    fn arrange<T>(&self, parts: &mut [T], lowest: impl Fn(&T) -> &Term) {
        self.arrange_by(parts, |levels, part| levels.lowest(lowest(part)));
    }

    fn arrange_by<T>(&self, parts: &mut [T], lowest: impl Fn(&Levels, &T) -> Option<u32>) {
        if let Some(levels) = self.scopes.last().map(|scope| &scope.levels).filter(|levels| !levels.is_empty()) {
            parts.sort_by_key(|part| lowest(levels, part));
        }
    }

    /// Whether a process is small and has no part that takes lines of its own.
    fn is_short(&self, term: &Term) -> bool {
        let plain = |item: &Term| !matches!(item.head().category(), Some(c) if is_block(c));
        term.size() <= SHORT && term.children().iter().all(plain)
    }

    /// Whether source needs no braces around the item beside an operator.
    fn is_operand(&self, item: &Term) -> bool {
        match item.head().category() {
            Some(Category::Expr) => true,
            Some(Category::Unforgeable) => !self.in_pattern(),
            _ => matches!(item.head(), Head::ConnAnd | Head::ConnOr | Head::Type(_)),
        }
    }

    fn in_pattern(&self) -> bool {
        self.scopes.len() > 1
    }

    /// Whether source needs no braces around the item where the grammar wants its tightest level.
    fn is_tight(&self, item: &Term) -> bool {
        match item.head() {
            Head::Bool(_) | Head::Str(_) | Head::Uri(_) | Head::Type(_) => true,
            Head::Int(value) => *value >= 0,
            Head::List { .. } | Head::Tuple | Head::Set { .. } | Head::Map { .. } | Head::PathMap { .. } => true,
            Head::ConnAnd | Head::ConnOr | Head::ConnNot => true,
            Head::Var(var) => self.kind(*var) == BindKind::Process,
            // These stand in parentheses.
            Head::Binary(_) | Head::Matches => true,
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
        if self.is_source() {
            if let Some(item) = term.single_item()
                && let Some(identifier) = self.names.get(item.head())
                && !self.in_pattern()
            {
                return self.out.push_str(identifier);
            }
            self.out.push('@');
            return self.par(term, Place::Tight);
        }
        self.out.push_str("@{");
        self.plan([Task::Par(term, Place::Whole), Task::EndName(self.out.len())]);
    }

    /// Ends a name that began at `start`: short ones are put on one line.
    fn end_name(&mut self, start: usize) {
        let text = self.out.get(start..).unwrap_or("");
        let short = text.len() < 4 * ONE_LINE && text.chars().count() < ONE_LINE;
        if short && text.contains('\n') {
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
                Task::Elements(data, Place::Element, ", "),
                Task::Text(")"),
            ]),
            (Head::Receive { .. }, _) => self.receive(term),
            (Head::Bind { .. }, _) => self.bind(term, 0, " <- "),
            (Head::New { .. }, _) => self.new_names(term),
            (Head::Match, [target, cases @ ..]) => self.match_on(target, cases),
            (Head::Case { free_count, .. }, _) => self.case(term, *free_count),
            (Head::If, [condition, then, otherwise]) => self.conditional(condition, then, otherwise),
            (Head::Bundle { write, read }, [body]) => self.bundle(*write, *read, body),
            (Head::ConnAnd, operands) => self.connective(operands, " /\\ "),
            (Head::ConnOr, operands) => self.connective(operands, " \\/ "),
            (Head::ConnNot, [operand]) => {
                self.plan([Task::Text("~{"), Task::Par(operand, Place::Whole), Task::Text("}")]);
            }
            (Head::VarRef { index, depth }, _) => self.reference(*index, *depth),
            (Head::Type(simple_type), _) => self.out.push_str(simple_type.name()),
            (head, _) if self.is_source() && head.category() == Some(Category::Unforgeable) => {
                let identifier = self.names.get(head).unwrap_or("name'");
                self.out.push_str(if self.in_pattern() { "=*" } else { "*" });
                self.out.push_str(identifier);
            }
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
            (Head::Matches, [target, patterns @ ..]) => self.plan([
                Task::Text("("),
                Task::Par(target, Place::Operand),
                Task::Text(" matches "),
                Task::EnterPattern(0, patterns),
                Task::Elements(patterns, Place::Tight, ""),
                Task::LeavePattern,
                Task::Text(")"),
            ]),
            (Head::Method(name), [target, arguments @ ..]) => {
                let bare = self.is_source() && self.is_target(target);
                self.plan([
                    Task::Text(if bare { "" } else { "(" }),
                    Task::Par(target, Place::Operand),
                    Task::Text(if bare { "." } else { ")." }),
                    Task::Raw(name),
                    Task::Text("("),
                    Task::Elements(arguments, Place::Element, if self.is_source() { ", " } else { "," }),
                    Task::Text(")"),
                ]);
            }
            (Head::List { remainder }, elements) => self.collection("[", elements, remainder, "]"),
            (Head::Set { remainder }, elements) => {
                let mut elements: Vec<&Term> = elements.iter().collect();
                self.arrange(&mut elements, |element| element);
                elements.reverse();
                self.plan([
                    Task::Text("Set("),
                    Task::Ordered(elements),
                    Task::Remainder(remainder, "..."),
                    Task::Text(")"),
                ]);
            }
            (Head::PathMap { remainder }, elements) => self.path_map(elements, remainder),
            (Head::Tuple, elements) => {
                let end = if elements.len() == 1 && self.is_source() { ",)" } else { ")" };
                self.collection("(", elements, &None, end);
            }
            (Head::Map { remainder }, _) => {
                let mut pairs: Vec<(&Term, &Term)> = term.entries().collect();
                self.arrange_by(&mut pairs, |levels, (key, value)| {
                    levels.lowest(key).into_iter().chain(levels.lowest(value)).min()
                });
                pairs.reverse();
                self.plan([Task::Text("{"), Task::Pairs(pairs), Task::Remainder(remainder, "..."), Task::Text("}")]);
            }
            (Head::Zipper(cursor), [path_map]) => self.zipper(cursor, path_map),
            (head, _) => self.ground(head),
        }
    }

    fn collection(&mut self, open: &'static str, elements: &'a [Term], rest: &'a Option<Var>, close: &'static str) {
        let elements = Task::Elements(elements, Place::Element, ", ");
        self.plan([Task::Text(open), elements, Task::Remainder(rest, "..."), Task::Text(close)]);
    }

    /// Whether a method can be called on the text of the process as it is.
    fn is_target(&self, target: &Term) -> bool {
        target.single_item().is_some_and(|item| match item.head() {
            Head::Int(_) | Head::ConnAnd | Head::ConnOr | Head::ConnNot | Head::Type(_) => false,
            Head::Method(_) => true,
            _ => self.is_tight(item),
        })
    }

    fn path_map(&mut self, elements: &'a [Term], remainder: &'a Option<Var>) {
        let (open, close) = if self.is_source() { ("{| ", " |}") } else { ("{|", "|}") };
        self.collection(open, elements, remainder, close);
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

    fn declare(&mut self, level: u32) {
        let letter = self.scopes.last().map_or(Letter::FIRST, |s| s.letter);
        self.numbered(letter, level);
    }

    fn numbered(&mut self, letter: Letter, number: u32) {
        self.out.push(char::from(letter.0));
        self.show(number);
        if letter.1 > 0 && self.is_source() {
            self.show(format_args!("_{}", letter.1));
        }
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

/// Whether items of the category are laid out on several lines.
fn is_block(category: Category) -> bool {
    use Category::*;
    matches!(category, Receive | New | Match | Bundle | If)
}
