//! What was answered earlier in the session, and when it may be shown.
//!
//! | kept answer | the source | shown |
//! | --- | --- | --- |
//! | younger than `fresh` | is not asked | the answer, with its `as_of` |
//! | older, or the citizen wants it anew | is asked and answers | the new answer, which takes the old one's place |
//! | younger than `stale` | is asked and fails, and [`ConnectorError::stale_allowed`] | the old answer as `stale`, with the cause |
//! | any | is asked and fails otherwise, or the old answer is older than `stale` | the failure |
//! | from before the source mixed two citizens up | whatever it does | never |
//!
//! Only answers that lack nothing are kept: of a partial one nobody could tell later what it lacked. "Nothing" is an answer.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use jiff::Timestamp;
use overblik_connectors::{ConnectorError, SourceInfo};

use super::{
    answer::Answer,
    section_key::{self, ViewKey},
};
use crate::{
    clock::Clock,
    session::{KeptSections, SectionCache, SectionKeys, Viewer, Viewing},
};

/// Whether a view is content with what was answered a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// What is kept and fresh will do.
    Kept,
    /// The same, for a page or an app that asks by itself, without the citizen's doing.
    Background,
    /// Every source is asked anew.
    Anew,
}

/// Sources that mixed two citizens up, and since when: nothing that they said before is shown any more, not even when an
/// operator lets them in again.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubts(Arc<RwLock<HashMap<String, Timestamp>>>);

impl Doubts {
    pub(super) fn raise(&self, source: &str, now: Timestamp) {
        // What is under the lock is a map of plain values; a panic elsewhere cannot leave it half-changed.
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(source.to_owned(), now);
    }

    pub(super) fn spare(&self, source: &str, answer: &Answer) -> bool {
        let doubts = self.0.read().unwrap_or_else(PoisonError::into_inner);
        doubts.get(source).is_none_or(|since| answer.answered > *since)
    }
}

/// A citizen's kept answers, for one view.
pub(super) struct Shelf<'v> {
    viewer: &'v Viewer,
    kept: &'v KeptSections,
    /// Made when there is something to open.
    keys: Option<SectionKeys>,
    cache: &'v SectionCache,
    doubts: &'v Doubts,
    clock: &'v Clock,
}

impl<'v> Shelf<'v> {
    pub(super) fn new(
        Viewing { viewer, kept }: &'v Viewing,
        view: &ViewKey,
        cache: &'v SectionCache,
        doubts: &'v Doubts,
        clock: &'v Clock,
    ) -> Self {
        let keys = (cache.keeps() && !kept.is_empty()).then(|| view.keys(viewer));
        Self { viewer, kept, keys, cache, doubts, clock }
    }

    /// What a source answered earlier, if it may be shown in any case.
    pub(super) fn find(&self, source: &Arc<SourceInfo>) -> Option<Earlier> {
        let keys = self.keys.as_ref()?;
        let name = section_key::name(keys, source);
        let sealed = self.kept.get(&name)?;
        let contents = keys.open(&name, sealed).ok();
        let answer = contents.and_then(|contents| Answer::from_contents(contents, self.viewer, source));
        let Some(answer) = answer else {
            self.cache.refuse();
            return None;
        };
        let (doubts, clock) = (self.doubts.clone(), self.clock.clone());
        Some(Earlier { source: Arc::clone(source), answer: Arc::new(answer), doubts, clock })
    }
}

/// What a source answered earlier in the session.
#[derive(Debug)]
pub(super) struct Earlier {
    source: Arc<SourceInfo>,
    answer: Arc<Answer>,
    doubts: Doubts,
    clock: Clock,
}

impl Earlier {
    /// The answer if it is fresh, so that the source need not be asked.
    pub(super) fn fresh(&self) -> Option<Arc<Answer>> {
        self.younger_than(self.source.kept.fresh)
    }

    /// The answer if it may be shown in the place of a failure.
    pub(super) fn instead_of(&self, error: ConnectorError) -> Option<Arc<Answer>> {
        self.younger_than(self.source.kept.stale).filter(|_| error.stale_allowed())
    }

    fn younger_than(&self, limit: std::time::Duration) -> Option<Arc<Answer>> {
        let is_young = self.answer.age(self.clock.now()).is_some_and(|age| age < limit);
        (is_young && self.doubts.spare(&self.source.slug, &self.answer)).then(|| Arc::clone(&self.answer))
    }
}
