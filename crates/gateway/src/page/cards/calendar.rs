//! Cards of what a citizen must keep in the calendar: the time stands first.

use overblik_widgets::{Appointment, AppointmentState, Deadline};

use super::{Badge, Card, Tone, When, Words, Writer, fact, present, source};

impl Writer {
    pub(super) fn appointment<'a>(&self, appointment: &'a Appointment) -> Card<'a> {
        let texts = self.texts;
        let is_held = appointment.state != Some(AppointmentState::Cancelled);
        let time = texts.appointment_time(appointment.starts_at, appointment.ends_at, is_held.then_some(self.today));
        let attendance = appointment.online.map(|online| if online { texts.online() } else { texts.in_person() });
        let badge = appointment.state.map(|state| {
            let tone = match state {
                AppointmentState::Booked => Tone::Good,
                AppointmentState::Moved => Tone::Warning,
                AppointmentState::Cancelled => Tone::Bad,
                AppointmentState::Unknown => Tone::Plain,
            };
            Badge { text: texts.of(&state.text()).to_owned(), tone }
        });
        Card {
            leaf: Some(self.leaf(appointment.starts_at.date(), !is_held)),
            when: Some(When { label: None, words: Words::Timed(appointment.starts_at, time), tone: Tone::Plain }),
            badge,
            facts: present([
                source(texts.place(), appointment.place.as_deref()),
                attendance.map(|text| fact(texts.attendance(), Words::Page(text.to_owned()))),
                source(texts.preparation(), appointment.preparation.as_deref()),
            ]),
            ..Card::titled(Words::Source(&appointment.title))
        }
    }

    pub(super) fn deadline_card<'a>(&self, deadline: &'a Deadline) -> Card<'a> {
        let texts = self.texts;
        Card {
            leaf: Some(self.leaf(deadline.due_on, false)),
            when: Some(When {
                label: Some(texts.deadline_label()),
                words: self.due(deadline.due_on),
                tone: Tone::of_deadline(deadline.due_on, self.today),
            }),
            facts: present([
                source(texts.what_to_do(), deadline.action.as_deref()),
                source(texts.if_missed(), deadline.consequence.as_deref()),
            ]),
            ..Card::titled(Words::Source(&deadline.title))
        }
    }
}
