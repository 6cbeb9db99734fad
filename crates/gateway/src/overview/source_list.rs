//! The sources that overviews are made of, as they are now.

use std::sync::Arc;

use overblik_connectors::{Connector, ConnectorSet, Versions};

use super::declared::Declared;
use crate::{index::Indexes, statistics::Recorder};

/// The sources that are asked, with their declarations in writing. It never changes: another takes its place, and whoever
/// began with this one goes on with it.
pub struct SourceList {
    set: Arc<ConnectorSet>,
    /// In the order of the page.
    versions: Vec<Versions<Arc<Declared>>>,
    /// Whether some citizens see a source in another place of the page.
    places_differ: bool,
    /// Whom sources hold nothing about, as they say by now.
    indexes: Indexes,
}

impl SourceList {
    pub(super) fn new(set: Arc<ConnectorSet>, recorder: &Recorder, indexes: Indexes) -> Self {
        Self::made(set, indexes, |connector| declared(connector, recorder))
    }

    /// The list of another set. A connector that is in this one too is not written anew.
    pub(super) fn followed_by(&self, set: Arc<ConnectorSet>, recorder: &Recorder) -> Self {
        Self::made(set, self.indexes.clone(), |connector| {
            let mut known = self.versions.iter().flat_map(Versions::all);
            let known = known.find(|declared| Arc::ptr_eq(&declared.connector, connector));
            known.map_or_else(|| declared(connector, recorder), Arc::clone)
        })
    }

    fn made(set: Arc<ConnectorSet>, indexes: Indexes, declared: impl Fn(&Arc<dyn Connector>) -> Arc<Declared>) -> Self {
        let versions: Vec<_> = set.sources().iter().map(|versions| versions.map(&declared)).collect();
        let moves = |versions: &Versions<Arc<Declared>>| {
            versions.all().any(|one| one.source().theme != versions.main.source().theme)
        };
        let places_differ = versions.iter().any(moves);
        Self { set, versions, places_differ, indexes }
    }

    /// The connectors.
    #[must_use]
    pub fn set(&self) -> &Arc<ConnectorSet> {
        &self.set
    }

    pub(super) fn versions(&self) -> &[Versions<Arc<Declared>>] {
        &self.versions
    }

    pub(super) fn indexes(&self) -> &Indexes {
        &self.indexes
    }

    pub(super) fn places_differ(&self) -> bool {
        self.places_differ
    }
}

fn declared(connector: &Arc<dyn Connector>, recorder: &Recorder) -> Arc<Declared> {
    Arc::new(Declared::new(Arc::clone(connector), recorder.counters(connector.source())))
}
