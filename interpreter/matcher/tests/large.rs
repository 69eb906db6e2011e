//! Deep, wide and hostile inputs.

mod build;

use std::time::Instant;

use build::*;
use rhodium_matcher::{Budget, BudgetExhausted, match_process};
use rhodium_term::{SimpleType, Term, Var};

fn nested(mut inner: Term, depth: usize, wrap: impl Fn(Term) -> Term) -> Term {
    for _ in 0..depth {
        inner = wrap(inner);
    }
    inner
}

#[test]
fn deep_patterns() {
    let depth = 1_000_000;
    let lists = |inner| nested(inner, depth, |t| list(&[t]));
    check(&lists(int(1)), &lists(free(0)), &[int(1)]);
    check_fails(&lists(int(1)), &lists(and(&[free(0), text("a")])));
    let sets = |inner| nested(inner, depth, |t| set(&[t]));
    check(&sets(int(1)), &sets(free(0)), &[int(1)]);
}

#[test]
fn deep_searches() {
    let depth = 100_000;
    check(&int(1), &nested(is_int(), depth, not), &[]);
    check_fails(&int(1), &nested(is_int(), depth + 1, not));
    check(&int(1), &nested(free(0), depth, |p| and(&[wild(), p])), &[int(1)]);
    check(&int(1), &nested(is_int(), depth, |p| or(&[text("a"), p])), &[]);
    // Every level is a bag of two, or a par with a connective beside a component.
    let pairs = |inner| nested(inner, depth, |t| set(&[int(0), t]));
    check(&pairs(int(1)), &pairs(free(0)), &[int(1)]);
    let sends = |inner| nested(inner, depth, |t| par(&[int(0), send(int(1), &[t])]));
    let pattern = nested(is_int(), depth, |p| par(&[is_int(), send(int(1), &[p])]));
    check(&sends(int(1)), &pattern, &[]);
    let pattern = nested(free(0), depth, |p| par(&[and(&[is_int(), wild()]), and(&[wild(), send(int(1), &[p])])]));
    let outcome = match_process(&sends(int(1)), &pattern, 1, &mut Budget::new(1_000_000_000));
    assert_eq!(outcome, Ok(Some(vec![int(1)])));
}

#[test]
fn wide_sets() {
    let numbers = |count: i64| -> Vec<Term> { (0..count).map(int).collect() };
    let started = Instant::now();
    // The wildcard in the tuple makes a pattern of it; the literals stay literals.
    let extra = |last: Term, count| {
        let mut elements = numbers(count);
        elements.push(tuple(&[last]));
        elements
    };
    for count in [2_000, 50_000] {
        check(&set(&extra(int(7), count)), &set(&extra(wild(), count)), &[]);
        check(&set(&extra(int(7), count)), &set(&extra(free(0), count)), &[int(7)]);
    }
    let many = 50_000;
    check(
        &set(&numbers(many)),
        &set_with(&[int(17)], Var::Free(0)),
        &[set(&numbers(many).into_iter().filter(|n| *n != int(17)).collect::<Vec<_>>())],
    );
    let half = set_with(&numbers(many).into_iter().step_by(2).collect::<Vec<_>>(), Var::Free(0));
    check(&set(&numbers(many)), &half, &[set(&numbers(many).into_iter().skip(1).step_by(2).collect::<Vec<_>>())]);
    let entries: Vec<(Term, Term)> = numbers(many).into_iter().map(|n| (n.clone(), n)).collect();
    let rest = map(&entries.iter().filter(|e| e.0 != int(5)).cloned().collect::<Vec<_>>());
    check(&map(&entries), &map_with(&[(int(5), free(0))], Var::Free(1)), &[int(5), rest]);
    let wide = par(&numbers(2_000));
    check(&wide, &par(&[kind(SimpleType::Int), wild()]), &[]);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn hopeless_searches_end() {
    let items: Vec<Term> = (0..30).map(int).collect();
    let target = par(&items);
    let hopeless: Vec<Term> = (0..12).map(|k| and(&[not(Term::nil()), not(text(&k.to_string()))])).collect();
    let never = send(text("never"), &[wild()]);
    let with_rest = |parts: &[Term]| par(&[par(parts), never.clone(), wild()]);
    let both = par(&[target.clone(), send(int(0), &[int(0)])]);
    let big = list(&(0..20_000).map(int).collect::<Vec<_>>());
    let heavy: Vec<Term> = (0..30).map(|k| send(int(0), &[big.clone(), int(k)])).collect();
    for (target, pattern) in [
        (both.clone(), with_rest(&hopeless)),
        (both.clone(), with_rest(&[not(par(&hopeless)), not(par(&hopeless))])),
        (par(&heavy), with_rest(&hopeless)),
        (set(&[both.clone(), target.clone()]), set_with(&[with_rest(&hopeless)], Var::Wildcard)),
        (both.clone(), not(with_rest(&hopeless))),
    ] {
        let started = Instant::now();
        let mut budget = Budget::default();
        let outcome = match_process(&target, &pattern, 0, &mut budget);
        assert_eq!(outcome, Err(BudgetExhausted));
        println!("{outcome:?} {} steps left, {:?}", budget.steps, started.elapsed());
        assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
        let mut again = Budget::default();
        assert_eq!(match_process(&target, &pattern, 0, &mut again), outcome);
        assert_eq!(again.steps, budget.steps);
    }
}
