//! What ends with a session or an app's token, when, and at every instance: what is kept of it, what is being fetched for
//! it, and what is shown in it (requirement R31).

use std::time::Duration;

use futures::{StreamExt, stream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    api_error::ApiError,
    app::App,
    config::PortalWay,
    session::{
        Identity, Owner, Session, SessionKey, Standing, StoreError, Viewer, master_keys::MasterKeys, sessions::Opened,
        store::End,
    },
    telemetry::Ending,
    tokens::{LoggedOut, LogoutToken},
};

/// How often expired sessions are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// How many sessions are looked at in the store at once: one after another, many would take longer than a second.
const LOOKS_AT_ONCE: usize = 64;

/// How often it is looked for open streams and running calls of access tokens that have expired.
const LOOK_FOR_EXPIRED_TOKENS_EVERY: Duration = Duration::from_millis(500);

impl App {
    /// Ends a session and everything of it: what it fetched, and what is still being fetched.
    ///
    /// # Errors
    /// When the store is away; then nothing may be said to have ended.
    pub(crate) async fn end_session(&self, session: SessionKey) -> Result<(), StoreError> {
        let ended = self.sessions.end(session).await;
        self.overviews.fetches().forget(session);
        ended.and(self.end_connected_to(session).await)
    }

    /// Ends what portals show by the word that a citizen gave in this session of theirs.
    async fn end_connected_to(&self, own: SessionKey) -> Result<(), StoreError> {
        let portals = self.portals.all().filter(|portal| portal.may(PortalWay::Connected));
        let mut ended = Ok(());
        for session in self.sessions.connected_to(own, portals.map(|portal| portal.name.as_str())) {
            ended = ended.and(self.sessions.end(session).await);
            self.overviews.fetches().forget(session);
        }
        ended
    }

    /// Carries something out to its end, whoever goes away meanwhile: of a logout that stopped half-way nobody would know
    /// what is still open.
    ///
    /// # Errors
    /// [`ApiError::Internal`] when it panicked.
    pub(crate) async fn carry_out<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.refreshes.run(work).await.map_err(|_panic| ApiError::Internal)
    }

    /// Tells the provider, beside the request, that the refresh token of a session that ended is used no more.
    pub(crate) fn revoke_later(&self, session: Session) {
        let Some(token) = session.into_refresh_token() else { return };
        let app = self.clone();
        // Whether it succeeds is told by the log; the session is gone either way.
        drop(self.refreshes.run(async move {
            app.login.revoke(token.reveal()).await;
        }));
    }

    /// Removes expired sessions, and what is still being fetched for them, until stopped.
    pub fn sweep_expired_sessions(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let app = self.clone();
        tasks.spawn(async move {
            let mut ticks = tokio::time::interval(SWEEP_EVERY);
            while stop.run_until_cancelled(ticks.tick()).await.is_some() {
                match app.sessions.remove_expired().await {
                    Ok(over) => app.metrics.sessions.ended(Ending::Expired, over),
                    Err(error) => tracing::error!(%error, "expired sessions not removed"),
                }
                app.latest().forget_what_is_over(|_| true).await;
                app.overviews.fetches().drop_lapsed();
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
        let ended = ended?.len();
        self.metrics.sessions.ended(Ending::Provider, ended);
        Ok(ended)
    }

    /// Ends whatever else came of the login that a session came of, and not that session itself: what portals show of the citizen is over with their
    /// logout here, whether the provider tells us so or not. Unlike a logout at the provider it bars no login that follows
    /// without a question, under the same session there.
    ///
    /// # Errors
    /// When the store is away: then some may have ended.
    pub(crate) async fn end_same_login(&self, opened: &Opened) -> Result<(), StoreError> {
        let Identity { issuer, provider_session, .. } = &opened.session.identity;
        let Some(provider_session) = provider_session else { return Ok(()) };
        let login = self.sessions.as_provider_session(issuer, provider_session);
        for (session, facts) in self.sessions.of_same_citizen(opened).await? {
            if session != opened.key && facts.owners().any(|owner| login.contains(&owner)) {
                self.end_session(session).await?;
                self.metrics.sessions.ended(Ending::Logout, 1);
            }
        }
        Ok(())
    }

    /// Ends what is fetched and shown for access tokens when they expire, until stopped. A stream that is open tells its
    /// app so.
    pub fn end_expired_tokens(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let app = self.clone();
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
                    Ok(keys) => app.latest().exchange_session_keys(keys).await,
                    Err(mistake) => tracing::error!(%mistake, "session keys not exchanged, the former ones stay"),
                }
            }
        });
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
                    self.metrics.sessions.ended(Ending::KeyRemoved, ended.len());
                    tracing::warn!(key.id = key.as_str(), sessions = ended.len(), "session key removed");
                    for session in ended {
                        self.overviews.fetches().forget(session);
                        if let Err(error) = self.end_connected_to(session).await {
                            tracing::error!(%error, key.id = key.as_str(), "a connected frame not ended; it shows nothing");
                        }
                    }
                }
                Err(error) => tracing::error!(%error, key.id = key.as_str(), "sessions of a removed key not ended"),
            }
        }
    }
}
