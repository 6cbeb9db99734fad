//! Renewing a session's tokens: once for each refresh token, whoever asks and at whichever instance (requirement R24).
//!
//! 1. Soon before the tokens expire, a request starts renewing them and goes on; once they have expired, it waits.
//! 2. Requests of one session at one instance share one renewing.
//! 3. Of all instances one takes the refresh token out of the session's record, by exchanging the version that holds it
//!    for one that does not. Only who succeeded sends it, so that it is sent once whatever happens (requirement R25). The
//!    version is the fence: what was read before somebody else's exchange changes nothing any more.
//! 4. The others look at the record until it holds new tokens, or the session is over.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{FutureExt, future::Shared};
use jiff::{SignedDuration, Timestamp};
use overblik_connectors::Secret;
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::task::TaskTracker;

use crate::{
    api_error::ApiError,
    app::App,
    capacity,
    login::{KnownIdentity, RefreshFailure, Tokens},
    session::{
        LoginToken, Renewal, SessionKey, SessionTokens, StoreError,
        sealing::Ticket,
        sessions::{Activity, Opened},
    },
    telemetry::{Ending, Reference},
};

/// Longest that renewing takes: the call's own limit of ten seconds, and the store's.
const LIMIT: Duration = Duration::from_secs(12);

/// How often who does not send the refresh token looks whether there are new tokens.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long the provider is left alone when it could not be reached, and when it answered that it is in trouble.
const REST_UNREACHABLE: SignedDuration = SignedDuration::from_secs(2);
const REST_IN_TROUBLE: SignedDuration = SignedDuration::from_secs(15);

type Running = Shared<futures::future::BoxFuture<'static, ()>>;

/// What is being renewed at this instance.
#[derive(Default)]
pub(crate) struct Refreshes {
    running: Arc<Mutex<HashMap<SessionKey, Running>>>,
    tasks: TaskTracker,
}

fn lock(running: &Mutex<HashMap<SessionKey, Running>>) -> MutexGuard<'_, HashMap<SessionKey, Running>> {
    // One map operation at a time; a panic elsewhere cannot leave it half-done.
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A session's place among those whose tokens are being renewed. It is given up however that ends.
struct Place {
    running: Arc<Mutex<HashMap<SessionKey, Running>>>,
    session: SessionKey,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut running = lock(&self.running);
        running.remove(&self.session);
        capacity::fit(&mut running);
    }
}

impl Refreshes {
    /// Joins what is being done about a session's tokens, or starts this.
    fn join_or_start<W>(&self, session: SessionKey, work: impl FnOnce() -> W) -> Running
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let mut running = lock(&self.running);
        if let Some(running) = running.get(&session) {
            return running.clone();
        }
        let (places, work) = (Arc::clone(&self.running), work());
        let task = self.run(async move {
            let _place = Place { running: places, session };
            work.await;
        });
        // A panic in the task is told by the panic hook; who waits looks at the record all the same.
        let renewing = task.map(drop).boxed().shared();
        running.insert(session, renewing.clone());
        renewing
    }

    /// Runs something that goes on whoever goes away: a refresh token that was sent must be answered for.
    pub(crate) fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.tasks.spawn(Reference::kept(work))
    }

    /// Waits until everything that runs has ended.
    pub(crate) async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// What is to be done about a session's tokens.
enum Due {
    Nothing,
    /// They expire soon: renewed beside the request.
    Soon,
    /// They have expired: they are renewed first, or somebody is doing that already.
    Now,
    /// They have expired, and cannot be renewed.
    Never,
    /// They have expired, and the provider is left alone just now.
    Later,
}

fn due(tokens: Option<&SessionTokens>, now: Timestamp) -> Due {
    let Some(SessionTokens { expires, renewal }) = tokens else { return Due::Nothing };
    match (renewal, *expires <= now) {
        (Renewal::Possible { from, .. }, expired) if now < *from => {
            if expired {
                Due::Later
            } else {
                Due::Nothing
            }
        }
        (Renewal::Possible { .. }, true) => Due::Now,
        (Renewal::Possible { .. }, false) => Due::Soon,
        (Renewal::Spent { .. }, false) => Due::Nothing,
        (Renewal::Spent { since }, true) => {
            let limit = SignedDuration::try_from(LIMIT).unwrap_or(SignedDuration::ZERO);
            if now.duration_since(*since) < limit { Due::Now } else { Due::Never }
        }
    }
}

impl App {
    /// How many sessions' tokens are being renewed at this instance.
    #[must_use]
    pub fn refreshing(&self) -> usize {
        lock(&self.refreshes.running).len()
    }

    /// The opened session once its tokens are fresh: at once, or after they were renewed.
    ///
    /// # Errors
    /// [`ApiError::SessionOver`] when the session ended over it, [`ApiError::ProviderAway`] when the tokens have expired and
    /// cannot be renewed just now, [`ApiError::StoreAway`].
    pub(crate) async fn with_fresh_tokens(&self, ticket: Ticket, opened: Opened) -> Result<Opened, ApiError> {
        match due(opened.session.tokens.as_ref(), self.clock.now()) {
            Due::Nothing => return Ok(opened),
            Due::Later => return Err(ApiError::ProviderAway),
            Due::Never => return Err(self.tokens_are_gone(&opened).await),
            Due::Soon => {
                drop(self.renew(Arc::new(ticket), &opened));
                return Ok(opened);
            }
            Due::Now => {}
        }
        let ticket = Arc::new(ticket);
        let renewing = self.renew(Arc::clone(&ticket), &opened);
        if tokio::time::timeout(LIMIT, renewing).await.is_err() {
            return Err(ApiError::ProviderAway);
        }
        let renewed = self.sessions.open(&ticket, Activity::DoesNotCount).await?.ok_or(ApiError::SessionOver)?;
        match due(renewed.session.tokens.as_ref(), self.clock.now()) {
            Due::Nothing | Due::Soon => Ok(renewed),
            Due::Now | Due::Later => Err(ApiError::ProviderAway),
            Due::Never => Err(self.tokens_are_gone(&renewed).await),
        }
    }

    /// Ends a session whose tokens have expired for good: the citizen logs in again.
    async fn tokens_are_gone(&self, opened: &Opened) -> ApiError {
        match self.end_session(opened.key).await {
            Ok(()) => {
                self.metrics.sessions.ended(Ending::Tokens, 1);
                ApiError::SessionOver
            }
            Err(StoreError) => ApiError::StoreAway,
        }
    }

    /// What a session keeps of an access token: the token itself where a source is asked with one that it is exchanged for,
    /// else nothing (decision 22).
    pub(crate) fn login_token_to_keep(&self, tokens: &Tokens) -> Option<LoginToken> {
        let needed = self.connectors().exchanges_login_token();
        needed.then(|| LoginToken { token: tokens.access.clone(), expires: tokens.access_expires })
    }

    /// Joins the renewing of a session's tokens, or starts it.
    fn renew(&self, ticket: Arc<Ticket>, opened: &Opened) -> Running {
        self.refreshes.join_or_start(opened.key, || {
            let (app, opened) = (self.clone(), opened.clone());
            async move { app.renew_once(&ticket, opened).await }
        })
    }

    /// Takes the refresh token out of the record and sends it; or waits for whoever else has done so.
    async fn renew_once(&self, ticket: &Ticket, opened: Opened) {
        if let Some(SessionTokens { expires, renewal: Renewal::Possible { token, .. } }) = opened.session.tokens.clone()
        {
            let spent = SessionTokens { expires, renewal: Renewal::Spent { since: self.clock.now() } };
            let login_token = opened.session.login_token.clone();
            match self.sessions.exchange_tokens(ticket, &opened, spent, login_token).await {
                Ok(Some(claimed)) => return self.send_refresh_token(ticket, &claimed, &token).await,
                Ok(None) => {}
                // It may have been taken out: nothing is sent.
                Err(StoreError) => return,
            }
        }
        let until = Instant::now() + LIMIT;
        while Instant::now() < until {
            tokio::time::sleep(LOOK_EVERY).await;
            match self.sessions.open(ticket, Activity::DoesNotCount).await {
                Ok(Some(now)) if matches!(&now.session.tokens, Some(tokens) if is_being_renewed(tokens)) => {}
                _ => return,
            }
        }
    }

    async fn send_refresh_token(&self, ticket: &Ticket, claimed: &Opened, token: &Secret) {
        let scope = claimed.session.scope();
        let identity = &claimed.session.identity;
        let known = KnownIdentity {
            subject: &identity.subject,
            cpr: &scope.actor().cpr,
            level: Some(scope.level()),
            authenticated: identity.authenticated,
            provider_session: identity.provider_session.as_deref(),
        };
        let outcome = self.login.refresh(token.reveal(), &known).await;
        let now = self.clock.now();
        let expires = claimed.session.tokens.as_ref().map_or(now, |tokens| tokens.expires);
        let put_back = |rest: SignedDuration| SessionTokens {
            expires,
            renewal: Renewal::Possible { token: token.clone(), from: now.checked_add(rest).unwrap_or(now) },
        };
        let former = claimed.session.login_token.clone();
        match outcome {
            Ok(tokens) => {
                let login_token = self.login_token_to_keep(&tokens);
                let token = tokens.refresh.unwrap_or_else(|| token.clone());
                let renewed = SessionTokens::fresh(token.clone(), tokens.access_expires, now);
                if self.keep_tokens(ticket, claimed, renewed, login_token).await {
                    tracing::info!("tokens renewed");
                } else {
                    // The session ended meanwhile: nobody will use the new ones.
                    self.login.revoke(token.reveal()).await;
                }
            }
            Err(failure @ RefreshFailure::NotSent) => {
                tracing::warn!(%failure, "tokens not renewed");
                self.keep_tokens(ticket, claimed, put_back(REST_UNREACHABLE), former).await;
            }
            Err(failure @ (RefreshFailure::Unavailable | RefreshFailure::Disbelieved)) => {
                tracing::warn!(%failure, "tokens not renewed");
                self.keep_tokens(ticket, claimed, put_back(REST_IN_TROUBLE), former).await;
            }
            Err(failure @ RefreshFailure::Uncertain) => {
                tracing::warn!(%failure, "tokens not renewed; the session ends with those that it has");
            }
            Err(failure @ (RefreshFailure::Rejected | RefreshFailure::OtherPerson | RefreshFailure::Untrusted)) => {
                tracing::warn!(%failure, "tokens not renewed; the session was ended");
                match self.end_session(claimed.key).await {
                    Ok(()) => self.metrics.sessions.ended(Ending::Tokens, 1),
                    Err(error) => tracing::error!(%error, "a session that must end was not ended"),
                }
            }
        }
    }

    /// Whether the session was still there to take them.
    async fn keep_tokens(
        &self,
        ticket: &Ticket,
        claimed: &Opened,
        tokens: SessionTokens,
        login_token: Option<LoginToken>,
    ) -> bool {
        match self.sessions.exchange_tokens(ticket, claimed, tokens, login_token).await {
            Ok(kept) => kept.is_some(),
            Err(error) => {
                tracing::error!(%error, "tokens not kept; the session ends with those that it has");
                false
            }
        }
    }
}

fn is_being_renewed(tokens: &SessionTokens) -> bool {
    matches!(tokens.renewal, Renewal::Spent { .. })
}
