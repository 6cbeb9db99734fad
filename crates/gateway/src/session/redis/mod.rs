//! Records in a Redis that all instances share: one server, a master that sentinels name, or a cluster.
//!
//! In a cluster a session and its owners (the citizen, the provider's session) lie on different servers, and nothing
//! spans servers in one step. That a logout and a login that meet never leave a session behind (requirement R30) comes
//! from the order of steps instead, the same in all three modes:
//!
//! | `create` | `end_of` |
//! | --- | --- |
//! | 1. enter the session in its owners' indexes | 1. write the owner's tombstone |
//! | 2. write the session | 2. read the owner's index |
//! | 3. read the owners' tombstones; if one says so, end the session and answer `LoggedOut` | 3. end what it names |
//!
//! If the index is read before the session is entered, the tombstone was written before it is read, and `create` ends the
//! session. If it is read after, `end_of` ends it, unless it is not written yet; then again the tombstone was there before,
//! and `create` ends it. Nobody has the session's cookie before `create` has answered.
//!
//! An index may name sessions that are gone, and is never corrected by looking: a session that is entered and not yet
//! written looks the same. Entries go with the session's end.
//!
//! The injected clock decides what is over. Redis's own expiry is set from what is left and only sees to it that nothing
//! stays.

mod announcements;
mod keys;
mod record;
mod scripts;
mod sealed_under;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use jiff::{SignedDuration, Timestamp};
use overblik_connectors::Pseudonym;

use self::{
    keys::Keys,
    record::{moment, read_moment},
};
use super::{
    master_keys::KeyId,
    store::{
        AttemptKey, Creation, End, KeptSections, LOGIN_ATTEMPT_KEPT, LOGOUT_KEPT, MOST_KEPT_OF_SESSION, Mark, Owner,
        SealedSection, SessionFacts, SessionKey, SessionRecord, SessionStore, StoreError,
    },
};
use crate::{
    clock::Clock,
    config::RedisConfig,
    redis_link::{Again, Link, NoAnswer, Target, announcements::follow, script},
    secrets::random_token,
};

/// Questions about single sessions that are asked at once.
const AT_ONCE: usize = 32;

/// The store.
#[derive(Debug)]
pub struct RedisSessionStore {
    link: Link,
    keys: Keys,
    idle: Duration,
    clock: Clock,
}

impl RedisSessionStore {
    /// The store that a configuration names, whose sessions end after this time without activity. It connects when it is
    /// first needed.
    ///
    /// # Errors
    /// When the file of certificates cannot be used.
    pub fn new(config: &RedisConfig, idle: Duration, clock: Clock) -> Result<Self, RedisSettingsError> {
        let target = Target::new(config).map_err(|error| RedisSettingsError(error.to_string()))?;
        Ok(Self {
            link: Link::new("the session store", target, Duration::from_millis(config.answer_within_ms)),
            keys: Keys::new(&config.prefix),
            idle,
            clock,
        })
    }

    fn is_over(&self, facts: &SessionFacts) -> bool {
        self.clock.now() >= facts.idle_end(self.idle)
    }

    /// Milliseconds until a moment, for Redis's expiry: at least one, for zero would be none at all.
    fn left(&self, until: Timestamp) -> i128 {
        until.duration_since(self.clock.now()).as_millis().max(1)
    }

    /// The record that these values of [`record::names`] hold, if its session is not over.
    fn read(&self, values: [Option<Vec<u8>>; 9]) -> Option<SessionRecord> {
        let is_there = values.iter().any(Option::is_some);
        let record = record::read(values);
        if is_there && record.is_none() {
            tracing::error!("a session's record cannot be read: it was changed in the store");
        }
        record.filter(|record| !self.is_over(&record.facts))
    }

    async fn facts(&self, key: SessionKey) -> Result<Option<SessionFacts>, StoreError> {
        let question = redis::cmd("HMGET").arg(self.keys.session(&key)).arg(&record::FACTS).take();
        let values: [Option<Vec<u8>>; 7] = self.link.ask(&question, Again::Harmless).await?;
        Ok(record::read_facts(values).filter(|facts| !self.is_over(facts)))
    }

    async fn enter(&self, key: SessionKey, owner: &Owner, ends: Timestamp) -> Result<(), StoreError> {
        let command = script(scripts::ENTER, &[self.keys.sessions_of(owner)])
            .arg(&key.0)
            .arg(ends.as_millisecond())
            .arg(self.clock.now().as_millisecond())
            .arg(self.left(ends).to_string())
            .take();
        Ok(self.link.ask::<()>(&command, Again::Harmless).await?)
    }

    /// Ends a session, tells all instances, and names its owners.
    async fn end_one(&self, key: SessionKey) -> Result<Vec<Owner>, StoreError> {
        let command = script(scripts::END, &[self.keys.session(&key)])
            .arg(self.keys.ended())
            .arg(announcements::of_session(key))
            .take();
        Ok(record::read_owners(self.link.ask(&command, Again::Harmless).await?))
    }

    async fn strike(&self, key: SessionKey, owner: &Owner) -> Result<(), StoreError> {
        let command = redis::cmd("ZREM").arg(self.keys.sessions_of(owner)).arg(&key.0).take();
        Ok(self.link.ask::<()>(&command, Again::Harmless).await?)
    }

    /// Ends a session if a logout of this owner ends it, tells all instances, and names its owners; nobody if it does not.
    async fn end_one_of(&self, key: SessionKey, owner: &Owner, latest: &str) -> Result<Vec<Owner>, StoreError> {
        let (field, value) = record::owner_field(owner);
        let issued_by = match owner {
            Owner::Citizen(_) => latest,
            Owner::ProviderSession(_) => "",
        };
        let command = script(scripts::END_OF, &[self.keys.session(&key)])
            .arg(self.keys.ended())
            .arg(announcements::of_session(key))
            .arg(field)
            .arg(&value)
            .arg(issued_by)
            .take();
        Ok(record::read_owners(self.link.ask(&command, Again::Harmless).await?))
    }
}

impl From<NoAnswer> for StoreError {
    fn from(_told_in_the_log: NoAnswer) -> Self {
        Self
    }
}

/// Does all of it, some at once, also when some of it fails: on a server that is away nothing can be done, and on the
/// others it can.
async fn all<T>(work: impl Iterator<Item = impl Future<Output = Result<T, StoreError>>>) -> Result<Vec<T>, StoreError> {
    let outcomes: Vec<_> = stream::iter(work).buffer_unordered(AT_ONCE).collect().await;
    outcomes.into_iter().collect()
}

fn session_keys(members: Vec<Vec<u8>>) -> Vec<SessionKey> {
    members.into_iter().filter_map(|member| member.try_into().ok()).map(SessionKey).collect()
}

#[async_trait]
impl SessionStore for RedisSessionStore {
    async fn create(&self, key: SessionKey, record: SessionRecord) -> Result<Creation, StoreError> {
        let owners: Vec<_> = record.facts.owners().collect();
        for owner in &owners {
            self.enter(key, owner, record.facts.ends).await?;
        }
        let command = script(scripts::CREATE, &[self.keys.session(&key)])
            .arg(self.left(record.facts.idle_end(self.idle)).to_string())
            .arg(record::fields(&record))
            .take();
        if !self.link.ask::<bool>(&command, Again::Never).await? {
            return Ok(Creation::Exists);
        }
        if self.logged_out(&owners, record.facts.issued).await? {
            self.end(key).await?;
            return Ok(Creation::LoggedOut);
        }
        Ok(Creation::Kept)
    }

    async fn find(&self, key: SessionKey) -> Result<Option<SessionRecord>, StoreError> {
        let question = redis::cmd("HMGET").arg(self.keys.session(&key)).arg(&record::names()).take();
        Ok(self.read(self.link.ask(&question, Again::Harmless).await?))
    }

    async fn find_with_sections(&self, key: SessionKey) -> Result<Option<(SessionRecord, KeptSections)>, StoreError> {
        let question = redis::cmd("HGETALL").arg(self.keys.session(&key)).take();
        let (values, sections) = record::part(self.link.ask(&question, Again::Harmless).await?);
        Ok(self.read(values).map(|record| (record, sections)))
    }

    async fn keep_section(&self, key: SessionKey, section: SealedSection) -> Result<(), StoreError> {
        let SealedSection { name, sealed, .. } = section;
        if sealed.len() > MOST_KEPT_OF_SESSION {
            return Ok(());
        }
        let command = script(scripts::KEEP_SECTION, &[self.keys.session(&key)])
            .arg(record::section_field(&name))
            .arg(&*sealed)
            .arg(MOST_KEPT_OF_SESSION)
            .take();
        Ok(self.link.ask::<()>(&command, Again::Harmless).await?)
    }

    fn drop_sections_here(&self, _source: &str) {
        // None lie here.
    }

    async fn touch(&self, key: SessionKey) -> Result<(), StoreError> {
        let Some(mut facts) = self.facts(key).await? else { return Ok(()) };
        facts.last_active = self.clock.now();
        let command = script(scripts::TOUCH, &[self.keys.session(&key)])
            .arg(self.left(facts.idle_end(self.idle)).to_string())
            .arg(moment(facts.last_active))
            .take();
        Ok(self.link.ask::<()>(&command, Again::Harmless).await?)
    }

    async fn replace(&self, key: SessionKey, version: u64, sealed: Vec<u8>) -> Result<bool, StoreError> {
        if self.facts(key).await?.is_none() {
            return Ok(false);
        }
        let command = script(scripts::REPLACE, &[self.keys.session(&key)])
            .arg(version)
            .arg(version.wrapping_add(1))
            .arg(sealed)
            .take();
        Ok(self.link.ask(&command, Again::Never).await?)
    }

    async fn end(&self, key: SessionKey) -> Result<(), StoreError> {
        for owner in self.end_one(key).await? {
            self.strike(key, &owner).await?;
        }
        Ok(())
    }

    async fn of_citizen(&self, citizen: &Pseudonym) -> Result<Vec<(SessionKey, SessionFacts)>, StoreError> {
        let question =
            redis::cmd("ZRANGE").arg(self.keys.sessions_of(&Owner::Citizen(citizen.clone()))).arg(0).arg(-1).take();
        let entered = session_keys(self.link.ask(&question, Again::Harmless).await?);
        let looking = entered.into_iter().map(|key| async move { Ok((key, self.facts(key).await?)) });
        let found = all(looking).await?.into_iter().filter_map(|(key, facts)| Some((key, facts?)));
        Ok(found.filter(|(_, facts)| facts.citizen == *citizen).collect())
    }

    async fn end_of(&self, owner: &Owner, at: Timestamp) -> Result<Vec<SessionKey>, StoreError> {
        let command = script(scripts::LOG_OUT, &[self.keys.logout_of(owner), self.keys.sessions_of(owner)])
            .arg(moment(at))
            .arg(LOGOUT_KEPT.as_millis().to_string())
            .arg(self.keys.ended())
            .arg(announcements::of_owner(owner))
            .take();
        let (latest, entered): (String, Vec<Vec<u8>>) = self.link.ask(&command, Again::Harmless).await?;
        let latest = latest.as_str();
        let ending = session_keys(entered).into_iter().map(|key| async move {
            let owners = self.end_one_of(key, owner, latest).await?;
            for owner in &owners {
                self.strike(key, owner).await?;
            }
            Ok((!owners.is_empty()).then_some(key))
        });
        Ok(all(ending).await?.into_iter().flatten().collect())
    }

    async fn logged_out(&self, owners: &[Owner], issued: Timestamp) -> Result<bool, StoreError> {
        for owner in owners {
            let question = redis::cmd("GET").arg(self.keys.logout_of(owner)).take();
            let tombstone: Option<Vec<u8>> = self.link.ask(&question, Again::Harmless).await?;
            let Some(tombstone) = tombstone else { continue };
            // One that cannot be read counts: it was written for a logout.
            let at = read_moment(&tombstone).unwrap_or(Timestamp::MAX);
            if matches!(owner, Owner::ProviderSession(_)) || at >= issued {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn end_sealed_under(&self, key: &KeyId) -> Result<Vec<SessionKey>, StoreError> {
        let sealed = sealed_under::find(&self.link, &self.keys, key).await?;
        all(sealed.clone().into_iter().map(|session| self.end(session))).await?;
        Ok(sealed)
    }

    async fn remove_expired(&self) -> Result<usize, StoreError> {
        // Redis does so by itself, and tells nobody.
        Ok(0)
    }

    async fn save_attempt(&self, key: AttemptKey, sealed: Vec<u8>) -> Result<(), StoreError> {
        let until = after(self.clock.now(), LOGIN_ATTEMPT_KEPT);
        let value = [moment(until).as_bytes(), &sealed].concat();
        let command = redis::cmd("SET")
            .arg(self.keys.attempt(&key))
            .arg(value)
            .arg("PX")
            .arg(self.left(until).to_string())
            .take();
        Ok(self.link.ask::<()>(&command, Again::Harmless).await?)
    }

    async fn take_attempt(&self, key: AttemptKey) -> Result<Option<Vec<u8>>, StoreError> {
        let question = redis::cmd("GETDEL").arg(self.keys.attempt(&key)).take();
        let taken: Option<Vec<u8>> = self.link.ask(&question, Again::Harmless).await?;
        let taken = taken.and_then(|value| {
            let (until, sealed) = value.split_at_checked(record::DIGITS)?;
            Some((read_moment(until)?, sealed.to_vec()))
        });
        Ok(taken.filter(|(until, _)| self.clock.now() < *until).map(|(_, sealed)| sealed))
    }

    async fn remember(&self, mark: Mark, keep: Duration) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let until = after(now, keep);
        let command = script(scripts::REMEMBER, &[self.keys.mark(&mark)])
            .arg(moment(now))
            .arg(format!("{}{}", moment(until), random_token()))
            .arg(self.left(until).to_string())
            .take();
        Ok(self.link.ask(&command, Again::Harmless).await?)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        // A server that only answers may still refuse to keep anything.
        let command = redis::cmd("SET").arg(self.keys.probe()).arg(1).arg("PX").arg(10_000).take();
        Ok(self.link.ask::<()>(&command, Again::Harmless).await?)
    }

    fn ends(&self) -> BoxStream<'static, End> {
        let (sender, stream) = announcements::stream();
        let (target, channel) = (Arc::clone(self.link.target()), announcements::channel(self.keys.ended()));
        self.link.spawn(async move { follow(&target, &channel, &sender).await });
        stream
    }
}

fn after(moment: Timestamp, time: Duration) -> Timestamp {
    SignedDuration::try_from(time).ok().and_then(|time| moment.checked_add(time).ok()).unwrap_or(Timestamp::MAX)
}

/// Why a Redis cannot be used as configured. Quotes no password.
#[derive(Debug, thiserror::Error)]
#[error("session.redis: {0}")]
pub struct RedisSettingsError(String);
