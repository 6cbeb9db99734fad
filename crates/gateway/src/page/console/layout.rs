//! What surrounds the content of every page of the console.

use overblik_registry::{Actor, Side};
use overblik_widgets::Language;

use crate::page::{
    assets::{CONSOLE_STYLESHEET, ICON, STYLESHEET},
    layout::Step,
    texts::Texts,
};

/// What a page shows around its content.
#[derive(Clone, Copy, Debug)]
pub struct ConsoleFrame<'a> {
    /// The language that is read.
    pub language: Language,
    /// The page's own path, without a query.
    pub path: &'a str,
    /// Who is logged in.
    pub who: Option<&'a Actor>,
    /// How many things wait for them.
    pub waiting: usize,
}

impl ConsoleFrame<'_> {
    pub(super) fn texts(&self) -> Texts {
        Texts { language: self.language }
    }
}

/// A page that can be reached from every other.
pub(super) struct Place {
    pub(super) href: String,
    pub(super) title: String,
}

impl Place {
    fn new(href: impl Into<String>, title: impl Into<String>) -> Self {
        Self { href: href.into(), title: title.into() }
    }
}

/// A page's head, header and footer.
pub(super) struct Layout<'a> {
    pub(super) frame: &'a ConsoleFrame<'a>,
    pub(super) texts: Texts,
    pub(super) title: &'a str,
    /// The way to this page from the list that it is below, this page last.
    pub(super) trail: Vec<Step<'a>>,
    /// Where the page is among the places that can be reached from every page: its own path, unless it is of none.
    pub(super) at: &'a str,
    /// Where the page leads by itself at once, if it does.
    pub(super) continues_to: Option<&'a str>,
    pub(super) stylesheet: &'static str,
    pub(super) console_stylesheet: &'static str,
    pub(super) icon: &'static str,
}

impl<'a> Layout<'a> {
    pub(super) fn new(frame: &'a ConsoleFrame<'a>, title: &'a str) -> Self {
        Self {
            frame,
            texts: frame.texts(),
            title,
            trail: Vec::new(),
            at: frame.path,
            continues_to: None,
            stylesheet: &STYLESHEET.path,
            console_stylesheet: &CONSOLE_STYLESHEET.path,
            icon: &ICON.path,
        }
    }

    /// Below the list of sources, and below a source if one is named.
    pub(super) fn below(mut self, source: Option<&'a str>) -> Self {
        self.trail.push(Step { title: self.texts.all_sources(), href: Some("/console/sources".to_owned()) });
        if let Some(source) = source {
            self.trail.push(Step { title: source, href: Some(format!("/console/sources/{source}")) });
        }
        self.trail.push(Step { title: self.title, href: None });
        self
    }

    /// Below the list of authorities, and below an authority if one is named.
    pub(super) fn below_authorities(mut self, authority: Option<&'a str>) -> Self {
        self.trail.push(Step { title: self.texts.all_authorities(), href: Some("/console/authorities".to_owned()) });
        if let Some(authority) = authority {
            self.trail.push(Step { title: authority, href: Some(format!("/console/authorities/{authority}")) });
        }
        self.trail.push(Step { title: self.title, href: None });
        self
    }

    /// Where whoever is logged in can go from every page.
    pub(super) fn places(&self) -> Vec<Place> {
        let Some(who) = self.frame.who else { return Vec::new() };
        let waiting = match self.frame.waiting {
            0 => self.texts.waits_for_you().to_owned(),
            count => self.texts.waiting_counted(count),
        };
        let authorities = match &who.side {
            Side::Operator => Place::new("/console/authorities", self.texts.all_authorities()),
            Side::Authority(own) => Place::new(format!("/console/authorities/{own}"), self.texts.my_authority()),
        };
        let sources = Place::new("/console/sources", self.texts.all_sources());
        vec![Place::new("/console", waiting), sources, authorities]
    }

    /// Whether this page is that place, or below it.
    pub(super) fn is_at(&self, place: &Place) -> bool {
        let rest = self.at.strip_prefix(place.href.as_str());
        rest.is_some_and(|rest| rest.is_empty() || place.href != "/console" && rest.starts_with('/'))
    }

    pub(super) fn window_title(&self) -> String {
        self.texts.console_page_title(self.title)
    }

    pub(super) fn languages(&self) -> [(&'static str, &'static str, bool); 2] {
        [(Language::Da, "Dansk"), (Language::En, "English")]
            .map(|(language, name)| (language.tag(), name, language == self.texts.language))
    }

    pub(super) fn language(&self) -> &'static str {
        self.texts.language.tag()
    }

    pub(super) fn is_operator(&self) -> bool {
        self.frame.who.is_some_and(Actor::is_operator)
    }

    /// For whom somebody acts.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "askama gives references")]
    pub(super) fn side<'w>(&self, who: &&'w Actor) -> &'w str {
        match &who.side {
            Side::Authority(slug) => slug.as_str(),
            Side::Operator => self.texts.operator_role(),
        }
    }
}
