//! What a citizen reads on the card of each kind.

use jiff::civil::date;
use overblik_widgets::{
    Appointment, AppointmentState, Benefit, Case, CaseStatus, Credential, CredentialState, Deadline, Enrolment,
    HealthCard, Language, Loan, Mailbox, MasterData, Money, Payment, Reservation, ReservationState,
};

use super::*;
use crate::page::specimens::{
    TODAY, moment,
    widgets::{
        appointment, benefit, case, child_book_entry, credential, deadline, document, enrolment, health_card, loan,
        mailbox, master_data, payment, payment_line, renewal, reservation, service_benefit, timeline_entry,
        waiting_list_place,
    },
};

const DA: Texts = Texts { language: Language::Da };
const EN: Texts = Texts { language: Language::En };

fn read(words: Words<'_>) -> String {
    match words {
        Words::Source(text) => text.to_owned(),
        Words::Page(text) | Words::Dated(_, text) | Words::Timed(_, text) => text,
        Words::Due(_, relative, absolute) => format!("{relative}, {absolute}"),
    }
}

/// A card's facts as a citizen reads them: label, words, tone.
fn facts(widget: &Widget, texts: Texts) -> Vec<(&'static str, String, Tone)> {
    Card::of(widget, texts, TODAY).facts.into_iter().map(|fact| (fact.label, read(fact.words), fact.tone)).collect()
}

/// A card's badge as a citizen reads it, with its tone.
fn badge(widget: &Widget, texts: Texts) -> Option<(String, Tone)> {
    Card::of(widget, texts, TODAY).badge.map(|badge| (badge.text, badge.tone))
}

/// A card's figures as a citizen reads them: label, words, tone.
fn figures(widget: &Widget, texts: Texts) -> Vec<(&'static str, String, Tone)> {
    let figures = Card::of(widget, texts, TODAY).figures;
    figures.into_iter().map(|figure| (figure.label, read(figure.words), figure.tone)).collect()
}

/// A card's course of events as a citizen reads it: standing, label, words, tone.
fn steps(widget: &Widget, texts: Texts) -> Vec<(Standing, &'static str, String, Tone)> {
    let steps = Card::of(widget, texts, TODAY).steps;
    steps.into_iter().map(|step| (step.standing, step.label, read(step.words), step.tone)).collect()
}

/// The time that stands before a card's title: label, words, tone.
fn when(widget: &Widget, texts: Texts) -> Option<(Option<&'static str>, String, Tone)> {
    Card::of(widget, texts, TODAY).when.map(|when| (when.label, read(when.words), when.tone))
}

fn plain(label: &'static str, words: &str) -> (&'static str, String, Tone) {
    (label, words.to_owned(), Tone::Plain)
}

#[test]
fn a_loan_tells_when_it_is_due_and_whether_it_can_be_renewed() {
    let widget = Widget::Loan(loan());
    let due = "om 3 dage, 25. november 2026".to_owned();
    assert_eq!(figures(&widget, DA), [("Afleveres", due, Tone::Warning)]);
    assert_eq!(facts(&widget, DA), [plain("Fornyelse", "Kan fornyes"), plain("Lånt", "28. oktober 2026")]);
    let late = Loan { due_on: date(2026, 11, 20), renewal: Some(renewal()), loaned_on: None, ..loan() };
    let late = Widget::Loan(late);
    let due = "2 days overdue, 20 November 2026".to_owned();
    assert_eq!(figures(&late, EN), [("Due back", due, Tone::Bad)]);
    assert_eq!(facts(&late, EN), [plain("Renewal", "Cannot be renewed: reserved by somebody else")]);
}

#[test]
fn a_deadline_is_near_for_a_week_as_in_the_attention_list() {
    let tone = |due_on| figures(&Widget::Loan(Loan { due_on, ..loan() }), DA)[0].2;
    assert_eq!(tone(date(2026, 11, 21)), Tone::Bad);
    assert_eq!(tone(TODAY), Tone::Warning);
    assert_eq!(tone(date(2026, 11, 29)), Tone::Warning);
    assert_eq!(tone(date(2026, 11, 30)), Tone::Plain);
}

#[test]
fn a_work_without_a_title_says_so() {
    let loan = Widget::Loan(Loan { title: None, ..loan() });
    assert_eq!(Card::of(&loan, DA, TODAY).title, Words::Page("Titlen kan ikke vises".to_owned()));
}

#[test]
fn a_reservation_tells_where_it_stands_and_where_to_pick_it_up() {
    let widget = Widget::Reservation(reservation());
    let badge = Card::of(&widget, EN, TODAY).badge.expect("a badge");
    assert_eq!((badge.text.as_str(), badge.tone), ("Ready for pickup", Tone::Good));
    let last_day = "in 6 days, 28 November 2026".to_owned();
    assert_eq!(figures(&widget, EN), [("Pick up by", last_day, Tone::Warning)]);
    assert_eq!(
        facts(&widget, EN),
        [
            plain("Pick up at", "Birkerup Hovedbibliotek"),
            plain("Pickup number", "B 117"),
            plain("Place in the queue", "no. 3"),
            plain("Reserved", "3 September 2026"),
            plain("Expires", "3 March 2027"),
        ]
    );
}

#[test]
fn who_waits_for_a_reservation_sees_the_place_in_the_queue() {
    let waiting = Reservation { state: ReservationState::Reserved, pickup_by: None, ..reservation() };
    let widget = Widget::Reservation(waiting);
    assert_eq!(figures(&widget, DA), [plain("Plads i køen", "nr. 3")]);
    assert!(facts(&widget, DA).iter().all(|(label, ..)| *label != "Plads i køen"), "once");
}

#[test]
fn a_waiting_list_shows_the_place_since_when_and_until_when() {
    let widget = Widget::WaitingListPlace(waiting_list_place());
    let card = Card::of(&widget, DA, TODAY);
    assert_eq!(card.title, Words::Source("Vuggestuer i Birkerup Nord"));
    assert_eq!(card.subtitle, ["Bo Prøve"]);
    assert_eq!(figures(&widget, DA), [plain("Plads på listen", "nr. 4")]);
    assert_eq!(
        steps(&widget, DA),
        [
            (Standing::Past, "Skrevet op", "1. februar 2026".to_owned(), Tone::Plain),
            (Standing::Ahead, "Ønsket fra", "om 71 dage, 1. februar 2027".to_owned(), Tone::Plain),
            (Standing::Ahead, "Garanteret senest", "om 130 dage, 1. april 2027".to_owned(), Tone::Plain),
        ]
    );
}

#[test]
fn an_enrolment_shows_its_price_and_reductions() {
    let widget = Widget::Enrolment(enrolment());
    assert_eq!(figures(&widget, DA), [plain("Pris næste måned", "1.234,50 kr.")]);
    let danish = facts(&widget, DA);
    assert!(danish.contains(&plain("Friplads", "45 % til 31. juli 2027")));
    assert!(danish.contains(&plain("Søskenderabat", "Ja")));
    let without = Enrolment { fee_reduction_until: None, sibling_discount: Some(false), ..enrolment() };
    let english = facts(&Widget::Enrolment(without), EN);
    assert!(english.contains(&plain("Fee reduction", "45%")));
    assert!(english.contains(&plain("Sibling discount", "No")));
}

#[test]
fn a_payment_shows_what_is_owed_and_when() {
    let widget = Widget::Payment(payment());
    assert_eq!(figures(&widget, DA), [plain("Restbeløb", "1.000,00 kr.")], "what is still to be paid");
    assert_eq!(
        facts(&widget, DA),
        [
            ("Forfalder", "om 5 dage, 27. november 2026".to_owned(), Tone::Warning),
            plain("Oprindeligt beløb", "2.234,50 kr."),
        ]
    );
    let whole = Widget::Payment(Payment { remaining: None, ..payment() });
    assert_eq!(figures(&whole, DA), [plain("At betale", "2.234,50 kr.")]);
    let late = Widget::Payment(Payment { due_on: Some(date(2026, 11, 20)), ..payment() });
    let due = "2 dage over, 20. november 2026".to_owned();
    assert_eq!(facts(&late, DA)[0], ("Forfaldt", due, Tone::Bad), "in words as well as in colour");
}

#[test]
fn a_paid_payment_is_never_overdue() {
    let paid = Payment {
        status: None,
        due_on: Some(date(2026, 11, 1)),
        paid_on: Some(date(2026, 10, 30)),
        remaining: Some(Money::from_oere(0)),
        ..payment()
    };
    let widget = Widget::Payment(paid);
    assert_eq!(figures(&widget, EN), [plain("Amount paid", "DKK 2,234.50")]);
    assert_eq!(
        facts(&widget, EN),
        [plain("Was due", "1 November 2026"), plain("Remaining", "DKK 0.00"), plain("Paid", "30 October 2026")]
    );
}

#[test]
fn money_owed_to_the_citizen_says_so() {
    let owed = Widget::Payment(Payment { amount: Money::from_oere(-5000), remaining: None, ..payment() });
    assert_eq!(figures(&owed, EN), [plain("Owed to you", "\u{2212}DKK 50.00")]);
}

#[test]
fn an_entry_in_a_child_s_book_keeps_its_text_whole() {
    let widget = Widget::ChildBookEntry(child_book_entry());
    let card = Card::of(&widget, EN, TODAY);
    assert_eq!(card.subtitle, ["Ida Prøve", "Børnehuset Solstrålen"]);
    assert_eq!(card.body, Some("Ida fortæller gerne og længe.\nVi taler om resultatet ved næste samtale."));
    assert_eq!(badge(&widget, EN), Some(("Assessment".to_owned(), Tone::Plain)));
    assert_eq!(figures(&widget, EN), [plain("Written", "12 November 2026")]);
}

#[test]
fn a_benefit_shows_its_next_payment_large() {
    let widget = Widget::Benefit(benefit());
    assert_eq!(figures(&widget, DA), [plain("Næste udbetaling", "1.017,00 kr.")]);
    assert_eq!(badge(&widget, DA), Some(("I gang".to_owned(), Tone::Good)));
    assert_eq!(
        facts(&widget, DA),
        [
            plain("Udbetales", "om 8 dage, 30. november 2026"),
            plain("Seneste udbetaling", "982,00 kr. den 30. oktober 2026"),
            plain("Hvor ofte", "Hver måned"),
            plain("Fra", "1. marts 2025"),
            plain("Til", "28. februar 2027"),
        ]
    );
}

#[test]
fn a_benefit_without_a_next_payment_promises_none() {
    let last_only = Benefit {
        next_paid_on: None,
        next_amount: None,
        last_paid_on: None,
        frequency: None,
        starts_on: None,
        ends_on: None,
        ..benefit()
    };
    let widget = Widget::Benefit(last_only);
    assert_eq!(figures(&widget, EN), []);
    assert_eq!(facts(&widget, EN), [plain("Last payment", "DKK 982.00")]);
}

#[test]
fn help_is_told_by_its_extent() {
    assert_eq!(
        facts(&Widget::ServiceBenefit(service_benefit()), EN)[..2],
        [plain("Extent", "2 timer hver anden uge"), plain("Provider", "Prøve Hjemmepleje")]
    );
}

#[test]
fn a_case_shows_its_course_and_what_comes_next() {
    let widget = Widget::Case(case());
    assert_eq!(badge(&widget, DA), Some(("Behandles".to_owned(), Tone::Info)));
    assert_eq!(
        steps(&widget, DA),
        [
            (Standing::Past, "Oprettet", "14. september 2026".to_owned(), Tone::Plain),
            (Standing::Current, "Senest opdateret", "18. november 2026 kl. 13:30".to_owned(), Tone::Plain),
            (Standing::Ahead, "Svar ventes senest", "om 12 dage, 4. december 2026".to_owned(), Tone::Plain),
        ]
    );
    assert_eq!(facts(&widget, DA), [plain("Næste skridt", "Naboerne høres"), plain("Sagsnummer", "26/001234")]);
}

#[test]
fn an_answer_that_is_late_is_told_as_late_while_the_case_is_open() {
    let of = |status| {
        Widget::Case(Case {
            status,
            expected_by: Some(date(2026, 11, 20)),
            closed_on: None,
            updated_at: None,
            ..case()
        })
    };
    let late = "2 days overdue, 20 November 2026".to_owned();
    let open = steps(&of(CaseStatus::InProgress), EN);
    assert_eq!(open.last(), Some(&(Standing::Ahead, "Answer was expected by", late, Tone::Warning)));
    let decided = of(CaseStatus::Decided);
    assert_eq!(steps(&decided, EN).last().map(|step| (step.0, step.1)), Some((Standing::Current, "Opened")));
    assert!(facts(&decided, EN).contains(&plain("Answer was expected by", "20 November 2026")));
}

#[test]
fn an_appointment_shows_its_day_and_time_first() {
    let widget = Widget::Appointment(appointment());
    let time = |appointment| when(&Widget::Appointment(appointment), DA).expect("a time").1;
    assert_eq!(
        when(&widget, EN),
        Some((None, "in 3 days, Wednesday 25 November 2026 at 10:15–10:45".to_owned(), Tone::Plain))
    );
    assert_eq!(time(Appointment { ends_at: None, ..appointment() }), "om 3 dage, onsdag 25. november 2026 kl. 10:15");
    let past = Appointment { starts_at: moment("2026-11-20T09:15:00Z"), ends_at: None, ..appointment() };
    assert_eq!(time(past), "fredag 20. november 2026 kl. 10:15");
    assert_eq!(
        facts(&widget, DA),
        [
            plain("Sted", "Borgerservice, Torvet 1, lokale 4"),
            plain("Fremmøde", "Personligt"),
            plain("Inden aftalen", "Medbring din lægeerklæring"),
        ]
    );
}

#[test]
fn a_cancelled_appointment_says_so_aloud() {
    let state = |state| badge(&Widget::Appointment(Appointment { state: Some(state), ..appointment() }), DA);
    assert_eq!(state(AppointmentState::Cancelled), Some(("Aflyst".to_owned(), Tone::Bad)));
    let cancelled = Appointment { state: Some(AppointmentState::Cancelled), ends_at: None, ..appointment() };
    let (_, time, _) = when(&Widget::Appointment(cancelled), DA).expect("a time");
    assert_eq!(time, "onsdag 25. november 2026 kl. 10:15", "nothing to count the days to");
    assert_eq!(state(AppointmentState::Moved), Some(("Flyttet til nyt tidspunkt".to_owned(), Tone::Warning)));
}

#[test]
fn a_deadline_shows_its_date_first_and_what_to_do() {
    let widget = Widget::Deadline(deadline());
    assert_eq!(when(&widget, DA), Some((Some("Frist"), "om 4 dage, 26. november 2026".to_owned(), Tone::Warning)));
    assert_eq!(
        facts(&widget, DA),
        [
            plain("Det skal du gøre", "Svar på, om du bor sammen med nogen"),
            plain("Hvis du ikke når det", "Udbetalingen kan blive stoppet"),
        ]
    );
    let tone = |due_on| when(&Widget::Deadline(Deadline { due_on, ..deadline() }), DA).expect("a date").2;
    assert_eq!(tone(date(2026, 11, 21)), Tone::Bad);
    assert_eq!(tone(date(2026, 11, 30)), Tone::Plain);
}

#[test]
fn a_credential_warns_for_a_month_before_it_ends() {
    let validity = |state, valid_until| {
        let credential = Credential { state, valid_until: Some(valid_until), ..credential() };
        figures(&Widget::Credential(credential), EN).remove(0)
    };
    let (label, words, tone) = validity(None, date(2026, 12, 22));
    assert_eq!((label, words.as_str(), tone), ("Valid until", "in 30 days, 22 December 2026", Tone::Warning));
    assert_eq!(validity(None, date(2026, 12, 23)), plain("Valid until", "23 December 2026"));
    let over = validity(Some(CredentialState::Expired), date(2026, 11, 21));
    assert_eq!(over, ("Was valid until", "21 November 2026".to_owned(), Tone::Bad));
    let revoked = validity(Some(CredentialState::Revoked), date(2026, 11, 21));
    assert_eq!(revoked, plain("Was valid until", "21 November 2026"));
}

#[test]
fn a_health_card_shows_the_doctor_or_the_group_of_who_has_none() {
    let widget = Widget::HealthCard(health_card());
    let card = Card::of(&widget, EN, TODAY);
    assert_eq!((card.title_label, card.title), (Some("Doctor"), Words::Source("Lægerne Prøvegade")));
    assert!(facts(&widget, EN).contains(&plain("Insurance group", "Group 1")));
    let without = Widget::HealthCard(HealthCard { doctor: None, ..health_card() });
    let card = Card::of(&without, EN, TODAY);
    assert_eq!((card.title_label, card.title), (Some("Insurance group"), Words::Page("Group 1".to_owned())));
    assert!(facts(&without, EN).iter().all(|(label, ..)| *label != "Insurance group"));
}

#[test]
fn a_protected_address_is_shown_as_such() {
    let with = |protected_address| Widget::MasterData(MasterData { protected_address, ..master_data() });
    let protected = Some(("Navne- og adressebeskyttet".to_owned(), Tone::Info));
    assert_eq!(badge(&with(Some(true)), DA), protected);
    assert_eq!((badge(&with(Some(false)), DA), badge(&with(None), DA)), (None, None));
    assert!(facts(&with(Some(false)), DA).contains(&plain("Navne- og adressebeskyttelse", "Nej")));
}

#[test]
fn a_mailbox_shows_how_many_messages_are_unread() {
    let widget = Widget::Mailbox(mailbox());
    let waiting = ("Waiting for your answer", "1".to_owned(), Tone::Warning);
    assert_eq!(figures(&widget, EN), [plain("Unread", "3"), waiting, plain("Messages in all", "128")]);
    assert!(facts(&widget, DA).contains(&plain("Seneste besked", "21. november 2026 kl. 14:05")));
    let read = Widget::Mailbox(Mailbox { awaiting_answer: Some(0), ..mailbox() });
    assert_eq!(figures(&read, EN)[1], plain("Waiting for your answer", "0"));
}

#[test]
fn a_step_of_a_case_stands_under_its_day_and_one_to_come_says_how_far_off_it_is() {
    let step = Widget::TimelineEntry(timeline_entry());
    assert_eq!(when(&step, DA), Some((None, "16. november 2026".to_owned(), Tone::Plain)));
    assert_eq!(Card::of(&step, DA, TODAY).body, Some("Høringen slutter om to uger."));
    let to_come = overblik_widgets::TimelineEntry { happened_on: date(2026, 11, 25), ..timeline_entry() };
    let to_come = Widget::TimelineEntry(to_come);
    assert_eq!(when(&to_come, EN), Some((None, "in 3 days, 25 November 2026".to_owned(), Tone::Plain)));
}

#[test]
fn a_document_leads_to_where_it_can_be_read() {
    let document = Widget::Document(document());
    assert_eq!(facts(&document, DA), [plain("Dateret", "19. september 2026")]);
    let way_on = Card::of(&document, EN, TODAY).way_on.map(|way_on| (way_on.label, way_on.link.host().to_owned()));
    assert_eq!(way_on, Some(("Read the document", "www.birkerup.example".to_owned())));
}

#[test]
fn a_line_of_a_payment_shows_its_amount_also_below_zero() {
    let line = Widget::PaymentLine(payment_line());
    assert_eq!(figures(&line, DA), [plain("Beløb", "−455,33 kr.")]);
    assert_eq!(Card::of(&line, DA, TODAY).subtitle, ["Hele måneden"]);
}
