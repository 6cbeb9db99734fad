//! The card of a digital mailbox.

use overblik_widgets::Mailbox;

use super::{Card, Fact, Figure, Tone, Words, Writer, fact, present, source};

impl Writer {
    pub(super) fn mailbox<'a>(&self, mailbox: &'a Mailbox) -> Card<'a> {
        let texts = self.texts;
        let count = |number: i64| Words::Page(number.to_string());
        let awaiting = mailbox.awaiting_answer.map(|number| {
            let tone = if number > 0 { Tone::Warning } else { Tone::Plain };
            Fact { tone, ..fact(texts.awaiting_answer(), count(number)) }
        });
        Card {
            figure: Some(Figure { label: Some(texts.unread()), text: mailbox.unread.to_string() }),
            facts: present([
                awaiting,
                mailbox.latest_at.map(|moment| self.moment(texts.latest_message(), moment)),
                source(texts.latest_sender(), mailbox.latest_sender.as_deref()),
                mailbox.total.map(|number| fact(texts.messages_in_all(), count(number))),
            ]),
            ..Card::titled(Words::Page(texts.mailbox().to_owned()))
        }
    }
}
