//! The card of a digital mailbox.

use overblik_widgets::Mailbox;

use super::{Card, Figure, Shape, Tone, Words, Writer, figure, present, source};

impl Writer {
    pub(super) fn mailbox<'a>(&self, mailbox: &'a Mailbox) -> Card<'a> {
        let texts = self.texts;
        let count = |label, number: i64| figure(Shape::Count, label, number.to_string());
        let awaiting = mailbox.awaiting_answer.map(|number| {
            let tone = if number > 0 { Tone::Warning } else { Tone::Plain };
            Figure { tone, ..count(texts.awaiting_answer(), number) }
        });
        let total = mailbox.total.map(|number| count(texts.messages_in_all(), number));
        Card {
            figures: [Some(count(texts.unread(), mailbox.unread)), awaiting, total].into_iter().flatten().collect(),
            facts: present([
                mailbox.latest_at.map(|moment| self.moment(texts.latest_message(), moment)),
                source(texts.latest_sender(), mailbox.latest_sender.as_deref()),
            ]),
            ..Card::titled(Words::Page(texts.mailbox().to_owned()))
        }
    }
}
