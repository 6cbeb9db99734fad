//! Metrics of sources and their gates.

use super::metric::{Label, Metric, counter, durations, gauge};

const SOURCE: Label = Label { name: "source", values: "a source's slug" };
const VERSION: Label = Label { name: "version", values: "the version of its contract" };
const END: Label = Label {
    name: "end",
    values: "`answered`, `timed_out`, `failed`, `invalid`, `refused`, `ended` (by us: nobody waited)",
};
const REASON: Label =
    Label { name: "reason", values: "a name of the table in `crates/connectors/src/error.rs`, such as `timed_out`" };
const STATE: Label = Label { name: "state", values: "a section's state, such as `ready`" };
const BREAKER: Label = Label { name: "state", values: "`closed`, `on_probation`, `open`, `probing`" };
const STOPPED: Label = Label {
    name: "by",
    values: "`operator`, `registry`, `wrong_answer` (cut off after an answer about somebody else), `window` (announced)",
};

pub(crate) const ASKS: Metric = counter(
    "overblik_source_asks_total",
    &[SOURCE, END],
    (
        "Asks of a source that came to an end",
        "See `overblik_source_failures_total` for why, and the authority's contact.",
    ),
);

pub(crate) const FAILURES: Metric = counter(
    "overblik_source_failures_total",
    &[SOURCE, REASON],
    (
        "Asks that brought nothing, also those that the source's gate did not let through",
        "`wrong_person`, `wrong_authority`: at once, see docs/alerts.md. `credentials_refused`, `nothing_to_show`: our keys. \
         `malformed`, `contract_broken`, `too_large`: the authority changed its answers. `panicked`: our defect.",
    ),
);

pub(crate) const ASK_DURATION: Metric = durations(
    "overblik_source_ask_duration_seconds",
    &[SOURCE],
    ("Time that an ask of a source took, of those that we did not end ourselves", "Tell the authority if it grows."),
);

pub(crate) const SECTIONS: Metric = counter(
    "overblik_sections_total",
    &[SOURCE, STATE],
    ("Sections handed out", "What citizens see of a source: anything but `ready` and `empty` in numbers has a cause."),
);

pub(crate) const SECTIONS_KEPT: Metric = counter(
    "overblik_sections_kept_total",
    &[SOURCE],
    (
        "Sections shown from an answer that was kept in the session, without an ask",
        "None at all while there are overviews: is what is kept lost (`an answer was not kept` in the log)?",
    ),
);

pub(crate) const BREAKER_STATE: Metric = gauge(
    "overblik_source_breaker",
    &[SOURCE, VERSION, BREAKER],
    (
        "1 at the state that the source's breaker is in, 0 at the others",
        "Open: the source failed several times in a row.",
    ),
);

pub(crate) const STOPPED_BY: Metric = gauge(
    "overblik_source_stopped",
    &[SOURCE, VERSION, STOPPED],
    (
        "1 where the source is not asked at all for this cause, else 0",
        "`wrong_answer` lasts until an operator lets the source in again; only after its authority has said why.",
    ),
);

pub(crate) const IN_FLIGHT: Metric = gauge(
    "overblik_source_asks_in_flight",
    &[SOURCE, VERSION],
    ("Asks of the source that are under way", "Compare with `overblik_source_asks_limit`."),
);

pub(crate) const WAITING: Metric = gauge(
    "overblik_source_asks_waiting",
    &[SOURCE, VERSION],
    (
        "Asks that wait for another one of the source to end",
        "For long: the source is too slow for what is asked of it.",
    ),
);

pub(crate) const LIMIT: Metric = gauge(
    "overblik_source_asks_limit",
    &[SOURCE, VERSION],
    (
        "How many asks of the source may be under way now; less than its contract says while it is slow",
        "Low for long: the source is not well.",
    ),
);

/// All of this file.
pub(super) const ALL: &[&Metric] = &[
    &ASKS,
    &FAILURES,
    &ASK_DURATION,
    &SECTIONS,
    &SECTIONS_KEPT,
    &BREAKER_STATE,
    &STOPPED_BY,
    &IN_FLIGHT,
    &WAITING,
    &LIMIT,
];
