//! The pages of the window in which a citizen lets a portal without a server show their overview.

use std::{collections::BTreeSet, sync::Arc};

use askama::Template;
use overblik_connectors::SourceInfo;
use overblik_widgets::LocalizedText;

use super::{
    assets::CONNECT_SCRIPT,
    html,
    layout::{Layout, PageFrame},
    texts::Texts,
};

/// Who wants to show what.
#[derive(Clone, Debug)]
pub struct ConnectPage<'a> {
    /// The portal, by our name for it.
    pub portal: &'a str,
    /// Its name, as citizens read it.
    pub title: &'a LocalizedText,
    /// Where its pages are.
    pub origins: &'a BTreeSet<String>,
    /// What it would show.
    pub sources: Vec<Arc<SourceInfo>>,
}

#[derive(Template)]
#[template(path = "connect.html")]
struct Ask<'a> {
    layout: Layout<'a>,
    texts: Texts,
    page: &'a ConnectPage<'a>,
    portal: &'a str,
    script: &'a str,
}

#[derive(Template)]
#[template(path = "connect_log_in.html")]
struct LogIn<'a> {
    layout: Layout<'a>,
    texts: Texts,
    portal: &'a str,
}

#[derive(Template)]
#[template(path = "connect_allowed.html")]
struct Allowed<'a> {
    layout: Layout<'a>,
    texts: Texts,
    page: &'a ConnectPage<'a>,
    code: &'a str,
    script: &'a str,
}

#[derive(Template)]
#[template(path = "connect_logged_in.html")]
struct LoggedIn<'a> {
    layout: Layout<'a>,
    texts: Texts,
}

/// Asks a citizen whether a portal may show their overview.
#[must_use]
pub fn connect(frame: &PageFrame<'_>, page: &ConnectPage<'_>) -> String {
    let texts = frame.texts();
    let portal = texts.of(page.title);
    let title = texts.connect_title(portal);
    html(&Ask { layout: Layout::new(frame, &title), texts, page, portal, script: &CONNECT_SCRIPT.path })
}

/// The same for somebody who is not logged in.
#[must_use]
pub fn connect_log_in(frame: &PageFrame<'_>, page: &ConnectPage<'_>) -> String {
    let texts = frame.texts();
    html(&LogIn { layout: Layout::new(frame, texts.connect_log_in_title()), texts, portal: texts.of(page.title) })
}

/// Hands the code to the frame that opened the window.
#[must_use]
pub fn connect_allowed(frame: &PageFrame<'_>, page: &ConnectPage<'_>, code: &str) -> String {
    let texts = frame.texts();
    let layout = Layout::new(frame, texts.connect_allowed_title());
    html(&Allowed { layout, texts, page, code, script: &CONNECT_SCRIPT.path })
}

/// What somebody is told who logged in in such a window.
#[must_use]
pub fn connect_logged_in(frame: &PageFrame<'_>) -> String {
    let texts = frame.texts();
    html(&LoggedIn { layout: Layout::new(frame, texts.connect_logged_in_title()), texts })
}
