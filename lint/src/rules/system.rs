//! The system as programs see it: URNs that nothing is bound to, and messages that the channels of the system do not
//! take (language.md 8, registry-genesis.md 2).

use rhodium_grammar::ast::{NameId, Proc, ProcId, Source, Span};
use rhodium_registry::{SystemChannel, UriVerdict, Urn, classify_urn, correct_uri, nearest, nearest_urn};

use crate::facts::{Facts, Kind};
use crate::model::{BinderKind, Model, Place};
use crate::report::{Findings, Words};
use crate::table::Id;

/// What a datum of a message must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Argument {
    Any,
    /// The name that the answer is sent to.
    Reply,
    Kind(Kind),
    /// One of these texts.
    Operation(&'static [&'static str]),
}

use Argument::{Any, Operation, Reply};

const BYTES: Argument = Argument::Kind(Kind::Bytes);
const PAIR: Argument = Argument::Kind(Kind::Tuple(2));
const LOOKUP: &str = "rho:registry:lookup";

/// The messages that channels take, where more is known than their length; a message fits if it fits one of the rows.
const MESSAGES: &[(&str, &[Argument])] = &[
    ("rho:io:stdoutAck", &[Any, Reply]),
    ("rho:io:stderrAck", &[Any, Reply]),
    ("rho:crypto:ed25519Verify", &[BYTES, BYTES, BYTES, Reply]),
    ("rho:crypto:sha256Hash", &[BYTES, Reply]),
    ("rho:crypto:keccak256Hash", &[BYTES, Reply]),
    ("rho:crypto:blake2b256Hash", &[BYTES, Reply]),
    ("rho:crypto:secp256k1Verify", &[BYTES, BYTES, BYTES, Reply]),
    ("rho:block:data", &[Reply]),
    ("rho:casper:invalidBlocks", &[Reply]),
    (
        "rho:vault:address",
        &[Operation(&["validate", "fromPublicKey", "fromDeployerId", "fromUnforgeable"]), Any, Reply],
    ),
    ("rho:system:deployerId:ops", &[Operation(&["pubKeyBytes"]), Any, Reply]),
    (LOOKUP, &[Argument::Kind(Kind::Uri), Reply]),
    ("rho:registry:insertArbitrary", &[Any, Reply]),
    ("rho:registry:insertSigned:secp256k1", &[BYTES, PAIR, BYTES, Reply]),
    ("rho:registry:insertSigned:secp256k1", &[PAIR, Any, Reply]),
    ("rho:registry:ops", &[Operation(&["buildUri"]), BYTES, Reply]),
    ("sys:authToken:ops", &[Operation(&["check"]), Any, Reply]),
    ("rho:deploy:data", &[Reply]),
];

pub(super) fn apply(model: &Model, facts: &Facts, findings: &mut Findings) {
    for binder in model.binders.iter().filter(|binder| binder.kind == BinderKind::New) {
        if let Some(urn) = binder.urn {
            bound(urn, binder.ident.span, findings);
        }
    }
    for (id, _) in model.visits.iter().filter(|(_, place)| matches!(place, Place::Runs | Place::Data)) {
        let span = model.ast.proc_span(*id);
        match model.ast.proc(*id) {
            Proc::Send { channel, args, .. } => message(model, facts, *channel, args, false, span, findings),
            Proc::SendSync { channel, args, .. } => message(model, facts, *channel, args, true, span, findings),
            Proc::For { receipts, .. } => {
                for bind in receipts.iter().flat_map(|receipt| &receipt.binds) {
                    if let Source::SendReceive(channel, args) = &bind.source {
                        message(model, facts, *channel, args, true, bind.span, findings);
                    }
                }
            }
            _ => {}
        }
    }
}

/// A URN that a `new` binds.
fn bound(urn: &str, span: Span, findings: &mut Findings) {
    let words = match classify_urn(urn) {
        Some(Urn::Channel(_) | Urn::TestChannel(_) | Urn::Injected(_)) => return,
        Some(Urn::Shorthand(_) | Urn::Registry(_) | Urn::Versioned(_)) => {
            Words::new(format!("`{urn}` is an address of the registry; `new` cannot bind it"))
                .hint(format!("bind `{LOOKUP}` and send it the address: lookup!(`{urn}`, *ret)"))
        }
        None => suggest(format!("nothing is bound to `{urn}`: the program fails here"), nearest_urn(urn).as_ref()),
    };
    findings.add(Id::UnknownUrn, span, || words);
}

fn message(
    model: &Model,
    facts: &Facts,
    channel: NameId,
    args: &[ProcId],
    replies: bool,
    span: Span,
    findings: &mut Findings,
) {
    let Some(binder) = model.binder_of_name(channel) else { return };
    let Some(Urn::Channel(known) | Urn::TestChannel(known)) = model.binder(binder).urn.and_then(classify_urn) else {
        return;
    };
    let forms: Vec<&[Argument]> = forms(known).collect();
    let given = args.len() + usize::from(replies);
    let lengths: Vec<usize> = match (&forms[..], known.process) {
        ([], None) => return,
        ([], Some(process)) => vec![process.arity.into()],
        (forms, _) => forms.iter().map(|form| form.len()).collect(),
    };
    let declared = |words: Words| words.label(model.place(binder), format!("bound to `{}` here", known.urn));
    if !lengths.contains(&given) {
        return findings.add(Id::SystemArity, span, || {
            let takes = match lengths.as_slice() {
                [1] => "1 datum".to_owned(),
                lengths => {
                    let lengths: Vec<String> = lengths.iter().map(ToString::to_string).collect();
                    format!("{} data", lengths.join(" or "))
                }
            };
            let words = declared(Words::new(format!(
                "`{}` takes messages of {takes}; this one has {given} and is never received",
                known.urn
            )));
            match forms.first() {
                Some(form) => words.hint(format!("send {}", describe(form))),
                None => words,
            }
        });
    }
    let Some(form) = forms.into_iter().find(|form| form.len() == given) else { return };
    if replies && given > 1 {
        return findings.add(Id::SystemArgument, span, || {
            declared(Words::new(format!("`!?` sends the name of the reply first; `{}` takes it last", known.urn)))
                .hint("declare a name for the reply, send it as the last datum, and receive from it")
        });
    }
    for (wanted, arg) in form.iter().zip(args) {
        argument(model, facts, known, *wanted, *arg, findings);
    }
    if known.urn == LOOKUP {
        looked_up(model, args[0], findings);
    }
}

fn forms(channel: &'static SystemChannel) -> impl Iterator<Item = &'static [Argument]> {
    MESSAGES.iter().filter(move |(urn, _)| *urn == channel.urn).map(|(_, form)| *form)
}

fn describe(form: &[Argument]) -> String {
    let words = form.iter().map(|argument| match argument {
        Any => "anything",
        Reply => "the name for the answer",
        Argument::Kind(Kind::Tuple(_)) => "a pair",
        Argument::Kind(kind) => kind.describe(),
        Operation(_) => "the operation",
    });
    words.collect::<Vec<_>>().join(", ")
}

fn argument(
    model: &Model,
    facts: &Facts,
    channel: &SystemChannel,
    wanted: Argument,
    arg: ProcId,
    findings: &mut Findings,
) {
    let span = model.ast.proc_span(arg);
    let Some(kind) = facts.kind(arg) else { return };
    match wanted {
        Any | Reply => {}
        Argument::Kind(wanted) if wanted == kind => {}
        Argument::Kind(wanted) => findings.add(Id::SystemArgument, span, || {
            let words = Words::new(format!(
                "`{}` takes {} here, and this is {}",
                channel.urn,
                if let Kind::Tuple(_) = wanted { "a pair" } else { wanted.describe() },
                kind.describe()
            ));
            match (wanted, kind) {
                (Kind::Bytes, Kind::String) => {
                    words.hint("`.toUtf8Bytes()` or `.hexToBytes()` makes bytes of a String")
                }
                (Kind::Bytes, _) => words.hint("`.toByteArray()` makes bytes of any value"),
                (Kind::Uri, Kind::String) => words.hint("write it between back ticks"),
                _ => words,
            }
        }),
        Operation(known) => {
            let name = facts.string(arg);
            if name.is_some_and(|name| known.contains(&name)) {
                return;
            }
            findings.add(Id::SystemArgument, span, || {
                let words = Words::new(format!("`{}` does not know this operation, and answers Nil", channel.urn));
                match name.and_then(|name| nearest(name, known.iter().copied())) {
                    Some(near) => words.hint(format!("did you mean \"{near}\"?")),
                    None => words.hint(format!("it knows {}", known.join(", "))),
                }
            });
        }
    }
}

/// An address that is looked up: the registry gives only addresses with a good checksum, and the shorthands.
fn looked_up(model: &Model, address: ProcId, findings: &mut Findings) {
    let (value, _) = model.behind(address);
    let Proc::Uri(uri) = model.ast.proc(value) else { return };
    let span = model.ast.proc_span(value);
    match classify_urn(uri) {
        Some(Urn::Registry(UriVerdict::Valid(_)) | Urn::Shorthand(_) | Urn::Versioned(_)) => {}
        Some(Urn::Channel(_) | Urn::TestChannel(_) | Urn::Injected(_)) => findings.add(Id::UnknownUrn, span, || {
            Words::new(format!("`{uri}` is bound by `new`; the registry does not know it, and answers Nil"))
                .hint(format!("new x(`{uri}`) in …"))
        }),
        Some(Urn::Registry(verdict)) => findings.add(Id::UnknownUrn, span, || {
            suggest(format!("nothing can be registered under `{uri}`: {verdict}"), correct_uri(uri).first())
        }),
        None => findings.add(Id::UnknownUrn, span, || {
            suggest(format!("nothing can be registered under `{uri}`"), nearest_urn(uri).as_ref())
        }),
    }
}

fn suggest(message: String, near: Option<&impl std::fmt::Display>) -> Words {
    let words = Words::new(message);
    match near {
        Some(near) => words.hint(format!("did you mean `{near}`?")),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use rhodium_registry::{SYSTEM_CHANNELS, system_channel};

    use super::*;

    #[test]
    fn messages_have_the_length_that_the_runtime_takes() {
        for (urn, form) in MESSAGES {
            let channel = system_channel(urn).unwrap_or_else(|| panic!("{urn} is no channel"));
            assert_eq!(channel.urn, *urn, "the name of today");
            if let Some(process) = channel.process {
                assert_eq!(usize::from(process.arity), form.len(), "{urn}");
            }
            assert_eq!(form.iter().filter(|argument| **argument == Reply).count(), 1, "{urn}");
        }
        // Every channel that contracts answer is described, as far as its messages are specified.
        let served = SYSTEM_CHANNELS.iter().filter(|channel| channel.process.is_none());
        let unknown: Vec<_> = served.filter(|channel| forms(channel).next().is_none()).map(|c| c.urn).collect();
        assert_eq!(unknown, ["rho:registry:v1:internal", "rho:registry:1.0.0"]);
    }
}
