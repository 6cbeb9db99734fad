//! When and why each kind of widget needs attention.

use jiff::civil::Date;

use crate::{
    choice::{AppointmentState, CaseStatus, CredentialState, PaymentStatus, ReservationState},
    kinds::{Appointment, Case, Credential, Deadline, Loan, Mailbox, Payment, Reservation, Widget},
    text::LocalizedText,
};

use super::AttentionKind;

/// Days ahead within which a due date or an appointment counts as near.
const SOON_DAYS: i32 = 7;

/// Days ahead within which the end of a credential counts as near: a new one takes weeks.
const RENEWAL_DAYS: i32 = 30;

/// Why a widget needs attention.
pub(super) struct Reason {
    pub(super) kind: AttentionKind,
    pub(super) date: Option<Date>,
    pub(super) text: LocalizedText,
}

impl Reason {
    fn new(kind: AttentionKind, date: Option<Date>, da: impl Into<String>, en: impl Into<String>) -> Self {
        Self { kind, date, text: LocalizedText::new(da, en) }
    }

    /// Why a widget needs attention as of a Danish date; `None` if it does not.
    pub(super) fn of(widget: &Widget, today: Date) -> Option<Self> {
        match widget {
            Widget::Loan(loan) => Self::of_loan(loan, today),
            Widget::Reservation(reservation) => Self::of_reservation(reservation, today),
            Widget::Payment(payment) => Self::of_payment(payment, today),
            Widget::Case(case) => Self::of_case(case, today),
            Widget::Appointment(appointment) => Self::of_appointment(appointment, today),
            Widget::Deadline(deadline) => Self::of_deadline(deadline, today),
            Widget::Credential(credential) => Self::of_credential(credential, today),
            Widget::Mailbox(mailbox) => Self::of_mailbox(mailbox),
            Widget::WaitingListPlace(_)
            | Widget::Enrolment(_)
            | Widget::ChildBookEntry(_)
            | Widget::PaymentLine(_)
            | Widget::TimelineEntry(_)
            | Widget::Document(_)
            | Widget::Benefit(_)
            | Widget::ServiceBenefit(_)
            | Widget::HealthCard(_)
            | Widget::MasterData(_) => None,
        }
    }

    fn of_loan(loan: &Loan, today: Date) -> Option<Self> {
        let (title_da, title_en) = match &loan.title {
            Some(title) => (title.as_str(), title.as_str()),
            None => ("Et lån", "A loan"),
        };
        let kind = due_kind(loan.due_on, today, SOON_DAYS)?;
        let (da, en) = match kind {
            AttentionKind::Overdue => ("skulle have været afleveret", "should have been handed in"),
            _ => ("skal snart afleveres", "is due back soon"),
        };
        Some(Self::new(kind, Some(loan.due_on), format!("{title_da} {da}"), format!("{title_en} {en}")))
    }

    fn of_reservation(reservation: &Reservation, today: Date) -> Option<Self> {
        if reservation.state != ReservationState::ReadyForPickup {
            return None;
        }
        let (title_da, title_en) = match &reservation.title {
            Some(title) => (title.as_str(), title.as_str()),
            None => ("En reservation", "A reservation"),
        };
        let (kind, da, en) = if reservation.pickup_by.is_some_and(|last_day| last_day < today) {
            (AttentionKind::Overdue, "skulle have været afhentet", "should have been picked up")
        } else {
            (AttentionKind::ActionNeeded, "er klar til afhentning", "is ready for pickup")
        };
        Some(Self::new(kind, reservation.pickup_by, format!("{title_da} {da}"), format!("{title_en} {en}")))
    }

    fn of_payment(payment: &Payment, today: Date) -> Option<Self> {
        let title = &payment.title;
        let reason = |kind, da: &str, en: &str| {
            Some(Self::new(kind, payment.due_on, format!("{title}: {da}"), format!("{title}: {en}")))
        };
        let overdue =
            || reason(AttentionKind::Overdue, "betalingsdatoen er overskredet", "the payment date has passed");
        match payment.status {
            Some(PaymentStatus::Paid) => None,
            Some(PaymentStatus::Overdue | PaymentStatus::PartlyOverdue) => overdue(),
            Some(
                PaymentStatus::SentToDebtAgency
                | PaymentStatus::PartlySentToDebtAgency
                | PaymentStatus::PartlyOverdueAndSent,
            ) => reason(
                AttentionKind::DebtCollection,
                "sendt til Gældsstyrelsen",
                "sent to the Danish Debt Collection Agency",
            ),
            Some(PaymentStatus::Coming | PaymentStatus::Unknown) | None => {
                if payment.paid_on.is_some() {
                    return None;
                }
                match due_kind(payment.due_on?, today, SOON_DAYS)? {
                    AttentionKind::Overdue => overdue(),
                    kind => reason(kind, "skal snart betales", "payment due soon"),
                }
            }
        }
    }

    /// A case only when its answer is late, so that the citizen can ask. What comes next in it may be anybody's turn.
    fn of_case(case: &Case, today: Date) -> Option<Self> {
        let is_open = match case.status {
            CaseStatus::Created | CaseStatus::InProgress => true,
            CaseStatus::Decided | CaseStatus::Closed | CaseStatus::Rejected | CaseStatus::Unknown => false,
        };
        let expected_by = case.expected_by.filter(|date| is_open && case.closed_on.is_none() && *date < today)?;
        let title = &case.title;
        Some(Self::new(
            AttentionKind::ActionNeeded,
            Some(expected_by),
            format!("{title}: du skulle have haft svar"),
            format!("{title}: you should have had an answer"),
        ))
    }

    /// A moved or cancelled appointment as soon as it is known: its old time may come long before the new one.
    fn of_appointment(appointment: &Appointment, today: Date) -> Option<Self> {
        let date = appointment.starts_at.date();
        if date < today {
            return None;
        }
        let (title, clock) = (&appointment.title, appointment.starts_at.clock());
        let (kind, da, en) = match appointment.state {
            Some(AppointmentState::Cancelled) => {
                (AttentionKind::ActionNeeded, format!("{title}: aftalen er aflyst"), format!("{title}: cancelled"))
            }
            Some(AppointmentState::Moved) => (
                AttentionKind::ActionNeeded,
                format!("{title}: aftalen er flyttet, nu kl. {clock}"),
                format!("{title}: moved, now at {clock}"),
            ),
            Some(AppointmentState::Booked | AppointmentState::Unknown) | None => (
                due_kind(date, today, SOON_DAYS)?,
                format!("{title}: du har en aftale kl. {clock}"),
                format!("{title}: you have an appointment at {clock}"),
            ),
        };
        Some(Self::new(kind, Some(date), da, en))
    }

    fn of_deadline(deadline: &Deadline, today: Date) -> Option<Self> {
        let kind = due_kind(deadline.due_on, today, SOON_DAYS)?;
        let (da, en) = match kind {
            AttentionKind::Overdue => ("fristen er overskredet", "the deadline has passed"),
            _ => ("fristen er nær", "the deadline is near"),
        };
        let title = &deadline.title;
        Some(Self::new(kind, Some(deadline.due_on), format!("{title}: {da}"), format!("{title}: {en}")))
    }

    fn of_credential(credential: &Credential, today: Date) -> Option<Self> {
        let valid_until = credential.valid_until;
        let by_date = || due_kind(valid_until?, today, RENEWAL_DAYS);
        let kind = match credential.state {
            Some(CredentialState::Expired) => AttentionKind::Overdue,
            Some(CredentialState::Suspended) => AttentionKind::ActionNeeded,
            // Nothing is left to renew or to wait for.
            Some(CredentialState::Revoked) => return None,
            Some(CredentialState::Valid | CredentialState::Unknown) | None => by_date()?,
        };
        let (da, en) = match kind {
            AttentionKind::Overdue => ("er udløbet", "has expired"),
            AttentionKind::ActionNeeded => ("er midlertidigt inddraget", "is suspended"),
            _ => ("udløber snart", "expires soon"),
        };
        let title = &credential.title;
        // The end of a suspended one is not the end of the suspension.
        let date = valid_until.filter(|_| kind != AttentionKind::ActionNeeded);
        Some(Self::new(kind, date, format!("{title} {da}"), format!("{title} {en}")))
    }

    /// Post has legal effect from the moment it came, read or not.
    fn of_mailbox(mailbox: &Mailbox) -> Option<Self> {
        let (da, en) = match (mailbox.awaiting_answer, mailbox.unread) {
            (Some(1), _) => ("1 besked venter på dit svar".to_owned(), "1 message waits for your answer".to_owned()),
            (Some(count @ 2..), _) => {
                (format!("{count} beskeder venter på dit svar"), format!("{count} messages wait for your answer"))
            }
            (_, 1) => ("1 ulæst besked".to_owned(), "1 unread message".to_owned()),
            (_, count @ 2..) => (format!("{count} ulæste beskeder"), format!("{count} unread messages")),
            _ => return None,
        };
        Some(Self::new(AttentionKind::ActionNeeded, None, da, en))
    }
}

/// Whether a date has passed or is at most `soon` days ahead; `None` when it is neither.
fn due_kind(due: Date, today: Date, soon: i32) -> Option<AttentionKind> {
    if due < today {
        return Some(AttentionKind::Overdue);
    }
    let days = due.since(today).map_or(i32::MAX, |span| span.get_days());
    (days <= soon).then_some(AttentionKind::DueSoon)
}
