//! Operators: rows of language.md 9.5 with hand-built values, and the charges of runtime.md 7.3.

use num_bigint::BigInt;
use rhodium_term::{BinaryOp::*, Var};

use super::*;
use crate::numeric::{MAX_NUMBER_BYTES, big_value};
use crate::test_values::{i, ints, s, set};
use crate::value::{List, Map};

fn map(entries: &[(Value, Value)]) -> Value {
    let mut map = Map::default();
    entries.iter().for_each(|(k, v)| map.insert(k.clone(), v.clone()));
    Value::from_map(map)
}

fn big(n: i128) -> Value {
    big_value(BigInt::from(n))
}

fn double(x: f64) -> Value {
    Value::item(Term::ground(Head::Double(x.to_bits())))
}

fn rat(num: i64, den: i64) -> Value {
    Value::item(Term::ground(Head::BigRat((num.into(), den.into()).into())))
}

fn fixed(unscaled: i64, scale: u32) -> Value {
    Value::item(Term::ground(Head::FixedPoint((unscaled.into(), scale).into())))
}

fn send() -> Value {
    Value::item(Term::send(Term::single(Term::int(1)), vec![Term::single(Term::int(2))], false))
}

fn two() -> Value {
    Value::from_term(&Term::par(vec![Term::int(1), Term::int(2)]))
}

/// A list nested so deep that it is kept as a term.
fn deep() -> Value {
    (0..100).fold(i(0), |v, _| Value::list([v]))
}

fn cost(op: BinaryOp, a: Value, b: Value) -> (Value, i64) {
    let mut meter = Meter::new(i64::MAX);
    let result = binary(op, &a, &b, &mut meter).unwrap();
    (result, meter.used())
}

fn run(op: BinaryOp, a: Value, b: Value) -> Value {
    cost(op, a, b).0
}

fn fault(op: BinaryOp, a: Value, b: Value) -> Fault {
    binary(op, &a, &b, &mut Meter::new(i64::MAX)).unwrap_err()
}

fn kind(op: BinaryOp, a: Value, b: Value) -> ErrorKind {
    fault(op, a, b).kind
}

fn yes(op: BinaryOp, a: Value, b: Value) -> bool {
    run(op, a, b) == Value::Bool(true)
}

#[test]
fn single_expressions() {
    assert_eq!(single(&Value::Nil).unwrap_err().message, "Error: Multiple expressions given.");
    assert_eq!(single(&two()).unwrap_err().message, "Error: Multiple expressions given.");
    for other in [send(), Value::name(vec![7; 32])] {
        let text = "Error: parallel or non expression found where expression expected.";
        assert_eq!(single(&other).unwrap_err().message, text);
        assert_eq!(int_of(&other).unwrap_err().message, text);
    }
    assert!(single(&deep()).is_ok());
    assert_eq!(int_of(&Value::Nil).unwrap_err().message, "Error: Integer expected, or unimplemented expression.");
    assert_eq!(int_of(&two()).unwrap_err().message, "Error: Integer expected, or unimplemented expression.");
    assert_eq!(int_of(&s("0")).unwrap_err().message, "Error: expression didn't evaluate to integer.");
    assert_eq!(bool_of(&i(1)).unwrap_err().message, "Error: expression didn't evaluate to boolean.");
    assert_eq!((int_of(&i(3)), bool_of(&true.into())), (Ok(3), Ok(true)));
}

#[test]
fn int_arithmetic() {
    assert_eq!(cost(Plus, i(1), i(2)), (i(3), 3));
    assert_eq!(cost(Minus, i(1), i(2)), (i(-1), 3));
    assert_eq!(cost(Mult, i(3), i(2)), (i(6), 9));
    assert_eq!(cost(Div, i(-7), i(2)), (i(-3), 9));
    assert_eq!(cost(Mod, i(-7), i(2)), (i(-1), 9));
    assert_eq!((run(Div, i(7), i(-2)), run(Mod, i(7), i(-2))), (i(-3), i(1)));
    assert_eq!(run(Plus, i(i64::MAX), i(1)), i(i64::MIN));
    assert_eq!(run(Minus, i(i64::MIN), i(1)), i(i64::MAX));
    assert_eq!(
        fault(Mult, i(i64::MAX), i(2)).message,
        format!("Arithmetic overflow in multiplication: {} * 2", i64::MAX)
    );
    assert_eq!(fault(Div, i(i64::MIN), i(-1)).message, "Arithmetic overflow in division");
    assert_eq!(fault(Mod, i(i64::MIN), i(-1)).message, "Arithmetic overflow in modulo");
    assert_eq!(fault(Div, i(1), i(0)).message, "Division by zero");
    assert_eq!(fault(Mod, i(1), i(0)).message, "Modulo by zero");
}

#[test]
fn arithmetic_types() {
    assert_eq!(fault(Plus, i(1), s("a")).message, "Error: Operator `+` is not defined on string.");
    assert_eq!(kind(Plus, i(1), s("a")), ErrorKind::OperatorExpected);
    assert_eq!(kind(Plus, s("a"), s("b")), ErrorKind::OperatorNotDefined);
    assert_eq!(kind(Mult, set(&[]), i(1)), ErrorKind::OperatorNotDefined);
    assert_eq!(kind(Minus, ints(&[]), i(1)), ErrorKind::OperatorNotDefined);
    assert_eq!(kind(Plus, map(&[]), i(1)), ErrorKind::OperatorNotDefined);
    assert_eq!(kind(Plus, big(1), i(1)), ErrorKind::OperatorExpected);
    assert_eq!(kind(Plus, i(1), double(1.0)), ErrorKind::OperatorExpected);
    let scales = fault(Plus, fixed(15, 1), fixed(250, 2));
    assert_eq!(scales.message, "Error: Operator `+` is not defined on FixedPoint(p2).");
    assert_eq!(scales.kind, ErrorKind::OperatorExpected);
    for bad in [Value::Nil, two(), send()] {
        assert_eq!(kind(Plus, bad.clone(), i(1)), ErrorKind::Reduce);
        assert_eq!(kind(Plus, set(&[]), bad), ErrorKind::Reduce);
    }
}

#[test]
fn negation_and_not() {
    let neg = |v: Value| {
        let mut meter = Meter::new(i64::MAX);
        unary(UnaryOp::Neg, &v, &mut meter).map(|v| (v, meter.used()))
    };
    assert_eq!(neg(i(5)), Ok((i(-5), 0)));
    assert_eq!(neg(big(-128)), Ok((big(128), 1)));
    assert_eq!(neg(rat(3, 1)), Ok((rat(-3, 1), 1)));
    assert_eq!(neg(fixed(1500, 1)), Ok((fixed(-1500, 1), 2)));
    assert_eq!(neg(double(3.5)), Ok((double(-3.5), 0)));
    assert!(neg(i(i64::MIN)).unwrap_err().message.starts_with("Arithmetic overflow in negation"));
    assert_eq!(neg(s("a")).unwrap_err().message, "Error: Operator `Negation` is not defined on string.");
    assert_eq!(neg(s("a")).unwrap_err().kind, ErrorKind::OperatorNotDefined);
    let mut meter = Meter::new(i64::MAX);
    assert_eq!(unary(UnaryOp::Not, &false.into(), &mut meter), Ok(true.into()));
    assert_eq!(unary(UnaryOp::Not, &i(1), &mut meter).unwrap_err().kind, ErrorKind::Reduce);
    assert_eq!(meter.used(), 0);
}

#[test]
fn big_integers() {
    assert_eq!(cost(Plus, big(5), big(6)), (big(11), 3));
    assert_eq!(cost(Minus, big(1), big(2)), (big(-1), 3));
    assert_eq!(cost(Mod, big(-7), big(2)), (big(-1), 9));
    let long = 123_456_789_012_345_678_901_234_567_890;
    assert_eq!(cost(Div, big(long), big(7)), (big(long / 7), 13));
    assert_eq!(cost(Plus, big(long), big(7)), (big(long + 7), 14));
    assert_eq!(cost(Lt, big(5), big(10)), (true.into(), 3));
    assert_eq!(cost(Lt, big(long), big(10)), (false.into(), 13));
    assert_eq!(fault(Div, big(1), big(0)).message, "Division by zero");
    assert_eq!(fault(Mod, big(1), big(0)).message, "Modulo by zero");
    let huge = big_value(BigInt::from(1) << (4 * MAX_NUMBER_BYTES));
    assert_eq!(kind(Mult, huge.clone(), huge), ErrorKind::Limit);
}

#[test]
fn rationals() {
    assert_eq!(cost(Div, rat(1, 1), rat(3, 1)), (rat(1, 3), 9));
    assert_eq!(cost(Plus, rat(1, 3), rat(1, 6)), (rat(1, 2), 5));
    assert_eq!(cost(Minus, rat(1, 2), rat(1, 2)), (rat(0, 1), 5));
    assert_eq!(cost(Mod, rat(5, 1), rat(2, 1)), (rat(0, 1), 0));
    assert_eq!(cost(Mult, rat(2, 1), rat(3, 1)), (rat(6, 1), 9));
    assert_eq!(run(Div, rat(1, 2), rat(-1, 3)), rat(-3, 2));
    assert_eq!(run(Div, rat(-1, 2), rat(-1, 3)), rat(3, 2));
    assert_eq!(cost(Lt, rat(1, 3), rat(1, 2)), (true.into(), 3));
    assert_eq!(cost(Lt, rat(1000, 3), rat(1, 1000)), (false.into(), 4));
    assert_eq!(fault(Div, rat(1, 1), rat(0, 1)).message, "Division by zero");
}

#[test]
fn fixed_points() {
    assert_eq!(cost(Plus, fixed(150, 2), fixed(25, 2)), (fixed(175, 2), 3));
    assert_eq!(cost(Mult, fixed(15, 1), fixed(20, 1)), (fixed(30, 1), 9));
    assert_eq!(cost(Div, fixed(100, 2), fixed(300, 2)), (fixed(33, 2), 9));
    assert_eq!(run(Mult, fixed(-15, 1), fixed(1, 1)), fixed(-2, 1));
    assert_eq!(run(Div, fixed(-100, 2), fixed(300, 2)), fixed(-33, 2));
    assert_eq!(run(Mod, fixed(-750, 2), fixed(200, 2)), fixed(-150, 2));
    assert_eq!(cost(Lte, fixed(150, 2), fixed(150, 2)), (true.into(), 3));
    assert!(fault(Lt, fixed(1, 1), fixed(1, 2)).message.starts_with("Unexpected compare: "));
    assert_eq!(fault(Div, fixed(1, 1), fixed(0, 1)).message, "Division by zero");
    assert_eq!(kind(Mult, fixed(1, u32::MAX), fixed(1, u32::MAX)), ErrorKind::Limit);
}

#[test]
fn doubles() {
    assert_eq!(cost(Plus, double(3.0), double(1.5)), (double(4.5), 3));
    assert_eq!(cost(Div, double(1.0), double(0.0)), (double(f64::INFINITY), 9));
    assert_eq!(run(Div, double(-1.0), double(0.0)), double(f64::NEG_INFINITY));
    assert_eq!(run(Plus, double(0.1), double(0.2)), double(0.1 + 0.2));
    assert_eq!(fault(Mod, double(1.0), double(2.0)), Fault::reduce("Modulus not defined on floating point"));
    let nan = run(Div, double(0.0), double(0.0));
    assert_eq!(nan, Value::item(Term::ground(Head::Double(0xFFF8_0000_0000_0000))));
    for op in [Lt, Lte, Gt, Gte, Eq] {
        assert!(!yes(op, nan.clone(), nan.clone()));
    }
    assert!(yes(Neq, nan.clone(), nan.clone()));
    assert!(!yes(Eq, Value::list([map(&[(i(1), nan.clone())])]), Value::list([map(&[(i(1), nan.clone())])])));
    assert!(!yes(Eq, Value::list([deep(), nan.clone()]), Value::list([deep(), nan])));
    assert!(yes(Gt, double(1.5), double(-2.0)));
}

#[test]
fn shared_parts_are_searched_once() {
    let wide = (0..40).fold(double(1.0), |v, _| Value::tuple(vec![v.clone(), v]));
    assert!(yes(Eq, wide.clone(), wide));
    let term = (0..40).fold(double(1.0).to_term(), |t, _| Term::single(Term::tuple(vec![t.clone(), t])));
    let value = Value::Term(Term::single(Term::list(vec![term], None)));
    assert!(yes(Eq, value.clone(), value));
}

#[test]
fn comparisons() {
    assert_eq!(cost(Lt, i(1), i(2)), (true.into(), 3));
    assert_eq!((yes(Lte, i(2), i(2)), yes(Gt, i(3), i(4)), yes(Gte, i(4), i(4))), (true, false, true));
    assert_eq!(cost(Lt, s("Z"), s("a")), (true.into(), 3));
    assert!(yes(Lt, s("abc"), s("abd")) && yes(Lt, s(""), s("a")));
    assert_eq!(cost(Lt, false.into(), true.into()), (true.into(), 3));
    assert!(!yes(Lte, true.into(), false.into()));
    for (a, b) in [(i(1), s("a")), (ints(&[1]), ints(&[2])), (true.into(), i(3)), (big(1), i(2))] {
        let fault = fault(Lt, a, b);
        assert_eq!(fault.kind, ErrorKind::Reduce);
        assert!(fault.message.starts_with("Unexpected compare: "));
    }
}

#[test]
fn equality() {
    assert_eq!(cost(Eq, i(1), i(1)), (true.into(), 12));
    assert_eq!(cost(Neq, Value::Nil, i(1)), (true.into(), 4));
    assert!(!yes(Eq, i(1), s("1")) && yes(Eq, ints(&[1, 2]), ints(&[1, 2])) && yes(Eq, Value::Nil, Value::Nil));
    assert!(yes(Eq, two(), two()) && yes(Eq, send(), send()) && yes(Eq, deep(), deep()));
    assert!(!yes(Eq, big(1), i(1)) && !yes(Eq, fixed(15, 1), fixed(150, 2)) && !yes(Eq, rat(2, 1), big(2)));
}

#[test]
fn logic() {
    assert_eq!(cost(And, true.into(), false.into()), (false.into(), 2));
    assert_eq!(cost(Or, true.into(), false.into()), (true.into(), 2));
    assert_eq!(fault(And, true.into(), i(1)), Fault::reduce("Error: expression didn't evaluate to boolean."));
    let mut meter = Meter::new(i64::MAX);
    assert_eq!(short_circuit(ShortAnd, &false.into(), &mut meter), Ok(Some(false)));
    assert_eq!(short_circuit(ShortOr, &true.into(), &mut meter), Ok(Some(true)));
    assert_eq!(short_circuit(ShortAnd, &true.into(), &mut meter), Ok(None));
    assert_eq!(short_circuit(ShortOr, &false.into(), &mut meter), Ok(None));
    assert_eq!(meter.used(), 8);
    assert!(short_circuit(ShortOr, &i(1), &mut meter).is_err());
    assert_eq!(cost(ShortAnd, true.into(), true.into()), (true.into(), 2));
    assert_eq!(cost(ShortOr, true.into(), i(1)), (true.into(), 2));
}

#[test]
fn concatenation() {
    assert_eq!(cost(PlusPlus, s("ab"), s("cdé")), (s("abcdé"), 16));
    let bytes = |n: usize| Value::bytes(vec![1; n]);
    assert_eq!(cost(PlusPlus, bytes(0), bytes(5)), (bytes(5), 10));
    assert_eq!(cost(PlusPlus, bytes(9), bytes(1)), (bytes(10), 10));
    assert_eq!(cost(PlusPlus, bytes(10), bytes(1)), (bytes(11), 11));
    assert_eq!(cost(PlusPlus, bytes(1000), bytes(0)), (bytes(1000), 13));
    assert_eq!(cost(PlusPlus, ints(&[1]), ints(&[2, 3])), (ints(&[1, 2, 3]), 11));
    assert_eq!(cost(PlusPlus, ints(&[1, 2]), ints(&[3])), (ints(&[1, 2, 3]), 12));
    let union = set(&[i(1), i(2)]);
    assert_eq!(cost(PlusPlus, set(&[i(1)]), union.clone()), (union.clone(), 16));
    assert_eq!(cost(PlusPlus, union.clone(), set(&[i(1)])), (union, 13));
    let (old, new) = (map(&[(s("a"), i(1))]), map(&[(s("a"), i(2)), (s("b"), i(3))]));
    assert_eq!(cost(PlusPlus, old.clone(), new.clone()), (new.clone(), 16));
    assert_eq!(run(PlusPlus, new, old), map(&[(s("a"), i(1)), (s("b"), i(3))]));
    assert_eq!(kind(PlusPlus, i(1), i(2)), ErrorKind::OperatorNotDefined);
    assert_eq!(kind(PlusPlus, s("a"), i(1)), ErrorKind::OperatorExpected);
    assert_eq!(kind(PlusPlus, bytes(1), i(1)), ErrorKind::OperatorExpected);
    assert_eq!(kind(PlusPlus, ints(&[]), set(&[])), ErrorKind::OperatorExpected);
    let paths = Value::item(Term::path_map(vec![], None));
    assert_eq!(kind(PlusPlus, paths.clone(), paths), ErrorKind::OperatorNotDefined);
}

#[test]
fn unusual_collections() {
    let joined = run(PlusPlus, Value::list([deep()]), ints(&[1]));
    assert_eq!(joined, Value::list([deep(), i(1)]));
    assert_eq!(run(Minus, run(Plus, set(&[deep()]), i(1)), deep()), set(&[i(1)]));
    assert_eq!(run(MinusMinus, set(&[deep(), i(1)]), set(&[deep()])), set(&[i(1)]));
    let open = Value::item(Term::list(vec![Term::single(Term::int(1))], Some(Var::Wildcard)));
    assert_eq!(run(PlusPlus, open, ints(&[2])), ints(&[1, 2]));
}

#[test]
fn long_appends_are_cheap() {
    let mut list = Value::list([]);
    for n in 0..100_000 {
        list = match list {
            Value::List(list) => collections::append(&list, &List::default(), &Meter::new(0)).unwrap(),
            other => other,
        };
        list = run(PlusPlus, list, ints(&[n]));
    }
    assert_eq!(list, Value::list((0..100_000).map(i)));
    assert_eq!(list.size(), list.to_term().size());
}

#[test]
fn set_and_map_operators() {
    assert_eq!(cost(Plus, set(&[i(1), i(2)]), i(3)), (set(&[i(1), i(2), i(3)]), 13));
    assert_eq!(cost(Minus, set(&[i(1)]), i(9)), (set(&[i(1)]), 13));
    assert_eq!(cost(Minus, map(&[(s("a"), i(1)), (s("b"), i(2))]), s("a")), (map(&[(s("b"), i(2))]), 13));
    assert_eq!(cost(MinusMinus, set(&[i(1), i(2), i(3)]), set(&[i(1), i(9)])), (set(&[i(2), i(3)]), 16));
    assert_eq!(cost(MinusMinus, set(&[i(1)]), set(&[i(1), i(9)])), (set(&[]), 16));
    assert_eq!(kind(MinusMinus, map(&[]), map(&[])), ErrorKind::OperatorNotDefined);
    assert_eq!(kind(MinusMinus, set(&[]), i(1)), ErrorKind::OperatorExpected);
}

#[test]
fn interpolation() {
    let env = map(&[
        (s("a"), i(1)),
        (s("b"), true.into()),
        (s("c"), s("${a}")),
        (s("u"), Value::uri("rho:x")),
        (s("n"), big(-5)),
    ]);
    let (text, used) = cost(PercentPercent, s("${a}-${b}-${c}-${u}-${n}"), env.clone());
    assert_eq!((text, used), (s("1-true-${a}-rho:x--5"), 10 + 24 * 5));
    let unknown = "${zz} $x {y} $${a $";
    assert_eq!(run(PercentPercent, s(unknown), env.clone()), s(unknown));
    assert_eq!(run(PercentPercent, s("$${a}${é"), env), s("$1${é"));
    assert_eq!(cost(PercentPercent, s("${a}"), map(&[])), (s("${a}"), 10));
    assert_eq!(cost(PercentPercent, s(""), map(&[])), (s(""), 10));
    let keys = fault(PercentPercent, s("x"), map(&[(i(1), s("a"))]));
    assert_eq!(keys, Fault::reduce("Error: interpolation Map should only contain String keys"));
    let values = fault(PercentPercent, s("x"), map(&[(s("a"), ints(&[1]))]));
    assert_eq!(values, Fault::reduce("Error: interpolation doesn't support list"));
    assert_eq!(kind(PercentPercent, s("x"), i(5)), ErrorKind::OperatorExpected);
    assert_eq!(kind(PercentPercent, i(5), map(&[])), ErrorKind::OperatorNotDefined);
}

#[test]
fn lengths_are_bounded() {
    assert_eq!(check_length(MAX_BYTES), Ok(()));
    assert_eq!(check_length(MAX_BYTES + 1).unwrap_err().kind, ErrorKind::Limit);
}

#[test]
fn out_of_phlogistons() {
    let mut meter = Meter::new(2);
    assert_eq!(binary(Plus, &i(1), &i(2), &mut meter).unwrap_err().kind, ErrorKind::OutOfPhlogistons);
}
