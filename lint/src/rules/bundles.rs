//! Bundles used against their permissions.

use rhodium_grammar::ast::{BundleKind, NameId, Proc, ProcId};
use rhodium_registry::{Urn, classify_urn};

use crate::model::{BinderId, Model, Place};
use crate::report::{Findings, Words};
use crate::table::Id;

pub(super) fn apply(model: &Model, findings: &mut Findings) {
    for (id, place) in &model.visits {
        match model.ast.proc(*id) {
            Proc::Send { channel, .. } | Proc::SendSync { channel, .. }
                if matches!(place, Place::Runs | Place::Data) =>
            {
                send(model, *channel, findings);
            }
            Proc::Bundle(kind, content) => {
                bundle(model, *id, *kind, *content, *place, findings);
            }
            _ => {}
        }
    }
    for receive in model.receives.iter().filter(|receive| receive.code) {
        for source in &receive.sources {
            receive_from(model, *source, findings);
        }
    }
}

/// The bundle that a name is, with the binder it is known from.
fn bundle_of(model: &Model, name: NameId) -> Option<(BundleKind, ProcId, Option<BinderId>)> {
    let (value, binder) = model.behind_name(name)?;
    match model.ast.proc(value) {
        Proc::Bundle(kind, _) => Some((*kind, value, binder)),
        _ => None,
    }
}

fn send(model: &Model, channel: NameId, findings: &mut Findings) {
    if let Some((BundleKind { write: false, .. }, value, _)) = bundle_of(model, channel) {
        misuse(
            model,
            channel,
            value,
            "this sends on a bundle that must not be sent on: the program fails here",
            findings,
        );
    }
}

fn receive_from(model: &Model, source: NameId, findings: &mut Findings) {
    const MESSAGE: &str = "this receives from a bundle that must not be received from: the program fails here";
    if let Some((BundleKind { read: false, .. }, value, _)) = bundle_of(model, source) {
        return misuse(model, source, value, MESSAGE, findings);
    }
    let Some(binder) = model.binder_of_name(source) else { return };
    let Some(urn) = model.binder(binder).urn else { return };
    if let Some(Urn::Channel(_) | Urn::TestChannel(_)) = classify_urn(urn) {
        findings.add(Id::BundleMisuse, model.ast.name_span(source), || {
            Words::new(format!("`{}` can only be sent on: the program fails here", model.text(binder)))
                .label(model.place(binder), "a channel of the system, bound as `bundle+`")
                .hint("only the system receives from its channels; declare a name of your own for answers")
        });
    }
}

fn misuse(model: &Model, name: NameId, value: ProcId, message: &str, findings: &mut Findings) {
    findings.add(Id::BundleMisuse, model.ast.name_span(name), || {
        let words = Words::new(message);
        let span = model.ast.proc_span(value);
        let inside = model.ast.name_span(name).to(span) == model.ast.name_span(name);
        if inside { words } else { words.label(span, "the bundle") }
    });
}

fn bundle(model: &Model, id: ProcId, kind: BundleKind, content: ProcId, place: Place, findings: &mut Findings) {
    let span = model.ast.proc_span(id);
    if place == Place::Pattern {
        return findings.add(Id::BundleMisuse, span, || {
            Words::new("a bundle in a pattern matches only an equal bundle: a pattern cannot look inside one")
                .hint("match with a variable")
        });
    }
    let (inner, _) = model.behind(content);
    let Proc::Bundle(other, _) = model.ast.proc(inner) else { return };
    let left = (kind.write && other.write, kind.read && other.read);
    if left == (false, false) && (kind.write || kind.read) && (other.write || other.read) {
        findings.add(Id::BundleMisuse, span, || {
            Words::new("nothing is left of this bundle: neither sending nor receiving is permitted by both")
                .label(model.ast.proc_span(inner), "the bundle inside")
        });
    }
}
