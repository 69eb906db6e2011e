//! Binders: unused, hiding others, or bound anew where a reference was meant.

use crate::model::{Binder, BinderId, BinderKind, Model};
use crate::report::{Findings, Words};
use crate::table::Id;

pub(super) fn apply(model: &Model, findings: &mut Findings) {
    for (id, binder) in model.binders.iter().enumerate() {
        if model.text(id as BinderId).starts_with('_') || binder.is_in_pattern() {
            continue;
        }
        if !hiding(model, id as BinderId, binder, findings) && binder.uses == 0 {
            unused(model, id as BinderId, binder, findings);
        }
    }
}

fn unused(model: &Model, id: BinderId, binder: &Binder, findings: &mut Findings) {
    let (name, span) = (model.text(id), model.place(id));
    let message = match binder.kind {
        BinderKind::New => {
            return findings.add(Id::UnusedName, span, || {
                Words::new(format!("nothing uses the name `{name}`")).hint("take it out of the `new`")
            });
        }
        BinderKind::Discarded => {
            return findings.add(Id::UnusedVariable, span, || {
                Words::new(format!("`{name}` is bound where nothing can use it"))
                    .hint("write `_` to match anything, or `=` before it to mean a variable bound outside")
            });
        }
        BinderKind::Parameter => "parameter",
        BinderKind::Receive | BinderKind::Case | BinderKind::Let => "variable",
    };
    findings.add(Id::UnusedVariable, span, || {
        Words::new(format!("nothing uses the {message} `{name}`"))
            .hint(format!("write `_{name}` or `_` if it is meant to be ignored"))
    });
}

/// Reports a binder that hides another; gives whether it probably should not bind at all.
fn hiding(model: &Model, id: BinderId, binder: &Binder, findings: &mut Findings) -> bool {
    let Some(hidden) = binder.hides.filter(|_| !binder.renews) else { return false };
    let (name, span, outer) = (model.text(id), model.place(id), model.place(hidden));
    // References to names have a star.
    let star = if model.binder(hidden).name { "*" } else { "" };
    let words = |message: String| Words::new(message).label(outer, format!("the other `{name}`"));
    match binder.kind {
        // A parameter list is read on its own, like the head of a function.
        BinderKind::Parameter => false,
        BinderKind::New if binder.urn.is_some() && binder.urn == model.binder(hidden).urn => false,
        BinderKind::Case | BinderKind::Discarded if binder.uses == 0 => {
            findings.add(Id::RebindingPattern, span, || {
                words(format!("`{name}` is a new variable here, which matches anything"))
                    .hint(format!("write `={star}{name}` to mean the other `{name}`"))
            });
            true
        }
        _ => {
            findings.add(Id::Shadowing, span, || {
                words(format!("this `{name}` hides another one")).hint("give one of them another name")
            });
            false
        }
    }
}
