//! Pages of specimens for the pictures of `docs/gallery`: every kind and every state, the pages of a section and of an item,
//! and whole overviews that are waiting, empty, or of nobody.

use std::{fs, path::Path};

use overblik_widgets::{Language, LocalizedText, Section, SectionState, SectionWidget, Theme, Widget, WidgetKind};

use super::{
    TODAY,
    collections::{every_kind, every_kind_at_its_barest, every_standing},
    frame, ready, section, source,
};
use crate::page::{
    Subject, overview_start, section_page,
    tests::{LANGUAGES, whole},
};

/// As many of a kind as a picture has room for.
const OF_A_KIND: usize = 5;

/// A kind in full, in the places where it can stand, and at its barest.
fn of_kind(kind: WidgetKind) -> Section {
    let mut widgets: Vec<Widget> = Vec::new();
    for widget in every_kind().into_iter().chain(every_standing()).filter(|widget| widget.kind() == kind) {
        if widgets.len() + 1 < OF_A_KIND && !widgets.contains(&widget) {
            widgets.push(widget);
        }
    }
    widgets.extend(every_kind_at_its_barest().into_iter().filter(|widget| widget.kind() == kind));
    let name = kind.tag();
    // The first of those that have standings says the least that another does not.
    if widgets.len() == OF_A_KIND {
        widgets.remove(0);
    }
    Section { source: name.replace('_', "-"), title: LocalizedText::new(name, name), ..ready(widgets) }
}

/// A section as it looks in a state, with something in it where something can be.
fn in_state(state: SectionState) -> Section {
    let name = format!("{state:?}");
    let shows_something = matches!(state, SectionState::Ready | SectionState::Partial | SectionState::Stale);
    let widgets = if shows_something { every_kind().into_iter().take(1).map(Into::into).collect() } else { Vec::new() };
    let left_out = if state == SectionState::Partial { 2 } else { 0 };
    let as_of = shows_something.then(|| super::moment("2026-11-22T09:15:30Z")).or(section(state).as_of);
    let slug = format!("state-{}", name.to_lowercase());
    Section { source: slug, title: LocalizedText::new(&*name, &*name), widgets, left_out, as_of, ..section(state) }
}

/// A section with ways to more.
fn of_cases() -> Section {
    let with_id = |widget| SectionWidget { widget, item: Some("AbC-_1".to_owned()) };
    Section {
        widgets: of_kind(WidgetKind::Case).widgets.into_iter().take(2).map(|one| with_id(one.widget)).collect(),
        ..of_an_item()
    }
}

/// A case with what happened in it.
fn of_an_item() -> Section {
    let belongs = [WidgetKind::Case, WidgetKind::TimelineEntry, WidgetKind::Document];
    let widgets = every_kind().into_iter().filter(|widget| belongs.contains(&widget.kind())).collect();
    Section { source: "cases".to_owned(), title: LocalizedText::new("Sager", "Cases"), ..ready(widgets) }
}

/// The sources of an overview under several themes.
fn themed(state: SectionState) -> Vec<Section> {
    [(Theme::ChildrenFamily, "Børn"), (Theme::Economy, "Betalinger"), (Theme::CultureLeisure, "Bibliotek")]
        .map(|(theme, title)| {
            let slug = theme.slug().to_owned();
            Section { source: slug, theme, title: LocalizedText::new(title, title), ..section(state) }
        })
        .into()
}

fn waiting(language: Language) -> String {
    let sources: Vec<_> = themed(SectionState::Pending).iter().map(source).collect();
    overview_start(&frame(language), &sources.iter().collect::<Vec<_>>())
}

#[test]
#[ignore = "writes the pages of which tests/browser/gallery.mjs takes the pictures"]
fn gallery() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/gallery");
    fs::create_dir_all(&folder).expect("a folder");
    for language in LANGUAGES {
        let kinds: Vec<_> = WidgetKind::ALL.iter().copied().map(of_kind).collect();
        let states: Vec<_> = SectionState::ALL.map(in_state).into();
        for (name, page) in [
            ("kinds", whole(language, &kinds)),
            ("states", whole(language, &states)),
            ("section", section_page(&frame(language), &of_cases(), Subject::Section, TODAY)),
            ("item", section_page(&frame(language), &of_an_item(), Subject::Item, TODAY)),
            ("overview-waiting", waiting(language)),
            ("overview-empty", whole(language, &themed(SectionState::Empty))),
            ("overview-nobody", whole(language, &[])),
        ] {
            fs::write(folder.join(format!("{name}-{}.html", language.tag())), page).expect("a page");
        }
    }
}
