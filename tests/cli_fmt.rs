//! `rho fmt` as a user sees it: what it prints, what it writes, and what it leaves alone.

mod cli;

use std::fs;

use cli::{Files, rho, rho_with};

const UGLY: &str = "@0!( 1 )|// c\n@1!(2)";
const NICE: &str = "@0!(1) | // c\n@1!(2)\n";

fn read(path: &str) -> String {
    fs::read_to_string(path).expect("a file")
}

#[test]
fn files_are_rewritten_in_place() {
    let files = Files::new();
    let (ugly, nice) = (files.write("ugly.rho", UGLY), files.write("nice.rho", NICE));
    let before = fs::metadata(&nice).and_then(|metadata| metadata.modified()).expect("a time");
    let ran = rho(&["fmt", &ugly, &nice, &ugly]);
    assert_eq!((ran.status, ran.stdout, ran.stderr), (0, format!("{ugly}\n"), String::new()));
    assert_eq!((read(&ugly), read(&nice)), (NICE.to_owned(), NICE.to_owned()));
    assert_eq!(fs::metadata(&nice).and_then(|metadata| metadata.modified()).expect("a time"), before);
    assert_eq!(rho(&["fmt", &ugly]).stdout, "");
    assert_eq!(fs::read_dir(files.path(".")).expect("the directory").count(), 2, "something was left behind");
}

#[test]
fn standard_input_goes_to_standard_output() {
    let ran = rho_with(UGLY, &["fmt", "-"]);
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (0, NICE, ""));
    let ran = rho_with(NICE, &["fmt", "-", "--json"]);
    assert_eq!(
        ran.json()["files"][0],
        serde_json::json!({
            "file": "<stdin>", "changed": false, "text": NICE, "diff": null
        })
    );
}

#[test]
fn check_and_diff_write_nothing() {
    let files = Files::new();
    let (ugly, nice) = (files.write("ugly.rho", UGLY), files.write("nice.rho", NICE));
    let ran = rho(&["fmt", "--check", &ugly, &nice]);
    assert_eq!((ran.status, ran.stdout), (1, format!("{ugly}\n")));
    assert_eq!(rho(&["fmt", "--check", &nice]).status, 0);
    let ran = rho(&["fmt", "--diff", &ugly, &nice]);
    let diff = format!(
        "--- {ugly}\n+++ {ugly}\n@@ -1,2 +1,2 @@\n-@0!( 1 )|// c\n-@1!(2)\n\\ No newline at end of file\n+@0!(1) | // c\n+@1!(2)\n"
    );
    assert_eq!((ran.status, &ran.stdout), (0, &diff));
    let ran = rho(&["fmt", "--diff", "--check", &ugly]);
    assert_eq!((ran.status, &ran.stdout), (1, &diff));
    let ran = rho(&["fmt", "--diff", "--check", "--json", &ugly]);
    assert_eq!((ran.status, &ran.json()["files"][0]["diff"]), (1, &serde_json::json!(diff)));
    assert_eq!(rho_with(UGLY, &["fmt", "--check", "-"]).stdout, "<stdin>\n");
    assert_eq!(read(&ugly), UGLY);
}

#[test]
fn directories_are_searched() {
    let files = Files::new();
    for directory in ["a", "a/deep", "a/.hidden"] {
        fs::create_dir(files.path(directory)).expect("a directory");
    }
    let deep = files.write("a/deep/1.rho", UGLY);
    let top = files.write("a/z.rho", UGLY);
    let others = [files.write("a/text.txt", UGLY), files.write("a/.hidden/2.rho", UGLY)];
    #[cfg(unix)]
    std::os::unix::fs::symlink(files.path("a"), files.path("a/deep/loop")).expect("a link");
    let ran = rho(&["fmt", &files.path("a"), &top]);
    assert_eq!((ran.status, ran.stdout), (0, format!("{deep}\n{top}\n")));
    others.iter().for_each(|other| assert_eq!(read(other), UGLY));
}

#[test]
fn errors_do_not_stop_the_others() {
    let files = Files::new();
    let (broken, ugly) = (files.write("broken.rho", "@0!(1) @1!(2)"), files.write("ugly.rho", UGLY));
    let ran = rho(&["fmt", &broken, &ugly]);
    assert_eq!((ran.status, ran.stdout), (1, format!("{ugly}\n")));
    assert!(ran.stderr.contains("E0113") && ran.stderr.contains("broken.rho:1:8"), "{}", ran.stderr);
    assert_eq!((read(&broken), read(&ugly)), ("@0!(1) @1!(2)".to_owned(), NICE.to_owned()));
    let ran = rho(&["fmt", "--json", &broken, &files.path("missing.rho"), &ugly]);
    let (status, object) = (ran.status, ran.json());
    assert_eq!((status, ran.stderr.as_str()), (3, ""));
    let codes = [&object["errors"][0]["code"], &object["errors"][1]["code"]];
    assert_eq!(codes, ["E0113", "E0901"]);
    assert_eq!(object["files"].as_array().map(Vec::len), Some(1));
    assert_eq!(rho_with("", &["fmt", "-"]).status, 1);
    assert_eq!(rho(&["fmt"]).status, 2);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let files = Files::new();
    let (target, link) = (files.write("target.rho", UGLY), files.path("link.rho"));
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).expect("permissions");
    symlink(&target, &link).expect("a link");
    assert_eq!(rho(&["fmt", &link]).status, 0);
    assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
    assert_eq!(fs::metadata(&target).expect("a file").permissions().mode() & 0o777, 0o640);
    assert_eq!(read(&target), NICE);
}
