//! The registry in a Redis that several instances share: one server, a master that sentinels name, or a cluster.
//!
//! | name, after the prefix | what |
//! | --- | --- |
//! | `:{registry}:history` | list of the records' lines: the first is record 1 |
//! | `:{registry}:blob:<digest>` | a bundle or a report |
//! | `:{registry}:appended` | something by chance of the last append: one that is sent twice is known by it |
//! | `:{registry}:probe` | written where replicas are asked how far they are |
//! | `:registry` | the channel on which records are announced |
//!
//! All of it lies in one slot, so on one server, which writes to its disk and to its replicas in order: whatever is lost
//! of it, no record is there without the blobs that it names. Nothing expires. Decision 43 says what Redis must be for
//! that, and what is done where it is not.

mod indexes;
mod keeping;
mod lines;
mod replicas;
#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use overblik_registry::{Appended, Digest, Head, MOST_BLOB_BYTES, Record, RegistryStore, StoreError};
use redis::Cmd;
use tokio::{
    sync::{Notify, mpsc},
    time::sleep,
};

pub(crate) use self::indexes::RedisIndexes;
use self::{lines::Stretch, replicas::Replicas};
use crate::{
    config::{RedisConfig, RedisMode},
    redis_link::{
        Again, Link, NoAnswer, Target,
        announcements::{Channel, follow},
        script,
    },
    secrets::random_token,
};

/// How often whoever waits looks by itself, should an announcement be lost.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Least time in all for a question. No citizen waits for the registry, and the largest blob takes a slow disk longer than
/// one should.
const LEAST_ANSWER_WITHIN_MS: u64 = 5_000;

/// Records that are read with one question.
const AT_ONCE: usize = 200;

/// Appends a record if it follows the last: 1, also to the same command sent a second time; else 0. A line ends with the
/// record's hash. KEYS: history, appended. ARGV: number and hash of the record before, line, something by chance, channel.
const APPEND: &str = "\
if redis.call('GET', KEYS[2]) == ARGV[4] then return 1 end
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
local last = redis.call('LINDEX', KEYS[1], -1)
if last and string.sub(last, -66) ~= ARGV[2] .. '\"}' then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[3])
redis.call('SET', KEYS[2], ARGV[4])
redis.call('PUBLISH', ARGV[5], ARGV[1])
return 1";

/// How long the history is, and the lines from one place to another. KEYS: history. ARGV: the places, as of `LRANGE`.
const READ: &str = "return { redis.call('LLEN', KEYS[1]), redis.call('LRANGE', KEYS[1], ARGV[1], ARGV[2]) }";

/// The registry in a Redis.
#[derive(Debug)]
pub(crate) struct RedisStore {
    link: Arc<Link>,
    prefix: String,
    replicas: Option<Replicas>,
    /// The last record that this instance knows to have been there. Where it is no longer, Redis has lost some.
    seen: Mutex<Head>,
    heard: Arc<Notify>,
    listening: OnceLock<()>,
}

impl RedisStore {
    /// The store that a configuration names. It connects when it is first needed.
    ///
    /// # Errors
    /// When the file of certificates cannot be used.
    pub(crate) fn new(config: &RedisConfig) -> Result<Self, StoreError> {
        let answer_within_ms = config.answer_within_ms.max(LEAST_ANSWER_WITHIN_MS);
        let config = RedisConfig { answer_within_ms, ..config.clone() };
        let target = Target::new(&config).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self {
            link: Arc::new(Link::new("the registry's store", target, Duration::from_millis(answer_within_ms))),
            replicas: (config.mode != RedisMode::Standalone).then(Replicas::default),
            prefix: config.prefix,
            seen: Mutex::new(Head::of_nothing()),
            heard: Arc::default(),
            listening: OnceLock::new(),
        })
    }

    pub(super) fn link(&self) -> &Arc<Link> {
        &self.link
    }

    /// Whether this Redis keeps what it has acknowledged. It is asked again before anything is written.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] if it may lose some, and [`StoreError::Unavailable`] when it does not answer.
    pub(crate) async fn keeps(&self) -> Result<(), StoreError> {
        keeping::check(&self.link).await?;
        match &self.replicas {
            Some(replicas) => replicas.check(&self.link, &self.history()).await,
            None => Ok(()),
        }
    }

    /// Waits until the replicas that may take over have what was written.
    async fn replicated(&self) -> Result<(), StoreError> {
        match &self.replicas {
            Some(replicas) => replicas.confirm(&self.link, &self.history(), &self.key("probe")).await,
            None => Ok(()),
        }
    }

    fn key(&self, name: &str) -> String {
        format!("{}:{{registry}}:{name}", self.prefix)
    }

    fn history(&self) -> String {
        self.key("history")
    }

    fn blob_key(&self, digest: Digest) -> String {
        self.key(&format!("blob:{digest}"))
    }

    fn channel(&self) -> String {
        format!("{}:registry", self.prefix)
    }

    fn seen(&self) -> Head {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn saw(&self, head: Head) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if head.number > seen.number {
            *seen = head;
        }
    }

    /// Some of the history, which must be as long as it was ever seen to be.
    async fn stretch(&self, first: i64, last: i64) -> Result<Stretch, StoreError> {
        if let Some(replicas) = &self.replicas
            && replicas.must_confirm()
        {
            self.replicated().await?;
        }
        // From before the question: more may be appended and seen until its answer is here.
        let seen = self.seen();
        let question = script(READ, &[self.history()]).arg(first).arg(last).take();
        let (length, lines): (u64, Vec<Vec<u8>>) = self.link.ask(&question, Again::Harmless).await?;
        let first = u64::try_from(first).unwrap_or(length.saturating_sub(1)).saturating_add(1);
        let stretch = Stretch::read(length, first, &lines)?;
        stretch.check(seen)?;
        stretch.records.last().into_iter().for_each(|last| self.saw(last.head()));
        Ok(stretch)
    }

    fn append_command(&self, before: Head, line: String) -> Cmd {
        script(APPEND, &[self.history(), self.key("appended")])
            .arg(before.number)
            .arg(before.hash.to_string())
            .arg(line)
            .arg(random_token())
            .arg(self.channel())
            .take()
    }

    /// Hears announcements from now on.
    fn listen(&self) {
        self.listening.get_or_init(|| {
            let (sender, mut receiver) = mpsc::channel(1);
            let channel = Channel { name: self.channel(), announced: "records of the registry", read: |_| () };
            let target = Arc::clone(self.link.target());
            self.link.spawn(async move { follow(&target, &channel, &sender).await });
            let heard = Arc::clone(&self.heard);
            self.link.spawn(async move {
                while receiver.recv().await.is_some() {
                    heard.notify_waiters();
                }
            });
        });
    }
}

impl From<NoAnswer> for StoreError {
    fn from(why: NoAnswer) -> Self {
        Self::Unavailable(why.to_string())
    }
}

#[async_trait]
impl RegistryStore for RedisStore {
    async fn head(&self) -> Result<Head, StoreError> {
        let end = self.stretch(-1, -1).await?;
        Ok(end.records.last().map_or_else(Head::of_nothing, Record::head))
    }

    async fn read(&self, after: u64, most: usize) -> Result<Vec<Record>, StoreError> {
        let mut records = Vec::new();
        while records.len() < most {
            let after = after.saturating_add(u64::try_from(records.len()).unwrap_or(u64::MAX));
            let Ok(first) = i64::try_from(after) else { break };
            let wanted = most.saturating_sub(records.len()).min(AT_ONCE);
            // One more from before it, if there is one, which the first must follow.
            let last = first.saturating_add(i64::try_from(wanted).unwrap_or(i64::MAX)).saturating_sub(1);
            let stretch = self.stretch(first.saturating_sub(1).max(0), last).await?;
            let read = stretch.records.into_iter().filter(|record| record.number > after);
            let before = records.len();
            records.extend(read);
            if records.len() < before.saturating_add(wanted) {
                break;
            }
        }
        Ok(records)
    }

    async fn append(&self, record: &Record) -> Result<Appended, StoreError> {
        let line = record.to_line();
        Record::from_line(&line)
            .map_err(|why| StoreError::Unavailable(format!("the record is not written: it {why}")))?;
        let Some(before) = lines::follows_what_it_names(record) else {
            return Ok(Appended::HeadIs(self.head().await?));
        };
        self.keeps().await?;
        // Twice is as good as once: the command is known again.
        let appended: Result<bool, _> = self.link.ask(&self.append_command(before, line), Again::Harmless).await;
        if let (Err(_), Some(replicas)) = (&appended, &self.replicas) {
            replicas.doubt();
        }
        if !appended? {
            return Ok(Appended::HeadIs(self.head().await?));
        }
        self.replicated().await?;
        self.saw(record.head());
        Ok(Appended::Kept)
    }

    async fn put_blob(&self, blob: Bytes) -> Result<Digest, StoreError> {
        if blob.len() > MOST_BLOB_BYTES {
            return Err(StoreError::Unavailable(format!("a blob of more than {MOST_BLOB_BYTES} bytes is not kept")));
        }
        self.keeps().await?;
        let digest = Digest::of_blob(&blob);
        let put = redis::cmd("SET").arg(self.blob_key(digest)).arg(&*blob).take();
        let new: Option<String> = self.link.ask(put.clone().arg("NX"), Again::Harmless).await?;
        // One that is there and damaged is written anew.
        if new.is_none() && !self.blob(digest).await.is_ok_and(|kept| kept.is_some()) {
            self.link.ask::<()>(&put, Again::Harmless).await?;
        }
        self.replicated().await?;
        Ok(digest)
    }

    async fn blob(&self, digest: Digest) -> Result<Option<Bytes>, StoreError> {
        let question = redis::cmd("GET").arg(self.blob_key(digest)).take();
        let blob: Option<Vec<u8>> = self.link.ask(&question, Again::Harmless).await?;
        if blob.as_ref().is_some_and(|blob| Digest::of_blob(blob) != digest) {
            return Err(StoreError::Damaged(format!("{} is not what its name says", self.blob_key(digest))));
        }
        Ok(blob.map(Bytes::from))
    }

    async fn changed(&self, after: u64) -> Result<Head, StoreError> {
        self.listen();
        loop {
            // Hears from here on, so that nothing falls between looking and waiting.
            let mut told = std::pin::pin!(self.heard.notified());
            told.as_mut().enable();
            // By the last record, and not by how many there are: as many may be others.
            let head = self.head().await?;
            if head.number > after {
                return Ok(head);
            }
            tokio::select! {
                () = told => {}
                () = sleep(LOOK_EVERY) => {}
            }
        }
    }
}
