//! Grants in the words of the payer's system. Like real ones its answers hold more than an overview needs: the account,
//! the income behind an amount.

use serde_json::{Value, json};

use super::grants::{Grants, Help, Money, Payment};
use crate::calendar::Calendar;

/// Where a citizen reads on.
const SITE: &str = "https://www.ydelser.example/mine-ydelser";

pub(super) fn overview(number: &str, grants: &Grants, calendar: &Calendar) -> Value {
    json!({
        "borger": { "civilRegistrationIdentifier": number },
        "opgjort": calendar.begun_hour(),
        "oekonomiskeYdelser": grants.money.iter().zip(1..).map(|(money, index)| self::money(money, index, calendar)).collect::<Vec<_>>(),
        "serviceydelser": grants.help.iter().map(|help| self::help(help, calendar)).collect::<Vec<_>>(),
    })
}

fn money(money: &Money, index: u32, calendar: &Calendar) -> Value {
    let mut answer = json!({
        "ydelsesId": format!("Y-{index:05}"),
        "udbetaler": money.payer,
        "tilstand": money.state,
        "bevilling": { "startDato": calendar.iso(money.starts), "slutDato": money.ends.map(|day| calendar.iso(day)) },
        "frekvens": money.frequency,
        "senesteUdbetaling": money.last.map(|last| payment(last, calendar)),
        "naesteUdbetaling": money.next.map(|next| payment(next, calendar)),
        "beregningsgrundlag": { "aarsindkomst": 312_400 + i64::from(index) },
        "link": money.page.map(|page| format!("{SITE}/{page}")),
    });
    if let (Some(fields), Some(name)) = (answer.as_object_mut(), money.name) {
        fields.insert("ydelsesnavn".to_owned(), name.into());
    }
    answer
}

fn payment((day, oere): Payment, calendar: &Calendar) -> Value {
    json!({ "dato": calendar.iso(day), "beloebOere": oere, "konto": "xxxxxx98765" })
}

fn help(help: &Help, calendar: &Calendar) -> Value {
    json!({
        "ydelsesnavn": help.name,
        "leverandoer": help.supplier,
        "omfang": help.extent,
        "tilstand": help.state,
        "periode": {
            "startDato": help.starts.map(|day| calendar.iso(day)),
            "slutDato": help.ends.map(|day| calendar.iso(day)),
        },
    })
}
