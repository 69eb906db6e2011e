//! Tables of text.

/// The lines of a table: a heading, a rule, the rows. Columns of numbers are aligned on the right.
pub fn lines<const N: usize>(heading: [&str; N], right: [bool; N], rows: &[[String; N]]) -> Vec<String> {
    let mut widths = heading.map(|text| text.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; N]| {
        // A format width has 16 bits.
        let widths = widths.map(|width| width.min(u16::MAX.into()));
        let padded = cells.iter().zip(widths).zip(right).map(|((cell, width), right)| match right {
            true => format!("{cell:>width$}"),
            false => format!("{cell:<width$}"),
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let rule = widths.map(|width| "─".repeat(width)).join("  ");
    let rows = rows.iter().map(|row| line(std::array::from_fn(|k| row[k].as_str())));
    [line(heading), rule].into_iter().chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let rows = [["é".to_owned(), "5".to_owned()], ["bcd".to_owned(), "12".to_owned()]];
        assert_eq!(lines(["a", "n"], [false, true], &rows), ["a     n", "───  ──", "é     5", "bcd  12"]);
    }
}
