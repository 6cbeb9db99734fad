//! What surrounds the content of every page.

use overblik_widgets::Language;

use super::{
    assets::{ICON, SCRIPT, STYLESHEET},
    texts::Texts,
};

/// What a page shows around its content.
#[derive(Clone, Copy, Debug)]
pub struct PageFrame<'a> {
    /// The language the citizen reads.
    pub language: Language,
    /// The name of the citizen who is logged in, if anyone is and a name is known.
    pub citizen_name: Option<&'a str>,
    /// The page's own path without a query: where "try again" leads, and, with `?lang=da` or `?lang=en` added, the
    /// language choice.
    pub path: &'a str,
    /// Where a demonstration is controlled; absent in real use.
    pub demo_control_url: Option<&'a str>,
}

impl PageFrame<'_> {
    pub(super) fn texts(&self) -> Texts {
        Texts { language: self.language }
    }
}

/// A page's head, header and footer.
pub(super) struct Layout<'a> {
    pub(super) frame: &'a PageFrame<'a>,
    pub(super) texts: Texts,
    /// The page's name, in the window's title and the main heading.
    pub(super) title: &'a str,
    /// Whether to offer logging out.
    pub(super) logged_in: bool,
    /// Where the page leads by itself at once, if it does.
    pub(super) continues_to: Option<&'a str>,
    pub(super) stylesheet: &'static str,
    pub(super) script: &'static str,
    pub(super) icon: &'static str,
}

impl<'a> Layout<'a> {
    pub(super) fn new(frame: &'a PageFrame<'a>, title: &'a str) -> Self {
        Self {
            frame,
            texts: frame.texts(),
            title,
            logged_in: frame.citizen_name.is_some(),
            continues_to: None,
            stylesheet: &STYLESHEET.path,
            script: &SCRIPT.path,
            icon: &ICON.path,
        }
    }

    pub(super) fn window_title(&self) -> String {
        self.texts.page_title(self.title)
    }

    /// The languages to choose from: tag, own name, whether it is the one in use.
    pub(super) fn languages(&self) -> [(&'static str, &'static str, bool); 2] {
        [(Language::Da, "Dansk"), (Language::En, "English")]
            .map(|(language, name)| (language.tag(), name, language == self.texts.language))
    }

    pub(super) fn language(&self) -> &'static str {
        self.texts.language.tag()
    }
}
