//! The accessibility statement.

use askama::Template;
use overblik_widgets::LocalizedText;

use super::{
    html,
    layout::{Layout, PageFrame},
    texts::Texts,
};
use crate::config::{AccessibilityConfig, AccessibilityStatus, PageConfig};

#[derive(Template)]
#[template(path = "accessibility.html")]
struct AccessibilityView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    operator: Option<&'a LocalizedText>,
    statement: Option<&'a AccessibilityConfig>,
}

impl AccessibilityView<'_> {
    fn status(&self, status: AccessibilityStatus) -> &'static str {
        match status {
            AccessibilityStatus::Full => self.texts.status_full(),
            AccessibilityStatus::Partial => self.texts.status_partial(),
            AccessibilityStatus::None => self.texts.status_none(),
        }
    }

    /// A phone number as citizens write it: `70 00 00 18`.
    fn phone(&self) -> String {
        let digits = self.statement.map(|statement| statement.phone.as_str()).unwrap_or_default();
        let mut pairs = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && index.is_multiple_of(2) {
                pairs.push(' ');
            }
            pairs.push(digit);
        }
        pairs
    }
}

/// The page at `/was`: what the operator states, or that they state nothing.
#[must_use]
pub fn accessibility(frame: &PageFrame<'_>, stated: &PageConfig) -> String {
    let texts = frame.texts();
    html(&AccessibilityView {
        layout: Layout::new(frame, texts.accessibility_title()),
        texts,
        operator: stated.operator.as_ref(),
        statement: stated.accessibility.as_ref(),
    })
}

#[cfg(test)]
mod tests {
    use overblik_widgets::{Date, Language};

    use super::*;
    use crate::config::Supervisor;

    fn page(language: Language, stated: &PageConfig) -> String {
        accessibility(&PageFrame::of_a_visitor(language, "/was"), stated)
    }

    fn stated(status: AccessibilityStatus) -> PageConfig {
        let accessibility = AccessibilityConfig {
            email: "adgang@overblik.example".into(),
            phone: "70000018".into(),
            status,
            assessed: Date::constant(2026, 11, 20),
            exceptions: vec![LocalizedText::new("Kortet kan ikke læses op.", "The map cannot be read out.")],
            registered_url: Some("https://was.digst.dk/overblik-example".parse().expect("an address")),
            supervisor: Supervisor::default(),
        };
        let operator = Some(LocalizedText::new("Birkerup Kommune", "Birkerup Municipality"));
        PageConfig { operator, privacy_url: None, accessibility: Some(accessibility) }
    }

    #[test]
    fn the_statement_holds_what_the_law_asks_for_in_both_languages() {
        let stated = stated(AccessibilityStatus::Partial);
        for (language, words) in [
            (
                Language::Da,
                [
                    "Birkerup Kommune",
                    "delvist",
                    "Kortet kan ikke læses op.",
                    "20. november 2026",
                    "Digitaliseringsstyrelsen fører tilsyn",
                ],
            ),
            (
                Language::En,
                [
                    "Birkerup Municipality",
                    "in part",
                    "The map cannot be read out.",
                    "20 November 2026",
                    "supervised by the Agency for Digital Government",
                ],
            ),
        ] {
            let page = page(language, &stated);
            for shown in words.into_iter().chain([
                "href=\"mailto:adgang@overblik.example\"",
                "href=\"tel:+4570000018\"",
                "70 00 00 18",
            ]) {
                assert!(page.contains(shown), "{shown}: {page}");
            }
            assert!(page.contains("href=\"https://was.digst.dk/overblik-example\" rel=\"noopener noreferrer\""));
        }
    }

    #[test]
    fn without_a_statement_nothing_is_claimed() {
        for language in [Language::Da, Language::En] {
            let page = page(language, &PageConfig::default());
            assert!(!page.contains("EN 301 549") && !page.contains("mailto:") && !page.contains("tel:"), "{page}");
        }
        assert!(page(Language::Da, &PageConfig::default()).contains("endnu ikke offentliggjort sin erklæring"));
    }
}
