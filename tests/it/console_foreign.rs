//! Who sees what at the console: an authority's people their own, and of everything else not even that it is there
//! (requirement R46). The doors come from the table of routes: none can be forgotten.

use http::{Method, StatusCode};
use overblik_gateway::admin::doors;
use overblik_tests::{Answer, Browser};

use crate::{
    admin::{BIRKERUP, bundle},
    console::{COOKIE, Desk, record},
};

/// Every field that a form may have: those that a door does not know, it refuses only of whoever may see the thing.
const FIELDS: &[(&str, &[(&str, &str)])] = &[
    ("suspend", &[("reason", "x"), ("until", "")]),
    ("agreements", &[("display_client", "overblik"), ("municipalities", "alle")]),
    ("propose", AUTHORITY),
    ("new-authority", AUTHORITY),
    ("rollback", &[("from", "1"), ("to", "1")]),
    ("windows", &[("from", "2026-12-01T20:00"), ("to", "2026-12-02T04:00"), ("text_da", "x"), ("text_en", "x")]),
    ("retire", &[("reason", "x")]),
    ("submit", &[("share", "10"), ("note", "")]),
    ("refuse", &[("reason", "x")]),
    ("release", &[("share", "10")]),
    ("reject", &[("reason", "x")]),
    ("end", &[("reason", "x")]),
    ("edit", &[("base", "1"), ("do", "check"), ("text:connector.yaml", "x")]),
    ("try", &[("before", ""), ("whom", "example"), ("example", "family")]),
];

const AUTHORITY: &[(&str, &str)] = &[("name_da", "x"), ("name_en", "x"), ("cvr", "90000018"), ("domains", "")];

async fn ask(browser: &mut Browser, method: &Method, path: &str, record: &str) -> Answer {
    if *method == Method::GET {
        return browser.get(path).await;
    }
    let verb = path.rsplit('/').next().unwrap_or_default();
    let more = FIELDS.iter().find(|(name, _)| *name == verb).map(|(_, fields)| *fields).unwrap_or_default();
    let fields = [&[("record", record)], more].concat();
    Desk::send(browser, path, &fields).await
}

fn named(path: &str, source: &str) -> String {
    path.replace("{source}", source)
        .replace("{authority}", source)
        .replace("{version}", "1")
        .replace("{display_client}", "overblik")
}

/// What two answers may not differ in: all but their names in the log and the time.
fn seen(answer: &Answer, source: &str) -> (u16, String) {
    let reference = answer.header("x-request-id");
    (answer.status.as_u16(), answer.text.replace(reference, "").replace(source, ""))
}

#[tokio::test]
async fn r46_a_thing_of_another_authority_is_a_page_like_that_of_one_that_there_is_not() {
    let desk = Desk::start().await;
    let pushed = desk
        .api
        .ask(
            BIRKERUP,
            "POST",
            "/admin/v1/sources/daycare/versions",
            &["if-none-match: *"],
            Some(&bundle(BIRKERUP, "daycare")),
        )
        .await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let mut owner = desk.person("authority:birkerup/ole").await;
    let right = record(&owner.get("/console/sources/daycare").await);
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let named_doors: Vec<_> = doors().into_iter().filter(|door| door.path.contains("{source}")).collect();
    assert!(named_doors.len() >= 16, "{}", named_doors.len());
    for door in &named_doors {
        for record in [right.as_str(), "0"] {
            let foreign = ask(&mut lis, &door.method, &named(door.path, "daycare"), record).await;
            let none = ask(&mut lis, &door.method, &named(door.path, "nothing"), record).await;
            assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{} {}: {}", door.method, door.path, foreign.text);
            assert_eq!(seen(&foreign, "daycare"), seen(&none, "nothing"), "{} {}", door.method, door.path);
        }
    }
    let list = lis.get("/console").await;
    assert!(!list.text.contains("daycare"), "{}", list.text);
    // The control: its owner is told something else at every door.
    for door in &named_doors {
        let answer = ask(&mut owner, &door.method, &named(door.path, "daycare"), "0").await;
        let is_about_a_part = door.path.contains("{display_client}");
        assert!(is_about_a_part || answer.status != StatusCode::NOT_FOUND, "{} {}", door.method, door.path);
    }
    desk.stop(&[&owner, &lis]).await;
}

#[tokio::test]
async fn r46_another_authority_is_a_page_like_that_of_one_that_there_is_not() {
    let desk = Desk::start().await;
    // It waits for something, so that there is something to approve.
    let path = "/admin/v1/authorities/birkerup";
    let changed = desk.api.authority(BIRKERUP, "90000018", "birkerup.example");
    let proposed = desk.api.change(BIRKERUP, "PUT", path, path, Some(&changed)).await;
    assert_eq!(proposed.status, 200, "{}", proposed.body);
    let mut owner = desk.person("authority:birkerup/ole").await;
    let right = record(&owner.get("/console/authorities/birkerup").await);
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let named_doors: Vec<_> = doors().into_iter().filter(|door| door.path.contains("{authority}")).collect();
    assert!(named_doors.len() >= 6, "{}", named_doors.len());
    for door in &named_doors {
        for record in [right.as_str(), "0"] {
            let foreign = ask(&mut lis, &door.method, &named(door.path, "birkerup"), record).await;
            let none = ask(&mut lis, &door.method, &named(door.path, "nothing"), record).await;
            assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{} {}: {}", door.method, door.path, foreign.text);
            assert_eq!(seen(&foreign, "/birkerup/"), seen(&none, "/nothing/"), "{} {}", door.method, door.path);
        }
        // The control: its owner is told something else at every door.
        let own = ask(&mut owner, &door.method, &named(door.path, "birkerup"), "0").await;
        assert_ne!(own.status, StatusCode::NOT_FOUND, "{} {}", door.method, door.path);
    }
    let other = desk.api.ask(crate::admin::ANNA, "GET", path, &[], None).await;
    assert!(other.body.contains("pending\":{"), "nothing was done to it: {}", other.body);
    desk.stop(&[&owner, &lis]).await;
}

#[tokio::test]
async fn nobody_who_is_not_logged_in_sees_or_does_anything() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    let mut stranger = desk.api.system.browser_at(&desk.at());
    for door in doors().iter().filter(|door| !door.open) {
        let answer = ask(&mut stranger, &door.method, &named(door.path, "library"), "1").await;
        if door.method == Method::GET {
            assert_eq!(answer.header("location"), "/console/welcome", "{}", door.path);
        } else {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}: {}", door.path, answer.text);
        }
        assert!(!answer.text.contains("library"), "{}: {}", door.path, answer.text);
    }
    // A citizen's session is none here, and a token of the API none either.
    let token = desk.api.token(crate::admin::ANNA).await;
    let answer = stranger.get_with("/console", &[("authorization", &format!("Bearer {token}"))]).await;
    assert_eq!(answer.header("location"), "/console/welcome");
    let citizen = desk.api.system.logged_in("family-signe").await;
    stranger.set_cookie(COOKIE, citizen.cookie("__Host-Http-overblik").expect("a session"));
    assert_eq!(stranger.get("/console").await.header("location"), "/console/welcome");
    // Nor is a session of the console one of a citizen.
    let anna = desk.person("operator/anna").await;
    let mut nobody = desk.api.system.browser();
    nobody.set_cookie("__Host-Http-overblik", anna.cookie(COOKIE).expect("a session"));
    assert_eq!(nobody.get("/api/v1/overview").await.status, StatusCode::UNAUTHORIZED);
    desk.stop(&[&stranger, &citizen, &anna, &nobody]).await;
}

#[tokio::test]
async fn pages_carry_the_headers_of_the_citizens_pages() {
    let desk = Desk::start().await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    for path in ["/console", "/console/welcome", "/console/sources/nothing"] {
        let answer = lis.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && policy.contains("form-action 'self'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!((answer.header("cache-control"), answer.header("x-content-type-options")), ("no-store", "nosniff"));
        assert!(!answer.text.contains("<script") && !answer.text.contains(" style="), "{path}");
    }
    desk.stop(&[&lis]).await;
}
