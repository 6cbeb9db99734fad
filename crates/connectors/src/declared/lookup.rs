//! Dependent requests: more about the keys that other answers name, such as the titles of library loans.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use serde_json::Value;

use super::{
    answer::AnswerReading,
    asking::Reply,
    items::the_list,
    reading::text_of,
    selector::{One, Selector},
    spelling::holds_number,
    template::RequestTemplate,
};
use crate::{citizen::Cpr, error::ConnectorError};

/// Most requests of one lookup in one fetch.
const MOST_BATCHES: usize = 4;

/// A lookup as its contract declares it.
#[derive(Debug)]
pub(crate) struct Lookup {
    /// Its name in the contract.
    pub(crate) name: String,
    /// Where keys come from: which request (by index), and where in its answer.
    pub(crate) keys: Vec<(usize, Selector)>,
    /// Most keys in one request.
    pub(crate) max: usize,
    pub(crate) request: RequestTemplate,
    pub(crate) reading: AnswerReading,
    /// The list of entries in the answer.
    pub(crate) entries: Selector,
    /// The key within an entry.
    pub(crate) matching: Selector,
    /// Its own time limit, within the source's.
    pub(crate) timeout: Option<Duration>,
    /// How long a session remembers what was found; not at all if zero.
    pub(crate) keep: Duration,
}

impl Lookup {
    /// The keys that the answers name (one answer per origin of keys, in their order), each once, as many as the
    /// lookup may ask about. Those beyond are not asked about; their items then lack what the lookup gives, and the
    /// section says that something is missing. What holds the citizen's own number is no key: a lookup is about nobody.
    pub(super) fn distinct_keys(&self, givers: &[Reply], cpr: &Cpr) -> Vec<String> {
        let most = self.max.saturating_mul(MOST_BATCHES);
        let mut keys = Vec::new();
        let mut seen = BTreeSet::new();
        for ((_, selector), reply) in self.keys.iter().zip(givers) {
            let Ok(Some(answer)) = reply else { continue };
            let named = answer.pages.iter().flat_map(|page| selector.all(page)).filter_map(text_of);
            for key in named.filter(|key| !holds_number(key, cpr)) {
                if keys.len() < most && !seen.contains(key.as_ref()) {
                    seen.insert(key.clone().into_owned());
                    keys.push(key.into_owned());
                }
            }
        }
        keys
    }

    /// The entries of an answer by their keys, without those that say different things under one key.
    ///
    /// # Errors
    /// [`ConnectorError::ContractBroken`] without a list of entries.
    pub(super) fn entries(&self, answer: &Value) -> Result<BTreeMap<String, Arc<Value>>, ConnectorError> {
        let mut entries: BTreeMap<String, Option<Arc<Value>>> = BTreeMap::new();
        for entry in the_list(&self.entries, answer)? {
            if let One::Node(key) = self.matching.one(entry)
                && let Some(key) = text_of(key)
            {
                let known = entries.entry(key.into_owned()).or_insert_with(|| Some(Arc::new(entry.clone())));
                *known = known.take().filter(|known| known.as_ref() == entry);
            }
        }
        Ok(entries.into_iter().filter_map(|(key, entry)| Some((key, entry?))).collect())
    }
}

/// What a lookup found, by key. Empty if it had nothing to ask.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// What was told of each key: its entry, or that it has none.
    told: BTreeMap<String, Option<Arc<Value>>>,
    /// Why some keys were not told of: the first failure of a request.
    pub(super) failure: Option<ConnectorError>,
}

/// What is known of one key.
#[derive(Debug, PartialEq)]
pub(super) enum Entry<'e> {
    Known(&'e Value),
    /// The lookup does not know it, or was not asked about it.
    Unknown,
    /// The request that may have been about it failed.
    NotTold,
}

impl Entries {
    /// Takes what an answer, or a session's memory, told of a key.
    pub(super) fn take(&mut self, key: String, entry: Option<Arc<Value>>) {
        self.told.insert(key, entry);
    }

    /// Takes the failure of a request.
    pub(super) fn fail(&mut self, failure: ConnectorError) {
        self.failure.get_or_insert(failure);
    }

    /// Those of some keys that nothing was told of yet.
    pub(super) fn missing(&self, keys: &[String]) -> Vec<String> {
        keys.iter().filter(|key| !self.told.contains_key(*key)).cloned().collect()
    }

    /// What is known of a key.
    pub(super) fn get(&self, key: &Value) -> Entry<'_> {
        let Some(key) = text_of(key) else { return Entry::Unknown };
        match self.told.get(key.as_ref()) {
            Some(Some(entry)) => Entry::Known(entry),
            None if self.failure.is_some() => Entry::NotTold,
            Some(None) | None => Entry::Unknown,
        }
    }
}
