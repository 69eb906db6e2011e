//! The few protobuf bytes that registrations sign (runtime 1.2): closed terms of integers, bytes, pairs and names.

/// A length-delimited field, appended to `out`.
fn bytes_field(out: &mut Vec<u8>, field: u32, content: &[u8]) {
    varint(out, u64::from(field) << 3 | 2);
    varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// One message with a single length-delimited field.
fn nested(field: u32, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 4);
    bytes_field(&mut out, field, content);
    out
}

/// `Par.exprs` (5) around one expression.
fn expression(content: &[u8]) -> Vec<u8> {
    nested(5, content)
}

/// The Par of an integer: `Expr.g_int` (2), zig-zag.
pub(crate) fn integer(value: i64) -> Vec<u8> {
    let mut content = vec![0x10];
    varint(&mut content, (value << 1 ^ value >> 63) as u64);
    expression(&content)
}

/// The Par of a byte array: `Expr.g_byte_array` (25).
pub(crate) fn byte_array(bytes: &[u8]) -> Vec<u8> {
    expression(&nested(25, bytes))
}

/// The Par of a tuple of serialised Pars: `Expr.e_tuple_body` (21) with repeated `ETuple.ps` (1).
pub(crate) fn tuple(items: &[&[u8]]) -> Vec<u8> {
    let mut content = Vec::new();
    for item in items {
        bytes_field(&mut content, 1, item);
    }
    expression(&nested(21, &content))
}

/// The Par of a write-only bundle: `Par.bundles` (11) with `body` (1), `writeFlag` (2) and the absent `readFlag`.
pub(crate) fn write_bundle(body: &[u8]) -> Vec<u8> {
    let mut content = nested(1, body);
    content.extend_from_slice(&[0x10, 0x01]);
    nested(11, &content)
}

/// The Par of a private name: `Par.unforgeables` (7) > `GUnforgeable.g_private_body` (1) > `GPrivate.id` (1).
pub(crate) fn private_name(id: &[u8]) -> Vec<u8> {
    nested(7, &nested(1, &nested(1, id)))
}

/// The Par of a private name in 2018, when field 7 held `GPrivate` itself.
pub(crate) fn private_name_2018(id: &[u8]) -> Vec<u8> {
    nested(7, &nested(1, id))
}
