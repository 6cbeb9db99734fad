//! Dates and times as Danish authorities write them. A closed list, so that every format is understood in one way.

use jiff::{
    civil::{Date, DateTime, Time},
    tz::Offset,
};
use overblik_widgets::{COPENHAGEN, Moment};

/// One way of writing a date, or a date with a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateFormat {
    /// `2026-12-01`.
    Iso,
    /// `01.12.2026`.
    Dotted,
    /// `01-12-2026`.
    Dashed,
    /// `20261201`.
    Compact,
    /// `2026-12-01T09:30:00.123+01:00`: RFC 3339, with an offset or `Z`, fractions of a second or none.
    IsoDateTime,
    /// `2026-12-01 09:30:00+0100`: a moment with its offset, also written `+01:00` or `Z`.
    SpacedWithOffset,
    /// `2026-12-01T09:30:00`: Danish local time, as all below.
    LocalSeconds,
    /// `2026-12-01T09:30`.
    LocalMinutes,
    /// `01.12.2026 09:30`.
    DottedMinutes,
    /// `01-12-2026 09:30`.
    DashedMinutes,
}

impl DateFormat {
    /// Every format.
    pub(crate) const ALL: [Self; 10] = [
        Self::Iso,
        Self::Dotted,
        Self::Dashed,
        Self::Compact,
        Self::IsoDateTime,
        Self::SpacedWithOffset,
        Self::LocalSeconds,
        Self::LocalMinutes,
        Self::DottedMinutes,
        Self::DashedMinutes,
    ];

    /// Its name in contracts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Iso => "iso",
            Self::Dotted => "dd.MM.yyyy",
            Self::Dashed => "dd-MM-yyyy",
            Self::Compact => "yyyyMMdd",
            Self::IsoDateTime => "iso-datetime",
            Self::SpacedWithOffset => "yyyy-MM-dd HH:mm:ssZ",
            Self::LocalSeconds => "yyyy-MM-ddTHH:mm:ss",
            Self::LocalMinutes => "yyyy-MM-ddTHH:mm",
            Self::DottedMinutes => "dd.MM.yyyy HH:mm",
            Self::DashedMinutes => "dd-MM-yyyy HH:mm",
        }
    }

    /// Whether it tells the time of day too.
    pub(crate) fn has_time(self) -> bool {
        !matches!(self, Self::Iso | Self::Dotted | Self::Dashed | Self::Compact)
    }

    /// The part with digits at fixed places, see [`civil`].
    fn shape(self) -> &'static str {
        match self {
            Self::Iso => "yyyy-MM-dd",
            Self::IsoDateTime => "yyyy-MM-ddTHH:mm:ss",
            Self::SpacedWithOffset => "yyyy-MM-dd HH:mm:ss",
            named => named.name(),
        }
    }

    /// The Danish calendar date that a text in this format tells.
    fn date(self, text: &str) -> Option<Date> {
        if self.has_time() {
            self.moment(text).map(Moment::date)
        } else {
            civil(self.shape(), text).map(DateTime::date)
        }
    }

    /// The moment that a text in this format tells; `None` also for a format without a time of day.
    fn moment(self, text: &str) -> Option<Moment> {
        if !self.has_time() {
            return None;
        }
        let (local, rest) = text.split_at_checked(self.shape().len())?;
        let local = civil(self.shape(), local)?;
        let timestamp = match self {
            Self::IsoDateTime => {
                let (fraction, offset) = split_fraction(rest)?;
                let local = local.with().subsec_nanosecond(fraction).build().ok()?;
                read_offset(offset, true)?.to_timestamp(local).ok()?
            }
            Self::SpacedWithOffset => read_offset(rest, false)?.to_timestamp(local).ok()?,
            // In the hour that comes twice when summer time ends, the first one is meant: it is the earlier, and so
            // nobody comes too late. A time in the hour that is left out when summer time begins exists on no clock;
            // it is read with the offset that held before, which is what a clock that was not put forward shows.
            _ if rest.is_empty() => COPENHAGEN.to_ambiguous_timestamp(local).compatible().ok()?,
            _ => return None,
        };
        Some(Moment::new(timestamp))
    }
}

/// The date that a text tells in the first format that fits.
pub(super) fn read_date(text: &str, formats: &[DateFormat]) -> Option<Date> {
    formats.iter().find_map(|format| format.date(text))
}

/// The moment that a text tells in the first format that fits.
pub(crate) fn read_moment(text: &str, formats: &[DateFormat]) -> Option<Moment> {
    formats.iter().find_map(|format| format.moment(text))
}

/// Reads what has exactly the shape: ASCII digits where it has `y`, `M`, `d`, `H`, `m` and `s`, the rest as it stands.
fn civil(shape: &str, text: &str) -> Option<DateTime> {
    if shape.len() != text.len() {
        return None;
    }
    let (mut year, mut month, mut day, mut hour, mut minute, mut second) = (0_i16, 0_i8, 0_i8, 0_i8, 0_i8, 0_i8);
    for (expected, found) in shape.bytes().zip(text.bytes()) {
        let part = match expected {
            b'y' => {
                year = year.checked_mul(10)?.checked_add(digit(found)?.into())?;
                continue;
            }
            b'M' => &mut month,
            b'd' => &mut day,
            b'H' => &mut hour,
            b'm' => &mut minute,
            b's' => &mut second,
            fixed if fixed == found => continue,
            _ => return None,
        };
        *part = part.checked_mul(10)?.checked_add(digit(found)?)?;
    }
    let time = Time::new(hour, minute, second, 0).ok()?;
    Some(Date::new(year, month, day).ok()?.to_datetime(time))
}

/// Fractions of a second (`.5`), in nanoseconds, and what follows. What is finer than a nanosecond is dropped.
fn split_fraction(text: &str) -> Option<(i32, &str)> {
    let Some(digits) = text.strip_prefix('.') else { return Some((0, text)) };
    let end = digits.find(|character: char| !character.is_ascii_digit())?;
    let (digits, rest) = digits.split_at_checked(end)?;
    let mut nanoseconds = digits.bytes().chain(std::iter::repeat(b'0')).take(9);
    let fraction = nanoseconds.try_fold(0_i32, |sum, found| sum.checked_mul(10)?.checked_add(digit(found)?.into()))?;
    (!digits.is_empty()).then_some((fraction, rest))
}

/// An offset from UTC: `Z`, `+01:00`, and `+0100` unless a colon is asked for.
fn read_offset(text: &str, with_colon: bool) -> Option<Offset> {
    let (negative, hours, minutes) = match *text.as_bytes() {
        [b'Z'] => return Some(Offset::UTC),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => (sign == b'-', two(h1, h2)?, two(m1, m2)?),
        [sign @ (b'+' | b'-'), h1, h2, m1, m2] if !with_colon => (sign == b'-', two(h1, h2)?, two(m1, m2)?),
        _ => return None,
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
    Offset::from_seconds(if negative { -seconds } else { seconds }).ok()
}

fn two(tens: u8, ones: u8) -> Option<i8> {
    digit(tens)?.checked_mul(10)?.checked_add(digit(ones)?)
}

fn digit(byte: u8) -> Option<i8> {
    byte.is_ascii_digit().then(|| i8::try_from(byte - b'0').ok()).flatten()
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

    /// The same date in every format.
    const WRITTEN: [(DateFormat, &str); 14] = [
        (DateFormat::Iso, "2026-12-01"),
        (DateFormat::Dotted, "01.12.2026"),
        (DateFormat::Dashed, "01-12-2026"),
        (DateFormat::Compact, "20261201"),
        (DateFormat::IsoDateTime, "2026-12-01T09:30:00+01:00"),
        (DateFormat::IsoDateTime, "2026-12-01T08:30:00Z"),
        (DateFormat::IsoDateTime, "2026-12-01T09:30:00.1234567+01:00"),
        (DateFormat::IsoDateTime, "2026-12-01T08:30:00.1234567890123Z"),
        (DateFormat::SpacedWithOffset, "2026-12-01 09:30:00+0100"),
        (DateFormat::SpacedWithOffset, "2026-12-01 09:30:00+01:00"),
        (DateFormat::LocalSeconds, "2026-12-01T09:30:00"),
        (DateFormat::LocalMinutes, "2026-12-01T09:30"),
        (DateFormat::DottedMinutes, "01.12.2026 09:30"),
        (DateFormat::DashedMinutes, "01-12-2026 09:30"),
    ];

    #[test]
    fn each_format_tells_its_date_and_time_and_no_other_format_reads_it() {
        for (format, text) in WRITTEN {
            assert_eq!(date(text, &[format]).as_deref(), Some("2026-12-01"), "{text}");
            let moment = read_moment(text, &[format]).map(|moment| moment.to_string());
            assert_eq!(moment.as_deref(), format.has_time().then_some("2026-12-01T09:30:00+01:00"), "{text}");
            for other in DateFormat::ALL.into_iter().filter(|other| *other != format) {
                assert_eq!(date(text, &[other]), None, "{text} as {}", other.name());
            }
        }
    }

    #[test]
    fn every_format_is_tested_and_named_once() {
        for format in DateFormat::ALL {
            assert!(WRITTEN.iter().any(|(written, _)| *written == format), "{}", format.name());
            assert_eq!(DateFormat::ALL.iter().filter(|other| other.name() == format.name()).count(), 1);
        }
    }

    #[test]
    fn a_moment_near_midnight_has_the_danish_date() {
        let formats = [DateFormat::SpacedWithOffset, DateFormat::IsoDateTime];
        assert_eq!(date("2026-12-01 23:30:00+0000", &formats).as_deref(), Some("2026-12-02"));
        assert_eq!(date("2026-12-01 23:30:00Z", &formats).as_deref(), Some("2026-12-02"));
        assert_eq!(date("2026-12-01T23:30:00.5Z", &formats).as_deref(), Some("2026-12-02"));
        assert_eq!(date("2026-12-02 00:30:00+05:00", &formats).as_deref(), Some("2026-12-01"));
        assert_eq!(date("2026-12-02T00:30:00+05:30", &formats).as_deref(), Some("2026-12-01"));
        assert_eq!(date("2026-07-01 22:30:00Z", &formats).as_deref(), Some("2026-07-02"));
    }

    #[test]
    fn local_times_are_danish_in_summer_and_winter() {
        assert_eq!(moment("2026-11-22T10:15:30").as_deref(), Some("2026-11-22T10:15:30+01:00"));
        assert_eq!(moment("2026-07-22T10:15:30").as_deref(), Some("2026-07-22T10:15:30+02:00"));
        assert_eq!(moment("22.07.2026 10:15").as_deref(), Some("2026-07-22T10:15:00+02:00"));
        assert_eq!(moment("2026-11-22 10:15:30-0200").as_deref(), Some("2026-11-22T13:15:30+01:00"));
        assert_eq!(moment("2026-12-01"), None);
    }

    #[test]
    fn the_hour_that_comes_twice_is_the_first_and_the_one_that_is_left_out_is_an_hour_on() {
        for (text, expected) in [
            ("2026-10-25T01:59:59", "2026-10-25T01:59:59+02:00"),
            ("2026-10-25T02:30:00", "2026-10-25T02:30:00+02:00"),
            ("25-10-2026 02:30", "2026-10-25T02:30:00+02:00"),
            ("2026-10-25T03:00:00", "2026-10-25T03:00:00+01:00"),
            ("2026-03-29T01:59:59", "2026-03-29T01:59:59+01:00"),
            ("2026-03-29T02:30", "2026-03-29T03:30:00+02:00"),
            ("2026-03-29T03:00", "2026-03-29T03:00:00+02:00"),
            // With an offset there is no doubt.
            ("2026-10-25T02:30:00+01:00", "2026-10-25T02:30:00+01:00"),
        ] {
            assert_eq!(moment(text).as_deref(), Some(expected), "{text}");
        }
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
            "32-12-2026",
            "99999999",
            "2026120",
            "12/01/2026",
            "2026-12-01T24:00",
            "2026-12-01T09:30Z",
            "2026-12-01t09:30:00z",
            "2026-12-01T09:30:00.Z",
            "2026-12-01T09:30:00,5Z",
            "2026-12-01T09:30:00.5",
            "2026-12-01T09:30:00+0100",
            "2026-12-01T09:30:00+24:00",
            "2026-12-01T09:30:00+01:60",
            "2026-12-01T09:30:00Z ",
            "2026-12-01T09:30:60Z",
            "2026-12-01 09:30:00",
            "2026-12-01 09:30:00+1",
            "2026-12-01 25:30:00Z",
            "2026-12-01 09:30:00 0100",
            "01.12.2026 9:30",
            "01.12.2026T09:30",
            "01.12.2026 09:30:00",
            "i morgen",
            "２０２６-12-01",
            "+026-12-01",
        ] {
            assert_eq!(date(text, &DateFormat::ALL), None, "{text}");
        }
        assert_eq!(date("01.12.2026", &[DateFormat::Iso]), None);
    }
}
