//! What distinguishes one term node from another, besides its children.

use std::sync::Arc;

use num_bigint::BigInt;

/// A variable of the normal form (runtime.md 1.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Var {
    /// De Bruijn index, 0 = innermost binder.
    Bound(u32),
    /// Level inside a pattern, 0 = first met.
    Free(u32),
    /// `_`
    Wildcard,
}

/// Binary operators that are expressions with two operands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Mult,
    Div,
    Plus,
    Minus,
    Lt,
    Lte,
    Gt,
    Gte,
    Eq,
    Neq,
    And,
    Or,
    PercentPercent,
    PlusPlus,
    MinusMinus,
    Mod,
    ShortAnd,
    ShortOr,
}

impl BinaryOp {
    /// Field number in `Expr`. The network has no number for the short-circuit operators of level 1: 38 and 39 are ours.
    pub fn field(self) -> u32 {
        match self {
            BinaryOp::Mult => 7,
            BinaryOp::Div => 8,
            BinaryOp::Plus => 9,
            BinaryOp::Minus => 10,
            BinaryOp::Lt => 11,
            BinaryOp::Lte => 12,
            BinaryOp::Gt => 13,
            BinaryOp::Gte => 14,
            BinaryOp::Eq => 15,
            BinaryOp::Neq => 16,
            BinaryOp::And => 17,
            BinaryOp::Or => 18,
            BinaryOp::PercentPercent => 28,
            BinaryOp::PlusPlus => 29,
            BinaryOp::MinusMinus => 30,
            BinaryOp::Mod => 31,
            BinaryOp::ShortAnd => 38,
            BinaryOp::ShortOr => 39,
        }
    }

    /// Score constant (runtime.md 2.2).
    pub fn score(self) -> i64 {
        match self {
            BinaryOp::Mult => 102,
            BinaryOp::Div => 103,
            BinaryOp::Plus => 104,
            BinaryOp::Minus => 105,
            BinaryOp::Lt => 106,
            BinaryOp::Lte => 107,
            BinaryOp::Gt => 108,
            BinaryOp::Gte => 109,
            BinaryOp::Eq => 110,
            BinaryOp::Neq => 111,
            BinaryOp::And => 113,
            BinaryOp::Or => 114,
            BinaryOp::PercentPercent => 119,
            BinaryOp::PlusPlus => 120,
            BinaryOp::MinusMinus => 121,
            BinaryOp::Mod => 122,
            BinaryOp::ShortAnd => 123,
            BinaryOp::ShortOr => 124,
        }
    }

    /// The operator as written in source.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Mult => "*",
            BinaryOp::Div => "/",
            BinaryOp::Plus => "+",
            BinaryOp::Minus => "-",
            BinaryOp::Lt => "<",
            BinaryOp::Lte => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::Gte => ">=",
            BinaryOp::Eq => "==",
            BinaryOp::Neq => "!=",
            BinaryOp::And => "and",
            BinaryOp::Or => "or",
            BinaryOp::PercentPercent => "%%",
            BinaryOp::PlusPlus => "++",
            BinaryOp::MinusMinus => "--",
            BinaryOp::Mod => "%",
            BinaryOp::ShortAnd => "&&",
            BinaryOp::ShortOr => "||",
        }
    }
}

/// The simple type patterns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum SimpleType {
    Bool,
    Int,
    String,
    Uri,
    ByteArray,
    /// Level 1 only on the wire of CORE (field 10); accepted here as well.
    BigInt,
}

impl SimpleType {
    /// Field number in `Connective`.
    pub fn field(self) -> u32 {
        match self {
            SimpleType::Bool => 5,
            SimpleType::Int => 6,
            SimpleType::String => 7,
            SimpleType::Uri => 8,
            SimpleType::ByteArray => 9,
            SimpleType::BigInt => 10,
        }
    }

    /// The type as written in source.
    pub fn name(self) -> &'static str {
        match self {
            SimpleType::Bool => "Bool",
            SimpleType::Int => "Int",
            SimpleType::String => "String",
            SimpleType::Uri => "Uri",
            SimpleType::ByteArray => "ByteArray",
            SimpleType::BigInt => "BigInt",
        }
    }
}

/// The names of a `new` that are bound by URN, and the names of the injected values (their values are children).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewNames {
    /// URNs in sorted order; they are bound after the plain names.
    pub uris: Vec<Arc<str>>,
    /// Injected URNs in sorted order; value k is child `1 + k` of the node.
    pub injections: Vec<Arc<str>>,
}

/// The cursor of a zipper (runtime.md 1.2, `EZipper`).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ZipperCursor {
    /// Segment encodings of the current path.
    pub path: Vec<Vec<u8>>,
    /// Whether the zipper may edit.
    pub write: bool,
}

/// The kind and the scalar fields of a node. Children are listed in the comment of each variant; every child is a
/// [`Head::Par`] unless said otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Head {
    /// Parallel composition. Children: items (any head but Par, Bind, Case), grouped by [`Category`].
    Par,
    /// Children: channel, data….
    Send {
        /// `!!`
        persistent: bool,
    },
    /// Children: binds (Bind)…, body, then the guard if `guard`.
    Receive {
        /// `<=`
        persistent: bool,
        /// `<<-`
        peek: bool,
        /// Sum of the binds' free counts.
        bind_count: u32,
        /// Number of binds.
        binds: u32,
        /// Whether a guard (`where`) is present.
        guard: bool,
    },
    /// One bind of a receive. Children: source, patterns….
    Bind {
        /// Variables of the bind, wildcards not counted.
        free_count: u32,
        /// Remainder variable.
        remainder: Option<Var>,
    },
    /// Children: body, injected values….
    New {
        /// All declared names, URN-bound ones included.
        bind_count: u32,
        /// URNs and injections.
        names: Arc<NewNames>,
    },
    /// Children: target, cases (Case)….
    Match,
    /// One case of a match. Children: pattern, body, then the guard if `guard`.
    Case {
        /// Variables of the pattern.
        free_count: u32,
        /// Whether a guard is present.
        guard: bool,
    },
    /// Children: condition, then, else.
    If,
    /// Children: body.
    Bundle {
        /// May be sent on.
        write: bool,
        /// May be received from.
        read: bool,
    },
    /// `true`, `false`
    Bool(bool),
    /// 64-bit integer.
    Int(i64),
    /// String, raw text.
    Str(Arc<str>),
    /// URI.
    Uri(Arc<str>),
    /// Byte array.
    Bytes(Arc<[u8]>),
    /// IEEE-754 bits.
    Double(u64),
    /// Arbitrary precision integer.
    BigInt(Arc<BigInt>),
    /// Reduced fraction, denominator positive.
    BigRat(Arc<(BigInt, BigInt)>),
    /// Unscaled value and number of decimal places.
    FixedPoint(Arc<(BigInt, u32)>),
    /// Children: operand.
    Not,
    /// Children: operand.
    Neg,
    /// Children: left, right.
    Binary(BinaryOp),
    /// Children: target, pattern.
    Matches,
    /// A variable as an expression (EVar).
    Var(Var),
    /// Children: elements….
    List {
        /// Remainder variable.
        remainder: Option<Var>,
    },
    /// Children: elements….
    Tuple,
    /// Children: elements…, canonical and without duplicates.
    Set {
        /// Remainder variable.
        remainder: Option<Var>,
    },
    /// Children: key, value, key, value…, ordered by key, keys distinct.
    Map {
        /// Remainder variable.
        remainder: Option<Var>,
    },
    /// Children: elements… as written.
    PathMap {
        /// Remainder variable.
        remainder: Option<Var>,
    },
    /// Children: the path map (a [`Head::PathMap`] node, not a Par).
    Zipper(Arc<ZipperCursor>),
    /// Children: target, arguments….
    Method(Arc<str>),
    /// `/\`. Children: operands….
    ConnAnd,
    /// `\/`. Children: operands….
    ConnOr,
    /// `~`. Children: operand.
    ConnNot,
    /// `=x`
    VarRef {
        /// Index in the scope reached.
        index: u32,
        /// Pattern levels crossed.
        depth: u32,
    },
    /// `Int` and the like.
    Type(SimpleType),
    /// A private name: 32 bytes, or one byte for a system channel.
    Private(Arc<[u8]>),
    /// A deploy id: the signature.
    DeployId(Arc<[u8]>),
    /// A deployer id: the public key.
    DeployerId(Arc<[u8]>),
    /// The system's authority token.
    SysAuthToken,
}

/// The groups in which a Par lists its items, in the order of the score tree (runtime.md 2.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Category {
    Send,
    Receive,
    Expr,
    New,
    Match,
    Bundle,
    Connective,
    Unforgeable,
    If,
}

impl Head {
    /// The group of an item of a Par; `None` for the heads that are not items (Par, Bind, Case).
    pub fn category(&self) -> Option<Category> {
        Some(match self {
            Head::Par | Head::Bind { .. } | Head::Case { .. } => return None,
            Head::Send { .. } => Category::Send,
            Head::Receive { .. } => Category::Receive,
            Head::New { .. } => Category::New,
            Head::Match => Category::Match,
            Head::If => Category::If,
            Head::Bundle { .. } => Category::Bundle,
            Head::ConnAnd | Head::ConnOr | Head::ConnNot | Head::VarRef { .. } | Head::Type(_) => Category::Connective,
            Head::Private(_) | Head::DeployId(_) | Head::DeployerId(_) | Head::SysAuthToken => Category::Unforgeable,
            _ => Category::Expr,
        })
    }
}
