//! The page that declares the overview: whom it asks about what, on what ground, and what it does not know.

use askama::Template;
use overblik_connectors::{Coverage, Municipality, SourceInfo};
use overblik_widgets::{Contact, LocalizedText, SectionState, Theme};

use super::{
    assets::SCRIPT,
    html,
    layout::{Layout, PageFrame},
    section::{ContactLine, level_in_links},
    texts::Texts,
};
use crate::overview::Declaration;

/// Who the page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclaredTo {
    /// Anybody: what holds for everyone.
    Everybody,
    /// A citizen: also which sources are asked about them.
    Citizen,
}

/// A source on the page.
struct Listed<'a> {
    source: &'a SourceInfo,
    not_asked: Option<&'a str>,
    /// Whether a login at the level that the source needs would make it be asked.
    offers_step_up: bool,
    coverage: String,
}

impl<'a> Listed<'a> {
    fn of(declaration: &'a Declaration<'a>, texts: Texts) -> Self {
        let Declaration { source, coverage, not_asked } = declaration;
        let coverage = match coverage {
            Coverage::Everywhere => texts.covers_everybody().to_owned(),
            Coverage::Municipalities(covered) => {
                let codes: Vec<_> = covered.iter().map(Municipality::code).collect();
                texts.covers_municipalities(&codes.join(", "))
            }
        };
        let offers_step_up = not_asked.as_ref().is_some_and(|(state, _)| *state == SectionState::StepUpRequired);
        Self { source, not_asked: not_asked.as_ref().map(|(_, why)| texts.of(why)), offers_step_up, coverage }
    }

    fn level_in_links(&self) -> &'static str {
        level_in_links(self.source.level)
    }

    fn contacts(&self, texts: Texts) -> Vec<ContactLine<'_>> {
        self.source.contact.iter().map(|contact: &Contact| ContactLine::of(contact, texts)).collect()
    }
}

/// The sources of one theme.
struct Group<'a> {
    theme: Theme,
    title: LocalizedText,
    sources: Vec<Listed<'a>>,
}

#[derive(Template)]
#[template(path = "declaration.html")]
struct DeclarationView<'a> {
    layout: Layout<'a>,
    script: &'static str,
    texts: Texts,
    is_for_a_citizen: bool,
    groups: Vec<Group<'a>>,
}

impl DeclarationView<'_> {
    fn not_asked(&self) -> impl Iterator<Item = &Listed<'_>> {
        self.groups.iter().flat_map(|group| &group.sources).filter(|listed| listed.not_asked.is_some())
    }
}

/// The page about these sources, in the order given.
#[must_use]
pub fn declaration(frame: &PageFrame<'_>, to: DeclaredTo, sources: &[Declaration<'_>]) -> String {
    let texts = frame.texts();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for declaration in sources {
        let (theme, listed) = (declaration.source.theme, Listed::of(declaration, texts));
        match groups.iter_mut().find(|group| group.theme == theme) {
            Some(group) => group.sources.push(listed),
            None => groups.push(Group { theme, title: theme.title(), sources: vec![listed] }),
        }
    }
    let is_for_a_citizen = to == DeclaredTo::Citizen;
    html(&DeclarationView {
        layout: Layout::new(frame, texts.declaration_title()),
        script: &SCRIPT.path,
        texts,
        is_for_a_citizen,
        groups,
    })
}

#[cfg(test)]
mod tests {
    use overblik_widgets::{AssuranceLevel, Language};

    use super::*;
    use crate::page::specimens::{self, frame, source};

    fn of(state: SectionState) -> SourceInfo {
        source(&specimens::section(state))
    }

    #[test]
    fn every_source_says_who_what_where_how_surely_and_on_what_ground() {
        let source = SourceInfo { level: AssuranceLevel::High, ..of(SectionState::Ready) };
        for (language, words) in [
            (Language::Da, ["Det kan du forvente", "Hele landet", "Høj", "Birkerup Kommune", "90000018"]),
            (
                Language::En,
                ["This is what to look for", "The whole country", "High", "Birkerup Municipality", "90000018"],
            ),
        ] {
            let declared = [Declaration { source: &source, coverage: &source.coverage, not_asked: None }];
            let page = declaration(&frame(language), DeclaredTo::Everybody, &declared);
            for word in words {
                assert!(page.contains(word), "{word}");
            }
            assert!(page.contains("<bdi lang=\"da\">Biblioteksloven § 1</bdi>"), "a law has its name in Danish");
            assert!(page.contains("href=\"tel:+4570000018\"") && page.contains("mailto:borger@birkerup.example"));
            assert!(page.contains("href=\"https://www.birkerup.example/selvbetjening\" rel=\"noopener noreferrer\""));
        }
    }

    #[test]
    fn a_citizen_reads_which_sources_are_not_asked_about_them_and_why() {
        let (asked, elsewhere, higher) =
            (of(SectionState::Ready), of(SectionState::NotCovered), of(SectionState::Failed));
        let why = |state: SectionState| Some((state, state.message().expect("words")));
        let declared = [
            Declaration { source: &asked, coverage: &Coverage::Everywhere, not_asked: None },
            Declaration {
                source: &elsewhere,
                coverage: &Coverage::Everywhere,
                not_asked: why(SectionState::NotCovered),
            },
            Declaration {
                source: &higher,
                coverage: &Coverage::Everywhere,
                not_asked: why(SectionState::StepUpRequired),
            },
        ];
        let page = declaration(&frame(Language::Da), DeclaredTo::Citizen, &declared);
        assert!(
            page.contains("Din kommune er ikke tilsluttet") && page.contains("href=\"#source-source-11\""),
            "{page}"
        );
        let step_up = "href=\"/auth/login?return_to=/%23section-source-6&amp;level=substantial\"";
        assert_eq!(page.matches(step_up).count(), 1, "{page}");
        assert!(!page.contains("Alle kilder på siden bliver spurgt om dig"));
        let all = declaration(&frame(Language::Da), DeclaredTo::Citizen, &declared[..1]);
        assert!(all.contains("Alle kilder på siden bliver spurgt om dig") && !all.contains("Ikke vist for dig"));
        let general = declaration(&frame(Language::Da), DeclaredTo::Everybody, &declared[..1]);
        assert!(!general.contains("om dig, når du åbner overblikket") && !general.contains("Ikke vist for dig"));
    }

    #[test]
    fn without_any_agreement_the_page_says_so() {
        assert!(declaration(&frame(Language::Da), DeclaredTo::Everybody, &[]).contains("Ingen myndigheder har endnu"));
    }
}
