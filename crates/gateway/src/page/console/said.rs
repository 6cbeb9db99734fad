//! Pages that say one thing: how to log in, that somebody logged out, and why something was not done.

use askama::Template;
use overblik_widgets::Language;

use super::layout::{ConsoleFrame, Layout};
use super::seen::html;

#[derive(Template)]
#[template(path = "console_said.html")]
struct SaidView<'a> {
    layout: Layout<'a>,
    lead: &'a str,
    detail: Option<&'a str>,
    detail_language: &'static str,
    /// Ways on: where, and in what words.
    ways: Vec<(&'a str, &'a str)>,
    named: Option<(&'a str, &'a str)>,
}

/// Why something was not done.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// What happened.
    pub title: &'a str,
    /// What it means.
    pub explanation: &'a str,
    /// What is particular about this time.
    pub detail: Option<&'a str>,
    /// The language of that.
    pub detail_language: Language,
    /// The error's stable name.
    pub code: &'a str,
    /// Finds this occurrence in the logs.
    pub reference: &'a str,
    /// Whether logging in is a way on.
    pub offer_login: bool,
}

/// For whoever is not logged in.
#[must_use]
pub fn welcome(frame: &ConsoleFrame<'_>) -> String {
    let texts = frame.texts();
    html(&SaidView {
        layout: Layout::new(frame, texts.console_welcome_title()),
        lead: texts.console_welcome(),
        detail: None,
        detail_language: Language::En.tag(),
        ways: vec![("/console/log-in", texts.log_in())],
        named: None,
    })
}

/// For whoever has just logged out, with the way out of the identity provider too.
#[must_use]
pub fn logged_out(frame: &ConsoleFrame<'_>, provider: Option<&str>) -> String {
    let texts = frame.texts();
    let provider = provider.map(|address| (address, texts.leaving_link()));
    html(&SaidView {
        layout: Layout::new(frame, texts.console_logged_out_title()),
        lead: texts.console_logged_out(),
        detail: None,
        detail_language: Language::En.tag(),
        ways: provider.into_iter().chain([("/console/log-in", texts.log_in_again())]).collect(),
        named: None,
    })
}

/// Leads on to the sources by itself: the cookie, which is strict, comes along from here and not from another site.
#[must_use]
pub fn continue_to(frame: &ConsoleFrame<'_>, path: &str) -> String {
    let texts = frame.texts();
    html(&SaidView {
        layout: Layout { continues_to: Some(path), ..Layout::new(frame, texts.continue_title()) },
        lead: "",
        detail: None,
        detail_language: Language::En.tag(),
        ways: vec![(path, texts.continue_link())],
        named: None,
    })
}

/// Why something was not done.
#[must_use]
pub fn refused(frame: &ConsoleFrame<'_>, said: &Said<'_>) -> String {
    let texts = frame.texts();
    let way =
        if said.offer_login { ("/console/log-in", texts.log_in()) } else { ("/console/sources", texts.to_sources()) };
    html(&SaidView {
        layout: Layout { at: "", ..Layout::new(frame, said.title) },
        lead: said.explanation,
        detail: said.detail,
        detail_language: said.detail_language.tag(),
        ways: vec![way],
        named: Some((said.code, said.reference)),
    })
}

/// What is said at the console in other words than to programs.
#[derive(Clone, Copy, Debug)]
pub struct RefusalWords {
    /// Somebody else changed it meanwhile.
    pub stale: &'static str,
    /// The form is not as it must be.
    pub body: &'static str,
    /// The contract has mistakes.
    pub mistakes: &'static str,
    /// Nobody is logged in.
    pub session_over: &'static str,
}

/// Those words.
#[must_use]
pub fn words_for(language: Language) -> RefusalWords {
    let texts = crate::page::texts::Texts { language };
    RefusalWords {
        stale: texts.console_stale(),
        body: texts.console_body(),
        mistakes: texts.console_mistakes(),
        session_over: texts.console_session_over(),
    }
}
