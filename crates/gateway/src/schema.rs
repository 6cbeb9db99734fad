//! The published JSON Schemas: of what the overview's doors answer, of contracts, and of the
//! configuration file.

use overblik_widgets::{AccessLog, Overview, Section, Sources, Summary};
use schemars::generate::SchemaSettings;

/// JSON Schema (2020-12) of the overview document; the `section` and `end` events of the stream are `Section` and
/// `End` among its definitions, and what `/api/v1/sources` answers is `Sources`, what `/api/v1/access-log` answers is `AccessLog`; one section, and more about one item, are a
/// `Section` each.
#[must_use]
pub fn overview() -> String {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.subschema_for::<Section>();
    generator.subschema_for::<Summary>();
    generator.subschema_for::<Sources>();
    generator.subschema_for::<AccessLog>();
    let mut schema = generator.into_root_schema_for::<Overview>();
    schema.insert("$id".to_owned(), "https://overblik.example/schemas/overview.schema.json".into());
    serde_json::to_string_pretty(&schema).unwrap_or_default()
}

/// JSON Schema (2020-12) of a contract, from which editors complete and check `connector.yaml`.
#[must_use]
pub fn connector() -> String {
    serde_json::to_string_pretty(&overblik_connectors::contract_schema()).unwrap_or_default()
}

/// JSON Schema (2020-12) of the configuration file, from which editors complete and check it.
#[must_use]
pub fn config() -> String {
    serde_json::to_string_pretty(&crate::config::config_schema()).unwrap_or_default()
}
