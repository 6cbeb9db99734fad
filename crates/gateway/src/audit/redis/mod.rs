//! Trails in a Redis that instances share. Each process keeps a trail of its own, so that none waits for another; what is about
//! a citizen stands beside it once more, where one question finds all of it.
//!
//! | name, after the prefix | what |
//! | --- | --- |
//! | `:{audit}:trail:<id>` | stream: a process's records in their order, in the field `r` |
//! | `:{audit}:at:<id>` | hash: `number` and `hash` of its last record, `mark` and `anchor` under keyed hashes |
//! | `:{audit}:trails` | sorted set: the ids, by when they were last written to |
//! | `:{audit}:about:<hash>` | stream: the records about a citizen of all instances, in the field `r` |
//!
//! Entries are written by one script, into a trail and about the citizens together, once however often they are sent; all keys
//! lie in one slot. Redis's own clock says what is old.

mod keeping;
mod reading;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use overblik_registry::Digest;

use super::{
    AuditAway, AuditSettingsError,
    names::{AuditKeys, CitizenName, MarkOf},
    own_log::{OwnEntry, OwnPage, Position},
    record::{Record, json},
    sink::NotTaken,
    writer::Written,
};
use crate::{
    config::RedisConfig,
    redis_link::{Again, Link, NoAnswer, Target, script},
};

/// Least time in all for a question: no citizen waits for the writing.
const LEAST_ANSWER_WITHIN_MS: u64 = 2_000;

/// What the script says where a trail does not end where the process had brought it.
const LOST: i64 = -1;

/// Writes records. KEYS: trail, where it is, all trails, then citizens. ARGV: the number that it must have come to, its last
/// number, hash and mark then, how long is kept in milliseconds, its id, then records with the place of their citizen among KEYS.
const APPEND: &str = "\
local known = tonumber(redis.call('HGET', KEYS[2], 'number') or '0')
if known == tonumber(ARGV[2]) and redis.call('HGET', KEYS[2], 'hash') == ARGV[3] then return 0 end
if known ~= tonumber(ARGV[1]) then return -1 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local oldest = string.format('%d', math.max(0, now - tonumber(ARGV[5])))
for i = 7, #ARGV, 2 do
  redis.call('XADD', KEYS[1], '*', 'r', ARGV[i])
  local about = KEYS[tonumber(ARGV[i + 1])]
  if about then
    redis.call('XADD', about, 'MINID', '=', oldest, '*', 'r', ARGV[i])
    redis.call('PEXPIRE', about, ARGV[5])
  end
end
redis.call('HSET', KEYS[2], 'number', ARGV[2], 'hash', ARGV[3], 'mark', ARGV[4])
redis.call('ZADD', KEYS[3], now, ARGV[6])
return 0";

/// Reads a citizen's entries, newest first, none of them too old. KEYS: the citizen. ARGV: where to begin, how long is kept in
/// milliseconds, how many are wanted.
const ABOUT: &str = "\
local time = redis.call('TIME')
local oldest = math.max(0, time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(ARGV[2]))
return redis.call('XREVRANGE', KEYS[1], ARGV[1], string.format('%d', oldest), 'COUNT', ARGV[3])";

/// Trails in a Redis.
#[derive(Debug)]
pub(in crate::audit) struct RedisTrail {
    link: Link,
    prefix: String,
    retention_ms: u64,
    chain: Mutex<Digest>,
}

impl From<NoAnswer> for AuditAway {
    fn from(why: NoAnswer) -> Self {
        Self(why.to_string())
    }
}

impl From<NoAnswer> for NotTaken {
    fn from(why: NoAnswer) -> Self {
        Self::Away(why.into())
    }
}

impl RedisTrail {
    pub(in crate::audit) fn new(
        config: &RedisConfig,
        retention_days: u16,
        chain: Digest,
    ) -> Result<Self, AuditSettingsError> {
        let answer_within_ms = config.answer_within_ms.max(LEAST_ANSWER_WITHIN_MS);
        let config = RedisConfig { answer_within_ms, ..config.clone() };
        let target = Target::new(&config).map_err(|error| AuditSettingsError::Redis(error.to_string()))?;
        Ok(Self {
            link: Link::new("the audit trail's store", target, Duration::from_millis(answer_within_ms)),
            prefix: config.prefix,
            retention_ms: u64::from(retention_days).saturating_mul(86_400_000),
            chain: Mutex::new(chain),
        })
    }

    pub(in crate::audit) fn link(&self) -> &Link {
        &self.link
    }

    /// What this process's trail is called.
    pub(in crate::audit) fn chain(&self) -> Digest {
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::audit) fn begin_another(&self, chain: Digest) {
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = chain;
    }

    pub(in crate::audit) async fn append(&self, keys: &AuditKeys, written: &[Written]) -> Result<(), NotTaken> {
        let (Some(first), Some(last)) = (written.first(), written.last()) else { return Ok(()) };
        let (chain, head) = (self.chain(), last.record.head());
        let mark = keys.mark(MarkOf::Head, chain, head).map(|mark| json(&mark)).unwrap_or_default();
        let mut names = vec![self.trail_key(chain), self.at_key(chain), self.key("trails")];
        let mut places: HashMap<&CitizenName, usize> = HashMap::new();
        for citizen in written.iter().filter_map(Written::citizen) {
            places.entry(citizen).or_insert_with(|| {
                names.push(self.about_key(citizen));
                names.len()
            });
        }
        let mut command = script(APPEND, &names);
        command.arg(first.record.number.saturating_sub(1)).arg(head.number).arg(head.hash.to_string());
        command.arg(mark).arg(self.retention_ms).arg(chain.to_string());
        for entry in written {
            let place = entry.citizen().and_then(|citizen| places.get(citizen)).copied().unwrap_or(0);
            command.arg(&entry.line).arg(place);
        }
        // Twice is as good as once: the trail has come there already.
        let outcome: i64 = self.link.ask(&command, Again::Harmless).await?;
        if outcome == LOST { Err(NotTaken::Lost) } else { Ok(()) }
    }

    /// Entries about whoever has one of these names, newest first.
    pub(in crate::audit) async fn about(
        &self,
        names: &[CitizenName],
        before: Option<Position>,
        most: usize,
    ) -> Result<OwnPage, AuditAway> {
        if before == Some(Position(0, 0)) {
            // Redis has no id before its first.
            return Ok(OwnPage::default());
        }
        let end = before.map_or_else(|| "+".to_owned(), |before| format!("({before}"));
        let mut entries = Vec::new();
        for name in names {
            let mut question = script(ABOUT, &[self.about_key(name)]);
            question.arg(&end).arg(self.retention_ms).arg(most.saturating_add(1));
            let found: Vec<(String, Vec<String>)> = self.link.ask(&question, Again::Harmless).await?;
            entries.extend(found.into_iter().filter_map(|(id, fields)| {
                let record = fields.get(1).and_then(|line| serde_json::from_str(line).ok());
                // A name finds the place to look; whose an entry is says the record alone.
                let is_theirs = |record: &Record| record.event.citizen() == Some(name) && record.is_itself().is_ok();
                Some(OwnEntry { position: Position::parse(&id)?, record: record.filter(is_theirs) })
            }));
        }
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.position));
        Ok(OwnPage::of(entries, most))
    }

    fn key(&self, name: &str) -> String {
        format!("{}:{{audit}}:{name}", self.prefix)
    }

    fn trail_key(&self, chain: Digest) -> String {
        self.key(&format!("trail:{chain}"))
    }

    fn at_key(&self, chain: Digest) -> String {
        self.key(&format!("at:{chain}"))
    }

    fn about_key(&self, citizen: &CitizenName) -> String {
        self.key(&format!("about:{}", citizen.hex()))
    }
}
