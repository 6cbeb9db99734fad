//! NSIS assurance levels.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How surely the citizen was identified, after the Danish NSIS standard. The order of the variants is the order of
/// the levels: `Low < Substantial < High`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AssuranceLevel {
    /// NSIS *Low*.
    Low,
    /// NSIS *Substantial*: what a normal MitID login gives.
    Substantial,
    /// NSIS *High*.
    High,
}
