//! What holds for the pages as a whole: nothing of a source's is ever markup, nothing is said that is not known, and
//! the strictest Content-Security-Policy fits.

mod connect;
mod fragments;
mod portals;
mod safety;
mod section_pages;
mod structure;
mod truth;

use overblik_widgets::{Attention, Language, LocalizedText, Section, SectionState, Summary};

use super::{
    DeclaredTo, ErrorPage, Farewell, Subject, accessibility, continue_to, declaration, error_page, farewell, landing,
    overview_end, overview_start, section, section_page,
    specimens::{
        self, TODAY,
        collections::{every_kind, every_kind_at_its_barest, every_standing},
        frame, moment, ready, source,
    },
};
use crate::{config::PageConfig, overview::Declaration};

pub(super) const LANGUAGES: [Language; 2] = [Language::Da, Language::En];

/// What closes the page after these sections.
fn end(language: Language, sections: &[Section]) -> String {
    let states: Vec<_> = sections.iter().map(|section| section.state).collect();
    let attention = |section: &Section| {
        let widgets: Vec<_> = section.widgets.iter().map(|one| one.widget.clone()).collect();
        Attention::of_answer(&section.source, &section.link, &widgets, TODAY)
    };
    let attention = sections.iter().flat_map(attention).collect();
    let summary = Summary::new(&states, attention, moment("2026-11-22T09:15:30Z"));
    let sources: Vec<_> = sections.iter().map(source).collect();
    overview_end(&frame(language), &summary, &sources.iter().zip(states).collect::<Vec<_>>())
}

fn every_state() -> Vec<Section> {
    SectionState::ALL.into_iter().map(specimens::section).collect()
}

/// A whole overview as it goes over the wire.
pub(super) fn whole(language: Language, sections: &[Section]) -> String {
    let sources: Vec<_> = sections.iter().map(source).collect();
    let mut page = overview_start(&frame(language), &sources.iter().collect::<Vec<_>>());
    for one in sections {
        page += &section(&frame(language), one, TODAY);
    }
    page + &end(language, sections)
}

/// Every page there is, with every state and kind on them.
fn every_page(language: Language) -> Vec<String> {
    let frame = frame(language);
    let error = ErrorPage {
        title: LocalizedText::new("Fejl", "Error"),
        explanation: LocalizedText::new("Fejl", "Error"),
        code: "x",
        reference: "x",
        offer_login: true,
    };
    let mut sections = every_state();
    for (slug, widgets) in
        [("all-kinds", every_kind()), ("bare-kinds", every_kind_at_its_barest()), ("standings", every_standing())]
    {
        sections.push(Section { source: slug.into(), ..ready(widgets) });
    }
    let sources: Vec<_> = sections.iter().map(source).collect();
    let declared: Vec<_> = sources
        .iter()
        .map(|source| Declaration {
            source,
            coverage: &source.coverage,
            not_asked: Some((SectionState::StepUpRequired, LocalizedText::new("x", "x"))),
        })
        .collect();
    let own_page = |subject| move |one: &Section| section_page(&frame, one, subject, TODAY);
    let own_pages: Vec<_> = sections.iter().map(own_page(Subject::Section)).collect();
    let item_pages: Vec<_> = sections.iter().map(own_page(Subject::Item)).collect();
    let others = vec![
        whole(language, &sections),
        landing(&frame),
        farewell(&frame, Farewell::LoggedOut),
        farewell(&frame, Farewell::SessionEnded),
        farewell(&frame, Farewell::StillLoggedIn),
        declaration(&frame, DeclaredTo::Citizen, &declared),
        accessibility(&frame, &PageConfig::default()),
        continue_to(&frame, "/"),
        error_page(&frame, &error),
    ];
    [others, own_pages, item_pages].concat()
}
