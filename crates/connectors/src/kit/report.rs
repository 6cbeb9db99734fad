//! The report of the conformance kit: what was expected, and what came.

use std::fmt;

use serde::Serialize;

use super::{planned::describe, trial::Came};
use crate::explanation::Reason;

/// The version of the report's shape. Keys are only ever added under one version.
const SCHEMA: &str = "overblik/contract-report/v1";

/// Most reasons that are told of one check where people read it; the JSON has them all.
const MOST_REASONS: usize = 3;

/// What became of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// What came is what was expected.
    Passed,
    /// It is not.
    Failed,
    /// The contract or its recordings have nothing that could be checked; the reason says what.
    NotApplicable,
}

/// One check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// A stable name (`fault.stalled`, `content.unknown-code:widgets[0].renewal`).
    pub id: String,
    /// What became of it.
    pub verdict: Verdict,
    /// What was expected.
    pub expected: Box<str>,
    /// What came.
    pub came: String,
    /// Why it failed, or why it does not apply; `None` when it passed.
    pub reason: Option<String>,
    /// What in the answers is not as the contract says, for the contract's author; nothing when it passed.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub reasons: Box<[Reason]>,
    /// How long the answers took, in milliseconds.
    pub milliseconds: u64,
}

impl Check {
    /// A check that does not apply.
    pub(super) fn not_applicable(id: impl Into<String>, expected: &str, reason: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            verdict: Verdict::NotApplicable,
            expected: expected.into(),
            came: String::new(),
            reason: Some(reason.into()),
            reasons: Box::default(),
            milliseconds: 0,
        }
    }

    /// A check of something that takes no time.
    pub(super) fn of(id: &str, expected: &str, wrong: Option<String>) -> Self {
        Self {
            id: id.to_owned(),
            verdict: if wrong.is_none() { Verdict::Passed } else { Verdict::Failed },
            expected: expected.into(),
            came: wrong.clone().unwrap_or_else(|| "so it is".to_owned()),
            reason: wrong,
            reasons: Box::default(),
            milliseconds: 0,
        }
    }

    /// The check with what came, and why it came if it is not what was expected.
    pub(super) fn with(mut self, came: &Came) -> Self {
        self.came = describe(came);
        self.milliseconds = u64::try_from(came.took.as_millis()).unwrap_or(u64::MAX);
        if self.verdict == Verdict::Failed {
            self.reasons = came.reasons.clone().into();
        }
        self
    }
}

/// Which contract was checked.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// The source's slug.
    pub name: String,
    /// The authority's code.
    pub authority: String,
    /// The contract's version.
    pub version: String,
    /// The SHA-256 of the contract's file.
    pub sha256: String,
}

/// How many checks became what.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Tally {
    /// How many passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// How many do not apply.
    pub not_applicable: usize,
}

/// The report about one contract.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The version of this shape.
    pub schema: &'static str,
    /// The version of the kit.
    pub kit: &'static str,
    /// Which contract.
    pub contract: Checked,
    /// Whether the authority's own test endpoint was asked too, and which.
    pub test_endpoint: Option<String>,
    /// How many checks became what.
    pub tally: Tally,
    /// The checks, in a fixed order.
    pub checks: Vec<Check>,
}

impl Report {
    pub(super) fn new(contract: Checked, test_endpoint: Option<String>, checks: Vec<Check>) -> Self {
        let count = |verdict| checks.iter().filter(|check| check.verdict == verdict).count();
        let tally = Tally {
            passed: count(Verdict::Passed),
            failed: count(Verdict::Failed),
            not_applicable: count(Verdict::NotApplicable),
        };
        Self { schema: SCHEMA, kit: env!("CARGO_PKG_VERSION"), contract, test_endpoint, tally, checks }
    }

    /// Whether no check failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.tally.failed == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Checked { name, authority, version, sha256 } = &self.contract;
        writeln!(f, "{authority}/{name} {version}  sha256 {sha256}")?;
        let width = self.checks.iter().map(|check| check.id.len()).max().unwrap_or(0);
        for check in &self.checks {
            let mark = match check.verdict {
                Verdict::Passed => "passed",
                Verdict::Failed => "FAILED",
                Verdict::NotApplicable => "n/a   ",
            };
            let told = match (check.verdict, &check.reason) {
                (Verdict::Passed, _) => format!("{} ({} ms)", check.came, check.milliseconds),
                (_, reason) => reason.clone().unwrap_or_default(),
            };
            writeln!(f, "  {mark}  {:width$}  {told}", check.id)?;
            if check.verdict == Verdict::Failed {
                writeln!(f, "          expected: {}\n          came:     {}", check.expected, check.came)?;
                for reason in check.reasons.iter().take(MOST_REASONS) {
                    writeln!(f, "          why:      {reason}")?;
                }
            }
        }
        let Tally { passed, failed, not_applicable } = self.tally;
        write!(f, "{passed} passed, {failed} failed, {not_applicable} not applicable")
    }
}
