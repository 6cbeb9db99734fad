//! What a citizen reads on the card of each kind.

use jiff::civil::date;
use overblik_widgets::{Language, Money};

use super::*;
use crate::page::specimens::{TODAY, enrolment, loan, payment, renewal, reservation, waiting_list_place};

const DA: Texts = Texts { language: Language::Da };
const EN: Texts = Texts { language: Language::En };

/// A card's facts as a citizen reads them: label, words, tone.
fn facts(widget: &Widget, texts: Texts) -> Vec<(&'static str, String, Tone)> {
    let read = |words: Words<'_>| match words {
        Words::Source(text) => text.to_owned(),
        Words::Page(text) | Words::Dated(_, text) | Words::Timed(_, text) => text,
    };
    Card::of(widget, texts, TODAY).facts.into_iter().map(|fact| (fact.label, read(fact.words), fact.tone)).collect()
}

fn plain(label: &'static str, words: &str) -> (&'static str, String, Tone) {
    (label, words.to_owned(), Tone::Plain)
}

#[test]
fn a_loan_tells_when_it_is_due_and_whether_it_can_be_renewed() {
    assert_eq!(
        facts(&Widget::Loan(loan()), DA),
        [
            ("Afleveres", "om 3 dage, 25. november 2026".to_owned(), Tone::Warning),
            plain("Fornyelse", "Kan fornyes"),
            plain("Lånt", "28. oktober 2026"),
        ]
    );
    let late = Loan { due_on: date(2026, 11, 20), renewal: Some(renewal()), loaned_on: None, ..loan() };
    assert_eq!(
        facts(&Widget::Loan(late), EN),
        [
            ("Due back", "2 days overdue, 20 November 2026".to_owned(), Tone::Bad),
            plain("Renewal", "Cannot be renewed: reserved by somebody else"),
        ]
    );
}

#[test]
fn a_deadline_is_near_for_a_week_as_in_the_attention_list() {
    let tone = |due_on| facts(&Widget::Loan(Loan { due_on, ..loan() }), DA)[0].2;
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
    assert_eq!(
        facts(&widget, EN),
        [
            ("Pick up by", "in 6 days, 28 November 2026".to_owned(), Tone::Warning),
            plain("Pick up at", "Birkerup Hovedbibliotek"),
            plain("Pickup number", "B 117"),
            plain("Place in the queue", "no. 3"),
            plain("Reserved", "3 September 2026"),
            plain("Expires", "3 March 2027"),
        ]
    );
}

#[test]
fn a_waiting_list_shows_the_place_large() {
    let widget = Widget::WaitingListPlace(waiting_list_place());
    let card = Card::of(&widget, DA, TODAY);
    assert_eq!(card.title, Words::Source("Vuggestuer i Birkerup Nord"));
    assert_eq!(card.subtitle, ["Bo Prøve"]);
    assert_eq!(card.figure.map(|figure| figure.text).as_deref(), Some("nr. 4"));
    assert_eq!(
        facts(&widget, DA)[..2],
        [plain("Ønsket fra", "1. februar 2027"), plain("Garanteret senest", "1. april 2027")]
    );
}

#[test]
fn an_enrolment_shows_its_price_and_reductions() {
    let widget = Widget::Enrolment(enrolment());
    let figure = Card::of(&widget, DA, TODAY).figure.expect("a price");
    assert_eq!((figure.label, figure.text.as_str()), (Some("Pris næste måned"), "1.234,50 kr."));
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
    let card = Card::of(&widget, DA, TODAY);
    assert_eq!(card.figure.map(|figure| (figure.label, figure.text)), Some((None, "2.234,50 kr.".to_owned())));
    assert_eq!(
        facts(&widget, DA),
        [("Forfalder", "om 5 dage, 27. november 2026".to_owned(), Tone::Warning), plain("Restbeløb", "1.000,00 kr."),]
    );
}

#[test]
fn a_paid_payment_is_never_overdue() {
    let paid = Payment {
        status: None,
        due_on: Some(date(2026, 11, 1)),
        paid_on: Some(date(2026, 10, 30)),
        remaining: None,
        ..payment()
    };
    assert_eq!(
        facts(&Widget::Payment(paid), EN),
        [plain("Was due", "1 November 2026"), plain("Paid", "30 October 2026")]
    );
}

#[test]
fn money_owed_to_the_citizen_says_so() {
    let owed = Widget::Payment(Payment { amount: Money::from_oere(-5000), ..payment() });
    let figure = Card::of(&owed, EN, TODAY).figure.expect("an amount");
    assert_eq!((figure.label, figure.text.as_str()), (Some("Owed to you"), "\u{2212}DKK 50.00"));
}
