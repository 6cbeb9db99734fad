//! Where the shared session store is.

use std::path::PathBuf;

use overblik_connectors::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use url::{Host, Url};

/// A Redis that several instances share.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RedisConfig {
    /// What `nodes` are.
    pub mode: RedisMode,
    /// Addresses: the server, the sentinels, or some nodes of the cluster.
    #[schemars(with = "Vec<String>")]
    pub nodes: Vec<RedisNode>,
    /// What the sentinels call the master.
    pub sentinel_master: Option<String>,
    /// Our name at Redis.
    pub username: Option<String>,
    /// Our password at Redis. Prefer `password_file`.
    #[serde(deserialize_with = "super::secret")]
    #[schemars(with = "Option<String>")]
    pub password: Option<Secret>,
    /// File that holds our password at Redis.
    pub password_file: Option<PathBuf>,
    /// Our name at the sentinels.
    pub sentinel_username: Option<String>,
    /// Our password at the sentinels. Prefer `sentinel_password_file`.
    #[serde(deserialize_with = "super::secret")]
    #[schemars(with = "Option<String>")]
    pub sentinel_password: Option<Secret>,
    /// File that holds our password at the sentinels.
    pub sentinel_password_file: Option<PathBuf>,
    /// How `rediss` addresses are trusted.
    pub tls: RedisTlsConfig,
    /// Number of the database; a cluster has only 0.
    pub database: i64,
    /// What the name of every key and channel begins with.
    pub prefix: String,
    /// Lets addresses be `redis` beyond this machine: where the network itself is encrypted.
    pub allow_plaintext: bool,
    /// Milliseconds that one question may take in all, with a second attempt after half of them.
    pub answer_within_ms: u64,
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self {
            mode: RedisMode::Standalone,
            nodes: Vec::new(),
            sentinel_master: None,
            username: None,
            password: None,
            password_file: None,
            sentinel_username: None,
            sentinel_password: None,
            sentinel_password_file: None,
            tls: RedisTlsConfig::default(),
            database: 0,
            prefix: "overblik".into(),
            allow_plaintext: false,
            answer_within_ms: 1_000,
        }
    }
}

/// What the addresses of Redis are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RedisMode {
    /// One server.
    #[default]
    Standalone,
    /// Sentinels, which name the server.
    Sentinel,
    /// Nodes of a cluster.
    Cluster,
}

/// How `rediss` addresses are trusted.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RedisTlsConfig {
    /// Certificates of the authority that vouches for the servers; without it those that this machine trusts.
    pub ca_file: Option<PathBuf>,
}

/// An address: `redis://host:port`, or `rediss://host:port` for TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisNode {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Whether it speaks TLS.
    pub tls: bool,
}

impl RedisNode {
    /// Reads an address. It holds nothing but host and port: what is secret belongs in a file, and the rest is the same
    /// for all nodes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let tls = match url.scheme() {
            "redis" => false,
            "rediss" => true,
            _ => return None,
        };
        let bare = url.username().is_empty() && url.password().is_none() && matches!(url.path(), "" | "/");
        let bare = bare && url.query().is_none() && url.fragment().is_none();
        let host = url.host_str().filter(|_| bare)?.trim_start_matches('[').trim_end_matches(']').to_owned();
        Some(Self { host, port: url.port().unwrap_or(6379), tls })
    }

    /// Whether nobody between here and there can listen.
    pub(super) fn is_on_this_machine(&self) -> bool {
        match Host::parse(&self.host) {
            Ok(Host::Domain(name)) => name == "localhost",
            Ok(Host::Ipv4(address)) => address.is_loopback(),
            Ok(Host::Ipv6(address)) => address.is_loopback(),
            Err(_) => self.host == "::1",
        }
    }
}

impl<'de> Deserialize<'de> for RedisNode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The text is not quoted: somebody may have written a password into it.
        let text = String::deserialize(deserializer)?;
        let expected =
            "a node is redis://host:port or rediss://host:port; user, password and database have their own settings";
        Self::parse(&text).ok_or_else(|| D::Error::custom(expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_host_and_port_and_nothing_secret() {
        let node = |host: &str, port, tls| Some(RedisNode { host: host.into(), port, tls });
        assert_eq!(RedisNode::parse("redis://127.0.0.1"), node("127.0.0.1", 6379, false));
        assert_eq!(RedisNode::parse("rediss://redis.example:7000"), node("redis.example", 7000, true));
        assert_eq!(RedisNode::parse("redis://[::1]:7000/"), node("::1", 7000, false));
        for text in [
            "redis://:password@redis.example",
            "redis://user@redis.example",
            "redis://redis.example/3",
            "redis.example",
            "",
        ] {
            assert_eq!(RedisNode::parse(text), None, "{text}");
        }
        assert_eq!(RedisNode::parse("http://redis.example"), None);
    }
}
