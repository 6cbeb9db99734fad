//! What went wrong at a source, in the words of the national component.

use schemars::JsonSchema;
use serde::Serialize;

/// Error types of *Orkestreringskomponenten* that a section can carry (its published error list).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub enum ProblemType {
    /// The call failed.
    #[serde(rename = "Data-source-error")]
    SourceError,
    /// The time limit passed.
    #[serde(rename = "Data-source-timeout-error")]
    SourceTimeout,
    /// The source said that it failed itself.
    #[serde(rename = "Data-source-internal-error")]
    SourceInternal,
    /// Credentials were refused.
    #[serde(rename = "Data-source-security-error")]
    SourceSecurity,
    /// The answer cannot be read.
    #[serde(rename = "Data-source-format-error")]
    SourceFormat,
    /// The answer breaks the contract.
    #[serde(rename = "Data-validation-error")]
    DataValidation,
    /// The source is not asked at the moment.
    #[serde(rename = "Circuit-breaker-error")]
    CircuitBreaker,
}

impl ProblemType {
    /// The published title.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::SourceError => "Error calling data source",
            Self::SourceTimeout => "Timeout reached for data source",
            Self::SourceInternal => "Internal error at data source",
            Self::SourceSecurity => "Security validation error when calling data source",
            Self::SourceFormat => "Invalid format in response from data source",
            Self::DataValidation => "Validation error of data in response from data source",
            Self::CircuitBreaker => "Circuit breaker is currently active for data source",
        }
    }

    /// The published status. `Data-source-error` takes the source's own; this is what stands when it sent none.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::SourceError | Self::CircuitBreaker => 502,
            Self::SourceTimeout => 408,
            Self::SourceInternal => 500,
            Self::SourceSecurity | Self::DataValidation => 400,
            Self::SourceFormat => 422,
        }
    }
}

/// One thing that went wrong at a source. Holds nothing of what the source wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// The error type.
    #[serde(rename = "type")]
    pub problem_type: ProblemType,
    /// Its published title.
    pub title: &'static str,
    /// Its status code, as the national component numbers it.
    pub status: u16,
}

impl Problem {
    /// The problem of a type with its published title and status.
    #[must_use]
    pub fn new(problem_type: ProblemType) -> Self {
        Self { problem_type, title: problem_type.title(), status: problem_type.status() }
    }

    /// The same problem with the status that the source itself answered.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}
