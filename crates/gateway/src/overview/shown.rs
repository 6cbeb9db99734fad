//! A section as it is shown: what became of asking its source, with the source's declaration around it.

use std::sync::Arc;

use overblik_connectors::SourceInfo;
use overblik_widgets::{Attention, Date, LocalizedText, Moment, Problem, Section, SectionState};

use super::{answer::Answer, declared::Declared, writing::json};

/// A section that holds its source's declaration, and nothing yet.
pub(super) fn without_widgets(source: &SourceInfo, state: SectionState, message: Option<LocalizedText>) -> Section {
    Section {
        source: source.slug.clone(),
        state,
        message,
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

/// A section. Cheap to clone: declaration and answer are shared.
#[derive(Clone, Debug)]
pub struct Shown {
    pub(super) declared: Arc<Declared>,
    pub(super) state: SectionState,
    pub(super) message: Option<LocalizedText>,
    pub(super) answer: Option<Arc<Answer>>,
    /// What went wrong, besides what the answer itself says.
    pub(super) problems: Vec<Problem>,
}

impl Shown {
    /// The source.
    #[must_use]
    pub fn source(&self) -> &SourceInfo {
        self.declared.source()
    }

    /// What became of asking it.
    #[must_use]
    pub fn state(&self) -> SectionState {
        self.state
    }

    /// In JSON, as a [`Section`] is written. Neither the widgets nor the declaration are written anew.
    #[must_use]
    pub fn written(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    pub(super) fn write(&self, text: &mut String) {
        let Declared { name, rest, .. } = &*self.declared;
        let widgets = self.answer.as_ref().map_or("[]", |answer| &answer.widgets);
        let (state, message, as_of) = (json(&self.state), json(&self.message), json(&self.as_of()));
        let (left_out, problems) = (json(&self.left_out()), json(&self.problems()));
        let parts = [
            ("{", name.as_str()),
            (",\"state\":", &state),
            (",\"message\":", &message),
            (",\"as_of\":", &as_of),
            (",", rest),
            (",\"widgets\":", widgets),
            (",\"left_out\":", &left_out),
            (",\"problems\":", &problems),
        ];
        text.reserve(parts.iter().map(|(mark, part)| mark.len() + part.len()).sum::<usize>() + 1);
        for (mark, part) in parts {
            text.push_str(mark);
            text.push_str(part);
        }
        text.push('}');
    }

    /// As types, for the page.
    #[must_use]
    pub fn section(&self) -> Section {
        let source = self.source();
        let (mut state, mut message) = (self.state, self.message.clone());
        let widgets = self.answer.as_ref().map_or_else(|| Some(Vec::new()), |answer| answer.read(source));
        let widgets = widgets.unwrap_or_else(|| {
            // Shown is that something is wrong, never that there is nothing.
            state = SectionState::Invalid;
            message = state.message();
            Vec::new()
        });
        Section {
            as_of: self.as_of(),
            widgets,
            left_out: self.left_out(),
            problems: self.problems(),
            ..without_widgets(source, state, message)
        }
    }

    /// What in it needs attention as of a Danish date.
    pub(super) fn attention(&self, today: Date) -> Vec<Attention> {
        self.answer.as_ref().map(|answer| answer.attention(self.source(), today)).unwrap_or_default()
    }

    fn as_of(&self) -> Option<Moment> {
        self.answer.as_ref().map(|answer| answer.as_of)
    }

    fn left_out(&self) -> u32 {
        self.answer.as_ref().map_or(0, |answer| answer.left_out)
    }

    fn problems(&self) -> Vec<Problem> {
        let of_answer = self.answer.iter().flat_map(|answer| &answer.problems);
        of_answer.chain(&self.problems).cloned().collect()
    }
}
