//! What came of all requests, by phase.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::answers::Verdict;

/// Findings that are kept word for word, of each kind.
const MOST_FINDINGS: usize = 20;

/// What came of all requests so far.
#[derive(Default)]
pub(super) struct Tally {
    phases: Mutex<Vec<Phase>>,
}

/// What came of the requests that began in a phase.
#[derive(Debug)]
pub struct Phase {
    /// What happened in it.
    pub name: &'static str,
    /// How long after its beginning requests may fail.
    pub may_fail_for: Duration,
    began: Instant,
    /// How long it lasted.
    pub lasted: Duration,
    /// How many requests began in it.
    pub requests: u64,
    /// How many overviews said that something is missing, by what.
    pub declared: BTreeMap<String, u64>,
    /// How many streams were told to come back.
    pub reconnects: u64,
    /// How many requests failed, by kind.
    pub failures: BTreeMap<String, u64>,
    /// How many of them began later than they may.
    pub outside: u64,
    /// From the phase's beginning to the end of the last request that failed.
    pub failed_until: Duration,
    /// Longest time for which one citizen got nothing but failures.
    pub longest: Duration,
    /// Sessions that were gone though nobody ended them.
    pub lost: u64,
    /// How many of those there may be.
    pub may_lose: u64,
    /// What must never be.
    pub wrong: u64,
    findings: Vec<String>,
}

impl Tally {
    /// Another phase begins; the one before is over.
    pub(super) fn begin(&self, name: &'static str, may_fail_for: Duration) {
        self.end();
        self.phases().push(Phase {
            name,
            may_fail_for,
            began: Instant::now(),
            lasted: Duration::ZERO,
            requests: 0,
            declared: BTreeMap::new(),
            reconnects: 0,
            failures: BTreeMap::new(),
            outside: 0,
            failed_until: Duration::ZERO,
            longest: Duration::ZERO,
            lost: 0,
            may_lose: 0,
            wrong: 0,
            findings: Vec::new(),
        });
    }

    /// How many sessions may be lost in the last phase, where it is in the nature of what happens.
    pub(super) fn may_lose(&self, sessions: u64) {
        if let Some(last) = self.phases().last_mut() {
            last.may_lose = sessions;
        }
    }

    /// The last phase is over.
    pub(super) fn end(&self) {
        if let Some(last) = self.phases().last_mut() {
            last.lasted = last.began.elapsed();
        }
    }

    /// Notes what came of a request that began then. `failing` is when the citizen's row of failures began, if this is one of a row.
    pub(super) fn note(&self, began: Instant, what: &str, verdict: &Verdict, failing: Option<Instant>) {
        let mut phases = self.phases();
        let Some(phase) = belongs_to(&mut phases, began, matches!(verdict, Verdict::Failed(_) | Verdict::Cut)) else {
            return;
        };
        phase.requests += 1;
        match verdict {
            Verdict::Complete => {}
            Verdict::Declared(what) => *phase.declared.entry(what.clone()).or_default() += 1,
            Verdict::ToReconnect => phase.reconnects += 1,
            Verdict::LoggedOut => {
                phase.lost += 1;
                phase.find(format!("a session was lost: {what}"));
            }
            Verdict::Wrong(why) => {
                phase.wrong += 1;
                phase.find(format!("{what}: {why}"));
            }
            Verdict::Cut => phase.fail(began, what, "cut"),
            Verdict::Failed(kind) => phase.fail(began, what, kind),
        }
        if let Some(failing) = failing {
            phase.longest = phase.longest.max(failing.elapsed());
        }
    }

    /// Everything, when it is over.
    pub(super) fn into_phases(self) -> Vec<Phase> {
        self.phases.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn phases(&self) -> MutexGuard<'_, Vec<Phase>> {
        self.phases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The phase in which a request began; of a request that failed for what happened while it was under way, the phase that began
/// with that.
fn belongs_to(phases: &mut [Phase], began: Instant, fails: bool) -> Option<&mut Phase> {
    let own = phases.iter().rposition(|phase| phase.began <= began)?;
    let may_fail = |phase: &Phase| began.saturating_duration_since(phase.began) < phase.may_fail_for;
    let excused = || phases.get(own..)?.iter().position(may_fail).map(|later| own + later);
    let index = if fails { excused().unwrap_or(own) } else { own };
    phases.get_mut(index)
}

impl Phase {
    fn fail(&mut self, began: Instant, what: &str, kind: &str) {
        *self.failures.entry(kind.to_owned()).or_default() += 1;
        self.failed_until = self.failed_until.max(self.began.elapsed());
        let after = began.saturating_duration_since(self.began);
        if after >= self.may_fail_for {
            self.outside += 1;
            self.find(format!("{what} failed {:.1} s after the beginning: {kind}", after.as_secs_f32()));
        }
    }

    fn find(&mut self, finding: String) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        }
    }

    /// Whether everything was as it must be.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.outside == 0 && self.lost <= self.may_lose && self.wrong == 0 && self.requests > 0
    }

    /// How many requests failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }
}

/// The head of the table whose rows phases are.
pub(super) const HEAD: &str = "| phase | lasted | requests | declared | failed | of which late | may fail for | failed until | one citizen at most | sessions lost | wrong |\n\
    | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f32());
        let listed = |kinds: &BTreeMap<String, u64>| {
            let kinds: Vec<_> = kinds.iter().map(|(kind, count)| format!("{count} × {kind}")).collect();
            if kinds.is_empty() { "0".to_owned() } else { kinds.join(", ") }
        };
        write!(
            f,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {}{} | {} |",
            self.name,
            seconds(self.lasted),
            self.requests,
            listed(&self.declared),
            listed(&self.failures),
            self.outside,
            seconds(self.may_fail_for),
            seconds(self.failed_until),
            seconds(self.longest),
            self.lost,
            if self.may_lose > 0 { format!(" (may be {})", self.may_lose) } else { String::new() },
            self.wrong
        )?;
        self.findings.iter().try_for_each(|finding| write!(f, "\n    {finding}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_a_fault_met_under_way_is_that_fault_s() {
        let tally = Tally::default();
        tally.begin("calm", Duration::ZERO);
        let began = Instant::now();
        tally.note(began, "a page", &Verdict::Complete, None);
        tally.begin("a fault", Duration::from_mins(1));
        tally.note(began, "a page", &Verdict::Cut, None);
        let in_the_fault = Instant::now();
        tally.begin("calm again", Duration::ZERO);
        tally.note(in_the_fault, "a page", &Verdict::Cut, None);
        let phases = tally.into_phases();
        assert_eq!(phases.iter().map(Phase::failed).collect::<Vec<_>>(), [0, 2, 0]);
        assert_eq!(phases.iter().map(|phase| phase.outside).collect::<Vec<_>>(), [0; 3]);
    }

    #[test]
    fn a_failure_within_the_seconds_is_allowed_and_later_ones_are_not() {
        let tally = Tally::default();
        tally.begin("one", Duration::from_mins(1));
        let failed = Verdict::Failed("503".to_owned());
        tally.note(Instant::now(), "a page", &failed, None);
        tally.begin("two", Duration::ZERO);
        tally.note(Instant::now(), "a page", &Verdict::Cut, Some(Instant::now()));
        tally.begin("three", Duration::ZERO);
        tally.note(Instant::now(), "a page", &Verdict::LoggedOut, None);
        tally.begin("four", Duration::ZERO);
        tally.note(Instant::now(), "a page", &Verdict::Wrong("somebody else's".to_owned()), None);
        tally.begin("five", Duration::ZERO);
        tally.note(Instant::now(), "a page", &Verdict::Declared("daycare failed".to_owned()), None);
        tally.begin("nothing was asked", Duration::ZERO);
        tally.end();
        let phases = tally.into_phases();
        assert_eq!(phases.iter().map(Phase::is_well).collect::<Vec<_>>(), [true, false, false, false, true, false]);
        assert_eq!(phases.iter().map(Phase::failed).collect::<Vec<_>>(), [1, 1, 0, 0, 0, 0]);
        assert!(phases[3].to_string().contains("somebody else's"), "{}", phases[3]);
    }
}
