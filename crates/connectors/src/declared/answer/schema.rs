//! The schema that a contract may give for its source's answers: JSON Schema 2020-12, compiled when the contract is
//! loaded, checked before anything of an answer is mapped.

use std::fmt;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use super::{json, schema_cost};
use crate::error::ConnectorError;

/// Largest schema in bytes.
pub(crate) const MAX_SCHEMA_BYTES: usize = 64 * 1024;

/// Largest compiled pattern in bytes. A pattern's time is its size times the text's length.
const PATTERN_BYTES: usize = 64 * 1024;

/// A compiled schema.
pub(crate) struct AnswerSchema(Validator);

/// What is wrong with a schema, for the contract's author.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SchemaMistake(pub(crate) String);

impl AnswerSchema {
    /// Compiles a schema.
    ///
    /// # Errors
    /// [`SchemaMistake`] if it is larger than [`MAX_SCHEMA_BYTES`], no JSON Schema, or of unbounded cost.
    pub(crate) fn compile(text: &[u8]) -> Result<Self, SchemaMistake> {
        let mistake = |message: String| SchemaMistake(message);
        if text.len() > MAX_SCHEMA_BYTES {
            return Err(mistake(format!("larger than {} KiB", MAX_SCHEMA_BYTES / 1024)));
        }
        let schema = json::read(text).map_err(|error| match error {
            ConnectorError::TooLarge => mistake("nested too deep, or of too many values".to_owned()),
            _ => mistake("not JSON, or a key twice".to_owned()),
        })?;
        schema_cost::check(&schema).map_err(mistake)?;
        // The patterns run on an engine without backtracking. Nothing is fetched: the library is built without the
        // means, and told so. Formats are not checked, as the dialect has it: some of them compile what a source sends.
        let patterns = PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES);
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(patterns)
            .should_validate_formats(false)
            .offline()
            .build(&schema)
            .map(Self)
            .map_err(|error| mistake(format!("no JSON Schema 2020-12: {error} (at #{})", error.instance_path())))
    }

    /// Where an answer first is not as the schema says, and which part of the schema says it.
    pub(super) fn first_error(&self, answer: &Value) -> Option<(String, String)> {
        let error = self.0.iter_errors(answer).next()?;
        Some((error.instance_path().to_string(), error.schema_path().to_string()))
    }

    /// Whether an answer is as the schema says.
    pub(super) fn holds(&self, answer: &Value) -> bool {
        self.0.is_valid(answer)
    }
}

impl fmt::Debug for AnswerSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnswerSchema(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::TcpListener,
        time::{Duration, Instant},
    };

    use serde_json::json;

    use super::super::limits::MAX_DEPTH;
    use super::*;

    fn compile(schema: &Value) -> Result<AnswerSchema, String> {
        AnswerSchema::compile(schema.to_string().as_bytes()).map_err(|mistake| mistake.0)
    }

    fn refusal(schema: &Value) -> String {
        compile(schema).err().unwrap_or_default()
    }

    /// Definitions that each name the next in some way; the last is any text.
    fn chain(length: usize, link: impl Fn(Value) -> Value) -> Value {
        let mut definitions = serde_json::Map::new();
        for number in 0..length {
            definitions.insert(format!("d{number}"), link(json!({ "$ref": format!("#/$defs/d{}", number + 1) })));
        }
        definitions.insert(format!("d{length}"), json!({ "type": "string" }));
        json!({ "$ref": "#/$defs/d0", "$defs": definitions })
    }

    #[test]
    fn an_answer_is_checked_as_the_schema_says() {
        let schema = compile(&json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["sager"],
            "properties": { "sager": { "type": "array", "items": { "$ref": "#/$defs/sag" } } },
            "$defs": { "sag": { "type": "object", "required": ["nr"], "properties": {
                "nr": { "type": "string", "pattern": "^[A-Z]{2}-\\d+$" }, "del": { "$ref": "#/$defs/sag" },
            } } },
            "x-note": "an extension",
        }));
        let schema = schema.expect("a schema");
        assert!(schema.holds(&json!({ "sager": [{ "nr": "AB-12", "del": { "nr": "CD-3" } }] })));
        assert!(schema.holds(&json!({ "sager": [] })));
        for wrong in [
            json!({}),
            json!([]),
            json!({ "sager": [{}] }),
            json!({ "sager": [{ "nr": "AB-12", "del": { "nr": "x" } }] }),
        ] {
            assert!(!schema.holds(&wrong), "{wrong}");
        }
        assert_eq!(format!("{schema:?}"), "AnswerSchema(..)");
    }

    #[test]
    fn what_is_no_schema_is_told_with_its_place() {
        assert_eq!(refusal(&json!([])), "at #: a schema is an object, true or false");
        let typo = json!({ "properties": { "a": { "requried": ["b"] } } });
        assert_eq!(refusal(&typo), "at #/properties/a/requried: the keyword is not one of those that are used here");
        assert!(refusal(&json!({ "type": "text" })).starts_with("no JSON Schema 2020-12: "));
        assert!(
            refusal(&json!({ "$schema": "http://json-schema.org/draft-07/schema#" }))
                .starts_with("at #/$schema: the dialect is ")
        );
        assert_eq!(AnswerSchema::compile(b"{").expect_err("a mistake").0, "not JSON, or a key twice");
    }

    #[test]
    fn r48_an_oversized_schema_is_refused() {
        let long = json!({ "description": "x".repeat(MAX_SCHEMA_BYTES) });
        assert_eq!(refusal(&long), "larger than 64 KiB");
        let deep = format!("{}true{}", "{\"items\":".repeat(MAX_DEPTH + 1), "}".repeat(MAX_DEPTH + 1));
        let told = AnswerSchema::compile(deep.as_bytes()).expect_err("a mistake").0;
        assert_eq!(told, "nested too deep, or of too many values");
        let many = json!({ "anyOf": vec![json!({ "type": "string" }); 300] });
        assert_eq!(refusal(&many), "more than 256 checks could fall on one value: combine and refer less");
    }

    #[test]
    fn r48_references_in_a_circle_or_that_multiply_are_refused_at_load() {
        let circle = "references and combinations go round in a circle, or more than 16 in a row";
        assert_eq!(refusal(&json!({ "$ref": "#" })), circle);
        assert_eq!(
            refusal(
                &json!({ "$ref": "#/$defs/a", "$defs": { "a": { "allOf": [{ "$ref": "#/$defs/b" }] }, "b": { "not": { "$ref": "#/$defs/a" } } } })
            ),
            circle
        );
        assert_eq!(refusal(&chain(40, |next| next)), circle);
        let inside = json!({ "items": { "$ref": "#/$defs/a" }, "$defs": { "a": { "$ref": "#/$defs/a" } } });
        assert_eq!(refusal(&inside), circle);
        let multiplied = "more than 256 checks could fall on one value: combine and refer less";
        let started = Instant::now();
        assert_eq!(
            refusal(&chain(7, |next| json!({ "allOf": [next.clone(), next.clone(), next] }))),
            multiplied,
            "at one value"
        );
        let node = json!({ "allOf": [{ "items": { "$ref": "#" } }, { "items": { "$ref": "#" } }] });
        assert_eq!(refusal(&node), multiplied, "with every level of the answer");
        let names = json!({ "patternProperties": { "a": { "$ref": "#" }, "b": { "$ref": "#" } } });
        assert_eq!(refusal(&names), multiplied, "by names that meet both patterns");
        for keyword in [
            "unevaluatedProperties",
            "unevaluatedItems",
            "$dynamicRef",
            "$id",
            "$anchor",
            "$recursiveRef",
            "dependencies",
        ] {
            assert!(refusal(&json!({ keyword: "#" })).contains("the keyword is not one"), "{keyword}");
        }
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }

    #[test]
    fn r48_a_schema_that_refers_much_loads_and_checks_in_little_time_and_stack() {
        let started = Instant::now();
        // Written out in full it would be 2 to the power of 30 schemas.
        let wide = compile(&chain(30, |next| json!({ "properties": { "a": next, "b": next } }))).expect("a schema");
        assert!(wide.holds(&json!({ "a": { "b": { "a": {} } } })));
        // The longest chain that is allowed, at every level of the deepest answer.
        let mut inner = json!({ "items": { "$ref": "#" } });
        for _ in 0..14 {
            inner = json!({ "allOf": [inner] });
        }
        let deep = compile(&inner).expect("a schema");
        let text = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        let answer = json::read(text.as_bytes()).expect("JSON");
        // The stack of one of tokio's threads.
        let checked = std::thread::Builder::new().stack_size(2 << 20).spawn(move || deep.holds(&answer));
        assert!(checked.expect("a thread").join().expect("no overflow"));
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }

    #[test]
    fn r48_a_remote_reference_is_refused_and_nobody_is_called() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address");
        for remote in [
            format!("http://{address}/schema.json"),
            format!("//{address}/s"),
            "other.json#/a".to_owned(),
            "file:///etc/hostname".to_owned(),
        ] {
            for schema in [
                json!({ "$ref": remote }),
                json!({ "$defs": { "unused": { "$ref": remote } } }),
                json!({ "$id": remote, "$ref": "#" }),
                json!({ "$schema": remote }),
            ] {
                assert!(compile(&schema).is_err(), "{schema}");
            }
            let told = refusal(&json!({ "items": { "$ref": remote } }));
            assert_eq!(told, "at #/items/$ref: a reference stays within the schema and starts with \"#\"");
        }
        let nobody = listener.accept().expect_err("nobody").kind();
        assert_eq!(nobody, std::io::ErrorKind::WouldBlock);
        assert!(
            refusal(&json!({ "$ref": "#/$defs/none" }))
                .starts_with("the reference \"#/$defs/none\" leads to no schema")
        );
    }

    #[test]
    fn r48_patterns_run_in_linear_time_or_are_refused() {
        for backtracking in ["(a+)\\1", "(?=a)b", "(?<!a)b", "(?>a+)b"] {
            assert!(
                refusal(&json!({ "pattern": backtracking })).starts_with("no JSON Schema 2020-12: "),
                "{backtracking}"
            );
            let names = json!({ "patternProperties": { backtracking: true } });
            assert!(compile(&names).is_err(), "{backtracking}");
        }
        assert!(compile(&json!({ "pattern": "((a{100}){100}){100}" })).is_err(), "a bomb");
        assert!(refusal(&json!({ "pattern": "a".repeat(513) })).ends_with("a pattern is longer than 512 bytes"));
        let many: serde_json::Map<String, Value> = (0..51).map(|number| (format!("p{number}"), json!(true))).collect();
        assert_eq!(refusal(&json!({ "patternProperties": many })), "more than 50 patterns");
        // On an engine that backtracks, this one does not end within a lifetime.
        let nested = compile(&json!({ "pattern": "^(a+)+$" })).expect("a schema");
        let started = Instant::now();
        assert!(!nested.holds(&json!(format!("{}!", "a".repeat(9_999)))));
        assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
        assert!(compile(&json!({ "pattern": "^[\\p{L} -]{1,40}$" })).is_ok(), "the letters of a name");
    }
}
