//! The registry at work: one door for whoever changes it, and the present state for whoever reads.

use std::{
    collections::VecDeque,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::{
    sync::{Mutex, watch},
    task::JoinError,
};

use crate::{
    actor::Actor,
    bundle::Bundle,
    change::{Change, Subject},
    daily,
    digest::Digest,
    examination::{Mistakes, examine},
    record::{MOST_LINE_BYTES, Record},
    refusal::Refusal,
    registry::{Registry, Source, Version, VersionState},
    rules,
    store::{Appended, RegistryStore, StoreError},
    text::Slug,
    trying::{Bench, TestEndpoint, TestReport},
};

/// How many records are read at once.
const AT_ONCE: usize = 500;

/// How often a change is tried anew when another instance was faster. Each time somebody else got on.
const ATTEMPTS: usize = 20;

/// How many contracts' mistakes are kept for those who look at them. Most have none.
const LOOKED_AT: usize = 100;

/// The registry of one instance: its store, and what follows from it.
pub struct RegistryService {
    store: Arc<dyn RegistryStore>,
    /// Where bundles stand as files for as long as they are looked at.
    folder: PathBuf,
    bench: Bench,
    /// What was found wrong with versions that people look at, the oldest first. Held while one is looked at: those who look at
    /// the same wait for it, and all of them together take one thread.
    looked_at: Mutex<VecDeque<(Files, Mistakes)>>,
    /// Held by whoever takes records in, so that each is taken in once.
    taking_in: Mutex<()>,
    current: watch::Sender<Arc<Registry>>,
}

/// By what was said of an authority a contract was looked at.
#[derive(PartialEq, Eq)]
struct LookedUnder {
    authority: Slug,
    /// The record that approved it.
    approval: Option<u64>,
}

impl LookedUnder {
    fn of(registry: &Registry, authority: &Slug) -> Self {
        let current = registry.authority_entry(authority).and_then(|entry| entry.current.as_ref());
        Self { authority: authority.clone(), approval: current.map(|current| current.approved.record) }
    }
}

/// Files that were looked at, as which source's, and by what was said of its authority.
#[derive(PartialEq, Eq)]
struct Files {
    bundle: Digest,
    source: Slug,
    under: LookedUnder,
}

/// What became of a push.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// The record.
    pub record: Record,
    /// What is wrong with the files; with anything the version is a draft.
    pub mistakes: Mistakes,
}

impl RegistryService {
    /// Reads the whole history. `folder` is for files that go away again.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away, or the history is not one that the rules allow.
    pub async fn open(store: Arc<dyn RegistryStore>, folder: PathBuf) -> Result<Self, StoreError> {
        let current = watch::Sender::new(Arc::default());
        let bench = Bench::new(folder.clone());
        let (looked_at, taking_in) = (Mutex::default(), Mutex::default());
        let service = Self { store, folder, bench, looked_at, taking_in, current };
        service.refresh().await?;
        Ok(service)
    }

    /// The registry as this instance knows it.
    #[must_use]
    pub fn current(&self) -> Arc<Registry> {
        Arc::clone(&self.current.borrow())
    }

    /// Tells every change from now on, and holds the present state.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<Arc<Registry>> {
        self.current.subscribe()
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn RegistryStore> {
        &self.store
    }

    /// Waits for records of other instances and takes them in; once. Whoever calls it in a loop stays up to date, and waits
    /// a moment after an error.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away or damaged; what is known stays.
    pub async fn keep_up(&self) -> Result<(), StoreError> {
        let known = self.current().head().number;
        self.store.changed(known).await?;
        self.refresh().await
    }

    /// Takes in what other instances wrote.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away or damaged; what is known stays.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let _held = self.taking_in.lock().await;
        self.take_in().await.map(|_| ())
    }

    /// Makes a change: checks it against everything that is on record by now, and records it. `seen` is the number of the
    /// last record that whoever asks for it had seen: if there is a later one about the same authority or source, it is
    /// refused. The time is moved on to that of the last record, should another instance's clock be ahead.
    ///
    /// A push and a test are more than their records; they have [`RegistryService::push`] and [`RegistryService::test`].
    ///
    /// # Errors
    /// [`Refusal`]; but for [`Refusal::Store`] nothing changed.
    pub async fn submit(
        &self,
        actor: &Actor,
        at: Timestamp,
        seen: Option<u64>,
        change: Change,
    ) -> Result<Record, Refusal> {
        match &change {
            Change::Pushed { .. } | Change::Tested { .. } => {
                Err(Refusal::Invalid("what was pushed or tested is not taken from anybody's word".to_owned()))
            }
            Change::Approved { .. } | Change::Released { .. } | Change::RolledBack { .. } => {
                let under = self.refuse_mistakes(actor, at, seen, &change).await?;
                self.record(actor, at, seen, change, under).await
            }
            _ => self.record(actor, at, seen, change, None).await,
        }
    }

    /// Takes files of a version in: looks at them, keeps them, and records it, mistakes or none. The version is the one
    /// that is open, or the next.
    ///
    /// # Errors
    /// [`Refusal`]; but for [`Refusal::Store`] nothing changed.
    pub async fn push(
        &self,
        actor: &Actor,
        at: Timestamp,
        seen: Option<u64>,
        (authority, source): (&Slug, &Slug),
        files: &Bundle,
    ) -> Result<Pushed, Refusal> {
        self.refresh().await?;
        let registry = self.current();
        let version = registry.source(source).map_or(1, Source::number_to_push);
        let pushed = |mistakes: usize| Change::Pushed {
            source: source.clone(),
            authority: authority.clone(),
            version,
            bundle: files.digest(),
            mistakes: u32::try_from(mistakes).unwrap_or(u32::MAX),
        };
        // Before anything is looked at or kept: whether they may at all.
        check(&registry, actor, at, seen, &pushed(0))?;
        let mistakes = self.examine(&registry, files, authority, source).await?;
        self.store.put_blob(files.to_blob()).await?;
        let under = Some(LookedUnder::of(&registry, authority));
        let record = self.record(actor, at, seen, pushed(mistakes.0.len()), under).await?;
        Ok(Pushed { record, mistakes })
    }

    /// Runs the conformance kit on a version's files, keeps its report, and records what came of it.
    ///
    /// # Errors
    /// [`Refusal`]; but for [`Refusal::Store`] nothing changed.
    pub async fn test(
        &self,
        actor: &Actor,
        at: Timestamp,
        seen: Option<u64>,
        (source, version): (&Slug, u32),
        endpoint: Option<TestEndpoint>,
    ) -> Result<(Record, TestReport), Refusal> {
        self.refresh().await?;
        let registry = self.current();
        let found = registry.source_for(actor, source).ok_or_else(|| rules::no_source(source))?;
        let bundle = rules::version(found, version)?.bundle;
        let tested = |report, passed| Change::Tested { source: source.clone(), version, bundle, report, passed };
        check(&registry, actor, at, seen, &tested(bundle, false))?;
        let files = self.bundle(bundle).await?;
        let missing = || Refusal::NotFound { what: "authority", name: found.authority.to_string() };
        let authority = registry.authority(&found.authority).cloned().ok_or_else(missing)?;
        let report = self.bench.test(files, authority, source.clone(), endpoint).await?;
        let written = serde_json::to_vec(&report.report).map_err(|error| Refusal::Invalid(error.to_string()))?;
        let digest = self.store.put_blob(written.into()).await?;
        let record = self.record(actor, at, seen, tested(digest, report.passed), None).await?;
        Ok((record, report))
    }

    /// The files of a version.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away, or they are not there as they were put.
    pub async fn bundle(&self, digest: Digest) -> Result<Bundle, StoreError> {
        let blob = self.blob(digest).await?;
        Bundle::from_blob(&blob).map_err(|error| StoreError::Damaged(format!("blob {digest} {error}")))
    }

    /// A report, as the kit wrote it in JSON.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away, or it is not there as it was put.
    pub async fn report(&self, digest: Digest) -> Result<Bytes, StoreError> {
        self.blob(digest).await
    }

    async fn blob(&self, digest: Digest) -> Result<Bytes, StoreError> {
        let missing = || StoreError::Damaged(format!("blob {digest} is missing"));
        self.store.blob(digest).await?.ok_or_else(missing)
    }

    /// The authority's domains may be others than when a version was pushed, and so may what contracts can say: whoever lets
    /// citizens see one looks again.
    async fn refuse_mistakes(
        &self,
        actor: &Actor,
        at: Timestamp,
        seen: Option<u64>,
        change: &Change,
    ) -> Result<Option<LookedUnder>, Refusal> {
        self.refresh().await?;
        let registry = self.current();
        check(&registry, actor, at, seen, change)?;
        let Subject::Source(slug) = change.subject() else { return Ok(None) };
        let number = match change {
            Change::RolledBack { to, .. } => *to,
            Change::Approved { version, .. } | Change::Released { version, .. } => *version,
            _ => return Ok(None),
        };
        let source = registry.source(slug).ok_or_else(|| rules::no_source(slug))?;
        let Version { bundle, state, .. } = rules::version(source, number)?;
        if *state == VersionState::Live && matches!(change, Change::RolledBack { .. }) {
            // It is what all others see already: taking a version from some gives nobody more.
            return Ok(None);
        }
        let files = self.bundle(*bundle).await?;
        let mistakes = self.examine(&registry, &files, &source.authority, slug).await?;
        if !mistakes.0.is_empty() {
            return Err(Refusal::Mistakes(mistakes));
        }
        Ok(Some(LookedUnder::of(&registry, &source.authority)))
    }

    /// What is wrong with a version's files by now; nothing, most of the time. They are looked at anew only when others were
    /// pushed or the authority became another; whoever lets citizens see one looks in any case.
    ///
    /// # Errors
    /// [`Refusal`] when there is no such version, or it cannot be looked at.
    pub async fn mistakes(&self, source: &Slug, version: u32) -> Result<Mistakes, Refusal> {
        let registry = self.current();
        let source = registry.source(source).ok_or_else(|| rules::no_source(source))?;
        let under = LookedUnder::of(&registry, &source.authority);
        let of = Files { bundle: rules::version(source, version)?.bundle, source: source.slug.clone(), under };
        let mut looked_at = self.looked_at.lock().await;
        if let Some((_, found)) = looked_at.iter().find(|(files, _)| *files == of) {
            return Ok(found.clone());
        }
        let files = self.bundle(of.bundle).await?;
        let found = self.examine(&registry, &files, &source.authority, &source.slug).await?;
        if looked_at.len() >= LOOKED_AT {
            looked_at.pop_front();
        }
        looked_at.push_back((of, found.clone()));
        Ok(found)
    }

    /// What is wrong with files that nobody pushed. Nothing is kept of them.
    ///
    /// # Errors
    /// [`Refusal`] when there is no such authority, or they cannot be looked at.
    pub async fn look_at(&self, files: &Bundle, authority: &Slug, source: &Slug) -> Result<Mistakes, Refusal> {
        self.examine(&self.current(), files, authority, source).await
    }

    async fn examine(
        &self,
        registry: &Registry,
        files: &Bundle,
        authority: &Slug,
        source: &Slug,
    ) -> Result<Mistakes, Refusal> {
        let missing = || Refusal::NotFound { what: "authority", name: authority.to_string() };
        let authority = registry.authority(authority).cloned().ok_or_else(missing)?;
        let (files, folder, source) = (files.clone(), self.folder.clone(), source.clone());
        let looking = tokio::task::spawn_blocking(move || {
            examine(&files, &folder, &authority, &source).map_err(|error| no_room(&folder, &error))
        });
        looking.await.map_err(|error| broken_off("the contract could not be looked at; try again", &error))?
    }

    /// Records a change, if what was looked at before it is still so.
    async fn record(
        &self,
        actor: &Actor,
        at: Timestamp,
        seen: Option<u64>,
        change: Change,
        under: Option<LookedUnder>,
    ) -> Result<Record, Refusal> {
        let _held = self.taking_in.lock().await;
        for _ in 0..ATTEMPTS {
            let mut registry = self.take_in().await?;
            let at = registry.history().last().map_or(at, |last| at.max(last.at));
            check(&registry, actor, at, seen, &change)?;
            if let Some(under) = under.as_ref().filter(|under| **under != LookedUnder::of(&registry, &under.authority))
            {
                let message = format!("{} was changed while the contract was looked at; try again", under.authority);
                return Err(Refusal::Conflict(message));
            }
            let record = match registry.head().number {
                0 => Record::first(new_id()?, at, actor.clone(), change.clone()),
                _ => Record::next(registry.head(), at, actor.clone(), change.clone()),
            };
            if record.to_line().len() > MOST_LINE_BYTES {
                return Err(Refusal::Invalid(format!("a change is at most {MOST_LINE_BYTES} bytes long")));
            }
            match self.store.append(&record).await {
                Ok(Appended::Kept) => {
                    apply(Arc::make_mut(&mut registry), record.clone())?;
                    self.current.send_replace(registry);
                    return Ok(record);
                }
                Ok(Appended::HeadIs(_)) => {}
                Err(error) => return self.was_kept(record).await.ok_or(Refusal::Store(error)),
            }
        }
        Err(Refusal::Conflict("others change the registry all the time; try again".to_owned()))
    }

    /// The record, if it turns out that the store kept it although it did not say so.
    async fn was_kept(&self, record: Record) -> Option<Record> {
        let registry = self.take_in().await.ok()?;
        registry.history().iter().any(|kept| kept.hash == record.hash).then_some(record)
    }

    /// Reads on. The lock must be held.
    async fn take_in(&self) -> Result<Arc<Registry>, StoreError> {
        let mut registry = self.current();
        loop {
            let records = self.store.read(registry.head().number, AT_ONCE).await?;
            let whole = records.len() < AT_ONCE;
            if !records.is_empty() {
                let taken = Arc::make_mut(&mut registry);
                records.into_iter().try_for_each(|record| apply(taken, record))?;
                self.current.send_replace(Arc::clone(&registry));
            }
            if whole {
                return Ok(registry);
            }
        }
    }
}

/// Whether somebody may make a change now, who saw the registry up to a record.
fn check(registry: &Registry, actor: &Actor, at: Timestamp, seen: Option<u64>, change: &Change) -> Result<(), Refusal> {
    let changed = registry.last_record_about(change.subject());
    match (registry.check(actor, at, change), seen) {
        // Whoever may not know of it is not told that it changed.
        (Err(refused @ Refusal::NotFound { .. }), _) => Err(refused),
        (_, Some(seen)) if changed > seen => Err(Refusal::Stale { seen, changed }),
        (checked, _) => checked.and_then(|()| daily::refuse_more(registry, actor, at, change)),
    }
}

/// The id of a registry that begins.
fn new_id() -> Result<Digest, StoreError> {
    Digest::by_chance().ok_or_else(|| StoreError::Unavailable("there is no randomness to begin it with".to_owned()))
}

fn apply(registry: &mut Registry, record: Record) -> Result<(), StoreError> {
    registry.apply(record).map_err(|error| StoreError::Damaged(error.to_string()))
}

/// Work on a contract that came to no end: why is for the log alone, as a panic may tell of anything.
pub(crate) fn broken_off(said: &str, error: &JoinError) -> Refusal {
    tracing::error!(%error, "work on a contract came to no end");
    Refusal::Conflict(said.to_owned())
}

pub(crate) fn no_room(folder: &Path, error: &io::Error) -> Refusal {
    Refusal::Store(StoreError::Unavailable(format!("files cannot be written into {}: {error}", folder.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_panicked_is_not_told_to_callers() {
        let panicked = tokio::task::spawn_blocking(|| panic!("/somewhere of ours")).await.expect_err("a panic");
        assert!(panicked.to_string().contains("somewhere"), "the control: {panicked}");
        assert_eq!(broken_off("try again", &panicked), Refusal::Conflict("try again".to_owned()));
    }
}
