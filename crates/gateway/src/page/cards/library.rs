//! Cards of what a citizen has from a library.

use overblik_widgets::{Loan, Reservation, ReservationState};

use super::{Badge, Card, Shape, Tone, Words, Writer, fact, figure, present, source};

impl Writer {
    pub(super) fn loan<'a>(&self, loan: &'a Loan) -> Card<'a> {
        let texts = self.texts;
        let renewal = match (&loan.renewal, loan.renewable) {
            (Some(coded), _) => Some(texts.of(&coded.text).to_owned()),
            (None, Some(true)) => Some(texts.renewable().to_owned()),
            (None, Some(false)) => Some(texts.not_renewable().to_owned()),
            (None, None) => None,
        };
        Card {
            subtitle: [&loan.author, &loan.material].into_iter().filter_map(|part| part.as_deref()).collect(),
            figures: vec![self.deadline_figure(texts.hand_in(), loan.due_on)],
            facts: present([
                renewal.map(|text| fact(texts.renewal(), Words::Page(text))),
                self.date(texts.borrowed(), loan.loaned_on),
            ]),
            ..Card::titled(self.work_title(loan.title.as_deref()))
        }
    }

    pub(super) fn reservation<'a>(&self, reservation: &'a Reservation) -> Card<'a> {
        let texts = self.texts;
        let tone = match reservation.state {
            ReservationState::ReadyForPickup => Tone::Good,
            ReservationState::InTransit | ReservationState::InterLibrary => Tone::Info,
            ReservationState::Reserved | ReservationState::Unknown => Tone::Plain,
        };
        // A date to keep stands out; until there is one, the place in the queue does.
        let queue = reservation.queue_number.map(|number| texts.number(number));
        let (figures, queue) = match (reservation.pickup_by, queue) {
            (Some(last_day), queue) => (vec![self.deadline_figure(texts.pickup_by(), last_day)], queue),
            (None, Some(number)) => (vec![figure(Shape::Place, texts.queue(), number)], None),
            (None, None) => (Vec::new(), None),
        };
        Card {
            subtitle: reservation.author.as_deref().into_iter().collect(),
            badge: Some(Badge { text: texts.of(&reservation.state.text()).to_owned(), tone }),
            figures,
            facts: present([
                source(texts.pickup_branch(), reservation.pickup_branch.as_deref()),
                source(texts.pickup_number(), reservation.pickup_number.as_deref()),
                queue.map(|number| fact(texts.queue(), Words::Page(number))),
                self.date(texts.reserved(), reservation.reserved_on),
                self.date(texts.expires(), reservation.expires_on),
            ]),
            ..Card::titled(self.work_title(reservation.title.as_deref()))
        }
    }

    /// A library's own title, or that there is none to show: never a made-up one.
    fn work_title<'a>(&self, title: Option<&'a str>) -> Words<'a> {
        title.map_or_else(|| Words::Page(self.texts.title_unknown().to_owned()), Words::Source)
    }
}
