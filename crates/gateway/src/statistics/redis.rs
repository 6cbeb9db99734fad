//! Figures in a Redis that several instances share: each adds what it counted.
//!
//! | name, after the prefix | what |
//! | --- | --- |
//! | `:{statistics}:day:<date>` | hash: `<measure>/<authority>/<source>` and its number |
//! | `:{statistics}:added:<process>` | the number of the last batch of a process: one that is sent twice counts once |
//!
//! A batch is added whole, by one script; all keys lie in one slot.

use std::{collections::BTreeMap, time::Duration};

use overblik_widgets::Date;

use super::{
    days::{Days, OfDay, Source, days_between},
    figures::OF_CITIZENS,
    store::{Batch, StatisticsAway, StatisticsSettingsError},
};
use crate::{
    config::RedisConfig,
    redis_link::{Again, Link, NoAnswer, Target, script},
    secrets::random_token,
};

/// Least time in all for a question: no citizen waits for one.
const LEAST_ANSWER_WITHIN_MS: u64 = 5_000;

/// How long a day is kept after it was last added to, in seconds: 26 months, each of 31 days.
const KEPT_S: u64 = 26 * 31 * 86_400;

/// How long a process is known by its batches, in seconds. One that did not get through for longer has dropped them.
const PROCESS_KEPT_S: u64 = 40 * 86_400;

/// Days that are read with one question.
const AT_ONCE: usize = 31;

/// Adds a batch, and says how many of its numbers met something that is none. KEYS: the day, the process. ARGV: the batch's number,
/// how long each key is kept, what citizens' names begin with, then names and numbers.
const ADD: &str = "\
if redis.call('GET', KEYS[2]) == ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[3])
local refused = 0
for i = 5, #ARGV, 2 do
  local name, number = ARGV[i], ARGV[i + 1]
  if string.sub(name, 1, #ARGV[4]) == ARGV[4] then
    local known = redis.pcall('HGET', KEYS[1], name)
    if not known or (type(known) == 'string' and (tonumber(known) or 0) < tonumber(number)) then
      redis.pcall('HSET', KEYS[1], name, number)
    end
  else
    local sum = redis.pcall('HINCRBY', KEYS[1], name, number)
    if type(sum) ~= 'number' then refused = refused + 1 end
  end
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return refused";

/// Figures in a Redis.
#[derive(Debug)]
pub(super) struct RedisFigures {
    link: Link,
    prefix: String,
    /// Tells this process from all others.
    process: String,
}

impl From<NoAnswer> for StatisticsAway {
    fn from(why: NoAnswer) -> Self {
        Self(why.to_string())
    }
}

impl RedisFigures {
    /// What a configuration names in this place. It connects when it is first needed.
    ///
    /// # Errors
    /// [`StatisticsSettingsError`] when the file of certificates cannot be used.
    pub(super) fn new(place: &'static str, config: &RedisConfig) -> Result<Self, StatisticsSettingsError> {
        let answer_within_ms = config.answer_within_ms.max(LEAST_ANSWER_WITHIN_MS);
        let config = RedisConfig { answer_within_ms, ..config.clone() };
        let target = Target::new(&config);
        let target = target.map_err(|error| StatisticsSettingsError { place, why: error.to_string() })?;
        Ok(Self {
            link: Link::new("the statistics' store", target, Duration::from_millis(answer_within_ms)),
            prefix: config.prefix,
            process: random_token(),
        })
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    pub(super) async fn add(&self, batch: &Batch) -> Result<(), StatisticsAway> {
        let mut command = script(ADD, &[self.day_key(batch.day), self.key(&format!("added:{}", self.process))]);
        command.arg(batch.number).arg(KEPT_S).arg(PROCESS_KEPT_S).arg(OF_CITIZENS);
        for (Source { authority, slug }, figures) in &batch.figures {
            for (name, number) in figures.named() {
                command.arg(format!("{name}/{authority}/{slug}")).arg(number);
            }
        }
        // Twice is as good as once: the batch is known again.
        let refused: u64 = self.link.ask(&command, Again::Harmless).await?;
        if refused > 0 {
            tracing::error!(refused, day = %batch.day, "numbers of the statistics met something in Redis that is none, and are lost");
        }
        Ok(())
    }

    pub(super) async fn between(
        &self,
        (from, to): (Date, Date),
        wanted: impl Fn(&Source) -> bool + Send,
    ) -> Result<Days, StatisticsAway> {
        let (mut days, mut asked) = (Days::default(), days_between(from, to));
        loop {
            let some: Vec<_> = asked.by_ref().take(AT_ONCE).collect();
            if some.is_empty() {
                return Ok(days);
            }
            let mut question = redis::pipe();
            for day in &some {
                question.cmd("HGETALL").arg(self.day_key(*day));
            }
            let hashes: Vec<BTreeMap<Vec<u8>, Vec<u8>>> = self.link.ask_several(&question).await?;
            let read = some.into_iter().zip(hashes).map(|(day, hash)| (day, of_day(&hash, &wanted)));
            days.0.extend(read.filter(|(_, sources)| !sources.is_empty()));
        }
    }

    fn key(&self, name: &str) -> String {
        format!("{}:{{statistics}}:{name}", self.prefix)
    }

    fn day_key(&self, day: Date) -> String {
        self.key(&format!("day:{day}"))
    }
}

/// The sources of a day. What is no figure is left out.
fn of_day(hash: &BTreeMap<Vec<u8>, Vec<u8>>, wanted: &impl Fn(&Source) -> bool) -> OfDay {
    let mut sources = OfDay::new();
    for (field, number) in hash {
        let read = || {
            let mut parts = std::str::from_utf8(field).ok()?.split('/');
            let (name, authority, slug) = (parts.next()?, parts.next()?, parts.next()?);
            let number = std::str::from_utf8(number).ok()?.parse().ok()?;
            Some((name, Source { authority: authority.to_owned(), slug: slug.to_owned() }, number))
        };
        let Some((name, source, number)) = read() else { continue };
        if wanted(&source) {
            sources.entry(source).or_default().add_named(name, number);
        }
    }
    sources
}

#[cfg(test)]
mod tests;
