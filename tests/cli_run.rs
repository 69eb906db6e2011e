//! `rho run` as a user sees it.

mod cli;

use std::process::Stdio;

use cli::{Files, command, rho, rho_with, run_json};
use serde_json::{Value, json};

/// The state of the registry bootstrap alone.
const BARE_ROOT: &str = "facf59ccc55ee2c04802c7399bcff0d15154f70e0d2bc40cf041aac0a89499c1";
/// A valid public key.
const KEY: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

#[test]
fn text_goes_to_two_streams() {
    let files = Files::new();
    let source = "new out(`rho:io:stdout`), err(`rho:io:stderr`) in { out!(\"hello\") | err!([1]) } | @\"x\"!(1 + 2) | \
                  for (@y <- @\"z\") { Nil }";
    let ran = rho(&["run", &files.write("hello.rho", source)]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "\"hello\"\n"));
    for part in
        ["[1]\n", "data left unread:\n  @\"x\"!(3)\n", "receives still waiting:\n  for (@x0 <- @\"z\")", "cost "]
    {
        assert!(ran.stderr.contains(part), "{part} in {}", ran.stderr);
    }
}

#[test]
fn json_is_one_object_with_everything() {
    let report = run_json(
        "new out(`rho:io:stdout`) in { out!(\"a\nb\") } | @\"x\"!!(1, [2]) | for (@y <<- @\"p\" & @3 <<- @\"q\") { Nil }",
        &["--bare"],
    );
    assert_eq!(report["stdout"], json!(["\"a", "b\""]));
    assert_eq!((&report["stderr"], &report["errors"]), (&json!([]), &json!([])));
    assert_eq!((&report["comms"], &report["hidden"], &report["runs"]), (&json!(1), &json!(0), &Value::Null));
    assert!(report["cost"].as_i64().is_some_and(|cost| cost > 100));
    assert_eq!(report["state_root"]["before"], BARE_ROOT);
    assert_ne!(report["state_root"]["after"], BARE_ROOT);
    let data = &report["data"][0];
    assert_eq!((&data["channel"], &data["data"]), (&json!("@\"x\""), &json!(["1", "[2]"])));
    assert_eq!((&data["persistent"], &data["term"]), (&json!(true), &json!("@\"x\"!!(1, [2])")));
    let waiting = &report["waiting"][0];
    assert_eq!(waiting["channels"], json!(["@\"p\"", "@\"q\""]));
    assert_eq!((&waiting["persistent"], &waiting["peek"]), (&json!(false), &json!(true)));
    // The protobuf of what is left is that of the program that leaves it.
    let normal = rho_with("@\"x\"!!(1, [2])", &["norm", "-", "--proto"]);
    assert_eq!(data["proto"].as_str(), Some(normal.stdout.trim()));
    let normal = rho_with("for (@y <<- @\"p\" & @3 <<- @\"q\") { Nil }", &["norm", "-", "--proto"]);
    assert_eq!(waiting["proto"].as_str(), Some(normal.stdout.trim()));
}

#[test]
fn measured_programs_give_their_measured_outcome() {
    let programs = include_str!("data/oracle-programs.jsonl");
    for line in programs.lines().step_by(97) {
        let program: Value = serde_json::from_str(line).expect("a row");
        let report = run_json(program["source"].as_str().expect("a source"), &["--bare"]);
        let id = &program["id"];
        assert_eq!(report["cost"], program["cost"], "{id}");
        assert_eq!(report["comms"], program["comm_count"], "{id}");
        assert_eq!(report["stdout"], program["stdout"], "{id}");
        assert_eq!(report["state_root"]["before"], program["root_before"], "{id}");
        assert_eq!(report["state_root"]["after"], program["root_after"], "{id}");
        let repeated = |e: &Value| vec![e["kind"].clone(); e["count"].as_u64().unwrap_or(1) as usize];
        let listed: Vec<Value> = report["errors"].as_array().into_iter().flatten().flat_map(repeated).collect();
        let mut kinds: Vec<&str> = listed.iter().filter_map(Value::as_str).collect();
        kinds.sort_unstable();
        kinds.dedup_by(|a, b| *a == "SyntaxError" && a == b);
        // The network tells of the first static error only.
        if report["errors"][0]["code"].as_str().is_some_and(|code| code.starts_with("E02")) {
            kinds = report["errors"][0]["kind"].as_str().into_iter().collect();
        }
        assert_eq!(json!(kinds), program["error_kinds"], "{id}");
    }
}

/// The profile of `--cost` adds up, by kind and by line, also over several files.
#[test]
fn profiles_name_contracts_lines_and_channels() {
    let files = Files::new();
    let source = "new add in {\n  contract add(@a, ret) = { ret!(a + 1) } |\n  new r in { add!(1, *r) | for (@x <- r) { @0!(x) } }\n}";
    let (first, second) = (files.write("first.rho", source), files.write("second.rho", "@7!(8)"));
    let (svg, folded) = (files.path("graph.svg"), files.path("graph.txt"));
    let ran = rho(&["run", &first, "--profile", "--flame-graph", &svg]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    for part in
        ["contract add(@a, ret)", "for (@x <- r)", "first.rho:2", "receives  comms  channel", "  add\n", "  r\n"]
    {
        assert!(ran.stderr.contains(part), "{part} in {}", ran.stderr);
    }
    let image = std::fs::read_to_string(&svg).expect("an image");
    assert!(image.starts_with("<svg ") && image.contains("<title>contract add(@a, ret): "), "{image}");

    let arguments = ["run", &first, &second, "--json", "--profile", "--flame-graph", &folded, "--flame-by", "cost"];
    let report: Value = serde_json::from_str(&rho(&arguments).stdout).expect("JSON");
    let sum = |table: &str| -> i64 {
        let rows = report["profile"][table].as_array().expect("a table");
        rows.iter().map(|row| row["cost"].as_i64().expect("a cost")).sum()
    };
    assert_eq!((Some(sum("contracts")), Some(sum("lines"))), (report["cost"].as_i64(), report["cost"].as_i64()));
    let text = std::fs::read_to_string(&folded).expect("stacks");
    let weights = text.lines().map(|line| line.rsplit(' ').next().unwrap().parse::<i64>().expect("a weight"));
    assert_eq!(Some(weights.sum::<i64>()), report["cost"].as_i64());
    assert!(text.lines().any(|line| line.contains("first.rho;contract add(@a, ret);for (@x <- r) ")), "{text}");

    let unwritable = rho(&["run", &first, "--profile", "--flame-graph", "/dev/null/x.svg"]);
    assert_eq!(unwritable.status, 3, "{}", unwritable.stderr);
    assert_eq!(rho(&["run", &first, "--flame-graph", &svg]).status, 2);
}

#[test]
fn costs_are_itemised() {
    let files = Files::new();
    let paths =
        [files.write("a.rho", "@0!(1 + 2) |\nfor (@x <- @0) {\n  @1!(x)\n}"), files.write("b.rho", "@2!(3 * [])")];
    let ran = rho(&["run", "--bare", "--cost", "--phlo", "5000", "--json", &paths[0], &paths[1]]);
    let report: Value = serde_json::from_str(&ran.stdout).expect("one object");
    let check = |report: &Value| {
        for part in ["kinds", "lines"] {
            let costs: Vec<i64> =
                report["costs"][part].as_array().expect(part).iter().filter_map(|row| row["cost"].as_i64()).collect();
            assert_eq!(Some(costs.iter().sum::<i64>()), report["cost"].as_i64(), "{part} of {report}");
            assert!(costs.is_sorted_by(|a, b| a >= b));
        }
    };
    check(&report);
    report["runs"].as_array().expect("runs").iter().for_each(check);
    let line = report["costs"]["lines"].as_array().expect("lines").iter().find(|row| row["line"] == 3);
    assert_eq!(line.expect("line 3")["file"], json!(paths[0]));
    let text = rho(&["run", "--bare", "--cost", &paths[0]]);
    assert_eq!((text.status, text.stdout.as_str()), (0, ""));
    for part in ["communication", "substitution", "a.rho:2"] {
        assert!(text.stderr.contains(part), "{part} in {}", text.stderr);
    }
    assert_eq!(run_json("Nil", &["--bare"])["costs"], Value::Null);
}

#[test]
fn errors_have_code_place_and_hint() {
    let ran = rho_with("new x in {\n  x!(1 +)\n}", &["run", "-"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    for part in ["[E0110]", "<stdin>:2:8", "x!(1 +)"] {
        assert!(ran.stderr.contains(part), "{part} in {}", ran.stderr);
    }
    let report = run_json("Nil |\n  @0!(*nowhere)", &[]);
    let error = &report["errors"][0];
    assert_eq!((&error["code"], &error["kind"]), (&json!("E0212"), &json!("TopLevelFreeVariablesNotAllowedError")));
    assert_eq!((&error["line"], &error["column"], &error["file"]), (&json!(2), &json!(8), &json!("<stdin>")));
    assert!(error["hint"].is_string() && error["message"].is_string());
}

#[test]
fn a_failed_run_changes_nothing_and_says_where() {
    let report = run_json("new out(`rho:io:stdout`) in { out!(1) } | @0!(1) |\n@1!(\"a\" - 1)", &["--bare"]);
    assert_eq!(report["state_root"]["before"], report["state_root"]["after"]);
    assert_eq!((&report["data"], &report["stdout"]), (&json!([]), &json!(["1"])));
    let error = &report["errors"][0];
    assert_eq!((&error["code"], &error["line"]), (&json!("E0304"), &json!(2)));
}

#[test]
fn unknown_urns_are_user_errors_with_a_suggestion() {
    let ran = rho_with("new out(`rho:io:stdot`) in { out!(1) }", &["run", "-"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("E0307") && ran.stderr.contains("did you mean `rho:io:stdout`?"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("bug"), "{}", ran.stderr);
    let report = run_json("new d(`rho:system:deployerId`) in { @0!(*d) }", &[]);
    assert!(report["errors"][0]["hint"].as_str().is_some_and(|hint| hint.contains("--deployer")), "{report}");
}

#[test]
fn phlogiston_is_limited() {
    let report = run_json("@0!(1)", &["--phlo", "50"]);
    assert_eq!((&report["errors"][0]["code"], &report["cost"]), (&json!("E0308"), &json!(50)));
    let report = run_json("new loop in { contract loop(@n) = { loop!(n + 1) } | loop!(0) }", &["--phlo", "100000"]);
    assert_eq!(report["errors"][0]["kind"], "OutOfPhlogistonsError");
    assert_eq!(report["cost"], 100_000);
    assert_eq!(rho_with("@0!(1)", &["run", "-", "--phlo", "0"]).status, 1);
}

#[test]
fn the_seed_makes_the_names() {
    let names = |seed: &[&str]| run_json("new x in { @0!(*x) }", seed)["data"][0]["data"][0].clone();
    assert_eq!(names(&[]), names(&["--seed", ""]));
    assert_eq!(names(&["--seed", "0102"]), names(&["--seed", "0102"]));
    assert_ne!(names(&[]), names(&["--seed", "0102"]));
}

#[test]
fn the_deployer_is_known_to_the_program() {
    let source = "new id(`rho:rchain:deployerId`), ops(`rho:system:deployerId:ops`), r, data(`rho:deploy:data`) in { \
                  ops!(\"pubKeyBytes\", *id, *r) | for (@k <- r) { @\"key\"!(k.toByteArray().length() > 60) } | \
                  @\"id\"!(*id) }";
    let report = run_json(source, &["--deployer", KEY]);
    assert_eq!(report["errors"], json!([]));
    let printed = report["data"].to_string();
    assert!(printed.contains("deployerId'0479be66"), "{printed}");
}

/// Names are shown with the word of their binder and a short id, whatever they went through.
#[test]
fn names_have_the_words_of_their_binders() {
    let files = Files::new();
    let first = files.write(
        "1.rho",
        "new out(`rho:io:stdout`), /* , */ chan, other in { @\"keep\"!(*other, [*chan], *out) | other!?(1). |
         for (@{=*other | x} <- chan where x == 1) { other!(x) } }",
    );
    let second = files.write("2.rho", "for (name, _, _ <- @\"keep\") { new mine in { name!(*mine) } }");
    let ran = rho(&["run", "--bare", "--json", &first, &second]);
    let report: Value = serde_json::from_str(&ran.stdout).expect("an object");
    assert_eq!(report["errors"], json!([]));
    let names: Vec<&str> = report["names"].as_object().expect("names").keys().map(String::as_str).collect();
    let words: Vec<&str> = names.iter().map(|name| name.split('\'').next().unwrap_or_default()).collect();
    assert_eq!(words, ["chan", "mine", "other", "reply"]);
    for (identifier, id) in report["names"].as_object().expect("names") {
        let id = id.as_str().expect("an id");
        assert_eq!(id.len(), 64);
        assert_eq!(*identifier, format!("{}'{}", identifier.split('\'').next().unwrap_or_default(), &id[..8]));
    }
    let sent = report["data"].as_array().expect("data").iter().find(|datum| datum["term"].to_string().contains("mine"));
    let sent = sent.expect("the send of the second file");
    assert_eq!((&sent["channel"], &sent["forgeable"]), (&json!(names[2]), &json!(false)));
    assert_eq!(sent["term"], json!(format!("{}!(*{})", names[2], names[1])));
    // What is shown is a program under a `new` of the names.
    let terms = report["data"].as_array().into_iter().chain(report["waiting"].as_array()).flatten();
    for term in terms.map(|item| item["term"].as_str().expect("a term")) {
        let source = format!("new {} in {{ {term} }}", names.join(", "));
        assert_eq!(rho_with(&source, &["norm", "-"]).status, 0, "{source}");
    }
    let mut waiting = report["waiting"].as_array().expect("receives").iter();
    assert!(waiting.any(|receive| receive["term"].as_str().is_some_and(|term| term.contains("where"))), "{report}");
}

#[test]
fn channels_that_anybody_can_make_are_marked() {
    let report = run_json("@\"x\"!(1) | new p in { @[*p]!(2) | for (<- p & <- @\"y\") { Nil } }", &["--bare"]);
    let marks = |term: &str| {
        let data = report["data"].as_array().expect("data");
        data.iter()
            .find(|datum| datum["term"].as_str().is_some_and(|t| t.ends_with(term)))
            .map(|d| d["forgeable"].clone())
    };
    assert_eq!((marks("!(1)"), marks("!(2)")), (Some(json!(true)), Some(json!(false))));
    let mut forgeable = report["waiting"][0]["forgeable"].as_array().expect("marks").clone();
    forgeable.sort_by_key(|mark| mark.as_bool());
    assert_eq!(forgeable, [json!(false), json!(true)]);
}

#[test]
fn files_share_one_state_but_no_private_names() {
    let files = Files::new();
    let first = files.write("1.rho", "@\"a\"!(1) | new x in { x!(\"mine\") }");
    let second =
        files.write("2.rho", "for (@n <- @\"a\") { @\"b\"!(n) } | new y in { for (@n <- y) { @\"stolen\"!(n) } }");
    let third = files.write("3.rho", "@\"c\"!(1).nonsense()");
    let ran = rho(&["run", "--json", &first, &second, &third]);
    let report = ran.json();
    assert_eq!(ran.status, 1);
    let channels = |report: &Value| -> Vec<String> {
        let names = report["data"].as_array().into_iter().flatten().filter_map(|d| d["channel"].as_str());
        names.filter(|name| name.starts_with('@')).map(str::to_owned).collect()
    };
    assert_eq!(channels(&report), ["@\"b\""]);
    let runs = report["runs"].as_array().expect("one report for each file");
    assert_eq!(runs.len(), 3);
    assert_eq!((channels(&runs[0]), channels(&runs[1])), (vec!["@\"a\"".to_owned()], vec!["@\"b\"".to_owned()]));
    assert_eq!(runs[0]["state_root"]["after"], runs[1]["state_root"]["before"]);
    assert_eq!(runs[2]["state_root"]["before"], runs[2]["state_root"]["after"]);
    assert_eq!(report["state_root"]["before"], runs[0]["state_root"]["before"]);
    assert_eq!(report["state_root"]["after"], runs[2]["state_root"]["after"]);
    let costs: i64 = runs[..2].iter().filter_map(|run| run["cost"].as_i64()).sum();
    assert!(report["cost"].as_i64().is_some_and(|cost| cost > costs));
    assert!(report["errors"][0]["file"].as_str().is_some_and(|file| file.ends_with("3.rho")));
}

#[test]
fn a_store_keeps_the_state() {
    let files = Files::new();
    let store = files.path("store");
    let run = |source: &str| run_json(source, &["--bare", "--store", &store]);
    let first = run("@\"a\"!(1) | new x in { x!(1) }");
    assert_eq!(first["state_root"]["before"], BARE_ROOT);
    let failed = run("@\"a\"!(2) | @0!(1 - true)");
    assert_eq!(failed["state_root"]["after"], first["state_root"]["after"]);
    let second = run("for (@n <- @\"a\") { @\"b\"!(n) } | new y in { for (@n <- y) { @\"stolen\"!(n) } }");
    assert_eq!(second["state_root"]["before"], first["state_root"]["after"]);
    assert_eq!((&second["data"][0]["term"], &second["data"][1]), (&json!("@\"b\"!(1)"), &Value::Null));
    // The same programs in memory lead to the same state.
    assert_eq!(run_json("@\"a\"!(1) | new x in { x!(1) }", &["--bare"])["state_root"], first["state_root"]);
}

#[test]
fn a_store_in_the_way_is_an_environment_error() {
    let files = Files::new();
    let source = files.write("a.rho", "Nil");
    files.write("foreign", "something else");
    let ran = rho(&["run", "--json", "--store", &files.path("foreign"), &source]);
    assert_eq!((ran.status, ran.code().as_str()), (3, "E0906"));
    assert_eq!(std::fs::read_to_string(files.path("foreign")).expect("still there"), "something else");
}

#[test]
fn the_standard_state_has_the_registry() {
    let source = "new insert(`rho:registry:insertArbitrary`), lookup(`rho:registry:lookup`), r, s in { \
                  insert!(\"mine\", *r) | for (@uri <- r) { lookup!(uri, *s) | for (@v <- s) { @0!(v) } } }";
    let report = run_json(source, &[]);
    assert_eq!((&report["errors"], &report["waiting"]), (&json!([]), &json!([])));
    // What the registry keeps for itself is not shown.
    assert_eq!((report["data"].as_array().map(Vec::len), &report["data"][0]["data"]), (Some(1), &json!(["\"mine\""])));
    assert!(report["hidden"].as_i64().is_some_and(|hidden| hidden > 0));
    assert_ne!(report["state_root"]["before"], BARE_ROOT);
    // Kept in a store, the entries are found again.
    let files = Files::new();
    let arguments = ["--store", &files.path("store")];
    let insert = "new insert(`rho:registry:insertArbitrary`), r in { insert!(7, *r) | for (@uri <- r) { @0!(uri) } }";
    let first = run_json(insert, &arguments);
    assert_eq!(first["state_root"]["before"], report["state_root"]["before"]);
    let lookup = "new lookup(`rho:registry:lookup`), s in { for (@uri <- @0) { lookup!(uri, *s) } | \
                  for (@v <- s) { @1!(v) } }";
    assert_eq!(run_json(lookup, &arguments)["data"][0]["term"], "@1!(7)");
}

#[test]
fn system_channels_are_shown_when_asked_for() {
    // The forwarder on one of the registry's channels takes the message, and nobody reads what it forwards.
    let source = "new r(`rho:registry:insertArbitrary`) in { r!(1, Nil) }";
    let hidden = run_json(source, &["--bare"]);
    assert_eq!((&hidden["data"], &hidden["waiting"]), (&json!([]), &json!([])));
    let shown = run_json(source, &["--bare", "--system"]);
    let listed = [&shown["data"], &shown["waiting"]].map(|list| list.as_array().map_or(0, Vec::len));
    assert_eq!((listed[0], &shown["hidden"]), (1, &json!(0)));
    assert_eq!(hidden["hidden"], listed[0] + listed[1]);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let files = Files::new();
    let many = format!("new o(`rho:io:stdout`) in {{ {} }}", "o!(\"some line of text\") | ".repeat(20_000) + "Nil");
    let source = files.write("many.rho", many);
    let mut child =
        command(&["run", &source]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("rho starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("rho ends").code(), Some(0));
}
