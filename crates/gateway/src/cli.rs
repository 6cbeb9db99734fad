//! The `overblik` command.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use overblik_connectors::Pseudonym;
use tokio_util::task::TaskTracker;

use crate::{
    app::App,
    clock::Clock,
    config::{self, Config, SessionStoreKind},
    server,
    session::{Owner, pseudonyms},
    telemetry,
    tokens::CLOCK_SKEW_S,
};

/// Exit code for a configuration or contract that cannot be used (`EX_CONFIG` of sysexits).
const EXIT_CONFIGURATION: u8 = 78;

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
    Serve(ServeArguments),
    /// Work with configuration files
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Work with the sessions that all instances share
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// Print a published JSON Schema: of the overview document, or of contracts
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
}

#[derive(Args)]
struct ServeArguments {
    /// Configuration file (YAML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Check a configuration and the contracts it names, without starting anything
    Check {
        /// Configuration file (YAML)
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Subcommand)]
enum SessionsCommand {
    /// End one citizen's sessions, or everybody's, at every instance within a second
    End(EndArguments),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Whose {
    /// The citizen, by the pseudonym that the log names them by
    #[arg(long, value_name = "PSEUDONYM", value_parser = read_pseudonym)]
    citizen: Option<Pseudonym>,
    /// Everybody
    #[arg(long)]
    all: bool,
}

#[derive(Args)]
struct EndArguments {
    /// Configuration file (YAML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    whose: Whose,
}

fn read_pseudonym(text: &str) -> Result<Pseudonym, String> {
    pseudonyms::parse(text).ok_or_else(|| "is no pseudonym: 32 hexadecimal digits, as the log writes them".to_owned())
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
        Some(Command::Serve(arguments)) => serve(&arguments.config),
        Some(Command::Config(ConfigCommand::Check { file })) => check(&file),
        Some(Command::Sessions(SessionsCommand::End(arguments))) => end_sessions(&arguments),
        Some(Command::Schema { of }) => {
            say(&match of {
                PublishedSchema::Overview => crate::schema::overview(),
                PublishedSchema::Connector => crate::schema::connector(),
            });
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn serve(file: &std::path::Path) -> Result<(), Failure> {
    let config = config::load(file).map_err(|mistakes| Failure::configuration(&mistakes))?;
    telemetry::start(&config.log).map_err(|error| Failure::configuration(&error))?;
    let app = App::build(&config, Clock::system(), None).map_err(|error| Failure::configuration(&error))?;
    block_on(run_gateway(config, app))
}

async fn run_gateway(config: Config, app: App) -> Result<(), Failure> {
    let tasks = TaskTracker::new();
    let stop = server::stop_on_signal(&tasks).map_err(|error| Failure::running(&error))?;
    let listener = server::listen(config.server.listen).await.map_err(|error| Failure::running(&error))?;
    let operations_listener =
        server::listen_for_operators(&config.operations).await.map_err(|error| Failure::running(&error))?;
    tracing::info!(address = %config.server.listen, sources = app.registry.connectors().len(), "listening");
    server::serve(app, listener, operations_listener, stop).await.map_err(|error| Failure::running(&error))
}

fn check(file: &std::path::Path) -> Result<(), Failure> {
    let config = config::load(file).map_err(|mistakes| Failure::configuration(&mistakes))?;
    let app = App::build(&config, Clock::system(), None).map_err(|error| Failure::configuration(&error))?;
    let sources: Vec<_> = app.registry.connectors().iter().map(|one| one.source().slug.clone()).collect();
    say(&format!("{}: good; {} sources: {}", file.display(), sources.len(), sources.join(", ")));
    Ok(())
}

fn end_sessions(arguments: &EndArguments) -> Result<(), Failure> {
    let config = config::load(&arguments.config).map_err(|mistakes| Failure::configuration(&mistakes))?;
    if config.session.store == SessionStoreKind::Memory {
        return Err(Failure::configuration(
            &"session.store: is memory, which nobody but the gateway's own process reaches\n  hint: restart the gateway to \
              end everybody's sessions; a Redis that instances share can be reached from here",
        ));
    }
    telemetry::start(&config.log).map_err(|error| Failure::configuration(&error))?;
    let app = App::build(&config, Clock::system(), None).map_err(|error| Failure::configuration(&error))?;
    block_on(async {
        let ended = match &arguments.whose.citizen {
            Some(citizen) => app.sessions.end_of(&[Owner::Citizen(citizen.clone())], told_at(&app)).await,
            None => app.sessions.end_all().await,
        };
        let ended = ended.map_err(|error| Failure::running(&error))?;
        let sessions = if ended.len() == 1 { "session" } else { "sessions" };
        say(&format!("{} {sessions} ended", ended.len()));
        Ok(())
    })
}

/// When an operator's word counts from, by the provider's clock, which may be ahead of ours: a login of the next minute
/// fails rather than one that was there staying.
fn told_at(app: &App) -> Timestamp {
    let now = app.clock.now();
    now.checked_add(SignedDuration::from_secs(CLOCK_SKEW_S)).unwrap_or(now)
}

/// Why a command ends without success: what to tell, and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// Something in files or environment must be mended first.
    pub(crate) fn configuration(error: &impl std::fmt::Display) -> Self {
        Self { message: error.to_string(), code: EXIT_CONFIGURATION }
    }

    /// Something failed while running.
    pub(crate) fn running(error: &impl std::fmt::Display) -> Self {
        Self { message: error.to_string(), code: 1 }
    }
}

/// Runs a future on a fresh runtime.
pub(crate) fn block_on(future: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Runtime::new().map_err(|error| Failure::running(&error))?.block_on(future)
}

/// Writes a line for the person at the terminal.
#[expect(clippy::print_stdout, reason = "a command's answer belongs on standard output")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "a command's complaint belongs on standard error")]
fn complain(line: &str) {
    eprintln!("{line}");
}
