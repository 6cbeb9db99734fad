//! The console's first page: what waits for whom, and what is not asked and why.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use crate::{
    admin::{LIBRARIES, bundle},
    console::{Desk, click, record},
};

const LIS: &str = "authority:birkerup-libraries/lis";
const LIBRARY: &str = "/console/sources/library";
const FIRST: &str = "/console/sources/library/versions/1";

#[tokio::test]
async fn an_authority_s_first_page_says_the_next_step_and_an_operator_s_what_they_may_decide() {
    let desk = Desk::start().await;
    let mut lis = desk.person(LIS).await;
    let mut bo = desk.person("operator/bo").await;
    assert!(lis.get("/console").await.text.contains("Intet venter på dig."));
    let broken = crate::admin::changed(bundle(LIBRARIES, "library"), "timeoutMs:", "timeoutMsx:");
    let answer = desk.api.ask(LIBRARIES, "POST", crate::admin::VERSIONS, &["if-none-match: *"], Some(&broken)).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    let page = lis.get("/console").await;
    assert!(page.text.contains("Ret fejlene") && page.text.contains("1 venter på dig"), "{}", page.text);
    let mended = bundle(LIBRARIES, "library");
    let source = "/admin/v1/sources/library";
    let answer = desk.api.change(LIBRARIES, "POST", crate::admin::VERSIONS, source, Some(&mended)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert!(lis.get("/console").await.text.contains("Klar til afprøvning"));
    click(&mut lis, FIRST, "test", &[]).await;
    assert!(lis.get("/console").await.text.contains("Klar til at sende til godkendelse"));
    assert!(bo.get("/console").await.text.contains("Intet venter på dig."), "not before it is submitted");
    click(&mut lis, FIRST, "submit", &[("share", "100"), ("note", "Nyt felt")]).await;
    let page = lis.get("/console").await;
    assert!(page.text.contains("Venter på en operatør") && page.text.contains("Intet venter på dig."), "{}", page.text);
    let page = bo.get("/console").await;
    assert!(page.text.contains("library · version 1") && page.text.contains("Nyt felt"), "{}", page.text);
    assert!(page.text.contains("Sendt til godkendelse") && page.text.contains("Signe Eksempelsen"), "{}", page.text);
    click(&mut bo, FIRST, "refuse", &[("reason", "Mangler en tekst på engelsk")]).await;
    let page = lis.get("/console").await;
    assert!(page.text.contains("Mangler en tekst på engelsk") && page.text.contains("Afvist"), "{}", page.text);
    // Another authority is told nothing of it.
    let mut ole = desk.person("authority:birkerup/ole").await;
    let page = ole.get("/console").await;
    assert!(!page.text.contains("library") && page.text.contains("Intet venter på dig."), "{}", page.text);
    desk.stop(&[&lis, &bo, &ole]).await;
}

#[tokio::test]
async fn a_suspension_ends_at_a_danish_time_that_there_is_once() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    let mut lis = desk.person(LIS).await;
    let seen = record(&lis.get(LIBRARY).await);
    for (until, said) in [
        ("2027-03-28T02:30", "klokken er aldrig 02:30"),
        ("2027-10-31T02:30", "klokken er 02:30 to gange"),
        ("i morgen", "er ikke et tidspunkt"),
        ("2020-01-01T12:00", "a suspension ends after it begins"),
    ] {
        let fields = [("record", seen.as_str()), ("reason", "Vi flytter"), ("until", until)];
        let answer = Desk::send(&mut lis, &format!("{LIBRARY}/suspend"), &fields).await;
        assert!(answer.status.is_client_error() && answer.text.contains(said), "{said}: {}", answer.text);
    }
    assert!(lis.get(LIBRARY).await.text.contains(&format!("{LIBRARY}/suspend\"")), "nothing was done");
    click(&mut lis, LIBRARY, "suspend", &[("reason", "Vi flytter"), ("until", "2027-07-01T12:00")]).await;
    let page = lis.get(LIBRARY).await;
    assert!(page.text.contains("På pause: Vi flytter indtil 1. juli 2027 kl. 12:00"), "{}", page.text);
    let page = lis.get("/console").await;
    assert!(
        page.text.contains("Sat på pause af myndigheden") && page.text.contains("Vi flytter (indtil"),
        "{}",
        page.text
    );
    let kept = desk.api.ask(LIBRARIES, "GET", "/admin/v1/sources/library", &[], None).await;
    assert!(kept.body.contains("2027-07-01T10:00:00Z"), "{}", kept.body);
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn the_health_of_a_suspended_source_is_that_it_is_suspended() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    let mut lis = desk.person(LIS).await;
    let mut bo = desk.person("operator/bo").await;
    assert!(lis.get(LIBRARY).await.text.contains("<dd>Spørges ikke her</dd>"), "no version is live");
    let everywhere = json!({ "municipalities": "all" });
    let agreement = "/admin/v1/sources/library/agreements/overblik";
    let source = "/admin/v1/sources/library";
    let proposed = desk.api.change(LIBRARIES, "PUT", agreement, source, Some(&everywhere)).await;
    assert_eq!(proposed.status, 200, "{}", proposed.body);
    click(&mut bo, LIBRARY, "agreements/overblik/approve", &[]).await;
    click(&mut lis, FIRST, "test", &[]).await;
    click(&mut lis, FIRST, "submit", &[("share", "100"), ("note", "")]).await;
    click(&mut bo, FIRST, "approve", &[]).await;
    assert!(lis.get("/console").await.text.contains("Godkendt; klar til borgerne"));
    click(&mut bo, FIRST, "release", &[("share", "100")]).await;
    until_shown(&desk, &mut lis, "<dd>Svarer</dd>").await;
    click(&mut lis, LIBRARY, "suspend", &[("reason", "Fejl"), ("until", "")]).await;
    // At no moment does the page say that it answers.
    let page = lis.get(LIBRARY).await;
    assert!(page.text.contains("På pause: Fejl") && !page.text.contains("<dd>Svarer</dd>"), "{}", page.text);
    until_shown(&desk, &mut lis, "<dd>På pause: spørges ikke</dd>").await;
    click(&mut lis, LIBRARY, "resume", &[]).await;
    let page = lis.get(LIBRARY).await;
    assert!(!page.text.contains("<dd>På pause"), "{}", page.text);
    until_shown(&desk, &mut lis, "<dd>Svarer</dd>").await;
    assert_eq!(lis.get("/console/sources").await.status, StatusCode::OK);
    desk.stop(&[&lis, &bo]).await;
}

/// Waits until the source's page says so: what is asked follows the registry a moment later.
async fn until_shown(desk: &Desk, browser: &mut overblik_tests::Browser, said: &str) {
    for _ in 0..200 {
        if browser.get(LIBRARY).await.text.contains(said) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
        desk.api.pass(Duration::from_millis(25));
    }
    panic!("{said}: {}", browser.get(LIBRARY).await.text);
}
