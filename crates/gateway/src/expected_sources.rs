//! What configuration and contracts must agree on.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use overblik_connectors::{ConnectorSet, SourceInfo};

use crate::{build_error::BuildError, config::Config};

/// What the configuration expects of the sources.
pub(crate) struct ExpectedSources {
    /// Our own display client in contracts.
    display_client: String,
    /// The display client of each app.
    apps: BTreeMap<String, String>,
    portals: BTreeMap<String, ExpectedByPortal>,
    stream_deadline: Duration,
}

struct ExpectedByPortal {
    display_client: String,
    sources: BTreeSet<String>,
}

impl ExpectedSources {
    pub(crate) fn of(config: &Config) -> Self {
        let apps = config.api.iter().flat_map(|api| &api.clients);
        let portals = config.embed.iter().flat_map(|embed| &embed.portals);
        Self {
            display_client: config.overview.display_client.clone(),
            apps: apps.map(|(id, client)| (id.clone(), client.display_client.clone())).collect(),
            portals: portals
                .map(|(name, portal)| {
                    let display_client = portal.display_client.clone();
                    let sources = portal.sources.iter().cloned().collect();
                    (name.clone(), ExpectedByPortal { display_client, sources })
                })
                .collect(),
            stream_deadline: config.overview.stream_deadline(),
        }
    }

    /// What is expected of a set as a whole and missing in it.
    pub(crate) fn missing(&self, set: &ConnectorSet) -> Vec<BuildError> {
        let is_listed = |client: &String| set.connectors().any(|one| one.source().display_clients.contains_key(client));
        let own = (!is_listed(&self.display_client)).then(|| BuildError::NoAgreement(self.display_client.clone()));
        let apps = self.apps.iter().filter(|(_, client)| !is_listed(client)).map(|(client_id, client)| {
            BuildError::NoAgreementOfApp { client_id: client_id.clone(), display_client: client.clone() }
        });
        let portals = self.portals.iter().flat_map(|(portal, ExpectedByPortal { display_client, sources })| {
            let undeclared = sources
                .iter()
                .filter(|slug| set.get(slug).is_none())
                .map(|slug| BuildError::SourceOfPortalWithoutContract { portal: portal.clone(), slug: slug.clone() });
            let unlisted = (!is_listed(display_client)).then(|| BuildError::NoAgreementOfPortal {
                portal: portal.clone(),
                display_client: display_client.clone(),
            });
            undeclared.chain(unlisted)
        });
        own.into_iter().chain(apps).chain(portals).collect()
    }

    /// Whether streams wait for a source as long as it may take: one that ends earlier could never say that it timed out.
    pub(crate) fn waits_for(&self, source: &SourceInfo) -> bool {
        source.timeout < self.stream_deadline
    }

    /// The same, as what is wrong with a contract here.
    pub(crate) fn fits(&self, source: &SourceInfo) -> Result<(), String> {
        if self.waits_for(source) {
            return Ok(());
        }
        let (timeout, deadline) = (source.timeout.as_millis(), self.stream_deadline.as_millis());
        Err(format!(
            "limits.timeoutMs is {timeout}, and overview.stream_deadline_ms of this deployment only {deadline}"
        ))
    }

    /// What is wrong with the sources that a process is started with, if anything is.
    ///
    /// # Errors
    /// The first of it.
    pub(crate) fn are_in(&self, set: &ConnectorSet) -> Result<(), BuildError> {
        if let Some(missing) = self.missing(set).into_iter().next() {
            return Err(missing);
        }
        let slowest = set.connectors().map(|one| one.source()).max_by_key(|source| source.timeout);
        match slowest.filter(|source| !self.waits_for(source)) {
            Some(source) => Err(BuildError::StreamTooShort { slowest_ms: source.timeout.as_millis() }),
            None => Ok(()),
        }
    }
}
