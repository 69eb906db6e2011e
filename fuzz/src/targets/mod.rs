//! The table of targets.

mod check;
mod evaluator;
mod formatter;
mod lexer;
mod messages;
mod normalizer;
mod parser;
mod protobuf;
mod state;

/// What inputs look like: how they are mutated, and which corpus they share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// Source text; whatever is not UTF-8 is replaced.
    Source,
    /// One protobuf message.
    Message,
    /// One byte that selects a decoder, then the bytes for it.
    Selected,
}

/// A property of all inputs.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What the command line and directories call it.
    pub name: &'static str,
    /// What its inputs look like.
    pub shape: Shape,
    /// Panics when the property does not hold.
    pub run: fn(&[u8]),
}

/// All targets, in the order of the pipeline.
pub const TARGETS: &[Target] = &[
    Target { name: "lexer", shape: Shape::Source, run: |bytes| lexer::check(&text(bytes)) },
    Target { name: "parser", shape: Shape::Source, run: |bytes| parser::check(&text(bytes)) },
    Target { name: "normalizer", shape: Shape::Source, run: |bytes| normalizer::check(&text(bytes)) },
    Target { name: "formatter", shape: Shape::Source, run: |bytes| formatter::check(&text(bytes)) },
    Target { name: "check", shape: Shape::Source, run: |bytes| check::check(&text(bytes)) },
    Target { name: "evaluator", shape: Shape::Source, run: |bytes| evaluator::check(&text(bytes)) },
    Target { name: "protobuf", shape: Shape::Message, run: protobuf::check },
    Target { name: "state", shape: Shape::Selected, run: state::check },
    Target { name: "messages", shape: Shape::Selected, run: messages::check },
];

/// The target with a name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
