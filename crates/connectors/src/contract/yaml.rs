//! From a contract's text to its values and the place of each.
//!
//! One reading gives both, so that what is checked and what is told an author cannot differ. It refuses what a contract
//! never needs and a later reader could stumble over: aliases, anchors, tags, merge keys, keys that are not plain text,
//! a key twice, a second document, deep nesting.

use serde_json::{Map, Value};
use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span};

use super::{
    mistake::Position,
    outline::{Outline, Place},
    syntax::WrongShape,
    yaml_advice::advice,
};

/// Deepest nesting of a contract; the language itself needs nine levels.
const MAX_DEPTH: usize = 24;

const NO_REFERENCES: &str = "tags, anchors and aliases are not part of contracts";

/// What a text holds.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) value: Value,
    pub(super) outline: Outline,
    /// What can be read but is not part of contracts.
    pub(super) refused: Vec<WrongShape>,
}

/// A collection that is being read.
enum Open {
    Mapping { path: String, key: Option<(String, Position)>, entries: Map<String, Value> },
    List { path: String, items: Vec<Value> },
}

/// The reading of one text.
#[derive(Default)]
struct Reader {
    read: Read,
    open: Vec<Open>,
    documents: usize,
}

/// Reads a text.
///
/// # Errors
/// The first place where it is not YAML, or where it is too deep.
pub(super) fn read(text: &str) -> Result<Read, WrongShape> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let position = Position { line: error.marker().line(), column: error.marker().col() + 1 };
            let (position, hint) = advice(text, position, &error.info());
            WrongShape::at(Some(position), "", format!("not YAML: {}", error.info()), hint)
        })?;
        reader.take(&event, start(span))?;
    }
    Ok(reader.read)
}

impl Reader {
    fn take(&mut self, event: &Event<'_>, position: Position) -> Result<(), WrongShape> {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let message = "a second document begins here; a contract is one file with one document";
                    return Err(WrongShape::at(Some(position), "", message, None));
                }
            }
            Event::Alias(_) | Event::UnresolvedAlias(..) => {
                let hint = "write the value out; a text that starts with \"*\" stands in quotes".to_owned();
                return Err(WrongShape::at(Some(position), &self.here(), NO_REFERENCES, Some(hint)));
            }
            Event::Scalar(text, style, ..) => self.scalar(event, text, *style, position)?,
            Event::MappingStart(..) | Event::SequenceStart(..) => self.begin(event, position)?,
            Event::MappingEnd | Event::SequenceEnd => match self.open.pop() {
                Some(Open::Mapping { entries, .. }) => self.put(Value::Object(entries)),
                Some(Open::List { items, .. }) => self.put(Value::Array(items)),
                None => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        event: &Event<'_>,
        text: &str,
        style: ScalarStyle,
        position: Position,
    ) -> Result<(), WrongShape> {
        if let Some(Open::Mapping { path, key: key @ None, .. }) = self.open.last_mut() {
            let path = below(path, text);
            if text == "<<" {
                let hint = "write the keys out".to_owned();
                let message = "merge keys are not part of contracts";
                return Err(WrongShape::at(Some(position), &path, message, Some(hint)));
            }
            *key = Some((text.to_owned(), position));
            self.refuse_properties(event, &path, position);
            return Ok(());
        }
        let value = if style == ScalarStyle::Plain { plain(text) } else { Value::from(text) };
        let path = self.place(position, Some(text));
        self.refuse_properties(event, &path, position);
        self.put(value);
        Ok(())
    }

    fn begin(&mut self, event: &Event<'_>, position: Position) -> Result<(), WrongShape> {
        if matches!(self.open.last(), Some(Open::Mapping { key: None, .. })) {
            let hint = "a text that starts with \"{\" or \"[\" stands in quotes".to_owned();
            return Err(WrongShape::at(Some(position), &self.here(), "a key must be plain text", Some(hint)));
        }
        let path = self.place(position, None);
        self.refuse_properties(event, &path, position);
        if self.open.len() == MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels");
            return Err(WrongShape::at(Some(position), &path, message, None));
        }
        self.open.push(match event {
            Event::MappingStart(..) => Open::Mapping { path, key: None, entries: Map::new() },
            _ => Open::List { path, items: Vec::new() },
        });
        Ok(())
    }

    fn refuse_properties(&mut self, node: &Event<'_>, path: &str, position: Position) {
        if node.tag().is_some() || node.anchor_id().is_some() {
            let hint = "a text that starts with \"&\" or \"!\" stands in quotes".to_owned();
            self.read.refused.push(WrongShape::at(Some(position), path, NO_REFERENCES, Some(hint)));
        }
    }

    /// Notes where the value that starts here stands, and returns its path.
    fn place(&mut self, value: Position, text: Option<&str>) -> String {
        let path = self.here();
        let (key, named) = match self.open.last() {
            Some(Open::Mapping { key: Some((_, position)), .. }) => (*position, true),
            _ => (value, false),
        };
        let first = self.read.outline.key_of(&path);
        let noted = self.read.outline.note(&path, Place { key, value, text: text.map(str::to_owned) });
        if let (true, false, Some(first)) = (named, noted, first) {
            let message = format!("this key stands here a second time; the first is in line {}", first.line);
            let hint = "keep one of them".to_owned();
            self.read.refused.push(WrongShape::at(Some(key), &path, message, Some(hint)));
        }
        path
    }

    /// The path of the value that comes next.
    fn here(&self) -> String {
        match self.open.last() {
            None => String::new(),
            Some(Open::Mapping { path, key, .. }) => match key {
                Some((name, _)) => below(path, name),
                None => path.clone(),
            },
            Some(Open::List { path, items }) => format!("{path}[{}]", items.len()),
        }
    }

    fn put(&mut self, value: Value) {
        match self.open.last_mut() {
            None => self.read.value = value,
            Some(Open::Mapping { key, entries, .. }) => {
                if let Some((name, _)) = key.take() {
                    entries.entry(name).or_insert(value);
                }
            }
            Some(Open::List { items, .. }) => items.push(value),
        }
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// What YAML's core schema makes of a text without quotes.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let unsigned = text.trim_start_matches(['+', '-']);
    let numeric =
        unsigned.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !numeric || !unsigned.bytes().any(|byte| byte.is_ascii_digit()) {
        return Value::from(text);
    }
    let positive = text.trim_start_matches('+');
    if let Ok(number) = positive.parse::<i64>() {
        return Value::from(number);
    }
    if let Ok(number) = positive.parse::<u64>() {
        return Value::from(number);
    }
    // 50.0 is a whole number, as JSON Schema has it.
    if let Some((whole, fraction)) = positive.split_once('.')
        && fraction.bytes().all(|digit| digit == b'0')
        && let Ok(number) = whole.parse::<i64>()
    {
        return Value::from(number);
    }
    // A number beyond the largest is text that no numeric key takes.
    positive.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map_or_else(|| Value::from(text), Value::Number)
}

/// The parser counts lines from 1 and columns from 0.
fn start(span: Span) -> Position {
    Position { line: span.start.line(), column: span.start.col() + 1 }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(line: usize, column: usize) -> Position {
        Position { line, column }
    }

    #[test]
    fn every_key_path_has_a_line_and_a_column() {
        let outline = read("a:\n  b: { c: [x, y] }\n  \"d\": 1\n").expect("YAML").outline;
        assert_eq!(outline.key("a.b"), Some(at(2, 3)));
        assert_eq!(outline.value("a.b"), Some(at(2, 6)));
        assert_eq!(outline.value("a.b.c[1]"), Some(at(2, 15)));
        assert_eq!(outline.key("a.d"), Some(at(3, 3)));
        assert_eq!(outline.value("a.d"), Some(at(3, 8)));
    }

    #[test]
    fn what_is_missing_is_told_at_its_nearest_parent() {
        let outline = read("a:\n  b: 1\n").expect("YAML").outline;
        assert_eq!(outline.key("a.x.y"), Some(at(1, 1)));
        assert_eq!(outline.value("a.x"), Some(at(1, 1)));
        assert_eq!(outline.key("z[3].y"), Some(at(1, 1)));
    }

    #[test]
    fn texts_without_quotes_are_what_yaml_says() {
        let text = "{a: 1, b: -2, c: 1.50, p: 2.0, d: true, e: ~, f: , g: no, h: 0901, i: 2026-12-01, j: \"1\", k: 18446744073709551615,\
                    l: 1.2.3, m: '', n: -x, o: 1e400}";
        let expected = json!({
            "a": 1, "b": -2, "c": 1.5, "p": 2, "d": true, "e": null, "f": null, "g": "no", "h": 901, "i": "2026-12-01", "j": "1",
            "k": 18_446_744_073_709_551_615_u64, "l": "1.2.3", "m": "", "n": "-x", "o": "1e400",
        });
        assert_eq!(read(text).expect("YAML").value, expected);
    }

    #[test]
    fn anchors_tags_second_keys_and_deep_nesting_are_refused() {
        let deep = format!("a: {}{}", "[".repeat(60), "]".repeat(60));
        for text in
            ["a: &x 1\nb: *x\n", "a: *x\n", "[1]: 2\n", "a: [", deep.as_str(), "a: 1\n---\nb: 1\n", "<<: { a: 1 }\n"]
        {
            assert!(read(text).is_err(), "{text}");
        }
        for text in ["a: &x 1\n", "a: !t 1\n", "a: 1\na: 2\n", "&x a: 1\n", "a: { b: 1, b: 2 }"] {
            assert_eq!(read(text).expect("YAML").refused.len(), 1, "{text}");
        }
    }
}
