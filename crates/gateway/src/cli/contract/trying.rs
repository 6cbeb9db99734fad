//! `overblik contract try`: what a citizen sees of one answer.

use std::path::PathBuf;

use clap::Args;
use overblik_connectors::{
    ItemKey,
    kit::{self, Came, Case, Contract},
};
use serde_json::Value;

use super::{
    Format,
    endpoint::{EndpointArguments, cannot_ask},
    read, say, say_json,
};
use crate::{
    cli::Failure,
    tried::{json_of, without_number},
};

#[derive(Args)]
pub(in crate::cli) struct TryArguments {
    /// A contract, or the folder of its source
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Replay this recorded case of the contract's `examples`
    #[arg(long, value_name = "CASE", conflicts_with = "at")]
    example: Option<String>,
    /// Ask for more about the item that the source knows by this key
    #[arg(long, value_name = "KEY")]
    item: Option<String>,
    /// Write what came as what must come: the case's `widgets.json`
    #[arg(long, conflicts_with_all = ["at", "item"])]
    accept: bool,
    #[command(flatten)]
    endpoint: EndpointArguments,
    /// How to answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when it cannot be tried, or there is no usable answer.
pub(super) async fn run(arguments: &TryArguments) -> Result<(), Failure> {
    let contract = read(&arguments.path)?;
    let item = arguments.item.as_deref().map(|item| ItemKey::parse(item).ok_or_else(wrong_item)).transpose()?;
    if item.is_some() && !contract.source().offers_detail {
        return Err(Failure::running(
            &"--item: the contract has no \"detail\", so nothing more is asked about an item",
        ));
    }
    let (came, citizen, notes) = match arguments.endpoint.live()? {
        Some(live) => {
            let came = kit::ask_at(&contract, &live.connect, &live.citizen, live.municipality, item).await;
            (came.map_err(|error| cannot_ask(&error))?, live.citizen, Vec::new())
        }
        None => replay(&contract, arguments, item).await?,
    };
    match arguments.format {
        Format::Json => say_json(&json_of(&contract, &came, &notes, &citizen)),
        Format::Text => say(&without_number(&text_of(&contract, &came, &notes), &citizen)),
    }
    if came.state.was_answered() { Ok(()) } else { Err(Failure::told(1)) }
}

fn wrong_item() -> Failure {
    Failure::running(&"--item: what a source knows an item by is a text of 1 to 200 characters")
}

async fn replay(
    contract: &Contract,
    arguments: &TryArguments,
    item: Option<ItemKey>,
) -> Result<(Came, String, Vec<String>), Failure> {
    let examples = contract.examples();
    let names = Case::names(&examples);
    let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let Some(name) = &arguments.example else {
        let ways = format!(
            "say what to try: a recording with --example CASE (there are: {known}), or a test endpoint with --at URL \
             --citizen NUMBER"
        );
        return Err(Failure::running(&ways));
    };
    if !names.contains(name) {
        return Err(Failure::running(&format!("{}: no case \"{name}\"; there are: {known}", examples.display())));
    }
    // What is wrong with another case is no matter here.
    let case = Case::read(&examples.join(name)).map_err(|wrong| Failure::running(&wrong))?;
    let case = match item {
        None => case,
        Some(item) => case.about(item),
    };
    let (result, mut notes) = kit::replay(contract, &case).await.map_err(|error| Failure::running(&error))?;
    if arguments.accept && !notes.is_empty() {
        let file = case.folder.display();
        return Err(Failure::running(&format!("{file}: nothing is written, for {}", notes.join("; "))));
    }
    if arguments.accept {
        let file = case.accept(&result.golden()).map_err(|error| Failure::running(&error))?;
        notes.push(format!("written: {}", file.display()));
    } else if case.golden.as_ref().is_some_and(|golden| *golden != result.golden()) {
        notes.push("this is not what widgets.json says must come".to_owned());
    }
    Ok((result, case.citizen().to_owned(), notes))
}

fn text_of(contract: &Contract, came: &Came, notes: &[String]) -> String {
    let golden = came.golden();
    let text = |key: &str| golden.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let source = contract.source();
    let mut lines = vec![format!(
        "{}: {} after {} ms of {} ms",
        source.slug,
        text("state"),
        came.took.as_millis(),
        source.timeout.as_millis()
    )];
    if let Some(error) = came.error {
        lines.push(format!("  why: {error}"));
    }
    if came.as_of.is_some() {
        lines.push(format!("  as of {}", text("as_of")));
    }
    for problem in &came.problems {
        lines.push(format!("  problem: {} ({})", problem.title, problem.status));
    }
    if came.left_out > 0 {
        let why = "they lack what their kind requires, or are beyond the mapping's limit";
        lines.push(format!("  left out: {} ({why})", came.left_out));
    }
    lines.extend(came.reasons.iter().map(|reason| format!("  where: {reason}")));
    let widgets = golden.get("widgets").and_then(Value::as_array).into_iter().flatten();
    for (widget, key) in widgets.zip(came.keys.iter().map(Option::as_ref).chain(std::iter::repeat(None))) {
        lines.push(String::new());
        lines.extend(widget_lines(widget));
        lines.extend(key.map(|key| format!("  more with --item '{}'", key.as_str())));
    }
    if !notes.is_empty() {
        lines.push(String::new());
        lines.extend(notes.iter().map(|note| format!("note: {note}")));
    }
    lines.join("\n")
}

/// One field per line, those without a value left out.
fn widget_lines(widget: &Value) -> Vec<String> {
    let kind = widget.get("kind").and_then(Value::as_str).unwrap_or_default();
    let fields = widget.as_object().into_iter().flatten();
    let shown: Vec<_> = fields.filter(|(name, value)| *name != "kind" && !value.is_null()).collect();
    let width = shown.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = shown.iter().map(|(name, value)| format!("  {name:width$}  {}", shown_value(value)));
    std::iter::once(kind.to_owned()).chain(lines).collect()
}

fn shown_value(value: &Value) -> String {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
    let minor = value.get("minor").and_then(Value::as_i64);
    match value {
        Value::String(text) => text.clone(),
        Value::Object(_) if minor.is_some() => {
            let minor = minor.unwrap_or_default();
            let sign = if minor < 0 { "-" } else { "" };
            let (whole, part) = (minor.unsigned_abs() / 100, minor.unsigned_abs() % 100);
            format!("{sign}{whole}.{part:02} {}", text("/currency").unwrap_or_default())
        }
        Value::Object(_) => match (text("/text/da"), text("/code")) {
            (Some(words), Some(code)) => format!("{words} ({code})"),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}
