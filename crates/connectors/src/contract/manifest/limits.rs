//! How long a source is waited for, how much of it is read, and how many ask it when.

use schemars::JsonSchema;
use serde::Deserialize;

/// How long a source is waited for, how much of it is read, and how many ask it when.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct Limits {
    /// For the whole answer, bodies and look-ups included, in milliseconds. Waiting for room is part of it.
    #[schemars(range(min = 100, max = 10_000))]
    pub(in crate::contract) timeout_ms: u64,
    /// For each body, in KiB.
    #[schemars(range(min = 1, max = 4096))]
    pub(in crate::contract) body_kib: usize,
    /// Most citizens for whom one gateway asks the source at the same time; 64 if nothing is said. Fewer are let through
    /// while the source takes much longer than usual, and more again when it does not.
    #[schemars(range(min = 1, max = 1024))]
    pub(in crate::contract) concurrency: Option<usize>,
    /// Most citizens for whom room is waited for, in the order of arrival, within `timeoutMs`; 64 if nothing is said. For
    /// any more, the section says at once that too many ask.
    #[schemars(range(max = 1024))]
    pub(in crate::contract) waiting: Option<usize>,
    /// When the source is left alone after failing.
    pub(in crate::contract) breaker: Option<Breaker>,
    /// Whether an answer that is later than nineteen of twenty are is asked for once more, for one question in twenty at
    /// most; the first usable answer counts. Only where asking twice changes nothing: all requests and look-ups are by
    /// `GET`, or say `idempotent: true`.
    #[serde(default)]
    pub(in crate::contract) hedge: bool,
    /// When the source is closed. It is not asked then, and the section says until when.
    #[serde(default)]
    #[schemars(length(max = 40))]
    pub(in crate::contract) service_windows: Vec<ServiceWindow>,
}

/// When a source is left alone. After so many failures in a row (it is away, too slow, breaks down, or what it sends cannot
/// be read) nobody asks it for a while; then one question is let through. If that fails, the source is left alone for twice
/// as long, up to five minutes. If it is answered, one after another is let through again, one more at the same time for
/// each good answer, and the source is not left alone again before as much time has passed as the first time.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct Breaker {
    /// So many failures in a row; 5 if nothing is said.
    #[schemars(range(min = 1, max = 100))]
    pub(in crate::contract) failures: Option<u32>,
    /// For so many seconds, the first time; 30 if nothing is said.
    #[schemars(range(min = 1, max = 300))]
    pub(in crate::contract) open_seconds: Option<u64>,
}

/// A time in which the source is closed, by the Danish clock; summer time is seen to. Windows that meet or overlap are one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::contract) enum ServiceWindow {
    /// Every week.
    Weekly(WeeklyWindow),
    /// Once.
    Once(SingleWindow),
}

/// A window of every week.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct WeeklyWindow {
    /// The days on which it begins.
    #[schemars(length(min = 1, max = 7))]
    pub(in crate::contract) days: Vec<Day>,
    /// When it begins: hour and minute in quotes, such as `"02:00"`.
    #[schemars(regex(pattern = "^[0-2][0-9]:[0-5][0-9]$"))]
    pub(in crate::contract) from: String,
    /// When it ends: on the next day if that is not after its beginning, so that `"00:00"` is the end of the day.
    #[schemars(regex(pattern = "^[0-2][0-9]:[0-5][0-9]$"))]
    pub(in crate::contract) to: String,
}

/// A window that comes once.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct SingleWindow {
    /// When it begins: day, hour and minute in quotes, such as `"2026-12-24T18:00"`.
    #[schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-2][0-9]:[0-5][0-9]$"))]
    pub(in crate::contract) from: String,
    /// When it ends.
    #[schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-2][0-9]:[0-5][0-9]$"))]
    pub(in crate::contract) to: String,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::contract) enum Day {
    /// *Mandag*.
    Monday,
    /// *Tirsdag*.
    Tuesday,
    /// *Onsdag*.
    Wednesday,
    /// *Torsdag*.
    Thursday,
    /// *Fredag*.
    Friday,
    /// *Lørdag*.
    Saturday,
    /// *Søndag*.
    Sunday,
}
