//! Variables, wildcards, remainders, and the cases of matches.

use rhodium_grammar::ast::{Case, Ident, Remainder, Span};
use rhodium_term::{Term, Var};

use crate::error::NormalizeError;
use crate::machine::{Machine, Step, Work};
use crate::scope::{FreeMap, Misuse, Reference, Slot, Sort};

impl<'a> Machine<'a> {
    /// A wildcard takes no level, but the checks remember it.
    pub(crate) fn wildcard(&mut self, span: Span) {
        self.scopes.frame().wildcards.push(span);
        self.push_var(Var::Wildcard, span);
    }

    /// A use of an identifier: bound, or a binder of the pattern being read.
    pub(crate) fn identifier(&mut self, slot: Slot, sort: Sort, span: Span) -> Step {
        match self.resolve(slot, sort, span) {
            Ok(var) => {
                self.push_var(var, span);
                Ok(())
            }
            Err(error) => self.nothing(error),
        }
    }

    /// `Nil` in place of what is wrong.
    fn nothing(&mut self, error: Option<NormalizeError>) -> Step {
        self.values.push(Term::nil());
        error.map_or(Ok(()), Err)
    }

    /// What an identifier means; no error if it is told with another one.
    fn resolve(&mut self, slot: Slot, sort: Sort, span: Span) -> Result<Var, Option<NormalizeError>> {
        match self.scopes.variable(slot, sort, span) {
            Ok(var) => {
                if matches!(var, Var::Free(_)) && self.scopes.pattern_depth() == 0 {
                    self.note_unbound(slot, span);
                }
                Ok(var)
            }
            Err(Misuse::Reuse(first)) if self.scopes.pattern_depth() == 0 => {
                Err(self.unbound_again(slot, sort, span, first))
            }
            Err(Misuse::Sort(declared)) => Err(Some(self.report.sort(sort, self.scopes.text(slot), span, declared))),
            Err(Misuse::Reuse(first)) => Err(Some(self.report.reuse(sort, self.scopes.text(slot), span, first))),
        }
    }

    /// `=x` or `=*x`.
    pub(crate) fn reference(&mut self, ident: Ident, name: bool, span: Span) -> Step {
        let slot = self.scopes.slot(ident.symbol);
        let sort = if name { Sort::Name } else { Sort::Proc };
        let text = self.scopes.text(slot);
        match self.scopes.reference(slot, sort) {
            Reference::Unbound => {
                let near = self.scopes.nearest(text);
                let error = self.report.unbound(sort, text, span, near);
                self.nothing(Some(error))
            }
            Reference::Misused(declared) => {
                let error = self.report.reference_sort(sort, text, span, declared);
                self.nothing(Some(error))
            }
            Reference::Found { index, depth } => {
                let pattern_depth = self.scopes.pattern_depth();
                self.push(Term::var_ref(index, depth, pattern_depth), span);
                Ok(())
            }
        }
    }

    /// Resolves the remainder of a collection or bind: always a process variable.
    pub(crate) fn remainder(&mut self, remainder: &Option<Remainder>) -> Step {
        let var = match remainder {
            None => None,
            Some(Remainder { var: Some(ident), .. }) => {
                let slot = self.scopes.slot(ident.symbol);
                match self.resolve(slot, Sort::Proc, ident.span) {
                    Ok(var) => Some(var),
                    Err(error) => {
                        self.remainders.push(None);
                        return error.map_or(Ok(()), Err);
                    }
                }
            }
            Some(Remainder { var: None, span }) => {
                self.scopes.frame().wildcards.push(*span);
                Some(Var::Wildcard)
            }
        };
        self.remainders.push(var);
        Ok(())
    }

    pub(crate) fn plan_case(&mut self, case: &Case) {
        self.work.extend([Work::CaseEnd { guard: case.guard.is_some() }, Work::Proc(case.body)]);
        self.work.extend(case.guard.map(Work::Proc));
        self.work.extend([Work::CaseScope, Work::Proc(case.pattern), Work::EnterPattern]);
    }

    /// The binders of the pattern just read come into scope.
    pub(crate) fn case_scope(&mut self) {
        let binders = self.scopes.leave_pattern();
        self.absorb(&binders);
        self.sizes.push(binders.vars.len() as u32);
    }

    pub(crate) fn absorb(&mut self, binders: &FreeMap) {
        for var in &binders.vars {
            self.scopes.bind(var.slot, var.sort, var.span);
        }
    }

    pub(crate) fn case_end(&mut self, guard: bool) {
        let body = self.pop();
        let guard = guard.then(|| self.pop());
        let pattern = self.pop();
        let free_count = self.sizes.pop().unwrap_or(0);
        self.scopes.unbind(free_count);
        self.values.push(Term::case(pattern, body, free_count, guard));
    }
}
