//! The byte formats of docs/store-format.md: what is written, and that stores of every format so far can be read.

use rhodium_store::{
    Batch, DeployProgram, DeployRecord, History, KeyValueStore, LeafKind, LeafValue, LmdbOptions, LmdbStore,
    MemoryStore, ReceiptRecord, StateRoot, StoreError, Table, b2b256,
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

#[test]
fn deploys_and_receipts_are_as_documented() {
    let history = History::new(Arc::new(MemoryStore::new()));
    let program = DeployProgram::Source { source: "Nil".into(), random: vec![1, 2], phlo: -1, deployer: Vec::new() };
    let signed = DeployProgram::Signed { block: [9; 32], number: 3, deploy: vec![7] };
    let receipt = ReceiptRecord {
        number: 5,
        after: Some(StateRoot([4; 32])),
        cost: 6,
        comms: Some(7),
        errors: vec![("E1".into(), "x".into())],
        output: vec!["y".into()],
    };
    let other = ReceiptRecord { number: 4, after: None, comms: None, errors: Vec::new(), ..receipt.clone() };
    let mut batch = Batch::new();
    let deploys = [program, signed].map(|program| DeployRecord { before: StateRoot([8; 32]), program });
    let hashes = [batch.put_deploy(&deploys[0], &receipt), batch.put_deploy(&deploys[1], &other)];
    history.store().commit(&batch).unwrap();
    let word = |number: u64| number.to_le_bytes().to_vec();
    let text = |text: &[u8]| [&word(text.len() as u64)[..], text].concat();
    let expected = [
        [&[1][..], &[8; 32], &[0], &text(b"Nil"), &text(&[1, 2]), &[0xff; 8], &text(b"")].concat(),
        [&[1][..], &[8; 32], &[1], &[9; 32], &word(3), &text(&[7])].concat(),
    ];
    let receipts = [
        [&[1][..], &word(5), &[1], &[4; 32], &word(6), &[1], &word(7), &word(1), &text(b"E1"), &text(b"x"), &word(1)]
            .concat(),
        [&[1][..], &word(4), &[0], &word(6), &[0], &word(0), &word(1)].concat(),
    ];
    for (number, hash) in hashes.iter().enumerate() {
        assert_eq!(*hash, b2b256(&expected[number]));
        let stored = |table| history.store().get(table, hash).unwrap();
        assert_eq!(stored(Table::Deploys), Some(expected[number].clone()));
        assert_eq!(stored(Table::Receipts), Some([&receipts[number][..], &text(b"y")].concat()));
        assert_eq!(history.deploy(hash).unwrap(), Some(deploys[number].clone()));
        // Cut or extended, it is damage.
        for bytes in [&expected[number][..expected[number].len() - 1], &[&expected[number][..], &[0]].concat(), &[]] {
            let mut batch = Batch::new();
            batch.put(Table::Deploys, [1; 32], bytes);
            history.store().commit(&batch).unwrap();
            assert!(matches!(history.deploy(&[1; 32]), Err(StoreError::Damaged(_))));
        }
    }
    let order: Vec<_> = history.receipts().unwrap().into_iter().map(|(hash, _)| hash).collect();
    assert_eq!(order, [hashes[1], hashes[0]]);
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
        let seen = history.verify(&[*root], &|_, _| Ok(()), &mut |_| {}).unwrap();
        assert_eq!((seen.is_whole(), seen.leaves), (true, 3 * u64::from(step)));
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
