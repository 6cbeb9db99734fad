//! What is published of the configuration: its JSON Schema, for editors, and its reference, for people. Both are written from
//! the types that read it, so that neither can say anything else.

use overblik_connectors::schema_reference;
use schemars::{
    Schema,
    generate::SchemaSettings,
    transform::{Transform, transform_subschemas},
};
use serde_json::Value;

use super::Config;

/// Where the schema is published.
const ID: &str = "https://overblik.example/schemas/config.schema.json";

/// Limits whose defaults follow from the machine; their descriptions say how.
const OF_THE_MACHINE: [&str; 5] =
    ["connections", "connections_per_address", "handshakes", "handshakes_per_address", "overviews_in_flight"];

const HEAD: &str = "\
# Reference of the configuration

Every setting of the configuration file, section by section from the outside in. [configuration.md](configuration.md) says how
the file is read, and what the settings mean together. This page is written from the types that read the file; do not edit it:

```sh
OVERBLIK_WRITE=1 cargo test -p overblik-gateway --lib config::published
```

A setting in **bold** must be there if its section is; an unknown one is a mistake. `_s` at the end of a name means seconds,
`_ms` milliseconds, `_mib` mebibytes, `_file` the path of a file. Editors complete and check the file with this as its first
line (`overblik schema config` prints that schema):

```yaml
# yaml-language-server: $schema=<path of this repository>/contracts/schemas/config.schema.json
```

What has the right shape may still contradict itself, or name a file that is not there: `overblik config check FILE` tells.
";

/// JSON Schema (2020-12) of the configuration file.
#[must_use]
pub fn config_schema() -> Schema {
    let settings = SchemaSettings::draft2020_12().with_transform(Readable);
    let mut schema = settings.into_generator().into_root_schema_for::<Config>();
    schema.insert("$id".to_owned(), ID.into());
    for name in OF_THE_MACHINE {
        let setting = schema.pointer_mut(&format!("/$defs/LimitsConfig/properties/{name}"));
        if let Some(setting) = setting.and_then(Value::as_object_mut) {
            setting.remove("default");
        }
    }
    schema
}

/// The reference of the configuration, in Markdown.
#[must_use]
pub fn config_reference() -> String {
    schema_reference(HEAD, "Configuration", &config_schema().to_value(), &[])
}

/// Says what concerns whoever writes a configuration, and not how it is kept in memory.
#[derive(Clone, Debug)]
struct Readable;

impl Transform for Readable {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else { return };
        if object.get("default").is_some_and(Value::is_null) {
            object.remove("default");
        }
        // Only where there is a default does `null` say something else than nothing: that it does not hold.
        if !object.contains_key("default") {
            without_null(object);
        }
        let types = object.get("type").into_iter().flat_map(|types| match types {
            Value::Array(types) => types.as_slice(),
            one => std::slice::from_ref(one),
        });
        if types.into_iter().any(|name| name == "integer") {
            object.remove("format");
        }
        // Comments are wrapped for the source; an editor wraps them anew.
        if let Some(Value::String(description)) = object.get_mut("description") {
            let paragraphs: Vec<String> = description.split("\n\n").map(|text| text.replace('\n', " ")).collect();
            *description = paragraphs.join("\n\n");
        }
    }
}

fn without_null(object: &mut serde_json::Map<String, Value>) {
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
            let described = object.contains_key("description");
            object.extend(only.into_iter().filter(|(key, _)| !(described && key == "description")));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// Compares a published file with what it should be; `OVERBLIK_WRITE=1` writes it anew.
    #[track_caller]
    fn assert_current(file: &str, wanted: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
        if crate::config::for_option("OVERBLIK_WRITE").is_some() {
            fs::write(&path, wanted).expect("written");
        }
        let there = fs::read_to_string(&path).unwrap_or_default();
        let again = "OVERBLIK_WRITE=1 cargo test -p overblik-gateway --lib config::published";
        assert!(there == wanted, "{file} is out of date; write it anew with\n  {again}");
    }

    #[test]
    fn the_published_schema_is_the_generated_one() {
        assert_current("contracts/schemas/config.schema.json", &format!("{}\n", crate::schema::config()));
    }

    #[test]
    fn the_published_reference_is_the_generated_one() {
        assert_current("docs/configuration-reference.md", &config_reference());
    }

    #[test]
    fn every_section_is_closed_and_every_setting_says_what_it_is() {
        fn look(at: &str, schema: &Value, wrong: &mut Vec<String>) {
            let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
            if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
                wrong.push(format!("{at} is open"));
            }
            for (name, property) in properties {
                if property.get("description").is_none() {
                    wrong.push(format!("{at}.{name} has no description"));
                }
            }
        }
        let schema = config_schema().to_value();
        let mut wrong = Vec::new();
        look("", &schema, &mut wrong);
        for (name, definition) in schema["$defs"].as_object().expect("definitions") {
            // Its keys are the languages, and it reads itself.
            if name != "LocalizedText" {
                look(name, definition, &mut wrong);
            }
        }
        assert_eq!(wrong, [""; 0]);
    }

    #[test]
    fn the_schema_says_defaults_what_may_be_switched_off_and_nothing_of_this_machine() {
        let schema = config_schema().to_value();
        let setting = |section: &str, name: &str| &schema["$defs"][section]["properties"][name];
        assert_eq!(setting("SessionConfig", "idle_s")["default"], 1200);
        assert_eq!(setting("SessionConfig", "store")["default"], "memory");
        assert_eq!(setting("LimitsConfig", "connections")["type"], serde_json::json!(["integer", "null"]));
        for name in super::OF_THE_MACHINE {
            let of_machine = setting("LimitsConfig", name);
            assert_eq!(
                (of_machine.get("default"), &of_machine["type"]),
                (None, &serde_json::json!(["integer", "null"]))
            );
        }
        assert_eq!(schema["$defs"].get("LoginConfig2"), None, "one login, wherever it stands");
        assert_eq!(setting("SessionConfig", "keys_file")["type"], "string");
    }
}
