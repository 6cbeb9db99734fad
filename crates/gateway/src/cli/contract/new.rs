//! `overblik contract new`: a first contract, from a few questions or from what is already written down.

use std::{
    fs,
    io::{self, BufRead},
    path::{Path, PathBuf},
};

use clap::Args;
use overblik_connectors::kit::{Answers, Draft, Operation, QUESTIONS};
use serde_json::{Map, Value};

use super::say;
use crate::cli::Failure;

#[derive(Args)]
pub(in crate::cli) struct NewArguments {
    /// The authority's OpenAPI 3.0 or 3.1 (YAML or JSON)
    #[arg(long, value_name = "FILE")]
    from_openapi: Option<PathBuf>,
    /// The operation of it that is asked, by its operationId
    #[arg(long, value_name = "ID", requires = "from_openapi")]
    operation: Option<String>,
    /// Answers to the questions (YAML), instead of asking them
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// The folder of authorities to write into
    #[arg(long, value_name = "FOLDER", default_value = "contracts/authorities")]
    into: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when a file cannot be read or written, or an answer cannot be used.
pub(super) fn run(arguments: &NewArguments) -> Result<(), Failure> {
    let operation = match &arguments.from_openapi {
        None => None,
        Some(file) => {
            let read = Operation::read(&read_text(file)?, arguments.operation.as_deref());
            Some(read.map_err(|error| Failure::running(&format!("{}: {error}", file.display())))?)
        }
    };
    let base_url = operation.as_ref().and_then(|operation| operation.base_url.clone());
    let answers = match &arguments.answers {
        Some(file) => {
            let text = read_text(file)?;
            let wrong = |error| Failure::running(&format!("{}: {error}", file.display()));
            let mut answers = Answers::read(&text).map_err(wrong)?;
            // What the file says itself goes before what OpenAPI says.
            if !text.lines().any(|line| line.starts_with("baseUrl")) {
                answers.base_url = base_url.unwrap_or(answers.base_url);
            }
            answers
        }
        None => ask(base_url)?,
    };
    let draft = Draft::new(&answers, operation.as_ref()).map_err(|error| Failure::running(&error))?;
    let written = draft.write(&arguments.into).map_err(|error| Failure::running(&error))?;
    for file in &written {
        say(&format!("written: {}", file.display()));
    }
    if let Some(folder) = written.first().and_then(|file| file.parent()) {
        say(&format!("next: mend what is marked TODO, then: overblik contract check {}", folder.display()));
    }
    Ok(())
}

/// Asks the questions, one per line; an empty line takes what stands in brackets.
fn ask(base_url: Option<String>) -> Result<Answers, Failure> {
    let defaults = Answers { base_url: base_url.unwrap_or_else(|| Answers::default().base_url), ..Answers::default() };
    let mut lines = io::stdin().lock().lines();
    let mut given = Map::new();
    for (key, question) in QUESTIONS {
        let default = default_of(&defaults, key);
        say(&format!("{question} [{default}]"));
        let line = lines.next().transpose().map_err(|error| Failure::running(&error))?;
        let Some(line) = line else {
            let hint = "give them with --answers FILE where nobody can be asked";
            return Err(Failure::running(&format!("the answers end before \"{key}\"\n  hint: {hint}")));
        };
        let answer = line.trim();
        let answer = if answer.is_empty() { default } else { answer.to_owned() };
        given.insert(key.to_owned(), Value::from(answer));
    }
    Answers::read(&Value::Object(given).to_string()).map_err(|error| Failure::running(&error))
}

fn default_of(answers: &Answers, key: &str) -> String {
    match key {
        "authority" => &answers.authority,
        "authorityName" => &answers.authority_name,
        "cvr" => &answers.cvr,
        "source" => &answers.source,
        "title" => &answers.title,
        "theme" => &answers.theme,
        "baseUrl" => &answers.base_url,
        "auth" => &answers.auth,
        "kind" => &answers.kind,
        _ => &answers.format,
    }
    .clone()
}

fn read_text(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| Failure::running(&format!("{}: cannot be read: {error}", file.display())))
}
