//! Metrics of the process, and of what it depends on.

use super::metric::{Kind, Label, Metric, Unit, bytes, counter, durations, gauge, seconds};

const OPERATION: Label = Label { name: "operation", values: "what was asked of the store, such as `find`" };
const OF: Label = Label { name: "of", values: "`citizens`, `console`: whose identity provider" };
const WHAT: Label = Label { name: "what", values: "`metadata`, `keys`" };
const FETCHED: Label = Label { name: "outcome", values: "`fetched`, `failed`" };
const POSTED: Label = Label {
    name: "outcome",
    values: "`answered`, `refused` (the request), `disbelieved` (us), `unavailable`, `no_answer`, `not_sent`",
};
const FILE: Label = Label {
    name: "file",
    values: "`session_keys`, `client_keys`, `portal_keys`, `index_keys`, `audit_keys`, `admin_client_keys`, `operator_keys`",
};

pub(crate) const STORE_UP: Metric = gauge(
    "overblik_session_store_up",
    &[],
    (
        "1 if the session store answered within a second when the metrics were read, else 0",
        "0: nobody can log in and no overview is shown. See docs/redis.md.",
    ),
);

pub(crate) const STORE_DURATION: Metric = durations(
    "overblik_session_store_duration_seconds",
    &[OPERATION],
    ("Time that the session store took, failures included", "Growing: Redis, or the network to it, is slow."),
);

pub(crate) const STORE_FAILURES: Metric = counter(
    "overblik_session_store_failures_total",
    &[OPERATION],
    ("Questions that the session store did not answer", "The log says why (`Redis is away`)."),
);

pub(crate) const REGISTRY_AGE: Metric = seconds(
    "overblik_registry_agreement_age_seconds",
    &[],
    (
        "Time since this instance last knew what the registry says: 0 while it is in contact, and where there is no registry",
        "Above a minute: what is suspended meanwhile is still asked here. Mend the way to the registry, or stop the instance.",
    ),
);

pub(crate) const REGISTRY_REFUSED: Metric = gauge(
    "overblik_registry_sources_refused",
    &[],
    (
        "Sources whose version in the registry cannot be asked at this instance",
        "The log says why (`a version that the registry names is not asked here`).",
    ),
);

pub(crate) const PROVIDER_FETCHES: Metric = counter(
    "overblik_provider_fetches_total",
    &[OF, WHAT, FETCHED],
    (
        "Fetches of what the identity provider publishes",
        "What was fetched earlier serves for a day; after that nobody can log in.",
    ),
);

pub(crate) const PROVIDER_POSTS: Metric = counter(
    "overblik_provider_posts_total",
    &[OF, POSTED],
    (
        "Requests to the identity provider's endpoints for tokens, pushed parameters and revocation",
        "`disbelieved`: it does not know our key or secret (any more). `unavailable`, `no_answer`, `not_sent`: it is away.",
    ),
);

pub(crate) const PROVIDER_DURATION: Metric = durations(
    "overblik_provider_post_duration_seconds",
    &[OF],
    ("Time that such a request took", "Growing: logins take so much longer."),
);

pub(crate) const PROVIDER_CLOCK: Metric = seconds(
    "overblik_provider_clock_difference_seconds",
    &[OF],
    (
        "By how much the identity provider's clock was ahead of ours, at least, when it last answered; below 0 when behind",
        "Tokens may be 60 seconds off; beyond that nobody can log in. Look at the time service of this machine first.",
    ),
);

pub(crate) const PLACES_TAKEN: Metric = gauge(
    "overblik_places_taken",
    &[],
    ("Places of overviews that are taken", "Near `limits.overviews_in_flight`: overviews are about to be refused."),
);

pub(crate) const LATENESS: Metric = seconds(
    "overblik_lateness_seconds",
    &[],
    (
        "How long what could go on has waited for its turn, in the long run",
        "Above half of `limits.lateness_ms` new logins wait; at the limit overviews are refused. Add instances.",
    ),
);

pub(crate) const LATENESS_LIMIT: Metric = seconds(
    "overblik_lateness_limit_seconds",
    &[],
    (
        "`limits.lateness_ms`: from so much lateness on overviews are refused; 0 where there is no limit",
        "What `overblik_lateness_seconds` is to be compared with.",
    ),
);

pub(crate) const LOGINS_WAIT: Metric = gauge(
    "overblik_logins_wait",
    &[],
    ("1 while new logins wait for their turn, else 0", "Add instances if it lasts."),
);

pub(crate) const FILE_AGE: Metric = seconds(
    "overblik_keys_file_age_seconds",
    &[FILE],
    (
        "Time since the file of keys was last written, the oldest where there are several",
        "Exchange keys as often as your rules say.",
    ),
);

pub(crate) const FILE_UNUSABLE: Metric = gauge(
    "overblik_keys_file_unusable",
    &[FILE],
    (
        "1 while the file of keys as it is now cannot be used, and the former keys go on being used; else 0",
        "The log says what is wrong with it. A key that somebody meant to remove still counts until it is mended.",
    ),
);

pub(crate) const CPU: Metric = Metric {
    name: "process_cpu_seconds_total",
    kind: Kind::Counter,
    unit: Some(Unit::Seconds),
    labels: &[],
    meaning: "Processor time that the process has used",
    action: "Compare with the processors that it may use.",
};

pub(crate) const MEMORY: Metric = bytes(
    "process_resident_memory_bytes",
    &[],
    ("Memory that the process holds", "See docs/performance.md for sizes."),
);

pub(crate) const MEMORY_LIMIT: Metric = bytes(
    "overblik_memory_limit_bytes",
    &[],
    (
        "Memory that the process may hold: its control group's, or else the machine's",
        "Near it: the kernel will end it.",
    ),
);

pub(crate) const FDS: Metric = gauge(
    "process_open_fds",
    &[],
    ("File descriptors that are open", "Each connection is one; compare with the limit."),
);

pub(crate) const FDS_LIMIT: Metric = gauge(
    "process_max_fds",
    &[],
    ("File descriptors that may be open", "Raise it with `LimitNOFILE=` or `ulimit -n`."),
);

pub(crate) const STARTED: Metric = seconds(
    "process_start_time_seconds",
    &[],
    (
        "When the process started, in seconds since 1970",
        "Often anew: see why it ended, in the log of whoever starts it.",
    ),
);

pub(crate) const BUILD: Metric = gauge(
    "overblik_build_info",
    &[Label { name: "version", values: "the version of this program" }],
    ("1, for the version that runs", "More than one version for long: an exchange was not finished."),
);

pub(crate) const TRACE_SPANS: Metric = counter(
    "overblik_trace_spans_total",
    &[Label {
        name: "end",
        values: "`sent`, `dropped` (the collector did not take it, or said in a good answer that it refused it, or too many waited)",
    }],
    (
        "Spans of traces, where `traces.endpoint` is set",
        "Growing `dropped`: see `the collector of traces takes` in the log; lower `traces.share` if it is too slow.",
    ),
);

/// All of this file.
pub(super) const ALL: &[&Metric] = &[
    &STORE_UP,
    &STORE_DURATION,
    &STORE_FAILURES,
    &REGISTRY_AGE,
    &REGISTRY_REFUSED,
    &PROVIDER_FETCHES,
    &PROVIDER_POSTS,
    &PROVIDER_DURATION,
    &PROVIDER_CLOCK,
    &PLACES_TAKEN,
    &LATENESS,
    &LATENESS_LIMIT,
    &LOGINS_WAIT,
    &FILE_AGE,
    &FILE_UNUSABLE,
    &CPU,
    &MEMORY,
    &MEMORY_LIMIT,
    &FDS,
    &FDS_LIMIT,
    &STARTED,
    &BUILD,
    &TRACE_SPANS,
];
