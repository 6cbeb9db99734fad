//! `overblik contract test`: the conformance kit, and the report that an authority hands in.

use std::{fs, path::PathBuf};

use clap::Args;
use overblik_connectors::kit::{self, LiveSettings};

use super::{
    Format,
    endpoint::{EndpointArguments, cannot_ask},
    read, say,
};
use crate::cli::Failure;

#[derive(Args)]
pub(in crate::cli) struct TestArguments {
    /// A contract, or the folder of its source
    #[arg(value_name = "PATH")]
    path: PathBuf,
    #[command(flatten)]
    endpoint: EndpointArguments,
    /// Another fictitious citizen, to be asked about at the same time
    #[arg(long, value_name = "NUMBER", requires = "at")]
    other_citizen: Option<String>,
    /// A fictitious citizen about whom the test endpoint has nothing
    #[arg(long, value_name = "NUMBER", requires = "at")]
    citizen_without_data: Option<String>,
    /// How many calls the test endpoint's latency is measured with
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    calls: u16,
    /// Write the report as JSON to this file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// How to answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when a check failed, or could not be made.
pub(super) async fn run(arguments: &TestArguments) -> Result<(), Failure> {
    let contract = read(&arguments.path)?;
    let live = arguments.endpoint.live()?;
    let test_endpoint = live.as_ref().map(|live| live.url.to_string());
    let mut checks = Vec::new();
    // First, so that a number of a real person is refused before anything else happens.
    if let Some(live) = live {
        let settings = LiveSettings {
            connect: live.connect,
            citizen: live.citizen,
            other_citizen: arguments.other_citizen.clone(),
            citizen_without_data: arguments.citizen_without_data.clone(),
            municipality: live.municipality,
            calls: usize::from(arguments.calls),
        };
        checks.extend(kit::test_at(&contract, &settings).await.map_err(|error| cannot_ask(&error))?);
    }
    checks.extend(kit::test(&contract).await);
    let report = kit::report(&contract, test_endpoint, checks);
    let json = serde_json::to_string_pretty(&report).map_err(|error| Failure::running(&error))?;
    if let Some(file) = &arguments.report {
        fs::write(file, format!("{json}\n"))
            .map_err(|error| Failure::running(&format!("{}: cannot be written: {error}", file.display())))?;
    }
    match arguments.format {
        Format::Json => say(&json),
        Format::Text => say(&report.to_string()),
    }
    if report.passed() { Ok(()) } else { Err(Failure::told(1)) }
}
