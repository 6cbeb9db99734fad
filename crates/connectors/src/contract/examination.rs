//! The reading of one contract: collects every mistake with its position.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
};

use super::{
    manifest,
    mistake::{ContractMistake, Position},
    outline::Outline,
    repair::Unexamined,
};
use crate::declared::{Codes, Selector, unshown};

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
    /// The files beside it, if they do not stand in its folder.
    files: Option<&'a BTreeMap<String, Vec<u8>>>,
    mistakes: Vec<ContractMistake>,
}

impl<'a> Examination<'a> {
    /// Of the parts that are not examined, their shape was told to be wrong.
    pub(super) fn new(file: &'a Path, outline: &'a Outline, unexamined: Unexamined) -> Self {
        Self { file, outline, unexamined, files: None, mistakes: Vec::new() }
    }

    /// The files beside the contract are these, and those of its folder are not looked at.
    pub(super) fn with_files(self, files: Option<&'a BTreeMap<String, Vec<u8>>>) -> Self {
        Self { files, ..self }
    }

    /// That a part was told to have the wrong shape, if it was: nothing can be said about what refers to it.
    pub(super) fn noted_before(&self, path: &KeyPath) -> Option<Noted> {
        self.unexamined.holds(&path.0).then_some(Noted(()))
    }

    /// Whether everything that the author wrote is examined.
    pub(super) fn is_complete(&self) -> bool {
        !self.unexamined.any()
    }

    /// The files beside the contract by their paths in its folder, if they do not stand there.
    pub(super) fn files(&self) -> Option<&'a BTreeMap<String, Vec<u8>>> {
        self.files
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

    /// Notes a text of the contract's own unless every character of it is shown, and none changes how the others are.
    pub(super) fn require_shown(&mut self, path: &KeyPath, text: &str) -> Result<(), Noted> {
        let Some(character) = unshown(text) else { return Ok(()) };
        let message = format!(
            "holds the character U+{:04X}, which is not shown, or changes how the text around it is shown",
            u32::from(character)
        );
        let hint = match character {
            '\n' => "a text is one line; YAML makes one of several after \">-\"",
            _ => "remove it, or type the text anew",
        };
        Err(self.wrong_value(path, message, Some(hint.to_owned())))
    }

    /// Refuses what is still a placeholder: an approval of it would be one of nothing.
    pub(super) fn refuse_placeholders(&mut self) {
        let placeholders: Vec<_> = self.outline.placeholders().map(|path| KeyPath(path.to_owned())).collect();
        for path in placeholders {
            let hint = "write what was agreed; a contract with placeholders can be tried and tested, and asks nobody";
            self.wrong_value(&path, "is still a placeholder", Some(hint.to_owned()));
        }
    }

    /// Reads a JSONPath.
    pub(super) fn selector(&mut self, path: &KeyPath, text: &str) -> Result<Selector, Noted> {
        Selector::parse(text).map_err(|message| {
            // What is too costly is told in full by the message.
            let unreadable = message.starts_with("not an ") || message.starts_with("must start");
            let hint = if unreadable { json_path_advice(text) } else { None };
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

/// What to do about a JSONPath that is none: the slips of authors who know another dialect.
fn json_path_advice(text: &str) -> Option<String> {
    let advice = if let Some(pointer) = text.strip_prefix('/') {
        format!("that is a JSON Pointer; as a JSONPath it is written \"$.{}\"", pointer.replace('/', "."))
    } else if text.starts_with(|first: char| first.is_alphabetic() || first == '_') {
        format!("write \"$.{text}\"")
    } else if text.starts_with(['.', '[', '@']) {
        format!("write \"${}\"", text.trim_start_matches('@'))
    } else if let Some((before, name, after)) = of_xml(text) {
        format!("write \"{before}['{name}']{after}\"")
    } else if let Some((holder, prefixed)) = text.rsplit_once('.').filter(|(_, name)| name.contains(':')) {
        let name = prefixed.split_once(':').map_or(prefixed, |(_, name)| name);
        format!("names in XML are written without their prefix, as in \"{}.{name}\"", without_prefixes(holder))
    } else if text.contains("=~") {
        "there are no regular expressions; a filter compares, as in [?@.status == 'open']".to_owned()
    } else if text.contains('?') {
        "a filter is written [?@.status == 'open'], with == and with quotes around text".to_owned()
    } else if text.contains("()") {
        "there are no functions in a path".to_owned()
    } else if text.contains('-') {
        "a name with a hyphen is written ['like-this']".to_owned()
    } else {
        return None;
    };
    Some(advice)
}

/// The part of a path that is an attribute of XML, or its text beside attributes, as it stands after a dot.
fn of_xml(text: &str) -> Option<(&str, &str, &str)> {
    let (before, after) = ["@", "#text"].iter().find_map(|sign| {
        let at = text.find(&format!(".{sign}"))?;
        Some((text.get(..at)?, text.get(at + 1..)?))
    })?;
    let end = after.char_indices().skip(1).find(|(_, next)| !next.is_alphanumeric() && *next != '_' && *next != '-');
    let (name, rest) = after.split_at_checked(end.map_or(after.len(), |(end, _)| end))?;
    Some((before, name, rest))
}

fn without_prefixes(path: &str) -> String {
    let names = path.split('.').map(|name| name.split_once(':').map_or(name, |(_, name)| name));
    names.collect::<Vec<_>>().join(".")
}
