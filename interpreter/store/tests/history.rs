//! Histories over both stores: states, roots, heads and damage.

use proptest::prelude::*;
use rhodium_store::{
    Batch, History, HistoryKey, LeafKind, LeafValue, LmdbOptions, LmdbStore, MemoryStore, NodeHash, Record, StateRoot,
    StoreError, Table, ValueHash, b2b256,
};
use std::collections::BTreeMap;
use std::sync::Arc;

type Changes = Vec<(HistoryKey, Option<LeafValue>)>;

fn data(name: &str, payload: &[u8]) -> (HistoryKey, Option<LeafValue>) {
    let value = LeafValue { kind: LeafKind::Data, payload: payload.to_vec() };
    (LeafKind::Data.key(&b2b256(name.as_bytes())), Some(value))
}

fn removal(name: &str) -> (HistoryKey, Option<LeafValue>) {
    (LeafKind::Data.key(&b2b256(name.as_bytes())), None)
}

fn in_memory() -> History {
    History::new(Arc::new(MemoryStore::new()))
}

fn contents(history: &History, root: StateRoot) -> BTreeMap<HistoryKey, LeafValue> {
    let snapshot = history.open_at(root).unwrap();
    let leaves = snapshot.leaves().map(|leaf| leaf.unwrap());
    leaves.map(|(key, hash)| (key, snapshot.value(&key, hash).unwrap())).collect()
}

fn both_stores(test: impl Fn(&History)) {
    test(&in_memory());
    let directory = tempfile::tempdir().unwrap();
    let store = LmdbStore::open(&directory.path().join("store"), &LmdbOptions::create("test")).unwrap();
    test(&History::new(Arc::new(store)));
}

/// Checks a whole state; the number of its leaves.
fn verified(history: &History, root: StateRoot) -> u64 {
    let seen = history.verify(&[root], &|_, _| Ok(()), &mut |_| {}).unwrap();
    assert!(seen.is_whole(), "{:?}", seen.damages);
    seen.leaves
}

#[test]
fn old_states_stay_readable() {
    both_stores(|history| {
        let first = history.apply(StateRoot::EMPTY, &[data("a", b"1"), data("b", b"2")]).unwrap();
        let second = history.apply(first, &[data("a", b"3"), removal("b"), data("c", b"")]).unwrap();
        let a = LeafKind::Data.key(&b2b256(b"a"));
        let read = |root| history.open_at(root).unwrap().get(&a).unwrap().map(|value| value.payload);
        assert_eq!(read(StateRoot::EMPTY), None);
        assert_eq!(read(first), Some(b"1".to_vec()));
        assert_eq!(read(second), Some(b"3".to_vec()));
        assert_eq!(contents(history, second).len(), 2);
        assert_eq!(history.apply(second, &[removal("a"), removal("c"), removal("x")]).unwrap(), StateRoot::EMPTY);
        let mut roots = vec![StateRoot::EMPTY, first, second];
        roots.sort();
        assert_eq!(history.roots().unwrap(), roots);
        assert_eq!(verified(history, first), 2);
    });
}

#[test]
fn kinds_are_kept_and_have_their_keys() {
    both_stores(|history| {
        let mut changes = Changes::new();
        // The payloads are equal, and so are the hashes of the values.
        for (kind, first) in [(LeafKind::Data, 0), (LeafKind::Continuations, 1), (LeafKind::Joins, 2)] {
            let key = kind.key(&[9; 32]);
            assert_eq!((key[0], &key[1..]), (first, &[9; 32][..]));
            assert_eq!(LeafKind::of_key(&key), Some(kind));
            changes.push((key, Some(LeafValue { kind, payload: vec![7] })));
        }
        let root = history.apply(StateRoot::EMPTY, &changes).unwrap();
        let expected: BTreeMap<_, _> = changes.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        assert_eq!(contents(history, root), expected);
    });
}

#[test]
fn value_hash_covers_length_and_payload_only() {
    let payload = b"payload".to_vec();
    let expected = b2b256(&[&7u64.to_le_bytes()[..], &payload].concat());
    for kind in [LeafKind::Joins, LeafKind::Data, LeafKind::Continuations] {
        assert_eq!(LeafValue { kind, payload: payload.clone() }.hash().0, expected);
    }
}

#[test]
fn unknown_roots_are_errors() {
    both_stores(|history| {
        let unknown = StateRoot([5; 32]);
        assert!(matches!(history.open_at(unknown), Err(StoreError::UnknownRoot(root)) if root == unknown));
        assert!(matches!(history.checkpoint(unknown, &[]), Err(StoreError::UnknownRoot(_))));
        assert!(matches!(history.set_head("head", unknown), Err(StoreError::UnknownRoot(_))));
        assert!(!history.has_root(unknown).unwrap());
        assert!(history.has_root(StateRoot::EMPTY).unwrap());
    });
}

#[test]
fn what_is_not_committed_is_not_there() {
    both_stores(|history| {
        let first = history.apply(StateRoot::EMPTY, &[data("a", b"1")]).unwrap();
        history.set_head("head", first).unwrap();
        let mut dropped = history.checkpoint(first, &[data("a", b"2")]).unwrap();
        dropped.set_head("head");
        let root = dropped.root();
        drop(dropped);
        assert!(!history.has_root(root).unwrap());
        assert_eq!(history.head("head").unwrap(), Some(first));
        // A commit that fails has no effect, not even that of the changes before the one that fails.
        let mut failing = history.checkpoint(first, &[data("a", b"2")]).unwrap();
        failing.set_head("head");
        failing.batch_mut().put(Table::Meta, vec![b'k'; 512], []);
        assert!(matches!(history.commit(failing), Err(StoreError::KeyLength { table: Table::Meta, length: 512 })));
        assert!(!history.has_root(root).unwrap());
        assert_eq!(history.roots().unwrap(), [first]);
        assert_eq!(history.head("head").unwrap(), Some(first));
    });
}

#[test]
fn one_commit_carries_everything() {
    both_stores(|history| {
        let mut checkpoint = history.checkpoint(StateRoot::EMPTY, &[data("a", b"1")]).unwrap();
        checkpoint.set_head("head");
        checkpoint.set_head("other");
        checkpoint.batch_mut().put(Table::Blocks, [1; 32], *b"block");
        checkpoint.batch_mut().put(Table::Meta, "shard", "root");
        let root = history.commit(checkpoint).unwrap();
        assert_eq!(history.heads().unwrap(), [("head".to_owned(), root), ("other".to_owned(), root)]);
        assert_eq!(history.store().get(Table::Blocks, &[1; 32]).unwrap(), Some(b"block".to_vec()));
        let mut batch = Batch::new();
        batch.delete(Table::Meta, "shard");
        batch.delete(Table::Meta, "never there");
        history.store().commit(&batch).unwrap();
        assert_eq!(history.store().get(Table::Meta, b"shard").unwrap(), None);
    });
}

#[test]
fn only_changed_nodes_are_written() {
    let history = in_memory();
    let many: Changes = (0..5000).map(|i| data(&format!("c{i}"), b"x")).collect();
    let root = history.apply(StateRoot::EMPTY, &many).unwrap();
    let mut checkpoint = history.checkpoint(root, &[data("c77", b"y")]).unwrap();
    // The root record, the value, and at most four levels of nodes.
    assert!(checkpoint.batch_mut().len() <= 6, "{}", checkpoint.batch_mut().len());
    let unchanged = history.checkpoint(root, &[data("c77", b"x"), removal("absent")]).unwrap();
    assert_eq!(unchanged.root(), root);
}

#[test]
fn damage_is_found() {
    let history = in_memory();
    let root = history.apply(StateRoot::EMPTY, &[data("a", b"1"), data("b", b"2")]).unwrap();

    let (_, hash) = history.open_at(root).unwrap().leaves().next().unwrap().unwrap();
    let break_it = |table: Table, key: [u8; 32], bytes: &[u8]| {
        let good = history.store().get(table, &key).unwrap().unwrap();
        let mut batch = Batch::new();
        batch.put(table, key, bytes);
        history.store().commit(&batch).unwrap();
        let seen = history.verify(&[root], &|_, _| Ok(()), &mut |_| {}).unwrap();
        let record = if table == Table::Nodes { Record::Node(NodeHash(key)) } else { Record::Value(ValueHash(key)) };
        assert_eq!(seen.damages.iter().map(|damage| damage.record).collect::<Vec<_>>(), [record]);
        assert_eq!(seen.damages[0].root, root);
        batch.put(table, key, good);
        history.store().commit(&batch).unwrap();
        assert_eq!(verified(&history, root), 2);
    };
    break_it(Table::ColdValues, hash.0, b"\x01other");
    break_it(Table::ColdValues, hash.0, b"\x09");
    break_it(Table::ColdValues, hash.0, b"");
    break_it(Table::Nodes, root.0, b"");
    break_it(Table::Nodes, root.0, b"\x00\x21");
    break_it(Table::Nodes, root.0, &[&[0, 1, 7][..], &[0; 32]].concat());
    // A pointer that uses up the whole key is refused on every way through the trie.
    let mut batch = Batch::new();
    let endless = [&[0, 0x80 | 32][..], &b2b256(b"a"), &root.0].concat();
    batch.put(Table::Nodes, root.0, endless);
    history.store().commit(&batch).unwrap();
    let snapshot = history.open_at(root).unwrap();
    assert!(matches!(snapshot.get(&data("a", b"").0), Err(StoreError::Damaged(_))));
    assert!(matches!(history.checkpoint(root, &[data("a", b"3")]), Err(StoreError::Damaged(_))));
    let mut leaves = snapshot.leaves();
    assert!(matches!(leaves.next(), Some(Err(StoreError::Damaged(_)))));
    assert!(leaves.next().is_none());
}

#[test]
fn roots_are_written_and_read_as_hexadecimal() {
    let text = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
    assert_eq!(text.parse::<StateRoot>().unwrap(), StateRoot::EMPTY);
    assert_eq!(StateRoot::EMPTY.to_string(), text);
    assert!("0e57".parse::<StateRoot>().is_err());
    assert!("zz".repeat(32).parse::<StateRoot>().is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn every_state_reads_as_its_map(
        steps in proptest::collection::vec(
            proptest::collection::vec((0..40u8, proptest::option::of(0..5u8)), 0..20), 1..8),
    ) {
        let history = in_memory();
        let mut model = BTreeMap::new();
        let mut root = StateRoot::EMPTY;
        let mut past = Vec::new();
        for step in steps {
            let changes: Changes = step.iter().map(|(name, value)| match value {
                Some(value) => data(&name.to_string(), &[*value]),
                None => removal(&name.to_string()),
            }).collect();
            for (key, value) in &changes {
                match value {
                    Some(value) => model.insert(*key, value.clone()),
                    None => model.remove(key),
                };
            }
            root = history.apply(root, &changes).unwrap();
            past.push((root, model.clone()));
        }
        for (root, model) in past {
            prop_assert_eq!(&contents(&history, root), &model);
            let snapshot = history.open_at(root).unwrap();
            for name in 0..40u8 {
                let key = removal(&name.to_string()).0;
                prop_assert_eq!(snapshot.get(&key).unwrap(), model.get(&key).cloned());
            }
            prop_assert_eq!(verified(&history, root), model.len() as u64);
        }
    }
}
