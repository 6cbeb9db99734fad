//! Rows as CSV (RFC 4180), for whoever asks for it.

use http::{HeaderMap, header};

use super::statement::{Calls, Row, Sections};
use crate::preference::preferred;

/// The columns; their names are fixed, new ones are added at the end.
const COLUMNS: [&str; 26] = [
    "period",
    "authority",
    "source",
    "calls",
    "answered",
    "timed_out",
    "failed",
    "invalid",
    "refused",
    "ended",
    "p50_ms",
    "p95_ms",
    "p99_ms",
    "with_data_per_cent",
    "sections_answered",
    "sections_partial",
    "sections_stale",
    "sections_pending",
    "sections_timed_out",
    "sections_failed",
    "sections_invalid",
    "sections_refused",
    "sections_suspended",
    "sections_step_up_required",
    "sections_not_covered",
    "sections_kept",
];

/// The media type of what [`to_csv`] writes.
pub const CSV: &str = "text/csv; charset=utf-8; header=present";

/// Whether a client prefers CSV to JSON.
#[must_use]
pub fn wants_csv(headers: &HeaderMap) -> bool {
    let fields: Vec<_> = headers.get_all(header::ACCEPT).iter().filter_map(|field| field.to_str().ok()).collect();
    let known = |kind: &str| match kind.to_ascii_lowercase().as_str() {
        "text/csv" => Some(true),
        "application/json" | "application/*" | "*/*" => Some(false),
        _ => None,
    };
    preferred(&fields.join(","), known).unwrap_or(false)
}

/// The rows.
#[must_use]
pub fn to_csv(rows: &[Row]) -> String {
    let mut text = String::new();
    write_line(&mut text, COLUMNS.into_iter().map(str::to_owned));
    for row in rows {
        write_line(&mut text, fields(row).into_iter());
    }
    text
}

fn fields(row: &Row) -> [String; COLUMNS.len()] {
    fn or_nothing<T: ToString>(value: Option<T>) -> String {
        value.map(|value| value.to_string()).unwrap_or_default()
    }
    let Row { period, authority, source, calls, p50_ms, p95_ms, p99_ms, with_data_per_cent, sections, kept } = row;
    let Calls { all, answered, timed_out, failed, invalid, refused, ended } = calls;
    let text = [period.clone(), or_nothing(authority.as_ref()), or_nothing(source.as_ref())];
    let of_calls = [all, answered, timed_out, failed, invalid, refused, ended].map(u64::to_string);
    let told = [or_nothing(*p50_ms), or_nothing(*p95_ms), or_nothing(*p99_ms), or_nothing(*with_data_per_cent)];
    let Sections {
        answered,
        partial,
        stale,
        pending,
        timed_out,
        failed,
        invalid,
        refused,
        suspended,
        step_up_required,
        not_covered,
    } = sections;
    let of_sections = [
        answered,
        partial,
        stale,
        pending,
        timed_out,
        failed,
        invalid,
        refused,
        suspended,
        step_up_required,
        not_covered,
        kept,
    ];
    let mut all = text.into_iter().chain(of_calls).chain(told).chain(of_sections.map(u64::to_string));
    std::array::from_fn(|_| all.next().unwrap_or_default())
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

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn csv_is_for_whoever_prefers_it() {
        let wants = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            wants_csv(&headers)
        };
        for accept in ["text/csv", "text/csv, application/json", "application/json;q=0.5, Text/CSV", "text/csv;q=0.1"] {
            assert!(wants(accept), "{accept}");
        }
        for accept in ["", "*/*", "application/json", "application/json, text/csv;q=0.9", "text/csv;q=0", "text/html"] {
            assert!(!wants(accept), "{accept}");
        }
        assert!(!wants_csv(&HeaderMap::new()));
    }

    #[test]
    fn a_field_is_no_formula() {
        assert_eq!(written("=cmd|' /C calc'!A0,\"2\""), "\"'=cmd|' /C calc'!A0,\"\"2\"\"\"");
        assert_eq!(written("library"), "library");
    }
}
