//! What a storm came to.

use std::{fmt, time::Duration};

/// What a storm came to.
#[derive(Debug)]
pub struct StormReport {
    pub(super) seed: u64,
    pub(super) took: Duration,
    /// Answers that came.
    pub responses: u64,
    /// Answers that were given up in the middle.
    pub cut_short: u64,
    /// Texts of their own citizens that answers held.
    pub own_texts: u64,
    /// Persons who were shown something of their own.
    pub persons_shown: usize,
    /// Logins that finished.
    pub logins: u64,
    /// Step-ups that finished.
    pub step_ups: u64,
    /// Logouts that finished.
    pub logouts: u64,
    /// Logins and logouts that were given up or broken: each may have left a session that no browser knows.
    pub uncertain: u64,
    /// Requests that nobody answered.
    pub broken: u64,
    /// Views that were ended though nobody ended their session, as far as the browser knew.
    pub cut: u64,
    /// What must not be.
    pub found: u64,
    /// The first of those, in words.
    pub findings: Vec<String>,
    /// Answers by status.
    pub statuses: Vec<(String, u64)>,
}

impl StormReport {
    /// How many answers said that the gateway could not do what it was asked for just now.
    #[must_use]
    pub fn refused(&self) -> u64 {
        let refused = |status: &str| status.starts_with("429") || status.starts_with('5');
        self.statuses.iter().filter(|(status, _)| refused(status)).map(|(_, count)| count).sum()
    }
}

impl fmt::Display for StormReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, responses, cut_short, own_texts, persons_shown, logins, step_ups, logouts, .. } = self;
        let Self { uncertain, broken, cut, found, .. } = self;
        let seconds = self.took.as_secs_f32();
        writeln!(f, "storm with seed {seed}: {responses} answers in {seconds:.1} s, {cut_short} of them given up")?;
        writeln!(f, "  {own_texts} texts of their own were shown to {persons_shown} persons")?;
        writeln!(f, "  {logins} logins, {step_ups} step-ups, {logouts} logouts; {uncertain} given up or broken")?;
        writeln!(f, "  {broken} requests without an answer, {cut} views cut; answers by status: {:?}", self.statuses)?;
        writeln!(f, "  found: {found}")?;
        self.findings.iter().try_for_each(|finding| writeln!(f, "    {finding}"))
    }
}
