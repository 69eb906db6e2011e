//! What the leaves of a state hold.

use rhodium_random::Random;
use rhodium_store::LeafKind;
use rhodium_term::Term;
use rhodium_term::proto::DecodeError;
use rhodium_term::state_codec::{Caches, ContinuationBody};
use rhodium_term::state_codec::{decode_continuation, decode_datum, decode_join, decode_leaf};

/// The processes in a leaf.
pub fn leaf_terms(kind: LeafKind, payload: &[u8]) -> Result<Vec<Term>, DecodeError> {
    let mut terms = Vec::new();
    for item in decode_leaf(payload)? {
        match kind {
            LeafKind::Data => terms.extend(decode_datum(&item, Caches::Stored)?.data.pars.into_owned()),
            LeafKind::Joins => terms.extend(decode_join(&item, Caches::Stored)?),
            LeafKind::Continuations => {
                let waiting = decode_continuation(&item, Caches::Stored)?;
                terms.extend(waiting.patterns.into_iter().flat_map(|bind| bind.patterns.into_owned()));
                terms.extend(waiting.continuation.guard);
                if let ContinuationBody::Process { body, .. } = waiting.continuation.body {
                    terms.push(body);
                }
            }
        }
    }
    Ok(terms)
}

/// Whether a machine can read a leaf; else why not.
pub fn check_leaf(kind: LeafKind, payload: &[u8]) -> Result<(), String> {
    let check_random = |bytes: &[u8]| Random::from_bytes(bytes).map(drop).map_err(|error| error.to_string());
    let text = |error: DecodeError| error.to_string();
    let items = decode_leaf(payload).map_err(text)?;
    if items.is_empty() {
        return Err("it is an empty list".to_owned());
    }
    for item in items {
        match kind {
            LeafKind::Data => check_random(&decode_datum(&item, Caches::Stored).map_err(text)?.data.random)?,
            LeafKind::Joins => drop(decode_join(&item, Caches::Stored).map_err(text)?),
            LeafKind::Continuations => {
                match decode_continuation(&item, Caches::Stored).map_err(text)?.continuation.body {
                    ContinuationBody::Process { random, .. } => check_random(&random)?,
                    ContinuationBody::System(_) => return Err("a system process waits in it".to_owned()),
                }
            }
        }
    }
    Ok(())
}
