//! One section, and more about one item of it, on pages of their own: for whom no script runs, who asks one source anew, or
//! who opens an item.

use askama::Template;
use overblik_widgets::{Date, Section};

use super::{
    html,
    layout::{Layout, PageFrame, Step},
    section::{Form, section_in},
    texts::Texts,
};

/// What a page of its own shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// All of a section.
    Section,
    /// More about one item.
    Item,
}

#[derive(Template)]
#[template(path = "section_page_start.html")]
struct Start<'a> {
    layout: Layout<'a>,
}

#[derive(Template)]
#[template(path = "section_page_end.html")]
struct End<'a> {
    layout: Layout<'a>,
}

/// The page of one section, or of more about one item of it.
#[must_use]
pub fn section_page(frame: &PageFrame<'_>, section: &Section, subject: Subject, today: Date) -> String {
    let texts = frame.texts();
    let title = texts.of(&section.title);
    let details = texts.details_of(title);
    let (heading, form) = match subject {
        Subject::Section => (title, Form::OwnPage),
        Subject::Item => (details.as_str(), Form::Item),
    };
    let trail = trail(texts, section, title, subject);
    let layout = |trail| Layout { logged_in: true, trail, ..Layout::new(frame, heading) };
    let article = section_in(form, frame, section, today);
    [html(&Start { layout: layout(trail) }), article, html(&End { layout: layout(Vec::new()) })].concat()
}

/// The way back to the section's place in the overview.
fn trail<'a>(texts: Texts, section: &Section, title: &'a str, subject: Subject) -> Vec<Step<'a>> {
    let overview = Step { title: texts.overview_title(), href: Some(format!("/#section-{}", section.source)) };
    let own = |href| Step { title, href };
    match subject {
        Subject::Section => vec![overview, own(None)],
        Subject::Item => {
            let back = own(Some(format!("/sections/{}", section.source)));
            vec![overview, back, Step { title: texts.details(), href: None }]
        }
    }
}
