//! Reading whole trails, beside the processes that write them.

use std::{collections::BTreeMap, ops::ControlFlow};

use overblik_registry::Digest;

use super::{
    super::{AuditAway, names::Mark},
    RedisTrail,
};
use crate::redis_link::Again;

/// Records that are read with one question.
const AT_ONCE: usize = 500;

/// What stands beside a trail.
#[derive(Debug, Default)]
pub(in crate::audit) struct At {
    /// Its last record's number, as text.
    pub(in crate::audit) number: Option<String>,
    /// How far it had come.
    pub(in crate::audit) mark: Option<Mark>,
    /// Up to where it was deleted when its time was over.
    pub(in crate::audit) anchor: Option<Mark>,
}

impl RedisTrail {
    /// Every trail.
    pub(in crate::audit) async fn chains(&self) -> Result<Vec<Digest>, AuditAway> {
        let question = redis::cmd("ZRANGE").arg(self.key("trails")).arg(0).arg(-1).take();
        let ids: Vec<String> = self.link.ask(&question, Again::Harmless).await?;
        let ids =
            ids.iter().map(|id| Digest::parse(id).map_err(|error| AuditAway(format!("the name of a trail: {error}"))));
        ids.collect()
    }

    /// What stands beside a trail.
    pub(in crate::audit) async fn at(&self, chain: Digest) -> Result<At, AuditAway> {
        let question = redis::cmd("HGETALL").arg(self.at_key(chain)).take();
        let hash: BTreeMap<String, String> = self.link.ask(&question, Again::Harmless).await?;
        let mark = |name: &str| {
            let mark = hash.get(name).map(|text| serde_json::from_str(text)).transpose();
            mark.map_err(|error| AuditAway(format!("{name} of trail {chain} was damaged: {error}")))
        };
        Ok(At { number: hash.get("number").cloned(), mark: mark("mark")?, anchor: mark("anchor")? })
    }

    /// Hands over every record of a trail until told to stop.
    pub(in crate::audit) async fn for_each_line<B>(
        &self,
        chain: Digest,
        mut take: impl FnMut(&str) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, AuditAway> {
        let mut from = "-".to_owned();
        loop {
            let some = self.from(chain, &from, AT_ONCE).await?;
            let Some((last, _)) = some.last() else { return Ok(ControlFlow::Continue(())) };
            from = format!("({last}");
            for (_, line) in &some {
                if let ControlFlow::Break(end) = take(line) {
                    return Ok(ControlFlow::Break(end));
                }
            }
        }
    }

    /// The first record from an id on.
    pub(super) async fn first_from(&self, chain: Digest, from: &str) -> Result<Option<(String, String)>, AuditAway> {
        Ok(self.from(chain, from, 1).await?.pop())
    }

    pub(super) async fn from(
        &self,
        chain: Digest,
        from: &str,
        most: usize,
    ) -> Result<Vec<(String, String)>, AuditAway> {
        let question = redis::cmd("XRANGE").arg(self.trail_key(chain)).arg(from).arg("+").arg("COUNT").arg(most).take();
        let found: Vec<(String, Vec<String>)> = self.link.ask(&question, Again::Harmless).await?;
        Ok(found.into_iter().map(|(id, fields)| (id, fields.into_iter().nth(1).unwrap_or_default())).collect())
    }
}
