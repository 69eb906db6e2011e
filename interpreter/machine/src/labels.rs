//! The labels of names: where a private name was made, for display only. Nothing is kept per name.

use rhodium_term::Origin;

use crate::value::Label;

/// Where each source begins among all of them, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    /// Number of the first source.
    first: u32,
    starts: Vec<u32>,
    end: u32,
}

impl Labels {
    /// A source is about to be evaluated. Sources follow each other by number; others, and what lies beyond 4 GiB, get no
    /// labels.
    pub fn enter(&mut self, source: u32, length: usize) {
        if self.starts.is_empty() {
            self.first = source;
        }
        // Label 0 means nothing, and the position behind the last byte is a label.
        let start = self.end.saturating_add(1);
        let end = u32::try_from(length).ok().and_then(|length| start.checked_add(length));
        if let Some(end) = end
            && self.index(source) == Some(self.starts.len())
        {
            self.starts.push(start);
            self.end = end;
        }
    }

    fn index(&self, source: u32) -> Option<usize> {
        // Source 0 is the unknown one.
        if source == 0 { None } else { source.checked_sub(self.first).map(|index| index as usize) }
    }

    /// The label of a name: the place of its `new`, and how many names that made before.
    pub fn label(&self, origin: Origin, before: u32) -> Label {
        let start = self.index(origin.source).and_then(|index| self.starts.get(index));
        Label(start.map_or(0, |start| start.saturating_add(origin.start).saturating_add(before)))
    }

    /// The source and the place in it that a label stands for.
    pub fn place(&self, label: Label) -> Option<(u32, u32)> {
        let index = self.starts.partition_point(|start| *start <= label.0).checked_sub(1)?;
        Some((self.first + u32::try_from(index).ok()?, label.0 - self.starts[index]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_places() {
        let mut labels = Labels::default();
        let origin = |source, start| Origin { source, start, end: start + 5 };
        labels.enter(3, 10);
        labels.enter(4, 0);
        labels.enter(6, 10);
        labels.enter(5, 7);
        for (source, start, before) in [(3, 0, 0), (3, 10, 0), (3, 4, 2), (4, 0, 0), (5, 6, 1)] {
            let label = labels.label(origin(source, start), before);
            assert_ne!(label, Label(0));
            assert_eq!(labels.place(label), Some((source, start + before)));
        }
        for source in [0, 1, 2, 6, 7] {
            assert_eq!(labels.label(origin(source, 1), 0), Label(0), "{source}");
        }
        assert_eq!(labels.place(Label(0)), None);
        let mut unknown = Labels::default();
        unknown.enter(0, 10);
        assert_eq!(unknown.label(origin(0, 1), 0), Label(0));
        let mut full = Labels::default();
        full.enter(1, u32::MAX as usize);
        assert_eq!(full.label(origin(1, 1), 0), Label(0));
    }
}
