//! `rho genesis` as a user sees it: what it prints, what it leaves behind, and everything it must refuse.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/genesis");

/// A directory with the sample inputs, which a test may change.
struct Desk(TempDir);

impl Desk {
    fn new() -> Desk {
        let directory = TempDir::new().unwrap();
        for file in ["bonds.txt", "wallets.txt", "creator.sk"] {
            fs::copy(Path::new(SAMPLES).join(file), directory.path().join(file)).unwrap();
        }
        Desk(directory)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), content).unwrap();
    }

    fn rho(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_rho")).current_dir(self.0.path()).args(arguments).output().unwrap()
    }

    fn build(&self, more: &[&str]) -> Output {
        let files = ["genesis", "build", "--bonds", "bonds.txt", "--wallets", "wallets.txt", "--key", "creator.sk"];
        let targets = ["--store", "out/store", "--out", "out/block.bin"];
        self.rho(&[&files[..], &targets, more].concat())
    }

    /// A build that must fail with this status and these words, and leave nothing.
    fn refused(&self, more: &[&str], status: i32, words: &[&str]) {
        let output = self.build(more);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{text}");
        for word in words {
            assert!(text.contains(word), "`{word}` is missing in:\n{text}");
        }
        assert!(output.stdout.is_empty());
        assert!(!self.path("out").exists(), "something was left");
    }
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn build_verify_and_look_up() {
    let desk = Desk::new();
    let text = stdout(&desk.build(&[]));
    for line in
        ["contract ", "ListOps ", "rho:id:6fzorimqngeedepkrizgiqms6zjt76zjeciktt1eifequy4osz35ks", "block hash  "]
    {
        assert!(text.contains(line), "{text}");
    }
    let verified = stdout(&desk.rho(&["genesis", "verify", "out/block.bin"]));
    assert!(verified.contains("equal: "), "{verified}");
    for line in text.lines().filter(|line| line.starts_with("block hash") || line.starts_with("state root")) {
        assert!(verified.contains(line), "{line}");
    }
    let again = desk.build(&[]);
    assert_eq!(again.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&again.stderr).contains("already holds a state"));
    let mut left: Vec<_> = fs::read_dir(desk.path("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["block.bin", "store"], "no draft is left");
}

#[test]
fn json_says_the_same() {
    let desk = Desk::new();
    let answer = json(&desk.build(&["--json"]));
    assert_eq!(answer["errors"], Value::Array(vec![]));
    assert_eq!(answer["contracts"][0]["contract"], "Registry");
    assert_eq!(answer["contracts"][1]["nonce"], i64::MAX);
    assert_eq!(answer["contracts"][1]["name"], "95fcdae5d4db7cf5aa0022bf6dba3f7c21b506fed8f3f4698a570d048ea758bd");
    let verified = json(&desk.rho(&["genesis", "verify", "out/block.bin", "--json"]));
    assert_eq!(verified["equal"], true);
    assert_eq!(verified["hash"], answer["block_hash"]);
    assert_eq!(verified["post_state"], answer["state_root"]);
    // The store has block, deploys and receipts, whole, and removing what is not needed keeps the states of the block.
    let ask = |command: &str| json(&desk.rho(&["store", command, "--store", "out/store", "--json"]));
    let deploys = ask("deploys");
    let costs = |list: &Value| list.as_array().unwrap().iter().map(|row| row["cost"].clone()).collect::<Vec<_>>();
    assert_eq!(costs(&deploys["deploys"]), costs(&answer["contracts"]));
    assert_eq!(deploys["deploys"][0]["block"], answer["block_hash"]);
    assert_eq!(deploys["deploys"][0]["before"], answer["pre_state_root"]);
    assert_eq!((&ask("verify")["whole"], &ask("verify")["blocks"]), (&Value::Bool(true), &Value::from(1)));
    let freed = ask("gc");
    assert_eq!((&freed["kept"], &ask("verify")["whole"]), (&Value::from(2), &Value::Bool(true)));
}

#[test]
fn the_same_inputs_give_the_same_file() {
    let (first, second) = (Desk::new(), Desk::new());
    stdout(&first.build(&[]));
    stdout(&second.build(&["--threads", "1"]));
    assert_eq!(fs::read(first.path("out/block.bin")).unwrap(), fs::read(second.path("out/block.bin")).unwrap());
    let (stamped, unsigned) = (Desk::new(), Desk::new());
    assert_eq!(json(&stamped.build(&["--json", "--timestamp", "5", "--shard", "other"]))["shard"], "other");
    fs::remove_file(unsigned.path("creator.sk")).unwrap();
    let files = ["genesis", "build", "--bonds", "bonds.txt", "--wallets", "wallets.txt", "--unsigned", "--json"];
    let output = unsigned.rho(&[&files[..], &["--store", "out/store", "--out", "block.bin"]].concat());
    assert_eq!(json(&output)["signed_by"], Value::Null);
}

#[test]
fn bad_lines_are_numbered() {
    let desk = Desk::new();
    let bonds = fs::read_to_string(desk.path("bonds.txt")).unwrap();
    desk.write("bonds.txt", format!("{bonds}oops\n"));
    desk.write("wallets.txt", "1111,5\n");
    desk.refused(&[], 1, &["bonds.txt:4:1", "INVALID LINE FORMAT", "wallets.txt:1:1", "Invalid address length"]);
    let answer = json(&desk.build(&["--json"]));
    assert_eq!(answer["errors"][0]["line"], 4);
    assert_eq!(answer["errors"][1]["code"], "E0512");
    desk.write("bonds.txt", "");
    desk.write("wallets.txt", "");
    desk.refused(&[], 1, &["there are no validators"]);
    desk.write("bonds.txt", b"\xff\xfe\n");
    desk.refused(&[], 1, &["bonds.txt:1:1", "not UTF-8"]);
    fs::remove_file(desk.path("bonds.txt")).unwrap();
    desk.refused(&[], 3, &["there is no file bonds.txt"]);
}

#[test]
fn keys_and_parameters_are_checked() {
    let desk = Desk::new();
    desk.write("creator.sk", "c0ffee");
    desk.refused(&[], 1, &["creator.sk is not usable"]);
    desk.write("creator.sk", "5a0bde2f5857124b1379c78535b07a278e3b9cefbcacc02e62ab3294c02765a1");
    desk.refused(&[], 1, &["whose secret everybody knows"]);
    let desk = Desk::new();
    desk.write("parameters.toml", "shard-name = \"root\"\nepoch-lenght = 5\n");
    desk.refused(&["--parameters", "parameters.toml"], 1, &["parameters.toml:2:1", "epoch-lenght"]);
    desk.write("parameters.toml", "epoch-length = 0\n");
    desk.refused(&["--parameters", "parameters.toml"], 1, &["epoch-length is 0"]);
    desk.refused(&["--shard", "é"], 1, &["shard-name"]);
}

const CONTRACT: &str = "[[contract]]\nname = \"Mine\"\nfile = \"mine.rho\"\ntimestamp = 7\n\
    secret = \"0505050505050505050505050505050505050505050505050505050505050505\"\n";

#[test]
fn contracts_are_checked() {
    let desk = Desk::new();
    let more = ["--contracts", "set"];
    desk.refused(&more, 3, &["there is no manifest set/contracts.toml"]);
    desk.write("set/contracts.toml", CONTRACT);
    desk.refused(&more, 1, &["`Mine`", "cannot be read"]);
    desk.write("set/mine.rho", "");
    desk.refused(&more, 1, &["the file is empty"]);
    desk.write("set/mine.rho", b"\x7fELF\0");
    desk.refused(&more, 1, &["not UTF-8"]);
    desk.write("set/mine.rho", "new x in {\n  x!(\n}");
    desk.refused(&more, 1, &["set/mine.rho:3:1", "`Mine`"]);
    let import = "new ch, l(`rho:registry:lookup`) in {\n  l!(`rho:lang:listOp`, *ch) | for (@(_, X) <- ch) { Nil } }";
    desk.write("set/mine.rho", import);
    desk.refused(&more, 1, &["set/mine.rho:2:6", "`rho:lang:listOp`", "`Mine`", "did you mean `rho:lang:listOps`"]);
    desk.write("set/contracts.toml", format!("{CONTRACT}{}", CONTRACT.replace("Mine", "Other")));
    desk.refused(&more, 1, &["the key is also that of `Mine`", "the timestamp 7 is also that of `Mine`"]);
    desk.write("set/contracts.toml", CONTRACT);
    desk.write("set/mine.rho", "new x in { x!(1) }");
    assert!(stdout(&desk.build(&more)).contains("\nMine "));
}

#[test]
fn a_store_of_somebody_else_is_left_alone() {
    let desk = Desk::new();
    desk.write("other/notes.txt", "mine");
    let files = ["genesis", "build", "--bonds", "bonds.txt", "--wallets", "wallets.txt", "--key", "creator.sk"];
    let output = desk.rho(&[&files[..], &["--store", "other", "--out", "block.bin"]].concat());
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(fs::read_dir(desk.path("other")).unwrap().count(), 1);
    assert!(!desk.path("block.bin").exists());
    fs::create_dir(desk.path("block.bin")).unwrap();
    let output = desk.rho(&[&files[..], &["--store", "store", "--out", "block.bin"]].concat());
    assert_eq!(output.status.code(), Some(3));
    assert!(!desk.path("store").exists());
}

#[test]
fn a_damaged_block_is_refused() {
    let desk = Desk::new();
    stdout(&desk.build(&[]));
    let block = fs::read(desk.path("out/block.bin")).unwrap();
    let refused = |content: &[u8]| {
        desk.write("bad.bin", content);
        let output = desk.rho(&["genesis", "verify", "bad.bin", "--json"]);
        assert_eq!(output.status.code(), Some(4));
        json(&output)["errors"][0]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused(&block[..block.len() - 1]), "E0551");
    assert_eq!(refused(b""), "E0552");
    assert_eq!(refused(b"hello"), "E0551");
    for at in (0..block.len()).step_by(block.len() / 20) {
        let mut damaged = block.clone();
        damaged[at] ^= 4;
        assert!(refused(&damaged).starts_with("E055"), "byte {at}");
    }
    assert_eq!(desk.rho(&["genesis", "verify", "missing.bin"]).status.code(), Some(3));
}
