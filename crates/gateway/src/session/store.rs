//! Where sealed records are kept. A store knows when they end and which belong together, and nothing of what is in them.

use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use overblik_connectors::Pseudonym;
use serde::{Deserialize, Serialize};

use super::master_keys::KeyId;

/// What a store knows a session by: a keyed hash of its id, which only the citizen's cookie holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SessionKey(pub(crate) [u8; 32]);

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

/// What a store knows a login attempt by: a keyed hash of its `state` and of the secret in the browser's cookie, so that
/// another browser cannot even name it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AttemptKey(pub(crate) [u8; 32]);

impl std::fmt::Debug for AttemptKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AttemptKey(..)")
    }
}

/// What a store must know of a session to end it in time and to find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    /// Whose it is.
    pub citizen: Pseudonym,
    /// The master key that sealed it.
    pub sealed_under: KeyId,
    /// When the citizen logged in.
    pub started: Timestamp,
    /// When it ends, however active the citizen is.
    pub ends: Timestamp,
    /// When the citizen was last active, to the minute. The one fact that changes, and the one that is not bound to the
    /// seal: whoever could change it in the store and has the cookie could as well use the cookie in time.
    pub last_active: Timestamp,
}

impl SessionFacts {
    /// When the session ends if nothing happens.
    #[must_use]
    pub fn idle_end(&self, idle: Duration) -> Timestamp {
        let idle = SignedDuration::try_from(idle).unwrap_or(SignedDuration::ZERO);
        self.last_active.checked_add(idle).unwrap_or(self.ends).min(self.ends)
    }
}

/// A session as it is kept. It is written once: no older version of it exists that could be put in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// What the store knows.
    pub facts: SessionFacts,
    /// What it does not.
    pub sealed: Vec<u8>,
}

/// How long a login may take.
pub const LOGIN_ATTEMPT_KEPT: Duration = Duration::from_mins(10);

/// The store is away. Whoever depends on it answers 503 and shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session store is not available")]
pub struct StoreError;

/// Where sessions and login attempts are kept. `conformance` lists what every store must do.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Keeps a new session; `false`, and nothing changed, if there is one under this key.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn create(&self, key: SessionKey, record: SessionRecord) -> Result<bool, StoreError>;

    /// The session, if it is not over.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn find(&self, key: SessionKey) -> Result<Option<SessionRecord>, StoreError>;

    /// Notes that the citizen is active now. A session that is over or ended meanwhile stays so.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn touch(&self, key: SessionKey) -> Result<(), StoreError>;

    /// Ends a session. Ending one that does not exist is no error.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn end(&self, key: SessionKey) -> Result<(), StoreError>;

    /// A citizen's sessions that are not over.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn of_citizen(&self, citizen: &Pseudonym) -> Result<Vec<(SessionKey, SessionFacts)>, StoreError>;

    /// Ends all sessions of a citizen, and names them.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn end_of_citizen(&self, citizen: &Pseudonym) -> Result<Vec<SessionKey>, StoreError>;

    /// Ends all sessions that a master key sealed, and names them.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn end_sealed_under(&self, key: &KeyId) -> Result<Vec<SessionKey>, StoreError>;

    /// Removes the sessions that are over, and names them.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn remove_expired(&self) -> Result<Vec<SessionKey>, StoreError>;

    /// Keeps a sealed login attempt for [`LOGIN_ATTEMPT_KEPT`].
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn save_attempt(&self, key: AttemptKey, sealed: Vec<u8>) -> Result<(), StoreError>;

    /// Takes a login attempt: of all who try, one gets it (requirement R3).
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn take_attempt(&self, key: AttemptKey) -> Result<Option<Vec<u8>>, StoreError>;
}
