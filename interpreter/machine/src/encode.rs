//! The bytes of values in the state codec (runtime.md Annex C) and in protobuf (runtime.md 1.2), written without making
//! terms of them.

use rhodium_term::state_codec::Encoder;
use rhodium_term::{Head, Term, proto};

use crate::cost::Meter;
use crate::error::Fault;
use crate::value::{Summary, Value, entry_len};

impl Value {
    /// Writes what [`Encoder::term`] writes for the term. The recursion is as shallow as collections are.
    pub(crate) fn encode(&self, out: &mut Encoder) {
        let mut collection = |head: Head, len: usize, summary: &Summary, elements: &dyn Fn(&mut Encoder)| {
            out.collection(&head, len, summary.connectives > 0, elements);
        };
        match self {
            Value::Nil => out.term(&Term::nil()),
            Value::Term(par) => out.term(par),
            Value::Bool(b) => out.ground(&Head::Bool(*b)),
            Value::Int(i) => out.ground(&Head::Int(*i)),
            Value::Str(s) => out.ground(&Head::Str(s.clone())),
            Value::Bytes(b) => out.ground(&Head::Bytes(b.clone())),
            Value::Name(id, _) => out.ground(&Head::Private(id.clone())),
            Value::List(list) => collection(Head::List { remainder: None }, list.items.len(), &list.summary, &|out| {
                list.items.iter().for_each(|item| item.encode(out));
            }),
            Value::Tuple(tuple) => collection(Head::Tuple, tuple.items.len(), &tuple.summary, &|out| {
                tuple.items.iter().for_each(|item| item.encode(out));
            }),
            Value::Set(set) => collection(Head::Set { remainder: None }, set.items.len(), &set.summary, &|out| {
                set.items.iter().for_each(|item| item.encode(out));
            }),
            Value::Map(map) => collection(Head::Map { remainder: None }, map.entries.len(), &map.summary, &|out| {
                for part in map.entries.iter().flat_map(|(key, value)| [key, value]) {
                    out.part();
                    part.encode(out);
                }
            }),
        }
    }

    /// Appends the protobuf form, of [`Value::size`] bytes, unless the evaluation is interrupted.
    pub(crate) fn encode_wire(&self, out: &mut Vec<u8>, meter: &Meter) -> Result<(), Fault> {
        type Elements<'a> = &'a dyn Fn(&mut Vec<u8>) -> Result<(), Fault>;
        let collection = |head: Head, summary: &Summary, out: &mut Vec<u8>, elements: Elements<'_>| {
            proto::encode_collection(&head, summary.content, summary.connectives > 0, out, elements)
        };
        match self {
            Value::List(list) => collection(Head::List { remainder: None }, &list.summary, out, &|out| {
                list.items.iter().try_for_each(|item| item.encode_field(1, out, meter))
            }),
            Value::Tuple(tuple) => collection(Head::Tuple, &tuple.summary, out, &|out| {
                tuple.items.iter().try_for_each(|item| item.encode_field(1, out, meter))
            }),
            Value::Set(set) => collection(Head::Set { remainder: None }, &set.summary, out, &|out| {
                set.items.iter().try_for_each(|item| item.encode_field(1, out, meter))
            }),
            Value::Map(map) => collection(Head::Map { remainder: None }, &map.summary, out, &|out| {
                map.entries.iter().try_for_each(|(key, value)| {
                    proto::encode_header(1, entry_len(key, value), out);
                    key.encode_field(1, out, meter)?;
                    value.encode_field(2, out, meter)
                })
            }),
            _ => {
                proto::encode_into(&self.to_term(), out);
                Ok(())
            }
        }
    }

    fn encode_field(&self, field: u32, out: &mut Vec<u8>, meter: &Meter) -> Result<(), Fault> {
        meter.look()?;
        proto::encode_header(field, self.size(), out);
        self.encode_wire(out, meter)
    }
}

#[cfg(test)]
mod tests {
    use rhodium_normalizer::{Options, compile};
    use rhodium_term::state_codec::{blake2b256, channel_hash, state_bytes};

    use super::*;
    use crate::persist;
    use crate::value::{List, Map};

    fn values() -> Vec<Value> {
        let sources = [
            "Nil",
            "true",
            "-7",
            "9223372036854775807",
            "\"text é\"",
            "\"\"",
            "\"00ff\".hexToBytes()",
            "`rho:io:stdout`",
            "1n",
            "[]",
            "[1, [2, (3, \"x\")], Nil]",
            "(1,)",
            "Set()",
            "Set(3, 1, 2, [Nil])",
            "{}",
            "{\"b\": {1: Set()}, \"a\": @Nil!(1)}",
            "[1 + 2, @\"c\"!(1)]",
            "(1 | 2)",
        ];
        let value = |source: &str| Value::from_term(&compile(source, &Options::default()).expect("a process"));
        let mut values: Vec<Value> = sources.into_iter().map(value).collect();
        values.extend([Value::name([7; 32]), Value::name([]), Value::bytes([0, 255])]);
        // What patterns are made of can be an element of a value.
        let pattern = Value::Term(Term::single(Term::var(rhodium_term::Var::Wildcard, 0)));
        let (mut list, mut map) = (List::default(), Map::default());
        values.iter().chain([&pattern]).for_each(|value| list.push(value.clone()));
        values.iter().for_each(|value| map.insert(value.clone(), pattern.clone()));
        let tuple = Value::tuple(vec![Value::from_map(map.clone()), pattern]);
        values.extend([Value::from_list(list), Value::from_map(map), tuple]);
        let nested = (0..200).fold(Value::Nil, |inner, _| Value::list([inner]));
        values.push(nested);
        values
    }

    #[test]
    fn values_and_terms_have_the_same_bytes() {
        for value in values() {
            let term = value.to_term();
            assert_eq!(persist::state_bytes(&value), state_bytes(&term), "{value:?}");
            assert_eq!(blake2b256(&persist::state_bytes(&value)), channel_hash(&term));
            let mut wire = Vec::new();
            value.encode_wire(&mut wire, &Meter::new(0)).expect("no interrupt");
            assert_eq!(wire, proto::encode(&term), "{value:?}");
        }
    }
}
