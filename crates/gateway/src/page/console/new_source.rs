//! The form by which a source begins.

use askama::Template;
use overblik_connectors::kit::{DRAFTED_AUTH, DRAFTED_FORMATS};
use overblik_registry::{Authority, MOST_FILE_BYTES};
use overblik_widgets::{Theme, WidgetKind};

use super::{
    layout::{ConsoleFrame, Layout},
    mistakes::FormMistake,
    seen::{filters, html},
    words,
};
use crate::page::texts::Texts;

/// What a first version is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartsFrom {
    /// What `overblik contract new` writes.
    #[default]
    Template,
    /// A contract that somebody pasted.
    Contract,
    /// The files of a folder.
    Files,
}

/// What stands in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenSource {
    /// Whose it is to be.
    pub authority: String,
    /// Its name in addresses.
    pub source: String,
    /// What it starts from.
    pub starts: StartsFrom,
    /// Of a template: the heading that citizens read.
    pub title: String,
    /// The theme.
    pub theme: String,
    /// The widget kind.
    pub kind: String,
    /// The address of the source.
    pub base_url: String,
    /// How the gateway shows who it is.
    pub auth: String,
    /// What the source answers in.
    pub format: String,
    /// A contract that was pasted.
    pub contract: String,
}

/// What the page shows.
#[derive(Clone, Copy, Debug)]
pub struct NewSourcePage<'a> {
    /// The authorities that it can be of.
    pub whose: &'a [&'a Authority],
    /// What stands in its fields.
    pub written: &'a WrittenSource,
    /// What is wrong with that.
    pub mistakes: &'a [FormMistake],
}

/// What can be chosen in a field.
struct Choice<'a> {
    value: &'a str,
    words: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "console_new_source.html")]
struct FormView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    /// The one authority that somebody acts for.
    own: Option<String>,
    authorities: Vec<Choice<'a>>,
    written: &'a WrittenSource,
    mistakes: Vec<String>,
    themes: Vec<Choice<'a>>,
    kinds: Vec<Choice<'a>>,
    auths: Vec<Choice<'a>>,
    formats: Vec<Choice<'a>>,
    longest: usize,
}

/// The page.
#[must_use]
pub fn new_source(frame: &ConsoleFrame<'_>, page: &NewSourcePage<'_>) -> String {
    let (texts, written) = (frame.texts(), page.written);
    let named = |value, words, chosen: &str| Choice { value, words, is_chosen: value == chosen };
    let plain = |values: &[&'static str], chosen: &str| {
        values.iter().map(|value| named(*value, (*value).to_owned(), chosen)).collect::<Vec<_>>()
    };
    let kinds: Vec<_> = WidgetKind::ALL.iter().map(|kind| kind.tag()).collect();
    let layout = Layout::new(frame, texts.new_source());
    let name = |authority: &Authority| format!("{} ({})", words::one_of(texts, &authority.name), authority.slug);
    let own = (!layout.is_operator()).then(|| page.whose.first().map(|own| name(own))).flatten();
    let authorities = page.whose.iter().map(|one| named(one.slug.as_str(), name(one), &written.authority));
    let themes = Theme::ALL.iter().map(|theme| {
        let title = theme.title();
        named(theme.slug(), texts.of(&title).to_owned(), &written.theme)
    });
    html(&FormView {
        layout: layout.below(None),
        texts,
        own,
        authorities: authorities.collect(),
        written,
        mistakes: page.mistakes.iter().map(|mistake| mistake.words(frame.language)).collect(),
        themes: themes.collect(),
        kinds: plain(&kinds, &written.kind),
        auths: plain(&DRAFTED_AUTH, &written.auth),
        formats: plain(&DRAFTED_FORMATS, &written.format),
        longest: MOST_FILE_BYTES,
    })
}
