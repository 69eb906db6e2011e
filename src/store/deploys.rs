//! `rho store deploys`: what ran on the states of a store, and what came of it.

use clap::Args;
use rhodium_store::{DeployProgram, History, ReceiptRecord};
use serde::Serialize;

use crate::diagnostics::Diagnostic;
use crate::exit::Exit;
use crate::options::StoreOption;
use crate::output::{Output, fail};

/// List the deploys that ran on the states of a store, with their receipts
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    store: StoreOption,
}

#[derive(Serialize)]
struct Row {
    hash: String,
    number: u64,
    before: Option<String>,
    after: Option<String>,
    /// Of an evaluation: its source.
    source: Option<String>,
    /// Of a deploy in a block: the block.
    block: Option<String>,
    cost: i64,
    comms: Option<u64>,
    output: Vec<String>,
    /// Codes and messages.
    failures: Vec<(String, String)>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, output: &mut Output) -> Exit {
    match rows(arguments) {
        Ok(rows) => {
            rows.iter().for_each(|row| output.result(&line(row)));
            output.object(&serde_json::json!({ "deploys": rows, "errors": [] }));
            Exit::Ok
        }
        Err(error) => fail(&[error], output),
    }
}

fn rows(arguments: &Arguments) -> Result<Vec<Row>, Diagnostic> {
    let history = arguments.store.open()?;
    history.receipts()?.into_iter().map(|(hash, receipt)| row(&history, &hash, receipt)).collect()
}

fn row(history: &History, hash: &[u8; 32], receipt: ReceiptRecord) -> Result<Row, Diagnostic> {
    let deploy = history.deploy(hash)?;
    let before = deploy.as_ref().map(|deploy| deploy.before.to_string());
    let (source, block) = match deploy.map(|deploy| deploy.program) {
        Some(DeployProgram::Source { source, .. }) => (Some(source), None),
        Some(DeployProgram::Signed { block, .. }) => (None, Some(hex::encode(block))),
        None => (None, None),
    };
    Ok(Row {
        hash: hex::encode(hash),
        number: receipt.number,
        before,
        after: receipt.after.map(|root| root.to_string()),
        source,
        block,
        cost: receipt.cost,
        comms: receipt.comms,
        output: receipt.output,
        failures: receipt.errors,
    })
}

fn line(row: &Row) -> String {
    let outcome = match row.failures.as_slice() {
        [] => "ok".to_owned(),
        [(code, _), ..] => format!("failed {code}"),
    };
    let after = row.after.as_ref().map(|after| format!("  state {after}")).unwrap_or_default();
    format!("{:>4}  {}  cost {}  {outcome}{after}", row.number, row.hash, row.cost)
}
