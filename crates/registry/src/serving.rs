//! What gateways run: what follows from the registry at a time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    authority::HostName,
    change::{Municipalities, Share, Window},
    digest::Digest,
    registry::{Registry, Source},
    text::{Line, Slug},
};

/// What gateways run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serving {
    /// The sources with a version that citizens see, by name; suspended ones too.
    pub sources: Vec<ServedSource>,
    /// When it changes next without anybody doing anything: a suspension ends, or a window begins or ends.
    pub changes_at: Option<Timestamp>,
}

/// A source that is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedSource {
    /// Its name.
    pub slug: Slug,
    /// Whose it is.
    pub authority: Slug,
    /// The authority's domains. Whoever compiles the contract looks again whether it stays in them (requirement R40): the
    /// domains may be others than when it was pushed.
    pub domains: BTreeSet<HostName>,
    /// The version that citizens see.
    pub main: ServedVersion,
    /// The version that a share of them sees instead.
    pub beside: Option<(ServedVersion, Share)>,
    /// That it is not to be asked now.
    pub suspended: Option<ServedSuspension>,
    /// When it is closed, without what is over.
    pub windows: Vec<Window>,
    /// Which display clients may show it, and for which municipalities; whom the contract does not name it is not shown
    /// by either.
    pub agreements: BTreeMap<Slug, Municipalities>,
}

/// A version that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServedVersion {
    /// Its number.
    pub number: u32,
    /// Its files.
    pub bundle: Digest,
}

/// That a source is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedSuspension {
    /// Why.
    pub reason: Line,
    /// Until when, if that is known. Of two suspensions the later end.
    pub until: Option<Timestamp>,
}

impl Registry {
    /// What gateways run at this time.
    #[must_use]
    pub fn serving(&self, at: Timestamp) -> Serving {
        let sources: Vec<_> = self.sources().filter_map(|source| self.served(source, at)).collect();
        let times = sources.iter().flat_map(|source| {
            let suspended = self.source(&source.slug).into_iter();
            let ends = suspended.flat_map(|source| [&source.suspended_by_authority, &source.suspended_by_operator]);
            let ends = ends.flatten().filter_map(|suspended| suspended.until);
            ends.chain(source.windows.iter().flat_map(|window| [window.from, window.to]))
        });
        let changes_at = times.filter(|time| *time > at).min();
        Serving { sources, changes_at }
    }

    fn served(&self, source: &Source, at: Timestamp) -> Option<ServedSource> {
        let served = |number: u32| {
            let version = source.versions.get(&number)?;
            Some(ServedVersion { number, bundle: version.bundle })
        };
        let beside = source.beside.and_then(|(number, share)| Some((served(number)?, share)));
        let suspended = source.suspended(at);
        let agreements = source.agreements.iter().filter_map(|(client, agreement)| {
            let agreed = agreement.current.as_ref()?;
            Some((client.clone(), agreed.value.clone()))
        });
        Some(ServedSource {
            slug: source.slug.clone(),
            authority: source.authority.clone(),
            domains: self.authority(&source.authority)?.domains.clone(),
            main: served(source.main?)?,
            beside,
            suspended: suspended
                .map(|suspended| ServedSuspension { reason: suspended.reason.clone(), until: suspended.until }),
            windows: source.windows.iter().filter(|window| at < window.to).cloned().collect(),
            agreements: agreements.collect(),
        })
    }
}
