//! Receives on names that everybody can write, and joins of a channel with itself.

use std::collections::HashMap;

use rhodium_grammar::ast::{NameId, ProcId};
use rhodium_normalizer::{Options, normalize};
use rhodium_term::forgeability;

use crate::facts::{Facts, Kind};
use crate::model::{BinderId, Model, Receive};
use crate::report::{Findings, Words};
use crate::table::Id;

/// Longer text is not repeated in messages.
const MAX_SNIPPET: usize = 40;

pub(super) fn apply(model: &Model, facts: &Facts, findings: &mut Findings) {
    let mut decided = HashMap::new();
    for receive in model.receives.iter().filter(|receive| receive.code) {
        for source in &receive.sources {
            if let Some((value, binder)) = model.behind_name(*source)
                && *decided.entry(value).or_insert_with(|| is_forgeable(model, value))
            {
                forgeable(model, facts, receive, *source, value, binder, findings);
            }
        }
        if receive.sources.len() > 1 {
            same_channel(model, facts, receive, findings);
        }
    }
}

/// Variables that stand for something unforgeable or unknown are told apart here; for the rest the normal form decides.
/// It does not exist where variables remain, all of them known to stand for what is forgeable.
fn is_forgeable(model: &Model, value: ProcId) -> bool {
    let decided = || normalize(model.ast, value, &Options::default()).map(|term| forgeability(&term).is_forgeable());
    model.is_forgeable(value) && decided().unwrap_or(true)
}

fn forgeable(
    model: &Model,
    facts: &Facts,
    receive: &Receive,
    source: NameId,
    value: ProcId,
    binder: Option<BinderId>,
    findings: &mut Findings,
) {
    let span = model.ast.name_span(source);
    findings.add(Id::ForgeableReceive, span, || {
        let written = model.snippet(span);
        let name =
            if written.len() > MAX_SNIPPET || written.contains('\n') { "this name" } else { &format!("`{written}`") };
        let what = match facts.kind(value) {
            Some(Kind::Process | Kind::Nil) | None => "a process",
            Some(kind) => kind.describe(),
        };
        let construct = if receive.contract { "contract" } else { "receive" };
        let words = Words::new(format!(
            "{name} quotes {what} without any unforgeable part: everybody can write the same name, and send to this \
             {construct} or take its messages"
        ));
        let words = match binder {
            Some(binder) => words
                .label(model.place(binder), "bound here")
                .label(model.ast.proc_span(value), "to this value, which contains no unforgeable name"),
            None => words,
        };
        words.hint("declare the name with `new`; hand it out as `bundle+{*name}`, for instance through the registry")
    });
}

fn same_channel(model: &Model, facts: &Facts, receive: &Receive, findings: &mut Findings) {
    let mut seen = HashMap::new();
    for source in &receive.sources {
        let key = match (model.binder_of_name(*source), model.behind_name(*source)) {
            (Some(binder), _) => (true, binder),
            (None, Some((value, _))) => (false, facts.value(value)),
            (None, None) => continue,
        };
        let span = model.ast.name_span(*source);
        let Some(first) = seen.insert(key, *source) else { continue };
        seen.insert(key, first);
        let written = |name: &NameId| model.snippet(model.ast.name_span(*name));
        // What is written alike does not compile.
        if written(&first) == written(source) {
            continue;
        }
        findings.add(Id::SameChannelJoin, span, || {
            Words::new("this is the same channel as another one of the join, which then takes two messages from it")
                .label(model.ast.name_span(first), "the same channel")
                .hint("receive one after the other: separate the binds by `;`")
        });
    }
}
