//! What has been kept long enough, of this process's trail and of those of processes that are gone.

use overblik_registry::{Digest, Head};

use super::{
    super::{
        AuditAway,
        names::{AuditKeys, MarkOf},
        record::{Record, json},
    },
    RedisTrail,
};
use crate::redis_link::{Again, NoAnswer, script};

/// Puts the anchor down, and deletes what is before it. KEYS: trail, where it is. ARGV: the anchor, the first id that is kept.
///
/// Where the id is gone another process has been here with a later one: its anchor stays, and a trail that it has forgotten too.
const TRIM: &str = "\
if #redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2]) == 0 then return 0 end
redis.call('HSET', KEYS[2], 'anchor', ARGV[1])
return redis.call('XTRIM', KEYS[1], 'MINID', '=', ARGV[2])";

/// Deletes a trail that has come to this number and no further. KEYS: trail, where it is, all trails. ARGV: the number, the id.
const FORGET: &str = "\
if redis.call('HGET', KEYS[2], 'number') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1], KEYS[2])
return redis.call('ZREM', KEYS[3], ARGV[2])";

/// Why a trail was not tidied.
enum NotTidied {
    Away(AuditAway),
    /// A record of it is none that this program knows.
    Unreadable(String),
}

impl From<AuditAway> for NotTidied {
    fn from(away: AuditAway) -> Self {
        Self::Away(away)
    }
}

impl From<NoAnswer> for NotTidied {
    fn from(why: NoAnswer) -> Self {
        Self::Away(why.into())
    }
}

impl RedisTrail {
    pub(in crate::audit) async fn tidy(&self, keys: &AuditKeys) -> Result<(), AuditAway> {
        let oldest = self.now_ms().await?.saturating_sub(self.retention_ms);
        let mut unreadable = None;
        for chain in self.chains().await? {
            match self.tidy_trail(keys, chain, oldest).await {
                Ok(()) => {}
                // The other trails do not stay for its sake.
                Err(NotTidied::Unreadable(why)) => {
                    unreadable.get_or_insert_with(|| AuditAway(format!("trail {chain}: {why}")));
                }
                Err(NotTidied::Away(away)) => return Err(away),
            }
        }
        unreadable.map_or(Ok(()), Err)
    }

    /// Deletes what is before a record.
    pub(super) async fn trim(
        &self,
        keys: &AuditKeys,
        chain: Digest,
        id: &str,
        record: &Record,
    ) -> Result<(), AuditAway> {
        let anchor = Head { number: record.number.saturating_sub(1), hash: record.previous };
        let Some(mark) = keys.mark(MarkOf::Anchor, chain, anchor) else { return Ok(()) };
        let mut trim = script(TRIM, &[self.trail_key(chain), self.at_key(chain)]);
        let _trimmed: u64 = self.link.ask(trim.arg(json(&mark)).arg(id), Again::Harmless).await?;
        Ok(())
    }

    /// The time of Redis's own clock.
    pub(super) async fn now_ms(&self) -> Result<u64, AuditAway> {
        let (seconds, micros): (u64, u64) = self.link.ask(&redis::cmd("TIME"), Again::Harmless).await?;
        Ok(seconds.saturating_mul(1000).saturating_add(micros / 1000))
    }

    async fn tidy_trail(&self, keys: &AuditKeys, chain: Digest, oldest: u64) -> Result<(), NotTidied> {
        let Some((first, _)) = self.first_from(chain, "-").await? else { return Ok(()) };
        let is_kept =
            |id: &str| id.split_once('-').and_then(|(ms, _)| ms.parse().ok()).is_none_or(|ms: u64| ms >= oldest);
        if is_kept(&first) {
            return Ok(());
        }
        match self.first_from(chain, &oldest.to_string()).await? {
            Some((id, line)) => {
                let record =
                    Record::from_line(&line).map_err(|why| NotTidied::Unreadable(format!("a record {why}")))?;
                self.trim(keys, chain, &id, &record).await?;
            }
            None => {
                let number = redis::cmd("HGET").arg(self.at_key(chain)).arg("number").take();
                let number: Option<String> = self.link.ask(&number, Again::Harmless).await?;
                let mut forget = script(FORGET, &[self.trail_key(chain), self.at_key(chain), self.key("trails")]);
                let _gone: u64 = self
                    .link
                    .ask(forget.arg(number.unwrap_or_default()).arg(chain.to_string()), Again::Harmless)
                    .await?;
            }
        }
        Ok(())
    }
}
