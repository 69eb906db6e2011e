//! Expressions that do not do what they seem to: constant conditions, operators in patterns, values that stand as
//! processes, entries written twice.

use std::collections::HashMap;

use rhodium_grammar::ast::{Proc, ProcId};

use crate::facts::{Facts, Kind};
use crate::model::{Model, Place};
use crate::report::{Findings, Words};
use crate::table::Id;

pub(super) fn apply(model: &Model, facts: &Facts, findings: &mut Findings) {
    for (id, place) in &model.visits {
        let (id, place) = (*id, *place);
        match model.ast.proc(id) {
            Proc::If { condition: asked, .. } if place != Place::Quoted => condition(model, facts, *asked, findings),
            Proc::Match { cases, .. } if place != Place::Quoted => {
                cases.iter().filter_map(|case| case.guard).for_each(|asked| guard(model, facts, asked, findings));
            }
            Proc::For { receipts, .. } if place != Place::Quoted => {
                let guards = receipts.iter().filter_map(|receipt| receipt.guard);
                guards.for_each(|asked| guard(model, facts, asked, findings));
            }
            Proc::Binary(..) | Proc::Unary(..) | Proc::Method { .. } if place == Place::Pattern => {
                unevaluated(model, id, findings);
            }
            Proc::Map(entries, _) => {
                twice(model, facts, entries.iter().map(|(key, _)| *key), "key", place, findings);
            }
            Proc::Set(elements, _) => twice(model, facts, elements.iter().copied(), "element", place, findings),
            _ => {}
        }
        if place == Place::Runs && does_nothing(model, id) {
            useless(model, facts, id, findings);
        }
    }
}

fn condition(model: &Model, facts: &Facts, asked: ProcId, findings: &mut Findings) {
    let span = model.ast.proc_span(asked);
    match (facts.bool(asked), facts.kind(asked)) {
        (Some(value), _) => findings.add(Id::ConstantCondition, span, || {
            let branch = if value { "the `else` branch never runs" } else { "the first branch never runs" };
            Words::new(format!("this condition is always {value}: {branch}"))
        }),
        (None, Some(kind)) if kind != Kind::Bool => findings.add(Id::ConstantCondition, span, || {
            Words::new(format!("this condition is {}, never a Bool: the program fails here", kind.describe()))
        }),
        _ => {}
    }
}

fn guard(model: &Model, facts: &Facts, asked: ProcId, findings: &mut Findings) {
    let span = model.ast.proc_span(asked);
    match (facts.bool(asked), facts.kind(asked)) {
        (Some(value), _) => findings.add(Id::ConstantCondition, span, || {
            let effect = if value { "it changes nothing" } else { "nothing passes it" };
            Words::new(format!("this guard is always {value}: {effect}"))
        }),
        (None, Some(kind)) if kind != Kind::Bool => findings.add(Id::ConstantCondition, span, || {
            Words::new(format!("this guard is {}, never a Bool: nothing passes it", kind.describe()))
        }),
        _ => {}
    }
}

fn unevaluated(model: &Model, id: ProcId, findings: &mut Findings) {
    findings.add(Id::UnevaluatedPattern, model.ast.proc_span(id), || {
        Words::new("patterns are not evaluated: this matches the expression itself, and data are evaluated")
            .hint("bind a variable and compare it in a guard: `x where x == …`")
    });
}

/// Whether a process is a value or computes one, and nothing else.
fn does_nothing(model: &Model, id: ProcId) -> bool {
    use Proc::*;
    matches!(
        model.ast.proc(id),
        Bool(_)
            | Int(_)
            | BigInt(_)
            | Float(_)
            | BigRat(..)
            | FixedPoint(..)
            | String(_)
            | Uri(_)
            | SimpleType(_)
            | Unary(..)
            | Binary(..)
            | List(..)
            | Tuple(_)
            | Set(..)
            | Map(..)
            | PathMap(..)
    )
}

fn useless(model: &Model, facts: &Facts, id: ProcId, findings: &mut Findings) {
    findings.add(Id::UselessExpression, model.ast.proc_span(id), || {
        let what = match model.ast.proc(id) {
            Proc::Unary(..) | Proc::Binary(..) => "an operator",
            _ => facts.kind(id).map_or("a value", Kind::describe),
        };
        Words::new(format!("{what} that stands as a process does nothing; it is not even evaluated"))
            .hint("send it on a channel, or write `Nil`")
    });
}

fn twice(
    model: &Model,
    facts: &Facts,
    entries: impl Iterator<Item = ProcId>,
    what: &str,
    place: Place,
    findings: &mut Findings,
) {
    if matches!(place, Place::Pattern | Place::Quoted) {
        return;
    }
    let mut seen = HashMap::new();
    for entry in entries {
        let span = model.ast.proc_span(entry);
        let Some(first) = seen.insert(facts.value(entry), span) else { continue };
        findings.add(Id::DuplicateEntry, span, || {
            let effect = if what == "key" { "only the last value is kept" } else { "it is kept once" };
            Words::new(format!("this {what} stands there twice: {effect}")).label(first, "the first time")
        });
    }
}
