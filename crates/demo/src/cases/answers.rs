//! Cases in the envelope and the words of the orchestrator's model `BorgervendtSag`.

use serde_json::{Map, Value, json};

use super::files::Case;
use crate::calendar::{Calendar, Days};

/// The system as the orchestrator's operators named it.
const SYSTEM_ID: &str = "5b0e8f0a-6a55-4d3c-9f39-0c5f4e1f9a06";
const SYSTEM_NAME: &str = "90000018-BYSAG";

/// Where a citizen acts.
const SITE: &str = "https://www.birkerup.example/selvbetjening";

pub(super) fn envelope(number: &str, cases: &[Case], calendar: &Calendar) -> Value {
    json!({
        "transaktionsid": "6d6f3c1e-8f0b-4b5e-9a53-0f7a5d8d1c11",
        "datamodel": "BorgervendtSag",
        "version": "2.0.1",
        "CPR-nr": number,
        "objekter": cases.iter().map(|case| object(number, case, calendar)).collect::<Vec<_>>(),
        "fejl": [],
    })
}

fn object(number: &str, case: &Case, calendar: &Calendar) -> Value {
    json!({
        "kilde": {
            "ItSystemID": SYSTEM_ID,
            "ItSystemnavn": SYSTEM_NAME,
            "MyndighedsId": case.authority,
            "hentet": calendar.begun_hour(),
        },
        "sag": if case.spelled_as_in_xml { respelled(sag(number, case, calendar)) } else { sag(number, case, calendar) },
    })
}

fn sag(number: &str, case: &Case, calendar: &Calendar) -> Value {
    let mut sag = json!({
        "CPR-nr": number,
        "sagsId": case.id,
        "emne": case.subject,
        "sagstatus": case.status,
        "oprettet": case.opened.map(|day| calendar.iso(day)),
        "senestOpdateret": case.updated.map(|(day, time)| calendar.local(day, time)),
        "forventetSvar": case.expected.map(|day| calendar.iso(day)),
        "afsluttet": case.closed.map(|day| calendar.iso(day)),
        "forklaring": case.explanation,
        "handlingsmulighed": case
            .page
            .iter()
            .map(|page| json!({ "tekst": "Gå til selvbetjening", "url": format!("{SITE}/{page}"), "type": "selvbetjening" }))
            .collect::<Vec<_>>(),
        "sagsrelation": case
            .parent
            .iter()
            .map(|parent| json!({ "sagsrelationstype": 1, "sagsrelationstypebeskrivelse": "Oversag", "sagsId": parent }))
            .collect::<Vec<_>>(),
        "dokumenttitler": case.documents,
    });
    if let (Some(fields), Some(title)) = (sag.as_object_mut(), case.title) {
        fields.insert("titel".to_owned(), title.into());
    }
    sag
}

/// The same with names as the XML schema spells them: with a capital first.
fn respelled(sag: Value) -> Value {
    let Value::Object(fields) = sag else { return sag };
    let capital = |name: String| {
        let mut letters = name.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    Value::Object(fields.into_iter().map(|(name, value)| (capital(name), value)).collect::<Map<_, _>>())
}

/// One case in the system's own words: what happened in it, and its documents.
pub(super) fn course(number: &str, case: &Case, calendar: &Calendar) -> Value {
    let event = |day: Days, text: &str, more: Option<&str>| json!({ "dato": calendar.iso(day), "tekst": text, "uddybning": more });
    let opened = case.opened.map(|day| event(day, "Sagen blev oprettet", None));
    let updated = case.updated.filter(|(day, _)| case.closed != Some(*day));
    let updated = updated.map(|(day, _)| event(day, "Der kom nyt i sagen", case.explanation));
    let closed = case.closed.map(|day| event(day, "Sagen blev afsluttet", case.explanation));
    let expected = case.expected.map(|day| event(day, "Du kan vente svar senest", None));
    let documents = case.documents.iter().zip(1..).map(|(title, place)| {
        json!({
            "titel": title,
            "dato": case.opened.map(|day| calendar.iso(day)),
            "link": format!("https://www.birkerup.example/mine-sager/{}/dokument/{place}", case.id.to_lowercase()),
        })
    });
    let events: Vec<_> = [opened, updated, closed, expected].into_iter().flatten().collect();
    json!({
        "CPR-nr": number,
        "myndighed": case.authority,
        "hentet": calendar.begun_hour(),
        "sag": {
            "titel": case.title.unwrap_or("Sag uden titel"),
            "emne": case.subject,
            "nummer": case.id,
            "status": case.status,
            "haendelser": events,
            "dokumenter": documents.collect::<Vec<_>>(),
        },
    })
}
