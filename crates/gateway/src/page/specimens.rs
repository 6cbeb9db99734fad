//! Data for the tests of the pages: sections in every state, widgets of every kind, of fictitious persons.

use std::{collections::BTreeSet, time::Duration};

use jiff::civil::date;
use overblik_connectors::{Coverage, SourceInfo};
use overblik_widgets::{
    AssuranceLevel, Authority, Coded, Contact, ContactKind, Date, Enrolment, Language, Link, Loan, LocalizedText,
    Moment, Money, Payment, PaymentStatus, Reservation, ReservationState, Section, SectionState, Theme,
    WaitingListPlace, Widget,
};

use super::PageFrame;

pub(super) const TODAY: Date = date(2026, 11, 22);

pub(super) fn frame(language: Language) -> PageFrame<'static> {
    PageFrame { language, citizen_name: Some("Alma Prøve"), path: "/", demo_control_url: None }
}

pub(super) fn moment(text: &str) -> Moment {
    Moment::new(text.parse().expect("a timestamp"))
}

pub(super) fn link(path: &str) -> Link {
    Link::checked(&format!("https://www.birkerup.example/{path}"), &["birkerup.example"]).expect("a link")
}

/// A section without widgets. Its slug is the state's position, its title the state's name.
pub(super) fn section(state: SectionState) -> Section {
    let position = SectionState::ALL.iter().position(|other| *other == state).unwrap_or_default();
    Section {
        source: format!("source-{position}"),
        state,
        message: state.message(),
        as_of: state.was_answered().then(|| moment("2026-11-22T09:15:30Z")),
        theme: Theme::CultureLeisure,
        authority: Authority {
            code: "birkerup".into(),
            cvr: "90000018".into(),
            name: LocalizedText::new("Birkerup Kommune", "Birkerup Municipality"),
        },
        title: LocalizedText::new(format!("Område {state:?}"), format!("Area {state:?}")),
        expect: LocalizedText::new("Det kan du forvente at se her.", "This is what to look for here."),
        link: link("selvbetjening"),
        contact: vec![
            Contact { kind: ContactKind::Phone, value: "70000018".into() },
            Contact { kind: ContactKind::Email, value: "borger@birkerup.example".into() },
            Contact { kind: ContactKind::Website, value: "https://www.birkerup.example/kontakt".into() },
            Contact { kind: ContactKind::DigitalPost, value: "Birkerup Kommune".into() },
        ],
        level: AssuranceLevel::Substantial,
        widgets: vec![],
        left_out: 0,
        problems: vec![],
    }
}

pub(super) fn ready(widgets: Vec<Widget>) -> Section {
    Section { widgets, ..section(SectionState::Ready) }
}

/// What the skeleton knows about a section before it comes.
pub(super) fn source(section: &Section) -> SourceInfo {
    SourceInfo {
        slug: section.source.clone(),
        it_system_id: "5b0e8f0a-6a55-4d3c-9f39-0c5f4e1f9a01".into(),
        version: "1.0.0".into(),
        authority: section.authority.clone(),
        contact: section.contact.clone(),
        title: section.title.clone(),
        expect: section.expect.clone(),
        theme: section.theme,
        link: section.link.clone(),
        level: section.level,
        coverage: Coverage::Everywhere,
        display_clients: BTreeSet::new(),
        timeout: Duration::from_secs(3),
    }
}

pub(super) fn loan() -> Loan {
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

pub(super) fn renewal() -> Coded {
    Coded {
        code: "deniedReserved".into(),
        text: LocalizedText::new(
            "Kan ikke fornyes: reserveret af en anden",
            "Cannot be renewed: reserved by somebody else",
        ),
    }
}

pub(super) fn reservation() -> Reservation {
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

pub(super) fn waiting_list_place() -> WaitingListPlace {
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

pub(super) fn enrolment() -> Enrolment {
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

pub(super) fn payment() -> Payment {
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

/// One widget of every kind.
pub(super) fn every_kind() -> Vec<Widget> {
    vec![
        Widget::Loan(loan()),
        Widget::Reservation(reservation()),
        Widget::WaitingListPlace(waiting_list_place()),
        Widget::Enrolment(enrolment()),
        Widget::Payment(payment()),
    ]
}

/// Every widget kind with a text in every field that a source can fill with one.
pub(super) fn widgets_saying(text: &str) -> Vec<Widget> {
    let some = || Some(text.to_owned());
    let coded = Coded { code: text.into(), text: LocalizedText::new(text, text) };
    let loan = Loan { title: some(), author: some(), material: some(), renewal: Some(coded), ..loan() };
    let reservation =
        Reservation { title: some(), author: some(), pickup_branch: some(), pickup_number: some(), ..reservation() };
    let place = WaitingListPlace {
        child: text.into(),
        list: text.into(),
        institution_type: some(),
        area: some(),
        priority: some(),
        ..waiting_list_place()
    };
    let enrolment = Enrolment {
        child: text.into(),
        institution: text.into(),
        institution_type: some(),
        address: some(),
        phone: some(),
        ..enrolment()
    };
    let payment = Payment { title: text.into(), creditor: some(), ..payment() };
    vec![
        Widget::Loan(loan),
        Widget::Reservation(reservation),
        Widget::WaitingListPlace(place),
        Widget::Enrolment(enrolment),
        Widget::Payment(payment),
    ]
}
