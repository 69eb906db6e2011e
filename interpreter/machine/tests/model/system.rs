//! The system processes that programs of the tests use, as runtime.md 8 writes them.

use rhodium_term::{Head, Term};

use crate::Result;

/// A system process by the byte of its channel.
#[derive(Clone, Copy)]
pub struct Process(u8);

/// URN, byte of the channel, number of data (none for channels that contracts listen on).
const CHANNELS: [(&str, u8, Option<usize>); 22] = [
    ("rho:io:stdout", 0, Some(1)),
    ("rho:io:stdoutAck", 1, Some(2)),
    ("rho:io:stderr", 2, Some(1)),
    ("rho:io:stderrAck", 3, Some(2)),
    ("rho:crypto:ed25519Verify", 4, Some(4)),
    ("rho:crypto:sha256Hash", 5, Some(2)),
    ("rho:crypto:keccak256Hash", 6, Some(2)),
    ("rho:crypto:blake2b256Hash", 7, Some(2)),
    ("rho:crypto:secp256k1Verify", 8, Some(4)),
    ("rho:block:data", 10, Some(1)),
    ("rho:rev:address", 12, Some(3)),
    ("rho:vault:address", 12, Some(3)),
    ("rho:rchain:deployerId:ops", 13, Some(3)),
    ("rho:system:deployerId:ops", 13, Some(3)),
    ("rho:registry:lookup", 14, None),
    ("rho:registry:insertArbitrary", 15, None),
    ("rho:registry:insertSigned:secp256k1", 16, None),
    ("rho:registry:ops", 17, Some(3)),
    ("sys:authToken:ops", 18, Some(3)),
    ("rho:registry:1.0.0", 24, None),
    ("rho:io:devNull", 26, Some(1)),
    ("rho:execution:abort", 27, Some(1)),
];

/// What a URN is bound to.
pub fn channel_of(urn: &str) -> Option<Term> {
    let (_, byte, _) = CHANNELS.iter().find(|(known, _, _)| *known == urn)?;
    Some(Term::single(Term::bundle(Term::single(Term::private([*byte])), true, false)))
}

/// The process that takes so many data on a channel.
pub fn installed(channel: &Term, count: usize) -> Option<Process> {
    let Head::Private(id) = channel.single_item()?.head() else { return None };
    let (_, byte, _) = CHANNELS.iter().find(|(_, byte, arity)| id[..] == [*byte] && *arity == Some(count))?;
    Some(Process(*byte))
}

/// Runs a process; what it answers, and where.
pub fn call(process: Process, data: &[Term], print: &mut dyn FnMut(&Term)) -> Result<Option<(Term, Vec<Term>)>> {
    let bytes = || match data[0].single_item().map(Term::head) {
        Some(Head::Bytes(bytes)) => Ok(bytes.clone()),
        _ => Err("IllegalArgument"),
    };
    let ack = |value: Term| Ok(Some((data[1].clone(), vec![value])));
    let hashed = |digest: [u8; 32]| ack(Term::single(Term::bytes(digest)));
    match process.0 {
        0 | 2 => print(&data[0]),
        1 | 3 => {
            print(&data[0]);
            return ack(Term::nil());
        }
        5 => return hashed(rhodium_keys::sha256(&bytes()?)),
        6 => return hashed(rhodium_keys::keccak256(&bytes()?)),
        7 => return hashed(rhodium_keys::blake2b256(&bytes()?)),
        // Number, time and sender of no block.
        10 => {
            let values = [Term::int(0), Term::int(0), Term::bytes([])];
            return Ok(Some((data[0].clone(), values.map(Term::single).to_vec())));
        }
        27 => return Err("UserAbortError"),
        26 => {}
        _ => return Err(crate::NOT_MODELLED),
    }
    Ok(None)
}
