//! An invented answer that a first contract can be tried on.

use overblik_widgets::FieldType;
use serde_json::{Map, Value, json};

use super::{guess::Guess, yaml::Drafting};

/// The fictitious citizen of the first case.
const CITIZEN: &str = "6101010001";

/// The answer.
pub(super) fn answer(drafting: &Drafting<'_>) -> Value {
    let mut item = Value::Object(Map::new());
    for guess in &drafting.guesses {
        put(&mut item, &Drafting::path_of(guess), value(guess));
    }
    let mut answer = Value::Object(Map::new());
    if drafting.each == "$" {
        return json!([item]);
    }
    put(&mut answer, drafting.identity_path(), json!(CITIZEN));
    put(&mut answer, &drafting.each, json!([item]));
    answer
}

/// The same in XML: a list is an element that repeats, and what has no value has no element.
pub(super) fn in_xml(answer: &Value) -> String {
    let mut text = String::new();
    for (name, value) in answer.as_object().into_iter().flatten() {
        write_element(&mut text, name, value, "");
    }
    text
}

fn write_element(text: &mut String, name: &str, value: &Value, indent: &str) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| write_element(text, name, item, indent)),
        Value::Object(children) => {
            let inner = format!("{indent}  ");
            text.extend([indent, "<", name, ">\n"]);
            children.iter().for_each(|(name, child)| write_element(text, name, child, &inner));
            text.extend([indent, "</", name, ">\n"]);
        }
        Value::String(value) => {
            text.extend([indent, "<", name, ">", &quick_xml::escape::escape(value), "</", name, ">\n"]);
        }
        Value::Bool(_) | Value::Number(_) => {
            text.extend([indent, "<", name, ">", &value.to_string(), "</", name, ">\n"]);
        }
    }
}

fn value(guess: &Guess) -> Value {
    let first = guess.from.first();
    match guess.field.field_type {
        FieldType::Text => json!("Eksempel"),
        FieldType::Date => json!("2026-12-01"),
        FieldType::Moment => json!("2026-12-01T10:30:00"),
        FieldType::Money => match first.map(|candidate| candidate.form) {
            Some(super::guess::Form::Integer) => json!(12_550),
            Some(super::guess::Form::Text) => json!("125,50"),
            _ => json!(125.5),
        },
        FieldType::Integer => json!(3),
        FieldType::Flag => json!(true),
        // A link of the source's own host is not known here; null is no link.
        FieldType::Link => Value::Null,
        FieldType::Code | FieldType::Choice(_) => {
            let code = first.and_then(|candidate| candidate.codes.first().cloned());
            json!(code.unwrap_or_else(|| "TODO".to_owned()))
        }
    }
}

/// Puts a value where a path of plain names leads.
fn put(holder: &mut Value, path: &str, value: Value) {
    let mut place = holder;
    for name in path.split(['.', '[', ']', '\'']).filter(|name| !name.is_empty() && *name != "$" && *name != "*") {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Some(object) = place.as_object_mut() else { return };
        place = object.entry(name).or_insert(Value::Null);
    }
    *place = value;
}
