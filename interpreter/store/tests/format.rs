//! The byte formats of docs/store-format.md: what is written, and that stores of every format so far can be read.

use rhodium_store::{
    History, KeyValueStore, LeafKind, LeafValue, LmdbOptions, LmdbStore, MemoryStore, StateRoot, Table, b2b256,
};
use std::fs;
use std::sync::Arc;

#[test]
fn records_are_as_documented() {
    let store = Arc::new(MemoryStore::new());
    let history = History::new(store.clone());
    let value = |kind, payload: &[u8]| Some(LeafValue { kind, payload: payload.to_vec() });
    let changes = [
        (LeafKind::Data.key(&[5; 32]), value(LeafKind::Data, b"dd")),
        (LeafKind::Joins.key(&[5; 32]), value(LeafKind::Joins, b"j")),
        (LeafKind::Continuations.key(&[5; 32]), value(LeafKind::Continuations, b"")),
    ];
    let mut checkpoint = history.checkpoint(StateRoot::EMPTY, &changes).unwrap();
    checkpoint.set_head("head");
    let root = history.commit(checkpoint).unwrap();
    let all = |table| store.scan(table, None, 100).unwrap();

    let hash = |payload: &[u8]| b2b256(&[&(payload.len() as u64).to_le_bytes()[..], payload].concat());
    let leaf = |slot: u8, payload: &[u8]| [&[slot, 32][..], &[5; 32], &hash(payload)].concat();
    let node = [leaf(0, b"dd"), leaf(1, b""), leaf(2, b"j")].concat();
    assert_eq!(all(Table::Nodes), [(b2b256(&node).to_vec(), node)]);
    let mut cold = vec![
        (hash(b"j").to_vec(), b"\x00j".to_vec()),
        (hash(b"dd").to_vec(), b"\x01dd".to_vec()),
        (hash(b"").to_vec(), b"\x02".to_vec()),
    ];
    cold.sort();
    assert_eq!(all(Table::ColdValues), cold);
    assert_eq!(all(Table::Roots), [(root.0.to_vec(), Vec::new())]);
    assert_eq!(all(Table::Heads), [(b"head".to_vec(), root.0.to_vec())]);
}

/// A database file is laid out for the word size and byte order of the machine that wrote it.
#[cfg(all(target_pointer_width = "64", target_endian = "little"))]
#[test]
fn format_1_is_read() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("FORMAT"), "rhodium-store 1\n").unwrap();
    fs::write(directory.path().join("data.mdb"), include_bytes!("fixtures/format-1.bin")).unwrap();
    let store = LmdbStore::open(directory.path(), &LmdbOptions::existing("test")).unwrap();
    let history = History::new(Arc::new(store));

    // Two states: after step n there are three leaves of each step up to n, one of each kind.
    let roots = [
        "5f08396aad78ef14f7fda8586e55491e92c8f2e58d6047b99842d8e48f6d98e1",
        "3c73161933dc1ee9cf18a7fbd2d0999f35244819bac8482384fc9ebffc39be5f",
    ];
    let mut known: Vec<StateRoot> = roots.iter().map(|root| root.parse().unwrap()).collect();
    assert_eq!(history.head("head").unwrap(), Some(known[1]));
    for (step, root) in (1..).zip(&known) {
        let snapshot = history.open_at(*root).unwrap();
        assert_eq!(snapshot.verify().unwrap(), 3 * u64::from(step));
        for kind in [LeafKind::Joins, LeafKind::Data, LeafKind::Continuations] {
            let expected = LeafValue { kind, payload: vec![step; 3] };
            assert_eq!(snapshot.get(&kind.key(&[step; 32])).unwrap(), Some(expected));
        }
        for (table, bytes) in [(Table::Blocks, "block"), (Table::Deploys, "deploy"), (Table::Receipts, "receipt")] {
            assert_eq!(history.store().get(table, &[step; 32]).unwrap(), Some(bytes.into()));
        }
    }
    known.sort();
    assert_eq!(history.roots().unwrap(), known);
    assert_eq!(history.store().get(Table::Meta, b"shard").unwrap(), Some(b"root".to_vec()));
}
