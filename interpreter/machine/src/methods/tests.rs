//! Methods: rows of language.md 9.6 with hand-built values, and the charges of runtime.md 4.8 and 7.3.

use num_bigint::BigInt;
use rhodium_term::{Head, Term};

use super::*;
use crate::numeric::big_value;
use crate::test_values::{i, ints, s, set};
use crate::value::Map;

fn int_set(items: &[i64]) -> Value {
    set(&items.iter().map(|n| i(*n)).collect::<Vec<_>>())
}

fn map(entries: &[(&str, i64)]) -> Value {
    let mut map = Map::default();
    entries.iter().for_each(|(k, v)| map.insert(s(k), i(*v)));
    Value::from_map(map)
}

fn pair(key: &str, value: i64) -> Value {
    Value::tuple(vec![s(key), i(value)])
}

fn bytes(bytes: &[u8]) -> Value {
    Value::bytes(bytes)
}

fn send() -> Value {
    Value::item(Term::send(Term::single(Term::int(1)), vec![Term::single(Term::int(2))], false))
}

/// A list nested so deep that it is kept as a term.
fn deep() -> Value {
    (0..100).fold(i(0), |v, _| Value::list([v]))
}

/// A path: a list of strings.
fn path(text: &str) -> Value {
    Value::list(text.split_whitespace().map(s))
}

fn pm(paths: &[&str]) -> Value {
    Value::item(Term::path_map(paths.iter().map(|p| path(p).to_term()).collect::<Vec<_>>(), None))
}

/// A call with the charge that the machine makes for it.
fn on(meter: &mut Meter, target: Value, name: &str, args: &[Value]) -> Result<Value, Fault> {
    charge(meter, 10)?;
    call(name, &target, args, meter)
}

fn cost(target: Value, name: &str, args: &[Value]) -> (Value, i64) {
    let mut meter = Meter::new(i64::MAX / 2);
    let result = call(name, &target, args, &mut meter).unwrap();
    (result, meter.used())
}

fn get(target: Value, name: &str, args: &[Value]) -> Value {
    cost(target, name, args).0
}

fn fault(target: Value, name: &str, args: &[Value]) -> Fault {
    call(name, &target, args, &mut Meter::new(i64::MAX / 2)).unwrap_err()
}

fn undefined(target: Value, name: &str, args: &[Value]) -> bool {
    fault(target, name, args).kind == ErrorKind::MethodNotDefined
}

/// A value of every type that messages tell apart.
fn one_of_each() -> Vec<Value> {
    let number = |head| Value::item(Term::ground(head));
    let zipper = |write| get(pm(&["a"]), if write { "writeZipper" } else { "readZipper" }, &[]);
    vec![
        Value::Nil,
        Value::Bool(true),
        i(0),
        number(Head::Double(0)),
        number(Head::BigInt(BigInt::from(1).into())),
        number(Head::BigRat((BigInt::from(1), BigInt::from(2)).into())),
        number(Head::FixedPoint((BigInt::from(1), 2).into())),
        s("1"),
        bytes(&[1]),
        Value::uri("rho:x"),
        Value::list([pair("a", 1)]),
        pair("a", 1),
        set(&[pair("a", 1)]),
        map(&[("a", 1)]),
        pm(&["a"]),
        zipper(false),
        zipper(true),
        number(Head::DeployId([1].into())),
        Value::name([1; 32]),
        send(),
    ]
}

/// The receivers in the table are those that the methods accept with some arguments.
#[test]
fn receivers_of_the_table() {
    let values = one_of_each();
    for method in Method::ALL {
        for target in &values {
            let accepts = values.iter().any(|argument| {
                let args = vec![argument.clone(); method.arity()];
                let result = call(method.name(), target, &args, &mut Meter::new(i64::MAX / 2));
                !result.is_err_and(|fault| matches!(fault.code, Code::MethodNotDefined | Code::WrongValue))
            });
            let kind = Type::of(target);
            assert_eq!(accepts, method.is_defined_on(kind), "{} on {}", method.name(), kind.name());
        }
    }
}

#[test]
fn names() {
    for method in Method::ALL {
        assert_eq!(Method::from_name(method.name()), Some(*method));
        let args = vec![i(1); method.arity() + 1];
        assert_eq!(fault(i(1), method.name(), &args).kind, ErrorKind::MethodArgumentNumberMismatch);
    }
    assert_eq!(fault(ints(&[1]), "frobnicate", &[]), super::unknown("frobnicate"));
    assert_eq!(super::unknown("frobnicate").message, "Unimplemented method: frobnicate");
    let text = "Error: Method `length` expects 0 Par argument(s), but got 1 argument(s).";
    assert_eq!(fault(s("abc"), "length", &[i(1)]).message, text);
    let text = "Error: Method `size` is not defined on list.";
    assert_eq!(fault(ints(&[1]), "size", &[]).message, text);
}

#[test]
fn receivers() {
    let parallel = "Error: parallel or non expression found where expression expected.";
    let several = "Error: Multiple expressions given.";
    assert_eq!(fault(send(), "length", &[]), Fault::reduce(parallel));
    assert_eq!(fault(Value::Nil, "get", &[i(1)]), Fault::reduce(several));
    for name in ["hexToBytes", "bytesToHex", "toUtf8Bytes"] {
        let text = "Error: Method can only be called on singular expressions.";
        assert_eq!(fault(Value::Nil, name, &[]), Fault::reduce(text));
        assert_eq!(fault(send(), name, &[]), Fault::reduce(text));
        assert!(undefined(i(5), name, &[]));
    }
}

#[test]
fn nth() {
    assert_eq!(cost(ints(&[7, 8]), "nth", &[i(1)]), (i(8), 10));
    assert_eq!(cost(Value::tuple(vec![i(7), i(8)]), "nth", &[i(0)]), (i(7), 10));
    assert_eq!(cost(bytes(&[10, 255]), "nth", &[i(1)]), (i(255), 10));
    assert_eq!(get(deep(), "nth", &[i(0)]).depth(), deep().depth() - 2);
    assert_eq!(fault(ints(&[1]), "nth", &[i(1)]).message, "Error: index out of bound: 1");
    assert_eq!(fault(ints(&[1]), "nth", &[i(-1)]).message, "Error: index out of bound: -1");
    assert_eq!(fault(ints(&[1]), "nth", &[i(1 << 31)]).message, "Integer overflow for value 2147483648");
    let text = "Error: nth applied to something that wasn't a list or tuple.";
    assert_eq!(fault(i(5), "nth", &[i(0)]), Fault::reduce(text));
    assert_eq!(fault(pm(&["a"]), "nth", &[i(0)]), Fault::reduce(text));
    assert!(fault(ints(&[1]), "nth", &[s("a")]).message.contains("didn't evaluate to integer"));
    assert!(fault(ints(&[1]), "nth", &[Value::Nil]).message.contains("Integer expected, or unimplemented expression"));
}

#[test]
fn length_and_size() {
    assert_eq!(cost(s("abc"), "length", &[]), (i(3), 10));
    assert_eq!(cost(s("hé𝄞"), "length", &[]), (i(4), 10));
    assert_eq!(cost(ints(&[1, 2]), "length", &[]), (i(2), 10));
    assert_eq!(cost(bytes(&[0, 255]), "length", &[]), (i(2), 10));
    assert_eq!(get(deep(), "length", &[]), i(1));
    assert!(undefined(int_set(&[1]), "length", &[]) && undefined(Value::tuple(vec![i(1)]), "length", &[]));
    assert_eq!(cost(int_set(&[1, 2]), "size", &[]), (i(2), 2));
    assert_eq!(cost(map(&[("a", 1)]), "size", &[]), (i(1), 1));
    assert_eq!(cost(set(&[]), "size", &[]), (i(0), 0));
    assert!(undefined(ints(&[1]), "size", &[]) && undefined(pm(&["a"]), "size", &[]));
}

#[test]
fn slices() {
    assert_eq!(cost(s("abcdef"), "slice", &[i(1), i(4)]), (s("bcd"), 4));
    assert_eq!(cost(s("abcdef"), "slice", &[i(-2), i(2)]), (s("ab"), 2));
    assert_eq!(cost(s("abc"), "slice", &[i(0), i(-5)]), (s(""), -5));
    for (a, b, expected) in [(2, 1, ""), (1, 10, "bc"), (-1, 2, "ab"), (5, 9, ""), (3, 3, "")] {
        assert_eq!(get(s("abc"), "slice", &[i(a), i(b)]), s(expected));
    }
    assert_eq!(get(s("aé𝄞b"), "slice", &[i(1), i(4)]), s("é𝄞"));
    assert_eq!(get(s("aé𝄞b"), "slice", &[i(4), i(9)]), s("b"));
    for (a, b) in [(0, 3), (3, 5)] {
        assert_eq!(fault(s("aé𝄞b"), "slice", &[i(a), i(b)]).kind, ErrorKind::Reduce);
    }
    assert_eq!(fault(s("a𝄞"), "slice", &[i(0), i(2)]).kind, ErrorKind::Reduce);
    assert_eq!(cost(ints(&[1, 2, 3, 4]), "slice", &[i(1), i(3)]), (ints(&[2, 3]), 3));
    assert_eq!(get(ints(&[1, 2]), "slice", &[i(1), i(10)]), ints(&[2]));
    assert_eq!(cost(bytes(&[0, 17, 34, 51]), "slice", &[i(1), i(3)]), (bytes(&[17, 34]), 3));
    assert_eq!(get(bytes(&[1, 2]), "slice", &[i(2), i(1)]), bytes(&[]));
    for (a, b) in [(-1, 1), (0, 3), (4, 5)] {
        assert_eq!(fault(bytes(&[1, 2]), "slice", &[i(a), i(b)]).kind, ErrorKind::Reduce);
    }
    assert!(undefined(int_set(&[]), "slice", &[i(0), i(0)]));
}

#[test]
fn takes() {
    assert_eq!(cost(ints(&[1, 2, 3]), "take", &[i(2)]), (ints(&[1, 2]), 2));
    assert_eq!(cost(ints(&[1]), "take", &[i(5)]), (ints(&[1]), 5));
    assert_eq!(cost(ints(&[1]), "take", &[i(-1)]), (ints(&[]), -1));
    assert_eq!(get(Value::list([i(1), deep()]), "take", &[i(1)]), ints(&[1]));
    assert!(undefined(s("abc"), "take", &[i(1)]));
    let long = Value::list((0..1000).map(i));
    for (a, b) in [(0, 1000), (1, 999), (400, 410), (0, 600), (300, 1000)] {
        let part = get(long.clone(), "slice", &[i(a), i(b)]);
        assert_eq!(part, Value::list((a..b).map(i)));
        assert_eq!(part.size(), part.to_term().size());
    }
}

#[test]
fn byte_conversions() {
    assert_eq!(cost(s("0aFf"), "hexToBytes", &[]), (bytes(&[10, 255]), 4));
    assert_eq!(cost(s("g1-2h"), "hexToBytes", &[]), (bytes(&[0x12]), 5));
    assert_eq!(get(s("abc"), "hexToBytes", &[]), bytes(&[0x0A, 0xBC]));
    assert_eq!(get(s("é1"), "hexToBytes", &[]), bytes(&[1]));
    assert_eq!(get(s(""), "hexToBytes", &[]), bytes(&[]));
    assert_eq!(cost(bytes(&[10, 255]), "bytesToHex", &[]), (s("0aff"), 2));
    assert_eq!(cost(s("hé"), "toUtf8Bytes", &[]), (bytes(&[0x68, 0xC3, 0xA9]), 3));
    let wire = |v: Value| text::hex(&rhodium_term::proto::encode(&v.to_term()));
    assert_eq!(cost(i(5), "toByteArray", &[]), (bytes(&[0x2A, 2, 0x10, 10]), 8));
    assert_eq!(wire(s("ab")), "2a041a026162");
    assert_eq!(wire(map(&[("a", 1)])), "2a12ba010f0a0d0a052a031a016112042a021002");
    assert_eq!(cost(Value::Nil, "toByteArray", &[]), (bytes(&[]), 0));
    assert_eq!(get(send(), "toByteArray", &[]).size(), 2 + 3 + send().size());
    let wide = (0..50).fold(i(1), |v, _| Value::tuple(vec![v.clone(), v]));
    assert_eq!(fault(wide, "toByteArray", &[]).kind, ErrorKind::Limit);
}

#[test]
fn number_conversions() {
    assert_eq!(cost(s("-3"), "toInt", &[]), (i(-3), 2));
    assert_eq!(cost(i(5), "toInt", &[]), (i(5), 0));
    assert_eq!(cost(big_value(300.into()), "toInt", &[]), (i(300), 2));
    let text = "Method toInt(): input string \"4x\" cannot be converted to Int";
    assert_eq!(fault(s("4x"), "toInt", &[]).message, text);
    let large = big_value(BigInt::from(1_u64 << 63));
    let text = "Method toInt(): input BigInt value 9223372036854775808 out of range";
    assert_eq!(fault(large.clone(), "toInt", &[]).message, text);
    assert!(undefined(set(&[]), "toInt", &[]) && undefined(set(&[]), "toBigInt", &[]));
    assert_eq!(cost(s("9223372036854775808"), "toBigInt", &[]), (large.clone(), 19));
    assert_eq!(cost(i(5), "toBigInt", &[]), (big_value(5.into()), 8));
    assert_eq!(cost(large.clone(), "toBigInt", &[]), (large, 0));
    let text = "Method toBigInt(): input string \"x\" cannot be converted to BigInt";
    assert_eq!(fault(s("x"), "toBigInt", &[]).message, text);
}

#[test]
fn strings_of_deploy_ids() {
    let id = |head| Value::item(Term::ground(head));
    assert_eq!(cost(id(Head::DeployId(vec![1, 0xAB].into())), "toString", &[]), (s("01ab"), 0));
    for other in [id(Head::DeployerId(vec![1].into())), i(1), Value::Nil] {
        assert!(undefined(other, "toString", &[]));
    }
}

#[test]
fn sets_and_maps() {
    assert_eq!(cost(int_set(&[1, 2]), "union", &[int_set(&[2, 3])]), (int_set(&[1, 2, 3]), 6));
    let (old, new) = (map(&[("a", 1)]), map(&[("a", 9), ("b", 2)]));
    assert_eq!(cost(old.clone(), "union", std::slice::from_ref(&new)), (new.clone(), 6));
    assert_eq!(cost(new, "union", std::slice::from_ref(&old)), (map(&[("a", 1), ("b", 2)]), 3));
    assert_eq!(cost(int_set(&[1, 2, 3]), "diff", &[int_set(&[2])]), (int_set(&[1, 3]), 3));
    assert_eq!(cost(map(&[("a", 1), ("b", 2)]), "diff", &[map(&[("b", 99)])]), (map(&[("a", 1)]), 3));
    assert_eq!(cost(map(&[("a", 1)]), "diff", &[map(&[("b", 99), ("a", 0)])]), (map(&[]), 6));
    assert_eq!(fault(old, "union", &[int_set(&[])]).message, "Error: Method `union` is not defined on map.");
    assert!(undefined(ints(&[1]), "union", &[ints(&[2])]));
    assert!(undefined(int_set(&[1]), "intersection", &[int_set(&[1])]));
    assert_eq!(cost(int_set(&[1]), "add", &[i(2)]), (int_set(&[1, 2]), 3));
    assert_eq!(get(int_set(&[1]), "add", &[send()]), set(&[i(1), send()]));
    assert!(undefined(map(&[("a", 1)]), "add", &[i(1)]));
    assert_eq!(cost(int_set(&[1, 2]), "delete", &[i(1)]), (int_set(&[2]), 3));
    assert_eq!(cost(map(&[("a", 1), ("b", 2)]), "delete", &[s("a")]), (map(&[("b", 2)]), 3));
    assert_eq!(get(map(&[("a", 1)]), "delete", &[s("z")]), map(&[("a", 1)]));
    assert!(undefined(ints(&[1]), "delete", &[i(1)]));
}

#[test]
fn lookups() {
    let m = || map(&[("a", 1)]);
    assert_eq!(cost(int_set(&[1, 2]), "contains", &[i(2)]), (true.into(), 3));
    assert_eq!(cost(m(), "contains", &[s("a")]), (true.into(), 3));
    assert_eq!(get(m(), "contains", &[i(1)]), false.into());
    assert!(undefined(ints(&[1]), "contains", &[i(1)]));
    assert_eq!(cost(m(), "get", &[s("a")]), (i(1), 3));
    assert_eq!(cost(m(), "get", &[s("z")]), (Value::Nil, 3));
    assert_eq!(cost(m(), "getOrElse", &[s("z"), i(7)]), (i(7), 3));
    assert_eq!(cost(m(), "set", &[s("b"), i(2)]), (map(&[("a", 1), ("b", 2)]), 3));
    assert_eq!(get(m(), "set", &[s("a"), i(9)]), map(&[("a", 9)]));
    assert!(undefined(int_set(&[1]), "get", &[i(1)]));
    assert_eq!(cost(map(&[("b", 1), ("a", 2)]), "keys", &[]), (set(&[s("a"), s("b")]), 10));
    assert_eq!(get(set(&[deep()]), "contains", &[deep()]), true.into());
    let deeper = get(m(), "set", &[s("d"), deep()]);
    assert_eq!(get(deeper.clone(), "get", &[s("d")]), deep());
    assert_eq!(get(deeper, "delete", &[s("d")]), m());
}

#[test]
fn conversions() {
    let m = map(&[("b", 2), ("a", 1)]);
    assert_eq!(cost(int_set(&[3, 1, 2]), "toList", &[]), (ints(&[1, 2, 3]), 3));
    assert_eq!(cost(m.clone(), "toList", &[]), (Value::list([pair("a", 1), pair("b", 2)]), 2));
    assert_eq!(cost(Value::tuple(vec![i(1), i(2)]), "toList", &[]), (ints(&[1, 2]), 2));
    assert_eq!(cost(ints(&[5]), "toList", &[]), (ints(&[5]), 0));
    assert!(undefined(s("a"), "toList", &[]));
    assert_eq!(cost(ints(&[1, 1, 2]), "toSet", &[]), (int_set(&[1, 2]), 0));
    assert_eq!(cost(m.clone(), "toSet", &[]), (set(&[pair("a", 1), pair("b", 2)]), 0));
    assert_eq!(cost(int_set(&[1]), "toSet", &[]), (int_set(&[1]), 0));
    assert!(undefined(Value::tuple(vec![i(1)]), "toSet", &[]));
    assert_eq!(cost(m.clone(), "toMap", &[]), (m.clone(), 0));
    assert_eq!(get(Value::list([pair("b", 9), pair("a", 1), pair("b", 2)]), "toMap", &[]), m);
    assert_eq!(get(set(&[pair("b", 2), pair("a", 1)]), "toMap", &[]), m);
    let text = "Error: Method `toMap` is not defined on types except List[(K,V)].";
    assert_eq!(fault(ints(&[1]), "toMap", &[]).message, text);
    assert!(undefined(Value::tuple(vec![i(1), i(2)]), "toMap", &[]));
}

#[test]
fn path_map_algebra() {
    assert_eq!(cost(pm(&["b x", "a"]), "union", &[pm(&["a", "c"])]), (pm(&["a", "b x", "c"]), 6));
    assert_eq!(cost(pm(&["a b", "a c"]), "intersection", &[pm(&["a b", "x"])]), (pm(&["a b"]), 6));
    assert_eq!(cost(pm(&["a b", "a c"]), "diff", &[pm(&["a b"])]), (pm(&["a c"]), 3));
    assert_eq!(cost(pm(&["a b", "d"]), "restriction", &[pm(&["a"])]), (pm(&["a b"]), 3));
    assert_eq!(get(pm(&["a b", "d", "ab"]), "restriction", &[pm(&["a", "a b", "c"])]), pm(&["a b"]));
    assert_eq!(get(pm(&["b", "a"]), "restriction", &[pm(&[""])]), pm(&["a", "b"]));
    assert_eq!(get(pm(&["b", "a", "a"]), "union", &[pm(&[])]), pm(&["a", "b"]));
    assert!(undefined(pm(&["a"]), "union", &[int_set(&[])]));
    assert!(undefined(get(pm(&[]), "readZipper", &[]), "union", &[pm(&[])]));
    assert_eq!(cost(pm(&["a b c", "a b c", "d"]), "dropHead", &[i(2)]), (pm(&["c", "c"]), 6));
    let text = "dropHead argument must be non-negative, got: -1";
    assert_eq!(fault(pm(&[]), "dropHead", &[i(-1)]), Fault::reduce(text));
    assert_eq!(cost(pm(&["b", "a"]), "run", &[i(1)]), (pm(&["b", "a"]), 3));
    let odd = Value::item(Term::path_map(vec![s("z").to_term(), i(5).to_term(), path("z").to_term()], None));
    assert_eq!(
        get(odd, "union", &[pm(&[])]),
        Value::item(Term::path_map(vec![i(5).to_term(), path("z").to_term()], None))
    );
    let long = Value::item(Term::path_map(vec![s(&"x".repeat(99)).to_term()], None));
    assert_eq!(fault(long, "union", &[pm(&[])]).kind, ErrorKind::Reduce);
}

fn at(target: Value, name: &str, path_text: &str) -> Value {
    get(target, name, &[path(path_text)])
}

#[test]
fn navigation() {
    let z = |p: &str| at(pm(&["a b", "a c", "d", "a b e"]), "readZipperAt", p);
    assert_eq!(cost(z(""), "descendTo", &[path("a b")]), (z("a b"), 3));
    assert_eq!(get(z(""), "descendFirst", &[]), z("a"));
    assert_eq!(get(z("a c"), "descendFirst", &[]), Value::Nil);
    assert_eq!(get(z("a"), "descendIndexedBranch", &[i(1)]), z("a c"));
    assert_eq!(get(z("a"), "descendIndexedBranch", &[i(7)]), Value::Nil);
    assert_eq!(get(z("a"), "descendIndexedBranch", &[i(-1)]), Value::Nil);
    assert_eq!(get(z("a b"), "toNextSibling", &[]), z("a c"));
    assert_eq!(get(z("a c"), "toNextSibling", &[]), Value::Nil);
    assert_eq!(get(z("d"), "toPrevSibling", &[]), z("a"));
    assert_eq!(get(z("a"), "toPrevSibling", &[]), Value::Nil);
    assert_eq!(get(z(""), "toNextSibling", &[]), Value::Nil);
    assert_eq!(get(z("a b"), "ascendOne", &[]), z("a"));
    assert_eq!(get(z(""), "ascendOne", &[]), Value::Nil);
    assert_eq!(get(z("a b e"), "ascend", &[i(2)]), z("a"));
    assert_eq!(get(z("a b"), "ascend", &[i(i64::MAX)]), z(""));
    assert!(undefined(z("a"), "ascend", &[i(-1)]) && undefined(z("a"), "ascend", &[s("x")]));
    assert_eq!(cost(z("a b"), "reset", &[]), (z(""), 3));
    assert!(undefined(pm(&["a"]), "reset", &[]) && undefined(i(1), "reset", &[]));
}

#[test]
fn reading() {
    let map = || pm(&["a b", "a c", "d"]);
    let z = |p: &str| at(map(), "readZipperAt", p);
    assert_eq!(cost(z("a b"), "getLeaf", &[]), (path("a b"), 3));
    assert_eq!((get(z(""), "getLeaf", &[]), get(map(), "getLeaf", &[])), (Value::Nil, Value::Nil));
    assert_eq!(get(pm(&["", "x"]), "getLeaf", &[]), path(""));
    assert_eq!(get(z("a"), "getSubtrie", &[]), pm(&["a b", "a c"]));
    assert_eq!(get(map(), "getSubtrie", &[]), map());
    assert_eq!((at(z("a"), "atPath", "c"), at(map(), "atPath", "a b")), (path("a c"), path("a b")));
    assert_eq!(at(map(), "atPath", "z"), Value::Nil);
    assert_eq!((get(z("a"), "pathExists", &[]), get(z("x"), "pathExists", &[])), (true.into(), false.into()));
    assert_eq!((get(map(), "pathExists", &[]), get(pm(&[]), "pathExists", &[])), (true.into(), false.into()));
    assert_eq!((get(z("a"), "childCount", &[]), get(map(), "childCount", &[])), (i(2), i(2)));
}

#[test]
fn editing() {
    let map = || pm(&["a b", "a c", "d"]);
    let w = |p: &str| at(map(), "writeZipperAt", p);
    assert_eq!(cost(w("a"), "setSubtrie", &[pm(&["z"])]), (pm(&["a z", "d"]), 3));
    assert_eq!(get(w("a"), "setSubtrie", &[pm(&[])]), pm(&["a", "d"]));
    assert_eq!(get(w("q r"), "setSubtrie", &[pm(&["z"])]), pm(&["a b", "a c", "d", "q r z"]));
    let text = "Error: Method `setSubtrie (requires write zipper)` is not defined on read zipper.";
    let reader = at(map(), "readZipperAt", "a");
    assert_eq!(fault(reader.clone(), "setSubtrie", &[pm(&["z"])]).message, text);
    assert!(undefined(reader.clone(), "prunePath", &[]) && undefined(reader.clone(), "createPath", &[path("q")]));
    assert!(undefined(map(), "setSubtrie", &[pm(&[])]));
    assert_eq!(get(w("a"), "setLeaf", &[path("q")]), pm(&["a b", "a c", "d", "q"]));
    assert_eq!(get(reader.clone(), "setLeaf", &[path("q")]), pm(&["a b", "a c", "d", "q"]));
    assert_eq!(get(w("a b"), "removeLeaf", &[]), pm(&["a c", "d"]));
    assert_eq!((get(map(), "removeLeaf", &[]), get(pm(&[]), "removeLeaf", &[])), (pm(&["a b", "a c"]), pm(&[])));
    let nested = at(pm(&["a b", "a", "d"]), "writeZipperAt", "a");
    assert_eq!(get(nested, "removeBranches", &[]), pm(&["a", "d"]));
    assert_eq!(get(map(), "removeBranches", &[]), pm(&[]));
    assert_eq!(get(w("a"), "prunePath", &[]), pm(&["d"]));
    assert_eq!(get(w("a"), "createPath", &[path("q")]), map());
    assert_eq!(get(map(), "graft", std::slice::from_ref(&reader)), pm(&["a b", "a c", "d", "a b", "a c", "d"]));
    assert_eq!(cost(reader, "joinInto", &[pm(&["a b", "b"])]), (pm(&["a b", "a c", "b", "d"]), 6));
    assert!(undefined(map(), "graft", &[i(1)]));
}

/// Measured totals of programs that send results on `@"out"` (rows of language.md 9.6 and runtime.md 7.5): parsing, send,
/// substitution of channel and data, storage, one event, and what evaluation took.
fn check_total(total: i64, source_bytes: i64, results: &[Value], evaluation: i64) {
    let data: i64 = results.iter().map(|v| v.size() as i64).sum();
    assert_eq!(source_bytes + 11 + 7 + data + 7 + data + 64 + evaluation, total);
}

#[test]
fn measured_costs() {
    type Call<'a> = (Value, &'a [(&'a str, &'a [Value])]);
    let run = |total, source_bytes, calls: &[Call<'_>]| {
        let mut meter = Meter::new(1_000_000);
        let chain = |(target, chain): &Call<'_>, meter: &mut Meter| {
            chain.iter().try_fold(target.clone(), |v, (name, args)| on(meter, v, name, args)).unwrap()
        };
        let results: Vec<Value> = calls.iter().map(|call| chain(call, &mut meter)).collect();
        check_total(total, source_bytes, &results, meter.used());
    };
    run(
        304,
        97,
        &[
            (s("abcdef"), &[("slice", &[i(1), i(4)])]),
            (ints(&[1, 2, 3, 4]), &[("slice", &[i(1), i(3)])]),
            (s("abc"), &[("slice", &[i(2), i(1)])]),
            (s("abcdef"), &[("slice", &[i(-2), i(2)])]),
        ],
    );
    run(205, 57, &[(s("00112233"), &[("hexToBytes", &[]), ("slice", &[i(1), i(3)]), ("bytesToHex", &[])])]);
    run(
        416,
        88,
        &[
            (int_set(&[3, 1, 2]), &[("toList", &[])]),
            (map(&[("b", 2), ("a", 1)]), &[("toList", &[])]),
            (Value::tuple(vec![i(1), i(2)]), &[("toList", &[])]),
            (ints(&[5]), &[("toList", &[])]),
        ],
    );
    run(
        351,
        98,
        &[
            (i(5), &[("toByteArray", &[]), ("bytesToHex", &[])]),
            (s("ab"), &[("toByteArray", &[]), ("bytesToHex", &[])]),
            (Value::Nil, &[("toByteArray", &[]), ("length", &[])]),
        ],
    );
    run(
        306,
        69,
        &[
            (int_set(&[1, 2]), &[("union", &[int_set(&[2, 3])])]),
            (map(&[("a", 1)]), &[("union", &[map(&[("a", 9), ("b", 2)])])]),
        ],
    );
    run(267, 54, &[(pm(&["b x", "a"]), &[("union", &[pm(&["a", "c"])])])]);
    run(
        453,
        166,
        &[
            (pm(&["a b", "a c"]), &[("intersection", &[pm(&["a b", "x"])])]),
            (pm(&["a b", "a c"]), &[("diff", &[pm(&["a b"])])]),
            (pm(&["a b", "d"]), &[("restriction", &[pm(&["a"])])]),
        ],
    );
    run(284, 75, &[(pm(&["a b", "a c", "d"]), &[("readZipperAt", &[path("a")]), ("getSubtrie", &[])])]);
    run(
        362,
        132,
        &[
            (pm(&["a b"]), &[("readZipper", &[]), ("getLeaf", &[])]),
            (pm(&["a b"]), &[("readZipperAt", &[path("a b")]), ("getLeaf", &[])]),
            (pm(&["a b"]), &[("atPath", &[path("a b")])]),
        ],
    );
    run(280, 85, &[(pm(&["a b", "a c", "d"]), &[("writeZipperAt", &[path("a")]), ("setSubtrie", &[pm(&["z"])])])]);
    run(
        376,
        131,
        &[
            (pm(&["a b", "d"]), &[("writeZipperAt", &[path("a")]), ("prunePath", &[])]),
            (pm(&["a b", "a", "d"]), &[("writeZipperAt", &[path("a")]), ("removeBranches", &[])]),
        ],
    );
    run(308, 71, &[(pm(&["a b", "a c"]), &[("writeZipperAt", &[path("a")]), ("setLeaf", &[path("q")])])]);
    run(
        298,
        120,
        &[
            (pm(&["a", "b"]), &[("readZipper", &[]), ("descendIndexedBranch", &[i(1)]), ("getLeaf", &[])]),
            (pm(&["a"]), &[("readZipper", &[]), ("descendIndexedBranch", &[i(7)])]),
        ],
    );
    run(214, 78, &[(pm(&["a b", "c"]), &[("readZipperAt", &[path("a b")]), ("ascend", &[i(5)]), ("childCount", &[])])]);
}
