//! Cards of what a citizen pays and is paid or given.

use overblik_widgets::{Benefit, BenefitState, Payment, PaymentStatus, ServiceBenefit};

use super::{Badge, Card, Shape, Tone, Words, Writer, dated, fact, figure, present, source};

impl Writer {
    pub(super) fn payment<'a>(&self, payment: &'a Payment) -> Card<'a> {
        let texts = self.texts;
        let is_paid = payment.paid_on.is_some() || payment.status == Some(PaymentStatus::Paid);
        let due = payment.due_on.map(|date| {
            let label = if date < self.today { texts.fell_due() } else { texts.falls_due() };
            if is_paid { dated(label, date, texts.date(date)) } else { self.deadline(label, date) }
        });
        // What is still to be paid stands out, whatever it was part of.
        let (label, amount, whole) = match payment.remaining {
            Some(rest) if !is_paid => (texts.remaining(), rest, Some((texts.amount_in_all(), payment.amount))),
            rest => {
                let label = if payment.amount.minor < 0 {
                    texts.owed_to_you()
                } else if is_paid {
                    texts.amount_paid()
                } else {
                    texts.to_pay()
                };
                (label, payment.amount, rest.map(|rest| (texts.remaining(), rest)))
            }
        };
        Card {
            subtitle: payment.creditor.as_deref().into_iter().collect(),
            figures: vec![figure(Shape::Money, label, texts.money(amount))],
            badge: payment
                .status
                .map(|status| Badge { text: texts.of(&status.text()).to_owned(), tone: payment_tone(status) }),
            facts: present([
                due,
                whole.map(|(label, money)| fact(label, Words::Page(texts.money(money)))),
                self.date(texts.paid(), payment.paid_on),
            ]),
            ..Card::titled(Words::Source(&payment.title))
        }
    }

    pub(super) fn benefit<'a>(&self, benefit: &'a Benefit) -> Card<'a> {
        let texts = self.texts;
        let last = match (benefit.last_amount, benefit.last_paid_on) {
            (Some(amount), Some(date)) => {
                Some(dated(texts.last_payment(), date, texts.amount_on(&texts.money(amount), &texts.date(date))))
            }
            (Some(amount), None) => Some(fact(texts.last_payment(), Words::Page(texts.money(amount)))),
            (None, date) => self.date(texts.last_payment(), date),
        };
        let frequency = benefit.frequency.as_ref().map(|coded| texts.of(&coded.text).to_owned());
        Card {
            subtitle: benefit.payer.as_deref().into_iter().collect(),
            figures: benefit
                .next_amount
                .map(|amount| figure(Shape::Money, texts.next_payment(), texts.money(amount)))
                .into_iter()
                .collect(),
            badge: benefit.state.map(|state| self.benefit_badge(state)),
            facts: present([
                benefit.next_paid_on.map(|date| self.coming(texts.paid_out(), date)),
                last,
                frequency.map(|text| fact(texts.how_often(), Words::Page(text))),
                self.date(texts.starts(), benefit.starts_on),
                self.date(texts.ends(), benefit.ends_on),
            ]),
            ..Card::titled(Words::Source(&benefit.title))
        }
    }

    pub(super) fn service_benefit<'a>(&self, benefit: &'a ServiceBenefit) -> Card<'a> {
        let texts = self.texts;
        Card {
            badge: benefit.state.map(|state| self.benefit_badge(state)),
            facts: present([
                source(texts.extent(), benefit.extent.as_deref()),
                source(texts.supplier(), benefit.supplier.as_deref()),
                self.date(texts.starts(), benefit.starts_on),
                self.date(texts.ends(), benefit.ends_on),
            ]),
            ..Card::titled(Words::Source(&benefit.title))
        }
    }

    fn benefit_badge(&self, state: BenefitState) -> Badge {
        let tone = match state {
            BenefitState::Granted | BenefitState::Active => Tone::Good,
            BenefitState::Applied => Tone::Info,
            BenefitState::Ended | BenefitState::Unknown => Tone::Plain,
        };
        Badge { text: self.texts.of(&state.text()).to_owned(), tone }
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
