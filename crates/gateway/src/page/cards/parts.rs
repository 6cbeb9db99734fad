//! Cards of what belongs to something else: steps of a case, documents, lines of a payment.

use overblik_widgets::{Document, PaymentLine, TimelineEntry};

use super::{Card, Shape, Tone, When, Words, Writer, figure, present};

impl Writer {
    /// Its day stands first, as a timeline is read by its days.
    pub(super) fn timeline_entry<'a>(&self, entry: &'a TimelineEntry) -> Card<'a> {
        let (texts, day) = (self.texts, entry.happened_on);
        let words = if day > self.today { self.due(day) } else { Words::Dated(day, texts.date(day)) };
        Card {
            when: Some(When { label: None, words, tone: Tone::Plain }),
            body: entry.text.as_deref(),
            ..Card::titled(Words::Source(&entry.title))
        }
    }

    pub(super) fn document<'a>(&self, document: &'a Document) -> Card<'a> {
        Card {
            facts: present([self.date(self.texts.document_date(), document.dated_on)]),
            ..Card::titled(Words::Source(&document.title))
        }
    }

    pub(super) fn payment_line<'a>(&self, line: &'a PaymentLine) -> Card<'a> {
        Card {
            subtitle: line.period.as_deref().into_iter().collect(),
            figures: vec![figure(Shape::Money, self.texts.line_amount(), self.texts.money(line.amount))],
            ..Card::titled(Words::Source(&line.title))
        }
    }
}
