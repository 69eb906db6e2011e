//! Names that only this program can know, followed through it: receives that nothing can reach, sends that nothing can
//! hear.

use rhodium_grammar::ast::Span;

use crate::model::{BinderId, BinderKind, Model, Role, Use};
use crate::report::{Findings, Words};
use crate::table::Id;

/// How a name declared by `new` is used.
#[derive(Default)]
struct Private {
    escapes: bool,
    sends: Vec<(Span, u32)>,
    receives: Vec<Span>,
    /// Something that can run sends on it.
    fed: bool,
}

pub(super) fn apply(model: &Model, findings: &mut Findings) {
    let mut names: Vec<Private> = model.binders.iter().map(|_| Private::default()).collect();
    for Use { binder, role, region, span } in &model.uses {
        let name = &mut names[*binder as usize];
        match role {
            Role::Escape => name.escapes = true,
            Role::Send => name.sends.push((*span, *region)),
            Role::Receive => name.receives.push(*span),
        }
    }
    let live = live_regions(model, &mut names);
    for (k, region) in model.regions.iter().enumerate().skip(1) {
        if !live[k] && live[region.parent as usize] {
            for (binder, span) in region.sources.iter().filter(|(binder, _)| !names[*binder as usize].fed) {
                unreachable(model, *binder, *span, &names[*binder as usize], findings);
            }
        }
    }
    for (id, name) in names.iter().enumerate() {
        let binder = model.binder(id as BinderId);
        if binder.kind == BinderKind::New && binder.urn.is_none() && !name.escapes && name.receives.is_empty() {
            for (span, _) in &name.sends {
                unheard(model, id as BinderId, *span, findings);
            }
        }
    }
}

/// Which bodies can run: a body runs if the code around it does and something that runs sends on each of its sources.
fn live_regions(model: &Model, names: &mut [Private]) -> Vec<bool> {
    let count = model.regions.len();
    let mut live = vec![false; count];
    // What each body still waits for, the code around it included.
    let mut missing = vec![1; count];
    let mut inside: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); names.len()];
    for (k, region) in model.regions.iter().enumerate().skip(1) {
        inside[region.parent as usize].push(k);
        for (binder, _) in &region.sources {
            missing[k] += 1;
            waiting[*binder as usize].push(k);
        }
    }
    let mut sends: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut ready = Vec::new();
    for (id, name) in names.iter_mut().enumerate() {
        for (_, region) in &name.sends {
            sends[*region as usize].push(id);
        }
        if name.escapes {
            name.fed = true;
            ready.extend(std::mem::take(&mut waiting[id]));
        }
    }
    ready.push(0);
    while let Some(region) = ready.pop() {
        missing[region] -= 1;
        if missing[region] > 0 {
            continue;
        }
        live[region] = true;
        ready.append(&mut inside[region]);
        for id in &sends[region] {
            if !std::mem::replace(&mut names[*id].fed, true) {
                ready.append(&mut waiting[*id]);
            }
        }
    }
    live
}

fn unreachable(model: &Model, binder: BinderId, span: Span, name: &Private, findings: &mut Findings) {
    findings.add(Id::UnreachableContract, span, || {
        let text = model.text(binder);
        let words = match name.sends.as_slice() {
            [] => Words::new(format!("nothing ever sends on `{text}`, so this never receives")),
            sends => {
                let start = format!("`{text}` is sent on only where nothing runs before this has received");
                sends.iter().fold(Words::new(start), |words, (span, _)| words.label(*span, "sent here"))
            }
        };
        words
            .label(model.place(binder), "known only in this scope, and passed on to nobody")
            .hint(format!("send on `{text}`, or pass it on, for instance `bundle+{{*{text}}}`"))
    });
}

fn unheard(model: &Model, binder: BinderId, span: Span, findings: &mut Findings) {
    findings.add(Id::UnheardSend, span, || {
        let text = model.text(binder);
        Words::new(format!("nothing ever receives from `{text}`, so this message stays where it is"))
            .label(model.place(binder), "known only in this scope, and passed on to nobody")
            .hint(format!("receive from `{text}`, or pass it on"))
    });
}
