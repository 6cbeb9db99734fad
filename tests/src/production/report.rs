//! What a small production came to.

use std::fmt;

use super::tally::{HEAD, Phase};

/// What a small production came to.
#[derive(Debug)]
pub struct Report {
    pub(super) title: &'static str,
    /// What came of all requests, by phase.
    pub phases: Vec<Phase>,
    /// How often tokens were renewed at the provider.
    pub refreshes: usize,
    /// How often a refresh token was sent a second time.
    pub replays: usize,
    /// How often the provider was asked by a key that it did not know.
    pub unknown_clients: usize,
    /// How many texts of their own the citizens were shown.
    pub own_texts: u64,
    /// How much was found in answers that must never be there.
    pub found: u64,
    pub(super) findings: Vec<String>,
    /// How often another Redis became the master, where sentinels tell.
    pub failovers: Option<usize>,
    pub(super) sizes: Vec<String>,
    pub(super) logs: String,
}

impl Report {
    /// Whether no session was lost, no answer was wrong, and nothing failed but in the stated seconds.
    #[must_use]
    pub fn is_well(&self) -> bool {
        let clean = self.found == 0 && self.replays == 0 && self.unknown_clients == 0;
        clean && self.own_texts > 0 && self.phases.iter().all(Phase::is_well)
    }

    /// The last warnings of the gateways' logs.
    #[must_use]
    pub fn logs(&self) -> &str {
        &self.logs
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |of: fn(&Phase) -> u64| self.phases.iter().map(of).sum::<u64>();
        writeln!(f, "{}\n\n{HEAD}", self.title)?;
        self.phases.iter().try_for_each(|phase| writeln!(f, "{phase}"))?;
        writeln!(
            f,
            "\n{} requests, {} failed ({} of them late), {} sessions lost, {} wrong answers; {} own texts shown; {} tokens \
             renewed, {} sent twice; {} assertions not believed; found in answers: {}",
            sum(|phase| phase.requests),
            sum(Phase::failed),
            sum(|phase| phase.outside),
            sum(|phase| phase.lost),
            sum(|phase| phase.wrong),
            self.own_texts,
            self.refreshes,
            self.replays,
            self.unknown_clients,
            self.found
        )?;
        self.findings.iter().try_for_each(|finding| writeln!(f, "    {finding}"))?;
        if let Some(failovers) = self.failovers {
            writeln!(f, "{failovers} times another Redis became the master")?;
        }
        if !self.sizes.is_empty() {
            writeln!(f, "\n| what | size |\n| --- | --- |")?;
        }
        self.sizes.iter().try_for_each(|size| writeln!(f, "{size}"))
    }
}
