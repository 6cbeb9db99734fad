//! The registry itself, beside its store: written into a folder, brought in from one, looked through.

use std::path::PathBuf;

use clap::Args;
use overblik_registry::{Actor, ActorId, ActorKind, Archive, BroughtIn, Digest, Head, Line, Side, archive};

use super::{Failure, REFUSED, say};
use crate::{
    clock::Clock,
    config::{self, RegistryConfig},
    registry_store,
};

#[derive(Args)]
pub(in crate::cli) struct ConfigurationArguments {
    /// Configuration file (YAML) of the gateway
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl ConfigurationArguments {
    fn registry(&self) -> Result<RegistryConfig, Failure> {
        let config = config::load(&self.config).map_err(|mistakes| Failure::configuration(&mistakes))?;
        let missing = || Failure::configuration(&format!("{}: registry is missing", self.config.display()));
        config.registry.ok_or_else(missing)
    }
}

#[derive(Args)]
pub(in crate::cli) struct ExportArguments {
    #[command(flatten)]
    at: ConfigurationArguments,
    /// An empty folder, or one that was exported to before
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes what holds now into a folder. A gateway may go on writing meanwhile.
///
/// # Errors
/// [`Failure`] when the registry cannot be read, or the folder not written.
pub(super) async fn export(arguments: &ExportArguments) -> Result<(), Failure> {
    let registry = arguments.at.registry()?;
    let service = registry_store::look_into(&registry).await.map_err(|error| Failure::running(&error))?;
    let head = archive::export(&service, &arguments.folder).await.map_err(|error| Failure::running(&error))?;
    say(&format!("{}: as of {}", arguments.folder.display(), named(head)));
    Ok(())
}

#[derive(Args)]
pub(in crate::cli) struct ImportArguments {
    #[command(flatten)]
    at: ConfigurationArguments,
    /// A folder that was exported
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Who does this, as the history will say: a short name of letters and digits
    #[arg(long = "as", value_name = "NAME")]
    who: String,
}

/// Proposes and pushes what differs in a folder. Whoever approves it is somebody else.
///
/// # Errors
/// [`Failure`] when something is refused, or the store cannot be written.
pub(super) async fn import(arguments: &ImportArguments) -> Result<(), Failure> {
    let registry = arguments.at.registry()?;
    let wrong = |error: &dyn std::fmt::Display| Failure::unasked(&format!("--as: {error}"));
    let actor = Actor {
        id: ActorId::parse(format!("command:{}", arguments.who)).map_err(|error| wrong(&error))?,
        kind: ActorKind::Command,
        side: Side::Operator,
        name: Line::parse(arguments.who.as_str()).map_err(|error| wrong(&error))?,
    };
    let archive = Archive::read(&arguments.folder).map_err(|error| Failure::running(&error))?;
    let now = Clock::system().now();
    let (service, _) = registry_store::open(&registry, now).await.map_err(|error| Failure::unasked(&error))?;
    if archive.registry().is_some_and(|tree| Some(tree) != service.current().id()) {
        say("the folder is of another registry; what differs is proposed and pushed here as anything new");
    }
    let done = archive.bring_in(&service, &actor, now).await;
    let done = done.map_err(|error| Failure::unasked(&error))?;
    let mut refused = false;
    for one in &done {
        match one {
            BroughtIn::Recorded(record) => say(&format!("record {}: {}", record.number, kind_of(record))),
            BroughtIn::Pushed(pushed) => {
                let (record, mistakes) = (&pushed.record, pushed.mistakes.0.len());
                say(&format!("record {}: {}, {mistakes} mistakes", record.number, kind_of(record)));
                refused |= mistakes > 0;
            }
            BroughtIn::Not { name, why } => {
                say(&format!("not {name}: {why}"));
                refused = true;
            }
        }
    }
    say(match (done.is_empty(), refused) {
        (true, _) => "all of it is on record",
        (false, false) => "what is proposed and pushed waits for a second person",
        (false, true) => "what is proposed waits for a second person; import again when it is approved",
    });
    if refused { Err(Failure::told(REFUSED)) } else { Ok(()) }
}

/// What a record says that was done, and with what.
fn kind_of(record: &overblik_registry::Record) -> String {
    use overblik_registry::Subject;
    let change = serde_json::to_value(&record.change).unwrap_or_default();
    let kind = change.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default().replace('_', " ");
    let (Subject::Authority(name) | Subject::Source(name)) = record.change.subject();
    format!("{kind}, {name}")
}

#[derive(Args)]
pub(in crate::cli) struct VerifyArguments {
    #[command(flatten)]
    at: ConfigurationArguments,
    /// Where the history ended before, as it was kept elsewhere
    #[arg(long, value_name = "NUMBER:HASH", value_parser = read_head)]
    head: Option<Head>,
}

fn read_head(text: &str) -> Result<Head, String> {
    let wrong = || "is like 17:0f3c…, as `verify` and `history` tell it".to_owned();
    let (number, hash) = text.split_once(':').ok_or_else(wrong)?;
    Ok(Head { number: number.parse().map_err(|_| wrong())?, hash: Digest::parse(hash).map_err(|_| wrong())? })
}

/// Looks through the whole registry. A gateway may go on writing meanwhile.
///
/// # Errors
/// [`Failure`] with the first thing that is wrong.
pub(super) async fn verify(arguments: &VerifyArguments) -> Result<(), Failure> {
    let registry = arguments.at.registry()?;
    // One that cannot be read is not what was written either.
    let store = registry_store::reader(&registry).map_err(|error| Failure::running(&error))?;
    let verified = overblik_registry::verify(store.as_ref(), arguments.head).await;
    let verified = verified.map_err(|error| Failure::running(&error))?;
    let registry_id = verified.registry.map_or_else(|| "no id".to_owned(), |id| format!("the id {id}"));
    if registry.id.is_some() && registry.id != verified.registry {
        return Err(Failure::running(&format!(
            "it has {registry_id}, and registry.id of the configuration names another"
        )));
    }
    say(&format!("whole: ends with {}, {} blobs, {registry_id}", named(verified.head), verified.blobs));
    Ok(())
}

fn named(head: Head) -> String {
    format!("{}:{}", head.number, head.hash)
}
