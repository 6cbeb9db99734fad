//! When a source is closed, as its authority announced it: by the Danish clock, which is put forward and back.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time, Weekday},
};
use overblik_widgets::{COPENHAGEN, LocalizedText};

/// Most windows that are followed from one into the next when it is said until when a source is closed.
const FOLLOWED: usize = 64;

/// A time in which a source is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceWindow {
    /// Every week.
    Weekly {
        /// The days on which it begins.
        days: Vec<Weekday>,
        /// When it begins.
        from: Time,
        /// When it ends: on the next day if that is not after its beginning.
        to: Time,
    },
    /// Once.
    Once {
        /// When it begins.
        from: DateTime,
        /// When it ends.
        to: DateTime,
    },
}

impl ServiceWindow {
    /// When it ends, if it is open at this time.
    fn end_at(&self, at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Once { from, to } => covering(*from, *to, at),
            Self::Weekly { days, from, to } => {
                let today = at.to_zoned(COPENHAGEN.clone()).date();
                let begun = [today.yesterday().ok()?, today];
                let begun = begun.into_iter().filter(|day| days.contains(&day.weekday()));
                begun.filter_map(|day| covering(day.to_datetime(*from), end_of(day, *from, *to)?, at)).max()
            }
        }
    }
}

fn end_of(day: Date, from: Time, to: Time) -> Option<DateTime> {
    let day = if to > from { day } else { day.tomorrow().ok()? };
    Some(day.to_datetime(to))
}

/// The end of a time between two readings of the Danish clock, if it covers this moment. A reading that comes twice begins
/// with the first and ends with the second; one that does not come is an hour later.
fn covering(from: DateTime, to: DateTime, at: Timestamp) -> Option<Timestamp> {
    let begin = COPENHAGEN.to_ambiguous_zoned(from).compatible().ok()?.timestamp();
    let end = COPENHAGEN.to_ambiguous_zoned(to).later().ok()?.timestamp();
    (begin <= at && at < end).then_some(end)
}

/// A time in which a source is not asked that was announced since its contract was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnouncedWindow {
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub to: Timestamp,
    /// What its authority says about it.
    pub text: Option<LocalizedText>,
}

impl AnnouncedWindow {
    pub(super) fn is_open(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

/// Until when a source with these windows is closed, if it is at this time. Windows that meet or overlap are one.
pub(super) fn closed_until(
    windows: &[ServiceWindow],
    announced: &[AnnouncedWindow],
    at: Timestamp,
) -> Option<Timestamp> {
    let end_at = |at| {
        let announced = announced.iter().filter(|window| window.is_open(at)).map(|window| window.to);
        windows.iter().filter_map(|window| window.end_at(at)).chain(announced).max()
    };
    std::iter::successors(end_at(at), |end| end_at(*end)).take(FOLLOWED).last()
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    fn weekly(days: &[Weekday], from: (i8, i8), to: (i8, i8)) -> ServiceWindow {
        ServiceWindow::Weekly { days: days.to_vec(), from: time(from.0, from.1, 0, 0), to: time(to.0, to.1, 0, 0) }
    }

    fn closed(windows: &[ServiceWindow], at: &str) -> Option<String> {
        let at = at.parse().expect("a time with an offset");
        closed_until(windows, &[], at).map(|end| overblik_widgets::Moment::new(end).to_string())
    }

    #[test]
    fn a_weekly_window_is_open_on_its_days_by_the_danish_clock() {
        let windows = [weekly(&[Weekday::Sunday, Weekday::Wednesday], (2, 0), (6, 0))];
        for (at, until) in [
            ("2026-11-22T01:59:59+01:00", None),
            ("2026-11-22T02:00:00+01:00", Some("2026-11-22T06:00:00+01:00")),
            ("2026-11-22T05:59:59+01:00", Some("2026-11-22T06:00:00+01:00")),
            ("2026-11-22T06:00:00+01:00", None),
            ("2026-11-23T03:00:00+01:00", None),
            ("2026-11-25T03:00:00+01:00", Some("2026-11-25T06:00:00+01:00")),
            ("2026-07-05T02:00:00+02:00", Some("2026-07-05T06:00:00+02:00")),
            ("2026-07-05T01:30:00Z", Some("2026-07-05T06:00:00+02:00")),
        ] {
            assert_eq!(closed(&windows, at).as_deref(), until, "{at}");
        }
    }

    #[test]
    fn a_window_may_end_on_the_next_day() {
        let windows = [weekly(&[Weekday::Saturday], (22, 0), (4, 0))];
        for (at, until) in [
            ("2026-11-21T21:59:00+01:00", None),
            ("2026-11-21T23:00:00+01:00", Some("2026-11-22T04:00:00+01:00")),
            ("2026-11-22T03:00:00+01:00", Some("2026-11-22T04:00:00+01:00")),
            ("2026-11-22T23:00:00+01:00", None),
        ] {
            assert_eq!(closed(&windows, at).as_deref(), until, "{at}");
        }
        let whole_day = [weekly(&[Weekday::Sunday], (0, 0), (0, 0))];
        assert_eq!(closed(&whole_day, "2026-11-22T12:00:00+01:00").as_deref(), Some("2026-11-23T00:00:00+01:00"));
        assert_eq!(closed(&whole_day, "2026-11-23T00:00:00+01:00"), None);
    }

    #[test]
    fn in_the_night_when_the_clock_is_put_back_the_hour_that_comes_twice_is_closed_twice() {
        // 2026-10-25: 03:00 summer time is followed by 02:00 winter time.
        let until_it = [weekly(&[Weekday::Sunday], (1, 0), (2, 30))];
        assert_eq!(closed(&until_it, "2026-10-25T02:29:00+01:00").as_deref(), Some("2026-10-25T02:30:00+01:00"));
        assert_eq!(closed(&until_it, "2026-10-25T02:45:00+02:00").as_deref(), Some("2026-10-25T02:30:00+01:00"));
        assert_eq!(closed(&until_it, "2026-10-25T02:30:00+01:00"), None);
        let from_it = [weekly(&[Weekday::Sunday], (2, 30), (6, 0))];
        assert_eq!(closed(&from_it, "2026-10-25T02:29:00+02:00"), None);
        assert_eq!(closed(&from_it, "2026-10-25T02:30:00+02:00").as_deref(), Some("2026-10-25T06:00:00+01:00"));
        assert_eq!(closed(&from_it, "2026-10-25T02:10:00+01:00").as_deref(), Some("2026-10-25T06:00:00+01:00"));
    }

    #[test]
    fn in_the_night_when_the_clock_is_put_forward_a_time_that_does_not_come_is_an_hour_later() {
        // 2026-03-29: 02:00 winter time is followed by 03:00 summer time.
        let windows = [weekly(&[Weekday::Sunday], (2, 15), (2, 45))];
        assert_eq!(closed(&windows, "2026-03-29T01:59:00+01:00"), None);
        assert_eq!(closed(&windows, "2026-03-29T03:20:00+02:00").as_deref(), Some("2026-03-29T03:45:00+02:00"));
        assert_eq!(closed(&windows, "2026-03-29T03:45:00+02:00"), None);
        let around = [weekly(&[Weekday::Sunday], (1, 0), (4, 0))];
        assert_eq!(closed(&around, "2026-03-29T01:30:00+01:00").as_deref(), Some("2026-03-29T04:00:00+02:00"));
    }

    #[test]
    fn windows_that_meet_are_one() {
        let once =
            ServiceWindow::Once { from: date(2026, 11, 22).at(6, 0, 0, 0), to: date(2026, 11, 23).at(3, 0, 0, 0) };
        let windows = [weekly(&[Weekday::Sunday], (2, 0), (6, 0)), once, weekly(&[Weekday::Monday], (2, 30), (4, 0))];
        assert_eq!(closed(&windows, "2026-11-22T03:00:00+01:00").as_deref(), Some("2026-11-23T04:00:00+01:00"));
        assert_eq!(closed(&windows, "2026-11-29T03:00:00+01:00").as_deref(), Some("2026-11-29T06:00:00+01:00"));
    }

    #[test]
    fn an_announced_window_is_one_with_those_of_the_contract() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let announced =
            AnnouncedWindow { from: at("2026-11-22T05:30:00+01:00"), to: at("2026-11-22T08:15:00+01:00"), text: None };
        let windows = [weekly(&[Weekday::Sunday], (2, 0), (6, 0))];
        let closed = |time: &str| closed_until(&windows, std::slice::from_ref(&announced), at(time));
        assert_eq!(closed("2026-11-22T03:00:00+01:00"), Some(announced.to));
        assert_eq!(closed("2026-11-22T07:00:00+01:00"), Some(announced.to));
        assert_eq!(closed("2026-11-22T08:15:00+01:00"), None);
        assert_eq!(closed("2026-11-29T03:00:00+01:00"), Some(at("2026-11-29T06:00:00+01:00")));
    }

    #[test]
    fn a_source_that_is_never_open_is_closed_until_some_time() {
        let every_day = [0, 1, 2, 3, 4, 5, 6].map(|day| Weekday::from_monday_zero_offset(day).expect("a day"));
        assert!(closed(&[weekly(&every_day, (0, 0), (0, 0))], "2026-11-22T03:00:00+01:00").is_some());
        assert_eq!(closed(&[], "2026-11-22T03:00:00+01:00"), None);
    }
}
