use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    sync::{Arc, Mutex},
};

use overblik_demo::{DemoWorld, Party, Source};
use serde_json::Value;
use serde_json_path::JsonPath;
use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter};

use crate::visitor::*;

const REQUESTS: [(Source, &str); 15] = [
    (Source::Library, "loans"),
    (Source::Library, "reservations"),
    (Source::Library, "fees"),
    (Source::Library, "patron"),
    (Source::Daycare, "waitingLists"),
    (Source::Daycare, "enrolments"),
    (Source::Payments, "overview"),
    (Source::Benefits, "overview"),
    (Source::Appointments, "overview"),
    (Source::Cases, "overview"),
    (Source::ChildBook, "overview"),
    (Source::Deadlines, "overview"),
    (Source::Mailbox, "overview"),
    (Source::HealthCard, "overview"),
    (Source::MasterData, "overview"),
];

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a lock").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Every run of exactly ten digits.
fn ten_digits(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() == 10)
}

fn is_replacement_form(number: &str) -> bool {
    let part = |range: std::ops::Range<usize>| {
        number.get(range).and_then(|digits| digits.parse::<u32>().ok()).expect("digits")
    };
    (61..=91).contains(&part(0..2)) && (1..=12).contains(&part(2..4))
}

#[tokio::test]
async fn neither_logs_nor_urls_hold_a_number() {
    // For the whole process: a subscriber of one thread alone misses events whose place in the code another thread
    // reached first. What other tests log meanwhile is searched too.
    let log = Log::default();
    let builder = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(log.clone());
    builder.with_ansi(false).try_init().expect("the only subscriber of this process");
    let world = world().await;
    for citizen in DemoWorld::citizens() {
        let code = code(&world, citizen.slug, "substantial").await;
        exchange(&world, &token_request(&code)).await;
        for (source, request) in REQUESTS {
            let number = citizen.cpr.unwrap_or("malformed");
            admitted_call(&world, source, request, number).await.send().await.expect("an answer");
        }
    }

    let logged = String::from_utf8(log.0.lock().expect("a lock").clone()).expect("text");
    assert!(logged.contains("family-signe"), "the log is being kept");
    let parties =
        [Party::IdentityProvider, Party::Control].into_iter().chain(Source::ALL.iter().copied().map(Party::Source));
    let received: Vec<_> = parties.flat_map(|party| world.received(party)).collect();
    assert!(received.len() > DemoWorld::citizens().len() * REQUESTS.len());
    for cpr in DemoWorld::citizens().iter().filter_map(|citizen| citizen.cpr) {
        assert!(!logged.contains(cpr), "logged: {cpr}");
        for request in &received {
            assert!(!request.uri.contains(cpr) && !request.referer.as_deref().unwrap_or_default().contains(cpr));
        }
    }
    world.shutdown().await;
}

#[tokio::test]
async fn every_number_has_the_replacement_form_and_one_owner() {
    let world = world().await;
    let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut own = |number: &str, owner: &str| owners.entry(number.to_owned()).or_default().insert(owner.to_owned());
    let children = JsonPath::parse("$..barn").expect("a path");
    let partners = JsonPath::parse("$.partner.cprnr").expect("a path");
    let mut numbers = BTreeSet::new();
    for citizen in DemoWorld::citizens() {
        let Some(cpr) = citizen.cpr else { continue };
        own(cpr, citizen.name);
        numbers.insert(cpr.to_owned());
        for (source, request) in REQUESTS {
            let call = admitted_call(&world, source, request, cpr).await;
            let response = call.send().await.expect("an answer");
            let text = response.text().await.expect("text");
            numbers.extend(ten_digits(&text).map(str::to_owned));
            let answer: Value = serde_json::from_str(&text).unwrap_or_default();
            for child in children.query(&answer) {
                own(child["cprnr"].as_str().expect("a number"), child["navn"].as_str().expect("a name"));
            }
            for partner in partners.query(&answer) {
                own(partner.as_str().expect("a number"), &format!("the partner of {}", citizen.name));
            }
        }
    }
    assert!(numbers.iter().all(|number| is_replacement_form(number)), "{numbers:?}");
    assert!(owners.values().all(|names| names.len() == 1), "{owners:?}");
    assert_eq!(numbers, owners.into_keys().collect(), "every number in an answer is somebody's");
    world.shutdown().await;
}
