//! A source's answer, written once: overview, event stream and seal hold the same text, and only the page reads it again.

use std::time::Duration;

use jiff::Timestamp;
use overblik_connectors::{Fetched, ItemKey, Kept, SourceInfo};
use overblik_widgets::{Attention, Date, Moment, Problem, SectionState, SectionWidget, Widget};
use serde::{Deserialize, Serialize};

use super::{
    item_id::ItemIds,
    writing::{json, json_of_length},
};
use crate::session::Viewer;

/// Longest answer that is kept, in bytes. One that is longer is asked for anew each time.
const LONGEST_KEPT: usize = 256 * 1024;

/// About how long a widget is in JSON, in bytes.
const WIDGET_LENGTH: usize = 512;

/// A usable answer.
#[derive(Debug)]
pub(super) struct Answer {
    /// What the section becomes.
    pub(super) state: SectionState,
    /// When the data were true.
    pub(super) as_of: Moment,
    /// When the answer was complete, by our clock.
    pub(super) answered: Timestamp,
    /// Single items that are not shown.
    pub(super) left_out: u32,
    /// Parts of the source that failed while others answered.
    pub(super) problems: Vec<Problem>,
    /// The widgets, in JSON, each with the way to more about it if there is one.
    pub(super) widgets: String,
    /// What in it needs attention as of a date.
    attention: (Date, Vec<Attention>),
}

/// What is sealed in front of the widgets.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    /// Whose it is, and which source's: compared again after opening (requirement R51).
    actor: String,
    subject: String,
    source: String,
    as_of: Moment,
    answered: Timestamp,
    attention: (Date, Vec<Attention>),
}

/// What is read of a widget besides itself.
#[derive(Deserialize)]
struct WayToMore {
    item: Option<String>,
}

fn with_ids(
    viewer: &Viewer,
    source: &SourceInfo,
    widgets: Vec<Widget>,
    keys: Vec<Option<ItemKey>>,
) -> Vec<SectionWidget> {
    let ids = ItemIds::new(viewer, source);
    let keys = keys.into_iter().chain(std::iter::repeat(None));
    let with_id =
        |(widget, key): (Widget, Option<ItemKey>)| SectionWidget { widget, item: key.map(|key| ids.seal(&key)) };
    widgets.into_iter().zip(keys).map(with_id).collect()
}

impl Answer {
    /// What a source answered for a viewer; `now` is when that was complete.
    pub(super) fn of(viewer: &Viewer, source: &SourceInfo, fetched: Fetched, now: Moment) -> Self {
        let state = fetched.state();
        let Fetched { widgets, keys, left_out, problems, as_of } = fetched;
        let today = now.date();
        let length = widgets.len() * WIDGET_LENGTH + 2;
        Self {
            state,
            as_of: as_of.unwrap_or(now),
            answered: now.timestamp(),
            left_out,
            problems,
            attention: (today, Attention::of_answer(&source.slug, &source.link, &widgets, today)),
            widgets: if keys.iter().all(Option::is_none) || !viewer.may_open_items() {
                json_of_length(&widgets, length)
            } else {
                json_of_length(&with_ids(viewer, source, widgets, keys), length)
            },
        }
    }

    /// What in it needs attention as of a date. On the day on which it came that is known; later the widgets are looked at
    /// again.
    pub(super) fn attention(&self, source: &SourceInfo, today: Date) -> Vec<Attention> {
        let (on, attention) = &self.attention;
        if *on == today {
            return attention.clone();
        }
        Attention::of_answer(&source.slug, &source.link, &self.widgets(source).unwrap_or_default(), today)
    }

    /// The widgets; `None` if they are not of this version's writing, which is told: their vocabulary is part of what they
    /// are kept under.
    pub(super) fn read(&self, source: &SourceInfo) -> Option<Vec<SectionWidget>> {
        let widgets = self.widgets(source)?;
        // What no source offers need not be looked for.
        let items = if source.offers_detail { serde_json::from_str(&self.widgets).ok() } else { None };
        let items: Vec<WayToMore> = items.unwrap_or_default();
        let items = items.into_iter().map(|WayToMore { item }| item).chain(std::iter::repeat(None));
        Some(widgets.into_iter().zip(items).map(|(widget, item)| SectionWidget { widget, item }).collect())
    }

    fn widgets(&self, source: &SourceInfo) -> Option<Vec<Widget>> {
        let widgets = serde_json::from_str(&self.widgets);
        if widgets.is_err() {
            tracing::error!(source.id = source.slug, "an answer of our own writing cannot be read");
        }
        widgets.ok()
    }

    /// How old it is; `None` if it comes from the future.
    pub(super) fn age(&self, now: Timestamp) -> Option<Duration> {
        now.duration_since(self.answered).try_into().ok()
    }

    /// Whether it may be kept at all: it lacks nothing, and its source's contract lets it.
    pub(super) fn may_be_kept(&self, kept: Kept) -> bool {
        let in_full = matches!(self.state, SectionState::Ready | SectionState::Empty);
        in_full && kept != Kept::NOT && self.widgets.len() <= LONGEST_KEPT
    }

    /// As bytes for the seal: the head's length, the head, the widgets.
    pub(super) fn to_contents(&self, viewer: &Viewer, source: &SourceInfo) -> Vec<u8> {
        let head = Head {
            actor: viewer.scope.actor().pseudonym.to_string(),
            subject: viewer.scope.subject().pseudonym.to_string(),
            source: source.slug.clone(),
            as_of: self.as_of,
            answered: self.answered,
            attention: self.attention.clone(),
        };
        let head = json(&head);
        let length = u32::try_from(head.len()).unwrap_or(u32::MAX);
        [&length.to_be_bytes(), head.as_bytes(), self.widgets.as_bytes()].concat()
    }

    /// The answer that a seal held; `None` if it is not what [`Answer::to_contents`] wrote for this citizen and source.
    pub(super) fn from_contents(mut contents: Vec<u8>, viewer: &Viewer, source: &SourceInfo) -> Option<Self> {
        let (length, rest) = contents.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let head: Head = serde_json::from_slice(rest.get(..length)?).ok()?;
        let widgets = String::from_utf8(contents.split_off(size_of::<u32>() + length)).ok()?;
        let Head { actor, subject, source: slug, as_of, answered, attention } = head;
        let scope = &viewer.scope;
        let is_theirs = actor == scope.actor().pseudonym.to_string()
            && subject == scope.subject().pseudonym.to_string()
            && slug == source.slug;
        let state = if widgets == "[]" { SectionState::Empty } else { SectionState::Ready };
        let (left_out, problems) = (0, Vec::new());
        is_theirs.then_some(Self { state, as_of, answered, left_out, problems, widgets, attention })
    }
}
