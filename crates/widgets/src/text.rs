//! Texts in the two languages every citizen can choose.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A language the overview is shown in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Danish, the language of the law and the default.
    #[default]
    Da,
    /// English.
    En,
}

impl Language {
    /// The language's tag as used in `lang` attributes and `Content-Language` (BCP 47).
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Da => "da",
            Self::En => "en",
        }
    }
}

/// One text in Danish and in English; neither can be left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalizedText {
    /// The Danish text.
    pub da: String,
    /// The English text.
    pub en: String,
}

impl LocalizedText {
    /// Both texts at once.
    #[must_use]
    pub fn new(da: impl Into<String>, en: impl Into<String>) -> Self {
        Self { da: da.into(), en: en.into() }
    }

    /// The text in one language.
    #[must_use]
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Da => &self.da,
            Language::En => &self.en,
        }
    }
}
