//! What needs the citizen's attention, computed from the widgets at hand and never by asking again.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    choice::{PaymentStatus, ReservationState},
    kinds::{Loan, Payment, Reservation, Widget},
    link::Link,
    section::Section,
    text::LocalizedText,
};

/// Days ahead within which a due date counts as near.
const SOON_DAYS: i32 = 7;

/// Why something needs attention. The order of the variants is their urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttentionKind {
    /// A date has passed.
    Overdue,
    /// A claim was handed to the debt agency.
    DebtCollection,
    /// The citizen should do something.
    ActionNeeded,
    /// A date is near.
    DueSoon,
}

/// One thing that needs the citizen's attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Attention {
    /// Slug of the source it comes from.
    pub source: String,
    /// Why.
    pub kind: AttentionKind,
    /// The date it is about.
    pub date: Option<Date>,
    /// What the citizen reads.
    pub text: LocalizedText,
    /// Where to act.
    pub link: Link,
}

impl Attention {
    /// Everything in the sections that needs attention as of a Danish date, most urgent first, then by date.
    #[must_use]
    pub fn collect(sections: &[Section], today: Date) -> Vec<Self> {
        let mut all: Vec<Self> = sections
            .iter()
            .flat_map(|section| section.widgets.iter().filter_map(move |widget| Self::of(section, widget, today)))
            .collect();
        all.sort_by_key(|attention| (attention.kind, attention.date.unwrap_or(Date::MAX)));
        all
    }

    fn of(section: &Section, widget: &Widget, today: Date) -> Option<Self> {
        let (kind, date, text) = match widget {
            Widget::Loan(loan) => loan_attention(loan, today)?,
            Widget::Reservation(reservation) => reservation_attention(reservation, today)?,
            Widget::Payment(payment) => payment_attention(payment, today)?,
            Widget::WaitingListPlace(_) | Widget::Enrolment(_) => return None,
        };
        let link = match widget {
            Widget::Payment(Payment { link: Some(link), .. }) => link.clone(),
            _ => section.link.clone(),
        };
        Some(Self { source: section.source.clone(), kind, date, text, link })
    }
}

type Reason = (AttentionKind, Option<Date>, LocalizedText);

fn loan_attention(loan: &Loan, today: Date) -> Option<Reason> {
    let (title_da, title_en) = match &loan.title {
        Some(title) => (title.as_str(), title.as_str()),
        None => ("Et lån", "A loan"),
    };
    let kind = due_kind(loan.due_on, today)?;
    let text = match kind {
        AttentionKind::Overdue => LocalizedText::new(
            format!("{title_da} skulle have været afleveret"),
            format!("{title_en} should have been handed in"),
        ),
        _ => LocalizedText::new(format!("{title_da} skal snart afleveres"), format!("{title_en} is due back soon")),
    };
    Some((kind, Some(loan.due_on), text))
}

fn reservation_attention(reservation: &Reservation, today: Date) -> Option<Reason> {
    if reservation.state != ReservationState::ReadyForPickup {
        return None;
    }
    let (title_da, title_en) = match &reservation.title {
        Some(title) => (title.as_str(), title.as_str()),
        None => ("En reservation", "A reservation"),
    };
    if reservation.pickup_by.is_some_and(|last_day| last_day < today) {
        let text = LocalizedText::new(
            format!("{title_da} skulle have været afhentet"),
            format!("{title_en} should have been picked up"),
        );
        return Some((AttentionKind::Overdue, reservation.pickup_by, text));
    }
    let text =
        LocalizedText::new(format!("{title_da} er klar til afhentning"), format!("{title_en} is ready for pickup"));
    Some((AttentionKind::ActionNeeded, reservation.pickup_by, text))
}

fn payment_attention(payment: &Payment, today: Date) -> Option<Reason> {
    let title = &payment.title;
    let overdue = || {
        let text = LocalizedText::new(
            format!("{title}: betalingsdatoen er overskredet"),
            format!("{title}: the payment date has passed"),
        );
        (AttentionKind::Overdue, payment.due_on, text)
    };
    let collection = || {
        let text = LocalizedText::new(
            format!("{title}: sendt til Gældsstyrelsen"),
            format!("{title}: sent to the Danish Debt Collection Agency"),
        );
        (AttentionKind::DebtCollection, payment.due_on, text)
    };
    match payment.status {
        Some(PaymentStatus::Paid) => None,
        Some(PaymentStatus::Overdue | PaymentStatus::PartlyOverdue) => Some(overdue()),
        Some(
            PaymentStatus::SentToDebtAgency
            | PaymentStatus::PartlySentToDebtAgency
            | PaymentStatus::PartlyOverdueAndSent,
        ) => Some(collection()),
        Some(PaymentStatus::Coming | PaymentStatus::Unknown) | None => {
            if payment.paid_on.is_some() {
                return None;
            }
            match due_kind(payment.due_on?, today)? {
                AttentionKind::Overdue => Some(overdue()),
                kind => {
                    let text = LocalizedText::new(
                        format!("{title}: skal snart betales"),
                        format!("{title}: payment due soon"),
                    );
                    Some((kind, payment.due_on, text))
                }
            }
        }
    }
}

/// Whether a due date has passed or is near; `None` when it is neither.
fn due_kind(due: Date, today: Date) -> Option<AttentionKind> {
    if due < today {
        return Some(AttentionKind::Overdue);
    }
    let days = due.since(today).map_or(i32::MAX, |span| span.get_days());
    (days <= SOON_DAYS).then_some(AttentionKind::DueSoon)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{
        level::AssuranceLevel,
        money::Money,
        section::{Authority, SectionState},
        theme::Theme,
    };

    const TODAY: Date = date(2026, 11, 22);

    fn section(widgets: Vec<Widget>) -> Section {
        Section {
            source: "library".into(),
            state: SectionState::Ready,
            message: None,
            as_of: None,
            theme: Theme::CultureLeisure,
            authority: Authority { code: "x".into(), cvr: "90000001".into(), name: LocalizedText::new("X", "X") },
            title: LocalizedText::new("X", "X"),
            expect: LocalizedText::new("X", "X"),
            link: Link::checked("https://birkerup.example/", &["birkerup.example"]).expect("a link"),
            contact: vec![],
            level: AssuranceLevel::Substantial,
            widgets,
            left_out: 0,
            problems: vec![],
        }
    }

    fn loan(due_on: Date) -> Widget {
        Widget::Loan(Loan {
            title: Some("Niels Lyhne".into()),
            author: None,
            material: None,
            loaned_on: None,
            due_on,
            renewable: None,
            renewal: None,
        })
    }

    fn payment(status: Option<PaymentStatus>, due_on: Option<Date>) -> Widget {
        Widget::Payment(Payment {
            title: "Daginstitution".into(),
            creditor: None,
            amount: Money::from_oere(100),
            remaining: None,
            status,
            due_on,
            paid_on: None,
            link: None,
        })
    }

    fn kinds(widgets: Vec<Widget>) -> Vec<AttentionKind> {
        Attention::collect(&[section(widgets)], TODAY).iter().map(|attention| attention.kind).collect()
    }

    #[test]
    fn due_dates_count_from_the_day_after_them_and_a_week_ahead() {
        assert_eq!(kinds(vec![loan(date(2026, 11, 21))]), [AttentionKind::Overdue]);
        assert_eq!(kinds(vec![loan(TODAY)]), [AttentionKind::DueSoon]);
        assert_eq!(kinds(vec![loan(date(2026, 11, 29))]), [AttentionKind::DueSoon]);
        assert_eq!(kinds(vec![loan(date(2026, 11, 30))]), []);
        assert_eq!(kinds(vec![loan(date(2027, 12, 1))]), []);
    }

    #[test]
    fn the_source_s_own_status_decides_over_dates() {
        let past = Some(date(2026, 1, 1));
        assert_eq!(kinds(vec![payment(Some(PaymentStatus::Paid), past)]), []);
        assert_eq!(kinds(vec![payment(Some(PaymentStatus::SentToDebtAgency), past)]), [AttentionKind::DebtCollection]);
        assert_eq!(kinds(vec![payment(None, past)]), [AttentionKind::Overdue]);
        assert_eq!(kinds(vec![payment(Some(PaymentStatus::Coming), None)]), []);
    }

    #[test]
    fn the_most_urgent_stands_first_then_the_earliest() {
        let list = Attention::collect(
            &[section(vec![loan(date(2026, 11, 25)), loan(date(2026, 11, 20)), loan(date(2026, 11, 10))])],
            TODAY,
        );
        let dates: Vec<_> = list.iter().filter_map(|attention| attention.date).collect();
        assert_eq!(dates, [date(2026, 11, 10), date(2026, 11, 20), date(2026, 11, 25)]);
    }
}
