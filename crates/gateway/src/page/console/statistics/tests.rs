//! What is drawn and written of a source's figures.

use jiff::civil::date;
use overblik_widgets::Language;

use super::*;
use crate::statistics::{Calls, Sections};

const TODAY: Date = date(2026, 11, 26);

fn row(period: &str, all: u64, failed: u64) -> Row {
    let answered = all - failed;
    Row {
        period: period.to_owned(),
        authority: None,
        source: None,
        calls: Calls { all, answered, timed_out: 0, failed, invalid: 0, refused: 0, ended: 0 },
        p50_ms: Some(Percentile::AtMost(150)),
        p95_ms: Some(Percentile::Longer),
        p99_ms: None,
        with_data_per_cent: Some(95),
        sections: Sections {
            answered,
            partial: 0,
            stale: 0,
            pending: 0,
            timed_out: 0,
            failed,
            invalid: 0,
            refused: 0,
            suspended: 0,
            step_up_required: 0,
            not_covered: 0,
        },
        kept: 0,
    }
}

fn page(language: Language, days: &[Row], months: &[Row]) -> String {
    let frame = ConsoleFrame { language, path: "/console/sources/library/statistics", who: None, waiting: 0 };
    statistics(&frame, &StatisticsPage { source: "library", today: TODAY, days, months })
}

#[test]
fn the_last_30_days_and_13_months_are_shown() {
    assert_eq!(StatisticsPage::first_day(TODAY), date(2026, 10, 28));
    assert_eq!(StatisticsPage::first_month(TODAY), date(2025, 11, 1));
}

#[test]
fn a_bar_stands_at_its_period_and_whatever_is_not_nothing_is_seen() {
    let days = [row("2026-10-28", 1000, 1), row("2026-11-26", 500, 250)];
    let text = page(Language::En, &days, &[]);
    // Slots of 20: the first of 30 days, and the last.
    for bar in [
        r#"<rect class="bar-whole" x="0" y="0" width="17" height="120"/><rect class="bar-part" x="0" y="119" width="17" height="1"/>"#,
        r#"<rect class="bar-whole" x="580" y="60" width="17" height="60"/><rect class="bar-part" x="580" y="90" width="17" height="30"/>"#,
    ] {
        assert!(text.contains(bar), "{bar}: {text}");
    }
    assert!(text.contains("<title>26 Nov 2026: calls: 500, of them without a usable answer: 250</title>"));
    assert_eq!(text.matches("<svg").count(), 2, "no months, no charts of them");
    assert!(text.contains("Nothing was counted."));
}

#[test]
fn a_line_tells_every_figure_in_words_of_the_language() {
    let months = [row("2026-11", 12, 2)];
    for (language, line) in [
        (Language::Da, ["nov. 2026", "12", "10", "0", "2", "0", "0", "0", "150", "over 30000", "ingen", "mindst 95 %"]),
        (Language::En, ["Nov 2026", "12", "10", "0", "2", "0", "0", "0", "150", "over 30000", "none", "at least 95%"]),
    ] {
        let [period, cells @ ..] = line;
        let cells = cells.map(|cell| format!("<td>{cell}</td>")).concat();
        let line = format!("<tr><th scope=\"row\">{period}</th>{cells}</tr>");
        let text = page(language, &[], &months);
        assert!(text.contains(&line), "{line}: {text}");
    }
}

#[test]
fn a_share_is_told_as_it_may_be_told() {
    let texts = Texts { language: Language::En };
    let told = [None, Some(5), Some(45), Some(95)].map(|share| texts.share_with_data(share));
    assert_eq!(told, ["not shown", "at most 5%", "45%", "at least 95%"]);
}
