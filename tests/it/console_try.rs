//! What a fictitious citizen would see, at the console: by the citizens' page's own functions, before and after, of nobody
//! real, and led nowhere that a source may not be (requirements R40, R46, R47, R50 and R59).

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use http::StatusCode;
use overblik_tests::{Asked, PlainServer, Reply};

use crate::{
    admin::{BIRKERUP, LIBRARIES, LIBRARY, VERSIONS, bundle, changed},
    admin_try::{BASE, CITIZEN, answered},
    console::{Desk, click},
};

const FIRST: &str = "/console/sources/library/versions/1";
const TRY: &str = "/console/sources/library/versions/1/try";
const SECOND: &str = "/console/sources/library/versions/2/try";

/// A console with the library's contract pushed, and its test endpoint at this address.
async fn with_endpoint(server: &PlainServer) -> Desk {
    let at = server.origin.parse().expect("an address");
    let starting = Desk::start_with(move |config| {
        config.sources.get_mut("library").expect("the library").test_url = Some(at);
    });
    // A whole system is too large for the stack of a test.
    let desk = Box::pin(starting).await;
    desk.api.push_library().await;
    desk
}

/// Everything that is kept in a folder.
fn texts_below(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let texts = entries.flat_map(|path| {
        if path.is_dir() {
            texts_below(&path)
        } else {
            vec![String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned()]
        }
    });
    texts.collect()
}

fn of_example<'a>(before: &'a str, case: &'a str) -> [(&'static str, &'a str); 5] {
    [("before", before), ("whom", "example"), ("example", case), ("citizen", ""), ("municipality", "")]
}

fn of_citizen<'a>(before: &'a str, citizen: &'a str) -> [(&'static str, &'a str); 5] {
    [("before", before), ("whom", "citizen"), ("example", "family"), ("citizen", citizen), ("municipality", "")]
}

#[tokio::test]
async fn a_change_is_seen_before_and_after_as_citizens_would_in_both_languages() {
    let languages = Arc::new(std::sync::Mutex::new(Vec::new()));
    let server = PlainServer::start({
        let languages = Arc::clone(&languages);
        move |_: &str, asked: &Asked| {
            languages.lock().expect("a list").push(asked.header("accept-language").to_owned());
            answered(asked)
        }
    })
    .await;
    let desk = with_endpoint(&server).await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let mut bo = desk.person("operator/bo").await;
    click(&mut lis, FIRST, "test", &[]).await;
    click(&mut lis, FIRST, "submit", &[("share", "100"), ("note", "")]).await;
    click(&mut bo, FIRST, "approve", &[]).await;
    click(&mut bo, FIRST, "release", &[("share", "100")]).await;
    let next = changed(bundle(LIBRARIES, "library"), "title: { da: Bibliotek,", "title: { da: Bogbussen,");
    assert_eq!(desk.api.change(LIBRARIES, "POST", VERSIONS, LIBRARY, Some(&next)).await.status, 201);

    assert!(lis.get("/console/sources/library/versions/2").await.text.contains(&format!("href=\"{SECOND}\"")));
    let form = lis.get(SECOND).await;
    assert!(form.text.contains("<option value=\"1\" selected>Version 1 (vises nu)</option>"), "{}", form.text);
    assert!(form.text.contains("<option>overdue</option>"), "{}", form.text);
    let recorded = Desk::send(&mut lis, SECOND, &of_example("1", "family")).await;
    assert_eq!(recorded.status, StatusCode::OK, "{}", recorded.text);
    assert!(languages.lock().expect("a list").is_empty(), "a recording asks nobody");
    let asked = Desk::send(&mut lis, SECOND, &of_citizen("1", CITIZEN)).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text);
    for answer in [&recorded, &asked] {
        for id in ["section-1-da", "section-2-da", "section-1-en", "section-2-en"] {
            assert_eq!(answer.text.matches(&format!("id=\"{id}\"")).count(), 1, "{id}: {}", answer.text);
        }
        let (_, after) = answer.text.split_once("id=\"section-2-da\"").expect("a section");
        let (after, _) = after.split_once("</article>").expect("a section");
        assert!(after.contains(">Bogbussen</h3>") && after.contains("class=\"card card-loan\""), "{after}");
        let (_, before) = answer.text.split_once("id=\"section-1-da\"").expect("a section");
        let (before, _) = before.split_once("</article>").expect("a section");
        assert!(before.contains(">Bibliotek</h3>") && !before.contains("Bogbussen"), "{before}");
        // What leads nowhere is no link.
        assert!(!answer.text.contains("href=\"/sections/") && !answer.text.contains("data-refresh"), "{}", answer.text);
        assert!(answer.text.contains(" ms af højst 3000 ms"), "{}", answer.text);
    }
    let languages = std::mem::take(&mut *languages.lock().expect("a list"));
    for language in ["da", "en"] {
        assert!(languages.iter().any(|asked| asked.starts_with(language)), "{languages:?}");
    }
    // Each side is told of alone.
    let mut missing = next;
    missing["files"].as_object_mut().expect("files").retain(|path, _| !path.starts_with("examples/overdue/"));
    assert_eq!(desk.api.change(LIBRARIES, "POST", VERSIONS, LIBRARY, Some(&missing)).await.status, 201);
    let one = Desk::send(&mut lis, SECOND, &of_example("1", "overdue")).await;
    assert!(one.text.contains("id=\"section-1-da\"") && !one.text.contains("id=\"section-2-da\""), "{}", one.text);
    assert!(one.text.contains("there is no such case"), "{}", one.text);
    desk.stop(&[&lis, &bo]).await;
}

#[tokio::test]
async fn r47_what_fails_is_told_and_nothing_that_a_source_answers_is_handed_on() {
    const SECRET: &str = "an inner page";
    let server = PlainServer::start(|_: &str, _: &Asked| {
        Reply::json(200, serde_json::json!([{ "loanDetails": SECRET }]).to_string())
    })
    .await;
    let desk = with_endpoint(&server).await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let tried = Desk::send(&mut lis, TRY, &of_citizen("", CITIZEN)).await;
    assert_eq!(tried.status, StatusCode::OK, "{}", tried.text);
    assert!(tried.text.contains("Svaret følger ikke kontrakten"), "{}", tried.text);
    assert!(tried.text.contains("svarer ikke lige nu, så vi ved ikke"), "as a citizen reads it: {}", tried.text);
    assert!(tried.text.contains("Det, kontrakten ventede") && tried.text.contains("expected"), "{}", tried.text);
    assert!(!tried.text.contains(SECRET), "{}", tried.text);
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn r50_r59_only_a_fictitious_citizen_is_tried_and_the_number_stays_nowhere() {
    let times = Arc::new(AtomicUsize::new(0));
    let server = PlainServer::start({
        let times = Arc::clone(&times);
        move |_: &str, asked: &Asked| {
            times.fetch_add(1, Ordering::SeqCst);
            answered(asked)
        }
    })
    .await;
    let desk = with_endpoint(&server).await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let real = format!("01010{}", "10001");
    for citizen in [real.as_str(), "x", "", "610388"] {
        let refused = Desk::send(&mut lis, TRY, &of_citizen("", citizen)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{citizen}: {}", refused.text);
        assert!(refused.text.contains("Kun fiktive personnumre") && refused.text.contains("aria-invalid"), "{citizen}");
        assert!(!refused.text.contains(&real), "it is not even shown again: {}", refused.text);
    }
    assert_eq!(times.load(Ordering::SeqCst), 0, "nobody is asked about anybody real");
    // In an address it is nothing that is read, and a form of other fields is none.
    let in_address = lis.get(&format!("{TRY}?citizen={CITIZEN}&whom=citizen")).await;
    assert!(!in_address.text.contains(CITIZEN) && !in_address.text.contains("id=\"section-"), "{}", in_address.text);
    let elsewhere = [&of_citizen("", CITIZEN)[..], &[("url", "http://127.0.0.1/")]].concat();
    assert_eq!(Desk::send(&mut lis, TRY, &elsewhere).await.status, StatusCode::BAD_REQUEST);
    let before = desk.api.ask(LIBRARIES, "GET", &format!("{LIBRARY}/history"), &[], None).await.body;
    let (birth, serial) = CITIZEN.split_at(6);
    let tried = Desk::send(&mut lis, TRY, &of_citizen("", &format!("{birth}-{serial}"))).await;
    assert_eq!(tried.status, StatusCode::OK, "{}", tried.text);
    assert!(times.load(Ordering::SeqCst) > 0);
    let after = desk.api.ask(LIBRARIES, "GET", &format!("{LIBRARY}/history"), &[], None).await.body;
    assert_eq!(before, after, "no record");
    let kept = texts_below(desk.api.folder.path());
    assert!(!kept.iter().any(|text| text.contains(&real)), "nothing is kept of what was refused");
    // That no log line holds a number, `stop` looks at.
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn r40_a_test_endpoint_in_the_house_is_refused_at_the_console_too_and_nobody_is_called() {
    let server = PlainServer::start(|_: &str, _: &Asked| Reply::json(200, "[]".to_owned())).await;
    let desk = Desk::start().await;
    let port = server.origin.rsplit(':').next().expect("a port").to_owned();
    let mut condition = "if-none-match: *".to_owned();
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    for address in [
        format!("http://127.0.0.1:{port}"),
        format!("https://localhost:{port}"),
        "https://169.254.169.254".to_owned(),
        "https://10.0.0.1".to_owned(),
        "https://evil.example".to_owned(),
    ] {
        let contract = changed(bundle(LIBRARIES, "library"), BASE, &format!("{BASE}  testUrl: \"{address}\"\n"));
        let pushed = desk.api.ask(LIBRARIES, "POST", VERSIONS, &[&condition], Some(&contract)).await;
        assert_eq!(pushed.status, 422, "{address}: {}", pushed.body);
        let tried = Desk::send(&mut lis, TRY, &of_citizen("", CITIZEN)).await;
        assert_eq!(tried.status, StatusCode::OK, "{address}: {}", tried.text);
        assert!(tried.text.contains("Versionen kunne ikke prøves"), "{address}: {}", tried.text);
        assert!(!tried.text.contains("id=\"section-"), "{address}: {}", tried.text);
        condition = format!("if-match: {}", desk.api.etag(LIBRARIES, LIBRARY).await);
    }
    assert!(server.addressed().is_empty(), "nobody is called");
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn r46_nobody_tries_another_authority_s_version() {
    let desk = Desk::start().await;
    let daycare = bundle(BIRKERUP, "daycare");
    let versions = "/admin/v1/sources/daycare/versions";
    assert_eq!(desk.api.ask(BIRKERUP, "POST", versions, &["if-none-match: *"], Some(&daycare)).await.status, 201);
    desk.api.push_library().await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let foreign = "/console/sources/daycare/versions/1/try";
    assert_eq!(lis.get(foreign).await.status, StatusCode::NOT_FOUND);
    assert_eq!(Desk::send(&mut lis, foreign, &of_example("", "family")).await.status, StatusCode::NOT_FOUND);
    // Nor is there such a version of one's own, to try or to compare with.
    let none = "/console/sources/library/versions/7/try";
    assert_eq!(Desk::send(&mut lis, none, &of_example("", "family")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(Desk::send(&mut lis, TRY, &of_example("7", "family")).await.status, StatusCode::NOT_FOUND);
    desk.stop(&[&lis]).await;
}
