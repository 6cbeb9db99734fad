//! Widgets of all kinds: in every place where they can stand, with everything in them, and with next to nothing.

use jiff::civil::date;
use overblik_widgets::{
    Appointment, AppointmentState, Benefit, BenefitState, Case, CaseStatus, Credential, CredentialState, Deadline,
    FieldSpec, FieldType, FieldValue, HealthCard, Loan, Mailbox, MasterData, Money, Payment, PaymentStatus,
    Reservation, ReservationState, ServiceBenefit, Widget, WidgetKind,
};

use super::{
    TODAY, link, moment,
    widgets::{
        appointment, benefit, case, child_book_entry, coded, credential, deadline, document, enrolment, health_card,
        loan, mailbox, master_data, payment, payment_line, renewal, reservation, service_benefit, timeline_entry,
        waiting_list_place,
    },
};

/// One widget of every kind, in the order of the vocabulary.
pub(in crate::page) fn every_kind() -> Vec<Widget> {
    vec![
        Widget::Loan(loan()),
        Widget::Reservation(reservation()),
        Widget::WaitingListPlace(waiting_list_place()),
        Widget::Enrolment(enrolment()),
        Widget::ChildBookEntry(child_book_entry()),
        Widget::Payment(payment()),
        Widget::PaymentLine(payment_line()),
        Widget::Benefit(benefit()),
        Widget::ServiceBenefit(service_benefit()),
        Widget::Case(case()),
        Widget::TimelineEntry(timeline_entry()),
        Widget::Document(document()),
        Widget::Appointment(appointment()),
        Widget::Deadline(deadline()),
        Widget::Credential(credential()),
        Widget::HealthCard(health_card()),
        Widget::MasterData(master_data()),
        Widget::Mailbox(mailbox()),
    ]
}

/// A value of a field's type; a link tells its field.
fn some_value(field: &FieldSpec) -> FieldValue {
    match field.field_type {
        FieldType::Text => FieldValue::Text("Tekst".into()),
        FieldType::Date => FieldValue::Date(TODAY),
        FieldType::Moment => FieldValue::Moment(moment("2026-11-25T09:15:00Z")),
        FieldType::Money => FieldValue::Money(Money::from_oere(100)),
        FieldType::Integer => FieldValue::Integer(1),
        FieldType::Flag => FieldValue::Flag(false),
        FieldType::Link => FieldValue::Link(link("videre")),
        FieldType::Code => FieldValue::Code(coded("x", "Kode", "Code")),
        FieldType::Choice(_) => FieldValue::Choice("not_known".into()),
    }
}

/// A widget from its kind's field table: the values given, and any value where one is required.
fn filled(kind: WidgetKind, value: impl Fn(&FieldSpec) -> Option<FieldValue>) -> Widget {
    let value = |field: &FieldSpec| value(field).or_else(|| field.required.then(|| some_value(field)));
    let values = kind.fields().iter().filter_map(|field| Some((field.name, value(field)?))).collect();
    kind.build(values).expect("a widget of its own fields")
}

/// Every widget with no more in it than its kind requires.
pub(in crate::page) fn every_kind_at_its_barest() -> Vec<Widget> {
    WidgetKind::ALL.iter().map(|kind| filled(*kind, |_| None)).collect()
}

/// Payments in each of the places where they can stand, and money that is owed to the citizen.
fn every_payment() -> Vec<Widget> {
    let payments = [
        PaymentStatus::Coming,
        PaymentStatus::Paid,
        PaymentStatus::Overdue,
        PaymentStatus::SentToDebtAgency,
        PaymentStatus::Unknown,
    ]
    .map(|status| {
        let (due_on, paid_on, remaining) = match status {
            PaymentStatus::Paid => (date(2026, 11, 1), Some(date(2026, 10, 30)), None),
            PaymentStatus::Overdue => (date(2026, 11, 17), None, Some(Money::from_oere(100_000))),
            PaymentStatus::SentToDebtAgency => (date(2026, 6, 1), None, None),
            _ => (date(2026, 11, 27), None, None),
        };
        Widget::Payment(Payment { status: Some(status), due_on: Some(due_on), paid_on, remaining, ..payment() })
    });
    let owed = Widget::Payment(Payment {
        title: "Overskydende varme".into(),
        amount: Money::from_oere(-45_000),
        status: None,
        due_on: None,
        remaining: None,
        ..payment()
    });
    payments.into_iter().chain([owed]).collect()
}

/// Every kind that stands somewhere, in each of the places where it can stand.
pub(in crate::page) fn every_standing() -> Vec<Widget> {
    let reservations = [
        ReservationState::Reserved,
        ReservationState::ReadyForPickup,
        ReservationState::InTransit,
        ReservationState::InterLibrary,
        ReservationState::Unknown,
    ]
    .map(|state| {
        let full = reservation();
        let is_ready = state == ReservationState::ReadyForPickup;
        Widget::Reservation(Reservation {
            state,
            queue_number: full.queue_number.filter(|_| !is_ready),
            pickup_by: full.pickup_by.filter(|_| is_ready),
            pickup_number: full.pickup_number.filter(|_| is_ready),
            ..full
        })
    });
    let cases = [
        (CaseStatus::Created, date(2026, 12, 4)),
        (CaseStatus::InProgress, date(2026, 11, 20)),
        (CaseStatus::Decided, date(2026, 11, 20)),
        (CaseStatus::Closed, date(2026, 11, 20)),
        (CaseStatus::Rejected, date(2026, 11, 20)),
        (CaseStatus::Unknown, date(2026, 12, 4)),
    ]
    .map(|(status, expected_by)| {
        let closed_on = (status == CaseStatus::Closed).then_some(date(2026, 11, 19));
        Widget::Case(Case { status, expected_by: Some(expected_by), closed_on, ..case() })
    });
    let benefits = [
        BenefitState::Applied,
        BenefitState::Granted,
        BenefitState::Active,
        BenefitState::Ended,
        BenefitState::Unknown,
    ];
    let money = benefits.map(|state| {
        let full = benefit();
        let (next_paid_on, next_amount) = match state {
            BenefitState::Active => (full.next_paid_on, full.next_amount),
            BenefitState::Granted => (full.next_paid_on, None),
            _ => (None, None),
        };
        Widget::Benefit(Benefit { state: Some(state), next_paid_on, next_amount, ..full })
    });
    let help = benefits.map(|state| Widget::ServiceBenefit(ServiceBenefit { state: Some(state), ..service_benefit() }));
    let appointments =
        [AppointmentState::Booked, AppointmentState::Moved, AppointmentState::Cancelled, AppointmentState::Unknown]
            .map(|state| {
                let online = Some(state == AppointmentState::Moved);
                Widget::Appointment(Appointment { state: Some(state), online, ..appointment() })
            });
    let deadlines = [date(2026, 11, 20), TODAY, date(2026, 11, 29), date(2027, 1, 20)]
        .map(|due_on| Widget::Deadline(Deadline { due_on, ..deadline() }));
    let credentials = [
        (CredentialState::Valid, date(2031, 12, 10)),
        (CredentialState::Valid, date(2026, 12, 10)),
        (CredentialState::Expired, date(2026, 11, 1)),
        (CredentialState::Suspended, date(2031, 12, 10)),
        (CredentialState::Revoked, date(2031, 12, 10)),
        (CredentialState::Unknown, date(2031, 12, 10)),
    ]
    .map(|(state, end)| Widget::Credential(Credential { state: Some(state), valid_until: Some(end), ..credential() }));
    let without_doctor = HealthCard { doctor: None, doctor_address: None, doctor_phone: None, ..health_card() };
    let persons = [
        Widget::HealthCard(without_doctor),
        Widget::MasterData(MasterData { protected_address: Some(false), ..master_data() }),
        Widget::Mailbox(Mailbox { unread: 0, awaiting_answer: Some(0), ..mailbox() }),
    ];
    let late =
        Widget::Loan(Loan { due_on: date(2026, 11, 20), renewable: Some(false), renewal: Some(renewal()), ..loan() });
    [
        reservations.as_slice(),
        &every_payment(),
        &[late],
        &money,
        &help,
        &cases,
        &appointments,
        &deadlines,
        &credentials,
        &persons,
    ]
    .concat()
}

/// Every widget kind with a text in every field that a source can fill with one, and nothing else that is optional.
pub(in crate::page) fn widgets_saying(text: &str) -> Vec<Widget> {
    let value = |field: &FieldSpec| match field.field_type {
        FieldType::Text => Some(FieldValue::Text(text.to_owned())),
        FieldType::Code => Some(FieldValue::Code(coded(text, text, text))),
        _ => None,
    };
    WidgetKind::ALL.iter().map(|kind| filled(*kind, value)).collect()
}

/// A widget with a value in every field but one.
pub(in crate::page) fn in_full_but(kind: WidgetKind, omitted: Option<&str>) -> Widget {
    filled(kind, |field| (Some(field.name) != omitted).then(|| some_value(field)))
}
