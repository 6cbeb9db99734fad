//! The parts of a page fit together: slots, themes, references, languages, files.

use overblik_widgets::{Language, Theme};

use super::{every_page, every_state, whole};
use crate::page::{
    assets, overview_start,
    specimens::{frame, source},
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
    assert_eq!(start.matches("id=\"theme-economy\"").count(), 1);
    assert_eq!(start.matches("id=\"theme-culture-leisure\"").count(), 1);
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

/// The words between the tags of a template, without what askama puts there.
fn words_of(template: &str) -> String {
    let mut words = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '<']) {
        let (text, sign) = rest.split_at(at);
        words += text;
        let end = [("{{", "}}"), ("{%", "%}"), ("<", ">")].into_iter().find(|(start, _)| sign.starts_with(start));
        let (_, end) = end.expect("a tag");
        rest = &sign[sign.find(end).expect("its end") + end.len()..];
    }
    words + rest
}

#[test]
fn no_template_has_words_of_its_own() {
    assert_eq!(words_of("<p class=\"a>b\">{{ x }}{% if a %}Hej{% endif %}</p>").trim(), "b\">Hej");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut templates = 0;
    for file in std::fs::read_dir(folder).expect("a folder") {
        let path = file.expect("a file").path();
        let words = words_of(&std::fs::read_to_string(&path).expect("a template")).replace("Overblik", "");
        assert!(!words.contains(char::is_alphabetic), "{}: {words}", path.display());
        templates += 1;
    }
    assert!(templates > 10);
}
