//! Sessions as the gateway uses them: sealed before the store sees them, opened by what the browser sent.

use std::{sync::Arc, time::Duration};

use futures::stream::BoxStream;
use jiff::{SignedDuration, Timestamp};
use overblik_connectors::Pseudonym;
use subtle::ConstantTimeEq;

use super::{
    Identity, LoginToken, Session, SessionLimits, SessionTokens, Standing, StepUp, Viewer,
    master_keys::{KeyId, KeyRing, MasterKey},
    sealing::{Purpose, Ticket, TicketId},
    section_seal::SectionSeal,
    store::{
        Creation, End, KeptSections, Mark, Owner, ProviderSession, SessionFacts, SessionKey, SessionRecord,
        SessionStore, StoreError,
    },
};
use crate::clock::Clock;

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
#[derive(Clone, Debug)]
pub struct Opened {
    /// What the store knows it by.
    pub key: SessionKey,
    /// The session.
    pub session: Session,
    /// What the store says of it.
    facts: SessionFacts,
    /// The version that was opened.
    version: u64,
    /// When it ends if nothing happens; never after `ends`.
    pub idle_end: Timestamp,
    /// When it ends however active the citizen is.
    pub ends: Timestamp,
}

impl Opened {
    /// The session at the identity provider, as the store knows it.
    #[must_use]
    pub fn provider_session(&self) -> Option<ProviderSession> {
        self.facts.provider_session
    }
}

/// What is kept for a session, and what opens it.
#[derive(Clone, Debug)]
pub struct Sections {
    /// Seals and opens.
    pub seal: Arc<SectionSeal>,
    /// What is kept.
    pub kept: KeptSections,
}

/// Sessions, and login attempts (`attempts`).
pub struct Sessions {
    pub(super) store: Arc<dyn SessionStore>,
    ring: KeyRing,
    limits: SessionLimits,
    pub(super) clock: Clock,
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

    /// Keeps a new session, and gives what opens it; `None` if a logout at the identity provider overtook it.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn begin(&self, session: &Session) -> Result<Option<Ticket>, StoreError> {
        self.begin_by(session, |_| Ticket::random()).await
    }

    /// Keeps a new session, as [`Sessions::begin`] does, that this ticket opens.
    pub(super) async fn begin_by(
        &self,
        session: &Session,
        ticket: impl Fn(&MasterKey) -> Ticket + Send,
    ) -> Result<Option<Ticket>, StoreError> {
        loop {
            let keys = self.ring.keys();
            let ticket = ticket(keys.first());
            let Some((ticket, key)) = self.seal_new(session, keys.first(), ticket).await? else { return Ok(None) };
            // A key that was removed while the session was written ended those that it found; this one came after them.
            let opens = self.keys_of(ticket.id()).contains(&key);
            // A logout that came before the keys were exchanged was noted under the former ones alone.
            if opens && !self.logged_out(&session.identity).await? {
                return Ok(Some(ticket));
            }
            self.store.end(key).await?;
            if opens {
                return Ok(None);
            }
        }
    }

    async fn seal_new(
        &self,
        session: &Session,
        master: &MasterKey,
        ticket: Ticket,
    ) -> Result<Option<(Ticket, SessionKey)>, StoreError> {
        let absolute = SignedDuration::try_from(self.limits.absolute).unwrap_or(SignedDuration::ZERO);
        let Identity { issuer, subject, provider_session, issued, .. } = &session.identity;
        let ends = session.started.checked_add(absolute).unwrap_or(session.started);
        let facts = SessionFacts {
            // Under the key that seals, so that as long as the session opens a logout finds it.
            citizen: master.pseudonym(issuer, subject),
            provider_session: provider_session.as_ref().map(|named| master.provider_session(issuer, named)),
            sealed_under: master.id().clone(),
            issued: *issued,
            started: session.started,
            ends: session.ends_at_provider.map_or(ends, |at_provider| at_provider.min(ends)),
            last_active: self.clock.now(),
        };
        let key = session_key(master, ticket.id());
        let record = SessionRecord {
            sealed: seal(master, &ticket, &facts, FIRST_VERSION, session),
            facts,
            version: FIRST_VERSION,
        };
        match self.store.create(key, record).await? {
            Creation::Kept => Ok(Some((ticket, key))),
            Creation::LoggedOut => Ok(None),
            // 256 random bits that stand in the store already: the store is not the one we take it for.
            Creation::Exists => Err(StoreError),
        }
    }

    /// The session that a ticket opens, if it is not over.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn open(&self, ticket: &Ticket, activity: Activity) -> Result<Option<Opened>, StoreError> {
        for master in self.ring.keys().iter() {
            let key = session_key(master, ticket.id());
            let Some(record) = self.store.find(key).await? else { continue };
            let opened = self.opened(master, key, ticket, record, activity).await?;
            return Ok(opened.filter(|opened| opened.session.portal.is_none()));
        }
        Ok(None)
    }

    /// The session that a ticket opens, if it is not over, and what is kept for it: both at one question to the store.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn open_with_sections(
        &self,
        ticket: &Ticket,
        activity: Activity,
    ) -> Result<Option<(Opened, Sections)>, StoreError> {
        let found = self.open_whosever(ticket, activity).await?;
        Ok(found.filter(|(opened, _)| opened.session.portal.is_none()))
    }

    /// As [`Sessions::open_with_sections`], be it the citizen's own session or a portal's.
    pub(super) async fn open_whosever(
        &self,
        ticket: &Ticket,
        activity: Activity,
    ) -> Result<Option<(Opened, Sections)>, StoreError> {
        for master in self.ring.keys().iter() {
            let key = session_key(master, ticket.id());
            let Some((record, kept)) = self.store.find_with_sections(key).await? else { continue };
            let opened = self.opened(master, key, ticket, record, activity).await?;
            return Ok(opened.map(|opened| (opened, Sections { seal: Arc::new(master.section_seal(ticket)), kept })));
        }
        Ok(None)
    }

    async fn opened(
        &self,
        master: &MasterKey,
        key: SessionKey,
        ticket: &Ticket,
        record: SessionRecord,
        activity: Activity,
    ) -> Result<Option<Opened>, StoreError> {
        let SessionRecord { mut facts, version, sealed } = record;
        let contents = with_bound(&facts, version, |bound| master.open(Purpose::Session, ticket, bound, &sealed));
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
        Ok(Some(Opened { key, session, idle_end, ends: facts.ends, facts, version }))
    }

    /// Puts other tokens into an opened session; `None` if somebody else has changed or ended it meanwhile. Of all who
    /// change one version, at every instance, one succeeds.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away; then nobody knows whether they were put in.
    pub async fn exchange_tokens(
        &self,
        ticket: &Ticket,
        opened: &Opened,
        tokens: SessionTokens,
        login_token: Option<LoginToken>,
    ) -> Result<Option<Opened>, StoreError> {
        let keys = self.ring.keys();
        let Some(master) = keys.iter().find(|master| *master.id() == opened.facts.sealed_under) else {
            return Ok(None);
        };
        let mut changed = opened.clone();
        changed.session.tokens = Some(tokens);
        changed.session.login_token = login_token;
        changed.version = opened.version.saturating_add(1);
        let sealed = seal(master, ticket, &changed.facts, changed.version, &changed.session);
        Ok(self.store.replace(opened.key, opened.version, sealed).await?.then_some(changed))
    }

    /// The sessions of an opened session's citizen that are not over, under whichever key they were sealed.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn of_same_citizen(&self, opened: &Opened) -> Result<Vec<(SessionKey, SessionFacts)>, StoreError> {
        let Identity { issuer, subject, .. } = &opened.session.identity;
        let mut all = Vec::new();
        for master in self.ring.keys().iter() {
            all.extend(self.store.of_citizen(&master.pseudonym(issuer, subject)).await?);
        }
        all.sort_by_key(|(_, facts)| facts.started);
        Ok(all)
    }

    /// Whether what somebody was let in by has neither ended nor run out since.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn is_live(&self, viewer: &Viewer) -> Result<bool, StoreError> {
        match viewer.standing {
            Standing::Session { .. } | Standing::Portal { .. } => self.is_there(viewer.session).await,
            Standing::Token { expires, .. } if expires <= self.clock.now() => Ok(false),
            Standing::Token { issued, .. } => {
                let owners: Vec<Owner> = viewer.owners().collect();
                Ok(!self.store.logged_out(&owners, issued).await?)
            }
        }
    }

    /// Whether a session is not over.
    pub(super) async fn is_there(&self, key: SessionKey) -> Result<bool, StoreError> {
        let found = self.store.find(key).await?;
        // What a removed key sealed opens nothing, also while the store cannot be brought to end it.
        Ok(found.is_some_and(|record| self.has_key(&record.facts.sealed_under)))
    }

    fn has_key(&self, id: &KeyId) -> bool {
        self.ring.keys().iter().any(|master| master.id() == id)
    }

    /// What must be remembered of a session that is to be raised to a higher level.
    #[must_use]
    pub fn step_up(&self, opened: &Opened) -> StepUp {
        StepUp { session: opened.key, person: opened.session.person(self.ring.keys().first()) }
    }

    /// Whether a new session is of the person whose session was to be raised (requirement R8).
    #[must_use]
    pub fn is_of_same_person(&self, step_up: &StepUp, session: &Session) -> bool {
        self.ring.keys().iter().any(|master| session.person(master).ct_eq(&step_up.person).into())
    }

    /// Everything that the store may know a ticket's session by: one key for each master key.
    #[must_use]
    pub fn keys_of(&self, id: &TicketId) -> Vec<SessionKey> {
        self.ring.keys().iter().map(|master| session_key(master, id)).collect()
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

    /// A citizen, as whose sessions may be known.
    #[must_use]
    pub fn as_citizen(&self, issuer: &str, subject: &str) -> Vec<Owner> {
        self.owners(|master| Owner::Citizen(master.pseudonym(issuer, subject)))
    }

    /// A session at the provider, as what came of it may be known.
    #[must_use]
    pub fn as_provider_session(&self, issuer: &str, session: &str) -> Vec<Owner> {
        self.owners(|master| Owner::ProviderSession(master.provider_session(issuer, session)))
    }

    /// Ends what belongs to owners, as [`SessionStore::end_of`] does for each, and names it.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away; then some may have ended.
    pub async fn end_of(&self, owners: &[Owner], at: Timestamp) -> Result<Vec<SessionKey>, StoreError> {
        let mut ended = Vec::new();
        for owner in owners {
            ended.extend(self.store.end_of(owner, at).await?);
        }
        Ok(ended)
    }

    /// Ends everybody's sessions, and names them.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away; then some may have ended.
    pub async fn end_all(&self) -> Result<Vec<SessionKey>, StoreError> {
        let mut ended = Vec::new();
        for master in self.ring.keys().iter() {
            ended.extend(self.store.end_sealed_under(master.id()).await?);
        }
        Ok(ended)
    }

    /// Whether somebody's token that was issued then was ended by a logout at the provider.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn logged_out(&self, identity: &Identity) -> Result<bool, StoreError> {
        let Identity { issuer, subject, provider_session, issued, .. } = identity;
        let mut owners = self.as_citizen(issuer, subject);
        if let Some(session) = provider_session {
            owners.extend(self.as_provider_session(issuer, session));
        }
        self.store.logged_out(&owners, *issued).await
    }

    /// An owner as each key of the ring names it.
    pub(super) fn owners(&self, named: impl Fn(&MasterKey) -> Owner) -> Vec<Owner> {
        self.ring.keys().iter().map(named).collect()
    }

    /// A citizen's pseudonym under the key that seals now.
    #[must_use]
    pub fn pseudonym(&self, issuer: &str, subject: &str) -> Pseudonym {
        self.ring.keys().first().pseudonym(issuer, subject)
    }

    /// Notes something that counts once; `true` the first time within `keep`. The parts name what it is and for what.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn remember(&self, parts: &[&[u8]], keep: Duration) -> Result<bool, StoreError> {
        let keys = self.ring.keys();
        let mut is_new = true;
        // Under every key: while keys are exchanged, instances differ in which one comes first.
        for master in keys.iter() {
            is_new &= self.store.remember(Mark(master.hash(parts)), keep).await?;
        }
        Ok(is_new)
    }

    /// Removes what is over from the store, and says how many sessions it was seen to remove.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn remove_expired(&self) -> Result<usize, StoreError> {
        self.store.remove_expired().await
    }

    /// What ended at other instances, from now on.
    #[must_use]
    pub fn ends(&self) -> BoxStream<'static, End> {
        self.store.ends()
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
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

pub(super) fn session_key(master: &MasterKey, id: &TicketId) -> SessionKey {
    SessionKey(master.record_key(Purpose::Session, id))
}

/// The version of a session's record that was just made.
const FIRST_VERSION: u64 = 0;

fn seal(master: &MasterKey, ticket: &Ticket, facts: &SessionFacts, version: u64, session: &Session) -> Vec<u8> {
    with_bound(facts, version, |bound| master.seal(Purpose::Session, ticket, bound, session.to_contents()))
}

/// What is bound to a session's seal. The key's id is bound by the seal itself.
fn with_bound<T>(facts: &SessionFacts, version: u64, seal: impl FnOnce(&[&[u8]]) -> T) -> T {
    let nanoseconds = |moment: Timestamp| moment.as_nanosecond().to_be_bytes();
    let provider_session = facts.provider_session.as_ref().map_or(&[][..], |session| &session.0);
    seal(&[
        &facts.citizen.bytes(),
        provider_session,
        &nanoseconds(facts.issued),
        &nanoseconds(facts.started),
        &nanoseconds(facts.ends),
        &version.to_be_bytes(),
    ])
}
