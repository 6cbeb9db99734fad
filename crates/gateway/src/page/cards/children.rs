//! Cards of what concerns a citizen's children.

use overblik_widgets::{ChildBookEntry, Enrolment, WaitingListPlace};

use super::{Badge, Card, Figure, Tone, Words, Writer, fact, present, source};

impl Writer {
    pub(super) fn waiting_list_place<'a>(&self, place: &'a WaitingListPlace) -> Card<'a> {
        let texts = self.texts;
        Card {
            subtitle: vec![&place.child],
            figure: Some(Figure { label: Some(texts.place_on_list()), text: texts.number(place.place) }),
            facts: present([
                self.date(texts.wanted_from(), place.wanted_from),
                self.date(texts.guaranteed_by(), place.guaranteed_by),
                source(texts.institution_type(), place.institution_type.as_deref()),
                source(texts.area(), place.area.as_deref()),
                source(texts.priority(), place.priority.as_deref()),
                self.date(texts.entered(), place.entered_on),
            ]),
            ..Card::titled(Words::Source(&place.list))
        }
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
            figure: enrolment
                .price_next_month
                .map(|price| Figure { label: Some(texts.price_next_month()), text: texts.money(price) }),
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
            facts: present([self.date(texts.written(), Some(entry.written_on))]),
            ..Card::titled(Words::Source(&entry.title))
        }
    }
}
