//! What is said of messages that a system process cannot use, and the messages that it can.

use super::values::{describe, listed};
use super::{Explanation, plain};
use crate::error::{ErrorKind, RunError};
use crate::value::Value;

/// What the system processes take, by URN.
const ARGUMENTS: &[(&str, &str)] = &[
    ("rho:io:stdout", "value"),
    ("rho:io:stdoutAck", "value, *ack"),
    ("rho:io:stderr", "value"),
    ("rho:io:stderrAck", "value, *ack"),
    ("rho:crypto:ed25519Verify", "data, signature, publicKey, *reply"),
    ("rho:crypto:sha256Hash", "bytes, *reply"),
    ("rho:crypto:keccak256Hash", "bytes, *reply"),
    ("rho:crypto:blake2b256Hash", "bytes, *reply"),
    ("rho:crypto:secp256k1Verify", "hash, signature, publicKey, *reply"),
    ("rho:block:data", "*reply"),
    ("rho:casper:invalidBlocks", "*reply"),
    ("rho:vault:address", "operation, value, *reply"),
    ("rho:system:deployerId:ops", "\"pubKeyBytes\", deployerId, *reply"),
    ("rho:registry:ops", "\"buildUri\", bytes, *reply"),
    ("sys:authToken:ops", "\"check\", token, *reply"),
    ("rho:ai:gpt4", "prompt, *reply"),
    ("rho:ai:dalle3", "prompt, *reply"),
    ("rho:ai:textToAudio", "text, *reply"),
    ("rho:registry:ops:1.0.0", "operation, value, *reply"),
    ("rho:io:grpcTell", "host, port, payload"),
    ("rho:io:devNull", "value"),
    ("rho:execution:abort", "reason"),
    ("rho:ollama:chat", "model, prompt, *reply"),
    ("rho:ollama:generate", "model, prompt, *reply"),
    ("rho:ollama:models", "*reply"),
    ("rho:deploy:data", "*reply"),
    ("rho:chroma:collection:new", "collection, flag, metadata, *reply"),
    ("rho:chroma:collection:meta", "collection, *reply"),
    ("rho:chroma:collection:entries:new", "collection, entries, *reply"),
    ("rho:chroma:collection:entries:query", "collection, queries, *reply"),
    ("rho:chroma:collection:entries:delete", "collection, ids, *reply"),
    ("rho:internal:registry_lookup", "urn, *reply"),
    ("rho:test:assertAck", "test, attempt, assertion, clue, *ack"),
    ("rho:test:testSuiteCompleted", "finished"),
    ("rho:io:stdlog", "level, message"),
    ("rho:test:deployerId:make", "\"deployerId\", publicKey, *reply"),
    ("rho:test:crypto:secp256k1Sign", "hash, secretKey, *reply"),
    ("sys:test:authToken:make", "*reply"),
    ("rho:test:block:data:set", "field, value, *ack"),
    ("rho:test:casper:invalidBlocks:set", "blocks, *ack"),
];

/// The message that a process takes, as the arguments of a send.
pub(super) fn arguments(urn: &str) -> Option<&'static str> {
    ARGUMENTS.iter().find_map(|(known, arguments)| (*known == urn).then_some(*arguments))
}

/// What is wrong with a message to a system process.
pub(super) fn explain(urn: &str, given: &[Value], error: &RunError) -> Explanation {
    match error.kind {
        ErrorKind::UserAbort => {
            let why: Vec<String> = given.iter().map(describe).collect();
            Explanation::new(format!("the program aborted this deploy with {}", listed(&why, "and")), None)
        }
        ErrorKind::NonDeterministicProcessFailure => Explanation::new(
            format!("`{urn}` needs an external service, and none is connected"),
            Some("nothing of the deploy is kept; leave the call out to run the rest"),
        ),
        ErrorKind::IllegalArgument => {
            let told = plain(&error.message);
            let told = told.split_once(": ").map_or(told.as_str(), |(_, what)| what);
            let told = told.split(" instead of ").next().unwrap_or(told);
            // The last argument is where the answer goes; anything may stand there.
            let said = match arguments(urn).is_some_and(|list| list.contains("*")) {
                true => given.split_last().map_or(given, |(_, rest)| rest),
                false => given,
            };
            let values: Vec<String> = said.iter().map(describe).collect();
            let reason = format!("`{urn}` {told}; here it is sent {}", listed(&values, "and"));
            let hint = arguments(urn).map(|list| format!("it takes the message `({list})`"));
            Explanation { reason, hint }
        }
        _ => Explanation::new(plain(&error.message), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{definitions, test_definitions};

    #[test]
    fn every_process_has_its_arguments() {
        for definition in definitions().iter().chain(test_definitions()) {
            let list = arguments(definition.urn).unwrap_or_default();
            assert_eq!(list.split(", ").count(), usize::from(definition.arity), "{}", definition.urn);
        }
        assert_eq!(ARGUMENTS.len(), definitions().len() + test_definitions().len());
    }
}
