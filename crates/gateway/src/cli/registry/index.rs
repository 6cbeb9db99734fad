//! For which citizens a source holds data, so that it is not asked about others.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use http::Method;
use jiff::Timestamp;
use overblik_registry::Slug;
use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::{Asking, Connection, Failure, Told, Verb, asked, lines::Lines, read_slug, thing::Thing, words};

#[derive(Subcommand)]
pub(in crate::cli) enum IndexCommand {
    /// Say for which citizens a source holds data, in the place of what was said before
    Load(Asking<LoadArguments>),
    /// Add citizens to that
    Add(Asking<ChangeArguments<true>>),
    /// Take citizens out of it
    Remove(Asking<ChangeArguments<false>>),
    /// Tell whether there is an index, and how it is
    Status(Asking<StatusArguments>),
    /// Ask the source about all citizens again, at once
    Drop(Asking<DropArguments>),
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when it was refused, or not asked.
pub(super) fn run(command: &IndexCommand) -> Result<(), Failure> {
    match command {
        IndexCommand::Load(asking) => asked(asking),
        IndexCommand::Add(asking) => asked(asking),
        IndexCommand::Remove(asking) => asked(asking),
        IndexCommand::Status(asking) => asked(asking),
        IndexCommand::Drop(asking) => asked(asking),
    }
}

/// A source.
#[derive(Args)]
struct Which {
    /// The source
    #[arg(value_name = "SOURCE", value_parser = read_slug)]
    source: Slug,
    /// Only if the source is still as it was at this record, which `status` tells
    #[arg(long, value_name = "RECORD")]
    seen: Option<u64>,
}

impl Which {
    async fn look<'c>(&'c self, connection: &'c Connection) -> Result<Thing<'c>, Failure> {
        Thing::source(connection, &self.source, self.seen).await
    }
}

fn told(view: Value) -> Told {
    Told::new(words::index(&view), view)
}

#[derive(Args)]
pub(in crate::cli) struct LoadArguments {
    #[command(flatten)]
    which: Which,
    /// A file with a CPR number on each line
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// When it expires (`2026-12-01T20:00:00Z`); after as long as the operators have set where it is left out
    #[arg(long, value_name = "TIME")]
    expires: Option<Timestamp>,
}

impl Verb for LoadArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let lines = Lines::of(&self.file)?;
        let mut query = Serializer::new(String::new());
        query.append_pair("entries", &lines.count.to_string());
        if let Some(expires) = self.expires {
            query.append_pair("expires", &expires.to_string());
        }
        let source = self.which.look(connection).await?;
        let path = source.at(format_args!("index?{}", query.finish()));
        Ok(told(source.send_lines(Method::PUT, &path, &lines).await?))
    }
}

/// Citizens that are added, or taken out.
#[derive(Args)]
pub(in crate::cli) struct ChangeArguments<const IS_IN: bool> {
    #[command(flatten)]
    which: Which,
    /// A file with a CPR number on each line, 10000 at most
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl<const IS_IN: bool> Verb for ChangeArguments<IS_IN> {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let lines = Lines::of(&self.file)?;
        let source = self.which.look(connection).await?;
        let path = source.at(if IS_IN { "index/add" } else { "index/remove" });
        Ok(told(source.send_lines(Method::POST, &path, &lines).await?))
    }
}

#[derive(Args)]
pub(in crate::cli) struct StatusArguments {
    /// The source
    #[arg(value_name = "SOURCE", value_parser = read_slug)]
    source: Slug,
}

impl Verb for StatusArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        Ok(told(connection.read(&format!("/admin/v1/sources/{}/index", self.source)).await?.body))
    }
}

#[derive(Args)]
pub(in crate::cli) struct DropArguments {
    #[command(flatten)]
    which: Which,
}

impl Verb for DropArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        Ok(told(self.which.look(connection).await?.post("index/drop", None).await?))
    }
}
