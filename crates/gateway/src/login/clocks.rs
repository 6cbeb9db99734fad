//! Whether the identity provider's clock and ours agree. Tokens say from when until when they count by the provider's clock,
//! and are held against ours: the further apart the two are, the sooner nobody can log in. Which of them is wrong, this cannot tell.

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, header};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimeParser};

use crate::{
    clock::Clock,
    telemetry::{ProviderMetrics, ToldAgain},
    tokens::CLOCK_SKEW_S,
};

/// From this difference on it is told: half of what tokens may be off.
const TOLD_FROM: SignedDuration = SignedDuration::from_secs(CLOCK_SKEW_S / 2);

/// How they are told apart in the log, one name for each direction.
const AHEAD: &str = "ahead of ours";
const BEHIND: &str = "behind ours";

/// Our clock beside one provider's. Cheap to clone.
#[derive(Clone)]
pub(super) struct Clocks {
    ours: Clock,
    metrics: ProviderMetrics,
    told: Arc<Mutex<ToldAgain>>,
}

impl Clocks {
    pub(super) fn new(ours: Clock, metrics: ProviderMetrics) -> Self {
        Self { ours, metrics, told: Arc::default() }
    }

    /// The time now, for whoever is about to ask.
    pub(super) fn now(&self) -> Timestamp {
        self.ours.now()
    }

    /// Compares them by an answer to what was asked then, if it says when it was made.
    pub(super) fn compare(&self, asked: Timestamp, headers: &HeaderMap) {
        let Some(date) = made_at(headers) else { return };
        let difference = difference(asked, self.now(), date);
        self.metrics.clock_differs_by(difference.as_secs_f64());
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if difference.abs() < TOLD_FROM {
            told.keep(|_| false);
            return;
        }
        let which = if difference.is_negative() { BEHIND } else { AHEAD };
        if told.is_due("clocks", which) {
            let seconds = difference.as_secs();
            tracing::warn!(
                event = "clocks_differ",
                seconds,
                why = which,
                "the identity provider's clock and ours differ"
            );
        }
    }
}

/// When an answer was made, by the clock of whoever made it. One that a cache kept says when it was made there, and no more.
fn made_at(headers: &HeaderMap) -> Option<Timestamp> {
    if headers.contains_key(header::AGE) {
        return None;
    }
    DateTimeParser::new().parse_timestamp(headers.get(header::DATE)?.as_bytes()).ok()
}

/// By how much the other clock is ahead of ours, at least: the answer was made between asking and getting it, and its time is
/// told in whole seconds. An answer that was long under way proves nothing.
fn difference(asked: Timestamp, answered: Timestamp, date: Timestamp) -> SignedDuration {
    let until = date.checked_add(SignedDuration::from_secs(1)).unwrap_or(date);
    if date > answered {
        date.duration_since(answered)
    } else if until < asked {
        until.duration_since(asked)
    } else {
        SignedDuration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn r11_clocks_differ_by_what_an_answer_proves() {
        let noon = at("2026-11-26T12:00:00Z");
        let after = |ms: i64| noon + SignedDuration::from_millis(ms);
        for (answered_ms, date_ms, seconds) in [
            // Told in whole seconds: 11:59:59.4 stands there as 11:59:59.
            (100, -1_000, 0),
            (100, 0, 0),
            (100, 45_100, 45),
            (100, -31_000, -30),
            // Four seconds under way, and made at any time of them.
            (4_000, 4_000, 0),
            (4_000, 34_000, 30),
            (4_000, -1_000, 0),
            (4_000, -91_000, -90),
        ] {
            let found = difference(noon, after(answered_ms), after(date_ms));
            assert_eq!(found.as_secs(), seconds, "{answered_ms} {date_ms}");
        }
    }

    #[test]
    fn what_a_cache_kept_or_nobody_can_read_is_no_time() {
        let of = |fields: &[(&'static str, &'static str)]| {
            let fields =
                fields.iter().map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_static(value)));
            made_at(&fields.collect())
        };
        let date = ("date", "Thu, 26 Nov 2026 12:00:00 GMT");
        assert_eq!(of(&[date]), Some(at("2026-11-26T12:00:00Z")));
        assert_eq!(of(&[date, ("age", "600")]), None);
        for unreadable in ["", "soon", "2026-11-26T12:00:00Z", "Thu, 26 Nov 99999999999 12:00:00 GMT"] {
            assert_eq!(of(&[("date", unreadable)]), None, "{unreadable}");
        }
        assert_eq!(of(&[]), None);
    }
}
