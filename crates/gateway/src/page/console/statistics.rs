//! A source's days and months: how often it was called, what came of it and how long it took, drawn and as tables.

#[cfg(test)]
mod tests;

use askama::Template;
use jiff::ToSpan;
use overblik_widgets::Date;

use super::layout::{ConsoleFrame, Layout};
use crate::{
    page::{html, texts::Texts},
    statistics::{BOUNDS_MS, Percentile, Row},
};

/// Days that are shown, today the last.
const SHOWN_DAYS: i32 = 30;
/// Months that are shown, this one the last: the same month of last year is beside it.
const SHOWN_MONTHS: i32 = 13;

/// What the page shows.
#[derive(Clone, Copy, Debug)]
pub struct StatisticsPage<'a> {
    /// The source.
    pub source: &'a str,
    /// The day that it is.
    pub today: Date,
    /// Its last days, as far as something was counted.
    pub days: &'a [Row],
    /// Its last months, likewise.
    pub months: &'a [Row],
}

impl StatisticsPage<'_> {
    /// The first of the days that are shown.
    #[must_use]
    pub fn first_day(today: Date) -> Date {
        today.saturating_sub((SHOWN_DAYS - 1).days())
    }

    /// The first day of the first month that is shown.
    #[must_use]
    pub fn first_month(today: Date) -> Date {
        today.first_of_month().saturating_sub((SHOWN_MONTHS - 1).months())
    }
}

/// Width and height of a chart, in units of its own.
const WIDTH: usize = 620;
const HEIGHT: u64 = 120;
/// What is left free between two bars.
const BETWEEN: usize = 3;

/// A day or a month.
struct Period {
    /// As rows name it.
    name: String,
    /// As people do.
    words: String,
}

/// From where a bar reaches down to the foot, and how high it is.
struct Upright {
    y: u64,
    height: u64,
}

/// A period in a chart.
struct Bar {
    x: usize,
    width: usize,
    whole: Upright,
    /// The part that is drawn over its foot.
    part: Upright,
    /// What whoever points at it reads.
    said: String,
}

/// What is drawn of a period.
struct Drawn {
    whole: u64,
    part: u64,
    said: String,
}

struct Chart {
    title: &'static str,
    /// What its greatest bar stands for.
    greatest: String,
    whole_means: &'static str,
    part_means: &'static str,
    bars: Vec<Bar>,
}

/// A period in a table.
struct Line<'a> {
    period: &'a str,
    cells: Vec<String>,
}

/// Days, or months.
struct Stretch<'a> {
    id: &'static str,
    title: &'static str,
    period_title: &'static str,
    charts: Vec<Chart>,
    /// The newest first.
    lines: Vec<Line<'a>>,
}

#[derive(Template)]
#[template(path = "console_statistics.html")]
struct StatisticsView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    columns: [&'static str; 11],
    stretches: [Stretch<'a>; 2],
}

/// The page of a source's statistics.
#[must_use]
pub fn statistics(frame: &ConsoleFrame<'_>, page: &StatisticsPage<'_>) -> String {
    let texts = frame.texts();
    let first_day = StatisticsPage::first_day(page.today);
    let days: Vec<_> = first_day
        .series(1.day())
        .take_while(|day| *day <= page.today)
        .map(|day| Period {
            name: day.to_string(),
            words: texts.short_day(day.day(), texts.short_month(day), day.year()),
        })
        .collect();
    let first_month = StatisticsPage::first_month(page.today);
    let months: Vec<_> = first_month
        .series(1.month())
        .take_while(|month| *month <= page.today)
        .map(|month| Period {
            name: month.strftime("%Y-%m").to_string(),
            words: texts.short_month_of_year(texts.short_month(month), month.year()),
        })
        .collect();
    let stretch = |id, title, period_title| Stretch { id, title, period_title, charts: Vec::new(), lines: Vec::new() };
    html(&StatisticsView {
        layout: Layout::new(frame, texts.statistics_title()).below(Some(page.source)),
        texts,
        columns: [
            texts.calls_title(),
            texts.calls_answered(),
            texts.calls_timed_out(),
            texts.calls_failed(),
            texts.calls_invalid(),
            texts.calls_refused(),
            texts.calls_ended(),
            texts.half_within(),
            texts.most_within(),
            texts.nearly_all_within(),
            texts.with_data(),
        ],
        stretches: [
            stretch("days", texts.statistics_days(), texts.statistics_day()).of(texts, &days, page.days),
            stretch("months", texts.statistics_months(), texts.statistics_month()).of(texts, &months, page.months),
        ],
    })
}

impl Stretch<'_> {
    /// The same, with the figures of its periods.
    fn of<'a>(self, texts: Texts, periods: &'a [Period], rows: &[Row]) -> Stretch<'a> {
        let known = |period: &'a Period| rows.iter().find(|row| row.period == period.name).map(|row| (period, row));
        let lines: Vec<_> =
            periods.iter().rev().filter_map(known).map(|(period, row)| line(texts, period, row)).collect();
        let charts = if lines.is_empty() {
            Vec::new()
        } else {
            vec![calls(texts, periods, rows), durations(texts, periods, rows)]
        };
        let Self { id, title, period_title, .. } = self;
        Stretch { id, title, period_title, charts, lines }
    }
}

fn line<'a>(texts: Texts, period: &'a Period, row: &Row) -> Line<'a> {
    let calls = &row.calls;
    let counts = [calls.all, calls.answered, calls.timed_out, calls.failed, calls.invalid, calls.refused, calls.ended];
    let times = [row.p50_ms, row.p95_ms, row.p99_ms].map(|time| time_in_words(texts, time));
    let told = counts.iter().map(u64::to_string).chain(times).chain([texts.share_with_data(row.with_data_per_cent)]);
    Line { period: &period.words, cells: told.collect() }
}

fn time_in_words(texts: Texts, time: Option<Percentile>) -> String {
    match time {
        None => texts.none_measured().to_owned(),
        Some(Percentile::AtMost(bound)) => bound.to_string(),
        Some(Percentile::Longer) => texts.longer_than(longest()),
    }
}

/// The last bound, beyond which nothing is told apart.
fn longest() -> u64 {
    BOUNDS_MS.last().copied().unwrap_or_default()
}

fn calls(texts: Texts, periods: &[Period], rows: &[Row]) -> Chart {
    let greatest = rows.iter().map(|row| row.calls.all).max().unwrap_or_default();
    let drawn = |period: &Period, row: &Row| {
        // Whoever did not wait for an answer says nothing of the source.
        let without = row.calls.all.saturating_sub(row.calls.answered).saturating_sub(row.calls.ended);
        let said = texts.calls_of_period(&period.words, row.calls.all, without);
        Drawn { whole: row.calls.all, part: without, said }
    };
    Chart {
        title: texts.calls_title(),
        greatest: texts.up_to(&greatest.to_string()),
        whole_means: texts.calls_whole(),
        part_means: texts.calls_part(),
        bars: bars(periods, rows, greatest, drawn),
    }
}

fn durations(texts: Texts, periods: &[Period], rows: &[Row]) -> Chart {
    let height = |time: Option<Percentile>| match time {
        None => 0,
        Some(Percentile::AtMost(bound)) => bound,
        // As high as the last bound; the words say that it is more.
        Some(Percentile::Longer) => longest(),
    };
    let greatest = rows.iter().map(|row| height(row.p95_ms)).max().unwrap_or_default();
    let drawn = |period: &Period, row: &Row| {
        let [half, most] = [row.p50_ms, row.p95_ms].map(|time| time_in_words(texts, time));
        let said = texts.durations_of_period(&period.words, &half, &most);
        Drawn { whole: height(row.p95_ms), part: height(row.p50_ms), said }
    };
    Chart {
        title: texts.durations_title(),
        greatest: texts.up_to(&format!("{greatest} ms")),
        whole_means: texts.durations_whole(),
        part_means: texts.durations_part(),
        bars: bars(periods, rows, greatest, drawn),
    }
}

/// A bar for each period that has figures, at its place among all.
fn bars(periods: &[Period], rows: &[Row], greatest: u64, drawn: impl Fn(&Period, &Row) -> Drawn) -> Vec<Bar> {
    let slot = WIDTH / periods.len().max(1);
    let upright = |number: u64| {
        // Whatever is not nothing is seen.
        let height = (number.saturating_mul(HEIGHT) / greatest.max(1)).clamp(u64::from(number > 0), HEIGHT);
        Upright { y: HEIGHT.saturating_sub(height), height }
    };
    let bar = |(place, period): (usize, &Period)| {
        let row = rows.iter().find(|row| row.period == period.name)?;
        let Drawn { whole, part, said } = drawn(period, row);
        let (x, width) = (place.saturating_mul(slot), slot.saturating_sub(BETWEEN));
        Some(Bar { x, width, whole: upright(whole), part: upright(part), said })
    };
    periods.iter().enumerate().filter_map(bar).collect()
}

impl Texts {
    /// A share as it may be told: the first and the last step stand for less and for more (decision 44).
    fn share_with_data(self, share: Option<u8>) -> String {
        match share {
            None => self.share_not_told().to_owned(),
            Some(share @ ..=5) => self.at_most_per_cent(share),
            Some(share @ 95..) => self.at_least_per_cent(share),
            Some(share) => self.per_cent(i64::from(share)),
        }
    }
}
