//! A source's folder: checked here, and pushed.

use std::path::{Path, PathBuf};

use clap::Args;
use http::Method;
use overblik_connectors::{ContractMistake, Position, kit};
use overblik_registry::{Bundle, Slug};
use serde_json::{Map, Value, json};

use super::{Connection, Failure, Format, REFUSED, Told, Verb, say, say_json, thing::Thing, words};

#[derive(Args)]
pub(in crate::cli) struct CheckArguments {
    /// The source's folder, with its `connector.yaml`
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// How to answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Args)]
pub(in crate::cli) struct PushArguments {
    /// The source's folder, which is called as the source is, with its `connector.yaml`
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Checks a folder: whether its files can be pushed, and its contract. What its authority's domains are, the registry knows.
///
/// # Errors
/// [`Failure`] when there is a mistake.
pub(super) fn check(arguments: &CheckArguments) -> Result<(), Failure> {
    let folder = &arguments.folder;
    let (slug, bundle) = read(folder)?;
    let checked = kit::check(std::slice::from_ref(folder));
    match (arguments.format, checked) {
        (Format::Json, Ok(_)) => say_json(&json!({ "source": slug.as_str(), "good": true, "mistakes": [] })),
        (Format::Json, Err(mistakes)) => {
            let mistakes: Vec<_> = mistakes.as_slice().iter().map(as_json).collect();
            say_json(&json!({ "source": slug.as_str(), "good": false, "mistakes": mistakes }));
            return Err(Failure::told(REFUSED));
        }
        (Format::Text, Ok(_)) => say(&format!("{slug}: good; {} files, {}", bundle.files().len(), bundle.digest())),
        (Format::Text, Err(mistakes)) => return Err(Failure::running(&mistakes)),
    }
    Ok(())
}

impl Verb for PushArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let (slug, bundle) = read(&self.folder)?;
        let mut files = Map::new();
        for (path, contents) in bundle.files() {
            let text = std::str::from_utf8(contents)
                .map_err(|_| Failure::running(&format!("{}: is no text (UTF-8)", self.folder.join(path).display())))?;
            files.insert(path.clone(), text.into());
        }
        let source = Thing::or_new(connection, "sources", &slug).await?;
        let body = json!({ "files": files });
        let answer = source.attempt(Method::POST, &source.at("versions"), Some(&body)).await?;
        let mistakes = answer.body.get("mistakes").and_then(Value::as_array).filter(|_| answer.status == 422);
        if let (Some(mistakes), Format::Text) = (mistakes, connection.format) {
            let told: Vec<_> = mistakes.iter().map(|mistake| of_json(&self.folder, mistake).to_string()).collect();
            return Err(Failure::running(&told.join("\n")));
        }
        let view = connection.good(answer)?.body;
        Ok(Told::new(format!("{slug} {}", words::version(&view)), view))
    }
}

/// The files, and the source that they are of.
fn read(folder: &Path) -> Result<(Slug, Bundle), Failure> {
    let cannot = |what: &dyn std::fmt::Display| Failure::unasked(&format!("{}: {what}", folder.display()));
    let whole = folder.canonicalize().map_err(|error| cannot(&format!("cannot be read: {error}")))?;
    let name = whole.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let slug = Slug::parse(name).map_err(|error| cannot(&format!("is not called as a source is: {error}")))?;
    let bundle = Bundle::read(folder);
    let wrong = |error: &dyn std::fmt::Display| Failure::running(&format!("{}: {error}", folder.display()));
    Ok((slug, bundle.map_err(|error| wrong(&error))?))
}

fn as_json(mistake: &ContractMistake) -> Value {
    let ContractMistake { file, position, path, message, hint } = mistake;
    let (line, column) = position.map(|Position { line, column }| (line, column)).unzip();
    json!({ "file": file, "line": line, "column": column, "path": path, "message": message, "hint": hint })
}

/// A mistake that the registry found, with its place on this disk.
fn of_json(folder: &Path, mistake: &Value) -> ContractMistake {
    let text = |name: &str| mistake.get(name).and_then(Value::as_str);
    let count = |name: &str| usize::try_from(mistake.get(name)?.as_u64()?).ok();
    ContractMistake {
        file: folder.join(text("file").unwrap_or_default()),
        position: count("line").zip(count("column")).map(|(line, column)| Position { line, column }),
        path: text("path").unwrap_or_default().to_owned(),
        message: text("message").unwrap_or_default().to_owned(),
        hint: text("hint").map(ToOwned::to_owned),
    }
}
