//! Dates and money as citizens write them, in Danish and in English.

use overblik_widgets::{Date, Language, Moment, Money, date_in_words};

use super::texts::Texts;

const WEEKDAYS: [(&str, &str); 7] = [
    ("mandag", "Monday"),
    ("tirsdag", "Tuesday"),
    ("onsdag", "Wednesday"),
    ("torsdag", "Thursday"),
    ("fredag", "Friday"),
    ("lørdag", "Saturday"),
    ("søndag", "Sunday"),
];

const SHORT_MONTHS: [(&str, &str); 12] = [
    ("jan.", "Jan"),
    ("feb.", "Feb"),
    ("mar.", "Mar"),
    ("apr.", "Apr"),
    ("maj", "May"),
    ("jun.", "Jun"),
    ("jul.", "Jul"),
    ("aug.", "Aug"),
    ("sep.", "Sep"),
    ("okt.", "Oct"),
    ("nov.", "Nov"),
    ("dec.", "Dec"),
];

impl Texts {
    /// `nov.`, `Nov`: the month on a leaf of a calendar.
    pub(super) fn short_month(self, date: Date) -> &'static str {
        let month = usize::try_from(date.month()).ok().and_then(|month| SHORT_MONTHS.get(month.checked_sub(1)?));
        let (danish, english) = month.copied().unwrap_or_default();
        match self.language {
            Language::Da => danish,
            Language::En => english,
        }
    }

    /// `25. november 2026`, `25 November 2026`.
    pub(super) fn date(self, date: Date) -> String {
        date_in_words(date, self.language)
    }

    /// `onsdag 25. november 2026`, `Wednesday 25 November 2026`.
    pub(super) fn day(self, date: Date) -> String {
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).ok().and_then(|day| WEEKDAYS.get(day));
        let (danish, english) = weekday.copied().unwrap_or_default();
        let name = match self.language {
            Language::Da => danish,
            Language::En => english,
        };
        format!("{name} {}", self.date(date))
    }

    /// `25. november 2026 kl. 10:15`, `25 November 2026 at 10:15`.
    pub(super) fn moment(self, moment: Moment) -> String {
        self.date_at(&self.date(moment.date()), &moment.clock())
    }

    /// When an appointment is, seen from today (if given) until its day has passed:
    /// `om 3 dage, onsdag 25. november 2026 kl. 10:15–10:45`.
    pub(super) fn appointment_time(self, starts_at: Moment, ends_at: Option<Moment>, today: Option<Date>) -> String {
        let date = starts_at.date();
        let start = self.date_at(&self.day(date), &starts_at.clock());
        let time = match ends_at {
            Some(end) if end.date() == date => self.clock_range(&start, &end.clock()),
            Some(end) => self.day_range(&start, &self.date_at(&self.day(end.date()), &end.clock())),
            None => start,
        };
        match today {
            Some(today) if date >= today => self.relative_date(&self.days_until(date, today), &time),
            _ => time,
        }
    }

    /// A date seen from today: `om 3 dage`, `i dag`, `2 dage over`.
    pub(super) fn days_until(self, date: Date, today: Date) -> String {
        let days = (date - today).get_days();
        match (self.language, days) {
            (Language::Da, ..-1) => format!("{} dage over", days.unsigned_abs()),
            (Language::Da, -1) => "1 dag over".to_owned(),
            (Language::Da, 0) => "i dag".to_owned(),
            (Language::Da, 1) => "i morgen".to_owned(),
            (Language::Da, 2..) => format!("om {days} dage"),
            (Language::En, ..-1) => format!("{} days overdue", days.unsigned_abs()),
            (Language::En, -1) => "1 day overdue".to_owned(),
            (Language::En, 0) => "today".to_owned(),
            (Language::En, 1) => "tomorrow".to_owned(),
            (Language::En, 2..) => format!("in {days} days"),
        }
    }

    /// When a source answered: the time of day, and the date when that is not today.
    pub(super) fn answered_at(self, moment: Moment, today: Date) -> String {
        if moment.date() == today {
            self.answered_today(&moment.clock())
        } else {
            self.answered_earlier(&self.date(moment.date()), &moment.clock())
        }
    }

    /// `-1.234,50 kr.`, `-DKK 1,234.50`. The sign is U+2212, which screen readers read out as "minus".
    pub(super) fn money(self, money: Money) -> String {
        let oere = money.minor.unsigned_abs();
        let sign = if money.minor < 0 { "\u{2212}" } else { "" };
        let (kroner, rest) = (oere / 100, oere % 100);
        match self.language {
            Language::Da => format!("{sign}{},{rest:02} kr.", thousands(kroner, '.')),
            Language::En => format!("{sign}DKK {}.{rest:02}", thousands(kroner, ',')),
        }
    }
}

/// A whole number with a separator between groups of three digits.
fn thousands(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const DA: Texts = Texts { language: Language::Da };
    const EN: Texts = Texts { language: Language::En };
    const TODAY: Date = date(2026, 11, 22);

    #[test]
    fn dates_are_written_out() {
        assert_eq!(DA.date(date(2026, 1, 1)), "1. januar 2026");
        assert_eq!(DA.date(date(2026, 12, 31)), "31. december 2026");
        assert_eq!(EN.date(date(2026, 1, 1)), "1 January 2026");
        assert_eq!(EN.date(date(2026, 12, 31)), "31 December 2026");
    }

    #[test]
    fn days_are_counted_from_today_in_both_directions() {
        let day = |offset: i32| TODAY.saturating_add(jiff::Span::new().days(offset));
        let danish: Vec<_> = [-2, -1, 0, 1, 2].into_iter().map(|offset| DA.days_until(day(offset), TODAY)).collect();
        assert_eq!(danish, ["2 dage over", "1 dag over", "i dag", "i morgen", "om 2 dage"]);
        let english: Vec<_> = [-2, -1, 0, 1, 2].into_iter().map(|offset| EN.days_until(day(offset), TODAY)).collect();
        assert_eq!(english, ["2 days overdue", "1 day overdue", "today", "tomorrow", "in 2 days"]);
    }

    #[test]
    fn days_are_counted_across_months_and_leap_days() {
        assert_eq!(DA.days_until(date(2028, 3, 1), date(2028, 2, 27)), "om 3 dage");
        assert_eq!(DA.days_until(date(2026, 12, 2), TODAY), "om 10 dage");
        assert_eq!(DA.days_until(date(2028, 11, 22), TODAY), "om 731 dage");
    }

    #[test]
    fn an_answer_of_another_day_shows_its_date() {
        let moment = |text: &str| Moment::new(text.parse().expect("a timestamp"));
        assert_eq!(DA.answered_at(moment("2026-11-22T09:15:30Z"), TODAY), "Svar fra kl. 10:15");
        assert_eq!(EN.answered_at(moment("2026-11-22T09:15:30Z"), TODAY), "Answer from 10:15");
        assert_eq!(DA.answered_at(moment("2026-11-21T09:15:30Z"), TODAY), "Svar fra 21. november 2026 kl. 10:15");
        assert_eq!(EN.answered_at(moment("2026-11-21T23:30:00Z"), TODAY), "Answer from 00:30");
    }

    #[test]
    fn a_moment_is_a_danish_day_and_time() {
        let moment = |text: &str| Moment::new(text.parse().expect("a timestamp"));
        assert_eq!(DA.moment(moment("2026-11-21T23:30:00Z")), "22. november 2026 kl. 00:30");
        assert_eq!(EN.moment(moment("2026-07-01T08:05:00Z")), "1 July 2026 at 10:05");
    }

    #[test]
    fn days_are_named() {
        let days: Vec<_> =
            (16..=22).map(|day| DA.day(date(2026, 11, day)).split(' ').next().unwrap_or_default().to_owned()).collect();
        assert_eq!(days, ["mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"]);
        assert_eq!(EN.day(TODAY), "Sunday 22 November 2026");
    }

    #[test]
    fn an_appointment_that_ends_on_another_day_says_which() {
        let moment = |text: &str| Moment::new(text.parse().expect("a timestamp"));
        let (start, end) = (moment("2026-11-22T20:00:00Z"), moment("2026-11-23T06:00:00Z"));
        assert_eq!(
            DA.appointment_time(start, Some(end), Some(TODAY)),
            "i dag, søndag 22. november 2026 kl. 21:00 til mandag 23. november 2026 kl. 07:00"
        );
        assert_eq!(EN.appointment_time(start, None, Some(TODAY)), "today, Sunday 22 November 2026 at 21:00");
    }

    #[test]
    fn money_is_grouped_and_keeps_its_sign() {
        for (oere, danish, english) in [
            (0, "0,00 kr.", "DKK 0.00"),
            (5, "0,05 kr.", "DKK 0.05"),
            (-5, "\u{2212}0,05 kr.", "\u{2212}DKK 0.05"),
            (99_999, "999,99 kr.", "DKK 999.99"),
            (123_450, "1.234,50 kr.", "DKK 1,234.50"),
            (-123_450, "\u{2212}1.234,50 kr.", "\u{2212}DKK 1,234.50"),
            (12_345_678_900, "123.456.789,00 kr.", "DKK 123,456,789.00"),
            (i64::MIN, "\u{2212}92.233.720.368.547.758,08 kr.", "\u{2212}DKK 92,233,720,368,547,758.08"),
        ] {
            assert_eq!(DA.money(Money::from_oere(oere)), danish);
            assert_eq!(EN.money(Money::from_oere(oere)), english);
        }
    }
}
