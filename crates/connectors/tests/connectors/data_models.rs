//! The data models of the national interface: what becomes of an object of each.

use crate::{
    orkestrering::{CASES, codes, contract, envelope, object, shown},
    services::{answer, fetch},
    source::Source,
    support::{connector_set, request},
};
use overblik_connectors::Fetched;
use overblik_widgets::{Money, SectionState, Widget};
use serde_json::{Value, json};

/// What becomes of one object of a model.
async fn widget(model: &str, version: &str, path: &str, object: Value) -> Value {
    let fetched = widgets(model, version, path, &[object]).await;
    assert_eq!(fetched.state(), SectionState::Ready, "{:?}", fetched.problems);
    let [widget] = <[Value; 1]>::try_from(shown(&fetched)).expect("one widget");
    widget
}

async fn widgets(model: &str, version: &str, path: &str, objects: &[Value]) -> Fetched {
    let source = Source::start().await;
    let body = envelope(model, version, objects);
    source.on(path, move |_| answer(&body));
    let set = connector_set(&contract(&format!("{{ name: {model}, version: {version} }}")), &source.url);
    fetch(&set, request()).await.expect("an answer")
}

fn action() -> Value {
    json!([{ "tekst": "Svar kommunen", "url": "https://www.birkerup.example/svar", "type": "selvbetjening" }])
}

const LINK: &str = "https://www.birkerup.example/svar";

#[tokio::test]
async fn a_case_is_shown_with_what_it_says() {
    let data = json!({
        "titel": "Carport", "emne": "Byggeri", "sagstatus": 3, "sagsId": "A-17", "oprettet": "2026-10-01T08:00:00",
        "senestOpdateret": "2026-11-02T10:00:00", "forventetSvar": "2026-12-24", "afsluttet": null,
        "handlingsmulighed": action(), "kontaktinformation": [{ "kontaktpunktNavn": 2, "værdi": "70000042" }],
    });
    let mut shown = widget("BorgervendtSag", "2.0.1", CASES, object("sag", &data)).await;
    assert_eq!(shown["status"]["code"].take(), "decided");
    shown.as_object_mut().expect("an object").remove("status");
    let expected = json!({
        "kind": "case", "title": "Carport", "subject": "Byggeri", "reference": "A-17", "opened_on": "2026-10-01",
        "updated_at": "2026-11-02T10:00:00+01:00", "expected_by": "2026-12-24", "next_step": "Svar kommunen", "link": LINK,
    });
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn an_economic_benefit_is_shown_with_its_payments() {
    let data = json!({
        "ydelsesnavn": "Boligstøtte", "udbetalendeMyndighed": { "myndighedsnavnbeskrivelse": "Udbetaling" }, "tilstand": "Aktiv",
        "bevillingsperiode": { "fra": "2026-01-01", "til": "2026-12-31" }, "frekvens": "Månedlig",
        "senesteUdbetaling": { "dato": "2026-11-01", "beløb": 1200.5 }, "næsteUdbetaling": { "dato": "2026-12-01", "beloeb": "1300.00" },
        "handlingsmulighed": action(),
    });
    let shown = widget(
        "BorgervendtOekonomiskYdelse",
        "2.1.0",
        "/hentoekonomiskydelsesliste/v2.1.0",
        object("økonomiskYdelse", &data),
    )
    .await;
    assert_eq!((&shown["state"]["code"], &shown["frequency"]["text"]["en"]), (&json!("active"), &json!("Every month")));
    assert_eq!((&shown["payer"], &shown["link"]), (&json!("Udbetaling"), &json!(LINK)));
    assert_eq!((&shown["starts_on"], &shown["ends_on"]), (&json!("2026-01-01"), &json!("2026-12-31")));
    assert_eq!((&shown["last_paid_on"], &shown["next_paid_on"]), (&json!("2026-11-01"), &json!("2026-12-01")));
    let Widget::Benefit(benefit) = &widgets(
        "BorgervendtOekonomiskYdelse",
        "2.1.0",
        "/hentoekonomiskydelsesliste/v2.1.0",
        &[object("oekonomiskYdelse", &json!({ "ydelsesnavn": "x", "næsteUdbetaling": { "beløb": "1300.00" } }))],
    )
    .await
    .widgets[0] else {
        panic!("a benefit")
    };
    assert_eq!(benefit.next_amount, Some(Money::from_oere(130_000)));
}

#[tokio::test]
async fn a_service_benefit_is_shown_with_its_supplier() {
    let data = json!({
        "ydelsesnavn": "Hjemmehjælp", "omfang": "3 timer om ugen", "tilstand": "Bevilget", "periode": { "fra": "2026-01-01", "til": null },
        "OffentligOrganisation": { "myndighedsnavnbeskrivelse": "Birkerup Kommune" }, "Handlingsmulighed": action(),
    });
    let mut shown =
        widget("BorgervendtServiceydelse", "3.0.0", "/hentserviceydelsesliste/v3.0.0", object("serviceydelse", &data))
            .await;
    assert_eq!(shown["state"]["code"].take(), "granted");
    shown.as_object_mut().expect("an object").remove("state");
    let expected = json!({
        "kind": "service_benefit", "title": "Hjemmehjælp", "supplier": "Birkerup Kommune", "extent": "3 timer om ugen",
        "starts_on": "2026-01-01", "link": LINK,
    });
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn a_credential_is_shown_with_the_end_of_its_number() {
    let data = json!({
        "type": "Kørekort", "nummer": "12345678", "udsteder": "Rigspolitiet", "udstedt": "2020-01-01", "gyldigTil": "2035-01-01",
        "kategorier": "B", "tilstand": "Inddraget", "handlingsmulighed": action(),
    });
    let mut shown =
        widget("BorgervendtAkkreditiv", "0.1.0", "/hentakkreditivliste/v0.1.0", object("akkreditiv", &data)).await;
    assert_eq!(shown["state"]["code"].take(), "revoked");
    shown.as_object_mut().expect("an object").remove("state");
    let expected = json!({
        "kind": "credential", "title": "Kørekort", "number": "••••5678", "issuer": "Rigspolitiet", "issued_on": "2020-01-01",
        "valid_until": "2035-01-01", "categories": "B", "link": LINK,
    });
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn a_payment_has_one_of_the_seven_statuses() {
    let path = "/hentgaeldogbetalingsliste/v0.7.0";
    let data = |status: Value| {
        object(
            "gældOgBetaling",
            &json!({
                "art": "Ejendomsskat", "fordringshaver": "Birkerup", "oprindeligtBeløb": 2500, "restbeløb": "1250.25", "status": status,
                "forfaldsdato": "2026-12-01", "betalingsdato": null, "betalingslink": LINK,
            }),
        )
    };
    let payments: Vec<Value> = (1..=8).map(|status| data(json!(status))).collect();
    let fetched = widgets("BorgervendtGaeldogBetaling", "0.7.0", path, &payments).await;
    let expected = [
        "coming",
        "paid",
        "overdue",
        "sent_to_debt_agency",
        "partly_overdue",
        "partly_sent_to_debt_agency",
        "partly_overdue_and_sent",
        "unknown",
    ];
    assert_eq!(codes(&fetched, "status"), expected);
    let Widget::Payment(payment) = &fetched.widgets[0] else { panic!("a payment") };
    let money = Money::from_oere;
    assert_eq!((payment.amount, payment.remaining), (money(250_000), Some(money(125_025))));
    let first = &shown(&fetched)[0];
    assert_eq!(
        (&first["title"], &first["creditor"], &first["due_on"], &first["link"]),
        (&json!("Ejendomsskat"), &json!("Birkerup"), &json!("2026-12-01"), &json!(LINK))
    );
}

#[tokio::test]
async fn appointments_and_deadlines_are_told_apart_by_type_and_another_type_is_told_as_left_out() {
    let objects = [
        json!({ "type": 1, "emne": "Samtale", "tidspunkt": "2026-12-01T09:00:00", "sluttidspunkt": "2026-12-01T09:30:00", "sted": "Rådhuset", "online": false, "tilstand": "Aftalt", "handlingskrav": "Medbring CV" }),
        json!({ "type": "Frist", "emne": "Forskud", "dato": "2026-12-11", "handlingsmulighed": action(), "konsekvens": "Sagen lukkes" }),
        json!({ "type": "Fødselsdag", "emne": "x", "dato": "2026-12-11" }),
    ];
    let objects: Vec<Value> = objects.iter().map(|data| object("aftaleFrist", data)).collect();
    let fetched = widgets("BorgervendtAftaleFrister", "0.8.7", "/hentaftalefristerliste/v0.8.7", &objects).await;
    assert_eq!((fetched.state(), fetched.left_out), (SectionState::Partial, 1));
    let mut shown = shown(&fetched);
    assert_eq!(shown[0]["state"]["code"].take(), "booked");
    shown[0].as_object_mut().expect("an object").remove("state");
    let expected = json!([
        {
            "kind": "appointment", "title": "Samtale", "starts_at": "2026-12-01T09:00:00+01:00", "ends_at": "2026-12-01T09:30:00+01:00",
            "place": "Rådhuset", "online": false, "preparation": "Medbring CV",
        },
        { "kind": "deadline", "title": "Forskud", "due_on": "2026-12-11", "action": "Svar kommunen", "consequence": "Sagen lukkes", "link": LINK },
    ]);
    assert_eq!(Value::from(shown), expected);
}

#[tokio::test]
async fn master_data_are_shown_with_the_contact_points() {
    let data = json!({
        "navn": "Signe Nielsen", "adresse": "Ringvej 1, 9999 Birkerup", "kommunekode": "0901", "tilflyttet": "2020-05-01", "civilstand": "G",
        "navneOgAdressebeskyttelse": false,
        "kontaktinformation": [{ "kontaktpunktNavn": 2, "værdi": "70000042" }, { "kontaktpunktNavn": "4", "værdi": "signe@birkerup.example" }],
    });
    let mut shown = widget("Stamdata", "0.1.0", "/hentstamdataliste/v0.1.0", object("stamdata", &data)).await;
    assert_eq!(shown["marital_status"]["text"]["en"].take(), "Married");
    shown.as_object_mut().expect("an object").remove("marital_status");
    let expected = json!({
        "kind": "master_data", "name": "Signe Nielsen", "address": "Ringvej 1, 9999 Birkerup", "municipality": "0901",
        "moved_in_on": "2020-05-01", "protected_address": false, "phone": "70000042", "email": "signe@birkerup.example",
    });
    assert_eq!(shown, expected);
}
