//! What is logged, and how it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Log output.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Which events, in the notation of tracing's `EnvFilter`, such as `info` or `overblik_gateway=debug`.
    pub filter: String,
    /// How they are written.
    pub format: LogFormat,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { filter: "info".into(), format: LogFormat::Json }
    }
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For a person at a terminal.
    Text,
}
