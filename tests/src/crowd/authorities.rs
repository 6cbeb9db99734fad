//! The three authorities as the crowd meets them: they speak the protocols of the shipped contracts, say of everybody
//! what follows from the number that they were asked about, and misbehave by chance.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};

use super::person::{Person, Persons};
use crate::{
    dice::Dice,
    plain_server::{Asked, Manner, PlainServer, Reply},
};

/// How often authorities misbehave, in a thousand answers, and how long they take.
#[derive(Clone, Copy, Debug)]
pub struct Mischief {
    /// They take longer than a page waits.
    pub late: u32,
    /// They do not answer.
    pub silent: u32,
    /// They close without an answer.
    pub closed: u32,
    /// They answer 500.
    pub error: u32,
    /// They answer something that is no JSON.
    pub garbled: u32,
    /// A second answer, about somebody else, follows on the same connection.
    pub twice: u32,
    /// Longest time of an answer that is not late, in milliseconds.
    pub slowest_ms: u64,
    /// Time of a late one, in milliseconds.
    pub late_ms: (u64, u64),
}

impl Mischief {
    /// None, and no waiting.
    pub const NONE: Self =
        Self { late: 0, silent: 0, closed: 0, error: 0, garbled: 0, twice: 0, slowest_ms: 1, late_ms: (1, 2) };

    /// What the storm runs with.
    pub const STORM: Self = Self {
        late: 60,
        silent: 5,
        closed: 15,
        error: 25,
        garbled: 15,
        twice: 100,
        slowest_ms: 60,
        late_ms: (400, 1_500),
    };
}

/// What is wrong with the daycare authority's answers, all of them, for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It takes connections and says nothing.
    Hangs,
    /// It closes every connection without an answer.
    Refuses,
    /// It answers about somebody else than was asked about.
    WrongPerson,
    /// It does not take our key any more.
    RefusesOurKey,
}

/// Where the daycare authority's doors are.
const DAYCARE: &str = "/minside/";

/// A record number begins so; the rest says whose it is.
const RECORD: &str = "870970-";

pub(crate) async fn start(
    persons: Arc<Persons>,
    seed: u64,
    mischief: Mischief,
    trouble: Arc<Mutex<Option<Trouble>>>,
) -> PlainServer {
    let dice = Mutex::new(Dice::seeded(seed));
    PlainServer::start(move |_, asked| {
        let mut dice = dice.lock().unwrap_or_else(PoisonError::into_inner).fork();
        let Some(reply) = truth(&persons, asked) else { return Reply::empty(400) };
        let trouble = *trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(trouble) = trouble.filter(|_| asked.path().starts_with(DAYCARE)) {
            return troubled(reply, &persons, asked, trouble);
        }
        misbehave(reply, &persons, asked, &mut dice, mischief)
    })
    .await
}

fn misbehave(reply: Reply, persons: &Persons, asked: &Asked, dice: &mut Dice, mischief: Mischief) -> Reply {
    let delay = if dice.in_thousand(mischief.late) {
        dice.milliseconds(mischief.late_ms.0..mischief.late_ms.1)
    } else {
        dice.milliseconds(0..mischief.slowest_ms)
    };
    let reply = Reply { delay, ..reply };
    if dice.in_thousand(mischief.silent) {
        return Reply { manner: Manner::Silent, ..reply };
    }
    if dice.in_thousand(mischief.closed) {
        return Reply { manner: Manner::Closes, ..reply };
    }
    if dice.in_thousand(mischief.error) {
        return Reply { status: 500, ..reply };
    }
    if dice.in_thousand(mischief.garbled) {
        // Whole markers in what is no JSON any more.
        return Reply { body: format!("{}<", reply.body), ..reply };
    }
    if dice.in_thousand(mischief.twice) {
        let other = persons.of(dice.below(persons.count()));
        let second = about(other, asked);
        let pause = dice.milliseconds(0..30);
        return Reply { manner: Manner::AnswersTwice(Box::new(second), pause), ..reply };
    }
    reply
}

fn troubled(reply: Reply, persons: &Persons, asked: &Asked, trouble: Trouble) -> Reply {
    match trouble {
        Trouble::Hangs => Reply { manner: Manner::Silent, ..reply },
        Trouble::Refuses => Reply { manner: Manner::Closes, ..reply },
        Trouble::WrongPerson => {
            let next = asked_about(persons, asked).map_or(0, |asked_about| (asked_about + 1) % persons.count());
            about(persons.of(next), asked)
        }
        Trouble::RefusesOurKey => Reply::empty(401),
    }
}

/// What a well-behaved authority answers; `None` to a request that no contract makes.
fn truth(persons: &Persons, asked: &Asked) -> Option<Reply> {
    if asked.path() == "/catalogue/v1/titles" {
        let request: Value = serde_json::from_str(&asked.body).ok()?;
        let records = request.get("faust")?.as_array()?.iter().filter_map(Value::as_str);
        return Some(catalogue(persons, records));
    }
    Some(about(persons.of(asked_about(persons, asked)?), asked))
}

fn asked_about(persons: &Persons, asked: &Asked) -> Option<usize> {
    let number = match asked.header("x-cpr") {
        "" => {
            let request: Value = serde_json::from_str(&asked.body).ok()?;
            request.get("cprnr").or_else(|| request.get("CPR-nr"))?.as_str()?.to_owned()
        }
        number => number.to_owned(),
    };
    persons.by_number(&number)
}

/// The catalogue knows titles and no patrons: whose record it is stands in the record's number.
fn catalogue<'r>(persons: &Persons, records: impl Iterator<Item = &'r str>) -> Reply {
    let material = |record: &str| {
        let owner = persons.by_number(record.strip_prefix(RECORD)?)?;
        let marker = &persons.of(owner).marker;
        Some(json!({ "faust": record, "title": format!("Bogen om {marker}"), "creators": [format!("F. {marker}")] }))
    };
    let materials: Vec<Value> = records.filter_map(material).collect();
    Reply::json(200, json!({ "materials": materials }).to_string())
}

fn about(person: &Person, asked: &Asked) -> Reply {
    let Person { number, marker, .. } = person;
    let record = format!("{RECORD}{number}");
    let library = |answer: Value| {
        let mut reply = Reply::json(200, answer.to_string());
        reply.headers.push(("x-patron-cpr", number.clone()));
        reply
    };
    match asked.path() {
        "/external/agencyid/patrons/patronid/loans/v2" => library(json!([{
            "isRenewable": true, "renewalStatusList": [],
            "loanDetails": {
                "recordId": record, "loanDate": "2026-11-01 10:00:00+0100", "dueDate": "2026-12-01",
                "materialGroup": { "description": format!("Bog {marker}") },
            },
        }])),
        "/external/v1/agencyid/patrons/patronid/reservations/v2" => library(json!([{
            "recordId": record, "state": "reserved", "numberInQueue": 3, "pickupBranch": format!("Filial {marker}"),
            "expiryDate": "2027-01-01", "dateOfReservation": "2026-11-01 10:00:00+0100",
        }])),
        "/external/agencyid/patron/patronid/fees/v2" => library(json!([{
            "reasonMessage": format!("Gebyr {marker}"), "amount": 25.0, "dueDate": "2026-12-24", "paidDate": null,
        }])),
        "/minside/venteliste/hent" => Reply::json(
            200,
            json!({ "foraelder": { "cprnr": number }, "venteliste": [{
                "barn": { "navn": format!("Barn {marker}"), "cprnr": number }, "liste": { "navn": marker },
                "pladsnummer": 4, "behovsdato": "2027-02-01", "prioritet": { "tekst": format!("Prioritet {marker}") },
            }] })
            .to_string(),
        ),
        "/minside/indmeldelser/hent" => Reply::json(
            200,
            json!({ "foraelder": { "cprnr": number, "indkomst": 400_000 }, "indmeldelser": [{
                "barn": { "navn": format!("Barn {marker}") }, "institution": { "navn": format!("Huset {marker}") },
                "startdato": "2026-08-01", "prisNaesteMaaned": "4.098,00 kr.", "soeskenderabat": false,
            }] })
            .to_string(),
        ),
        "/gaeldogbetaling/v1/oversigt" => Reply::json(
            200,
            json!({ "CPR-nr": number, "opgjortTidspunkt": "2026-11-22T09:00:00", "antal": 1, "betalinger": [{
                "titel": format!("Betaling {marker}"), "fordringshaver": format!("Kommunen {marker}"),
                "beloebOere": 12_500, "status": "1", "forfaldsdato": "2026-12-01",
                "betalingslink": format!("https://www.betalinger.example/{marker}"),
            }] })
            .to_string(),
        ),
        _ => Reply::empty(404),
    }
}

/// Whether a source is done with everybody soon.
pub(crate) async fn at_rest(server: &PlainServer, within: Duration) -> bool {
    let waiting = async {
        while server.in_flight() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(within, waiting).await.is_ok()
}
