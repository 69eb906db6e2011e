//! The recorded vectors of the generator: runtime.md 3.7 and 11, registry-genesis.md 4.5.

use rhodium_random::{Random, RandomError, block_seed, deploy_seed};
use toml::{Table, Value};

fn load(text: &str) -> Table {
    text.parse().expect("test data is TOML")
}

fn runtime_vectors() -> Table {
    load(include_str!("../../../tests/data/runtime-vectors.toml"))
}

fn registry_vectors() -> Table {
    load(include_str!("../../../tests/data/registry-vectors.toml"))
}

fn rows<'a>(table: &'a Table, kind: &str) -> &'a [Value] {
    table[kind].as_array().expect("array of tables")
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_else(|| panic!("{field} is a string"))
}

fn bytes(row: &Value, field: &str) -> Vec<u8> {
    hex::decode(text(row, field)).expect("hex")
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().expect("array").iter().map(|item| item.as_str().expect("string").to_owned()).collect()
}

/// Applies one operation; a `next` adds to `out`.
fn step(random: Random, operation: &str, out: &mut Vec<String>) -> Random {
    let mut random = random;
    let (name, argument) = operation.split_once(' ').unwrap_or((operation, "0"));
    let argument: i32 = argument.parse().expect("number");
    match name {
        "next" => out.push(hex::encode(random.next())),
        "split_byte" => random = random.split_byte(argument as u8),
        "split_short" => random = random.split_short(argument as u16),
        "split_bytes_0_to" => random = (0..=argument).fold(random, |random, index| random.split_byte(index as u8)),
        other => panic!("unknown operation {other}"),
    }
    random
}

fn run(seed: &[u8], operations: &[String], out: &mut Vec<String>) -> Random {
    operations.iter().fold(Random::from_seed(seed), |random, operation| step(random, operation, out))
}

/// The serialised form of the other profile, made from ours: it holds a part of it.
fn core_bytes(random: &Random) -> Vec<u8> {
    let ext = random.to_bytes();
    let (position, path_len) = (ext[524], ext[532]);
    let mut core = Vec::new();
    core.extend_from_slice(&ext[84 + 112..84 + 128]);
    core.extend_from_slice(&ext[..80]);
    core.extend_from_slice(&[path_len, position]);
    core.extend_from_slice(&ext[84..84 + usize::from(path_len)]);
    if position != 0 {
        core.extend_from_slice(&ext[460 + usize::from(position)..524]);
    }
    core
}

fn assert_round_trip(random: &Random) {
    let encoded = random.to_bytes();
    let decoded = Random::from_bytes(&encoded).expect("own bytes decode");
    assert_eq!(decoded.to_bytes(), encoded);
    assert_eq!(&decoded, random);
    let (mut left, mut right) = (random.clone(), decoded);
    for _ in 0..3 {
        assert_eq!(left.next(), right.next());
        assert_eq!(left, right);
        assert_eq!(left.split_byte(7).to_bytes(), right.split_byte(7).to_bytes());
    }
}

#[test]
fn rng_rows() {
    let table = runtime_vectors();
    for row in rows(&table, "rng") {
        let id = text(row, "id");
        let mut out = Vec::new();
        let random = run(&bytes(row, "seed"), &strings(&row["ops"]), &mut out);
        assert_eq!(out, strings(&row["out"]), "{id}");
        if let Some(state) = row.get("state_ext") {
            assert_eq!(hex::encode(random.to_bytes()), state.as_str().unwrap(), "{id}");
        }
        // After a roll-over the profiles count differently (Δ9).
        if id != "rollover_after_next" {
            assert_eq!(hex::encode(core_bytes(&random)), text(row, "state_core"), "{id}");
        }
        assert_round_trip(&random);
    }
}

fn merge_children(row: &Value, seed: &[u8]) -> Vec<Random> {
    let ignored = &mut Vec::new();
    match row.get("child_template") {
        None => {
            let lists = row["children"].as_array().expect("array");
            lists.iter().map(|operations| run(seed, &strings(operations), ignored)).collect()
        }
        Some(template) => {
            let template = template.as_str().expect("string");
            let count = row["child_count"].as_integer().expect("number");
            (0..count).map(|i| run(seed, &[template.replace("<i>", &i.to_string())], ignored)).collect()
        }
    }
}

#[test]
fn rng_merge_rows() {
    let table = runtime_vectors();
    for row in rows(&table, "rng_merge") {
        let id = text(row, "id");
        let children = merge_children(row, &bytes(row, "seed"));
        let merged = Random::merge(&children.iter().collect::<Vec<_>>());
        let digests: Vec<_> = children.iter().map(Random::merge_digest).collect();
        assert_eq!(*Random::merge_digests(&digests), merged, "{id}");
        // Where a row has two results they differ because of Δ8, and so do the states.
        let expected = row.get("out_ext").unwrap_or_else(|| {
            assert_eq!(hex::encode(core_bytes(&merged)), text(row, "state_core"), "{id}");
            &row["out"]
        });
        assert_round_trip(&merged);
        let mut drawn = merged;
        let expected = strings(expected);
        let out: Vec<_> = expected.iter().map(|_| hex::encode(drawn.next())).collect();
        assert_eq!(out, expected, "{id}");
    }
}

#[test]
fn deploy_names_rows() {
    let table = runtime_vectors();
    for row in rows(&table, "deploy_names") {
        let seed = deploy_seed(&bytes(row, "deployer"), row["timestamp"].as_integer().unwrap());
        assert_eq!(hex::encode(&seed), text(row, "seed"));
        let mut random = Random::from_seed(&seed);
        for name in strings(&row["names"]) {
            assert_eq!(hex::encode(random.next()), name, "{}", text(row, "id"));
        }
    }
}

#[test]
fn block_seed_rows() {
    let table = runtime_vectors();
    for row in rows(&table, "block_seed") {
        let pre_state = bytes(row, "pre_state").try_into().unwrap();
        let number = row["block_number"].as_integer().unwrap() as u64;
        let seed = block_seed(text(row, "shard_id"), number, &bytes(row, "sender"), &pre_state).unwrap();
        assert_eq!(hex::encode(&seed), text(row, "seed"));
        assert_eq!(hex::encode(Random::from_seed(&seed).next()), text(row, "first_next"));
    }
    assert_eq!(block_seed(&"s".repeat(256), 0, &[], &[0; 32]), None);
}

#[test]
fn name_rng_rows() {
    let table = registry_vectors();
    for row in rows(&table, "name_rng") {
        let mut random = Random::from_seed(&bytes(row, "seed"));
        for split in strings(&row["splits"]) {
            random = match split.split_once("..") {
                Some(_) => (0..=112).fold(random, |random, index| random.split_byte(index)),
                None if split.starts_with('b') => random.split_byte(split[1..].parse().unwrap()),
                None => random.split_short(split[1..].parse().unwrap()),
            };
        }
        // The profiles disagree from the third name after a roll-over only when names were drawn before it.
        for name in strings(&row["first"]) {
            assert_eq!(hex::encode(random.next()), name, "{}", text(row, "name"));
        }
    }
}

#[test]
fn counter_carries_into_its_high_word() {
    let mut encoded = Random::from_seed(&[]).to_bytes();
    for offset in [84 + 112, 332 + 112] {
        encoded[offset..offset + 8].copy_from_slice(&u64::MAX.to_le_bytes());
    }
    let mut random = Random::from_bytes(&encoded).unwrap();
    for (start, end) in [("b63ea0e2", "f5cf"), ("4b850fc7", "131f"), ("a9137169", "9cab")] {
        let name = hex::encode(random.next());
        assert!(name.starts_with(start) && name.ends_with(end), "{name}");
    }
}

#[test]
fn views_follow_copies_appends_and_roll_overs() {
    let mut parent = (0..111).fold(Random::from_seed(b"views"), |random, index| random.split_byte(index + 1));
    parent.next();
    let mut child = parent.split_short(0x0201);
    assert_round_trip(&child);
    let encoded = child.to_bytes();
    // The pending block starts anew; the views still show the full path, and the counter as it was.
    assert_eq!(encoded[84..84 + 128], std::array::from_fn::<u8, 128, _>(|i| if i == 0 { 2 } else { 0 }));
    let appended: [u8; 112] = std::array::from_fn(|i| [2, 1][usize::from(i == 111)] * u8::from(i == 0 || i == 111));
    assert_eq!(encoded[216..328], appended);
    assert_eq!(encoded[332..332 + 112], parent.to_bytes()[84..84 + 112]);
    assert_eq!(encoded[332 + 112], 1);
    child.next();
    let encoded = child.to_bytes();
    assert_eq!((encoded[84 + 112], encoded[332 + 112]), (2, 2));
    // A copy starts its views anew.
    let grandchild = child.split_byte(9);
    assert_round_trip(&grandchild);
    assert_eq!(grandchild.to_bytes()[332..332 + 128], child.to_bytes()[84..84 + 128]);
}

#[test]
fn equality_is_equality_of_bytes() {
    let root = Random::from_seed(&[]);
    let mut drawn = root.clone();
    drawn.next();
    let by_short = root.split_short(0);
    let by_bytes = root.split_byte(0).split_byte(0);
    let objects = [root, drawn, by_short.clone(), by_bytes.clone(), by_bytes.split_byte(0)];
    for left in &objects {
        for right in &objects {
            assert_eq!(left == right, left.to_bytes() == right.to_bytes());
        }
    }
    assert_eq!(by_short, by_bytes);
}

#[test]
fn merging_fewer_than_two_is_harmless() {
    let only = Random::from_seed(b"x").split_byte(1);
    assert_eq!(Random::merge(&[&only]), only);
    assert_eq!(Random::merge(&[]), Random::from_seed(&[]));
}

#[test]
fn bad_bytes_are_refused() {
    let good = Random::from_seed(b"x").to_bytes();
    assert_eq!(Random::from_bytes(&[]), Err(RandomError::Length(0)));
    assert_eq!(Random::from_bytes(&good[1..]), Err(RandomError::Length(535)));
    let with = |offset: usize, value: u8| {
        let mut bad = good;
        bad[offset] = value;
        Random::from_bytes(&bad)
    };
    assert_eq!(with(212, 1), Err(RandomError::Tag { offset: 212, expected: 112, found: 1 }));
    assert_eq!(with(524, 1), Err(RandomError::OutputPosition(1)));
    assert_eq!(with(532, 113), Err(RandomError::PathPosition(113)));
    assert_eq!(with(535, 1), Err(RandomError::PathPosition(1 << 24)));
}

#[test]
fn digests_worked_out_together_are_those_worked_out_alone() {
    let root = Random::from_seed(b"together");
    let children: Vec<Random> = (0..10).map(|k| root.split_byte(k)).collect();
    for count in 0..=children.len() {
        let randoms: Vec<&Random> = children[..count].iter().collect();
        let mut digests = Vec::new();
        Random::each_merge_digest(&randoms, |digest| digests.push(digest));
        assert_eq!(digests, randoms.iter().map(|random| random.merge_digest()).collect::<Vec<_>>());
    }
}

#[test]
fn descending_is_splitting_in_place() {
    let mut random = Random::from_seed(b"down");
    random.next();
    for index in 0..300u16 {
        let (byte, short) = (random.split_byte(index as u8), random.split_short(index));
        let mut copy = random.clone();
        copy.descend_byte(index as u8);
        assert_eq!(copy.to_bytes(), byte.to_bytes());
        random.descend_short(index);
        assert_eq!(random.to_bytes(), short.to_bytes());
        if index % 7 == 0 {
            random.next();
        }
    }
}
