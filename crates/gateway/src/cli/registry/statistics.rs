//! Statistics: how often a source was called, and what came of it.

use clap::Args;
use jiff::civil::Date;
use overblik_registry::Slug;
use serde_json::Value;

use super::{Connection, Failure, Format, Told, Verb, read_slug};

#[derive(Args)]
pub(in crate::cli) struct StatisticsArguments {
    /// The source
    #[arg(value_name = "SOURCE", value_parser = read_slug)]
    source: Slug,
    /// The days of a month (`2026-11`); the days of this month where it is left out
    #[arg(long, value_name = "MONTH", value_parser = read_month)]
    month: Option<Date>,
    /// Print it as CSV
    #[arg(long)]
    csv: bool,
}

impl Verb for StatisticsArguments {
    async fn ask(&self, connection: &Connection) -> Result<Told, Failure> {
        let days = self.month.map(|month| format!("?from={month}&to={}", month.last_of_month()));
        let path = format!("/admin/v1/sources/{}/statistics{}", self.source, days.unwrap_or_default());
        if !self.csv {
            let view = connection.read(&path).await?.body;
            return Ok(Told::new(table(&view), view));
        }
        if connection.format == Format::Json {
            return Err(Failure::unasked(&"--csv is a format of its own: leave out --format json"));
        }
        let csv = connection.read_csv(&path).await?;
        Ok(Told::new(csv.trim_end(), Value::Null))
    }
}

fn read_month(text: &str) -> Result<Date, String> {
    format!("{text}-01").parse().map_err(|_| "write a month as 2026-11".to_owned())
}

/// A line for each row, for people.
fn table(view: &Value) -> String {
    let rows = view.get("rows").and_then(Value::as_array).into_iter().flatten();
    let lines: Vec<_> = rows.map(line).collect();
    if lines.is_empty() {
        return "nothing was counted".to_owned();
    }
    let header = [
        "period",
        "calls",
        "answered",
        "timed out",
        "failed",
        "invalid",
        "refused",
        "ended",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "with data",
    ];
    let header = header.map(ToOwned::to_owned);
    let table = std::iter::once(&header).chain(&lines).map(|cells| {
        let cells = cells.iter().map(|cell| format!("{cell:>10}"));
        cells.collect::<Vec<_>>().join("  ")
    });
    table.collect::<Vec<_>>().join("\n")
}

fn line(row: &Value) -> [String; 12] {
    let told = |pointer: &str| match row.pointer(pointer) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    let share = match row.get("with_data_per_cent").and_then(Value::as_u64) {
        None => "-".to_owned(),
        // The first and the last step stand for what lies beyond them too.
        Some(5) => "5 % or less".to_owned(),
        Some(95) => "95 % or more".to_owned(),
        Some(share) => format!("{share} %"),
    };
    let [period, all, answered, timed_out, failed, invalid, refused, ended, p50, p95, p99] = [
        "/period",
        "/calls/all",
        "/calls/answered",
        "/calls/timed_out",
        "/calls/failed",
        "/calls/invalid",
        "/calls/refused",
        "/calls/ended",
        "/p50_ms",
        "/p95_ms",
        "/p99_ms",
    ]
    .map(told);
    [period, all, answered, timed_out, failed, invalid, refused, ended, p50, p95, p99, share]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_month_is_a_month_and_a_share_that_is_not_told_is_no_nought() {
        assert_eq!(read_month("2026-11").map(|month| month.to_string()), Ok("2026-11-01".to_owned()));
        for wrong in ["2026-13", "2026-11-01", "november", "", "2026-11-01&to=2027-01-01#"] {
            assert!(read_month(wrong).is_err(), "{wrong}");
        }
        assert_eq!(table(&json!({ "rows": [] })), "nothing was counted");
        let calls =
            json!({ "all": 12, "answered": 7, "timed_out": 1, "failed": 2, "invalid": 0, "refused": 0, "ended": 2 });
        let row = json!({ "period": "2026-11-22", "calls": calls, "p50_ms": 25, "p95_ms": 8000, "p99_ms": "over 30000", "with_data_per_cent": null });
        let told = table(&json!({ "rows": [row] }));
        let words: Vec<_> = told.lines().nth(1).expect("a row").split_whitespace().collect();
        assert_eq!(words, ["2026-11-22", "12", "7", "1", "2", "0", "0", "2", "25", "8000", "over", "30000", "-"]);
    }
}
