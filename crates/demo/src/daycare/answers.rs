//! Families in the words of the allocation system, which writes some dates as `2026-12-01` and others as
//! `01.12.2026`.

use serde_json::{Value, json};

use super::families::{Child, Coded, Enrolled, Family, Waiting};
use crate::calendar::Calendar;

pub(super) fn waiting_lists(parent: &str, waiting: &[Waiting], calendar: &Calendar) -> Value {
    json!({
        "foraelder": { "cprnr": parent },
        "antal": waiting.len(),
        "venteliste": waiting.iter().map(|place| waiting_list_place(place, calendar)).collect::<Vec<_>>(),
    })
}

fn waiting_list_place(waiting: &Waiting, calendar: &Calendar) -> Value {
    let (list_code, list_name) = waiting.list;
    json!({
        "barn": child(waiting.child),
        "liste": { "kode": list_code, "navn": list_name },
        "institutionstype": coded(waiting.kind),
        "omraade": coded(waiting.area),
        "pladsnummer": waiting.place,
        "opskrevetDato": calendar.danish(waiting.entered),
        "behovsdato": calendar.iso(waiting.wanted),
        "garantidato": waiting.guaranteed.map(|day| calendar.iso(day)),
        "prioritet": coded(waiting.priority),
    })
}

pub(super) fn enrolments(parent: &str, family: &Family, calendar: &Calendar) -> Value {
    json!({
        "foraelder": { "cprnr": parent, "indkomst": family.income },
        "partner": family.partner.map(|(cpr, income)| json!({ "cprnr": cpr, "indkomst": income })),
        "indmeldelser": family.enrolled.iter().map(|place| enrolment(place, calendar)).collect::<Vec<_>>(),
    })
}

fn enrolment(enrolled: &Enrolled, calendar: &Calendar) -> Value {
    let institution = enrolled.institution;
    json!({
        "barn": child(enrolled.child),
        "institution": {
            "nummer": institution.number,
            "navn": institution.name,
            "type": coded(institution.kind),
            "omraade": coded(institution.area),
            "adresse": institution.address,
            "telefon": institution.phone,
        },
        "startdato": calendar.iso(enrolled.starts),
        "slutdato": enrolled.ends.map(|day| calendar.danish(day)),
        "prisNaesteMaaned": enrolled.price,
        "friplads": enrolled.reduction.map(|(percent, from, until)| {
            json!({ "procent": percent, "fra": calendar.danish(from), "til": calendar.danish(until) })
        }),
        "soeskenderabat": enrolled.sibling_discount,
    })
}

fn child(child: Child) -> Value {
    json!({ "navn": child.name, "cprnr": child.cpr })
}

fn coded((code, text): Coded) -> Value {
    json!({ "kode": code, "tekst": text })
}
