//! The registry: which versions of which contracts run, and who said so.

use std::path::PathBuf;

use overblik_registry::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RedisConfig;

/// The registry of contracts, where the sources come from. `contracts.directory` is the other place that they may come from.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RegistryConfig {
    /// Where it is kept.
    pub store: RegistryStoreKind,
    /// The folder that it is kept in; with Redis, that for files which go away again. A relative path counts from the
    /// working directory.
    pub directory: PathBuf,
    /// The shared store of several instances.
    pub redis: RedisConfig,
    /// Which registry it must be, as `overblik registry verify` tells it: no other is asked, nor an empty one. Any if it is
    /// missing.
    #[schemars(with = "Option<String>")]
    pub id: Option<Digest>,
    /// That sources may say for which citizens they hold data. None may where this is missing.
    pub index: Option<IndexConfig>,
}

/// How sources say for which citizens they hold data. It is kept where the registry is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndexConfig {
    /// File of the master keys that citizens' numbers are hashed under, as `session.keys_file` is written. It is followed.
    pub keys_file: PathBuf,
    /// Seconds until an index expires whose source does not say when.
    #[serde(default = "default_expires_after_s")]
    pub expires_after_s: u64,
    /// Most seconds until an index expires.
    #[serde(default = "default_longest_s")]
    pub longest_s: u64,
    /// Most citizens in an index. All of it is held in memory, 8 bytes each.
    #[serde(default = "default_most_entries")]
    pub most_entries: u64,
}

fn default_expires_after_s() -> u64 {
    7 * 24 * 60 * 60
}

fn default_longest_s() -> u64 {
    31 * 24 * 60 * 60
}

fn default_most_entries() -> u64 {
    7_000_000
}

impl Default for RegistryConfig {
    fn default() -> Self {
        Self {
            store: RegistryStoreKind::Files,
            directory: "registry".into(),
            redis: RedisConfig::default(),
            id: None,
            index: None,
        }
    }
}

/// Where the registry is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RegistryStoreKind {
    /// In files of this machine: for one instance.
    Files,
    /// In a Redis that several instances share.
    Redis,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::config::Config;

    #[test]
    fn r46_sources_come_from_one_place_and_what_is_set_for_one_is_for_one_authority() {
        let mistakes = |places: Value| {
            let mut config = json!({
                "audit": { "sink": "stdout", "key_file": "audit-keys" },
                "server": { "public_url": "https://overblik.example" },
                "login": { "issuer": "https://login.example", "client_id": "overblik", "client_secret": "x".repeat(16) },
            });
            if let (Some(config), Value::Object(places)) = (config.as_object_mut(), places) {
                config.extend(places);
            }
            let config: Config = serde_json::from_value(config).expect("a configuration");
            config.checked().err().map(|mistakes| mistakes.to_string()).unwrap_or_default()
        };
        let (contracts, registry) = (json!({ "directory": "." }), json!({ "directory": "registry" }));
        assert_eq!(mistakes(json!({ "contracts": contracts })), "");
        assert_eq!(mistakes(json!({ "registry": registry })), "");
        let both = mistakes(json!({ "contracts": contracts, "registry": registry }));
        assert!(both.contains("contracts.directory: is set, and registry too"), "{both}");
        let neither = mistakes(json!({}));
        assert!(neither.contains("contracts.directory: is missing, and registry too"), "{neither}");
        for (index, said) in [
            (json!({ "keys_file": "k" }), ""),
            (json!({ "keys_file": "k", "expires_after_s": 0 }), "registry.index.expires_after_s: must be at least 1"),
            (json!({ "keys_file": "k", "longest_s": 604_799 }), "registry.index.expires_after_s: must be at least 1"),
            (json!({ "keys_file": "k", "longest_s": 40_000_000 }), "registry.index.longest_s: is more than a year"),
            (json!({ "keys_file": "k", "most_entries": 0 }), "registry.index.most_entries: must be at least 1"),
            (
                json!({ "keys_file": "k", "most_entries": 20_000_001 }),
                "registry.index.most_entries: must be at least 1",
            ),
        ] {
            let told = mistakes(json!({ "registry": { "directory": "registry", "index": index } }));
            assert!(told.contains(said) && told.is_empty() == said.is_empty(), "{said}: {told}");
        }
        let settings = |authority: Value| json!({ "registry": registry, "sources": { "library": authority } });
        let anybody_s = mistakes(settings(json!({})));
        assert!(anybody_s.contains("sources.library.authority: is missing"), "requirement R46: {anybody_s}");
        assert_eq!(mistakes(settings(json!({ "authority": "birkerup-libraries" }))), "");
    }
}
