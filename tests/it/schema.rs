//! The published JSON Schema of what the overview's doors answer.

use std::fs;

use jsonschema::Validator;
use overblik_demo::{DemoWorld, Fault, FaultTarget};
use overblik_tests::{Setup, System, repository};
use serde_json::{Value, json};

use crate::configuration::Deployment;

const FILE: &str = "contracts/schemas/overview.schema.json";
const CONNECTOR_FILE: &str = "contracts/schemas/connector.schema.json";

fn schema() -> Value {
    serde_json::from_str(&overblik_gateway::schema::overview()).expect("a schema is JSON")
}

/// A validator of one definition of the schema.
fn validator_of(definition: &str) -> Validator {
    let mut schema = schema();
    let definition = json!({ "$ref": format!("#/$defs/{definition}") });
    let root = schema.as_object_mut().expect("an object");
    root.retain(|name, _| name.starts_with('$'));
    root.insert("allOf".to_owned(), json!([definition]));
    validator(&schema)
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options().should_validate_formats(true).build(schema).expect("a valid schema")
}

#[track_caller]
fn assert_valid(validator: &Validator, document: &Value) {
    let errors: Vec<_> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
}

#[test]
fn the_published_schema_is_the_generated_one() {
    let published = fs::read_to_string(repository().join(FILE)).unwrap_or_default();
    assert!(
        published.trim_end() == overblik_gateway::schema::overview(),
        "{FILE} is out of date; write it anew with\n  cargo run -- schema > {FILE}"
    );
}

#[test]
fn the_published_schema_of_contracts_is_the_generated_one() {
    let published = fs::read_to_string(repository().join(CONNECTOR_FILE)).unwrap_or_default();
    assert!(
        published.trim_end() == overblik_gateway::schema::connector(),
        "{CONNECTOR_FILE} is not what the command prints"
    );
}

#[test]
fn configurations_follow_the_published_schema_and_slips_do_not() {
    let validator = validator(&serde_json::from_str(&overblik_gateway::schema::config()).expect("JSON"));
    let good: Value = serde_saphyr::from_str(&Deployment::new().good()).expect("YAML");
    assert_valid(&validator, &good);
    let guide = fs::read_to_string(repository().join("docs/configuration.md")).expect("a file");
    let whole = guide.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    assert_valid(&validator, &serde_saphyr::from_str(whole).expect("YAML"));
    let examples = fs::read_dir(repository().join("helm/overblik/examples")).expect("a folder");
    for example in examples.map(|entry| entry.expect("an entry").path()) {
        let values: Value = serde_saphyr::from_str(&fs::read_to_string(&example).expect("a file")).expect("YAML");
        let mut config = values["config"].clone();
        if !config["admin"].is_null() {
            // What the chart sets itself.
            config["admin"]["listen"] = json!("0.0.0.0:8090");
        }
        assert_valid(&validator, &config);
    }
    for (pointer, value) in [
        ("/sesion", json!({})),
        ("/session", json!({ "idle": 1 })),
        ("/session", json!({ "idle_s": "soon" })),
        ("/session", json!({ "store": "disk" })),
        ("/login/issuer", Value::Null),
        ("/limits", json!({ "connections": -1 })),
    ] {
        let mut wrong = good.clone();
        let (section, name) = pointer.rsplit_once('/').expect("a pointer");
        wrong.pointer_mut(section).expect("a section")[name] = value;
        assert!(!validator.is_valid(&wrong), "{pointer}: {wrong}");
    }
    let mut switched_off = good;
    switched_off["limits"] = json!({ "connections": null, "requests_per_address": null, "overviews_in_flight": null });
    assert_valid(&validator, &switched_off);
}

/// Every contract of this repository, with its path below the repository.
fn contracts() -> Vec<(String, String)> {
    let root = repository().join("contracts/authorities");
    let folders = |path: &std::path::Path| -> Vec<_> {
        let entries = fs::read_dir(path).expect("a directory").map(|entry| entry.expect("an entry").path());
        entries.filter(|path| path.is_dir()).collect()
    };
    let sources = folders(&root).into_iter().flat_map(|authority| folders(&authority));
    let mut contracts: Vec<(String, String)> = sources
        .map(|source| {
            let file = source.join("connector.yaml");
            (file.display().to_string(), fs::read_to_string(&file).expect("a contract"))
        })
        .collect();
    contracts.sort();
    assert!(contracts.len() >= 3, "{contracts:?}");
    contracts
}

#[test]
fn every_contract_follows_the_published_schema_and_tells_editors_of_it() {
    const LINE: &str = "# yaml-language-server: $schema=../../../schemas/connector.schema.json";
    let published = fs::read_to_string(repository().join(CONNECTOR_FILE)).expect("a file");
    let validator = validator(&serde_json::from_str(&published).expect("JSON"));
    for (file, text) in contracts() {
        assert_eq!(text.lines().next(), Some(LINE), "the first line of {file}");
        // Read by another reader than the gateway's own.
        let contract: Value = serde_saphyr::from_str(&text).expect("YAML");
        assert_valid(&validator, &contract);
    }
}

#[tokio::test]
async fn every_citizen_s_overview_follows_the_schema() {
    let validator = validator(&schema());
    let system = System::start().await;
    for citizen in DemoWorld::citizens().iter().filter(|citizen| citizen.cpr.is_some()) {
        let mut browser = system.logged_in(citizen.slug).await;
        assert_valid(&validator, &browser.overview().await);
    }
}

#[tokio::test]
async fn an_overview_of_failures_follows_the_schema_too() {
    let setup = Setup::default()
        .fault(FaultTarget::Library, Fault::Error)
        .fault(FaultTarget::Daycare, Fault::Unauthorised)
        .fault(FaultTarget::Payments, Fault::BadJson);
    let system = setup.start().await;
    let mut browser = system.logged_in("family-signe").await;
    assert_valid(&validator(&schema()), &browser.overview().await);
}

#[tokio::test]
async fn the_events_of_a_stream_follow_the_definitions_of_their_names() {
    let (section, end) = (validator_of("Section"), validator_of("End"));
    let system = System::start().await;
    let mut browser = system.logged_in("overdue-laila").await;
    let events = browser.open_stream().await.events().await;
    assert_eq!(events.len(), 4);
    for (name, data) in &events {
        assert_valid(if name == "end" { &end } else { &section }, data);
    }
}

#[test]
fn a_document_with_another_shape_is_refused_by_the_schema() {
    let validator = validator(&schema());
    for wrong in [json!({}), json!({ "sections": [] }), json!([])] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}

#[tokio::test]
async fn the_access_log_fits_the_schema() {
    let (system, validator) = (System::start().await, validator_of("AccessLog"));
    let mut browser = system.logged_in("family-signe").await;
    browser.overview().await;
    for _ in 0..200 {
        let log = browser.get("/api/v1/access-log").await.json();
        assert_valid(&validator, &log);
        let kinds = ["asked", "log_read"].map(|kind| log.to_string().contains(&format!("\"kind\":\"{kind}\"")));
        if kinds == [true, true] {
            system.stop(&[&browser]).await;
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("entries do not come into it");
}
