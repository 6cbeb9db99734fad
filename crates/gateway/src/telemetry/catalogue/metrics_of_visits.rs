//! Metrics of what citizens, apps and portals ask for.

use super::metric::{Label, Metric, counter, durations, gauge};

const ROUTE: Label = Label { name: "route", values: "a route as `routes.rs` writes it, or `unmatched`" };
const STATUS: Label = Label { name: "status", values: "the HTTP status, or `other`" };
const CODE: Label = Label { name: "code", values: "a code of `contracts/problems.md`" };
const FACE: Label = Label { name: "face", values: "`json`, `stream`, `page`, `portal`" };
const END: Label = Label {
    name: "end",
    values: "`complete` (every source asked answered), `incomplete` (one failed), `pending` (one was still being asked at \
             the deadline), `left` (the client went away, or the session ended)",
};
const KIND: Label = Label { name: "kind", values: "`login`, `step_up`" };
const LOGIN_END: Label =
    Label { name: "end", values: "`logged_in`, or the code of `contracts/problems.md` that says why not" };
const CAUSE: Label = Label {
    name: "cause",
    values: "`logout`, `citizen` (ended from the list of own sessions), `replaced` (a login from a browser that had one), `another_person` (a \
             step-up came back with somebody else), `tokens` (could not be renewed), `provider` (logged out there), \
             `portal`, `key_removed`, `display_client` (the overview is another one now), `expired` (by itself)",
};

pub(crate) const HTTP_REQUESTS: Metric = counter(
    "overblik_http_requests_total",
    &[ROUTE, STATUS],
    (
        "Requests answered, at the citizens' and the admin's listener",
        "Statuses of 500 are defects: look for `a handler panicked` and the request's reference in the log.",
    ),
);

pub(crate) const HTTP_DURATION: Metric = durations(
    "overblik_http_request_duration_seconds",
    &[ROUTE],
    (
        "Time from a request to the head of its answer; what a page or a stream sends after its head is not in it",
        "Compare with `overblik_source_ask_duration_seconds` and `overblik_lateness_seconds` to see who is slow.",
    ),
);

pub(crate) const HTTP_PROBLEMS: Metric = counter(
    "overblik_http_problems_total",
    &[CODE],
    (
        "Requests that were refused or failed, by the code that the caller was told",
        "`contracts/problems.md` says what each means. `overloaded`, `too-many-requests`, `logins-wait`: too much is asked. \
         `sessions-unavailable`, `login-unavailable`: what the process depends on is away.",
    ),
);

pub(crate) const OVERVIEWS: Metric = counter(
    "overblik_overviews_total",
    &[FACE, END],
    (
        "Overviews that came to an end",
        "A growing share of `incomplete` or `pending` is a source's: see `overblik_sections_total`.",
    ),
);

pub(crate) const OVERVIEW_DURATION: Metric = durations(
    "overblik_overview_duration_seconds",
    &[FACE],
    (
        "Time from an overview's beginning to its last section; of streams and pages also what the client took to read",
        "See which source is slow, and how late the process runs.",
    ),
);

pub(crate) const OVERVIEWS_LATE: Metric = counter(
    "overblik_overviews_late_total",
    &[FACE],
    (
        "Overviews that ended more than 100 ms after their deadline, which is ours to keep whatever sources do",
        "Of `json` and `portal` the process is too busy: add instances, or lower `limits.lateness_ms`. Of `stream` and \
         `page` a slow client counts too.",
    ),
);

pub(crate) const OVERVIEWS_UNDERWAY: Metric = gauge(
    "overblik_overviews_underway",
    &[FACE],
    ("Overviews under way; `stream` are the open event streams", "See `overblik_places_taken`."),
);

pub(crate) const LOGINS_BEGUN: Metric = counter(
    "overblik_logins_begun_total",
    &[KIND],
    ("Browsers sent to the identity provider", "Many more than end: the provider loses them, or somebody plays."),
);

pub(crate) const LOGINS_ENDED: Metric = counter(
    "overblik_logins_ended_total",
    &[LOGIN_END],
    (
        "Logins that came back from the identity provider",
        "Of `login-refused` the log says why (`login refused`). `login-cancelled` is the citizen's own doing.",
    ),
);

pub(crate) const SESSIONS_BEGUN: Metric = counter(
    "overblik_sessions_begun_total",
    &[],
    ("Sessions that a login began", "None for long: can anybody log in?"),
);

pub(crate) const SESSIONS_ENDED: Metric = counter(
    "overblik_sessions_ended_total",
    &[CAUSE],
    (
        "Endings of sessions; of those that run out by themselves the ones that are kept in memory, as Redis forgets them and tells nobody",
        "`another_person` at once, `tokens` in numbers: see the log. `key_removed` is expected after a key is removed.",
    ),
);

pub(crate) const LOG_EVENTS: Metric = counter(
    "overblik_log_events_total",
    &[Label { name: "level", values: "`error`, `warn`, `info`, `debug`, `trace`" }],
    (
        "Log events that were written, by their level",
        "An `error` wants somebody to act: the chapter on log events says how.",
    ),
);

/// All of this file.
pub(super) const ALL: &[&Metric] = &[
    &HTTP_REQUESTS,
    &HTTP_DURATION,
    &HTTP_PROBLEMS,
    &OVERVIEWS,
    &OVERVIEW_DURATION,
    &OVERVIEWS_LATE,
    &OVERVIEWS_UNDERWAY,
    &LOGINS_BEGUN,
    &LOGINS_ENDED,
    &SESSIONS_BEGUN,
    &SESSIONS_ENDED,
    &LOG_EVENTS,
];
