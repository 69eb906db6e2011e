//! What is known of every process without running it: its kind, its value as far as it is constant, and a key that is
//! equal for processes that are written alike (or, for evaluated ones, have equal values).
//!
//! One pass over the processes in the order in which they end, so the parts of each are known before it.

use std::collections::HashMap;
use std::sync::Arc;

use rhodium_grammar::ast::{BinaryOp, BundleKind, Name, NameId, Proc, ProcId, SimpleType, Symbol, UnaryOp};

use crate::model::{Model, Occurrence};

/// The kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(crate) enum Kind {
    Nil,
    Bool,
    Int,
    BigInt,
    Float,
    BigRat,
    FixedPoint,
    String,
    Uri,
    Bytes,
    List,
    Tuple(u32),
    Set,
    Map,
    PathMap,
    Bundle,
    /// A send, a receive, a Par of them and the like.
    Process,
}

impl Kind {
    /// The kind in words, with its article.
    pub fn describe(self) -> &'static str {
        match self {
            Kind::Nil => "Nil",
            Kind::Bool => "a Bool",
            Kind::Int => "an Int",
            Kind::BigInt => "a BigInt",
            Kind::Float => "a Float",
            Kind::BigRat => "a BigRat",
            Kind::FixedPoint => "a FixedPoint",
            Kind::String => "a String",
            Kind::Uri => "a Uri",
            Kind::Bytes => "a ByteArray",
            Kind::List => "a list",
            Kind::Tuple(_) => "a tuple",
            Kind::Set => "a set",
            Kind::Map => "a map",
            Kind::PathMap => "a path map",
            Kind::Bundle => "a bundle",
            Kind::Process => "a process",
        }
    }
}

/// Equal keys mean equal structure.
pub(crate) type Key = u32;

/// Longer constant strings are not put together.
const MAX_STRING: usize = 256;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Shape {
    Nil,
    Bool(bool),
    Int(i64),
    String(Arc<str>),
    Uri(Arc<str>),
    /// A number of another kind, as it is written.
    Number(Arc<str>),
    Type(u8),
    /// A binder or wildcard of a pattern.
    Hole,
    Binder(u32),
    Node(Tag, Box<[Key]>),
    /// A process that is compared with nothing.
    Unique(ProcId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Tag {
    Par,
    Not,
    Negative,
    Binary(u8),
    Method(Symbol),
    Send(bool),
    Bundle(bool, bool),
    List,
    Tuple,
    Set,
    Map,
    PathMap,
    Conjunction,
    Disjunction,
    Negation,
    Reference,
}

/// The facts, by process.
pub(crate) struct Facts {
    written: Vec<Key>,
    values: Vec<Key>,
    value_kinds: Vec<Option<Kind>>,
    pattern_kinds: Vec<Option<Kind>>,
    catches_all: Vec<bool>,
    shapes: Vec<Shape>,
}

impl Facts {
    /// The key of a process as it is written.
    pub fn written(&self, id: ProcId) -> Key {
        self.written[id.0 as usize]
    }

    /// The key of what a process evaluates to.
    pub fn value(&self, id: ProcId) -> Key {
        self.values[id.0 as usize]
    }

    /// The kind of what a process evaluates to, if it evaluates at all.
    pub fn kind(&self, id: ProcId) -> Option<Kind> {
        self.value_kinds[id.0 as usize]
    }

    /// The only kind that a pattern matches.
    pub fn pattern_kind(&self, id: ProcId) -> Option<Kind> {
        self.pattern_kinds[id.0 as usize]
    }

    /// Whether a pattern matches everything.
    pub fn catches_all(&self, id: ProcId) -> bool {
        self.catches_all[id.0 as usize]
    }

    /// The constant Bool that a process evaluates to.
    pub fn bool(&self, id: ProcId) -> Option<bool> {
        match self.shapes[self.value(id) as usize] {
            Shape::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The constant String that a process evaluates to.
    pub fn string(&self, id: ProcId) -> Option<&str> {
        match &self.shapes[self.value(id) as usize] {
            Shape::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether a key says everything about a value, so that another key means another value.
    pub fn is_constant(&self, key: Key) -> bool {
        matches!(
            self.shapes[key as usize],
            Shape::Nil | Shape::Bool(_) | Shape::Int(_) | Shape::String(_) | Shape::Uri(_)
        )
    }
}

/// Works out the facts of all processes.
pub(crate) fn facts(model: &Model) -> Facts {
    let count = model.ast.len();
    let mut worker = Worker {
        model,
        facts: Facts {
            written: vec![0; count],
            values: vec![0; count],
            value_kinds: vec![None; count],
            pattern_kinds: vec![None; count],
            catches_all: vec![false; count],
            shapes: Vec::new(),
        },
        index: HashMap::new(),
    };
    worker.key(Shape::Nil);
    for id in &model.finished {
        worker.process(*id);
    }
    worker.facts
}

struct Worker<'m, 'a> {
    model: &'m Model<'a>,
    facts: Facts,
    index: HashMap<Shape, Key>,
}

impl Worker<'_, '_> {
    fn key(&mut self, shape: Shape) -> Key {
        let next = self.facts.shapes.len() as Key;
        let key = *self.index.entry(shape.clone()).or_insert(next);
        if key == next {
            self.facts.shapes.push(shape);
        }
        key
    }

    fn process(&mut self, id: ProcId) {
        let index = id.0 as usize;
        let written = self.shape(id, false);
        self.facts.written[index] = self.key_of(written);
        let value = match self.fold(id) {
            Some(shape) => shape,
            None => self.shape(id, true),
        };
        self.facts.values[index] = self.key_of(value);
        self.facts.value_kinds[index] = self.value_kind(id);
        self.facts.pattern_kinds[index] = self.pattern_kind(id);
        self.facts.catches_all[index] = match self.model.ast.proc(id) {
            Proc::Wildcard => true,
            Proc::Var(_) => matches!(self.model.of_proc(id), Occurrence::Binds(_)),
            Proc::Eval(name) => match self.model.ast.name(*name) {
                Name::Wildcard => true,
                Name::Var(_) => matches!(self.model.of_name(*name), Occurrence::Binds(_)),
                Name::Quote(inner) => self.facts.catches_all(*inner),
            },
            Proc::Conjunction(left, right) => self.facts.catches_all(*left) && self.facts.catches_all(*right),
            _ => false,
        };
    }

    fn key_of(&mut self, shape: Result<Shape, Key>) -> Key {
        match shape {
            Ok(shape) => self.key(shape),
            Err(key) => key,
        }
    }

    /// The shape of a process, or the key of what it is the same as.
    fn shape(&self, id: ProcId, value: bool) -> Result<Shape, Key> {
        let keys = if value { &self.facts.values } else { &self.facts.written };
        let part = |p: &ProcId| keys[p.0 as usize];
        let node = |tag, parts: &mut dyn Iterator<Item = Key>| Ok(Shape::Node(tag, parts.collect()));
        Ok(match self.model.ast.proc(id) {
            Proc::Nil => Shape::Nil,
            Proc::Bool(b) => Shape::Bool(*b),
            Proc::Int(i) => Shape::Int(*i),
            Proc::String(text) => Shape::String(text.clone()),
            Proc::Uri(text) => Shape::Uri(text.clone()),
            Proc::BigInt(_) | Proc::Float(_) | Proc::BigRat(..) | Proc::FixedPoint(..) => {
                Shape::Number(Arc::from(self.model.snippet(self.model.ast.proc_span(id))))
            }
            Proc::SimpleType(kind) => Shape::Type(*kind as u8),
            Proc::Wildcard => Shape::Hole,
            Proc::Var(_) => return self.variable(self.model.of_proc(id), id),
            Proc::VarRef { .. } => match self.model.of_proc(id) {
                Occurrence::Uses(binder) => Shape::Node(Tag::Reference, [binder].into()),
                _ => Shape::Unique(id),
            },
            Proc::Eval(name) => return self.name(*name, id, value),
            Proc::Par(parts) => {
                let mut parts: Vec<Key> = parts.iter().map(part).collect();
                parts.sort_unstable();
                Shape::Node(Tag::Par, parts.into())
            }
            Proc::Unary(op, operand) => {
                let tag = if *op == UnaryOp::Not { Tag::Not } else { Tag::Negative };
                return node(tag, &mut std::iter::once(part(operand)));
            }
            // The pattern of `matches` is never evaluated.
            Proc::Binary(BinaryOp::Matches, target, pattern) => {
                let parts = [part(target), self.facts.written(*pattern)];
                return node(Tag::Binary(BinaryOp::Matches as u8), &mut parts.into_iter());
            }
            Proc::Binary(op, left, right) => {
                return node(Tag::Binary(*op as u8), &mut [part(left), part(right)].into_iter());
            }
            Proc::Method { target, name, args } => {
                return node(Tag::Method(name.symbol), &mut std::iter::once(target).chain(args).map(part));
            }
            // The parts of a process are not evaluated.
            Proc::Send { channel, persistent, args } => {
                let channel = match self.name(*channel, id, false) {
                    Err(key) => key,
                    Ok(_) => return Ok(Shape::Unique(id)),
                };
                let args = args.iter().map(|arg| self.facts.written(*arg));
                return node(Tag::Send(*persistent), &mut std::iter::once(channel).chain(args));
            }
            Proc::Bundle(BundleKind { write, read }, content) => {
                let content = self.facts.written(*content);
                return node(Tag::Bundle(*write, *read), &mut std::iter::once(content));
            }
            Proc::List(parts, None) => return node(Tag::List, &mut parts.iter().map(part)),
            Proc::Tuple(parts) => return node(Tag::Tuple, &mut parts.iter().map(part)),
            Proc::PathMap(parts, None) => return node(Tag::PathMap, &mut parts.iter().map(part)),
            Proc::Set(parts, None) => {
                let mut parts: Vec<Key> = parts.iter().map(part).collect();
                parts.sort_unstable();
                parts.dedup();
                Shape::Node(Tag::Set, parts.into())
            }
            Proc::Map(entries, None) => {
                let mut entries: Vec<[Key; 2]> = entries.iter().map(|(k, v)| [part(k), part(v)]).collect();
                entries.sort_unstable();
                Shape::Node(Tag::Map, entries.concat().into())
            }
            Proc::Conjunction(left, right) => {
                return node(Tag::Conjunction, &mut [part(left), part(right)].into_iter());
            }
            Proc::Disjunction(left, right) => {
                return node(Tag::Disjunction, &mut [part(left), part(right)].into_iter());
            }
            Proc::Negation(operand) => return node(Tag::Negation, &mut std::iter::once(part(operand))),
            _ => Shape::Unique(id),
        })
    }

    fn variable(&self, occurrence: Occurrence, id: ProcId) -> Result<Shape, Key> {
        match occurrence {
            Occurrence::Unbound => Ok(Shape::Unique(id)),
            Occurrence::Binds(_) => Ok(Shape::Hole),
            Occurrence::Uses(binder) => match self.model.binder(binder).value {
                Some(value) => Err(self.facts.value(value)),
                None => Ok(Shape::Binder(binder)),
            },
        }
    }

    fn name(&self, name: NameId, id: ProcId, value: bool) -> Result<Shape, Key> {
        match self.model.ast.name(name) {
            Name::Wildcard => Ok(Shape::Hole),
            Name::Var(_) => self.variable(self.model.of_name(name), id),
            Name::Quote(inner) if value => Err(self.facts.value(*inner)),
            Name::Quote(inner) => Err(self.facts.written(*inner)),
        }
    }

    /// The constant that an expression evaluates to.
    fn fold(&self, id: ProcId) -> Option<Result<Shape, Key>> {
        let constant = |p: &ProcId| &self.facts.shapes[self.facts.value(*p) as usize];
        Some(Ok(match self.model.ast.proc(id) {
            Proc::Unary(op, operand) => match (op, constant(operand)) {
                (UnaryOp::Not, Shape::Bool(b)) => Shape::Bool(!b),
                (UnaryOp::Neg, Shape::Int(i)) => Shape::Int(i.checked_neg()?),
                _ => return None,
            },
            Proc::Binary(op @ (BinaryOp::Eq | BinaryOp::Neq), left, right) => {
                let (left, right) = (self.facts.value(*left), self.facts.value(*right));
                if !self.facts.is_constant(left) || !self.facts.is_constant(right) {
                    return None;
                }
                Shape::Bool((left == right) == (*op == BinaryOp::Eq))
            }
            Proc::Binary(op, left, right) => fold_binary(*op, constant(left), constant(right))?,
            _ => return None,
        }))
    }

    fn value_kind(&self, id: ProcId) -> Option<Kind> {
        use BinaryOp::*;
        let (known, _) = self.model.behind(id);
        if known != id {
            return self.facts.kind(known);
        }
        Some(match self.model.ast.proc(id) {
            Proc::Var(_) | Proc::Eval(_) | Proc::VarRef { .. } => return None,
            Proc::Unary(UnaryOp::Not, _) => Kind::Bool,
            Proc::Unary(UnaryOp::Neg, operand) => return self.facts.kind(*operand),
            Proc::Binary(op, left, right) => match op {
                Lt | Lte | Gt | Gte | Eq | Neq | Matches | And | Or | ShortAnd | ShortOr => Kind::Bool,
                PercentPercent => Kind::String,
                PlusPlus | MinusMinus => return self.facts.kind(*left).or(self.facts.kind(*right)),
                Plus | Minus => return self.facts.kind(*left),
                Mult | Div | Mod => return self.facts.kind(*left).or(self.facts.kind(*right)),
            },
            Proc::Method { name, .. } => match self.model.ast.text(name.symbol) {
                "length" | "size" | "childCount" => Kind::Int,
                "contains" | "pathExists" => Kind::Bool,
                "toByteArray" | "hexToBytes" | "toUtf8Bytes" => Kind::Bytes,
                "bytesToHex" => Kind::String,
                "toList" => Kind::List,
                "toSet" | "keys" => Kind::Set,
                "toMap" => Kind::Map,
                _ => return None,
            },
            Proc::Par(_) | Proc::Conjunction(..) | Proc::Disjunction(..) | Proc::Negation(_) => return None,
            Proc::SimpleType(_) | Proc::Wildcard => return None,
            _ => return self.literal_kind(id),
        })
    }

    fn pattern_kind(&self, id: ProcId) -> Option<Kind> {
        match self.model.ast.proc(id) {
            Proc::SimpleType(kind) => Some(match kind {
                SimpleType::Bool => Kind::Bool,
                SimpleType::Int => Kind::Int,
                SimpleType::BigInt => Kind::BigInt,
                SimpleType::String => Kind::String,
                SimpleType::Uri => Kind::Uri,
                SimpleType::ByteArray => Kind::Bytes,
            }),
            Proc::Conjunction(left, right) => self.facts.pattern_kind(*left).or(self.facts.pattern_kind(*right)),
            Proc::Disjunction(left, right) => {
                self.facts.pattern_kind(*left).filter(|kind| self.facts.pattern_kind(*right) == Some(*kind))
            }
            // With a variable or wildcard beside it, a Par matches values of several kinds.
            Proc::Par(_) => None,
            _ => self.literal_kind(id),
        }
    }

    /// The kind of what is written out.
    fn literal_kind(&self, id: ProcId) -> Option<Kind> {
        Some(match self.model.ast.proc(id) {
            Proc::Nil => Kind::Nil,
            Proc::Bool(_) => Kind::Bool,
            Proc::Int(_) => Kind::Int,
            Proc::BigInt(_) => Kind::BigInt,
            Proc::Float(_) => Kind::Float,
            Proc::BigRat(..) => Kind::BigRat,
            Proc::FixedPoint(..) => Kind::FixedPoint,
            Proc::String(_) => Kind::String,
            Proc::Uri(_) => Kind::Uri,
            Proc::List(..) => Kind::List,
            Proc::Tuple(parts) => Kind::Tuple(parts.len() as u32),
            Proc::Set(..) => Kind::Set,
            Proc::Map(..) => Kind::Map,
            Proc::PathMap(..) => Kind::PathMap,
            Proc::Bundle(..) => Kind::Bundle,
            Proc::Send { .. } | Proc::SendSync { .. } | Proc::New { .. } | Proc::Contract { .. } => Kind::Process,
            Proc::For { .. } | Proc::Match { .. } | Proc::If { .. } | Proc::Let { .. } => Kind::Process,
            _ => return None,
        })
    }
}

fn fold_binary(op: BinaryOp, left: &Shape, right: &Shape) -> Option<Shape> {
    use BinaryOp::*;
    use Shape::{Bool, Int, String};
    Some(match (op, left, right) {
        (Plus, Int(a), Int(b)) => Int(a.checked_add(*b)?),
        (Minus, Int(a), Int(b)) => Int(a.checked_sub(*b)?),
        (Mult, Int(a), Int(b)) => Int(a.checked_mul(*b)?),
        (Div, Int(a), Int(b)) => Int(a.checked_div(*b)?),
        (Mod, Int(a), Int(b)) => Int(a.checked_rem(*b)?),
        (Lt, Int(a), Int(b)) => Bool(a < b),
        (Lte, Int(a), Int(b)) => Bool(a <= b),
        (Gt, Int(a), Int(b)) => Bool(a > b),
        (Gte, Int(a), Int(b)) => Bool(a >= b),
        (And | ShortAnd, Bool(a), Bool(b)) => Bool(*a && *b),
        (Or | ShortOr, Bool(a), Bool(b)) => Bool(*a || *b),
        (PlusPlus, String(a), String(b)) if a.len() + b.len() <= MAX_STRING => String(format!("{a}{b}").into()),
        _ => return None,
    })
}
