//! The linker: fills in macros, compiles, checks registrations and imports, and puts a contract set into the order in
//! which it can be deployed (registry-genesis 2.7, 3.2, 8.3c).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rhodium_grammar::ast::Span;
use rhodium_normalizer::{Options, compile};
use rhodium_registry::{
    Claim, Form, LONG_MAX, SHORTHANDS, UriVerdict, check_uri, correct_uri, exported_name, forecast_names,
    known_contract, nearest_urn, registry_uri, shorthand,
};
use rhodium_term::Term;

use crate::bonds::Bond;
use crate::contracts::{ContractFile, ContractSet};
use crate::error::{ContractError, ContractProblem, GenesisError};
use crate::imports::{Import, Registration, Uses, order, top_level_names, uses};
use crate::parameters::Parameters;
use crate::template::{self, MacroValue, TemplateError};

/// The contract that answers lookups. It is deployed first.
pub const REGISTRY: &str = "Registry";

/// What linking depends on besides the contracts.
#[derive(Debug, Clone, Copy)]
pub struct LinkOptions<'a> {
    /// The form of registrations: `f1r3fly` or `mainnet`; others have no signature to compute.
    pub form: Form,
    /// Values of macros.
    pub parameters: &'a Parameters,
    /// Values of macros.
    pub bonds: &'a [Bond],
}

/// A contract that is ready to be deployed.
#[derive(Debug, Clone)]
pub struct LinkedContract {
    /// Where it came from.
    pub file: ContractFile,
    /// The text of the deploy.
    pub text: Arc<str>,
    /// Its normal form.
    pub term: Term,
    /// The URI under which it registers itself.
    pub uri: Option<String>,
    /// The names that its `new` at top level will make, in order.
    pub names: Vec<[u8; 32]>,
    /// What it looks up, in the order of the text.
    pub imports: Vec<Import>,
}

impl LinkedContract {
    /// An error about the contract, with a place in its text.
    #[must_use]
    pub fn error(&self, problem: ContractProblem, span: Option<Span>) -> ContractError {
        located(&self.file, &self.text, problem, span)
    }

    /// The name it registers: the first one that its `new` at top level makes.
    #[must_use]
    pub fn exported(&self) -> Option<[u8; 32]> {
        self.uri.as_ref().and_then(|_| self.names.first().copied())
    }
}

fn located(file: &ContractFile, text: &Arc<str>, problem: ContractProblem, span: Option<Span>) -> ContractError {
    ContractError { text: Some(text.clone()), span, ..file.error(problem) }
}

/// A place given by line and column, from 1; nothing if the text as a whole is meant.
fn place(text: &str, line: usize, column: usize) -> Option<Span> {
    let before: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let inside: usize = text.get(before..)?.chars().take(column.checked_sub(1)?).map(char::len_utf8).sum();
    let start = u32::try_from(before + inside).ok()?;
    Some(Span { start, end: start + 2 })
}

/// Links a set; the result is in the order of deployment. All errors of all contracts are reported.
pub fn link(set: &ContractSet, options: &LinkOptions<'_>) -> Result<Vec<LinkedContract>, GenesisError> {
    let mut linked = Vec::new();
    let mut errors = Vec::new();
    for (k, file) in set.files().iter().enumerate() {
        match link_one(set, file, k, options)? {
            Ok(contract) => linked.push(contract),
            Err(found) => errors.extend(found),
        }
    }
    // Without all contracts it is not known who registers what.
    if !errors.is_empty() {
        return Err(GenesisError::Contracts(errors));
    }
    let order = deployment_order(&linked).map_err(GenesisError::Contracts)?;
    let mut linked: Vec<Option<LinkedContract>> = linked.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|k| linked.get_mut(k).and_then(Option::take)).collect())
}

type Linking = Result<LinkedContract, Vec<ContractError>>;

fn link_one(
    set: &ContractSet,
    file: &ContractFile,
    number: usize,
    options: &LinkOptions<'_>,
) -> Result<Linking, GenesisError> {
    let values = match values(set, file, options)? {
        Ok(values) => values,
        Err(error) => return Ok(Err(vec![error])),
    };
    let text: Arc<str> = match template::link(&file.source, &values) {
        Ok(text) => text.into(),
        Err(errors) => {
            let source: Arc<str> = file.source.as_str().into();
            let error = |error: TemplateError| {
                let span = place(&source, error.line, error.column);
                located(file, &source, ContractProblem::Template(error), span)
            };
            return Ok(Err(errors.into_iter().map(error).collect()));
        }
    };
    let source = u32::try_from(number + 1).unwrap_or(u32::MAX);
    let term = match compile(&text, &Options { source, injections: &[] }) {
        Ok(term) => term,
        Err(error) => return Ok(Err(vec![located(file, &text, ContractProblem::Compile(error), None)])),
    };
    let found = uses(&term);
    let errors = check(file, &term, &found, options.form);
    if !errors.is_empty() {
        return Ok(Err(errors.into_iter().map(|(problem, span)| located(file, &text, problem, span)).collect()));
    }
    let names = forecast(file, top_level_names(&term).unwrap_or(0));
    let uri = (!found.registrations.is_empty()).then(|| uri_of(file));
    Ok(Ok(LinkedContract { file: file.clone(), text, term, uri, names, imports: found.imports }))
}

fn uri_of(file: &ContractFile) -> String {
    registry_uri(file.secret.public_key().as_bytes())
}

fn forecast(file: &ContractFile, count: usize) -> Vec<[u8; 32]> {
    forecast_names(file.secret.public_key().as_bytes(), file.timestamp, count)
}

/// The values of the macros that the text has, and of those it must have.
fn values(
    set: &ContractSet,
    file: &ContractFile,
    options: &LinkOptions<'_>,
) -> Result<Result<BTreeMap<String, MacroValue>, ContractError>, GenesisError> {
    let parameters = options.parameters;
    let must = match file.name.as_str() {
        "PoS" => parameters.pos_macros(options.bonds).map_err(GenesisError::Parameters)?,
        "TokenMetadata" => parameters.token_macros(),
        _ => BTreeMap::new(),
    };
    let mut may = parameters.token_macros();
    may.extend(parameters.registry_macros().map_err(GenesisError::Parameters)?);
    let mut values = must;
    for name in template::macro_names(&file.source) {
        let value = match name.split_once(':') {
            Some(("registry", field)) => registration_value(file, field, options.form),
            Some(("import", contract)) => match import_uri(set, contract) {
                Some(uri) => Some(MacroValue::Uri(uri)),
                None => return Ok(Err(file.error(ContractProblem::UnknownImport(contract.to_owned())))),
            },
            _ => may.remove(&name),
        };
        // A macro without a value is reported by the template, with its place.
        if let Some(value) = value {
            values.entry(name).or_insert(value);
        }
    }
    Ok(Ok(values))
}

fn registration_value(file: &ContractFile, field: &str, form: Form) -> Option<MacroValue> {
    match field {
        "pk" => Some(MacroValue::Key(file.secret.public_key().as_bytes().to_vec())),
        "nonce" => Some(MacroValue::Int(LONG_MAX)),
        "sig" => signature(file, form).map(MacroValue::Key),
        _ => None,
    }
}

/// The shorthand of a contract of the set, or its URI if it has none.
fn import_uri(set: &ContractSet, name: &str) -> Option<String> {
    let short = |row: &&rhodium_registry::Shorthand| row.contract == name;
    // The list has the network's own family of names last.
    let short = SHORTHANDS.iter().rev().find(short);
    let file = set.files().iter().find(|file| file.name == name);
    match (file, short) {
        (Some(file), Some(short)) if short.uri() == Some(&uri_of(file)) => Some(short.urn.to_owned()),
        (Some(file), _) if file.registers != Some(false) => Some(uri_of(file)),
        (None, Some(short)) if short.uri().is_none() => Some(short.urn.to_owned()),
        _ => None,
    }
}

/// What a registration of a contract states in a form that has a signature.
fn with_claim<T>(file: &ContractFile, form: Form, use_claim: impl FnOnce(&Claim<'_>) -> T) -> Option<T> {
    let public = file.secret.public_key();
    match form {
        Form::F1r3fly => {
            let claim = Claim::F1r3fly { timestamp: file.timestamp, deployer: public.as_bytes(), version: LONG_MAX };
            Some(use_claim(&claim))
        }
        Form::Mainnet => {
            let data = exported_name(forecast(file, 1).first()?);
            Some(use_claim(&Claim::Mainnet { nonce: LONG_MAX, data: &data }))
        }
        Form::P2018 | Form::Final => None,
    }
}

/// The signature that freezes a contract's entry.
#[must_use]
pub fn signature(file: &ContractFile, form: Form) -> Option<Vec<u8>> {
    with_claim(file, form, |claim| claim.sign(&file.secret)).flatten()
}

type Problem = (ContractProblem, Option<Span>);

/// Whether the contract registers itself as it should.
fn check(file: &ContractFile, term: &Term, uses: &Uses, form: Form) -> Vec<Problem> {
    let mut problems = Vec::new();
    let Some(first) = uses.registrations.first() else {
        if file.registers == Some(true) {
            problems.push((ContractProblem::NoRegistration, None));
        }
        return problems;
    };
    if file.registers == Some(false) {
        problems.push((ContractProblem::UnwantedRegistration, first.span));
    }
    let second = uses.registrations.iter().skip(1);
    problems.extend(second.map(|other| (ContractProblem::SecondRegistration, other.span)));
    match top_level_names(term) {
        None => problems.push((ContractProblem::NotOneNew, None)),
        Some(0) => problems.push((ContractProblem::NoExport, None)),
        Some(_) => problems.extend(check_registration(file, first, form)),
    }
    problems
}

fn check_registration(file: &ContractFile, registration: &Registration, form: Form) -> Vec<Problem> {
    let mut problems = Vec::new();
    let right = file.secret.public_key();
    if let Some(key) = &registration.key {
        let problem = match &key.value {
            None => Some(ContractProblem::NotLiteral("public key")),
            Some(found) if found.as_slice() != right.as_bytes() => {
                Some(ContractProblem::WrongKey { found: hex::encode(found), right: right.to_hex() })
            }
            Some(_) => None,
        };
        problems.extend(problem.map(|problem| (problem, key.span)));
    }
    let nonce = match registration.nonce.value {
        None => Some(ContractProblem::NotLiteral("nonce")),
        Some(nonce) => (nonce != LONG_MAX).then_some(ContractProblem::WrongNonce(nonce)),
    };
    problems.extend(nonce.map(|problem| (problem, registration.nonce.span)));
    if registration.export.value != Some(0) {
        problems.push((ContractProblem::WrongExport, registration.export.span));
    }
    if let Some(signature) = &registration.signature {
        problems.extend(check_signature(file, signature.value.as_deref(), form).map(|p| (p, signature.span)));
    }
    problems
}

fn check_signature(file: &ContractFile, found: Option<&[u8]>, form: Form) -> Option<ContractProblem> {
    let Some(found) = found else { return Some(ContractProblem::NotLiteral("signature")) };
    let public = file.secret.public_key();
    let valid = |form| with_claim(file, form, |claim| claim.check(public.as_bytes(), found)).unwrap_or(false);
    if valid(form) {
        return None;
    }
    let other = [Form::F1r3fly, Form::Mainnet].into_iter().find(|form| valid(*form));
    let right = signature(file, form).map(hex::encode).unwrap_or_default();
    Some(ContractProblem::WrongSignature { form: other, right })
}

/// The order of deployment; what is looked up must be registered before.
fn deployment_order(linked: &[LinkedContract]) -> Result<Vec<usize>, Vec<ContractError>> {
    let registry = linked.iter().position(|contract| contract.file.name == REGISTRY);
    let providers = providers(linked, registry);
    let mut errors = Vec::new();
    let mut dependencies = vec![BTreeSet::new(); linked.len()];
    for (k, contract) in linked.iter().enumerate() {
        let uses_registry = contract.uri.is_some() || !contract.imports.is_empty();
        match registry {
            // Everything follows the registry, which takes its channels from the first who calls them.
            Some(registry) if registry != k => drop(dependencies[k].insert(registry)),
            None if uses_registry => errors.push(contract.error(ContractProblem::NoRegistry, None)),
            _ => {}
        }
        for import in &contract.imports {
            match providers.get(&*import.uri) {
                Some(provider) => drop(dependencies[k].insert(*provider)),
                None => errors.push(contract.error(unregistered(&import.uri, &providers, linked), import.span)),
            }
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    order(&dependencies).map_err(|circle| vec![circle_error(linked, &circle, &providers)])
}

/// Who registers what, by URI and by shorthand.
fn providers(linked: &[LinkedContract], registry: Option<usize>) -> BTreeMap<String, usize> {
    let mut providers = BTreeMap::new();
    for (k, contract) in linked.iter().enumerate() {
        if let Some(uri) = &contract.uri {
            let short = SHORTHANDS.iter().filter(|row| row.uri() == Some(uri));
            providers.extend(short.map(|row| (row.urn.to_owned(), k)));
            providers.insert(uri.clone(), k);
        }
    }
    if let Some(registry) = registry {
        let own = SHORTHANDS.iter().filter(|row| row.uri().is_none());
        providers.extend(own.map(|row| (row.urn.to_owned(), registry)));
    }
    providers
}

fn unregistered(uri: &Arc<str>, providers: &BTreeMap<String, usize>, linked: &[LinkedContract]) -> ContractProblem {
    let system = shorthand(uri).map(|row| row.contract).or(known_contract(uri).map(|key| key.name.as_str()));
    let meant = correct_uri(uri).into_iter().find(|uri| providers.contains_key(uri));
    let near = meant.or_else(|| nearest_urn(uri).map(str::to_owned).filter(|near| near != &**uri));
    let hint = match (system, near) {
        (Some(contract), _) => format!("add the contract `{contract}`, which registers it, to the set"),
        (None, Some(near)) => match providers.get(&near).and_then(|k| linked.get(*k)) {
            Some(contract) => format!("did you mean `{near}`, which `{}` registers?", contract.file.name),
            None => format!("did you mean `{near}`?"),
        },
        (None, None) => match check_uri(uri) {
            UriVerdict::Valid(_) => "add the contract that registers it to the set".to_owned(),
            verdict if uri.starts_with(rhodium_registry::URI_PREFIX) => format!("the URI is not good: {verdict}"),
            _ => format!("the set registers {}", providers.keys().cloned().collect::<Vec<_>>().join(", ")),
        },
    };
    ContractProblem::Unregistered { uri: uri.to_string(), hint }
}

fn circle_error(linked: &[LinkedContract], circle: &[usize], providers: &BTreeMap<String, usize>) -> ContractError {
    let needs = |from: &LinkedContract, to: usize| {
        from.imports.iter().find(|import| providers.get(&*import.uri) == Some(&to)).and_then(|import| import.span)
    };
    let name = |k: &usize| linked.get(*k).map_or("", |contract| contract.file.name.as_str());
    let mut names: Vec<&str> = circle.iter().map(name).collect();
    names.extend(names.first().copied());
    let text = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" imports ");
    // `order` never answers with an empty circle; its first member imports the second one, or itself.
    let first = circle.first().copied().unwrap_or(0);
    let next = circle.get(1).copied().unwrap_or(first);
    linked[first].error(ContractProblem::Cycle(text), needs(&linked[first], next))
}
