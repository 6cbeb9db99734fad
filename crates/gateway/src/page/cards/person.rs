//! Cards of who a citizen is to the registers, and of what proves it.

use overblik_widgets::{Credential, CredentialState, HealthCard, MasterData};

use super::{Badge, Card, Figure, Shape, Tone, Words, Writer, fact, present, source};

impl Writer {
    pub(super) fn credential<'a>(&self, credential: &'a Credential) -> Card<'a> {
        let texts = self.texts;
        let badge = credential.state.map(|state| {
            let tone = match state {
                CredentialState::Valid => Tone::Good,
                CredentialState::Suspended => Tone::Warning,
                CredentialState::Expired | CredentialState::Revoked => Tone::Bad,
                CredentialState::Unknown => Tone::Plain,
            };
            Badge { text: texts.of(&state.text()).to_owned(), tone }
        });
        Card {
            badge,
            figures: self.validity(credential).into_iter().collect(),
            facts: present([
                source(texts.categories(), credential.categories.as_deref()),
                source(texts.document_number(), credential.number.as_deref()),
                source(texts.issuer(), credential.issuer.as_deref()),
                self.date(texts.issued(), credential.issued_on),
            ]),
            ..Card::titled(Words::Source(&credential.title))
        }
    }

    /// The last day it is valid, warning for a month before it as the attention list does.
    fn validity<'a>(&self, credential: &Credential) -> Option<Figure<'a>> {
        let texts = self.texts;
        let date = credential.valid_until?;
        let is_out_of_force = matches!(credential.state, Some(CredentialState::Suspended | CredentialState::Revoked));
        let alone = || Words::Dated(date, texts.date(date));
        let (label, words, tone) = match (date - self.today).get_days() {
            ..0 if is_out_of_force => (texts.was_valid_until(), alone(), Tone::Plain),
            ..0 => (texts.was_valid_until(), alone(), Tone::Bad),
            0..=30 if !is_out_of_force => (texts.valid_until(), self.due(date), Tone::Warning),
            _ => (texts.valid_until(), alone(), Tone::Plain),
        };
        Some(Figure { shape: Shape::Date, label, words, tone })
    }

    /// The doctor stands first. Who has none, as those in group 2, sees the group there.
    pub(super) fn health_card<'a>(&self, card: &'a HealthCard) -> Card<'a> {
        let texts = self.texts;
        let group = || Words::Page(texts.of(&card.group.text).to_owned());
        let (title_label, title, group) = match &card.doctor {
            Some(doctor) => (texts.doctor(), Words::Source(doctor), Some(fact(texts.insurance_group(), group()))),
            None => (texts.insurance_group(), group(), None),
        };
        Card {
            title_label: Some(title_label),
            subtitle: card.doctor_address.as_deref().into_iter().collect(),
            facts: present([
                source(texts.doctor_phone(), card.doctor_phone.as_deref()),
                group,
                source(texts.region(), card.region.as_deref()),
                self.date(texts.card_valid_from(), card.valid_from),
            ]),
            ..Card::titled(title)
        }
    }

    pub(super) fn master_data<'a>(&self, data: &'a MasterData) -> Card<'a> {
        let texts = self.texts;
        let is_protected = data.protected_address == Some(true);
        let marital_status = data.marital_status.as_ref().map(|coded| texts.of(&coded.text).to_owned());
        Card {
            badge: is_protected.then(|| Badge { text: texts.protected_address().to_owned(), tone: Tone::Info }),
            facts: present([
                source(texts.address(), data.address.as_deref()),
                source(texts.municipality(), data.municipality.as_deref()),
                self.date(texts.moved_in(), data.moved_in_on),
                marital_status.map(|text| fact(texts.marital_status(), Words::Page(text))),
                source(texts.phone(), data.phone.as_deref()),
                source(texts.email(), data.email.as_deref()),
                (data.protected_address == Some(false))
                    .then(|| fact(texts.address_protection(), Words::Page(texts.no().to_owned()))),
            ]),
            ..Card::titled(Words::Source(&data.name))
        }
    }
}
