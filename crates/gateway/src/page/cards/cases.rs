//! Cards of what an authority is working on.

use overblik_widgets::{Case, CaseStatus};

use super::{Badge, Card, Fact, Tone, Words, Writer, dated, present, source};

impl Writer {
    pub(super) fn case<'a>(&self, case: &'a Case) -> Card<'a> {
        let texts = self.texts;
        Card {
            subtitle: case.subject.as_deref().into_iter().collect(),
            badge: Some(Badge { text: texts.of(&case.status.text()).to_owned(), tone: case_tone(case.status) }),
            facts: present([
                source(texts.next_step(), case.next_step.as_deref()),
                self.expected_answer(case),
                self.date(texts.closed(), case.closed_on),
                case.updated_at.map(|moment| self.moment(texts.updated(), moment)),
                self.date(texts.opened(), case.opened_on),
                source(texts.case_number(), case.reference.as_deref()),
            ]),
            ..Card::titled(Words::Source(&case.title))
        }
    }

    /// The authority's own date. A citizen cannot miss it, so it never warns before it has passed.
    fn expected_answer<'a>(&self, case: &'a Case) -> Option<Fact<'a>> {
        let texts = self.texts;
        let date = case.expected_by?;
        let is_open = matches!(case.status, CaseStatus::Created | CaseStatus::InProgress) && case.closed_on.is_none();
        Some(match (is_open, date < self.today) {
            (true, false) => self.coming(texts.answer_expected(), date),
            (true, true) => {
                let late = dated(texts.answer_was_expected(), date, texts.deadline(date, self.today));
                Fact { tone: Tone::Warning, ..late }
            }
            (false, _) => dated(texts.answer_was_expected(), date, texts.date(date)),
        })
    }
}

/// A decision is not good news in itself.
fn case_tone(status: CaseStatus) -> Tone {
    match status {
        CaseStatus::InProgress | CaseStatus::Decided => Tone::Info,
        CaseStatus::Rejected => Tone::Bad,
        CaseStatus::Created | CaseStatus::Closed | CaseStatus::Unknown => Tone::Plain,
    }
}
