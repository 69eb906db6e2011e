//! Values in messages: the name of their type, and a short form of what they are.

use rhodium_term::print::print_source;
use rhodium_term::{Head, Term};

use crate::value::Value;

/// Values with a longer encoding are not printed.
const MAX_SIZE: u64 = 1 << 12;
/// Characters of a printed value that are shown.
const MAX_SHOWN: usize = 50;

/// The types that methods and messages tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// The empty process.
    Nil,
    /// `true` and `false`.
    Boolean,
    /// 64 bits.
    Integer,
    /// A floating-point number.
    Float,
    /// An integer of any length.
    BigInteger,
    /// A fraction of two big integers.
    Fraction,
    /// A number with a fixed number of decimals.
    FixedPoint,
    /// A string.
    Text,
    /// A byte array.
    Bytes,
    /// A URI.
    Uri,
    /// A list.
    List,
    /// A tuple.
    Tuple,
    /// A set.
    Set,
    /// A map.
    Map,
    /// A path map.
    PathMap,
    /// A cursor that only reads.
    ReadZipper,
    /// A cursor that changes its path map.
    WriteZipper,
    /// The identity of a deploy.
    DeployId,
    /// Any other unforgeable name.
    Unforgeable,
    /// Code, or several things in parallel.
    Process,
}

impl Type {
    /// The type of a value.
    pub fn of(value: &Value) -> Type {
        match value {
            Value::Nil => Type::Nil,
            Value::Bool(_) => Type::Boolean,
            Value::Int(_) => Type::Integer,
            Value::Str(_) => Type::Text,
            Value::Bytes(_) => Type::Bytes,
            Value::Name(..) => Type::Unforgeable,
            Value::List(_) => Type::List,
            Value::Tuple(_) => Type::Tuple,
            Value::Set(_) => Type::Set,
            Value::Map(_) => Type::Map,
            Value::Term(par) => par.single_item().map_or(Type::Process, |item| Type::of_item(item.head())),
        }
    }

    fn of_item(head: &Head) -> Type {
        match head {
            Head::Uri(_) => Type::Uri,
            Head::Double(_) => Type::Float,
            Head::BigInt(_) => Type::BigInteger,
            Head::BigRat(_) => Type::Fraction,
            Head::FixedPoint(_) => Type::FixedPoint,
            Head::List { .. } => Type::List,
            Head::Tuple => Type::Tuple,
            Head::Set { .. } => Type::Set,
            Head::Map { .. } => Type::Map,
            Head::PathMap { .. } => Type::PathMap,
            Head::Zipper(cursor) if cursor.write => Type::WriteZipper,
            Head::Zipper(_) => Type::ReadZipper,
            Head::DeployId(_) => Type::DeployId,
            Head::Private(_) | Head::DeployerId(_) | Head::SysAuthToken => Type::Unforgeable,
            _ => Type::Process,
        }
    }

    /// The name of one value of the type.
    pub fn name(self) -> &'static str {
        match self {
            Type::Nil => "Nil",
            Type::Boolean => "boolean",
            Type::Integer => "integer",
            Type::Float => "float",
            Type::BigInteger => "big integer",
            Type::Fraction => "fraction",
            Type::FixedPoint => "fixed-point number",
            Type::Text => "string",
            Type::Bytes => "byte array",
            Type::Uri => "URI",
            Type::List => "list",
            Type::Tuple => "tuple",
            Type::Set => "set",
            Type::Map => "map",
            Type::PathMap => "path map",
            Type::ReadZipper => "read zipper",
            Type::WriteZipper => "write zipper",
            Type::DeployId => "deploy id",
            Type::Unforgeable => "unforgeable name",
            Type::Process => "process",
        }
    }

    /// The name with its article.
    pub fn one(self) -> String {
        match self {
            Type::Nil => "Nil".to_owned(),
            Type::Integer | Type::Unforgeable => format!("an {}", self.name()),
            _ => format!("a {}", self.name()),
        }
    }

    /// The name of all values of the type.
    pub fn plural(self) -> String {
        match self {
            Type::Nil => "Nil".to_owned(),
            Type::Process => "processes".to_owned(),
            _ => format!("{}s", self.name()),
        }
    }

    /// Whether it is one of the numbers.
    pub fn is_number(self) -> bool {
        use Type::{BigInteger, FixedPoint, Float, Fraction, Integer};
        matches!(self, Integer | Float | BigInteger | Fraction | FixedPoint)
    }
}

/// A value with its type: `the integer 1`.
pub fn describe(value: &Value) -> String {
    let kind = Type::of(value);
    if kind == Type::Nil {
        return "Nil".to_owned();
    }
    if value.size() > MAX_SIZE {
        return match large(value) {
            Some(what) => format!("{} of {what}", kind.one()),
            None => format!("a large {}", kind.name()),
        };
    }
    format!("the {} {}", kind.name(), shown(&value.to_term()))
}

/// How large a collection or text is that is not printed.
fn large(value: &Value) -> Option<String> {
    Some(match value {
        Value::Str(text) => format!("{} bytes that begins with {:?}", text.len(), cut(text, MAX_SHOWN)),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Value::List(list) => format!("{} elements", list.items.len()),
        Value::Tuple(tuple) => format!("{} elements", tuple.items.len()),
        Value::Set(set) => format!("{} elements", set.items.len()),
        Value::Map(map) => format!("{} entries", map.entries.len()),
        Value::Term(_) | Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Name(..) => return None,
    })
}

/// A term as one line of source, cut.
pub fn shown(term: &Term) -> String {
    if term.size() > MAX_SIZE {
        return "…".to_owned();
    }
    let text = print_source(term);
    let line: Vec<&str> = text.split_whitespace().collect();
    cut(&line.join(" "), MAX_SHOWN)
}

/// The start of a text, with `…` for what is left out.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Several things in one sentence: `a, b and c`.
pub fn listed(things: &[String], last: &str) -> String {
    match things {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}
