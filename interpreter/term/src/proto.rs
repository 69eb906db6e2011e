//! The protobuf form of terms (runtime.md 1.1, 1.2, EXT), without recursion.

use prost::encoding::{WireType, encode_key, encode_varint};

use crate::head::{Category, Head, Var};
use crate::locally_free::LocallyFree;
use crate::message::{Format, inner_len, write_inner, write_message};
use crate::size::{entry_len, field_len, item_field, oneof_field, var_size, zigzag};
use crate::term::Term;

pub use crate::decode::{DecodeError, DecodeErrorKind, Limits, decode};

/// The protobuf encoding of a node's message: `Par` for a Par, the element message (`Send`, `Expr`, …) for an item.
/// Its length is [`Term::size`]. Shared nodes are written once per use, so a caller that does not know where a term
/// comes from bounds `size` first.
pub fn encode(term: &Term) -> Vec<u8> {
    let mut out = Vec::with_capacity(usize::try_from(term.size()).unwrap_or(0));
    encode_into(term, &mut out);
    out
}

/// Appends what [`encode`] returns.
pub fn encode_into(term: &Term, out: &mut Vec<u8>) {
    write_message(term, &mut Wire { out });
}

/// Appends the Par of a collection without remainder. Its elements have `content` bytes, and `elements` appends them.
pub fn encode_collection<E>(
    head: &Head,
    content: u64,
    connective_used: bool,
    out: &mut Vec<u8>,
    elements: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let field = oneof_field(head).unwrap_or_default();
    let inner = content.saturating_add(if connective_used { 2 } else { 0 });
    encode_header(item_field(head), field_len(field, inner), out);
    encode_header(field, inner, out);
    elements(out)?;
    let mut wire = Wire { out };
    wire.flag(4, connective_used);
    wire.flag(10, connective_used);
    Ok(())
}

/// Appends what stands before a sub-message of so many bytes.
pub fn encode_header(field: u32, len: u64, out: &mut Vec<u8>) {
    Wire { out }.header(field, len);
}

/// The encoding of the message inside the oneof of an expression, connective or unforgeable: for a private name
/// `0a 20` and its bytes. Empty for heads whose oneof holds a scalar and for other items.
pub fn encode_inner(item: &Term) -> Vec<u8> {
    let mut out = Vec::new();
    write_inner(item, &mut Wire { out: &mut out });
    out
}

/// A protobuf writer.
struct Wire<'a> {
    out: &'a mut Vec<u8>,
}

impl Wire<'_> {
    fn varint(&mut self, field: u32, value: u64) {
        encode_key(field, WireType::Varint, self.out);
        encode_varint(value, self.out);
    }

    fn header(&mut self, field: u32, len: u64) {
        encode_key(field, WireType::LengthDelimited, self.out);
        encode_varint(len, self.out);
    }

    fn delimited(&mut self, field: u32, value: &[u8]) {
        self.header(field, value.len() as u64);
        self.out.extend_from_slice(value);
    }

    fn var(&mut self, field: u32, var: Var) {
        self.header(field, var_size(var));
        match var {
            Var::Bound(index) => self.varint(1, zigzag(i64::from(index))),
            Var::Free(level) => self.varint(2, zigzag(i64::from(level))),
            Var::Wildcard => self.header(3, 0),
        }
    }
}

impl Format for Wire<'_> {
    const PAR_ORDER: [Option<Category>; 10] = [
        Some(Category::Send),
        Some(Category::Receive),
        Some(Category::New),
        Some(Category::Expr),
        Some(Category::Match),
        Some(Category::Unforgeable),
        Some(Category::Connective),
        None,
        Some(Category::Bundle),
        Some(Category::If),
    ];

    fn count(&mut self, _count: usize) {}

    fn element(&mut self, field: u32, len: impl FnOnce() -> u64) {
        self.header(field, len());
    }

    fn present(&mut self, field: u32, len: impl FnOnce() -> u64) {
        self.header(field, len());
    }

    fn absent(&mut self) {}

    fn flag(&mut self, field: u32, value: bool) {
        if value {
            self.varint(field, 1);
        }
    }

    fn int32(&mut self, field: u32, value: u32) {
        if value != 0 {
            self.varint(field, u64::from(value));
        }
    }

    fn sint32(&mut self, field: u32, value: u32) {
        if value != 0 {
            self.varint(field, zigzag(i64::from(value)));
        }
    }

    fn uint32(&mut self, field: u32, value: u32) {
        self.int32(field, value);
    }

    fn bytes(&mut self, field: u32, value: &[u8]) {
        if !value.is_empty() {
            self.delimited(field, value);
        }
    }

    fn bytes_element(&mut self, field: u32, value: &[u8]) {
        self.delimited(field, value);
    }

    fn locally_free(&mut self, field: u32, value: &LocallyFree) {
        if !value.is_empty() {
            self.header(field, value.len() as u64);
            self.out.extend(value.bytes());
        }
    }

    fn remainder(&mut self, field: u32, value: &Option<Var>) {
        if let Some(var) = value {
            self.var(field, *var);
        }
    }

    fn entry(&mut self, field: u32, key: &str, value_len: u64) {
        self.header(field, entry_len(key, value_len));
        self.bytes(1, key.as_bytes());
        if value_len != 0 {
            self.header(2, value_len);
        }
    }

    fn open(&mut self, term: &Term) {
        if let Some(field) = oneof_field(term.head()) {
            self.header(field, inner_len(term));
        }
    }

    fn scalar(&mut self, head: &Head) {
        let Some(field) = oneof_field(head) else { return };
        match head {
            Head::Bool(value) => self.varint(field, u64::from(*value)),
            Head::Type(_) => self.varint(field, 1),
            Head::Int(value) => self.varint(field, zigzag(*value)),
            Head::Str(text) | Head::Uri(text) => self.delimited(field, text.as_bytes()),
            Head::Bytes(bytes) => self.delimited(field, bytes),
            Head::BigInt(value) => self.delimited(field, &value.to_signed_bytes_be()),
            Head::Double(bits) => {
                encode_key(field, WireType::SixtyFourBit, self.out);
                self.out.extend_from_slice(&bits.to_le_bytes());
            }
            _ => {}
        }
    }

    fn variable(&mut self, var: Var) {
        self.var(1, var);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_bytes() {
        let par = |item| encode(&Term::single(item));
        assert_eq!(par(Term::int(5)), [0x2a, 0x02, 0x10, 0x0a]);
        assert_eq!(par(Term::string("ab")), [0x2a, 0x04, 0x1a, 0x02, 0x61, 0x62]);
        assert_eq!(par(Term::bool(false)), [0x2a, 0x02, 0x08, 0x00]);
        assert_eq!(encode(&Term::nil()), []);
        let int = |i| Term::single(Term::int(i));
        assert_eq!(hex(&par(Term::list(vec![int(1)], None))), "2a09a201060a042a021002");
        assert_eq!(hex(&par(Term::tuple(vec![int(1), int(2)]))), "2a0faa010c0a042a0210020a042a021004");
        assert_eq!(hex(&par(Term::set(vec![int(1)], None))), "2a09b201060a042a021002");
        let map = Term::map(vec![(Term::single(Term::string("a")), int(1))], None);
        assert_eq!(hex(&par(map)), "2a12ba010f0a0d0a052a031a016112042a021002");
        assert_eq!(hex(&par(Term::send(int(1), vec![int(2)], false))), "0a0c0a042a02100212042a021004");
        let name = Term::private(vec![7u8; 32]);
        assert_eq!(hex(&par(name.clone())), format!("3a240a220a20{}", "07".repeat(32)));
        assert_eq!(hex(&encode_inner(&name)), format!("0a20{}", "07".repeat(32)));
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }
}
