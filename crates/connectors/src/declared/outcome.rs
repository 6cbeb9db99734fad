//! What one fetch adds up to when some parts of a source answered and others did not.

use overblik_widgets::{Moment, Problem, ProblemType, Widget};

use super::mapping::Mapped;
use crate::{
    connector::Fetched,
    error::{ConnectorError, LogLevel},
    item_key::ItemKey,
};

/// The parts of a fetch, as they come in.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    widgets: Vec<Widget>,
    keys: Vec<Option<ItemKey>>,
    left_out: u32,
    /// Whether something is missing that no error in `failures` accounts for.
    incomplete: bool,
    /// Whether any part answered usably, if only with nothing.
    answered: bool,
    failures: Vec<ConnectorError>,
    /// What the source itself says went wrong behind it.
    reported: Vec<Problem>,
    as_of: Option<Moment>,
}

impl Outcome {
    /// A part that is shown.
    pub(super) fn take(&mut self, mapped: Mapped) {
        self.answered = true;
        self.widgets.extend(mapped.widgets);
        self.keys.extend(mapped.keys);
        self.left_out = self.left_out.saturating_add(mapped.left_out);
        self.incomplete |= mapped.incomplete;
    }

    /// A part of which the source said, positively, that it has nothing.
    pub(super) fn take_nothing(&mut self) {
        self.answered = true;
    }

    /// A part that failed.
    pub(super) fn take_failure(&mut self, failure: ConnectorError) {
        self.failures.push(failure);
    }

    /// Items that no part can show.
    pub(super) fn take_left_out(&mut self, items: usize) {
        self.left_out = self.left_out.saturating_add(u32::try_from(items).unwrap_or(u32::MAX));
    }

    /// What a source that answers for several systems says of those that failed it.
    pub(super) fn take_reported(&mut self, problems: Vec<Problem>) {
        self.reported.extend(problems);
    }

    /// More that the source has and nobody asked for.
    pub(super) fn take_incompleteness(&mut self) {
        self.incomplete = true;
    }

    /// When a part's data were true; `None` if the source should have said so and did not. The oldest part counts.
    pub(super) fn take_as_of(&mut self, moment: Option<Moment>) {
        match moment {
            Some(moment) => self.as_of = Some(self.as_of.map_or(moment, |known| known.min(moment))),
            None => self.incomplete = true,
        }
    }

    /// The whole: an answer if any part answered, with a problem for everything that is missing from it.
    ///
    /// # Errors
    /// If no part answered: the first failure that somebody must act on, else the first of what was asked, so that nobody
    /// takes the source for one that nothing was sent to.
    pub(super) fn finish(self) -> Result<Fetched, ConnectorError> {
        if !self.answered {
            let must_act = |failure: &&ConnectorError| failure.consequence().log == LogLevel::Error;
            let was_sent = |failure: &&ConnectorError| !failure.nothing_was_sent();
            let failures = &self.failures;
            let worst = failures.iter().find(must_act).or_else(|| failures.iter().find(was_sent)).or(failures.first());
            return Err(worst.copied().unwrap_or(ConnectorError::ContractBroken));
        }
        let unaccounted = (self.incomplete || self.left_out > 0).then(|| Problem::new(ProblemType::DataValidation));
        let failures = self.failures.into_iter().map(ConnectorError::problem);
        Ok(Fetched {
            widgets: self.widgets,
            keys: self.keys,
            left_out: self.left_out,
            problems: failures.chain(self.reported).chain(unaccounted).collect(),
            as_of: self.as_of,
        })
    }
}

#[cfg(test)]
mod tests {
    use overblik_widgets::SectionState;

    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::new(text.parse().expect("a timestamp"))
    }

    #[test]
    fn one_part_that_answers_with_nothing_and_one_that_fails_are_not_an_empty_section() {
        let mut outcome = Outcome::default();
        outcome.take_nothing();
        assert_eq!(
            Outcome { answered: true, ..Outcome::default() }.finish().map(|f| f.state()),
            Ok(SectionState::Empty)
        );
        outcome.take_failure(ConnectorError::TimedOut);
        let fetched = outcome.finish().expect("a partial answer");
        assert_eq!(fetched.state(), SectionState::Partial);
        assert_eq!(fetched.problems, [ConnectorError::TimedOut.problem()]);
    }

    #[test]
    fn when_nothing_answers_the_failure_that_somebody_must_act_on_is_told() {
        use ConnectorError::{CredentialsRefused, Status, TimedOut};
        let failed = |failures: &[ConnectorError]| {
            let mut outcome = Outcome::default();
            for failure in failures {
                outcome.take_failure(*failure);
            }
            outcome.finish().expect_err("a failure")
        };
        assert_eq!(failed(&[TimedOut, CredentialsRefused(401), Status(503)]), CredentialsRefused(401));
        assert_eq!(failed(&[TimedOut, Status(503)]), TimedOut);
        // Otherwise neither the audit trail nor the citizen would hear that somebody was asked.
        assert_eq!(failed(&[ConnectorError::MunicipalityUnknown, TimedOut]), TimedOut);
        assert_eq!(failed(&[ConnectorError::MunicipalityUnknown]), ConnectorError::MunicipalityUnknown);
    }

    #[test]
    fn the_oldest_part_tells_the_age_and_a_missing_age_is_told_too() {
        let mut outcome = Outcome::default();
        outcome.take_nothing();
        outcome.take_as_of(Some(moment("2026-11-22T10:00:00Z")));
        outcome.take_as_of(Some(moment("2026-11-22T09:00:00Z")));
        outcome.take_as_of(Some(moment("2026-11-22T11:00:00Z")));
        outcome.take_as_of(None);
        let fetched = outcome.finish().expect("an answer");
        assert_eq!(fetched.as_of, Some(moment("2026-11-22T09:00:00Z")));
        assert_eq!(fetched.problems, [Problem::new(ProblemType::DataValidation)]);
    }
}
