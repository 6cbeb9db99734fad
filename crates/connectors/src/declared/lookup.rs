//! Dependent requests: more about the keys that other answers name, such as the titles of library loans.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    answer::AnswerReading,
    fetch::Reply,
    mapping::the_list,
    reading::text_of,
    selector::{One, Selector},
    template::RequestTemplate,
};
use crate::error::ConnectorError;

/// A lookup as its contract declares it.
#[derive(Debug)]
pub(crate) struct Lookup {
    /// Its name in the contract.
    pub(crate) name: String,
    /// Where keys come from: which request (by index), and where in its answer.
    pub(crate) keys: Vec<(usize, Selector)>,
    /// Most keys asked about.
    pub(crate) max: usize,
    pub(crate) request: RequestTemplate,
    pub(crate) reading: AnswerReading,
    /// The list of entries in the answer.
    pub(crate) entries: Selector,
    /// The key within an entry.
    pub(crate) matching: Selector,
}

impl Lookup {
    /// The keys that the answers name (one answer per origin of keys, in their order), each once, as many as the lookup takes. Those beyond are not asked about;
    /// their items then lack what the lookup gives, and the section says that something is missing.
    pub(super) fn distinct_keys(&self, givers: &[Reply]) -> Vec<String> {
        let mut keys = Vec::new();
        let mut seen = BTreeSet::new();
        for ((_, selector), reply) in self.keys.iter().zip(givers) {
            let Ok(Some(answer)) = reply else { continue };
            for key in selector.all(answer).into_iter().filter_map(text_of) {
                if keys.len() < self.max && seen.insert(key.clone()) {
                    keys.push(key);
                }
            }
        }
        keys
    }

    /// The entries of an answer by their keys.
    ///
    /// # Errors
    /// [`ConnectorError::ContractBroken`] without a list of entries.
    pub(super) fn entries(&self, answer: &Value) -> Result<Entries, ConnectorError> {
        let mut entries = BTreeMap::new();
        for entry in the_list(&self.entries, answer)? {
            if let One::Node(key) = self.matching.one(entry)
                && let Some(key) = text_of(key)
            {
                entries.entry(key).or_insert_with(|| entry.clone());
            }
        }
        Ok(Entries(entries))
    }
}

/// What a lookup found, by key. Empty if it had nothing to ask.
#[derive(Debug, Default)]
pub(super) struct Entries(BTreeMap<String, Value>);

impl Entries {
    /// The entry of a key.
    pub(super) fn get(&self, key: &Value) -> Option<&Value> {
        self.0.get(&text_of(key)?)
    }
}
