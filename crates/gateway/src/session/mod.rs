//! Sessions: who is logged in, kept on the server, found by a random cookie.

pub mod cookie;
pub mod current;
pub mod memory;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use overblik_connectors::{Authentication, CitizenScope};

use crate::secrets::{random_token, sha256};

/// A session's random id. Only the citizen's cookie holds it.
pub struct SessionId(String);

impl SessionId {
    /// A fresh id.
    #[must_use]
    pub fn random() -> Self {
        Self(random_token())
    }

    /// Reads a cookie's value; `None` if it cannot be an id of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed =
            text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        well_formed.then(|| Self(text.to_owned()))
    }

    /// What the store knows the session by. The id cannot be found from it.
    #[must_use]
    pub fn key(&self) -> SessionKey {
        SessionKey(sha256(&self.0))
    }

    /// The cookie's value.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(..)")
    }
}

/// What a store knows a session by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionKey([u8; 32]);

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

/// A login that lasts.
#[derive(Clone)]
pub struct Session {
    authentication: Authentication,
    /// The citizen's name, for the page's header.
    pub name: Option<String>,
    /// When the citizen logged in.
    pub started: Timestamp,
    /// When the citizen was last active.
    pub last_active: Timestamp,
}

impl Session {
    /// The session of a login that was just verified.
    #[must_use]
    pub fn begin(authentication: Authentication, name: Option<String>, now: Timestamp) -> Self {
        Self { authentication, name, started: now, last_active: now }
    }

    /// The scope that this session opens.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "a session holds what a verified login established: the one source of scopes"
    )]
    pub fn scope(&self) -> CitizenScope {
        CitizenScope::from_authentication(self.authentication.clone())
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(..)")
    }
}

/// A logged-in citizen: what they may see, and the session that everything fetched for them belongs to.
#[derive(Clone)]
pub struct Viewer {
    /// Whose data, at which level, for whom.
    pub scope: CitizenScope,
    /// The session.
    pub session: SessionKey,
    /// The citizen's name, for the page's header.
    pub name: Option<String>,
}

impl fmt::Debug for Viewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Viewer(..)")
    }
}

/// A login that was begun and awaits the identity provider's answer.
#[derive(Clone)]
pub struct LoginAttempt {
    /// Hash of the secret in the browser's attempt cookie.
    pub browser: [u8; 32],
    /// Ties the ID token to this attempt.
    pub nonce: String,
    /// PKCE verifier.
    pub verifier: String,
    /// Least level asked for.
    pub level: overblik_widgets::AssuranceLevel,
    /// Path on our own origin to show afterwards.
    pub return_to: String,
    /// The session that the browser had when it began, which the new one replaces (requirement R20).
    pub replaces: Option<SessionKey>,
}

impl fmt::Debug for LoginAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginAttempt(..)")
    }
}

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// Without activity.
    pub idle: Duration,
    /// In all.
    pub absolute: Duration,
}

impl SessionLimits {
    /// Whether a session is over at a moment.
    #[must_use]
    pub fn is_over(&self, session: &Session, now: Timestamp) -> bool {
        let passed = |since: Timestamp, limit: Duration| {
            now.duration_since(since) >= jiff::SignedDuration::try_from(limit).unwrap_or(jiff::SignedDuration::ZERO)
        };
        passed(session.last_active, self.idle) || passed(session.started, self.absolute)
    }
}

/// The store is away. Whoever depends on it answers 503 and shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session store is not available")]
pub struct StoreError;

/// Where sessions and login attempts are kept.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Keeps a new session.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn create(&self, key: SessionKey, session: Session) -> Result<(), StoreError>;

    /// The session, if it is not over; marks the citizen as active.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn active(&self, key: SessionKey) -> Result<Option<Session>, StoreError>;

    /// Ends a session. Ending one that does not exist is no error.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn end(&self, key: SessionKey) -> Result<(), StoreError>;

    /// Removes the sessions that are over, and names them.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn remove_expired(&self) -> Result<Vec<SessionKey>, StoreError>;

    /// Keeps a login attempt under the hash of its `state`, for [`LOGIN_ATTEMPT_KEPT`].
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn save_attempt(&self, state: [u8; 32], attempt: LoginAttempt) -> Result<(), StoreError>;

    /// Takes the login attempt that a browser began: it gets it once (requirement R3), and another browser neither gets
    /// nor spoils it.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn take_attempt(&self, state: [u8; 32], browser: [u8; 32]) -> Result<Option<LoginAttempt>, StoreError>;
}

/// How long a login may take.
pub const LOGIN_ATTEMPT_KEPT: Duration = Duration::from_mins(10);
