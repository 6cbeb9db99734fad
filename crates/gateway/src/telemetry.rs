//! Log output. What is logged holds no identifier of a citizen: only pseudonyms, slugs, codes and durations.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// Starts writing logs to standard error.
///
/// # Errors
/// When the filter cannot be read, or logs are already being written.
pub fn start(config: &LogConfig) -> Result<(), LogError> {
    let filter = EnvFilter::try_new(&config.filter).map_err(|error| LogError::Filter(error.to_string()))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match config.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init(),
    };
    started.map_err(|error| LogError::AlreadyStarted(error.to_string()))?;
    log_panics();
    Ok(())
}

/// Logs where a panic happened, but not its message, which may quote what was being worked on.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
}

/// Why logs cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter cannot be read.
    #[error("log.filter: {0}\n  hint: write a level such as info, or overblik_gateway=debug")]
    Filter(String),
    /// Something else writes logs in this process.
    #[error("logs are already being written: {0}")]
    AlreadyStarted(String),
}
