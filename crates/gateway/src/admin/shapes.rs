//! Shapes of what is checked as it is read, for the description: the types themselves are the registry's, which knows nothing of
//! descriptions. What a schema cannot say (a line holds no person's number, and nothing that is not seen) is refused all the same.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

/// One line that a person wrote.
fn a_line() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": overblik_registry::MOST_CHARACTERS })
}

/// One line in each language.
fn in_both_languages() -> Value {
    json!({
        "type": "object",
        "required": ["da", "en"],
        "properties": { "da": a_line(), "en": a_line() },
        "additionalProperties": false,
    })
}

fn schema(value: &Value) -> Schema {
    // Each of them is written as an object.
    value.as_object().cloned().unwrap_or_default().into()
}

pub(super) fn line(_: &mut SchemaGenerator) -> Schema {
    schema(&a_line())
}

pub(super) fn line_or_none(_: &mut SchemaGenerator) -> Schema {
    schema(&json!({ "anyOf": [a_line(), { "type": "null" }] }))
}

pub(super) fn texts(_: &mut SchemaGenerator) -> Schema {
    schema(&in_both_languages())
}

/// The number of a version.
pub(super) fn version(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
}

/// The number of a record, or of lines.
pub(super) fn number(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": 0, "maximum": u64::MAX })
}

/// Per cent of citizens.
pub(super) fn share(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": 1, "maximum": 100 })
}

pub(super) fn share_or_none(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [{ "type": "integer", "minimum": 1, "maximum": 100 }, { "type": "null" }] })
}

pub(super) fn digest(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
}

pub(super) fn cvr(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[0-9]{8}$" })
}

/// The public keys of programs, by their names.
pub(super) fn clients(_: &mut SchemaGenerator) -> Schema {
    let keys = json!({ "type": "array", "items": { "type": "object", "required": ["kty", "kid"] }, "minItems": 1 });
    let set = json!({ "type": "object", "required": ["keys"], "properties": { "keys": keys }, "additionalProperties": false });
    json_schema!({ "type": "object", "additionalProperties": set })
}

/// Times in which a source is closed.
pub(super) fn windows(_: &mut SchemaGenerator) -> Schema {
    let time = json!({ "type": "string", "format": "date-time" });
    json_schema!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["from", "to", "text"],
            "properties": { "from": time, "to": time, "text": in_both_languages() },
            "additionalProperties": false,
        },
    })
}

pub(super) fn municipalities(_: &mut SchemaGenerator) -> Schema {
    let these = json!({ "type": "array", "items": { "type": "string", "pattern": "^[0-9]{4}$" } });
    json_schema!({ "oneOf": [
        { "const": "all" },
        { "type": "object", "required": ["these"], "properties": { "these": these }, "additionalProperties": false },
    ] })
}
