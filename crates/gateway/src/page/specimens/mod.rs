//! Data for the tests of the pages: sections in every state, widgets of every kind, of fictitious persons.

use std::{collections::BTreeMap, time::Duration};

use jiff::civil::date;
use overblik_connectors::{Coverage, Kept, Revision, SourceInfo};
use overblik_widgets::{
    AssuranceLevel, Authority, Contact, ContactKind, Date, Language, Link, LocalizedText, Moment, Section,
    SectionState, Theme, Widget,
};

use super::{PageFrame, PageSession};

pub(super) mod collections;
mod gallery;
pub(super) mod widgets;

pub(super) const TODAY: Date = date(2026, 11, 22);

pub(super) fn frame(language: Language) -> PageFrame<'static> {
    // Twenty minutes of inactivity, four hours in all.
    let session = PageSession {
        name: "session-1",
        idle_seconds_left: 1_200,
        absolute_seconds_left: 14_400,
        warn_at_seconds_left: 120,
        closes: moment("2026-11-22T09:35:30Z"),
    };
    PageFrame { citizen_name: Some("Alma Prøve"), session: Some(session), ..PageFrame::of_a_visitor(language, "/") }
}

pub(super) fn moment(text: &str) -> Moment {
    Moment::new(text.parse().expect("a timestamp"))
}

pub(super) fn link(path: &str) -> Link {
    Link::checked(&format!("https://www.birkerup.example/{path}"), &["birkerup.example"]).expect("a link")
}

/// A section without widgets. Its slug is the state's position, its title the state's name.
pub(super) fn section(state: SectionState) -> Section {
    let position = SectionState::ALL.iter().position(|other| *other == state).unwrap_or_default();
    Section {
        source: format!("source-{position}"),
        state,
        message: state.message(),
        as_of: state.was_answered().then(|| moment("2026-11-22T09:15:30Z")),
        theme: Theme::CultureLeisure,
        authority: Authority {
            code: "birkerup".into(),
            cvr: "90000018".into(),
            name: LocalizedText::new("Birkerup Kommune", "Birkerup Municipality"),
        },
        title: LocalizedText::new(format!("Område {state:?}"), format!("Area {state:?}")),
        expect: LocalizedText::new("Det kan du forvente at se her.", "This is what to look for here."),
        link: link("selvbetjening"),
        contact: vec![
            Contact { kind: ContactKind::Phone, value: "70000018".into() },
            Contact { kind: ContactKind::Email, value: "borger@birkerup.example".into() },
            Contact { kind: ContactKind::Website, value: "https://www.birkerup.example/kontakt".into() },
            Contact { kind: ContactKind::DigitalPost, value: "Birkerup Kommune".into() },
        ],
        level: AssuranceLevel::Substantial,
        widgets: vec![],
        left_out: 0,
        problems: vec![],
    }
}

pub(super) fn ready(widgets: Vec<Widget>) -> Section {
    Section { widgets: widgets.into_iter().map(Into::into).collect(), ..section(SectionState::Ready) }
}

/// What the skeleton knows about a section before it comes.
pub(super) fn source(section: &Section) -> SourceInfo {
    SourceInfo {
        slug: section.source.clone(),
        it_system_id: "5b0e8f0a-6a55-4d3c-9f39-0c5f4e1f9a01".into(),
        version: "1.0.0".into(),
        revision: Revision::of_text(&section.source),
        authority: section.authority.clone(),
        contact: section.contact.clone(),
        title: section.title.clone(),
        expect: section.expect.clone(),
        theme: section.theme,
        kinds: section.widgets.iter().map(|one| one.widget.kind()).collect(),
        link: section.link.clone(),
        level: section.level,
        coverage: Coverage::Everywhere,
        legal_basis: "Biblioteksloven § 1".into(),
        agreement: "MOB-1".into(),
        display_clients: BTreeMap::new(),
        timeout: Duration::from_secs(3),
        kept: Kept::NOT,
        offers_detail: true,
    }
}
