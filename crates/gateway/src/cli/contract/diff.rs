//! `overblik contract diff`: what a new version of a contract breaks.

use std::path::PathBuf;

use clap::Args;
use overblik_connectors::kit::{self, Change, Weight};
use serde_json::json;

use super::{Format, say, say_json};
use crate::cli::Failure;

/// Exit code for changes that are not harmless.
const NOT_HARMLESS: u8 = 2;

#[derive(Args)]
pub(in crate::cli) struct DiffArguments {
    /// The contract as it is
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The contract as it is to be
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// How to answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when a contract cannot be read, or a change is not harmless.
pub(super) fn run(arguments: &DiffArguments) -> Result<(), Failure> {
    let read = |path| kit::document(path).map_err(|mistakes| Failure::running(&mistakes));
    let (old, new) = (read(&arguments.old)?, read(&arguments.new)?);
    let changes = kit::changes(&old, &new);
    let to_raise = kit::version_to_raise(&old, &new, &changes);
    let heaviest = changes.iter().map(|change| change.weight).max().unwrap_or(Weight::Harmless);
    match arguments.format {
        Format::Json => say_json(&json!({ "verdict": heaviest, "changes": changes, "note": to_raise })),
        Format::Text if changes.is_empty() => say("nothing has changed"),
        Format::Text => {
            let note = to_raise.map(|note| format!("note: {note}"));
            say(&changes.iter().map(Change::to_string).chain(note).collect::<Vec<_>>().join("\n"));
        }
    }
    if heaviest == Weight::Harmless { Ok(()) } else { Err(Failure::told(NOT_HARMLESS)) }
}
