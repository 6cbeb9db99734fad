//! `overblik config`: what a configuration says, without starting anything.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{Failure, say};
use crate::{app::App, clock::Clock, config};

#[derive(Subcommand)]
pub(super) enum ConfigCommand {
    /// Check a configuration and the contracts it names, without starting anything
    Check {
        /// Configuration file (YAML)
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] with all mistakes.
pub(super) fn run(command: &ConfigCommand) -> Result<(), Failure> {
    match command {
        ConfigCommand::Check { file } => check(file),
    }
}

fn check(file: &Path) -> Result<(), Failure> {
    let config = config::load(file).map_err(|mistakes| Failure::configuration(&mistakes))?;
    let app = App::build(&config, Clock::system(), None).map_err(|error| Failure::configuration(&error))?;
    let sources: Vec<_> = app.connectors().connectors().map(|one| one.source().slug.clone()).collect();
    say(&format!("{}: good; {} sources: {}", file.display(), sources.len(), sources.join(", ")));
    Ok(())
}
