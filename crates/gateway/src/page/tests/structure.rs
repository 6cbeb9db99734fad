//! The parts of a page fit together: slots, themes, references, languages, files.

use overblik_connectors::SourceInfo;
use overblik_widgets::{Language, SectionState, Theme, WidgetKind};

use super::{every_page, every_state, whole};
use crate::page::{
    assets, overview_start,
    specimens::{self, frame, source},
};

#[test]
fn the_skeleton_has_one_slot_for_each_source_under_its_theme() {
    let mut sections = every_state();
    sections[0].theme = Theme::Economy;
    let sources: Vec<_> = sections.iter().map(source).collect();
    let start = overview_start(&frame(Language::En), &sources.iter().collect::<Vec<_>>());
    for one in &sections {
        assert_eq!(start.matches(&format!("<slot name=\"section-{}\">", one.source)).count(), 1);
        assert!(start.contains(one.title.get(Language::En)));
    }
    for theme in ["economy", "culture-leisure"] {
        assert_eq!(start.matches(&format!("<slot name=\"theme-{theme}\">")).count(), 1);
        assert_eq!(start.matches(&format!("slot=\"theme-{theme}\" id=\"theme-{theme}\"")).count(), 1);
        assert_eq!(start.matches(&format!("<a href=\"#theme-{theme}\">")).count(), 1, "in the table of contents");
    }
    assert!(start.contains("Fetching answers from 12 sources"));
}

#[test]
fn the_sections_follow_directly_into_the_shadow_host() {
    let page = whole(Language::Da, &every_state());
    assert_eq!(page.matches("<template shadowrootmode=\"open\">").count(), 1);
    let (_, light) = page.split_once("</template>").expect("a shadow root");
    let (light, _) = light.split_once("</main>").expect("an end");
    // The host's own closing tag is the one left over.
    assert_eq!(light.matches("</div>").count(), light.matches("<div").count() + 1);
    assert_eq!(light.matches("<article ").count(), light.matches("</article>").count());
}

#[test]
fn every_page_is_in_its_language_and_offers_the_other() {
    for (language, tag) in [(Language::Da, "da"), (Language::En, "en")] {
        for page in every_page(language) {
            assert!(page.starts_with("<!doctype html>"));
            assert!(page.contains(&format!("<html lang=\"{tag}\">")));
            assert!(page.contains(&format!("<a href=\"/?lang={tag}\" hreflang=\"{tag}\" lang=\"{tag}\" aria-current")));
            assert!(page.contains("href=\"/?lang=da\"") && page.contains("href=\"/?lang=en\""));
            assert!(page.trim_end().ends_with("</html>"));
        }
    }
}

#[test]
fn every_file_that_a_page_loads_is_served() {
    for page in every_page(Language::Da) {
        for path in page.split('"').filter(|part| part.starts_with("/assets/")) {
            assert!(assets().iter().any(|asset| asset.path == path), "{path}");
        }
        assert!(page.contains("rel=\"stylesheet\""));
    }
}

#[test]
fn every_reference_between_elements_stays_in_one_tree() {
    let page = whole(Language::Da, &every_state());
    let (before, rest) = page.split_once("<template shadowrootmode=\"open\">").expect("a shadow root");
    let (shadow, after) = rest.split_once("</template>").expect("its end");
    let light = format!("{before}{after}");
    for tree in [shadow, light.as_str()] {
        let ids: Vec<_> = tree.split(" id=\"").skip(1).filter_map(|part| part.split('"').next()).collect();
        for (position, id) in ids.iter().enumerate() {
            assert!(!ids[..position].contains(id), "{id} twice");
        }
        for attribute in ["aria-labelledby=\"", "href=\"#"] {
            for target in tree.split(attribute).skip(1).filter_map(|part| part.split('"').next()) {
                assert!(ids.contains(&target), "{attribute}{target}");
            }
        }
    }
}

#[test]
fn a_place_keeps_room_for_what_can_come() {
    let room = |kinds: &[WidgetKind]| {
        let source = SourceInfo { kinds: kinds.to_vec(), ..source(&specimens::section(SectionState::Ready)) };
        let start = overview_start(&frame(Language::Da), &[&source]);
        ["small", "medium", "large"].into_iter().find(|size| start.contains(&format!("class=\"room room-{size}\"")))
    };
    assert_eq!(room(&[WidgetKind::Mailbox]), Some("small"));
    assert_eq!(room(&[WidgetKind::Case]), Some("medium"));
    assert_eq!(room(&[WidgetKind::Loan, WidgetKind::Reservation]), Some("large"));
    assert_eq!(room(&[]), Some("small"), "nothing is known of it");
}

/// A text without what stands between these signs.
fn without(text: &str, start: &str, end: &str) -> String {
    let mut pieces = text.split(start);
    let before = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(before, |words, piece| words + piece.split_once(end).expect("its end").1)
}

/// The words between the tags of a template, without what askama puts there, which may hold the sign of a tag's end.
fn words_of(template: &str) -> String {
    without(&without(&without(template, "{{", "}}"), "{%", "%}"), "<", ">")
}

#[test]
fn no_template_has_words_of_its_own() {
    assert_eq!(words_of("<p class=\"a{% if b > 1 %}{% endif %}\">{{ x }}{% if a %}Hej{% endif %}</p>"), "Hej");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut templates = 0;
    for file in std::fs::read_dir(folder).expect("a folder") {
        let path = file.expect("a file").path();
        let words = words_of(&std::fs::read_to_string(&path).expect("a template")).replace("Overblik", "");
        // An attribute, which a macro of its own adds.
        let words = words.replace("target=\"_blank\"", "");
        assert!(!words.contains(char::is_alphabetic), "{}: {words}", path.display());
        templates += 1;
    }
    assert!(templates > 10);
}
