//! What is told of the figures.

use std::collections::BTreeMap;

use overblik_widgets::{Date, SectionState};
use serde::Serialize;

use super::{counters::name_of, days::Source, figures::Figures, latency::Percentile};

/// With fewer calls on a day than this, everybody but the authority is told just that.
const FEWEST_TOLD: u64 = 5;

/// The header of the CSV; its names are fixed, new ones are added at the end.
const COLUMNS: [&str; 12] = [
    "period",
    "authority",
    "source",
    "version",
    "calls",
    "answered",
    "with_data",
    "with_data_per_cent",
    "ended",
    "p50_ms",
    "p95_ms",
    "p99_ms",
];

/// What a row covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A Danish calendar day.
    Day,
    /// A month, as far as it was asked for.
    Month,
}

/// Figures of one source in one period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// `2026-11-26` or `2026-11`.
    pub period: String,
    /// The authority's code.
    pub authority: String,
    /// The source's slug.
    pub source: String,
    /// The contract's version; none where all are added up.
    pub version: Option<String>,
    /// The figures; none where there were fewer than five calls, which is all that is said.
    pub figures: Option<Told>,
}

/// Figures as they are told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    /// As they were added up.
    #[serde(flatten)]
    pub figures: Figures,
    /// Answers with data, in per cent of the calls that were answered, rounded down; none without answers.
    pub with_data_per_cent: Option<u64>,
    /// What half of the calls did not exceed, in milliseconds, as the bound of a class.
    pub p50_ms: Option<Percentile>,
    /// The same for 95 per cent.
    pub p95_ms: Option<Percentile>,
    /// The same for 99 per cent.
    pub p99_ms: Option<Percentile>,
}

impl Told {
    fn of(figures: Figures) -> Self {
        let percentile = |per_cent| figures.latency.percentile(per_cent);
        let (p50_ms, p95_ms, p99_ms) = (percentile(50), percentile(95), percentile(99));
        let with_data_per_cent = figures.with_data.saturating_mul(100).checked_div(figures.answered);
        Self { figures, with_data_per_cent, p50_ms, p95_ms, p99_ms }
    }
}

fn period(day: Date, by: By) -> String {
    match by {
        By::Day => day.to_string(),
        By::Month => day.strftime("%Y-%m").to_string(),
    }
}

/// Exact rows, by version.
pub(super) fn rows<'a>(days: impl Iterator<Item = (Date, &'a Source, &'a Figures)>, by: By) -> Vec<Row> {
    let mut sums: BTreeMap<(String, &Source), Figures> = BTreeMap::new();
    for (day, source, figures) in days {
        sums.entry((period(day, by), source)).or_default().add(figures);
    }
    let row = |((period, source), figures): ((String, &Source), Figures)| {
        let Source { slug, version, authority } = source.clone();
        Row { period, authority, source: slug, version: Some(version), figures: Some(Told::of(figures)) }
    };
    sums.into_iter().map(row).collect()
}

/// Rows for everybody, of all versions together. Days with fewer than five calls to a source are told as such, and are not in
/// its months either: otherwise a month less its other days would tell them.
pub fn open_total<'a>(days: impl Iterator<Item = (Date, &'a Source, &'a Figures)>, by: By) -> Vec<Row> {
    let mut of_days: BTreeMap<(Date, &str, &str), Figures> = BTreeMap::new();
    for (day, source, figures) in days {
        of_days.entry((day, &source.authority, &source.slug)).or_default().add(figures);
    }
    let mut sums: BTreeMap<(String, &str, &str), Option<Figures>> = BTreeMap::new();
    for ((day, authority, source), figures) in of_days {
        let sum = sums.entry((period(day, by), authority, source)).or_default();
        if figures.calls >= FEWEST_TOLD {
            sum.get_or_insert_default().add(&figures);
        }
    }
    let row = |((period, authority, source), figures): ((String, &str, &str), Option<Figures>)| {
        let (authority, source) = (authority.to_owned(), source.to_owned());
        Row { period, authority, source, version: None, figures: figures.map(Told::of) }
    };
    sums.into_iter().map(row).collect()
}

/// As CSV (RFC 4180): the fixed columns, then `kept`, then one column for each state.
#[must_use]
pub fn to_csv(rows: &[Row]) -> String {
    let states = SectionState::ALL.map(name_of);
    let mut text = String::new();
    let header = COLUMNS.into_iter().chain(["kept"]).chain(states);
    write_line(&mut text, header.map(str::to_owned));
    for row in rows {
        let mut line = vec![row.period.clone(), row.authority.clone(), row.source.clone()];
        line.push(row.version.clone().unwrap_or_default());
        match &row.figures {
            None => {
                line.push("fewer than 5".to_owned());
                line.resize(COLUMNS.len() + 1 + states.len(), String::new());
            }
            Some(Told { figures, with_data_per_cent, p50_ms, p95_ms, p99_ms }) => {
                let Figures { calls, answered, with_data, ended, kept, sections, .. } = figures;
                line.extend([calls, answered, with_data].map(u64::to_string));
                line.push(with_data_per_cent.map(|share| share.to_string()).unwrap_or_default());
                line.push(ended.to_string());
                line.extend(
                    [p50_ms, p95_ms, p99_ms].map(|bound| bound.map(|bound| bound.to_string()).unwrap_or_default()),
                );
                line.push(kept.to_string());
                line.extend(states.map(|state| sections.get(state).copied().unwrap_or_default().to_string()));
            }
        }
        write_line(&mut text, line.into_iter());
    }
    text
}

fn write_line(text: &mut String, fields: impl Iterator<Item = String>) {
    let fields: Vec<String> = fields.map(|field| written(&field)).collect();
    text.push_str(&fields.join(","));
    text.push_str("\r\n");
}

/// A field that no spreadsheet takes for a formula, quoted where it must be.
fn written(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let field = if is_formula { format!("'{field}") } else { field.to_owned() };
    if field.contains([',', '"', '\r', '\n']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}
