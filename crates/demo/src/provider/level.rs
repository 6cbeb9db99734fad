//! The NSIS assurance levels as the provider writes them.

use overblik_widgets::AssuranceLevel;

/// Every level, lowest first.
pub(super) const ALL: [AssuranceLevel; 3] = [AssuranceLevel::Low, AssuranceLevel::Substantial, AssuranceLevel::High];

/// A level in `acr` and `acr_values`.
pub(super) fn uri(level: AssuranceLevel) -> &'static str {
    match level {
        AssuranceLevel::Low => "https://data.gov.dk/concept/core/nsis/loa/Low",
        AssuranceLevel::Substantial => "https://data.gov.dk/concept/core/nsis/loa/Substantial",
        AssuranceLevel::High => "https://data.gov.dk/concept/core/nsis/loa/High",
    }
}

/// The level with this URI.
pub(super) fn of_uri(text: &str) -> Option<AssuranceLevel> {
    ALL.into_iter().find(|&level| uri(level) == text)
}

/// A level in the login form.
pub(super) fn form_value(level: AssuranceLevel) -> &'static str {
    match level {
        AssuranceLevel::Low => "low",
        AssuranceLevel::Substantial => "substantial",
        AssuranceLevel::High => "high",
    }
}

/// The level with this form value.
pub(super) fn of_form_value(text: &str) -> Option<AssuranceLevel> {
    ALL.into_iter().find(|&level| form_value(level) == text)
}

/// A level's name in Danish, as NSIS has it.
pub(super) fn danish(level: AssuranceLevel) -> &'static str {
    match level {
        AssuranceLevel::Low => "Lav",
        AssuranceLevel::Substantial => "Betydelig",
        AssuranceLevel::High => "Høj",
    }
}

/// A level's name in English, as NSIS has it.
pub(super) fn english(level: AssuranceLevel) -> &'static str {
    match level {
        AssuranceLevel::Low => "Low",
        AssuranceLevel::Substantial => "Substantial",
        AssuranceLevel::High => "High",
    }
}
