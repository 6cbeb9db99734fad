//! What can go wrong when a source is asked: one table from cause to consequence.

use overblik_widgets::{Problem, ProblemType, SectionState};

/// Why a source gave no usable answer. Holds nothing of what the source wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ConnectorError {
    /// The source's whole time limit passed before its answer was complete.
    #[error("no complete answer within the time limit")]
    TimedOut,
    /// No connection, or it broke before the answer was complete.
    #[error("no connection, or it broke")]
    Unreachable,
    /// The source answered with a status that its contract does not expect.
    #[error("unexpected status {0}")]
    Status(u16),
    /// The source refused the gateway's credentials (401, 403).
    #[error("credentials refused with status {0}")]
    CredentialsRefused(u16),
    /// The source is asked with the token of the citizen's login, and this login has none (any more): it began before the
    /// gateway kept one, or the token has expired. Logging in again brings one.
    #[error("the citizen's login has no token to exchange")]
    NoLoginToken,
    /// The gateway could not make what proves who asks. A defect of the gateway or of its keys.
    #[error("no credentials could be made")]
    NothingToShow,
    /// The answer is not what its content type or the contract's format says.
    #[error("malformed answer")]
    Malformed,
    /// The answer can be read but breaks the contract.
    #[error("answer breaks the contract")]
    ContractBroken,
    /// The answer is larger than the contract allows.
    #[error("answer too large")]
    TooLarge,
    /// The answer is to another request: the source mixes up what it answers.
    #[error("answer to another request")]
    OtherAnswer,
    /// The answer is about another person than the one asked about.
    #[error("answer about another person")]
    WrongPerson,
    /// The answer holds data of another authority than those that the contract names.
    #[error("answer from another authority")]
    WrongAuthority,
    /// The source was cut off after an answer that it should never give, until an operator lets it in again.
    #[error("cut off until an operator resets it")]
    CutOff,
    /// The source failed several times in a row, and is given time before it is asked again.
    #[error("not asked for a while after failing repeatedly")]
    BreakerOpen,
    /// The authority announced that the source does not answer now.
    #[error("within an announced service window")]
    Maintenance,
    /// An operator switched the source off.
    #[error("switched off by an operator")]
    SwitchedOff,
    /// As many ask the source, and wait for it, as may at once.
    #[error("no room among those who ask the source")]
    Crowded,
    /// That the source is asked could not be written down, so it was not asked.
    #[error("it could not be recorded that the source is asked")]
    Unrecorded,
    /// The request names the municipality where the citizen lives, and that is not known; nothing was asked.
    #[error("the citizen's municipality is not known, which the request must name")]
    MunicipalityUnknown,
    /// More about an item was asked for, and the source offers none, or cannot be asked by this key; nothing was asked.
    #[error("the source offers nothing more about this item")]
    NotOffered,
    /// The connector's own code failed. A defect of the gateway.
    #[error("the connector panicked")]
    Panicked,
}

/// How urgently an error is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Expected now and then.
    Warn,
    /// Somebody must act: a contract, credentials or our code is wrong.
    Error,
}

/// What follows from an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// What the section becomes.
    pub state: SectionState,
    /// The published error type for display clients.
    pub problem: ProblemType,
    /// How urgently it is logged.
    pub log: LogLevel,
    /// A stable name for logs and metrics.
    pub name: &'static str,
}

impl ConnectorError {
    /// The row of this error.
    #[must_use]
    pub fn consequence(self) -> Consequence {
        use LogLevel::{Error, Warn};
        use ProblemType as P;
        use SectionState as S;
        let row = |state, problem, log, name| Consequence { state, problem, log, name };
        match self {
            Self::TimedOut => row(S::TimedOut, P::SourceTimeout, Warn, "timed_out"),
            Self::Unreachable => row(S::Failed, P::SourceError, Warn, "unreachable"),
            Self::Status(500) => row(S::Failed, P::SourceInternal, Warn, "status"),
            Self::Status(_) => row(S::Failed, P::SourceError, Warn, "status"),
            Self::CredentialsRefused(_) => row(S::Refused, P::SourceSecurity, Error, "credentials_refused"),
            Self::NoLoginToken => row(S::Refused, P::SourceSecurity, Warn, "no_login_token"),
            Self::NothingToShow => row(S::Refused, P::SourceSecurity, Error, "nothing_to_show"),
            Self::Malformed => row(S::Invalid, P::SourceFormat, Error, "malformed"),
            Self::ContractBroken => row(S::Invalid, P::DataValidation, Error, "contract_broken"),
            Self::TooLarge => row(S::Invalid, P::SourceFormat, Error, "too_large"),
            Self::OtherAnswer => row(S::Invalid, P::DataValidation, Error, "other_answer"),
            Self::WrongPerson => row(S::Failed, P::DataValidation, Error, "wrong_person"),
            Self::WrongAuthority => row(S::Failed, P::DataValidation, Error, "wrong_authority"),
            Self::CutOff => row(S::Suspended, P::CircuitBreaker, Warn, "cut_off"),
            Self::BreakerOpen => row(S::Suspended, P::CircuitBreaker, Warn, "breaker_open"),
            Self::Maintenance => row(S::Suspended, P::CircuitBreaker, Warn, "maintenance"),
            Self::SwitchedOff => row(S::Suspended, P::CircuitBreaker, Warn, "switched_off"),
            Self::Crowded => row(S::Suspended, P::CircuitBreaker, Warn, "crowded"),
            Self::Unrecorded => row(S::Suspended, P::CircuitBreaker, Warn, "unrecorded"),
            // As where a source covers some municipalities only: it may well have something, nobody could ask.
            Self::MunicipalityUnknown => row(S::NotCovered, P::SourceError, Warn, "municipality_unknown"),
            Self::NotOffered => row(S::Failed, P::SourceError, Error, "not_offered"),
            Self::Panicked => row(S::Failed, P::SourceError, Error, "panicked"),
        }
    }

    /// Whether the source itself is at fault, so that several in a row open its breaker: it is slow, away, breaks down, or
    /// what it sends cannot be read. Not: what concerns one citizen's data, or our credentials.
    #[must_use]
    pub fn counts_for_breaker(self) -> bool {
        match self {
            Self::TimedOut
            | Self::Unreachable
            | Self::Malformed
            | Self::TooLarge
            | Self::OtherAnswer
            | Self::Status(408 | 429 | 500..) => true,
            Self::Status(_)
            | Self::CredentialsRefused(_)
            | Self::NoLoginToken
            | Self::NothingToShow
            | Self::ContractBroken
            | Self::WrongPerson
            | Self::WrongAuthority
            | Self::CutOff
            | Self::BreakerOpen
            | Self::Maintenance
            | Self::SwitchedOff
            | Self::Crowded
            | Self::Unrecorded
            | Self::MunicipalityUnknown
            | Self::NotOffered
            | Self::Panicked => false,
        }
    }

    /// Whether the source itself answered, so that it is there and as quick as it is, whatever is wrong with its answer for
    /// this citizen. Refused credentials may be another server's word.
    #[must_use]
    pub fn was_answered(self) -> bool {
        !self.counts_for_breaker() && matches!(self, Self::Status(_) | Self::ContractBroken)
    }

    /// Whether it was found before anything could be sent, so that by itself it means that nobody was asked.
    #[must_use]
    pub fn nothing_was_sent(self) -> bool {
        matches!(self, Self::MunicipalityUnknown | Self::NotOffered)
    }

    /// Whether what the source answered earlier in the session may be shown instead, with a warning. Not where the source
    /// or an operator says that the citizen may not see it, nor where its answers cannot be trusted.
    #[must_use]
    pub fn stale_allowed(self) -> bool {
        match self {
            Self::TimedOut
            | Self::Unreachable
            | Self::Malformed
            | Self::ContractBroken
            | Self::TooLarge
            | Self::BreakerOpen
            | Self::Maintenance
            | Self::Crowded
            | Self::Unrecorded
            | Self::Panicked => true,
            Self::Status(status) => matches!(status, 408 | 429 | 500..),
            Self::CredentialsRefused(_)
            | Self::NoLoginToken
            | Self::NothingToShow
            | Self::OtherAnswer
            | Self::WrongPerson
            | Self::WrongAuthority
            | Self::CutOff
            | Self::SwitchedOff
            | Self::MunicipalityUnknown
            | Self::NotOffered => false,
        }
    }

    /// Whether nothing of the source can be trusted any more: it answered about somebody else, or with the data of an
    /// authority that it has no business with. All of its answers are dropped, and it is not asked any more until an
    /// operator lets it in again.
    #[must_use]
    pub fn cuts_off(self) -> bool {
        matches!(self, Self::WrongPerson | Self::WrongAuthority)
    }

    /// The entry that display clients get.
    #[must_use]
    pub fn problem(self) -> Problem {
        let problem = Problem::new(self.consequence().problem);
        match self {
            Self::Status(status) if status != 500 => problem.with_status(status),
            _ => problem,
        }
    }
}
