//! The parts of a running gateway, put together once.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use ipnet::IpNet;
use overblik_connectors::{AddressPolicy, Endpoint, LoadOptions, Registry};
use overblik_widgets::Language;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

use crate::{
    api_error::ApiError,
    clock::Clock,
    config::{ApiConfig, Config, OverviewConfig, SessionStoreKind},
    edge::rate_limits::RateLimits,
    followed_file::FileMistake,
    login::Login,
    overview::{Begun, OverviewService},
    refreshes::Refreshes,
    session::{
        Owner, SessionKey, SessionLimits, Standing, StoreError, Viewer,
        key_file::{self, KeyFile},
        master_keys::{KeyRing, MasterKeys},
        memory::MemorySessionStore,
        redis::{RedisSessionStore, RedisSettingsError},
        sessions::Sessions,
        store::{End, SessionStore},
    },
    tokens::{LoggedOut, LogoutToken},
};

/// How often expired sessions are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// How many sessions are looked at in the store at once: one after another, many would take longer than a second.
const LOOKS_AT_ONCE: usize = 64;

/// How often it is looked for open streams and running calls of access tokens that have expired.
const LOOK_FOR_EXPIRED_TOKENS_EVERY: Duration = Duration::from_millis(500);

/// Everything a handler may need. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// See [`App`].
pub struct Parts {
    /// The sources.
    pub registry: Arc<Registry>,
    /// Makes overviews.
    pub overviews: OverviewService,
    /// Sessions and login attempts.
    pub(crate) sessions: Sessions,
    /// Where the master keys come from, if not from chance.
    key_file: Option<KeyFile>,
    /// The relying party.
    pub(crate) login: Login,
    /// Tokens that are being renewed.
    pub(crate) refreshes: Refreshes,
    /// What apps may do with access tokens, if anything.
    pub(crate) api: Option<ApiConfig>,
    /// Deadlines and the display client.
    pub(crate) overview_config: OverviewConfig,
    /// How much one caller may ask.
    pub(crate) limits: RateLimits,
    /// Networks of the proxies whose word on addresses counts.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// The origin that browsers see.
    pub(crate) public_url: Url,
    /// Which persons may log in.
    pub(crate) accepted_persons: overblik_connectors::AcceptedPersons,
    /// Where the demo's control page is, if this is the demo.
    pub(crate) demo_control: Option<Url>,
    /// The time.
    pub(crate) clock: Clock,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Loads the contracts and puts everything together.
    ///
    /// # Errors
    /// All mistakes in the contracts, or why the outbound client cannot be made.
    pub fn build(config: &Config, clock: Clock, demo_control: Option<Url>) -> Result<Self, BuildError> {
        let registry = Arc::new(Registry::load(&config.contracts.directory, &load_options(config))?);
        check_together(config, &registry)?;
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
            SessionStoreKind::Memory => Arc::new(MemorySessionStore::new(limits.idle, clock.clone())),
            SessionStoreKind::Redis => {
                Arc::new(RedisSessionStore::new(&config.session.redis, limits.idle, clock.clone())?)
            }
        };
        let accepted_persons = if config.development.fictitious_persons {
            overblik_connectors::AcceptedPersons::FictitiousToo
        } else {
            overblik_connectors::AcceptedPersons::Real
        };
        Ok(Self(Arc::new(Parts {
            overviews: OverviewService::new(Arc::clone(&registry), clock.clone()),
            registry,
            sessions: Sessions::new(store, KeyRing::new(keys), limits, clock.clone()),
            key_file,
            login: Login::new(config, clock.clone())?,
            refreshes: Refreshes::default(),
            api: config.api.clone(),
            overview_config: config.overview.clone(),
            limits: RateLimits::new(&config.limits, clock.clone()),
            trusted_proxies: config.server.trusted_proxies.clone(),
            public_url: config.server.public_url.clone(),
            accepted_persons,
            demo_control,
            clock,
        })))
    }

    /// Begins an overview. The session is looked at once more after its calls are registered: a logout that came between
    /// the first look and now would have found no calls to end.
    ///
    /// # Errors
    /// [`Viewer::over`] when it ended meanwhile, [`ApiError::StoreAway`], [`ApiError::TooManyRequests`].
    pub(crate) async fn begin_overview(
        &self,
        viewer: &Viewer,
        language: Language,
        deadline: Duration,
    ) -> Result<Begun, ApiError> {
        self.limits.overview(&viewer.scope.actor().pseudonym)?;
        let begun = self.overviews.begin(viewer, language, deadline);
        if !self.sessions.is_live(viewer).await? {
            self.overviews.fetches().forget(viewer.session);
            return Err(viewer.over());
        }
        Ok(begun)
    }

    /// Ends a session and everything of it: what it fetched, and what is still being fetched.
    ///
    /// # Errors
    /// When the store is away; then nothing may be said to have ended.
    pub(crate) async fn end_session(&self, session: SessionKey) -> Result<(), StoreError> {
        let ended = self.sessions.end(session).await;
        self.overviews.fetches().forget(session);
        ended
    }

    /// Removes expired sessions, and what is still being fetched for them, until stopped.
    pub fn sweep_expired_sessions(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let app = self.clone();
        tasks.spawn(async move {
            let mut ticks = tokio::time::interval(SWEEP_EVERY);
            while stop.run_until_cancelled(ticks.tick()).await.is_some() {
                if let Err(error) = app.sessions.remove_expired().await {
                    tracing::error!(%error, "expired sessions not removed");
                }
                app.forget_what_is_over(|_| true).await;
                app.overviews.fetches().drop_late_answers();
                app.limits.forget_rested();
            }
        });
    }

    /// Ends what is being fetched and shown for those of these viewers whose session or token has ended: a logout need not
    /// end all of a citizen. Where the store cannot tell, it counts as ended: nothing is shown on its word.
    async fn forget_what_is_over(&self, concerned: impl Fn(&Viewer) -> bool) {
        let viewers = self.overviews.fetches().viewers().into_iter().filter(concerned);
        let looking = stream::iter(viewers).for_each_concurrent(LOOKS_AT_ONCE, async |viewer| {
            if !self.sessions.is_live(&viewer).await.unwrap_or(false) {
                self.overviews.fetches().forget(viewer.session);
            }
        });
        looking.await;
    }

    async fn forget_what_is_over_of(&self, owners: &[Owner]) {
        self.forget_what_is_over(|viewer| viewer.owners().any(|owner| owners.contains(&owner))).await;
    }

    /// Ends what a logout at the identity provider ends: sessions, and what is fetched and shown in them or for tokens of
    /// apps. How many sessions that were.
    ///
    /// # Errors
    /// When the store is away: then some may have ended, and the logout must be told again.
    pub(crate) async fn end_at_provider(&self, logout: &LogoutToken) -> Result<usize, StoreError> {
        let issuer = self.login.issuer();
        let owners = match &logout.ends {
            LoggedOut::ProviderSession(session) => self.sessions.as_provider_session(issuer, session),
            LoggedOut::Citizen(subject) => self.sessions.as_citizen(issuer, subject),
        };
        let ended = self.sessions.end_of(&owners, logout.issued).await;
        // Also when not all could be ended: nothing is shown any more that the store does not vouch for.
        self.forget_what_is_over_of(&owners).await;
        Ok(ended?.len())
    }

    /// Ends what is fetched and shown for access tokens when they expire, until stopped. A stream that is open tells its
    /// app so.
    pub fn end_expired_tokens(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let app = self.clone();
        if app.api.is_none() {
            return;
        }
        tasks.spawn(async move {
            let mut ticks = tokio::time::interval(LOOK_FOR_EXPIRED_TOKENS_EVERY);
            while stop.run_until_cancelled(ticks.tick()).await.is_some() {
                let now = app.clock.now();
                let has_expired = |standing| matches!(standing, Standing::Token { expires, .. } if expires <= now);
                let viewers = app.overviews.fetches().viewers().into_iter();
                for viewer in viewers.filter(|viewer| has_expired(viewer.standing)) {
                    app.overviews.fetches().forget(viewer.session);
                }
            }
        });
    }

    /// Follows what ends at other instances, and ends what is fetched and shown for it here (requirement R31), until
    /// stopped.
    pub fn follow_ends(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let app = self.clone();
        let mut ends = self.sessions.ends();
        tasks.spawn(async move {
            while let Some(Some(end)) = stop.run_until_cancelled(ends.next()).await {
                match end {
                    End::Session(session) => app.overviews.fetches().forget(session),
                    End::Owner(owner) => app.forget_what_is_over_of(&[owner]).await,
                    End::Missed => app.forget_what_is_over(|_| true).await,
                }
            }
        });
    }

    /// Takes the master keys from their file whenever it changes, until stopped. Sessions that a removed key sealed end,
    /// and so does what is still being fetched for them.
    pub fn follow_session_keys(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let app = self.clone();
        let Some(mut file) = self.key_file.clone() else { return };
        tasks.spawn(async move {
            while let Some(outcome) = stop.run_until_cancelled(file.changed()).await {
                match outcome {
                    Ok(keys) => app.exchange_session_keys(keys).await,
                    Err(mistake) => tracing::error!(%mistake, "session keys not exchanged, the former ones stay"),
                }
            }
        });
    }

    /// Takes our keys at the identity provider from their file whenever it changes, and keeps what it publishes fresh,
    /// until stopped.
    pub fn follow_provider(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let app = self.clone();
        tasks.spawn(async move { stop.run_until_cancelled(app.login.follow()).await });
    }

    async fn exchange_session_keys(&self, keys: MasterKeys) {
        let sealing = keys.first().id().clone();
        let gone = self.sessions.ring().exchange(keys);
        tracing::info!(key.id = sealing.as_str(), "session keys exchanged");
        if !gone.is_empty() {
            // At once, and whether or not the store then answers.
            self.forget_what_is_over(|_| true).await;
        }
        for key in gone {
            match self.sessions.end_sealed_under(&key).await {
                Ok(ended) => {
                    tracing::warn!(key.id = key.as_str(), sessions = ended.len(), "session key removed");
                    for session in ended {
                        self.overviews.fetches().forget(session);
                    }
                }
                Err(error) => tracing::error!(%error, key.id = key.as_str(), "sessions of a removed key not ended"),
            }
        }
    }
}

/// What configuration and contracts must agree on.
fn check_together(config: &Config, registry: &Registry) -> Result<(), BuildError> {
    let client = &config.overview.display_client;
    let listed =
        |client: &String| registry.connectors().iter().any(|one| one.source().display_clients.contains(client));
    if !listed(client) {
        return Err(BuildError::NoAgreement(client.clone()));
    }
    for (client_id, client) in config.api.iter().flat_map(|api| &api.clients) {
        if !listed(&client.display_client) {
            let (client_id, display_client) = (client_id.clone(), client.display_client.clone());
            return Err(BuildError::NoAgreementOfApp { client_id, display_client });
        }
    }
    let slowest = registry.connectors().iter().map(|one| one.source().timeout).max().unwrap_or_default();
    if config.overview.stream_deadline() <= slowest {
        return Err(BuildError::StreamTooShort { slowest_ms: slowest.as_millis() });
    }
    Ok(())
}

fn load_options(config: &Config) -> LoadOptions {
    let endpoints = config
        .sources
        .iter()
        .map(|(slug, source)| {
            let endpoint = Endpoint { base_url: source.base_url.clone(), api_key: source.api_key.clone() };
            (slug.clone(), endpoint)
        })
        .collect();
    let address_policy =
        if config.development.loopback_http { AddressPolicy::LoopbackAllowed } else { AddressPolicy::Production };
    LoadOptions { endpoints, address_policy }
}

/// Why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Mistakes in contracts.
    #[error("{0}")]
    Contracts(#[from] overblik_connectors::ContractMistakes),
    /// The file of master keys cannot be used.
    #[error("session.keys_file: {0}")]
    SessionKeys(FileMistake),
    /// The file of our keys at the provider cannot be used.
    #[error("login.client_keys_file: {0}")]
    ClientKeys(FileMistake),
    /// Our keys at the provider do not sign what they verify.
    #[error("login.client_keys_file: a signature that was just made does not verify, so none of ours would count")]
    ClientKeysUnusable,
    /// The Redis of the sessions cannot be used as configured.
    #[error("{0}")]
    Redis(#[from] RedisSettingsError),
    /// A setting for a source that no contract declares.
    #[error(
        "sources.{0}: no contract declares this source\n  hint: check the spelling against metadata.name in the contracts"
    )]
    SourceWithoutContract(String),
    /// The display client has no agreement with any source.
    #[error(
        "overview.display_client: no contract lists \"{0}\" under agreement.displayClients, so nothing would be asked\n  hint: check the spelling"
    )]
    NoAgreement(String),
    /// The display client of an app has no agreement with any source.
    #[error(
        "api.clients.{client_id}.display_client: no contract lists \"{display_client}\" under agreement.displayClients, so nothing would be asked for this app\n  hint: check the spelling"
    )]
    NoAgreementOfApp {
        /// The app.
        client_id: String,
        /// Its name in contracts.
        display_client: String,
    },
    /// Streams would stop waiting before the slowest source may answer.
    #[error(
        "overview.stream_deadline_ms: must be more than {slowest_ms}, the longest limits.timeoutMs among the contracts\n  hint: a stream that ends earlier can never say that a source timed out"
    )]
    StreamTooShort {
        /// The longest time limit among the sources, in milliseconds.
        slowest_ms: u128,
    },
    /// The HTTP client for the identity provider.
    #[error("the HTTP client for the identity provider cannot be made: {0}")]
    HttpClient(#[from] reqwest::Error),
    /// The issuer or the public address makes no valid URL.
    #[error("an address in the configuration is not a URL: {0}")]
    Address(#[from] url::ParseError),
}
