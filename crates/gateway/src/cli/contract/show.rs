//! `overblik contract show`: a contract in plain words, for the person who approves it.

use std::path::PathBuf;

use clap::Args;
use overblik_connectors::kit;

use super::{read, say};
use crate::cli::Failure;

#[derive(Args)]
pub(in crate::cli) struct ShowArguments {
    /// A contract, or the folder of its source
    #[arg(value_name = "PATH")]
    path: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the contract has mistakes.
pub(super) fn run(arguments: &ShowArguments) -> Result<(), Failure> {
    say(&kit::plain_words(&read(&arguments.path)?));
    Ok(())
}
