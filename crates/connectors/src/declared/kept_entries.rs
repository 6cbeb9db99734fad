//! What a session remembers of a lookup: which entries its keys have, and which keys have none.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::time::Instant;

use super::lookup::Entries;

/// Most keys remembered of one lookup.
const MOST_KEYS: usize = 1_000;
/// Most that is remembered of one lookup, in bytes of text and numbers.
const MOST_BYTES: usize = 256 * 1024;
/// What a value costs besides its text, in bytes: about what it takes in memory.
const VALUE_BYTES: usize = 32;

/// What is remembered of one lookup, as it was when it was last added to.
#[derive(Debug, Default)]
pub(super) struct KeptEntries(BTreeMap<String, Kept>);

#[derive(Clone, Debug)]
struct Kept {
    entry: Option<Arc<Value>>,
    until: Instant,
    bytes: usize,
}

impl KeptEntries {
    /// Tells what is remembered of keys, and has not lapsed.
    pub(super) fn recall(&self, keys: &[String], into: &mut Entries) {
        let now = Instant::now();
        for key in keys {
            if let Some(kept) = self.0.get(key).filter(|kept| kept.until > now) {
                into.take(key.clone(), kept.entry.clone());
            }
        }
    }

    /// This and more, for some time from now. If it gets too much, what lapses first goes.
    pub(super) fn with(&self, told: &BTreeMap<String, Option<Arc<Value>>>, keep: Duration) -> Self {
        let now = Instant::now();
        let mut kept: Vec<_> =
            self.0.iter().filter(|(key, kept)| kept.until > now && !told.contains_key(*key)).collect();
        let added: Vec<_> = told
            .iter()
            .map(|(key, entry)| {
                let bytes = key.len() + entry.as_deref().map_or(0, size);
                (key, Kept { entry: entry.clone(), until: now + keep, bytes })
            })
            .collect();
        kept.extend(added.iter().map(|(key, kept)| (*key, kept)));
        kept.sort_by_key(|(_, kept)| std::cmp::Reverse(kept.until));
        let mut left = MOST_BYTES;
        let fitting = kept.into_iter().take(MOST_KEYS).map_while(|(key, kept)| {
            left = left.checked_sub(kept.bytes)?;
            Some((key.clone(), kept.clone()))
        });
        Self(fitting.collect())
    }
}

/// About how many bytes a value takes.
fn size(value: &Value) -> usize {
    let within: usize = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + size(value)).sum(),
    };
    VALUE_BYTES + within
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::declared::lookup::Entry;

    const MINUTE: Duration = Duration::from_mins(1);

    fn told(keys: std::ops::Range<usize>, text: &str) -> BTreeMap<String, Option<Arc<Value>>> {
        keys.map(|key| (format!("{key:04}"), Some(Arc::new(json!(text))))).collect()
    }

    fn knows(kept: &KeptEntries, key: &str) -> bool {
        let mut entries = Entries::default();
        kept.recall(&[key.to_owned()], &mut entries);
        entries.missing(&[key.to_owned()]).is_empty()
    }

    #[tokio::test(start_paused = true)]
    async fn each_key_lapses_for_itself_and_one_without_entry_is_remembered_too() {
        let kept = KeptEntries::default().with(&[("a".to_owned(), None)].into(), MINUTE);
        tokio::time::advance(MINUTE / 2).await;
        let kept = kept.with(&[("b".to_owned(), Some(Arc::new(json!(1))))].into(), MINUTE);
        let mut entries = Entries::default();
        kept.recall(&["a".to_owned(), "b".to_owned()], &mut entries);
        assert_eq!((entries.get(&json!("a")), entries.get(&json!("b"))), (Entry::Unknown, Entry::Known(&json!(1))));
        tokio::time::advance(MINUTE / 2).await;
        assert!(!knows(&kept, "a"));
        assert!(knows(&kept, "b"));
    }

    #[tokio::test(start_paused = true)]
    async fn keys_and_bytes_are_bounded_and_the_first_to_lapse_go() {
        let kept = KeptEntries::default().with(&told(0..MOST_KEYS, "x"), MINUTE);
        assert!(knows(&kept, "0000"));
        tokio::time::advance(MINUTE / 2).await;
        let more = kept.with(&told(MOST_KEYS..MOST_KEYS + 10, "x"), MINUTE);
        assert_eq!(more.0.len(), MOST_KEYS);
        assert!((MOST_KEYS..MOST_KEYS + 10).all(|key| knows(&more, &key.to_string())), "the new ones stay");
        let large = kept.with(&told(2_000..2_030, &"x".repeat(10_000)), MINUTE);
        let bytes: usize = large.0.values().map(|kept| kept.bytes).sum();
        assert!(bytes <= MOST_BYTES && large.0.len() == 26, "{bytes} bytes of {} keys", large.0.len());
    }
}
