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

    /// What the shell's script tells the portal's page.
    fn standing(&self) -> &'static str {
        match self.content {
            Content::Shell => "shell",
            Content::Sections(_) => "shown",
            Content::Over => "over",
            Content::Away => "away",
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

/// What is said when nothing can be shown for the moment.
#[must_use]
pub fn frame_away(frame: &EmbedFrame<'_>) -> String {
    page(frame, Content::Away)
}
