//! How each widget kind becomes a card: what stands out, what is said about it, and in which order.

use overblik_widgets::{Date, Link, Moment, Widget};

use super::texts::Texts;

mod calendar;
mod cases;
mod children;
mod economy;
mod library;
mod mail;
mod person;
#[cfg(test)]
mod tests;

/// How strongly something is shown. Colour never stands alone: the words say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Good,
    Info,
    Warning,
    Bad,
}

impl Tone {
    /// The name in the stylesheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }

    /// A deadline's tone as of today.
    fn of_deadline(date: Date, today: Date) -> Self {
        match (date - today).get_days() {
            ..0 => Self::Bad,
            0..=7 => Self::Warning,
            _ => Self::Plain,
        }
    }
}

/// Words on a card, by whose they are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Words<'a> {
    /// A source's: Danish whatever the page's language, and marked so.
    Source(&'a str),
    /// The page's.
    Page(String),
    /// A date in the page's words.
    Dated(Date, String),
    /// A point in time in the page's words.
    Timed(Moment, String),
}

/// One thing said on a card.
#[derive(Debug)]
pub(super) struct Fact<'a> {
    pub(super) label: &'static str,
    pub(super) words: Words<'a>,
    pub(super) tone: Tone,
}

/// The figure that stands out on a card.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) label: Option<&'static str>,
    pub(super) text: String,
}

/// A short word on where something stands.
#[derive(Debug)]
pub(super) struct Badge {
    pub(super) text: String,
    pub(super) tone: Tone,
}

/// The time that a card is about.
#[derive(Debug)]
pub(super) struct When<'a> {
    pub(super) label: Option<&'static str>,
    pub(super) words: Words<'a>,
    pub(super) tone: Tone,
}

/// The citizen's way on from one widget.
#[derive(Debug)]
pub(super) struct WayOn<'a> {
    pub(super) label: &'static str,
    pub(super) link: &'a Link,
}

/// One widget, ready to be shown.
#[derive(Debug)]
pub(super) struct Card<'a> {
    /// Stands before the title.
    pub(super) when: Option<When<'a>>,
    /// What the title is, where that is not plain from the heading.
    pub(super) title_label: Option<&'static str>,
    pub(super) title: Words<'a>,
    /// Source words under the title.
    pub(super) subtitle: Vec<&'a str>,
    pub(super) figure: Option<Figure>,
    pub(super) badge: Option<Badge>,
    /// What a source wrote at length; its line breaks are kept.
    pub(super) body: Option<&'a str>,
    pub(super) facts: Vec<Fact<'a>>,
    pub(super) way_on: Option<WayOn<'a>>,
}

impl<'a> Card<'a> {
    /// The card of a widget, as of a Danish date.
    pub(super) fn of(widget: &'a Widget, texts: Texts, today: Date) -> Self {
        let writer = Writer { texts, today };
        let (card, way_on) = match widget {
            Widget::Loan(loan) => (writer.loan(loan), None),
            Widget::Reservation(reservation) => (writer.reservation(reservation), None),
            Widget::WaitingListPlace(place) => (writer.waiting_list_place(place), None),
            Widget::Enrolment(enrolment) => (writer.enrolment(enrolment), None),
            Widget::ChildBookEntry(entry) => (writer.child_book_entry(entry), Some(texts.see_child_book())),
            Widget::Payment(payment) => (writer.payment(payment), Some(texts.see_payment())),
            Widget::Benefit(benefit) => (writer.benefit(benefit), Some(texts.see_benefit())),
            Widget::ServiceBenefit(benefit) => (writer.service_benefit(benefit), Some(texts.see_service_benefit())),
            Widget::Case(case) => (writer.case(case), Some(texts.see_case())),
            Widget::Appointment(appointment) => (writer.appointment(appointment), Some(texts.see_appointment())),
            Widget::Deadline(deadline) => (writer.deadline_card(deadline), Some(texts.see_deadline())),
            Widget::Credential(credential) => (writer.credential(credential), Some(texts.see_credential())),
            Widget::HealthCard(card) => (writer.health_card(card), Some(texts.see_health_card())),
            Widget::MasterData(data) => (writer.master_data(data), Some(texts.see_master_data())),
            Widget::Mailbox(mailbox) => (writer.mailbox(mailbox), Some(texts.open_mailbox())),
        };
        let way_on = way_on.zip(widget.link()).map(|(label, link)| WayOn { label, link });
        Self { way_on, ..card }
    }

    /// A card with nothing but a title.
    fn titled(title: Words<'a>) -> Self {
        Self {
            when: None,
            title_label: None,
            title,
            subtitle: Vec::new(),
            figure: None,
            badge: None,
            body: None,
            facts: Vec::new(),
            way_on: None,
        }
    }
}

struct Writer {
    texts: Texts,
    today: Date,
}

impl Writer {
    fn deadline<'a>(&self, label: &'static str, date: Date) -> Fact<'a> {
        let tone = Tone::of_deadline(date, self.today);
        Fact { tone, ..dated(label, date, self.texts.deadline(date, self.today)) }
    }

    /// A date that is looked forward to, seen from today until it has passed.
    fn coming<'a>(&self, label: &'static str, date: Date) -> Fact<'a> {
        let text = if date < self.today { self.texts.date(date) } else { self.texts.deadline(date, self.today) };
        dated(label, date, text)
    }

    fn moment<'a>(&self, label: &'static str, moment: Moment) -> Fact<'a> {
        fact(label, Words::Timed(moment, self.texts.moment(moment)))
    }

    fn date<'a>(&self, label: &'static str, date: Option<Date>) -> Option<Fact<'a>> {
        date.map(|date| dated(label, date, self.texts.date(date)))
    }
}

fn fact<'a>(label: &'static str, words: Words<'a>) -> Fact<'a> {
    Fact { label, words, tone: Tone::Plain }
}

fn dated<'a>(label: &'static str, date: Date, text: String) -> Fact<'a> {
    fact(label, Words::Dated(date, text))
}

fn source<'a>(label: &'static str, words: Option<&'a str>) -> Option<Fact<'a>> {
    words.map(|words| fact(label, Words::Source(words)))
}

fn present<const COUNT: usize>(facts: [Option<Fact<'_>>; COUNT]) -> Vec<Fact<'_>> {
    facts.into_iter().flatten().collect()
}
