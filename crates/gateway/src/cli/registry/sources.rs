//! Sources: how they are, and what takes them from citizens or gives them back.

use std::{fs, path::PathBuf};

use clap::Args;
use http::Method;
use jiff::Timestamp;
use overblik_registry::Slug;
use serde_json::{Value, json};

use super::{Connection, Failure, Told, Verb, read_slug, thing::Thing, words};

/// A source.
#[derive(Args)]
pub(in crate::cli) struct SourceArguments {
    /// The source
    #[arg(value_name = "SOURCE", value_parser = read_slug)]
    source: Slug,
    /// Only if the source is still as it was at this record, which `status` tells
    #[arg(long, value_name = "RECORD")]
    seen: Option<u64>,
}

impl SourceArguments {
    async fn look<'c>(&'c self, connection: &'c Connection) -> Result<Thing<'c>, Failure> {
        Thing::source(connection, &self.source, self.seen).await
    }

    async fn post(&self, connection: &Connection, verb: &str, body: Option<Value>) -> Result<Told, Failure> {
        Ok(told(self.look(connection).await?.post(verb, body.as_ref()).await?))
    }
}

fn told(view: Value) -> Told {
    Told::new(words::source(&view), view)
}

/// That it is asked again.
impl Verb for SourceArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        self.post(connection, "resume", None).await
    }
}

#[derive(Args)]
pub(in crate::cli) struct RollBackArguments {
    #[command(flatten)]
    which: SourceArguments,
    /// The version that citizens see now; the newest of those where it is left out
    #[arg(long, value_name = "N")]
    from: Option<u32>,
    /// The one that they see again; the one before where it is left out
    #[arg(long, value_name = "N")]
    to: Option<u32>,
}

impl Verb for RollBackArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let source = self.which.look(connection).await?;
        let view = &source.view;
        let number = |pointer: &str| view.pointer(pointer).and_then(Value::as_u64);
        let (main, beside) = (number("/main"), number("/beside/version"));
        let from = self.from.map(u64::from).or(beside).or(main);
        let from = from.ok_or_else(|| Failure::running(&format!("no version of {} is live", self.which.source)))?;
        let versions = view.get("versions").and_then(Value::as_array).into_iter().flatten();
        let replaced = versions.filter(|one| one.get("state").and_then(Value::as_str) == Some("replaced"));
        let before = replaced.filter_map(|one| one.get("version")?.as_u64()).max();
        let to = self.to.map(u64::from).or(if beside == Some(from) { main } else { before });
        let to = to.ok_or_else(|| {
            Failure::running(&format!("no version of {} was live before; `suspend` asks it no more", self.which.source))
        })?;
        Ok(told(source.post("rollback", Some(&json!({ "from": from, "to": to }))).await?))
    }
}

#[derive(Args)]
pub(in crate::cli) struct SuspendArguments {
    #[command(flatten)]
    which: SourceArguments,
    /// Why, in a line
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Until when (`2026-12-01T20:00:00Z`); until somebody resumes it where it is left out
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
}

impl Verb for SuspendArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let body = json!({ "reason": self.reason, "until": self.until });
        self.which.post(connection, "suspend", Some(body)).await
    }
}

#[derive(Args)]
pub(in crate::cli) struct WindowsArguments {
    #[command(flatten)]
    which: SourceArguments,
    /// A file (YAML or JSON) with `windows`, each with `from`, `to` and `text` in `da` and `en`. They take the place of those before
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Verb for WindowsArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let body = read_file(&self.file)?;
        let source = self.which.look(connection).await?;
        Ok(told(source.change(Method::PUT, &source.at("windows"), Some(&body)).await?))
    }
}

/// Reads a file of YAML or JSON.
///
/// # Errors
/// [`Failure`] when it is none.
pub(super) fn read_file(file: &std::path::Path) -> Result<Value, Failure> {
    let cannot = |error: &dyn std::fmt::Display| Failure::unasked(&format!("{}: {error}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| cannot(&format!("cannot be read: {error}")))?;
    serde_saphyr::from_str(&text).map_err(|error| cannot(&error))
}

/// What of a source ends.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct WhatOfIt {
    /// One version
    #[arg(long, value_name = "N")]
    version: Option<u32>,
    /// The whole source
    #[arg(long)]
    whole: bool,
}

#[derive(Args)]
pub(in crate::cli) struct RetireArguments {
    #[command(flatten)]
    which: SourceArguments,
    #[command(flatten)]
    what: WhatOfIt,
    /// Why, in a line
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Verb for RetireArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let verb =
            self.what.version.map_or_else(|| "retire".to_owned(), |version| format!("versions/{version}/retire"));
        self.which.post(connection, &verb, Some(json!({ "reason": self.reason }))).await
    }
}

#[derive(Args)]
pub(in crate::cli) struct StatusArguments {
    /// The source; all that are yours where it is left out
    #[arg(value_name = "SOURCE", value_parser = read_slug)]
    source: Option<Slug>,
}

impl Verb for StatusArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        if let Some(source) = &self.source {
            return Ok(told(connection.read(&format!("/admin/v1/sources/{source}")).await?.body));
        }
        let list = connection.read("/admin/v1/sources").await?.body;
        let items = list.get("items").and_then(Value::as_array).into_iter().flatten();
        let lines: Vec<_> = items.map(words::source).collect();
        let text = if lines.is_empty() { "no source yet".to_owned() } else { lines.join("\n") };
        Ok(Told::new(text, list))
    }
}

#[derive(Args)]
pub(in crate::cli) struct HistoryArguments {
    /// The source
    #[arg(value_name = "SOURCE", value_parser = read_slug)]
    source: Slug,
}

impl Verb for HistoryArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let history = connection.read(&format!("/admin/v1/sources/{}/history", self.source)).await?.body;
        Ok(Told::new(words::history(&history), history))
    }
}
