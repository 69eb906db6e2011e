//! Cases of a `match` that are never chosen.

use std::collections::HashMap;

use rhodium_grammar::ast::{Case, Proc, ProcId, Span};

use crate::facts::{Facts, Kind};
use crate::model::{Model, Place};
use crate::report::{Findings, Words};
use crate::table::Id;

pub(super) fn apply(model: &Model, facts: &Facts, findings: &mut Findings) {
    for (id, place) in &model.visits {
        if let Proc::Match { target, cases } = model.ast.proc(*id)
            && *place != Place::Quoted
        {
            check(model, facts, *target, cases, findings);
        }
    }
}

fn check(model: &Model, facts: &Facts, target: ProcId, cases: &[Case], findings: &mut Findings) {
    let target_kind = facts.kind(target);
    let mut seen: HashMap<u32, Span> = HashMap::new();
    let mut catching: Option<Span> = None;
    for case in cases {
        let span = model.ast.proc_span(case.pattern);
        let never = |words: Words, findings: &mut Findings| findings.add(Id::UnreachableCase, span, || words);
        if let Some(earlier) = catching {
            let words = Words::new("this case is never chosen: an earlier one takes everything");
            never(words.label(earlier, "matches everything"), findings);
            continue;
        }
        if let Some(earlier) = seen.get(&facts.written(case.pattern)) {
            let words = Words::new("this case is never chosen: an earlier one has the same pattern");
            never(words.label(*earlier, "the same pattern"), findings);
            continue;
        }
        if let (Some(is), Some(wants)) = (target_kind, facts.pattern_kind(case.pattern))
            && is != wants
        {
            let words = match (is, wants) {
                (Kind::Tuple(has), Kind::Tuple(wants)) => {
                    format!("this case is never chosen: the target is a tuple of {has}, and the pattern one of {wants}")
                }
                _ => format!(
                    "this case is never chosen: the target is {}, and the pattern matches only {}",
                    is.describe(),
                    wants.describe()
                ),
            };
            never(Words::new(words).label(model.ast.proc_span(target), "the target"), findings);
            continue;
        }
        let unconditional = case.guard.is_none_or(|guard| facts.bool(guard) == Some(true));
        if unconditional {
            seen.insert(facts.written(case.pattern), span);
            if facts.catches_all(case.pattern) {
                catching = Some(span);
            }
        }
    }
}
