//! Whether traces of overviews are kept, and by whom.

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

/// Traces of overviews, for a collector that speaks OTLP.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TracesConfig {
    /// Where the collector takes traces over HTTP, in full, such as `https://collector.example/v1/traces`. `http` is for one on
    /// this machine.
    pub endpoint: Url,
    /// The share of overviews whose trace is sent, from 0 to 1. All of them unless said otherwise: who names a collector wants
    /// to find every overview there.
    #[serde(default = "all")]
    pub share: f64,
}

fn all() -> f64 {
    1.0
}
