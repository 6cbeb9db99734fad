//! From what became of asking a source to its section.

use overblik_connectors::{ConnectorError, Fetched, SourceInfo};
use overblik_widgets::{LocalizedText, Moment, Section, SectionState};

/// The section of a source that gave no answer, in the given state.
pub(super) fn without_answer(source: &SourceInfo, state: SectionState) -> Section {
    Section {
        source: source.slug.clone(),
        state,
        message: state.message(),
        as_of: None,
        theme: source.theme,
        authority: source.authority.clone(),
        title: source.title.clone(),
        expect: source.expect.clone(),
        link: source.link.clone(),
        contact: source.contact.clone(),
        level: source.level,
        widgets: Vec::new(),
        left_out: 0,
        problems: Vec::new(),
    }
}

/// The section of a source that was asked; `now` is when its answer was complete.
pub(super) fn of_fetch(source: &SourceInfo, result: Result<Fetched, ConnectorError>, now: Moment) -> Section {
    match result {
        Ok(fetched) => Section {
            as_of: Some(fetched.as_of.unwrap_or(now)),
            left_out: fetched.left_out,
            state: fetched.state(),
            message: fetched.state().message(),
            widgets: fetched.widgets,
            problems: fetched.problems,
            ..without_answer(source, SectionState::Ready)
        },
        Err(error) => {
            let mut section = without_answer(source, error.consequence().state);
            section.problems.push(error.problem());
            if error == ConnectorError::MunicipalityUnknown {
                section.message = Some(municipality_unknown());
            }
            section
        }
    }
}

/// What is said where the citizen's municipality decides whether, or how, a source is asked, and is not known.
pub(super) fn municipality_unknown() -> LocalizedText {
    LocalizedText::new(
        "Vi ved ikke, hvilken kommune du bor i, så der er ikke spurgt. Gå direkte til din kommune.",
        "We do not know which municipality you live in, so nothing was asked. Go directly to your municipality.",
    )
}
