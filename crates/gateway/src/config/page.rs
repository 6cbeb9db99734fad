//! What the pages tell about whoever runs this overview: facts that only the operator knows.

use overblik_widgets::{Date, LocalizedText};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// What the pages tell about whoever runs this overview. Everything may be missing: then the pages say so, and make no claim.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PageConfig {
    /// Who runs this overview.
    pub operator: Option<LocalizedText>,
    /// Where the operator says how personal data are treated. Linked from every page.
    pub privacy_url: Option<Url>,
    /// The operator's accessibility statement, shown at `/was`.
    pub accessibility: Option<AccessibilityConfig>,
}

/// What the law on web accessibility wants to be stated (its model statement is Decision (EU) 2018/1523).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessibilityConfig {
    /// Where citizens write about a part that they cannot use.
    pub email: String,
    /// Where they call; eight digits.
    pub phone: String,
    /// How far the pages keep the requirements.
    pub status: AccessibilityStatus,
    /// The day on which that was assessed last.
    pub assessed: Date,
    /// What is known not to be accessible.
    #[serde(default)]
    pub exceptions: Vec<LocalizedText>,
    /// The statement as registered with the supervising authority.
    #[serde(default)]
    pub registered_url: Option<Url>,
    /// Who sees to it that the law is kept.
    #[serde(default)]
    pub supervisor: Supervisor,
}

/// How far the requirements are kept, in the law's three degrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccessibilityStatus {
    /// In full.
    Full,
    /// In part: `exceptions` says what is missing.
    Partial,
    /// Not.
    None,
}

/// Who sees to it that the law on web accessibility is kept.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Supervisor {
    /// Its name.
    pub name: LocalizedText,
    /// Where citizens complain.
    pub url: Url,
}

impl Default for Supervisor {
    #[expect(clippy::expect_used, reason = "a constant address that a test reads")]
    fn default() -> Self {
        Self {
            name: LocalizedText::new("Digitaliseringsstyrelsen", "the Agency for Digital Government"),
            url: Url::parse("https://digst.dk/digital-service/webtilgaengelighed/").expect("an address"),
        }
    }
}
