//! The reading of one contract: collects every mistake with its position.

use std::{collections::BTreeSet, fmt, path::Path};

use super::{
    manifest,
    mistake::{ContractMistake, Position},
    outline::Outline,
    repair::Unexamined,
};
use crate::declared::{Codes, Selector};

/// A path of keys in a contract (`spec.widgets[0].fields.due_on`).
#[derive(Clone, Debug)]
pub(super) struct KeyPath(String);

impl KeyPath {
    /// The path of a contract's top-level key.
    pub(super) fn of(key: &str) -> Self {
        Self(key.to_owned())
    }

    /// The path of a key below this one.
    pub(super) fn key(&self, key: &str) -> Self {
        Self(format!("{}.{key}", self.0))
    }

    /// The path of an element of the list at this path, counted from 0.
    pub(super) fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Proof that a mistake was noted: what cannot be made of a contract is always told to its author.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted(());

/// All that is found wrong with one contract.
pub(super) struct Examination<'a> {
    file: &'a Path,
    outline: &'a Outline,
    unexamined: Unexamined,
    mistakes: Vec<ContractMistake>,
}

impl<'a> Examination<'a> {
    /// Of the parts that are not examined, their shape was told to be wrong.
    pub(super) fn new(file: &'a Path, outline: &'a Outline, unexamined: Unexamined) -> Self {
        Self { file, outline, unexamined, mistakes: Vec::new() }
    }

    /// Whether nothing is to be said about a path, because what stands there is not what the author wrote.
    pub(super) fn passes_over(&self, path: &str) -> bool {
        self.unexamined.holds(path)
    }

    /// Whether everything that the author wrote is examined.
    pub(super) fn is_complete(&self) -> bool {
        !self.unexamined.any()
    }

    /// The folder of the contract.
    pub(super) fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    /// Notes that a key itself, or the absence of something below it, is wrong.
    pub(super) fn wrong_key(&mut self, path: &KeyPath, message: impl Into<String>, hint: Option<String>) -> Noted {
        self.note(self.outline.key(&path.0), path, message.into(), hint)
    }

    /// Notes that a value is wrong.
    pub(super) fn wrong_value(&mut self, path: &KeyPath, message: impl Into<String>, hint: Option<String>) -> Noted {
        self.note(self.outline.value(&path.0), path, message.into(), hint)
    }

    fn note(&mut self, position: Option<Position>, path: &KeyPath, message: String, hint: Option<String>) -> Noted {
        if self.unexamined.holds(&path.0) {
            // The part was told to have the wrong shape.
            return Noted(());
        }
        let (file, path) = (self.file.to_owned(), path.0.clone());
        self.mistakes.push(ContractMistake { file, position, path, message, hint });
        Noted(())
    }

    /// Notes a value as wrong unless a rule holds.
    pub(super) fn require(&mut self, holds: bool, path: &KeyPath, message: &str) -> Result<(), Noted> {
        if holds { Ok(()) } else { Err(self.wrong_value(path, message, None)) }
    }

    /// Reads a JSONPath.
    pub(super) fn selector(&mut self, path: &KeyPath, text: &str) -> Result<Selector, Noted> {
        Selector::parse(text).map_err(|message| {
            let hint = text.contains('-').then(|| "a name with a hyphen is written ['like-this']".to_owned());
            self.wrong_value(path, message, hint)
        })
    }

    /// Reads codes that decide something, and where they stand.
    pub(super) fn codes(&mut self, at: &KeyPath, declared: &manifest::Codes) -> Result<Codes, Noted> {
        let path = self.selector(&at.key("path"), &declared.path);
        let listed = self.code_set(&at.key("in"), &declared.listed);
        Ok(Codes { path: path?, listed: listed? })
    }

    /// Reads a list of codes.
    pub(super) fn code_set(&mut self, at: &KeyPath, codes: &[String]) -> Result<BTreeSet<String>, Noted> {
        let mut set = BTreeSet::new();
        let mut outcome = Ok(());
        for (index, code) in codes.iter().enumerate() {
            if !set.insert(code.clone()) {
                outcome =
                    Err(self.wrong_value(&at.index(index), format!("the code \"{code}\" stands here twice"), None));
            }
        }
        outcome.map(|()| set)
    }

    /// All mistakes so far, in the order found.
    pub(super) fn into_mistakes(self) -> Vec<ContractMistake> {
        self.mistakes
    }
}
