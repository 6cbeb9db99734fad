//! Configuration: defaults, then a YAML file, then the environment, then secret files. The only room that reads the
//! environment.
//!
//! Unknown keys and contradictions are refused at start; every mistake is reported at once.

mod admin;
mod api;
mod audit;
mod check;
mod edge;
mod embed;
mod environment;
mod load;
mod logging;
pub(crate) mod memory;
mod mistake;
mod page;
mod private_files;
mod provider;
mod published;
mod redis;
mod registry;
mod statistics;
mod tls;
mod traces;
mod written;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;
use overblik_connectors::Secret;
use overblik_widgets::AssuranceLevel;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use url::Url;

pub use self::redis::{RedisConfig, RedisMode, RedisNode, RedisTlsConfig};
pub use admin::{AdminConfig, OperatorConfig, RolesConfig};
pub use api::{ApiClientConfig, ApiConfig, Dpop};
pub use audit::{AuditConfig, AuditSink, WhenFull};
pub(crate) use check::is_secure;
pub use edge::{LimitsConfig, OperationsConfig, PatienceConfig, Rate};
pub use embed::{EmbedConfig, PortalConfig, PortalWay};
pub(crate) use environment::for_option;
pub use load::{load, load_written};
pub use logging::{LogConfig, LogFormat};
pub use mistake::{ConfigMistake, ConfigMistakes};
pub use page::{AccessibilityConfig, AccessibilityStatus, PageConfig, Supervisor};
pub use provider::ProviderKind;
pub use published::{config_reference, config_schema};
pub use registry::{IndexConfig, RegistryConfig, RegistryStoreKind};
pub use statistics::{StatisticsConfig, StatisticsStoreKind};
pub use tls::TlsConfig;
pub use traces::TracesConfig;
pub use written::Written;

/// Everything an operator can set.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the gateway listens and what citizens call it.
    pub server: ServerConfig,
    /// The identity provider, and how its logins are read.
    #[schemars(with = "provider::WrittenLogin")]
    pub login: LoginConfig,
    /// Native apps that fetch overviews with access tokens. None may where this is missing.
    #[serde(default)]
    pub api: Option<ApiConfig>,
    /// Portals that show citizens sections of their overview. None may where this is missing.
    #[serde(default)]
    pub embed: Option<EmbedConfig>,
    /// How long sessions last, and what they are sealed under.
    #[serde(default)]
    pub session: SessionConfig,
    /// How long an overview may take.
    #[serde(default)]
    pub overview: OverviewConfig,
    /// What the pages tell about whoever runs this overview.
    #[serde(default)]
    pub page: PageConfig,
    /// The authorities' contracts, if they are files that run as they are.
    #[serde(default)]
    pub contracts: Option<ContractsConfig>,
    /// Where contracts are registered, approved and released, instead of `contracts`.
    #[serde(default)]
    pub registry: Option<RegistryConfig>,
    /// The admin API, by which the registry changes. There is none where this is missing.
    #[serde(default)]
    pub admin: Option<AdminConfig>,
    /// What this deployment sets per source, by slug.
    #[serde(default)]
    pub sources: BTreeMap<String, SourceConfig>,
    /// How much one caller may ask, and all together.
    #[serde(default)]
    pub limits: LimitsConfig,
    /// The operators' own listener.
    #[serde(default)]
    pub operations: OperationsConfig,
    /// Statistics of sources.
    #[serde(default)]
    pub statistics: StatisticsConfig,
    /// What was asked about whom, as it is written down.
    #[serde(default)]
    pub audit: AuditConfig,
    /// Traces of overviews, for a collector that speaks OTLP. None are kept where this is missing.
    #[serde(default)]
    pub traces: Option<TracesConfig>,
    /// Permissions for demonstration and test. Never in production.
    #[serde(default)]
    pub development: DevelopmentConfig,
    /// Log output.
    #[serde(default)]
    pub log: LogConfig,
    /// The files that secrets were read from, with the settings that named them.
    #[serde(skip)]
    secret_files: Vec<(String, PathBuf)>,
}

impl Config {
    /// A configuration made in code, with settings of it changed by their names in the file, as `session.idle_s`.
    ///
    /// # Errors
    /// All mistakes found in either.
    pub fn changed(mut tree: serde_json::Value, settings: &[(String, String)]) -> Result<Self, ConfigMistakes> {
        let settings: Vec<_> = settings.iter().map(|(name, value)| (name.replace('.', "__"), value.clone())).collect();
        environment::lay_over(&mut tree, &settings).map_err(ConfigMistakes)?;
        serde_json::from_value(tree)
            .map_err(|error| ConfigMistakes(vec![ConfigMistake::new("the settings", error.to_string())]))
    }

    /// Reads the secret files and checks for contradictions; [`load`] has done so already.
    ///
    /// # Errors
    /// All mistakes found.
    pub fn checked(self) -> Result<Self, ConfigMistakes> {
        load::finish(self)
    }
}

/// Where the gateway listens and what citizens call it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port to listen on.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// The origin that citizens' browsers see, such as `https://overblik.example`.
    pub public_url: Url,
    /// Speaks TLS by itself; without it a proxy in front does.
    #[serde(default)]
    pub tls: Option<TlsConfig>,
    /// Networks of the proxies in front of this gateway, whose `X-Forwarded-For` is believed. None unless named.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub trusted_proxies: Vec<IpNet>,
    /// How long slow clients are waited for.
    #[serde(default)]
    pub patience: PatienceConfig,
    /// Seconds that what is under way gets to finish when the process is told to stop; more than `overview.stream_deadline_ms`.
    #[serde(default = "default_grace_s")]
    pub grace_s: u64,
    /// Seconds before that in which everybody is served still and the process says that it is not ready any more, so that
    /// load balancers send nobody else.
    #[serde(default)]
    pub notice_s: u64,
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

fn default_grace_s() -> u64 {
    15
}

/// The identity provider and how its logins are read.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "provider::WrittenLogin")]
pub struct LoginConfig {
    /// Which provider it is: what is known of it lies beneath everything that is written.
    pub provider: ProviderKind,
    /// The provider's issuer, exactly as its metadata writes it.
    pub issuer: String,
    /// Hosts other than the issuer's that the provider's endpoints may be on.
    pub endpoint_hosts: Vec<String>,
    /// Our name at the provider.
    pub client_id: String,
    /// Our secret at the provider. Prefer `client_secret_file`.
    pub client_secret: Option<Secret>,
    /// File that holds our secret at the provider.
    pub client_secret_file: Option<PathBuf>,
    /// File of our keys at the provider, which sign who we are instead of a secret.
    pub client_keys_file: Option<PathBuf>,
    /// Those keys themselves, in a configuration made in code: the demo's. No file or variable sets them.
    pub client_keys: Option<Secret>,
    /// Scopes to ask for.
    pub scopes: Vec<String>,
    /// Least level that opens a session.
    pub minimum_level: AssuranceLevel,
    /// Seconds since the citizen was authenticated after which the provider must do so again; without it the provider
    /// decides.
    pub max_age_s: Option<u64>,
    /// Signature algorithms accepted on ID tokens and logout tokens.
    pub algorithms: Vec<SignatureAlgorithm>,
    /// Names of the claims.
    pub claims: ClaimNames,
    /// What the provider calls the assurance levels. Compared exactly.
    pub levels: LevelNames,
    /// How a level is asked for.
    pub level_request: LevelRequest,
    /// Further parameters of every login.
    pub parameters: BTreeMap<String, String>,
    /// How an app tells the provider which app to lead back to, if the provider needs that.
    pub app_switch: Option<AppSwitch>,
}

/// How a level is asked for at login: a parameter, and its value for each level.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelRequest {
    /// The parameter.
    pub parameter: String,
    /// For NSIS Low.
    pub low: String,
    /// For NSIS Substantial.
    pub substantial: String,
    /// For NSIS High.
    pub high: String,
}

impl LevelRequest {
    /// The parameter's value for a level.
    #[must_use]
    pub fn value(&self, level: AssuranceLevel) -> &str {
        match level {
            AssuranceLevel::Low => &self.low,
            AssuranceLevel::Substantial => &self.substantial,
            AssuranceLevel::High => &self.high,
        }
    }
}

/// How an app on a phone is told to the provider: a parameter, and its value for each platform.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppSwitch {
    /// The parameter.
    pub parameter: String,
    /// For an app on iOS.
    pub ios: String,
    /// For an app on Android.
    pub android: String,
}

/// Signature algorithms that can be accepted on tokens: asymmetric ones only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SignatureAlgorithm {
    /// ECDSA on P-256.
    ES256,
    /// ECDSA on P-384.
    ES384,
    /// RSA-PSS.
    PS256,
    /// RSA PKCS #1 v1.5.
    RS256,
}

impl SignatureAlgorithm {
    /// Its registered name (RFC 7518 section 3.1).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::PS256 => "PS256",
            Self::RS256 => "RS256",
        }
    }
}

/// Names of the claims in an ID token; every provider has its own.
#[derive(Clone, Debug)]
pub struct ClaimNames {
    /// CPR number.
    pub cpr: String,
    /// The citizen's name.
    pub name: String,
    /// Municipality of residence, four digits.
    pub municipality: String,
    /// Assurance level.
    pub level: String,
    /// The provider's name for its own session, by which it ends ours.
    pub session: String,
    /// The absolute end of the provider's session, in seconds since 1970; none is read unless this is set.
    pub session_expiry: Option<String>,
}

/// What a provider calls each NSIS level.
#[derive(Clone, Debug)]
pub struct LevelNames {
    /// NSIS Low.
    pub low: String,
    /// NSIS Substantial.
    pub substantial: String,
    /// NSIS High.
    pub high: String,
}

impl LevelNames {
    /// The level with this name, compared exactly (requirement R7).
    #[must_use]
    pub fn level(&self, name: &str) -> Option<AssuranceLevel> {
        [AssuranceLevel::Low, AssuranceLevel::Substantial, AssuranceLevel::High]
            .into_iter()
            .find(|level| self.name(*level) == name)
    }

    /// The name of a level.
    #[must_use]
    pub fn name(&self, level: AssuranceLevel) -> &str {
        match level {
            AssuranceLevel::Low => &self.low,
            AssuranceLevel::Substantial => &self.substantial,
            AssuranceLevel::High => &self.high,
        }
    }
}

/// How long sessions last, and what they are sealed under.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SessionConfig {
    /// Seconds without activity.
    pub idle_s: u64,
    /// Seconds in all; at most ten hours.
    pub absolute_s: u64,
    /// File of the master keys that sessions are sealed under. Without it sessions are sealed under a random key, which
    /// ends with the process.
    pub keys_file: Option<PathBuf>,
    /// Where they are kept.
    pub store: SessionStoreKind,
    /// The Redis that they are kept in, if they are.
    pub redis: RedisConfig,
    /// Most MiB of this process's memory in which answers of sources are kept for sessions, and as much again for apps'
    /// access tokens. Those that were used longest ago go first. 0: nothing is kept, also not in Redis.
    pub kept_mib: usize,
}

impl SessionConfig {
    /// [`SessionConfig::kept_mib`] in bytes.
    #[must_use]
    pub fn kept_bytes(&self) -> usize {
        self.kept_mib.saturating_mul(1024 * 1024)
    }
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            idle_s: 20 * 60,
            absolute_s: 8 * 60 * 60,
            keys_file: None,
            store: SessionStoreKind::Memory,
            redis: RedisConfig::default(),
            kept_mib: 64,
        }
    }
}

/// Where sessions are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SessionStoreKind {
    /// In this process's memory: for one instance.
    Memory,
    /// In a Redis that all instances share.
    Redis,
}

/// How long an overview may take.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OverviewConfig {
    /// The portal whose agreements count on this gateway's own page: the name that contracts list under
    /// `agreement.displayClients`.
    pub display_client: String,
    /// Milliseconds until a JSON overview answers.
    pub json_deadline_ms: u64,
    /// Milliseconds until a page or an event stream stops waiting for sections.
    pub stream_deadline_ms: u64,
    /// Seconds between heartbeats on an event stream.
    pub heartbeat_s: u64,
}

impl Default for OverviewConfig {
    fn default() -> Self {
        Self { display_client: "overblik".into(), json_deadline_ms: 2_000, stream_deadline_ms: 10_000, heartbeat_s: 3 }
    }
}

impl OverviewConfig {
    /// See [`OverviewConfig::json_deadline_ms`].
    #[must_use]
    pub fn json_deadline(&self) -> Duration {
        Duration::from_millis(self.json_deadline_ms)
    }

    /// See [`OverviewConfig::stream_deadline_ms`].
    #[must_use]
    pub fn stream_deadline(&self) -> Duration {
        Duration::from_millis(self.stream_deadline_ms)
    }
}

/// The authorities' contracts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractsConfig {
    /// Folder of `<authority>/<source>/connector.yaml`.
    pub directory: PathBuf,
}

/// What this deployment sets for one source.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SourceConfig {
    /// The authority whose source it is. Where sources come from a registry, these settings are for nobody else's.
    pub authority: Option<String>,
    /// Base address to use instead of the contract's, as for a test system.
    pub base_url: Option<Url>,
    /// Base address of its test endpoint, instead of the contract's `testUrl`: what the admin API tries contracts at.
    pub test_url: Option<Url>,
    /// API key, at least 16 characters. Prefer `api_key_file`.
    #[serde(deserialize_with = "secret")]
    #[schemars(with = "Option<String>")]
    pub api_key: Option<Secret>,
    /// File that holds the API key.
    pub api_key_file: Option<PathBuf>,
    /// Where tokens are to be had, instead of the contract's `tokenUrl`.
    pub token_url: Option<Url>,
    /// Where the login's token is exchanged, instead of the contract's `exchangeUrl`.
    pub exchange_url: Option<Url>,
    /// Our name where tokens are to be had.
    pub client_id: Option<String>,
    /// Our secret there. Prefer `client_secret_file`. Without it our keys sign who we are.
    #[serde(deserialize_with = "secret")]
    #[schemars(with = "Option<String>")]
    pub client_secret: Option<Secret>,
    /// File that holds our secret there.
    pub client_secret_file: Option<PathBuf>,
    /// Our user at a back end that is logged in to.
    pub user: Option<String>,
    /// The user's password. Prefer `password_file`.
    #[serde(deserialize_with = "secret")]
    #[schemars(with = "Option<String>")]
    pub password: Option<Secret>,
    /// File that holds the user's password.
    pub password_file: Option<PathBuf>,
    /// Our certificate towards the source and those of its issuers (PEM), for mutual TLS.
    pub client_certificate_file: Option<PathBuf>,
    /// Its key (PEM).
    pub client_key_file: Option<PathBuf>,
    /// The certificate that follows it, during an exchange.
    pub client_certificate_next_file: Option<PathBuf>,
    /// The key of that.
    pub client_key_next_file: Option<PathBuf>,
    /// Issuers to trust at the source (PEM), instead of those that the platform trusts.
    pub trusted_roots_file: Option<PathBuf>,
}

/// Permissions for demonstration and test. Never in production.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DevelopmentConfig {
    /// Lets fictitious persons (CPR day 61 to 91) log in.
    pub fictitious_persons: bool,
    /// Lets the gateway, the provider and sources be plain `http` on this machine's loopback addresses.
    pub loopback_http: bool,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    // The library's own message would quote the value.
    let text = Option::<String>::deserialize(deserializer)
        .map_err(|_| D::Error::custom("a secret is a text; write the secret in quotes"))?;
    Ok(text.map(Secret::new))
}
