//! What came of trying a contract, for its author: without the number of the citizen whom it was tried with, whatever a
//! source may have written into its answer.

use jiff::Timestamp;
use overblik_connectors::{
    Reason,
    kit::{Came, Contract},
};
use overblik_widgets::{Moment, Section};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::overview::section_of_trial;

/// The section that a citizen would see, and what its author should know besides.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Tried {
    /// The section. An `item` is the key by which the source itself knows it.
    #[serde(flatten)]
    pub(crate) section: Section,
    /// Why there is no usable answer.
    pub(crate) reason: Option<String>,
    /// What in the answers is not as the contract says: `call`, `path`, `line`, `written`, `items`, `expected`, `found`, `hint`.
    #[schemars(with = "Vec<serde_json::Map<String, Value>>")]
    pub(crate) reasons: Vec<Reason>,
    /// How long it took.
    pub(crate) milliseconds: u64,
    /// How long it may take, by the contract.
    pub(crate) limit_milliseconds: u64,
    /// What a recording lacks.
    pub(crate) notes: Vec<String>,
}

impl Tried {
    /// What came, at this time.
    pub(crate) fn of(contract: &Contract, came: Came, notes: Vec<String>, now: Timestamp) -> Self {
        let milliseconds = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            section: section_of_trial(contract.source(), &came, Moment::new(now)),
            reason: came.error.map(|error| error.to_string()),
            milliseconds: milliseconds(came.took),
            limit_milliseconds: milliseconds(contract.source().timeout),
            reasons: came.reasons,
            notes,
        }
    }

    /// In JSON, without the citizen's number.
    pub(crate) fn to_json(&self, citizen: &str) -> Value {
        let text = serde_json::to_string(self).unwrap_or_default();
        serde_json::from_str(&without_number(&text, citizen)).unwrap_or(Value::Null)
    }
}

/// What came, as golden results are written, in JSON.
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
