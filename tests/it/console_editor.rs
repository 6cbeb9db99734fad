//! The editor of a source's files: what is wrong stands at its line, what was typed is never lost, and only whoever may push
//! sends anything large (requirements R46, R47 and R72).

use http::StatusCode;
use overblik_tests::{Answer, Browser};
use serde_json::json;

use crate::{
    admin::{LIBRARIES, LIBRARY as SOURCE, VERSIONS, bundle, changed},
    console::{Desk, click},
};

const LIBRARY: &str = "/console/sources/library";
const EDIT: &str = "/console/sources/library/edit";

/// A form as a page of the editor holds it: hidden fields and text areas, as a browser would send them.
fn fields(page: &Answer) -> Vec<(String, String)> {
    let (_, form) = page.text.split_once("class=\"editor\">").unwrap_or_else(|| panic!("an editor: {}", page.text));
    fields_in(form)
}

/// The same of the page that gives back what was typed.
fn fields_of_hidden(page: &Answer) -> Vec<(String, String)> {
    let (_, form) = page.text.split_once("edit#said\">").unwrap_or_else(|| panic!("a form: {}", page.text));
    fields_in(form)
}

fn fields_in(form: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        rest.split('"').next().map(unescaped)
    };
    let mut fields = Vec::new();
    for piece in form.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        let name = attribute(tag, "name");
        match (tag.split(' ').next(), name) {
            (Some("input"), Some(name)) => fields.push((name, attribute(tag, "value").unwrap_or_default())),
            (Some("textarea"), Some(name)) => {
                let text = text.strip_prefix('\n').expect("the line break that browsers leave out");
                fields.push((name, unescaped(text).replace('\n', "\r\n")));
            }
            _ => {}
        }
    }
    fields
}

fn unescaped(text: &str) -> String {
    let plain = text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'");
    plain.replace("&#38;", "&")
}

/// Sends the form of a page with a button, and a file's text changed.
async fn press(browser: &mut Browser, page: &Answer, button: &str, change: impl Fn(&str, &str) -> String) -> Answer {
    let mut fields = fields(page);
    for (name, value) in &mut fields {
        *value = change(name, value);
    }
    fields.push(("do".to_owned(), button.to_owned()));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Desk::send(browser, EDIT, &fields).await
}

/// Changes the contract's text.
fn in_contract<'a>(from: &'a str, to: &'a str) -> impl Fn(&str, &str) -> String + 'a {
    move |name, value| if name == "text:connector.yaml" { value.replace(from, to) } else { value.to_owned() }
}

fn unchanged(_: &str, value: &str) -> String {
    value.to_owned()
}

async fn records(desk: &Desk) -> usize {
    let history = desk.api.ask(LIBRARIES, "GET", &format!("{SOURCE}/history"), &[], None).await;
    crate::admin::of(&history)["records"].as_array().expect("records").len()
}

#[tokio::test]
async fn a_mistake_is_told_at_its_line_and_what_was_typed_stays_until_it_is_a_version() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    let before = records(&desk).await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let shown = lis.get(LIBRARY).await;
    assert!(shown.text.contains(&format!("href=\"{EDIT}\"")), "{}", shown.text);
    let shown = lis.get(EDIT).await;
    assert!(
        shown.text.contains("Ret version 1") && shown.text.contains("name=\"text:CHANGELOG.md\""),
        "{}",
        shown.text
    );

    // Checking keeps nothing.
    let checked = press(&mut lis, &shown, "check", in_contract("timeoutMs:", "timeoutMsx:")).await;
    assert_eq!(checked.status, StatusCode::OK, "{}", checked.text);
    for told in [
        "<a href=\"#file-1-line-35\">connector.yaml, linje 35, tegn 13</a>",
        "id=\"file-1-line-35\"",
        "aria-invalid=\"true\" aria-describedby=\"file-1-said\"",
        "id=\"file-1-said\"",
        "timeoutMsx: ",
        "intet er gemt",
    ] {
        assert!(checked.text.contains(told), "{told}: {}", checked.text);
    }
    assert_eq!(checked.text.matches("aria-invalid").count(), 1, "the other files are well");
    assert_eq!(records(&desk).await, before, "no record");

    // Mended, from the very page that said so.
    let mended = press(&mut lis, &checked, "check", in_contract("timeoutMsx:", "timeoutMs:")).await;
    assert!(mended.text.contains("Ingen fejl fundet") && !mended.text.contains("aria-invalid"), "{}", mended.text);
    // A draft is saved with its mistakes, and the editor shows it.
    let draft = press(&mut lis, &mended, "save", in_contract("timeoutMs:", "timeoutMsx:")).await;
    assert_eq!((draft.status, draft.header("location")), (StatusCode::SEE_OTHER, "/console/sources/library/edit#said"));
    let shown = lis.get(EDIT).await;
    assert!(shown.text.contains("Version 1 er en kladde med fejl") && shown.text.contains("file-1-line-35"));
    let saved = press(&mut lis, &shown, "save", in_contract("timeoutMsx:", "timeoutMs:")).await;
    assert_eq!(
        (saved.status, saved.header("location")),
        (StatusCode::SEE_OTHER, "/console/sources/library/versions/1#content"),
        "{}",
        saved.text
    );
    assert_eq!(records(&desk).await, before + 2);
    // To the byte as it was: what a browser does to lines changes no file.
    let files = desk.api.ask(LIBRARIES, "GET", &format!("{VERSIONS}/1/bundle"), &[], None).await;
    assert_eq!(crate::admin::of(&files)["files"], bundle(LIBRARIES, "library")["files"]);
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn files_come_and_go_and_what_cannot_be_one_is_said() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let named = |path: &'static str| {
        move |name: &str, value: &str| if name == "new_path" { path.to_owned() } else { value.to_owned() }
    };
    let shown = lis.get(EDIT).await;
    // Whichever button: a file that was named comes first.
    let added = press(&mut lis, &shown, "save", named("notes/README.md")).await;
    assert!(added.text.contains("name=\"text:notes/README.md\"") && added.text.contains("autofocus"), "{}", added.text);
    for bad in ["../secret", "/etc/passwd", "a b", ".hidden", "CONNECTOR.yaml"] {
        let refused = press(&mut lis, &added, "add", named(bad)).await;
        assert!(refused.text.contains("Filen kan ikke hedde sådan"), "{bad}: {}", refused.text);
        assert!(refused.text.contains(&format!("value=\"{bad}\"")), "{bad} stays to be mended");
        assert!(!refused.text.contains(&format!("name=\"text:{bad}\"")), "{bad}");
    }
    let removed = press(&mut lis, &added, "remove:CHANGELOG.md", unchanged).await;
    assert!(!removed.text.contains("name=\"text:CHANGELOG.md\""), "{}", removed.text);
    let no_contract = press(&mut lis, &added, "remove:connector.yaml", unchanged).await;
    assert_eq!(no_contract.status, StatusCode::BAD_REQUEST, "{}", no_contract.text);
    assert!(no_contract.text.contains("name=\"text:connector.yaml\""), "it stays");
    // A number that may be somebody's is kept nowhere, and said of its file.
    let real_number = format!("01017{}", "00001");
    let number = |name: &str, value: &str| {
        if name == "text:notes/README.md" { real_number.clone() } else { value.to_owned() }
    };
    let before = records(&desk).await;
    let refused = press(&mut lis, &removed, "save", number).await;
    assert!(refused.text.contains("could be a real person") && refused.text.contains(&real_number), "{}", refused.text);
    assert_eq!(records(&desk).await, before);
    let saved = press(&mut lis, &removed, "save", unchanged).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let files = desk.api.ask(LIBRARIES, "GET", &format!("{VERSIONS}/1/bundle"), &[], None).await;
    let files = &crate::admin::of(&files)["files"];
    assert_eq!(files["notes/README.md"], "");
    assert!(files.get("CHANGELOG.md").is_none());
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn whoever_is_overtaken_is_told_and_loses_nothing() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let shown = lis.get(EDIT).await;
    let theirs = changed(bundle(LIBRARIES, "library"), "timeoutMs: 3000", "timeoutMs: 2100");
    let pushed = desk.api.change(LIBRARIES, "POST", VERSIONS, SOURCE, Some(&theirs)).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    // Checking in between does not hide it.
    let shown = press(&mut lis, &shown, "check", unchanged).await;
    let overtaken = press(&mut lis, &shown, "save", in_contract("timeoutMs: 3000", "timeoutMs: 2222")).await;
    assert_eq!(overtaken.status, StatusCode::PRECONDITION_FAILED, "{}", overtaken.text);
    for told in ["Nogen har ændret kilden imens", "birkerup-libraries/ci", "timeoutMs: 2222"] {
        assert!(overtaken.text.contains(told), "{told}: {}", overtaken.text);
    }
    // Whoever saves again does so knowing.
    let saved = press(&mut lis, &overtaken, "save", unchanged).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let files = desk.api.ask(LIBRARIES, "GET", &format!("{VERSIONS}/1/bundle"), &[], None).await;
    assert!(files.body.contains("timeoutMs: 2222"), "{}", files.body);

    // A version that waits for approval has no next one; what is typed meanwhile is kept too.
    let shown = lis.get(EDIT).await;
    click(&mut lis, "/console/sources/library/versions/1", "test", &[]).await;
    click(&mut lis, "/console/sources/library/versions/1", "submit", &[("share", "100"), ("note", "")]).await;
    let refused = press(&mut lis, &shown, "save", in_contract("timeoutMs: 2222", "timeoutMs: 2345")).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert!(
        refused.text.contains("waits for approval") && refused.text.contains("timeoutMs: 2345"),
        "{}",
        refused.text
    );
    // And the editor is not offered while it waits.
    assert!(!lis.get(LIBRARY).await.text.contains(EDIT));
    assert_eq!(lis.get(EDIT).await.status, StatusCode::CONFLICT);
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn r72_only_the_editor_takes_a_form_as_large_as_a_version_and_only_of_whoever_may_push() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let shown = lis.get(EDIT).await;
    let large = "x".repeat(200_000);
    let with_large =
        |name: &str, value: &str| if name == "text:CHANGELOG.md" { large.clone() } else { value.to_owned() };
    let checked = press(&mut lis, &shown, "check", with_large).await;
    assert_eq!(checked.status, StatusCode::OK, "as large as a file may be");
    assert!(checked.text.contains("Ingen fejl fundet"), "{} bytes", checked.text.len());
    let too_large =
        |name: &str, value: &str| if name == "text:CHANGELOG.md" { large.repeat(2) } else { value.to_owned() };
    let said = press(&mut lis, &shown, "check", too_large).await;
    assert!(said.text.contains("CHANGELOG.md is larger than 256 kB"), "and no larger");

    let huge = "x".repeat(13 * 1024 * 1024);
    let fields = [("record", "1"), ("base", "1"), ("do", "check"), ("text:connector.yaml", huge.as_str())];
    assert_eq!(Desk::send(&mut lis, EDIT, &fields).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let reason = "x".repeat(17 * 1024);
    let small = Desk::send(&mut lis, &format!("{LIBRARY}/suspend"), &[("record", "1"), ("reason", &reason)]).await;
    assert_eq!(small.status, StatusCode::PAYLOAD_TOO_LARGE, "every other form is small");
    // Nobody else gets so far as to be told that it is large.
    let mut ole = desk.person("authority:birkerup/ole").await;
    assert_eq!(Desk::send(&mut ole, EDIT, &fields).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ole.get(EDIT).await.status, StatusCode::NOT_FOUND);
    let mut stranger = desk.api.system.browser_at(&desk.at());
    assert_eq!(Desk::send(&mut stranger, EDIT, &fields[..3]).await.status, StatusCode::UNAUTHORIZED);
    desk.stop(&[&lis, &ole]).await;
}

#[tokio::test]
async fn whoever_wrote_longer_than_their_session_lasts_gets_their_text_back() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let mut again = desk.person("authority:birkerup-libraries/lis").await;
    let shown = lis.get(EDIT).await;
    desk.api.pass(std::time::Duration::from_mins(8));
    assert_eq!(again.get("/console").await.status, StatusCode::OK);
    desk.api.pass(std::time::Duration::from_mins(8));
    let over = press(&mut lis, &shown, "save", in_contract("timeoutMs: 3000", "timeoutMs: 2222")).await;
    assert_eq!(over.status, StatusCode::UNAUTHORIZED, "{}", over.text);
    assert!(over.text.contains("timeoutMs: 2222") && over.text.contains("Din session er udløbet"), "{}", over.text);
    // Nobody who has no session at all, and nothing large.
    let mut stranger = desk.api.system.browser_at(&desk.at());
    let nothing = press(&mut stranger, &shown, "save", in_contract("timeoutMs: 3000", "timeoutMs: 2222")).await;
    assert_eq!(nothing.status, StatusCode::UNAUTHORIZED);
    assert!(!nothing.text.contains("timeoutMs"), "{}", nothing.text);
    let large = "x".repeat(1100 * 1024);
    let fields = [("record", "1"), ("base", "1"), ("do", "check"), ("text:connector.yaml", large.as_str())];
    let answer = Desk::send(&mut lis, EDIT, &fields).await;
    assert!(answer.status == StatusCode::UNAUTHORIZED && answer.text.len() < 20_000, "{}", answer.text.len());
    // Logged in again, in another tab of the same browser, they go on.
    let mut fields = fields_of_hidden(&over);
    fields.push(("do".to_owned(), "check".to_owned()));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let checked = Desk::send(&mut again, EDIT, &fields).await;
    assert!(checked.text.contains("Ingen fejl fundet") && checked.text.contains("timeoutMs: 2222"), "{}", checked.text);
    desk.stop(&[&lis, &again]).await;
}

#[tokio::test]
async fn what_is_no_text_is_kept_as_it_is_and_what_is_typed_is_never_markup() {
    let desk = Desk::start().await;
    let mut files = bundle(LIBRARIES, "library");
    files["files"]["examples/control.bin"] = json!("\u{1}\u{2}");
    files["files"]["notes.md"] = json!("</textarea><script>alert(1)</script>\n\nto\n");
    let pushed = desk.api.ask(LIBRARIES, "POST", VERSIONS, &["if-none-match: *"], Some(&files)).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let shown = lis.get(EDIT).await;
    assert!(shown.text.contains("name=\"kept:examples/control.bin\"") && !shown.text.contains("<script"));
    let saved = press(&mut lis, &shown, "save", unchanged).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let kept = desk.api.ask(LIBRARIES, "GET", &format!("{VERSIONS}/1/bundle"), &[], None).await;
    assert_eq!(crate::admin::of(&kept)["files"], files["files"]);
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn two_versions_are_compared_line_by_line() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    let diff = "/console/sources/library/diff";
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    assert!(lis.get(diff).await.text.contains("kun én version"));
    click(&mut lis, "/console/sources/library/versions/1", "test", &[]).await;
    click(&mut lis, "/console/sources/library/versions/1", "submit", &[("share", "100"), ("note", "")]).await;
    let mut bo = desk.person("operator/bo").await;
    click(&mut bo, "/console/sources/library/versions/1", "approve", &[]).await;
    click(&mut bo, "/console/sources/library/versions/1", "release", &[("share", "100")]).await;
    let shown = lis.get(EDIT).await;
    assert!(shown.text.contains("Skriv version 2"), "the next one: {}", shown.text);
    let saved = press(&mut lis, &shown, "save", in_contract("timeoutMs: 3000", "timeoutMs: 2222")).await;
    assert_eq!(saved.header("location"), "/console/sources/library/versions/2#content", "{}", saved.text);
    assert!(
        lis.get("/console/sources/library/versions/2").await.text.contains("/diff?from=1&#38;to=2")
            || lis.get("/console/sources/library/versions/2").await.text.contains("/diff?from=1&amp;to=2")
    );
    let compared = bo.get(diff).await;
    for told in
        ["Fra version 1 til version 2", "linjer tilføjet: 1, fjernet: 1", "<del>", "Fjernet:", "timeoutMs: 2222"]
    {
        assert!(compared.text.contains(told), "{told}: {}", compared.text);
    }
    assert!(bo.get(&format!("{diff}?from=2&to=2")).await.text.contains("Filerne er de samme"));
    assert_eq!(bo.get(&format!("{diff}?from=1&to=9")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(bo.get(&format!("{diff}?from=x")).await.status, StatusCode::BAD_REQUEST);
    desk.stop(&[&lis, &bo]).await;
}
