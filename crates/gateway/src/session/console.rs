//! Sessions of those who work at the console: sealed and kept as citizens' are, under a purpose, a cookie and limits of their
//! own, so that neither opens anything in the place of the other.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use overblik_registry::Actor;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    Identity,
    master_keys::MasterKey,
    sealing::{Purpose, Ticket, TicketId},
    sessions::{Activity, Sessions},
    store::{Creation, Owner, SessionFacts, SessionKey, SessionRecord, StoreError},
};
use crate::tokens::{LoggedOut, LogoutToken};

/// How long somebody may leave the console alone.
pub const IDLE: Duration = Duration::from_mins(15);

/// How long a session at the console lasts, however busy: a working day.
pub const ABSOLUTE: Duration = Duration::from_hours(8);

/// The store is told at most so often that somebody is active.
const TOUCHED_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// Somebody who logged in at the console. What they may was looked at then, and holds until the session ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Colleague {
    /// Who they are in the history, and for whom they act.
    pub actor: Actor,
}

impl Sessions {
    /// Keeps a new session at the console, and gives what opens it; `None` if a logout at the identity provider overtook it.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn begin_console(
        &self,
        colleague: &Colleague,
        identity: &Identity,
        ends_at_provider: Option<Timestamp>,
    ) -> Result<Option<Ticket>, StoreError> {
        let (keys, now, ticket) = (self.ring().keys(), self.clock.now(), Ticket::random());
        let master = keys.first();
        let Identity { issuer, subject, provider_session, issued, .. } = identity;
        let ends = now.checked_add(signed(ABSOLUTE)).unwrap_or(now);
        let facts = SessionFacts {
            citizen: master.console_person(issuer, subject),
            provider_session: provider_session.as_ref().map(|named| master.console_provider_session(issuer, named)),
            sealed_under: master.id().clone(),
            issued: *issued,
            started: now,
            ends: ends_at_provider.map_or(ends, |at_provider| at_provider.min(ends)),
            last_active: now,
        };
        let contents = Zeroizing::new(serde_json::to_vec(colleague).map_err(|_| StoreError)?);
        let sealed = with_bound(&facts, |bound| master.seal(Purpose::ConsoleSession, &ticket, bound, contents));
        let key = console_key(master, ticket.id());
        match self.store.create(key, SessionRecord { facts, version: 0, sealed }).await? {
            Creation::Kept => {}
            Creation::LoggedOut => return Ok(None),
            // 256 random bits that stand there already.
            Creation::Exists => return Err(StoreError),
        }
        // A logout that came before the keys were exchanged was noted under the former ones alone.
        let mut owners = self.as_colleague(issuer, subject);
        if let Some(session) = provider_session {
            owners.extend(self.as_colleagues_provider_session(issuer, session));
        }
        if self.store.logged_out(&owners, *issued).await? {
            self.store.end(key).await?;
            return Ok(None);
        }
        Ok(Some(ticket))
    }

    /// Ends what a logout at the identity provider of those who work here ends. How many sessions that were.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away: then some may have ended, and the logout must be told again.
    pub(crate) async fn end_console_at_provider(
        &self,
        issuer: &str,
        logout: &LogoutToken,
    ) -> Result<usize, StoreError> {
        let owners = match &logout.ends {
            LoggedOut::ProviderSession(session) => self.as_colleagues_provider_session(issuer, session),
            LoggedOut::Citizen(subject) => self.as_colleague(issuer, subject),
        };
        Ok(self.end_of(&owners, logout.issued).await?.len())
    }

    /// Ends what somebody has at the console, by an operator's word that counts from then. How many sessions that were.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away; then some may have ended.
    pub(crate) async fn end_console_of(&self, issuer: &str, subject: &str, at: Timestamp) -> Result<usize, StoreError> {
        Ok(self.end_of(&self.as_colleague(issuer, subject), at).await?.len())
    }

    fn as_colleague(&self, issuer: &str, subject: &str) -> Vec<Owner> {
        self.owners(|master| Owner::Citizen(master.console_person(issuer, subject)))
    }

    fn as_colleagues_provider_session(&self, issuer: &str, session: &str) -> Vec<Owner> {
        self.owners(|master| Owner::ProviderSession(master.console_provider_session(issuer, session)))
    }

    /// Who a ticket of the console is of, if their session is not over.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn console(&self, ticket: &Ticket, activity: Activity) -> Result<Option<Colleague>, StoreError> {
        for master in self.ring().keys().iter() {
            let key = console_key(master, ticket.id());
            let Some(SessionRecord { facts, sealed, .. }) = self.store.find(key).await? else { continue };
            let contents = with_bound(&facts, |bound| master.open(Purpose::ConsoleSession, ticket, bound, &sealed));
            let contents = contents.ok().filter(|_| facts.sealed_under == *master.id());
            let Some(colleague) = contents.and_then(|contents| serde_json::from_slice(&contents).ok()) else {
                tracing::error!(
                    "a session of the console does not open: it was changed in the store, or the cookie was"
                );
                return Ok(None);
            };
            let now = self.clock.now();
            if now >= facts.idle_end(IDLE) {
                self.store.end(key).await?;
                return Ok(None);
            }
            if activity == Activity::Counts && now.duration_since(facts.last_active) >= TOUCHED_AFTER {
                self.store.touch(key).await?;
            }
            return Ok(Some(colleague));
        }
        Ok(None)
    }

    /// Ends a session at the console.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    pub async fn end_console(&self, ticket: &TicketId) -> Result<(), StoreError> {
        for master in self.ring().keys().iter() {
            self.store.end(console_key(master, ticket)).await?;
        }
        Ok(())
    }
}

fn console_key(master: &MasterKey, ticket: &TicketId) -> SessionKey {
    SessionKey(master.record_key(Purpose::ConsoleSession, ticket))
}

/// What is bound to the seal: whose it is, what it came of, and when it began and ends.
fn with_bound<T>(facts: &SessionFacts, with: impl FnOnce(&[&[u8]]) -> T) -> T {
    let times = [facts.issued, facts.started, facts.ends].map(Timestamp::as_millisecond).map(i64::to_be_bytes);
    let provider_session = facts.provider_session.as_ref().map_or(&[][..], |session| &session.0);
    with(&[&facts.citizen.bytes(), provider_session, times.as_flattened()])
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::ZERO)
}
