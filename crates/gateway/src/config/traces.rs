//! Whether traces of overviews are kept, and by whom.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

/// Traces of overviews and logins, for a collector that speaks OTLP.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TracesConfig {
    /// Where the collector takes traces over HTTP, in full, such as `https://collector.example/v1/traces`. `http` is for one on
    /// this machine.
    pub endpoint: Url,
    /// The share of traces that are sent, from 0 to 1. All of them unless said otherwise: who names a collector wants to find
    /// every overview there.
    #[serde(default = "all")]
    pub share: f64,
    /// Issuers to trust at the collector (PEM), instead of those that the platform trusts.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// File of the headers that the collector wants with each call, such as a key: `NAME: VALUE` a line. It is read again when
    /// it changes.
    #[serde(default)]
    pub headers_file: Option<PathBuf>,
}

fn all() -> f64 {
    1.0
}
