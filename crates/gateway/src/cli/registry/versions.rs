//! Versions of a source: tested, tried, submitted, approved, released, compared.

use clap::Args;
use http::Method;
use overblik_registry::Slug;
use serde_json::{Map, Value, json};

use super::{Connection, Failure, Told, Verb, read_slug, thing::Thing, words};

/// A source, and which version of it.
#[derive(Args)]
pub(in crate::cli) struct VersionArguments {
    /// The source
    #[arg(value_name = "SOURCE", value_parser = read_slug)]
    source: Slug,
    /// The version; the newest where it is left out
    #[arg(long, value_name = "N")]
    version: Option<u32>,
    /// Only if the source is still as it was at this record, which `status` tells
    #[arg(long, value_name = "RECORD")]
    seen: Option<u64>,
}

impl VersionArguments {
    async fn look<'c>(&'c self, connection: &'c Connection) -> Result<(Thing<'c>, u64), Failure> {
        let source = Thing::source(connection, &self.source, self.seen).await?;
        let version = source.version(self.version)?;
        Ok((source, version))
    }

    async fn post(&self, connection: &Connection, verb: &str, body: Option<Value>) -> Result<Told, Failure> {
        let (source, version) = self.look(connection).await?;
        let view = source.post(format_args!("versions/{version}/{verb}"), body.as_ref()).await?;
        Ok(Told::new(words::source(&view), view))
    }
}

/// The members that are there.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let there = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect::<Map<_, _>>())
}

fn texts(text: Option<&String>) -> Option<Value> {
    text.map(|text| text.as_str().into())
}

#[derive(Args)]
pub(in crate::cli) struct TestArguments {
    #[command(flatten)]
    which: VersionArguments,
    /// Ask the contract's test endpoint too, about this fictitious citizen (6101010001)
    #[arg(long, value_name = "NUMBER")]
    citizen: Option<String>,
    /// Another fictitious citizen, to be asked about at the same time
    #[arg(long, value_name = "NUMBER", requires = "citizen")]
    other_citizen: Option<String>,
    /// A fictitious citizen about whom the test endpoint has nothing
    #[arg(long, value_name = "NUMBER", requires = "citizen")]
    citizen_without_data: Option<String>,
    /// The municipality of the citizens, if the contract asks for it
    #[arg(long, value_name = "CODE", requires = "citizen")]
    municipality: Option<String>,
}

impl Verb for TestArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let (source, version) = self.which.look(connection).await?;
        let body = object([
            ("citizen", texts(self.citizen.as_ref())),
            ("other_citizen", texts(self.other_citizen.as_ref())),
            ("citizen_without_data", texts(self.citizen_without_data.as_ref())),
            ("municipality", texts(self.municipality.as_ref())),
        ]);
        let report = source.post(format_args!("versions/{version}/test"), Some(&body)).await?;
        let text = format!("{} version {version}\n{}", self.which.source, words::report(&report));
        Ok(Told { text, good: words::passed(&report), json: report })
    }
}

#[derive(Args)]
pub(in crate::cli) struct TryArguments {
    #[command(flatten)]
    which: VersionArguments,
    /// A recording in the version's `examples`
    #[arg(long, value_name = "CASE", conflicts_with = "citizen", required_unless_present = "citizen")]
    example: Option<String>,
    /// Ask the contract's test endpoint about this fictitious citizen (6101010001)
    #[arg(long, value_name = "NUMBER")]
    citizen: Option<String>,
    /// The municipality of the citizen, if the contract asks for it
    #[arg(long, value_name = "CODE", requires = "citizen")]
    municipality: Option<String>,
}

impl Verb for TryArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let (source, version) = self.which.look(connection).await?;
        let body = object([
            ("example", texts(self.example.as_ref())),
            ("citizen", texts(self.citizen.as_ref())),
            ("municipality", texts(self.municipality.as_ref())),
        ]);
        let path = source.at(format_args!("versions/{version}/try"));
        let answer = connection.send((Method::POST, &path), None, Some(&body)).await?;
        let came = connection.good(answer)?.body;
        Ok(Told::new(format!("{} version {version}\n{came:#}", self.which.source), came))
    }
}

#[derive(Args)]
pub(in crate::cli) struct SubmitArguments {
    #[command(flatten)]
    which: VersionArguments,
    /// The share of citizens that it is meant to begin with, per cent
    #[arg(long, value_name = "PER CENT", value_parser = clap::value_parser!(u8).range(1..=100))]
    share: Option<u8>,
    /// What whoever approves should know, in a line
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl Verb for SubmitArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let body = object([("share", self.share.map(Into::into)), ("note", texts(self.note.as_ref()))]);
        self.which.post(connection, "submit", Some(body)).await
    }
}

/// Approval.
impl Verb for VersionArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        self.post(connection, "approve", None).await
    }
}

#[derive(Args)]
pub(in crate::cli) struct RefuseArguments {
    #[command(flatten)]
    which: VersionArguments,
    /// Why, in a line
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Verb for RefuseArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        self.which.post(connection, "refuse", Some(json!({ "reason": self.reason }))).await
    }
}

#[derive(Args)]
pub(in crate::cli) struct ReleaseArguments {
    #[command(flatten)]
    which: VersionArguments,
    /// The share of citizens that see it, per cent; 100 for all
    #[arg(long, value_name = "PER CENT", value_parser = clap::value_parser!(u8).range(1..=100))]
    share: u8,
}

impl Verb for ReleaseArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        self.which.post(connection, "release", Some(json!({ "share": self.share }))).await
    }
}

#[derive(Args)]
pub(in crate::cli) struct DiffArguments {
    /// The source
    #[arg(value_name = "SOURCE", value_parser = read_slug)]
    source: Slug,
    /// The older version
    #[arg(long, value_name = "N")]
    from: u32,
    /// The newer one
    #[arg(long, value_name = "N")]
    to: u32,
}

impl Verb for DiffArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let Self { source, from, to } = self;
        let difference = connection.read(&format!("/admin/v1/sources/{source}/diff?from={from}&to={to}")).await?.body;
        Ok(Told::new(words::difference(&difference), difference))
    }
}
