//! Counts logins, sessions, and what is asked of their store.

use std::time::Duration;

use prometheus_client::metrics::{counter::Counter, histogram::Histogram};

use super::{
    catalogue::{
        metrics_of_the_process::{STORE_DURATION, STORE_FAILURES},
        metrics_of_visits::{LOGINS_BEGUN, LOGINS_ENDED, SESSIONS_BEGUN, SESSIONS_ENDED},
    },
    metrics::{Book, Counters, Metrics, labels},
};

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The citizen logged out.
    Logout,
    /// The citizen ended it from the list of their own.
    Citizen,
    /// Another login took its place.
    Replaced,
    /// A step-up came back with somebody else.
    AnotherPerson,
    /// Its tokens could not be renewed.
    Tokens,
    /// The provider said that they logged out there.
    Provider,
    /// A portal said that it shows nothing more, or a citizen told it so.
    Portal,
    /// The master key that sealed it was removed.
    KeyRemoved,
    /// The overview is another display client than it was begun for.
    DisplayClient,
    /// Nobody was active in it for long enough, or it had lasted as long as any may.
    Expired,
}

impl Ending {
    const ALL: [Self; 10] = [
        Self::Logout,
        Self::Citizen,
        Self::Replaced,
        Self::AnotherPerson,
        Self::Tokens,
        Self::Provider,
        Self::Portal,
        Self::KeyRemoved,
        Self::DisplayClient,
        Self::Expired,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Citizen => "citizen",
            Self::Replaced => "replaced",
            Self::AnotherPerson => "another_person",
            Self::Tokens => "tokens",
            Self::Provider => "provider",
            Self::Portal => "portal",
            Self::KeyRemoved => "key_removed",
            Self::DisplayClient => "display_client",
            Self::Expired => "expired",
        }
    }
}

/// Counts logins and sessions. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct SessionMetrics {
    logins: Counter,
    step_ups: Counter,
    logged_in: Counter,
    ends_of_logins: Counters,
    begun: Counter,
    ended: [Counter; Ending::ALL.len()],
}

impl SessionMetrics {
    pub(super) fn new(book: &mut Book) -> Self {
        let (begun, ends_of_logins) = (book.counters(&LOGINS_BEGUN), book.counters(&LOGINS_ENDED));
        let (sessions, ended) = (Counter::default(), book.counters(&SESSIONS_ENDED));
        book.enter(&SESSIONS_BEGUN, sessions.clone());
        Self {
            logins: begun.get_or_create_owned(&labels(&LOGINS_BEGUN, [Self::kind(false)])),
            step_ups: begun.get_or_create_owned(&labels(&LOGINS_BEGUN, [Self::kind(true)])),
            logged_in: ends_of_logins.get_or_create_owned(&labels(&LOGINS_ENDED, ["logged_in"])),
            ends_of_logins,
            begun: sessions,
            ended: Ending::ALL.map(|cause| ended.get_or_create_owned(&labels(&SESSIONS_ENDED, [cause.name()]))),
        }
    }

    /// What a login is called that is a step-up, or is not.
    pub(crate) fn kind(is_step_up: bool) -> &'static str {
        if is_step_up { "step_up" } else { "login" }
    }

    pub(crate) fn login_begun(&self, is_step_up: bool) {
        if is_step_up { &self.step_ups } else { &self.logins }.inc();
    }

    pub(crate) fn logged_in(&self) {
        self.logged_in.inc();
        self.begun.inc();
    }

    /// A login came to nothing, and its citizen was told this code.
    pub(crate) fn login_refused(&self, code: &'static str) {
        self.ends_of_logins.get_or_create_owned(&labels(&LOGINS_ENDED, [code])).inc();
    }

    pub(crate) fn ended(&self, cause: Ending, sessions: usize) {
        let mut all = Ending::ALL.iter().zip(&self.ended);
        if let Some(counter) = all.find_map(|(one, ended)| (*one == cause).then_some(ended)) {
            counter.inc_by(u64::try_from(sessions).unwrap_or(u64::MAX));
        }
    }
}

/// What a session store is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Find,
    KeepSection,
    Touch,
    Replace,
    End,
    OfCitizen,
    EndOf,
    LoggedOut,
    EndSealedUnder,
    RemoveExpired,
    Remember,
    SaveAttempt,
    TakeAttempt,
}

impl Operation {
    const ALL: [Self; 14] = [
        Self::Create,
        Self::Find,
        Self::KeepSection,
        Self::Touch,
        Self::Replace,
        Self::End,
        Self::OfCitizen,
        Self::EndOf,
        Self::LoggedOut,
        Self::EndSealedUnder,
        Self::RemoveExpired,
        Self::Remember,
        Self::SaveAttempt,
        Self::TakeAttempt,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Find => "find",
            Self::KeepSection => "keep_section",
            Self::Touch => "touch",
            Self::Replace => "replace",
            Self::End => "end",
            Self::OfCitizen => "of_citizen",
            Self::EndOf => "end_of",
            Self::LoggedOut => "logged_out",
            Self::EndSealedUnder => "end_sealed_under",
            Self::RemoveExpired => "remove_expired",
            Self::Remember => "remember",
            Self::SaveAttempt => "save_attempt",
            Self::TakeAttempt => "take_attempt",
        }
    }
}

/// Counts what is asked of the session store. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct StoreMetrics([(Histogram, Counter); Operation::ALL.len()]);

impl Default for StoreMetrics {
    fn default() -> Self {
        Metrics::default().store
    }
}

impl StoreMetrics {
    pub(super) fn new(book: &mut Book) -> Self {
        let (took, failures) = (book.histograms(&STORE_DURATION), book.counters(&STORE_FAILURES));
        Self(Operation::ALL.map(|operation| {
            let took = took.get_or_create_owned(&labels(&STORE_DURATION, [operation.name()]));
            (took, failures.get_or_create_owned(&labels(&STORE_FAILURES, [operation.name()])))
        }))
    }

    pub(crate) fn asked(&self, operation: Operation, is_answered: bool, took: Duration) {
        let mut all = Operation::ALL.iter().zip(&self.0);
        if let Some((duration, failures)) = all.find_map(|(one, of)| (*one == operation).then_some(of)) {
            duration.observe(took.as_secs_f64());
            if !is_answered {
                failures.inc();
            }
        }
    }
}
