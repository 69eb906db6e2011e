//! The native processes behind the system channels (runtime.md 8.3, 8.4; registry-genesis.md 2.9, 3.14, 7.2).

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rhodium_keys::{
    Address, SecretKey, address_from_public_key, address_from_unforgeable, blake2b256, keccak256, sha256,
    sign_secp256k1, validate_address, verify_ed25519, verify_secp256k1,
};
use rhodium_registry::{
    INJECTED, SYSTEM_CHANNELS, SystemChannel, TEST_CHANNELS, bitmask_tag, injected, matches_version,
    parse_versioned_urn, registry_uri, select_best_version, system_channel, test_channel,
};
use rhodium_term::print::print;
use rhodium_term::{Head, Term};

use crate::error::{ErrorKind, Fault};
use crate::value::Value;

/// The channel on which the versioned registry contract listens (registry-genesis.md 2.1).
const VERSIONED_REGISTRY: u8 = 19;

/// What the processes may see and touch; supplied per deploy by the host.
#[derive(Clone, Debug)]
pub struct SystemContext {
    /// What has been printed so far.
    pub output: Vec<OutputLine>,
    /// The answer of `rho:block:data`.
    pub block: BlockData,
    /// The answer of `rho:deploy:data`.
    pub deploy: DeployData,
    /// The answer of `rho:casper:invalidBlocks`: block hash to validator.
    pub invalid_blocks: Value,
    /// Values bound for this deploy only, by URN; one name of two families is enough.
    pub injections: BTreeMap<String, Value>,
    /// Present in the contract test runner only; without it no test channel can be bound or called.
    pub test: Option<TestRecorder>,
}

impl Default for SystemContext {
    fn default() -> SystemContext {
        SystemContext {
            output: Vec::new(),
            block: BlockData::default(),
            deploy: DeployData::default(),
            invalid_blocks: Value::from_map(crate::value::Map::default()),
            injections: BTreeMap::new(),
            test: None,
        }
    }
}

/// The block that the deploy is part of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockData {
    /// Number.
    pub number: i64,
    /// Milliseconds.
    pub timestamp: i64,
    /// Public key of the creator.
    pub sender: Vec<u8>,
}

/// The deploy that is running.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeployData {
    /// Milliseconds.
    pub timestamp: i64,
    /// Public key of the deployer.
    pub deployer_id: Vec<u8>,
    /// The deploy's signature.
    pub deploy_id: Vec<u8>,
}

/// Where a line is to be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One printed value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputLine {
    /// Where.
    pub stream: Stream,
    /// The printed form, without a line break at the end.
    pub text: String,
}

/// A reply: one message that is not persistent, with the random state of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The channel.
    pub channel: Value,
    /// The data.
    pub data: Vec<Value>,
}

/// A process with its fixed channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The URN.
    pub urn: &'static str,
    /// The single byte of the channel's private name.
    pub byte: u8,
    /// The number of data a message must have.
    pub arity: u8,
    /// The body number in continuations and for [`call`].
    pub body: i64,
    /// Whether the answer is recorded in the event log and replayed from there.
    pub non_deterministic: bool,
}

/// What the contract test runner collects from the test processes.
#[derive(Clone, Debug, Default)]
pub struct TestRecorder {
    /// All assertions, in the order in which they were made.
    pub assertions: Vec<Assertion>,
    /// Level and printed term of each call of `rho:io:stdlog`.
    pub log: Vec<(String, String)>,
    /// What the suite reported at its end.
    pub finished: Option<bool>,
}

/// One recorded assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// Name of the test.
    pub test: String,
    /// Number of the attempt, from 1.
    pub attempt: i64,
    /// What the test says about it.
    pub clue: String,
    /// What was asserted.
    pub check: Check,
}

/// What an assertion says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// This is true.
    True(bool),
    /// `(expected, "==", actual)`
    Equal(Value, Value),
    /// `(unexpected, "!=", actual)`
    Unequal(Value, Value),
    /// None of the known shapes.
    Malformed(Value),
}

impl Check {
    fn of(assertion: &Value) -> Check {
        if let Value::Bool(holds) = assertion {
            return Check::True(*holds);
        }
        match tuple_parts(assertion).as_deref() {
            Some([expected, Value::Str(op), actual]) if **op == *"==" => Check::Equal(expected.clone(), actual.clone()),
            Some([unexpected, Value::Str(op), actual]) if **op == *"!=" => {
                Check::Unequal(unexpected.clone(), actual.clone())
            }
            _ => Check::Malformed(assertion.clone()),
        }
    }

    /// Whether the assertion holds.
    pub fn passed(&self) -> bool {
        match self {
            Check::True(holds) => *holds,
            Check::Equal(expected, actual) => expected == actual,
            Check::Unequal(unexpected, actual) => unexpected != actual,
            Check::Malformed(_) => false,
        }
    }
}

/// All processes of the ordinary runtime, in the order of their channels.
pub fn definitions() -> &'static [Definition] {
    static TABLE: OnceLock<Vec<Definition>> = OnceLock::new();
    TABLE.get_or_init(|| table(SYSTEM_CHANNELS))
}

/// The further processes of the contract test runner.
pub fn test_definitions() -> &'static [Definition] {
    static TABLE: OnceLock<Vec<Definition>> = OnceLock::new();
    TABLE.get_or_init(|| table(TEST_CHANNELS))
}

fn table(channels: &[SystemChannel]) -> Vec<Definition> {
    let definition = |channel: &SystemChannel| {
        let process = channel.process?;
        Some(Definition {
            urn: channel.urn,
            byte: channel.byte,
            arity: process.arity,
            body: i64::from(process.body),
            non_deterministic: process.non_deterministic,
        })
    };
    channels.iter().filter_map(definition).collect()
}

/// The value that a `new` binds to a URN: a write-only bundle of a fixed channel, or the deploy's injected value.
pub fn bound_value(urn: &str, context: &SystemContext) -> Option<Value> {
    let test = || context.test.as_ref().and_then(|_| test_channel(urn));
    if let Some(channel) = system_channel(urn).or_else(test) {
        let body = Term::single(Term::private([channel.byte]));
        return Some(Value::item(Term::bundle(body, true, false)));
    }
    if let Some(value) = context.injections.get(urn) {
        return Some(value.clone());
    }
    let kind = injected(urn)?;
    if kind == rhodium_registry::Injected::BitmaskTag {
        return Some(Value::name(bitmask_tag()));
    }
    let mut aliases = INJECTED.iter().filter(|(_, other)| *other == kind);
    aliases.find_map(|(alias, _)| context.injections.get(*alias)).cloned()
}

/// The URN of the process with this body number.
pub(crate) fn urn_of(body: i64) -> &'static str {
    let mut all = definitions().iter().chain(test_definitions());
    all.find(|definition| definition.body == body).map_or("", |definition| definition.urn)
}

/// Runs the process with this body number on the data of one message.
pub fn call(body: i64, arguments: &[Value], context: &mut SystemContext) -> Result<Option<Answer>, Fault> {
    let tests = context.test.is_some().then(test_definitions).unwrap_or_default();
    let Some(definition) = definitions().iter().chain(tests).find(|definition| definition.body == body) else {
        return Err(Fault::new(ErrorKind::BugFound, format!("There is no system process with the number {body}.")));
    };
    if definition.non_deterministic || (32..=36).contains(&body) {
        return Err(unavailable(definition.urn));
    }
    let call = Call { urn: definition.urn, arguments };
    if body > 100 { call.test_process(body, context) } else { call.process(body, context) }
}

fn unavailable(urn: &str) -> Fault {
    Fault::new(
        ErrorKind::NonDeterministicProcessFailure,
        format!("{urn} needs an external service, and none is connected to this runtime."),
    )
}

fn answer(channel: &Value, data: impl Into<Value>) -> Option<Answer> {
    Some(Answer { channel: channel.clone(), data: vec![data.into()] })
}

/// One message on its way to a process; the URN is for error messages.
struct Call<'a> {
    urn: &'static str,
    arguments: &'a [Value],
}

impl Call<'_> {
    fn process(&self, body: i64, context: &mut SystemContext) -> Result<Option<Answer>, Fault> {
        Ok(match (body, self.arguments) {
            (0, [value]) => write(context, Stream::Stdout, value),
            (1, [value, ack]) => write(context, Stream::Stdout, value).or_else(|| answer(ack, Value::Nil)),
            (2, [value]) => write(context, Stream::Stderr, value),
            (3, [value, ack]) => write(context, Stream::Stderr, value).or_else(|| answer(ack, Value::Nil)),
            (4, [data, signature, key, ack]) => {
                answer(ack, verify_ed25519(self.bytes(data)?, self.bytes(signature)?, self.bytes(key)?))
            }
            (5, [data, ack]) => answer(ack, Value::bytes(sha256(self.bytes(data)?))),
            (6, [data, ack]) => answer(ack, Value::bytes(keccak256(self.bytes(data)?))),
            (7, [data, ack]) => answer(ack, Value::bytes(blake2b256(self.bytes(data)?))),
            (9, [digest, signature, key, ack]) => {
                answer(ack, verify_secp256k1(self.bytes(digest)?, self.bytes(signature)?, self.bytes(key)?))
            }
            (11, [ack]) => Some(Answer { channel: ack.clone(), data: block_data(&context.block) }),
            (12, [ack]) => answer(ack, context.invalid_blocks.clone()),
            (13, [operation, argument, ack]) => answer(ack, self.address(operation, argument)?),
            (14, [operation, id, ack]) => {
                self.operation(operation, "pubKeyBytes")?;
                answer(ack, deployer_key(id).map_or(Value::Nil, Value::bytes))
            }
            (15, [operation, data, ack]) => {
                self.operation(operation, "buildUri")?;
                answer(ack, build_uri(data))
            }
            (16, [operation, value, ack]) => {
                self.operation(operation, "check")?;
                answer(ack, is_auth_token(value))
            }
            (17, [operation, argument, ack]) => answer(ack, self.registry_operation(operation, argument)?),
            (24, [_]) => None,
            (25, [_]) => {
                return Err(Fault::new(ErrorKind::UserAbort, "The deploy was aborted by rho:execution:abort."));
            }
            (29, [ack]) => Some(Answer { channel: ack.clone(), data: deploy_data(&context.deploy) }),
            (30, [urn, ack]) => Some(self.registry_lookup(urn, ack, context)?),
            _ => return Err(self.wrong_count()),
        })
    }

    fn test_process(&self, body: i64, context: &mut SystemContext) -> Result<Option<Answer>, Fault> {
        // Reached only with a recorder; without one there is nothing to record and nobody to tell.
        let Some(recorder) = &mut context.test else { return Ok(None) };
        Ok(match (body, self.arguments) {
            (101, [test, attempt, assertion, clue, ack]) => {
                let (test, attempt) = (self.string(test)?.to_owned(), self.int(attempt)?);
                let clue = self.string(clue)?.to_owned();
                let check = Check::of(assertion);
                let passed = check.passed();
                recorder.assertions.push(Assertion { test, attempt, clue, check });
                answer(ack, passed)
            }
            (102, [Value::Bool(finished)]) => {
                recorder.finished = Some(*finished);
                None
            }
            (102, [_]) => return Err(self.expected("a boolean")),
            (103, [level, message]) => {
                recorder.log.push((self.string(level)?.to_owned(), print(&message.to_term())));
                None
            }
            (104, [operation, key, ack]) => {
                self.operation(operation, "deployerId")?;
                answer(ack, unforgeable(Head::DeployerId(self.bytes(key)?.into())))
            }
            (105, [digest, secret, ack]) => answer(ack, self.sign(digest, secret)?),
            (106, [ack]) => answer(ack, unforgeable(Head::SysAuthToken)),
            (107, [field, value, ack]) => {
                match self.string(field)? {
                    "sender" => context.block.sender = self.bytes(value)?.to_vec(),
                    "blockNumber" => context.block.number = self.int(value)?,
                    _ => return Err(self.expected("\"sender\" or \"blockNumber\"")),
                }
                answer(ack, Value::Nil)
            }
            (108, [map @ Value::Map(_), ack]) => {
                context.invalid_blocks = map.clone();
                answer(ack, Value::Nil)
            }
            (108, [_, _]) => return Err(self.expected("a map")),
            _ => return Err(self.wrong_count()),
        })
    }

    /// `rho:vault:address` (runtime.md 8.4). Whatever is not of the right type is answered with Nil.
    fn address(&self, operation: &Value, argument: &Value) -> Result<Value, Fault> {
        let text = |address: Option<Address>| address.map_or(Value::Nil, |address| Value::str(address.text));
        Ok(match (self.string(operation)?, argument) {
            ("validate", Value::Str(address)) => {
                validate_address(address).map_or_else(|error| Value::str(error.to_string()), |()| Value::Nil)
            }
            ("fromPublicKey", Value::Bytes(key)) => text(address_from_public_key(key)),
            ("fromDeployerId", id) => text(deployer_key(id).as_deref().and_then(address_from_public_key)),
            ("fromUnforgeable", Value::Name(id, _)) => text(Some(address_from_unforgeable(id))),
            ("validate" | "fromPublicKey" | "fromUnforgeable", _) => Value::Nil,
            _ => {
                let operations = "\"validate\", \"fromPublicKey\", \"fromDeployerId\" or \"fromUnforgeable\"";
                return Err(self.expected(operations));
            }
        })
    }

    /// `rho:registry:ops:1.0.0` (registry-genesis.md 2.9).
    fn registry_operation(&self, operation: &Value, argument: &Value) -> Result<Value, Fault> {
        match self.string(operation)? {
            "buildUri" => Ok(build_uri(argument)),
            "parseVersionedUri" => Ok(parse_versioned(argument)),
            "matchesVersion" => Ok(Value::Bool(match tuple_parts(argument).as_deref() {
                Some([Value::Str(pattern), Value::Str(version)]) => matches_version(pattern, version),
                _ => false,
            })),
            "selectBestVersion" => Ok(select_version(argument)),
            _ => Err(self.expected("\"buildUri\", \"parseVersionedUri\", \"matchesVersion\" or \"selectBestVersion\"")),
        }
    }

    /// `rho:internal:registry_lookup` (registry-genesis.md 2.11): plain URNs first, since versioned ones resemble them.
    fn registry_lookup(&self, urn: &Value, ack: &Value, context: &SystemContext) -> Result<Answer, Fault> {
        let text = match urn {
            Value::Str(text) => text.clone(),
            Value::Term(par) => match par.single_item().map(Term::head) {
                Some(Head::Uri(text)) => text.clone(),
                _ => return Err(self.expected("a string or a URI")),
            },
            _ => return Err(self.expected("a string or a URI")),
        };
        if let Some(value) = bound_value(&text, context) {
            return Ok(Answer { channel: ack.clone(), data: vec![value] });
        }
        if parse_versioned_urn(&text).is_none() {
            return Err(self.expected("a URN that is bound here, or a versioned one"));
        }
        let channel = Value::name([VERSIONED_REGISTRY]);
        Ok(Answer { channel, data: vec![Value::str("lookupVersion"), Value::str(text), Value::Nil, ack.clone()] })
    }

    fn sign(&self, digest: &Value, secret: &Value) -> Result<Value, Fault> {
        let digest = <[u8; 32]>::try_from(self.bytes(digest)?).map_err(|_| self.expected("a hash of 32 bytes"))?;
        let secret = SecretKey::from_bytes(self.bytes(secret)?).map_err(|error| self.illegal(&error.to_string()))?;
        Ok(Value::bytes(sign_secp256k1(&digest, &secret)))
    }

    fn bytes<'v>(&self, value: &'v Value) -> Result<&'v [u8], Fault> {
        match value {
            Value::Bytes(bytes) => Ok(bytes),
            other => Err(self.expected(&format!("a byte array instead of a {}", other.type_name()))),
        }
    }

    fn string<'v>(&self, value: &'v Value) -> Result<&'v str, Fault> {
        match value {
            Value::Str(text) => Ok(text),
            other => Err(self.expected(&format!("a string instead of a {}", other.type_name()))),
        }
    }

    fn int(&self, value: &Value) -> Result<i64, Fault> {
        match value {
            Value::Int(int) => Ok(*int),
            other => Err(self.expected(&format!("an integer instead of a {}", other.type_name()))),
        }
    }

    fn operation(&self, value: &Value, name: &str) -> Result<(), Fault> {
        if self.string(value)? == name { Ok(()) } else { Err(self.expected(&format!("{name:?}"))) }
    }

    fn wrong_count(&self) -> Fault {
        self.illegal(&format!("{} arguments do not fit", self.arguments.len()))
    }

    fn expected(&self, what: &str) -> Fault {
        self.illegal(&format!("expected {what}"))
    }

    fn illegal(&self, what: &str) -> Fault {
        Fault::new(ErrorKind::IllegalArgument, format!("Illegal argument of {}: {what}.", self.urn))
    }
}

fn write(context: &mut SystemContext, stream: Stream, value: &Value) -> Option<Answer> {
    context.output.push(OutputLine { stream, text: print(&value.to_term()) });
    None
}

fn block_data(block: &BlockData) -> Vec<Value> {
    vec![Value::Int(block.number), Value::Int(block.timestamp), Value::bytes(block.sender.as_slice())]
}

fn deploy_data(deploy: &DeployData) -> Vec<Value> {
    let deployer = unforgeable(Head::DeployerId(deploy.deployer_id.as_slice().into()));
    let id = unforgeable(Head::DeployId(deploy.deploy_id.as_slice().into()));
    vec![Value::Int(deploy.timestamp), deployer, id]
}

fn unforgeable(head: Head) -> Value {
    Value::item(Term::ground(head))
}

fn item(value: &Value) -> Option<&Head> {
    match value {
        Value::Term(par) => par.single_item().map(Term::head),
        _ => None,
    }
}

fn deployer_key(value: &Value) -> Option<Arc<[u8]>> {
    match item(value)? {
        Head::DeployerId(key) => Some(key.clone()),
        _ => None,
    }
}

fn is_auth_token(value: &Value) -> bool {
    matches!(item(value), Some(Head::SysAuthToken))
}

fn build_uri(value: &Value) -> Value {
    match value {
        Value::Bytes(bytes) => Value::uri(registry_uri(bytes)),
        _ => Value::Nil,
    }
}

fn parse_versioned(value: &Value) -> Value {
    let Value::Str(text) = value else { return Value::Nil };
    parse_versioned_urn(text)
        .map_or(Value::Nil, |urn| Value::tuple(urn.segments().into_iter().map(Value::str).collect()))
}

fn select_version(argument: &Value) -> Value {
    let parts = tuple_parts(argument);
    let Some([Value::Str(pattern), versions]) = parts.as_deref() else { return Value::Nil };
    let Some(versions) = list_parts(versions) else { return Value::Nil };
    let texts = versions.iter().filter_map(|version| match version {
        Value::Str(text) => Some(&**text),
        _ => None,
    });
    select_best_version(pattern, texts).map_or(Value::Nil, Value::str)
}

/// The elements of a tuple, in whichever form it is kept.
fn tuple_parts(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Tuple(tuple) => Some(tuple.items.clone()),
        Value::Term(par) => term_parts(par, |head| matches!(head, Head::Tuple)),
        _ => None,
    }
}

/// The elements of a list, in whichever form it is kept.
fn list_parts(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::List(list) => Some(list.items.iter().cloned().collect()),
        Value::Term(par) => term_parts(par, |head| matches!(head, Head::List { remainder: None })),
        _ => None,
    }
}

fn term_parts(par: &Term, wanted: fn(&Head) -> bool) -> Option<Vec<Value>> {
    let item = par.single_item().filter(|item| wanted(item.head()))?;
    Some(item.children().iter().map(Value::from_term).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ack() -> Value {
        Value::name([9; 32])
    }

    fn run(body: i64, arguments: &[Value]) -> Result<Option<Answer>, Fault> {
        call(body, arguments, &mut SystemContext::default())
    }

    /// The single datum of the reply.
    fn reply(body: i64, arguments: &[Value]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.push(ack());
        let answer = run(body, &arguments).unwrap().unwrap();
        assert_eq!((answer.channel, answer.data.len()), (ack(), 1));
        answer.data[0].clone()
    }

    fn kind(body: i64, arguments: &[Value]) -> ErrorKind {
        run(body, arguments).unwrap_err().kind
    }

    fn bytes(hex: &str) -> Value {
        let digit = |c: u8| (c as char).to_digit(16).unwrap() as u8;
        Value::bytes(hex.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect::<Vec<_>>())
    }

    fn text(text: &str) -> Value {
        Value::str(text)
    }

    fn deployer(key: &[u8]) -> Value {
        unforgeable(Head::DeployerId(key.into()))
    }

    #[test]
    fn every_definition_has_a_process_and_checks_its_arguments() {
        assert_eq!(definitions().len(), 32);
        assert_eq!(test_definitions().len(), 8);
        for definition in definitions().iter().chain(test_definitions()) {
            let mut context = SystemContext { test: Some(TestRecorder::default()), ..SystemContext::default() };
            let mut call_with = |count: usize| call(definition.body, &vec![Value::Nil; count], &mut context);
            let arity = usize::from(definition.arity);
            for count in [0, arity - 1, arity + 1] {
                assert!(count == arity || call_with(count).is_err(), "{definition:?} takes {count} arguments");
            }
            if let Err(fault) = call_with(arity) {
                assert_ne!(fault.kind, ErrorKind::BugFound, "{definition:?}");
                assert!(!fault.message.contains("do not fit"), "{definition:?}: {}", fault.message);
            }
        }
        assert_eq!(kind(99, &[]), ErrorKind::BugFound);
        assert_eq!(kind(-1, &[]), ErrorKind::BugFound);
    }

    #[test]
    fn printing() {
        let mut context = SystemContext::default();
        assert_eq!(call(0, &[text("hi")], &mut context), Ok(None));
        assert_eq!(call(2, &[Value::Int(3)], &mut context), Ok(None));
        let answered = call(3, &[Value::Nil, ack()], &mut context).unwrap().unwrap();
        assert_eq!(answered, Answer { channel: ack(), data: vec![Value::Nil] });
        let lines: Vec<_> = context.output.iter().map(|line| (line.stream, line.text.as_str())).collect();
        assert_eq!(lines, [(Stream::Stdout, "\"hi\""), (Stream::Stderr, "3"), (Stream::Stderr, "Nil")]);
    }

    #[test]
    fn hashes() {
        let abc = Value::bytes(*b"abc");
        assert_eq!(
            reply(5, std::slice::from_ref(&abc)),
            bytes("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        );
        assert_eq!(reply(7, &[abc]), bytes("bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"));
        assert_eq!(reply(6, &[bytes("")]), bytes("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"));
        assert_eq!(kind(5, &[text("abc"), ack()]), ErrorKind::IllegalArgument);
        let fault = run(5, &[text("abc"), ack()]).unwrap_err();
        assert_eq!(
            fault.message,
            "Illegal argument of rho:crypto:sha256Hash: expected a byte array instead of a string."
        );
    }

    #[test]
    fn signatures() {
        let secret = SecretKey::from_bytes(&[5; 32]).unwrap();
        let digest = [1; 32];
        let signature = Value::bytes(sign_secp256k1(&digest, &secret));
        let key = Value::bytes(*secret.public_key().as_bytes());
        let digest = Value::bytes(digest);
        assert_eq!(reply(9, &[digest.clone(), signature.clone(), key.clone()]), Value::Bool(true));
        assert_eq!(reply(9, &[bytes("00"), signature.clone(), key.clone()]), Value::Bool(false));
        assert_eq!(reply(9, &[digest.clone(), bytes(""), key.clone()]), Value::Bool(false));
        assert_eq!(kind(9, &[digest.clone(), text(""), key.clone(), ack()]), ErrorKind::IllegalArgument);
        assert_eq!(reply(4, &[digest, signature, key]), Value::Bool(false));
        // The first test of RFC 8032.
        let key = bytes("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let signature = bytes(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        );
        assert_eq!(reply(4, &[bytes(""), signature, key]), Value::Bool(true));
    }

    #[test]
    fn addresses() {
        let key = "00322ba649cebf90d8bd0eeb0658ea7957bcc59ecee0676c86f4fec517c062510031122ba649cebf90d8bd0eeb0658ea7957bcc59ecee0676c86f4fec517c06251";
        let address = text("1111eEt66obfqvEcKeD3ajeupzsfj6PdSQccNNaRmCoy6Dhv1wM9E");
        let Value::Bytes(raw) = bytes(key) else { unreachable!() };
        assert_eq!(reply(13, &[text("fromPublicKey"), bytes(key)]), address);
        assert_eq!(reply(13, &[text("fromDeployerId"), deployer(&raw)]), address);
        assert_eq!(reply(13, &[text("validate"), address]), Value::Nil);
        assert_eq!(reply(13, &[text("validate"), text("not base58 0OIl")]), text("Invalid Base58 encoding"));
        assert_eq!(reply(13, &[text("validate"), Value::Int(1)]), Value::Nil);
        let name = Value::name([0; 32]);
        let expected = text("1111Rhun7B8zMbtWwLETtKAS5WLHRaZFLHjY6KikfeBogCf4hVPPD");
        assert_eq!(reply(13, &[text("fromUnforgeable"), name.clone()]), expected);
        for (operation, wrong) in [
            ("fromPublicKey", bytes("00")),
            ("fromPublicKey", name.clone()),
            ("fromDeployerId", name),
            ("fromDeployerId", deployer(&[4; 33])),
            ("fromUnforgeable", deployer(&raw)),
        ] {
            assert_eq!(reply(13, &[text(operation), wrong]), Value::Nil, "{operation}");
        }
        assert_eq!(kind(13, &[text("other"), Value::Nil, ack()]), ErrorKind::IllegalArgument);
    }

    #[test]
    fn identities() {
        assert_eq!(reply(14, &[text("pubKeyBytes"), deployer(&[4; 65])]), Value::bytes([4; 65]));
        assert_eq!(reply(14, &[text("pubKeyBytes"), text("not an id")]), Value::Nil);
        assert_eq!(kind(14, &[text("other"), deployer(&[4]), ack()]), ErrorKind::IllegalArgument);
        assert_eq!(reply(16, &[text("check"), Value::Int(1)]), Value::Bool(false));
        assert_eq!(reply(16, &[text("check"), unforgeable(Head::SysAuthToken)]), Value::Bool(true));
    }

    #[test]
    fn block_and_deploy() {
        let block = BlockData { number: 7, timestamp: -1, sender: vec![1, 2] };
        let deploy = DeployData { timestamp: 5, deployer_id: vec![4; 65], deploy_id: vec![0x30] };
        let mut context = SystemContext { block, deploy, ..SystemContext::default() };
        let answered = call(11, &[ack()], &mut context).unwrap().unwrap();
        assert_eq!(answered.data, [Value::Int(7), Value::Int(-1), bytes("0102")]);
        let answered = call(29, &[ack()], &mut context).unwrap().unwrap();
        assert_eq!(answered.data[0], Value::Int(5));
        assert_eq!(answered.data[1], deployer(&[4; 65]));
        assert_eq!(answered.data[2], unforgeable(Head::DeployId(Arc::from([0x30]))));
        assert_eq!(reply(12, &[]), Value::from_map(crate::value::Map::default()));
    }

    #[test]
    fn registry_operations() {
        let uri = Value::uri("rho:id:zzqanxddeehzrcmt7h967gnzuqkjcut5s8fuhou1cmrcy4girccadx");
        for body in [15, 17] {
            assert_eq!(reply(body, &[text("buildUri"), Value::bytes(*b"abc")]), uri);
            assert_eq!(reply(body, &[text("buildUri"), text("abc")]), Value::Nil);
            assert_eq!(kind(body, &[text("other"), Value::Nil, ack()]), ErrorKind::IllegalArgument);
        }
        let parsed = reply(17, &[text("parseVersionedUri"), text("rho:serve:1.0.0:04ab:p:1.*")]);
        assert_eq!(parsed, Value::tuple(["serve", "1.0.0", "04ab", "p", "1.*"].map(text).to_vec()));
        assert_eq!(reply(17, &[text("parseVersionedUri"), text("rho:x")]), Value::Nil);
        let pair = |a: &str, b: Value| Value::tuple(vec![text(a), b]);
        assert_eq!(reply(17, &[text("matchesVersion"), pair("1.*", text("1.2.3"))]), Value::Bool(true));
        assert_eq!(reply(17, &[text("matchesVersion"), pair("1.*", Value::Int(1))]), Value::Bool(false));
        let versions = Value::list([text("1.0.0"), Value::Int(3), text("oops"), text("1.2.0"), text("2.0.0")]);
        assert_eq!(reply(17, &[text("selectBestVersion"), pair("1.*", versions.clone())]), text("1.2.0"));
        assert_eq!(reply(17, &[text("selectBestVersion"), pair("3.*", versions)]), Value::Nil);
        assert_eq!(reply(17, &[text("selectBestVersion"), Value::Nil]), Value::Nil);
    }

    #[test]
    fn bound_values_and_internal_lookup() {
        let mut context = SystemContext::default();
        context.injections.insert("rho:rchain:deployId".into(), Value::Int(5));
        assert_eq!(bound_value("rho:system:deployId", &context), Some(Value::Int(5)));
        assert_eq!(bound_value("rho:system:deployerId", &context), None);
        assert_eq!(bound_value("rho:rev:address", &context), bound_value("rho:vault:address", &context));
        assert_eq!(bound_value("rho:system:bitmaskMergeableTag", &context), Some(Value::name(bitmask_tag())));
        assert_eq!(bound_value("sys:test:authToken:make", &context), None);
        let stdout = bound_value("rho:io:stdout", &context).unwrap();
        let body = Term::single(Term::private([0]));
        assert_eq!(stdout, Value::item(Term::bundle(body, true, false)));

        let mut look = |urn| call(30, &[urn, ack()], &mut context);
        assert_eq!(look(text("rho:io:stdout")).unwrap().unwrap().data, std::slice::from_ref(&stdout));
        assert_eq!(look(Value::uri("rho:io:stdout")).unwrap().unwrap().data, [stdout]);
        let forwarded = look(text("rho:serve:1:04ab:p:*")).unwrap().unwrap();
        assert_eq!(forwarded.channel, Value::name([19]));
        assert_eq!(forwarded.data, [text("lookupVersion"), text("rho:serve:1:04ab:p:*"), Value::Nil, ack()]);
        assert_eq!(look(text("rho:nothing")).unwrap_err().kind, ErrorKind::IllegalArgument);
        assert_eq!(look(Value::Int(1)).unwrap_err().kind, ErrorKind::IllegalArgument);
        context.test = Some(TestRecorder::default());
        assert!(bound_value("sys:test:authToken:make", &context).is_some());
    }

    #[test]
    fn abort_and_absent_services() {
        assert_eq!(kind(25, &[text("stop")]), ErrorKind::UserAbort);
        assert_eq!(run(24, &[Value::Int(1)]), Ok(None));
        for (body, count) in [(18, 2), (19, 2), (20, 2), (23, 3), (26, 3), (27, 3), (28, 1), (32, 4), (35, 3)] {
            assert_eq!(kind(body, &vec![ack(); count]), ErrorKind::NonDeterministicProcessFailure, "{body}");
        }
    }

    #[test]
    fn test_processes() {
        assert_eq!(kind(106, &[ack()]), ErrorKind::BugFound, "outside the test runner");
        let mut context = SystemContext { test: Some(TestRecorder::default()), ..SystemContext::default() };
        let mut data = |body, arguments: &[Value]| {
            let answered = call(body, &[arguments, &[ack()]].concat(), &mut context)?;
            Ok::<Value, Fault>(answered.unwrap().data[0].clone())
        };
        let mut check = |assertion| data(101, &[text("t"), Value::Int(1), assertion, text("clue")]).unwrap();
        let triple = |op: &str| Value::tuple(vec![Value::Int(1), text(op), Value::Int(1)]);
        assert_eq!(check(Value::Bool(true)), Value::Bool(true));
        assert_eq!(check(triple("==")), Value::Bool(true));
        assert_eq!(check(triple("!=")), Value::Bool(false));
        assert_eq!(check(triple("<")), Value::Bool(false));
        // A tuple too deep for the fast form.
        let deep = (0..500).fold(Value::Nil, |inner, _| Value::list([inner]));
        assert_eq!(check(Value::tuple(vec![deep.clone(), text("=="), deep])), Value::Bool(true));

        assert_eq!(data(104, &[text("deployerId"), bytes("04")]), Ok(deployer(&[4])));
        assert_eq!(data(106, &[]), Ok(unforgeable(Head::SysAuthToken)));
        let secret = SecretKey::from_bytes(&[5; 32]).unwrap();
        let signed = Value::bytes(sign_secp256k1(&[1; 32], &secret));
        assert_eq!(data(105, &[Value::bytes([1; 32]), Value::bytes([5; 32])]), Ok(signed));
        let fault = data(105, &[Value::bytes([1; 32]), Value::bytes([0; 32])]).unwrap_err();
        assert_eq!(fault.kind, ErrorKind::IllegalArgument);
        assert_eq!(data(107, &[text("sender"), bytes("0a")]), Ok(Value::Nil));
        assert_eq!(data(107, &[text("blockNumber"), Value::Int(3)]), Ok(Value::Nil));
        assert!(data(107, &[text("other"), Value::Int(3)]).is_err());
        assert!(data(108, &[Value::Nil]).is_err());
        let mut map = crate::value::Map::default();
        map.insert(bytes("01"), bytes("02"));
        let map = Value::from_map(map);
        assert_eq!(data(108, std::slice::from_ref(&map)), Ok(Value::Nil));
        assert_eq!(call(102, &[Value::Bool(true)], &mut context), Ok(None));
        assert_eq!(call(103, &[text("loud"), text("m")], &mut context), Ok(None));

        assert_eq!(context.invalid_blocks, map);
        assert_eq!(context.block, BlockData { number: 3, timestamp: 0, sender: vec![10] });
        let recorder = context.test.unwrap();
        assert_eq!((recorder.finished, recorder.assertions.len()), (Some(true), 5));
        assert_eq!(recorder.log, [("loud".to_owned(), "\"m\"".to_owned())]);
        assert!(matches!(&recorder.assertions[3].check, Check::Malformed(_)));
    }
}
