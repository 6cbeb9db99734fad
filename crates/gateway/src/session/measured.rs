//! A session store of which is counted what it is asked, and how long it takes.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::stream::BoxStream;
use jiff::Timestamp;
use overblik_connectors::Pseudonym;
use tokio::time::Instant;

use super::{
    master_keys::KeyId,
    store::{
        AttemptKey, Creation, End, KeptSections, Mark, Owner, SealedSection, SessionFacts, SessionKey, SessionRecord,
        SessionStore, StoreError,
    },
};
use crate::telemetry::{Operation, StoreMetrics};

/// Another store, measured.
pub(crate) struct MeasuredStore {
    store: Arc<dyn SessionStore>,
    metrics: StoreMetrics,
}

impl MeasuredStore {
    pub(crate) fn new(store: Arc<dyn SessionStore>, metrics: StoreMetrics) -> Self {
        Self { store, metrics }
    }

    async fn measure<T>(
        &self,
        operation: Operation,
        asking: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let asked = Instant::now();
        let answer = asking.await;
        self.metrics.asked(operation, answer.is_ok(), asked.elapsed());
        answer
    }
}

#[async_trait]
impl SessionStore for MeasuredStore {
    async fn create(&self, key: SessionKey, record: SessionRecord) -> Result<Creation, StoreError> {
        self.measure(Operation::Create, self.store.create(key, record)).await
    }

    async fn find(&self, key: SessionKey) -> Result<Option<SessionRecord>, StoreError> {
        self.measure(Operation::Find, self.store.find(key)).await
    }

    async fn find_with_sections(&self, key: SessionKey) -> Result<Option<(SessionRecord, KeptSections)>, StoreError> {
        self.measure(Operation::Find, self.store.find_with_sections(key)).await
    }

    async fn keep_section(&self, key: SessionKey, section: SealedSection) -> Result<(), StoreError> {
        self.measure(Operation::KeepSection, self.store.keep_section(key, section)).await
    }

    fn drop_sections_here(&self, source: &str) {
        self.store.drop_sections_here(source);
    }

    async fn touch(&self, key: SessionKey) -> Result<(), StoreError> {
        self.measure(Operation::Touch, self.store.touch(key)).await
    }

    async fn replace(&self, key: SessionKey, version: u64, sealed: Vec<u8>) -> Result<bool, StoreError> {
        self.measure(Operation::Replace, self.store.replace(key, version, sealed)).await
    }

    async fn end(&self, key: SessionKey) -> Result<(), StoreError> {
        self.measure(Operation::End, self.store.end(key)).await
    }

    async fn of_citizen(&self, citizen: &Pseudonym) -> Result<Vec<(SessionKey, SessionFacts)>, StoreError> {
        self.measure(Operation::OfCitizen, self.store.of_citizen(citizen)).await
    }

    async fn end_of(&self, owner: &Owner, at: Timestamp) -> Result<Vec<SessionKey>, StoreError> {
        self.measure(Operation::EndOf, self.store.end_of(owner, at)).await
    }

    async fn logged_out(&self, owners: &[Owner], issued: Timestamp) -> Result<bool, StoreError> {
        self.measure(Operation::LoggedOut, self.store.logged_out(owners, issued)).await
    }

    async fn end_sealed_under(&self, key: &KeyId) -> Result<Vec<SessionKey>, StoreError> {
        self.measure(Operation::EndSealedUnder, self.store.end_sealed_under(key)).await
    }

    async fn remove_expired(&self) -> Result<usize, StoreError> {
        self.measure(Operation::RemoveExpired, self.store.remove_expired()).await
    }

    async fn remember(&self, mark: Mark, keep: Duration) -> Result<bool, StoreError> {
        self.measure(Operation::Remember, self.store.remember(mark, keep)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        // Whoever asks this tells the answer themselves.
        self.store.ping().await
    }

    fn ends(&self) -> BoxStream<'static, End> {
        self.store.ends()
    }

    async fn save_attempt(&self, key: AttemptKey, sealed: Vec<u8>) -> Result<(), StoreError> {
        self.measure(Operation::SaveAttempt, self.store.save_attempt(key, sealed)).await
    }

    async fn take_attempt(&self, key: AttemptKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.measure(Operation::TakeAttempt, self.store.take_attempt(key)).await
    }
}
