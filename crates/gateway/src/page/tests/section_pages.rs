//! One section, and more about one item, on pages of their own.

use overblik_widgets::{AssuranceLevel, Language, Section, SectionState, SectionWidget};

use super::LANGUAGES;
use crate::page::{
    PageFrame, Subject, section, section_page,
    specimens::{self, TODAY, collections::every_kind, frame, ready},
};

const SECTION: &str = "/sections/source-0";
const ITEM: &str = "/sections/source-0/items/AbC-_1";

fn page(language: Language, subject: Subject, one: &Section) -> String {
    let path = if subject == Subject::Item { ITEM } else { SECTION };
    section_page(&PageFrame { path, ..frame(language) }, one, subject, TODAY)
}

/// Widgets of every kind, each with a way to more.
fn with_more() -> Section {
    let with_id = |widget| SectionWidget { widget, item: Some("AbC-_1".into()) };
    Section { widgets: every_kind().into_iter().map(with_id).collect(), ..ready(vec![]) }
}

#[test]
fn the_way_back_leads_to_the_section_s_place_in_the_overview() {
    for (language, overview, details) in
        [(Language::Da, "Dit overblik", "Detaljer"), (Language::En, "Your overview", "Details")]
    {
        let own = page(language, Subject::Section, &ready(every_kind()));
        assert!(own.contains(&format!("<a href=\"/#section-source-0\">{overview}</a>")));
        assert_eq!(own.matches("aria-current=\"page\"").count(), 1);
        let item = page(language, Subject::Item, &ready(every_kind()));
        assert!(item.contains("<a href=\"/sections/source-0\">") && item.contains(&format!("page\">{details}</li>")));
    }
}

#[test]
fn headings_go_down_one_at_a_time_and_ids_stand_once() {
    for language in LANGUAGES {
        for subject in [Subject::Section, Subject::Item] {
            let page = page(language, subject, &ready(every_kind()));
            let levels: Vec<u8> = page
                .split("<h")
                .skip(1)
                .filter_map(|rest| rest.bytes().next().filter(u8::is_ascii_digit).map(|digit| digit - b'0'))
                .collect();
            assert_eq!(levels.first(), Some(&1));
            assert!(levels.iter().skip(1).all(|level| *level == 2), "{levels:?}");
            assert!(!page.contains(" slot=") && !page.contains("data-refresh"));
        }
    }
}

#[test]
fn each_card_with_an_item_leads_to_it_by_the_name_of_what_it_is() {
    let overview = section(&frame(Language::Da), &with_more(), TODAY);
    let links = overview.matches("href=\"/sections/source-0/items/AbC-_1\"").count();
    assert_eq!(links, every_kind().len());
    assert!(overview.contains(">Se mere<span class=\"hidden\" lang=\"da\">: Niels Lyhne</span></a>"));
    assert!(!section(&frame(Language::Da), &ready(every_kind()), TODAY).contains("/items/"));
}

#[test]
fn asking_anew_is_offered_where_it_can_help_and_asks_one_source() {
    for state in SectionState::ALL {
        let one = Section { source: "source-0".into(), ..specimens::section(state) };
        let overview = section(&frame(Language::Da), &one, TODAY);
        let offers = overview.contains("href=\"/sections/source-0?fresh=1\"");
        let cannot_help =
            matches!(state, SectionState::Pending | SectionState::StepUpRequired | SectionState::NotCovered);
        assert_eq!(offers, !cannot_help, "{state:?}");
        assert_eq!(overview.contains("data-refresh=\"source-0\""), offers, "{state:?}");
        let item = page(Language::Da, Subject::Item, &one);
        assert_eq!(
            item.contains(&format!("href=\"{ITEM}\"")),
            state != SectionState::StepUpRequired && state != SectionState::NotCovered,
            "{state:?}"
        );
    }
}

#[test]
fn a_login_at_a_higher_level_leads_back_to_the_section() {
    let one = Section {
        source: "source-0".into(),
        level: AssuranceLevel::High,
        ..specimens::section(SectionState::StepUpRequired)
    };
    for (html, back) in [
        (section(&frame(Language::Da), &one, TODAY), "/%23section-source-0"),
        (page(Language::Da, Subject::Section, &one), SECTION),
        // The way to an item ends with its session.
        (page(Language::Da, Subject::Item, &one), SECTION),
    ] {
        assert!(html.contains(&format!("/auth/login?return_to={back}&amp;level=high")), "{back}");
    }
}
