//! The `overblik` command.

mod audit;
mod config;
mod contract;
mod health;
mod registry;
mod serve;
mod sessions;

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand, ValueEnum};

use crate::{build_error::BuildError, config::Config, one_line::in_lines, registry_store};

/// Exit code for a configuration or contract that cannot be used (`EX_CONFIG` of sysexits).
const EXIT_CONFIGURATION: u8 = 78;

/// Exit code for what was not asked rightly, or of whom there was none to ask; clap's own for a command line.
const EXIT_UNASKED: u8 = 2;

/// How a command answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person
    #[default]
    Text,
    /// For a program
    Json,
}

#[derive(Parser)]
#[command(name = "overblik", version, about = "One personal overview of a citizen's dealings with the public sector")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Start the gateway amid simulated parties, with fictitious citizens (the default)
    #[cfg(feature = "demo")]
    Demo(crate::demo::DemoArguments),
    /// Start the gateway
    Serve(serve::ServeArguments),
    /// Ask a running gateway whether it is ready
    Health(health::HealthArguments),
    /// Look through the trail of what was asked about whom
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Work with configuration files
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Write, check, try and test the contract of a source
    #[command(subcommand)]
    Contract(Box<contract::ContractCommand>),
    /// Bring a source to citizens: push, test, submit, approve, release, roll back, suspend; keep the registry itself
    #[command(subcommand)]
    Registry(Box<registry::RegistryCommand>),
    /// Work with the sessions that all instances share
    #[command(subcommand)]
    Sessions(sessions::SessionsCommand),
    /// Print a published description: the JSON Schema of the overview document, of contracts or of the configuration, or the OpenAPI of the citizens' API or the admin API
    Schema {
        /// Which one
        #[arg(value_enum, default_value = "overview")]
        of: PublishedSchema,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum PublishedSchema {
    Overview,
    Connector,
    Api,
    Admin,
    Config,
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        #[cfg(feature = "demo")]
        None => crate::demo::run(crate::demo::DemoArguments::default()),
        #[cfg(not(feature = "demo"))]
        None => {
            let mut command = <Cli as clap::CommandFactory>::command();
            command.print_help().map_err(|error| Failure::running(&error))
        }
        #[cfg(feature = "demo")]
        Some(Command::Demo(arguments)) => crate::demo::run(arguments),
        Some(Command::Serve(arguments)) => serve::serve(&arguments),
        Some(Command::Health(arguments)) => health::run(&arguments),
        Some(Command::Audit(command)) => audit::run(&command),
        Some(Command::Config(command)) => config::run(&command),
        Some(Command::Contract(command)) => contract::run(&command),
        Some(Command::Registry(command)) => registry::run(&command),
        Some(Command::Sessions(command)) => sessions::run(&command),
        Some(Command::Schema { of }) => {
            say(&match of {
                PublishedSchema::Overview => crate::schema::overview(),
                PublishedSchema::Connector => crate::schema::connector(),
                PublishedSchema::Api => crate::openapi::description(),
                PublishedSchema::Admin => crate::admin::description(),
                PublishedSchema::Config => crate::schema::config(),
            });
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(message) = &failure.message {
                complain(message);
            }
            ExitCode::from(failure.code)
        }
    }
}

/// Why a command ends without success: what to tell, and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    /// `None` when the answer on standard output has told everything.
    message: Option<String>,
    code: u8,
}

impl Failure {
    /// Something in files or environment must be mended first.
    pub(crate) fn configuration(error: &impl std::fmt::Display) -> Self {
        Self { message: Some(error.to_string()), code: EXIT_CONFIGURATION }
    }

    /// The registry cannot be opened. Where its Redis is away nothing must be mended: whoever restarts us may go on.
    pub(crate) fn registry(error: &BuildError, config: &Config) -> Self {
        match (error, &config.registry) {
            (BuildError::Registry(cause), Some(registry)) if registry_store::may_come_back(registry, cause) => {
                Self::running(error)
            }
            _ => Self::configuration(error),
        }
    }

    /// Something failed while running.
    pub(crate) fn running(error: &impl std::fmt::Display) -> Self {
        Self { message: Some(error.to_string()), code: 1 }
    }

    /// It was not asked rightly, or there was nobody to ask.
    pub(crate) fn unasked(error: &impl std::fmt::Display) -> Self {
        Self { message: Some(error.to_string()), code: EXIT_UNASKED }
    }

    /// The answer itself is that something is not good.
    pub(crate) fn told(code: u8) -> Self {
        Self { message: None, code }
    }
}

/// How long work on threads of its own, such as an authority's test, may hold up the end of the process.
const LAST_WORK: Duration = Duration::from_secs(2);

/// Runs a future on a fresh runtime.
pub(crate) fn block_on(future: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().on_thread_park(overblik_allocator::tidy).build();
    let runtime = runtime.map_err(|error| Failure::running(&error))?;
    let result = runtime.block_on(future);
    runtime.shutdown_timeout(LAST_WORK);
    result
}

/// Writes lines for the person at the terminal. Whoever has read enough (`| head`) may stop reading.
pub(crate) fn say(lines: &str) {
    drop(writeln!(io::stdout(), "{}", in_lines(lines)));
}

fn say_json(value: &serde_json::Value) {
    say(&format!("{value:#}"));
}

#[expect(clippy::print_stderr, reason = "a command's complaint belongs on standard error")]
fn complain(lines: &str) {
    eprintln!("{}", in_lines(lines));
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn r72_work_that_does_not_end_does_not_hold_up_the_end_of_the_process() {
        let ((_held, never), (ended, end)) = (mpsc::channel::<()>(), mpsc::channel());
        std::thread::spawn(move || {
            let result = block_on(async {
                tokio::task::spawn_blocking(move || never.recv());
                Ok(())
            });
            ended.send(result.is_ok())
        });
        assert_eq!(end.recv_timeout(LAST_WORK * 10), Ok(true));
    }
}
