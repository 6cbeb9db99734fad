//! How each widget kind becomes a card: what stands out, what is said about it, and in which order.

use overblik_widgets::{
    Date, Enrolment, Link, Loan, Payment, PaymentStatus, Reservation, ReservationState, WaitingListPlace, Widget,
};

use super::texts::Texts;

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

/// One widget, ready to be shown.
#[derive(Debug)]
pub(super) struct Card<'a> {
    pub(super) title: Words<'a>,
    /// Source words under the title.
    pub(super) subtitle: Vec<&'a str>,
    pub(super) figure: Option<Figure>,
    pub(super) badge: Option<Badge>,
    pub(super) facts: Vec<Fact<'a>>,
    pub(super) link: Option<&'a Link>,
}

impl<'a> Card<'a> {
    /// The card of a widget, as of a Danish date.
    pub(super) fn of(widget: &'a Widget, texts: Texts, today: Date) -> Self {
        let writer = Writer { texts, today };
        match widget {
            Widget::Loan(loan) => writer.loan(loan),
            Widget::Reservation(reservation) => writer.reservation(reservation),
            Widget::WaitingListPlace(place) => writer.waiting_list_place(place),
            Widget::Enrolment(enrolment) => writer.enrolment(enrolment),
            Widget::Payment(payment) => writer.payment(payment),
        }
    }
}

struct Writer {
    texts: Texts,
    today: Date,
}

impl Writer {
    fn loan<'a>(&self, loan: &'a Loan) -> Card<'a> {
        let texts = self.texts;
        let renewal = match (&loan.renewal, loan.renewable) {
            (Some(coded), _) => Some(texts.of(&coded.text).to_owned()),
            (None, Some(true)) => Some(texts.renewable().to_owned()),
            (None, Some(false)) => Some(texts.not_renewable().to_owned()),
            (None, None) => None,
        };
        Card {
            title: self.work_title(loan.title.as_deref()),
            subtitle: [&loan.author, &loan.material].into_iter().filter_map(|part| part.as_deref()).collect(),
            figure: None,
            badge: None,
            facts: present([
                Some(self.deadline(texts.hand_in(), loan.due_on)),
                renewal.map(|text| fact(texts.renewal(), Words::Page(text))),
                self.date(texts.borrowed(), loan.loaned_on),
            ]),
            link: None,
        }
    }

    fn reservation<'a>(&self, reservation: &'a Reservation) -> Card<'a> {
        let texts = self.texts;
        let tone = match reservation.state {
            ReservationState::ReadyForPickup => Tone::Good,
            ReservationState::InTransit | ReservationState::InterLibrary => Tone::Info,
            ReservationState::Reserved | ReservationState::Unknown => Tone::Plain,
        };
        Card {
            title: self.work_title(reservation.title.as_deref()),
            subtitle: reservation.author.as_deref().into_iter().collect(),
            figure: None,
            badge: Some(Badge { text: texts.of(&reservation.state.text()).to_owned(), tone }),
            facts: present([
                reservation.pickup_by.map(|date| self.deadline(texts.pickup_by(), date)),
                source(texts.pickup_branch(), reservation.pickup_branch.as_deref()),
                source(texts.pickup_number(), reservation.pickup_number.as_deref()),
                reservation.queue_number.map(|number| fact(texts.queue(), Words::Page(texts.number(number)))),
                self.date(texts.reserved(), reservation.reserved_on),
                self.date(texts.expires(), reservation.expires_on),
            ]),
            link: None,
        }
    }

    fn waiting_list_place<'a>(&self, place: &'a WaitingListPlace) -> Card<'a> {
        let texts = self.texts;
        Card {
            title: Words::Source(&place.list),
            subtitle: vec![&place.child],
            figure: Some(Figure { label: Some(texts.place_on_list()), text: texts.number(place.place) }),
            badge: None,
            facts: present([
                self.date(texts.wanted_from(), place.wanted_from),
                self.date(texts.guaranteed_by(), place.guaranteed_by),
                source(texts.institution_type(), place.institution_type.as_deref()),
                source(texts.area(), place.area.as_deref()),
                source(texts.priority(), place.priority.as_deref()),
                self.date(texts.entered(), place.entered_on),
            ]),
            link: None,
        }
    }

    fn enrolment<'a>(&self, enrolment: &'a Enrolment) -> Card<'a> {
        let texts = self.texts;
        let fee_reduction = enrolment.fee_reduction_percent.map(|percent| {
            let share = texts.per_cent(percent);
            match enrolment.fee_reduction_until {
                Some(until) => texts.per_cent_until(&share, &texts.date(until)),
                None => share,
            }
        });
        let sibling = enrolment.sibling_discount.map(|given| if given { texts.yes() } else { texts.no() });
        Card {
            title: Words::Source(&enrolment.institution),
            subtitle: [Some(&enrolment.child), enrolment.institution_type.as_ref()]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect(),
            figure: enrolment
                .price_next_month
                .map(|price| Figure { label: Some(texts.price_next_month()), text: texts.money(price) }),
            badge: None,
            facts: present([
                self.date(texts.starts(), Some(enrolment.starts_on)),
                self.date(texts.ends(), enrolment.ends_on),
                fee_reduction.map(|text| fact(texts.fee_reduction(), Words::Page(text))),
                sibling.map(|text| fact(texts.sibling_discount(), Words::Page(text.to_owned()))),
                source(texts.address(), enrolment.address.as_deref()),
                source(texts.phone(), enrolment.phone.as_deref()),
            ]),
            link: None,
        }
    }

    fn payment<'a>(&self, payment: &'a Payment) -> Card<'a> {
        let texts = self.texts;
        let is_paid = payment.paid_on.is_some() || payment.status == Some(PaymentStatus::Paid);
        let due = payment.due_on.map(|date| {
            let label = if date < self.today { texts.fell_due() } else { texts.falls_due() };
            if is_paid { dated(label, date, texts.date(date)) } else { self.deadline(label, date) }
        });
        Card {
            title: Words::Source(&payment.title),
            subtitle: payment.creditor.as_deref().into_iter().collect(),
            figure: Some(Figure {
                label: (payment.amount.minor < 0).then(|| texts.owed_to_you()),
                text: texts.money(payment.amount),
            }),
            badge: payment
                .status
                .map(|status| Badge { text: texts.of(&status.text()).to_owned(), tone: payment_tone(status) }),
            facts: present([
                due,
                payment.remaining.map(|money| fact(texts.remaining(), Words::Page(texts.money(money)))),
                self.date(texts.paid(), payment.paid_on),
            ]),
            link: payment.link.as_ref(),
        }
    }

    /// A library's own title, or that there is none to show: never a made-up one.
    fn work_title<'a>(&self, title: Option<&'a str>) -> Words<'a> {
        title.map_or_else(|| Words::Page(self.texts.title_unknown().to_owned()), Words::Source)
    }

    fn deadline<'a>(&self, label: &'static str, date: Date) -> Fact<'a> {
        let tone = Tone::of_deadline(date, self.today);
        Fact { tone, ..dated(label, date, self.texts.deadline(date, self.today)) }
    }

    fn date<'a>(&self, label: &'static str, date: Option<Date>) -> Option<Fact<'a>> {
        date.map(|date| dated(label, date, self.texts.date(date)))
    }
}

fn payment_tone(status: PaymentStatus) -> Tone {
    match status {
        PaymentStatus::Paid => Tone::Good,
        PaymentStatus::Coming => Tone::Info,
        PaymentStatus::Overdue
        | PaymentStatus::SentToDebtAgency
        | PaymentStatus::PartlyOverdue
        | PaymentStatus::PartlySentToDebtAgency
        | PaymentStatus::PartlyOverdueAndSent => Tone::Bad,
        PaymentStatus::Unknown => Tone::Plain,
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
