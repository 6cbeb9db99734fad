//! Finding what a master key sealed. There is no index for it: a key is removed once in a long while, and then every
//! server is gone through.

use std::collections::HashSet;

use super::{all, keys::Keys};
use crate::{
    redis_link::{Again, Link},
    session::{SessionKey, StoreError, master_keys::KeyId},
};

/// Keys that a server looks at in one step.
const STEP: usize = 500;

/// The sessions that a master key sealed. What is kept or ended meanwhile may be among them or not.
pub(super) async fn find(link: &Link, keys: &Keys, sealed_under: &KeyId) -> Result<Vec<SessionKey>, StoreError> {
    let mut found = HashSet::new();
    for master in link.masters().await? {
        let mut cursor = 0_u64;
        loop {
            let step =
                redis::cmd("SCAN").arg(cursor).arg("MATCH").arg(keys.every_session()).arg("COUNT").arg(STEP).take();
            let (next, names): (u64, Vec<Vec<u8>>) = link.ask_at(master.as_ref(), &step, Again::Harmless).await?;
            let looking = names.into_iter().map(|name| async move {
                let question = redis::cmd("HGET").arg(&name).arg("sealed_under").take();
                let id: Option<Vec<u8>> = link.ask(&question, Again::Harmless).await?;
                let is_meant = id.is_some_and(|id| id == sealed_under.as_str().as_bytes());
                Ok(keys.session_of(&name).filter(|_| is_meant))
            });
            // A server may name a key twice.
            found.extend(all(looking).await?.into_iter().flatten());
            if next == 0 {
                break;
            }
            cursor = next;
        }
    }
    Ok(found.into_iter().collect())
}
