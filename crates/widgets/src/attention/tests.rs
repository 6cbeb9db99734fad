//! What calls for attention, and what does not.

use jiff::civil::date;

use super::*;
use crate::{
    choice::{AppointmentState, CaseStatus, CredentialState, PaymentStatus},
    kinds::{Appointment, Case, Credential, Deadline, Loan, Mailbox, Payment},
    level::AssuranceLevel,
    moment::Moment,
    money::Money,
    section::{Authority, Section, SectionState},
    theme::Theme,
};

const TODAY: Date = date(2026, 11, 22);

fn collect(sections: &[Section], today: Date) -> Vec<Attention> {
    let of_section = |section: &Section| {
        let widgets: Vec<Widget> = section.widgets.iter().map(|one| one.widget.clone()).collect();
        Attention::of_answer(&section.source, &section.link, &widgets, today)
    };
    let mut all: Vec<_> = sections.iter().flat_map(of_section).collect();
    Attention::sort(&mut all);
    all
}

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
        widgets: widgets.into_iter().map(Into::into).collect(),
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
    collect(&[section(widgets)], TODAY).iter().map(|attention| attention.kind).collect()
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
    let list =
        collect(&[section(vec![loan(date(2026, 11, 25)), loan(date(2026, 11, 20)), loan(date(2026, 11, 10))])], TODAY);
    let dates: Vec<_> = list.iter().filter_map(|attention| attention.date).collect();
    assert_eq!(dates, [date(2026, 11, 10), date(2026, 11, 20), date(2026, 11, 25)]);
}

fn appointment(state: Option<AppointmentState>, starts_at: &str) -> Widget {
    Widget::Appointment(Appointment {
        title: "Tandlæge".into(),
        starts_at: Moment::new(starts_at.parse().expect("a timestamp")),
        ends_at: None,
        place: None,
        online: None,
        state,
        preparation: None,
        link: None,
    })
}

#[test]
fn an_appointment_counts_by_its_danish_date_until_it_is_over() {
    let of = |starts_at| kinds(vec![appointment(Some(AppointmentState::Booked), starts_at)]);
    assert_eq!(of("2026-11-21T22:59:00Z"), []);
    // 00:00 in Denmark on the day itself.
    assert_eq!(of("2026-11-21T23:00:00Z"), [AttentionKind::DueSoon]);
    assert_eq!(of("2026-11-29T22:59:00Z"), [AttentionKind::DueSoon]);
    assert_eq!(of("2026-11-29T23:00:00Z"), []);
}

#[test]
fn a_moved_or_cancelled_appointment_is_told_of_until_its_time() {
    for state in [AppointmentState::Moved, AppointmentState::Cancelled] {
        assert_eq!(kinds(vec![appointment(Some(state), "2027-03-01T09:00:00Z")]), [AttentionKind::ActionNeeded]);
        assert_eq!(kinds(vec![appointment(Some(state), "2026-11-20T09:00:00Z")]), []);
    }
    let moved = vec![section(vec![appointment(Some(AppointmentState::Moved), "2027-03-01T09:15:00Z")])];
    assert_eq!(collect(&moved, TODAY)[0].text.en, "Tandlæge: moved, now at 10:15");
}

#[test]
fn an_appointment_of_unknown_state_may_well_be_held() {
    for state in [None, Some(AppointmentState::Unknown)] {
        assert_eq!(kinds(vec![appointment(state, "2026-11-25T09:00:00Z")]), [AttentionKind::DueSoon]);
    }
}

#[test]
fn a_deadline_is_near_for_a_week_and_then_passed() {
    let of = |due_on| {
        kinds(vec![Widget::Deadline(Deadline {
            title: "Årsopgørelse".into(),
            due_on,
            action: None,
            consequence: None,
            link: None,
        })])
    };
    assert_eq!(of(date(2026, 11, 21)), [AttentionKind::Overdue]);
    assert_eq!(of(date(2026, 11, 29)), [AttentionKind::DueSoon]);
    assert_eq!(of(date(2026, 11, 30)), []);
}

#[test]
fn a_credential_is_near_its_end_for_a_month() {
    let of = |state, valid_until| {
        kinds(vec![Widget::Credential(Credential {
            title: "Kørekort".into(),
            number: None,
            issuer: None,
            issued_on: None,
            valid_until,
            categories: None,
            state,
            link: None,
        })])
    };
    assert_eq!(of(None, Some(date(2026, 12, 23))), []);
    assert_eq!(of(None, Some(date(2026, 12, 22))), [AttentionKind::DueSoon]);
    assert_eq!(of(Some(CredentialState::Valid), Some(date(2026, 11, 21))), [AttentionKind::Overdue]);
    assert_eq!(of(Some(CredentialState::Expired), None), [AttentionKind::Overdue]);
    assert_eq!(of(Some(CredentialState::Suspended), Some(date(2026, 11, 21))), [AttentionKind::ActionNeeded]);
    assert_eq!(of(Some(CredentialState::Revoked), Some(date(2026, 11, 21))), []);
    assert_eq!(of(None, None), []);
}

#[test]
fn a_case_needs_attention_only_while_its_answer_is_late() {
    let of = |status, expected_by| {
        kinds(vec![Widget::Case(Case {
            title: "Byggetilladelse".into(),
            subject: None,
            status,
            reference: None,
            opened_on: None,
            updated_at: None,
            expected_by,
            closed_on: None,
            next_step: Some("Naboerne høres".into()),
            link: None,
        })])
    };
    assert_eq!(of(CaseStatus::InProgress, Some(TODAY)), []);
    assert_eq!(of(CaseStatus::InProgress, None), []);
    assert_eq!(of(CaseStatus::InProgress, Some(date(2026, 11, 21))), [AttentionKind::ActionNeeded]);
    for done in [CaseStatus::Decided, CaseStatus::Closed, CaseStatus::Rejected, CaseStatus::Unknown] {
        assert_eq!(of(done, Some(date(2026, 11, 21))), []);
    }
}

#[test]
fn a_mailbox_tells_first_of_what_waits_for_an_answer() {
    let of = |unread, awaiting_answer| {
        let mailbox =
            Mailbox { unread, total: None, latest_at: None, latest_sender: None, awaiting_answer, link: None };
        let list = collect(&[section(vec![Widget::Mailbox(mailbox)])], TODAY);
        list.into_iter().map(|attention| attention.text.da).collect::<Vec<_>>()
    };
    assert_eq!(of(0, None), Vec::<String>::new());
    assert_eq!(of(0, Some(0)), Vec::<String>::new());
    assert_eq!(of(1, Some(0)), ["1 ulæst besked"]);
    assert_eq!(of(3, None), ["3 ulæste beskeder"]);
    assert_eq!(of(3, Some(2)), ["2 beskeder venter på dit svar"]);
}

#[test]
fn the_way_on_is_the_widget_s_own_where_it_has_one() {
    let own = Link::checked("https://www.birkerup.example/frist", &["birkerup.example"]).expect("a link");
    let deadline = |link| {
        Widget::Deadline(Deadline { title: "Frist".into(), due_on: TODAY, action: None, consequence: None, link })
    };
    let list = collect(&[section(vec![deadline(Some(own)), deadline(None)])], TODAY);
    let links: Vec<_> = list.iter().map(|attention| attention.link.as_str()).collect();
    assert_eq!(links, ["https://www.birkerup.example/frist", "https://birkerup.example/"]);
}
