//! Portals: other sites that show citizens sections of their overview.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use overblik_widgets::LocalizedText;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    SignatureAlgorithm,
    api::{default_algorithms, default_scope},
};

/// Portals that may show citizens sections of their overview. Without this section none may.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbedConfig {
    /// What the provider's access tokens call us (`aud`) when they are for portals.
    pub audience: String,
    /// The scope that such a token must hold.
    #[serde(default = "default_scope")]
    pub scope: String,
    /// Signature algorithms accepted on such tokens.
    #[serde(default = "default_algorithms")]
    pub algorithms: Vec<SignatureAlgorithm>,
    /// The portals, by our name for each: what a portal calls itself when it proves who it is.
    pub portals: BTreeMap<String, PortalConfig>,
}

/// One portal. All that is open to it is listed here.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PortalConfig {
    /// Its name, as citizens read it.
    pub name: LocalizedText,
    /// The name that contracts list under `agreement.displayClients` for this portal.
    pub display_client: String,
    /// The name that the identity provider knows it under (`client_id`), if it has a server.
    #[serde(default)]
    pub provider_client: Option<String>,
    /// The origins of its pages, exactly as browsers write them.
    pub origins: BTreeSet<String>,
    /// Its public keys (RFC 7517 section 5).
    #[serde(default)]
    pub keys: Option<Value>,
    /// File of its public keys, which is followed.
    #[serde(default)]
    pub keys_file: Option<PathBuf>,
    /// The most that it may show, by the sources' slugs.
    pub sources: BTreeSet<String>,
    /// Which doors are open to it.
    pub ways: BTreeSet<PortalWay>,
}

/// A way in which a portal may show sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PortalWay {
    /// Its server fetches them.
    Server,
    /// Scripts on its pages fetch them.
    Component,
    /// A frame of ours on its pages shows them.
    Frame,
    /// The same to citizens who let it in a window of our own: its site needs no server.
    Connected,
}

impl PortalConfig {
    /// Whether a server of the portal's exchanges tokens: for every way but one.
    #[must_use]
    pub fn has_server(&self) -> bool {
        self.ways.iter().any(|way| *way != PortalWay::Connected)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::config::Config;

    fn portal() -> Value {
        json!({
            "name": { "da": "Birkerup Kommune", "en": "Birkerup Municipality" }, "display_client": "birkerup",
            "provider_client": "birkerup-portal", "origins": ["https://www.birkerup.example"],
            "keys": { "keys": [] }, "sources": ["daycare"], "ways": ["server"],
        })
    }

    fn mistakes(change: impl FnOnce(&mut Value)) -> String {
        let mut config = json!({
            "audit": { "sink": "stdout", "key_file": "audit-keys" },
            "server": { "public_url": "https://overblik.example" },
            "login": { "issuer": "https://login.example", "client_id": "overblik", "client_secret": "x".repeat(16) },
            "contracts": { "directory": "." },
            "api": { "audience": "the-api", "clients": { "app": { "display_client": "overblik-app" } } },
            "embed": { "audience": "https://overblik.example/embed", "portals": { "birkerup": portal() } },
        });
        change(&mut config);
        let config: Result<Config, _> = serde_json::from_value(config);
        match config {
            Ok(config) => config.checked().err().map(|mistakes| mistakes.to_string()).unwrap_or_default(),
            Err(error) => error.to_string(),
        }
    }

    fn with(name: &'static str, value: Value) -> String {
        mistakes(|config| config["embed"]["portals"]["birkerup"][name] = value)
    }

    #[test]
    fn r67_a_portal_that_says_all_it_must_is_registered_and_nothing_is_open_by_default() {
        assert_eq!(mistakes(|_| {}), "");
        for name in ["name", "display_client", "provider_client", "origins", "sources", "ways"] {
            let lacking = mistakes(|config| {
                config["embed"]["portals"]["birkerup"].as_object_mut().expect("a portal").remove(name);
            });
            assert!(lacking.contains(name), "{name}: {lacking}");
        }
        assert!(with("secret", json!("x")).contains("secret"));
        assert!(with("ways", json!(["everything"])).contains("everything"));
    }

    #[test]
    fn r69_a_portal_without_a_server_has_nothing_that_only_servers_use() {
        let connected = |change: fn(&mut Value)| {
            mistakes(|config| {
                let portal = &mut config["embed"]["portals"]["birkerup"];
                portal["ways"] = json!(["connected"]);
                change(portal);
            })
        };
        let none = |portal: &mut Value| {
            for name in ["keys", "provider_client"] {
                portal.as_object_mut().expect("a portal").remove(name);
            }
        };
        assert_eq!(connected(none), "");
        let unused = connected(|_| {});
        for said in
            ["birkerup.keys: is set for a portal without", "birkerup.provider_client: is set for a portal without"]
        {
            assert!(unused.contains(said), "{said}: {unused}");
        }
        assert_eq!(with("ways", json!(["frame", "connected"])), "", "a portal with a server may be connected too");
        let lacking = mistakes(|config| {
            let portal = &mut config["embed"]["portals"]["birkerup"];
            portal["ways"] = json!(["frame", "connected"]);
            none(portal);
        });
        assert!(lacking.contains("keys_file: is missing") && lacking.contains("provider_client: must be"), "{lacking}");
    }

    #[test]
    fn the_reference_s_example_is_a_configuration() {
        let guide = include_str!("../../../../docs/portals-reference.md");
        let example = guide.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
        let Value::Object(example) = serde_saphyr::from_str(example).expect("YAML") else { panic!("no section") };
        assert_eq!(mistakes(|config| config["embed"] = example["embed"].clone()), "");
    }

    #[test]
    fn r68_an_origin_is_written_as_browsers_write_it() {
        for wrong in [
            "https://www.birkerup.example/",
            "https://www.birkerup.example:443",
            "https://WWW.birkerup.example",
            "https://*.birkerup.example",
            "https://a@www.birkerup.example",
            "https://www.birkerup.example/page",
            "https://www.birkerup.example?x",
            "https://æ.example",
            "http://www.birkerup.example",
            "http://localhost:8080",
            "www.birkerup.example",
            "null",
            "*",
            "",
        ] {
            let message = with("origins", json!([wrong]));
            assert!(message.contains("embed.portals.birkerup.origins"), "{wrong}: {message}");
        }
        assert!(with("origins", json!([])).contains("embed.portals.birkerup.origins: is empty"));
        let ours = with("origins", json!(["https://overblik.example"]));
        assert!(ours.contains("is our own origin"), "{ours}");
        let on_this_machine = mistakes(|config| {
            config["development"] = json!({ "loopback_http": true });
            config["embed"]["portals"]["birkerup"]["origins"] =
                json!(["http://127.0.0.1:8081", "http://localhost:8081"]);
        });
        assert_eq!(on_this_machine, "");
    }

    #[test]
    fn contradictions_of_portals_are_told_with_their_place() {
        for (name, value, said) in [
            ("display_client", json!(""), "display_client: is empty"),
            ("display_client", json!("overblik"), "display_client: is another's"),
            ("display_client", json!("overblik-app"), "display_client: is another's"),
            ("provider_client", json!(""), "provider_client: must be a client_id of its own"),
            ("provider_client", json!("overblik"), "provider_client: must be a client_id of its own"),
            ("provider_client", json!("app"), "provider_client: must be a client_id of its own"),
            ("keys", Value::Null, "keys_file: is missing"),
            ("keys_file", json!("x.jwks"), "keys_file: is set, and keys too"),
            ("sources", json!([]), "sources: is empty"),
            ("ways", json!([]), "ways: is empty"),
            ("name", json!({ "da": "", "en": "x" }), "name: is empty"),
        ] {
            let message = with(name, value);
            assert!(message.contains(&format!("embed.portals.birkerup.{said}")), "{said}: {message}");
        }
        for name in ["Birkerup", "a b", "", "a/b"] {
            let message = mistakes(|config| config["embed"]["portals"] = json!({ name: portal() }));
            assert!(message.contains("must be called by lower-case letters"), "{name}: {message}");
        }
        let twice = mistakes(|config| config["embed"]["portals"]["other"] = portal());
        for said in
            ["origins: names an origin of another portal", "display_client: is another's", "a client_id of its own"]
        {
            assert!(twice.contains(&format!("embed.portals.other.{said}")) || twice.contains(said), "{said}: {twice}");
        }
        for (name, value, said) in [
            ("audience", json!(""), "embed.audience: must be a name of its own"),
            ("audience", json!("overblik"), "embed.audience: must be a name of its own"),
            ("audience", json!("the-api"), "embed.audience: must be a name of its own"),
            ("scope", json!("a b"), "embed.scope: must be one scope"),
            ("algorithms", json!([]), "embed.algorithms: is empty"),
            ("portals", json!({}), "embed.portals: is empty"),
        ] {
            let message = mistakes(|config| config["embed"][name] = value);
            assert!(message.contains(said), "{said}: {message}");
        }
    }
}
