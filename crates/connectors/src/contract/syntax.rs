//! From a contract's text to its shape, and to every place where the text has another shape.

use serde_json::Value;

use super::{
    language::language,
    manifest::Manifest,
    mistake::Position,
    outline::Outline,
    repair::{Unexamined, repair},
    shape::{Damage, faults},
    yaml,
};

/// Largest contract in bytes.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// What does not have the shape of a contract.
#[derive(Debug)]
pub(super) struct WrongShape {
    pub(super) position: Option<Position>,
    pub(super) path: String,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl WrongShape {
    pub(super) fn at(position: Option<Position>, path: &str, message: impl Into<String>, hint: Option<String>) -> Self {
        Self { position, path: path.to_owned(), message: message.into(), hint }
    }
}

/// What was read of a contract's text.
pub(super) struct Reading {
    /// The contract; `None` when too little has the shape of one to examine the rest.
    pub(super) manifest: Option<Manifest>,
    pub(super) outline: Outline,
    /// Where the text has another shape; if there is any, the contract is not to be used.
    pub(super) wrong: Vec<WrongShape>,
    /// What stands in the contract only in the place of what has another shape.
    pub(super) unexamined: Unexamined,
}

/// Reads a contract's text.
pub(super) fn read(text: &str) -> Reading {
    let nothing = |wrong| Reading {
        manifest: None,
        outline: Outline::default(),
        wrong: vec![wrong],
        unexamined: Unexamined::default(),
    };
    if text.len() > MAX_BYTES {
        return nothing(WrongShape::at(None, "", format!("larger than {} KiB", MAX_BYTES / 1024), None));
    }
    match yaml::read(text) {
        Ok(read) => shaped(read),
        Err(wrong) => nothing(wrong),
    }
}

fn shaped(read: yaml::Read) -> Reading {
    let yaml::Read { value, outline, refused: mut wrong } = read;
    let faults = faults(&value, &outline);
    let damages: Vec<Damage> = faults.iter().map(|fault| fault.damage.clone()).collect();
    wrong.extend(faults.into_iter().map(|fault| fault.wrong));
    let (manifest, unexamined) = match repaired(&value, &damages).or_else(|_| repaired(&value, &all_of(&damages))) {
        Ok((manifest, unexamined)) => (Some(manifest), unexamined),
        Err(defect) => {
            // What the schema takes can be read. Should the two differ, the reader's own words are told.
            if wrong.is_empty() {
                wrong.push(WrongShape::at(None, "", defect, None));
            }
            (None, Unexamined::default())
        }
    };
    Reading { manifest, outline, wrong, unexamined }
}

fn repaired(value: &Value, damages: &[Damage]) -> Result<(Manifest, Unexamined), String> {
    let mut value = value.clone();
    let unexamined = repair(&mut value, damages, &language()?.schema);
    serde_json::from_value(value).map(|manifest| (manifest, unexamined)).map_err(|error| error.to_string())
}

/// A number that exceeds its bound may exceed its type as well, and then it cannot be read.
fn all_of(damages: &[Damage]) -> Vec<Damage> {
    let unreadable = |damage: &Damage| match damage {
        Damage::Bound(at) => Damage::Value(at.clone()),
        other => other.clone(),
    };
    damages.iter().map(unreadable).collect()
}
