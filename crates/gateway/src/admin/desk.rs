//! From a verb to the registry and back: what somebody may see, what they ask to be changed, and why it is not.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use overblik_registry::{
    AuthorityEntry, Bundle, Change, Digest, Head, NotVerified, Refusal, Registry, Slug, Source, StoreError, Subject,
    TestEndpoint, verify,
};
use serde_json::Value;

use super::{
    Admin, AdminRefusal,
    answer::Tagged,
    body::LookedAt,
    client::{Client, check_keys},
    error::{AdminError, Mistake},
    token::Caller,
    views::{AuthorityView, SourceView, VersionView},
};
use crate::{registry_store, telemetry::Reference};

/// What is said of a version that had no mistakes when it was pushed.
const MISTAKEN_BY_NOW: &str = "The contract has mistakes by now: contracts, or the domains of its authority, are others than \
                               when it was pushed.";

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the registry is not to be had");
        AdminRefusal::RegistryAway.into()
    }
}

impl From<Refusal> for AdminError {
    fn from(refusal: Refusal) -> Self {
        let because = |kind| Self::because(kind, refusal.to_string());
        match &refusal {
            // A part of what the caller may see: who may not, was told before.
            Refusal::NotFound { what: "version" | "agreement", .. } => Self::no_part(refusal.to_string()),
            Refusal::NotFound { .. } => Self::not_found(),
            Refusal::NotAllowed(_) | Refusal::MoreThanApproved { .. } => because(AdminRefusal::NotAllowed),
            Refusal::SecondPerson { .. } => because(AdminRefusal::FourEyes),
            Refusal::WrongState { .. } | Refusal::Conflict(_) => because(AdminRefusal::State),
            Refusal::Invalid(_) => because(AdminRefusal::Body),
            Refusal::Mistakes(mistakes) => {
                Self::mistakes(mistakes.0.iter().map(Mistake::from).collect(), Some(MISTAKEN_BY_NOW))
            }
            Refusal::Stale { .. } => because(AdminRefusal::Stale),
            Refusal::Store(error) => error.clone().into(),
        }
    }
}

impl Admin {
    pub(super) fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// The registry as it is by now, at whichever instance it was changed.
    pub(super) async fn registry(&self) -> Result<Arc<Registry>, AdminError> {
        self.service.refresh().await?;
        Ok(self.service.current())
    }

    /// A client as it is registered by now.
    pub(super) async fn client(&self, name: &str) -> Result<Option<Client>, AdminError> {
        let registry = self.registry().await?;
        Ok(self.client_in(&registry, name))
    }

    pub(super) fn client_in(&self, registry: &Registry, name: &str) -> Option<Client> {
        let of_authority = || Some(self.operators.without_keys_of_others(Client::of_authority(registry, name)?));
        self.operators.get(name).or_else(of_authority)
    }

    /// Changes something about a source that the caller may see.
    pub(super) async fn change_source(
        &self,
        caller: Caller,
        seen: LookedAt,
        change: Change,
    ) -> Result<Tagged<SourceView>, AdminError> {
        let Subject::Source(slug) = change.subject() else { return Err(AdminError::not_found()) };
        let slug = slug.clone();
        self.change_as_it_is(caller, seen, &slug, |_| Ok(change)).await
    }

    /// The same with what the source itself says of the change: which files, or which proposal, it is about.
    pub(super) async fn change_as_it_is(
        &self,
        Caller(actor): Caller,
        seen: LookedAt,
        slug: &Slug,
        change: impl FnOnce(&Source) -> Result<Change, AdminError>,
    ) -> Result<Tagged<SourceView>, AdminError> {
        let registry = self.registry().await?;
        let source = registry.source_for(&actor, slug.as_str()).ok_or_else(AdminError::not_found)?;
        let change = change(source)?;
        let seen = of_this(seen, source.last_record)?;
        self.service.submit(&actor, self.now(), Some(seen), change).await?;
        self.source_view(slug)
    }

    fn source_view(&self, slug: &Slug) -> Result<Tagged<SourceView>, AdminError> {
        let registry = self.service.current();
        let source = registry.source(slug.as_str()).ok_or_else(AdminError::not_found)?;
        Ok(Tagged { record: source.last_record, value: SourceView::of(source, self.now()) })
    }

    /// Keeps files of a version: it, and what is wrong with them.
    pub(super) async fn push(
        &self,
        Caller(actor): Caller,
        seen: LookedAt,
        authority: Slug,
        source: &Slug,
        files: Bundle,
    ) -> Result<(Tagged<VersionView>, Vec<Mistake>), AdminError> {
        let registry = self.registry().await?;
        let known = registry.source_for(&actor, source.as_str());
        let seen = match (known, seen) {
            (Some(known), seen) => of_this(seen, known.last_record)?,
            (None, LookedAt::Nothing) => 0,
            (None, LookedAt::Record(_)) => return Err(AdminError::not_found()),
        };
        let place = self.pushes.take(&actor.side)?;
        let (admin, source) = (self.clone(), source.clone());
        let pushed = async move {
            let _place = place;
            let owned = (&authority, &source);
            let pushed = admin.service.push(&actor, admin.now(), Some(seen), owned, &files).await?;
            let registry = admin.service.current();
            let version = registry.source(source.as_str()).and_then(|source| source.newest());
            let value = version.map(VersionView::from).ok_or_else(AdminError::not_found)?;
            let mistakes = pushed.mistakes.0.iter().map(Mistake::from).collect();
            Ok((Tagged { record: pushed.record.number, value }, mistakes))
        };
        self.to_its_end(pushed).await
    }

    /// What is wrong with files that are not pushed. It takes the room of a push, and nothing is kept.
    pub(super) async fn look_at(
        &self,
        Caller(actor): Caller,
        authority: Slug,
        source: &Slug,
        files: Bundle,
    ) -> Result<Vec<overblik_registry::Mistake>, AdminError> {
        let place = self.pushes.take(&actor.side)?;
        let (admin, source) = (self.clone(), source.clone());
        let looked_at = async move {
            let _place = place;
            Ok(admin.service.look_at(&files, &authority, &source).await?.0)
        };
        self.to_its_end(looked_at).await
    }

    /// Runs the kit on a version.
    pub(super) async fn test(
        &self,
        Caller(actor): Caller,
        seen: LookedAt,
        source: Slug,
        version: u32,
        endpoint: Option<TestEndpoint>,
    ) -> Result<Tagged<Value>, AdminError> {
        let registry = self.registry().await?;
        let known = registry.source_for(&actor, source.as_str()).ok_or_else(AdminError::not_found)?;
        let seen = of_this(seen, known.last_record)?;
        let place = self.room.take(&actor.side)?;
        let admin = self.clone();
        let tested = async move {
            let _place = place;
            let tested = admin.service.test(&actor, admin.now(), Some(seen), (&source, version), endpoint).await;
            let (record, tested) = tested?;
            let value = serde_json::to_value(&tested.report).unwrap_or_default();
            Ok(Tagged { record: record.number, value })
        };
        self.to_its_end(tested).await
    }

    /// Does something to its end, also when whoever asked goes away meanwhile.
    pub(super) async fn to_its_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, AdminError>> + Send + 'static,
    ) -> Result<T, AdminError> {
        let done = self.tasks.spawn(Reference::kept(work)).await;
        done.unwrap_or_else(|error| {
            tracing::error!(%error, "work at the admin API broke off");
            Err(crate::api_error::ApiError::Internal.into())
        })
    }

    /// The files of a version that the caller may see.
    pub(super) async fn bundle_of(
        &self,
        Caller(actor): &Caller,
        source: &Slug,
        version: u32,
    ) -> Result<(Digest, Bundle), AdminError> {
        let registry = self.registry().await?;
        let source = registry.source_for(actor, source.as_str()).ok_or_else(AdminError::not_found)?;
        let version = source.versions.get(&version).ok_or_else(AdminError::not_found)?;
        Ok((version.bundle, self.service.bundle(version.bundle).await?))
    }

    pub(super) async fn report(&self, digest: Digest) -> Result<Bytes, AdminError> {
        Ok(self.service.report(digest).await?)
    }

    pub(super) async fn show_authority(
        &self,
        Caller(actor): &Caller,
        slug: &Slug,
    ) -> Result<Tagged<AuthorityView>, AdminError> {
        let registry = self.registry().await?;
        let entry = registry.authority_entry(slug.as_str()).filter(|_| actor.may_touch(slug));
        let entry = entry.ok_or_else(AdminError::not_found)?;
        Ok(Tagged { record: entry.last_record, value: AuthorityView::of(slug.as_str(), entry) })
    }

    /// Changes something about an authority that the caller may see, or proposes one. What the authority is tells the change
    /// which proposal it is about.
    pub(super) async fn change_authority(
        &self,
        caller: Caller,
        seen: LookedAt,
        slug: &Slug,
        change: impl FnOnce(Option<&AuthorityEntry>) -> Result<Change, AdminError>,
    ) -> Result<Tagged<AuthorityView>, AdminError> {
        if !caller.0.may_touch(slug) {
            return Err(AdminError::not_found());
        }
        let registry = self.registry().await?;
        let entry = registry.authority_entry(slug.as_str());
        let change = change(entry)?;
        let seen = match (entry, seen) {
            (Some(entry), seen) => of_this(seen, entry.last_record)?,
            (None, LookedAt::Nothing) => 0,
            (None, LookedAt::Record(_)) => return Err(AdminError::not_found()),
        };
        // Also what was proposed beside the store.
        let to_be = match &change {
            Change::AuthorityProposed { authority } => Some(authority),
            Change::AuthorityApproved { .. } => entry.and_then(|entry| Some(&entry.pending.as_ref()?.value)),
            _ => None,
        };
        if let Some(Err(what)) = to_be.map(check_keys) {
            return Err(AdminError::because(AdminRefusal::Body, what));
        }
        self.service.submit(&caller.0, self.now(), Some(seen), change).await?;
        self.show_authority(&caller, slug).await
    }

    /// Reads the whole registry as it is kept: where it ends, or what is not as it was written.
    pub(super) async fn verify(&self, expected: Option<Head>) -> Result<Result<Head, String>, AdminError> {
        let kept = self.kept.clone();
        // Opening it reads all of it.
        let opened = crate::blocking::run(move || registry_store::reader(&kept)).await;
        let opened = opened.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let verified = match opened {
            Ok(store) => verify(store.as_ref(), expected).await,
            Err(error) => Err(error.into()),
        };
        match verified {
            Ok(verified) => Ok(Ok(verified.head)),
            Err(NotVerified::Store(error)) if !matches!(error, StoreError::Damaged(_)) => Err(error.into()),
            Err(wrong) => {
                tracing::error!(%wrong, "the registry is not what was written");
                Ok(Err(wrong.to_string()))
            }
        }
    }
}

/// The record that the caller looked at, if it is the last one about a thing that there is.
pub(super) fn of_this(seen: LookedAt, last: u64) -> Result<u64, AdminError> {
    match seen {
        LookedAt::Record(number) if number == last => Ok(number),
        LookedAt::Record(_) | LookedAt::Nothing => Err(AdminRefusal::Stale.into()),
    }
}
