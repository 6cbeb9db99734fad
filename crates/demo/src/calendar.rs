//! Dates relative to today, written in the various ways of the authorities.

use jiff::{
    Span, Timestamp, Zoned,
    civil::{Date, Time},
};
use overblik_widgets::{COPENHAGEN, Moment};

/// A number of days from today; negative in the past. Fixtures say this instead of a date, so that what is overdue
/// stays overdue whatever day it is.
pub(crate) type Days = i32;

/// One moment, in Danish time.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    now: Zoned,
}

impl Calendar {
    pub(crate) fn at(now: Timestamp) -> Self {
        Self { now: now.to_zoned(COPENHAGEN.clone()) }
    }

    fn date(&self, days: Days) -> Date {
        Moment::new(self.now.timestamp()).date().saturating_add(Span::new().days(days))
    }

    /// `2026-12-01`
    pub(crate) fn iso(&self, days: Days) -> String {
        self.date(days).to_string()
    }

    /// `01.12.2026`
    pub(crate) fn danish(&self, days: Days) -> String {
        self.date(days).strftime("%d.%m.%Y").to_string()
    }

    /// `2026-11-02 09:13:55+0100`, as the library's system writes the moment of a loan.
    pub(crate) fn library_moment(&self, days: Days, time: Time) -> String {
        let moment = self.date(days).to_datetime(time).to_zoned(COPENHAGEN.clone());
        // Not reached with the days of the fixtures; a date alone is what the field then still can say.
        moment.map_or_else(|_| self.iso(days), |moment| moment.strftime("%Y-%m-%d %H:%M:%S%z").to_string())
    }

    /// `20261201`
    pub(crate) fn compact_date(&self, days: Days) -> String {
        self.date(days).strftime("%Y%m%d").to_string()
    }

    /// `20261201T093000`
    pub(crate) fn compact(&self, days: Days, time: Time) -> String {
        self.date(days).to_datetime(time).strftime("%Y%m%dT%H%M%S").to_string()
    }

    /// `20261122T091530Z`: now, in UTC.
    pub(crate) fn compact_utc_now(&self) -> String {
        self.now.timestamp().strftime("%Y%m%dT%H%M%SZ").to_string()
    }

    /// `2026-12-01T09:30:00`: local time without an offset.
    pub(crate) fn local(&self, days: Days, time: Time) -> String {
        self.date(days).to_datetime(time).strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }

    /// `2026-12-01T09:30:00+01:00`
    pub(crate) fn offset(&self, days: Days, time: Time) -> String {
        let moment = self.date(days).to_datetime(time).to_zoned(COPENHAGEN.clone());
        // Not reached with the days of the fixtures.
        moment.map_or_else(|_| self.local(days, time), |moment| moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
    }

    /// The begun hour, `2026-11-22T10:00:00`: local time without an offset, as the payments overview writes it.
    pub(crate) fn begun_hour(&self) -> String {
        self.now.strftime("%Y-%m-%dT%H:00:00").to_string()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    #[test]
    fn dates_are_written_as_each_authority_writes_them() {
        // Half past midnight in Denmark, still the day before in UTC; the first date falls in summer time.
        let calendar = Calendar::at("2026-11-22T23:30:00Z".parse().expect("a timestamp"));
        assert_eq!(calendar.iso(0), "2026-11-23");
        assert_eq!(calendar.danish(8), "01.12.2026");
        assert_eq!(calendar.library_moment(-60, time(9, 13, 55, 0)), "2026-09-24 09:13:55+0200");
        assert_eq!(calendar.library_moment(-21, time(9, 13, 55, 0)), "2026-11-02 09:13:55+0100");
        assert_eq!(calendar.begun_hour(), "2026-11-23T00:00:00");
        assert_eq!(calendar.offset(-60, time(9, 30, 0, 0)), "2026-09-24T09:30:00+02:00");
        assert_eq!(calendar.compact_date(8), "20261201");
        assert_eq!(calendar.compact(8, time(9, 30, 0, 0)), "20261201T093000");
        assert_eq!(calendar.local(8, time(9, 30, 0, 0)), "2026-12-01T09:30:00");
        assert_eq!(calendar.compact_utc_now(), "20261122T233000Z");
    }
}
