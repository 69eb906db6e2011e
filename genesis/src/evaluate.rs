//! Evaluating genesis deploys: what they see, and what is asked of the state behind them (registry-genesis 1.6, 4.6).

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use rhodium_machine::events::{Event, Mismatch};
use rhodium_machine::system::{BlockData, DeployData, SystemContext};
use rhodium_machine::{Deploy, Evaluation, Program, Receipt, Runtime, RuntimeError, Settled, UNLIMITED_PHLO, Value};
use rhodium_random::{Random, deploy_seed};
use rhodium_store::{History, StateRoot};
use rhodium_term::{Head, Term};

use crate::deploy::SignedDeploy;

/// Evaluates a deploy on the state. `source` is its number in the places of errors.
pub(crate) fn run(runtime: &mut Runtime, deploy: &SignedDeploy, block: &BlockData, source: u32) -> Receipt {
    runtime.evaluate(evaluation(deploy, source), &mut context(deploy, block))
}

/// Evaluates the deploys of a block one after the other, as far as that can be told, until somebody has enough. All have
/// the number 1 in the places of errors.
pub(crate) fn run_all<'a>(
    runtime: &mut Runtime,
    deploys: impl Iterator<Item = &'a SignedDeploy>,
    block: &BlockData,
    threads: NonZeroUsize,
    logged: bool,
    settled: &mut Settled<'_>,
) {
    let deploy = |deploy| Deploy { evaluation: evaluation(deploy, 1), context: context(deploy, block) };
    let deploys: Vec<Deploy<'_>> = deploys.map(deploy).collect();
    runtime.evaluate_all(&deploys, threads, logged, settled);
}

/// Evaluates a deploy again as its log says.
pub(crate) fn replay(
    runtime: &mut Runtime,
    deploy: &SignedDeploy,
    block: &BlockData,
    source: u32,
    log: &[Event],
) -> Result<Receipt, Box<Mismatch>> {
    runtime.replay(evaluation(deploy, source), &mut context(deploy, block), log)
}

fn evaluation(deploy: &SignedDeploy, source: u32) -> Evaluation<'_> {
    let data = deploy.data();
    let random = Random::from_seed(&deploy_seed(deploy.deployer().as_bytes(), data.timestamp));
    Evaluation { program: Program::Source(&data.term), source, phlo: data.phlo_limit, random }
}

fn context(deploy: &SignedDeploy, block: &BlockData) -> SystemContext {
    let deployer = deploy.deployer().as_bytes().to_vec();
    let (deploy_id, deployer_id) = (Head::DeployId(deploy.id().into()), Head::DeployerId(deployer.as_slice().into()));
    // The names are part of every `new` that is kept, so both families are there, as on the network.
    let mut injections = BTreeMap::new();
    for family in ["rho:rchain", "rho:system"] {
        for (name, head) in [("deployId", &deploy_id), ("deployerId", &deployer_id)] {
            injections.insert(format!("{family}:{name}"), Value::item(Term::ground(head.clone())));
        }
    }
    let deploy =
        DeployData { timestamp: deploy.data().timestamp, deployer_id: deployer, deploy_id: deploy.id().to_vec() };
    SystemContext { block: block.clone(), deploy, injections, ..SystemContext::default() }
}

/// What the registry of a state has under some URIs. Nothing of the asking is kept.
pub(crate) fn look_up(history: &History, root: StateRoot, uris: &[&str]) -> Result<Vec<Value>, RuntimeError> {
    let mut runtime = Runtime::open(history.clone(), root)?;
    let reply = |k: usize| Term::single(Term::tuple(vec![Term::single(Term::int(k as i64)), answers()]));
    let ask = |(k, uri): (usize, &&str)| {
        let channel = Term::single(Term::var(rhodium_term::Var::Bound(0), 0));
        Term::send(channel, vec![Term::single(Term::uri(*uri)), reply(k)], false)
    };
    let asking = Term::par(uris.iter().enumerate().map(ask).collect());
    let program = Term::single(Term::new_names(1, vec!["rho:registry:lookup".into()], Vec::new(), asking));
    let evaluation = Evaluation {
        program: Program::Term(&program),
        source: 0,
        phlo: UNLIMITED_PHLO,
        random: Random::from_seed(b"lookup of the registry from outside"),
    };
    let receipt = runtime.evaluate(evaluation, &mut SystemContext::default());
    if !receipt.succeeded() {
        return Err(RuntimeError::State("the registry of the new state fails when it is asked".into()));
    }
    let answer = |k: usize| -> Result<Value, RuntimeError> {
        let data = runtime.data(&Value::from_term(&reply(k)))?;
        Ok(data.into_iter().flatten().next().unwrap_or(Value::Nil))
    };
    (0..uris.len()).map(answer).collect()
}

/// Makes the channels of the answers unlike any other.
fn answers() -> Term {
    Term::single(Term::string("answer of the registry"))
}
