//! Run-time values: closed processes in canonical form, with fast forms for what programs send all the time.
//!
//! Every value stands for exactly one closed canonical Par, and every such Par has exactly one representation here:
//! - scalars, private names, and plain collections (no remainder) whose term is at most [`MAX_DEPTH`] levels deep have
//!   their own variants, with persistent structures inside, so that building them element by element is O(log n) a step;
//! - everything else is [`Value::Term`].
//!
//! The depth bound keeps recursion over values shallow; deep values are terms, whose algorithms are iterative.

use std::cmp::Ordering;
use std::convert::Infallible;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rhodium_term::{Children, Head, Origin, Term, order, settle, varint_len};

/// Collections whose term is deeper than this are kept as terms.
pub const MAX_DEPTH: u32 = 128;

/// A closed canonical process.
#[derive(Clone, Debug)]
pub enum Value {
    /// The empty process.
    Nil,
    /// A boolean.
    Bool(bool),
    /// A 64-bit integer.
    Int(i64),
    /// A string.
    Str(Arc<str>),
    /// A byte array.
    Bytes(Arc<[u8]>),
    /// A private name, and the label of the `new` that made it.
    Name(Arc<[u8]>, Label),
    /// A list.
    List(Arc<List>),
    /// A tuple.
    Tuple(Arc<Tuple>),
    /// A set.
    Set(Arc<Set>),
    /// A map.
    Map(Arc<Map>),
    /// Anything else: a Par.
    Term(Term),
}

/// Where a private name was made: a position in all sources of a runtime, one after the other, or 0 if nobody knows.
/// Labels serve display only: equality, order, hashes and encodings ignore them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Label(pub u32);

impl Label {
    /// The label that a term carries as an origin without a source.
    pub(crate) fn of(origin: Origin) -> Label {
        Label(if origin.source == 0 { origin.start } else { 0 })
    }

    fn origin(self) -> Origin {
        Origin { source: 0, start: self.0, end: self.0 }
    }
}

/// What every collection remembers of its elements.
#[derive(Clone, Copy, Debug, Default)]
pub struct Summary {
    /// Sum of the sizes of the element fields (with key and length).
    pub content: u64,
    /// Greatest term depth of an element (a high-water mark: removal does not lower it).
    pub depth: u32,
    /// Number of elements whose evaluation is not the identity.
    pub unevaluated: usize,
    /// Number of elements that use connectives.
    pub connectives: usize,
    /// Number of elements with ties, see [`Term::is_tied`].
    pub tied: usize,
}

impl Summary {
    fn add(&mut self, value: &Value, field: u64) {
        self.content = self.content.saturating_add(field);
        self.depth = self.depth.max(value.depth());
        self.unevaluated += usize::from(!value.is_ground());
        self.connectives += usize::from(value.connective_used());
        self.tied += usize::from(value.is_tied());
    }

    fn remove(&mut self, value: &Value, field: u64) {
        self.content = self.content.saturating_sub(field);
        self.unevaluated -= usize::from(!value.is_ground());
        self.connectives -= usize::from(value.connective_used());
        self.tied -= usize::from(value.is_tied());
    }
}

/// A list value.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// The elements.
    pub items: im::Vector<Value>,
    /// Cached attributes.
    pub summary: Summary,
}

/// A tuple value.
#[derive(Clone, Debug, Default)]
pub struct Tuple {
    /// The elements.
    pub items: Vec<Value>,
    /// Cached attributes.
    pub summary: Summary,
}

/// A set value.
#[derive(Clone, Debug, Default)]
pub struct Set {
    /// The elements in canonical order.
    pub items: im::OrdSet<Value>,
    /// Cached attributes.
    pub summary: Summary,
}

/// A map value.
#[derive(Clone, Debug, Default)]
pub struct Map {
    /// The entries in canonical order of their keys.
    pub entries: im::OrdMap<Value, Value>,
    /// Cached attributes.
    pub summary: Summary,
}

fn field(size: u64) -> u64 {
    size.saturating_add(1 + varint_len(size))
}

/// Bytes of the fields of an entry.
pub(crate) fn entry_len(key: &Value, value: &Value) -> u64 {
    field(key.size()).saturating_add(field(value.size()))
}

fn entry_field(key: &Value, value: &Value) -> u64 {
    field(entry_len(key, value))
}

impl List {
    /// Appends an element.
    pub fn push(&mut self, value: Value) {
        self.summary.add(&value, field(value.size()));
        self.items.push_back(value);
    }

    /// Puts an element in front.
    pub fn push_front(&mut self, value: Value) {
        self.summary.add(&value, field(value.size()));
        self.items.push_front(value);
    }

    /// Drops the last element.
    pub fn pop_back(&mut self) {
        if let Some(old) = self.items.pop_back() {
            self.summary.remove(&old, field(old.size()));
        }
    }

    /// Drops the first element.
    pub fn pop_front(&mut self) {
        if let Some(old) = self.items.pop_front() {
            self.summary.remove(&old, field(old.size()));
        }
    }
}

impl Set {
    /// Adds an element; an equal one stays.
    pub fn insert(&mut self, value: Value) {
        if !self.items.contains(&value) {
            self.summary.add(&value, field(value.size()));
            self.items.insert(value);
        }
    }

    /// Removes an element.
    pub fn remove(&mut self, value: &Value) {
        if let Some(old) = self.items.remove(value) {
            self.summary.remove(&old, field(old.size()));
        }
    }
}

impl Map {
    /// Sets the value of a key.
    pub fn insert(&mut self, key: Value, value: Value) {
        self.remove(&key);
        let bytes = entry_field(&key, &value);
        self.summary.add(&key, bytes);
        self.summary.add(&value, 0);
        self.entries.insert(key, value);
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &Value) {
        if let Some((key, value)) = self.entries.remove_with_key(key) {
            let bytes = entry_field(&key, &value);
            self.summary.remove(&key, bytes);
            self.summary.remove(&value, 0);
        }
    }
}

/// Levels that a collection adds to the depth of its elements: the Par and the collection node.
const COLLECTION_LEVELS: u32 = 2;

impl Value {
    /// A string.
    pub fn str(text: impl Into<Arc<str>>) -> Value {
        Value::Str(text.into())
    }

    /// A byte array.
    pub fn bytes(bytes: impl Into<Arc<[u8]>>) -> Value {
        Value::Bytes(bytes.into())
    }

    /// A private name of which nothing else is known.
    pub fn name(id: impl Into<Arc<[u8]>>) -> Value {
        Value::Name(id.into(), Label::default())
    }

    /// A URI.
    pub fn uri(text: impl Into<Arc<str>>) -> Value {
        Value::Term(Term::single(Term::uri(text)))
    }

    /// A Par of one item (a ground value, an operator, an unforgeable…).
    pub fn item(item: Term) -> Value {
        Value::from_term(&Term::single(item))
    }

    /// The value of a list under construction (chooses the representation).
    pub fn from_list(list: List) -> Value {
        let value = Value::List(Arc::new(list));
        value.bounded()
    }

    /// The value of a tuple.
    pub fn tuple(items: Vec<Value>) -> Value {
        let mut summary = Summary::default();
        for item in &items {
            summary.add(item, field(item.size()));
        }
        Value::Tuple(Arc::new(Tuple { items, summary })).bounded()
    }

    /// The value of a list of elements.
    pub fn list(items: impl IntoIterator<Item = Value>) -> Value {
        let mut list = List::default();
        for item in items {
            list.push(item);
        }
        Value::from_list(list)
    }

    /// The value of a set under construction.
    pub fn from_set(set: Set) -> Value {
        Value::Set(Arc::new(set)).bounded()
    }

    /// The value of a map under construction.
    pub fn from_map(map: Map) -> Value {
        Value::Map(Arc::new(map)).bounded()
    }

    fn bounded(self) -> Value {
        if self.depth() > MAX_DEPTH { Value::from_term(&self.to_term()) } else { self }
    }

    /// The value of a closed canonical Par.
    pub fn from_term(par: &Term) -> Value {
        let Ok(value) = Value::from_term_while(par, &mut || Ok::<(), Infallible>(()));
        value
    }

    /// The same, as long as there is no error when it looks, which it does for every element.
    pub(crate) fn from_term_while<E>(par: &Term, look: &mut impl FnMut() -> Result<(), E>) -> Result<Value, E> {
        let Some(item) = par.single_item() else {
            return Ok(if par.is_nil() { Value::Nil } else { Value::Term(par.clone()) });
        };
        let mut element = |child: &Term| {
            look()?;
            Value::from_term_while(child, look)
        };
        let shallow = par.depth() <= MAX_DEPTH && par.locally_free().is_empty();
        Ok(match item.head() {
            Head::Bool(b) => Value::Bool(*b),
            Head::Int(i) => Value::Int(*i),
            Head::Str(s) => Value::Str(s.clone()),
            Head::Bytes(b) => Value::Bytes(b.clone()),
            Head::Private(id) => Value::Name(id.clone(), Label::of(item.origin())),
            Head::List { remainder: None } if shallow => {
                let mut list = List::default();
                for child in item.children() {
                    list.push(element(child)?);
                }
                Value::List(Arc::new(list))
            }
            Head::Tuple if shallow => Value::tuple(item.children().iter().map(element).collect::<Result<_, E>>()?),
            Head::Set { remainder: None } if shallow => {
                let mut set = Set::default();
                for child in item.children() {
                    set.insert(element(child)?);
                }
                Value::Set(Arc::new(set))
            }
            Head::Map { remainder: None } if shallow => {
                let mut map = Map::default();
                for (key, value) in item.entries() {
                    map.insert(element(key)?, element(value)?);
                }
                Value::Map(Arc::new(map))
            }
            _ => Value::Term(par.clone()),
        })
    }

    /// The Par the value stands for.
    pub fn to_term(&self) -> Term {
        let Ok(term) = self.to_term_while(&mut || Ok::<(), Infallible>(()));
        term
    }

    /// The same, as long as there is no error when it looks, which it does for every element.
    pub(crate) fn to_term_while<E>(&self, look: &mut impl FnMut() -> Result<(), E>) -> Result<Term, E> {
        let mut element = |item: &Value| {
            look()?;
            item.to_term_while(look)
        };
        Ok(Term::single(match self {
            Value::Nil => return Ok(Term::nil()),
            Value::Term(par) => return Ok(par.clone()),
            Value::Bool(b) => Term::bool(*b),
            Value::Int(i) => Term::int(*i),
            Value::Str(s) => Term::string(s.clone()),
            Value::Bytes(b) => Term::bytes(b.clone()),
            Value::Name(id, label) => Term::private(id.clone()).at(label.origin()),
            Value::List(list) => {
                let items: Children = list.items.iter().map(element).collect::<Result<_, E>>()?;
                Term::list_while(items, None, look)?
            }
            Value::Tuple(tuple) => Term::tuple(tuple.items.iter().map(element).collect::<Result<Children, E>>()?),
            Value::Set(set) => Term::set(set.items.iter().map(element).collect::<Result<_, E>>()?, None),
            Value::Map(map) => {
                let entries = map.entries.iter().map(|(key, value)| Ok((element(key)?, element(value)?)));
                Term::map(entries.collect::<Result<_, E>>()?, None)
            }
        }))
    }

    /// Size of the Par's protobuf encoding in bytes (runtime.md 1.8).
    pub fn size(&self) -> u64 {
        // Par { exprs: [Expr { list: EList { … } }] }
        let collection = |summary: &Summary, key: u64| {
            let cu = if summary.connectives > 0 { 2 } else { 0 };
            let inner = summary.content.saturating_add(cu);
            field(inner.saturating_add(key + varint_len(inner))).saturating_add(cu)
        };
        match self {
            Value::Nil => 0,
            Value::Bool(_) => 4,
            // Its field has less than 128 bytes.
            Value::Int(i) => 3 + varint_len(((*i << 1) ^ (*i >> 63)) as u64),
            Value::Str(s) => field(field(s.len() as u64)),
            Value::Bytes(b) => field(1 + field(b.len() as u64)),
            Value::Name(id, _) if id.len() == 32 => 32 + 2 + 2 + 2,
            Value::Name(id, _) => field(field(if id.is_empty() { 0 } else { field(id.len() as u64) })),
            Value::List(list) => collection(&list.summary, 2),
            Value::Tuple(tuple) => collection(&tuple.summary, 2),
            Value::Set(set) => collection(&set.summary, 2),
            Value::Map(map) => collection(&map.summary, 2),
            Value::Term(par) => par.size(),
        }
    }

    /// Depth of the Par's term.
    pub fn depth(&self) -> u32 {
        let collection = |summary: &Summary, empty: bool| {
            if empty { COLLECTION_LEVELS - 1 } else { summary.depth + COLLECTION_LEVELS }
        };
        match self {
            Value::Nil => 0,
            Value::Bool(_) | Value::Int(_) | Value::Str(_) | Value::Bytes(_) | Value::Name(..) => 1,
            Value::List(list) => collection(&list.summary, list.items.is_empty()),
            Value::Tuple(tuple) => collection(&tuple.summary, tuple.items.is_empty()),
            Value::Set(set) => collection(&set.summary, set.items.is_empty()),
            Value::Map(map) => collection(&map.summary, map.entries.is_empty()),
            Value::Term(par) => par.depth(),
        }
    }

    fn summary(&self) -> Option<&Summary> {
        match self {
            Value::List(list) => Some(&list.summary),
            Value::Tuple(tuple) => Some(&tuple.summary),
            Value::Set(set) => Some(&set.summary),
            Value::Map(map) => Some(&map.summary),
            _ => None,
        }
    }

    /// Whether it is not made of other values: evaluating and substituting it changes nothing.
    pub fn is_scalar(&self) -> bool {
        use Value::{Bool, Bytes, Int, List, Map, Name, Nil, Set, Str, Term, Tuple};
        match self {
            Nil | Bool(_) | Int(_) | Str(_) | Bytes(_) | Name(..) => true,
            List(_) | Tuple(_) | Set(_) | Map(_) | Term(_) => false,
        }
    }

    /// Whether evaluating the value's top-level expressions changes and costs nothing.
    pub fn is_ground(&self) -> bool {
        match self {
            Value::Term(par) => par.is_ground(),
            _ => self.summary().is_none_or(|s| s.unevaluated == 0),
        }
    }

    /// Whether the value contains something that makes a pattern of it.
    pub fn connective_used(&self) -> bool {
        match self {
            Value::Term(par) => par.connective_used(),
            _ => self.summary().is_some_and(|s| s.connectives > 0),
        }
    }

    /// Whether every substitution changes it, see [`Term::is_tied`].
    pub fn is_tied(&self) -> bool {
        match self {
            Value::Term(par) => par.is_tied(),
            _ => self.summary().is_some_and(|s| s.tied > 0),
        }
    }

    /// A value that was evaluated and is substituted now, see [`settle`].
    pub fn settled(self) -> Value {
        if !self.is_tied() {
            return self;
        }
        match settle(&self.to_term()) {
            Ok(term) => Value::from_term(&term),
            Err(_) => self,
        }
    }

    /// The type's name in messages (language.md 5.2, level 2).
    pub fn type_name(&self) -> String {
        match self {
            Value::Nil => "Nil".into(),
            Value::Bool(_) => "bool".into(),
            Value::Int(_) => "int".into(),
            Value::Str(_) => "string".into(),
            Value::Bytes(_) => "byte array".into(),
            Value::Name(..) => "unforgeable".into(),
            Value::List(_) => "list".into(),
            Value::Tuple(_) => "tuple".into(),
            Value::Set(_) => "set".into(),
            Value::Map(_) => "map".into(),
            Value::Term(par) => term_type_name(par),
        }
    }

    /// Rank of the value's first item among the score constants (runtime.md 2.2).
    fn rank(&self) -> u32 {
        match self {
            Value::Nil => 0,
            Value::Bool(_) => 1,
            Value::Int(_) => 2,
            Value::Str(_) => 3,
            Value::Name(..) => 5,
            Value::List(_) => 6,
            Value::Tuple(_) => 7,
            Value::Set(_) => 8,
            Value::Map(_) => 9,
            Value::Bytes(_) => 116,
            Value::Term(_) => u32::MAX,
        }
    }
}

fn term_type_name(par: &Term) -> String {
    let Some(item) = par.single_item() else { return "process".into() };
    match item.head() {
        Head::Uri(_) => "uri".into(),
        Head::Double(_) => "float".into(),
        Head::BigInt(_) => "bigint".into(),
        Head::BigRat(_) => "bigrat".into(),
        Head::FixedPoint(f) => format!("FixedPoint(p{})", f.1),
        Head::List { .. } => "list".into(),
        Head::Tuple => "tuple".into(),
        Head::Set { .. } => "set".into(),
        Head::Map { .. } => "map".into(),
        Head::PathMap { .. } => "pathmap".into(),
        Head::Zipper(cursor) => if cursor.write { "write zipper" } else { "read zipper" }.into(),
        Head::Private(_) | Head::DeployId(_) | Head::DeployerId(_) | Head::SysAuthToken => "unforgeable".into(),
        _ => "process".into(),
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Nil, Value::Nil) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Bytes(a), Value::Bytes(b)) | (Value::Name(a, _), Value::Name(b, _)) => a == b,
            (Value::List(a), Value::List(b)) => Arc::ptr_eq(a, b) || a.items == b.items,
            (Value::Tuple(a), Value::Tuple(b)) => Arc::ptr_eq(a, b) || a.items == b.items,
            (Value::Set(a), Value::Set(b)) => Arc::ptr_eq(a, b) || a.items == b.items,
            (Value::Map(a), Value::Map(b)) => Arc::ptr_eq(a, b) || a.entries == b.entries,
            (Value::Term(a), Value::Term(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Most names are hashes themselves.
        if let Value::Name(id, _) = self
            && let Some(head) = id.first_chunk()
        {
            return state.write_u64(u64::from_le_bytes(*head));
        }
        state.write_u32(self.rank());
        match self {
            Value::Nil => {}
            Value::Bool(b) => b.hash(state),
            Value::Int(i) => i.hash(state),
            Value::Str(s) => s.hash(state),
            Value::Bytes(b) | Value::Name(b, _) => b.hash(state),
            Value::List(list) => list.items.iter().for_each(|v| v.hash(state)),
            Value::Tuple(tuple) => tuple.items.hash(state),
            Value::Set(set) => set.items.iter().for_each(|v| v.hash(state)),
            Value::Map(map) => map.entries.iter().for_each(|(k, v)| {
                k.hash(state);
                v.hash(state)
            }),
            Value::Term(par) => par.hash(state),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Value) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The canonical order of the terms (runtime.md 2). Maps that differ in values only, which the canonical order does not
/// tell apart, are told apart by their values.
impl Ord for Value {
    fn cmp(&self, other: &Value) -> Ordering {
        self.canonical(other).then_with(|| self.tie(other))
    }
}

impl Value {
    /// The canonical order alone.
    fn canonical(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Nil, Value::Nil) => Ordering::Equal,
            // true sorts before false.
            (Value::Bool(a), Value::Bool(b)) => b.cmp(a),
            (Value::Int(a), Value::Int(b)) => a.cmp(b),
            (Value::Str(a), Value::Str(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Value::Bytes(a), Value::Bytes(b)) | (Value::Name(a, _), Value::Name(b, _)) => a.cmp(b),
            (Value::List(a), Value::List(b)) => canonical(a.items.iter(), b.items.iter()),
            (Value::Tuple(a), Value::Tuple(b)) => canonical(a.items.iter(), b.items.iter()),
            (Value::Set(a), Value::Set(b)) => canonical(a.items.iter(), b.items.iter()),
            (Value::Map(a), Value::Map(b)) => canonical(a.entries.keys(), b.entries.keys()),
            (Value::Term(a), Value::Term(b)) => order::compare(a, b),
            (Value::Term(a), _) => order::compare(a, &other.to_term()),
            (_, Value::Term(b)) => order::compare(&self.to_term(), b),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    /// Tells apart values that the canonical order does not.
    fn tie(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::List(a), Value::List(b)) => ties(a.items.iter(), b.items.iter()),
            (Value::Tuple(a), Value::Tuple(b)) => ties(a.items.iter(), b.items.iter()),
            (Value::Set(a), Value::Set(b)) => ties(a.items.iter(), b.items.iter()),
            (Value::Map(a), Value::Map(b)) => {
                ties(a.entries.keys(), b.entries.keys()).then_with(|| a.entries.values().cmp(b.entries.values()))
            }
            (Value::Term(a), Value::Term(b)) => break_tie(a, b),
            (Value::Term(_), _) => Ordering::Greater,
            (_, Value::Term(_)) => Ordering::Less,
            _ => Ordering::Equal,
        }
    }
}

/// The first difference between sequences that are canonically equal.
fn ties<'a>(a: impl Iterator<Item = &'a Value>, b: impl Iterator<Item = &'a Value>) -> Ordering {
    a.zip(b).map(|(a, b)| a.tie(b)).find(|tie| tie.is_ne()).unwrap_or(Ordering::Equal)
}

/// Elements are nodes and the flag behind them is a leaf, so a proper prefix is smaller.
fn canonical<'a>(mut a: impl Iterator<Item = &'a Value>, mut b: impl Iterator<Item = &'a Value>) -> Ordering {
    loop {
        match (a.next(), b.next()) {
            (Some(a), Some(b)) => match a.canonical(b) {
                Ordering::Equal => {}
                decided => return decided,
            },
            (a, b) => return a.is_some().cmp(&b.is_some()),
        }
    }
}

fn break_tie(a: &Term, b: &Term) -> Ordering {
    if a == b {
        Ordering::Equal
    } else {
        rhodium_term::proto::encode(a).cmp(&rhodium_term::proto::encode(b)).then(Ordering::Less)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}
