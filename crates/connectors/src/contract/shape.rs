//! Whether a contract has the shape of one; every deviation is told, with what its author probably meant.

use std::collections::BTreeSet;

use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind as Kind},
};
use serde_json::Value;

use super::{
    choice,
    language::{Language, language},
    mistake::Position,
    outline::Outline,
    schema_walk::{SchemaWalk, Step, steps, value_at, written},
    suggestion::{nearest, suggestion},
    syntax::WrongShape,
};

/// What a deviation leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// A bound is exceeded; but for numbers that are too large to be read, the shape is right.
    Bound(Vec<Step>),
    /// A key that means nothing.
    Unknown { holder: Vec<Step>, key: String },
    /// A key is missing.
    Missing { holder: Vec<Step>, key: String },
    /// A value is none that could stand there.
    Value(Vec<Step>),
}

/// A deviation from the shape.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) wrong: WrongShape,
    pub(super) damage: Damage,
}

/// All deviations of a contract.
pub(super) fn faults(value: &Value, outline: &Outline) -> Vec<Fault> {
    let language = match language() {
        Ok(language) => language,
        Err(defect) => {
            let wrong =
                WrongShape::at(None, "", format!("cannot be checked, by a defect of this program: {defect}"), None);
            return vec![Fault { wrong, damage: Damage::Value(Vec::new()) }];
        }
    };
    let mut teller = Teller { value, outline, language, walk: SchemaWalk(&language.schema), faults: Vec::new() };
    let keys = teller.walk.keys(&language.schema);
    if !keys.iter().any(|key| value.get(key).is_some()) {
        // Nothing that could be told of it would help.
        let hint = format!("a contract holds the keys {}", keys.join(", "));
        teller.wrong_value(&[], "is no contract", Some(hint));
        return teller.faults;
    }
    for error in language.validator.iter_errors(value) {
        teller.tell(&error);
    }
    without_consequences(teller.faults)
}

/// A misspelt key is missing under its right name: that is one mistake.
fn without_consequences(mut faults: Vec<Fault>) -> Vec<Fault> {
    let misspelt: Vec<(Vec<Step>, String)> = faults
        .iter()
        .filter_map(|fault| match &fault.damage {
            Damage::Unknown { holder, key } => Some((holder.clone(), key.clone())),
            _ => None,
        })
        .collect();
    let missing: Vec<(Vec<Step>, String)> = faults
        .iter()
        .filter_map(|fault| match &fault.damage {
            Damage::Missing { holder, key } => Some((holder.clone(), key.clone())),
            _ => None,
        })
        .collect();
    faults.retain(|fault| match &fault.damage {
        Damage::Missing { holder, key } => {
            let others = || missing.iter().filter(|(at, _)| at == holder).map(|(_, key)| key.as_str());
            !misspelt.iter().any(|(at, unknown)| at == holder && nearest(unknown, others()) == Some(key))
        }
        _ => true,
    });
    faults
}

/// Turns what the validator finds into what an author can use.
pub(super) struct Teller<'a> {
    pub(super) value: &'a Value,
    pub(super) outline: &'a Outline,
    language: &'a Language,
    pub(super) walk: SchemaWalk<'a>,
    faults: Vec<Fault>,
}

impl<'a> Teller<'a> {
    pub(super) fn tell(&mut self, error: &ValidationError<'_>) {
        let at = steps(self.value, error.instance_path().as_str());
        match error.kind() {
            Kind::AdditionalProperties { unexpected } => unexpected.iter().for_each(|key| self.unknown_key(&at, key)),
            Kind::Required { property } => self.missing_key(&at, property.as_str().unwrap_or_default()),
            Kind::Type { kind } => self.wrong_type(&at, kind),
            Kind::Enum { .. } | Kind::Constant { .. } => self.no_such_value(&at),
            Kind::OneOfNotValid { context } | Kind::AnyOf { context } => choice::tell(self, &at, context),
            _ => self.out_of_bounds(&at, error),
        }
    }

    /// What is said about the value at a path.
    pub(super) fn node(&self, at: &[Step]) -> &'a Value {
        self.walk.at(at).unwrap_or(&Value::Null)
    }

    pub(super) fn given(&self, at: &[Step]) -> &'a Value {
        value_at(self.value, at).unwrap_or(&Value::Null)
    }

    /// Notes that a value is wrong.
    pub(super) fn wrong_value(&mut self, at: &[Step], message: impl Into<String>, hint: Option<String>) {
        self.value_with(at, message, hint, Damage::Value(at.to_vec()));
    }

    fn value_with(&mut self, at: &[Step], message: impl Into<String>, hint: Option<String>, damage: Damage) {
        let path = written(at);
        let wrong = WrongShape::at(self.outline.value(&path), &path, message, hint);
        self.faults.push(Fault { wrong, damage });
    }

    /// Notes that a key is not one that could stand there.
    pub(super) fn unknown_key(&mut self, holder: &[Step], key: &str) {
        let known = self.walk.keys(self.node(holder));
        let given = self.given(holder);
        let free: Vec<&str> = known.iter().copied().filter(|known| given.get(known).is_none()).collect();
        let unspaced = key.split_once(':').filter(|(name, _)| known.contains(name));
        let hint = match (nearest(key, free), self.elsewhere(holder, key)) {
            _ if unspaced.is_some() => {
                unspaced.map(|(name, value)| format!("a space belongs after the colon: {name}: {value}"))
            }
            (_, Some(elsewhere)) => Some(elsewhere),
            (Some(nearest), _) if known.len() > 1 => {
                Some(format!("did you mean \"{nearest}\"? The keys here are {}", known.join(", ")))
            }
            _ => suggestion(key, "keys here", known),
        };
        let mut at = holder.to_vec();
        at.push(Step::Key(key.to_owned()));
        let path = written(&at);
        let wrong = WrongShape::at(self.outline.key(&path), &path, format!("no such key \"{key}\""), hint);
        self.faults.push(Fault { wrong, damage: Damage::Unknown { holder: holder.to_vec(), key: key.to_owned() } });
    }

    /// Notes that a key stands where it cannot.
    pub(super) fn wrong_key(
        &mut self,
        place: Option<Position>,
        holder: &[Step],
        at: &[Step],
        message: String,
        hint: Option<String>,
    ) {
        let wrong = WrongShape::at(place, &written(at), message, hint);
        self.faults.push(Fault { wrong, damage: Damage::Value(holder.to_vec()) });
    }

    /// Where a key belongs that stands a level too deep or too high.
    fn elsewhere(&self, holder: &[Step], key: &str) -> Option<String> {
        let here = written(holder);
        let names = |path: &str| -> Vec<String> {
            let parts = path.split('.').filter(|part| !part.is_empty());
            parts.map(|part| part.split('[').next().unwrap_or_default().to_owned()).collect()
        };
        let here = names(&here);
        let near = |other: &&String| {
            let other = names(other);
            here.len() != other.len() && here.iter().zip(&other).all(|(is, named)| named == "<name>" || is == named)
        };
        let place = self.language.holders.get(key)?.iter().find(near)?;
        let place = if place.is_empty() {
            "stands in the first column".to_owned()
        } else {
            format!("belongs under \"{place}\"")
        };
        Some(format!("\"{key}\" {place}: look at the indentation"))
    }

    fn missing_key(&mut self, holder: &[Step], key: &str) {
        let mut at = holder.to_vec();
        at.push(Step::Key(key.to_owned()));
        let about = self.node(&at).get("description").and_then(Value::as_str);
        let path = written(holder);
        let place = if path.is_empty() { None } else { self.outline.key(&path) };
        let hint = about.map(|about| format!("{key}: {about}"));
        let wrong = WrongShape::at(place, &path, format!("the key \"{key}\" is missing"), hint);
        self.faults.push(Fault { wrong, damage: Damage::Missing { holder: holder.to_vec(), key: key.to_owned() } });
    }

    pub(super) fn no_such_value(&mut self, at: &[Step]) {
        let words = self.walk.words(self.node(at));
        match (words.as_slice(), self.given(at)) {
            ([only], _) => self.wrong_value(at, format!("must be \"{only}\""), None),
            (_, Value::String(given)) => {
                let hint = suggestion(given, "values here", words);
                self.wrong_value(at, format!("no such value \"{given}\""), hint);
            }
            (_, Value::Null) => self.no_value(at),
            _ => {
                let given = self.outline.text(&written(at)).map(|text| format!(" \"{text}\"")).unwrap_or_default();
                let hint = Some(format!("The values here are {}", words.join(", ")));
                self.wrong_value(at, format!("no such value{given}"), hint);
            }
        }
    }

    /// Notes that nothing stands after a key.
    pub(super) fn no_value(&mut self, at: &[Step]) {
        let hint = "write it after the colon, or indented below; or leave the key out, if nothing is meant";
        let (keys, words) = (self.walk.keys(self.node(at)), self.walk.words(self.node(at)));
        let known = match (keys.as_slice(), words.as_slice()) {
            ([], []) => String::new(),
            ([], words) => format!(". The values here are {}", words.join(", ")),
            (keys, _) => format!(". The keys here are {}", keys.join(", ")),
        };
        self.wrong_value(at, "has no value", Some(format!("{hint}{known}")));
    }

    fn wrong_type(&mut self, at: &[Step], kind: &TypeKind) {
        let given = self.given(at);
        let path = written(at);
        let text = self.outline.text(&path).unwrap_or_default();
        let expected = match kind {
            TypeKind::Single(expected) => expected.as_str(),
            TypeKind::Multiple(_) => "",
        };
        if given.is_null() {
            return self.no_value(at);
        }
        let (message, hint) = match expected {
            "string" => ("must be text", as_text(given, text)),
            "integer" => ("must be a whole number", as_number(given, text)),
            "number" => ("must be a number", as_number(given, text)),
            "boolean" => ("must be true or false", given.is_string().then(|| "without quotes".to_owned())),
            "array" => ("must be a list", Some(as_list(given, text))),
            _ => {
                let keys = self.walk.keys(self.node(at));
                let names = if keys.is_empty() {
                    "entries of the form \"name: value\"".to_owned()
                } else {
                    format!("the keys {}", keys.join(", "))
                };
                let message = if given.is_array() { "must not be a list" } else { "must hold keys of its own" };
                (message, Some(format!("here belong {names}")))
            }
        };
        self.wrong_value(at, message, hint);
    }

    fn out_of_bounds(&mut self, at: &[Step], error: &ValidationError<'_>) {
        let given = self.given(at);
        let node = self.node(at);
        let bound =
            |name| self.walk.alternatives(node).into_iter().find_map(|node| node.get(name)).map(Value::to_string);
        let entries =
            given.as_array().map(Vec::len).or_else(|| given.as_object().map(serde_json::Map::len)).unwrap_or(0);
        let message = match error.kind() {
            Kind::MaxLength { limit } => {
                let length = given.as_str().map_or(0, |text| text.chars().count());
                format!("is {length} characters long; at most {limit} are allowed")
            }
            Kind::MinLength { limit } => format!("must be at least {limit} characters long"),
            Kind::MaxItems { limit } | Kind::MaxProperties { limit } => {
                format!("holds {entries} entries; at most {limit} are allowed")
            }
            Kind::MinItems { limit: 1 } | Kind::MinProperties { limit: 1 } => "at least one entry is needed".to_owned(),
            Kind::MinItems { limit } | Kind::MinProperties { limit } => format!("at least {limit} entries are needed"),
            Kind::Minimum { .. } | Kind::Maximum { .. } => match (bound("minimum"), bound("maximum")) {
                (Some(least), Some(most)) => format!("must be {least} to {most}"),
                (Some(least), None) => format!("must be {least} or more"),
                _ => format!("must be {} or less", bound("maximum").unwrap_or_default()),
            },
            _ => error.masked_with("this value").to_string(),
        };
        // A list or mapping is told at its key: its first entry is not what is wrong.
        let path = written(at);
        let collection = given.is_array() || given.is_object();
        let place = if collection { self.outline.key(&path) } else { self.outline.value(&path) };
        let about = node.get("description").and_then(Value::as_str).filter(|_| given.is_number());
        let hint =
            about.zip(at.last()).map(|(about, last)| format!("{}: {about}", written(std::slice::from_ref(last))));
        let wrong = WrongShape::at(place, &path, message, hint);
        self.faults.push(Fault { wrong, damage: Damage::Bound(at.to_vec()) });
    }
}

fn as_text(given: &Value, text: &str) -> Option<String> {
    match given {
        // `x: {citizen.cpr}` is a mapping in YAML.
        Value::Object(entries) => {
            let mut entries = entries.iter();
            match (entries.next(), entries.next()) {
                (Some((name, Value::Null)), None) => Some(format!("put it in quotes: \"{{{name}}}\"")),
                _ => None,
            }
        }
        Value::Array(items) => match items.as_slice() {
            [Value::String(only)] => Some(format!("write it without brackets: {only}")),
            _ => None,
        },
        Value::Bool(_) => Some(format!("it was read as yes or no; put it in quotes: \"{text}\"")),
        _ => Some(format!("put it in quotes: \"{text}\"")),
    }
}

fn as_number(given: &Value, text: &str) -> Option<String> {
    let digits = text.len() - text.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    match text.split_at_checked(digits)? {
        (digits, "") if given.is_string() && !digits.is_empty() => Some(format!("write it without quotes: {text}")),
        (digits, unit) if !digits.is_empty() && unit.trim().chars().all(char::is_alphabetic) => {
            Some(format!("write the number alone: {digits}"))
        }
        _ => None,
    }
}

fn as_list(given: &Value, text: &str) -> String {
    if given.is_object() {
        "each entry of a list begins with \"- \"".to_owned()
    } else {
        let plain = text.starts_with(char::is_alphabetic) && !text.contains(['{', '}', ':', ',', '[', ']', '#']);
        let quoted = if given.is_string() && plain { text.to_owned() } else { format!("\"{text}\"") };
        format!("a list of one is written [{quoted}]")
    }
}

/// The names in a list, as a sentence has them.
pub(super) fn listed(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
