//! From what became of asking a source to its section.

use std::sync::Arc;

use overblik_connectors::{ConnectorError, Suspension};
use overblik_widgets::{Date, LocalizedText, Moment, SectionState, Suspended};

use super::{answer::Answer, declared::Declared, kept::Earlier, shown::Shown};

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
    failed(declared, error, earlier(error), None)
}

/// The section of a source that is not asked, seen from this moment. `earlier` is what it answered earlier in the session.
pub(super) fn of_suspension(
    declared: &Arc<Declared>,
    Suspension { reason, until, announced }: Suspension,
    earlier: Option<&Earlier>,
    now: Moment,
) -> Shown {
    let until = until.map(|until| (Moment::new(until), now.date()));
    let mut shown = failed(declared, reason, earlier.and_then(|earlier| earlier.instead_of(reason)), until);
    if let (Some(message), Some(announced)) = (&mut shown.message, announced) {
        *message =
            LocalizedText::new(format!("{} {}", message.da, announced.da), format!("{} {}", message.en, announced.en));
    }
    shown
}

/// More about an item. That a source has nothing, or does not answer, is said of the item alone: about the citizen it has
/// something, or there would be no item.
pub(super) fn of_item(shown: Shown) -> Shown {
    let (da, en) = match shown.state {
        SectionState::Empty => (
            "Myndigheden har ikke mere at vise om dette. Det kan være afsluttet eller slettet.",
            "The authority has nothing more to show about this. It may have been closed or deleted.",
        ),
        SectionState::TimedOut | SectionState::Failed | SectionState::Invalid | SectionState::Refused
            if shown.message == shown.state.message() =>
        {
            (
                "Myndigheden svarer ikke lige nu, så vi kan ikke vise mere om dette. Prøv igen senere, eller gå direkte til myndigheden.",
                "The authority is not answering right now, so we cannot show more about this. Try again later, or go directly to the authority.",
            )
        }
        _ => return shown,
    };
    Shown { message: Some(LocalizedText::new(da, en)), ..shown }
}

fn failed(
    declared: &Arc<Declared>,
    error: ConnectorError,
    earlier: Option<Arc<Answer>>,
    until: Option<(Moment, Date)>,
) -> Shown {
    let mut shown = match earlier {
        Some(answer) => Shown { answer: Some(answer), ..without_answer(declared, SectionState::Stale) },
        None => {
            let shown = without_answer(declared, error.consequence().state);
            Shown { message: message_of(error, until).or(shown.message.clone()), ..shown }
        }
    };
    shown.problems.push(error.problem());
    shown
}

/// What a citizen reads about an error where its state alone does not say it.
pub(super) fn message_of(error: ConnectorError, until: Option<(Moment, Date)>) -> Option<LocalizedText> {
    let suspended = match error {
        ConnectorError::MunicipalityUnknown => return Some(municipality_unknown()),
        ConnectorError::Maintenance => Suspended::Maintenance,
        ConnectorError::BreakerOpen => Suspended::Resting,
        ConnectorError::SwitchedOff => Suspended::SwitchedOff,
        ConnectorError::CutOff => Suspended::CutOff,
        ConnectorError::Crowded => Suspended::Crowded,
        ConnectorError::Unrecorded => Suspended::Unrecorded,
        _ => return None,
    };
    Some(suspended.message(until))
}

/// What is said where the source's index does not name the citizen. It is never said that there is nothing: nobody was asked.
pub(super) fn not_in_index() -> LocalizedText {
    LocalizedText::new(
        "Du står ikke i det indeks, som myndigheden har givet os over dem, den har noget om, så der er ikke spurgt. Mangler du noget her, så gå direkte til myndigheden.",
        "You are not in the index that the authority has given us of those whom it holds something about, so it was not asked. If you miss something here, go directly to the authority.",
    )
}

/// What is said where the citizen's municipality decides whether, or how, a source is asked, and is not known.
pub(super) fn municipality_unknown() -> LocalizedText {
    LocalizedText::new(
        "Vi ved ikke, hvilken kommune du bor i, så der er ikke spurgt. Gå direkte til din kommune.",
        "We do not know which municipality you live in, so nothing was asked. Go directly to your municipality.",
    )
}
