//! How each widget kind becomes a card: what stands out, what is said about it, and in which order.

use overblik_widgets::{Date, Link, Moment, Widget, WidgetKind};

use super::texts::Texts;

mod calendar;
mod cases;
mod children;
mod economy;
mod library;
mod mail;
mod parts;
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
    /// A date that something is due or awaited on: how far off it is, and the date itself.
    Due(Date, String, String),
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

/// What a figure is, and so how it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A place in a row of people, set as the number on a ticket.
    Place,
    /// Money, set so that amounts below one another line up.
    Money,
    /// How many there are of something.
    Count,
    /// A date.
    Date,
}

impl Shape {
    /// The name in the stylesheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::Money => "money",
            Self::Count => "count",
            Self::Date => "date",
        }
    }
}

/// A figure that stands out on a card.
#[derive(Debug)]
pub(super) struct Figure<'a> {
    pub(super) shape: Shape,
    pub(super) label: &'static str,
    pub(super) words: Words<'a>,
    pub(super) tone: Tone,
}

/// Where a step of a course of events stands. Shape tells it as well as colour, and the current step is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Past,
    Current,
    Ahead,
}

impl Standing {
    /// The name in the stylesheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Past => "past",
            Self::Current => "current",
            Self::Ahead => "ahead",
        }
    }
}

/// One step of a course of events.
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub(super) standing: Standing,
    pub(super) label: &'static str,
    pub(super) words: Words<'a>,
    pub(super) tone: Tone,
}

/// A leaf of a calendar. It repeats what the card's time says, for the eye alone.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) month: &'static str,
    pub(super) day: i8,
    /// Nothing will happen that day.
    pub(super) is_void: bool,
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
    pub(super) kind: WidgetKind,
    pub(super) leaf: Option<Leaf>,
    /// Stands before the title.
    pub(super) when: Option<When<'a>>,
    /// What the title is, where that is not plain from the heading.
    pub(super) title_label: Option<&'static str>,
    pub(super) title: Words<'a>,
    /// Source words under the title.
    pub(super) subtitle: Vec<&'a str>,
    pub(super) figures: Vec<Figure<'a>>,
    pub(super) badge: Option<Badge>,
    /// What a source wrote at length; its line breaks are kept.
    pub(super) body: Option<&'a str>,
    /// A course of events, the earliest first.
    pub(super) steps: Vec<Step<'a>>,
    pub(super) facts: Vec<Fact<'a>>,
    pub(super) way_on: Option<WayOn<'a>>,
    /// The page with more about it.
    pub(super) more: Option<String>,
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
            Widget::PaymentLine(line) => (writer.payment_line(line), None),
            Widget::Benefit(benefit) => (writer.benefit(benefit), Some(texts.see_benefit())),
            Widget::ServiceBenefit(benefit) => (writer.service_benefit(benefit), Some(texts.see_service_benefit())),
            Widget::Case(case) => (writer.case(case), Some(texts.see_case())),
            Widget::TimelineEntry(entry) => (writer.timeline_entry(entry), None),
            Widget::Document(document) => (writer.document(document), Some(texts.see_document())),
            Widget::Appointment(appointment) => (writer.appointment(appointment), Some(texts.see_appointment())),
            Widget::Deadline(deadline) => (writer.deadline_card(deadline), Some(texts.see_deadline())),
            Widget::Credential(credential) => (writer.credential(credential), Some(texts.see_credential())),
            Widget::HealthCard(card) => (writer.health_card(card), Some(texts.see_health_card())),
            Widget::MasterData(data) => (writer.master_data(data), Some(texts.see_master_data())),
            Widget::Mailbox(mailbox) => (writer.mailbox(mailbox), Some(texts.open_mailbox())),
        };
        let way_on = way_on.zip(widget.link()).map(|(label, link)| WayOn { label, link });
        Self { kind: widget.kind(), way_on, ..card }
    }

    /// A card with nothing but a title.
    fn titled(title: Words<'a>) -> Self {
        Self {
            kind: WidgetKind::Loan,
            leaf: None,
            when: None,
            title_label: None,
            title,
            subtitle: Vec::new(),
            figures: Vec::new(),
            badge: None,
            body: None,
            steps: Vec::new(),
            facts: Vec::new(),
            way_on: None,
            more: None,
        }
    }
}

struct Writer {
    texts: Texts,
    today: Date,
}

impl Writer {
    fn due<'a>(&self, date: Date) -> Words<'a> {
        Words::Due(date, self.texts.days_until(date, self.today), self.texts.date(date))
    }

    fn deadline<'a>(&self, label: &'static str, date: Date) -> Fact<'a> {
        Fact { tone: Tone::of_deadline(date, self.today), ..fact(label, self.due(date)) }
    }

    /// A date that is looked forward to, seen from today until it has passed.
    fn coming<'a>(&self, label: &'static str, date: Date) -> Fact<'a> {
        if date < self.today { dated(label, date, self.texts.date(date)) } else { fact(label, self.due(date)) }
    }

    fn deadline_figure<'a>(&self, label: &'static str, date: Date) -> Figure<'a> {
        let tone = Tone::of_deadline(date, self.today);
        Figure { shape: Shape::Date, label, words: self.due(date), tone }
    }

    fn leaf(&self, date: Date, is_void: bool) -> Leaf {
        Leaf { month: self.texts.short_month(date), day: date.day(), is_void }
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

fn figure<'a>(shape: Shape, label: &'static str, text: String) -> Figure<'a> {
    Figure { shape, label, words: Words::Page(text), tone: Tone::Plain }
}

fn source<'a>(label: &'static str, words: Option<&'a str>) -> Option<Fact<'a>> {
    words.map(|words| fact(label, Words::Source(words)))
}

fn present<const COUNT: usize>(facts: [Option<Fact<'_>>; COUNT]) -> Vec<Fact<'_>> {
    facts.into_iter().flatten().collect()
}
