//! Indexes in the registry's Redis, in its slot, under the same conditions. They go by themselves when they are over.
//!
//! | name, after the prefix | what |
//! | --- | --- |
//! | `:{registry}:index:<id>` | list of its blocks, of a megabyte each |
//! | `:{registry}:index:<id>:changes` | list of the changes since |

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use overblik_registry::{IndexId, StoreError};

use super::RedisStore;
use crate::{
    config::RedisConfig,
    index::{CHANGE, IndexStore},
    redis_link::{Again, script},
};

/// Puts a block behind those that are there, if they are as many; then it is, also when the same comes a second time. KEYS:
/// blocks. ARGV: how many there are, block, end in milliseconds.
const PUT: &str = "\
local there = redis.call('LLEN', KEYS[1])
if there == tonumber(ARGV[1]) then redis.call('RPUSH', KEYS[1], ARGV[2])
elseif there ~= tonumber(ARGV[1]) + 1 then return 0 end
redis.call('PEXPIREAT', KEYS[1], ARGV[3])
return 1";

/// Appends changes behind those that are there, if they are as many: 1, also to the same command sent a second time; else 0.
/// KEYS: blocks, changes. ARGV: how many there are, end in milliseconds, the changes.
const APPEND: &str = "\
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local there, first = redis.call('LLEN', KEYS[2]), tonumber(ARGV[1])
if there ~= first then
  if there ~= first + #ARGV - 2 then return 0 end
  local last = redis.call('LRANGE', KEYS[2], first, -1)
  for place = 1, #last do if last[place] ~= ARGV[place + 2] then return 0 end end
  return 1
end
for place = 3, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[place]) end
redis.call('PEXPIREAT', KEYS[2], ARGV[2])
return 1";

/// The changes behind so many, and whether the index is there with as many. KEYS: blocks, changes. ARGV: how many.
const CHANGES: &str = "\
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('LLEN', KEYS[2]) < tonumber(ARGV[1]) then return { 0, {} } end
return { 1, redis.call('LRANGE', KEYS[2], ARGV[1], -1) }";

/// See the module.
#[derive(Debug)]
pub(crate) struct RedisIndexes {
    /// The way there is the registry's.
    store: RedisStore,
}

impl RedisIndexes {
    /// The store that a configuration names. It connects when it is first needed.
    ///
    /// # Errors
    /// When the file of certificates cannot be used.
    pub(crate) fn new(config: &RedisConfig) -> Result<Self, StoreError> {
        Ok(Self { store: RedisStore::new(config)? })
    }

    fn blocks(&self, index: &IndexId) -> String {
        self.store.key(&format!("index:{index}"))
    }

    fn changes_of(&self, index: &IndexId) -> String {
        format!("{}:changes", self.blocks(index))
    }
}

#[async_trait]
impl IndexStore for RedisIndexes {
    async fn put(&self, index: &IndexId, blocks: Vec<Bytes>, until: Timestamp) -> Result<(), StoreError> {
        self.store.keeps().await?;
        for (place, block) in blocks.iter().enumerate() {
            let put = script(PUT, &[self.blocks(index)]).arg(place).arg(&**block).arg(until.as_millisecond()).take();
            if !self.store.link.ask::<bool>(&put, Again::Harmless).await? {
                return Err(StoreError::Unavailable("Redis lost a part of the index while it came".to_owned()));
            }
        }
        self.store.replicated().await
    }

    async fn whole(&self, index: &IndexId) -> Result<Option<Vec<u8>>, StoreError> {
        let mut whole = Vec::new();
        for place in 0.. {
            let question = redis::cmd("LINDEX").arg(self.blocks(index)).arg(place).take();
            let block: Option<Vec<u8>> = self.store.link.ask(&question, Again::Harmless).await?;
            let Some(block) = block else { break };
            whole.extend_from_slice(&block);
        }
        Ok(Some(whole).filter(|whole| !whole.is_empty()))
    }

    async fn append(&self, index: &IndexId, so_far: u64, lines: Vec<u8>, until: Timestamp) -> Result<bool, StoreError> {
        let mut append = script(APPEND, &[self.blocks(index), self.changes_of(index)]);
        append.arg(so_far).arg(until.as_millisecond());
        for line in lines.chunks(CHANGE) {
            append.arg(line);
        }
        self.store.keeps().await?;
        let is_appended = self.store.link.ask(&append, Again::Harmless).await?;
        self.store.replicated().await?;
        Ok(is_appended)
    }

    async fn changes(&self, after: &[(IndexId, u64)]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let mut questions = redis::pipe();
        for (index, after) in after {
            questions.add_command(script(CHANGES, &[self.blocks(index), self.changes_of(index)]).arg(*after).take());
        }
        let answers: Vec<(bool, Vec<Vec<u8>>)> = self.store.link.ask_several(&questions).await?;
        Ok(answers.into_iter().map(|(is_there, lines)| is_there.then(|| lines.concat())).collect())
    }

    async fn remove(&self, index: &IndexId) -> Result<(), StoreError> {
        let remove = redis::cmd("UNLINK").arg(self.blocks(index)).arg(self.changes_of(index)).take();
        self.store.link.ask::<u64>(&remove, Again::Harmless).await?;
        Ok(())
    }

    async fn keep_only(&self, _: &[IndexId]) -> Result<(), StoreError> {
        // Another instance may just be loading one. What is left by a crash goes when it would have been over.
        Ok(())
    }
}
