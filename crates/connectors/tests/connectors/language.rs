//! The published schema of contracts and the reference of their language: both written by the code.

use crate::generated::assert_current;
use overblik_connectors::contract_schema;

#[test]
fn the_published_schema_is_the_generated_one() {
    let schema = serde_json::to_string_pretty(&contract_schema()).expect("JSON");
    assert_current("contracts/schemas/connector.schema.json", &format!("{schema}\n"));
}
