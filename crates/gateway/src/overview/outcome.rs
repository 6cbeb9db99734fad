//! From what became of asking a source to its section.

use std::sync::Arc;

use overblik_connectors::ConnectorError;
use overblik_widgets::{LocalizedText, SectionState};

use super::{answer::Answer, declared::Declared, shown::Shown};

/// What came of asking a source. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// A usable answer.
    Answered(Arc<Answer>),
    /// None, and why.
    Failed(ConnectorError),
}

/// The section of a source that gave no answer, in the given state.
pub(super) fn without_answer(declared: &Arc<Declared>, state: SectionState) -> Shown {
    let (declared, message) = (Arc::clone(declared), state.message());
    Shown { declared, state, message, answer: None, problems: Vec::new() }
}

/// The section of a source that answered.
pub(super) fn with_answer(declared: &Arc<Declared>, answer: Arc<Answer>) -> Shown {
    let state = answer.state;
    Shown { answer: Some(answer), ..without_answer(declared, state) }
}

/// The section of a source that was asked. `earlier` is what it answered earlier in the session, if that may be shown in
/// the place of this failure.
pub(super) fn of_call(
    declared: &Arc<Declared>,
    outcome: Outcome,
    earlier: impl FnOnce(ConnectorError) -> Option<Arc<Answer>>,
) -> Shown {
    let error = match outcome {
        Outcome::Answered(answer) => return with_answer(declared, answer),
        Outcome::Failed(error) => error,
    };
    let mut shown = match earlier(error) {
        Some(answer) => Shown { answer: Some(answer), ..without_answer(declared, SectionState::Stale) },
        None => without_answer(declared, error.consequence().state),
    };
    shown.problems.push(error.problem());
    if error == ConnectorError::MunicipalityUnknown {
        shown.message = Some(municipality_unknown());
    }
    shown
}

/// What is said where the citizen's municipality decides whether, or how, a source is asked, and is not known.
pub(super) fn municipality_unknown() -> LocalizedText {
    LocalizedText::new(
        "Vi ved ikke, hvilken kommune du bor i, så der er ikke spurgt. Gå direkte til din kommune.",
        "We do not know which municipality you live in, so nothing was asked. Go directly to your municipality.",
    )
}
