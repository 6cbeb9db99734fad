//! How things stand at a source's gate, for citizens and for operators.

use jiff::Timestamp;
use overblik_widgets::LocalizedText;
use serde::Serialize;

use crate::error::ConnectorError;

/// Why a source is not asked now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// The reason.
    pub reason: ConnectorError,
    /// When it is asked again, where that is known.
    pub until: Option<Timestamp>,
    /// What its authority says about that, if it was announced.
    pub announced: Option<LocalizedText>,
}

/// How a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerStanding {
    /// The source is asked.
    Closed,
    /// It is asked again, since so short a time that the breaker does not open yet.
    OnProbation,
    /// The source is left alone.
    Open,
    /// Its time has passed: one call is, or will be, the probe.
    Probing,
}

/// How things stand at one source's gate. Nothing of it is about a citizen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GateStanding {
    /// The source.
    pub source: String,
    /// The version of its contract that it is asked by.
    pub version: String,
    /// Whether an operator switched it off.
    pub switched_off: bool,
    /// Whether it is suspended in the registry.
    pub suspended: bool,
    /// Whether it was cut off after an answer about somebody else, or from another authority.
    pub cut_off: bool,
    /// Until when its authority's service window lasts, if one is open.
    pub closed_until: Option<Timestamp>,
    /// Its breaker.
    pub breaker: BreakerStanding,
    /// When the breaker lets a probe through, in seconds from now; 0 unless it is open.
    pub probe_in_s: u64,
    /// Answers that are being fetched.
    pub in_use: usize,
    /// Who waits for one of these to end.
    pub waiting: usize,
    /// How many may be fetched at the same time, now.
    pub limit: usize,
    /// How many the contract allows.
    pub maximum: usize,
}
