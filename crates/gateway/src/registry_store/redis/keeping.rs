//! Whether a Redis keeps what it has acknowledged. It says so itself, as long as our user may ask.

use std::collections::BTreeMap;

use overblik_registry::StoreError;

use crate::redis_link::{Again, Link, NoAnswer};

/// What must be set, and why.
const NEEDED: [(&str, &str, &str); 4] = [
    ("appendonly", "yes", "otherwise a restart loses records"),
    ("appendfsync", "always", "otherwise a crash loses the records of the last moments"),
    ("no-appendfsync-on-rewrite", "no", "otherwise nothing is sure while its log is rewritten"),
    ("maxmemory-policy", "noeviction", "otherwise records go when memory is short"),
];

/// Asks every server that may hold the registry: in a cluster its slot may move to any of them.
///
/// # Errors
/// [`StoreError::ReadOnly`] if one may lose records, or does not let us ask; [`StoreError::Unavailable`] when one does not
/// answer.
pub(super) async fn check(link: &Link) -> Result<(), StoreError> {
    let question = redis::cmd("CONFIG").arg("GET").arg(&NEEDED.map(|(name, ..)| name)).take();
    for server in link.masters().await? {
        let set = link.ask_at(server.as_ref(), &question, Again::Harmless).await.map_err(|why| match why {
            NoAnswer::Refused(class) if class == "NOPERM" || class == "ERR" => StoreError::ReadOnly(format!(
                "Redis does not say whether it keeps records ({class}); its user needs the right +config|get"
            )),
            why => why.into(),
        })?;
        refuse_forgetful(&set)?;
    }
    Ok(())
}

fn refuse_forgetful(set: &BTreeMap<String, String>) -> Result<(), StoreError> {
    let wrong = NEEDED.iter().filter_map(|(name, needed, why)| {
        let set = set.get(*name).map_or("not known to it", String::as_str);
        (set != *needed).then(|| format!("{name} is {set} and must be {needed}, {why}"))
    });
    let wrong: Vec<_> = wrong.collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(StoreError::ReadOnly(format!("Redis may lose what it has acknowledged: {}", wrong.join("; "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_may_lose_records_is_named_at_once() {
        let kept = NEEDED.map(|(name, needed, _)| (name.to_owned(), needed.to_owned()));
        let kept: BTreeMap<_, _> = kept.into();
        assert_eq!(refuse_forgetful(&kept), Ok(()));
        for (name, ..) in NEEDED {
            let mut other = kept.clone();
            other.insert(name.to_owned(), "other".to_owned());
            let told = refuse_forgetful(&other).expect_err(name).to_string();
            assert!(told.contains(&format!("{name} is other and must be ")) && !told.contains(';'), "{told}");
            other.remove(name);
            assert!(refuse_forgetful(&other).is_err(), "what a server does not know it does not do");
        }
        let told = refuse_forgetful(&BTreeMap::new()).expect_err("nothing").to_string();
        assert_eq!(told.matches("must be").count(), 4, "{told}");
    }
}
