//! Sizes of protobuf encodings, computed from the children's cached sizes (runtime.md 1.2, 1.8).

use crate::head::{Head, Var};
use crate::locally_free::LocallyFree;
use crate::term::Term;

/// Bytes of a varint.
pub fn varint_len(value: u64) -> u64 {
    u64::from((70 - (value | 1).leading_zeros()) / 7).clamp(1, 10)
}

/// Bytes of a field key.
pub(crate) fn key_len(field: u32) -> u64 {
    varint_len(u64::from(field) << 3)
}

/// Bytes of a length-delimited field whose content has `len` bytes.
pub(crate) fn field_len(field: u32, len: u64) -> u64 {
    // A term that shares nodes can be larger than any number: its size stays at the maximum.
    len.saturating_add(key_len(field) + varint_len(len))
}

/// A bytes field that is left out when empty.
fn optional_bytes(field: u32, len: u64) -> u64 {
    if len == 0 { 0 } else { field_len(field, len) }
}

fn flag(set: bool) -> u64 {
    if set { 2 } else { 0 }
}

pub(crate) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn int32(value: u32) -> u64 {
    if value == 0 { 0 } else { 1 + varint_len(u64::from(value)) }
}

fn sint32(value: u32) -> u64 {
    if value == 0 { 0 } else { 1 + varint_len(zigzag(i64::from(value))) }
}

/// Size of a map entry: key and value are left out when empty.
pub(crate) fn entry_len(key: &str, value_len: u64) -> u64 {
    optional_bytes(1, key.len() as u64).saturating_add(optional_bytes(2, value_len))
}

/// Size of a `Var` message.
pub(crate) fn var_size(var: Var) -> u64 {
    match var {
        Var::Bound(i) | Var::Free(i) => 1 + varint_len(zigzag(i64::from(i))),
        Var::Wildcard => 2,
    }
}

fn fields(field: u32, terms: &[Term]) -> u64 {
    terms.iter().map(|t| field_len(field, t.size())).fold(0, u64::saturating_add)
}

fn remainder_size(field: u32, remainder: &Option<Var>) -> u64 {
    remainder.map_or(0, |v| field_len(field, var_size(v)))
}

/// The field number of an expression, connective or unforgeable in its oneof, for heads that are one.
#[inline]
pub(crate) fn oneof_field(head: &Head) -> Option<u32> {
    Some(match head {
        Head::Bool(_) => 1,
        Head::Int(_) => 2,
        Head::Str(_) => 3,
        Head::Uri(_) => 4,
        Head::Not => 5,
        Head::Neg => 6,
        Head::Binary(op) => op.field(),
        Head::Var(_) => 19,
        Head::List { .. } => 20,
        Head::Tuple => 21,
        Head::Set { .. } => 22,
        Head::Map { .. } => 23,
        Head::Method(_) => 24,
        Head::Bytes(_) => 25,
        Head::Matches => 27,
        Head::PathMap { .. } => 32,
        Head::Zipper(_) => 33,
        Head::Double(_) => 34,
        Head::BigInt(_) => 35,
        Head::BigRat(_) => 36,
        Head::FixedPoint(_) => 37,
        Head::ConnAnd => 1,
        Head::ConnOr => 2,
        Head::ConnNot => 3,
        Head::VarRef { .. } => 4,
        Head::Type(t) => t.field(),
        Head::Private(_) => 1,
        Head::DeployId(_) => 2,
        Head::DeployerId(_) => 3,
        Head::SysAuthToken => 4,
        _ => return None,
    })
}

/// Size of the message inside a oneof field (EList, EMethod, …), without its key and length. Zero for scalars.
#[inline]
pub(crate) fn inner_size(head: &Head, children: &[Term], lf: &LocallyFree, cu: bool) -> u64 {
    let lf = lf.len() as u64;
    match head {
        Head::Not | Head::Neg => field_len(1, children[0].size()),
        Head::Binary(_) | Head::Matches => {
            field_len(1, children[0].size()).saturating_add(field_len(2, children[1].size()))
        }
        Head::Var(v) => field_len(1, var_size(*v)),
        Head::List { remainder } | Head::Set { remainder } | Head::PathMap { remainder } | Head::Map { remainder } => {
            let mut key = 0;
            let elements = children.iter().enumerate().map(|(k, child)| element_size(head, k, child, &mut key));
            elements.fold(0, u64::saturating_add).saturating_add(collection_rest(remainder, lf, cu))
        }
        Head::Tuple => fields(1, children).saturating_add(optional_bytes(3, lf) + flag(cu)),
        Head::Zipper(cursor) => {
            let path_map = &children[0];
            let inner =
                inner_size(path_map.head(), path_map.children(), path_map.locally_free(), path_map.connective_used());
            let path: u64 = cursor.path.iter().map(|s| field_len(2, s.len() as u64)).sum();
            field_len(1, inner).saturating_add(path + flag(cursor.write) + optional_bytes(4, lf) + flag(cu))
        }
        Head::Method(name) => optional_bytes(1, name.len() as u64)
            .saturating_add(field_len(2, children[0].size()))
            .saturating_add(fields(3, &children[1..]))
            .saturating_add(optional_bytes(5, lf) + flag(cu)),
        Head::BigInt(i) => i.to_signed_bytes_be().len() as u64,
        Head::BigRat(r) => {
            optional_bytes(1, r.0.to_signed_bytes_be().len() as u64)
                + optional_bytes(2, r.1.to_signed_bytes_be().len() as u64)
        }
        Head::FixedPoint(f) => optional_bytes(1, f.0.to_signed_bytes_be().len() as u64) + int32(f.1),
        Head::Str(s) | Head::Uri(s) => s.len() as u64,
        Head::Bytes(b) => b.len() as u64,
        Head::ConnAnd | Head::ConnOr => fields(1, children),
        Head::ConnNot => children[0].size(),
        Head::VarRef { index, depth } => sint32(*index) + sint32(*depth),
        Head::Private(b) | Head::DeployId(b) | Head::DeployerId(b) => optional_bytes(1, b.len() as u64),
        _ => 0,
    }
}

/// Field number of an item in `Par`.
#[inline]
pub(crate) fn item_field(head: &Head) -> u32 {
    use crate::head::Category::*;
    match head.category() {
        Some(Send) => 1,
        Some(Receive) => 2,
        Some(New) => 4,
        Some(Expr) => 5,
        Some(Match) => 6,
        Some(Unforgeable) => 7,
        Some(Connective) => 8,
        Some(Bundle) => 11,
        Some(If) => 12,
        None => 0,
    }
}

/// Size of a Par that has this item only.
pub(crate) fn par_of_one_size(item: &Term) -> u64 {
    field_len(item_field(item.head()), item.size())
        .saturating_add(optional_bytes(9, item.locally_free().len() as u64) + flag(item.connective_used()))
}

/// Size of the message of a node: for items of a Par the element message.
#[inline(always)] // In constructors of one head, all but that head's case goes away.
pub(crate) fn message_size(head: &Head, children: &[Term], lf: &LocallyFree, cu: bool) -> u64 {
    let lf_len = lf.len() as u64;
    match head {
        Head::Par => children
            .iter()
            .map(|c| field_len(item_field(c.head()), c.size()))
            .fold(0, u64::saturating_add)
            .saturating_add(optional_bytes(9, lf_len) + flag(cu)),
        Head::Send { persistent } => field_len(1, children[0].size())
            .saturating_add(fields(2, &children[1..]))
            .saturating_add(flag(*persistent) + optional_bytes(5, lf_len) + flag(cu)),
        Head::Receive { persistent, peek, bind_count, binds, guard } => {
            let binds = *binds as usize;
            let guard = if *guard { field_len(8, children[binds + 1].size()) } else { 0 };
            fields(1, &children[..binds])
                .saturating_add(field_len(2, children[binds].size()))
                .saturating_add(flag(*persistent) + flag(*peek) + int32(*bind_count))
                .saturating_add(optional_bytes(6, lf_len) + flag(cu))
                .saturating_add(guard)
        }
        Head::Bind { free_count, remainder } => fields(1, &children[1..])
            .saturating_add(field_len(2, children[0].size()))
            .saturating_add(remainder_size(3, remainder) + int32(*free_count)),
        Head::New { bind_count, names } => {
            let uris: u64 = names.uris.iter().map(|u| field_len(3, u.len() as u64)).sum();
            let injections: u64 = names
                .injections
                .iter()
                .zip(&children[1..])
                .map(|(name, value)| field_len(4, entry_len(name, value.size())))
                .fold(0, u64::saturating_add);
            sint32(*bind_count)
                .saturating_add(field_len(2, children[0].size()))
                .saturating_add(injections)
                .saturating_add(uris + optional_bytes(5, lf_len))
        }
        Head::Match => field_len(1, children[0].size())
            .saturating_add(fields(2, &children[1..]))
            .saturating_add(optional_bytes(4, lf_len) + flag(cu)),
        Head::Case { free_count, guard } => {
            let guard = if *guard { field_len(4, children[2].size()) } else { 0 };
            field_len(1, children[0].size())
                .saturating_add(field_len(2, children[1].size()))
                .saturating_add(int32(*free_count))
                .saturating_add(guard)
        }
        Head::If => field_len(1, children[0].size())
            .saturating_add(field_len(2, children[1].size()))
            .saturating_add(field_len(3, children[2].size()))
            .saturating_add(optional_bytes(4, lf_len) + flag(cu)),
        Head::Bundle { write, read } => field_len(1, children[0].size()).saturating_add(flag(*write) + flag(*read)),
        Head::Bool(_) | Head::Type(_) => 2,
        Head::Int(i) => 1 + varint_len(zigzag(*i)),
        Head::Double(_) => 2 + 8,
        _ => {
            let field = oneof_field(head).unwrap_or(1);
            field_len(field, inner_size(head, children, lf, cu))
        }
    }
}

/// [`message_size`] of a list, set, map or path map, of what was added up for its children.
pub(crate) fn collection_size(head: &Head, elements: u64, remainder: &Option<Var>, lf: &LocallyFree, cu: bool) -> u64 {
    let rest = collection_rest(remainder, lf.len() as u64, cu);
    field_len(oneof_field(head).unwrap_or(1), elements.saturating_add(rest))
}

/// What a collection has beside its elements.
fn collection_rest(remainder: &Option<Var>, lf: u64, cu: bool) -> u64 {
    optional_bytes(3, lf) + flag(cu) + remainder_size(5, remainder)
}

/// What the child of a collection adds to its size. Of a map's entry the key comes first, and adds nothing yet.
pub(crate) fn element_size(head: &Head, position: usize, child: &Term, key: &mut u64) -> u64 {
    if !matches!(head, Head::Map { .. }) {
        return field_len(1, child.size());
    }
    if position.is_multiple_of(2) {
        *key = field_len(1, child.size());
        return 0;
    }
    field_len(1, key.saturating_add(field_len(2, child.size())))
}

/// The parts of a node's size, for computing the size of a substituted term without building it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeParts {
    /// Size of the message content without the oneof wrapper, with `locallyFree` cut to the given length.
    pub content: u64,
    /// Key bytes of the oneof field around the content, for expressions, connectives and unforgeables.
    pub wrapper: Option<u64>,
}

/// The size of a node in parts, for heads whose children are plain fields; `None` for those that must be rebuilt to
/// know (sets, maps and bundles may merge, the others are rare).
pub fn size_parts(term: &Term, locally_free_len: u64) -> Option<SizeParts> {
    let head = term.head();
    let serialised = match head {
        Head::Set { .. } | Head::Map { .. } | Head::Bundle { .. } | Head::Zipper(_) | Head::ConnNot => return None,
        Head::Par | Head::Send { .. } | Head::Receive { .. } | Head::New { .. } | Head::Match | Head::If => true,
        Head::List { .. } | Head::Tuple | Head::PathMap { .. } | Head::Method(_) => true,
        _ => false,
    };
    let lf = term.locally_free();
    let cu = term.connective_used();
    let wrapper = oneof_field(head).map(key_len);
    let content = match wrapper {
        Some(_) => inner_size(head, term.children(), lf, cu),
        None => message_size(head, term.children(), lf, cu),
    };
    let cut = if serialised {
        optional_bytes(3, lf.len() as u64) - optional_bytes(3, locally_free_len.min(lf.len() as u64))
    } else {
        0
    };
    Some(SizeParts { content: content - cut, wrapper })
}

/// Key bytes of the field that holds a child of a node covered by [`size_parts`]: all their numbers are below 16.
pub const CHILD_KEY_LEN: u64 = 1;
