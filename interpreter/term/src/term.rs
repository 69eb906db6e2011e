//! Term nodes: shared, immutable, with everything that is asked often remembered at construction.

use std::convert::Infallible;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use smallvec::{SmallVec, smallvec};

use crate::head::{Category, Head, NewNames, SimpleType, Var, ZipperCursor};
use crate::locally_free::LocallyFree;
use crate::order;
use crate::size::{self, message_size, par_of_one_size};

/// A node of the normal form; cloning shares it. Equality is structural equality (runtime.md 1.7): it ignores
/// `locallyFree` and compares `connective_used`.
#[derive(Clone)]
pub struct Term(pub(crate) Shared);

/// A counted pointer without weak references, which nodes have none of: a word less for each.
type Shared = triomphe::Arc<Node>;

/// Where a node came from: a source known to the host by number, and a byte range in it. Ignored by equality,
/// hashing, order and encoding; it serves error messages only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Origin {
    /// Number of the source; 0 = unknown, [`Origin::STORED`] = code read from a state.
    pub source: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Origin {
    /// The source of code read from a state; the range is that of its bytes there.
    pub const STORED: u32 = u32::MAX;

    /// Whether it is a place in a source text.
    pub fn is_known(self) -> bool {
        self.source != 0 && self.source != Origin::STORED
    }

    /// The range from the first to the last of several places, as far as they are in one source.
    pub fn spanning(places: impl IntoIterator<Item = Origin>) -> Origin {
        let mut whole = Origin::default();
        for place in places.into_iter().filter(|place| place.source != 0) {
            if whole.source == 0 {
                whole = place;
            } else if place.source == whole.source {
                (whole.start, whole.end) = (whole.start.min(place.start), whole.end.max(place.end));
            }
        }
        whole
    }
}

/// The children of a node: up to two lie in the node itself.
pub type Children = SmallVec<[Term; 2]>;

/// The node behind a [`Term`]. Sources become millions of them: its size (a test watches it) is that of a small
/// allocation.
pub struct Node {
    pub(crate) head: Head,
    pub(crate) children: Children,
    pub(crate) locally_free: LocallyFree,
    pub(crate) size: u64,
    pub(crate) hash: u64,
    pub(crate) depth: u32,
    pub(crate) reach: u32,
    pub(crate) flags: Flags,
    pub(crate) origin: Origin,
}

/// Cached yes/no attributes, one bit each.
#[derive(Clone, Copy, Default)]
pub(crate) struct Flags(u8);

impl Flags {
    const CONNECTIVE_USED: Flags = Flags(1);
    /// Evaluating the top-level expressions changes and costs nothing.
    const GROUND: Flags = Flags(2);
    /// Every Par below (and this one) lists its items in canonical order.
    const CANONICAL: Flags = Flags(4);
    /// Some Par below has two expressions or two connectives, which the non-sorting substitution would swap.
    const REVERSIBLE: Flags = Flags(8);
    /// An unforgeable name occurs somewhere.
    const UNFORGEABLE: Flags = Flags(16);
    /// Some Par below (or this one) has expressions or connectives that canonical order does not tell apart, although
    /// they differ: every substitution swaps them.
    const TIED: Flags = Flags(32);

    fn when(self, set: bool) -> Flags {
        if set { self } else { Flags(0) }
    }

    fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }

    /// Both, but for canonical order, which both must have.
    fn above(self, child: Flags) -> Flags {
        let inherited = Flags::REVERSIBLE.0 | Flags::UNFORGEABLE.0 | Flags::TIED.0;
        Flags((self.0 | child.0 & inherited) & (child.0 | !Flags::CANONICAL.0))
    }

    fn has(self, flag: Flags) -> bool {
        self.0 & flag.0 != 0
    }
}

/// Trees deeper than this are dropped with an explicit stack.
const RECURSIVE_DROP_DEPTH: u32 = 64;

impl Drop for Node {
    fn drop(&mut self) {
        if self.depth <= RECURSIVE_DROP_DEPTH {
            return;
        }
        let mut pending: Vec<Term> = self.children.drain(..).collect();
        while let Some(term) = pending.pop() {
            if term.0.depth <= RECURSIVE_DROP_DEPTH {
                continue;
            }
            if let Ok(mut node) = Shared::try_unwrap(term.0) {
                pending.extend(node.children.drain(..));
            }
        }
    }
}

fn mix(hash: u64, value: u64) -> u64 {
    let product = u128::from(hash ^ 0x9E37_79B9_7F4A_7C15) * u128::from(value ^ 0xD6E8_FEB8_6659_FD93);
    (product as u64) ^ ((product >> 64) as u64) ^ value.rotate_left(23)
}

fn hash_bytes(tag: u64, bytes: &[u8]) -> u64 {
    // Fixed keys: the hash never leaves the process and decides nothing observable.
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    bytes.hash(&mut hasher);
    mix(tag, hasher.finish())
}

fn hash_var(var: &Option<Var>) -> u64 {
    match var {
        None => 0,
        Some(Var::Bound(i)) => 1 + 4 * u64::from(*i),
        Some(Var::Free(i)) => 2 + 4 * u64::from(*i),
        Some(Var::Wildcard) => 3,
    }
}

fn hash_head(head: &Head) -> u64 {
    match head {
        Head::Par => 1,
        Head::Send { persistent } => 2 + u64::from(*persistent),
        Head::Receive { persistent, peek, bind_count, binds, guard } => {
            let flags = u64::from(*persistent) + 2 * u64::from(*peek) + 4 * u64::from(*guard);
            mix(mix(4, flags), u64::from(*bind_count) << 32 | u64::from(*binds))
        }
        Head::Bind { free_count, remainder } => mix(mix(5, u64::from(*free_count)), hash_var(remainder)),
        Head::New { bind_count, names } => {
            let mut hash = mix(6, u64::from(*bind_count));
            for uri in &names.uris {
                hash = mix(hash, hash_bytes(7, uri.as_bytes()));
            }
            for name in &names.injections {
                hash = mix(hash, hash_bytes(8, name.as_bytes()));
            }
            hash
        }
        Head::Match => 9,
        Head::Case { free_count, guard } => mix(10 + u64::from(*guard), u64::from(*free_count)),
        Head::If => 12,
        Head::Bundle { write, read } => 13 + u64::from(*write) + 2 * u64::from(*read),
        Head::Bool(b) => 17 + u64::from(*b),
        Head::Int(i) => mix(19, *i as u64),
        Head::Str(s) => hash_bytes(20, s.as_bytes()),
        Head::Uri(s) => hash_bytes(21, s.as_bytes()),
        Head::Bytes(b) => hash_bytes(22, b),
        Head::Double(bits) => mix(23, *bits),
        Head::BigInt(i) => hash_bytes(24, &i.to_signed_bytes_be()),
        Head::BigRat(r) => mix(hash_bytes(25, &r.0.to_signed_bytes_be()), hash_bytes(26, &r.1.to_signed_bytes_be())),
        Head::FixedPoint(f) => mix(hash_bytes(27, &f.0.to_signed_bytes_be()), u64::from(f.1)),
        Head::Not => 28,
        Head::Neg => 29,
        Head::Binary(op) => mix(30, u64::from(op.field())),
        Head::Matches => 31,
        Head::Var(v) => mix(32, hash_var(&Some(*v))),
        Head::List { remainder } => mix(33, hash_var(remainder)),
        Head::Tuple => 34,
        Head::Set { remainder } => mix(35, hash_var(remainder)),
        Head::Map { remainder } => mix(36, hash_var(remainder)),
        Head::PathMap { remainder } => mix(37, hash_var(remainder)),
        Head::Zipper(cursor) => {
            cursor.path.iter().fold(mix(38, u64::from(cursor.write)), |h, s| mix(h, hash_bytes(39, s)))
        }
        Head::Method(name) => hash_bytes(40, name.as_bytes()),
        Head::ConnAnd => 41,
        Head::ConnOr => 42,
        Head::ConnNot => 43,
        Head::VarRef { index, depth } => mix(mix(44, u64::from(*index)), u64::from(*depth)),
        Head::Type(t) => mix(45, u64::from(t.field())),
        Head::Private(b) => hash_bytes(46, b),
        Head::DeployId(b) => hash_bytes(47, b),
        Head::DeployerId(b) => hash_bytes(48, b),
        Head::SysAuthToken => 49,
    }
}

/// Number of binders between a node and its child number `k`.
pub fn binders_above_child(head: &Head, k: usize) -> u32 {
    match head {
        Head::Receive { bind_count, binds, .. } if k >= *binds as usize => *bind_count,
        Head::New { bind_count, .. } if k == 0 => *bind_count,
        Head::Case { free_count, .. } if k >= 1 => *free_count,
        _ => 0,
    }
}

/// Whether child number `k` is a pattern, one level deeper than its parent.
pub fn child_is_pattern(head: &Head, k: usize) -> bool {
    match head {
        Head::Bind { .. } => k >= 1,
        Head::Case { .. } => k == 0,
        Head::Matches => k == 1,
        _ => false,
    }
}

fn own_ground(head: &Head, children: &[Term]) -> bool {
    match head {
        Head::Not | Head::Neg | Head::Binary(_) | Head::Matches | Head::Var(_) | Head::Method(_) => false,
        Head::Par => children.iter().all(|c| c.head().category() != Some(Category::Expr) || c.is_ground()),
        Head::List { .. } | Head::Tuple | Head::Set { .. } | Head::Map { .. } | Head::PathMap { .. } => {
            children.iter().all(Term::is_ground)
        }
        _ => true,
    }
}

/// Whether the node itself is a Par that the non-sorting substitution would reorder.
fn own_reversible(head: &Head, children: &[Term]) -> bool {
    if !matches!(head, Head::Par) || children.len() < 2 {
        return false;
    }
    let count = |category| children.iter().filter(|c| c.head().category() == Some(category)).count();
    count(Category::Expr) >= 2 || count(Category::Connective) >= 2
}

/// What a node remembers of its children.
struct Gathered {
    hash: u64,
    depth: u32,
    reach: u32,
    flags: Flags,
}

/// What else it remembers.
struct Caches {
    locally_free: LocallyFree,
    connective_used: bool,
    size: u64,
    ground: bool,
    /// Whether its own children are in canonical order, if it is a Par.
    in_order: bool,
}

impl Gathered {
    #[inline(always)] // See `message_size`.
    fn of(head: &Head) -> Gathered {
        let reach = match head {
            Head::Var(Var::Bound(i)) => i + 1,
            Head::VarRef { index, .. } => index + 1,
            _ => 0,
        };
        Gathered { hash: hash_head(head), depth: 0, reach, flags: Flags::CANONICAL }
    }

    #[inline(always)]
    fn add(&mut self, head: &Head, k: usize, child: &Term) {
        self.hash = mix(self.hash, child.0.hash);
        self.depth = self.depth.max(child.0.depth + 1);
        self.reach = self.reach.max(child.0.reach.saturating_sub(binders_above_child(head, k)));
        self.flags = self.flags.above(child.0.flags);
    }

    #[inline(always)]
    fn finish(self, head: Head, children: Children, caches: Caches) -> Term {
        let Caches { locally_free, connective_used, size, ground, in_order } = caches;
        let Gathered { hash, depth, reach, flags } = self;
        let reversible = own_reversible(&head, &children);
        let flags = (if in_order { flags } else { flags.without(Flags::CANONICAL) })
            .with(Flags::CONNECTIVE_USED.when(connective_used))
            .with(Flags::GROUND.when(ground))
            .with(Flags::REVERSIBLE.when(reversible))
            .with(Flags::TIED.when(reversible && order::has_ties(&children)))
            .with(Flags::UNFORGEABLE.when(head.category() == Some(Category::Unforgeable)));
        let reach = reach.max(locally_free.len() as u32);
        let (hash, origin) = (mix(hash, u64::from(connective_used)), Origin::default());
        Term(Shared::new(Node { head, children, locally_free, size, hash, depth, reach, flags, origin }))
    }
}

impl Term {
    /// Builds a node with given caches. The smart constructors below compute `locally_free` and `connective_used` by
    /// the rules of the normal form; decoding and substitution must keep older values.
    pub fn with_caches(
        head: Head,
        children: impl Into<Children>,
        locally_free: LocallyFree,
        connective_used: bool,
    ) -> Term {
        let children = children.into();
        let in_order = !matches!(head, Head::Par) || order::is_sorted(&children);
        Term::build(head, children, locally_free, connective_used, in_order)
    }

    /// `in_order`: whether the node's own children are in canonical order, if it is a Par.
    #[inline(always)] // See `message_size`.
    fn build(head: Head, children: Children, locally_free: LocallyFree, connective_used: bool, in_order: bool) -> Term {
        let size = message_size(&head, &children, &locally_free, connective_used);
        let ground = own_ground(&head, &children);
        let mut gathered = Gathered::of(&head);
        children.iter().enumerate().for_each(|(k, child)| gathered.add(&head, k, child));
        gathered.finish(head, children, Caches { locally_free, connective_used, size, ground, in_order })
    }

    /// The same term with a place in a source. Cheap for a node that was just built and is not shared yet.
    pub fn at(mut self, origin: Origin) -> Term {
        if self.0.origin == origin {
            return self;
        }
        if let Some(node) = Shared::get_mut(&mut self.0) {
            node.origin = origin;
            return self;
        }
        let node = &self.0;
        let children = node.children.clone();
        let connective_used = self.connective_used();
        let mut copy = Term::with_caches(node.head.clone(), children, node.locally_free.clone(), connective_used);
        if let Some(node) = Shared::get_mut(&mut copy.0) {
            node.origin = origin;
        }
        copy
    }

    /// Where the node came from.
    pub fn origin(&self) -> Origin {
        self.0.origin
    }

    /// Where the term came from; for a Par, what its items span.
    pub fn place(&self) -> Origin {
        match self.0.head {
            Head::Par => Origin::spanning(self.children().iter().map(Term::origin)),
            _ => self.0.origin,
        }
    }

    /// Kind and scalar fields.
    pub fn head(&self) -> &Head {
        &self.0.head
    }

    /// The children, as [`Head`] lists them.
    pub fn children(&self) -> &[Term] {
        &self.0.children
    }

    /// The cached set of bound indices.
    pub fn locally_free(&self) -> &LocallyFree {
        &self.0.locally_free
    }

    /// Whether the term is a pattern (runtime.md 1.4).
    pub fn connective_used(&self) -> bool {
        self.0.flags.has(Flags::CONNECTIVE_USED)
    }

    /// Bytes of the protobuf encoding of the node's message (runtime.md 1.8). For items of a Par this is the size of
    /// the element message (`Expr`, `Connective`, `GUnforgeable` included).
    pub fn size(&self) -> u64 {
        self.0.size
    }

    /// Levels of nodes below this one.
    pub fn depth(&self) -> u32 {
        self.0.depth
    }

    /// One more than the highest index of an enclosing binder that the term may mention; 0 for closed terms.
    pub fn reach(&self) -> u32 {
        self.0.reach
    }

    /// Whether nothing in the term refers to an enclosing binder.
    pub fn is_closed(&self) -> bool {
        self.0.reach == 0
    }

    /// Whether evaluating the term's top-level expressions changes nothing and costs nothing.
    pub fn is_ground(&self) -> bool {
        self.0.flags.has(Flags::GROUND)
    }

    /// Whether every Par in the term is in canonical order.
    pub fn is_canonical(&self) -> bool {
        self.0.flags.has(Flags::CANONICAL)
    }

    pub(crate) fn is_reversible(&self) -> bool {
        self.0.flags.has(Flags::REVERSIBLE)
    }

    /// Whether a Par in it has parts that differ and that canonical order does not tell apart (maps with other values):
    /// sorting keeps their order and every substitution reverses it (runtime.md 2.3, 4.3).
    pub fn is_tied(&self) -> bool {
        self.0.flags.has(Flags::TIED)
    }

    /// Whether an unforgeable name occurs anywhere in the term.
    pub fn has_unforgeable(&self) -> bool {
        self.0.flags.has(Flags::UNFORGEABLE)
    }

    /// A hash of the structure (consistent with equality, stable within a process only).
    pub fn structural_hash(&self) -> u64 {
        self.0.hash
    }

    /// Whether both are the same node in memory.
    pub fn same_node(&self, other: &Term) -> bool {
        Shared::ptr_eq(&self.0, &other.0)
    }

    /// The node's address, which tells nodes apart while they live.
    pub(crate) fn node(&self) -> *const Node {
        &raw const *self.0
    }

    /// Whether the node is a Par without items.
    pub fn is_nil(&self) -> bool {
        matches!(self.0.head, Head::Par) && self.0.children.is_empty()
    }

    /// The items of a Par of one category.
    pub fn items(&self, category: Category) -> &[Term] {
        let items = self.children();
        let from = items.partition_point(|i| i.head().category() < Some(category));
        let len = items[from..].partition_point(|i| i.head().category() == Some(category));
        &items[from..from + len]
    }

    /// The only item of a Par that has exactly one.
    pub fn single_item(&self) -> Option<&Term> {
        match (&self.0.head, self.0.children.as_slice()) {
            (Head::Par, [item]) => Some(item),
            _ => None,
        }
    }

    /// The empty process.
    pub fn nil() -> Term {
        static NIL: OnceLock<Term> = OnceLock::new();
        NIL.get_or_init(|| Term::leaf(Head::Par)).clone()
    }

    /// A Par of the items in canonical order.
    pub fn par(mut items: Vec<Term>) -> Term {
        if items.is_empty() {
            return Term::nil();
        }
        order::sort(&mut items);
        let (locally_free, connective_used) = caches_of(&items);
        Term::build(Head::Par, items.into(), locally_free, connective_used, true)
    }

    /// A Par of items, grouped by category but otherwise in the given order.
    pub fn par_in_order(mut items: Vec<Term>) -> Term {
        items.sort_by_key(|i| i.head().category());
        let (locally_free, connective_used) = caches_of(&items);
        Term::with_caches(Head::Par, items, locally_free, connective_used)
    }

    /// A Par of one item.
    pub fn single(item: Term) -> Term {
        // What `build` would find, without loops: half of all nodes are made here.
        let node = &*item.0;
        let connective_used = item.connective_used();
        let ground = node.head.category() != Some(Category::Expr) || item.is_ground();
        let flags = Flags::CONNECTIVE_USED
            .when(connective_used)
            .with(Flags::GROUND.when(ground))
            .with(Flags::CANONICAL)
            .above(node.flags);
        let locally_free = node.locally_free.clone();
        let size = par_of_one_size(&item);
        let hash = mix(mix(hash_head(&Head::Par), node.hash), u64::from(connective_used));
        let (depth, reach) = (node.depth + 1, node.reach.max(locally_free.len() as u32));
        let (head, origin) = (Head::Par, Origin::default());
        let mut children = Children::new();
        children.push(item);
        Term(Shared::new(Node { head, children, locally_free, size, hash, depth, reach, flags, origin }))
    }

    /// Parallel composition of Pars, in canonical order.
    pub fn compose(parts: &[Term]) -> Term {
        match parts {
            [] => Term::nil(),
            [one] => one.clone(),
            _ => Term::par(parts.iter().flat_map(|p| p.children().iter().cloned()).collect()),
        }
    }

    fn leaf(head: Head) -> Term {
        Term::with_caches(head, Children::new(), LocallyFree::EMPTY, false)
    }

    fn inherit(head: Head, children: Children) -> Term {
        let (locally_free, connective_used) = caches_of(&children);
        Term::with_caches(head, children, locally_free, connective_used)
    }

    /// `channel!(data…)` as an item.
    pub fn send(channel: Term, data: impl IntoIterator<Item = Term>, persistent: bool) -> Term {
        Term::inherit(Head::Send { persistent }, first_and(channel, data))
    }

    /// One bind: source, patterns, remainder, number of variables.
    pub fn bind(
        source: Term,
        patterns: impl IntoIterator<Item = Term>,
        remainder: Option<Var>,
        free_count: u32,
    ) -> Term {
        let children = first_and(source, patterns);
        let (locally_free, _) = caches_of(&children);
        // Patterns do not make a receive a pattern; only the source does.
        let connective_used = children[0].connective_used();
        Term::with_caches(Head::Bind { free_count, remainder }, children, locally_free, connective_used)
    }

    /// A receive as an item. `binds` are Bind nodes in their final order.
    pub fn receive(binds: impl Into<Children>, body: Term, persistent: bool, peek: bool, guard: Option<Term>) -> Term {
        let mut children = binds.into();
        let binds = children.len() as u32;
        let bind_count = children
            .iter()
            .map(|b| match b.head() {
                Head::Bind { free_count, .. } => *free_count,
                _ => 0,
            })
            .sum();
        let mut locally_free = LocallyFree::EMPTY;
        let mut connective_used = body.connective_used();
        for bind in &children {
            locally_free = locally_free.union(bind.locally_free());
            connective_used |= bind.connective_used();
        }
        let mut inner = body.locally_free().clone();
        if let Some(guard) = &guard {
            inner = inner.union(guard.locally_free());
            connective_used |= guard.connective_used();
        }
        locally_free = locally_free.union(&inner.shift(bind_count));
        let head = Head::Receive { persistent, peek, bind_count, binds, guard: guard.is_some() };
        children.push(body);
        children.extend(guard);
        Term::with_caches(head, children, locally_free, connective_used)
    }

    /// A `new` as an item: `bind_count` names (URN-bound ones included), URNs sorted, injections sorted by URN.
    pub fn new_names(bind_count: u32, uris: Vec<Arc<str>>, injections: Vec<(Arc<str>, Term)>, body: Term) -> Term {
        let locally_free = body.locally_free().shift(bind_count);
        let connective_used = body.connective_used();
        let (names, values): (Vec<_>, Vec<_>) = injections.into_iter().unzip();
        let head = Head::New { bind_count, names: Arc::new(NewNames { uris, injections: names }) };
        Term::with_caches(head, first_and(body, values), locally_free, connective_used)
    }

    /// One case of a match.
    pub fn case(pattern: Term, body: Term, free_count: u32, guard: Option<Term>) -> Term {
        let mut inner = body.locally_free().clone();
        if let Some(guard) = &guard {
            inner = inner.union(guard.locally_free());
        }
        let locally_free = pattern.locally_free().union(&inner.shift(free_count));
        let connective_used = body.connective_used();
        let head = Head::Case { free_count, guard: guard.is_some() };
        let mut children: Children = smallvec![pattern, body];
        children.extend(guard);
        Term::with_caches(head, children, locally_free, connective_used)
    }

    /// A match as an item; `cases` are Case nodes.
    pub fn match_on(target: Term, cases: impl IntoIterator<Item = Term>) -> Term {
        Term::inherit(Head::Match, first_and(target, cases))
    }

    /// A conditional as an item.
    pub fn conditional(condition: Term, then: Term, otherwise: Term) -> Term {
        Term::inherit(Head::If, smallvec![condition, then, otherwise])
    }

    /// A bundle as an item. A body that is exactly one bundle is merged (permissions intersected).
    pub fn bundle(body: Term, write: bool, read: bool) -> Term {
        if let Some(inner) = body.single_item()
            && let Head::Bundle { write: w, read: r } = inner.head()
        {
            return Term::bundle(inner.children()[0].clone(), write && *w, read && *r);
        }
        let locally_free = body.locally_free().clone();
        Term::with_caches(Head::Bundle { write, read }, Children::from_iter([body]), locally_free, false)
    }

    /// A boolean as an item.
    pub fn bool(value: bool) -> Term {
        Term::leaf(Head::Bool(value))
    }

    /// An integer as an item.
    pub fn int(value: i64) -> Term {
        Term::leaf(Head::Int(value))
    }

    /// A string as an item.
    pub fn string(value: impl Into<Arc<str>>) -> Term {
        Term::leaf(Head::Str(value.into()))
    }

    /// A URI as an item.
    pub fn uri(value: impl Into<Arc<str>>) -> Term {
        Term::leaf(Head::Uri(value.into()))
    }

    /// A byte array as an item.
    pub fn bytes(value: impl Into<Arc<[u8]>>) -> Term {
        Term::leaf(Head::Bytes(value.into()))
    }

    /// A ground value or unforgeable name as an item, from its head (which must have no children).
    pub fn ground(head: Head) -> Term {
        Term::leaf(head)
    }

    /// A private name as an item.
    pub fn private(id: impl Into<Arc<[u8]>>) -> Term {
        Term::leaf(Head::Private(id.into()))
    }

    /// A variable as an item, met at a pattern depth (0 = outside patterns).
    pub fn var(var: Var, pattern_depth: u32) -> Term {
        let locally_free = match var {
            Var::Bound(i) if pattern_depth == 0 => LocallyFree::single(i),
            _ => LocallyFree::EMPTY,
        };
        Term::build(Head::Var(var), Children::new(), locally_free, !matches!(var, Var::Bound(_)), true)
    }

    /// `=x` as an item, met at a pattern depth.
    pub fn var_ref(index: u32, depth: u32, pattern_depth: u32) -> Term {
        let locally_free = if depth == pattern_depth { LocallyFree::single(index) } else { LocallyFree::EMPTY };
        Term::with_caches(Head::VarRef { index, depth }, Children::new(), locally_free, false)
    }

    /// `not`, `-` and the binary operators as items.
    pub fn operator(head: Head, operands: impl Into<Children>) -> Term {
        Term::inherit(head, operands.into())
    }

    /// `target matches pattern` as an item.
    pub fn matches(target: Term, pattern: Term) -> Term {
        let locally_free = target.locally_free().clone();
        let connective_used = target.connective_used();
        Term::with_caches(Head::Matches, [target, pattern], locally_free, connective_used)
    }

    /// A method call as an item.
    pub fn method(name: impl Into<Arc<str>>, target: Term, arguments: impl IntoIterator<Item = Term>) -> Term {
        Term::inherit(Head::Method(name.into()), first_and(target, arguments))
    }

    fn collection(head: Head, remainder: Option<Var>, children: Children) -> Term {
        let Ok(term) = Term::collection_while(head, remainder, children, &mut || Ok::<(), Infallible>(()));
        term
    }

    /// In one go: there may be very many children, which take their time to come from memory.
    fn collection_while<E>(
        head: Head,
        remainder: Option<Var>,
        children: Children,
        look: &mut impl FnMut() -> Result<(), E>,
    ) -> Result<Term, E> {
        const BETWEEN_LOOKS: usize = 1024;
        let mut gathered = Gathered::of(&head);
        let (mut locally_free, mut connective_used) = (LocallyFree::EMPTY, remainder.is_some());
        let (mut elements, mut key, mut ground) = (0_u64, 0, true);
        for (k, child) in children.iter().enumerate() {
            if k % BETWEEN_LOOKS == BETWEEN_LOOKS - 1 {
                look()?;
            }
            gathered.add(&head, k, child);
            locally_free = locally_free.union(child.locally_free());
            connective_used |= child.connective_used();
            elements = elements.saturating_add(size::element_size(&head, k, child, &mut key));
            ground &= child.is_ground();
        }
        let size = size::collection_size(&head, elements, &remainder, &locally_free, connective_used);
        Ok(gathered.finish(head, children, Caches { locally_free, connective_used, size, ground, in_order: true }))
    }

    /// A list as an item.
    pub fn list(elements: impl Into<Children>, remainder: Option<Var>) -> Term {
        Term::collection(Head::List { remainder }, remainder, elements.into())
    }

    /// [`Term::list`], as long as there is no error when it looks, which it does every now and then.
    pub fn list_while<E>(
        elements: impl Into<Children>,
        remainder: Option<Var>,
        look: &mut impl FnMut() -> Result<(), E>,
    ) -> Result<Term, E> {
        Term::collection_while(Head::List { remainder }, remainder, elements.into(), look)
    }

    /// A tuple as an item.
    pub fn tuple(elements: impl Into<Children>) -> Term {
        Term::inherit(Head::Tuple, elements.into())
    }

    /// A set as an item: elements are sorted and duplicates dropped.
    pub fn set(elements: Vec<Term>, remainder: Option<Var>) -> Term {
        Term::collection(Head::Set { remainder }, remainder, order::canonical_set(elements).into())
    }

    /// A map as an item: entries are sorted by key; of entries with equal keys the last one stays.
    pub fn map(entries: Vec<(Term, Term)>, remainder: Option<Var>) -> Term {
        let children = order::canonical_map(entries).into_iter().flat_map(|(k, v)| [k, v]).collect();
        Term::collection(Head::Map { remainder }, remainder, children)
    }

    /// A path map as an item, elements as written.
    pub fn path_map(elements: impl Into<Children>, remainder: Option<Var>) -> Term {
        Term::collection(Head::PathMap { remainder }, remainder, elements.into())
    }

    /// A zipper as an item; `path_map` is a PathMap node.
    pub fn zipper(path_map: Term, cursor: ZipperCursor) -> Term {
        Term::inherit(Head::Zipper(Arc::new(cursor)), smallvec![path_map])
    }

    /// `/\` or `\/` as an item.
    pub fn connective(head: Head, operands: impl Into<Children>) -> Term {
        let operands = operands.into();
        let (locally_free, _) = caches_of(&operands);
        Term::with_caches(head, operands, locally_free, true)
    }

    /// A simple type as an item.
    pub fn simple_type(simple_type: SimpleType) -> Term {
        Term::with_caches(Head::Type(simple_type), Children::new(), LocallyFree::EMPTY, true)
    }

    /// Map entries of a [`Head::Map`] node.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (&Term, &Term)> + ExactSizeIterator {
        self.children().chunks_exact(2).map(|pair| (&pair[0], &pair[1]))
    }
}

fn first_and(first: Term, others: impl IntoIterator<Item = Term>) -> Children {
    std::iter::once(first).chain(others).collect()
}

/// Union of the children's sets and OR of their flags.
pub(crate) fn caches_of(children: &[Term]) -> (LocallyFree, bool) {
    let mut locally_free = LocallyFree::EMPTY;
    let mut connective_used = false;
    for child in children {
        locally_free = locally_free.union(child.locally_free());
        connective_used |= child.connective_used();
    }
    (locally_free, connective_used)
}

impl PartialEq for Term {
    fn eq(&self, other: &Term) -> bool {
        let mut pending: SmallVec<[(&Term, &Term); 8]> = smallvec![(self, other)];
        while let Some((a, b)) = pending.pop() {
            if a.same_node(b) {
                continue;
            }
            let same = a.0.hash == b.0.hash
                && a.connective_used() == b.connective_used()
                && a.0.children.len() == b.0.children.len()
                && a.0.head == b.0.head;
            if !same {
                return false;
            }
            pending.extend(a.0.children.iter().zip(b.0.children.iter()));
        }
        true
    }
}

impl Eq for Term {}

impl Hash for Term {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl fmt::Debug for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Shallow: a full dump could be deep; printing for people is the printer's work.
        write!(f, "{:?}/{}#{:016x}", self.0.head, self.0.children.len(), self.0.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_par_of_one_is_what_the_general_constructor_makes() {
        let bound = Term::single(Term::var(Var::Bound(3), 0));
        let free = Term::single(Term::var(Var::Free(0), 1));
        let wide = Term::single(Term::var(Var::Bound(200), 0));
        let unsorted = Term::par_in_order(vec![Term::int(2), Term::int(1)]);
        let items = [
            Term::int(7),
            Term::var(Var::Wildcard, 0),
            Term::private([1; 32]),
            Term::list([bound.clone(), Term::single(Term::private([1; 32]))], None),
            Term::send(bound.clone(), [free.clone(), wide.clone()], true),
            Term::operator(Head::Not, vec![bound]),
            Term::connective(Head::ConnAnd, [free, wide]),
            Term::tuple(vec![unsorted]),
        ];
        for item in items {
            let (locally_free, connective_used) = (item.locally_free().clone(), item.connective_used());
            let general = Term::with_caches(Head::Par, vec![item.clone()], locally_free, connective_used);
            let single = Term::single(item);
            let caches = |term: &Term| {
                let node = &term.0;
                (node.size, node.hash, node.depth, node.reach, node.flags.0, node.locally_free.clone())
            };
            assert_eq!(caches(&single), caches(&general), "{single:?}");
            assert!(single == general);
        }
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn nodes_stay_small() {
        // With the counter of the pointer: a size that the usual allocators have.
        assert!(size_of::<Node>() + 8 <= 112, "{} bytes", size_of::<Node>());
    }
}
