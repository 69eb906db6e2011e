//! Variables outside patterns that nothing binds, and what else may not be left open there.
//!
//! The network reports them together when the traversal has ended, but stops earlier where one of them occurs twice (as
//! a binder that is repeated) or before a bundle. Here each of them is one error, whichever way the network finds it.

use std::collections::{HashMap, HashSet};

use rhodium_grammar::ast::Span;

use crate::error::{NormalizeError, NormalizeErrorKind as Kind};
use crate::machine::{MAX_ERRORS, Machine, Step};
use crate::scope::{Slot, Sort};

/// More uses of a variable are not shown.
const MAX_USES: usize = 8;

/// What is known of them.
#[derive(Default)]
pub(crate) struct Unbound {
    variables: HashMap<Slot, Variable>,
    /// Places that an error tells of already.
    told: HashSet<Span>,
}

struct Variable {
    first: Span,
    others: Vec<Span>,
    hint: String,
    /// The error about it, if there is one already.
    error: Option<usize>,
}

impl Machine<'_> {
    /// Remembers a use of a variable that nothing binds.
    pub(crate) fn note_unbound(&mut self, slot: Slot, span: Span) {
        if let Some(known) = self.unbound.variables.get_mut(&slot) {
            return known.add(span);
        }
        // What is beyond the number of errors is never told.
        let near =
            if self.unbound.variables.len() < MAX_ERRORS { self.scopes.nearest(self.scopes.text(slot)) } else { None };
        let hint = self.report.unbound_hint(self.scopes.text(slot), near);
        self.unbound.variables.insert(slot, Variable { first: span, others: Vec::new(), hint, error: None });
    }

    /// A further use; the network takes it for a second binder. Gives the error if there is none about the variable.
    pub(crate) fn unbound_again(&mut self, slot: Slot, sort: Sort, span: Span, first: Span) -> Option<NormalizeError> {
        let text = self.scopes.text(slot);
        let blamed = self.report.reuse(sort, text, span, first);
        let known = self.unbound.variables.get_mut(&slot)?;
        known.add(span);
        if known.error.is_some() {
            return None;
        }
        known.error = Some(self.errors.len());
        let (place, hint) = (known.first, known.hint.clone());
        Some(self.report.unbound_variable(blamed.kind, blamed.network, text, place, hint))
    }

    /// Checks what stands in a bundle.
    pub(crate) fn check_bundle(&mut self, connective: bool, span: Span) -> Step {
        let Err(error) = self.report.bundle(self.scopes.frame(), connective, span) else { return Ok(()) };
        if connective || self.scopes.pattern_depth() > 0 {
            return Err(error);
        }
        // Outside patterns the bundle is not to blame.
        if let Some(place) = self.scopes.frame().wildcards.first().copied() {
            let is_new = self.unbound.told.insert(place);
            return if is_new { Err(self.report.wildcard(error.kind, error.network, place)) } else { Ok(()) };
        }
        let slot = self.scopes.frame().vars.first().and_then(|variable| variable.slot);
        let Some((slot, known)) = slot.and_then(|slot| Some((slot, self.unbound.variables.get_mut(&slot)?))) else {
            return Err(error);
        };
        if known.error.is_some() {
            return Ok(());
        }
        known.error = Some(self.errors.len());
        let (place, hint) = (known.first, known.hint.clone());
        Err(self.report.unbound_variable(error.kind, error.network, self.scopes.text(slot), place, hint))
    }

    /// The checks of the whole program: outside patterns nothing may be left open. The first kind that is violated is
    /// the one at which the network stops.
    pub(crate) fn check_top_level(&mut self) {
        let Some(open) = self.scopes.outermost_frame() else { return };
        let mut found = Vec::new();
        let mut connectives = open.connectives.clone();
        connectives.sort_by_key(|(_, span)| (span.start, std::cmp::Reverse(span.end)));
        let listed = connectives.iter().map(|(kind, span)| (*span, kind.describe())).collect();
        if let Some(network) = self.report.left("logical connectives", listed) {
            let mut end = 0;
            for (kind, span) in connectives {
                // A chain is one mistake.
                if span.start >= end {
                    end = span.end;
                    found.push(self.report.connective(kind, span, network.clone()));
                }
            }
        }
        let listed = open.wildcards.iter().map(|span| (*span, "_ (wildcard)")).collect();
        if let Some(network) = self.report.left("wildcards", listed) {
            let mut wildcards: Vec<Span> = open.wildcards.clone();
            wildcards.sort();
            wildcards.retain(|span| !self.unbound.told.contains(span));
            let kind = Kind::TopLevelWildcardsNotAllowedError;
            found.extend(
                wildcards.iter().take(MAX_ERRORS).map(|span| self.report.wildcard(kind, network.clone(), *span)),
            );
        }
        let text = |slot: Option<Slot>| slot.map_or("_", |slot| self.scopes.text(slot));
        let listed = open.vars.iter().map(|variable| (variable.span, text(variable.slot))).collect();
        let network = self.report.left("free variables", listed).unwrap_or_default();
        let mut variables: Vec<(&Slot, &Variable)> = self.unbound.variables.iter().collect();
        variables.sort_by_key(|(_, variable)| variable.first);
        for (slot, variable) in variables {
            match variable.error.and_then(|at| self.errors.get_mut(at)) {
                Some(error) => variable.label(error),
                None if found.len() < MAX_ERRORS => {
                    let kind = Kind::TopLevelFreeVariablesNotAllowedError;
                    let (name, hint) = (self.scopes.text(*slot), variable.hint.clone());
                    let mut error = self.report.unbound_variable(kind, network.clone(), name, variable.first, hint);
                    variable.label(&mut error);
                    found.push(error);
                }
                None => {}
            }
        }
        self.errors.append(&mut found);
        self.errors.truncate(MAX_ERRORS);
    }
}

impl Variable {
    fn add(&mut self, span: Span) {
        if self.others.len() < MAX_USES {
            self.others.push(span);
        }
    }

    /// Shows the other uses.
    fn label(&self, error: &mut NormalizeError) {
        error.labels.extend(self.others.iter().map(|span| (*span, "used here too".to_owned())));
    }
}
