//! Checks what a contract says about how many ask its source, and when.

use std::time::Duration;

use jiff::{
    SignedDuration,
    civil::{DateTime, Time, Weekday},
};

use super::{
    examination::{Examination, KeyPath, Noted},
    manifest::{Day, Method, ServiceWindow, Spec},
};
use crate::gate::{self, GateLimits};

/// Longest window that comes once: what lasts longer is no maintenance.
const LONGEST_WINDOW: SignedDuration = SignedDuration::from_hours(24 * 14);
/// A week, of which some part must be left for asking.
const WEEK: Duration = Duration::from_hours(24 * 7);

/// How the source of a contract may be asked.
pub(super) fn limits(examination: &mut Examination<'_>, spec: &Spec) -> Result<GateLimits, Noted> {
    let at = KeyPath::of("spec.limits");
    let declared = &spec.limits;
    let usual = GateLimits::default();
    let windows = at.key("serviceWindows");
    let made: Vec<_> = declared
        .service_windows
        .iter()
        .enumerate()
        .map(|(index, window)| service_window(examination, &windows.index(index), window))
        .collect();
    let made: Vec<_> = made.into_iter().collect::<Result<_, _>>()?;
    if weekly(&made) >= WEEK {
        return Err(examination.wrong_value(&windows, "leave no time in the week for asking the source", None));
    }
    if declared.hedge {
        may_be_asked_twice(examination, spec)?;
    }
    let breaker = declared.breaker.as_ref();
    Ok(GateLimits {
        concurrency: declared.concurrency.unwrap_or(usual.concurrency),
        waiting: declared.waiting.unwrap_or(usual.waiting),
        failures: breaker.and_then(|breaker| breaker.failures).unwrap_or(usual.failures),
        rest: breaker.and_then(|breaker| breaker.open_seconds).map_or(usual.rest, Duration::from_secs),
        hedge: declared.hedge,
        windows: made,
    })
}

/// Asking twice must change nothing at the source.
fn may_be_asked_twice(examination: &mut Examination<'_>, spec: &Spec) -> Result<(), Noted> {
    let at = KeyPath::of("spec.limits.hedge");
    let message = "asks the source twice, which its contract does not say to be harmless";
    if spec.native.is_some() {
        let hint = "a connector in Rust may do anything; leave \"hedge\" out";
        return Err(examination.wrong_value(&at, message, Some(hint.to_owned())));
    }
    let requests = spec.requests.iter().map(|(name, request)| ("requests", name, request.method, request.idempotent));
    let lookups = spec.lookups.iter().map(|(name, lookup)| ("lookups", name, lookup.method, lookup.idempotent));
    let detail = spec.detail.iter().flat_map(|detail| &detail.requests);
    let detail = detail.map(|(name, request)| ("detail.requests", name, request.method, request.idempotent));
    let unsafe_one =
        requests.chain(lookups).chain(detail).find(|(_, _, method, idempotent)| *method != Method::Get && !idempotent);
    match unsafe_one {
        None => Ok(()),
        Some((part, name, ..)) => {
            let hint = format!("if a repeated question changes nothing, say so: {part}.{name}.idempotent: true");
            Err(examination.wrong_value(&at, message, Some(hint)))
        }
    }
}

fn service_window(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    declared: &ServiceWindow,
) -> Result<gate::ServiceWindow, Noted> {
    match declared {
        ServiceWindow::Weekly(weekly) => {
            let at = at.key("weekly");
            let from = time(examination, &at.key("from"), &weekly.from);
            let to = time(examination, &at.key("to"), &weekly.to);
            let days = weekly.days.iter().copied().map(weekday).collect();
            Ok(gate::ServiceWindow::Weekly { days, from: from?, to: to? })
        }
        ServiceWindow::Once(once) => {
            let at = at.key("once");
            let from = day_and_time(examination, &at.key("from"), &once.from);
            let to = day_and_time(examination, &at.key("to"), &once.to);
            let (from, to) = (from?, to?);
            examination.require(to > from, &at.key("to"), "must be after its beginning")?;
            let is_short = from.duration_until(to) <= LONGEST_WINDOW;
            examination.require(is_short, &at.key("to"), "must be within two weeks of its beginning")?;
            Ok(gate::ServiceWindow::Once { from, to })
        }
    }
}

/// How much of a week is closed every week, if no windows overlap.
fn weekly(windows: &[gate::ServiceWindow]) -> Duration {
    let lengths = windows.iter().map(|window| match window {
        gate::ServiceWindow::Weekly { days, from, to } => {
            let length = from.duration_until(*to);
            let length = if to > from { length } else { length + SignedDuration::from_hours(24) };
            length.unsigned_abs().saturating_mul(u32::try_from(days.len()).unwrap_or(u32::MAX))
        }
        gate::ServiceWindow::Once { .. } => Duration::ZERO,
    });
    lengths.fold(Duration::ZERO, Duration::saturating_add)
}

fn time(examination: &mut Examination<'_>, at: &KeyPath, text: &str) -> Result<Time, Noted> {
    let parsed = (text.len() == 5).then(|| Time::strptime("%H:%M", text).ok()).flatten();
    let hint = text.starts_with("24").then(|| "the end of the day is \"00:00\"".to_owned());
    parsed.ok_or_else(|| examination.wrong_value(at, "must be hour and minute in quotes, like \"02:00\"", hint))
}

fn day_and_time(examination: &mut Examination<'_>, at: &KeyPath, text: &str) -> Result<DateTime, Noted> {
    let parsed = (text.len() == 16).then(|| DateTime::strptime("%Y-%m-%dT%H:%M", text).ok()).flatten();
    let message = "must be day, hour and minute by the Danish clock, in quotes, like \"2026-12-24T18:00\"";
    parsed.ok_or_else(|| examination.wrong_value(at, message, None))
}

fn weekday(day: Day) -> Weekday {
    match day {
        Day::Monday => Weekday::Monday,
        Day::Tuesday => Weekday::Tuesday,
        Day::Wednesday => Weekday::Wednesday,
        Day::Thursday => Weekday::Thursday,
        Day::Friday => Weekday::Friday,
        Day::Saturday => Weekday::Saturday,
        Day::Sunday => Weekday::Sunday,
    }
}
