//! Where every key of a contract stands in its text.
//!
//! Values that serde has read know no position any more. This second, purely positional reading gives one to every
//! key path, and refuses what a contract never needs and a later reader could stumble over: aliases, anchors, tags,
//! keys that are not plain text, deep nesting.

use std::collections::BTreeMap;

use serde_saphyr::granit_parser::{Event, Parser, Span};

use super::mistake::Position;

/// Deepest nesting of a contract; the language itself needs nine levels.
const MAX_DEPTH: usize = 24;

/// Where one entry stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    key: Position,
    value: Position,
}

/// The places of all entries, by key path (`spec.widgets[0].fields.due_on`).
#[derive(Debug, Default)]
pub(super) struct Outline(BTreeMap<String, Place>);

/// Why a text has no outline.
#[derive(Debug)]
pub(super) struct NoOutline {
    pub(super) position: Position,
    pub(super) path: String,
    pub(super) message: String,
}

/// A collection that is being read.
enum Open {
    Mapping { path: String, key: Option<(String, Position)> },
    Sequence { path: String, next: usize },
}

impl Outline {
    /// Reads the places of all entries.
    ///
    /// # Errors
    /// The first thing that is not YAML, or is YAML that contracts do not use.
    pub(super) fn read(text: &str) -> Result<Self, NoOutline> {
        let mut outline = Self::default();
        let mut open: Vec<Open> = Vec::new();
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| NoOutline {
                position: Position { line: error.marker().line(), column: error.marker().col() + 1 },
                path: String::new(),
                message: format!("not YAML: {}", error.info()),
            })?;
            outline.take(&mut open, &event, span)?;
        }
        Ok(outline)
    }

    fn take(&mut self, open: &mut Vec<Open>, event: &Event<'_>, span: Span) -> Result<(), NoOutline> {
        let position = start(span);
        let refuse =
            |path: &str, message: &str| Err(NoOutline { position, path: path.to_owned(), message: message.to_owned() });
        match event {
            Event::Alias(_) | Event::UnresolvedAlias(..) | Event::Anchor(..) => {
                refuse("", "anchors and aliases are not part of contracts")
            }
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
                Ok(())
            }
            Event::Scalar(text, ..) if awaits_key(open) => {
                if let Some(Open::Mapping { key, .. }) = open.last_mut() {
                    *key = Some((text.to_string(), position));
                }
                Ok(())
            }
            node if node.is_node() => {
                if awaits_key(open) {
                    return refuse("", "a key must be plain text");
                }
                let path = self.place(open, position);
                if node.tag().is_some() || node.anchor_id().is_some() {
                    return refuse(&path, "tags, anchors and aliases are not part of contracts");
                }
                match node {
                    Event::MappingStart(..) => open.push(Open::Mapping { path: path.clone(), key: None }),
                    Event::SequenceStart(..) => open.push(Open::Sequence { path: path.clone(), next: 0 }),
                    _ => {}
                }
                if open.len() > MAX_DEPTH {
                    return refuse(&path, &format!("nested deeper than {MAX_DEPTH} levels"));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Notes where the value that starts here stands, and returns its path.
    fn place(&mut self, open: &mut [Open], value: Position) -> String {
        let (path, key) = match open.last_mut() {
            None => (String::new(), value),
            Some(Open::Mapping { path, key }) => {
                let (name, position) = key.take().unwrap_or_else(|| (String::new(), value));
                (if path.is_empty() { name } else { format!("{path}.{name}") }, position)
            }
            Some(Open::Sequence { path, next }) => {
                let index = *next;
                *next += 1;
                (format!("{path}[{index}]"), value)
            }
        };
        self.0.entry(path.clone()).or_insert(Place { key, value });
        path
    }

    /// Where the key at a path stands; for a path that is not there, where its nearest parent does.
    pub(super) fn key(&self, path: &str) -> Option<Position> {
        self.nearest(path).map(|place| place.key)
    }

    /// Where the value at a path starts; for a path that is not there, where its nearest parent's key stands.
    pub(super) fn value(&self, path: &str) -> Option<Position> {
        self.0.get(path).map(|place| place.value).or_else(|| self.key(path))
    }

    /// The path of the entry whose key starts at a position.
    pub(super) fn path_of_key(&self, position: Position) -> Option<&str> {
        // Where a list starts in the place of a key, the innermost entry is the one with the key.
        self.0
            .iter()
            .filter(|(_, place)| place.key == position)
            .max_by_key(|(path, _)| path.len())
            .map(|(path, _)| path.as_str())
    }

    /// The path of the outermost entry whose value starts at a position.
    pub(super) fn path_of_value(&self, position: Position) -> Option<&str> {
        self.0.iter().find(|(_, place)| place.value == position).map(|(path, _)| path.as_str())
    }

    /// The path of the entry that holds the one at a path; empty for the whole contract.
    pub(super) fn parent(path: &str) -> &str {
        path.rfind(['.', '[']).and_then(|end| path.get(..end)).unwrap_or_default()
    }

    fn nearest(&self, path: &str) -> Option<Place> {
        let mut path = path;
        loop {
            if let Some(place) = self.0.get(path) {
                return Some(*place);
            }
            if path.is_empty() {
                return None;
            }
            path = Self::parent(path);
        }
    }
}

fn awaits_key(open: &[Open]) -> bool {
    matches!(open.last(), Some(Open::Mapping { key: None, .. }))
}

/// The parser counts lines from 1 and columns from 0.
fn start(span: Span) -> Position {
    Position { line: span.start.line(), column: span.start.col() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: usize, column: usize) -> Position {
        Position { line, column }
    }

    #[test]
    fn every_key_path_has_a_line_and_a_column() {
        let outline = Outline::read("a:\n  b: { c: [x, y] }\n  \"d\": 1\n").expect("an outline");
        assert_eq!(outline.key("a.b"), Some(at(2, 3)));
        assert_eq!(outline.value("a.b"), Some(at(2, 6)));
        assert_eq!(outline.value("a.b.c[1]"), Some(at(2, 15)));
        assert_eq!(outline.key("a.d"), Some(at(3, 3)));
        assert_eq!(outline.value("a.d"), Some(at(3, 8)));
    }

    #[test]
    fn what_is_missing_is_told_at_its_nearest_parent() {
        let outline = Outline::read("a:\n  b: 1\n").expect("an outline");
        assert_eq!(outline.key("a.x.y"), Some(at(1, 1)));
        assert_eq!(outline.value("a.x"), Some(at(1, 1)));
        assert_eq!(outline.key("z[3].y"), Some(at(1, 1)));
    }

    #[test]
    fn anchors_tags_and_deep_nesting_are_refused() {
        let deep = format!("a: {}{}", "[".repeat(60), "]".repeat(60));
        let cases = ["a: &x 1\nb: *x\n", "a: *x\n", "a: !t 1\n", "[1]: 2\n", "a: [", deep.as_str(), "<<: *x\n"];
        for text in cases {
            assert!(Outline::read(text).is_err(), "{text}");
        }
    }
}
