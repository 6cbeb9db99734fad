use std::time::{Duration, Instant};

use http::StatusCode;
use overblik_demo::{DemoWorld, Fault, FaultTarget, Outcome, Party, Source};
use serde_json::Value;
use tokio::time::timeout;

use crate::visitor::*;

const SIGNE: &str = "family-signe";

/// Longer than anything that is to happen takes; shorter than a test may hang.
const SOON: Duration = Duration::from_secs(10);

/// One call of each source whose answer is an object or array with something in it.
const CALLS: [(FaultTarget, Source, &str); 11] = [
    (FaultTarget::Library, Source::Library, "loans"),
    (FaultTarget::Daycare, Source::Daycare, "enrolments"),
    (FaultTarget::Payments, Source::Payments, "overview"),
    (FaultTarget::Benefits, Source::Benefits, "overview"),
    (FaultTarget::Appointments, Source::Appointments, "overview"),
    (FaultTarget::Cases, Source::Cases, "overview"),
    (FaultTarget::ChildBook, Source::ChildBook, "overview"),
    (FaultTarget::Deadlines, Source::Deadlines, "overview"),
    (FaultTarget::Mailbox, Source::Mailbox, "overview"),
    (FaultTarget::HealthCard, Source::HealthCard, "overview"),
    (FaultTarget::MasterData, Source::MasterData, "overview"),
];

/// Whether a body is whole in its source's form.
fn is_whole(source: Source, body: &[u8]) -> bool {
    match source {
        Source::Appointments => body.starts_with(b"BEGIN:VCALENDAR\r\n") && body.ends_with(b"END:VCALENDAR\r\n"),
        Source::Deadlines => body.starts_with(b"<?xml") && body.ends_with(b"</s:Envelope>\n"),
        _ => serde_json::from_slice::<Value>(body).is_ok(),
    }
}

/// Asks a source about somebody, logged in there before anything was wrong with it.
async fn asked_about(world: &DemoWorld, source: Source, request: &str, cpr: &str) -> reqwest::Response {
    let fault = world.fault(source.into());
    if matches!(source, Source::ChildBook | Source::Mailbox) && fault.is_some() {
        world.order(source.into(), None).await;
    }
    let call = admitted_call(world, source, request, cpr).await;
    world.order(source.into(), fault).await;
    call.send().await.expect("an answer")
}

async fn answer(world: &DemoWorld, source: Source, request: &str) -> reqwest::Response {
    asked_about(world, source, request, cpr(SIGNE)).await
}

/// Whom an answer is about.
async fn subject(response: reqwest::Response) -> String {
    let header = ["x-patron-cpr", "x-patient-cpr"].iter().find_map(|name| response.headers().get(*name));
    if let Some(header) = header {
        return header.to_str().expect("text").to_owned();
    }
    let text = response.text().await.expect("text");
    if let Some((_, rest)) = text.split_once("<ov:CPRNummer>") {
        return rest.split('<').next().unwrap_or_default().to_owned();
    }
    let body: Value = serde_json::from_str(&text).expect("JSON");
    let benefits = &body["borger"]["civilRegistrationIdentifier"];
    let named = [
        &body["foraelder"]["cprnr"],
        &body["CPR-nr"],
        benefits,
        &body["foraelder"]["cpr"],
        &body["cpr"],
        &body["patient"]["cpr"],
        &body["person"]["cpr"],
    ]
    .into_iter()
    .find_map(Value::as_str)
    .map(str::to_owned);
    named.expect("an identity")
}

#[tokio::test]
async fn without_a_fault_answers_are_whole_and_about_the_citizen() {
    let world = world().await;
    for (_, source, request) in CALLS {
        let response = answer(&world, source, request).await;
        assert_eq!((response.status(), subject(response).await.as_str()), (StatusCode::OK, cpr(SIGNE)));
        let received = world.received(Party::Source(source));
        let log_ins = usize::from(matches!(source, Source::ChildBook | Source::Mailbox));
        assert_eq!((received.len(), received[log_ins].outcome), (1 + log_ins, Outcome::Answered));
    }
    world.shutdown().await;
}

#[tokio::test]
async fn a_wrong_or_missing_key_is_refused() {
    let world = world().await;
    let url = format!("{}/external/agencyid/patrons/patronid/loans/v2", world.source_url(Source::Library));
    for call in [client().get(&url), client().get(&url).header("x-api-key", "another")] {
        let response = call.header("x-cpr", cpr(SIGNE)).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
    world.shutdown().await;
}

#[tokio::test]
async fn a_slow_answer_is_late_and_right() {
    let world = world().await;
    let right = json_of(answer(&world, Source::Library, "loans").await).await;
    world.order(FaultTarget::Library, Some(Fault::Slow)).await;
    let start = Instant::now();
    let late = json_of(answer(&world, Source::Library, "loans").await).await;
    assert!(start.elapsed() >= Duration::from_millis(2500), "{:?}", start.elapsed());
    assert_eq!(late, right);
    world.shutdown().await;
}

#[tokio::test]
async fn a_stalled_answer_stops_half_way_until_the_caller_leaves() {
    let world = world().await;
    let whole = answer(&world, Source::Payments, "overview").await.bytes().await.expect("a body");
    world.order(FaultTarget::Payments, Some(Fault::Stall)).await;
    let mut response = answer(&world, Source::Payments, "overview").await;
    assert_eq!(response.content_length(), Some(whole.len() as u64), "the whole answer is promised");
    let mut half = Vec::new();
    while half.len() < whole.len() / 2 {
        half.extend(response.chunk().await.expect("a chunk").expect("more"));
    }
    assert_eq!(half, whole[..whole.len() / 2]);
    assert!(timeout(Duration::from_millis(300), response.chunk()).await.is_err(), "nothing more comes");
    assert_eq!(world.in_flight(Party::Source(Source::Payments)), 1);

    drop(response);
    let party = Party::Source(Source::Payments);
    let left = world.received_when(party, |received| received.iter().all(|r| r.outcome != Outcome::InFlight));
    let received = timeout(SOON, left).await.expect("the caller's leaving is noticed");
    assert_eq!(received[1].outcome, Outcome::Aborted);
    assert_eq!(world.in_flight(party), 0);
    world.shutdown().await;
}

#[tokio::test]
async fn an_empty_answer_stalls_too() {
    let world = world().await;
    world.order(FaultTarget::Library, Some(Fault::Stall)).await;
    let call = call(&world, Source::Library, "reservations", cpr("emptybody-emil"));
    let mut response = call.send().await.expect("headers");
    assert!(timeout(Duration::from_millis(300), response.chunk()).await.is_err());
    world.shutdown().await;
}

#[tokio::test]
async fn a_dripping_answer_comes_byte_by_byte() {
    let world = world().await;
    world.order(FaultTarget::Library, Some(Fault::Drip)).await;
    let call = call(&world, Source::Library, "loans", cpr("nothing-ingrid"));
    let start = Instant::now();
    let mut response = call.send().await.expect("headers");
    let mut chunks = Vec::new();
    while let Some(chunk) = response.chunk().await.expect("a chunk") {
        chunks.push(chunk);
    }
    assert_eq!(chunks, ["[", "]"]);
    assert!(start.elapsed() >= Duration::from_millis(200), "{:?}", start.elapsed());
    world.shutdown().await;
}

#[tokio::test]
async fn statuses_are_as_ordered() {
    let world = world().await;
    for (target, source, request) in CALLS {
        for (fault, status) in
            [(Fault::Error, StatusCode::INTERNAL_SERVER_ERROR), (Fault::Unauthorised, StatusCode::UNAUTHORIZED)]
        {
            world.order(target, Some(fault)).await;
            assert_eq!(answer(&world, source, request).await.status(), status, "{source} {fault}");
        }
        world.order(target, None).await;
        assert_eq!(answer(&world, source, request).await.status(), StatusCode::OK);
    }
    world.shutdown().await;
}

#[tokio::test]
async fn bad_json_comes_with_a_good_status() {
    let world = world().await;
    for (target, source, request) in CALLS {
        world.order(target, Some(Fault::BadJson)).await;
        let response = answer(&world, source, request).await;
        assert_eq!(response.status(), StatusCode::OK);
        let body = response.bytes().await.expect("a complete body");
        assert!(!body.is_empty() && !is_whole(source, &body), "{source}");
    }
    let response = call(&world, Source::Daycare, "enrolments", cpr("twins-tove")).send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK, "also where the right answer is 404");
    let response = call(&world, Source::Library, "reservations", cpr("emptybody-emil")).send().await;
    let body = response.expect("an answer").bytes().await.expect("a body");
    assert!(serde_json::from_slice::<Value>(&body).is_err() && !body.is_empty());
    world.shutdown().await;
}

#[tokio::test]
async fn a_huge_answer_is_valid() {
    let world = world().await;
    for (target, source, request) in CALLS {
        world.order(target, Some(Fault::Huge)).await;
        let body = answer(&world, source, request).await.bytes().await.expect("a body");
        assert!(body.len() > 4 << 20);
        assert!(is_whole(source, &body), "{source}");
    }
    world.shutdown().await;
}

#[tokio::test]
async fn a_wrong_person_is_another_citizen_throughout() {
    let world = world().await;
    for (target, source, request) in CALLS {
        world.order(target, Some(Fault::WrongPerson)).await;
        for asked in DemoWorld::citizens().iter().filter_map(|citizen| citizen.cpr) {
            let response = asked_about(&world, source, request, asked).await;
            assert_eq!(response.status(), StatusCode::OK);
            let subject = subject(response).await;
            assert_ne!(subject, asked);
            assert!(DemoWorld::citizens().iter().any(|citizen| citizen.cpr == Some(subject.as_str())));
        }
    }
    world.shutdown().await;
}

#[tokio::test]
async fn a_refusing_port_is_closed_and_opens_again_at_the_same_address() {
    let world = world().await;
    let kept = client();
    let url = world.source_url(Source::Daycare).to_owned();
    kept.get(&url).send().await.expect("an answer on a connection that is kept");
    world.order(FaultTarget::Daycare, Some(Fault::Refused)).await;
    for client in [kept, client()] {
        let error = client.get(&url).send().await.expect_err("refused");
        assert!(error.is_connect(), "{error:?}");
    }
    assert_eq!(world.received(Party::Source(Source::Daycare)).len(), 1);
    world.order(FaultTarget::Daycare, None).await;
    assert_eq!(answer(&world, Source::Daycare, "enrolments").await.status(), StatusCode::OK);
    world.shutdown().await;
}

#[tokio::test]
async fn a_call_in_progress_ends_when_its_port_closes() {
    let world = world().await;
    world.order(FaultTarget::Daycare, Some(Fault::Stall)).await;
    let response = answer(&world, Source::Daycare, "enrolments").await;
    world.order(FaultTarget::Daycare, Some(Fault::Refused)).await;
    let body = timeout(SOON, response.bytes()).await.expect("an end");
    assert!(body.is_err(), "the answer breaks off");
    world.shutdown().await;
}

#[tokio::test]
async fn a_fault_can_be_in_force_from_the_start() {
    let (mut options, _) = options();
    options.faults = vec!["payments=refused".parse().expect("an order"), "daycare=error".parse().expect("an order")];
    let world = DemoWorld::start(options).await.expect("a demo world");
    let refused = call(&world, Source::Payments, "overview", cpr(SIGNE)).send().await;
    assert!(refused.expect_err("refused").is_connect());
    assert_eq!(answer(&world, Source::Daycare, "enrolments").await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    world.shutdown().await;
}

#[tokio::test]
async fn the_catalogue_fails_alone() {
    let world = world().await;
    let target = FaultTarget::LibraryCatalogue;
    let right = json_of(titles(&world, &["91000174"]).send().await.expect("an answer")).await;
    assert_eq!(right["materials"][0]["title"], "Traktoren, der ville flyve");

    world.order(target, Some(Fault::Refused)).await;
    let error = titles(&world, &["91000174"]).send().await.expect_err("no answer");
    assert!(!error.is_connect() && !error.is_timeout(), "{error:?}");
    assert_eq!(answer(&world, Source::Library, "loans").await.status(), StatusCode::OK);

    world.order(target, Some(Fault::WrongPerson)).await;
    let wrong = json_of(titles(&world, &["91000174"]).send().await.expect("an answer")).await;
    assert_eq!(wrong["materials"].as_array().map(Vec::len), Some(1));
    assert_ne!(wrong["materials"][0]["faust"], "91000174");

    world.order(target, Some(Fault::Error)).await;
    let failed = titles(&world, &["91000174"]).send().await.expect("an answer");
    assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR);
    world.order(FaultTarget::Library, Some(Fault::Error)).await;
    world.order(target, None).await;
    assert_eq!(titles(&world, &["91000174"]).send().await.expect("an answer").status(), StatusCode::OK);
    world.shutdown().await;
}

#[tokio::test]
async fn a_shutdown_ends_calls_in_progress_and_closes_the_ports() {
    let world = world().await;
    let urls =
        [world.issuer().to_owned(), world.control_url().to_owned(), world.source_url(Source::Library).to_owned()];
    world.order(FaultTarget::Library, Some(Fault::Stall)).await;
    world.order(FaultTarget::Payments, Some(Fault::Refused)).await;
    let stalled = answer(&world, Source::Library, "loans").await;
    timeout(SOON, world.shutdown()).await.expect("the world ends");
    assert!(stalled.bytes().await.is_err());
    for url in urls {
        assert!(client().get(url).send().await.expect_err("closed").is_connect());
    }
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let first = world().await;
    let port = first.source_url(Source::Daycare).rsplit_once(':').expect("a port").1.parse().expect("a number");
    let (mut options, _) = options();
    options.ports = options.ports.with(Party::Source(Source::Daycare), port);
    let Err(error) = DemoWorld::start(options).await else { panic!("two worlds on one port") };
    assert!(error.to_string().starts_with(&format!("the demo's daycare cannot listen on 127.0.0.1:{port}")), "{error}");
    first.shutdown().await;
}
