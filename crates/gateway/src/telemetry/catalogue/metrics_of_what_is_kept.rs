//! Metrics of what is written down beside the requests, where it is kept, and of what listeners show.

use super::metric::{Label, Metric, counter, gauge, seconds};

const KEPT: Label = Label { name: "kept", values: "`registry`, `statistics`, `audit`: what is kept there" };
const LISTENER: Label = Label { name: "listener", values: "`server`, `operations`, `admin`: those that speak TLS" };

pub(crate) const REDIS_UP: Metric = gauge(
    "overblik_redis_up",
    &[KEPT],
    (
        "1 if this Redis answered within a second when the metrics were read, of a cluster every master, else 0; that of the sessions is \
         `overblik_session_store_up`",
        "0: the log says why (`Redis is away`). Citizens notice nothing of `registry` and `statistics`; of `audit` see \
         `overblik_audit_waiting`.",
    ),
);

pub(crate) const AUDIT_AWAY: Metric = gauge(
    "overblik_audit_away",
    &[],
    (
        "1 while entries of the audit trail cannot be written, or not surely; else 0, also where none is kept",
        "Make room on the disk, or bring the trail's Redis back, before the queue is full.",
    ),
);

pub(crate) const AUDIT_WAITING: Metric = gauge(
    "overblik_audit_waiting",
    &[],
    (
        "Entries of the audit trail that wait to be written, with those that calls under way have a place for",
        "Near `overblik_audit_queue`: with `audit.when_full: refuse` no source is about to be asked any more, with \
         `drop_and_count` entries are about to be lost.",
    ),
);

pub(crate) const AUDIT_QUEUE: Metric =
    gauge("overblik_audit_queue", &[], ("Entries that may wait (`audit.queue`)", "Compare with what waits."));

pub(crate) const AUDIT_MISSING: Metric = counter(
    "overblik_audit_not_written_total",
    &[],
    (
        "Entries that found no room with `audit.when_full: drop_and_count`, and will never be written",
        "Note it for whoever is responsible for the data; consider `refuse`.",
    ),
);

pub(crate) const CERTIFICATE_LEFT: Metric = seconds(
    "overblik_certificate_left_seconds",
    &[LISTENER],
    (
        "Time until the first certificate of the chain that a listener shows expires; below 0 when it has",
        "Put a new one in the place of its files in time; no restart is needed.",
    ),
);

/// All of this file.
pub(super) const ALL: &[&Metric] =
    &[&REDIS_UP, &AUDIT_AWAY, &AUDIT_WAITING, &AUDIT_QUEUE, &AUDIT_MISSING, &CERTIFICATE_LEFT];
