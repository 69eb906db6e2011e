//! Byte offsets to lines and columns.

/// A place in a source text as people count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Where the lines of a source text start, and which of its characters take more than one byte.
#[derive(Clone, Debug)]
pub struct LineIndex {
    /// Byte offset of the start of every line.
    lines: Vec<u32>,
    /// For every character of several bytes: its offset, and how many continuation bytes stand up to its end.
    wide: Vec<(u32, u32)>,
    length: u32,
}

impl LineIndex {
    /// Indexes a source text of less than 4 GiB.
    pub fn new(source: &str) -> Self {
        let mut lines = vec![0];
        let mut wide = Vec::new();
        let mut extra = 0;
        for (offset, byte) in source.bytes().enumerate() {
            match byte {
                b'\n' => lines.push(offset as u32 + 1),
                0xC0.. => {
                    extra += if byte >= 0xF0 { 3 } else { u32::from(byte >= 0xE0) + 1 };
                    wide.push((offset as u32, extra));
                }
                _ => {}
            }
        }
        LineIndex { lines, wide, length: source.len() as u32 }
    }

    /// The position of a byte offset. Offsets behind the end are taken as the end, offsets inside a character as its
    /// start.
    pub fn position(&self, offset: u32) -> Position {
        let offset = offset.min(self.length);
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line - 1];
        let column = self.characters_before(offset) - self.characters_before(start) + 1;
        Position { line: line as u32, column }
    }

    /// The byte offset at which the line of an offset starts.
    pub(crate) fn line_start(&self, offset: u32) -> u32 {
        let offset = offset.min(self.length);
        self.lines[self.lines.partition_point(|start| *start <= offset) - 1]
    }

    /// Number of lines.
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    fn characters_before(&self, offset: u32) -> u32 {
        match self.wide.partition_point(|(start, _)| *start < offset) {
            0 => offset,
            count => {
                let (start, extra) = self.wide[count - 1];
                let before = if count > 1 { self.wide[count - 2].1 } else { 0 };
                // An offset inside the last wide character counts as its start.
                if offset < start + 1 + extra - before { start - before } else { offset - extra }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(source: &str, offset: u32) -> (u32, u32) {
        let position = LineIndex::new(source).position(offset);
        (position.line, position.column)
    }

    #[test]
    fn counts_lines_and_characters_from_one() {
        assert_eq!(at("", 0), (1, 1));
        assert_eq!(at("ab\ncd", 0), (1, 1));
        assert_eq!(at("ab\ncd", 2), (1, 3));
        assert_eq!(at("ab\ncd", 3), (2, 1));
        assert_eq!(at("ab\ncd", 99), (2, 3));
        assert_eq!(at("ab\n", 3), (2, 1));
    }

    #[test]
    fn wide_characters_count_once() {
        let source = "é€𝄞x\nñy";
        assert_eq!(at(source, 2), (1, 2));
        assert_eq!(at(source, 5), (1, 3));
        assert_eq!(at(source, 9), (1, 4));
        assert_eq!(at(source, 10), (1, 5));
        assert_eq!(at(source, 13), (2, 2));
        assert_eq!(at(source, 7), (1, 3), "inside a character");
    }
}
