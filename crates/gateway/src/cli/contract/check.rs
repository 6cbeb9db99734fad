//! `overblik contract check`: every mistake in contracts, with its place and what to do about it.

use std::path::PathBuf;

use clap::Args;
use overblik_connectors::{
    ContractMistake, Position,
    kit::{self, Contract},
};
use serde_json::{Value, json};

use super::{Format, say, say_json};
use crate::cli::Failure;

#[derive(Args)]
pub(in crate::cli) struct CheckArguments {
    /// A contract, the folder of a source, or a folder of many
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// How to answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when there is a mistake.
pub(super) fn run(arguments: &CheckArguments) -> Result<(), Failure> {
    let checked = kit::check(&arguments.paths);
    if arguments.format == Format::Json {
        let (contracts, mistakes) = match &checked {
            Ok(contracts) => (contracts.iter().map(contract_json).collect(), Vec::new()),
            Err(mistakes) => (Vec::new(), mistakes.as_slice().iter().map(mistake_json).collect()),
        };
        say_json(&json!({ "good": mistakes.is_empty(), "contracts": contracts, "mistakes": mistakes }));
        return if checked.is_ok() { Ok(()) } else { Err(Failure::told(1)) };
    }
    for contract in checked.map_err(|mistakes| Failure::running(&mistakes))? {
        let source = contract.source();
        say(&format!("{}: good; {} {}", contract.file().display(), source.slug, source.version));
        for (path, line) in contract.placeholders() {
            say(&format!(
                "{}:{line}: {path} is still a placeholder, which no gateway accepts",
                contract.file().display()
            ));
        }
    }
    Ok(())
}

fn contract_json(contract: &Contract) -> Value {
    let source = contract.source();
    json!({
        "file": contract.file(),
        "authority": source.authority.code,
        "name": source.slug,
        "version": source.version,
        "sha256": contract.sha256(),
        "placeholders": contract.placeholders().into_iter().map(|(path, _)| path).collect::<Vec<_>>(),
    })
}

fn mistake_json(mistake: &ContractMistake) -> Value {
    let ContractMistake { file, position, path, message, hint } = mistake;
    let (line, column) = position.map(|Position { line, column }| (line, column)).unzip();
    json!({ "file": file, "line": line, "column": column, "path": path, "message": message, "hint": hint })
}
