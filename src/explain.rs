//! `rho explain`: the page of an error code or a lint, with a wrong and a right example.

use clap::Args;
use rhodium_registry::nearest;
use serde::Serialize;

use crate::diagnostics::Diagnostic;
use crate::exit::Exit;
use crate::output::Output;

/// A code or lint that does not exist.
const UNKNOWN_CODE: &str = "E0801";

/// The families of codes, in their order. `docs/codes/README.md` says how pages are written.
const FAMILIES: [&str; 6] = [
    include_str!("../docs/codes/syntax.md"),
    include_str!("../docs/codes/static.md"),
    include_str!("../docs/codes/run.md"),
    include_str!("../docs/codes/genesis.md"),
    include_str!("../docs/codes/environment.md"),
    include_str!("../docs/codes/lints.md"),
];

/// Explain an error code or a lint, with a wrong and a right example
#[derive(Args, Debug)]
pub struct Command {
    /// Codes such as E0113, or names of lints such as unused-name; without any, all are listed
    #[arg(value_name = "CODE")]
    codes: Vec<String>,
}

/// The page of one code.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Page {
    code: &'static str,
    /// The name, for lints.
    name: Option<&'static str>,
    title: &'static str,
    /// Everything below the title, in Markdown.
    text: &'static str,
}

#[derive(Serialize)]
struct Report {
    errors: Vec<Diagnostic>,
    pages: Vec<Page>,
}

/// Runs the command.
pub fn run(command: &Command, output: &mut Output) -> Exit {
    let pages: Vec<Page> = FAMILIES.iter().flat_map(|family| pages_of(family)).collect();
    if command.codes.is_empty() {
        for page in &pages {
            output.result(&format!("{}  {}", page.code, heading(page)));
        }
        output.object(&Report { errors: Vec::new(), pages });
        return Exit::Ok;
    }
    let mut report = Report { errors: Vec::new(), pages: Vec::new() };
    for wanted in &command.codes {
        match pages.iter().find(|page| is_meant(page, wanted)) {
            Some(page) => report.pages.push(*page),
            None => report.errors.push(unknown(wanted, &pages)),
        }
    }
    for (k, page) in report.pages.iter().enumerate() {
        let gap = if k == 0 { "" } else { "\n" };
        output.result(&format!("{gap}{}: {}\n\n{}", page.code, heading(page), page.text));
    }
    report.errors.iter().for_each(|error| output.error(error));
    let exit = if report.errors.is_empty() { Exit::Ok } else { Exit::Usage };
    output.object(&report);
    exit
}

/// The pages of a family: each begins with a heading `## CODE: Title` or `## CODE name: Title`.
fn pages_of(family: &'static str) -> impl Iterator<Item = Page> {
    family.split("\n## ").skip(1).filter_map(|section| {
        let (heading, text) = section.split_once('\n')?;
        let (label, title) = heading.split_once(": ")?;
        let (code, name) = label.split_once(' ').map_or((label, None), |(code, name)| (code, Some(name)));
        Some(Page { code, name, title, text: text.trim() })
    })
}

fn heading(page: &Page) -> String {
    page.name.map_or_else(|| page.title.to_owned(), |name| format!("{name}: {}", page.title))
}

fn is_meant(page: &Page, wanted: &str) -> bool {
    page.code.eq_ignore_ascii_case(wanted) || page.name.is_some_and(|name| name.eq_ignore_ascii_case(wanted))
}

fn unknown(wanted: &str, pages: &[Page]) -> Diagnostic {
    let shown: String = wanted.chars().take(40).collect();
    let labels = pages.iter().flat_map(|page| std::iter::once(page.code).chain(page.name));
    let hint = match nearest(&shown, labels) {
        Some(label) => format!("did you mean `{label}`? `rho explain` without a code lists all"),
        None => "`rho explain` without a code lists all".to_owned(),
    };
    let mut diagnostic =
        Diagnostic::environment(UNKNOWN_CODE, "UsageError", format!("there is no code or lint `{shown}`"));
    diagnostic.exit = Exit::Usage;
    diagnostic.with_hint(Some(hint))
}
