//! Logins, and whatever is asked of an identity provider. No address of one, no code, no state and nothing of a person is told:
//! what was asked and what came of it are the words of the metrics.

use jiff::Timestamp;
use overblik_connectors::TraceContext;

use super::{SureSpan, Traces};
use crate::{api_error::ApiError, clock::Clock};

/// What a request to the provider is a part of: a step of a login, which is known from whoever is at it, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartOf(Option<TraceContext>);

impl PartOf {
    /// No step of a login: the request is told as a trace of its own.
    pub const NOTHING: Self = Self(None);
}

/// A step of a login: the browser is sent to the provider, or has come back. The two are traces of their own, as nothing is
/// kept of the first that would lead to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Begin,
    Return,
}

/// A step that is under way.
#[derive(Debug)]
pub(crate) struct LoginStep {
    trace: TraceContext,
    recorded: Option<SureSpan>,
}

impl Traces {
    /// Somebody is at a step of a login, at one of our providers.
    pub(crate) fn login_step(&self, step: Step, whose: &'static str, now: Timestamp) -> LoginStep {
        let name = match step {
            Step::Begin => "login",
            Step::Return => "login_return",
        };
        let (trace, mut recorded) = self.begin(TraceContext::random(), name, now);
        if let Some(span) = &mut recorded {
            span.word("overblik.of", whose);
        }
        LoginStep { trace, recorded }
    }
}

impl LoginStep {
    /// For what is asked of the provider meanwhile.
    pub(crate) fn part(&self) -> PartOf {
        PartOf(Some(self.trace))
    }

    /// Which kind of login it is.
    pub(crate) fn of_kind(&mut self, kind: &'static str) {
        if let Some(span) = &mut self.recorded {
            span.word("overblik.kind", kind);
        }
    }

    /// It came to an end: the good one, or the code that the person was told.
    pub(crate) fn ended<T>(self, good: &'static str, outcome: &Result<T, ApiError>) {
        let Some(span) = self.recorded else { return };
        let face = outcome.as_ref().err().map(|error| error.face());
        let end = face.as_ref().map_or(good, |face| face.code);
        // What somebody did wrong, or changed their mind about, is no failure of ours.
        span.came_to(end, face.is_none_or(|face| !face.status.is_server_error()));
    }
}

/// Tells what is asked of one identity provider. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ProviderTraces {
    traces: Traces,
    whose: &'static str,
    clock: Clock,
}

impl ProviderTraces {
    /// Of the provider of those.
    pub(crate) fn new(traces: Traces, whose: &'static str, clock: Clock) -> Self {
        Self { traces, whose, clock }
    }

    /// None are kept.
    pub(crate) fn none() -> Self {
        Self::new(Traces::default(), "", Clock::system())
    }

    /// This is about to be asked, as a part of that.
    pub(crate) fn asked(&self, what: &'static str, part_of: PartOf) -> Option<SureSpan> {
        let now = self.clock.now();
        let recorded = match part_of.0 {
            Some(step) => self.traces.within(step, "provider", now).map(|(_, span)| SureSpan::new(span)),
            None => self.traces.begin(TraceContext::random(), "provider", now).1,
        };
        recorded.map(|span| span.of_provider(self.whose, what))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::traces, *};

    fn provider(traces: &Traces) -> ProviderTraces {
        ProviderTraces::new(traces.clone(), "citizens", Clock::system())
    }

    #[tokio::test]
    async fn what_a_step_asks_of_the_provider_is_in_its_trace_and_what_nobody_s_does_in_one_of_its_own() {
        let (traces, _) = traces(1.0);
        let provider = provider(&traces);
        let step = traces.login_step(Step::Begin, "citizens", Clock::system().now());
        let identity = |span: Option<SureSpan>| span.and_then(|span| span.identity()).expect("kept");
        let (trace, own, within) = step.recorded.as_ref().and_then(SureSpan::identity).expect("kept");
        assert!(within.is_empty());
        for what in ["token", "keys"] {
            let (asked_in, _, asked_by) = identity(provider.asked(what, step.part()));
            assert_eq!((&asked_in, &asked_by), (&trace, &own));
        }
        let (alone, _, within) = identity(provider.asked("keys", PartOf::NOTHING));
        assert!(alone != trace && within.is_empty());
    }

    #[tokio::test]
    async fn of_a_login_that_is_not_kept_nothing_is() {
        let (kept, (none, _)) = (traces(1.0).0, traces(0.0));
        let step = none.login_step(Step::Return, "citizens", Clock::system().now());
        assert!(step.recorded.is_none());
        assert!(provider(&kept).asked("token", step.part()).is_none(), "though others are");
        assert!(provider(&none).asked("token", PartOf::NOTHING).is_none());
    }
}
