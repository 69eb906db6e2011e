//! How a log and the evaluation that follows it differ.

use rhodium_term::Origin;

use super::Event;

/// An event of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its position in the log, from 0.
    pub position: usize,
    /// The event.
    pub event: Event,
}

/// The first difference between a log and the evaluation that followed it. At least one of the two events is there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct Mismatch {
    /// What the log has, and nothing happened like it. Beside an event that was found, the one most like it.
    pub expected: Option<Expected>,
    /// What happened, or must have happened, and is not in the log.
    pub found: Option<Event>,
    /// The send or receive that `found` comes from; of a COMM, the one that completed it.
    pub origin: Origin,
}

impl Mismatch {
    fn text(&self) -> String {
        let found =
            self.found.as_ref().map(|event| format!("The evaluation makes an event that is not in the log: {event}"));
        let expected = self.expected.as_ref().map(|Expected { position, event }| (position + 1, event));
        match (found, expected) {
            (Some(found), Some((number, event))) => format!("{found}; event {number} of the log is {event}."),
            (Some(found), None) => format!("{found}."),
            (None, Some((number, event))) => format!("Event {number} of the log does not happen: {event}."),
            (None, None) => "The log does not fit.".to_owned(),
        }
    }
}
