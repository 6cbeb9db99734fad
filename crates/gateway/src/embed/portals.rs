//! The registered portals as they are while the process runs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use overblik_widgets::{Language, LocalizedText};
use serde_json::Value;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    app::BuildError,
    bearer::PRIVATE_MEMBERS,
    config::{ApiClientConfig, ApiConfig, Dpop, EmbedConfig, PortalConfig, PortalWay},
    followed_file::FollowedFile,
    login::VerificationKey,
};

const HINT: &str =
    "a JSON Web Key Set of public keys for signatures: EC on P-256 or P-384, or RSA of 2048 bits or more";

/// Keys of one portal that are looked at.
const MOST_KEYS: usize = 8;

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
    keys: RwLock<Arc<Vec<VerificationKey>>>,
    file: Option<FollowedFile<Vec<VerificationKey>>>,
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
            let (portal, stop) = (Arc::clone(portal), stop.clone());
            let Some(mut file) = portal.file.clone() else { continue };
            tasks.spawn(async move {
                while let Some(outcome) = stop.run_until_cancelled(file.changed()).await {
                    match outcome {
                        Ok(keys) => portal.exchange_keys(keys),
                        Err(mistake) => {
                            tracing::error!(portal = portal.name, %mistake, "keys of a portal not exchanged, the former ones stay");
                        }
                    }
                }
            });
        }
    }
}

impl Portal {
    fn new(name: &str, config: &PortalConfig, embed: &EmbedConfig) -> Result<Self, BuildError> {
        let (file, keys) = match (&config.keys_file, &config.keys) {
            (Some(path), _) => {
                let opened = FollowedFile::open(path, keys_in, HINT);
                let (file, keys) =
                    opened.map_err(|mistake| BuildError::PortalKeysFile { portal: name.to_owned(), mistake })?;
                (Some(file), keys)
            }
            // Then nothing that anybody signs counts as its.
            (None, _) if !config.has_server() => (None, Vec::new()),
            (None, set) => {
                let keys = set.as_ref().ok_or_else(|| "no keys".to_owned()).and_then(keys_of);
                (None, keys.map_err(|what| BuildError::PortalKeys { portal: name.to_owned(), what })?)
            }
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
            keys: RwLock::new(Arc::new(keys)),
            file,
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

    /// Its public keys at this moment.
    pub(crate) fn keys(&self) -> Arc<Vec<VerificationKey>> {
        // What is under the lock is exchanged whole; a panic elsewhere cannot leave it half-done.
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn exchange_keys(&self, keys: Vec<VerificationKey>) {
        tracing::info!(portal = self.name, keys = keys.len(), "keys of a portal exchanged");
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }
}

/// The keys in a file.
fn keys_in(text: &str) -> Result<Vec<VerificationKey>, String> {
    let set = serde_json::from_str(text).map_err(|error| format!(":{}: is not JSON: {error}", error.line()))?;
    keys_of(&set).map_err(|what| format!(" {what}"))
}

/// The keys of a set, each public and strong enough. One that cannot be used is a mistake: its portal would wonder why
/// nothing that it signs counts.
fn keys_of(set: &Value) -> Result<Vec<VerificationKey>, String> {
    let keys = set.get("keys").and_then(Value::as_array).ok_or("holds no list `keys`")?;
    if keys.is_empty() || keys.len() > MOST_KEYS {
        return Err(format!("holds {} keys, and must hold 1 to {MOST_KEYS}", keys.len()));
    }
    let read = keys.iter().enumerate().map(|(place, key)| {
        if PRIVATE_MEMBERS.iter().any(|member| key.get(member).is_some()) {
            return Err(format!("keys[{place}] holds a private or shared key: only public keys leave the portal"));
        }
        VerificationKey::read(key).ok_or_else(|| format!("keys[{place}] is no public key that we accept"))
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 7515, appendix A.3.
    fn public() -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "kid": "a",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        })
    }

    #[test]
    fn r69_a_portal_has_public_keys_and_no_shared_secret() {
        assert_eq!(keys_of(&json!({ "keys": [public()] })).expect("a key").len(), 1);
        let mut private = public();
        private["d"] = json!("x");
        let shared = json!({ "kty": "oct", "k": "c2hhcmVk" });
        for (set, said) in [
            (json!({ "keys": [public(), private] }), "keys[1] holds a private or shared key"),
            (json!({ "keys": [shared] }), "keys[0] holds a private or shared key"),
            (json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": "x" }] }), "keys[0] is no public key"),
            (json!({ "keys": [] }), "holds 0 keys"),
            (json!([public()]), "holds no list"),
        ] {
            let mistake = keys_of(&set).expect_err("a mistake");
            assert!(mistake.contains(said), "{said}: {mistake}");
        }
        assert!(keys_in("{\n\nx").expect_err("a mistake").starts_with(":3: is not JSON"));
    }
}
