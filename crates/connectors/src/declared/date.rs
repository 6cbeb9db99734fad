//! Dates and times as Danish authorities write them. A closed list, so that every format is understood in one way.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    fmt::strtime,
    tz::TimeZone,
};
use overblik_widgets::{COPENHAGEN, Moment};

/// One way of writing a date, or a date with a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateFormat {
    /// `2026-12-01`.
    Iso,
    /// `01.12.2026`.
    Danish,
    /// `2026-12-01 09:30:00+0100`: a moment with its offset, also written `+01:00` or `Z`.
    SpacedWithOffset,
    /// `2026-12-01T09:30:00`: Danish local time.
    LocalTime,
}

impl DateFormat {
    /// Every format.
    pub(crate) const ALL: [Self; 4] = [Self::Iso, Self::Danish, Self::SpacedWithOffset, Self::LocalTime];

    /// Its name in contracts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Iso => "iso",
            Self::Danish => "dd.MM.yyyy",
            Self::SpacedWithOffset => "yyyy-MM-dd HH:mm:ssZ",
            Self::LocalTime => "yyyy-MM-ddTHH:mm:ss",
        }
    }

    /// Whether it tells the time of day too.
    pub(crate) fn has_time(self) -> bool {
        matches!(self, Self::SpacedWithOffset | Self::LocalTime)
    }

    /// The Danish calendar date that a text in this format tells.
    fn date(self, text: &str) -> Option<Date> {
        match self {
            Self::Iso => civil("%Y-%m-%d", "dddd-dd-dd", text)?.to_date().ok(),
            Self::Danish => civil("%d.%m.%Y", "dd.dd.dddd", text)?.to_date().ok(),
            Self::SpacedWithOffset => self.moment(text).map(Moment::date),
            Self::LocalTime => local_time(text).map(DateTime::date),
        }
    }

    /// The moment that a text in this format tells; `None` also for a format without a time of day.
    fn moment(self, text: &str) -> Option<Moment> {
        match self {
            Self::Iso | Self::Danish => None,
            Self::SpacedWithOffset => {
                let (local, offset) = text.split_at_checked("yyyy-MM-dd HH:mm:ss".len())?;
                let local = civil("%Y-%m-%d %H:%M:%S", "dddd-dd-dd dd:dd:dd", local)?.to_datetime().ok()?;
                let format = match offset.len() {
                    1 if offset == "Z" => return Some(Moment::new(TimeZone::UTC.to_timestamp(local).ok()?)),
                    5 => "%z",
                    6 => "%:z",
                    _ => return None,
                };
                let offset = strtime::parse(format, offset).ok()?.offset()?;
                Some(Moment::new(offset.to_timestamp(local).ok()?))
            }
            Self::LocalTime => {
                // In the hour that comes twice when summer time ends, the first one is meant.
                let timestamp: Timestamp = COPENHAGEN.to_ambiguous_timestamp(local_time(text)?).compatible().ok()?;
                Some(Moment::new(timestamp))
            }
        }
    }
}

/// The date that a text tells in the first format that fits.
pub(super) fn read_date(text: &str, formats: &[DateFormat]) -> Option<Date> {
    formats.iter().find_map(|format| format.date(text))
}

/// The moment that a text tells in the first format that fits.
pub(super) fn read_moment(text: &str, formats: &[DateFormat]) -> Option<Moment> {
    formats.iter().find_map(|format| format.moment(text))
}

fn local_time(text: &str) -> Option<DateTime> {
    civil("%Y-%m-%dT%H:%M:%S", "dddd-dd-ddTdd:dd:dd", text)?.to_datetime().ok()
}

/// Parses only what has exactly the shape (`d` a digit): the parser alone would take `2026-1-1` and blanks as well.
fn civil(format: &str, shape: &str, text: &str) -> Option<strtime::BrokenDownTime> {
    let fits = text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, expected)| match expected {
            b'd' => byte.is_ascii_digit(),
            fixed => byte == fixed,
        });
    if fits { strtime::parse(format, text).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str, formats: &[DateFormat]) -> Option<String> {
        read_date(text, formats).map(|date| date.to_string())
    }

    fn moment(text: &str) -> Option<String> {
        read_moment(text, &DateFormat::ALL).map(|moment| moment.to_string())
    }

    #[test]
    fn each_format_tells_its_date() {
        let expected = Some("2026-12-01".to_owned());
        for text in ["2026-12-01", "01.12.2026", "2026-12-01 09:30:00+0100", "2026-12-01T09:30:00"] {
            assert_eq!(date(text, &DateFormat::ALL), expected, "{text}");
        }
    }

    #[test]
    fn a_moment_near_midnight_has_the_danish_date() {
        let format = [DateFormat::SpacedWithOffset];
        assert_eq!(date("2026-12-01 23:30:00+0000", &format).as_deref(), Some("2026-12-02"));
        assert_eq!(date("2026-12-01 23:30:00Z", &format).as_deref(), Some("2026-12-02"));
        assert_eq!(date("2026-12-02 00:30:00+05:00", &format).as_deref(), Some("2026-12-01"));
        assert_eq!(date("2026-07-01 22:30:00Z", &format).as_deref(), Some("2026-07-02"));
    }

    #[test]
    fn local_times_are_danish_in_summer_and_winter_and_between() {
        assert_eq!(moment("2026-11-22T10:15:30").as_deref(), Some("2026-11-22T10:15:30+01:00"));
        assert_eq!(moment("2026-07-22T10:15:30").as_deref(), Some("2026-07-22T10:15:30+02:00"));
        assert_eq!(moment("2026-10-25T02:30:00").as_deref(), Some("2026-10-25T02:30:00+02:00"));
        assert_eq!(moment("2026-11-22 10:15:30-0200").as_deref(), Some("2026-11-22T13:15:30+01:00"));
        assert_eq!(moment("2026-12-01"), None);
    }

    #[test]
    fn anything_else_is_no_date() {
        for text in [
            "",
            " 2026-12-01",
            "2026-12-1",
            "2026-13-01",
            "2026-02-30",
            "31.11.2026",
            "1.12.2026",
            "01-12-2026",
            "12/01/2026",
            "2026-12-01T09:30",
            "2026-12-01T09:30:00Z",
            "2026-12-01 09:30:00",
            "2026-12-01 09:30:00+1",
            "2026-12-01 25:30:00Z",
            "2026-12-01 09:30:00 0100",
            "20261201",
            "i morgen",
            "２０２６-12-01",
        ] {
            assert_eq!(date(text, &DateFormat::ALL), None, "{text}");
        }
        assert_eq!(date("01.12.2026", &[DateFormat::Iso]), None);
    }
}
