//! Copies of the authorities' contracts, changed as a test needs them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use overblik_demo::Source;
use tempfile::TempDir;

use crate::repository;

/// The name of a contract's file in its source's folder.
const FILE_NAME: &str = "connector.yaml";

/// A source's time limit where a test does not depend on it: the longest that a contract may ask for, so that a busy
/// machine is not mistaken for a slow source.
const PATIENT_MS: u64 = 10_000;

/// The sources of the whole-system tests: three of the demo's authorities, each of another kind, so that a test can say
/// what every section looks like. The others have tests of their own.
pub const SOURCES: &[Source] = &[Source::Library, Source::Daycare, Source::Payments];

/// Writes the contracts of [`SOURCES`], as they are shipped, into a folder, laid out as the original.
///
/// # Panics
/// When they cannot be copied.
#[expect(clippy::expect_used, reason = "a test that cannot prepare its system must fail and say why")]
pub fn copy_contracts(folder: &Path) {
    for source in SOURCES.iter().copied() {
        write(&folder.join(contract(source)), &shipped(source)).expect("a copy of a contract");
    }
}

/// What differs from the contracts as they are shipped.
pub(crate) struct ContractChanges {
    sources: &'static [Source],
    changes: Vec<Change>,
}

impl Default for ContractChanges {
    fn default() -> Self {
        Self { sources: SOURCES, changes: Vec::new() }
    }
}

struct Change {
    source: Source,
    from: String,
    to: String,
}

impl ContractChanges {
    pub(crate) fn replace(&mut self, source: Source, from: &str, to: &str) {
        self.changes.push(Change { source, from: from.to_owned(), to: to.to_owned() });
    }

    /// Has the contracts of these sources and of no others.
    pub(crate) fn of(&mut self, sources: &'static [Source]) {
        self.sources = sources;
    }

    pub(crate) fn limit(&mut self, source: Source, milliseconds: u64) {
        self.replace(source, &limit(PATIENT_MS), &limit(milliseconds));
    }

    /// Writes the changed contracts into a folder of their own, laid out as the original.
    ///
    /// # Panics
    /// When a text to replace does not stand in its contract exactly once: the test would prove nothing.
    #[expect(clippy::expect_used, reason = "a test that cannot prepare its system must fail and say why")]
    pub(crate) fn write(&self) -> TempDir {
        let folder = TempDir::new().expect("a temporary folder");
        for source in self.sources.iter().copied() {
            let text = self.apply(source, &shipped(source));
            write(&folder.path().join(contract(source)), &text).expect("a copy of a contract");
        }
        folder
    }

    fn apply(&self, source: Source, shipped: &str) -> String {
        let mut text = replaced_once(shipped, &limit(shipped_limit(shipped)), &limit(PATIENT_MS));
        for change in self.changes.iter().filter(|change| change.source == source) {
            text = replaced_once(&text, &change.from, &change.to);
        }
        text
    }
}

/// The time limit in milliseconds that a source's contract asks for as it is shipped.
///
/// # Panics
/// When the contract cannot be read or names none.
#[must_use]
pub fn shipped_limit_ms(source: Source) -> u64 {
    shipped_limit(&shipped(source))
}

fn folder_of_contracts() -> PathBuf {
    repository().join("contracts/authorities")
}

#[expect(clippy::expect_used, reason = "without the contract the test cannot go on")]
fn shipped(source: Source) -> String {
    fs::read_to_string(folder_of_contracts().join(contract(source))).expect("a contract")
}

/// Where a source's contract is in a folder of contracts.
#[expect(clippy::expect_used, reason = "without the contract the test cannot go on")]
fn contract(source: Source) -> PathBuf {
    let authorities = fs::read_dir(folder_of_contracts()).expect("a folder").flatten();
    let files = authorities.map(|authority| Path::new(&authority.file_name()).join(source.name()).join(FILE_NAME));
    files.into_iter().find(|file| folder_of_contracts().join(file).is_file()).expect("a contract")
}

fn limit(milliseconds: u64) -> String {
    format!("limits: {{ timeoutMs: {milliseconds},")
}

#[expect(clippy::expect_used, reason = "a contract without a limit is not one of ours")]
fn shipped_limit(contract: &str) -> u64 {
    let (_, rest) = contract.split_once("limits: { timeoutMs: ").expect("a time limit");
    rest.split(',').next().and_then(|number| number.parse().ok()).expect("a number of milliseconds")
}

fn replaced_once(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "stands not exactly once in the contract: {from}");
    text.replace(from, to)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, text)
}
