//! Where sealed records are kept. A store knows when they end and which belong together, and nothing of what is in them.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures::stream::BoxStream;
use jiff::{SignedDuration, Timestamp};
use overblik_connectors::Pseudonym;
use serde::{Deserialize, Serialize};

use super::{master_keys::KeyId, section_seal::SectionName};

/// What a store knows a session by: a keyed hash of its id, which only the citizen's cookie holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SessionKey(pub(crate) [u8; 32]);

impl SessionKey {
    /// As 43 characters.
    #[must_use]
    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

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

/// What stands for the identity provider's own session in keys: a keyed hash of issuer and `sid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProviderSession(pub(crate) [u8; 16]);

/// Whose sessions a logout at the identity provider ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// All of a citizen.
    Citizen(Pseudonym),
    /// Those that one session at the provider gave rise to.
    ProviderSession(ProviderSession),
}

/// A keyed hash of something that counts once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mark(pub(crate) [u8; 32]);

/// What a store must know of a session to end it in time and to find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    /// Whose it is.
    pub citizen: Pseudonym,
    /// The session at the provider that it came from, where the provider names one.
    pub provider_session: Option<ProviderSession>,
    /// The master key that sealed it.
    pub sealed_under: KeyId,
    /// When the provider issued the login's ID token, by the provider's clock: a logout at the provider from then on ends
    /// the session, also one that arrives before the session is kept (requirement R30).
    pub issued: Timestamp,
    /// When the citizen logged in.
    pub started: Timestamp,
    /// When it ends, however active the citizen is.
    pub ends: Timestamp,
    /// When the citizen was last active, to the minute. The one fact that changes, and the one that is not bound to the
    /// seal: whoever could change it in the store and has the cookie could as well use the cookie in time.
    pub last_active: Timestamp,
}

impl SessionFacts {
    /// Everybody whose logout ends the session.
    pub fn owners(&self) -> impl Iterator<Item = Owner> {
        [Owner::Citizen(self.citizen.clone())].into_iter().chain(self.provider_session.map(Owner::ProviderSession))
    }

    /// When the session ends if nothing happens.
    #[must_use]
    pub fn idle_end(&self, idle: Duration) -> Timestamp {
        let idle = SignedDuration::try_from(idle).unwrap_or(SignedDuration::ZERO);
        self.last_active.checked_add(idle).unwrap_or(self.ends).min(self.ends)
    }
}

/// A session as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// What the store knows.
    pub facts: SessionFacts,
    /// How many versions there were before this one. Bound to the seal.
    pub version: u64,
    /// What it does not.
    pub sealed: Vec<u8>,
}

/// A section to be kept.
#[derive(Clone, Debug)]
pub struct SealedSection {
    /// What it is found by.
    pub name: SectionName,
    /// Which source it is of, by its slug. Known to this process, and written nowhere.
    pub source: String,
    /// What it says, sealed.
    pub sealed: Bytes,
}

/// The sealed sections that are kept of one session.
pub type KeptSections = Arc<HashMap<SectionName, Bytes>>;

/// Most bytes of sections that are kept of one session, be it only for a moment more. Beyond it the earlier ones go.
pub const MOST_KEPT_OF_SESSION: usize = 1024 * 1024;

/// What became of keeping a new session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// It is kept.
    Kept,
    /// There is one under this key; nothing changed.
    Exists,
    /// Its owner was logged out since its ID token was issued; nothing is kept (requirement R30).
    LoggedOut,
}

/// Something that ended, as the store tells it to every instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// One session.
    Session(SessionKey),
    /// An owner was logged out. Their sessions that end over it are told one by one; this is for what is open by an access
    /// token, which is of no session.
    Owner(Owner),
    /// What ended in the meantime was perhaps not told: whoever shows anything must look whether it may go on.
    Missed,
}

/// How long a logout at the provider is remembered: no session lasts longer, and no token that could begin one.
pub const LOGOUT_KEPT: Duration = Duration::from_hours(11);

/// How long a login may take.
pub const LOGIN_ATTEMPT_KEPT: Duration = Duration::from_mins(10);

/// The store is away. Whoever depends on it answers 503 and shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session store is not available")]
pub struct StoreError;

/// Where sessions and login attempts are kept. `conformance` lists what every store must do.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Keeps a new session, unless one of its owners was logged out meanwhile: of a login and a logout that meet, the
    /// logout wins. Until this has answered, nobody may use the session.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn create(&self, key: SessionKey, record: SessionRecord) -> Result<Creation, StoreError>;

    /// The session, if it is not over.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn find(&self, key: SessionKey) -> Result<Option<SessionRecord>, StoreError>;

    /// The session, if it is not over, and in the same question all sections that are kept of it.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn find_with_sections(&self, key: SessionKey) -> Result<Option<(SessionRecord, KeptSections)>, StoreError>;

    /// Keeps a sealed section of a session, in the place of what is kept under its name, for as long as the session lasts
    /// at most. Of a session that ended meanwhile nothing is kept, and never more than [`MOST_KEPT_OF_SESSION`].
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn keep_section(&self, key: SessionKey, section: SealedSection) -> Result<(), StoreError>;

    /// Drops the sections of a source that lie in this process, of all sessions. A store elsewhere has none here, and does
    /// not know which are whose.
    fn drop_sections_here(&self, source: &str);

    /// Notes that the citizen is active now. A session that is over or ended meanwhile stays so.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn touch(&self, key: SessionKey) -> Result<(), StoreError>;

    /// Puts new contents in the place of a session's version `version`, which makes them the next one; `false`, and
    /// nothing changed, if the session has another version or is over. Of all who replace one version, one succeeds.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away; then nobody knows whether they were replaced.
    async fn replace(&self, key: SessionKey, version: u64, sealed: Vec<u8>) -> Result<bool, StoreError>;

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

    /// Ends the sessions of an owner, names them, and remembers for [`LOGOUT_KEPT`] that the owner was logged out at this
    /// time, by the provider's clock. It ends what [`SessionStore::logged_out`] then says is ended: of the provider's
    /// session all, of the citizen what came of a token issued by that time. So a logout that arrives late or twice does
    /// not end what began after it (requirement R29).
    ///
    /// # Errors
    /// [`StoreError`] when the store is away; then some may have ended.
    async fn end_of(&self, owner: &Owner, at: Timestamp) -> Result<Vec<SessionKey>, StoreError>;

    /// Whether a login whose token was issued then was ended by a logout of one of these owners: of the provider's session
    /// at any time, of the citizen at that time or later.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn logged_out(&self, owners: &[Owner], issued: Timestamp) -> Result<bool, StoreError>;

    /// Ends all sessions that a master key sealed, and names them.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn end_sealed_under(&self, key: &KeyId) -> Result<Vec<SessionKey>, StoreError>;

    /// Removes what is over, and says how many sessions that were; none where the store removes them by itself.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn remove_expired(&self) -> Result<usize, StoreError>;

    /// Remembers something that counts once, such as a token's id: `true` the first time within `keep`.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn remember(&self, mark: Mark, keep: Duration) -> Result<bool, StoreError>;

    /// Whether the store answers.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    async fn ping(&self) -> Result<(), StoreError>;

    /// What ended, also at other instances, from now on. A store of one process tells nothing: whoever ends something
    /// there knows it.
    fn ends(&self) -> BoxStream<'static, End>;

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
