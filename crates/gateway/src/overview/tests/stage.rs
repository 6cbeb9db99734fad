//! A stage for the engine's tests: sources that behave as ordered, viewers, and time that passes on command.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures::future::BoxFuture;
use jiff::Timestamp;
use overblik_connectors::{
    AcceptedPersons, Authentication, Citizen, CitizenScope, Connector, ConnectorError, ConnectorSet, Coverage, Cpr,
    FetchRequest, Fetched, Gate, Kept, Municipality, Pseudonym, Revision, SourceInfo,
};
use overblik_widgets::{AssuranceLevel, Authority, DeclaredSource, Language, Link, LocalizedText, SectionState, Theme};
use tokio::time::Instant;

use crate::{
    audit::Trail,
    clock::Clock,
    overview::{Begun, Collected, Declaration, Fetches, Freshness, OverviewService, SourceList},
    secrets::random_bytes,
    session::{
        Reach, SectionCache, SectionSeal, SessionKey, Standing, Viewer, Viewing,
        conformance::{IDLE, ROOM},
        master_keys::MasterKeys,
        memory::MemorySessionStore,
        sealing::Ticket,
    },
    statistics::Recorder,
};

pub(in crate::overview) const DEADLINE: Duration = Duration::from_secs(2);

pub(in crate::overview) enum Behaviour {
    Answers { after: Duration },
    Fails { with: ConnectorError },
    Hangs,
    Panics,
}

struct StubSource {
    source: Arc<SourceInfo>,
    gate: Gate,
    behaviour: Behaviour,
    calls: Arc<AtomicUsize>,
    running: Arc<AtomicUsize>,
}

struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Connector for StubSource {
    fn source(&self) -> &Arc<SourceInfo> {
        &self.source
    }

    fn gate(&self) -> &Gate {
        &self.gate
    }

    async fn fetch(&self, _: FetchRequest) -> Result<Fetched, ConnectorError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.running.fetch_add(1, Ordering::SeqCst);
        let _running = Running(Arc::clone(&self.running));
        match self.behaviour {
            Behaviour::Answers { after } => {
                tokio::time::sleep(after).await;
                Ok(Fetched { widgets: vec![], keys: vec![], left_out: 0, problems: vec![], as_of: None })
            }
            Behaviour::Fails { with } => Err(with),
            Behaviour::Hangs => std::future::pending().await,
            Behaviour::Panics => panic!("as ordered"),
        }
    }
}

#[derive(Default)]
pub(in crate::overview) struct Sources {
    connectors: Vec<Arc<dyn Connector>>,
    calls: Arc<AtomicUsize>,
    running: Arc<AtomicUsize>,
}

impl Sources {
    pub(in crate::overview) fn with(self, slug: &str, behaviour: Behaviour) -> Self {
        self.declared(slug, behaviour, |_| {})
    }

    pub(in crate::overview) fn declared(
        mut self,
        slug: &str,
        behaviour: Behaviour,
        change: impl FnOnce(&mut SourceInfo),
    ) -> Self {
        let mut source = source(slug);
        change(&mut source);
        let (calls, running) = (Arc::clone(&self.calls), Arc::clone(&self.running));
        self.connectors.push(Arc::new(StubSource {
            source: Arc::new(source),
            gate: Gate::default(),
            behaviour,
            calls,
            running,
        }));
        self
    }

    pub(in crate::overview) fn service(&self) -> Stage {
        Stage::of(self.connectors.clone())
    }

    pub(in crate::overview) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub(in crate::overview) fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }
}

pub(in crate::overview) type Answer = BoxFuture<'static, Result<Fetched, ConnectorError>>;

/// A connector written by hand, whose `fetch` runs code before there is a future. The code gets the number of the call.
struct HandWritten {
    source: Arc<SourceInfo>,
    gate: Gate,
    fetch: Box<dyn Fn(usize) -> Answer + Send + Sync>,
    calls: Arc<AtomicUsize>,
}

impl Connector for HandWritten {
    fn source(&self) -> &Arc<SourceInfo> {
        &self.source
    }

    fn gate(&self) -> &Gate {
        &self.gate
    }

    fn fetch<'a, 'f>(&'a self, _: FetchRequest) -> BoxFuture<'f, Result<Fetched, ConnectorError>>
    where
        'a: 'f,
        Self: 'f,
    {
        (self.fetch)(self.calls.fetch_add(1, Ordering::SeqCst))
    }
}

pub(in crate::overview) fn hand_written(
    slug: &str,
    fetch: impl Fn(usize) -> Answer + Send + Sync + 'static,
) -> Arc<dyn Connector> {
    hand_written_for(source(slug), fetch)
}

pub(in crate::overview) fn hand_written_for(
    source: SourceInfo,
    fetch: impl Fn(usize) -> Answer + Send + Sync + 'static,
) -> Arc<dyn Connector> {
    Arc::new(HandWritten {
        source: Arc::new(source),
        gate: Gate::default(),
        fetch: Box::new(fetch),
        calls: Arc::default(),
    })
}

/// The service, with a cache behind it. Its time of day passes as the runtime's time does.
#[derive(Clone)]
pub(in crate::overview) struct Stage(OverviewService);

impl Stage {
    pub(in crate::overview) fn of(connectors: Vec<Arc<dyn Connector>>) -> Self {
        Self::of_set(Arc::new(ConnectorSet::from_connectors(connectors).expect("different slugs")))
    }

    pub(in crate::overview) fn of_set(set: Arc<ConnectorSet>) -> Self {
        Self(OverviewService::new(set, cache(), (Recorder::default(), Trail::none()), Arc::default(), clock()))
    }

    pub(in crate::overview) fn exchange(&self, set: Arc<ConnectorSet>) {
        self.0.exchange(set);
    }

    /// One whose cache has no room.
    pub(in crate::overview) fn keeping_nothing(connectors: Vec<Arc<dyn Connector>>) -> Self {
        let set = Arc::new(ConnectorSet::from_connectors(connectors).expect("different slugs"));
        let store = MemorySessionStore::new(IDLE, 0, clock());
        let cache = SectionCache::new(Arc::new(store), 0);
        Self(OverviewService::new(set, cache, (Recorder::default(), Trail::none()), Arc::default(), clock()))
    }

    /// An overview, as a request begins it: with what is kept at that moment.
    pub(in crate::overview) fn begin(&self, viewer: &Viewer, language: Language, deadline: Duration) -> Begun {
        self.0.begin(&self.viewing(viewer), language, Freshness::Kept, deadline)
    }

    pub(in crate::overview) fn begin_anew(&self, viewer: &Viewer) -> Begun {
        self.0.begin(&self.viewing(viewer), Language::Da, Freshness::Anew, DEADLINE)
    }

    pub(in crate::overview) fn begin_section(
        &self,
        viewer: &Viewer,
        source: &str,
        freshness: Freshness,
    ) -> Option<Begun> {
        self.0.begin_section(&self.viewing(viewer), source, Language::Da, freshness, DEADLINE)
    }

    pub(in crate::overview) fn begin_item(
        &self,
        viewer: &Viewer,
        source: &str,
        id: &str,
        language: Language,
    ) -> Option<Begun> {
        self.0.begin_item(&self.viewing(viewer), source, id, language, DEADLINE)
    }

    pub(in crate::overview) fn declared_for(&self, viewer: &Viewer) -> Vec<DeclaredSource> {
        self.0.sources().declared_for(viewer).map(Declaration::written).collect()
    }

    pub(in crate::overview) fn begin_with(&self, viewing: &Viewing) -> Begun {
        self.0.begin(viewing, Language::Da, Freshness::Kept, DEADLINE)
    }

    pub(in crate::overview) fn viewing(&self, viewer: &Viewer) -> Viewing {
        Viewing { viewer: viewer.clone(), kept: self.fetches().cache().of_token(viewer.session) }
    }

    pub(in crate::overview) fn sources(&self) -> Arc<SourceList> {
        self.0.sources()
    }

    pub(in crate::overview) fn fetches(&self) -> &Fetches {
        self.0.fetches()
    }

    pub(in crate::overview) fn indexes(&self) -> &crate::index::Indexes {
        self.0.indexes()
    }
}

fn clock() -> Clock {
    let (then, begun): (Timestamp, _) = ("2026-11-22T09:00:00Z".parse().expect("a time"), Instant::now());
    Clock::new(move || then + begun.elapsed())
}

pub(in crate::overview) fn cache() -> SectionCache {
    SectionCache::new(Arc::new(MemorySessionStore::new(IDLE, ROOM, clock())), ROOM)
}

/// These display clients may all show it, as far as it reaches.
pub(in crate::overview) fn agreed(clients: &[&str], coverage: &Coverage) -> BTreeMap<String, Coverage> {
    clients.iter().map(|client| ((*client).to_owned(), coverage.clone())).collect()
}

/// A source of whose answers nothing is kept.
pub(in crate::overview) fn source(slug: &str) -> SourceInfo {
    SourceInfo {
        slug: slug.to_owned(),
        it_system_id: "00000000-0000-0000-0000-000000000000".into(),
        version: "1.0.0".into(),
        revision: Revision::of_text(slug),
        authority: Authority { code: "x".into(), cvr: "90000001".into(), name: LocalizedText::new("X", "X") },
        contact: vec![],
        title: LocalizedText::new(slug, slug),
        expect: LocalizedText::new("X", "X"),
        theme: Theme::Economy,
        kinds: vec![],
        link: Link::checked("https://x.example/", &["x.example"]).expect("a link"),
        level: AssuranceLevel::Substantial,
        coverage: Coverage::Everywhere,
        legal_basis: "X".into(),
        agreement: "X-1".into(),
        display_clients: agreed(&["overblik"], &Coverage::Everywhere),
        timeout: Duration::from_secs(3),
        kept: Kept::NOT,
        offers_detail: false,
    }
}

/// Somebody with a token of their own, so that what is kept for them is kept beside the sessions.
#[expect(clippy::disallowed_methods, reason = "a test plays the part of the login")]
pub(in crate::overview) fn viewer_with(change: impl FnOnce(&mut Authentication)) -> Viewer {
    let cpr = Cpr::parse("6101010001", AcceptedPersons::FictitiousToo).expect("a number");
    let citizen = Citizen { cpr, pseudonym: Pseudonym::from_keyed_hash([1; 16]) };
    let mut authentication = Authentication {
        actor: citizen.clone(),
        subject: citizen,
        level: AssuranceLevel::Substantial,
        municipality: Municipality::parse("0901"),
        display_client: "overblik".into(),
    };
    change(&mut authentication);
    Viewer {
        scope: CitizenScope::from_authentication(authentication),
        session: SessionKey(random_bytes()),
        provider_session: None,
        reach: Reach::Every,
        standing: Standing::Token { issued: Timestamp::UNIX_EPOCH, expires: Timestamp::MAX },
        name: None,
        login_token: None,
        seal: Arc::new(seal()),
    }
}

/// A seal of nobody else's.
pub(in crate::overview) fn seal() -> SectionSeal {
    MasterKeys::random().first().section_seal(&Ticket::random())
}

pub(in crate::overview) fn viewer() -> Viewer {
    viewer_with(|_| {})
}

pub(in crate::overview) fn states(overview: &Collected) -> Vec<(&str, SectionState)> {
    overview.sections.iter().map(|shown| (shown.source().slug.as_str(), shown.state())).collect()
}

pub(in crate::overview) fn answers(after_ms: u64) -> Behaviour {
    Behaviour::Answers { after: Duration::from_millis(after_ms) }
}

/// Lets spawned tasks run until they wait for time or events.
pub(in crate::overview) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
