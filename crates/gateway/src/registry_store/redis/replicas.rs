//! Where a replica may take its master's place, what the master alone has is not kept yet.

use std::sync::atomic::{AtomicBool, Ordering};

use overblik_registry::StoreError;

use crate::redis_link::{Again, Link, script};

/// Milliseconds that the replicas may take.
const WITHIN_MS: u64 = 1_500;

/// What a server says of its replicas. A script, as that goes where its key lies.
const INFO: &str = "return redis.call('INFO', 'replication')";

/// How far the replicas of a master are.
#[derive(Debug, Default)]
pub(super) struct Replicas {
    /// Whether something was written that they may not have.
    in_doubt: AtomicBool,
}

impl Replicas {
    /// Notes that something may have been written.
    pub(super) fn doubt(&self) {
        self.in_doubt.store(true, Ordering::Release);
    }

    /// Whether nothing may be read before the replicas are known to have all of it.
    pub(super) fn must_confirm(&self) -> bool {
        self.in_doubt.load(Ordering::Acquire)
    }

    /// Whether there are replicas.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] if there is none that follows its master.
    pub(super) async fn check(&self, link: &Link, history: &str) -> Result<(), StoreError> {
        if connected(link, history).await? == 0 {
            return Err(no_replica());
        }
        Ok(())
    }

    /// Waits until every replica that follows the master has all that was written. They are written to in order, so what
    /// they have of a probe they have of all before it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if they do not have it soon; then nobody knows whether it will be kept, and nothing is
    /// read until they do.
    pub(super) async fn confirm(&self, link: &Link, history: &str, probe: &str) -> Result<(), StoreError> {
        let confirmed = ask(link, history, probe).await;
        self.in_doubt.store(confirmed.is_err(), Ordering::Release);
        confirmed
    }
}

async fn ask(link: &Link, history: &str, probe: &str) -> Result<(), StoreError> {
    let wanted = connected(link, history).await?;
    if wanted == 0 {
        return Err(no_replica());
    }
    let mut commands = redis::pipe();
    commands.cmd("SET").arg(probe).arg(1).ignore().cmd("WAIT").arg(wanted).arg(WITHIN_MS);
    let (have,): (u64,) = link.ask_several(&commands).await?;
    if have < wanted {
        let short = format!("{have} of {wanted} replicas have what was written; it is kept once they all do");
        return Err(StoreError::Unavailable(short));
    }
    Ok(())
}

async fn connected(link: &Link, history: &str) -> Result<u64, StoreError> {
    let question = script(INFO, &[history.to_owned()]);
    let info: String = link.ask(&question, Again::Harmless).await?;
    let count = info.lines().find_map(|line| line.strip_prefix("connected_slaves:")?.trim().parse().ok());
    Ok(count.unwrap_or_default())
}

fn no_replica() -> StoreError {
    StoreError::ReadOnly(
        "no replica follows Redis's master, and another could take its place without the records".into(),
    )
}
