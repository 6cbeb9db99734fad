//! Where every key of a contract stands in its text.

use std::collections::BTreeMap;

use super::mistake::Position;

/// Where one entry stands.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) key: Position,
    pub(super) value: Position,
    /// How the value is written, if it is a single one.
    pub(super) text: Option<String>,
}

/// The places of all entries, by key path (`spec.widgets[0].fields.due_on`).
#[derive(Debug, Default)]
pub(crate) struct Outline(BTreeMap<String, Place>);

impl Outline {
    /// Notes where an entry stands; the first of two with the same path counts. Whether it was the first.
    pub(super) fn note(&mut self, path: &str, place: Place) -> bool {
        let free = !self.0.contains_key(path);
        if free {
            self.0.insert(path.to_owned(), place);
        }
        free
    }

    /// Where the key at exactly this path stands.
    pub(super) fn key_of(&self, path: &str) -> Option<Position> {
        self.0.get(path).map(|place| place.key)
    }

    /// Where the key at a path stands; for a path that is not there, where its nearest parent does.
    pub(super) fn key(&self, path: &str) -> Option<Position> {
        self.nearest(path).map(|place| place.key)
    }

    /// Where the value at a path starts; for a path that is not there, where its nearest parent's key stands.
    pub(crate) fn value(&self, path: &str) -> Option<Position> {
        self.0.get(path).map(|place| place.value).or_else(|| self.key(path))
    }

    /// How the single value at a path is written in the text.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path)?.text.as_deref()
    }

    /// The paths of values that are still placeholders, as a draft has them for what only people can know.
    pub(crate) fn placeholders(&self) -> impl Iterator<Item = &str> {
        let is_placeholder = |text: &str| text.split(|end: char| !end.is_alphanumeric()).next() == Some("TODO");
        let entries = self.0.iter();
        entries
            .filter(move |(_, place)| place.text.as_deref().is_some_and(is_placeholder))
            .map(|(path, _)| path.as_str())
    }

    /// The path of the entry that holds the one at a path; empty for the whole contract.
    pub(super) fn parent(path: &str) -> &str {
        path.rfind(['.', '[']).and_then(|end| path.get(..end)).unwrap_or_default()
    }

    fn nearest(&self, path: &str) -> Option<&Place> {
        let mut path = path;
        loop {
            if let Some(place) = self.0.get(path) {
                return Some(place);
            }
            if path.is_empty() {
                return None;
            }
            path = Self::parent(path);
        }
    }
}
