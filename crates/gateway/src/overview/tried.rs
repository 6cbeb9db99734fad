//! The section that a contract would become, of whatever came of trying it.

use overblik_connectors::{ItemKey, SourceInfo, kit::Came};
use overblik_widgets::{Moment, Section, SectionWidget};

use super::{outcome, shown};

/// What a citizen would see of it at this moment. An item is known by the key that its source knows it by: nobody has a
/// session in which it could have an id.
#[must_use]
pub fn section_of_trial(source: &SourceInfo, came: &Came, now: Moment) -> Section {
    let message = came.error.and_then(|error| outcome::message_of(error, None)).or_else(|| came.state.message());
    let keys = came.keys.iter().map(Option::as_ref).chain(std::iter::repeat(None));
    let widgets = came
        .widgets
        .iter()
        .cloned()
        .zip(keys)
        .map(|(widget, key)| SectionWidget { widget, item: key.map(|key: &ItemKey| key.as_str().to_owned()) });
    Section {
        as_of: came.state.was_answered().then(|| came.as_of.unwrap_or(now)),
        widgets: widgets.collect(),
        left_out: came.left_out,
        problems: came.problems.clone(),
        ..shown::without_widgets(source, came.state, message)
    }
}
