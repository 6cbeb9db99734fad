//! The language in which an authority declares a source: from YAML files to connectors, or to every mistake in them.

mod answer;
mod auth;
mod call;
mod choice;
mod claims;
mod condition;
mod data_model;
mod detail;
mod endpoint;
mod examination;
mod field;
mod folder_mark;
#[cfg(feature = "fuzzing")]
pub(crate) mod from_text;
mod gate;
mod language;
mod live;
mod loading;
mod lookup;
mod manifest;
mod mistake;
mod mutual_tls;
mod native;
mod opened;
mod orkestrering;
mod outline;
mod pages;
mod place;
mod reading;
mod reference;
mod repair;
mod request;
mod schema_walk;
mod session_key;
mod shape;
mod source;
mod stand_in;
mod suggestion;
mod syntax;
mod texts;
mod vocabulary;
mod widget;
mod yaml;
mod yaml_advice;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub(crate) use data_model::{model_path, model_widgets};
pub use language::contract_schema;
pub(crate) use live::{CompiledVersions, Former, LoadedLive, load_live};
pub(crate) use loading::{Compiled, Lasting, Loaded, Secrets};
pub use mistake::{ContractMistake, ContractMistakes, Position};
pub(crate) use outline::Outline;
pub use reference::{ReferenceExample, contract_reference, schema_reference};

use crate::{
    declared::{Detail, Plan},
    load_options::LoadOptions,
};
use endpoint::Shared;
use examination::{Examination, KeyPath, Noted};
use loading::Loading;
use manifest::Spec;
use widget::Answers;

/// The name of a contract's file in its source's folder.
pub(crate) const FILE_NAME: &str = "connector.yaml";

/// Loads every contract in a directory.
///
/// # Errors
/// All mistakes of all of them.
pub(crate) fn load(directory: &Path, options: &LoadOptions, lasting: Lasting) -> Result<Loaded, ContractMistakes> {
    let mut loading = Loading::new(options, lasting, Secrets::OfDeployment)
        .map_err(|error| ContractMistakes::new(vec![ContractMistake::of_file(directory, error.to_string())]))?;
    // What is loaded from a directory is asked for citizens, and must have been agreed on.
    loading.is_to_be_asked = true;
    loading.load_directory(directory);
    loading.finish()
}

/// Loads contracts that stand in files of their own, away from a deployment.
///
/// # Errors
/// All mistakes of all of them.
pub(crate) fn load_files(
    files: &[ContractFile],
    options: &LoadOptions,
    secrets: Secrets,
) -> Result<Loaded, ContractMistakes> {
    let mut loading = Loading::new(options, Lasting::default(), secrets).map_err(|error| {
        let file = files.first().map(|file| file.file.clone()).unwrap_or_default();
        ContractMistakes::new(vec![ContractMistake::of_file(file, error.to_string())])
    })?;
    for file in files {
        loading.load_file(&file.file, &file.folder);
    }
    loading.finish()
}

/// Where one contract stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ContractFile {
    /// The file, as mistakes name it.
    pub(crate) file: PathBuf,
    /// The folder of its source, which its names must agree with.
    pub(crate) folder: PathBuf,
}

/// What a contract says about asking and mapping; every part is looked at, whatever is wrong with the others.
fn plan(
    examination: &mut Examination<'_>,
    declared: &mut Spec,
    shared: &Shared,
) -> Result<(Plan, Option<Detail>), Noted> {
    let spec = KeyPath::of("spec");
    let spoken = match declared.orkestrering.take() {
        None => None,
        Some(models) => Some(orkestrering::write_out(examination, &models, declared)?),
    };
    let about = call::About::Citizen;
    let mut requests = request::requests(examination, &spec.key("requests"), &declared.requests, about, shared);
    if let (Some(spoken), Ok(requests)) = (spoken, &mut requests) {
        spoken.add_to(requests);
    }
    let names: Vec<&str> = declared.requests.keys().map(String::as_str).collect();
    let timeout_ms = declared.limits.timeout_ms;
    let lookups = lookup::lookups(examination, &spec.key("lookups"), &declared.lookups, &names, timeout_ms, shared);
    widget::check_codes(examination, declared);
    let mut context = field::FieldContext::new(declared);
    let answers = Answers { at: spec, requests: &declared.requests, widgets: &declared.widgets };
    let mappings = widget::mappings(examination, &answers, &mut context);
    let detail = declared.detail.as_ref();
    let detail = detail.map(|detail| detail::detail(examination, detail, declared, shared, &mut context)).transpose();
    detail::refuse_half(examination, declared);
    let (mappings, detail) = (mappings?, detail?);
    // Only now: a name that a mistaken widget misspells would be told as unused as well.
    if examination.is_complete() {
        widget::refuse_unused(examination, declared, &context);
    }
    Ok((Plan { requests: requests?, lookups: lookups?, mappings }, detail))
}

/// Where the keys of a contract stand in its text; nowhere if it cannot be read.
pub(crate) fn outline(text: &str) -> Outline {
    yaml::read(text).map(|read| read.outline).unwrap_or_default()
}

/// Reads a file up to just beyond the largest contract, so that a huge one is refused and not held in memory.
pub(crate) fn read_limited(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    let limit = u64::try_from(syntax::MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    io::Read::read_to_string(&mut io::Read::take(fs::File::open(file)?, limit), &mut text)?;
    Ok(text)
}

fn folder_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
