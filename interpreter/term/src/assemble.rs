//! The shape of every message (runtime.md 1.2) and how its decoded fields become a term; used by both decoders.

use std::sync::Arc;

use num_bigint::{BigInt, Sign};

use crate::head::{BinaryOp, Head, NewNames, SimpleType, Var, ZipperCursor};
use crate::locally_free::LocallyFree;
use crate::order;
use crate::term::Term;

/// Message types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Par,
    Send,
    Receive,
    Bind,
    New,
    Injection,
    Match,
    Case,
    If,
    Bundle,
    Expr,
    Connective,
    Unforgeable,
    Not,
    Neg,
    Binary(BinaryOp),
    Matches,
    Variable,
    Var,
    Empty,
    List,
    Tuple,
    Set,
    Map,
    Pair,
    PathMap,
    Zipper,
    Method,
    BigRat,
    FixedPoint,
    ConnAnd,
    ConnOr,
    VarRef,
    Private,
    DeployId,
    DeployerId,
    SysAuthToken,
}

/// Types of fields. `Sub` is a sub-message that is present by itself (a oneof member, a map entry's value); `Opt` one
/// that the state codec writes as an option.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Type {
    Sub(Kind),
    Opt(Kind),
    Many(Kind),
    Bytes,
    ManyBytes,
    Flag,
    Int32,
    Sint32,
    Uint32,
    Sint64,
    Fixed64,
}

/// Number and type of a field.
pub(crate) type Field = (u32, Type);

impl Kind {
    /// Whether the message is one oneof and nothing else.
    pub(crate) fn is_oneof(self) -> bool {
        matches!(self, Kind::Expr | Kind::Connective | Kind::Unforgeable | Kind::Var)
    }

    /// The fields in the order of the state codec; for a oneof position = variant (Annex C).
    pub(crate) fn fields(self) -> &'static [Field] {
        use Kind::*;
        use Type::{Bytes, Flag, Int32, Many, ManyBytes, Opt, Sint32, Sub, Uint32};
        match self {
            Par => &[
                (1, Many(Send)),
                (2, Many(Receive)),
                (4, Many(New)),
                (5, Many(Expr)),
                (6, Many(Match)),
                (7, Many(Unforgeable)),
                (11, Many(Bundle)),
                (8, Many(Connective)),
                (12, Many(If)),
                (9, Bytes),
                (10, Flag),
            ],
            Send => &[(1, Opt(Par)), (2, Many(Par)), (3, Flag), (5, Bytes), (6, Flag)],
            Receive => &[
                (1, Many(Bind)),
                (2, Opt(Par)),
                (3, Flag),
                (4, Flag),
                (5, Int32),
                (6, Bytes),
                (7, Flag),
                (8, Opt(Par)),
            ],
            Bind => &[(1, Many(Par)), (2, Opt(Par)), (3, Opt(Var)), (4, Int32)],
            New => &[(1, Sint32), (2, Opt(Par)), (3, ManyBytes), (4, Many(Injection)), (5, Bytes)],
            Injection => &[(1, Bytes), (2, Sub(Par))],
            Match => &[(1, Opt(Par)), (2, Many(Case)), (4, Bytes), (5, Flag)],
            Case => &[(1, Opt(Par)), (2, Opt(Par)), (3, Int32), (4, Opt(Par))],
            If => &[(1, Opt(Par)), (2, Opt(Par)), (3, Opt(Par)), (4, Bytes), (5, Flag)],
            Bundle => &[(1, Opt(Par)), (2, Flag), (3, Flag)],
            Expr => &EXPR,
            Connective => &[
                (1, Sub(ConnAnd)),
                (2, Sub(ConnOr)),
                (3, Sub(Par)),
                (4, Sub(VarRef)),
                (5, Flag),
                (6, Flag),
                (7, Flag),
                (8, Flag),
                (9, Flag),
                (10, Flag),
            ],
            Unforgeable => &[(1, Sub(Private)), (2, Sub(DeployId)), (3, Sub(DeployerId)), (4, Sub(SysAuthToken))],
            Not | Neg => &[(1, Opt(Par))],
            Pair | Binary(_) | Matches => &[(1, Opt(Par)), (2, Opt(Par))],
            Variable => &[(1, Opt(Var))],
            Var => &[(1, Sint32), (2, Sint32), (3, Sub(Empty))],
            Empty | SysAuthToken => &[],
            List | Set | PathMap => &[(1, Many(Par)), (3, Bytes), (4, Flag), (5, Opt(Var))],
            Tuple => &[(1, Many(Par)), (3, Bytes), (4, Flag)],
            Map => &[(1, Many(Pair)), (3, Bytes), (4, Flag), (5, Opt(Var))],
            Zipper => &[(1, Opt(PathMap)), (2, ManyBytes), (3, Flag), (4, Bytes), (5, Flag)],
            Method => &[(1, Bytes), (2, Opt(Par)), (3, Many(Par)), (5, Bytes), (6, Flag)],
            BigRat => &[(1, Bytes), (2, Bytes)],
            FixedPoint => &[(1, Bytes), (2, Uint32)],
            ConnAnd | ConnOr => &[(1, Many(Par))],
            VarRef => &[(1, Sint32), (2, Sint32)],
            Private | DeployId | DeployerId => &[(1, Bytes)],
        }
    }

    /// Whether a field holds patterns, one level deeper than the message itself.
    pub(crate) fn field_is_pattern(self, field: u32) -> bool {
        matches!((self, field), (Kind::Bind | Kind::Case, 1) | (Kind::Matches, 2))
    }
}

/// The members of `Expr` in the order of the state codec's variants; the last two are ours.
const EXPR: [Field; 38] = {
    use Kind::*;
    use Type::{Bytes, Fixed64, Flag, Sint64, Sub};
    [
        (1, Flag),
        (2, Sint64),
        (3, Bytes),
        (4, Bytes),
        (25, Bytes),
        (5, Sub(Not)),
        (6, Sub(Neg)),
        (7, Sub(Binary(BinaryOp::Mult))),
        (8, Sub(Binary(BinaryOp::Div))),
        (9, Sub(Binary(BinaryOp::Plus))),
        (10, Sub(Binary(BinaryOp::Minus))),
        (11, Sub(Binary(BinaryOp::Lt))),
        (12, Sub(Binary(BinaryOp::Lte))),
        (13, Sub(Binary(BinaryOp::Gt))),
        (14, Sub(Binary(BinaryOp::Gte))),
        (15, Sub(Binary(BinaryOp::Eq))),
        (16, Sub(Binary(BinaryOp::Neq))),
        (17, Sub(Binary(BinaryOp::And))),
        (18, Sub(Binary(BinaryOp::Or))),
        (19, Sub(Variable)),
        (20, Sub(List)),
        (21, Sub(Tuple)),
        (22, Sub(Set)),
        (23, Sub(Map)),
        (24, Sub(Method)),
        (32, Sub(PathMap)),
        (33, Sub(Zipper)),
        (27, Sub(Matches)),
        (28, Sub(Binary(BinaryOp::PercentPercent))),
        (29, Sub(Binary(BinaryOp::PlusPlus))),
        (30, Sub(Binary(BinaryOp::MinusMinus))),
        (31, Sub(Binary(BinaryOp::Mod))),
        (34, Fixed64),
        (35, Bytes),
        (36, Sub(BigRat)),
        (37, Sub(FixedPoint)),
        (38, Sub(Binary(BinaryOp::ShortAnd))),
        (39, Sub(Binary(BinaryOp::ShortOr))),
    ]
};

/// The state codec's variant of each field of `Expr`.
pub(crate) const EXPR_VARIANT: [u8; 40] = {
    let mut variants = [0; 40];
    let mut variant = 0;
    while variant < EXPR.len() {
        variants[EXPR[variant].0 as usize] = variant as u8;
        variant += 1;
    }
    variants
};

/// A decoded field.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    Term(Term),
    Var(Var),
    Bytes(&'a [u8]),
    Number(i64),
    Pair(Term, Term),
    Injection(Arc<str>, Term),
    Taken,
}

/// Where the `locallyFree` of the nodes that have such a field comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Caches {
    /// From the bytes, as they are. (The state codec leaves them out, so there it means: empty.)
    Stored,
    /// Computed by the rules of runtime.md 1.3.
    Derived,
}

/// What can be wrong with the fields of one message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Problem {
    Utf8,
    Missing,
    Range,
}

/// The highest index, level or count of variables that is accepted: no program has as many, and sets of indices take
/// a byte for each.
pub(crate) const MAX_VARIABLES: i64 = 1 << 24;

/// The fields of one message.
pub(crate) struct Fields<'v, 'a> {
    pub(crate) values: &'v mut [(u32, Value<'a>)],
    pub(crate) pattern_depth: u32,
    pub(crate) caches: Caches,
}

impl<'a> Fields<'_, 'a> {
    fn number(&self, field: u32) -> i64 {
        let found = self.values.iter().find_map(|(f, v)| match v {
            Value::Number(n) if *f == field => Some(*n),
            _ => None,
        });
        found.unwrap_or(0)
    }

    fn flag(&self, field: u32) -> bool {
        self.number(field) != 0
    }

    fn count(&self, field: u32) -> Result<u32, Problem> {
        let number = self.number(field);
        if (0..=MAX_VARIABLES).contains(&number) { Ok(number as u32) } else { Err(Problem::Range) }
    }

    fn bytes(&self, field: u32) -> &'a [u8] {
        let found = self.values.iter().find_map(|(f, v)| match v {
            Value::Bytes(b) if *f == field => Some(*b),
            _ => None,
        });
        found.unwrap_or(&[])
    }

    fn text(&self, field: u32) -> Result<&'a str, Problem> {
        std::str::from_utf8(self.bytes(field)).map_err(|_| Problem::Utf8)
    }

    fn integer(&self, field: u32) -> BigInt {
        BigInt::from_signed_bytes_be(self.bytes(field))
    }

    /// All terms of a field, appended.
    fn terms(&mut self, field: u32, out: &mut Vec<Term>) {
        for (_, value) in self.values.iter_mut().filter(|(f, _)| *f == field) {
            match std::mem::replace(value, Value::Taken) {
                Value::Term(term) => out.push(term),
                Value::Pair(key, value) => out.extend([key, value]),
                other => *value = other,
            }
        }
    }

    fn optional(&mut self, field: u32) -> Option<Term> {
        let mut found = Vec::new();
        self.terms(field, &mut found);
        found.pop()
    }

    /// A sub-message that is logically always there.
    fn term(&mut self, field: u32) -> Term {
        self.optional(field).unwrap_or_else(Term::nil)
    }

    fn var(&self, field: u32) -> Option<Var> {
        self.values.iter().find_map(|(f, v)| match v {
            Value::Var(var) if *f == field => Some(*var),
            _ => None,
        })
    }

    /// A node with its own cache fields.
    fn node(&self, head: Head, children: Vec<Term>, locally_free: u32, connective_used: bool) -> Value<'a> {
        let locally_free = match self.caches {
            Caches::Stored => LocallyFree::from_bytes(self.bytes(locally_free)),
            Caches::Derived => derived(&head, &children),
        };
        Value::Term(Term::with_caches(head, children, locally_free, connective_used))
    }

    /// The term that the message means.
    pub(crate) fn build(mut self, kind: Kind) -> Result<Value<'a>, Problem> {
        let mut children = Vec::new();
        Ok(match kind {
            Kind::Par => {
                for (field, _) in kind.fields() {
                    self.terms(*field, &mut children);
                }
                if children.is_empty() && self.bytes(9).is_empty() && !self.flag(10) {
                    return Ok(Value::Term(Term::nil()));
                }
                children.sort_by_key(|item| item.head().category());
                self.node(Head::Par, children, 9, self.flag(10))
            }
            Kind::Send => {
                children.push(self.term(1));
                self.terms(2, &mut children);
                self.node(Head::Send { persistent: self.flag(3) }, children, 5, self.flag(6))
            }
            Kind::Receive => return self.receive(),
            Kind::Bind => {
                children.push(self.term(2));
                self.terms(1, &mut children);
                let head = Head::Bind { free_count: self.count(4)?, remainder: self.var(3) };
                let connective_used = children[0].connective_used();
                inherit(head, children, connective_used)
            }
            Kind::New => return self.new_names(),
            Kind::Injection => Value::Injection(self.text(1)?.into(), self.term(2)),
            Kind::Match => {
                children.push(self.term(1));
                self.terms(2, &mut children);
                self.node(Head::Match, children, 4, self.flag(5))
            }
            Kind::Case => {
                children.extend([self.term(1), self.term(2)]);
                self.terms(4, &mut children);
                let head = Head::Case { free_count: self.count(3)?, guard: children.len() > 2 };
                let connective_used = children[1].connective_used();
                inherit(head, children, connective_used)
            }
            Kind::If => {
                children.extend([self.term(1), self.term(2), self.term(3)]);
                self.node(Head::If, children, 4, self.flag(5))
            }
            Kind::Bundle => {
                inherit(Head::Bundle { write: self.flag(2), read: self.flag(3) }, vec![self.term(1)], false)
            }
            Kind::Expr | Kind::Connective | Kind::Unforgeable | Kind::Var => return self.member(kind),
            Kind::Not => Value::Term(Term::operator(Head::Not, vec![self.term(1)])),
            Kind::Neg => Value::Term(Term::operator(Head::Neg, vec![self.term(1)])),
            Kind::Binary(op) => Value::Term(Term::operator(Head::Binary(op), vec![self.term(1), self.term(2)])),
            Kind::Matches => Value::Term(Term::matches(self.term(1), self.term(2))),
            Kind::Variable => Value::Term(Term::var(self.var(1).ok_or(Problem::Missing)?, self.pattern_depth)),
            Kind::Empty => Value::Number(0),
            Kind::Pair => Value::Pair(self.term(1), self.term(2)),
            Kind::List | Kind::Tuple | Kind::Set | Kind::Map | Kind::PathMap => self.collection(kind),
            Kind::Zipper => {
                let path_map = self.optional(1).unwrap_or_else(|| Term::path_map(Vec::new(), None));
                let path = self.values.iter().filter_map(|(field, value)| match value {
                    Value::Bytes(segment) if *field == 2 => Some(segment.to_vec()),
                    _ => None,
                });
                let cursor = ZipperCursor { path: path.collect(), write: self.flag(3) };
                self.node(Head::Zipper(Arc::new(cursor)), vec![path_map], 4, self.flag(5))
            }
            Kind::Method => {
                children.push(self.term(2));
                self.terms(3, &mut children);
                self.node(Head::Method(self.text(1)?.into()), children, 5, self.flag(6))
            }
            Kind::BigRat => {
                let (numerator, denominator) = (self.integer(1), self.integer(2));
                if denominator.sign() != Sign::Plus {
                    return Err(Problem::Range);
                }
                Value::Term(Term::ground(Head::BigRat(Arc::new((numerator, denominator)))))
            }
            Kind::FixedPoint => {
                let scale = u32::try_from(self.number(2)).map_err(|_| Problem::Range)?;
                Value::Term(Term::ground(Head::FixedPoint(Arc::new((self.integer(1), scale)))))
            }
            Kind::ConnAnd | Kind::ConnOr => {
                self.terms(1, &mut children);
                let head = if kind == Kind::ConnAnd { Head::ConnAnd } else { Head::ConnOr };
                Value::Term(Term::connective(head, children))
            }
            Kind::VarRef => Value::Term(Term::var_ref(self.count(1)?, self.count(2)?, self.pattern_depth)),
            Kind::Private => Value::Term(Term::private(self.bytes(1))),
            Kind::DeployId => Value::Term(Term::ground(Head::DeployId(self.bytes(1).into()))),
            Kind::DeployerId => Value::Term(Term::ground(Head::DeployerId(self.bytes(1).into()))),
            Kind::SysAuthToken => Value::Term(Term::ground(Head::SysAuthToken)),
        })
    }

    fn receive(mut self) -> Result<Value<'a>, Problem> {
        let mut children = Vec::new();
        self.terms(1, &mut children);
        let binds = u32::try_from(children.len()).map_err(|_| Problem::Range)?;
        children.push(self.term(2));
        let guard = self.optional(8);
        let head = Head::Receive {
            persistent: self.flag(3),
            peek: self.flag(4),
            bind_count: self.count(5)?,
            binds,
            guard: guard.is_some(),
        };
        children.extend(guard);
        Ok(self.node(head, children, 6, self.flag(7)))
    }

    fn new_names(mut self) -> Result<Value<'a>, Problem> {
        let body = self.term(2);
        let mut uris = Vec::new();
        let mut injections = Vec::new();
        for (field, value) in self.values.iter_mut() {
            match std::mem::replace(value, Value::Taken) {
                Value::Bytes(uri) if *field == 3 => {
                    uris.push(std::str::from_utf8(uri).map_err(|_| Problem::Utf8)?.into());
                }
                Value::Injection(name, value) => injections.push((name, value)),
                other => *value = other,
            }
        }
        injections.sort_by(|a, b| a.0.cmp(&b.0));
        let (injections, values): (Vec<Arc<str>>, Vec<Term>) = injections.into_iter().unzip();
        let head = Head::New { bind_count: self.count(1)?, names: Arc::new(NewNames { uris, injections }) };
        let connective_used = body.connective_used();
        let mut children = vec![body];
        children.extend(values);
        Ok(self.node(head, children, 5, connective_used))
    }

    fn collection(mut self, kind: Kind) -> Value<'a> {
        let mut children = Vec::new();
        self.terms(1, &mut children);
        let remainder = self.var(5);
        let (head, children) = match kind {
            Kind::Tuple => (Head::Tuple, children),
            Kind::Set => (Head::Set { remainder }, order::canonical_set(children)),
            Kind::Map => (Head::Map { remainder }, order::canonical_map_children(children)),
            Kind::PathMap => (Head::PathMap { remainder }, children),
            _ => (Head::List { remainder }, children),
        };
        self.node(head, children, 3, self.flag(4))
    }

    /// The one member of a oneof.
    fn member(mut self, kind: Kind) -> Result<Value<'a>, Problem> {
        let (field, value) = match &mut self.values {
            [(field, value)] => (*field, std::mem::replace(value, Value::Taken)),
            _ => return Err(Problem::Missing),
        };
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| Problem::Utf8);
        let variable = |n: i64| if (0..MAX_VARIABLES).contains(&n) { Ok(n as u32) } else { Err(Problem::Range) };
        let head = match (kind, field, value) {
            (Kind::Expr, 1, Value::Number(n)) => Head::Bool(n != 0),
            (Kind::Expr, 2, Value::Number(n)) => Head::Int(n),
            (Kind::Expr, 3, Value::Bytes(b)) => Head::Str(text(b)?.into()),
            (Kind::Expr, 4, Value::Bytes(b)) => Head::Uri(text(b)?.into()),
            (Kind::Expr, 25, Value::Bytes(b)) => Head::Bytes(b.into()),
            (Kind::Expr, 34, Value::Number(n)) => Head::Double(n as u64),
            (Kind::Expr, 35, Value::Bytes(b)) => Head::BigInt(Arc::new(BigInt::from_signed_bytes_be(b))),
            (Kind::Connective, 3, Value::Term(par)) => {
                return Ok(Value::Term(Term::connective(Head::ConnNot, vec![par])));
            }
            (Kind::Connective, _, Value::Number(_)) => {
                return SimpleType::from_field(field)
                    .map(|t| Value::Term(Term::simple_type(t)))
                    .ok_or(Problem::Missing);
            }
            (Kind::Var, 1, Value::Number(n)) => return Ok(Value::Var(Var::Bound(variable(n)?))),
            (Kind::Var, 2, Value::Number(n)) => return Ok(Value::Var(Var::Free(variable(n)?))),
            (Kind::Var, 3, _) => return Ok(Value::Var(Var::Wildcard)),
            (_, _, Value::Term(term)) => return Ok(Value::Term(term)),
            _ => return Err(Problem::Missing),
        };
        Ok(Value::Term(Term::ground(head)))
    }
}

impl SimpleType {
    fn from_field(field: u32) -> Option<SimpleType> {
        use SimpleType::*;
        [Bool, Int, String, Uri, ByteArray, BigInt].into_iter().find(|t| t.field() == field)
    }
}

/// A node without cache fields of its own.
fn inherit(head: Head, children: Vec<Term>, connective_used: bool) -> Value<'static> {
    let locally_free = derived(&head, &children);
    Value::Term(Term::with_caches(head, children, locally_free, connective_used))
}

/// The `locallyFree` that follows from the children (runtime.md 1.3, EXT).
fn derived(head: &Head, children: &[Term]) -> LocallyFree {
    let mut set = LocallyFree::EMPTY;
    for (k, child) in children.iter().enumerate() {
        let part = child.locally_free();
        set = match head {
            Head::Receive { binds, bind_count, .. } if k >= *binds as usize => set.union(&part.shift(*bind_count)),
            Head::Case { free_count, .. } if k >= 1 => set.union(&part.shift(*free_count)),
            Head::New { bind_count, .. } if k == 0 => part.shift(*bind_count),
            // Injected values and the pattern of `matches` do not count.
            Head::New { .. } => set,
            Head::Matches if k == 1 => set,
            _ => set.union(part),
        };
    }
    set
}
