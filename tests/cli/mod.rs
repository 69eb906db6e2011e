//! Running the real binary.
#![allow(dead_code, reason = "each test file uses its part")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// What a command did.
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Standard output as the one JSON object it must be.
    pub fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "not one object: {}", self.stdout);
        serde_json::from_str(&self.stdout).expect("standard output is JSON")
    }

    /// The code of the first error of the object.
    pub fn code(&self) -> String {
        self.json()["errors"][0]["code"].as_str().expect("an error with a code").to_owned()
    }
}

/// `rho` with these arguments.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rho"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs `rho` with these arguments.
pub fn rho(arguments: &[&str]) -> Ran {
    ran(command(arguments).output().expect("rho starts"))
}

/// Runs `rho` with these arguments and this standard input.
pub fn rho_with(input: &str, arguments: &[&str]) -> Ran {
    let mut command = command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("rho starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    // A program that ends early does not read everything.
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().expect("rho ends");
    writer.join().expect("the input is written");
    ran(output)
}

/// Runs a program from standard input with `--json`.
pub fn run_json(source: &str, arguments: &[&str]) -> Value {
    rho_with(source, &[&["run", "-", "--json"], arguments].concat()).json()
}

fn ran(output: Output) -> Ran {
    Ran {
        status: output.status.code().expect("no signal"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// A directory for the files of one test.
pub struct Files(TempDir);

impl Files {
    pub fn new() -> Files {
        Files(tempfile::tempdir().expect("a directory"))
    }

    /// Where a file of this name is.
    pub fn path(&self, name: &str) -> String {
        let path: PathBuf = self.0.path().join(name);
        path.to_str().expect("text").to_owned()
    }

    /// Writes a file and tells where.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).expect("written");
        path
    }
}
