//! `overblik registry`: what an authority's pipeline and an operator do with sources, and an operator beside the store with
//! the registry itself.
//!
//! 1. `way_in` says which admin API is asked, as whom; `connection` asks it.
//! 2. `thing` is a source or an authority as it was looked at: a change says so, and is refused when it changed meanwhile.
//! 3. `local` reads a folder, `lines` a file of citizens; `versions`, `sources`, `statistics`, `agreements`, `index` and
//!    `authorities` are the verbs; `words` tells the answers.
//! 4. `store` works on the files, without a gateway.
//!
//! It ends with 0 when it was done, 1 when it was refused for what was found, and 2 when it was not asked rightly or nobody
//! could be asked.

mod agreements;
mod authorities;
mod connection;
mod index;
mod lines;
mod local;
mod sources;
mod statistics;
mod store;
mod thing;
mod versions;
mod way_in;
mod words;

use clap::{Args, Subcommand};
use overblik_registry::Slug;
use serde_json::Value;

use super::{Failure, Format, block_on, say, say_json};
use connection::Connection;
use way_in::WayIn;

#[derive(Subcommand)]
pub(super) enum RegistryCommand {
    /// Check a source's folder here, without asking anybody
    Check(local::CheckArguments),
    /// Push a source's folder as its open version, or the next
    Push(Asking<local::PushArguments>),
    /// Run the conformance kit on a version, at the gateway, and keep the report
    Test(Asking<versions::TestArguments>),
    /// Show what a fictitious citizen would see of a version
    Try(Asking<versions::TryArguments>),
    /// Ask for approval of a version
    Submit(Asking<versions::SubmitArguments>),
    /// Approve a version, as a second person of the operator's
    Approve(Asking<versions::VersionArguments>),
    /// Do not approve it
    Refuse(Asking<versions::RefuseArguments>),
    /// Show a version to a share of citizens, or to all
    Release(Asking<versions::ReleaseArguments>),
    /// Show citizens the former version again
    Rollback(Asking<sources::RollBackArguments>),
    /// Ask a source no more, at once
    Suspend(Asking<sources::SuspendArguments>),
    /// Ask it again
    Resume(Asking<sources::SourceArguments>),
    /// Say when a source is closed
    Windows(Asking<sources::WindowsArguments>),
    /// End a version, or a whole source, for good
    Retire(Asking<sources::RetireArguments>),
    /// Tell how a source is, or all of them
    Status(Asking<sources::StatusArguments>),
    /// Tell who did what with a source, and when
    History(Asking<sources::HistoryArguments>),
    /// Tell how often a source was called, and what came of it
    Statistics(Asking<statistics::StatisticsArguments>),
    /// Tell what one version changes of another
    Diff(Asking<versions::DiffArguments>),
    /// Who an authority is, which domains are its own and which programs: propose, approve
    #[command(subcommand)]
    Authority(authorities::AuthorityCommand),
    /// Which display client may show a source, in which municipalities: propose, approve, end
    #[command(subcommand)]
    Agreement(agreements::AgreementCommand),
    /// For which citizens a source holds data, so that it is not asked about others: load, change, drop
    #[command(subcommand)]
    Index(index::IndexCommand),
    /// Print the public half of a key, as an authority's program is registered with it
    Key(way_in::KeyArguments),
    /// Write what holds now into a folder, for git
    Export(store::ExportArguments),
    /// Propose and push what differs in a folder that was exported. It approves nothing
    Import(store::ImportArguments),
    /// Read the whole registry, and tell whether it is what was written
    Verify(store::VerifyArguments),
}

/// What is asked, and the way in.
#[derive(Args)]
pub(super) struct Asking<T: Args> {
    #[command(flatten)]
    what: T,
    #[command(flatten)]
    way_in: WayIn,
}

/// A verb that asks the admin API, and what is told of its answer.
trait Verb: Args {
    /// Asks.
    ///
    /// # Errors
    /// [`Failure`] when it was refused, or not asked.
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure>;
}

/// An answer, for a person and for a program.
struct Told {
    text: String,
    json: Value,
    /// Whether it is what was hoped for.
    good: bool,
}

impl Told {
    fn new(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json, good: true }
    }
}

/// Asks, and tells the answer.
fn asked<T: Verb>(asking: &Asking<T>) -> Result<(), Failure> {
    block_on(async {
        let connection = Connection::open(&asking.way_in).await?;
        let told = asking.what.ask(&connection).await?;
        match asking.way_in.format {
            Format::Json => say_json(&told.json),
            Format::Text => say(&told.text),
        }
        if told.good { Ok(()) } else { Err(Failure::told(REFUSED)) }
    })
}

/// Exit code for what was refused for what was found.
const REFUSED: u8 = 1;

/// Runs the command.
///
/// # Errors
/// [`Failure`] when it was refused, or not asked.
pub(super) fn run(command: &RegistryCommand) -> Result<(), Failure> {
    use RegistryCommand as C;
    match command {
        C::Check(arguments) => local::check(arguments),
        C::Push(asking) => asked(asking),
        C::Test(asking) => asked(asking),
        C::Try(asking) => asked(asking),
        C::Submit(asking) => asked(asking),
        C::Approve(asking) => asked(asking),
        C::Refuse(asking) => asked(asking),
        C::Release(asking) => asked(asking),
        C::Rollback(asking) => asked(asking),
        C::Suspend(asking) => asked(asking),
        C::Resume(asking) => asked(asking),
        C::Windows(asking) => asked(asking),
        C::Retire(asking) => asked(asking),
        C::Status(asking) => asked(asking),
        C::History(asking) => asked(asking),
        C::Statistics(asking) => asked(asking),
        C::Diff(asking) => asked(asking),
        C::Authority(command) => authorities::run(command),
        C::Agreement(command) => agreements::run(command),
        C::Index(command) => index::run(command),
        C::Key(arguments) => way_in::tell_key(arguments),
        C::Export(arguments) => block_on(store::export(arguments)),
        C::Import(arguments) => block_on(store::import(arguments)),
        C::Verify(arguments) => block_on(store::verify(arguments)),
    }
}

fn read_slug(text: &str) -> Result<Slug, String> {
    Slug::parse(text).map_err(|error| error.to_string())
}
