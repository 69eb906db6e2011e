//! `rho store` and `rho space` as a user sees them, and what becomes of a store when something goes wrong.

mod cli;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use cli::{Files, Ran, command, rho, rho_with};
use serde_json::{Value, json};

/// The state of the registry bootstrap alone.
const BARE_ROOT: &str = "facf59ccc55ee2c04802c7399bcff0d15154f70e0d2bc40cf041aac0a89499c1";

/// A bare store in which these programs were evaluated, and the state after each.
fn store(files: &Files, programs: &[&str]) -> (String, Vec<String>) {
    let directory = files.path("store");
    let after = |program: &&str| {
        let report = rho_with(program, &["run", "-", "--json", "--bare", "--store", &directory]).json();
        assert_eq!(report["errors"], json!([]));
        report["state_root"]["after"].as_str().expect("a root").to_owned()
    };
    let roots = programs.iter().map(after).collect();
    (directory, roots)
}

fn lines(ran: &Ran) -> Vec<&str> {
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    ran.stdout.lines().collect()
}

/// Everything that a command for a store prints as JSON.
fn json_of(arguments: &[&str]) -> Value {
    rho(&[arguments, &["--json"]].concat()).json()
}

const PROGRAM: &str = r#"@"x"!(3) | @"x"!!([1, 2]) | for (@y <- @"z") { @"w"!(y) } | @{@"n"!(1)}!("code", 5)
    | new p in { p!(1) | for (@a <- p & @b <- @"q") { Nil } } | for (@a <= @"r") { Nil } | @"z"!("both") | @"z"!("more")"#;

#[test]
fn a_state_is_listed_as_rholang() {
    let files = Files::new();
    let (directory, _) = store(&files, &[PROGRAM]);
    let listed = rho(&["space", "list", "--store", &directory]);
    let text = lines(&listed);
    for line in [r#"@"x"!(3)"#, r#"@"x"!!([1, 2])"#, r#"@{@"n"!(1)}!("code", 5)"#, "for (@x0 <= @\"r\")"] {
        assert!(text.iter().any(|shown| shown.starts_with(line)), "{line} in {}", listed.stdout);
    }
    // One of two messages was taken; the other stays on a channel on which nothing waits any more.
    assert_eq!(text.iter().filter(|line| line.starts_with(r#"@"w"!("#)).count(), 1);
    assert!(text.iter().any(|line| line.starts_with("name'") && line.ends_with("!(1)")), "{}", listed.stdout);
    assert!(!listed.stdout.contains("unknown'"), "{}", listed.stdout);
    // The bootstrap waits on five fixed channels.
    assert!(listed.stderr.contains("6 messages, 7 waiting receives"), "{}", listed.stderr);

    let object = json_of(&["space", "list", "--store", &directory]);
    let (data, waiting) = (object["data"].as_array().unwrap(), object["waiting"].as_array().unwrap());
    assert_eq!((data.len(), waiting.len(), &object["errors"]), (6, 7, &json!([])));
    let datum = data.iter().find(|row| row["data"] == json!(["[1, 2]"])).expect("the persistent one");
    assert_eq!((&datum["channel"], &datum["persistent"]), (&json!("@\"x\""), &json!(true)));
    assert_eq!((&datum["forgeable"], &datum["term"]), (&json!(true), &json!("@\"x\"!!([1, 2])")));
    let join = waiting.iter().find(|row| row["channels"].as_array().unwrap().len() == 2).expect("the join");
    assert!(join["channels"].as_array().unwrap().contains(&json!("@\"q\"")), "{join}");
    assert_eq!(join["names"].as_object().unwrap().len(), 1);
}

#[test]
fn patterns_choose_channels_and_data() {
    let files = Files::new();
    let (directory, _) = store(&files, &[PROGRAM]);
    let chosen = |arguments: &[&str]| {
        let object = json_of(&[&["space", "list", "--store", &directory], arguments].concat());
        assert_eq!(object["errors"], json!([]));
        let terms = |list: &str| -> Vec<String> {
            object[list].as_array().unwrap().iter().map(|row| row["term"].as_str().unwrap().to_owned()).collect()
        };
        (terms("data"), terms("waiting").len())
    };
    let mut x = chosen(&["--channel", "@\"x\""]);
    x.0.sort();
    assert_eq!(x, (vec!["@\"x\"!!([1, 2])".to_owned(), "@\"x\"!(3)".to_owned()], 0));
    assert_eq!(chosen(&["--channel", "@\"q\""]), (Vec::new(), 1));
    assert_eq!(chosen(&["--channel", "@{\"x\" /\\ String}", "--data", "@Int // three"]).0, ["@\"x\"!(3)"]);
    assert_eq!(chosen(&["--data", "@String, @n"]), (vec!["@{@\"n\"!(1)}!(\"code\", 5)".to_owned()], 0));
    assert_eq!(chosen(&["--data", "@\"code\", ...@rest"]).0.len(), 1);
    assert_eq!(chosen(&["--data", "@[_, ...rest]"]).0, ["@\"x\"!!([1, 2])"]);
    assert_eq!(chosen(&["--channel", "@{@\"n\"!(_)}"]).0.len(), 1);
    assert_eq!(chosen(&["--channel", "@\"never\""]), (Vec::new(), 0));

    let counted = json_of(&["space", "count", "--store", &directory, "--channel", "@{s /\\ String}"]);
    let number = |name: &str| counted[name].as_i64().unwrap();
    assert_eq!((number("channels"), number("messages"), number("joins"), number("receives")), (3, 4, 2, 2));
    let all = rho(&["space", "count", "--store", &directory]);
    assert_eq!(lines(&all), ["6 messages on 5 channels", "7 receives on 7 joins"]);

    for wrong in ["@\"x\" <- @1 & @y", "@x <- @Nil) { Nil } | for (@y", "@1 +"] {
        let ran = rho(&["space", "list", "--store", &directory, "--channel", wrong, "--json"]);
        assert!(ran.status != 0 && ran.json()["errors"].as_array().is_some_and(|errors| !errors.is_empty()), "{wrong}");
    }
}

#[test]
fn states_are_compared() {
    let files = Files::new();
    let programs = [PROGRAM, r#"for (@{y /\ Int} <- @"x") { @"new"!(y) } | for (@1 <- @"later") { Nil }"#, "Nil"];
    let (directory, roots) = store(&files, &programs);
    let ran = rho(&["space", "diff", "--store", &directory, &roots[0], &roots[1]]);
    let mut text = lines(&ran);
    text.retain(|line| line.contains(" @\"") || line.starts_with("+ for"));
    text.sort_unstable();
    assert_eq!((text.len(), text[0], text[2]), (3, "+ @\"new\"!(3)", "- @\"x\"!(3)"), "{}", ran.stdout);
    assert!(text[1].starts_with("+ for (@1 <- @\"later\")"), "{}", ran.stdout);
    let back = json_of(&["space", "diff", "--store", &directory, &roots[1], &roots[0]]);
    let changes: Vec<&Value> = back["changes"].as_array().unwrap().iter().map(|row| &row["change"]).collect();
    assert_eq!(changes.iter().filter(|change| **change == "added").count(), 1);
    assert_eq!(changes.len(), 3);
    assert_eq!(roots[1], roots[2]);
    assert!(rho(&["space", "diff", "--store", &directory, &roots[1], &roots[2]]).stdout.is_empty());
    let unknown = rho(&["space", "diff", "--store", &directory, &roots[1], &"7".repeat(64), "--json"]);
    assert_eq!((unknown.status, unknown.code().as_str()), (3, "E0906"));
}

#[test]
fn a_state_is_exported_and_imported() {
    let files = Files::new();
    let (directory, roots) = store(&files, &[PROGRAM, "@\"more\"!(1)"]);
    let (file, other) = (files.path("state"), files.path("other"));
    let exported = json_of(&["space", "export", &file, "--store", &directory, "--root", &roots[0]]);
    assert_eq!((&exported["root"], &exported["errors"]), (&json!(roots[0]), &json!([])));
    assert_eq!(exported["bytes"], fs::metadata(&file).unwrap().len());
    let imported = json_of(&["space", "import", &file, "--store", &other, "--root", &roots[0]]);
    assert_eq!((&imported["root"], &imported["current"]), (&json!(roots[0]), &json!(true)));
    let list = |directory: &str| rho(&["space", "list", "--store", directory, "--root", &roots[0]]).stdout;
    assert_eq!(list(&other), list(&directory));
    assert_eq!(rho(&["store", "verify", "--store", &other]).status, 0);
    // It can be worked on, and names of the past do not come again.
    let report = rho_with("new a in { a!(1) }", &["run", "-", "--json", "--store", &other]).json();
    assert_eq!(report["state_root"]["before"], roots[0].as_str());
    assert_eq!(json_of(&["space", "count", "--store", &other])["channels"], 6);
    // A store that has a state keeps it as the current one.
    let again = json_of(&["space", "import", &file, "--store", &other]);
    assert_eq!(again["current"], false);
    assert_eq!(json_of(&["space", "count", "--store", &other])["channels"], 6);
    assert_eq!(json_of(&["space", "import", &file, "--store", &other, "--current"])["current"], true);
    assert_eq!(json_of(&["space", "count", "--store", &other])["channels"], 5);
}

#[test]
fn altered_files_are_refused_and_nothing_is_made() {
    let files = Files::new();
    let (directory, roots) = store(&files, &[PROGRAM]);
    let file = files.path("state");
    assert_eq!(rho(&["space", "export", &file, "--store", &directory]).status, 0);
    let good = fs::read(&file).unwrap();
    let at = |needle: &[u8]| good.windows(needle.len()).position(|window| window == needle).expect("it is there");
    let refused = |bytes: &[u8], what: &str| {
        let (path, target) = (files.write("altered", bytes), files.path("target"));
        let ran = rho(&["space", "import", &path, "--store", &target]);
        assert!(ran.status == 4 && ran.stderr.contains("E0909") && ran.stderr.contains(what), "{what}: {}", ran.stderr);
        assert!(!fs::exists(target).unwrap());
    };
    let changed = |place: usize| {
        let mut bytes = good.clone();
        bytes[place] ^= 1;
        bytes
    };
    refused(&changed(at(b"code")), "has other content than its hash says");
    refused(&changed(0), "not a state exported");
    refused(b"", "not a state exported");
    refused(&changed(20), "it says ");
    // The kind and the first byte of the first key, and the hash of its value.
    refused(&changed(49), "root");
    refused(&changed(85), "has other content than its hash says");
    refused(&good[..good.len() - 1], "it ends within");
    refused(&good[..good.len() / 2], "it ends within");
    refused(&[&good[..], b"x"].concat(), "more after its end");
    refused(&changed(good.len() - 8), "leaves, and");
    // A length that goes far beyond the file.
    let mut long = good.clone();
    long[48 + 65..48 + 73].fill(0xff);
    refused(&long, "it ends within");
    let unlike = rho(&["space", "import", &file, "--store", &files.path("target"), "--root", BARE_ROOT, "--json"]);
    assert_eq!((unlike.status, unlike.code().as_str()), (4, "E0909"));
    assert_ne!(roots[0], BARE_ROOT);
    let missing = rho(&["space", "import", &files.path("none"), "--store", &files.path("target"), "--json"]);
    assert_eq!((missing.status, missing.code().as_str()), (3, "E0901"));
}

#[test]
fn damage_is_found_and_named() {
    let files = Files::new();
    let (directory, roots) = store(&files, &["@\"x\"!(\"needle in a haystack\")", "@\"y\"!(1)"]);
    let whole = rho(&["store", "verify", "--store", &directory]);
    assert_eq!((whole.status, whole.stdout.lines().last()), (0, Some("whole")));
    assert_eq!(json_of(&["store", "verify", "--store", &directory, "--root", &roots[1]])["roots"], 1);

    let data = format!("{directory}/data.mdb");
    let good = fs::read(&data).unwrap();
    let mut bad = good.clone();
    let needle = b"needle in a haystack";
    let places: Vec<usize> = (0..bad.len() - needle.len()).filter(|at| bad[*at..].starts_with(needle)).collect();
    places.iter().for_each(|at| bad[*at] ^= 1);
    fs::write(&data, &bad).unwrap();
    let damaged = json_of(&["store", "verify", "--store", &directory]);
    assert_eq!((&damaged["whole"], damaged["errors"].as_array().map(Vec::len)), (&json!(false), Some(1)));
    let message = damaged["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("leaf value") && message.contains("data of channel"), "{message}");
    let text = rho(&["store", "verify", "--store", &directory]);
    assert!(text.status == 4 && text.stderr.contains("E0910") && text.stdout.ends_with("DAMAGED\n"), "{}", text.stderr);
    // The states before have nothing of it.
    assert_eq!(rho(&["store", "verify", "--store", &directory, "--root", BARE_ROOT]).status, 0);

    // A file that was cut is no reason to crash, and an empty one no new store.
    fs::write(&data, &good[..3 * 4096]).unwrap();
    let cut = rho(&["run", "--store", &directory, &files.write("a.rho", "@1!(2)")]);
    assert_eq!(cut.status, 3, "{}", cut.stderr);
    fs::write(&data, b"").unwrap();
    let empty = rho(&["run", "--store", &directory, &files.path("a.rho")]);
    assert!(empty.status == 3 && empty.stderr.contains("missing or empty"), "{}", empty.stderr);
    assert_eq!(rho(&["store", "verify", "--store", &directory]).status, 4);
}

#[test]
fn what_is_not_needed_is_removed() {
    let files = Files::new();
    let (directory, roots) = store(&files, &["@\"x\"!(1)", "for (_ <- @\"x\") { @\"y\"!(2) }", "@\"z\"!(3)"]);
    let listed = json_of(&["store", "roots", "--store", &directory]);
    // The bootstrap and three more.
    assert_eq!(listed["roots"].as_array().map(Vec::len), Some(4));
    let marks = |root: &str| {
        let rows = listed["roots"].as_array().unwrap();
        rows.iter().find(|row| row["root"] == root).map(|row| row["marks"].clone())
    };
    assert_eq!((marks(BARE_ROOT), marks(&roots[2])), (Some(json!(["start"])), Some(json!(["current"]))));
    let dry = json_of(&["store", "gc", "--store", &directory, "--dry-run"]);
    assert_eq!(json_of(&["store", "roots", "--store", &directory]), listed);
    let wet = json_of(&["store", "gc", "--store", &directory, "--keep", &roots[0], "--dry-run"]);
    assert_eq!((&dry["freed"]["roots"], &wet["freed"]["roots"]), (&json!(2), &json!(1)));
    let freed = json_of(&["store", "gc", "--store", &directory]);
    assert_eq!((&freed["freed"], &freed["kept"]), (&dry["freed"], &json!(2)));
    assert!(freed["freed"]["channels"] == 1 && freed["freed"]["bytes"].as_u64() > Some(1000), "{freed}");
    assert_eq!(rho(&["store", "verify", "--store", &directory]).status, 0);
    assert_eq!(json_of(&["store", "gc", "--store", &directory])["freed"]["bytes"], 0);
    let gone = rho(&["space", "list", "--store", &directory, "--root", &roots[0], "--json"]);
    assert_eq!((gone.status, gone.code().as_str()), (3, "E0906"));
    let report = rho_with("for (@n <- @\"z\") { @n!(n) }", &["run", "-", "--json", "--store", &directory]).json();
    assert_eq!((&report["comms"], &report["errors"]), (&json!(1), &json!([])));
    let unknown = rho(&["store", "gc", "--store", &directory, "--keep", &"7".repeat(64)]);
    assert_eq!(unknown.status, 3);
}

#[test]
fn deploys_and_receipts_are_kept() {
    let files = Files::new();
    let (directory, roots) = store(&files, &["new out(`rho:io:stdout`) in { out!(\"hello\") }", "@0!(1)"]);
    let failed = rho_with("@0!(1 - true)", &["run", "-", "--json", "--store", &directory]).json();
    let deploys = json_of(&["store", "deploys", "--store", &directory]);
    let rows = deploys["deploys"].as_array().unwrap();
    let field = |name: &str| rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    assert_eq!(field("number"), [0, 1, 2]);
    assert_eq!(field("before"), [BARE_ROOT, roots[0].as_str(), roots[1].as_str()]);
    assert_eq!(field("after"), [roots[0].as_str(), roots[1].as_str(), roots[1].as_str()]);
    assert_eq!((&rows[0]["output"], &rows[1]["source"]), (&json!(["\"hello\""]), &json!("@0!(1)")));
    assert_eq!((&rows[2]["cost"], &rows[2]["comms"]), (&failed["cost"], &failed["comms"]));
    assert_eq!(rows[2]["failures"][0][0], failed["errors"][0]["code"]);
    let text = rho(&["store", "deploys", "--store", &directory]);
    assert!(lines(&text)[2].contains("failed E03"), "{}", text.stdout);
}

#[test]
fn states_are_read_while_another_process_writes() {
    let files = Files::new();
    let (directory, roots) = store(&files, &[PROGRAM]);
    let before = rho(&["space", "list", "--store", &directory, "--root", &roots[0]]).stdout;
    let mut writer = command(&["repl", "--json", "--store", &directory])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut input = writer.stdin.take().unwrap();
    let mut answers = BufReader::new(writer.stdout.take().unwrap()).lines();
    let mut evaluate = |program: &str| {
        writeln!(input, "{program}").and_then(|()| input.flush()).expect("it listens");
        let answer: Value = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
        assert_eq!(answer["errors"], json!([]));
        answer["state_root"]["after"].as_str().unwrap().to_owned()
    };
    for n in 0..3 {
        let root = evaluate(&format!("@\"n\"!({n})"));
        assert_eq!(rho(&["space", "list", "--store", &directory, "--root", &roots[0]]).stdout, before);
        let current = json_of(&["space", "list", "--store", &directory, "--channel", "@\"n\""]);
        assert_eq!((&current["root"], current["data"].as_array().map(Vec::len)), (&json!(root), Some(n + 1)));
        assert_eq!(rho(&["store", "verify", "--store", &directory]).status, 0);
    }
    // One process writes at a time, and the other one is told who it is.
    let second = rho(&["run", "--store", &directory, &files.write("a.rho", "Nil")]);
    let holder = format!("in use by process {}", writer.id());
    assert!(
        second.status == 3 && second.stderr.contains(&holder) && second.stderr.contains("for "),
        "{}",
        second.stderr
    );
    assert_eq!(rho(&["store", "gc", "--store", &directory]).status, 3);
    drop(input);
    assert!(writer.wait().unwrap().success());
    assert_eq!(rho(&["store", "gc", "--store", &directory]).status, 0);
}

/// A limit on the size of files stands in for a full disk: the system refuses to write beyond it.
#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing() {
    let files = Files::new();
    let (directory, roots) = store(&files, &["@\"kept\"!(1)"]);
    let program = files.write(
        "large.rho",
        "new loop in { contract loop(@n) = { if (n > 0) { @n!(\"some text\") | loop!(n - 1) } } | loop!(6000) }",
    );
    let full = |limit: u32| {
        // 512 bytes each; the signal that comes with the refusal is ignored, as a full disk sends none.
        let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$@\"");
        let output = Command::new("sh")
            .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_rho"), "run", "--json", "--store", &directory, &program])
            .output()
            .expect("it starts");
        let answer: Value = serde_json::from_slice(&output.stdout).expect("an object");
        (output.status.code(), answer)
    };
    let size = fs::metadata(format!("{directory}/data.mdb")).unwrap().len();
    for more in [64, 1024, 2048] {
        let (status, answer) = full((size / 512) as u32 + more);
        let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
        assert_eq!((status, &answer["errors"][0]["code"]), (Some(3), &json!("E0906")), "{message}");
        assert!(message.contains("the disk is full or does not work"), "{message}");
        assert_eq!(json_of(&["space", "list", "--store", &directory])["root"], json!(roots[0]));
        assert_eq!(rho(&["store", "verify", "--store", &directory]).status, 0);
    }
    let (status, answer) = full(1 << 20);
    assert_eq!((status, &answer["errors"]), (Some(0), &json!([])));
    assert_eq!(rho(&["store", "verify", "--store", &directory]).status, 0);
}

#[test]
fn a_store_without_a_state_says_so() {
    let files = Files::new();
    for arguments in [&["space", "list"][..], &["space", "count"], &["store", "verify"], &["store", "gc"]] {
        let ran = rho(&[arguments, &["--store", &files.path("none"), "--json"]].concat());
        assert_eq!((ran.status, ran.code().as_str()), (3, "E0906"), "{arguments:?}");
        assert!(!fs::exists(files.path("none")).unwrap());
    }
}
