//! What waits for whoever looks, what waits for others, and what is not asked: the console's first page.

use askama::Template;
use overblik_registry::{Authority, Municipalities, Slug, Stamp, Suspended};

use super::{
    layout::{ConsoleFrame, Layout},
    seen::html,
    words::{self, Badge},
};
use crate::page::texts::Texts;

/// Something to be done or decided.
#[derive(Clone, Debug)]
pub struct Task<'r> {
    /// What it is about.
    pub thing: Thing<'r>,
    /// What is to be done with it.
    pub why: Why<'r>,
    /// Since when, and by whom.
    pub since: Option<Stamp>,
}

/// What a task is about.
#[derive(Clone, Debug)]
pub enum Thing<'r> {
    /// An authority that is to be on record.
    NewAuthority(&'r Authority),
    /// An authority about which other things are to hold.
    ChangedAuthority(&'r Authority),
    /// A version of a source.
    Version(&'r Slug, u32),
    /// A source's agreement with a display client.
    Agreement(&'r Slug, &'r Slug, Option<&'r Municipalities>),
    /// A source.
    Source(&'r Slug),
}

/// Why something waits.
#[derive(Clone, Debug)]
pub enum Why<'r> {
    /// For whoever looks to approve it. With the note for whoever does.
    Approve(Option<&'r str>),
    /// For another operator than who looks, who had a hand in it.
    NotYou,
    /// For an operator.
    Operators,
    /// For something else to be otherwise, before anybody can approve it.
    Cannot,
    /// Its contract has so many mistakes.
    Mend(u32),
    /// To be tested.
    Test,
    /// Its test failed.
    MendFailures,
    /// To be submitted.
    Submit,
    /// To be released.
    Release,
    /// It was refused, for this reason.
    Refused(&'r str),
    /// It is suspended, by an operator or by its authority.
    Suspended(&'r Suspended),
    /// This instance does not ask it, for these reasons.
    Stopped(Vec<String>),
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Tasks<'r> {
    /// What whoever looks is to do.
    pub yours: Vec<Task<'r>>,
    /// What others are.
    pub others: Vec<Task<'r>>,
    /// Sources that are not asked.
    pub stopped: Vec<Task<'r>>,
    /// Whether whoever looks is of an authority that is not on record yet.
    pub is_of_nobody_known: bool,
}

struct Row {
    href: String,
    title: String,
    badge: Badge,
    said: Vec<String>,
    /// In English.
    reasons: Vec<String>,
    since: Option<String>,
}

#[derive(Template)]
#[template(path = "console_waiting.html")]
struct WaitingView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    yours: Vec<Row>,
    others: Vec<Row>,
    stopped: Vec<Row>,
    is_of_nobody_known: bool,
}

/// The page of what waits.
#[must_use]
pub fn waiting(frame: &ConsoleFrame<'_>, tasks: &Tasks<'_>) -> String {
    let texts = frame.texts();
    let rows = |tasks: &[Task<'_>]| tasks.iter().map(|task| row(texts, task)).collect();
    html(&WaitingView {
        layout: Layout::new(frame, texts.waits_for_you()),
        texts,
        yours: rows(&tasks.yours),
        others: rows(&tasks.others),
        stopped: rows(&tasks.stopped),
        is_of_nobody_known: tasks.is_of_nobody_known,
    })
}

fn row(texts: Texts, Task { thing, why, since }: &Task<'_>) -> Row {
    let (href, title, about) = match thing {
        Thing::NewAuthority(authority) => {
            let title = texts.new_authority_named(words::one_of(texts, &authority.name));
            (format!("/console/authorities/{}", authority.slug), title, None)
        }
        Thing::ChangedAuthority(authority) => {
            let title = texts.change_of_authority(words::one_of(texts, &authority.name));
            (format!("/console/authorities/{}", authority.slug), title, None)
        }
        Thing::Version(source, version) => {
            (format!("/console/sources/{source}/versions/{version}"), texts.version_of(source, *version), None)
        }
        Thing::Agreement(source, client, where_) => {
            let about = where_.map(|where_| texts.agreement_proposed_for(&words::municipalities(texts, where_)));
            (format!("/console/sources/{source}#agreements"), texts.agreement_of(source, client), about)
        }
        Thing::Source(source) => (format!("/console/sources/{source}"), source.to_string(), None),
    };
    let (badge, more, reasons) = said(texts, why);
    let since = since.as_ref().map(|stamp| {
        let when = words::when(texts, stamp.at);
        match (why, thing) {
            (Why::Approve(_) | Why::NotYou | Why::Operators | Why::Cannot, Thing::Version(..)) => {
                texts.submitted_by(&when, &stamp.by.name)
            }
            (Why::Approve(_) | Why::NotYou | Why::Operators | Why::Cannot, _) => {
                texts.proposed_by(&when, &stamp.by.name)
            }
            _ => words::done(texts, stamp),
        }
    });
    Row { href, title, badge, said: about.into_iter().chain(more).collect(), reasons, since }
}

/// What a reason to wait is called, and what more there is to say, in the reader's language and in English.
fn said(texts: Texts, why: &Why<'_>) -> (Badge, Option<String>, Vec<String>) {
    let plain = |words: &str, tone| (Badge::new(words, tone), None, Vec::new());
    match why {
        Why::Approve(note) => (Badge::new(texts.decide_yours(), "warning"), note.map(str::to_owned), Vec::new()),
        Why::NotYou => plain(texts.decide_not_you(), "info"),
        Why::Operators => plain(texts.decide_operators(), "info"),
        Why::Cannot => plain(texts.decide_cannot(), "info"),
        Why::Mend(count) => {
            let count = usize::try_from(*count).unwrap_or(usize::MAX);
            (Badge::new(texts.next_mend(), "bad"), Some(texts.mistakes_counted(count)), Vec::new())
        }
        Why::Test => plain(texts.next_test(), "info"),
        Why::MendFailures => plain(texts.next_mend_failures(), "bad"),
        Why::Submit => plain(texts.next_submit(), "info"),
        Why::Release => plain(texts.next_release(), "good"),
        Why::Refused(reason) => (Badge::new(texts.was_refused(), "bad"), Some((*reason).to_owned()), Vec::new()),
        Why::Suspended(suspended) => {
            let words = if suspended.stamp.by.is_operator() {
                texts.suspended_by_operator()
            } else {
                texts.suspended_by_authority()
            };
            let until = suspended.until.map(|until| format!(" ({})", texts.until(&words::when(texts, until))));
            let reason = format!("{}{}", suspended.reason, until.unwrap_or_default());
            (Badge::new(words, "warning"), Some(reason), Vec::new())
        }
        Why::Stopped(reasons) => (Badge::new(texts.stopped_here(), "bad"), None, reasons.clone()),
    }
}
