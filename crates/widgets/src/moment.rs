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

/// How many characters a moment is written in, unless long ago or far ahead.
const LENGTH: usize = "2026-11-22T10:15:30+01:00".len();

impl Moment {
    /// As it is written, of years of four digits and offsets of whole minutes, as all since 1894 are. An answer holds dozens
    /// of moments, and a format that is read anew for each costs more than anything else about them.
    fn written(self) -> Option<[u8; LENGTH]> {
        let offset = COPENHAGEN.to_offset(self.0);
        let local = offset.to_datetime(self.0);
        let (year, seconds) = (u32::try_from(local.year()).ok()?, offset.seconds());
        if !(1000..=9999).contains(&year) || seconds % 60 != 0 {
            return None;
        }
        let mut text = *b"0000-00-00T00:00:00+00:00";
        let sign = text.get_mut(19)?;
        *sign = if seconds < 0 { b'-' } else { b'+' };
        let minutes = seconds.unsigned_abs() / 60;
        let part = |number: i8| u32::from(number.unsigned_abs());
        for (at, number) in [
            (0, year / 100),
            (2, year % 100),
            (5, part(local.month())),
            (8, part(local.day())),
            (11, part(local.hour())),
            (14, part(local.minute())),
            (17, part(local.second())),
            (20, minutes / 60),
            (23, minutes % 60),
        ] {
            let [tens, ones] = text.get_mut(at..)?.first_chunk_mut()?;
            *tens += u8::try_from(number / 10).ok()?;
            *ones += u8::try_from(number % 10).ok()?;
        }
        Some(text)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.written().as_ref().and_then(|text| str::from_utf8(text).ok()) {
            Some(text) => f.write_str(text),
            None => write!(f, "{}", self.0.to_zoned(COPENHAGEN.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z")),
        }
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.written().as_ref().and_then(|text| str::from_utf8(text).ok()) {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_str(self),
        }
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
    fn every_moment_is_written_as_the_format_says() {
        let by_format =
            |moment: Moment| moment.0.to_zoned(COPENHAGEN.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        let mut written = 0;
        // Steps that meet every hour, month and century, from before offsets of whole minutes to after four digits.
        let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        for second in (first..=last).step_by(7_654_321) {
            let moment = Moment::new(Timestamp::from_second(second).expect("a timestamp"));
            written += usize::from(moment.written().is_some());
            let text = by_format(moment);
            assert_eq!(moment.to_string(), text);
            assert_eq!(serde_json::to_string(&moment).expect("JSON"), format!("\"{text}\""));
        }
        assert!(written > 30_000, "{written}: the quick way must be seen");
        let fine = moment("2026-10-25T00:59:59.999999999Z");
        assert_eq!(fine.to_string(), "2026-10-25T02:59:59+02:00");
        assert_eq!(moment("2026-10-25T01:00:00Z").to_string(), "2026-10-25T02:00:00+01:00");
    }

    #[test]
    fn the_date_is_the_danish_one_around_midnight() {
        assert_eq!(moment("2026-11-22T23:30:00Z").date().to_string(), "2026-11-23");
    }
}
