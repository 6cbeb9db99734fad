//! A source begins at the console: from a template, a contract or files, in the name of one's own authority alone, and by no
//! other rules than a push has (requirements R46, R47 and R72).

use http::StatusCode;
use overblik_tests::{Answer, Browser};
use serde_json::Value;

use crate::{
    admin::{ANNA, LIBRARIES, bundle, of},
    console::{Desk, click},
};

const NEW: &str = "/console/new-source";
const SOURCE: &str = "name=\"source\"";
const START: &str = "name=\"start\"";
const AUTHORITY: &str = "name=\"authority\"";
const CONTRACT: &str = "name=\"contract\"";

async fn template(browser: &mut Browser, source: &str, more: &[(&str, &str)]) -> Answer {
    let parts = [
        (SOURCE, source),
        (START, "template"),
        ("name=\"title\"", "Arrangementer: \"nyt\""),
        ("name=\"theme\"", "culture-leisure"),
        ("name=\"kind\"", "payment"),
        ("name=\"base_url\"", "https://bibliotek.birkerup.example"),
        ("name=\"auth\"", "apiKey"),
        ("name=\"format\"", "json"),
        (CONTRACT, ""),
        ("name=\"files\"; filename=\"\"", ""),
    ];
    browser.upload(NEW, &[&parts[..], more].concat()).await
}

/// The files of the library's folder, and one that is hidden in it.
async fn library(browser: &mut Browser, more: &[(&str, &str)]) -> Answer {
    let files = bundle(LIBRARIES, "library");
    let files: Vec<_> = files["files"].as_object().expect("files").iter().collect();
    let names: Vec<_> = files.iter().map(|(path, _)| format!("name=\"files\"; filename=\"library/{path}\"")).collect();
    let mut parts =
        vec![(SOURCE, "library"), (START, "files"), ("name=\"files\"; filename=\"library/.DS_Store\"", "x")];
    parts.extend(names.iter().zip(&files).map(|(name, (_, text))| (name.as_str(), text.as_str().expect("text"))));
    parts.extend(more);
    browser.upload(NEW, &parts).await
}

async fn known(desk: &Desk) -> Vec<Value> {
    let listed = desk.api.ask(ANNA, "GET", "/admin/v1/sources", &[], None).await;
    of(&listed)["items"].as_array().expect("sources").clone()
}

fn seen(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.text.replace(answer.header("x-request-id"), ""))
}

#[tokio::test]
async fn a_source_begins_from_a_template_and_goes_the_way_of_every_other() {
    let desk = Desk::start().await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    assert!(lis.get("/console/sources").await.text.contains(&format!("href=\"{NEW}\"")));
    let shown = lis.get(NEW).await;
    assert!(shown.text.contains("value=\"https://bibliotek.birkerup.example\""), "{}", shown.text);
    assert!(!shown.text.contains("name=\"authority\""), "it is hers: {}", shown.text);

    let begun = template(&mut lis, "events", &[]).await;
    let edit = "/console/sources/events/edit";
    assert_eq!((begun.status, begun.header("location")), (StatusCode::SEE_OTHER, edit), "{}", begun.text);
    let editor = lis.get(edit).await;
    for told in ["Ret version 1", "examples/first/exchange.yaml", "name: events", "Arrangementer: \\&#34;nyt"] {
        assert!(editor.text.contains(told), "{told}: {}", editor.text);
    }
    // What it wrote is without mistakes. What its example becomes nobody has accepted yet, and so it is not submitted.
    let version = "/console/sources/events/versions/1";
    click(&mut lis, version, "test", &[]).await;
    let tested = lis.get(version).await;
    assert!(tested.text.contains("there is no widgets.json"), "{}", tested.text);
    let history = lis.get("/console/sources/events/history?lang=en").await;
    assert!(history.text.contains("birkerup-libraries · person:"), "{}", history.text);
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn a_source_begins_from_a_contract_or_files_and_what_is_wrong_with_them_is_said_by_the_editor() {
    let desk = Desk::start().await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let pasted = lis.upload(NEW, &[(SOURCE, "reading"), (START, "contract"), (CONTRACT, "apiVersion: x\r\n")]).await;
    let draft = "/console/sources/reading/edit#said";
    assert_eq!((pasted.status, pasted.header("location")), (StatusCode::SEE_OTHER, draft), "{}", pasted.text);
    assert!(lis.get("/console/sources/reading/edit").await.text.contains("Version 1 er en kladde med fejl"));

    let begun = library(&mut lis, &[]).await;
    let edit = "/console/sources/library/edit";
    assert_eq!((begun.status, begun.header("location")), (StatusCode::SEE_OTHER, edit), "{}", begun.text);
    let kept = desk.api.ask(LIBRARIES, "GET", "/admin/v1/sources/library/versions/1/bundle", &[], None).await;
    assert_eq!(of(&kept)["files"], bundle(LIBRARIES, "library")["files"], "to the byte");
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn what_is_wrong_in_the_form_is_said_beside_what_was_written() {
    let desk = Desk::start().await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let real_number = format!("01017{}", "00001");
    let long = "x".repeat(300 * 1024);
    for (parts, said) in [
        (vec![(SOURCE, "Nyt Navn"), (START, "contract"), (CONTRACT, "a: <1>")], "små bogstaver"),
        (vec![(SOURCE, "events"), (START, "contract"), (CONTRACT, " ")], "connector.yaml"),
        (vec![(SOURCE, "events"), (START, "files"), ("name=\"files\"; filename=\"\"", "")], "Vælg filerne igen"),
        (vec![(SOURCE, "events"), (START, "files"), ("name=\"files\"; filename=\"a/b.txt\"", "")], "no connector.yaml"),
        (vec![(SOURCE, "events"), (START, "contract"), (CONTRACT, &real_number)], "real person"),
        (vec![(SOURCE, "events"), (START, "contract"), (CONTRACT, &long)], "larger than 256 kB"),
        (vec![(SOURCE, "events"), (START, "template"), ("name=\"title\"", "x")], "Kildens adresse"),
    ] {
        let answer = lis.upload(NEW, &parts).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{said}: {}", answer.text);
        assert!(answer.text.contains("role=\"alert\"") && answer.text.contains(said), "{said}: {}", answer.text);
        assert!(answer.text.contains(&format!("value=\"{}\"", parts[0].1)), "{said}: what was written stays");
    }
    let wrong = template(&mut lis, "events", &[]).await;
    assert_eq!(wrong.status, StatusCode::SEE_OTHER, "the control: {}", wrong.text);
    let again = template(&mut lis, "events", &[]).await;
    assert!(again.status == StatusCode::BAD_REQUEST && again.text.contains("en kilde med det navn"), "{}", again.text);
    for refused in [vec![(SOURCE, "x"), (START, "x")], vec![(SOURCE, "x")], vec![("name=\"record\"", "1")]] {
        assert_eq!(lis.upload(NEW, &refused).await.status, StatusCode::BAD_REQUEST, "{refused:?}");
    }
    let no_files = Desk::send(&mut lis, NEW, &[("source", "x"), ("start", "template")]).await;
    assert_eq!(no_files.status, StatusCode::BAD_REQUEST, "only a form with files is one here");
    assert_eq!(known(&desk).await.len(), 1, "nothing else is on record");
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn r46_nobody_begins_a_source_of_another_authority_nor_learns_of_one() {
    let desk = Desk::start().await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let foreign = template(&mut lis, "events", &[(AUTHORITY, "birkerup")]).await;
    let none = template(&mut lis, "events", &[(AUTHORITY, "nothing")]).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{}", foreign.text);
    assert_eq!(seen(&foreign), seen(&none));
    // Whose authority is not on record begins nothing, and is told as of a page that there is not.
    let mut stranger = desk.person("authority:harbour/eva").await;
    assert!(!stranger.get("/console/sources").await.text.contains(NEW));
    let page = stranger.get(NEW).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert_eq!(template(&mut stranger, "events", &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(template(&mut stranger, "events", &[(AUTHORITY, "harbour")]).await.status, StatusCode::NOT_FOUND);
    assert!(known(&desk).await.is_empty());
    // The control: an operator may, for any of them, and has had a hand in it then.
    let mut bo = desk.person("operator/bo").await;
    let unsaid = template(&mut bo, "events", &[]).await;
    assert!(unsaid.status == StatusCode::BAD_REQUEST && unsaid.text.contains("Myndighed"), "{}", unsaid.text);
    assert_eq!(library(&mut bo, &[(AUTHORITY, "birkerup-libraries")]).await.status, StatusCode::SEE_OTHER);
    let version = "/console/sources/library/versions/1";
    click(&mut lis, version, "test", &[]).await;
    click(&mut lis, version, "submit", &[("share", "100"), ("note", "")]).await;
    let shown = bo.get(version).await;
    assert!(!shown.text.contains(&format!("action=\"{version}/approve\"")), "requirement R47: {}", shown.text);
    let mut carl = desk.person("operator/carl").await;
    click(&mut carl, version, "approve", &[]).await;
    desk.stop(&[&lis, &stranger, &bo, &carl]).await;
}

#[tokio::test]
async fn r72_files_are_read_of_whoever_may_push_alone_and_no_more_than_a_version_has() {
    let desk = Desk::start().await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let huge = "x".repeat(5 * 1024 * 1024);
    let parts = [(SOURCE, "events"), (START, "files"), ("name=\"files\"; filename=\"a\"", huge.as_str())];
    assert_eq!(lis.upload(NEW, &parts).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    // Nobody else gets so far as to be told that it is large.
    let mut stranger = desk.person("authority:harbour/eva").await;
    assert_eq!(stranger.upload(NEW, &parts).await.status, StatusCode::NOT_FOUND);
    let mut nobody = desk.api.system.browser_at(&desk.at());
    assert_eq!(nobody.upload(NEW, &parts[..2]).await.status, StatusCode::UNAUTHORIZED);
    desk.stop(&[&lis, &stranger]).await;
}
