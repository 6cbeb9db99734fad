//! Sections as HTML for portals to put into their own pages: no page around it, no script, and names of classes and ids that
//! begin with `ob-`, which are published and stay.

use askama::Template;
use overblik_widgets::{AssuranceLevel, Attention, AttentionKind, Date, Language, Section, SectionState, Summary};

use super::{
    cards::{Standing, Tone, Words},
    html,
    section::Group,
    texts::Texts,
};

/// What surrounds a fragment.
#[derive(Clone, Copy, Debug)]
pub struct FragmentFrame<'a> {
    /// The language that the citizen reads.
    pub language: Language,
    /// Our own front page, where everything that a portal cannot do is done.
    pub our_address: &'a str,
    /// Whether links open in a window of their own: in a frame they would take the frame along.
    pub in_new_window: bool,
}

impl FragmentFrame<'_> {
    fn texts(&self) -> Texts {
        Texts { language: self.language }
    }
}

#[derive(Template)]
#[template(path = "fragment.html")]
struct Fragment<'a> {
    frame: &'a FragmentFrame<'a>,
    texts: Texts,
    section: &'a Section,
    title: &'a str,
    authority: &'a str,
    message: Option<&'a str>,
    answered_at: Option<String>,
    groups: Vec<Group<'a>>,
}

impl Fragment<'_> {
    fn language(&self) -> &'static str {
        self.frame.language.tag()
    }

    /// The state's name in the overview's model.
    fn state(&self) -> String {
        let name = serde_json::to_value(self.section.state);
        name.ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Whether there is something to heed: everything but a full answer.
    fn tone(&self) -> &'static str {
        match self.section.state {
            SectionState::Ready | SectionState::Empty | SectionState::NotCovered => "plain",
            SectionState::Pending | SectionState::StepUpRequired => "info",
            _ => "warning",
        }
    }

    /// Whether our own page can do what a portal's cannot: ask again, or for a login of a higher level.
    fn leads_to_us(&self) -> bool {
        !matches!(self.section.state, SectionState::Ready | SectionState::Empty | SectionState::NotCovered)
    }

    /// Where on our own pages the citizen goes on.
    fn our_address(&self) -> String {
        let us = self.frame.our_address.trim_end_matches('/');
        let level = match self.section.level {
            AssuranceLevel::Low => "low",
            AssuranceLevel::Substantial => "substantial",
            AssuranceLevel::High => "high",
        };
        match self.section.state {
            SectionState::StepUpRequired => format!("{us}/auth/login?return_to=/&level={level}"),
            _ => format!("{us}/#section-{}", self.section.source),
        }
    }
}

/// The answer of one source, whatever it is. `today` is the Danish date that relative dates count from.
#[must_use]
pub fn fragment(frame: &FragmentFrame<'_>, section: &Section, today: Date) -> String {
    let texts = frame.texts();
    let fallback = section.state.message();
    html(&Fragment {
        frame,
        texts,
        section,
        title: texts.of(&section.title),
        authority: texts.of(&section.authority.name),
        message: section.message.as_ref().or(fallback.as_ref()).map(|message| texts.of(message)),
        answered_at: section.as_of.map(|moment| texts.answered_at(moment, today)),
        groups: Group::collect(section, texts, today),
    })
}

/// One entry of the attention list.
struct Entry<'a> {
    attention: &'a Attention,
    text: &'a str,
    label: &'static str,
    tone: Tone,
    deadline: Option<(Date, String)>,
}

impl<'a> Entry<'a> {
    fn of(attention: &'a Attention, today: Date, texts: Texts) -> Self {
        let (label, tone) = match attention.kind {
            AttentionKind::Overdue => (texts.overdue(), Tone::Bad),
            AttentionKind::DebtCollection => (texts.debt_collection(), Tone::Bad),
            AttentionKind::ActionNeeded => (texts.action_needed(), Tone::Info),
            AttentionKind::DueSoon => (texts.due_soon(), Tone::Warning),
        };
        let deadline = attention.date.map(|date| {
            let (relative, absolute) = (texts.days_until(date, today), texts.date(date));
            (date, format!("{relative}, {absolute}"))
        });
        Self { attention, text: texts.of(&attention.text), label, tone, deadline }
    }
}

#[derive(Template)]
#[template(path = "fragments.html")]
struct Fragments<'a> {
    frame: &'a FragmentFrame<'a>,
    texts: Texts,
    entries: Vec<Entry<'a>>,
    summary: &'a Summary,
    /// The sections, each written by [`fragment`].
    sections: Vec<String>,
}

impl Fragments<'_> {
    fn language(&self) -> &'static str {
        self.frame.language.tag()
    }
}

/// All sections of an overview, with what needs attention before them and how many answered after them.
#[must_use]
pub fn fragments(frame: &FragmentFrame<'_>, summary: &Summary, sections: &[Section]) -> String {
    let (texts, today) = (frame.texts(), summary.generated_at.date());
    html(&Fragments {
        frame,
        texts,
        entries: summary.attention.iter().map(|attention| Entry::of(attention, today, texts)).collect(),
        summary,
        sections: sections.iter().map(|section| fragment(frame, section, today)).collect(),
    })
}
