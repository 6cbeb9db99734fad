//! The pages in a frame on a portal's page: the shell that asks for a token, and what the shell frames in its turn: the
//! sections, or what is said when there are none to show. Nothing of them leads the frame itself elsewhere.

use askama::Template;
use overblik_widgets::{Language, Section, Summary};

use super::{
    fragment::{FragmentFrame, fragments},
    html,
    texts::Texts,
};

/// What the pages in a frame have around their content.
#[derive(Clone, Copy, Debug)]
pub struct EmbedFrame<'a> {
    /// The language that the citizen reads.
    pub language: Language,
    /// The portal, by our name for it.
    pub portal: &'a str,
    /// The portal's name, as citizens read it.
    pub portal_title: &'a str,
    /// The origins that messages may go to and come from, separated by spaces.
    pub origins: &'a str,
    /// Our own front page.
    pub our_address: &'a str,
    /// Path of the stylesheet.
    pub stylesheet: &'a str,
    /// Path of the script.
    pub script: &'a str,
    /// What else a connected frame has; absent in one that is given tokens.
    pub connected: Option<ConnectedFrame<'a>>,
}

/// What a frame has that a citizen lets show their sections in a window of ours.
#[derive(Clone, Copy, Debug)]
pub struct ConnectedFrame<'a> {
    /// Its own path and query.
    pub address: &'a str,
    /// The sources that it shows, separated by commas; empty for all.
    pub sections: &'a str,
    /// Path of the script that opens the window.
    pub script: &'a str,
}

/// Why a connected frame shows a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotShown {
    /// The citizen has not let it.
    NotAsked,
    /// The window's code opened nothing.
    Refused,
    /// The browser did not keep what would open it.
    NoCookie,
}

/// What a frame shows.
enum Content {
    /// It waits for a token.
    Shell,
    /// Sections, written by [`fragments`].
    Sections(String),
    /// Nothing any more.
    Over,
    /// Nothing just now.
    Away,
    /// Nothing until the citizen lets it.
    Button(NotShown),
}

#[derive(Template)]
#[template(path = "embed_frame.html")]
struct Page<'a> {
    frame: &'a EmbedFrame<'a>,
    texts: Texts,
    content: Content,
}

impl Page<'_> {
    fn language(&self) -> &'static str {
        self.frame.language.tag()
    }

    fn is_shell(&self) -> bool {
        matches!(self.content, Content::Shell)
    }

    fn has_button(&self) -> bool {
        matches!(self.content, Content::Button(_))
    }

    /// What the shell's script tells the portal's page.
    fn standing(&self) -> &'static str {
        match self.content {
            Content::Shell => "shell",
            Content::Sections(_) => "shown",
            Content::Over => "over",
            Content::Away => "away",
            Content::Button(_) => "button",
        }
    }
}

fn page(frame: &EmbedFrame<'_>, content: Content) -> String {
    html(&Page { frame, texts: Texts { language: frame.language }, content })
}

/// The shell: it holds no data, takes a token from the portal's page, and sends it to us.
#[must_use]
pub fn frame_shell(frame: &EmbedFrame<'_>) -> String {
    page(frame, Content::Shell)
}

/// The sections.
#[must_use]
pub fn frame_sections(frame: &EmbedFrame<'_>, summary: &Summary, sections: &[Section]) -> String {
    let around = FragmentFrame { language: frame.language, our_address: frame.our_address, in_new_window: true };
    page(frame, Content::Sections(fragments(&around, summary, sections)))
}

/// What is said to somebody whose token opens nothing (any more).
#[must_use]
pub fn frame_over(frame: &EmbedFrame<'_>) -> String {
    page(frame, Content::Over)
}

/// The button of a connected frame.
#[must_use]
pub fn frame_button(frame: &EmbedFrame<'_>, why: NotShown) -> String {
    page(frame, Content::Button(why))
}

/// What is said when nothing can be shown for the moment.
#[must_use]
pub fn frame_away(frame: &EmbedFrame<'_>) -> String {
    page(frame, Content::Away)
}
