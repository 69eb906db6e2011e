//! The durable store: directories, locks, formats, growth, and agreement with the store in memory.

use proptest::prelude::*;
use rhodium_store::{
    Access, Batch, History, KeyValueStore, LeafKind, LeafValue, LmdbOptions, LmdbStore, MemoryStore, StateRoot,
    StoreError, Table, b2b256,
};
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn create(path: &Path) -> Result<LmdbStore, StoreError> {
    LmdbStore::open(path, &LmdbOptions::create("process 1 on host"))
}

fn existing(path: &Path) -> Result<LmdbStore, StoreError> {
    LmdbStore::open(path, &LmdbOptions::existing("process 2 on host"))
}

/// Checks a whole state; the number of its leaves.
fn verified(history: &History, root: StateRoot) -> u64 {
    let seen = history.verify(&[root], &|_, _| Ok(()), &mut |_| {}).unwrap();
    assert!(seen.is_whole(), "{:?}", seen.damages);
    seen.leaves
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn batch(table: Table, key: &[u8], value: &[u8]) -> Batch {
    let mut batch = Batch::new();
    batch.put(table, key, value);
    batch
}

#[test]
fn a_reopened_store_has_the_same_states() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep/store");
    let key = LeafKind::Joins.key(&[1; 32]);
    let value = LeafValue { kind: LeafKind::Joins, payload: vec![1, 2, 3] };
    let root = {
        let history = History::new(Arc::new(create(&path).unwrap()));
        let mut checkpoint = history.checkpoint(StateRoot::EMPTY, &[(key, Some(value.clone()))]).unwrap();
        checkpoint.set_head("head");
        history.commit(checkpoint).unwrap()
    };
    for open in [existing, create] {
        let history = History::new(Arc::new(open(&path).unwrap()));
        assert_eq!(history.head("head").unwrap(), Some(root));
        assert_eq!(history.roots().unwrap(), [root]);
        assert_eq!(history.open_at(root).unwrap().get(&key).unwrap(), Some(value.clone()));
        assert_eq!(verified(&history, root), 1);
    }
    assert_eq!(names(&path), ["FORMAT", "LOCK", "data.mdb", "lock.mdb"]);
    assert_eq!(fs::read(path.join("FORMAT")).unwrap(), b"rhodium-store 1\n");
}

#[test]
fn a_missing_store_is_made_only_on_demand() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    assert!(matches!(existing(&path), Err(StoreError::Missing(_))));
    assert!(!path.exists());
    fs::create_dir(&path).unwrap();
    assert!(matches!(existing(&path), Err(StoreError::Missing(_))));
    assert!(names(&path).is_empty());
    create(&path).unwrap();
    existing(&path).unwrap();
}

#[test]
fn a_second_writer_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let first = create(&path).unwrap();
    for open in [existing, create] {
        let error = open(&path).unwrap_err();
        assert!(matches!(&error, StoreError::InUse { holder, .. } if holder == "process 1 on host"));
        assert!(error.to_string().ends_with("is in use by process 1 on host"), "{error}");
    }
    drop(first);
    existing(&path).unwrap();
}

#[test]
fn readers_and_removal_exclude_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let options = |access| LmdbOptions::new(access, "process 3");
    assert!(matches!(LmdbStore::open(&path, &options(Access::Read)), Err(StoreError::Missing(_))));
    assert!(!path.exists());
    drop(create(&path).unwrap());
    let reader = LmdbStore::open(&path, &options(Access::Read)).unwrap();
    // One process opens the database once.
    assert!(matches!(LmdbStore::open(&path, &options(Access::Alone)), Err(StoreError::InUse { .. })));
    assert!(matches!(LmdbStore::open(&path, &options(Access::Read)), Err(StoreError::InUse { .. })));
    assert!(reader.commit(&batch(Table::Meta, b"key", b"value")).is_err());
    drop(reader);
    // What a reader in another process holds.
    let format = fs::File::open(path.join("FORMAT")).unwrap();
    format.try_lock_shared().unwrap();
    assert!(matches!(LmdbStore::open(&path, &options(Access::Alone)), Err(StoreError::BeingRead(_))));
    drop(format);
    let alone = LmdbStore::open(&path, &options(Access::Alone)).unwrap();
    let refused = LmdbStore::open(&path, &options(Access::Read)).unwrap_err();
    assert!(matches!(refused, StoreError::InUse { holder, since: Some(_), .. } if holder == "process 3"));
    drop(alone);
    LmdbStore::open(&path, &options(Access::Read)).unwrap();
}

#[test]
fn foreign_directories_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let refused = |files: &[(&str, &str)]| {
        let path = directory.path().join("foreign");
        fs::create_dir(&path).unwrap();
        for (name, text) in files {
            fs::write(path.join(name), text).unwrap();
        }
        let before = names(&path);
        for open in [existing, create] {
            assert!(matches!(open(&path), Err(StoreError::Foreign(_))), "{files:?}");
        }
        assert_eq!(names(&path), before);
        for (name, text) in files {
            assert_eq!(fs::read_to_string(path.join(name)).unwrap(), *text);
        }
        fs::remove_dir_all(&path).unwrap();
    };
    refused(&[("notes.txt", "mine")]);
    refused(&[("data.mdb", "another database"), ("lock.mdb", "")]);
    refused(&[("LOCK", "another program")]);
    refused(&[("LOCK", ""), ("data.mdb", "")]);
    refused(&[("LOCK", "rhodium-store lock\nx\n"), ("notes.txt", "mine")]);
    refused(&[("FORMAT", "another format 1\n")]);
    refused(&[("FORMAT", "rhodium-store 0\n")]);
    refused(&[("FORMAT", "rhodium-store one\n")]);
    let file = directory.path().join("file");
    fs::write(&file, "text").unwrap();
    assert!(matches!(create(&file), Err(StoreError::Foreign(_))));
}

#[test]
fn newer_formats_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    create(&path).unwrap();
    fs::write(path.join("FORMAT"), "rhodium-store 2\n").unwrap();
    let files = || names(&path).iter().map(|name| fs::read(path.join(name)).unwrap()).collect::<Vec<_>>();
    let before = files();
    let read = |path: &Path| LmdbStore::open(path, &LmdbOptions::read());
    let alone = |path: &Path| LmdbStore::open(path, &LmdbOptions::new(Access::Alone, "test"));
    for open in [&existing as &dyn Fn(&Path) -> Result<LmdbStore, StoreError>, &create, &read, &alone] {
        assert!(matches!(open(&path), Err(StoreError::NewerFormat { found: 2, supported: 1, .. })));
    }
    assert_eq!(files(), before);
}

#[test]
fn an_interrupted_creation_is_taken_up_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    create(&path).unwrap();
    fs::rename(path.join("FORMAT"), path.join("FORMAT.new")).unwrap();
    assert!(matches!(existing(&path), Err(StoreError::Missing(_))));
    create(&path).unwrap();
    existing(&path).unwrap();
    fs::remove_dir_all(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("LOCK"), "").unwrap();
    create(&path).unwrap();
}

#[test]
fn a_lost_data_file_is_damage_and_not_an_empty_store() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    create(&path).unwrap();
    fs::remove_file(path.join("data.mdb")).unwrap();
    assert!(matches!(create(&path), Err(StoreError::Damaged(_))));
    assert!(!path.join("data.mdb").exists());
    fs::write(path.join("data.mdb"), [7; 8192]).unwrap();
    assert!(matches!(create(&path), Err(StoreError::Database { .. })));
}

#[test]
fn a_full_map_grows() {
    let directory = tempfile::tempdir().unwrap();
    let options = LmdbOptions { map_size: 0, ..LmdbOptions::create("test") };
    let path = directory.path().join("store");
    let store = Arc::new(LmdbStore::open(&path, &options).unwrap());
    // More than the smallest map in one batch, and then again with readers at work.
    store.commit(&batch(Table::Blocks, b"large", &vec![1; 5 << 20])).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    assert_eq!(store.get(Table::Blocks, b"large").unwrap().map(|value| value.len()), Some(5 << 20));
                }
            });
        }
        for index in 0..8u8 {
            store.commit(&batch(Table::Blocks, &[index], &vec![index; 3 << 20])).unwrap();
        }
    });
    drop(store);
    // A smaller option does not cut what is there.
    let store = LmdbStore::open(&path, &options).unwrap();
    assert_eq!(store.get(Table::Blocks, &[7]).unwrap(), Some(vec![7; 3 << 20]));
    store.commit(&batch(Table::Blocks, b"more", &vec![9; 9 << 20])).unwrap();
}

#[test]
fn keys_are_checked() {
    let directory = tempfile::tempdir().unwrap();
    let lmdb = create(&directory.path().join("store")).unwrap();
    let memory = MemoryStore::new();
    for store in [&lmdb as &dyn KeyValueStore, &memory] {
        for key in [&[][..], &[1; 512]] {
            assert!(matches!(store.get(Table::Meta, key), Err(StoreError::KeyLength { .. })));
            assert!(matches!(store.commit(&batch(Table::Meta, key, b"")), Err(StoreError::KeyLength { .. })));
        }
        store.commit(&batch(Table::Meta, &[1; 511], b"")).unwrap();
        assert_eq!(store.get(Table::Meta, &[1; 511]).unwrap(), Some(Vec::new()));
    }
}

#[test]
fn large_states_agree_with_memory() {
    let directory = tempfile::tempdir().unwrap();
    let lmdb = History::new(Arc::new(create(&directory.path().join("store")).unwrap()));
    let memory = History::new(Arc::new(MemoryStore::new()));
    let changes: Vec<_> = (0..4000u32)
        .map(|index| {
            let value = LeafValue { kind: LeafKind::Data, payload: index.to_le_bytes().to_vec() };
            (LeafKind::Data.key(&b2b256(&index.to_le_bytes())), Some(value))
        })
        .collect();
    let root = lmdb.apply(StateRoot::EMPTY, &changes).unwrap();
    assert_eq!(memory.apply(StateRoot::EMPTY, &changes).unwrap(), root);
    assert_eq!(verified(&lmdb, root), 4000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn both_stores_answer_the_same(
        steps in proptest::collection::vec(
            proptest::collection::vec((0..8usize, "[a-c]{1,2}", proptest::option::of(0..3u8)), 0..8), 1..6),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let lmdb = create(&directory.path().join("store")).unwrap();
        let memory = MemoryStore::new();
        for step in steps {
            let mut batch = Batch::new();
            for (table, key, value) in step {
                // Content-addressed tables are never given two values for one key.
                let table = Table::ALL[table];
                match value {
                    Some(value) if !table.is_content_addressed() => batch.put(table, key, [value]),
                    Some(_) => batch.put(table, key, [0]),
                    None => batch.delete(table, key),
                }
            }
            lmdb.commit(&batch).unwrap();
            memory.commit(&batch).unwrap();
        }
        for table in Table::ALL {
            for after in [None, Some("a"), Some("b"), Some("bb"), Some("cc"), Some("d")] {
                let after = after.map(str::as_bytes);
                for limit in [0, 1, 100] {
                    prop_assert_eq!(
                        lmdb.scan(table, after, limit).unwrap(),
                        memory.scan(table, after, limit).unwrap()
                    );
                }
            }
            for key in ["a", "bb", "d"] {
                prop_assert_eq!(
                    lmdb.get(table, key.as_bytes()).unwrap(),
                    memory.get(table, key.as_bytes()).unwrap()
                );
            }
        }
    }
}
