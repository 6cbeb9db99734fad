//! Cards of what an authority is working on: a case is a course of events.

use overblik_widgets::{Case, CaseStatus, Date};

use super::{Badge, Card, Standing, Step, Tone, Words, Writer, present, source};

impl Writer {
    pub(super) fn case<'a>(&self, case: &'a Case) -> Card<'a> {
        let texts = self.texts;
        Card {
            subtitle: case.subject.as_deref().into_iter().collect(),
            badge: Some(Badge { text: texts.of(&case.status.text()).to_owned(), tone: case_tone(case.status) }),
            steps: self.course(case),
            facts: present([
                source(texts.next_step(), case.next_step.as_deref()),
                self.date(texts.answer_was_expected(), case.expected_by.filter(|_| !is_open(case))),
                source(texts.case_number(), case.reference.as_deref()),
            ]),
            ..Card::titled(Words::Source(&case.title))
        }
    }

    /// What has happened and what is expected. The last thing that is known to have happened is the current step.
    fn course<'a>(&self, case: &Case) -> Vec<Step<'a>> {
        let texts = self.texts;
        let step = |label, words| Step { standing: Standing::Past, label, words, tone: Tone::Plain };
        let happened = [
            case.opened_on.map(|date| step(texts.opened(), Words::Dated(date, texts.date(date)))),
            case.updated_at.map(|moment| step(texts.updated(), Words::Timed(moment, texts.moment(moment)))),
            case.closed_on.map(|date| step(texts.closed(), Words::Dated(date, texts.date(date)))),
        ];
        let mut steps: Vec<_> = happened.into_iter().flatten().collect();
        if let Some(last) = steps.last_mut() {
            last.standing = Standing::Current;
        }
        steps.extend(case.expected_by.filter(|_| is_open(case)).map(|date| self.expected_answer(date)));
        steps
    }

    /// The authority's own date. A citizen cannot miss it, so it never warns before it has passed.
    fn expected_answer<'a>(&self, date: Date) -> Step<'a> {
        let texts = self.texts;
        let (label, tone) = if date < self.today {
            (texts.answer_was_expected(), Tone::Warning)
        } else {
            (texts.answer_expected(), Tone::Plain)
        };
        Step { standing: Standing::Ahead, label, words: self.due(date), tone }
    }
}

fn is_open(case: &Case) -> bool {
    matches!(case.status, CaseStatus::Created | CaseStatus::InProgress) && case.closed_on.is_none()
}

/// A decision is not good news in itself.
fn case_tone(status: CaseStatus) -> Tone {
    match status {
        CaseStatus::InProgress | CaseStatus::Decided => Tone::Info,
        CaseStatus::Rejected => Tone::Bad,
        CaseStatus::Created | CaseStatus::Closed | CaseStatus::Unknown => Tone::Plain,
    }
}
