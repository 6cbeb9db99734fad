//! What surrounds the content of every page.

use overblik_widgets::{Language, Moment};

use super::{
    assets::{ICON, SESSION_SCRIPT, STYLESHEET},
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
    /// How long the session lasts; absent on a page that shows nothing of anybody.
    pub session: Option<PageSession<'a>>,
    /// Where the operator says how personal data are treated, if they do.
    pub privacy_url: Option<&'a str>,
    /// Where a demonstration is controlled; absent in real use.
    pub demo_control_url: Option<&'a str>,
}

/// How long a page about a citizen may stay on the screen.
#[derive(Clone, Copy, Debug)]
pub struct PageSession<'a> {
    /// Names the session, so that the page notices when somebody has logged in anew. Opens nothing.
    pub name: &'a str,
    /// Seconds until it ends if the citizen does nothing; never more than the next.
    pub idle_seconds_left: u64,
    /// Seconds until it ends whatever the citizen does.
    pub absolute_seconds_left: u64,
    /// With so many seconds left, or fewer, the citizen is warned.
    pub warn_at_seconds_left: u64,
    /// When it ends if the citizen does nothing.
    pub closes: Moment,
}

impl PageSession<'_> {
    /// When a browser without JavaScript takes the page from the screen: when the session is surely over.
    pub(super) fn seconds_to_show(&self) -> u64 {
        self.idle_seconds_left.saturating_add(1)
    }
}

impl<'a> PageFrame<'a> {
    /// Of somebody who is not logged in, or of whom it does not matter.
    #[must_use]
    pub fn of_a_visitor(language: Language, path: &'a str) -> Self {
        Self { language, citizen_name: None, path, session: None, privacy_url: None, demo_control_url: None }
    }

    pub(super) fn texts(&self) -> Texts {
        Texts { language: self.language }
    }
}

/// A step on the way to a page.
pub(super) struct Step<'a> {
    pub(super) title: &'a str,
    /// Absent for the page itself.
    pub(super) href: Option<String>,
}

/// A page's head, header and footer.
pub(super) struct Layout<'a> {
    pub(super) frame: &'a PageFrame<'a>,
    pub(super) texts: Texts,
    /// The page's name, in the window's title and the main heading.
    pub(super) title: &'a str,
    /// Whether to offer logging out.
    pub(super) logged_in: bool,
    /// The way from the overview to this page, this page last; empty for pages that stand on their own.
    pub(super) trail: Vec<Step<'a>>,
    /// Where the page leads by itself at once, if it does.
    pub(super) continues_to: Option<&'a str>,
    pub(super) stylesheet: &'static str,
    pub(super) session_script: &'static str,
    pub(super) icon: &'static str,
}

impl<'a> Layout<'a> {
    pub(super) fn new(frame: &'a PageFrame<'a>, title: &'a str) -> Self {
        Self {
            frame,
            texts: frame.texts(),
            title,
            logged_in: frame.citizen_name.is_some() || frame.session.is_some(),
            trail: Vec::new(),
            continues_to: None,
            stylesheet: &STYLESHEET.path,
            session_script: &SESSION_SCRIPT.path,
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

    /// How long the session lasts, on pages about a citizen.
    pub(super) fn session(&self) -> Option<PageSession<'a>> {
        self.frame.session.filter(|_| self.logged_in)
    }

    pub(super) fn language(&self) -> &'static str {
        self.texts.language.tag()
    }
}
