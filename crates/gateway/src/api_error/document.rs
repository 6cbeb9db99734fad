//! An error as the document that programs get (RFC 9457).

use overblik_widgets::Language;
use serde_json::{Map, Value};

use super::Face;

impl Face {
    /// The RFC 9457 problem document; `reference` finds this occurrence in the logs.
    #[must_use]
    pub fn problem(&self, language: Language, reference: &str) -> String {
        let mut members = self.members(language);
        members.insert("reference".to_owned(), reference.into());
        Value::Object(members).to_string()
    }

    /// The members of the problem document that are the same each time.
    pub(crate) fn members(&self, language: Language) -> Map<String, Value> {
        let members = [
            ("type", format!("/problems#{}", self.code).into()),
            ("code", self.code.into()),
            ("title", self.title.get(language).into()),
            ("status", self.status.as_u16().into()),
            ("detail", self.explanation.get(language).into()),
        ];
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
