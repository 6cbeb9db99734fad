//! Points in time, always shown as Danish local time.

use std::fmt;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::text::Language;

/// The time zone all Danish authorities mean when they write none.
pub static COPENHAGEN: TimeZone = jiff::tz::get!("Europe/Copenhagen");

/// A point in time. Written as RFC 3339 with the Danish offset of that moment and whole seconds:
/// `2026-11-22T10:15:30+01:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(Timestamp);

impl Moment {
    /// Wraps a timestamp.
    #[must_use]
    pub fn new(timestamp: Timestamp) -> Self {
        Self(timestamp)
    }

    /// The timestamp inside.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        self.0
    }

    /// The Danish calendar date of this moment.
    #[must_use]
    pub fn date(self) -> Date {
        self.0.to_zoned(COPENHAGEN.clone()).date()
    }

    /// The Danish time of day, `HH:MM`.
    #[must_use]
    pub fn clock(self) -> String {
        self.0.to_zoned(COPENHAGEN.clone()).strftime("%H:%M").to_string()
    }
}

const MONTHS: [(&str, &str); 12] = [
    ("januar", "January"),
    ("februar", "February"),
    ("marts", "March"),
    ("april", "April"),
    ("maj", "May"),
    ("juni", "June"),
    ("juli", "July"),
    ("august", "August"),
    ("september", "September"),
    ("oktober", "October"),
    ("november", "November"),
    ("december", "December"),
];

/// A date in words: `25. november 2026`, `25 November 2026`.
#[must_use]
pub fn date_in_words(date: Date, language: Language) -> String {
    let month = usize::try_from(date.month()).ok().and_then(|number| MONTHS.get(number.checked_sub(1)?));
    let (danish, english) = month.copied().unwrap_or_default();
    match language {
        Language::Da => format!("{}. {danish} {}", date.day(), date.year()),
        Language::En => format!("{} {english} {}", date.day(), date.year()),
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zoned = self.0.to_zoned(COPENHAGEN.clone());
        write!(f, "{}", zoned.strftime("%Y-%m-%dT%H:%M:%S%:z"))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(de::Error::custom)
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::new(text.parse().expect("a timestamp"))
    }

    #[test]
    fn a_moment_is_written_with_the_danish_offset_of_its_season() {
        assert_eq!(moment("2026-11-22T09:15:30Z").to_string(), "2026-11-22T10:15:30+01:00");
        assert_eq!(moment("2026-07-22T09:15:30Z").to_string(), "2026-07-22T11:15:30+02:00");
    }

    #[test]
    fn the_date_is_the_danish_one_around_midnight() {
        assert_eq!(moment("2026-11-22T23:30:00Z").date().to_string(), "2026-11-23");
    }
}
