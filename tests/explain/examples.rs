//! The examples of the pages: how they are written (docs/codes/README.md), and how they run.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::ROOT;
use crate::cli::{Files, command};

/// The pages of one file.
#[derive(Debug, Default)]
pub struct Family {
    /// Files and command that stand before the first page: all examples begin with them.
    base: Example,
    pub pages: Vec<Page>,
}

/// One page.
#[derive(Debug)]
pub struct Page {
    pub code: String,
    pub text: String,
    pub examples: Vec<Example>,
}

/// Whether an example shows the error or its absence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Wrong,
    Right,
}

/// Files by name, and the command.
#[derive(Clone, Debug, Default)]
pub struct Example {
    pub sort: Sort,
    /// The test makes the input itself.
    pub prepared: bool,
    files: BTreeMap<String, String>,
    command: Option<String>,
}

impl Family {
    /// Reads the pages of a file.
    pub fn parse(text: &str) -> Family {
        let mut sections = text.split("\n## ");
        let mut family = Family::default();
        for block in blocks(sections.next().unwrap_or_default()) {
            family.base.add(block);
        }
        family.pages = sections.map(Page::parse).collect();
        family
    }

    /// The codes of the pages.
    pub fn codes(&self) -> Vec<String> {
        self.pages.iter().map(|page| page.code.clone()).collect()
    }
}

impl Page {
    fn parse(section: &str) -> Page {
        let (heading, body) = section.split_once('\n').unwrap_or((section, ""));
        let label = heading.split_once(": ").map_or(heading, |(label, _)| label);
        let code = label.split(' ').next().unwrap_or_default().to_owned();
        let mut page = Page { code, text: String::new(), examples: Vec::new() };
        let mut rest = body;
        while let Some((line, after)) = rest.split_once('\n').or((!rest.is_empty()).then_some((rest, ""))) {
            let begins = [("Wrong", Sort::Wrong), ("Right", Sort::Right)].into_iter().find(|(word, _)| {
                line.starts_with(&format!("{word}:")) || line.starts_with(&format!("{word} (prepared):"))
            });
            if let Some((_, sort)) = begins {
                let prepared = line.contains("(prepared)");
                page.examples.push(Example { sort, prepared, ..Example::default() });
            } else if line.starts_with("```") {
                let (block, end) = block(rest);
                if let Some(example) = page.examples.last_mut() {
                    example.add(block);
                }
                rest = end;
                continue;
            } else if page.examples.is_empty() {
                page.text.push_str(line);
            }
            rest = after;
        }
        page
    }
}

impl Example {
    fn add(&mut self, (info, content): (&str, String)) {
        let (language, name) = info.split_once(' ').unwrap_or((info, "example.rho"));
        match language {
            "sh" => self.command = Some(content),
            _ => drop(self.files.insert(name.to_owned(), content)),
        }
    }
}

fn blocks(text: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("```") {
        let (next, end) = block(&rest[start..]);
        found.push(next);
        rest = end;
    }
    found
}

/// The fenced block at the start of the text, and what follows it.
fn block(text: &str) -> ((&str, String), &str) {
    let (info, rest) = text[3..].split_once('\n').expect("a block has lines");
    let end = if rest.starts_with("```") { 0 } else { rest.find("\n```").expect("the block is closed") + 1 };
    ((info.trim(), rest[..end].to_owned()), rest[end + 3..].trim_start_matches('\n'))
}

/// Runs an example in a directory of its own; gives the object that the command prints.
pub fn run(family: &Family, code: &str, example: &Example) -> Value {
    let directory = Files::new();
    let mut files = family.base.files.clone();
    files.extend(example.files.clone());
    if family.base.command.is_some() {
        for sample in ["bonds.txt", "wallets.txt", "creator.sk"] {
            let text = fs::read_to_string(format!("{ROOT}/examples/genesis/{sample}")).unwrap();
            files.entry(sample.to_owned()).or_insert(text);
        }
    }
    for (name, content) in &files {
        if let Some((folder, _)) = name.rsplit_once('/') {
            fs::create_dir_all(directory.path(folder)).unwrap();
        }
        directory.write(name, content);
    }
    let mut line = match (&example.command, &family.base.command) {
        (Some(line), _) | (None, Some(line)) => line.trim().to_owned(),
        (None, None) if code.starts_with('W') => "rho check --deny warnings example.rho".to_owned(),
        (None, None) => "rho run --bare example.rho".to_owned(),
    };
    if files.contains_key("parameters.toml") {
        line.push_str(" --parameters parameters.toml");
    }
    execute(&directory, &line)
}

/// Runs a command line that begins with `rho` in a directory.
pub fn execute(directory: &Files, line: &str) -> Value {
    let arguments: Vec<&str> = line.strip_prefix("rho ").expect("a command of rho").split_whitespace().collect();
    let output = command(&arguments).arg("--json").current_dir(directory.path("")).output().expect("rho starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("`{line}`: {error}: {text}"));
    assert_eq!(codes(&answer).is_empty(), output.status.success(), "`{line}` ends with {:?}: {text}", output.status);
    answer
}

/// The codes of the errors in an answer.
pub fn codes(answer: &Value) -> Vec<String> {
    let lists = ["errors", "diagnostics", "differences"].into_iter().filter_map(|field| answer[field].as_array());
    let codes = lists.flatten().filter_map(|error| error["code"].as_str());
    codes.map(str::to_owned).collect()
}
