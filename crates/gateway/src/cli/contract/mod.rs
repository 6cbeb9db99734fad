//! `overblik contract`: what an authority's developer runs, from the first draft to the report that is handed in.

mod check;
mod diff;
mod endpoint;
mod new;
mod show;
mod test;
mod trying;

use clap::Subcommand;
use overblik_connectors::kit::Contract;

use super::{Failure, Format, block_on, say, say_json};

#[derive(Subcommand)]
pub(super) enum ContractCommand {
    /// Write a first contract, from a few questions or from an OpenAPI file
    New(new::NewArguments),
    /// Check contracts, and tell every mistake in them
    Check(check::CheckArguments),
    /// Try a contract on a recorded answer or on a test endpoint, and print what a citizen sees
    Try(trying::TryArguments),
    /// Test a contract against its recordings and every fault that a source can have; write a report
    Test(test::TestArguments),
    /// Tell what a new version of a contract breaks
    Diff(diff::DiffArguments),
    /// Tell in plain words what a contract says
    Show(show::ShowArguments),
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when there is something wrong, which has then been told.
pub(super) fn run(command: &ContractCommand) -> Result<(), Failure> {
    match command {
        ContractCommand::New(arguments) => new::run(arguments),
        ContractCommand::Check(arguments) => check::run(arguments),
        ContractCommand::Try(arguments) => block_on(trying::run(arguments)),
        ContractCommand::Test(arguments) => block_on(test::run(arguments)),
        ContractCommand::Diff(arguments) => diff::run(arguments),
        ContractCommand::Show(arguments) => show::run(arguments),
    }
}

fn read(path: &std::path::Path) -> Result<Contract, Failure> {
    Contract::read(path).map_err(|mistakes| Failure::running(&mistakes))
}
