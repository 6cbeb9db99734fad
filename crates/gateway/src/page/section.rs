//! The answer of one source on the page.

use askama::Template;
use overblik_widgets::{AssuranceLevel, Contact, ContactKind, Date, Section, SectionState, SectionWidget, WidgetKind};

use super::{
    cards::{Card, Standing, Words},
    fold, html,
    layout::PageFrame,
    texts::Texts,
};

/// Cards of one kind shown before the rest is folded away: an overview tells of everything, not everything at length.
const CARDS_SHOWN: usize = 3;

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
pub(super) struct Group<'a> {
    name: &'static str,
    pub(super) heading: String,
    pub(super) cards: Vec<Card<'a>>,
}

impl<'a> Group<'a> {
    /// Widgets by kind, kinds in the order in which the contract brings them.
    pub(super) fn collect(section: &'a Section, texts: Texts, today: Date) -> Vec<Self> {
        let mut by_kind: Vec<Vec<&'a SectionWidget>> = Vec::new();
        for widget in &section.widgets {
            let kind = widget.widget.kind();
            let same_kind =
                |group: &&mut Vec<&SectionWidget>| group.first().is_some_and(|first| first.widget.kind() == kind);
            match by_kind.iter_mut().find(same_kind) {
                Some(group) => group.push(widget),
                None => by_kind.push(vec![widget]),
            }
        }
        by_kind
            .into_iter()
            .filter_map(|group| {
                let kind = group.first()?.widget.kind();
                let name = name_of(kind, texts);
                let heading = if usually_one(kind) && group.len() == 1 {
                    name.to_owned()
                } else {
                    texts.counted(name, group.len())
                };
                let cards = group.into_iter().map(|SectionWidget { widget, item }| Card {
                    more: item.as_ref().map(|item| format!("/sections/{}/items/{item}", section.source)),
                    ..Card::of(widget, texts, today)
                });
                Some(Self { name, heading, cards: cards.collect() })
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

/// What the widgets of a kind are called together.
fn name_of(kind: WidgetKind, texts: Texts) -> &'static str {
    match kind {
        WidgetKind::Loan => texts.loans(),
        WidgetKind::Reservation => texts.reservations(),
        WidgetKind::WaitingListPlace => texts.waiting_lists(),
        WidgetKind::Enrolment => texts.enrolments(),
        WidgetKind::ChildBookEntry => texts.child_book(),
        WidgetKind::Payment => texts.payments(),
        WidgetKind::PaymentLine => texts.payment_lines(),
        WidgetKind::Benefit => texts.benefits(),
        WidgetKind::ServiceBenefit => texts.service_benefits(),
        WidgetKind::Case => texts.cases(),
        WidgetKind::TimelineEntry => texts.timeline(),
        WidgetKind::Document => texts.documents(),
        WidgetKind::Appointment => texts.appointments(),
        WidgetKind::Deadline => texts.deadlines(),
        WidgetKind::Credential => texts.credentials(),
        WidgetKind::HealthCard => texts.health_cards(),
        WidgetKind::MasterData => texts.master_data(),
        WidgetKind::Mailbox => texts.mailboxes(),
    }
}

/// Whether a citizen has one of these, so that one is not counted.
fn usually_one(kind: WidgetKind) -> bool {
    matches!(kind, WidgetKind::HealthCard | WidgetKind::MasterData | WidgetKind::Mailbox | WidgetKind::TimelineEntry)
}

/// Where a section is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Among all others, in its slot.
    InOverview,
    /// On a page of its own, whose heading is the section's.
    OwnPage,
    /// On the page of one of its items.
    Item,
    /// As in the overview, where a contract is tried: what would ask anew is only named, as there is nobody to ask for.
    Tried,
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
    form: Form,
}

impl SectionView<'_> {
    fn is_in_overview(&self) -> bool {
        matches!(self.form, Form::InOverview | Form::Tried)
    }

    fn is_tried(&self) -> bool {
        self.form == Form::Tried
    }

    /// The way to the same, asked anew. Of an item it is always asked.
    fn anew(&self) -> String {
        match self.form {
            Form::InOverview | Form::OwnPage | Form::Tried => format!("/sections/{}?fresh=1", self.section.source),
            Form::Item => self.frame.path.to_owned(),
        }
    }

    /// Where a login at a higher level leads back to. The way to an item ends with the session.
    fn return_to(&self) -> String {
        match self.form {
            Form::InOverview => format!("{}%23section-{}", self.frame.path, self.section.source),
            Form::OwnPage | Form::Item | Form::Tried => format!("/sections/{}", self.section.source),
        }
    }

    /// Whether asking anew is offered beside an answer.
    fn can_be_refreshed(&self) -> bool {
        matches!(self.section.state, SectionState::Ready | SectionState::Empty)
    }

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

    /// Whether there is nothing to see here, so that the other ways to it are shown at once.
    fn sends_elsewhere(&self) -> bool {
        self.section.widgets.is_empty() && !matches!(self.section.state, SectionState::Ready | SectionState::Empty)
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
    section_in(Form::InOverview, frame, section, today)
}

/// The same in any of its forms.
pub(super) fn section_in(form: Form, frame: &PageFrame<'_>, section: &Section, today: Date) -> String {
    let texts = frame.texts();
    let fallback = section.state.message();
    let groups = Group::collect(section, texts, today).into_iter().map(|group| match form {
        // What belongs to an item is not counted where there is one of it, and the item is one.
        Form::Item if group.cards.len() == 1 => Group { heading: group.name.to_owned(), ..group },
        Form::InOverview | Form::OwnPage | Form::Item | Form::Tried => group,
    });
    html(&SectionView {
        frame,
        texts,
        section,
        title: texts.of(&section.title),
        authority: texts.of(&section.authority.name),
        expect: texts.of(&section.expect),
        message: section.message.as_ref().or(fallback.as_ref()).map(|message| texts.of(message)),
        answered_at: section.as_of.map(|moment| texts.answered_at(moment, today)),
        groups: groups.collect(),
        way_out: WayOut::of(section.state),
        form,
    })
}
