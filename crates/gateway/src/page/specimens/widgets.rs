//! One widget of each kind, with something in every field that goes together.

use jiff::civil::date;
use overblik_widgets::{
    Appointment, AppointmentState, Benefit, BenefitState, Case, CaseStatus, ChildBookEntry, Coded, Credential,
    CredentialState, Deadline, Document, Enrolment, HealthCard, Loan, LocalizedText, Mailbox, MasterData, Money,
    Payment, PaymentLine, PaymentStatus, Reservation, ReservationState, ServiceBenefit, TimelineEntry,
    WaitingListPlace,
};

use super::{link, moment};

pub(in crate::page) fn coded(code: &str, da: &str, en: &str) -> Coded {
    Coded { code: code.into(), text: LocalizedText::new(da, en) }
}

pub(in crate::page) fn loan() -> Loan {
    Loan {
        title: Some("Niels Lyhne".into()),
        author: Some("J.P. Jacobsen".into()),
        material: Some("Bog".into()),
        loaned_on: Some(date(2026, 10, 28)),
        due_on: date(2026, 11, 25),
        renewable: Some(true),
        renewal: None,
    }
}

pub(in crate::page) fn renewal() -> Coded {
    Coded {
        code: "deniedReserved".into(),
        text: LocalizedText::new(
            "Kan ikke fornyes: reserveret af en anden",
            "Cannot be renewed: reserved by somebody else",
        ),
    }
}

pub(in crate::page) fn reservation() -> Reservation {
    Reservation {
        title: Some("Lykke-Per".into()),
        author: Some("Henrik Pontoppidan".into()),
        state: ReservationState::ReadyForPickup,
        queue_number: Some(3),
        pickup_branch: Some("Birkerup Hovedbibliotek".into()),
        pickup_by: Some(date(2026, 11, 28)),
        pickup_number: Some("B 117".into()),
        reserved_on: Some(date(2026, 9, 3)),
        expires_on: Some(date(2027, 3, 3)),
    }
}

pub(in crate::page) fn waiting_list_place() -> WaitingListPlace {
    WaitingListPlace {
        child: "Bo Prøve".into(),
        list: "Vuggestuer i Birkerup Nord".into(),
        institution_type: Some("Vuggestue".into()),
        area: Some("Nord".into()),
        place: 4,
        entered_on: Some(date(2026, 2, 1)),
        wanted_from: Some(date(2027, 2, 1)),
        guaranteed_by: Some(date(2027, 4, 1)),
        priority: Some("Søskende i institutionen".into()),
    }
}

pub(in crate::page) fn enrolment() -> Enrolment {
    Enrolment {
        child: "Ida Prøve".into(),
        institution: "Børnehuset Solstrålen".into(),
        institution_type: Some("Børnehave".into()),
        address: Some("Prøvevej 1, 9999 Birkerup".into()),
        phone: Some("70000019".into()),
        starts_on: date(2024, 8, 1),
        ends_on: Some(date(2028, 7, 31)),
        price_next_month: Some(Money::from_oere(123_450)),
        fee_reduction_percent: Some(45),
        fee_reduction_until: Some(date(2027, 7, 31)),
        sibling_discount: Some(true),
    }
}

pub(in crate::page) fn payment() -> Payment {
    Payment {
        title: "Daginstitution, november".into(),
        creditor: Some("Birkerup Kommune".into()),
        amount: Money::from_oere(223_450),
        remaining: Some(Money::from_oere(100_000)),
        status: Some(PaymentStatus::Coming),
        due_on: Some(date(2026, 11, 27)),
        paid_on: None,
        link: Some(link("betal/17")),
    }
}

pub(in crate::page) fn child_book_entry() -> ChildBookEntry {
    ChildBookEntry {
        child: "Ida Prøve".into(),
        title: "Sprogvurdering".into(),
        written_on: date(2026, 11, 12),
        institution: Some("Børnehuset Solstrålen".into()),
        category: Some(coded("vurdering", "Vurdering", "Assessment")),
        text: Some("Ida fortæller gerne og længe.\nVi taler om resultatet ved næste samtale.".into()),
        link: Some(link("bog/31")),
    }
}

pub(in crate::page) fn benefit() -> Benefit {
    Benefit {
        title: "Boligstøtte".into(),
        payer: Some("Birkerup Kommune".into()),
        state: Some(BenefitState::Active),
        starts_on: Some(date(2025, 3, 1)),
        ends_on: Some(date(2027, 2, 28)),
        frequency: Some(coded("M", "Hver måned", "Every month")),
        last_paid_on: Some(date(2026, 10, 30)),
        last_amount: Some(Money::from_oere(98_200)),
        next_paid_on: Some(date(2026, 11, 30)),
        next_amount: Some(Money::from_oere(101_700)),
        link: Some(link("boligstoette")),
    }
}

pub(in crate::page) fn service_benefit() -> ServiceBenefit {
    ServiceBenefit {
        title: "Praktisk hjælp i hjemmet".into(),
        supplier: Some("Prøve Hjemmepleje".into()),
        extent: Some("2 timer hver anden uge".into()),
        state: Some(BenefitState::Granted),
        starts_on: Some(date(2026, 12, 1)),
        ends_on: Some(date(2027, 11, 30)),
        link: Some(link("hjaelp/4")),
    }
}

pub(in crate::page) fn case() -> Case {
    Case {
        title: "Byggetilladelse til carport".into(),
        subject: Some("Prøvevej 1, 9999 Birkerup".into()),
        status: CaseStatus::InProgress,
        reference: Some("26/001234".into()),
        opened_on: Some(date(2026, 9, 14)),
        updated_at: Some(moment("2026-11-18T12:30:00Z")),
        expected_by: Some(date(2026, 12, 4)),
        closed_on: None,
        next_step: Some("Naboerne høres".into()),
        link: Some(link("sag/1234")),
    }
}

pub(in crate::page) fn appointment() -> Appointment {
    Appointment {
        title: "Samtale om sygedagpenge".into(),
        starts_at: moment("2026-11-25T09:15:00Z"),
        ends_at: Some(moment("2026-11-25T09:45:00Z")),
        place: Some("Borgerservice, Torvet 1, lokale 4".into()),
        online: Some(false),
        state: Some(AppointmentState::Booked),
        preparation: Some("Medbring din lægeerklæring".into()),
        link: Some(link("aftale/7")),
    }
}

pub(in crate::page) fn deadline() -> Deadline {
    Deadline {
        title: "Oplys om samlever".into(),
        due_on: date(2026, 11, 26),
        action: Some("Svar på, om du bor sammen med nogen".into()),
        consequence: Some("Udbetalingen kan blive stoppet".into()),
        link: Some(link("frist/2")),
    }
}

pub(in crate::page) fn credential() -> Credential {
    Credential {
        title: "Kørekort".into(),
        number: Some("••••4711".into()),
        issuer: Some("Birkerup Kommune".into()),
        issued_on: Some(date(2011, 12, 10)),
        valid_until: Some(date(2026, 12, 10)),
        categories: Some("AM, B".into()),
        state: Some(CredentialState::Valid),
        link: Some(link("koerekort")),
    }
}

pub(in crate::page) fn health_card() -> HealthCard {
    HealthCard {
        group: coded("1", "Gruppe 1", "Group 1"),
        doctor: Some("Lægerne Prøvegade".into()),
        doctor_address: Some("Prøvegade 3, 9999 Birkerup".into()),
        doctor_phone: Some("70000020".into()),
        region: Some("Region Prøve".into()),
        valid_from: Some(date(2019, 6, 1)),
        link: Some(link("sundhedskort")),
    }
}

pub(in crate::page) fn master_data() -> MasterData {
    MasterData {
        name: "Alma Prøve".into(),
        address: Some("Prøvevej 1, 9999 Birkerup".into()),
        municipality: Some("Birkerup Kommune".into()),
        moved_in_on: Some(date(2021, 5, 1)),
        marital_status: Some(coded("G", "Gift", "Married")),
        protected_address: Some(true),
        phone: Some("70000021".into()),
        email: Some("alma@birkerup.example".into()),
        link: Some(link("stamdata")),
    }
}

pub(in crate::page) fn mailbox() -> Mailbox {
    Mailbox {
        unread: 3,
        total: Some(128),
        latest_at: Some(moment("2026-11-21T13:05:00Z")),
        latest_sender: Some("Birkerup Kommune".into()),
        awaiting_answer: Some(1),
        link: Some(link("post")),
    }
}

pub(in crate::page) fn timeline_entry() -> TimelineEntry {
    TimelineEntry {
        title: "Naboerne blev hørt".into(),
        happened_on: date(2026, 11, 16),
        text: Some("Høringen slutter om to uger.".into()),
    }
}

pub(in crate::page) fn document() -> Document {
    Document {
        title: "Situationsplan".into(),
        dated_on: Some(date(2026, 9, 19)),
        link: Some(link("mine-sager/a-17/dokument/2")),
    }
}

pub(in crate::page) fn payment_line() -> PaymentLine {
    PaymentLine {
        title: "Søskenderabat".into(),
        amount: Money::from_oere(-45_533),
        period: Some("Hele måneden".into()),
    }
}
