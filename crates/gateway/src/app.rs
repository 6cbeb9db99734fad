//! The parts of a running gateway, put together once.

use std::{
    sync::{Arc, PoisonError, RwLock, Weak},
    time::Duration,
};

use ipnet::IpNet;
use overblik_connectors::{AddressPolicy, ConnectorSet, Endpoint, LoadOptions, TlsFiles};
use overblik_widgets::Language;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

use crate::{
    api_error::ApiError,
    audit::{Trail, TrailPlace},
    build_error::BuildError,
    clock::Clock,
    config::{ApiConfig, Config, LimitsConfig, OverviewConfig, PageConfig, PatienceConfig, SessionStoreKind},
    edge::{overload::Overload, places::Place, rate_limits::RateLimits},
    embed::Portals,
    expected_sources::ExpectedSources,
    lateness::Lateness,
    login::Login,
    overview::{Begun, Freshness, OverviewService},
    refreshes::Refreshes,
    reload::Standing,
    session::{
        SectionCache, SessionLimits, Viewing,
        key_file::{self, KeyFile},
        master_keys::{KeyRing, MasterKeys},
        measured::MeasuredStore,
        memory::MemorySessionStore,
        redis::RedisSessionStore,
        sessions::Sessions,
        store::SessionStore,
    },
    source_exchange::SourceExchange,
    statistics::{Recorder, Statistics},
    telemetry::{Face, Metrics, Traces},
};

/// Everything a handler may need. Cheap to clone.
///
/// What is set in the configuration never changes in it: where the configuration is taken anew (`crate::reload`), another
/// takes its place, which shares with it whatever is under way. Whoever has this one goes on with it.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// See [`App`].
pub struct Parts {
    /// Makes overviews, of the sources that are asked now.
    pub overviews: OverviewService,
    /// How others come to be asked.
    pub(crate) source_exchange: Arc<SourceExchange>,
    /// How often sources were called, and what came of it.
    pub statistics: Statistics,
    /// What was asked about whom, as it is written down.
    pub audit: Trail,
    /// Where citizens find it.
    pub(crate) audit_config: TrailPlace,
    /// What sources answered, sealed.
    pub(crate) sections: SectionCache,
    /// Sessions and login attempts.
    pub(crate) sessions: Arc<Sessions>,
    /// Where the master keys come from, if not from chance.
    pub(crate) key_file: Option<KeyFile>,
    /// The relying party.
    pub(crate) login: Arc<Login>,
    /// Tokens that are being renewed.
    pub(crate) refreshes: Arc<Refreshes>,
    /// What apps may do with access tokens, if anything.
    pub(crate) api: Option<ApiConfig>,
    /// Who else may show sections.
    pub(crate) portals: Arc<Portals>,
    /// Deadlines and the display client.
    pub(crate) overview_config: OverviewConfig,
    /// What the pages tell about whoever runs this overview.
    pub(crate) page_config: PageConfig,
    /// How much one caller may ask.
    pub(crate) limits: Arc<RateLimits>,
    /// How much all may ask together.
    pub(crate) overload: Arc<Overload>,
    /// Those limits as configured.
    pub(crate) limits_config: LimitsConfig,
    /// How long slow clients are waited for.
    pub(crate) patience: PatienceConfig,
    /// How long what is under way may go on when the process is told to stop.
    pub(crate) grace: Duration,
    /// How long before that the process says that it is not ready any more.
    pub(crate) notice: Duration,
    /// Cancelled when it has been told to stop.
    pub(crate) leaving: CancellationToken,
    /// Cancelled when nothing new is begun any more.
    pub(crate) stopping: CancellationToken,
    /// The configuration as it is, and what became of the last change of it.
    pub(crate) configuration: Arc<Standing>,
    /// Whichever of these has taken the place of the others.
    latest: Latest,
    /// Networks of the proxies whose word on addresses counts.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// The origin that browsers see.
    pub(crate) public_url: Url,
    /// Which persons may log in.
    pub(crate) accepted_persons: overblik_connectors::AcceptedPersons,
    /// Where the demo's control page is, if this is the demo.
    pub(crate) demo_control: Option<Url>,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// The time.
    pub(crate) clock: Clock,
}

/// Knows the [`Parts`] that whoever begins something begins with, as long as somebody has them.
#[derive(Clone, Default)]
struct Latest(Arc<RwLock<Weak<Parts>>>);

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Loads the contracts, if they are files, and puts everything together.
    ///
    /// # Errors
    /// All mistakes in the contracts, or why the outbound client cannot be made.
    pub fn build(config: &Config, clock: Clock, demo_control: Option<Url>) -> Result<Self, BuildError> {
        let metrics = Arc::new(Metrics::default());
        let login = Login::new(config, clock.clone(), metrics.provider.clone())?;
        let (options, expected) = (load_options(config, &login), ExpectedSources::of(config));
        let set = match &config.contracts {
            Some(contracts) => {
                let set = ConnectorSet::load(&contracts.directory, &options)?;
                expected.are_in(&set)?;
                set
            }
            // Until the registry says more (`RegistryLink`).
            None => ConnectorSet::default(),
        };
        let limits = SessionLimits {
            idle: Duration::from_secs(config.session.idle_s),
            absolute: Duration::from_secs(config.session.absolute_s),
        };
        let (key_file, keys) = match &config.session.keys_file {
            Some(path) => {
                let (file, keys) = key_file::open(path).map_err(BuildError::SessionKeys)?;
                (Some(file), keys)
            }
            None => (None, MasterKeys::random()),
        };
        let store: Arc<dyn SessionStore> = match config.session.store {
            SessionStoreKind::Memory => {
                Arc::new(MemorySessionStore::new(limits.idle, config.session.kept_bytes(), clock.clone()))
            }
            SessionStoreKind::Redis => {
                Arc::new(RedisSessionStore::new(&config.session.redis, limits.idle, clock.clone())?)
            }
        };
        let store: Arc<dyn SessionStore> = Arc::new(MeasuredStore::new(store, metrics.store.clone()));
        let sections = SectionCache::new(Arc::clone(&store), config.session.kept_bytes());
        let accepted_persons = if config.development.fictitious_persons {
            overblik_connectors::AcceptedPersons::FictitiousToo
        } else {
            overblik_connectors::AcceptedPersons::Real
        };
        let statistics = Statistics::open(config, clock.clone(), Recorder::new(&metrics))?;
        let recorder = statistics.recorder().clone();
        let lateness = config.limits.lateness_ms.map(|limit| Duration::from_millis(limit.into()));
        let lateness = Arc::new(Lateness::new(lateness));
        let audit = Trail::open(&config.audit, clock.clone())?;
        let overviews = OverviewService::new(
            Arc::new(set),
            sections.clone(),
            (recorder, audit.clone()),
            Arc::clone(&lateness),
            clock.clone(),
        )
        .with_traces(Traces::open(config.traces.as_ref(), metrics.spans.clone())?);
        let app = Self(Arc::new(Parts {
            login: Arc::new(login.with_traces(overviews.traces().clone())),
            overviews,
            statistics,
            audit,
            audit_config: TrailPlace::of(config),
            source_exchange: Arc::new(SourceExchange::new(options, expected)),
            sections,
            sessions: Arc::new(Sessions::new(store, KeyRing::new(keys), limits, clock.clone())),
            key_file,
            refreshes: Arc::default(),
            api: config.api.clone(),
            portals: Arc::new(Portals::new(config.embed.as_ref())?),
            overview_config: config.overview.clone(),
            page_config: config.page.clone(),
            limits: Arc::new(RateLimits::new(&config.limits, clock.clone())),
            overload: Arc::new(Overload::new(&config.limits, lateness, clock.clone())),
            limits_config: config.limits.clone(),
            patience: config.server.patience,
            grace: Duration::from_secs(config.server.grace_s),
            notice: Duration::from_secs(config.server.notice_s),
            leaving: CancellationToken::new(),
            stopping: CancellationToken::new(),
            configuration: Arc::default(),
            latest: Latest::default(),
            trusted_proxies: config.server.trusted_proxies.clone(),
            public_url: config.server.public_url.clone(),
            accepted_persons,
            demo_control,
            metrics,
            clock,
        }));
        app.take_over();
        Ok(app)
    }

    /// The same process with what another configuration sets, as far as it can be set while it runs, and with these as its
    /// relying party and portals. It has not taken this one's place yet.
    pub(crate) fn with_settings(&self, config: &Config, login: Arc<Login>, portals: Arc<Portals>) -> Self {
        Self(Arc::new(Parts {
            login,
            portals,
            api: config.api.clone(),
            overview_config: config.overview.clone(),
            page_config: config.page.clone(),
            limits_config: config.limits.clone(),
            trusted_proxies: config.server.trusted_proxies.clone(),
            overviews: self.overviews.clone(),
            source_exchange: Arc::clone(&self.source_exchange),
            statistics: self.statistics.clone(),
            audit: self.audit.clone(),
            audit_config: self.audit_config,
            sections: self.sections.clone(),
            sessions: Arc::clone(&self.sessions),
            key_file: self.key_file.clone(),
            refreshes: Arc::clone(&self.refreshes),
            limits: Arc::clone(&self.limits),
            overload: Arc::clone(&self.overload),
            patience: self.patience,
            grace: self.grace,
            notice: self.notice,
            leaving: self.leaving.clone(),
            stopping: self.stopping.clone(),
            configuration: Arc::clone(&self.configuration),
            latest: self.latest.clone(),
            public_url: self.public_url.clone(),
            accepted_persons: self.accepted_persons,
            demo_control: self.demo_control.clone(),
            metrics: Arc::clone(&self.metrics),
            clock: self.clock.clone(),
        }))
    }

    /// Whoever looks for the latest finds this one from now on, as long as somebody has it.
    pub(crate) fn take_over(&self) {
        *self.latest.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&self.0);
    }

    /// The one that has taken the place of all others, for what runs beside the requests and outlives many.
    pub(crate) fn latest(&self) -> Self {
        // Under the lock one pointer is exchanged for another.
        let latest = self.latest.0.read().unwrap_or_else(PoisonError::into_inner).upgrade();
        latest.map_or_else(|| self.clone(), Self)
    }

    /// Begins an overview, which keeps its place for as long as the place lives. If sources are asked, the session is looked
    /// at once more after their calls are registered: a logout that came between the first look and now would have found
    /// no calls to end. An overview of kept sections alone came with the session, at the first look.
    ///
    /// # Errors
    /// [`Viewer::over`] when it ended meanwhile, [`ApiError::StoreAway`], [`ApiError::TooManyRequests`],
    /// [`ApiError::TooManyStreams`], [`ApiError::Overloaded`].
    pub(crate) async fn begin_overview(
        &self,
        viewing: &Viewing,
        language: Language,
        freshness: Freshness,
        deadline: Duration,
        face: Face,
    ) -> Result<(Begun, Place), ApiError> {
        self.begin(viewing, |overviews| Some(overviews.begin_shown(viewing, language, freshness, deadline, face))).await
    }

    /// Begins one section, or more about one item of it, as an overview is begun; each counts as one.
    ///
    /// # Errors
    /// [`ApiError::NotFound`] if there is no such thing for this viewer; else as [`App::begin_overview`].
    pub(crate) async fn begin(
        &self,
        viewing: &Viewing,
        ask: impl FnOnce(&OverviewService) -> Option<Begun>,
    ) -> Result<(Begun, Place), ApiError> {
        let viewer = &viewing.viewer;
        let citizen = &viewer.scope.actor().pseudonym;
        self.limits.overview(citizen)?;
        let place = self.overload.overview(viewer.session, citizen)?;
        let begun = ask(&self.overviews).ok_or(ApiError::NotFound)?;
        if begun.started_calls() && !self.sessions.is_live(viewer).await? {
            self.overviews.fetches().forget(viewer.session);
            return Err(viewer.over());
        }
        Ok((begun, place))
    }

    /// Takes the keys of portals from their files whenever these change, until stopped.
    pub fn follow_portal_keys(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        self.portals.follow_keys(tasks, stop);
    }

    /// Takes the TLS files of sources again whenever they change, until stopped.
    pub fn follow_tls_files(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let app = self.clone();
        let current = move || app.connectors();
        tasks.spawn(async move { stop.run_until_cancelled(ConnectorSet::follow_tls_files(current)).await });
    }

    /// Hands in what was counted, until stopped.
    pub fn keep_statistics(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let app = self.clone();
        tasks.spawn(async move { stop.run_until_cancelled(app.statistics.follow()).await });
    }

    /// Takes the keys of the audit trail from their file whenever it changes, until stopped.
    pub fn follow_audit_keys(&self, tasks: &TaskTracker, stop: CancellationToken) {
        self.audit.follow_keys(tasks, stop);
    }

    /// Takes our keys at the identity provider from their file whenever it changes, and keeps what it publishes fresh,
    /// until stopped.
    pub fn follow_provider(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let app = self.clone();
        tasks.spawn(async move { stop.run_until_cancelled(app.login.follow()).await });
    }

    /// Watches how much is asked of the process, until stopped.
    pub fn watch_load(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let app = self.clone();
        tasks.spawn(async move { stop.run_until_cancelled(app.overload.watch()).await });
    }
}

pub(crate) fn load_options(config: &Config, login: &Login) -> LoadOptions {
    let endpoints = config
        .sources
        .iter()
        .map(|(slug, source)| {
            let tls = TlsFiles {
                client_certificate: source.client_certificate_file.clone(),
                client_key: source.client_key_file.clone(),
                client_certificate_next: source.client_certificate_next_file.clone(),
                client_key_next: source.client_key_next_file.clone(),
                trusted_roots: source.trusted_roots_file.clone(),
            };
            let endpoint = Endpoint {
                authority: source.authority.clone(),
                base_url: source.base_url.clone(),
                api_key: source.api_key.clone(),
                token_url: source.token_url.clone(),
                exchange_url: source.exchange_url.clone(),
                client_id: source.client_id.clone(),
                client_secret: source.client_secret.clone(),
                user: source.user.clone(),
                password: source.password.clone(),
                tls,
            };
            (slug.clone(), endpoint)
        })
        .collect();
    let address_policy =
        if config.development.loopback_http { AddressPolicy::LoopbackAllowed } else { AddressPolicy::Production };
    // Whoever may read the provider's tokens anyway: its issuer, and the hosts of its endpoints.
    let issuer = Url::parse(login.issuer()).ok().and_then(|issuer| issuer.host_str().map(str::to_owned));
    let login_token_hosts = issuer.into_iter().chain(config.login.endpoint_hosts.iter().cloned()).collect();
    let public = &config.server.public_url;
    let own_audiences =
        [login.issuer(), &config.login.client_id, public.as_str(), &public.origin().ascii_serialization()];
    let own_audiences = own_audiences.into_iter().chain(config.api.as_ref().map(|api| api.audience.as_str()));
    let own_audiences = own_audiences.chain(config.embed.as_ref().map(|embed| embed.audience.as_str()));
    let admin = config.admin.as_ref().map(|admin| admin.public_url.origin().ascii_serialization());
    let own_audiences = own_audiences.map(str::to_owned).chain(admin).collect();
    LoadOptions {
        endpoints,
        address_policy,
        signer: login.signer(),
        login_token_hosts,
        login_secret: config.login.client_secret.clone(),
        own_audiences,
    }
}
