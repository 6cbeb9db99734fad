//! `overblik sessions`: an operator's word about the sessions that all instances share.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use overblik_connectors::Pseudonym;

use super::{Failure, block_on, say};
use crate::{
    app::App,
    clock::Clock,
    config::{self, SessionStoreKind},
    session::{Owner, pseudonyms},
    telemetry,
    tokens::CLOCK_SKEW_S,
};

#[derive(Subcommand)]
pub(super) enum SessionsCommand {
    /// End one citizen's sessions, one person's at the console, or everybody's, at every instance within a second
    End(EndArguments),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Whose {
    /// The citizen, by the pseudonym that the log names them by
    #[arg(long, value_name = "PSEUDONYM", value_parser = read_pseudonym)]
    citizen: Option<Pseudonym>,
    /// Somebody who works at the console, by the `sub` that their provider names them by
    #[arg(long, value_name = "SUBJECT")]
    person: Option<String>,
    /// Everybody
    #[arg(long)]
    all: bool,
}

#[derive(Args)]
pub(super) struct EndArguments {
    /// Configuration file (YAML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    whose: Whose,
}

fn read_pseudonym(text: &str) -> Result<Pseudonym, String> {
    pseudonyms::parse(text).ok_or_else(|| "is no pseudonym: 32 hexadecimal digits, as the log writes them".to_owned())
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the configuration has mistakes, or the store cannot be asked.
pub(super) fn run(command: &SessionsCommand) -> Result<(), Failure> {
    match command {
        SessionsCommand::End(arguments) => end_sessions(arguments),
    }
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
    let console = config.admin.as_ref().and_then(|admin| admin.login.as_ref());
    let (sessions, at, Whose { citizen, person, .. }) = (&app.sessions, told_at(&app), &arguments.whose);
    block_on(async {
        let ended = match (citizen, person, console) {
            (Some(citizen), ..) => {
                sessions.end_of(&[Owner::Citizen(citizen.clone())], at).await.map(|ended| ended.len())
            }
            (None, Some(person), Some(login)) => sessions.end_console_of(login.issuer.as_str(), person, at).await,
            (None, Some(_), None) => {
                return Err(Failure::configuration(&"admin.login: is missing: nobody works at a console here"));
            }
            (None, None, _) => sessions.end_all().await.map(|ended| ended.len()),
        };
        let ended = ended.map_err(|error| Failure::running(&error))?;
        let sessions = if ended == 1 { "session" } else { "sessions" };
        say(&format!("{ended} {sessions} ended"));
        Ok(())
    })
}

/// When an operator's word counts from, by the provider's clock, which may be ahead of ours: a login of the next minute
/// fails rather than one that was there staying.
fn told_at(app: &App) -> Timestamp {
    let now = app.clock.now();
    now.checked_add(SignedDuration::from_secs(CLOCK_SKEW_S)).unwrap_or(now)
}
