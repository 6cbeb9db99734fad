//! The shapes of texts in both languages, each as long as its place on the page bears.

use schemars::{Schema, SchemaGenerator, json_schema};

/// A heading or a name.
pub(super) fn title(_: &mut SchemaGenerator) -> Schema {
    both_languages(80)
}

/// A sentence or two.
pub(super) fn expectation(_: &mut SchemaGenerator) -> Schema {
    both_languages(300)
}

/// The texts of a code list, by code.
pub(super) fn code_text(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "minProperties": 1,
        "maxProperties": 200,
        "additionalProperties": both_languages(160),
    })
}

/// A text of the contract in a field that can carry both languages.
pub(super) fn fixed_text(_: &mut SchemaGenerator) -> Schema {
    both_languages(160)
}

fn both_languages(longest: u16) -> Schema {
    json_schema!({
        "type": "object",
        "properties": {
            "da": { "description": "The Danish text; every text stands in both languages.", "type": "string", "maxLength": longest },
            "en": { "description": "The English text; every text stands in both languages.", "type": "string", "maxLength": longest },
        },
        "required": ["da", "en"],
        "additionalProperties": false,
    })
}
