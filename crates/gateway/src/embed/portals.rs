//! The registered portals as they are while the process runs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use overblik_widgets::{Language, LocalizedText};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    build_error::BuildError,
    config::{ApiClientConfig, ApiConfig, Dpop, EmbedConfig, PortalConfig, PortalWay},
    registered_keys::{self, RegisteredKeys},
};

/// All registered portals. None where the configuration has no section `embed`.
#[derive(Debug, Default)]
pub(crate) struct Portals(BTreeMap<String, Arc<Portal>>);

/// One of them.
pub(crate) struct Portal {
    /// Our name for it.
    pub(crate) name: String,
    title: LocalizedText,
    /// What a citizen's access token must be that it brings: each portal is an API of its own, for one client.
    pub(crate) api: ApiConfig,
    /// What contracts call it.
    pub(crate) display_client: String,
    /// What the limits count it by.
    pub(crate) counted_as: String,
    /// Where its pages are.
    pub(crate) origins: BTreeSet<String>,
    /// The most that it may show.
    pub(crate) sources: BTreeSet<String>,
    ways: BTreeSet<PortalWay>,
    /// Its public keys.
    pub(crate) keys: RegisteredKeys,
}

impl fmt::Debug for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Portal({})", self.name)
    }
}

impl Portals {
    /// The portals of a configuration.
    ///
    /// # Errors
    /// When a portal's keys cannot be used.
    pub(crate) fn new(config: Option<&EmbedConfig>) -> Result<Self, BuildError> {
        let Some(embed) = config else { return Ok(Self::default()) };
        let portals = embed.portals.iter().map(|(name, portal)| {
            let portal = Portal::new(name, portal, embed)?;
            Ok((name.clone(), Arc::new(portal)))
        });
        Ok(Self(portals.collect::<Result<_, BuildError>>()?))
    }

    /// The portal of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Portal>> {
        self.0.get(name)
    }

    /// The portal whose pages are at this origin, to the letter.
    pub(crate) fn at(&self, origin: &str) -> Option<&Arc<Portal>> {
        self.all().find(|portal| portal.origins.contains(origin))
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Portal>> {
        self.0.values()
    }

    /// Takes the keys of portals from their files whenever these change, until stopped.
    pub(crate) fn follow_keys(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        for portal in self.all() {
            let whose = format!("portal {}", portal.name);
            registered_keys::follow(Arc::clone(portal), whose, |portal| &portal.keys, tasks, stop.clone());
        }
    }
}

impl Portal {
    fn new(name: &str, config: &PortalConfig, embed: &EmbedConfig) -> Result<Self, BuildError> {
        let keys = if config.has_server() {
            RegisteredKeys::open(config.keys_file.as_deref(), config.keys.as_ref())
                .map_err(|mistake| BuildError::PortalKeys { portal: name.to_owned(), mistake })?
        } else {
            // Then nothing that anybody signs counts as its.
            RegisteredKeys::none()
        };
        let client = || ApiClientConfig { display_client: config.display_client.clone() };
        Ok(Self {
            name: name.to_owned(),
            title: config.name.clone(),
            api: ApiConfig {
                audience: embed.audience.clone(),
                scope: embed.scope.clone(),
                clients: config.provider_client.iter().map(|known_as| (known_as.clone(), client())).collect(),
                algorithms: embed.algorithms.clone(),
                dpop: Dpop::Accepted,
            },
            display_client: config.display_client.clone(),
            // No client of the identity provider's has a space in its name.
            counted_as: config.provider_client.clone().unwrap_or_else(|| format!("portal {name}")),
            origins: config.origins.clone(),
            sources: config.sources.clone(),
            ways: config.ways.clone(),
            keys,
        })
    }

    /// Whether a door is open to it.
    pub(crate) fn may(&self, way: PortalWay) -> bool {
        self.ways.contains(&way)
    }

    /// Its name, as citizens read it.
    pub(crate) fn title(&self, language: Language) -> &str {
        self.title.get(language)
    }

    /// The same in every language.
    pub(crate) fn titles(&self) -> &LocalizedText {
        &self.title
    }
}
