//! What a metric is.

use prometheus_client::registry;

/// How a metric changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, from the process's start on.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How often something took how long.
    Histogram,
}

impl Kind {
    /// As it is written where metrics are read.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// What a metric is measured in, where that is not a number of things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// As a metric's name ends.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
        }
    }

    pub(in crate::telemetry) fn exposed(self) -> registry::Unit {
        match self {
            Self::Seconds => registry::Unit::Seconds,
            Self::Bytes => registry::Unit::Bytes,
        }
    }
}

/// What tells the series of one metric apart: a closed set of values, none of which is anything of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// Which values it takes.
    pub values: &'static str,
}

/// A metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its whole name, with unit and, of a counter, `_total`.
    pub name: &'static str,
    /// How it changes.
    pub kind: Kind,
    /// What it is measured in.
    pub unit: Option<Unit>,
    /// What tells its series apart.
    pub labels: &'static [Label],
    /// What it says: a phrase without a full stop.
    pub meaning: &'static str,
    /// When to do something, and what.
    pub action: &'static str,
}

impl Metric {
    /// Its name without what its kind and its unit add.
    pub(in crate::telemetry) fn stem(&self) -> &'static str {
        let name = self.name.strip_suffix("_total").unwrap_or(self.name);
        let unit = self.unit.and_then(|unit| name.strip_suffix(unit.name())?.strip_suffix('_'));
        unit.unwrap_or(name)
    }
}

type Told = (&'static str, &'static str);

pub(super) const fn counter(name: &'static str, labels: &'static [Label], (meaning, action): Told) -> Metric {
    Metric { name, kind: Kind::Counter, unit: None, labels, meaning, action }
}

pub(super) const fn gauge(name: &'static str, labels: &'static [Label], (meaning, action): Told) -> Metric {
    Metric { name, kind: Kind::Gauge, unit: None, labels, meaning, action }
}

pub(super) const fn seconds(name: &'static str, labels: &'static [Label], (meaning, action): Told) -> Metric {
    Metric { name, kind: Kind::Gauge, unit: Some(Unit::Seconds), labels, meaning, action }
}

pub(super) const fn bytes(name: &'static str, labels: &'static [Label], (meaning, action): Told) -> Metric {
    Metric { name, kind: Kind::Gauge, unit: Some(Unit::Bytes), labels, meaning, action }
}

pub(super) const fn durations(name: &'static str, labels: &'static [Label], (meaning, action): Told) -> Metric {
    Metric { name, kind: Kind::Histogram, unit: Some(Unit::Seconds), labels, meaning, action }
}
