//! How a lookup is made: only for keys that the session does not know yet, once at a time, in its own time.

use std::{collections::BTreeMap, sync::Arc};

use futures::future::join_all;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::{
    asking::Reply,
    fetch::DeclaredConnector,
    kept_entries::KeptEntries,
    lookup::{Entries, Lookup},
    place::Filling,
    why::{self, Called},
};
use crate::{connector::FetchRequest, error::ConnectorError};

impl DeclaredConnector {
    /// Finds out about the keys that some answers name. It never fails as a whole: what is missing says why.
    pub(super) async fn look_up(
        &self,
        lookup: &Lookup,
        givers: &[Reply],
        request: &FetchRequest,
        deadline: Instant,
    ) -> Entries {
        let deadline = lookup.timeout.map_or(deadline, |own| deadline.min(Instant::now() + own));
        let keys = lookup.distinct_keys(givers, &request.scope.subject().cpr);
        let mut entries = Entries::default();
        if lookup.keep.is_zero() {
            self.ask_about(lookup, &keys, &mut entries, request, deadline).await;
            return entries;
        }
        let source = self.source.slug.as_str();
        // A source that answers in the citizen's language gives other entries in another.
        let name = format!("lookup {} {}", lookup.name, request.language.tag());
        let recall = |entries: &mut Entries| {
            let kept = request.memory.recall::<KeptEntries>(source, &name);
            if let Some(kept) = kept {
                kept.recall(&keys, entries);
            }
            entries.missing(&keys)
        };
        if recall(&mut entries).is_empty() {
            return entries;
        }
        let gate = request.memory.gate(source, &name);
        let Ok(_alone) = timeout_at(deadline, gate.lock()).await else {
            self.log(&lookup.name, ConnectorError::TimedOut);
            entries.fail(ConnectorError::TimedOut);
            return entries;
        };
        // Whoever was before us may have asked about the same.
        let missing = recall(&mut entries);
        let told = self.ask_about(lookup, &missing, &mut entries, request, deadline).await;
        if !told.is_empty() {
            let kept = request.memory.recall::<KeptEntries>(source, &name).unwrap_or_default();
            request.memory.remember(source, &name, Arc::new(kept.with(&told, lookup.keep)), lookup.keep);
        }
        entries
    }

    /// Asks about keys, in as many requests as it takes, and says what was told.
    async fn ask_about(
        &self,
        lookup: &Lookup,
        keys: &[String],
        entries: &mut Entries,
        request: &FetchRequest,
        deadline: Instant,
    ) -> BTreeMap<String, Option<Arc<Value>>> {
        let batches: Vec<&[String]> = keys.chunks(lookup.max.max(1)).collect();
        let answers = join_all(batches.iter().map(|batch| self.ask_batch(lookup, batch, request, deadline))).await;
        let mut told = BTreeMap::new();
        for (batch, answer) in batches.into_iter().zip(answers) {
            match answer {
                Ok(mut found) => told.extend(batch.iter().map(|key| (key.clone(), found.remove(key)))),
                Err(failure) => {
                    self.log(&lookup.name, failure);
                    entries.fail(failure);
                }
            }
        }
        for (key, entry) in &told {
            entries.take(key.clone(), entry.clone());
        }
        told
    }

    async fn ask_batch(
        &self,
        lookup: &Lookup,
        keys: &[String],
        request: &FetchRequest,
        deadline: Instant,
    ) -> Result<BTreeMap<String, Arc<Value>>, ConnectorError> {
        let call = lookup.request.fill(Filling::Keys(keys), request.language)?;
        let (explanation, called) = (&request.explanation, Called::Lookup(lookup));
        let answer = self.asker.ask(call, request, deadline).await;
        let answer = answer.inspect_err(|failure| why::unanswered(explanation, called, *failure))?;
        if let Some(fault) = lookup.reading.fault(&answer) {
            why::unread(explanation, called, &answer);
            return Err(fault);
        }
        let status = answer.status;
        let answer = answer.successful().inspect_err(|_| why::status(explanation, called, status))?;
        let body = lookup.reading.read(&answer).inspect_err(|_| why::unread(explanation, called, &answer))?;
        lookup.reading.check(&body).inspect_err(|_| why::against_schema(explanation, called, &body))?;
        lookup.entries(&body).inspect_err(|_| why::no_entries(explanation, lookup, &body))
    }
}
