//! `overblik config`: what a configuration says, without starting anything.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{Failure, block_on, say};
use crate::{
    admin::Admin, app::App, clock::Clock, config, registry_link::RegistryLink, server::TlsOfListeners,
    telemetry::LogFilter,
};

#[derive(Subcommand)]
pub(super) enum ConfigCommand {
    /// Check a configuration and the contracts or the registry that it names, without starting anything
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
    LogFilter::check(&config.log.filter).map_err(|error| Failure::configuration(&error))?;
    let app = App::build(&config, Clock::system(), None).map_err(|error| Failure::configuration(&error))?;
    TlsOfListeners::open(&config, &Clock::system()).map_err(|error| Failure::configuration(&error))?;
    block_on(async {
        let registry = RegistryLink::look_into(&config, &app).await;
        if let Some(registry) = registry.map_err(|error| Failure::registry(&error, &config))? {
            Admin::build(&config, &app, &registry).map_err(|error| Failure::configuration(&error))?;
            let mistakes = registry.all_mistakes();
            let mistakes: Vec<_> = mistakes.values().flatten().map(ToString::to_string).collect();
            if !mistakes.is_empty() {
                return Err(Failure::configuration(&mistakes.join("\n")));
            }
        }
        for told in config.open_files() {
            say(&format!("warning: {told}"));
        }
        let sources: Vec<_> = app.connectors().sources().iter().map(|one| one.main.source().slug.clone()).collect();
        say(&format!("{}: good; {} sources: {}", file.display(), sources.len(), sources.join(", ")));
        Ok(())
    })
}
