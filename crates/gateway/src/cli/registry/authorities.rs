//! Authorities: who they are, which domains are theirs, and by which keys their programs are known.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use http::Method;
use overblik_registry::Slug;
use serde_json::{Value, json};

use super::{Asking, Connection, Failure, Told, Verb, asked, read_slug, sources::read_file, thing::Thing, words};

#[derive(Subcommand)]
pub(in crate::cli) enum AuthorityCommand {
    /// Tell who an authority is, and what waits
    Show(Asking<ShowArguments>),
    /// Propose an authority, or other things about it
    Propose(Asking<ProposeArguments>),
    /// Approve what is proposed, as a second person of the operator's
    Approve(Asking<AuthorityArguments>),
    /// Do not approve it
    Reject(Asking<RejectArguments>),
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when it was refused, or not asked.
pub(super) fn run(command: &AuthorityCommand) -> Result<(), Failure> {
    match command {
        AuthorityCommand::Show(asking) => asked(asking),
        AuthorityCommand::Propose(asking) => asked(asking),
        AuthorityCommand::Approve(asking) => asked(asking),
        AuthorityCommand::Reject(asking) => asked(asking),
    }
}

fn told(view: Value) -> Told {
    Told::new(words::authority(&view), view)
}

#[derive(Args)]
pub(in crate::cli) struct ShowArguments {
    /// The authority; all that you may see where it is left out
    #[arg(value_name = "AUTHORITY", value_parser = read_slug)]
    authority: Option<Slug>,
}

impl Verb for ShowArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        if let Some(authority) = &self.authority {
            return Ok(told(connection.read(&format!("/admin/v1/authorities/{authority}")).await?.body));
        }
        let list = connection.read("/admin/v1/authorities").await?.body;
        let items = list.get("items").and_then(Value::as_array).into_iter().flatten();
        let lines: Vec<_> = items.map(words::authority).collect();
        Ok(Told::new(lines.join("\n"), list))
    }
}

#[derive(Args)]
pub(in crate::cli) struct ProposeArguments {
    /// The authority
    #[arg(value_name = "AUTHORITY", value_parser = read_slug)]
    authority: Slug,
    /// A file (YAML or JSON) with its `name`, `cvr`, `domains` and `clients`
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Verb for ProposeArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let body = read_file(&self.file)?;
        let authority = Thing::or_new(connection, "authorities", &self.authority).await?;
        let path = format!("/admin/v1/authorities/{}", self.authority);
        Ok(told(authority.change(Method::PUT, &path, Some(&body)).await?))
    }
}

/// An authority.
#[derive(Args)]
pub(in crate::cli) struct AuthorityArguments {
    /// The authority
    #[arg(value_name = "AUTHORITY", value_parser = read_slug)]
    authority: Slug,
    /// Only if it is still as it was at this record, which `authority show` tells
    #[arg(long, value_name = "RECORD")]
    seen: Option<u64>,
}

/// Approval.
impl Verb for AuthorityArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let authority = Thing::authority(connection, &self.authority, self.seen).await?;
        Ok(told(authority.post("approve", None).await?))
    }
}

#[derive(Args)]
pub(in crate::cli) struct RejectArguments {
    #[command(flatten)]
    which: AuthorityArguments,
    /// Why, in a line
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Verb for RejectArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let authority = Thing::authority(connection, &self.which.authority, self.which.seen).await?;
        Ok(told(authority.post("reject", Some(&json!({ "reason": self.reason }))).await?))
    }
}
