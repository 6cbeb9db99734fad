//! `overblik serve`: the gateway itself.

use std::path::PathBuf;

use clap::Args;
use tokio_util::task::TaskTracker;

use super::{Failure, block_on};
use crate::{
    admin::Admin,
    app::App,
    clock::Clock,
    config::{self, Config},
    registry_link::RegistryLink,
    server::{self, Listeners},
    telemetry,
};

#[derive(Args)]
pub(super) struct ServeArguments {
    /// Configuration file (YAML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Starts the gateway, and returns when it was told to stop.
///
/// # Errors
/// [`Failure`] when it cannot start, or fails while it runs.
pub(super) fn serve(arguments: &ServeArguments) -> Result<(), Failure> {
    let config = config::load(&arguments.config).map_err(|mistakes| Failure::configuration(&mistakes))?;
    telemetry::start(&config.log).map_err(|error| Failure::configuration(&error))?;
    for told in config.open_files() {
        tracing::warn!(event = "open_file", "{told}");
    }
    let app = App::build(&config, Clock::system(), None).map_err(|error| Failure::configuration(&error))?;
    block_on(run_gateway(config, app))
}

async fn run_gateway(config: Config, app: App) -> Result<(), Failure> {
    let tasks = TaskTracker::new();
    let stop = server::stop_on_signal(&tasks).map_err(|error| Failure::running(&error))?;
    let running = |error: &dyn std::fmt::Display| Failure::running(&error);
    // Before anybody is let in: an overview of fewer sources than there are would be a wrong one.
    let registry = RegistryLink::open(&config, &app).await.map_err(|error| Failure::configuration(&error))?;
    let citizens = server::listen(config.server.listen).map_err(|error| running(&error))?;
    let operations = server::listen_for_operators(&config.operations).map_err(|error| running(&error))?;
    let admin = registry.as_ref().map(|registry| Admin::build(&config, &app, registry)).transpose();
    let admin = match (admin.map_err(|error| Failure::configuration(&error))?.flatten(), &config.admin) {
        (Some(admin), Some(settings)) => {
            Some((admin, server::listen(settings.listen).map_err(|error| running(&error))?))
        }
        _ => None,
    };
    tracing::info!(address = %config.server.listen, sources = app.connectors().sources().len(), "listening");
    server::serve(app, registry, Listeners { citizens, operations, admin }, stop).await;
    Ok(())
}
