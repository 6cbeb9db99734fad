//! What is declared about sources, without asking any of them.

use overblik_widgets::{DeclaredSource, Moment};

use super::{outcome, plan::Planned, shown::Shown};

/// A source as it is declared to a viewer, and, seen from this moment, why it would not be asked if it were not.
pub(super) fn declaration(planned: &Planned, now: Moment) -> DeclaredSource {
    let not_asked: Option<Shown> = match planned {
        Planned::Skip(shown) => Some(shown.clone()),
        Planned::Ask(declared) => {
            let suspension = declared.connector.gate().suspension(now.timestamp());
            suspension.map(|suspension| outcome::of_suspension(declared, suspension, None, now))
        }
    };
    let source = planned.source();
    DeclaredSource {
        source: source.slug.clone(),
        asked: not_asked.is_none(),
        state: not_asked.as_ref().map(Shown::state),
        message: not_asked.and_then(|shown| shown.message),
        theme: source.theme,
        authority: source.authority.clone(),
        title: source.title.clone(),
        expect: source.expect.clone(),
        link: source.link.clone(),
        contact: source.contact.clone(),
        level: source.level,
        detail: source.offers_detail,
    }
}
