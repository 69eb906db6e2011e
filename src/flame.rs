//! Flame graphs: as an image (SVG), or as text with one stack a line, which other tools read.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use clap::ValueEnum;

use crate::diagnostics::Diagnostic;
use crate::draft::Draft;
use crate::profile::Stack;

/// What the widths of a flame graph are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Width {
    /// Time (in text: nanoseconds)
    Time,
    /// Cost (what was refunded more than charged has no width)
    Cost,
}

/// Pixels of the whole, of a level, and of the narrowest box that is drawn.
const WIDTH: f64 = 1200.0;
const LEVEL: f64 = 18.0;
const LEAST: f64 = 0.2;

/// Writes the flame graph; what kind follows from the name of the file.
pub fn write(file: &Path, stacks: &[Stack], width: Width) -> Result<(), Diagnostic> {
    let weight = |stack: &Stack| match width {
        Width::Time => u64::try_from(stack.time.as_nanos()).unwrap_or(u64::MAX),
        Width::Cost => u64::try_from(stack.cost.max(0)).unwrap_or(u64::MAX),
    };
    let weighed: Vec<(&[String], u64)> = stacks.iter().map(|stack| (&stack.names[..], weight(stack))).collect();
    let is_image = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("svg"));
    let text = if is_image { image(&weighed, width) } else { folded(&weighed) };
    Draft::write(file, text.as_bytes())?.publish()
}

/// `program;contract;contract weight`, sorted.
fn folded(stacks: &[(&[String], u64)]) -> String {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for (names, weight) in stacks {
        let names: Vec<String> = names.iter().map(|name| name.replace(';', ",")).collect();
        let sum = sums.entry(names.join(";")).or_default();
        *sum = sum.saturating_add(*weight);
    }
    let lines = sums.iter().filter(|(_, weight)| **weight > 0);
    lines.fold(String::new(), |text, (names, weight)| text + names + " " + &weight.to_string() + "\n")
}

/// A box of the image: what it is called, how wide it is, and what stands on it.
#[derive(Default)]
struct Tower<'a> {
    name: &'a str,
    weight: u64,
    above: BTreeMap<&'a str, usize>,
}

/// All towers; the first is everything.
fn towers<'a>(stacks: &[(&'a [String], u64)]) -> Vec<Tower<'a>> {
    let mut towers = vec![Tower { name: "all", ..Tower::default() }];
    for (names, weight) in stacks {
        let mut at = 0;
        towers[0].weight = towers[0].weight.saturating_add(*weight);
        for name in *names {
            let next = towers.len();
            at = *towers[at].above.entry(name).or_insert(next);
            if at == next {
                towers.push(Tower { name, ..Tower::default() });
            }
            towers[at].weight = towers[at].weight.saturating_add(*weight);
        }
    }
    towers
}

fn image(stacks: &[(&[String], u64)], width: Width) -> String {
    let towers = towers(stacks);
    let scale = WIDTH / towers[0].weight.max(1) as f64;
    let mut boxes = String::new();
    let mut levels = 0;
    let mut pending = vec![(0, 0.0, 0)];
    while let Some((tower, left, level)) = pending.pop() {
        let tower = &towers[tower];
        levels = levels.max(level + 1);
        draw(&mut boxes, tower, (left, tower.weight as f64 * scale, level), towers[0].weight, width);
        let mut left = left;
        for above in tower.above.values() {
            let wide = towers[*above].weight as f64 * scale;
            if wide >= LEAST {
                pending.push((*above, left, level + 1));
            }
            left += wide;
        }
    }
    let height = f64::from(levels) * LEVEL;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" font-family=\"monospace\" \
         font-size=\"12\">\n{boxes}</svg>\n"
    )
}

/// One box, with its name as far as there is room, and all about it where the pointer rests.
fn draw(boxes: &mut String, tower: &Tower, (left, wide, level): (f64, f64, u32), all: u64, width: Width) {
    const CHARACTER: f64 = 7.3;
    let (share, top) = (tower.weight as f64 * 100.0 / all.max(1) as f64, f64::from(level) * LEVEL);
    let amount = match width {
        Width::Time => format!("{:.3} ms", tower.weight as f64 / 1e6),
        Width::Cost => format!("cost {}", tower.weight),
    };
    let room = ((wide - 6.0) / CHARACTER).max(0.0) as usize;
    let label: String = tower.name.chars().take(if room < 3 { 0 } else { room }).collect();
    let hue = tower.name.bytes().fold(7u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) % 50;
    let (name, label) = (escaped(tower.name), escaped(&label));
    // Writing to a string does not fail.
    let _ = writeln!(
        boxes,
        "<g><title>{name}: {amount}, {share:.1} %</title><rect x=\"{left:.1}\" y=\"{top}\" width=\"{wide:.1}\" \
         height=\"{}\" fill=\"hsl({hue},80%,65%)\"/><text x=\"{:.1}\" y=\"{}\">{label}</text></g>",
        LEVEL - 1.0,
        left + 3.0,
        top + 13.0,
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn folded_stacks_are_sorted_sums() {
        let (a, b) = (names(&["p", "x; y"]), names(&["p"]));
        assert_eq!(folded(&[(&a, 2), (&b, 5), (&a, 1), (&names(&["q"]), 0)]), "p 5\np;x, y 3\n");
    }

    #[test]
    fn boxes_stand_on_their_callers() {
        let (a, b, c) = (names(&["p", "<x>"]), names(&["p"]), names(&["p", "y"]));
        let svg = image(&[(&a, 30), (&b, 60), (&c, 10)], Width::Cost);
        assert_eq!(svg.matches("<rect").count(), 4);
        assert!(
            svg.contains("<title>&lt;x&gt;: cost 30, 30.0 %</title><rect x=\"0.0\" y=\"36\" width=\"360.0\""),
            "{svg}"
        );
        assert!(svg.contains("<title>y: cost 10, 10.0 %</title><rect x=\"360.0\" y=\"36\" width=\"120.0\""), "{svg}");
        assert!(svg.contains("height=\"54\""));
    }

    #[test]
    fn nothing_is_an_empty_graph() {
        assert_eq!(folded(&[]), "");
        assert_eq!(image(&[], Width::Time).matches("<rect").count(), 1);
    }
}
