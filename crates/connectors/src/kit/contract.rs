//! A contract on its own, away from any deployment: read, checked, and connected to whatever stands in for its source.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf, absolute},
    sync::Arc,
};

use aws_lc_rs::digest;
use serde_json::Value;

use crate::{
    connector::{Connector, SourceInfo},
    contract::{
        ContractFile, ContractMistake, ContractMistakes, FILE_NAME, Outline, Position, Secrets, load_files, outline,
        read_limited,
    },
    load_options::{Endpoint, LoadOptions},
    upstream::AddressPolicy,
};

/// A contract that was read and checked.
#[derive(Clone, Debug)]
pub struct Contract {
    at: ContractFile,
    text: String,
    document: Value,
    lines: Arc<Outline>,
    source: Arc<SourceInfo>,
}

/// How a contract is connected to a source for trying it.
#[derive(Clone, Debug)]
pub struct ConnectSettings {
    /// The source's address instead of the contract's, and the credentials it is shown; `None` to show it none.
    pub endpoint: Endpoint,
    /// Whether the source is shown the endpoint's credentials, which must then be there.
    pub shows_credentials: bool,
    /// Which addresses it may have.
    pub address_policy: AddressPolicy,
}

impl Contract {
    /// Reads and checks the contract at a path: its file, or its source's folder. Secrets of a deployment are not
    /// needed.
    ///
    /// # Errors
    /// All mistakes in it.
    pub fn read(path: &Path) -> Result<Self, ContractMistakes> {
        let at = contract_file(path);
        let cannot = |message: String| ContractMistakes::new(vec![ContractMistake::of_file(&at.file, message)]);
        let options = LoadOptions { address_policy: AddressPolicy::Production, ..LoadOptions::default() };
        let loaded = load_files(std::slice::from_ref(&at), &options, Secrets::StoodIn)?;
        let source = loaded.compiled.first().map(|compiled| Arc::clone(compiled.connector.source()));
        let source = source.ok_or_else(|| cannot("holds no contract".to_owned()))?;
        let text = read_limited(&at.file).map_err(|error| cannot(format!("cannot be read: {error}")))?;
        let document = serde_saphyr::from_str(&text).map_err(|error| cannot(format!("cannot be read: {error}")))?;
        let lines = Arc::new(outline(&text));
        Ok(Self { at, text, document, lines, source })
    }

    /// What it declares about its source.
    #[must_use]
    pub fn source(&self) -> &Arc<SourceInfo> {
        &self.source
    }

    /// Its file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.at.file
    }

    /// The folder of its recordings.
    #[must_use]
    pub fn examples(&self) -> PathBuf {
        self.at.file.with_file_name("examples")
    }

    /// The contract as the file has it, key by key.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The keys of which the values are still placeholders, each with its line; a deployment refuses them.
    #[must_use]
    pub fn placeholders(&self) -> Vec<(String, usize)> {
        let placeholders = self.lines.placeholders();
        placeholders.filter_map(|path| Some((path.to_owned(), self.lines.value(path)?.line))).collect()
    }

    /// The contract's detail as if it were a contract: its requests about the citizen are those about an item. So that
    /// whatever is checked of a contract is checked of its detail. `None` for a contract without one.
    pub(super) fn of_detail(&self) -> Option<Self> {
        let detail = self.document.pointer("/spec/detail")?.clone();
        let mut document = self.document.clone();
        let spec = document.pointer_mut("/spec")?.as_object_mut()?;
        spec.retain(|part, _| !matches!(part.as_str(), "detail" | "lookups" | "orkestrering"));
        for part in ["requests", "widgets"] {
            spec.insert(part.to_owned(), detail.get(part)?.clone());
        }
        if let (Some(kib), Some(limits)) =
            (detail.get("bodyKib"), spec.get_mut("limits").and_then(Value::as_object_mut))
        {
            limits.insert("bodyKib".to_owned(), kib.clone());
        }
        Some(Self { document, ..self.clone() })
    }

    /// Where its keys stand in the file.
    pub(super) fn lines(&self) -> Arc<Outline> {
        Arc::clone(&self.lines)
    }

    /// The SHA-256 of the file, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        let digest = digest::digest(&digest::SHA256, self.text.as_bytes());
        hexadecimal(digest.as_ref())
    }

    /// The real connector of this contract, at work against another address.
    ///
    /// # Errors
    /// What is wrong with the settings.
    pub fn connect(&self, settings: &ConnectSettings) -> Result<Arc<dyn Connector>, ContractMistakes> {
        let folder = self.at.folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let options = LoadOptions {
            endpoints: BTreeMap::from([(folder.to_owned(), settings.endpoint.clone())]),
            address_policy: settings.address_policy,
            ..LoadOptions::default()
        };
        let secrets = if settings.shows_credentials { Secrets::OfDeployment } else { Secrets::StoodIn };
        let loaded = load_files(std::slice::from_ref(&self.at), &options, secrets)?;
        loaded.compiled.into_iter().next().map(|compiled| compiled.connector).ok_or_else(|| {
            ContractMistakes::new(vec![ContractMistake::of_file(&self.at.file, "holds no contract any more")])
        })
    }
}

/// Where the values of a contract stand in its text, also of one with mistakes.
#[derive(Debug)]
pub struct Places(Outline);

impl Places {
    /// The places in a text; none in one that is not YAML.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(outline(text))
    }

    /// Where the value at a path of keys (`spec.source.linkHosts[0]`) starts; for one that is not there, where what should
    /// hold it does.
    #[must_use]
    pub fn value(&self, path: &str) -> Option<Position> {
        self.0.value(path)
    }
}

/// What a contract's file says, key by key, without asking whether it is good: an older version may stand anywhere, and
/// may be in an older language.
///
/// # Errors
/// When it cannot be read, or is not YAML.
pub fn document(path: &Path) -> Result<Value, ContractMistakes> {
    let at = contract_file(path);
    let cannot = |message: String| ContractMistakes::new(vec![ContractMistake::of_file(&at.file, message)]);
    let text = read_limited(&at.file).map_err(|error| cannot(format!("cannot be read: {error}")))?;
    serde_saphyr::from_str(&text).map_err(|error| cannot(format!("is not YAML: {error}")))
}

/// The contracts at a path, checked together: a file, a source's folder, or a folder of authorities or of sources. Also
/// names that only one contract may have are compared.
///
/// # Errors
/// All mistakes in all of them.
pub fn check(paths: &[PathBuf]) -> Result<Vec<Contract>, ContractMistakes> {
    let (mut files, mut mistakes) = (Vec::new(), Vec::new());
    for path in paths {
        let found = contracts_at(path);
        if found.is_empty() {
            let hint = Some(format!("a contract is <authority>/<source>/{FILE_NAME}"));
            mistakes.push(ContractMistake { hint, ..ContractMistake::of_file(path, "holds no contract") });
        }
        files.extend(found);
    }
    files.sort();
    files.dedup();
    let options = LoadOptions { address_policy: AddressPolicy::Production, ..LoadOptions::default() };
    if let Err(found) = load_files(&files, &options, Secrets::StoodIn) {
        mistakes.extend_from_slice(found.as_slice());
    }
    if !mistakes.is_empty() {
        return Err(ContractMistakes::new(mistakes));
    }
    files.iter().map(|at| Contract::read(&at.file)).collect()
}

fn contract_file(path: &Path) -> ContractFile {
    let file = if path.is_dir() { path.join(FILE_NAME) } else { path.to_owned() };
    // A path like `connector.yaml` names no folder, and the source's slug is its folder's name.
    let whole = absolute(&file).unwrap_or_else(|_| file.clone());
    let folder = whole.parent().map(Path::to_owned).unwrap_or_default();
    ContractFile { file, folder }
}

/// A contract stands at most two folders below: `<authority>/<source>`.
fn contracts_at(path: &Path) -> Vec<ContractFile> {
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    for _ in 0..=2 {
        let mut below = Vec::new();
        for folder in folders {
            if !folder.is_dir() || folder.join(FILE_NAME).is_file() {
                found.push(folder);
            } else {
                below.extend(folders_in(&folder));
            }
        }
        folders = below;
    }
    found.iter().map(|path| contract_file(path)).collect()
}

/// The folders in a folder, without hidden ones; none in one that cannot be read.
pub(super) fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut folders: Vec<_> = paths.filter(|path| path.is_dir() && !is_hidden(path)).collect();
    folders.sort();
    folders
}

/// Bytes as hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    halves.filter_map(|half| char::from_digit(u32::from(half), 16)).collect()
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'))
}
