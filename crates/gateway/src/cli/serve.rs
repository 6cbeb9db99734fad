//! `overblik serve`: the gateway itself.

use std::path::PathBuf;

use clap::Args;
use tokio_util::task::TaskTracker;

use super::{Failure, block_on};
use crate::{
    app::App,
    clock::Clock,
    config::{self, Config},
    server, telemetry,
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
    let app = App::build(&config, Clock::system(), None).map_err(|error| Failure::configuration(&error))?;
    block_on(run_gateway(config, app))
}

async fn run_gateway(config: Config, app: App) -> Result<(), Failure> {
    let tasks = TaskTracker::new();
    let stop = server::stop_on_signal(&tasks).map_err(|error| Failure::running(&error))?;
    let listener = server::listen(config.server.listen).map_err(|error| Failure::running(&error))?;
    let operations_listener =
        server::listen_for_operators(&config.operations).map_err(|error| Failure::running(&error))?;
    tracing::info!(address = %config.server.listen, sources = app.connectors().sources().len(), "listening");
    server::serve(app, listener, operations_listener, stop).await;
    Ok(())
}
