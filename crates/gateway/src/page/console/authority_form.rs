//! The form by which an authority is proposed, or other things about it.

use askama::Template;
use overblik_registry::{Authority, HostName, Slug};

use super::{
    layout::{ConsoleFrame, Layout},
    mistakes::FormMistake,
    seen::{filters, html},
};
use crate::page::texts::Texts;

/// Most programs that the form has room for.
pub const MOST_PROGRAMS: usize = 20;

/// What stands in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenAuthority {
    /// The new authority's name in addresses.
    pub slug: String,
    /// Its name in Danish.
    pub name_da: String,
    /// Its name in English.
    pub name_en: String,
    /// Its CVR number.
    pub cvr: String,
    /// Its domains, one on each line.
    pub domains: String,
    /// Its programs: each one's name, and its keys.
    pub programs: Vec<(String, String)>,
}

impl From<&Authority> for WrittenAuthority {
    fn from(authority: &Authority) -> Self {
        let programs = authority.clients.iter();
        Self {
            slug: authority.slug.to_string(),
            name_da: authority.name.da.to_string(),
            name_en: authority.name.en.to_string(),
            cvr: authority.cvr.to_string(),
            domains: authority.domains.iter().map(HostName::as_str).collect::<Vec<_>>().join("\n"),
            programs: programs
                .map(|(name, keys)| (name.to_string(), serde_json::to_string_pretty(keys).unwrap_or_default()))
                .collect(),
        }
    }
}

/// What the page of the form shows.
#[derive(Clone, Copy, Debug)]
pub struct AuthorityForm<'a> {
    /// The authority, and the last record about it; none for a new one.
    pub known: Option<(&'a Slug, u64)>,
    /// Whether a proposal waits, in whose place this one would be.
    pub replaces: bool,
    /// What stands in its fields.
    pub written: &'a WrittenAuthority,
    /// What is wrong with that.
    pub mistakes: &'a [FormMistake],
}

struct Room<'a> {
    number: usize,
    title: String,
    name: &'a str,
    keys: &'a str,
}

#[derive(Template)]
#[template(path = "console_authority_form.html")]
struct FormView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    action: String,
    record: Option<u64>,
    replaces: bool,
    written: &'a WrittenAuthority,
    mistakes: Vec<String>,
    rooms: Vec<Room<'a>>,
}

/// The page of the form.
#[must_use]
pub fn authority_form(frame: &ConsoleFrame<'_>, page: &AuthorityForm<'_>) -> String {
    let (texts, written) = (frame.texts(), page.written);
    let more = (written.programs.len() < MOST_PROGRAMS).then_some(("", ""));
    let programs = written.programs.iter().map(|(name, keys)| (name.as_str(), keys.as_str())).chain(more);
    let rooms = programs.zip(1..).map(|((name, keys), number)| Room {
        number,
        title: if name.is_empty() { texts.program_new().to_owned() } else { texts.program_titled(name) },
        name,
        keys,
    });
    let (title, action) = match page.known {
        Some((slug, _)) => (texts.propose_change(), format!("/console/authorities/{slug}/propose")),
        None => (texts.propose_authority(), "/console/new-authority".to_owned()),
    };
    html(&FormView {
        layout: Layout::new(frame, title).below_authorities(page.known.map(|(slug, _)| slug.as_str())),
        texts,
        action,
        record: page.known.map(|(_, record)| record),
        replaces: page.replaces,
        written,
        mistakes: page.mistakes.iter().map(|mistake| mistake.words(frame.language)).collect(),
        rooms: rooms.collect(),
    })
}
