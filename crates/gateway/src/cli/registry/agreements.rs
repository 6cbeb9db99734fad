//! Which display client may show a source, and in which municipalities.

use clap::{Args, Subcommand};
use http::Method;
use overblik_registry::Slug;
use serde_json::{Value, json};

use super::{Asking, Connection, Failure, Told, Verb, asked, read_slug, thing::Thing, words};

#[derive(Subcommand)]
pub(in crate::cli) enum AgreementCommand {
    /// Propose one
    Propose(Asking<ProposeArguments>),
    /// Approve what is proposed, as a second person of the operator's
    Approve(Asking<PairArguments>),
    /// Do not approve it
    Reject(Asking<RejectArguments>),
    /// End one, at once
    End(Asking<EndArguments>),
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when it was refused, or not asked.
pub(super) fn run(command: &AgreementCommand) -> Result<(), Failure> {
    match command {
        AgreementCommand::Propose(asking) => asked(asking),
        AgreementCommand::Approve(asking) => asked(asking),
        AgreementCommand::Reject(asking) => asked(asking),
        AgreementCommand::End(asking) => asked(asking),
    }
}

/// A source and a display client.
#[derive(Args)]
pub(in crate::cli) struct PairArguments {
    /// The source
    #[arg(value_name = "SOURCE", value_parser = read_slug)]
    source: Slug,
    /// The display client
    #[arg(value_name = "CLIENT", value_parser = read_slug)]
    display_client: Slug,
    /// Only if the source is still as it was at this record, which `status` tells
    #[arg(long, value_name = "RECORD")]
    seen: Option<u64>,
}

impl PairArguments {
    async fn change(
        &self,
        connection: &Connection,
        method: Method,
        verb: &str,
        body: Option<Value>,
    ) -> Result<Told, Failure> {
        let source = Thing::source(connection, &self.source, self.seen).await?;
        let path = source.at(format_args!("agreements/{}{verb}", self.display_client));
        let view = source.change(method, &path, body.as_ref()).await?;
        Ok(Told::new(words::source(&view), view))
    }
}

/// Approval.
impl Verb for PairArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        self.change(connection, Method::POST, "/approve", None).await
    }
}

#[derive(Args)]
pub(in crate::cli) struct ProposeArguments {
    #[command(flatten)]
    pair: PairArguments,
    /// `all`, or codes of four digits (`0101,0202`)
    #[arg(long, value_name = "CODES", value_delimiter = ',', required = true)]
    municipalities: Vec<String>,
}

impl Verb for ProposeArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let all = self.municipalities == ["all"];
        let value = if all { json!("all") } else { json!({ "these": self.municipalities }) };
        self.pair.change(connection, Method::PUT, "", Some(json!({ "municipalities": value }))).await
    }
}

#[derive(Args)]
pub(in crate::cli) struct RejectArguments {
    #[command(flatten)]
    pair: PairArguments,
    /// Why, in a line
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Verb for RejectArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        self.pair.change(connection, Method::POST, "/reject", Some(json!({ "reason": self.reason }))).await
    }
}

#[derive(Args)]
pub(in crate::cli) struct EndArguments {
    #[command(flatten)]
    pair: PairArguments,
    /// Why, in a line
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Verb for EndArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        self.pair.change(connection, Method::POST, "/end", Some(json!({ "reason": self.reason }))).await
    }
}
