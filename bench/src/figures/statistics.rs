//! Medians and ranges of the rounds, and how they are printed.

use std::time::Duration;

/// One value of each round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rounds(Vec<f64>);

impl Rounds {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Each round's ratio to another's value of the same round.
    pub(crate) fn over(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(own, other)| own / other).collect())
    }

    /// Each round's difference to another's, by the number that lies between.
    pub(crate) fn slope(&self, other: &Self, between: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let between = between as f64;
        Self(self.0.iter().zip(&other.0).map(|(own, other)| (own - other) / between).collect())
    }

    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Median and range.
    pub(crate) fn shown(&self) -> String {
        let least = self.0.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        format!("{} ({}-{})", short(self.median()), short(least), short(most))
    }
}

/// Three figures or so.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// A table in Markdown, its columns aligned for a terminal.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|&cell| cell.to_owned()).collect()] }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub(crate) fn print(&self) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width =
            |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        let widths: Vec<_> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
        for (index, row) in self.rows.iter().enumerate() {
            let cells = widths.iter().zip(row.iter().map(String::as_str).chain(std::iter::repeat("")));
            let line: Vec<_> = cells.map(|(width, cell)| format!("{cell:<width$}")).collect();
            println!("| {} |", line.join(" | "));
            if index == 0 {
                println!(
                    "| {} |",
                    widths.iter().map(|width| "-".repeat((*width).max(3))).collect::<Vec<_>>().join(" | ")
                );
            }
        }
        println!();
    }
}
