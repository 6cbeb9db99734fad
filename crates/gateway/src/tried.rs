//! What came of trying a contract, for its author: without the number of the citizen whom it was tried with, whatever a
//! source may have written into its answer.

use overblik_connectors::kit::{Came, Contract};
use serde_json::{Value, json};

/// What came, in JSON.
pub(crate) fn json_of(contract: &Contract, came: &Came, notes: &[String], citizen: &str) -> Value {
    let mut value = came.golden();
    if let Some(object) = value.as_object_mut() {
        object.insert("source".to_owned(), json!(contract.source().slug));
        object.insert("reason".to_owned(), json!(came.error.map(|error| error.to_string())));
        object.insert("reasons".to_owned(), json!(came.reasons));
        object.insert("milliseconds".to_owned(), json!(came.took.as_millis()));
        object.insert("notes".to_owned(), json!(notes));
    }
    serde_json::from_str(&without_number(&value.to_string(), citizen)).unwrap_or(Value::Null)
}

/// A text without a citizen's number.
pub(crate) fn without_number(text: &str, citizen: &str) -> String {
    let hyphenated = citizen.split_at_checked(6).map(|(birth, serial)| format!("{birth}-{serial}"));
    let text = text.replace(citizen, "(number)");
    hyphenated.map_or(text.clone(), |hyphenated| text.replace(&hyphenated, "(number)"))
}
