//! Sessions and login attempts as the gateway uses them: sealed before the store sees them, opened by what the browser
//! sent.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::{
    LoginAttempt, Session, SessionLimits,
    master_keys::{KeyId, KeyRing, MasterKey},
    sealing::{Purpose, Ticket},
    store::{AttemptKey, LOGIN_ATTEMPT_KEPT, SessionFacts, SessionKey, SessionRecord, SessionStore, StoreError},
};
use crate::{clock::Clock, secrets::sha256};

/// A citizen's activity is written down at most this often (requirement R21), so that reading does not mean writing.
const TOUCH_AT_MOST_EVERY: Duration = Duration::from_mins(1);

/// And at least this many times in the idle limit: a session ends at most a twentieth of the limit early, never late.
const TOUCHES_PER_IDLE_LIMIT: u32 = 20;

/// How long before its end a citizen should be warned of it: WCAG 2.2, criterion 2.2.1 asks for 20 seconds at least.
const WARN_BEFORE_END: Duration = Duration::from_mins(2);

/// Whether looking at a session is a citizen's activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It is: the idle time starts again.
    Counts,
    /// It is not: something asks by itself.
    DoesNotCount,
}

/// A session that a ticket opened.
#[derive(Debug)]
pub struct Opened {
    /// What the store knows it by.
    pub key: SessionKey,
    /// The session.
    pub session: Session,
    /// When it ends if nothing happens; never after `ends`.
    pub idle_end: Timestamp,
    /// When it ends however active the citizen is.
    pub ends: Timestamp,
}

/// Sessions and login attempts.
pub struct Sessions {
    store: Arc<dyn SessionStore>,
    ring: KeyRing,
    limits: SessionLimits,
    clock: Clock,
}

impl Sessions {
    /// Sessions in a store, sealed under the keys of a ring.
    #[must_use]
    pub fn new(store: Arc<dyn SessionStore>, ring: KeyRing, limits: SessionLimits, clock: Clock) -> Self {
        Self { store, ring, limits, clock }
    }

    /// The keys that seal and open.
    #[must_use]
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// Keeps a new session, and gives what opens it.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn begin(&self, session: &Session) -> Result<Ticket, StoreError> {
        loop {
            let keys = self.ring.keys();
            let (ticket, key) = self.seal_new(session, keys.first()).await?;
            // A key that was removed while the session was written ended those that it found; this one came after them.
            if self.keys_of(&ticket).contains(&key) {
                return Ok(ticket);
            }
            self.store.end(key).await?;
        }
    }

    async fn seal_new(&self, session: &Session, master: &MasterKey) -> Result<(Ticket, SessionKey), StoreError> {
        let ticket = Ticket::random();
        let absolute = SignedDuration::try_from(self.limits.absolute).unwrap_or(SignedDuration::ZERO);
        let facts = SessionFacts {
            citizen: session.authentication.actor.pseudonym.clone(),
            sealed_under: master.id().clone(),
            started: session.started,
            ends: session.started.checked_add(absolute).unwrap_or(session.started),
            last_active: self.clock.now(),
        };
        let sealed = with_bound(&facts, |bound| master.seal(Purpose::Session, &ticket, bound, session.to_contents()));
        let key = session_key(master, &ticket);
        // 256 random bits that stand in the store already: the store is not the one we take it for.
        if self.store.create(key, SessionRecord { facts, sealed }).await? { Ok((ticket, key)) } else { Err(StoreError) }
    }

    /// The session that a ticket opens, if it is not over.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn open(&self, ticket: &Ticket, activity: Activity) -> Result<Option<Opened>, StoreError> {
        for master in self.ring.keys().iter() {
            let key = session_key(master, ticket);
            let Some(SessionRecord { mut facts, sealed }) = self.store.find(key).await? else { continue };
            let contents = with_bound(&facts, |bound| master.open(Purpose::Session, ticket, bound, &sealed));
            let contents = contents.ok().filter(|_| facts.sealed_under == *master.id());
            let Some(session) = contents.and_then(|contents| Session::from_contents(&contents)) else {
                tracing::error!("a session's record does not open: it was changed in the store, or the cookie was");
                return Ok(None);
            };
            let now = self.clock.now();
            // Asked of the store too, but a record that came back into it from elsewhere is over all the same.
            if now >= facts.idle_end(self.limits.idle) {
                return Ok(None);
            }
            if activity == Activity::Counts && now.duration_since(facts.last_active) >= self.touch_after() {
                self.store.touch(key).await?;
                facts.last_active = now;
            }
            let idle_end = facts.idle_end(self.limits.idle);
            return Ok(Some(Opened { key, session, idle_end, ends: facts.ends }));
        }
        Ok(None)
    }

    /// Whether a session that was opened earlier has neither ended nor run out since.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn is_live(&self, key: SessionKey) -> Result<bool, StoreError> {
        Ok(self.store.find(key).await?.is_some())
    }

    /// Everything that the store may know a ticket's session by: one key for each master key.
    #[must_use]
    pub fn keys_of(&self, ticket: &Ticket) -> Vec<SessionKey> {
        self.ring.keys().iter().map(|master| session_key(master, ticket)).collect()
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn end(&self, key: SessionKey) -> Result<(), StoreError> {
        self.store.end(key).await
    }

    /// Ends all sessions that a master key sealed, and names them.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn end_sealed_under(&self, key: &KeyId) -> Result<Vec<SessionKey>, StoreError> {
        self.store.end_sealed_under(key).await
    }

    /// Removes the sessions that are over, and names them.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn remove_expired(&self) -> Result<Vec<SessionKey>, StoreError> {
        self.store.remove_expired().await
    }

    /// Keeps a login attempt for the browser that holds this secret.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn save_attempt(&self, state: &str, browser: &str, attempt: &LoginAttempt) -> Result<(), StoreError> {
        let keys = self.ring.keys();
        let (master, ticket) = (keys.first(), attempt_ticket(state, browser));
        let sealed = master.seal(Purpose::LoginAttempt, &ticket, &[], attempt.to_contents());
        self.store.save_attempt(attempt_key(master, &ticket), sealed).await
    }

    /// Takes the login attempt that a browser began: it gets it once (requirement R3), and another browser neither gets
    /// nor spoils it.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn take_attempt(&self, state: &str, browser: &str) -> Result<Option<LoginAttempt>, StoreError> {
        let ticket = attempt_ticket(state, browser);
        for master in self.ring.keys().iter() {
            let Some(sealed) = self.store.take_attempt(attempt_key(master, &ticket)).await? else { continue };
            let contents = master.open(Purpose::LoginAttempt, &ticket, &[], &sealed);
            let attempt = contents.ok().and_then(|contents| LoginAttempt::from_contents(&contents));
            if attempt.is_none() {
                tracing::error!("a login attempt's record does not open: it was changed in the store");
            }
            let kept = SignedDuration::try_from(LOGIN_ATTEMPT_KEPT).unwrap_or(SignedDuration::ZERO);
            return Ok(attempt.filter(|attempt| self.clock.now().duration_since(attempt.begun) < kept));
        }
        Ok(None)
    }

    /// How long before a session's end its citizen should be warned; at most half the idle limit.
    #[must_use]
    pub fn warn_before_end(&self) -> Duration {
        WARN_BEFORE_END.min(self.limits.idle / 2)
    }

    fn touch_after(&self) -> SignedDuration {
        let after = TOUCH_AT_MOST_EVERY.min(self.limits.idle / TOUCHES_PER_IDLE_LIMIT);
        SignedDuration::try_from(after).unwrap_or(SignedDuration::ZERO)
    }
}

fn session_key(master: &MasterKey, ticket: &Ticket) -> SessionKey {
    SessionKey(master.record_key(Purpose::Session, ticket))
}

fn attempt_key(master: &MasterKey, ticket: &Ticket) -> AttemptKey {
    AttemptKey(master.record_key(Purpose::LoginAttempt, ticket))
}

/// A browser holds its attempt's ticket as `state` and the secret of its cookie. The id is made of both, so that with
/// one of them nobody finds the record.
fn attempt_ticket(state: &str, browser: &str) -> Ticket {
    let (state, browser) = (sha256(state), sha256(browser));
    let mut id = [0; 32];
    id.copy_from_slice(digest::digest(&digest::SHA256, &[state, browser].concat()).as_ref());
    Ticket::of(id, browser)
}

/// The facts that are bound to a session's seal. The key's id is bound by the seal itself.
fn with_bound<T>(facts: &SessionFacts, seal: impl FnOnce(&[&[u8]]) -> T) -> T {
    let nanoseconds = |moment: Timestamp| moment.as_nanosecond().to_be_bytes();
    seal(&[&facts.citizen.bytes(), &nanoseconds(facts.started), &nanoseconds(facts.ends)])
}

impl LoginAttempt {
    fn to_contents(&self) -> Zeroizing<Vec<u8>> {
        #[expect(clippy::expect_used, reason = "JSON has a form for every value of these types")]
        Zeroizing::new(serde_json::to_vec(self).expect("an attempt has a form in JSON"))
    }

    fn from_contents(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}
