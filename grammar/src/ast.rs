//! The syntax tree.
//!
//! All nodes live in one arena ([`Ast`]) and refer to each other by index, so a tree of any depth is built, walked
//! and dropped without recursion. Every node carries the byte span of its source text.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::RandomState;
use num_bigint::BigInt;

/// A half-open range of byte offsets in the source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span of bytes `start..end`.
    pub fn new(start: usize, end: usize) -> Self {
        Span { start: start as u32, end: end as u32 }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The span as a range of `usize`, for slicing the source.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Index of an interned identifier; [`Ast::text`] gives its spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub u32);

/// Index of a process node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcId(pub u32);

/// Index of a name node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameId(pub u32);

/// An identifier where it stands in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ident {
    /// The interned spelling.
    pub symbol: Symbol,
    /// Where it stands.
    pub span: Span,
}

/// `...x`, `...@x`, `..._`, `...@_`: what collects the rest of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remainder {
    /// The variable, or `None` for the wildcard.
    pub var: Option<Ident>,
    /// The span of the variable or wildcard (without the dots).
    pub span: Span,
}

/// Name patterns with an optional remainder: `x, @y ...@rest`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct NameList {
    /// The patterns from left to right.
    pub names: Vec<NameId>,
    /// The remainder, which is always a process variable.
    pub remainder: Option<Remainder>,
}

/// A name (language.md 2.1, `Name`).
#[derive(Clone, Debug, PartialEq)]
pub enum Name {
    /// `_`
    Wildcard,
    /// `x`
    Var(Ident),
    /// `@P`
    Quote(ProcId),
}

/// The simple types of patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimpleType {
    /// `Bool`
    Bool,
    /// `Int`
    Int,
    /// `BigInt` (level 1, kept at level 2)
    BigInt,
    /// `String`
    String,
    /// `Uri`
    Uri,
    /// `ByteArray`
    ByteArray,
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `not`
    Not,
    /// `-`
    Neg,
}

/// Infix operators on processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Mult,
    Div,
    Mod,
    PercentPercent,
    Plus,
    Minus,
    PlusPlus,
    MinusMinus,
    Lt,
    Lte,
    Gt,
    Gte,
    Eq,
    Neq,
    Matches,
    And,
    Or,
    ShortAnd,
    ShortOr,
}

/// The four bundles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundleKind {
    /// May be sent on (`bundle`, `bundle+`).
    pub write: bool,
    /// May be received from (`bundle`, `bundle-`).
    pub read: bool,
}

/// The three arrows of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrow {
    /// `<-`
    Linear,
    /// `<=`
    Repeated,
    /// `<<-`
    Peek,
}

/// Where a bind reads from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// `c`
    Plain(NameId),
    /// `c?!`
    ReceiveSend(NameId),
    /// `c!?(args)`; `c!m(args)` is parsed to the same with the method name as first argument (a string literal node).
    SendReceive(NameId, Vec<ProcId>),
}

/// One bind of a receipt: `patterns <- source`.
#[derive(Clone, Debug, PartialEq)]
pub struct Bind {
    /// The patterns.
    pub patterns: NameList,
    /// The source.
    pub source: Source,
    /// Span of the whole bind.
    pub span: Span,
}

/// Binds joined by `&`, with one arrow and an optional guard (`where`).
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// The arrow all binds share.
    pub arrow: Arrow,
    /// At least one bind.
    pub binds: Vec<Bind>,
    /// The guard.
    pub guard: Option<ProcId>,
    /// Span of the whole receipt.
    pub span: Span,
}

/// One declaration of a `new`.
#[derive(Clone, Debug, PartialEq)]
pub struct NameDecl {
    /// The declared name.
    pub ident: Ident,
    /// The URN in back ticks (raw text between them), if any.
    pub uri: Option<(Arc<str>, Span)>,
}

/// One case of a `match`.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The pattern.
    pub pattern: ProcId,
    /// The guard (`where`).
    pub guard: Option<ProcId>,
    /// The body.
    pub body: ProcId,
}

/// One declaration of a `let`. `let v = P` is parsed to the name pattern `@v` and the value `P`.
#[derive(Clone, Debug, PartialEq)]
pub struct LetDecl {
    /// The patterns.
    pub patterns: NameList,
    /// The values.
    pub values: Vec<ProcId>,
    /// Span of the declaration.
    pub span: Span,
}

/// One branch of a `select`.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectBranch {
    /// The receipt (linear).
    pub receipt: Receipt,
    /// The body.
    pub body: ProcId,
}

/// One member of an `agent`.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentMember {
    /// Constructor, method or default.
    pub kind: AgentMemberKind,
    /// Whether `private` stands before it.
    pub private: bool,
    /// The parameters.
    pub params: NameList,
    /// The body.
    pub body: ProcId,
    /// Span of the member.
    pub span: Span,
}

/// The kinds of agent members.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AgentMemberKind {
    /// `constructor(…) {…}`
    Constructor,
    /// `method m(…) {…}`
    Method(Ident),
    /// `default(…) {…}`
    Default,
}

/// A process (language.md 2.1 and 2.9). Grouping braces and parentheses leave no node.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Proc {
    Nil,
    Bool(bool),
    Int(i64),
    BigInt(BigInt),
    Float(f64),
    /// Numerator and denominator, reduced, denominator positive.
    BigRat(Box<(BigInt, BigInt)>),
    /// Unscaled value and number of decimal places.
    FixedPoint(BigInt, u32),
    /// The raw text between the quotes (escapes are not decoded, language.md 1.4).
    String(Arc<str>),
    /// The raw text between the back ticks.
    Uri(Arc<str>),
    SimpleType(SimpleType),
    /// `_` in process position.
    Wildcard,
    Var(Ident),
    /// `=x` (`name` false) or `=*x` (`name` true).
    VarRef {
        ident: Ident,
        name: bool,
    },
    /// `*n`
    Eval(NameId),
    /// At least two parts, left to right, never nested directly unless braces stood in the source (they may).
    Par(Vec<ProcId>),
    Unary(UnaryOp, ProcId),
    Binary(BinaryOp, ProcId, ProcId),
    Method {
        target: ProcId,
        name: Ident,
        args: Vec<ProcId>,
    },
    Send {
        channel: NameId,
        persistent: bool,
        args: Vec<ProcId>,
    },
    /// `n!?(a).` (no continuation) or `n!?(a); P`. `n!m(a)…` is parsed to the same with the method name as first
    /// argument (a string literal node).
    SendSync {
        channel: NameId,
        args: Vec<ProcId>,
        continuation: Option<ProcId>,
    },
    New {
        decls: Vec<NameDecl>,
        body: ProcId,
    },
    Contract {
        name: NameId,
        params: NameList,
        body: ProcId,
    },
    For {
        receipts: Vec<Receipt>,
        body: ProcId,
    },
    Select(Vec<SelectBranch>),
    Match {
        target: ProcId,
        cases: Vec<Case>,
    },
    If {
        condition: ProcId,
        then: ProcId,
        otherwise: Option<ProcId>,
    },
    /// `concurrent` when the declarations are joined by `&` (one declaration alone is not concurrent).
    Let {
        concurrent: bool,
        decls: Vec<LetDecl>,
        body: ProcId,
    },
    Bundle(BundleKind, ProcId),
    List(Vec<ProcId>, Option<Remainder>),
    Tuple(Vec<ProcId>),
    Set(Vec<ProcId>, Option<Remainder>),
    Map(Vec<(ProcId, ProcId)>, Option<Remainder>),
    PathMap(Vec<ProcId>, Option<Remainder>),
    /// `/\`
    Conjunction(ProcId, ProcId),
    /// `\/`
    Disjunction(ProcId, ProcId),
    /// `~`
    Negation(ProcId),
    /// `agent N { … }`, checked by the parser to have exactly one constructor and the defaults it needs.
    Agent {
        name: NameId,
        members: Vec<AgentMember>,
    },
}

/// The arena.
#[derive(Clone, Debug, Default)]
pub struct Ast {
    procs: Vec<Proc>,
    proc_spans: Vec<Span>,
    names: Vec<Name>,
    name_spans: Vec<Span>,
    symbols: Vec<Arc<str>>,
    symbol_index: HashMap<Arc<str>, Symbol, RandomState>,
}

impl Ast {
    /// An empty arena for a source of that many bytes.
    pub fn for_source(bytes: usize) -> Self {
        // Ordinary code has a process for 20 bytes and a name for 40. Room that is not needed costs only addresses.
        const MOST: usize = 1 << 20;
        let (procs, names) = ((bytes / 16).min(MOST), (bytes / 32).min(MOST));
        Ast {
            procs: Vec::with_capacity(procs),
            proc_spans: Vec::with_capacity(procs),
            names: Vec::with_capacity(names),
            name_spans: Vec::with_capacity(names),
            ..Ast::default()
        }
    }

    /// Adds a process node.
    pub fn add_proc(&mut self, proc: Proc, span: Span) -> ProcId {
        self.procs.push(proc);
        self.proc_spans.push(span);
        ProcId(self.procs.len() as u32 - 1)
    }

    /// Adds a name node.
    pub fn add_name(&mut self, name: Name, span: Span) -> NameId {
        self.names.push(name);
        self.name_spans.push(span);
        NameId(self.names.len() as u32 - 1)
    }

    /// Interns an identifier.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.symbol_index.get(text) {
            return *symbol;
        }
        let text: Arc<str> = Arc::from(text);
        let symbol = Symbol(self.symbols.len() as u32);
        self.symbols.push(text.clone());
        self.symbol_index.insert(text, symbol);
        symbol
    }

    /// The spelling of an identifier.
    pub fn text(&self, symbol: Symbol) -> &str {
        &self.symbols[symbol.0 as usize]
    }

    /// The spelling of an identifier, for those who keep it.
    pub fn shared_text(&self, symbol: Symbol) -> &Arc<str> {
        &self.symbols[symbol.0 as usize]
    }

    /// A process node.
    pub fn proc(&self, id: ProcId) -> &Proc {
        &self.procs[id.0 as usize]
    }

    /// The span of a process node. Grouping braces and parentheses around it are not included, so that positions in
    /// messages are those of the thing itself.
    pub fn proc_span(&self, id: ProcId) -> Span {
        self.proc_spans[id.0 as usize]
    }

    /// Widens or replaces the span of a process node (grouping).
    pub fn set_proc_span(&mut self, id: ProcId, span: Span) {
        self.proc_spans[id.0 as usize] = span;
    }

    /// Replaces a process node in place, keeping its span (flattening of long chains while parsing).
    pub fn proc_mut(&mut self, id: ProcId) -> &mut Proc {
        &mut self.procs[id.0 as usize]
    }

    /// A name node.
    pub fn name(&self, id: NameId) -> &Name {
        &self.names[id.0 as usize]
    }

    /// The span of a name node.
    pub fn name_span(&self, id: NameId) -> Span {
        self.name_spans[id.0 as usize]
    }

    /// Number of process nodes.
    pub fn len(&self) -> usize {
        self.procs.len()
    }

    /// Whether there is no process node.
    pub fn is_empty(&self) -> bool {
        self.procs.is_empty()
    }
}
