//! Cards of what concerns a citizen's children.

use overblik_widgets::{ChildBookEntry, Date, Enrolment, WaitingListPlace};

use super::{Badge, Card, Figure, Shape, Standing, Step, Tone, Words, Writer, fact, figure, present, source};

impl Writer {
    pub(super) fn waiting_list_place<'a>(&self, place: &'a WaitingListPlace) -> Card<'a> {
        let texts = self.texts;
        Card {
            subtitle: vec![&place.child],
            figures: vec![figure(Shape::Place, texts.place_on_list(), texts.number(place.place))],
            steps: self.waiting(place),
            facts: present([
                source(texts.institution_type(), place.institution_type.as_deref()),
                source(texts.area(), place.area.as_deref()),
                source(texts.priority(), place.priority.as_deref()),
            ]),
            ..Card::titled(Words::Source(&place.list))
        }
    }

    /// Since when, and until when at the latest.
    fn waiting<'a>(&self, place: &WaitingListPlace) -> Vec<Step<'a>> {
        let texts = self.texts;
        let step = |label, date: Option<Date>| {
            let date = date?;
            let (standing, words) = if date > self.today {
                (Standing::Ahead, self.due(date))
            } else {
                (Standing::Past, Words::Dated(date, texts.date(date)))
            };
            Some(Step { standing, label, words, tone: Tone::Plain })
        };
        [
            step(texts.entered(), place.entered_on),
            step(texts.wanted_from(), place.wanted_from),
            step(texts.guaranteed_by(), place.guaranteed_by),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    pub(super) fn enrolment<'a>(&self, enrolment: &'a Enrolment) -> Card<'a> {
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
            subtitle: [Some(&enrolment.child), enrolment.institution_type.as_ref()]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect(),
            figures: enrolment
                .price_next_month
                .map(|price| figure(Shape::Money, texts.price_next_month(), texts.money(price)))
                .into_iter()
                .collect(),
            facts: present([
                self.date(texts.starts(), Some(enrolment.starts_on)),
                self.date(texts.ends(), enrolment.ends_on),
                fee_reduction.map(|text| fact(texts.fee_reduction(), Words::Page(text))),
                sibling.map(|text| fact(texts.sibling_discount(), Words::Page(text.to_owned()))),
                source(texts.address(), enrolment.address.as_deref()),
                source(texts.phone(), enrolment.phone.as_deref()),
            ]),
            ..Card::titled(Words::Source(&enrolment.institution))
        }
    }

    pub(super) fn child_book_entry<'a>(&self, entry: &'a ChildBookEntry) -> Card<'a> {
        let texts = self.texts;
        let category = entry.category.as_ref();
        Card {
            subtitle: [Some(&entry.child), entry.institution.as_ref()]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect(),
            badge: category.map(|coded| Badge { text: texts.of(&coded.text).to_owned(), tone: Tone::Plain }),
            body: entry.text.as_deref(),
            figures: vec![Figure {
                shape: Shape::Date,
                label: texts.written(),
                words: Words::Dated(entry.written_on, texts.date(entry.written_on)),
                tone: Tone::Plain,
            }],
            ..Card::titled(Words::Source(&entry.title))
        }
    }
}
