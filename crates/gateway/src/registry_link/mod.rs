//! The gateway asks what the registry says, and goes on doing so while that changes.
//!
//! 1. `plan` says what is to be asked, of the registry and of what is known of the versions that it names.
//! 2. `looking` finds that out: files, and whether they keep to their authority's domains by now (requirement R40).
//! 3. Here the plan becomes what is asked (`App::exchange_sources`), at once when the registry changes, when a time has
//!    come, or when what failed is tried again. One exchange at a time; what is only stopped never waits for what is new.
//!
//! A registry that is away changes nothing: what is asked goes on being asked.

mod looking;
mod mistakes;
mod plan;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use futures::FutureExt;
use jiff::Timestamp;
use overblik_connectors::{ConnectorSet, LiveSource, Revision};
use overblik_registry::{Authority, Head, Registry, RegistryService, Slug, StoreError};
use tokio::{sync::Mutex, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    looking::{LookedAt, Named},
    plan::{Grounds, Plan},
};
use crate::{
    app::App, build_error::BuildError, config::Config, index::IndexService, registry_store, session::key_file,
    telemetry::ToldAgain,
};

pub(crate) use mistakes::Mistake;

/// How often is looked whether a time has come, and after which a registry that is away is asked again.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long new versions are looked at before those that are known already are asked.
const AT_A_TIME: Duration = Duration::from_millis(200);

/// When what could not be asked is tried again: a key may be there by then.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// What connects the gateway to its registry. Cheap to clone.
#[derive(Clone)]
pub struct RegistryLink(Arc<Parts>);

struct Parts {
    app: App,
    service: Arc<RegistryService>,
    /// Where files stand while they are looked at.
    folder: PathBuf,
    progress: Mutex<Progress>,
    /// What is wrong with sources here, by slug.
    mistakes: RwLock<BTreeMap<String, Vec<Mistake>>>,
    /// What of that was told last.
    told: std::sync::Mutex<ToldAgain>,
    /// What sources say of whom they know, where they may.
    indexes: Option<IndexService>,
}

/// How far what is asked is what the registry says.
#[derive(Default)]
struct Progress {
    looked_at: LookedAt,
    /// What could not be asked here.
    refused: BTreeMap<Named, Vec<Mistake>>,
    /// What was handed over to be asked.
    asked: Option<BTreeMap<String, LiveSource>>,
    /// For when what is asked is what the registry says. `None`: it is not yet.
    planned: Option<Planned>,
    try_again_at: Option<Instant>,
}

/// For when a plan is what the registry says.
#[derive(Clone, Copy)]
struct Planned {
    /// The record that it was made at.
    head: Head,
    /// When it was made.
    at: Timestamp,
    /// When it changes by itself.
    changes_at: Option<Timestamp>,
}

impl Planned {
    /// Whether it still is. Where the clock was set back, what is over by the plan may not have ended.
    fn holds(self, head: Head, now: Timestamp) -> bool {
        self.head == head && self.at <= now && self.changes_at.is_none_or(|time| now < time)
    }
}

impl fmt::Debug for RegistryLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegistryLink")
    }
}

impl RegistryLink {
    /// Opens the registry, if the sources come from one, and asks what it says from now on.
    ///
    /// # Errors
    /// When it cannot be opened, or what it says cannot be had. A version that cannot be asked here is no error.
    pub async fn open(config: &Config, app: &App) -> Result<Option<Self>, BuildError> {
        let Some(registry) = &config.registry else { return Ok(None) };
        let (service, link) = registry_store::open(registry, app.clock.now()).await?;
        if let Some(link) = link {
            // One registry for each gateway.
            drop(app.metrics.registry_redis.set(link));
        }
        let indexes = match &registry.index {
            Some(settings) => {
                let store = registry_store::open_indexes(registry)?;
                let (accepted, held) = (app.accepted_persons, app.overviews.indexes().clone());
                let opened = IndexService::open(settings, accepted, held, Arc::clone(&service), store).await;
                Some(opened.map_err(BuildError::IndexKeys)?)
            }
            None => None,
        };
        Self::with(service, indexes, registry_store::unfolded(registry), app).await.map(Some)
    }

    /// The same with the registry as it can be read, whoever works with it: no record is made. `None` also where there is
    /// no registry yet.
    ///
    /// # Errors
    /// As [`RegistryLink::open`].
    pub(crate) async fn look_into(config: &Config, app: &App) -> Result<Option<Self>, BuildError> {
        let Some(registry) = config.registry.as_ref().filter(|registry| registry_store::is_begun(registry)) else {
            return Ok(None);
        };
        if let Some(index) = &registry.index {
            key_file::open(&index.keys_file).map_err(BuildError::IndexKeys)?;
        }
        let service = registry_store::look_into(registry).await?;
        Self::with(service, None, registry_store::unfolded(registry), app).await.map(Some)
    }

    async fn with(
        service: Arc<RegistryService>,
        indexes: Option<IndexService>,
        folder: PathBuf,
        app: &App,
    ) -> Result<Self, BuildError> {
        if let Some(indexes) = &indexes {
            // One link for each gateway.
            drop(app.metrics.index_keys.set(indexes.keys_file()));
        }
        let link = Self(Arc::new(Parts {
            app: app.clone(),
            service,
            folder,
            progress: Mutex::default(),
            mistakes: RwLock::default(),
            told: std::sync::Mutex::default(),
            indexes,
        }));
        link.go_along().await?;
        Ok(link)
    }

    /// The registry.
    #[must_use]
    pub fn service(&self) -> &Arc<RegistryService> {
        &self.0.service
    }

    /// Sources' indexes, where there may be any.
    pub(crate) fn indexes(&self) -> Option<&IndexService> {
        self.0.indexes.as_ref()
    }

    /// What is wrong with a source here.
    pub(crate) fn mistakes(&self, source: &str) -> Vec<Mistake> {
        let mistakes = self.0.mistakes.read().unwrap_or_else(PoisonError::into_inner);
        mistakes.get(source).cloned().unwrap_or_default()
    }

    /// All of it, by slug.
    pub(crate) fn all_mistakes(&self) -> BTreeMap<String, Vec<Mistake>> {
        self.0.mistakes.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes in what other instances write, and asks what the registry says by then, until stopped.
    pub fn follow(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        let (link, stopped) = (self.clone(), stop.clone());
        tasks.spawn(async move { stopped.run_until_cancelled(link.keep_up()).await });
        let (link, stopped) = (self.clone(), stop.clone());
        tasks.spawn(async move { stopped.run_until_cancelled(link.keep_going_along()).await });
        if let Some(indexes) = &self.0.indexes {
            indexes.follow(tasks, stop);
        }
    }

    async fn keep_up(&self) {
        loop {
            let Err(error) = self.0.service.keep_up().await else { continue };
            self.0.app.metrics.contact.lost();
            tracing::error!(event = "registry_away", %error, "the registry is not to be had; what is asked goes on being asked");
            while tokio::time::sleep(LOOK_EVERY).then(|()| self.0.service.refresh()).await.is_err() {}
            self.0.app.metrics.contact.found();
            tracing::info!(event = "registry_back", "the registry is there again");
        }
    }

    async fn keep_going_along(&self) {
        let mut changes = self.0.service.follow();
        let mut complained = None;
        loop {
            // The clock may be set, so a time is not slept for. The sender is in the service.
            drop(tokio::time::timeout(LOOK_EVERY, changes.changed()).await);
            match self.go_along().await {
                Ok(()) => complained = None,
                Err(error) if complained.as_ref() == Some(&error) => {}
                Err(error) => {
                    tracing::error!(event = "version_away", %error, "a version cannot be had for now; its source stays as it was");
                    complained = Some(error);
                }
            }
        }
    }

    /// Asks what the registry says by now, if anything changed.
    ///
    /// # Errors
    /// When a version cannot be had, or not be looked at, for now. All others are what the registry says.
    async fn go_along(&self) -> Result<(), StoreError> {
        let progress = &mut *self.0.progress.lock().await;
        if !self.is_due(progress) {
            return Ok(());
        }
        progress.planned = None;
        loop {
            let (registry, at) = (self.0.service.current(), self.0.app.clock.now());
            let mut plan = self.plan(&registry, at, progress);
            if self.ask(&plan, progress).await {
                continue;
            }
            self.tell(std::mem::take(&mut plan.mistakes));
            if !plan.to_look_at.is_empty() {
                self.look(plan.to_look_at, registry.head(), progress).await?;
                continue;
            }
            progress.looked_at.keep(&plan.named);
            progress.refused.retain(|named, _| plan.named.contains(named));
            self.count_mistakes();
            progress.planned = Some(Planned { head: registry.head(), at, changes_at: plan.changes_at });
            if self.0.service.current().head() == registry.head() {
                return Ok(());
            }
        }
    }

    fn is_due(&self, progress: &mut Progress) -> bool {
        if progress.try_again_at.is_some_and(|time| time <= Instant::now()) {
            progress.try_again_at = None;
            progress.refused.clear();
            progress.looked_at.forget_what_is_not_there();
            return true;
        }
        let (head, now) = (self.0.service.current().head(), self.0.app.clock.now());
        progress.planned.is_none_or(|planned| !planned.holds(head, now))
    }

    fn plan(&self, registry: &Registry, at: Timestamp, progress: &Progress) -> Plan {
        let Progress { looked_at, refused, .. } = progress;
        let set = self.0.app.connectors();
        let former = |slug: &Slug| {
            let main = set.get(slug)?.main.source().revision;
            looked_at.named(slug, main)
        };
        let is_asked = |named: &Named| is_asked(&set, named);
        Plan::of(registry, at, &Grounds { looked_at, refused, former: &former, is_asked: &is_asked })
    }

    /// Asks what is planned. Whether something of it cannot be asked here, which makes it another plan.
    async fn ask(&self, plan: &Plan, progress: &mut Progress) -> bool {
        if progress.asked.as_ref() == Some(&plan.sources) {
            return false;
        }
        let (app, sources) = (self.0.app.clone(), plan.sources.clone());
        let exchanged = crate::blocking::run(move || app.exchange_sources(&sources)).await;
        progress.asked = Some(plan.sources.clone());
        let exchanged = match exchanged {
            Ok(exchanged) => exchanged,
            Err(error) => {
                tracing::error!(event = "exchange_broken_off", %error, "the sources stay as they were");
                progress.asked = None;
                progress.try_again_at = Some(Instant::now() + TRY_AGAIN_AFTER);
                return false;
            }
        };
        let set = self.0.app.connectors();
        let refused = plan.usable.iter().filter(|named| !is_asked(&set, named)).filter_map(|named| {
            let mistakes = exchanged.mistakes.get(named.0.as_str())?;
            Some((named.clone(), mistakes.as_slice().iter().map(Mistake::of_deployment).collect()))
        });
        let before = progress.refused.len();
        progress.refused.extend(refused);
        let is_refused = progress.refused.len() > before;
        if is_refused {
            progress.try_again_at = Some(Instant::now() + TRY_AGAIN_AFTER);
        }
        is_refused
    }

    /// Looks at versions for a moment, or until the registry says something else: what is stopped by then does not wait
    /// for them.
    ///
    /// # Errors
    /// When nothing could be found out of any.
    async fn look(&self, at: Vec<(Named, Authority)>, head: Head, progress: &mut Progress) -> Result<(), StoreError> {
        let Parts { service, folder, .. } = &*self.0;
        let (began, mut is_any_known, mut away) = (Instant::now(), false, None);
        for (named, authority) in at {
            let looking = progress.looked_at.look_at(named, authority, service, folder);
            let Some(looked) = unless_overtaken(looking, service, head).await else { return Ok(()) };
            match looked {
                Ok(is_there) => {
                    is_any_known = true;
                    if !is_there {
                        progress.try_again_at = Some(Instant::now() + TRY_AGAIN_AFTER);
                    }
                }
                Err(error) => away = Some(error),
            }
            if service.current().head() != head {
                return Ok(());
            }
            if is_any_known && began.elapsed() > AT_A_TIME {
                break;
            }
        }
        away.filter(|_| !is_any_known).map_or(Ok(()), Err)
    }

    fn count_mistakes(&self) {
        let mistakes = self.all_mistakes();
        self.0.app.metrics.contact.refused(mistakes.len());
        // What is there no more is told at once should it come back.
        self.0.told.lock().unwrap_or_else(PoisonError::into_inner).keep(|source| mistakes.contains_key(source));
    }

    /// Tells what is wrong, and logs it: at once, and then at a slower pace, as it is tried again and again.
    fn tell(&self, mistakes: BTreeMap<String, Vec<Mistake>>) {
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        for (source, mistakes) in &mistakes {
            let mistakes: Vec<_> = mistakes.iter().map(Mistake::for_operators).collect();
            let mistakes = mistakes.join("\n");
            if told.is_due(source, &mistakes) {
                tracing::error!(
                    source.id = source,
                    event = "version_refused",
                    mistakes,
                    "a version that the registry names is not asked here"
                );
            }
        }
        drop(told);
        *self.0.mistakes.write().unwrap_or_else(PoisonError::into_inner) = mistakes;
    }
}

/// What comes of some work, unless the registry says something else by then and the work does not end soon: files may be long
/// in coming, and what is stopped does not wait for them.
async fn unless_overtaken<T>(work: impl Future<Output = T>, service: &RegistryService, head: Head) -> Option<T> {
    let mut changes = service.follow();
    let overtaken = async {
        // The sender is in the service.
        drop(changes.wait_for(|registry| registry.head() != head).await);
        tokio::time::sleep(AT_A_TIME).await;
    };
    tokio::select! {
        biased;
        done = work => Some(done),
        () = overtaken => None,
    }
}

fn is_asked(set: &ConnectorSet, (slug, digest): &Named) -> bool {
    let revision = Revision::from_digest(digest.bytes());
    set.get(slug).is_some_and(|versions| versions.all().any(|one| one.source().revision == revision))
}
