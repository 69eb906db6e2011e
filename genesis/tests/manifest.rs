//! Contract sets from a directory: what may be in a manifest, and what is wrong with files and keys.

mod common;

use std::collections::BTreeMap;
use std::io;

use common::{build_set, codes, embedded, system_set};
use rhodium_genesis::{ContractSet, GenesisError, MAX_CONTRACT_BYTES};

const SECRET: &str = "0505050505050505050505050505050505050505050505050505050505050505";

fn load(manifest: &str, files: &[(&str, &[u8])]) -> Result<ContractSet, GenesisError> {
    let mut all: BTreeMap<&str, &[u8]> = files.iter().copied().collect();
    all.insert("contracts.toml", manifest.as_bytes());
    let mut read = |name: &str, limit: u64| match all.get(name) {
        Some(bytes) => Ok(bytes.iter().copied().take(limit as usize).collect()),
        None => Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    ContractSet::from_manifest("dir", &embedded(), &mut read)
}

fn entry(name: &str, file: &str, secret: &str, timestamp: i64) -> String {
    format!("[[contract]]\nname = \"{name}\"\nfile = \"{file}\"\nsecret = \"{secret}\"\ntimestamp = {timestamp}\n")
}

fn code(manifest: &str, files: &[(&str, &[u8])]) -> &'static str {
    codes(&load(manifest, files).unwrap_err())[0].0
}

#[test]
fn own_contracts_follow_those_of_the_system() {
    let set = load(&entry("A", "a.rho", SECRET, 1), &[("a.rho", b"\xef\xbb\xbfNil\r\n")]).unwrap();
    assert_eq!(set.files().len(), system_set().files().len() + 1);
    let genesis = build_set(&set).unwrap();
    let deploys = &genesis.block.body.as_ref().unwrap().deploys;
    assert_eq!(deploys.last().unwrap().deploy.as_ref().unwrap().term, "Nil\n", "LF, and no byte order mark");
    let alone = load(&format!("system = false\n{}", entry("A", "a.rho", SECRET, 1)), &[("a.rho", b"@0!(1)")]).unwrap();
    assert_eq!(build_set(&alone).unwrap().rows.len(), 1);
}

#[test]
fn keys_come_from_the_manifest_a_file_or_the_table() {
    let by_file = "system = false\n[[contract]]\nname = \"A\"\nfile = \"a\"\nkey-file = \"a.sk\"\ntimestamp = 1\n";
    assert!(load(by_file, &[("a", b"Nil"), ("a.sk", SECRET.as_bytes())]).is_ok());
    let by_name = "system = false\n[[contract]]\nname = \"Registry\"\nfile = \"a\"\n";
    let set = load(by_name, &[("a", b"Nil")]).unwrap();
    assert_eq!(set.files()[0].timestamp, 1559156071321);
    assert_eq!(code(by_file, &[("a", b"Nil")]), "E0603");
    assert_eq!(code(&by_file.replace("key-file = \"a.sk\"\n", ""), &[("a", b"Nil")]), "E0611");
    assert_eq!(code(&by_file.replace("timestamp = 1\n", ""), &[("a", b"Nil"), ("a.sk", SECRET.as_bytes())]), "E0611");
    let two = by_file.replace("timestamp", &format!("secret = \"{SECRET}\"\ntimestamp"));
    assert_eq!(code(&two, &[("a", b"Nil")]), "E0612");
    for bad in ["zz", "05", "0000000000000000000000000000000000000000000000000000000000000000"] {
        let error = load(&entry("A", "a", bad, 1), &[("a", b"Nil")]).unwrap_err();
        assert_eq!(codes(&error)[0].0, "E0610");
    }
}

#[test]
fn secrets_are_not_shown() {
    let broken = format!("[[contract]]\nname = \"A\"\nsecret = \"{SECRET}\" x\n");
    let error = load(&broken, &[]).unwrap_err();
    assert_eq!(codes(&error), [("E0601", Some((3, 1)))]);
    assert!(!error.to_string().contains("0505") && !format!("{error:?}").contains("0505"));
    let set = load(&entry("A", "a", SECRET, 1), &[("a", b"Nil")]).unwrap();
    assert!(!format!("{set:?}").contains("0505"));
}

#[test]
fn bad_files_are_named() {
    let manifest = entry("A", "a.rho", SECRET, 1);
    assert_eq!(code(&manifest, &[]), "E0603");
    assert_eq!(code(&manifest, &[("a.rho", b"")]), "E0604");
    assert_eq!(code(&manifest, &[("a.rho", b" \n\t")]), "E0604");
    assert_eq!(code(&manifest, &[("a.rho", b"Nil\n\xff")]), "E0605");
    assert_eq!(code(&manifest, &[("a.rho", b"\x7fELF\0\0")]), "E0605");
    let large = vec![b' '; MAX_CONTRACT_BYTES as usize + 1];
    assert_eq!(code(&manifest, &[("a.rho", &large)]), "E0606");
    let text = load(&manifest, &[("a.rho", b"Nil\n\xff")]).unwrap_err().to_string();
    assert_eq!(text, "contract `A` (dir/a.rho): the file is not UTF-8 text: line 2 has the byte 0xff");
}

#[test]
fn names_keys_and_timestamps_are_unique() {
    let files: &[(&str, &[u8])] = &[("a", b"Nil")];
    let other = SECRET.replace('5', "6");
    let two = |first: (&str, &str, i64), second: (&str, &str, i64)| {
        let manifest = entry(first.0, "a", first.1, first.2) + &entry(second.0, "a", second.1, second.2);
        let error = load(&manifest, files).unwrap_err();
        codes(&error).iter().map(|(code, _)| *code).collect::<Vec<_>>()
    };
    assert_eq!(two(("A", SECRET, 1), ("A", &other, 2)), ["E0607"]);
    assert_eq!(two(("A", SECRET, 1), ("B", SECRET, 2)), ["E0608"]);
    assert_eq!(two(("A", SECRET, 1), ("B", &other, 1)), ["E0609"]);
    assert_eq!(two(("A", SECRET, 1), ("B", SECRET, 1)), ["E0608", "E0609"]);
    assert_eq!(code(&entry("Registry", "a", SECRET, 1), files), "E0607");
}

#[test]
fn a_manifest_must_make_sense() {
    assert_eq!(code("system = false", &[]), "E0602");
    assert_eq!(code("sistem = false", &[]), "E0601");
    assert_eq!(code("[[contract]]\nname = 5", &[]), "E0601");
    let mut nothing = |_: &str, _: u64| Err(io::Error::from(io::ErrorKind::NotFound));
    let error = ContractSet::from_manifest("dir", &embedded(), &mut nothing).unwrap_err();
    assert!(error.to_string().contains("dir/contracts.toml"), "{error}");
}
