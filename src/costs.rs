//! `rho run --cost`: what the cost of evaluations is made of, by kind of operation and by line of the source.

use std::collections::BTreeMap;

use rhodium_machine::cost::Charge;
use rhodium_machine::profile::Item;
use rhodium_term::Origin;
use serde::Serialize;

use crate::diagnostics::Source;
use crate::table;

/// Lines shown as text; JSON has them all.
const MOST_LINES: usize = 40;

/// A profile. The costs of the kinds add up to the cost of the evaluation, and so do those of the lines.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Costs {
    /// The most expensive first.
    kinds: Vec<Kind>,
    /// The most expensive first.
    lines: Vec<Line>,
}

/// All charges of one kind.
#[derive(Clone, Debug, Serialize)]
struct Kind {
    kind: &'static str,
    count: u64,
    cost: i128,
}

/// All charges of one line. Without a line: what belongs to the file as a whole; without a file: code of the state.
#[derive(Clone, Debug, Serialize)]
struct Line {
    file: Option<String>,
    line: Option<u32>,
    count: u64,
    cost: i128,
}

impl Costs {
    /// The profile of an evaluation of the last of the sources.
    pub fn new(items: &[Item], sources: &[Source]) -> Costs {
        let mut kinds: BTreeMap<Charge, (u64, i128)> = BTreeMap::new();
        let mut lines: BTreeMap<(Option<usize>, Option<u32>), (u64, i128)> = BTreeMap::new();
        for item in items {
            for sum in [kinds.entry(item.kind).or_default(), lines.entry(place(item.origin, sources)).or_default()] {
                *sum = (sum.0 + item.count, sum.1.saturating_add(item.cost));
            }
        }
        let kinds = kinds.into_iter().map(|(kind, (count, cost))| Kind { kind: kind.name(), count, cost }).collect();
        let name = |k: usize| sources.get(k).map(|source| source.name.clone());
        let lines = lines
            .into_iter()
            .map(|((file, line), (count, cost))| Line { file: file.and_then(name), line, count, cost })
            .collect();
        Costs { kinds, lines }.sorted()
    }

    /// Several profiles together.
    pub fn total<'a>(all: impl Iterator<Item = &'a Costs>) -> Costs {
        let mut total = Costs::default();
        for costs in all {
            for kind in &costs.kinds {
                match total.kinds.iter_mut().find(|sum| sum.kind == kind.kind) {
                    Some(sum) => (sum.count, sum.cost) = (sum.count + kind.count, sum.cost.saturating_add(kind.cost)),
                    None => total.kinds.push(kind.clone()),
                }
            }
            total.lines.extend(costs.lines.iter().cloned());
        }
        total.sorted()
    }

    fn sorted(mut self) -> Costs {
        self.kinds.sort_by_key(|kind| std::cmp::Reverse(kind.cost));
        self.lines.sort_by_key(|line| std::cmp::Reverse(line.cost));
        self
    }

    /// The profile as two tables.
    pub fn text(&self) -> Vec<String> {
        let row = |cost: i128, count: u64, what: String| [cost.to_string(), count.to_string(), what];
        let kinds: Vec<_> = self.kinds.iter().map(|kind| row(kind.cost, kind.count, kind.kind.to_owned())).collect();
        let mut text = table::lines(["cost", "charges", "kind"], [true, true, false], &kinds);
        text.push(String::new());
        let shown = &self.lines[..self.lines.len().min(MOST_LINES)];
        let lines: Vec<_> = shown.iter().map(|line| row(line.cost, line.count, line.place())).collect();
        text.extend(table::lines(["cost", "charges", "line"], [true, true, false], &lines));
        let rest = &self.lines[shown.len()..];
        if !rest.is_empty() {
            let cost = rest.iter().fold(0i128, |sum, line| sum.saturating_add(line.cost));
            text.push(format!("and {} more lines with {cost}", rest.len()));
        }
        text
    }
}

impl Line {
    fn place(&self) -> String {
        place_name(self.file.as_deref(), self.line)
    }
}

/// A line as it is shown.
pub fn place_name(file: Option<&str>, line: Option<u32>) -> String {
    match (file, line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.to_owned(),
        (None, _) => "code of the state".to_owned(),
    }
}

/// The number of the source, from 0, and the line.
pub fn place(origin: Origin, sources: &[Source]) -> (Option<usize>, Option<u32>) {
    if origin.is_known() {
        let source = origin.source as usize - 1;
        return (Some(source), sources.get(source).map(|source| source.line(origin.start)));
    }
    // Parsing and failing are not at a place.
    (if origin.source == Origin::STORED { None } else { sources.len().checked_sub(1) }, None)
}
