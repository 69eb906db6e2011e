//! What is done with whole states: comparing, exporting and importing, removing.

use proptest::prelude::*;
use rhodium_store::{
    Batch, Difference, History, HistoryKey, LeafKind, LeafValue, MemoryStore, StateRoot, StoreError, Table,
    TransferError, b2b256, check_export,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Changes = Vec<(HistoryKey, Option<LeafValue>)>;
type Model = BTreeMap<HistoryKey, LeafValue>;

fn in_memory() -> History {
    History::new(Arc::new(MemoryStore::new()))
}

/// Keys that share prefixes often, with values of which some are equal.
fn changes() -> impl Strategy<Value = Changes> {
    let change = (0..3u8, 0..3u8, 0..3u8, 0..3u8, proptest::option::of(0..6u8)).prop_map(|(a, b, c, d, value)| {
        let mut key = [7; 33];
        (key[0], key[1], key[16], key[32]) = (a, b, c, d);
        let kind = LeafKind::of_key(&key).unwrap();
        (key, value.map(|value| LeafValue { kind, payload: vec![value; usize::from(value)] }))
    });
    proptest::collection::vec(change, 0..24)
}

fn apply(model: &mut Model, changes: &Changes) {
    for (key, value) in changes {
        match value {
            Some(value) => model.insert(*key, value.clone()),
            None => model.remove(key),
        };
    }
}

fn export(history: &History, root: StateRoot) -> Vec<u8> {
    let mut file = Vec::new();
    history.open_at(root).unwrap().export(&mut file, &mut |_| {}).unwrap();
    file
}

fn contents(history: &History, root: StateRoot) -> Model {
    let snapshot = history.open_at(root).unwrap();
    let leaves = snapshot.leaves().map(|leaf| leaf.unwrap());
    leaves.map(|(key, hash)| (key, snapshot.value(&key, hash).unwrap())).collect()
}

fn all(history: &History, table: Table) -> Vec<(Vec<u8>, Vec<u8>)> {
    history.store().scan(table, None, usize::MAX).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whole_states_agree_with_maps(steps in proptest::collection::vec(changes(), 2..6)) {
        let history = in_memory();
        let mut states = vec![(StateRoot::EMPTY, Model::new())];
        for step in &steps {
            let (root, mut model) = states.last().unwrap().clone();
            apply(&mut model, step);
            states.push((history.apply(root, step).unwrap(), model));
        }
        for (before, old) in &states {
            for (after, new) in &states {
                let keys: BTreeSet<&HistoryKey> = old.keys().chain(new.keys()).collect();
                let expected: Vec<Difference> = keys
                    .into_iter()
                    .map(|key| Difference {
                        key: *key,
                        before: old.get(key).map(LeafValue::hash),
                        after: new.get(key).map(LeafValue::hash),
                    })
                    .filter(|difference| difference.before != difference.after)
                    .collect();
                let found: Result<Vec<_>, _> = history.diff(*before, *after).unwrap().collect();
                prop_assert_eq!(found.unwrap(), expected);
            }
        }
        let (last, model) = states.last().unwrap();
        let file = export(&history, *last);
        let fresh = in_memory();
        let done = fresh.import(&mut file.as_slice(), &["head"], &mut |_| {}).unwrap();
        prop_assert_eq!((done.root, done.leaves, done.bytes), (*last, model.len() as u64, file.len() as u64));
        prop_assert_eq!(&contents(&fresh, *last), model);
        prop_assert_eq!(fresh.head("head").unwrap(), Some(*last));
        // What is removed is exactly what a store that never had another state does not have.
        history.collect(&BTreeSet::from([*last]), false, &mut |_| {}).unwrap();
        for table in [Table::Nodes, Table::ColdValues, Table::Roots] {
            let keys = |history| all(history, table).into_iter().map(|(key, _)| key).collect::<Vec<_>>();
            prop_assert_eq!(keys(&history), keys(&fresh));
        }
    }
}

fn datum(channel: &[u8], payload: &[u8]) -> (HistoryKey, Option<LeafValue>) {
    (LeafKind::Data.key(&b2b256(channel)), Some(LeafValue { kind: LeafKind::Data, payload: payload.to_vec() }))
}

/// Two channels with data, of which the store knows one, and a join.
fn sample() -> (History, StateRoot) {
    let history = in_memory();
    let join = LeafValue { kind: LeafKind::Joins, payload: b"join".to_vec() };
    let changes = [datum(b"a", b"one"), datum(b"b", b"two"), (LeafKind::Joins.key(&b2b256(b"c")), Some(join))];
    let mut checkpoint = history.checkpoint(StateRoot::EMPTY, &changes).unwrap();
    checkpoint.batch_mut().put(Table::Channels, b2b256(b"b"), *b"b");
    (history.clone(), history.commit(checkpoint).unwrap())
}

#[test]
fn an_export_is_as_documented() {
    let (history, root) = sample();
    let length = |bytes: &[u8]| (bytes.len() as u64).to_le_bytes();
    let leaf = |kind: u8, channel: &[u8], payload: &[u8]| {
        let hash = b2b256(&[&length(payload)[..], payload].concat());
        [&[kind][..], &b2b256(channel), &hash, &length(payload), payload].concat()
    };
    let named = [leaf(0, b"b", b"two"), [&[3][..], &length(b"b"), b"b"].concat()].concat();
    let mut data = [leaf(0, b"a", b"one"), named];
    data.sort();
    let end = [&[0xff][..], &3u64.to_le_bytes()].concat();
    let parts = [b"rhodium-state 1\n", &root.0[..], &data.concat(), &leaf(2, b"c", b"join"), &end];
    assert_eq!(export(&history, root), parts.concat());
    assert_eq!(export(&history, root), include_bytes!("fixtures/state-1.bin"));
    let empty = [b"rhodium-state 1\n", &StateRoot::EMPTY.0[..], &[0xff], &0u64.to_le_bytes()].concat();
    assert_eq!(export(&history, StateRoot::EMPTY), empty);
}

#[test]
fn no_byte_can_be_altered() {
    let (history, root) = sample();
    let good = export(&history, root);
    let check = |bytes: &[u8]| check_export(&mut &*bytes, &|_, _| Ok(()), &mut |_| {});
    assert_eq!(check(&good).unwrap().root, root);
    for place in 0..good.len() {
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[place] ^= 1 << bit;
            let refused = matches!(check(&bytes), Err(TransferError::Altered(_) | TransferError::Foreign));
            assert!(refused, "bit {bit} of byte {place}");
        }
        assert!(check(&good[..place]).is_err(), "cut at {place}");
    }
    // Leaves twice, and in another order.
    let leaf = 48..48 + 33 + 32 + 8 + 3;
    let doubled = [&good[..leaf.end], &good[leaf.start..]].concat();
    assert!(matches!(check(&doubled), Err(TransferError::Altered(what)) if what.contains("not in order")));
    // What a machine could not read.
    let unreadable = check_export(&mut good.as_slice(), &|_, _| Err("no".to_owned()), &mut |_| {});
    assert!(
        matches!(unreadable, Err(TransferError::Altered(what)) if what.contains("leaf 0") && what.ends_with(": no"))
    );
    // What was begun and is not finished is no state.
    let fresh = in_memory();
    assert!(fresh.import(&mut &good[..good.len() - 1], &["head"], &mut |_| {}).is_err());
    assert_eq!((fresh.roots().unwrap(), fresh.head("head").unwrap()), (Vec::new(), None));
    fresh.import(&mut good.as_slice(), &[], &mut |_| {}).unwrap();
    assert_eq!((fresh.roots().unwrap(), fresh.head("head").unwrap()), (vec![root], None));
    assert_eq!(fresh.open_at(root).unwrap().channel(&b2b256(b"b")).unwrap(), Some(b"b".to_vec()));
}

#[test]
fn a_difference_costs_what_differs() {
    let history = in_memory();
    let many: Changes = (0..5000u32).map(|n| datum(&n.to_le_bytes(), b"x")).collect();
    let before = history.apply(StateRoot::EMPTY, &many).unwrap();
    let after = history.apply(before, &[datum(&7u32.to_le_bytes(), b"y")]).unwrap();
    // All nodes that both states share are taken away: whoever looks at one of them fails.
    let needed: Vec<Vec<u8>> = {
        let all = all(&history, Table::Nodes);
        let only = |root| {
            let fresh = in_memory();
            fresh.import(&mut export(&history, root).as_slice(), &[], &mut |_| {}).unwrap();
            fresh
        };
        let (old, new) = (only(before), only(after));
        let shared = |key: &[u8]| [&old, &new].iter().all(|one| one.store().contains(Table::Nodes, key).unwrap());
        all.into_iter().map(|(key, _)| key).filter(|key| shared(key)).collect()
    };
    assert!(needed.len() > 200, "{}", needed.len());
    let mut batch = Batch::new();
    needed.iter().for_each(|key| batch.delete(Table::Nodes, key));
    history.store().commit(&batch).unwrap();
    let found: Vec<Difference> = history.diff(before, after).unwrap().map(|found| found.unwrap()).collect();
    assert_eq!(found.iter().map(|found| found.key).collect::<Vec<_>>(), [datum(&7u32.to_le_bytes(), b"").0]);
    assert!(history.diff(StateRoot::EMPTY, after).unwrap().any(|found| found.is_err()));
}

#[test]
fn nothing_is_removed_from_a_damaged_store() {
    let history = in_memory();
    let many: Changes = (0..500u32).map(|n| datum(&n.to_le_bytes(), b"x")).collect();
    let first = history.apply(StateRoot::EMPTY, &many).unwrap();
    let second = history.apply(first, &[datum(b"a", b"1")]).unwrap();
    history.set_head("head", first).unwrap();
    // Heads are kept without being asked for; a dry run only counts.
    let dry = history.collect(&BTreeSet::new(), true, &mut |_| {}).unwrap();
    assert_eq!((dry.kept, dry.roots, dry.values), (1, 1, 1));
    assert_eq!(history.roots().unwrap().len(), 2);
    assert!(matches!(
        history.collect(&BTreeSet::from([StateRoot([9; 32])]), false, &mut |_| {}),
        Err(StoreError::UnknownRoot(_))
    ));
    let node =
        all(&history, Table::Nodes).into_iter().map(|(key, _)| key).find(|key| *key != first.0 && *key != second.0);
    let mut batch = Batch::new();
    batch.delete(Table::Nodes, node.unwrap());
    history.store().commit(&batch).unwrap();
    let left = all(&history, Table::Nodes).len();
    let keep = BTreeSet::from([first, second]);
    assert!(matches!(history.collect(&keep, false, &mut |_| {}), Err(StoreError::Damaged(_))));
    assert_eq!(all(&history, Table::Nodes).len(), left);
}
