//! The canonical order is an order, and equal terms are equal however they were built.

mod generate;

use std::cmp::Ordering;

use proptest::prelude::*;
use rhodium_term::proto::{Limits, decode, encode};
use rhodium_term::state_codec::{Caches, decode_term, state_bytes};
use rhodium_term::{Category, Mode, Term, Var, order, substitute};

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        rng_seed: prop::test_runner::RngSeed::Fixed(11),
        ..ProptestConfig::default()
    }
}

/// Terms that are often alike: the same items put together and changed a little.
fn alike() -> impl Strategy<Value = [Term; 3]> {
    (generate::terms(), generate::terms(), any::<u8>()).prop_map(|(a, b, how)| {
        let both = Term::compose(&[a.clone(), b.clone()]);
        let list =
            |items: &[&Term]| Term::single(Term::list(items.iter().map(|t| (*t).clone()).collect::<Vec<_>>(), None));
        let map = |value: &Term| Term::single(Term::map(vec![(a.clone(), value.clone())], None));
        match how % 4 {
            0 => [a, b, both],
            1 => [list(&[&a, &b]), list(&[&a]), list(&[&a, &both])],
            2 => [map(&a), map(&b), map(&both)],
            _ => [list(&[&map(&a), &b]), list(&[&map(&b), &b]), list(&[&map(&b), &a])],
        }
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_order_is_total(terms in alike()) {
        let [a, b, c] = &terms;
        for (x, y) in [(a, b), (b, c), (a, c), (a, a)] {
            prop_assert_eq!(order::compare(x, y), order::compare(y, x).reverse());
        }
        prop_assert_eq!(order::compare(a, a), Ordering::Equal);
        for [x, y, z] in [[a, b, c], [a, c, b], [b, a, c], [b, c, a], [c, a, b], [c, b, a]] {
            let (first, second, both) = (order::compare(x, y), order::compare(y, z), order::compare(x, z));
            if first.is_le() && second.is_le() {
                prop_assert!(both.is_le());
                prop_assert!(both.is_lt() || (first.is_eq() && second.is_eq()));
            }
        }
    }

    #[test]
    fn sorting_is_canonical(term in generate::terms()) {
        let mut items = term.children().to_vec();
        items.reverse();
        let again = Term::par(items);
        prop_assert!(again.is_canonical() || !term.is_canonical());
        // Only maps (and path cursors, variables counts…) that the order does not tell apart may have changed places.
        let ties = |term: &Term| term.children().windows(2).any(|w| order::compare(&w[0], &w[1]).is_eq());
        if !ties(&term) && term.is_canonical() {
            prop_assert_eq!(encode(&again), encode(&term));
            prop_assert_eq!(again.structural_hash(), term.structural_hash());
            prop_assert!(again == term);
        }
    }

    #[test]
    fn equal_terms_are_equal_however_they_were_built(term in generate::terms(), part in generate::terms()) {
        let decoded = decode(&encode(&term), Limits::default()).unwrap();
        let stored = decode_term(&state_bytes(&term), Caches::Derived).unwrap();
        let sorted = order::sort_term(&term);
        for other in [&decoded, &stored] {
            prop_assert!(*other == term);
            prop_assert_eq!(order::compare(other, &term), Ordering::Equal);
            prop_assert_eq!(other.structural_hash(), term.structural_hash());
            prop_assert_eq!(encode(other), encode(&term));
        }
        prop_assert_eq!(encode(&order::sort_term(&decoded)), encode(&sorted));

        // A list of a variable that stands for the part is the list of the part.
        if part.is_closed() && !part.connective_used() && part.items(Category::Connective).is_empty() && part.is_canonical() {
            let open = Term::single(Term::list(vec![Term::single(Term::var(Var::Bound(0), 0)), Term::nil()], None));
            let value = |_: u32| Some(part.clone());
            let substituted = substitute(&open, &value, Mode { depth: 0, shift: 0, sort: true }).unwrap();
            let direct = Term::single(Term::list(vec![part.clone(), Term::nil()], None));
            prop_assert_eq!(encode(&substituted), encode(&direct));
            prop_assert_eq!(substituted.structural_hash(), direct.structural_hash());
            prop_assert!(substituted == direct);
        }
    }

    #[test]
    fn sets_and_maps_do_not_remember_how_they_were_built(elements in prop::collection::vec(0i64..8, 0..12)) {
        let int = |i: i64| Term::single(Term::int(i));
        let forward = Term::set(elements.iter().map(|i| int(*i)).collect(), None);
        let backward = Term::set(elements.iter().rev().map(|i| int(*i)).collect(), None);
        prop_assert_eq!(encode(&Term::single(forward.clone())), encode(&Term::single(backward.clone())));
        prop_assert!(forward == backward);
        let entries: Vec<(Term, Term)> = elements.iter().map(|i| (int(*i), int(i * i))).collect();
        let forward = Term::map(entries.clone(), None);
        let backward = Term::map(entries.into_iter().rev().collect(), None);
        prop_assert_eq!(forward.structural_hash(), backward.structural_hash());
        prop_assert!(forward == backward);
    }
}
