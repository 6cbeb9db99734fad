//! The answer of one source on the page.

use std::mem::discriminant;

use askama::Template;
use overblik_widgets::{AssuranceLevel, Contact, ContactKind, Date, Section, SectionState, Widget};

use super::{
    cards::{Card, Words},
    fold, html,
    layout::PageFrame,
    texts::Texts,
};

/// Cards of one kind shown before the rest is folded away.
const CARDS_SHOWN: usize = 10;

/// What a citizen can do about a state, besides going to the authority.
enum WayOut {
    /// Nothing is wanted.
    None,
    /// Ask again later.
    TryAgain,
    /// Look whether the answer has come.
    ShowAgain,
    /// Log in at a higher level.
    StepUp,
}

impl WayOut {
    fn of(state: SectionState) -> Self {
        match state {
            SectionState::Ready | SectionState::Empty | SectionState::NotCovered => Self::None,
            SectionState::Pending => Self::ShowAgain,
            SectionState::StepUpRequired => Self::StepUp,
            SectionState::Partial
            | SectionState::Stale
            | SectionState::TimedOut
            | SectionState::Failed
            | SectionState::Invalid
            | SectionState::Refused
            | SectionState::Suspended => Self::TryAgain,
        }
    }
}

/// The widgets of one kind.
struct Group<'a> {
    heading: String,
    cards: Vec<Card<'a>>,
}

impl<'a> Group<'a> {
    /// Widgets by kind, kinds in the order in which the contract brings them.
    fn collect(widgets: &'a [Widget], texts: Texts, today: Date) -> Vec<Self> {
        let mut by_kind: Vec<Vec<&'a Widget>> = Vec::new();
        for widget in widgets {
            let same_kind = |group: &&mut Vec<&Widget>| {
                group.first().is_some_and(|first| discriminant(*first) == discriminant(widget))
            };
            match by_kind.iter_mut().find(same_kind) {
                Some(group) => group.push(widget),
                None => by_kind.push(vec![widget]),
            }
        }
        by_kind
            .into_iter()
            .map(|group| Self {
                heading: group.first().map(|first| heading(first, group.len(), texts)).unwrap_or_default(),
                cards: group.into_iter().map(|widget| Card::of(widget, texts, today)).collect(),
            })
            .collect()
    }

    fn shown(&self) -> &[Card<'a>] {
        fold(&self.cards, CARDS_SHOWN).0
    }

    fn folded(&self) -> &[Card<'a>] {
        fold(&self.cards, CARDS_SHOWN).1
    }
}

/// The heading of a kind's widgets. What a citizen has one of is not counted.
fn heading(widget: &Widget, count: usize, texts: Texts) -> String {
    let (name, usually_one) = match widget {
        Widget::Loan(_) => (texts.loans(), false),
        Widget::Reservation(_) => (texts.reservations(), false),
        Widget::WaitingListPlace(_) => (texts.waiting_lists(), false),
        Widget::Enrolment(_) => (texts.enrolments(), false),
        Widget::ChildBookEntry(_) => (texts.child_book(), false),
        Widget::Payment(_) => (texts.payments(), false),
        Widget::Benefit(_) => (texts.benefits(), false),
        Widget::ServiceBenefit(_) => (texts.service_benefits(), false),
        Widget::Case(_) => (texts.cases(), false),
        Widget::Appointment(_) => (texts.appointments(), false),
        Widget::Deadline(_) => (texts.deadlines(), false),
        Widget::Credential(_) => (texts.credentials(), false),
        Widget::HealthCard(_) => (texts.health_cards(), true),
        Widget::MasterData(_) => (texts.master_data(), true),
        Widget::Mailbox(_) => (texts.mailboxes(), true),
    };
    if usually_one && count == 1 { name.to_owned() } else { texts.counted(name, count) }
}

#[derive(Template)]
#[template(path = "section.html")]
struct SectionView<'a> {
    frame: &'a PageFrame<'a>,
    texts: Texts,
    section: &'a Section,
    title: &'a str,
    authority: &'a str,
    expect: &'a str,
    message: Option<&'a str>,
    answered_at: Option<String>,
    groups: Vec<Group<'a>>,
    way_out: WayOut,
}

impl SectionView<'_> {
    /// Whether there is something to heed: everything but a full answer.
    fn tone(&self) -> &'static str {
        match self.section.state {
            SectionState::Ready | SectionState::Empty | SectionState::NotCovered => "plain",
            SectionState::Pending | SectionState::StepUpRequired => "info",
            SectionState::Partial
            | SectionState::Stale
            | SectionState::TimedOut
            | SectionState::Failed
            | SectionState::Invalid
            | SectionState::Refused
            | SectionState::Suspended => "warning",
        }
    }

    /// What the script counts.
    fn outcome(&self) -> &'static str {
        let state = self.section.state;
        if state.was_answered() {
            "answered"
        } else if state.was_asked() {
            "unanswered"
        } else {
            "not-asked"
        }
    }

    fn level(&self) -> &'static str {
        level_in_links(self.section.level)
    }

    fn contacts(&self) -> Vec<ContactLine<'_>> {
        self.section.contact.iter().map(|contact| ContactLine::of(contact, self.texts)).collect()
    }
}

/// A level's name in a login link.
pub(super) fn level_in_links(level: AssuranceLevel) -> &'static str {
    match level {
        AssuranceLevel::Low => "low",
        AssuranceLevel::Substantial => "substantial",
        AssuranceLevel::High => "high",
    }
}

/// One way to reach the authority.
pub(super) struct ContactLine<'a> {
    pub(super) label: &'static str,
    pub(super) value: &'a str,
    /// The address behind it; absent when the value has not the form its kind asks for, and then it is only shown.
    pub(super) address: Option<String>,
    pub(super) leaves_site: bool,
}

impl<'a> ContactLine<'a> {
    pub(super) fn of(contact: &'a Contact, texts: Texts) -> Self {
        let value = contact.value.as_str();
        let visible = value.bytes().all(|byte| byte.is_ascii_graphic());
        let (label, address) = match contact.kind {
            ContactKind::Phone => {
                let is_danish_number = value.len() == 8 && value.bytes().all(|byte| byte.is_ascii_digit());
                (texts.phone(), is_danish_number.then(|| format!("tel:+45{value}")))
            }
            ContactKind::Email => {
                let is_plain_address = visible && value.contains('@') && !value.contains(['?', '&', '%']);
                (texts.email(), is_plain_address.then(|| format!("mailto:{value}")))
            }
            ContactKind::Website => {
                (texts.website(), (visible && value.starts_with("https://")).then(|| value.to_owned()))
            }
            ContactKind::DigitalPost => (texts.digital_post(), None),
        };
        Self { label, value, address, leaves_site: contact.kind == ContactKind::Website }
    }
}

/// The element that fills the source's slot, whatever became of asking it. `today` is the Danish date that relative
/// dates count from. To be sent once for each source: a slot shows everything that names it.
#[must_use]
pub fn section(frame: &PageFrame<'_>, section: &Section, today: Date) -> String {
    let texts = frame.texts();
    let fallback = section.state.message();
    html(&SectionView {
        frame,
        texts,
        section,
        title: texts.of(&section.title),
        authority: texts.of(&section.authority.name),
        expect: texts.of(&section.expect),
        message: section.message.as_ref().or(fallback.as_ref()).map(|message| texts.of(message)),
        answered_at: section.as_of.map(|moment| texts.answered_at(moment, today)),
        groups: Group::collect(&section.widgets, texts, today),
        way_out: WayOut::of(section.state),
    })
}
