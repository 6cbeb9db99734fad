//! `overblik serve`: the gateway itself.

use std::path::PathBuf;

use clap::Args;
use tokio_util::task::TaskTracker;

use super::{Failure, block_on};
use crate::{
    admin::Admin,
    app::App,
    clock::Clock,
    clock_watch,
    config::{self, Config},
    open_files,
    registry_link::RegistryLink,
    reload::{FollowedConfiguration, Inputs},
    self_test,
    server::{self, Listeners, TlsOfListeners},
    service_manager, telemetry,
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
    self_test::run().map_err(|error| Failure::running(&error))?;
    let file = &arguments.config;
    let (config, written) = config::load_written(file).map_err(|mistakes| Failure::configuration(&mistakes))?;
    // Before contracts, keys and stores are opened, which takes time: what changes meanwhile is found.
    let contracts = config.contracts.as_ref().map(|contracts| contracts.directory.as_path());
    let inputs = Inputs::new(file, &written, contracts);
    let filter = telemetry::start(&config.log).map_err(|error| Failure::configuration(&error))?;
    for told in config.open_files() {
        tracing::warn!(event = "open_file", mistake = told, "others on this machine can read a file of secrets");
    }
    let app = App::build(&config, Clock::system(), None).map_err(|error| Failure::configuration(&error))?;
    let tls = TlsOfListeners::open(&config, &Clock::system()).map_err(|error| Failure::configuration(&error))?;
    block_on(async {
        let followed = FollowedConfiguration::new(inputs, &config, written, filter);
        let followed = followed.map_err(|error| Failure::running(&error))?;
        run_gateway(config, app, tls, followed).await
    })
}

async fn run_gateway(
    config: Config,
    app: App,
    tls: TlsOfListeners,
    followed: FollowedConfiguration,
) -> Result<(), Failure> {
    let tasks = TaskTracker::new();
    let open_files = open_files::raise();
    let stop = server::stop_on_signal(&tasks).map_err(|error| Failure::running(&error))?;
    let running = |error: &dyn std::fmt::Display| Failure::running(&error);
    // Nobody is asked about anybody before it can be written down.
    app.audit.begin().await.map_err(|error| Failure::configuration(&error))?;
    // Before anybody is let in: an overview of fewer sources than there are would be a wrong one.
    let registry = RegistryLink::open(&config, &app).await.map_err(|error| Failure::registry(&error, &config))?;
    let sources = app.connectors().sources().len();
    app.audit.suffices(app.connectors().connectors().map(|connector| connector.gate().most_at_once()).sum());
    open_files::suffice(open_files, &config.limits, sources).map_err(|error| Failure::configuration(&error))?;
    let citizens = server::listen(config.server.listen).map_err(|error| running(&error))?.with_tls(tls.citizens);
    let operations = server::listen_for_operators(&config.operations, tls.operations);
    let operations = operations.map_err(|error| running(&error))?;
    let admin = registry.as_ref().map(|registry| Admin::build(&config, &app, registry)).transpose();
    let admin = match (admin.map_err(|error| Failure::configuration(&error))?.flatten(), &config.admin) {
        (Some(admin), Some(settings)) => {
            let listener = server::listen(settings.listen).map_err(|error| running(&error))?;
            Some((admin, listener.with_tls(tls.admin)))
        }
        _ => None,
    };
    tasks.spawn(stop.clone().run_until_cancelled_owned(clock_watch::watch(app.clock.clone())));
    tracing::info!(address = %config.server.listen, sources, "listening");
    service_manager::tell("READY=1");
    server::serve(app, registry, Listeners { citizens, operations, admin }, Some(followed), stop).await;
    Ok(())
}
