//! Patterns written in Rholang that choose what is shown: patterns of a receive, matched as a receive matches.

use clap::Args;
use rhodium_matcher::{Budget, match_message};
use rhodium_normalizer::{Options, compile};
use rhodium_term::{Head, Term, Var};

use crate::diagnostics::{Diagnostic, Source, codes};
use crate::exit::Exit;

/// What to choose.
#[derive(Args, Debug)]
pub struct FilterOptions {
    /// Only channels that match this pattern of a name, as in `for (@x <- c)`: '@"balance"', '@(key, _)'
    #[arg(long, value_name = "PATTERN")]
    channel: Option<String>,
    /// Only messages that match these patterns, and no receives: '@Int', '@"transfer", @amount, ...@rest'
    #[arg(long, value_name = "PATTERNS")]
    data: Option<String>,
}

impl FilterOptions {
    /// Compiles the patterns.
    pub fn filter(&self) -> Result<Filter, Vec<Diagnostic>> {
        let compiled = |name, text: &Option<String>| text.as_deref().map(|text| Pattern::new(name, text)).transpose();
        let filter = Filter { channel: compiled("--channel", &self.channel)?, data: compiled("--data", &self.data)? };
        Ok(filter)
    }
}

/// The compiled patterns.
pub struct Filter {
    channel: Option<Pattern>,
    data: Option<Pattern>,
}

impl Filter {
    /// Everything is chosen.
    pub fn is_empty(&self) -> bool {
        self.channel.is_none() && self.data.is_none()
    }

    /// Receives are not shown.
    pub fn is_for_data(&self) -> bool {
        self.data.is_some()
    }

    /// The only channel that can match, if the pattern is one name without variables.
    pub fn only_channel(&self) -> Option<&Term> {
        let pattern = self.channel.as_ref()?;
        match &pattern.patterns[..] {
            [only] if pattern.remainder.is_none() && !only.connective_used() && only.is_closed() => Some(only),
            _ => None,
        }
    }

    /// Whether a channel is chosen; one that nobody knows never is.
    pub fn takes_channel(&self, channel: Option<&Term>) -> Result<bool, Diagnostic> {
        match (&self.channel, channel) {
            (None, _) => Ok(true),
            (Some(_), None) => Ok(false),
            (Some(pattern), Some(channel)) => pattern.matches(std::slice::from_ref(channel)),
        }
    }

    /// Whether a message is chosen.
    pub fn takes_data(&self, data: &[Term]) -> Result<bool, Diagnostic> {
        self.data.as_ref().map_or(Ok(true), |pattern| pattern.matches(data))
    }
}

/// The patterns of one bind.
struct Pattern {
    name: &'static str,
    patterns: Vec<Term>,
    remainder: Option<Var>,
    free_count: u32,
}

impl Pattern {
    fn new(name: &'static str, text: &str) -> Result<Pattern, Vec<Diagnostic>> {
        // The line break ends a comment at the end of the text.
        let source = Source::new(name, format!("for ({text}\n<- @Nil) {{ Nil }}"));
        let term = compile(&source.text, &Options::default()).map_err(|error| Diagnostic::compile(&error, &source))?;
        Pattern::of_receive(name, &term)
            .ok_or_else(|| vec![wrong(&format!("{name} takes the patterns of one receive and nothing else"))])
    }

    /// The patterns of a process that is one receive with one bind on `@Nil` and nothing in its body.
    fn of_receive(name: &'static str, term: &Term) -> Option<Pattern> {
        let receive = term.single_item()?;
        let Head::Receive { binds: 1, persistent: false, peek: false, .. } = receive.head() else { return None };
        let [bind, body] = receive.children() else { return None };
        let Head::Bind { remainder, free_count } = bind.head() else { return None };
        let [source, patterns @ ..] = bind.children() else { return None };
        let plain = source.is_nil() && body.is_nil();
        plain.then(|| Pattern { name, patterns: patterns.to_vec(), remainder: *remainder, free_count: *free_count })
    }

    fn matches(&self, data: &[Term]) -> Result<bool, Diagnostic> {
        let mut budget = Budget::default();
        let found = match_message(data, &self.patterns, self.remainder, self.free_count, &mut budget);
        found.map(|bindings| bindings.is_some()).map_err(|error| wrong(&format!("{}: {error}", self.name)))
    }
}

fn wrong(message: &str) -> Diagnostic {
    let mut diagnostic = Diagnostic::of_input(codes::PATTERN, "InputError", message, None, None);
    diagnostic.exit = Exit::Usage;
    diagnostic
}
