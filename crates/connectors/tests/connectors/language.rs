//! The published schema of contracts and the reference of their language: both written by the code.
//!
//! `tests/language/<Definition>.yaml`, or `<Definition>-<what>.yaml`, is an example in the reference. It holds what a whole
//! contract (`Contract.yaml`) has in other words or besides, and is loaded as such. What each that maps something makes of
//! answers is in `answers/`, under the same name.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Arc,
};

use overblik_connectors::{
    AddressPolicy, ConnectorSet, ContractMistakes, Endpoint, LoadOptions, ReferenceExample, Secret, contract_reference,
    contract_schema,
};
use serde_json::{Map, Value};

use crate::{
    certificate::client_certificate,
    credentials::TestSigner,
    generated::{assert_current, repository},
    support::Folder,
};

/// The example of the language's parts, by the name of its file.
pub(crate) fn examples() -> BTreeMap<String, String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language");
    let paths = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("an example"))
        })
        .collect()
}

pub(crate) fn value(yaml: &str) -> Value {
    serde_saphyr::from_str(yaml).expect("YAML")
}

/// The whole contract with what an example has in other words or besides.
pub(crate) fn whole(example: &Value) -> Value {
    let mut contract = value(&examples()["Contract"]);
    // What a request or a widget is, is said in one piece.
    merge(&mut contract, example, 3);
    let spec = contract["spec"].as_object_mut().expect("a mapping");
    if spec.contains_key("native") || spec.contains_key("orkestrering") {
        spec.retain(|key, _| !["requests", "codes", "widgets"].contains(&key.as_str()));
    }
    contract
}

fn merge(into: &mut Value, from: &Value, depth: usize) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) if depth > 0 => {
            for (key, from) in from {
                merge(into.entry(key.clone()).or_insert_with(|| Value::Object(Map::new())), from, depth - 1);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

fn load(contract: &Value) -> Result<ConnectorSet, ContractMistakes> {
    // JSON is YAML.
    let folder = Folder::with(&[("skovby/parking", &contract.to_string())]);
    let schemas = folder.path().join("skovby/parking/schemas");
    fs::create_dir(&schemas).expect("a folder");
    fs::write(schemas.join("answer.json"), r#"{ "type": "object" }"#).expect("a file");
    let secret = || Some(Secret::new("test-secret".into()));
    let endpoint = Endpoint {
        api_key: secret(),
        client_id: Some("overblik".into()),
        client_secret: secret(),
        user: Some("overblik".into()),
        password: secret(),
        tls: client_certificate(folder.path()),
        ..Endpoint::default()
    };
    let options = LoadOptions {
        endpoints: BTreeMap::from([("parking".to_owned(), endpoint)]),
        address_policy: AddressPolicy::Production,
        signer: Some(Arc::new(TestSigner::default())),
        login_token_hosts: BTreeSet::from(["login.skovby.example".to_owned()]),
        ..LoadOptions::default()
    };
    ConnectorSet::load(folder.path(), &options)
}

#[test]
fn the_published_schema_is_the_generated_one() {
    let schema = serde_json::to_string_pretty(&contract_schema()).expect("JSON");
    assert_current("contracts/schemas/connector.schema.json", &format!("{schema}\n"));
}

#[test]
fn the_reference_is_the_generated_one() {
    let examples = examples();
    let examples: Vec<ReferenceExample<'_>> = examples
        .iter()
        .map(|(name, yaml)| ReferenceExample { of: name.split('-').next().unwrap_or_default(), yaml })
        .collect();
    let reference = contract_reference(&examples);
    for example in &examples {
        assert!(reference.contains(example.yaml.trim()), "no definition of the schema is named {}", example.of);
    }
    assert_current("docs/contract-reference.md", &reference);
}

#[test]
fn every_example_of_the_reference_loads_and_follows_the_published_schema() {
    let validator = jsonschema::draft202012::new(&contract_schema().to_value()).expect("a schema");
    for (name, yaml) in examples() {
        let contract = whole(&value(&yaml));
        if let Err(mistakes) = load(&contract) {
            panic!("{name}: {mistakes}");
        }
        let errors: Vec<String> = validator.iter_errors(&contract).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

/// Notes which keys and choices of the schema a value uses.
fn note_used(schema: &Value, name: &str, node: &Value, value: &Value, used: &mut BTreeSet<String>) {
    if let Some(name) = node.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/$defs/")) {
        return note_used(schema, name, &schema["$defs"][name], value, used);
    }
    for branch in ["oneOf", "anyOf"].into_iter().filter_map(|choice| node.get(choice)?.as_array()).flatten() {
        note_used(schema, name, branch, value, used);
    }
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                if let Some(inner) = node.get("properties").and_then(|properties| properties.get(key)) {
                    used.insert(format!("{name}.{key}"));
                    note_used(schema, name, inner, value, used);
                } else if let Some(inner) = node.get("additionalProperties") {
                    note_used(schema, name, inner, value, used);
                }
            }
        }
        Value::Array(items) => {
            let inner = node.get("items").unwrap_or(&Value::Null);
            for item in items {
                note_used(schema, name, inner, item, used);
            }
        }
        _ => {}
    }
}

/// Every key of the schema, as [`note_used`] names it.
fn keys_of(name: &str, node: &Value, keys: &mut BTreeSet<String>) {
    for (key, inner) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
        keys.insert(format!("{name}.{key}"));
        keys_of(name, inner, keys);
    }
    for branch in ["oneOf", "anyOf"].into_iter().filter_map(|choice| node.get(choice)?.as_array()).flatten() {
        keys_of(name, branch, keys);
    }
    for inner in ["items", "additionalProperties"].into_iter().filter_map(|part| node.get(part)) {
        keys_of(name, inner, keys);
    }
}

#[test]
fn every_key_of_the_language_stands_in_an_example_or_in_a_contract_of_this_repository() {
    let schema = contract_schema().to_value();
    let mut contracts: Vec<Value> = examples().values().map(|yaml| whole(&value(yaml))).collect();
    let root = repository("contracts/authorities");
    let folders = |path: &Path| -> Vec<_> {
        let paths = fs::read_dir(path).expect("a directory").map(|entry| entry.expect("an entry").path());
        paths.filter(|path| path.is_dir()).collect()
    };
    for source in folders(&root).iter().flat_map(|authority| folders(authority)) {
        contracts.push(value(&fs::read_to_string(source.join("connector.yaml")).expect("a contract")));
    }
    let mut used = BTreeSet::new();
    for contract in &contracts {
        note_used(&schema, "Contract", &schema, contract, &mut used);
    }
    let mut keys = BTreeSet::new();
    keys_of("Contract", &schema, &mut keys);
    for (name, node) in schema["$defs"].as_object().expect("definitions") {
        keys_of(name, node, &mut keys);
    }
    let without: Vec<&String> = keys.difference(&used).collect();
    assert!(without.is_empty(), "no example in tests/language shows {without:?}");
}
