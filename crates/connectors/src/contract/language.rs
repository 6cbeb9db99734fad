//! The JSON Schema of contracts: generated from their types, published for editors, and what contracts are checked against.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use jsonschema::Validator;
use schemars::{
    Schema,
    generate::SchemaSettings,
    transform::{Transform, transform_subschemas},
};
use serde_json::Value;

use super::{manifest::Manifest, schema_walk::SchemaWalk};

/// Where the schema is published.
const ID: &str = "https://overblik.example/schemas/connector.schema.json";

/// The language as this gateway checks it.
pub(super) struct Language {
    /// The schema without patterns.
    pub(super) schema: Value,
    pub(super) validator: Validator,
    /// Where each key belongs: the paths of its holders.
    pub(super) holders: BTreeMap<String, BTreeSet<String>>,
}

/// JSON Schema (2020-12) of a contract. It says what has the right shape; what a contract means, and whether its parts fit
/// each other, is checked when it is loaded.
#[must_use]
pub fn contract_schema() -> Schema {
    let settings = SchemaSettings::draft2020_12();
    let settings = settings.with_transform(WithoutNull).with_transform(PlainNumbers).with_transform(OneLine);
    let mut schema = settings.into_generator().into_root_schema_for::<Manifest>();
    schema.insert("$id".to_owned(), ID.into());
    schema
}

/// The language to check by.
///
/// # Errors
/// Why the schema is not one: a defect of this program, which a test rules out.
pub(super) fn language() -> Result<&'static Language, &'static str> {
    static LANGUAGE: LazyLock<Result<Language, String>> = LazyLock::new(|| {
        let mut schema = contract_schema();
        // The checker says more about a text than that it does not match a pattern.
        WithoutPatterns.transform(&mut schema);
        let schema = schema.to_value();
        let validator = jsonschema::draft202012::new(&schema).map_err(|error| error.to_string())?;
        let holders = SchemaWalk(&schema).holders();
        let holders = holders.into_iter().map(|(key, holders)| (key.to_owned(), holders)).collect();
        Ok(Language { schema, validator, holders })
    });
    LANGUAGE.as_ref().map_err(String::as_str)
}

/// A key without a value is a slip of the pen: what is not wanted is left out.
#[derive(Clone, Debug)]
struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else { return };
        if let Some(Value::Array(types)) = object.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                object.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
            choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
            if let [Value::Object(only)] = choices.as_slice() {
                let only = only.clone();
                object.remove("anyOf");
                object.extend(only.into_iter().filter(|(key, _)| key != "description"));
            }
        }
        if object.get("default").is_some_and(Value::is_null) {
            object.remove("default");
        }
    }
}

/// The width of a Rust integer says nothing to an author.
#[derive(Clone, Debug)]
struct PlainNumbers;

impl Transform for PlainNumbers {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        if schema.get("type").is_some_and(|name| name == "integer") {
            schema.remove("format");
        }
    }
}

/// Comments are wrapped for the source; an editor wraps them anew.
#[derive(Clone, Debug)]
struct OneLine;

impl Transform for OneLine {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        if let Some(Value::String(description)) = schema.get_mut("description") {
            let paragraphs: Vec<String> = description.split("\n\n").map(|text| text.replace('\n', " ")).collect();
            *description = paragraphs.join("\n\n");
        }
    }
}

#[derive(Clone, Debug)]
struct WithoutPatterns;

impl Transform for WithoutPatterns {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        schema.remove("pattern");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_one() {
        assert!(language().is_ok(), "{:?}", language().err());
    }

    #[test]
    fn every_definition_and_every_key_says_what_it_is() {
        fn look(at: &str, schema: &Value, undescribed: &mut Vec<String>) {
            if let Some(Value::Object(properties)) = schema.get("properties") {
                for (name, property) in properties {
                    if property.get("description").is_none() {
                        undescribed.push(format!("{at}.{name}"));
                    }
                }
            }
            for part in [schema.get("$defs"), schema.get("oneOf"), schema.get("anyOf")].into_iter().flatten() {
                match part {
                    Value::Object(entries) => entries.iter().for_each(|(name, inner)| look(name, inner, undescribed)),
                    Value::Array(entries) => entries.iter().for_each(|inner| {
                        // A choice is described as a whole; its one key needs no second description.
                        if inner.get("description").is_none() && inner.get("$ref").is_none() {
                            undescribed.push(format!("a choice of {at}"));
                        }
                    }),
                    _ => {}
                }
            }
        }
        let mut undescribed = Vec::new();
        look("contract", &contract_schema().to_value(), &mut undescribed);
        assert_eq!(undescribed, Vec::<String>::new(), "a comment on the type or field is missing");
    }
}
